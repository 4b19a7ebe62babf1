"""Every setting of the hub, read once from the environment: the only reader of os.environ here."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
PASSED_ON = ("LANG", "LC_ALL", "LC_CTYPE", "TZ", "ACADEMY_RUN")


class SettingMissing(Exception):
    """The message names the setting and says what to do."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Origins have no slash at their end."""

    state: Path
    database_url: str
    lms_origin: str
    hub_origin: str
    api_port: int
    proxy_api_port: int
    client_secret: str
    api_token: str
    proxy_token: str
    notebook_python: Path
    passed_on: dict[str, str]

    @property
    def hub_port(self) -> int:
        where = urlsplit(self.hub_origin)
        return where.port or (443 if where.scheme == "https" else 80)

    @classmethod
    def from_environ(cls, environ: Mapping[str, str] = os.environ) -> "Settings":
        """Raises SettingMissing."""

        def need(name: str) -> str:
            if value := environ.get(name):
                return value
            raise SettingMissing(
                f"{name} is not set: start the academy with `make up`, or set what "
                "hub_config/README.md lists."
            )

        need("JUPYTERHUB_CRYPT_KEY")  # JupyterHub reads it itself, and would start without it
        return cls(
            state=Path(need("ACADEMY_STATE")).resolve(),
            database_url=_with_driver(need("HUB_DATABASE_URL")),
            lms_origin=need("LMS_ORIGIN").rstrip("/"),
            hub_origin=need("HUB_ORIGIN").rstrip("/"),
            api_port=int(need("HUB_API_PORT")),
            proxy_api_port=int(need("HUB_PROXY_API_PORT")),
            client_secret=need("HUB_CLIENT_SECRET"),
            api_token=need("HUB_API_TOKEN"),
            proxy_token=need("CONFIGPROXY_AUTH_TOKEN"),
            notebook_python=Path(need("NOTEBOOK_PYTHON")).absolute(),
            passed_on={name: environ[name] for name in PASSED_ON if name in environ},
        )


def _with_driver(url: str) -> str:
    """psycopg 3 is what is installed; an address without a driver may mean another one."""
    return url.replace("postgresql://", "postgresql+psycopg://", 1)
