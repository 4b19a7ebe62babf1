"""A hostile notebook as data, and the words that attacks are written in."""

from dataclasses import dataclass, field
from typing import Any

# `sums` is graded after `second`, which attacks; it was answered well and keeps its points.
OTHERS = {"test-add": 3, "share": 2, "why": None}

# For the cells that attack: what was refused is printed, and what was not.
WORDS = '''
import ctypes, os, socket, sys, time
def attempt(name, act):
    try:
        found = act()
    except BaseException as error:
        print("REFUSED", name, type(error).__name__, error)
    else:
        print("DONE", name, repr(found)[:300])
libc = ctypes.CDLL(None, use_errno=True)
def call(number, *words):
    """A system call by its number on x86_64, or on aarch64."""
    number = number[os.uname().machine == "aarch64"]
    given = [ctypes.c_long(word) if isinstance(word, int) else word for word in words]
    answer = libc.syscall(ctypes.c_long(number), *given)
    if answer < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return answer
'''
# For those that write to the line between the notebook and its grader.
LINE = """
import json, os, socket, struct
def lines():
    for name in os.listdir("/proc/self/fd"):
        try:
            end = socket.socket(fileno=os.dup(int(name)))
            if end.family == socket.AF_UNIX and end.getpeername() is not None:
                yield end
        except OSError:
            pass
def frame(message):
    body = message if isinstance(message, bytes) else json.dumps(message).encode()
    return struct.pack(">I", len(body)) + body
def say(content):
    for end in lines():
        end.send(content)
GOOD = {"status": "ok", "messages": [], "execution_count": 1, "refused": True}
"""


@dataclass(frozen=True)
class Case:
    """What the cell of `x` in `second` runs (then `x = 1`), and what must be so afterwards.

    x:        the points its test may get
    events:   the kinds of what is told about the run; `perhaps` may be among them
    says:     is in its outputs
    limits:   of grading.Limits
    seconds:  the most that grading takes, on a busy machine too
    """

    name: str
    attack: str
    x: tuple[float | None, ...] = (1,)
    events: frozenset[str] = frozenset()
    perhaps: frozenset[str] = frozenset()
    says: tuple[str, ...] = ()
    limits: dict[str, Any] = field(default_factory=dict)
    rules: dict[str, Any] = field(default_factory=dict)
    seconds: float = 20

    @property
    def code(self) -> str:
        return f"{self.attack}\nx = 1\n"


def case(name: str, attack: str, *, events: str = "", perhaps: str = "", **what: Any) -> Case:
    return Case(
        name,
        attack,
        events=frozenset(events.split()),
        perhaps=frozenset(perhaps.split()),
        **what,
    )


def refused(name: str, *attempts: tuple[str, str], before: str = "", **what: Any) -> Case:
    """Attempts (name, expression) of which none may succeed."""
    lines = [f"attempt({title!r}, lambda: {act})" for title, act in attempts]
    says = tuple(f"REFUSED {title} " for title, _ in attempts)
    return case(name, "\n".join((WORDS, before, *lines)), says=says, **what)
