"""The words of costs and targets, in both languages, as pages and reports print them."""

from __future__ import annotations

from collections.abc import Mapping

from lms.funding.models import CostKind, Measure
from lms.metrics.definition import Definition, Share, Text

KINDS = {
    CostKind.BUDGET: Text("예산", "Budget"),
    CostKind.ACTUAL: Text("집행", "Actual"),
}
MEASURES = {
    Measure.CERTIFICATES: Text("AI 자격증 취득", "AI certificates"),
    Measure.IP_FILINGS: Text("지식재산 출원", "IP filings"),
    Measure.PROJECTS: Text("프로젝트", "Projects"),
    Measure.SATISFACTION: Text("교육 만족도", "Satisfaction"),
}
# Of use to other figures only: no report prints them as rates, so none could be hidden beside another.
NO_TARGETS = {"evidence", "kedi-census"}
PER_CENT = Text("%", "%")
UNITS = {
    Measure.CERTIFICATES: PER_CENT,
    Measure.IP_FILINGS: Text("건", "filings"),
    Measure.PROJECTS: Text("개", "projects"),
    Measure.SATISFACTION: Text("점(100점 만점)", "points of 100"),
}


def unit_of(measure: str) -> Text:
    """Of a target's value; a metric's is in per cent."""
    return UNITS[Measure(measure)] if measure in {*Measure} else PER_CENT


def most_of(measure: str) -> int | None:
    """The highest value there can be."""
    counted = (Measure.IP_FILINGS, Measure.PROJECTS)
    return None if measure in counted else 100


def names(definitions: Mapping[str, Definition]) -> dict[str, Text]:
    """Everything that a target can be set for: measures, and metrics that are shares."""
    return {
        **{str(measure): name for measure, name in MEASURES.items()},
        **{
            one.id: one.name
            for one in definitions.values()
            if isinstance(one.measure, Share) and one.id not in NO_TARGETS
        },
    }
