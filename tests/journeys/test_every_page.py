"""Every page a role can reach by links: axe finds nothing, the policy holds, nothing overflows."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import ConsoleMessage, Page

from .conftest import Academy

DESKTOP, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
LOOKS = [("ko", "light", DESKTOP), ("en", "dark", PHONE)]
# Where each role begins besides home, and how many kinds of pages it must come by.
STARTS = {
    "trainee2": (["/"], 15),
    "instructor": (["/"], 11),
    "admin": (["/", "/cohorts/3"], 18),
}


def shape(username: str, path: str) -> str:
    """A page's address without its numbers: one page of each kind is enough, but every lesson
    is read by its trainee."""
    name = re.sub(r"\d+", "N", urlsplit(path).path)
    name = re.sub(r"/people/N/.*", "/people/N/*", name)  # whom some number of a report counts
    return name if username == "trainee2" else re.sub(r"/lessons/.*", "/lessons/*", name)


@pytest.mark.parametrize("username", STARTS)
@pytest.mark.parametrize(
    ("locale", "scheme", "size"), LOOKS, ids=["ko-light-desk", "en-dark-phone"]
)
def test_every_page(
    username: str,
    locale: str,
    scheme: str,
    size: dict[str, int],
    academy: Academy,
    sign_in: Callable[..., Page],
) -> None:
    page = sign_in(username, locale=locale, color_scheme=scheme, viewport=size)
    complaints: list[str] = []
    page.on("console", lambda message: _note(complaints, page, message))
    page.on("pageerror", lambda error: complaints.append(f"{page.url}: {error}"))
    starts, fewest = STARTS[username]
    waiting, seen = list(starts), {shape(username, path) for path in starts}
    while waiting:
        path = waiting.pop(0)
        answer = page.goto(academy.origin + path)
        assert answer is not None and answer.ok, path
        complaints += _faults(page, path, size["width"], locale)
        for link in page.eval_on_selector_all("a[href]", "all => all.map(a => a.href)"):
            parts = urlsplit(link)
            if f"{parts.scheme}://{parts.netloc}" != academy.origin or "." in parts.path:
                continue
            if (kind := shape(username, parts.path)) not in seen:
                seen.add(kind)
                waiting.append(parts.path)
    assert not complaints, "\n".join(complaints)
    assert len(seen) >= fewest, seen


def _note(complaints: list[str], page: Page, message: ConsoleMessage) -> None:
    if message.type in ("error", "warning"):
        complaints.append(f"{page.url}: {message.text}")


def _faults(page: Page, path: str, width: int, locale: str) -> list[str]:
    found = []
    if page.evaluate("document.documentElement.scrollWidth") > width:
        found.append(f"{path} is wider than the screen")
    if page.locator("html").get_attribute("lang") != locale:
        found.append(f"{path} is not in {locale}")
    # Frames hold notebooks in a sandbox of their own, where axe cannot run.
    result = Axe().run(page, options={"resultTypes": ["violations"], "iframes": False})
    for violation in result.response["violations"]:
        places = [node["target"] for node in violation["nodes"]][:3]
        found.append(f"{path}: axe {violation['id']}: {places}")
    return found
