"""The whole academy, started as `make up` starts it, and a real browser. Once per test session.

Playwright keeps an event loop in its process, which the application's own tests cannot share: run
this folder by itself, as `make test` does.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from lms import catalogues

ROOT = Path(__file__).parent.parent.parent
START_SECONDS = 180


@dataclass(frozen=True)
class Academy:
    origin: str
    content_origin: str
    hub_origin: str
    password: str
    state: Path


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "journeys" in item.nodeid:
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def academy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Academy]:
    state = tmp_path_factory.mktemp("academy")
    port = _five_free_ports()
    command = [sys.executable, "-m", "lms.supervisor", "--port", str(port), "--state", str(state)]
    log = state.parent / "supervisor.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        deadline = time.monotonic() + START_SECONDS
        while "Ctrl-C" not in (text := log.read_text()):
            assert process.poll() is None and time.monotonic() < deadline, text + _logs(state)
            time.sleep(0.2)
        yield Academy(
            f"http://localhost:{port}",
            f"http://127.0.0.1:{port + 1}",
            f"http://127.0.0.1:{port + 2}",
            _password(text),
            state,
        )
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()


def _password(text: str) -> str:
    for line in text.splitlines():
        words = line.split()
        if "trainee" in words:
            return words[-1]
    raise AssertionError(f"no demo account was printed:\n{text}")


def _logs(state: Path) -> str:
    return "".join(
        f"\n--- {path.name}\n{path.read_text()[-3000:]}" for path in sorted(state.glob("log/*.log"))
    )


def _five_free_ports() -> int:
    for base in range(21000, 29000, 10):
        try:
            for port in range(base, base + 5):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", port))
        except OSError:
            continue
        return base
    raise AssertionError("no five free ports in a row")


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    program = os.environ.get("ACADEMY_BROWSER") or shutil.which("chromium")
    assert program, "no Chromium: run `make test`, which brings one"
    flags = ["--disable-gpu", "--disable-background-networking", "--disable-dev-shm-usage"]
    if os.geteuid() == 0:
        flags.append("--no-sandbox")
    return {**browser_type_launch_args, "executable_path": program, "args": flags}


@pytest.fixture
def sign_in(browser: Browser, academy: Academy) -> Iterator[Callable[..., Page]]:
    """sign_in("trainee"): a page of a fresh browser in which that person has signed in."""
    contexts: list[BrowserContext] = []

    def _sign_in(username: str, *, locale: str = "ko", **settings: Any) -> Page:
        language = "ko-KR" if locale == "ko" else "en-GB"
        context = browser.new_context(locale=language, **settings)
        contexts.append(context)
        context.set_default_timeout(20_000)
        page = context.new_page()
        page.goto(academy.origin)
        page.locator("[name=username]").fill(username)
        page.locator("[name=password]").fill(academy.password)
        page.locator("form [type=submit].btn-primary").click()
        expect(page).to_have_url(f"{academy.origin}/")
        if page.locator("html").get_attribute("lang") != locale:  # what somebody chose before
            with page.expect_navigation():
                page.evaluate("document.querySelector('form[action$=\"/language\"]').submit()")
        return page

    yield _sign_in
    for context in contexts:
        context.close()


def korean(message: str) -> str:
    """What a page in Korean says for a message of the code."""
    entry = catalogues.catalogue("ko").get(message)
    assert entry is not None and entry.string, message
    return str(entry.string)


def lab_is_open(page: Page, notebook: str) -> None:
    """JupyterLab stands with this notebook in front and a kernel that answers."""
    page.wait_for_url(re.compile(f"/lab/tree/.*{re.escape(notebook)}"), timeout=120_000)
    expect(page.locator(".jp-NotebookPanel")).to_be_visible(timeout=60_000)
    expect(page.locator(".jp-NotebookPanel [data-status=idle]").first).to_be_visible(timeout=60_000)


def open_menu(page: Page, menu: str, item: str) -> None:
    page.get_by_role("menuitem", name=menu, exact=True).click()
    page.get_by_role("menuitem", name=item, exact=True).click()
