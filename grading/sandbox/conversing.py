"""One end of the line between the tests' shell and the trainee's: questions and answers.

A question is about an object of the other side: call it, give an attribute of it (deeds.py). While
it is open, the other side may ask back. What the one asked changes in what it was given comes back
with its answer, and so do the files it wrote. The controller carries the messages.
"""

import os
import select
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from grading.sandbox import deeds, values
from grading.sandbox.channel import Channel, Message
from grading.sandbox.exports import Exports
from grading.sandbox.mirroring import Mirror
from grading.sandbox.values import Reader, SealedError, Writer

# Orders of the controller's that carry a conversation on.
BETWEEN = {"ask", "answer", "over"}
MOST_NESTED = 40


class Side:
    """`guarded`: the tests' side, which trusts nothing it is told."""

    guarded = False

    def __init__(self, shell: Any, channel: Channel, kept: list[str]) -> None:
        self.shell, self._channel = shell, channel
        self.exports = Exports(self, guarded=self.guarded)
        self._mirror = Mirror(kept=set(kept), guarded=self.guarded)
        self.turn = 0
        self._nested = 0
        self._guard = threading.RLock()
        self._process = os.getpid()

    # What the two sides do differently

    def _may_ask(self) -> None:
        """Raises SealedError where this is not the time to ask."""

    def _take(self, answer: Message) -> None:
        """What comes with an answer beside a value."""

    def _published(self) -> list[Any]:
        """What goes with an answer: what the trainee's process has shown meanwhile."""
        return []

    def _check(self, question: Message) -> None:
        """Raises SealedError: a question that is not to be read any further."""

    def _do(self, what: str, target: Any, args: tuple[Any, ...], named: dict[str, Any]) -> Any:
        return deeds.do(what, target, args, named)

    # Asking

    def ask(self, what: str, target: Any, *args: Any, named: dict[str, Any] | None = None) -> Any:
        """Have the other side do something; raises what it raises, or SealedError."""
        __tracebackhide__ = True
        with self._guard:
            if os.getpid() != self._process:
                raise SealedError("sealed tests cannot call the other side from a child process")
            if self._nested > MOST_NESTED:
                raise SealedError(
                    f"sealed tests cannot call back and forth {MOST_NESTED} levels deep"
                )
            self._may_ask()
            shared: list[Any] = []
            writer = Writer(shared, self.exports.form)
            pairs = tuple((named or {}).items())
            question = {"what": what, "of": writer.all((target, args, pairs))}
            lent = len(shared)
            with self._one_deeper():
                answer = self._answer_to(question)
            return self._understood(answer, shared, lent)

    @contextmanager
    def _one_deeper(self) -> Iterator[None]:
        self._nested += 1
        try:
            yield
        finally:
            self._nested -= 1

    def _answer_to(self, question: Message) -> Message:
        self._send("ask", question)
        while True:
            message = self._hear()
            if message.get("turn") != self.turn:
                continue  # left over from a call that was interrupted
            if message["order"] == "over":
                raise KeyboardInterrupt
            if message["order"] == "answer":
                return self._opened(message)
            self._send_answer(self.reply(message))

    def _understood(self, answer: Message, shared: list[Any], lent: int) -> Any:
        __tracebackhide__ = True
        try:
            reader = Reader(shared, self.exports.read)
            for number, form in answer.get("changes", ()):
                if not 0 <= number < lent:
                    raise SealedError("an answer changes what it was not given")
                values.renew(shared[number], reader.content(form))
            self._take(answer)
            found = reader.read(answer.get("value"))
            error = reader.read(answer["error"]) if "error" in answer else None
        except SealedError:
            raise
        except Exception as problem:
            raise SealedError(f"an answer cannot be read: {type(problem).__name__}") from None
        if error is not None:
            raise error if isinstance(error, BaseException) else SealedError("an odd error")
        return found

    # Answering

    def reply(self, message: Message) -> Message:
        """Whatever happens, an answer."""
        given: list[Any] = []
        before: list[str] = []
        with self._one_deeper():
            try:
                question = self._opened(message)
                self._take(question)
                reader = Reader([], self.exports.read)
                self._check(question)
                target, args, pairs = reader.all(question["of"])
                given = list(reader.shared)
                before = [self._state(one, given) for one in given]
                found = self._do(question["what"], target, args, dict(pairs))
                return self._with_changes(given, before, "value", found)
            except BaseException as error:
                return self.reply_with(error, given, before)

    def reply_with(
        self, error: BaseException, given: list[Any] | None = None, before: list[str] | None = None
    ) -> Message:
        try:
            return self._with_changes(given or [], before or [], "error", error)
        except BaseException as problem:
            return self._with_changes([], [], "error", SealedError(str(problem)))

    def _state(self, value: Any, given: list[Any]) -> str:
        return values.text_of(Writer(list(given), self.exports.form).content(value))

    def _with_changes(self, given: list[Any], before: list[str], name: str, found: Any) -> Message:
        writer = Writer(list(given), self.exports.form)
        changes = []
        for number, (one, was) in enumerate(zip(given, before, strict=False)):
            form = writer.content(one)
            if values.text_of(form) != was:
                changes.append([number, form])
        return {"changes": changes, name: writer.write(found)}

    # Messages

    def _send(self, kind: str, content: Message, *, done: bool = False) -> None:
        content["printed"] = self._published()
        content["files"] = self._mirror.changes()
        with _uninterrupted():
            self._channel.send({kind: values.text_of(content), "turn": self.turn, "done": done})

    def _send_answer(self, reply: Message, *, done: bool = False) -> None:
        """`done`: the answer to the question that started it all."""
        try:
            self._send("answer", reply, done=done)
        except SealedError as error:
            self._send("answer", self.reply_with(error), done=done)

    def _hear(self) -> Message:
        select.select([self._channel], [], [])
        with _uninterrupted():
            return self._channel.receive()

    def _opened(self, message: Message) -> Message:
        content = values.form_of(message.get("ask") or message.get("answer") or "{}")
        if not isinstance(content, dict):
            raise SealedError("a message cannot be read")
        try:
            self._mirror.apply(content.get("files", ()))
        except (OSError, ValueError, TypeError) as error:
            raise SealedError(f"a file did not come across: {type(error).__name__}") from None
        return content


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """A message is read and written whole."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
