"""The browser's files: built from node_modules alone, named by content, and enough for every template.

Also here: what the Content-Security-Policy asks of templates, and that the colours can be read.
"""

import hashlib
import json
import re
from itertools import product

import pytest
from flask import Flask

from lms import assets

LMS = assets.ROOT / "lms"
TEMPLATES = sorted(LMS.rglob("*.html"))
OWN_SHEETS = sorted(assets.STATIC.glob("*.css"))


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("static")
    manifest = assets.build(into=folder)
    return folder / assets.VENDOR, manifest


def test_every_file_is_named_by_its_content(built):
    folder, manifest = built
    assert {path.name for path in folder.iterdir()} == {*manifest.values(), assets.MANIFEST}
    for name in manifest.values():
        assert name.split(".")[-2] == hashlib.sha256((folder / name).read_bytes()).hexdigest()[:12]


def test_a_second_build_changes_nothing(built):
    folder, manifest = built
    assert assets.build(into=folder.parent) == manifest


def test_stylesheets_refer_to_files_that_are_there_and_to_no_other_host(built):
    folder, manifest = built
    sheets = [folder / file for name, file in manifest.items() if name.endswith(".css")]
    for sheet in [*sheets, *OWN_SHEETS]:
        for target in re.findall(r'url\(\s*["\']?([^"\')]+)', sheet.read_text()):
            within = target.startswith(("data:", "#"))  # of the sheet or of the page itself
            assert within or (folder / target).is_file(), (sheet.name, target)
        assert "@import" not in sheet.read_text()


def test_without_node_modules_one_sentence_says_what_to_run(tmp_path):
    with pytest.raises(assets.AssetsMissing, match="npm ci"):
        assets.build(tmp_path / "node_modules", into=tmp_path)
    (tmp_path / "node_modules").mkdir()
    with pytest.raises(assets.AssetsMissing, match=r"tabler.*npm ci"):
        assets.build(tmp_path / "node_modules", into=tmp_path)
    assert not list(tmp_path.glob(".vendor-*"))


def test_urls_follow_the_content(built, monkeypatch, tmp_path):
    folder, manifest = built
    monkeypatch.setattr(assets, "STATIC", folder.parent)
    own = folder.parent / "own.css"
    with Flask("preview").app_context():
        assert assets.url("tabler.css") == f"/static/vendor/{manifest['tabler.css']}"
        own.write_text("a {}")
        first = assets.url("own.css")
        own.write_text("b { color: red }")
        assert re.fullmatch(r"/static/own\.css\?v=[0-9a-f]{12}", first)
        assert assets.url("own.css") != first
        with pytest.raises(assets.AssetsMissing, match=r"nothing\.css"):
            assets.url("nothing.css")
        monkeypatch.setattr(assets, "STATIC", tmp_path)
        with pytest.raises(assets.AssetsMissing, match=r"python -m lms\.assets"):
            assets.url("tabler.css")


def test_trimming_keeps_what_pages_use_and_drops_whole_widgets():
    css = (
        '@charset "UTF-8";/*! by */.card,.modal{color:red}.navbar{top:0}'
        "@media (min-width:768px){.col-md-6{width:50%}.tooltip{top:0}}@media print{.toast{top:0}}"
        ".btn:not(.dropdown-toggle,.x){top:0}.modal-body :is(.a,.b){top:0}@keyframes k{0%{top:0}}"
    )
    assert assets.trimmed(css) == (
        ".card{color:red}@media (min-width:768px){.col-md-6{width:50%}}"
        ".btn:not(.dropdown-toggle,.x){top:0}@keyframes k{0%{top:0}}"
    )


def test_the_evaluator_of_charts_imports_nothing_by_a_bare_name(built):
    folder, manifest = built
    script = (folder / manifest["vega-interpreter.js"]).read_text()
    assert script.startswith("const {") and not re.search(
        r"^import\b|\beval\(|new Function", script, re.M
    )
    with pytest.raises(assets.AssetsMissing, match="vega-interpreter"):
        assets.interpreter("import { a } from 'vega-util';\nimport { b } from 'other';\n")


def test_npm_packages_are_pinned_and_the_lock_names_no_registry():
    package = json.loads((assets.ROOT / "package.json").read_text())
    for version in (package["dependencies"] | package["devDependencies"]).values():
        assert re.fullmatch(r"\d+\.\d+\.\d+", version)
    lock = json.loads((assets.ROOT / "package-lock.json").read_text())
    for name, entry in lock["packages"].items():
        assert "resolved" not in entry, name
        assert not name or entry["integrity"], name


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_templates_keep_to_the_policy_and_the_design_system(path, built):
    folder, manifest = built
    text = re.sub(r"\{#.*?#\}", "", path.read_text(), flags=re.S)
    assert not re.search(r"\s(?:style|on[a-z]+)\s*=\s*[\"']", text), "inline style or handler"
    assert not re.search(r"<script(?![^>]*\ssrc=)(?![^>]*application/json)", text), "inline script"
    assert not re.search(r"<style|javascript:|(?:src|href)=\"(?:https?:)?//", text)
    unknown = _icons_named(text) - set(assets.ICONS)
    assert not unknown, f"add to ICONS in lms/assets.py: {sorted(unknown)}"
    sheets = [(folder / manifest["tabler.css"]), *OWN_SHEETS]
    known = set(re.findall(r"\.(-?[a-zA-Z_][\w-]*)", " ".join(s.read_text() for s in sheets)))
    unknown = _classes_named(text) - known - {"math", "inline", "block"}
    assert not unknown, f"no stylesheet has these classes: {sorted(unknown)}"


def _icons_named(text: str) -> set[str]:
    calls = r"(?:icon|drawn|empty_state)\(\s*\"([a-z0-9-]+)\"|icon=\"([a-z0-9-]+)\""
    return {name for found in re.findall(calls, text) for name in found if name}


def _classes_named(text: str) -> set[str]:
    literal = re.sub(r"\{%.*?%\}|\{\{.*?\}\}", "\0", text, flags=re.S)
    words = {word for value in re.findall(r'\sclass="([^"]*)"', literal) for word in value.split()}
    return {word for word in words if "\0" not in word and not word.endswith("-")}


def _tokens() -> dict[str, tuple[str, str]]:
    pairs = re.findall(
        r"--([a-z-]+): light-dark\((#[0-9a-f]{3,6}), (#[0-9a-f]{3,6})\)",
        (assets.STATIC / "academy.css").read_text(),
    )
    return {name: (light, dark) for name, light, dark in pairs}


def _luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    channels = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


STATES = ("success", "info", "warning", "danger", "neutral", "brand")
TEXT_ON_GROUND = [
    *product(("ink", "muted", "brand", "danger"), ("bg", "surface", "sunken")),
    *((state, f"{state}-soft") for state in STATES),
    *(("ink", f"{state}-soft") for state in STATES),
]


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_text_can_be_read_on_every_ground(theme):
    tokens = _tokens()
    for text, ground in TEXT_ON_GROUND:
        assert _contrast(tokens[text][theme], tokens[ground][theme]) >= 4.5, (text, ground)
    for button in ("brand-solid", "brand-solid-hover", "danger-solid", "danger-solid-hover"):
        assert _contrast("#ffffff", tokens[button][theme]) >= 4.5, button
    assert _contrast(tokens["line-strong"][theme], tokens["surface"][theme]) >= 3, "edges of fields"


def test_navigation_names_icons_that_exist():
    source = (LMS / "navigation.py").read_text()
    named = set(re.findall(r'_item\([^\n]*?,\s*"[a-z_.]+",\s*"([a-z0-9-]+)"', source))
    assert named and named <= set(assets.ICONS)


def test_the_script_that_blocks_is_tiny():
    assert len((assets.STATIC / "theme.js").read_bytes()) < 1024, "it blocks the first paint"
