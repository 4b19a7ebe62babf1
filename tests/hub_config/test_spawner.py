"""The spawner without a hub: environment, folders, what is said when a start fails, what is ended."""

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

import psutil
import pytest
from jupyterhub.spawner import LocalProcessSpawner, SpawnException

from hub_config import spawner as spawner_module
from hub_config.homes import Places
from hub_config.lms_client import LmsClient
from hub_config.settings import Settings
from hub_config.spawner import AcademySpawner
from hub_config.tether import tethered
from tests.hub_config.fake_lms import USER, FakeLmsWithSignIn
from tests.hub_config.running_hub import wait_for
from tests.hub_config.test_settings import ENVIRON


@pytest.fixture
def lms() -> Iterator[FakeLmsWithSignIn]:
    fake = FakeLmsWithSignIn()
    with fake:
        yield fake


@pytest.fixture
def spawner(tmp_path: Path, lms: FakeLmsWithSignIn) -> Iterator[AcademySpawner]:
    spawner = AcademySpawner()
    settings = {
        **ENVIRON,
        "ACADEMY_STATE": str(tmp_path),
        "HUB_CLIENT_SECRET": "client-secret",
        "LMS_ORIGIN": lms.url,
        "LANG": "ko_KR.UTF-8",
    }
    spawner.settings = Settings.from_environ(settings)
    spawner.user = SimpleNamespace(name=USER)
    yield spawner
    spawner.places.remove_runtime()


def run_start(spawner: AcademySpawner, *command: str) -> tuple[str, int]:
    """`start` with a command of ours for the server."""

    async def scenario() -> tuple[str, int]:
        with (
            mock.patch.object(AcademySpawner, "get_args", lambda self: []),
            mock.patch.object(LocalProcessSpawner, "get_env", lambda self: {}),
        ):
            spawner.cmd = list(command)
            return await asyncio.wait_for(spawner.start(), 10)

    return asyncio.run(scenario())


def test_the_environment_is_an_allow_list(spawner: AcademySpawner) -> None:
    env = spawner.user_env({})
    assert set(env) == {
        "HOME", "USER", "LOGNAME", "SHELL", "PATH", "JUPYTER_CONFIG_PATH", "JUPYTER_RUNTIME_DIR",
    }  # fmt: skip
    assert env["PATH"].split(os.pathsep)[0] == "/opt/notebook/bin"


def test_folders_are_private_and_the_socket_path_fits(spawner: AcademySpawner) -> None:
    places = spawner.places
    places.make()
    assert places.home.stat().st_mode & 0o777 == 0o700
    assert places.runtime.stat().st_mode & 0o777 == 0o700
    longest = "kernel-12345678-1234-1234-1234-123456789012-ipc-5"
    assert len(str(places.runtime / longest)) <= 107
    (places.home / "work").touch()
    places.make()
    assert (places.home / "work").exists()


def test_a_link_in_the_place_of_the_runtime_folder_is_not_followed(tmp_path: Path) -> None:
    places = Places(tmp_path, "omar")
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious/file").touch()
    places.runtime.symlink_to(tmp_path / "precious")
    places.make()
    assert not places.runtime.is_symlink() and (tmp_path / "precious/file").exists()
    places.remove_runtime()


def test_it_asks_the_lms_and_waits_until_the_server_listens(
    spawner: AcademySpawner, lms: FakeLmsWithSignIn
) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        spawner.port = probe.getsockname()[1]
    code = (
        "import socket, time; time.sleep(0.5); s = socket.socket();"
        f"s.bind(('127.0.0.1', {spawner.port})); s.listen(); time.sleep(60)"
    )
    try:
        assert run_start(spawner, sys.executable, "-c", code) == ("127.0.0.1", spawner.port)
        assert spawner.session.key == lms.sessions[USER]
    finally:
        asyncio.run(spawner.stop())
    assert lms.ended == [USER]
    assert not spawner.places.runtime.exists()


def test_a_server_that_dies_at_once_fails_at_once_with_its_last_words(
    spawner: AcademySpawner,
) -> None:
    with pytest.raises(SpawnException, match="no module named lab") as caught:
        run_start(spawner, "/bin/sh", "-c", "echo no module named lab >&2; exit 3")
    assert "status 3" in caught.value.message and caught.value.reason == "died-at-start"


def test_a_refusal_of_the_lms_is_said(spawner: AcademySpawner, lms: FakeLmsWithSignIn) -> None:
    lms.refuse_sessions = True
    with pytest.raises(SpawnException, match="no active account") as caught:
        run_start(spawner, "/bin/true")
    assert caught.value.status_code == 403


def test_a_silent_lms_is_said() -> None:
    client = LmsClient("http://127.0.0.1:9", "secret")
    with pytest.raises(SpawnException) as caught:
        asyncio.run(client.open_session(USER, ""))
    assert caught.value.status_code == 503 and "does not answer" in caught.value.message


def test_a_wrong_secret_is_no_fault_of_the_trainee(lms: FakeLmsWithSignIn) -> None:
    with pytest.raises(SpawnException) as caught:
        asyncio.run(LmsClient(lms.url, "wrong").open_session(USER, ""))
    assert "401" in caught.value.log_message and "does not answer" in caught.value.message


def test_what_ran_in_the_background_is_ended() -> None:
    parent = subprocess.Popen(["/bin/sh", "-c", "trap '' TERM; setsid sleep 60 & wait"])
    try:
        wait_for(lambda: spawner_module._descendants(parent.pid), seconds=5, what="child")
        family = spawner_module._descendants(parent.pid)
        spawner_module._end(family)
        assert not any(process.is_running() for process in family)
    finally:
        parent.kill()
        parent.wait()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can tie a process to its parent")
def test_a_tethered_command_ends_with_its_parent(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    command = tethered("/bin/sh", "-c", f"echo $$ >{note}; exec sleep 60")
    code = f"import subprocess, time; subprocess.Popen({command!r}); time.sleep(60)"
    parent = subprocess.Popen([sys.executable, "-c", code])
    wait_for(lambda: note.exists() and note.read_text(), seconds=10, what="child")
    child = psutil.Process(int(note.read_text()))
    parent.kill()
    parent.wait()
    with contextlib.suppress(psutil.NoSuchProcess):
        child.wait(5)
    assert not child.is_running()
