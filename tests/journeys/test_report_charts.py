"""Charts in a real browser under the real policy: drawn without eval, in the theme's colours, on a phone, printed."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from flask import render_template_string
from playwright.sync_api import Browser, expect
from werkzeug.serving import make_server

from lms.access import public
from lms.application import build
from lms.config import Config
from lms.metrics.definition import Text
from lms.reports.table import Absent, Cell, Column, Kind, Table

PAGE = """{% extends "base_frame.html" %}{% import "_report.html" as report %}
{% block title %}R{% endblock %}
{% block frame %}<main class="page-main" id="main"><h1>R</h1>{% for one in tables %}{{ report.report_table(one) }}{% endfor %}</main>{% endblock %}
{% block scripts %}{{ report.scripts() }}{% endblock %}"""
COHORTS = [("1", 55, 155), ("2", 49, 157), ("3", 203, 302)]
RATES = Table(
    "T5", Text("취업률", "Rates"), Text("수료자 가운데", "Of completers"),
    (Column("cohort", Text("기수", "Cohort"), Kind.TEXT), Column("rate", Text("취업률", "Rate"), Kind.SHARE)),
    (*((Cell(text=Text(f"{n}기", f"Cohort {n}")), Cell(part / whole)) for n, part, whole in COHORTS),
     (Cell(text=Text("6기", "Cohort 6")), Cell(absent=Absent.OPEN))),
    (), {"mark": "bar", "encoding": {"x": {"field": "rate", "type": "quantitative"}, "y": {"field": "cohort", "type": "nominal"}}},
)  # fmt: skip
CURVES = Table(
    "T6", Text("누적", "Incidence"), Text("개월 수별", "By month"),
    (Column("month", Text("개월", "Month"), Kind.COUNT), *(Column(f"c{n}", Text(f"{n}기", f"Cohort {n}"), Kind.SHARE) for n in (1, 2))),
    tuple((Cell(m), Cell(0.04 * m), Cell(0.05 * m) if m < 9 else Cell(absent=Absent.HIDDEN)) for m in range(0, 13, 3)),
    (), {"mark": "line", "transform": [{"fold": ["c1", "c2"], "as": ["cohort", "share"]}],
         "encoding": {"x": {"field": "month", "type": "quantitative"}, "y": {"field": "share", "type": "quantitative"},
                      "color": {"field": "cohort", "type": "nominal"}}},
)  # fmt: skip


@pytest.fixture(scope="module")
def report_page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A page with charts, served by the application without its database, which such a page does not ask."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    server = make_server("127.0.0.1", 0, lambda _environ, _start: [], threaded=True)
    origin = f"http://localhost:{server.port}"
    app = build(
        Config(
            state=Path(tmp_path_factory.mktemp("state")), database_url="postgresql://nobody@127.0.0.1:1/none",
            secret_key="x", signing_key=pem.decode(), lms_origin=origin, content_origin="http://127.0.0.1:9",
            hub_origin="http://127.0.0.1:9", hub_client_secret="x", hub_api_token="x", testing=True,
        )
    )  # fmt: skip
    app.add_url_rule("/r", view_func=public(lambda: render_template_string(PAGE, tables=(RATES, CURVES))), endpoint="r")  # fmt: skip
    server.app = app
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"{origin}/r"
    server.shutdown()
    thread.join(10)


FILL = "document.querySelector('.chart .mark-rect path').computedStyleMap().get('fill').toString()"


@pytest.mark.slow
@pytest.mark.parametrize("locale", ["ko-KR", "en-GB"])
def test_charts_are_drawn_under_the_policy_and_follow_theme_and_width(
    browser: Browser, report_page: str, locale: str
) -> None:
    context = browser.new_context(locale=locale, color_scheme="light", viewport={"width": 1200, "height": 900})  # fmt: skip
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(report_page)
    expect(page.locator(".chart svg")).to_have_count(2)
    assert page.locator(".chart .mark-rect path[d]:not([d=''])").count() >= len(COHORTS)
    expect(page.locator(".chart").first).to_contain_text("6기" if locale == "ko-KR" else "Cohort 6")
    light = page.evaluate(FILL)
    page.evaluate("document.documentElement.dataset.bsTheme = 'dark'")
    assert page.evaluate(FILL) != light
    wide = page.locator(".chart svg").first.bounding_box()
    page.set_viewport_size({"width": 390, "height": 844})
    expect(page.locator(".chart svg").first).not_to_have_attribute("width", f"{wide['width']:g}")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert not [one["id"] for one in Axe().run(page).response["violations"]]
    assert not said
    context.close()


@pytest.mark.slow
def test_without_scripts_the_tables_say_it_all(browser: Browser, report_page: str) -> None:
    context = browser.new_context(locale="en-GB", java_script_enabled=False)
    page = context.new_page()
    page.goto(report_page)
    expect(page.locator("[data-chart]").first).to_be_hidden()
    expect(page.locator("table").first).to_contain_text("67.2%")
    expect(page.locator("table").first).to_contain_text("not yet: window open")
    context.close()
