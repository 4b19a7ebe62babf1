"""The real hub, proxy, notebook server and nbgrader, with a fake LMS: sign-in to receipt."""

import hashlib
import signal
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import httpx
import psycopg
import pytest

from hub_config.homes import Places
from tests.grading.exchange.fake_lms import COURSE, KEY, NAME
from tests.hub_config.fake_lms import USER, FakeLmsWithSignIn
from tests.hub_config.running_hub import RunningHub, free_ports, problem, wait_for

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
SERVER = f"/user/{USER}"
DIGEST = {"X-Academy-Key-Digest": hashlib.sha256(KEY.encode()).hexdigest()}


@pytest.fixture(scope="module")
def lms() -> Iterator[FakeLmsWithSignIn]:
    fake = FakeLmsWithSignIn(free_ports(1)[0])
    with fake:
        yield fake


def start(state: Path, lms: FakeLmsWithSignIn, database_url: str) -> RunningHub:
    name = f"hub_{uuid4().hex}"
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    # The LMS under another host name than the hub, as it is for real: cookies ignore ports.
    origin = lms.url.replace("127.0.0.1", "localhost")
    return RunningHub(state, lms=origin, database=database_url.replace("/lms?", f"/{name}?"))


@pytest.fixture(scope="module")
def hub(
    lms: FakeLmsWithSignIn, database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningHub]:
    hub = start(tmp_path_factory.mktemp("hub"), lms, database_url)
    yield hub
    hub.stop()
    hub.clear()


@pytest.fixture(scope="module")
def lena(hub: RunningHub) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=hub.url, follow_redirects=True, timeout=60) as client:
        yield client


@pytest.fixture(scope="module")
def home(hub: RunningHub) -> Path:
    """Lena's server runs; this is her home."""
    if hub.api("GET", f"/users/{USER}").status_code == 404:
        assert hub.api("POST", f"/users/{USER}").status_code == 201
    if not hub.server(USER).get("ready"):
        hub.start_server(USER)
    return hub.state / "homes" / USER


def test_sign_in_goes_through_the_lms_and_brings_the_groups(
    hub: RunningHub, lena: httpx.Client, lms: FakeLmsWithSignIn
) -> None:
    page = lena.get("/hub/home")
    assert page.status_code == 200 and "AI Academy" in page.text
    person = hub.api("GET", f"/users/{USER}").json()
    assert set(person["groups"]) == set(lms.groups)
    assert person["admin"] is False
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
    assert all(cookie.domain == "127.0.0.1" for cookie in lena.cookies.jar)


def test_the_lms_starts_a_server_with_a_private_home_and_a_clean_environment(
    hub: RunningHub, home: Path, lms: FakeLmsWithSignIn
) -> None:
    assert home.stat().st_mode & 0o777 == 0o700
    assert lms.sessions[USER] == KEY
    server = next(p for p in hub.family() if "jupyterhub.singleuser" in p.cmdline())
    env = server.environ()
    assert env["ACADEMY_SESSION_KEY"] == KEY and env["HOME"] == str(home)
    secrets = ("A_SECRET_OF_THE_HUB", "HUB_API_TOKEN", "HUB_CLIENT_SECRET", "HUB_DATABASE_URL")
    assert not {*secrets, "JUPYTERHUB_CRYPT_KEY", "CONFIGPROXY_AUTH_TOKEN"} & env.keys()


def test_the_service_token_does_not_open_a_notebook(hub: RunningHub, home: Path) -> None:
    token = {"Authorization": f"token {hub.settings['HUB_API_TOKEN']}"}
    assert httpx.get(f"{hub.url}{SERVER}/api/contents", headers=token).status_code == 403


def test_open_fetches_and_lands_in_lab(lena: httpx.Client, home: Path) -> None:
    page = lena.get(f"{SERVER}/academy/open/{COURSE}/{NAME}")
    assert page.status_code == 200
    assert page.url.path == f"{SERVER}/lab/tree/{COURSE}/{NAME}/loops.ipynb"
    assert (home / COURSE / NAME / "data/rain.csv").read_text() == "날짜,mm\n"


def test_open_says_why_it_cannot(lena: httpx.Client, home: Path) -> None:
    page = lena.get(f"{SERVER}/academy/open/{COURSE}/nothing")
    assert page.status_code == 404 and "There is no such assignment." in page.text


def test_a_stranger_is_sent_to_sign_in(hub: RunningHub, home: Path) -> None:
    answer = httpx.get(f"{hub.url}{SERVER}/academy/open/{COURSE}/{NAME}")
    assert answer.status_code == 302 and "/hub/api/oauth2/authorize" in answer.headers["Location"]


def test_the_lms_submits_what_is_in_the_home(
    hub: RunningHub, lena: httpx.Client, home: Path, lms: FakeLmsWithSignIn
) -> None:
    lena.get(f"{SERVER}/academy/open/{COURSE}/{NAME}")
    (home / COURSE / NAME / "loops.ipynb").write_bytes(b'{"cells": [], "mine": 1}')
    address = f"{hub.url}{SERVER}/academy/submissions/{COURSE}/{NAME}"
    receipt = httpx.post(address, headers=DIGEST, timeout=60)
    assert receipt.status_code == 201
    assert receipt.json()["assignment_id"] == NAME
    assert b"mine" in list(lms.received.values())[-1]["loops.ipynb"]


@pytest.mark.parametrize("headers", [{}, {"X-Academy-Key-Digest": "0" * 64}])
def test_without_the_digest_nothing_is_submitted(
    hub: RunningHub, home: Path, headers: dict[str, str]
) -> None:
    address = f"{hub.url}{SERVER}/academy/submissions/{COURSE}/{NAME}"
    answer = httpx.post(address, headers=headers)
    assert answer.status_code == 403 and problem(answer)


def test_assignment_list_works_as_lab_uses_it(lena: httpx.Client, home: Path) -> None:
    lena.get(f"{SERVER}/academy/open/{COURSE}/{NAME}")
    assert lena.get(f"{SERVER}/courses").json() == {"success": True, "value": [COURSE]}
    listed = lena.get(f"{SERVER}/assignments", params={"course_id": COURSE}).json()
    assert listed["success"] and listed["value"][0]["status"] == "fetched"
    assert listed["value"][0]["notebooks"] == [
        {"notebook_id": "loops", "path": f"{COURSE}/{NAME}/loops.ipynb"}
    ]
    body = {"course_id": COURSE, "assignment_id": NAME}
    address = f"{SERVER}/assignments/submit"
    assert lena.post(address, json=body).status_code == 403  # no XSRF token
    submitted = lena.post(address, json=body, headers=xsrf(lena)).json()
    assert submitted["success"]
    assert {row["status"] for row in submitted["value"]} == {"fetched", "submitted"}


def test_assignment_list_says_why_a_submission_failed(
    lena: httpx.Client, home: Path, lms: FakeLmsWithSignIn
) -> None:
    lena.get(f"{SERVER}/academy/open/{COURSE}/{NAME}")
    lms.fail = [409]
    body = {"course_id": COURSE, "assignment_id": NAME}
    answer = lena.post(f"{SERVER}/assignments/submit", json=body, headers=xsrf(lena))
    assert answer.json() == {"success": False, "value": "The fake says 409."}


def test_formgrader_and_course_list_are_off(lena: httpx.Client, home: Path) -> None:
    assert lena.get(f"{SERVER}/formgrader").status_code == 404
    assert lena.get(f"{SERVER}/formgraders").status_code == 404


def test_a_kernel_listens_on_no_port(hub: RunningHub, lena: httpx.Client, home: Path) -> None:
    lena.get(f"{SERVER}/lab")
    answer = lena.post(f"{SERVER}/api/kernels", json={"name": "python3"}, headers=xsrf(lena))
    assert answer.status_code == 201
    wait_for(
        lambda: sum(path.is_socket() for path in runtime(hub).iterdir()) == 5,
        seconds=20,
        what="kernel on sockets",
    )


def test_a_refusal_of_the_lms_is_shown_at_once(hub: RunningHub, lms: FakeLmsWithSignIn) -> None:
    lms.refuse_sessions = True
    hub.api("POST", "/users/stan")
    assert hub.api("POST", "/users/stan/server").status_code == 202
    wait_for(lambda: not hub.server("stan").get("pending"), seconds=10, what="answer")
    lms.refuse_sessions = False
    assert not hub.server("stan").get("ready")
    assert "no active account" in hub.log.read_text()


def test_after_a_stop_nothing_is_left(hub: RunningHub, home: Path, lms: FakeLmsWithSignIn) -> None:
    assert runtime(hub).exists()
    hub.stop()
    assert hub.family() == []
    assert USER in lms.ended
    assert not runtime(hub).exists()


def test_after_a_killed_hub_nothing_is_left(
    lms: FakeLmsWithSignIn, database_url: str, tmp_path: Path
) -> None:
    hub = start(tmp_path, lms, database_url)
    try:
        hub.api("POST", f"/users/{USER}")
        hub.start_server(USER)
        hub.stop(signal.SIGKILL)
        wait_for(lambda: not hub.family(), seconds=20, what="end of all processes")
    finally:
        hub.clear()


def xsrf(lena: httpx.Client) -> dict[str, str]:
    found = [c.value for c in lena.cookies.jar if c.name == "_xsrf" and SERVER in c.path]
    return {"X-XSRFToken": found[0] or ""}


def runtime(hub: RunningHub) -> Path:
    return Places(hub.state.resolve(), USER).runtime
