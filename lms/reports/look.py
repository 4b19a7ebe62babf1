"""How every chart looks, on the page and on paper: Vega-Lite's `config`, its colours being the page's own tokens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

CATEGORIES = (
    "brand-solid", "teal-fill", "sand-fill", "plum-fill", "info-fill", "warning-fill", "success-fill", "danger-solid",
    "light", "neutral-fill",
)  # fmt: skip
# The light values of academy.css, for paper.
PAPER = {
    "ink": "#171a21", "muted": "#586070", "line": "#e5e7ec", "line-strong": "#8b92a1", "surface": "#fff",
    "brand-solid": "#3346c8", "teal-fill": "#1f9d94", "sand-fill": "#a8845a", "plum-fill": "#8d55b5",
    "info-fill": "#2b82bd", "warning-fill": "#b9770e", "success-fill": "#12855a", "danger-solid": "#b0251d",
    "light": "#f5b52e", "neutral-fill": "#9aa1ae",
}  # fmt: skip


def on_page() -> dict[str, Any]:
    """The browser looks the colours up, so that a chart follows the theme without being drawn again."""
    return _config(lambda token: f"var(--{token})", '"Pretendard Variable", Pretendard, sans-serif')


def on_paper() -> dict[str, Any]:
    return _config(PAPER.__getitem__, "Pretendard")


def _config(colour: Callable[[str], str], font: str) -> dict[str, Any]:
    text = {
        "labelColor": colour("muted"),
        "titleColor": colour("ink"),
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": 600,
        "labelLimit": 160,
        "titleLimit": 320,
    }
    edges = {"domainColor": colour("line-strong"), "tickColor": colour("line-strong")}
    return {
        "aria": False,  # the figure has the one name
        "background": None,
        "font": font,
        "axis": {**text, **edges, "gridColor": colour("line"), "labelPadding": 6},
        "axisXDiscrete": {
            "labelAngle": {"signal": "width < 400 ? -90 : 0"},
            "labelAlign": {"signal": "width < 400 ? 'right' : 'center'"},
            "labelBaseline": {"signal": "width < 400 ? 'middle' : 'top'"},
        },
        "axisXQuantitative": {"tickCount": {"signal": "ceil(width / 110)"}},
        "axisYQuantitative": {
            "tickCount": 5, "titleAngle": 0, "titleAlign": "left", "titleAnchor": "end", "titleBaseline": "bottom",
            "titleX": -36, "titleY": -10,
        },
        "legend": {
            **text, "orient": "top", "offset": 30, "titleAnchor": "start", "symbolType": "square",
            "columns": {"signal": "width < 420 ? 2 : width < 700 ? 4 : 5"},
        },
        "title": {"color": colour("ink"), "subtitleColor": colour("muted"), "anchor": "start"},
        "view": {"stroke": None},
        "range": {"category": [colour(token) for token in CATEGORIES]},
        "mark": {"color": colour("brand-solid"), "invalid": "break-paths-show-path-domains"},
        "bar": {"cornerRadiusEnd": 3, "stroke": colour("surface"), "strokeWidth": 1},
        "line": {"strokeWidth": 2.5, "point": True},
        "rule": {"color": colour("muted")},
        "text": {"color": colour("ink"), "fontSize": 12},
    }  # fmt: skip
