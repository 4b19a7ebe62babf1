"""What holds for every page: a title, a language, translations, and queries that do not grow."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from types import SimpleNamespace

import pytest
from flask import Flask

from lms import catalogues
from lms.db import db

ROOT = Path(__file__).parent.parent
TEMPLATES = sorted((ROOT / "lms").glob("**/templates/**/*.html"))
WHOLE_PAGES = [path for path in TEMPLATES if not path.name.startswith(("_", "base"))]


@pytest.mark.parametrize("path", WHOLE_PAGES, ids=lambda path: path.stem)
def test_every_page_has_a_title(path: Path) -> None:
    text = path.read_text()
    assert "{% block title %}" in text or "fragment" in path.name


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_templates_keep_the_policy_and_the_language(path: Path) -> None:
    text = re.sub(r"{#.*?#}", "", path.read_text(), flags=re.S)
    assert " style=" not in text and "<style" not in text
    assert not re.search(r"<[^>{]*\son\w+=", text), "inline handler"
    assert not re.search(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)", text)
    korean = text.replace('"한국어"', "")  # a language is named in itself
    assert not re.search(r"[가-힣]", korean), "Korean outside the catalogue"
    assert "|safe" not in text.replace(" ", "")


def test_urls_are_kebab_case(app: Flask) -> None:
    for rule in app.url_map.iter_rules():
        fixed = re.sub(r"<[^>]+>", "", rule.rule)
        assert re.fullmatch(r"[a-z0-9/.-]*", fixed), rule.rule


@pytest.mark.parametrize("locale", ["ko", "en"])
def test_every_string_is_translated(locale: str) -> None:
    catalogue, wanted = catalogues.catalogue(locale), catalogues.messages()
    ids = {message if isinstance(message, str) else message[0] for message in wanted}
    for message in ids:
        entry = catalogue.get(message)
        assert entry is not None and not entry.fuzzy, f"run `make translations`: {message}"
        strings = entry.string if isinstance(entry.string, tuple) else (entry.string,)
        assert all(strings), message
        placeholders = set(re.findall(r"%\((\w+)\)", message))
        for string in strings:
            assert set(re.findall(r"%\((\w+)\)", string)) == placeholders, message
    stale = {entry.id if isinstance(entry.id, str) else entry.id[0] for entry in catalogue} - ids
    assert stale == {""}, "run `make translations`"


PAGES = {  # page: (person, the most queries it may take)
    "/": ("ines", 18),
    "/gradebook/assignments/{assignment}/board": ("ines", 16),
    "/gradebook/courses/{offering}": ("ines", 16),
    "/gradebook/courses/{offering}/grades-file": ("ines", 16),
    "/gradebook/courses/{offering}/nbgrader": ("ines", 10),
    "/coursework/courses/{offering}": ("ines", 24),
    "/cohorts/{cohort}": ("ada", 14),
    "/cohorts/": ("ada", 10),
    "/outcomes/": ("ada", 12),
    "/accounts/people": ("ada", 10),
}


@pytest.mark.parametrize("path", PAGES)
def test_queries_do_not_grow_with_the_cohort(
    path: str,
    academy: SimpleNamespace,
    as_: Callable[..., object],
    grow: Callable[[int], None],
    counted: Callable[[], AbstractContextManager[list[str]]],
) -> None:
    person, most = PAGES[path]
    address = path.format(
        assignment=academy.assignments[0].id,
        offering=academy.offerings[0].id,
        cohort=academy.cohorts[0].id,
    )
    counts = []
    for more in (30, 270):
        grow(more)
        db.session.expire_all()
        with counted() as statements:
            assert as_(getattr(academy, person)).get(address).status_code == 200
        counts.append(len(statements))
    assert counts[0] == counts[1] <= most, statements
