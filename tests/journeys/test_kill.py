"""A receipt is a promise: kill -9 of worker and web in the middle, and the submission is graded."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Page, expect

from .conftest import ROOT, Academy, korean

NOTEBOOK = ROOT / "courses/python-programming/source/ps2-functions/ps2-functions.ipynb"


@pytest.mark.parametrize("victim", ["worker", "wsgi:app"], ids=["worker", "web"])
def test_a_submission_survives_a_kill(
    victim: str, academy: Academy, sign_in: Callable[..., Page]
) -> None:
    page = sign_in("trainee2")
    page.get_by_role("link", name="파이썬 프로그래밍").first.click()
    page.get_by_role("link", name=re.compile("과제 2")).first.click()
    page.locator(
        "details summary", has_text=korean("Upload files from this computer instead")
    ).click()
    page.locator("[name=files]").set_input_files(NOTEBOOK)
    page.locator("form[action$='/submissions'] [type=submit]").click()
    page.wait_for_url(re.compile(r"/submissions/\d+$"))
    expect(page.locator("#progress")).to_contain_text(
        re.compile(f"{korean('The grader is running it')}|{korean('Autograded')}"), timeout=30_000
    )
    for process in _processes(academy.state, victim):
        os.kill(process.pid, signal.SIGKILL)
    page.wait_for_timeout(3000)
    _reload_until_it_answers(page)
    expect(page.locator("#progress")).to_contain_text(korean("Autograded"), timeout=120_000)


def _processes(state: Path, word: str) -> list[psutil.Process]:
    """The processes of this academy (and of no other) with a word on their command line."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        try:
            mine = process.environ().get("ACADEMY_STATE") == str(state)
        except psutil.Error:
            continue
        if mine and word in (process.info["cmdline"] or []):
            found.append(process)
    assert found, f"no process of {state} runs {word}"
    return found


def _reload_until_it_answers(page: Page) -> None:
    for _second in range(60):
        try:
            answer = page.reload()
        except Exception:
            answer = None
        if answer is not None and answer.ok:
            return
        page.wait_for_timeout(1000)
    raise AssertionError("the LMS did not come back within a minute")
