"""Messages between the controller and the sandbox: JSON with a length before it, never pickle.

What comes out of the sandbox is data from a stranger: its size is bounded before it is read, its
depth before it is used, and neither side waits for ever for the other to read.
"""

import array
import json
import select
import socket
import struct
import time
from typing import Any

HEADER = struct.Struct(">I")
MOST_BYTES = 64 * 1024 * 1024
# Python's own reader and writer of JSON give up near 1,000, each at another place.
MOST_DEPTH = 100
AHEAD = 1 << 16
Message = dict[str, Any]


class Closed(Exception):
    """The other side has ended, or says something that is no message."""


class Channel:
    """One end of a pair of sockets. With a deadline (time.monotonic) a call raises TimeoutError.

    `takes`: whether bytes and open files may come with a message; never so from a stranger. Only
    where none may, more is read than was asked for: nobody else looks whether that end is readable.
    """

    def __init__(
        self, end: socket.socket, *, most_bytes: int = MOST_BYTES, takes: bool = True
    ) -> None:
        self.end = end
        self.most_bytes = most_bytes
        self.takes = takes
        self._ahead = bytearray()

    def fileno(self) -> int:
        return self.end.fileno()

    def close(self) -> None:
        self.end.close()

    def send(
        self,
        message: Message,
        *,
        content: bytes = b"",
        give: tuple[int, ...] = (),
        deadline: float | None = None,
    ) -> None:
        """A message, bytes that belong to it (their size is in the message), open files to share."""
        body = json.dumps({**message, "bytes": len(content)} if content else message).encode()
        frame = HEADER.pack(len(body)) + body
        try:
            if give:
                socket.send_fds(self.end, [frame[:1]], give)
                frame = frame[1:]
            self._send_all(frame, deadline)
            self._send_all(content, deadline)
        except TimeoutError:
            raise
        except OSError as error:
            raise Closed(str(error)) from error

    def _send_all(self, content: bytes, deadline: float | None) -> None:
        if deadline is None:
            return self.end.sendall(content)
        left = memoryview(content)
        while left:
            try:
                left = left[self.end.send(left, socket.MSG_DONTWAIT) :]
            except BlockingIOError:
                if not select.select([], [self.end], [], max(0.0, deadline - time.monotonic()))[1]:
                    raise TimeoutError from None

    def receive(self, *, deadline: float | None = None) -> Message:
        """The next message; bytes that belong to it are under "content", files under "given"."""
        head, given = self._first(deadline) if self.takes else (b"", [])
        size = HEADER.unpack(head + self._exactly(HEADER.size - len(head), deadline))[0]
        if size > self.most_bytes:
            raise Closed("a message is too long")
        body = self._exactly(size, deadline)
        try:
            message = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise Closed("a message cannot be read") from error
        # With so few brackets it cannot be too deep, which most messages show at once.
        few = body.count(b"[") + body.count(b"{") <= MOST_DEPTH
        if not isinstance(message, dict) or not (few or is_shallow(message)):
            raise Closed("a message is no object, or too deep")
        if given:
            message["given"] = given
        if self.takes and "bytes" in message:
            message["content"] = self._exactly(int(message["bytes"]), deadline)
        return message

    def _first(self, deadline: float | None) -> tuple[bytes, list[int]]:
        self._wait(deadline)
        room = array.array("i")
        try:
            head, notes, _, _ = self.end.recvmsg(1, socket.CMSG_LEN(4 * room.itemsize))
        except OSError as error:
            raise Closed(str(error)) from error
        if not head:
            raise Closed("the other side has ended")
        for level, kind, data in notes:
            if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                room.frombytes(data[: len(data) - len(data) % room.itemsize])
        return head, list(room)

    def _exactly(self, size: int, deadline: float | None) -> bytes:
        content = self._ahead
        while len(content) < size:
            self._wait(deadline)
            try:
                missing = min(size - len(content), 1 << 20)
                block = self.end.recv(missing if self.takes else max(missing, AHEAD))
            except OSError as error:
                raise Closed(str(error)) from error
            if not block:
                raise Closed("the other side has ended")
            content += block
        self._ahead = content[size:]
        return bytes(content[:size])

    def _wait(self, deadline: float | None) -> None:
        if deadline is None:
            return
        if not select.select([self.end], [], [], max(0.0, deadline - time.monotonic()))[0]:
            raise TimeoutError


def is_shallow(value: Any, most: int = MOST_DEPTH) -> bool:
    """Whether lists and objects lie in each other at most so deep."""
    layer = [value]
    for _ in range(most):
        layer = [
            inner
            for outer in layer
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, (dict, list))
        ]
        if not layer:
            return True
    return False
