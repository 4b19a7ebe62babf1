"""A trainee's day: home, lesson, notebook in JupyterLab, submit twice, receipt, result."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from .conftest import Academy, korean, lab_is_open, open_menu

SOLUTION = """def average(*numbers, default=None):
    return sum(numbers) / len(numbers) if numbers else default"""


def test_a_trainees_day(academy: Academy, sign_in: Callable[..., Page]) -> None:
    page = sign_in("trainee")
    for title in ("지금", "다음 할 일", "새 피드백"):
        expect(page.get_by_role("heading", name=title, exact=True)).to_be_visible()
    due = page.locator("time[datetime]", has_text=re.compile(r"\d\d:\d\d")).first
    expect(due).to_be_visible()
    expect(page.locator("[data-until]").first).to_be_visible()

    _reads_a_lesson(page)
    page.goto(academy.origin)
    page.get_by_role("link", name=re.compile("과제 2")).first.click()
    page.locator("form[action$='/compute/server/start'] button").click()
    lab_is_open(page, "ps2-functions.ipynb")
    _solves_the_first_task(page)
    _submits_from_assignment_list(page)

    lab = page.url
    page.goto(academy.origin)
    page.get_by_role("link", name=re.compile("과제 2")).first.click()
    expect(page.locator("#attempts li.item")).to_have_count(1)
    page.locator("form[action$='/submissions/from-home'] button").click()
    page.wait_for_url(re.compile(r"/submissions/\d+$"))
    notebook = (
        academy.state / "homes/trainee/python-programming-c6/ps2-functions/ps2-functions.ipynb"
    )
    sha256 = hashlib.sha256(notebook.read_bytes()).hexdigest()
    assert sha256 in page.content()
    assert "sum(numbers)" in notebook.read_text()
    receipt = page.url
    # Nothing is reloaded here: the page itself notices that the grader is done.
    expect(page.locator("#progress")).to_contain_text(korean("Autograded"), timeout=90_000)
    expect(page.locator("#progress")).not_to_have_attribute("hx-get", re.compile("."))
    expect(page.locator(".scores")).to_have_count(0)

    instructor = sign_in("instructor")
    _marks_and_releases(instructor, receipt)
    page.goto(receipt)
    expect(page.locator(".scores li")).to_have_count(6)
    expect(page.locator(".scores")).to_contain_text("설명이 또렷합니다.")
    first = page.locator(".scores li").first
    expect(first.locator(".score-points b")).to_have_text("4")
    assert lab.startswith(academy.hub_origin)


def _reads_a_lesson(page: Page) -> None:
    page.get_by_role("link", name="파이썬 프로그래밍").first.click()
    page.locator("a[href*='/lessons/algorithms-and-complexity']").first.click()
    article = page.locator("article, .lesson").first
    expect(article.locator(".katex").first).to_be_visible()
    expect(article.locator(".highlight").first).to_be_visible()
    expect(article.locator("strong").first).to_be_visible()


def _solves_the_first_task(page: Page) -> None:
    cell = page.locator(".jp-CodeCell", has_text="def average").first
    cell.locator(".cm-content").click()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.insert_text(SOLUTION)
    expect(cell).to_contain_text("sum(numbers)")
    page.keyboard.press("Shift+Enter")
    page.keyboard.press("ControlOrMeta+s")
    expect(page.locator(".jp-Document .jp-mod-dirty, .lm-mod-dirty")).to_have_count(0)


def _submits_from_assignment_list(page: Page) -> None:
    open_menu(page, "Nbgrader", "Assignment List")
    fetched = page.locator("#fetched_assignments_list .list_item", has_text="ps2-functions")
    fetched.get_by_role("button", name="Submit").click()
    submitted = page.locator("#submitted_assignments_list", has_text="ps2-functions")
    expect(submitted).to_be_visible(timeout=60_000)


def _marks_and_releases(page: Page, receipt: str) -> None:
    page.goto(receipt.replace("/coursework/", "/gradebook/"))
    frame = page.frame_locator("iframe").first
    expect(frame.locator("body")).to_contain_text("average")
    form = page.locator("form[action*='/marks/']", has=page.locator("textarea:visible")).last
    form.locator("input[type=number]").fill("5.5")
    form.locator("textarea").fill("설명이 또렷합니다.")
    form.locator("button[type=submit]").first.click()
    page.wait_for_load_state()
    page.goto(re.sub(r"/submissions/\d+.*", "/board", page.url))
    page.locator(".release-bar summary").click()
    page.locator(".release-bar form button").click()
    page.wait_for_load_state()
