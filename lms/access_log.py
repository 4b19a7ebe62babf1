"""The web server's access log, without what lets somebody in: the tokens of survey links and invitations."""

from __future__ import annotations

import re
from typing import Any

from gunicorn.glogging import Logger

TOKEN = re.compile(r"(/surveys/|/accounts/welcome/)[\w.~-]{16,}")


def without_tokens(text: str) -> str:
    return TOKEN.sub(r"\1…", text)


class AccessLog(Logger):
    """Named on gunicorn's command line (lms/supervisor.py)."""

    def atoms(self, *request: Any, **more: Any) -> dict[str, Any]:
        """What a line is made of: r the request line, U the path, f where somebody came from."""
        atoms: dict[str, Any] = super().atoms(*request, **more)
        return atoms | {name: without_tokens(str(atoms[name])) for name in ("r", "U", "f")}
