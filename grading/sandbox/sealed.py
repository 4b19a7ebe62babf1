"""Sealed tests, the part in the boxes: two shells that call each other's functions.

The tests' shell runs the test cells and asks the trainee's for what they name; a test never enters
the trainee's process, and what comes back is data (values.py) or stands for an object over there
(remote.py).

What this does not prevent: the trainee's functions see the arguments they are called with, so they
can tell which test is running by its inputs and answer those alone. A test that lets an object of
the trainee's judge itself (`result.is_right(3)`) believes it, and so does one of a class that the
assignment has trainees write when it compares with `==`: compare values. A function that raises
StopIteration ends a `for ... in map(function, ...)` of the test early, as it does everywhere.
"""

import ast
import builtins
import functools
import inspect
import random
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from grading.sandbox import deeds, remote, values
from grading.sandbox.channel import Channel, Message
from grading.sandbox.conversing import Side
from grading.sandbox.values import Reader, SealedError, Writer

# A name's value larger than this is read once for each test, not looked at again after each call.
WATCHED_BYTES = 250_000
SHOWN = ("stream", "display_data")
_ABSENT: Any = object()


class Tests(Side):
    guarded = True

    def __init__(self, shell: Any, channel: Channel, kept: list[str]) -> None:
        super().__init__(shell, channel, kept)
        # An assertion of the test that failed within a call back, whoever caught it.
        self._failure: AssertionError | None = None
        self._mentioned: set[str] = set()
        self._mentioned_inside: set[str] = set()
        self._asked: set[str] = set()
        self._given: dict[str, Any] = {}
        self._imported: set[str] = set()
        self._is_borrowing = False

    async def test(self, order: Message) -> Message:
        """Run a test cell; names it takes from the trainee are asked for first."""
        source = str(order["source"])
        self._failure = None
        try:
            tree = _tree(self.shell.kernel.shell.transform_cell(source))
            self._mentioned_inside |= _names_inside(tree)
            self._mentioned = self._mentioned_inside | _names_in(tree)
            self._import(order["imports"])
            self._borrow(*(set(order[one]) for one in ("theirs", "ours", "classes")))
            self._follow_seeds()
            status: Message = await self.shell.run_cell(source)
            with suppress(SealedError, KeyboardInterrupt):
                self.ask("rest", None)
                self.shell.flush()
            return status
        except (Exception, KeyboardInterrupt) as error:
            self.shell.hear_only_this()
            name = type(error).__name__
            return {"status": "error", "ename": name, "evalue": str(error),
                    "traceback": [f"{name}: {error}"]}  # fmt: skip

    def ask(self, what: str, target: Any, *args: Any, named: dict[str, Any] | None = None) -> Any:
        __tracebackhide__ = True
        found = super().ask(what, target, *args, named=named)
        if self._failure and not self._nested:
            failure, self._failure = self._failure, None
            raise failure
        return found

    def reply_with(self, error: BaseException, *given: Any) -> Message:
        if isinstance(error, AssertionError):
            self._failure = error
        return super().reply_with(error, *given)

    def _may_ask(self) -> None:
        if not self._nested:
            self.turn += 1

    def _check(self, question: Message) -> None:
        deeds.check_lent(question)

    def _do(self, what: str, target: Any, args: tuple[Any, ...], named: dict[str, Any]) -> Any:
        return deeds.do_for_stranger(what, target, args, named)

    # Names

    def _import(self, imports: list[Any]) -> None:
        """What fails is for the test to find missing."""
        for names, statement in imports:
            wanted = "*" in names or self._mentioned.intersection(names)
            if wanted and statement not in self._imported:
                self._imported.add(statement)
                with suppress(Exception):
                    exec(statement, self.shell.kernel.shell.user_ns)

    def _borrow(self, theirs: set[str], ours: set[str], classes: set[str]) -> None:
        """Also names in functions of earlier cells: they may be called now."""
        self._asked = {
            name
            for name in self._mentioned
            if name in theirs or (name not in ours and self._lacks(name))
        }
        self.shell.hear_only_this()
        self._is_borrowing = True
        try:
            self.ask("names", None, sorted(self._asked))
        finally:
            self._is_borrowing = False
        for name in self._asked & classes:
            kind = self._given.get(name)
            if isinstance(kind, remote.RemoteType):
                type.__setattr__(kind, "_known", True)

    def _lacks(self, name: str) -> bool:
        space = self.shell.kernel.shell.user_ns
        if name in space:
            return space[name] is self._given.get(name, _ABSENT)
        return name not in vars(builtins)

    def _take(self, answer: Message) -> None:
        for kind, content in answer.get("printed", ()):
            if kind == "stream" and isinstance(content["text"], str):
                (sys.stderr if content["name"] == "stderr" else sys.stdout).write(content["text"])
            elif kind == "display_data":
                show = self.shell.kernel.shell.display_pub.publish
                show(dict(content["data"]), dict(content["metadata"]))
        for name, form in answer.get("names", ()):
            if name not in self._asked:
                raise SealedError(f"sealed tests cannot be given '{name}'")
            self._refresh(name, form)

    def _refresh(self, name: str, form: Any) -> None:
        """The value of a trainee's name, unless the test has given the name to something else."""
        space = self.shell.kernel.shell.user_ns
        old = self._given.get(name, _ABSENT)
        is_kept = space.get(name, _ABSENT) is not old
        if is_kept and (form is None or not self._is_borrowing):
            return
        if form is None:
            space.pop(name, None)
            self._given.pop(name, None)
            return
        new = Reader([], self.exports.read).read(form[0])
        if type(new) is type(old) and type(new) in values.MUTABLE and not is_kept:
            values.renew(old, new)
        else:
            space[name] = self._given[name] = new

    def _follow_seeds(self) -> None:
        """A test that seeds a generator of random numbers seeds the trainee's as well."""
        _follow(random, "random", self)
        if "numpy" in sys.modules:
            _follow(sys.modules["numpy"].random, "numpy.random", self)
        if not hasattr(inspect.getsource, "sealed"):
            vars(inspect)["getsource"] = _source_of(inspect.getsource)


class Trainee(Side):
    def __init__(self, shell: Any, channel: Channel, kept: list[str]) -> None:
        super().__init__(shell, channel, kept)
        self._watched: dict[str, str | None] = {}

    def answer(self, message: Message) -> None:
        """A question of the tests that is no question back; what is left of one is not heard."""
        if message["order"] != "ask":
            return
        self.shell.hear_only_this()
        self.turn = int(message["turn"])
        ask_back = functools.partial(self.ask, "input", None)
        kept, builtins.input = builtins.input, lambda prompt="", /: ask_back(str(prompt))
        try:
            self.shell.kernel.pre_handler_hook()
            try:
                reply = self._answered(message)
            except KeyboardInterrupt as error:
                reply = self.reply_with(error)
            finally:
                self.shell.kernel.post_handler_hook()
            self._send_answer(reply, done=True)
        finally:
            builtins.input = kept
            self.turn = 0

    def _answered(self, message: Message) -> Message:
        question = values.form_of(message["ask"])
        if question["what"] == "rest":
            self.shell.kernel.shell.events.trigger("post_execute")
            return {}
        if question["what"] == "names":
            self._opened(message)
            deeds.warn_again()
            names = Reader([], self.exports.read).read(question["of"][1])[0]
            self._watched = dict.fromkeys(names, "")  # no value looks so
            return {"names": self._names_changed()}
        reply = self.reply(message)
        reply["names"] = self._names_changed()
        return reply

    def _may_ask(self) -> None:
        if not self.turn:
            raise SealedError("sealed tests cannot be called when none of them is running")

    def _published(self) -> list[Any]:
        """Shown where the test is."""
        self.shell.flush()
        messages, self.shell.outputs.messages = self.shell.outputs.messages, []
        for place, (kind, _) in reversed([*enumerate(messages)]):
            if kind == "clear_output":
                del messages[:place]
                break
        return [[kind, content] for kind, content in messages if kind in SHOWN]

    def _names_changed(self) -> list[list[Any]]:
        space = self.shell.kernel.shell.user_ns
        changed = []
        left = values.MOST_BYTES
        for name, was in self._watched.items():
            if was is None:
                continue
            form, text = self._form_of(space[name], left) if name in space else (None, "null")
            if text != was:
                left -= len(text)
                changed.append([name, form])
            self._watched[name] = text if len(text) < WATCHED_BYTES else None
        return changed

    def _form_of(self, value: Any, most: int) -> tuple[list[Any], str]:
        """As a copy, or by number where it is too large for one."""
        with suppress(SealedError):
            form = [Writer([], self.exports.form).write(value)]
            if len(text := values.text_of(form)) <= most:
                return form, text
        return [self.exports.by_number(value)], "x" * WATCHED_BYTES


def side(shell: Any, channel: Channel, order: Message) -> Tests | Trainee:
    return (Tests if order["side"] == "tests" else Trainee)(shell, channel, order["kept"])


def _tree(source: str) -> ast.Module:
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return ast.Module([], [])


def _names_in(tree: ast.AST) -> set[str]:
    """Every name the code mentions; a local one among them costs a look-up."""
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def _names_inside(tree: ast.AST) -> set[str]:
    """Those mentioned in functions, which may look them up later."""
    return {
        name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef)
        for name in _names_in(node)
    }


def _follow(module: Any, name: str, tests: Tests) -> None:
    seed = module.seed
    if hasattr(seed, "sealed"):
        return

    @functools.wraps(seed)
    def follow(*args: Any, **named: Any) -> Any:
        tests.ask("seed", None, name, *args, named=named)
        return seed(*args, **named)

    follow.sealed = True  # type: ignore[attr-defined]
    module.seed = follow


def _source_of(original: Callable[[Any], str]) -> Callable[[Any], str]:
    @functools.wraps(original)
    def getsource(value: Any) -> str:
        if remote.is_remote(value):
            return str(remote.sealed_of(value)[0].ask("source", value))
        return original(value)

    getsource.sealed = True  # type: ignore[attr-defined]
    return getsource
