"""A bound on what a notebook may print that leaves its scores as they are.

An error, a message on standard error and the value of the last line stay in the notebook (cut
short) however much else was printed. Both sides of the sandbox keep to it.
"""

from collections.abc import Sequence
from typing import Any

SHORT = 300
# A message costs more than its text.
LEAST_PER_MESSAGE = 100
NOTE = "\n[The rest of the output was left out: the notebook printed too much.]\n"
# Of a cell: how often a notebook may clear its outputs, and how many errors or values are kept short.
MOST_CLEARED = 10_000
MOST_SHORT = 10
COUNTED = {"stream", "display_data", "update_display_data", "execute_result", "error"}


class Limiter:
    """`room` is what is left of the notebook's output, in characters."""

    def __init__(self, room: int) -> None:
        self.room = room

    @property
    def cut(self) -> bool:
        return self.room < 0

    def admits(
        self, kind: str, content: dict[str, Any], before: Sequence[tuple[str, dict[str, Any]]]
    ) -> bool:
        """Whether a message is kept; one that no longer fits is cut short in place.

        `before` are the messages of the same cell.
        """
        if kind == "clear_output":
            return len(before) < MOST_CLEARED
        if kind not in COUNTED:
            return False
        first = self.room >= 0
        text = content.get("text") if kind == "stream" else None
        size = len(text if isinstance(text, str) else repr(content))
        self.room -= max(size, LEAST_PER_MESSAGE)
        return self.room >= 0 or self._shorten(kind, content, before, first=first)

    def _shorten(
        self,
        kind: str,
        content: dict[str, Any],
        before: Sequence[tuple[str, dict[str, Any]]],
        *,
        first: bool,
    ) -> bool:
        if kind == "stream":
            name = content.get("name")
            known = any(one.get("name") == name for what, one in before if what == "stream")
            content["text"] = str(content.get("text", ""))[:SHORT] + NOTE
            return first or (name == "stderr" and not known)
        if kind not in {"error", "execute_result"}:
            return False
        if kind == "error":
            for part in ("ename", "evalue"):
                content[part] = str(content.get(part))[:SHORT]
            content["traceback"] = [f"{content['ename']}: {content['evalue']}", NOTE]
        else:
            content["data"] = {"text/plain": _plain(content)[:SHORT]}
        return sum(what == kind for what, _ in before) < MOST_SHORT


def _plain(content: dict[str, Any]) -> str:
    data = content.get("data")
    return str(data.get("text/plain", "")) if isinstance(data, dict) else ""
