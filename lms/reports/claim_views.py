"""The claim checker: a published figure in, what gives it out."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from http import HTTPStatus
from typing import Any

from flask import Blueprint, render_template, request
from flask_babel import gettext as _

from lms.access import Permission, actor, allow, can
from lms.disclosure.policy import PUBLIC
from lms.errors import DomainError
from lms.metrics.definition_files import versions
from lms.reports.claim_checking import Answer, check
from lms.reports.claims import Claim, Rate, UnreadableClaim, read_claim
from lms.reports.forms import ClaimForm
from lms.reports.tables.cells import class_names

bp = Blueprint("claims", __name__, url_prefix="/reports", template_folder="templates")


@bp.get("/claim-checker")
@allow(Permission.REPORT_READ)
def checker() -> Any:
    form = ClaimForm(request.args)
    answer = _answered(form) if "claim" in request.args else None
    page = render_template(
        "reports/claim_checker.html",
        form=form,
        answer=answer,
        definitions=versions(),
        class_names=class_names,
        written=_written,
        policy=PUBLIC,
        sees_people=_sees_people(),
    )
    return page, HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK


def _written(rate: Rate, claim: Claim) -> str:
    """The rate at the claim's own precision, rounded half up as the claim is read."""
    unit = Decimal(1).scaleb(-claim.decimals)
    value = Decimal(100 * rate.numerator) / Decimal(rate.denominator)
    return f"{value.quantize(unit, ROUND_HALF_UP)}%"


def _sees_people() -> bool:
    return can(actor(), Permission.OUTCOME_READ)


def _answered(form: ClaimForm) -> Answer | None:
    if not form.validate():
        return None
    try:
        return check(read_claim(form.claim.data), sees_people=_sees_people())
    except UnreadableClaim:
        problem = _("No percentage and no count of a count was found. Write one as it was printed, such as “71.2 %” or “724 of 1,221”.")  # fmt: skip
    except DomainError as refusal:
        problem = refusal.message
    form.claim.errors = [problem]
    return None
