"""A real JupyterHub with its proxy, as the supervisor would start it, on free loopback ports."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import psutil

from hub_config.homes import Places

ROOT = Path(__file__).resolve().parents[2]
TOKEN = "a" * 64


def free_ports(count: int) -> list[int]:
    found = []
    for port in range(18100, 18200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                found.append(port)
        if len(found) == count:
            return found
    raise RuntimeError("no free ports between 18100 and 18199")


def wait_for(check: Callable[[], object], *, seconds: float, what: str) -> None:
    deadline = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < deadline, f"no {what} within {seconds} s"
        time.sleep(0.1)


class RunningHub:
    def __init__(self, state: Path, *, lms: str, database: str) -> None:
        hub, api, proxy = free_ports(3)
        self.state, self.url = state, f"http://127.0.0.1:{hub}"
        self.log = state / "hub.log"
        self.settings = {
            "ACADEMY_RUN": str(state),
            "ACADEMY_STATE": str(state),
            "CONFIGPROXY_AUTH_TOKEN": "c" * 64,
            "HUB_API_PORT": str(api),
            "HUB_API_TOKEN": TOKEN,
            "HUB_CLIENT_SECRET": "client-secret",
            "HUB_DATABASE_URL": database,
            "HUB_ORIGIN": self.url,
            "HUB_PROXY_API_PORT": str(proxy),
            "JUPYTERHUB_CRYPT_KEY": "b" * 64,
            "LMS_ORIGIN": lms,
            "NOTEBOOK_PYTHON": str(ROOT / ".venv-notebook/bin/python"),
            "A_SECRET_OF_THE_HUB": "must not reach a notebook",
            "HOME": str(state),
            "LANG": "C.UTF-8",
            "PATH": os.environ["PATH"],
        }
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "jupyterhub", "-f", "hub_config/jupyterhub_config.py"],
                cwd=ROOT, env=self.settings, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip
        wait_for(self.is_up, seconds=90, what="hub")

    def is_up(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()[-3000:]
        try:
            return self.api("GET", "/").status_code == 200
        except httpx.TransportError:
            return False

    def api(self, method: str, path: str) -> httpx.Response:
        headers = {"Authorization": f"token {TOKEN}"}
        return httpx.request(method, f"{self.url}/hub/api{path}", headers=headers, timeout=20)

    def server(self, user: str) -> dict[str, Any]:
        found: dict[str, Any] = self.api("GET", f"/users/{user}").json()["servers"].get("", {})
        return found

    def start_server(self, user: str) -> None:
        assert self.api("POST", f"/users/{user}/server").status_code == 202
        wait_for(lambda: self.server(user).get("ready"), seconds=90, what="notebook server")

    def family(self) -> list[psutil.Process]:
        """Every process that carries this hub's mark, however it came to be."""
        return [process for process in psutil.process_iter() if self._carries_mark(process)]

    def _carries_mark(self, process: psutil.Process) -> bool:
        try:
            marked = process.environ().get("ACADEMY_RUN") == str(self.state)
            return marked and process.status() != psutil.STATUS_ZOMBIE
        except psutil.Error:
            return False

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        if self.process.poll() is None:
            self.process.send_signal(how)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired as error:
            raise AssertionError(
                f"the hub does not stop:\n{self.log.read_text()[-4000:]}"
            ) from error

    def clear(self) -> None:
        """After a failed test too, nothing of it stays."""
        for process in self.family():
            process.kill()
        for home in self.state.glob("homes/*"):
            Places(self.state.resolve(), home.name).remove_runtime()


def problem(answer: httpx.Response) -> str:
    return str(json.loads(answer.content)["detail"])
