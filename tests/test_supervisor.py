"""The supervisor's promises: nothing left running, one sentence for what cannot be, secrets kept."""

import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time

import psutil
import psycopg
import pytest

from lms import processes as processes_module
from lms.ports import Ports
from lms.postgres import Postgres, embedded
from lms.processes import MARKER, Failure, Processes, Service, Stopped, left_overs
from lms.state_folder import end_left_overs, owning, read_or_make_secrets
from lms.supervisor import ROOT, Academy

STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"


@pytest.fixture
def children(tmp_path):
    log = tmp_path / "log"
    log.mkdir()
    lines = []
    children = Processes(log, cwd=tmp_path, say=lines.append)
    children.lines = lines
    yield children
    children.stop_requested = False
    children.stop()


def a_service(code, *, name="fake", stage=1, is_ready=lambda: True, mark="test"):
    command = [sys.executable, "-c", code]
    environment = {"PATH": os.environ["PATH"], MARKER: mark}
    return Service(name, command, environment, is_ready, stage=stage, ready_seconds=10)


def wait_for(condition, seconds=10.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def supervise(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "lms.supervisor", *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_service_that_dies_is_started_again(children, tmp_path):
    once = f"import pathlib, sys, time; p = pathlib.Path({str(tmp_path / 'once')!r})\n"
    once += "time.sleep(60) if p.exists() else (p.touch(), sys.exit(3))"
    service = a_service(once, is_ready=(tmp_path / "once").exists)
    children.start(service)
    wait_for(lambda: children.tick() or children.lines)
    children.wait_until_ready(service)
    assert service.is_alive()
    assert children.lines == ["fake ended (status 3); starting it again in 0.25 s"]


def test_a_service_that_does_not_stay_up_ends_the_run_with_its_last_words(children, monkeypatch):
    monkeypatch.setattr(processes_module, "TRIES", 2)
    children.start(a_service("raise SystemExit('the disk is on fire')"))
    with pytest.raises(Failure) as failure:
        children.watch()
    assert "fake ended 2 times (status 1)" in str(failure.value)
    assert "the disk is on fire" in str(failure.value)


def test_the_log_shown_is_messages_without_frames(children):
    children.start(a_service("1 / 0"))
    wait_for(lambda: not children.services[0].is_alive())
    tail = children.tail("fake")
    assert "ZeroDivisionError" in tail
    assert "Traceback" not in tail
    assert 'File "' not in tail


def test_a_service_that_is_never_ready_is_named(children):
    service = a_service("import time; time.sleep(60)", is_ready=lambda: False)
    service.ready_seconds = 0.2
    children.start(service)
    with pytest.raises(Failure, match="fake was not ready after 0 s"):
        children.wait_until_ready(service)


def test_a_failed_step_is_one_failure(children):
    with pytest.raises(Failure, match="The step migrate failed"):
        children.run("migrate", [sys.executable, "-c", "raise SystemExit('no table')"], {})
    assert children.run("hello", [sys.executable, "-c", "print('안녕')"], {"LANG": "C.UTF-8"})


def test_a_stop_request_ends_a_running_step(children):
    service = a_service("import time; time.sleep(60)")
    children.start(service)
    children.request_stop(signal.SIGINT, None)
    with pytest.raises(Stopped):
        children.run("long", [sys.executable, "-c", "import time; time.sleep(60)"], {})


def test_stop_ends_the_last_stage_first_and_the_stubborn_too(children, monkeypatch, tmp_path):
    monkeypatch.setattr(processes_module, "STOP_SECONDS", 0.3)
    order = tmp_path / "order"
    polite = f"""
import pathlib, signal, sys, time
def leave(*_):
    with open({str(order)!r}, "a") as file: file.write(sys.argv[1])
    sys.exit()
signal.signal(signal.SIGTERM, leave)
pathlib.Path(sys.argv[1]).touch()
time.sleep(60)"""
    for stage in (0, 1, 2):
        service = a_service(polite, name=str(stage), stage=stage)
        service.command = [*service.command, str(stage)]
        children.start(service)
    children.start(a_service(STUBBORN, name="stubborn", stage=2))
    wait_for(lambda: all((tmp_path / str(stage)).exists() for stage in (0, 1, 2)))
    pids = [service.pid for service in children.services]
    children.stop()
    assert order.read_text() == "210"
    assert not any(psutil.pid_exists(pid) for pid in pids)


def test_what_a_killed_run_left_is_found_and_ended(tmp_path):
    """The child dies with the supervisor; its own child, which left the session, is found."""
    state, mark = tmp_path, str(tmp_path)
    grandchild = f"""
import pathlib, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True)
pathlib.Path({str(tmp_path / "pids")!r}).write_text(str(child.pid))
time.sleep(60)"""
    run = f"""
import pathlib, sys
from lms.processes import Processes, Service
state = pathlib.Path({mark!r})
run = Processes(state, cwd=state, say=print)
run.start(Service("hub", [sys.executable, "-c", {grandchild!r}], {{{MARKER!r}: {mark!r}}}, bool, 1))
run.watch()"""
    supervisor = subprocess.Popen([sys.executable, "-c", run], cwd=ROOT)
    wait_for(lambda: (tmp_path / "pids").exists() and (tmp_path / "pids").read_text())
    assert len(left_overs(mark)) == 2
    supervisor.kill()
    supervisor.wait()
    if sys.platform == "linux":
        wait_for(lambda: len(left_overs(mark)) == 1)
    assert end_left_overs(state) >= 1
    assert left_overs(mark) == []


def test_others_are_left_alone(children):
    children.start(a_service("import time; time.sleep(60)", mark="another academy"))
    assert left_overs("this academy") == []
    assert children.services[0].is_alive()


def test_a_state_folder_has_one_owner(tmp_path):
    with owning(tmp_path, address="http://localhost:8000"):
        second = supervise("--state", tmp_path)
        cleaning = supervise("--state", tmp_path, "--clean")
        for refused in (second, cleaning):
            assert refused.returncode == 1
            assert refused.stderr.startswith(
                "The academy is running already at http://localhost:8000"
            )
            assert refused.stderr.count("\n") == 1


def test_clean_removes_the_state_folder(tmp_path):
    (tmp_path / "state" / "blobs").mkdir(parents=True)
    assert supervise("--state", tmp_path / "state", "--clean").returncode == 0
    assert not (tmp_path / "state").exists()


def test_a_taken_port_is_named_with_another_choice(tmp_path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        done = supervise("--port", port - 3, "--state", tmp_path)
    assert done.returncode == 1
    assert f"Port {port} is taken by another program" in done.stderr
    assert "make up PORT=" in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "pg").exists()


@pytest.mark.parametrize("first", [0, 65532, 99999])
def test_a_number_that_is_no_port_is_refused(first):
    with pytest.raises(Failure, match="no first port"):
        Ports(first).check()


def test_a_state_folder_that_cannot_be_is_one_sentence(tmp_path):
    (tmp_path / "file").touch()
    done = supervise("--state", tmp_path / "file" / "state")
    assert done.returncode == 1
    assert "cannot be written" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_full_disk_is_one_sentence(tmp_path, monkeypatch):
    from lms import supervisor

    monkeypatch.setattr(
        supervisor.shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(1, 1, 0)
    )
    monkeypatch.setattr(supervisor.signal, "signal", lambda *_: None)
    monkeypatch.setattr(Ports, "check", lambda _: None)
    with pytest.raises(Failure, match="Less than 200 MB are free"):
        supervisor.run(tmp_path, Ports(8000), None)


def test_secrets_are_made_once_and_private(tmp_path):
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    first = read_or_make_secrets(tmp_path)
    path = tmp_path / "secrets.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read_or_make_secrets(tmp_path) == first
    assert load_pem_private_key(first["LMS_SIGNING_KEY"].encode(), None).key_size == 2048
    assert len(first["HUB_API_TOKEN"]) <= 64
    assert len(bytes.fromhex(first["JUPYTERHUB_CRYPT_KEY"])) == 32
    path.write_text(json.dumps({**first, "HUB_API_TOKEN": "kept"})[:-1])
    with pytest.raises(Failure, match="is damaged"):
        read_or_make_secrets(tmp_path)


def test_each_process_gets_only_its_own_settings(tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "of the person at the keyboard")
    academy = Academy(
        tmp_path, Ports(8000), read_or_make_secrets(tmp_path), {"lms": "lms-url", "hub": "hub-url"}
    )
    hub, web, worker = (
        part.environment for part in (academy.hub(), academy.web(), academy.worker())
    )
    for secret in ("DATABASE_URL", "LMS_SECRET_KEY", "LMS_SIGNING_KEY", "CONTENT_ORIGIN"):
        assert secret in web
        assert secret in worker
        assert secret not in hub
    for secret in ("HUB_DATABASE_URL", "JUPYTERHUB_CRYPT_KEY", "CONFIGPROXY_AUTH_TOKEN"):
        assert secret in hub
        assert secret not in web
        assert secret not in worker
    assert "AWS_SECRET_ACCESS_KEY" not in {**hub, **web, **worker}
    assert len({web["LMS_ORIGIN"], web["CONTENT_ORIGIN"], web["HUB_ORIGIN"]}) == 3


def test_postgres_starts_in_any_folder_and_leaves_no_socket(children, tmp_path):
    state = tmp_path / ("a long name, with spaces " * 4)
    state.mkdir()
    server = embedded(state / "pg")
    server.initialise()
    service = Service(
        "postgres", server.command, {"PATH": os.defpath}, server.is_ready, 0,
        stop_signal=signal.SIGINT, owner=server.owner,
    )  # fmt: skip
    children.start(service)
    children.wait_until_ready(service)
    server.create_databases("lms", "hub")
    server.create_databases("lms", "hub")
    with psycopg.connect(server.url("hub")) as connection:
        (names,) = connection.execute(
            "SELECT array_agg(x ORDER BY x) FROM unnest(array['나','가']) x"
        ).fetchone()
    assert names == ["가", "나"]
    assert server.running() is not None
    children.stop()
    assert server.running() is None
    assert not (server.socket_folder / ".s.PGSQL.5432").exists()
    shutil.rmtree(server.socket_folder)


def test_a_stale_pid_file_of_postgres_is_no_server(tmp_path):
    (tmp_path / "postmaster.pid").write_text(f"{os.getpid()}\n{tmp_path}\n")
    assert Postgres(tmp_path, owner=None).running() is None
    assert Postgres(tmp_path, owner=None).stop() is False
