"""From the messages a kernel publishes to the outputs of a cell, as nbclient has it.

The same rules for both executors: clear_output removes what came before, also an error; a display
that is updated later changes where it was first shown; an error that was only in the reply is
added; streams are cut at 1,000 lines (nbgrader's LimitOutput), even where an error follows.
"""

import re
from collections.abc import Iterable
from typing import Any

from grading.sandbox.channel import Message
from grading.sandbox.limiting import Limiter

Output = dict[str, Any]
MOST_LINES = 1000
MOST_TRACEBACK = 100
UNTOLD = "ERROR: An error occurred while showtraceback was disabled"
TIMED_OUT = {
    "ename": "CellTimeoutError",
    "evalue": "",
    "traceback": ["\x1b[0;31mCellTimeoutError\x1b[0m: No reply from kernel before timeout"],
}


# Of a notebook's data, only what is JSON by its name may be anything (nbformat.v4.5.schema.json).
ANY_JSON = re.compile(r"^application/(.*\+)?json$")


class NoOutput(Exception):
    """A message that is no output a notebook can hold: nbclient raises, nbgrader gives up."""


class Displays:
    """Outputs with a display_id, over the cells of one notebook.

    `strict`: as nbgrader; otherwise messages of odd shapes are taken as far as they make sense.
    """

    def __init__(self, limiter: Limiter, *, strict: bool = True) -> None:
        self.limiter, self.strict = limiter, strict
        self._shown: dict[str, list[Output]] = {}

    def outputs_of(self, messages: Iterable[Any]) -> list[Output]:
        """Of one cell, in order. Messages of unknown kinds are left out.

        Raises:
            NoOutput
        """
        outputs: list[Output] = []
        admitted: list[tuple[str, Message]] = []
        clear_next = False
        for kind, content in messages:
            if kind == "clear_output":
                clear_next = bool(content.get("wait"))
                if not clear_next:
                    self._clear(outputs)
                continue
            self._update(kind, content)
            if self.strict:
                _check(kind, content)
            output = _output(kind, content)
            if output is None or not self.limiter.admits(kind, output, admitted):
                continue
            admitted.append((kind, output))
            if clear_next:
                self._clear(outputs)
                clear_next = False
            if (name := _display_id(content)) and kind != "stream":
                self._shown.setdefault(name, []).append(output)
            outputs.append(output)
        return outputs

    def _update(self, kind: Any, content: Message) -> None:
        name = _display_id(content)
        if name in self._shown and kind in {
            "execute_result",
            "display_data",
            "update_display_data",
        }:
            if self.strict:
                _check(kind.removeprefix("update_"), content)
            new = {
                "data": _texts(content.get("data")),
                "metadata": _object(content.get("metadata")),
            }
            # A display shown a thousand times takes a thousand times the room.
            for output in self._shown.get(name, []):
                if not self.limiter.admits("update_display_data", new, ()):
                    break
                output |= new

    def _clear(self, outputs: list[Output]) -> None:
        if not outputs:
            return
        for shown in self._shown.values():
            shown[:] = [output for output in shown if all(output is not one for one in outputs)]
        outputs.clear()

    def add_error(self, outputs: list[Output], reply: Message) -> None:
        """The error of a reply, unless it was published (nbgrader's Execute.on_cell_executed)."""
        name = str(reply.get("ename"))
        if any(one["output_type"] == "error" and one["ename"] == name for one in outputs):
            return
        traceback = _list(reply.get("traceback")) or [UNTOLD]
        error = {"ename": name, "evalue": reply.get("evalue", ""), "traceback": traceback}
        output = _output("error", error)
        if output and self.limiter.admits("error", output, ()):
            outputs.append(output)


def limit_lines(outputs: list[Output]) -> list[Output]:
    """nbgrader's LimitOutput with its settings as shipped."""
    kept, length = [], 0
    for output in outputs:
        if output["output_type"] == "stream":
            if length == MOST_LINES:
                continue
            lines = output["text"].split("\n")
            if len(lines) + length > MOST_LINES:
                lines = [*lines[: MOST_LINES - length - 1], "... Output truncated ..."]
            length += len(lines)
            output["text"] = "\n".join(lines)
        elif output["output_type"] == "error" and len(output["traceback"]) > MOST_TRACEBACK:
            start = MOST_TRACEBACK // 2
            end = MOST_TRACEBACK - start - 1
            output["traceback"] = [
                *output["traceback"][:start],
                "... Traceback truncated ...",
                *output["traceback"][-end:],
            ]
        kept.append(output)
    return kept


def _output(kind: Any, content: Message) -> Output | None:
    if kind == "stream":
        name = content.get("name")
        if not isinstance(name, str) or name not in {"stdout", "stderr"}:
            return None
        return {"output_type": "stream", "name": name, "text": str(content.get("text", ""))}
    if kind in {"display_data", "execute_result"}:
        output: Output = {
            "output_type": kind,
            "data": _texts(content.get("data")),
            "metadata": _object(content.get("metadata")),
        }
        if kind == "execute_result":
            count = content.get("execution_count")
            output["execution_count"] = count if isinstance(count, int) else None
        return output
    if kind == "error":
        return {
            "output_type": "error",
            "ename": str(content.get("ename")),
            "evalue": str(content.get("evalue")),
            "traceback": [str(line) for line in _list(content.get("traceback"))],
        }
    return None


def _check(kind: Any, content: Message) -> None:
    """The rules of nbformat 4.5 for outputs, as nbclient applies them (nbformat.v4.output_from_msg)."""
    match kind:
        case "stream":
            # The schema allows a list of texts; nbgrader's LimitOutput does not.
            good = all(isinstance(content.get(name), str) for name in ("name", "text"))
        case "error":
            good = all(isinstance(content.get(name), str) for name in ("ename", "evalue"))
            good &= _are_texts(content.get("traceback"))
        case "execute_result" | "display_data":
            good = isinstance(content.get("metadata"), dict) and _is_bundle(content.get("data", 0))
            good &= kind == "display_data" or _is_count(content.get("execution_count", ""))
        case _:
            return
    if not good:
        raise NoOutput(kind)


def _is_bundle(data: Any) -> bool:
    return data is None or (
        isinstance(data, dict)
        and all(
            isinstance(value, str) or _are_texts(value) or ANY_JSON.search(name)
            for name, value in data.items()
        )
    )


def _is_count(count: Any) -> bool:
    if isinstance(count, float):
        return count.is_integer() and count >= 0
    return count is None or (type(count) is int and count >= 0)


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _display_id(content: Message) -> str | None:
    name = _object(content.get("transient")).get("display_id")
    return name if isinstance(name, str) and name else None


def _texts(data: Any) -> dict[str, Any]:
    return {mime: value for mime, value in _object(data).items() if isinstance(mime, str)}


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
