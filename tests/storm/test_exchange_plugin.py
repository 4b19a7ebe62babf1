"""The plugin in the notebook server: whatever the LMS does with a submission, there is no success
without a receipt, the attempt stays in the home, and the next one bears the same key."""

from __future__ import annotations

import hashlib
import json
import socket
import threading
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from nbgrader.exchange import ExchangeError
from werkzeug.formparser import parse_form_data

from grading.exchange import lms
from grading.exchange.extension import submit

COURSE, NAME = "storms-c1", "storm"
WORK = b'{"cells": [], "mine": true}'
Script = Callable[["Dying", socket.socket, str, dict[str, Any]], None]


class Dying:
    """A server that treats each submission as the next function of `script` says, the last for ever.

    `stored` is what it holds: files by idempotency key.
    """

    def __init__(self, *script: Script) -> None:
        self.script = list(script)
        self.stored: dict[str, dict[str, str]] = {}
        self.keys: list[str] = []
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        self.open: list[socket.socket] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _address = self.socket.accept()
            except OSError:
                return
            head, files = read(connection)
            self.keys.append(head["idempotency-key"])
            act = self.script.pop(0) if len(self.script) > 1 else self.script[0]
            self.open.append(connection)
            act(self, connection, self.keys[-1], files)

    def store(self, key: str, files: dict[str, str]) -> bytes:
        self.stored.setdefault(key, files)
        receipt = {
            "id": 1 + list(self.stored).index(key),
            "received_at": "2026-11-21T08:14:00+00:00",
            "files": [{"path": path, "sha256": sha} for path, sha in self.stored[key].items()],
        }
        return json.dumps(receipt).encode()


def read(connection: socket.socket) -> tuple[dict[str, str], dict[str, str]]:
    """The headers and the files' SHA-256 of one request."""
    stream = connection.makefile("rb")
    stream.readline()
    head: dict[str, str] = {}
    while (line := stream.readline().strip()) != b"":
        name, _colon, value = line.decode().partition(":")
        head[name.lower()] = value.strip()
    body = stream.read(int(head["content-length"]))
    environ = {
        "REQUEST_METHOD": "POST", "CONTENT_TYPE": head["content-type"],
        "CONTENT_LENGTH": str(len(body)), "wsgi.input": BytesIO(body),
    }  # fmt: skip
    _stream, _form, files = parse_form_data(environ)
    found = {f.filename or "": hashlib.sha256(f.read()).hexdigest() for f in files.getlist("files")}
    return head, found


def answer(
    connection: socket.socket, status: str, body: bytes, *, length: int | None = None
) -> None:
    size = len(body) if length is None else length
    connection.sendall(
        b"HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n" % (status.encode(), size) + body
    )
    connection.close()


def dies_before_storing(server: Dying, connection: socket.socket, key: str, files: Any) -> None:
    connection.close()


def dies_after_storing(server: Dying, connection: socket.socket, key: str, files: Any) -> None:
    server.store(key, files)
    connection.close()


def says_500(server: Dying, connection: socket.socket, key: str, files: Any) -> None:
    answer(connection, "500 Internal Server Error", b"<h1>oops</h1>")


def says_503(server: Dying, connection: socket.socket, key: str, files: Any) -> None:
    answer(connection, "503 Service Unavailable", b'{"detail": "no database"}')


def half_a_head(server: Dying, connection: socket.socket, key: str, files: Any) -> None:
    server.store(key, files)
    connection.sendall(b"HTTP/1.1 201 Crea")
    connection.close()


def half_an_answer(server: Dying, connection: socket.socket, key: str, files: Any) -> None:
    receipt = server.store(key, files)
    answer(connection, "201 Created", receipt[: len(receipt) // 2], length=len(receipt))


def half_a_receipt(server: Dying, connection: socket.socket, key: str, files: Any) -> None:
    receipt = server.store(key, files)
    answer(connection, "201 Created", receipt[: len(receipt) // 2])


def a_page_of_a_proxy(server: Dying, connection: socket.socket, key: str, files: Any) -> None:
    answer(connection, "200 OK", b"<h1>Welcome to this network. Please sign in.</h1>")


def silence(server: Dying, connection: socket.socket, key: str, files: Any) -> None:
    """Stored, but nobody says so: the connection stays open."""
    server.store(key, files)


def all_well(server: Dying, connection: socket.socket, key: str, files: Any) -> None:
    answer(connection, "201 Created", server.store(key, files))


BAD = [
    dies_before_storing, dies_after_storing, says_500, says_503, half_a_head, half_an_answer,
    half_a_receipt, a_page_of_a_proxy, silence,
]  # fmt: skip


@pytest.fixture
def serving(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Dying]]:
    servers: list[Dying] = []

    def _serving(*script: Script) -> Dying:
        server = Dying(*script)
        servers.append(server)
        monkeypatch.setenv("ACADEMY_LMS_URL", server.url)
        return server

    monkeypatch.setenv("ACADEMY_SESSION_KEY", "key")
    monkeypatch.setattr(lms.Lms.__init__, "__defaults__", ((0.01, 0.01),))
    monkeypatch.setattr(lms, "TIMEOUT", httpx.Timeout(0.3))
    yield _serving
    for server in servers:
        server.socket.close()
        for connection in server.open:
            connection.close()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / COURSE / NAME
    folder.mkdir(parents=True)
    (folder / "storm.ipynb").write_bytes(WORK)
    return tmp_path


def attempts(home: Path) -> list[Path]:
    return sorted((home / ".academy/submissions" / COURSE / NAME).iterdir())


@pytest.mark.parametrize("bad", BAD)
def test_no_receipt_is_no_success_and_the_attempt_is_kept_and_sent_again(
    serving: Callable[..., Dying], home: Path, bad: Script
) -> None:
    server = serving(bad)
    with pytest.raises(ExchangeError):
        submit(COURSE, NAME, home=home)
    [attempt] = attempts(home)
    assert not (attempt / "receipt.json").exists()
    assert (attempt / "files/storm.ipynb").read_bytes() == WORK
    kept = json.loads((attempt / "attempt.json").read_text())["key"]
    assert set(server.keys) == {kept}
    server.script[:] = [all_well]
    receipt = submit(COURSE, NAME, home=home)
    assert set(server.keys) == {kept} and list(server.stored) == [kept]
    assert attempts(home) == [attempt]
    assert json.loads((attempt / "receipt.json").read_text()) == receipt
    assert not (attempt / "files").exists()


@pytest.mark.parametrize(
    "bad", [bad for bad in BAD if bad not in (half_a_receipt, a_page_of_a_proxy)]
)
def test_one_bad_moment_is_overcome_without_a_word(
    serving: Callable[..., Dying], home: Path, bad: Script
) -> None:
    server = serving(bad, all_well)
    assert submit(COURSE, NAME, home=home)["id"] == 1
    assert len(server.keys) == 2 and len(set(server.keys)) == 1 and len(server.stored) == 1


def test_a_full_disk_of_the_notebook_server_sends_nothing(
    serving: Callable[..., Dying], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is not kept is not sent: a lost answer could not be asked for again."""
    from grading.exchange import attempts as kept

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    server = serving(all_well)
    monkeypatch.setattr(kept, "replace_file", full)
    with pytest.raises(ExchangeError, match="No space left"):
        submit(COURSE, NAME, home=home)
    assert server.keys == []
