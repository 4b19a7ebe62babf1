"""The web server's logs, of requests and of errors, without what lets somebody in."""

from __future__ import annotations

from typing import Any

from gunicorn.config import Config
from gunicorn.glogging import Logger

from lms.redaction import WithoutTokens, without_tokens


class AccessLog(Logger):
    """Named on gunicorn's command line (lms/supervisor.py)."""

    def setup(self, cfg: Config) -> None:
        super().setup(cfg)
        self.error_log.addFilter(WithoutTokens())  # it names the address of a request that broke

    def atoms(self, *request: Any, **more: Any) -> dict[str, Any]:
        """What a line is made of: r the request line, U the path, f where somebody came from."""
        atoms: dict[str, Any] = super().atoms(*request, **more)
        return atoms | {name: without_tokens(str(atoms[name])) for name in ("r", "U", "f")}
