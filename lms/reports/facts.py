"""What a report is made from: counts without people, sealed with it.

Pure. The tables are a function of these counts alone, so a report can be added up again when the
personal data it was counted from is destroyed.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from lms.metrics.definition import Text
from lms.metrics.facts import Leaving
from lms.metrics.figure import Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """One cohort from application to completion; None: the step was not counted."""

    applied: int | None
    shortlisted: int | None
    tested: int | None
    selected: int | None
    enrolled: int
    left: int
    completed: int


@dataclass(frozen=True, slots=True)
class Cost:
    """An item of a budget, or an expense, of a document of that day; the amount in KRW."""

    kind: str
    item: str
    amount: int
    source: str
    dated_on: str


@dataclass(frozen=True, slots=True)
class Target:
    """`measure`: a metric's id, its value in per cent; or what somebody counts."""

    measure: str
    value: float
    definition: Text
    source: str
    dated_on: str


@dataclass(frozen=True, slots=True)
class Achievement:
    """What somebody counted of a measure."""

    measure: str
    value: float
    source: str
    dated_on: str


@dataclass(frozen=True, slots=True)
class Funding:
    """What a cohort cost and what was promised for it, as it was recorded."""

    costs: tuple[Cost, ...] = ()
    targets: tuple[Target, ...] = ()
    achievements: tuple[Achievement, ...] = ()

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> Funding:
        return cls(
            tuple(Cost(**row) for row in content["costs"]),
            tuple(
                Target(**row | {"definition": Text(**row["definition"])})
                for row in content["targets"]
            ),
            tuple(Achievement(**row) for row in content["achievements"]),
        )


@dataclass(frozen=True, slots=True)
class CohortFacts:
    """leaving: those who left, by the reason recorded ("" where there is none).

    counts: what single tables count besides (lms/reports/counters), by subject; a report that was made
    before a table was thought of lacks its subject, and so that table.
    funding: None in a report that was made before it could be recorded.
    """

    number: int
    admission: Admission
    leaving: dict[str, int]
    figures: dict[str, Figure]
    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    funding: Funding | None = None

    @property
    def leavers_without_reason(self) -> int:
        return self.leaving.get("", 0)

    def left_for(self, reason: Leaving) -> int:
        return self.leaving.get(reason.value, 0)


@dataclass(frozen=True, slots=True)
class Facts:
    """counts: what is of all the cohorts together, as each cohort's `counts`."""

    cohorts: tuple[CohortFacts, ...]
    counts: dict[str, dict[str, int]] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Without what was not counted: facts that were sealed before keep their hash."""
        return {
            "cohorts": [
                {
                    "number": one.number,
                    "admission": asdict(one.admission),
                    "leaving": one.leaving,
                    "figures": [figure.as_json() for figure in one.figures.values()],
                    **({"counts": one.counts} if one.counts else {}),
                    **({"funding": asdict(one.funding)} if one.funding else {}),
                }
                for one in self.cohorts
            ],
            **({"counts": self.counts} if self.counts else {}),
        }

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> Facts:
        return cls(
            tuple(
                CohortFacts(
                    one["number"],
                    Admission(**one["admission"]),
                    one["leaving"],
                    {row["metric"]: Figure.from_json(row) for row in one["figures"]},
                    one.get("counts", {}),
                    Funding.from_json(one["funding"]) if "funding" in one else None,
                )
                for one in content["cohorts"]
            ),
            content.get("counts", {}),
        )

    def has(self, subject: str) -> bool:
        """Whether the subject was counted when these facts were sealed."""
        return subject in self.counts or any(subject in one.counts for one in self.cohorts)

    @property
    def have_funding(self) -> bool:
        return any(one.funding is not None for one in self.cohorts)

    def as_asked_in(self, other: Facts) -> Facts:
        """These facts without the subjects that another's do not have."""

        def asked(counts: dict[str, dict[str, int]]) -> dict[str, dict[str, int]]:
            return {key: of for key, of in counts.items() if other.has(key)}

        return Facts(
            tuple(
                replace(
                    one,
                    counts=asked(one.counts),
                    funding=one.funding if other.have_funding else None,
                )
                for one in self.cohorts
            ),
            asked(self.counts),
        )

    @property
    def sha256(self) -> str:
        return hashlib.sha256(json.dumps(self.as_json(), sort_keys=True).encode()).hexdigest()
