"""`make up`: starts the academy's processes in order, watches them, and ends them all.

Everything listens on loopback. Each process gets the settings it needs and no others, so the hub
never holds a secret of the LMS nor the address of its database.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from lms.ports import Ports
from lms.postgres import PostgresError, embedded
from lms.processes import MARKER, Failure, Processes, Service, Stopped, end, left_overs
from lms.state_folder import (
    end_left_overs,
    make_folders,
    owning,
    read_or_make_secrets,
    write_private,
)

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOK_PYTHON = ROOT / ".venv-notebook/bin/python"
FREE_BYTES = 200 * 1024 * 1024
MAIL_SETTINGS = ("SMTP_URL", "MAIL_FROM")
PASSED_ON = ("HOME", "LANG", "LC_ALL", "LC_CTYPE", "LOGNAME", "TMPDIR", "TZ", "USER")


@dataclass
class Academy:
    """What runs, with which settings. `databases` maps lms and hub to their addresses."""

    state: Path
    ports: Ports
    secrets: dict[str, str]
    databases: dict[str, str] = field(default_factory=dict)

    @property
    def origins(self) -> dict[str, str]:
        # Cookies ignore ports, so the LMS has another host name than what trainees can write to.
        return {
            "LMS_ORIGIN": f"http://localhost:{self.ports.lms}",
            "CONTENT_ORIGIN": f"http://127.0.0.1:{self.ports.content}",
            "HUB_ORIGIN": f"http://127.0.0.1:{self.ports.hub}",
        }

    @property
    def base_environment(self) -> dict[str, str]:
        passed_on = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "/bin")])
        return passed_on | {"PATH": path, "PYTHONUNBUFFERED": "1", MARKER: str(self.state)}

    @property
    def lms_settings(self) -> dict[str, str]:
        mine = ("LMS_SECRET_KEY", "LMS_SIGNING_KEY", "HUB_CLIENT_SECRET", "HUB_API_TOKEN")
        return {
            "ACADEMY_STATE": str(self.state),
            "DATABASE_URL": self.databases["lms"],
            "GRADING_KERNELS": str(self.state / "kernels/share/jupyter/kernels"),
            **self.origins,
            **{name: os.environ[name] for name in MAIL_SETTINGS if name in os.environ},
            **{name: self.secrets[name] for name in mine},
        }

    @property
    def hub_settings(self) -> dict[str, str]:
        mine = ("CONFIGPROXY_AUTH_TOKEN", "JUPYTERHUB_CRYPT_KEY")
        shared = ("HUB_CLIENT_SECRET", "HUB_API_TOKEN")
        return {
            "ACADEMY_STATE": str(self.state),
            "HUB_DATABASE_URL": self.databases["hub"],
            "HUB_API_PORT": str(self.ports.hub_api),
            "HUB_PROXY_API_PORT": str(self.ports.proxy_api),
            "NOTEBOOK_PYTHON": str(NOTEBOOK_PYTHON),
            "LMS_ORIGIN": self.origins["LMS_ORIGIN"],
            "HUB_ORIGIN": self.origins["HUB_ORIGIN"],
            **{name: self.secrets[name] for name in (*mine, *shared)},
        }

    def web(self) -> Service:
        return Service(
            name="web",
            command=[
                *(sys.executable, "-m", "gunicorn", "--no-control-socket"),
                *("--worker-class", "gthread", "--workers", "2", "--threads", "8"),
                *("--graceful-timeout", "5", "--access-logfile", "-"),
                *("--logger-class", "lms.access_log.AccessLog"),
                *("--bind", f"127.0.0.1:{self.ports.lms}"),
                *("--bind", f"127.0.0.1:{self.ports.content}"),
                "wsgi:app",
            ],
            environment=self.base_environment | self.lms_settings,
            is_ready=lambda: answers(f"{self.origins['LMS_ORIGIN']}/healthz"),
            stage=1,
        )

    def worker(self) -> Service:
        """Ready when it has found its sandbox in force; where it has not, it ends with the reason."""
        log = self.state / "log/worker.log"
        return Service(
            name="worker",
            command=flask("worker"),
            environment=self.base_environment | self.lms_settings,
            is_ready=lambda: log.exists() and "worker ready" in log.read_text(errors="replace"),
            stage=2,
            ready_seconds=120,
        )

    def hub(self) -> Service:
        config = str(ROOT / "hub_config/jupyterhub_config.py")
        return Service(
            name="hub",
            command=[sys.executable, "-m", "jupyterhub", "-f", config],
            environment=self.base_environment | self.hub_settings,
            is_ready=lambda: answers(f"{self.origins['HUB_ORIGIN']}/hub/api/"),
            stage=2,
            ready_seconds=120,
        )


def flask(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "flask", "--app", "wsgi", *arguments]


def answers(url: str) -> bool:
    """Whether a GET of this loopback address gives 200."""
    address = urlsplit(url)
    connection = http.client.HTTPConnection("127.0.0.1", address.port, timeout=2)
    try:
        connection.request("GET", address.path, headers={"Host": address.netloc})
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def start(academy: Academy, processes: Processes, *, hub: bool, demo: bool) -> str:
    """Start everything; parts that do not need each other start side by side. The demo accounts."""

    def run_flask(*arguments: str) -> str:
        environment = academy.base_environment | academy.lms_settings
        return processes.run("-".join(arguments[:2]), flask(*arguments), environment)

    with step("PostgreSQL"):
        academy.databases = databases(academy.state, processes)
    write_private(academy.state / "web.json", json.dumps(academy.lms_settings, indent=1))
    hub_service = academy.hub()
    if hub:
        processes.start(hub_service)
    with step("Grading kernel"):
        make_grading_kernel(academy, processes)
    with step("Database schema"):
        run_flask("db", "upgrade")
    with step("Courses"):
        run_flask("curricula", "publish", "courses")
    if demo:
        with step("Demo academy"):
            run_flask("demo", "load")
    with step("LMS and worker"):
        web, worker = academy.web(), academy.worker()
        processes.start(web)
        processes.start(worker)
        accounts = run_flask("demo", "accounts") if demo else ""
        processes.wait_until_ready(web, worker)
    if hub:
        with step("JupyterHub"):
            processes.wait_until_ready(hub_service)
    return accounts


def databases(state: Path, processes: Processes) -> dict[str, str]:
    """The addresses of both databases: the given ones, else those of our own server, started."""
    given = {"lms": os.environ.get("DATABASE_URL"), "hub": os.environ.get("HUB_DATABASE_URL")}
    if chosen := {name: url for name, url in given.items() if url}:
        if chosen.keys() != given.keys():
            raise Failure("Set both DATABASE_URL and HUB_DATABASE_URL, or neither of them.")
        return chosen
    server = embedded(state / "pg")
    server.initialise()
    service = Service(
        name="postgres",
        command=server.command,
        environment={"PATH": os.defpath, "LANG": "C", MARKER: str(state)},
        is_ready=server.is_ready,
        stage=0,
        stop_signal=signal.SIGINT,
        owner=server.owner,
    )
    processes.start(service)
    processes.wait_until_ready(service)
    server.create_databases(*given)
    return {name: server.url(name) for name in given}


def make_grading_kernel(academy: Academy, processes: Processes) -> None:
    """The kernel that grading runs: the notebooks' Python, registered once in the state folder."""
    prefix = academy.state / "kernels"
    spec = prefix / "share/jupyter/kernels/python3/kernel.json"
    if not spec.exists() or json.loads(spec.read_text())["argv"][0] != str(NOTEBOOK_PYTHON):
        install = [str(NOTEBOOK_PYTHON), "-m", "ipykernel", "install", "--prefix", str(prefix)]
        processes.run("kernel", [*install, "--name", "python3"], academy.base_environment)


@contextmanager
def step(title: str) -> Iterator[None]:
    began = time.monotonic()
    write(f"  {title:<24}")
    try:
        yield
    except BaseException:
        write("\n")
        raise
    write(f"{time.monotonic() - began:5.1f} s\n")


def say(line: str) -> None:
    write(f"  {line}\n")


def write(text: str) -> None:
    """To the terminal, if it is still there: one that was closed must not keep us from tidying up."""
    with suppress(OSError):
        print(text, end="", flush=True)


def summary(origin: str, *, accounts: str, seconds: float) -> str:
    """What to do next, in the language of the terminal; in both where it names none."""
    language = (os.environ.get("LC_ALL") or os.environ.get("LANG") or "")[:2]
    korean = f"아카데미가 열렸습니다 ({seconds:.0f}초): {origin}   끝내려면 Ctrl-C를 누르세요."
    english = f"The academy is open ({seconds:.0f} s): {origin}   Ctrl-C stops it."
    lines = {"ko": [korean], "en": [english]}.get(language, [english, korean])
    return "\n".join(["", *lines, *accounts.rstrip().splitlines(), "", ""])


def run(state: Path, ports: Ports, options: argparse.Namespace) -> None:
    """Run the academy until somebody stops it or it fails; either way nothing is left running."""
    began = time.monotonic()
    processes = Processes(state / "log", cwd=ROOT, say=say)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, processes.request_stop)
    if remains := end_left_overs(state):
        say(f"Ended {remains} processes that an earlier run had left behind")
    ports.check()
    if shutil.disk_usage(state).free < FREE_BYTES:
        raise Failure(f"Less than 200 MB are free for {state}: make room, then start again.")
    make_folders(state)
    academy = Academy(state, ports, read_or_make_secrets(state))
    try:
        accounts = start(academy, processes, hub=options.hub, demo=options.demo)
        seconds, origin = time.monotonic() - began, academy.origins["LMS_ORIGIN"]
        write(summary(origin, accounts=accounts, seconds=seconds))
        processes.watch()
    finally:
        say("Stopping")
        processes.stop()
        end(left_overs(str(state)), wait=5)
        say("Stopped")


def clean(state: Path) -> None:
    end_left_overs(state)
    shutil.rmtree(state)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m lms.supervisor", description=__doc__)
    parser.add_argument("--port", type=int, default=8000, help="the first of five ports")
    parser.add_argument("--state", type=Path, default=ROOT / ".academy", help="the state folder")
    parser.add_argument("--hub", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--demo", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--clean", action="store_true", help="remove the state folder instead")
    options = parser.parse_args(arguments)
    state, ports = options.state.resolve(), Ports(options.port)
    try:
        with owning(state, address=f"http://localhost:{ports.lms}"):
            if options.clean:
                clean(state)
            else:
                run(state, ports, options)
    except Stopped:
        return 0
    except (Failure, PostgresError) as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"The academy stopped because the system refused: {error}.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
