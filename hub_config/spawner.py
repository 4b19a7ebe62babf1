"""Notebook servers as processes of this machine, each with its own home and session key.

A server never sees the hub's environment, fails at once when its process does, and leaves no process
behind, neither when it stops nor when the hub dies.
"""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
from jupyterhub.spawner import LocalProcessSpawner, SpawnException
from tornado.httpclient import HTTPClientError

from hub_config.homes import Places
from hub_config.lms_client import LmsClient, Session
from hub_config.settings import Settings
from hub_config.tether import die_with_parent

HERE = Path(__file__).resolve().parent
SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin"


class AcademySpawner(LocalProcessSpawner):
    settings: Settings  # set once by jupyterhub_config.py
    session = Session(key="", locale="ko")

    @property
    def places(self) -> Places:
        return Places(self.settings.state, self.user.name)

    @property
    def lms(self) -> LmsClient:
        return LmsClient(self.settings.lms_origin, self.settings.client_secret)

    def make_preexec_fn(self, name: str) -> Callable[[], None]:
        return die_with_parent

    def get_env(self) -> dict[str, str]:
        """What JupyterHub tells a server, and this; nothing else of the hub's environment."""
        env: dict[str, str] = super().get_env()
        return (
            env
            | self.settings.passed_on
            | {
                "ACADEMY_LMS_URL": self.settings.lms_origin,
                "ACADEMY_SESSION_KEY": self.session.key,
            }
        )

    def user_env(self, env: dict[str, str]) -> dict[str, str]:
        home = str(self.places.home)
        return env | {
            "HOME": home,
            "USER": self.user.name,
            "LOGNAME": self.user.name,
            "SHELL": "/bin/bash",
            "PATH": f"{self.settings.notebook_python.parent}:{SYSTEM_PATH}",
            "JUPYTER_CONFIG_PATH": self._config_path(),
            "JUPYTER_RUNTIME_DIR": str(self.places.runtime),
        }

    def _config_path(self) -> str:
        """The settings of every server, before them those of its language if there are any."""
        common = HERE / "notebook_server"
        folders = [common / self.session.locale, common]
        return os.pathsep.join(str(folder) for folder in folders if folder.is_dir())

    def get_args(self) -> list[str]:
        as_root = ["--allow-root"] if os.getuid() == 0 else []
        # By default a server believes for five minutes what the hub said of a visitor's rights.
        return [*super().get_args(), *as_root, "--HubOAuth.cache_max_age=15"]

    async def start(self) -> tuple[str, int]:
        self.places.make()
        self.notebook_dir = str(self.places.home)
        self.session = await self.lms.open_session(self.user.name, self.name)
        with self.places.log.open("wb") as log:
            self.popen_kwargs = {"cwd": self.notebook_dir, "stdout": log, "stderr": log}
            address: tuple[str, int] = await super().start()
        await self._listening(*address)
        return address

    async def _listening(self, host: str, port: int) -> None:
        """Return when the server listens; `start_timeout` bounds the wait.

        Raises:
            SpawnException: the process ended before.
        """
        while (status := await self.poll()) is None:
            try:
                _reader, writer = await asyncio.open_connection(host, port)
            except OSError:
                await asyncio.sleep(0.1)
            else:
                writer.close()
                return
        tail = self.places.log_tail()
        raise SpawnException(
            f"노트북 서버가 시작하자마자 끝났습니다(상태 {status}): {tail} "
            f"(The notebook server ended at once, status {status}: {tail})",
            reason="died-at-start",
            status_code=500,
        )

    async def stop(self, now: bool = False) -> None:
        family = _descendants(self.pid)
        # SIGTERM at once: on SIGINT a Jupyter server first asks a terminal that is not there.
        await super().stop(now=True)
        await asyncio.to_thread(_end, family)
        self.places.remove_runtime()
        await self._tell_lms()

    async def _tell_lms(self) -> None:
        try:
            await self.lms.end_session(self.user.name, self.name)
        except (HTTPClientError, OSError) as error:
            # The key dies at its expiry or with the next start; no reason to call the stop failed.
            self.log.warning("The LMS was not told that %s stopped: %s", self._log_name, error)

    def get_state(self) -> dict[str, Any]:
        """Without a process id: a server never outlives its hub, and the number may be another's."""
        state: dict[str, Any] = super().get_state()
        state.pop("pid", None)
        return state


def _descendants(pid: int) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children(recursive=True) if pid else []
    except psutil.NoSuchProcess:
        return []


def _end(family: list[psutil.Process]) -> None:
    """What a trainee left running in the background ends with the server."""
    for ask in (psutil.Process.terminate, psutil.Process.kill):
        for process in family:
            try:
                ask(process)
            except psutil.NoSuchProcess:
                continue
        _gone, family = psutil.wait_procs(family, timeout=2)
