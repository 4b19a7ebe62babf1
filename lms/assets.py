"""Files of other people for the browser, served from our own origin only.

`python -m lms.assets` copies the chosen few out of node_modules into static/vendor/, each named by its content, with a
manifest; `url(name)` answers the URL of such a file, or of one of our own with its fingerprint as the query. Both
kinds of URL change when the bytes change, so a browser may keep what it has for ever.
"""

import hashlib
import json
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path

from flask import current_app

ROOT = Path(__file__).resolve().parent.parent
STATIC = ROOT / "lms" / "static"
VENDOR = "vendor"
MANIFEST = "manifest.json"

# Every icon a page may name, from https://icons.getbootstrap.com: add the name here and build again.
NAMES_OF_ICONS = """
activity archive arrow-clockwise arrow-counterclockwise arrow-down arrow-left arrow-repeat arrow-right arrow-up
arrow-up-right award bar-chart bell book bookmark box-arrow-in-right box-arrow-right box-arrow-up-right briefcase
building calendar3 calendar-check calendar-event card-checklist card-text chat-left-text check check-lg check-circle
check-circle-fill check2 check2-all chevron-down chevron-left chevron-right chevron-up circle circle-half clipboard
clipboard-check clipboard-data clock clock-history cloud-arrow-up code-slash collection copy cpu dash dash-circle
diagram-3 download envelope exclamation-lg exclamation-circle exclamation-circle-fill exclamation-triangle
exclamation-triangle-fill eye eye-slash file-earmark file-earmark-code file-earmark-spreadsheet file-earmark-text
filter flag folder folder2-open funnel gear geo-alt globe2 graph-up-arrow grid hash hourglass-split house house-door
inbox info-circle info-circle-fill journal-check journal-code journal-text key laptop layers lightbulb lightning-charge
link-45deg list list-check list-ul lock mailbox megaphone moon-stars mortarboard patch-check pause-circle pencil
pencil-square people people-fill percent person person-badge person-check person-circle person-dash person-lines-fill
person-plus play-circle play-fill plus plus-lg power printer question-circle receipt
rocket-takeoff search send shield-check shield-lock slash-circle sliders sort-down sort-up speedometer2 star
stop-circle sun table terminal three-dots three-dots-vertical trash translate trophy unlock upload
x x-circle x-circle-fill x-lg
"""
ICONS = tuple(NAMES_OF_ICONS.split())

# What no page uses of Tabler (all of its scripted widgets, its other colours, its finest steps): left out, a first visit
# downloads half. Grid, cards, tables, forms, buttons and utilities stay; our own parts are in academy.css.
UNUSED = re.compile(
    r"\.(?:accordion|alert|animated|apexcharts|avatar|badge|badges|breadcrumb|calendar|carousel|chart|chat|chip|collapse"
    r"|collapsing|countup|cursor|datagrid|desc|dimmer|display|divide|drop\w+|empty|fade|fc|figure|flatpickr|font|footer"
    r"|google|hover|hr|img|irs|jvm|kanban|layout|legend|link|list|loader|loading|map|markdown|mention|modal|nav|navbar"
    r"|object|offcanvas|opacity|otp|page|pagination|payment|placeholder|popover|progress|progressbg|prose|ratio|ribbon"
    r"|settings|signal|signature|sortable|space|sparkline|spinner|status|steps?|strength|swatch|switch|tags?|theme|timeline"
    r"|toasts?|tooltip|tox|tracking|trending|ts|turbolinks|vr|wave|columns"
    r"|btn-(?:action|animate|check|close|floating|ghost|group|loading|muted|outline|pill|square|toolbar|xl)"
    r"|card-(?:avatar|carousel|cover|gradient|group|img|link|marketing|note|progress|ribbon|rotate|stacked|stamp|tabs)"
    r"|form-(?:colorinput|floating|imagecheck|range|selectgroup|switch)|icon-(?:pulse|rotate|tada)"
    r"|(?:[mp][tbsexy]?|align-\w+|flex|float|(?:row-|column-)?gap|g[xy]?|justify-content|offset|order|sticky|text)"
    r"-(?:\w+-)?(?:sm|xl))(?![a-z])"
    r"|[.-](?:azure|bitbucket|blue|bluesky|cyan|dark|dribbble|facebook|flickr|github|gitlab|google|gray|green|indigo"
    r"|instagram|light|lime|linkedin|mastodon|muted-fg|orange|pink|pinterest|purple|red|rss|tabler|teal|tiktok|tumblr"
    r"|twitter|vimeo|vk|whatsapp|x|xxl|yahoo|yellow|youtube)(?![a-z])"
    r"|\[data-vc|\[dir=|\.was-validated|::-webkit-datetime"
)


FONT_WEIGHTS = ("Regular", "SemiBold")


class AssetsMissing(RuntimeError):
    """The browser's files have not been built, or their sources not installed."""


def url(name: str) -> str:
    """Where a file is, by its plain name; templates call it `asset("tabler.css")`, `asset("academy.css")`."""
    vendored = _manifest(_changed_at(STATIC / VENDOR / MANIFEST)).get(name)
    path = f"{VENDOR}/{vendored}" if vendored else f"{name}?v={_digest_of_own(name)}"
    return f"{current_app.static_url_path}/{path}"


def path(name: str) -> Path:
    """Where a file of other people lies on this machine, by its plain name."""
    vendored = _manifest(_changed_at(STATIC / VENDOR / MANIFEST)).get(name)
    if vendored is None:
        raise AssetsMissing(f"{name} is not among the browser's files: run `python -m lms.assets`.")
    return STATIC / VENDOR / vendored


def build(modules: Path = ROOT / "node_modules", *, into: Path = STATIC) -> dict[str, str]:
    """Fill `into`/vendor with the chosen files; answers the manifest {plain name: hashed name}."""
    if not modules.is_dir():
        raise AssetsMissing(
            "The browser's files are not installed: run `npm ci --ignore-scripts` in the project's folder first."
        )
    into.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=".vendor-", dir=into))
    try:
        manifest = _fill(fresh, modules)
        fresh.chmod(0o755)
        shutil.rmtree(into / VENDOR, ignore_errors=True)
        fresh.rename(into / VENDOR)
    except FileNotFoundError as error:
        raise AssetsMissing(
            f"{error.filename} is missing: run `npm ci --ignore-scripts` to install the versions of package-lock.json."
        ) from None
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return manifest


def _fill(folder: Path, modules: Path) -> dict[str, str]:
    manifest: dict[str, str] = {}

    def keep(name: str, content: bytes | str) -> str:
        data = content.encode() if isinstance(content, str) else content
        stem, _, suffix = name.rpartition(".")
        manifest[name] = f"{stem}.{hashlib.sha256(data).hexdigest()[:12]}.{suffix}"
        (folder / manifest[name]).write_bytes(data)
        return manifest[name]

    katex = modules / "katex" / "dist"
    keep("tabler.css", trimmed(_text(modules / "@tabler/core/dist/css/tabler.min.css")))
    keep("pretendard.css", _with_fonts(_pretendard(modules), keep))
    keep("katex.css", _with_fonts(katex / "katex.min.css", keep))
    keep("katex.js", _text(katex / "katex.min.js"))
    keep("htmx.js", _text(modules / "htmx.org/dist/htmx.min.js"))
    keep("vega.js", _text(modules / "vega/build/vega.min.js"))
    keep("vega-lite.js", _text(modules / "vega-lite/build/vega-lite.min.js"))
    keep(
        "vega-interpreter.js",
        interpreter(_text(modules / "vega-interpreter/build/vega-interpreter.js")),
    )
    for weight in FONT_WEIGHTS:  # whole, for PDF; pages use the subsets above
        name = f"Pretendard-{weight}.otf"
        keep(name, (modules / "pretendard/dist/public/static" / name).read_bytes())
    keep("icons.svg", sprite(modules / "bootstrap-icons" / "icons"))
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1, sort_keys=True))
    return manifest


def interpreter(module: str) -> str:
    """Vega's evaluator for pages that forbid eval, taking from the loaded Vega what it would import by a bare name."""
    found = re.fullmatch(r"import (\{[^}]*\}) from 'vega-util';\n(.*)", module, re.S)
    if found is None or re.search(r"^import\b", found[2], re.M):
        raise AssetsMissing(
            "vega-interpreter imports something new: see interpreter() in lms/assets.py."
        )
    return f"const {found[1]} = globalThis.vega;\n{found[2]}"


def _pretendard(modules: Path) -> Path:
    return modules / "pretendard/dist/web/variable/pretendardvariable-dynamic-subset.css"


def _with_fonts(stylesheet: Path, keep: Callable[[str, bytes], str]) -> str:
    """The stylesheet with its woff2 files kept beside it under their hashed names, other formats dropped."""
    css = re.sub(r"\s+", " ", re.sub(r"/\*.*?\*/", "", _text(stylesheet), flags=re.S)).strip()
    css = re.sub(r",\s*url\([^)]*\.(?:woff|ttf)\)\s*format\([^)]*\)", "", css)

    def moved(match: re.Match[str]) -> str:
        source = stylesheet.parent / match[1]
        return f"url({keep(source.name, source.read_bytes())})"

    return re.sub(r"url\(([^)]+\.woff2)\)", moved, css)


def sprite(folder: Path) -> str:
    """One SVG file with a symbol per icon, used as `<use href="icons.svg#name">`."""
    symbols = []
    for name in ICONS:
        shape = re.search(r"<svg[^>]*>(.*)</svg>", _text(folder / f"{name}.svg"), re.S)
        if shape is None:
            raise AssetsMissing(f"The icon {name} in {folder} is not an SVG file.")
        body = re.sub(r"\s*\n\s*", "", shape[1])
        symbols.append(f'<symbol id="{name}" viewBox="0 0 16 16">{body}</symbol>')
    return f'<svg xmlns="http://www.w3.org/2000/svg">{"".join(symbols)}</svg>'


def trimmed(css: str) -> str:
    """The stylesheet without the selectors that UNUSED names, and without what is then empty."""
    css = re.sub(r"/\*.*?\*/|@charset[^;]*;", "", css, flags=re.S)
    kept = []
    for prelude, body in _blocks(css):
        if prelude.startswith(("@media", "@supports")):
            body = trimmed(body)
        elif not prelude.startswith("@"):
            prelude = ",".join(s for s in _selectors(prelude) if not UNUSED.search(_without_not(s)))
        if prelude and body:
            kept.append(f"{prelude}{{{body}}}")
    return "".join(kept)


def _blocks(css: str) -> Iterator[tuple[str, str]]:
    depth = start = opened = 0
    for at, character in enumerate(css):
        if character == "{":
            depth += 1
            opened = at if depth == 1 else opened
        elif character == "}":
            depth -= 1
            if depth == 0:
                yield css[start:opened].strip(), css[opened + 1 : at]
                start = at + 1


def _selectors(prelude: str) -> list[str]:
    return re.split(r",(?![^(]*\))", prelude)


def _without_not(selector: str) -> str:
    return re.sub(r":not\([^)]*\)", "", selector)


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _changed_at(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:
        raise AssetsMissing(f"{path.name} is missing: run `python -m lms.assets` first.") from None


@lru_cache(maxsize=1)
def _manifest(changed_at: int) -> dict[str, str]:
    files: dict[str, str] = json.loads(_text(STATIC / VENDOR / MANIFEST))
    return files


def _digest_of_own(name: str) -> str:
    return _digest(name, _changed_at(STATIC / name))


@lru_cache(maxsize=64)
def _digest(name: str, changed_at: int) -> str:
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]


if __name__ == "__main__":
    try:
        files = build()
    except (AssetsMissing, OSError) as problem:
        sys.exit(str(problem))
    print(f"{len(files)} files for the browser are in lms/static/{VENDOR}.")
