"""The same submissions by nbgrader's own filesystem exchange and by ngshare, on the same machine."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx

from tests.benchmarks import filesystem_exchange
from tests.storm.academy import ROOT

SCRIPT = Path(filesystem_exchange.__file__)
UV = ROOT / ".venv/bin/uv"
# nbgrader 0.8, which ngshare_exchange asks for, needs setuptools; ngshare names no versions and
# loses assignments with SQLAlchemy 2.
PACKAGES = ("ngshare==0.6.0", "setuptools<81", "sqlalchemy<2")


def filesystem(folder: Path, *, trainees: int, submissions: int, content: bytes) -> list[float]:
    """Seconds of each submit, two processes at a time."""
    prepare(folder, trainees=trainees, files={"storm.ipynb": content})
    names = [f"t{number:03}" for number in range(trainees)]
    running = []
    for half in (0, 1):
        number = submissions // 2 + (submissions % 2) * half
        command = [sys.executable, str(SCRIPT), str(folder), ",".join(names[half::2])]
        running.append(
            subprocess.Popen(
                [*command, str(number), str(folder / f"{half}.json")], cwd=folder,
                stderr=subprocess.DEVNULL,
            )
        )  # fmt: skip
    assert [process.wait(1200) for process in running] == [0, 0]
    whole = [path for path in inbound(folder) if (path / "timestamp.txt").exists()]
    assert len(whole) == submissions
    return [one for half in (0, 1) for one in json.loads((folder / f"{half}.json").read_text())]


def prepare(folder: Path, *, trainees: int, files: dict[str, bytes]) -> None:
    homes = [folder / "homes" / f"t{number:03}/storms/storm" for number in range(trainees)]
    for place in [folder / "course/release/storm", *homes]:
        place.mkdir(parents=True)
        for name, content in files.items():
            (place / name).write_bytes(content)
    filesystem_exchange.release(folder)


def inbound(folder: Path) -> list[Path]:
    return list((folder / "exchange/storms/inbound").iterdir())


def killed_in_the_middle(folder: Path) -> str:
    """What the exchange holds after kill -9 during the copy of a submission of 2,000 files."""
    many = {f"data/{number:04}.csv": b"1,2\n" * 500 for number in range(2000)}
    prepare(folder, trainees=1, files={"storm.ipynb": b"{}"})
    home = folder / "homes/t000/storms/storm"
    (home / "data").mkdir()
    for name, content in many.items():
        (home / name).write_bytes(content)
    process = subprocess.Popen(
        [sys.executable, str(SCRIPT), str(folder), "t000", "1", str(folder / "out.json")],
        cwd=folder, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    while process.poll() is None and not any(
        next(place.rglob("*.csv"), None) for place in inbound(folder)
    ):
        time.sleep(0.001)
    time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    [left] = inbound(folder)
    found = sum(path.is_file() for path in left.rglob("*"))
    return f"{found} of {len(many) + 1} files under the submission's final name"


def install_ngshare(folder: Path) -> Path:
    """Its Python, in a throw-away environment."""
    python = folder / "venv/bin/python"
    subprocess.run([UV, "venv", "--quiet", "--python", sys.executable, folder / "venv"], check=True)
    install = [UV, "pip", "install", "--quiet", "--python", python, *PACKAGES]
    subprocess.run(install, check=True, timeout=300)
    return python


@contextmanager
def ngshare(folder: Path, *, trainees: list[str]) -> Iterator[str]:
    """A running ngshare with a course, and its address. A token's holder is who it says.

    As in operation, each request makes it ask the hub who that is; ours answers at once.
    """
    python = install_ngshare(folder)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    hub = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    threading.Thread(target=hub.serve_forever, daemon=True).start()
    settings = {
        "JUPYTERHUB_API_URL": f"http://127.0.0.1:{hub.server_port}/hub/api",
        "JUPYTERHUB_API_TOKEN": "none",
        "JUPYTERHUB_CLIENT_ID": "service-ngshare", "JUPYTERHUB_SERVICE_PREFIX": "/api/",
    }  # fmt: skip
    database = f"sqlite:///{folder}/ngshare.db"
    command = [python, "-m", "ngshare", "--vngshare", "--database", database, "--prefix", "/api/"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "--storage", folder / "files", "--admins", "root", "--port", str(port)],
            env={**os.environ, **settings}, stdout=log, stderr=log,
        )  # fmt: skip
    origin = f"http://127.0.0.1:{port}"
    try:
        with httpx.Client(base_url=f"{origin}/api", timeout=120) as client:
            _until_it_answers(client, process)
            _ask(client, "/course/storms", "root", instructors=["ines"])
            people = [
                {"username": name, "first_name": "A", "last_name": "B", "email": "a@b.example"}
                for name in trainees
            ]
            _ask(client, "/students/storms", "ines", students=people)
            _ask(client, "/assignment/storms/storm", "ines", files=[])
        yield origin
    finally:
        process.terminate()
        process.wait(20)
        hub.shutdown()
        hub.server_close()


class Hub(BaseHTTPRequestHandler):
    """The one question that ngshare asks its hub."""

    def do_GET(self) -> None:
        name = self.headers.get("Authorization", "").removeprefix("token ")
        body = json.dumps({"name": name}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


def ngshare_holds(folder: Path) -> int:
    return sum(path.stat().st_size > 0 for path in (folder / "files").iterdir())


def _until_it_answers(client: httpx.Client, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            client.get("/courses", headers={"Authorization": "token root"})
            return
        except httpx.TransportError:
            assert process.poll() is None and time.monotonic() < deadline, "ngshare did not start"
            time.sleep(0.3)


def _ask(client: httpx.Client, path: str, user: str, **values: object) -> None:
    data = {name: json.dumps(value) for name, value in values.items()}
    answer = client.post(path, headers={"Authorization": f"token {user}"}, data=data)
    assert answer.status_code == 200 and answer.json()["success"], answer.text
