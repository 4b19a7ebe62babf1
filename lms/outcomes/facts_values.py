"""What the cells of a line of an outcome table say, or what is to be written instead, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _

from lms.metrics.facts import Contract, FoundThrough, Intent, Leaving, SpellKind
from lms.metrics.facts_cells import FORMULA_STARTS, READERS, Unreadable
from lms.resident_numbers import ResidentNumberFound, holds_one

Values = dict[str, Any]
WORDS = {
    "kind": SpellKind, "contract": Contract, "leaving": Leaving, "intent": Intent,
    "found_through": FoundThrough,
}  # fmt: skip


def read_values(cells: Mapping[str, str]) -> tuple[Values, list[str]]:
    """By column the cells that are not empty, and every mistake."""
    values: Values = {}
    mistakes: list[str] = []
    for name, cell in cells.items():
        if holds_one(cell):
            mistakes.append(ResidentNumberFound(name).message)
        elif cell.startswith(FORMULA_STARTS):
            mistakes.append(_("%(column)s begins like a formula: write its value.", column=name))
        elif cell:
            try:
                values[name] = READERS[name](cell)
            except Unreadable:
                mistakes.append(_("%(column)s is “%(value)s”: %(how)s", column=name, value=cell[:40], how=_how(name)))  # fmt: skip
    return values, mistakes


def _how(name: str) -> str:
    """How a cell of this column is written."""
    if name in WORDS:
        how = _("write one of %(words)s.", words=", ".join(WORDS[name]))
    elif name.endswith("_on") or name in ("valid_from", "valid_to"):
        how = _("write a day as 2026-02-28.")
    elif name == "evidence_level":
        how = _("write a level from 0 to 5.")
    elif name == "region":
        how = _("write the two digits of the region, such as 29, or 99 abroad.")
    elif name == "hours":
        how = _("write the hours of a week, such as 40 or 17.5.")
    elif name in ("contract_months", "sales", "income", "base_pay"):
        how = _("write a whole number of digits only, such as 2400000.")
    else:
        how = _("write yes or no, or nothing where it is not known.")
    return str(how)
