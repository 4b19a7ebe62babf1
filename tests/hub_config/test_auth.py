"""What the hub does with the LMS's answers about a person who is signed in already."""

import asyncio
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from traitlets.config import Config

from hub_config.auth import AcademyAuthenticator, services, sign_in
from hub_config.settings import Settings
from tests.hub_config.fake_lms import USER, FakeLmsWithSignIn
from tests.hub_config.test_settings import ENVIRON


@pytest.fixture
def lms() -> Iterator[FakeLmsWithSignIn]:
    fake = FakeLmsWithSignIn()
    with fake:
        yield fake


def refresh(origin: str) -> Any:
    settings = {**ENVIRON, "HUB_CLIENT_SECRET": "client-secret", "LMS_ORIGIN": origin}
    config = Config()
    sign_in(config, Settings.from_environ(settings))

    async def kept() -> dict[str, Any]:
        token = {"access_token": "access", "token_type": "Bearer", "refresh_token": "refresh"}
        return {"token_response": token, "refresh_token": "refresh"}

    async def scenario() -> Any:
        person = SimpleNamespace(name=USER, get_auth_state=kept)
        return await AcademyAuthenticator(config=config).refresh_user(person)

    return asyncio.run(scenario())


def test_new_groups_arrive(lms: FakeLmsWithSignIn) -> None:
    lms.groups = ["role:instructor"]
    assert refresh(lms.url)["groups"] == ["role:instructor"]


def test_an_expired_token_is_exchanged(lms: FakeLmsWithSignIn) -> None:
    lms.access = "a newer one"
    assert set(refresh(lms.url)["groups"]) == set(lms.groups)


def test_who_is_deactivated_must_sign_in_again(lms: FakeLmsWithSignIn) -> None:
    lms.access, lms.refresh = "a newer one", None
    assert refresh(lms.url) is False


def test_a_silent_lms_changes_nothing() -> None:
    assert refresh("http://127.0.0.1:9") is True


def test_no_party_may_enter_a_notebook() -> None:
    config = Config()
    services(config, Settings.from_environ(ENVIRON), culler=[])
    scopes = [scope for role in config.JupyterHub.load_roles for scope in role["scopes"]]
    assert not any(scope.startswith(("access:servers", "admin-ui")) for scope in scopes)
