"""An instructor's day: publish, board, run again, look, mark, release, export."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from .conftest import Academy, korean


def test_publishing_an_assignment(academy: Academy, sign_in: Callable[..., Page]) -> None:
    page = sign_in("instructor")
    page.get_by_role("link", name="파이썬 프로그래밍").first.click()
    page.locator("a[href$='/publication/ps3-data']").click()
    page.locator("[name=due_at]").fill("2030-01-31T18:00")
    page.locator("form .btn-primary").click()
    expect(page.get_by_text("과제 3").first).to_be_visible()
    page.get_by_role("link", name=re.compile("과제 3")).first.click()
    page.wait_for_url(re.compile(r"/board$"))
    # The release version appears without a reload; every trainee stands there, not started.
    expect(page.locator("#board")).not_to_have_attribute("hx-get", re.compile("."), timeout=60_000)
    expect(page.locator("#board tbody tr")).to_have_count(30)

    trainee = sign_in("trainee2")
    trainee.get_by_role("link", name="파이썬 프로그래밍").first.click()
    trainee.get_by_role("link", name=re.compile("과제 3")).first.click()
    expect(trainee.locator("form[action$='/compute/server/start'] button")).to_be_visible()


def test_board_run_again_mark_release_export(
    academy: Academy, sign_in: Callable[..., Page]
) -> None:
    page = sign_in("instructor")
    page.get_by_role("link", name="파이썬 프로그래밍").first.click()
    page.get_by_role("link", name=re.compile("과제 1")).first.click()
    page.wait_for_url(re.compile(r"/board$"))
    board = page.url
    expect(page.locator("#board tbody tr")).to_have_count(30)
    for state in ("not-started", "failed", "to-mark", "released", "late"):
        page.goto(f"{board}?state={state}")
        assert page.locator("#board tbody tr").count() >= 1, state

    page.goto(f"{board}?state=failed")
    page.locator("#board tbody tr a").first.click()
    failed = page.url
    page.locator("form[action$='/runs'] button").click()
    page.wait_for_load_state()
    _wait_for_the_grader(page, failed)
    frame = page.frame_locator("iframe").first
    expect(frame.locator("body")).to_contain_text("celsius", ignore_case=True)
    assert page.locator("iframe").first.get_attribute("src").startswith(academy.content_origin)
    assert page.locator("iframe").first.get_attribute("sandbox") == ""

    page.goto(f"{board}?state=to-mark")
    waiting = page.locator("#board tbody tr").count()
    page.locator("#board tbody tr a").first.click()
    form = page.locator("form[action*='/marks/']", has=page.locator("textarea:visible")).last
    form.locator("input[type=number]").fill("99")
    form.locator("button[type=submit]").first.click()
    expect(page.locator("[aria-invalid=true]")).to_be_visible()
    form = page.locator("form[action*='/marks/']", has=page.locator("textarea:visible")).last
    form.locator("input[type=number]").fill("3")
    form.locator("textarea").fill("근거를 한 문장 더 적어 주세요.")
    form.locator("button[type=submit]").first.click()
    page.wait_for_load_state()
    page.goto(f"{board}?state=to-mark")
    expect(page.locator("#board tbody tr")).to_have_count(waiting - 1)

    page.goto(board)
    page.locator(".release-bar summary").click()
    page.locator(".release-bar form button").click()
    page.wait_for_load_state()
    page.goto(f"{board}?state=graded")
    expect(page.locator("#board tbody tr")).to_have_count(0)

    page.goto(board)
    page.get_by_role("link", name=korean("Gradebook"), exact=True).last.click()
    page.locator("a[href$='grades-file']").click()
    page.locator("main form button[type=submit]").first.click()
    expect(page.locator("[role=alert]")).to_be_visible()  # no reason, no file
    page.locator("input[name=purpose]").first.check()
    page.locator("textarea[name=reason]").fill("중간 점검 회의 자료로 씁니다.")
    with page.expect_download() as started:
        page.locator("main form button[type=submit]").first.click()
    text = started.value.path().read_bytes().decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    assert len(rows) == 31
    assert any("released" in row for row in rows)


def _wait_for_the_grader(page: Page, address: str) -> None:
    for _second in range(60):
        page.goto(address)
        if page.locator("iframe").count() and not page.locator(".state-info").count():
            return
        page.wait_for_timeout(1000)
    raise AssertionError("the grader did not finish within a minute")
