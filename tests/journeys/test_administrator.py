"""An administrator's day: a new cohort, its roster, opening and closing; the report; people."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable

import openpyxl
from playwright.sync_api import Page, expect

from .conftest import Academy

ROSTER = "student_number,name,email,username\n8-01,하나,hana@academy.example,hana\n8-02,두리,duri@academy.example,duri\n"


def test_a_cohort_from_plan_to_close(academy: Academy, sign_in: Callable[..., Page]) -> None:
    page = sign_in("admin")
    page.goto(f"{academy.origin}/cohorts/new")
    for name, value in (
        ("number", "8"),
        ("starts_on", "2027-03-02"),
        ("ends_on", "2027-09-30"),
        ("seats", "20"),
    ):
        page.locator(f"[name={name}]").fill(value)
    page.locator("form .btn-primary").click()
    page.wait_for_url(re.compile(r"/cohorts/\d+$"))
    cohort = page.url

    def check(text: str) -> None:
        page.goto(f"{cohort}/roster-import")
        file = {"name": "roster.csv", "mimeType": "text/csv", "buffer": text.encode()}
        page.locator("[name=file]").set_input_files(file)
        page.locator("form [type=submit].btn-primary").click()
        page.wait_for_load_state()

    check(ROSTER.replace("hana@academy.example", "no-address"))
    expect(page.get_by_text("no-address").first).to_be_visible()
    expect(page.locator("td.num", has_text="2").first).to_be_visible()
    page.goto(cohort)
    expect(page.get_by_text("하나")).to_have_count(0)

    for expected in (2, 0):
        check(ROSTER)
        imports = page.locator("form:has([name=apply]) [type=submit]")
        expect(imports).to_have_count(1 if expected else 0)
        if expected:
            imports.click()
            page.wait_for_url(cohort)
        page.goto(cohort)
        expect(page.get_by_text("하나").first).to_be_visible()

    page.locator("form[action$='/opening'] button").click()
    page.wait_for_load_state()
    page.goto(f"{cohort}/closure")
    page.locator("main form [type=submit]").last.click()
    page.wait_for_url(cohort)
    expect(page.locator("form[action$='/opening'], a[href$='/closure']")).to_have_count(0)
    assert page.goto(f"{cohort}/roster-import").status in (200, 409)


def test_the_report_of_the_finished_cohorts(academy: Academy, sign_in: Callable[..., Page]) -> None:
    page = sign_in("admin")
    page.goto(f"{academy.origin}/outcomes/?on=2025-12-31")
    text = page.locator("main").inner_text()
    for figure in ("155", "157", "55", "28", "27", "49", "21", "1,045", "609", "180"):
        assert re.search(rf"(?<![\d,]){figure}(?![\d,])", text), figure
    assert "35.5%" in text and "31.2%" in text  # 55 of 155, 49 of 157

    rows = {}
    for ending in ("csv", "xlsx"):
        with page.expect_download() as started:
            page.locator(f"a[href*='report.{ending}']").first.click()
        content = started.value.path().read_bytes()
        if ending == "csv":
            rows[ending] = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
        else:
            sheet = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]
            rows[ending] = [[str(cell.value) for cell in row] for row in sheet]
    assert rows["csv"][:3] == rows["xlsx"][:3]
    first, second = rows["csv"][1:3]
    assert "155" in first and "55" in first and "157" in second and "49" in second


def test_a_new_person_signs_in_with_the_password_shown_once(
    academy: Academy, sign_in: Callable[..., Page]
) -> None:
    page = sign_in("admin")
    page.goto(f"{academy.origin}/accounts/people/new")
    page.locator("[name=username]").fill("newcomer")
    page.locator("[name=name]").fill("새사람")
    page.locator("[name=email]").fill("newcomer@academy.example")
    page.locator("main form [type=submit].btn-primary").click()
    page.wait_for_load_state()
    secret = re.search(r"\b(?:[a-z2-9]{4}-){3}[a-z2-9]{4}\b", page.locator("main").inner_text())
    assert secret
    other = page.context.browser.new_context().new_page()
    other.goto(academy.origin)
    other.locator("[name=username]").fill("newcomer")
    other.locator("[name=password]").fill(secret.group())
    other.locator("form [type=submit].btn-primary").click()
    expect(other).to_have_url(f"{academy.origin}/")
    other.context.close()
