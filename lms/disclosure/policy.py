"""How few people are too few to print: thresholds as data. A printed report names the version it used."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lms.metrics.definition import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Counts are of people; a base is what a share or a median is of.

    k: a count of 1 to k - 1 is hidden, and nothing hidden can be bounded more narrowly than k wide.
        Agencies use 3, 5 or 10 (OECD glossary 7010; Ofqual rounding policy 2025: "fewer than 5").
    percent_base: no share of fewer; HESA asks for 22.5.
    flag_base: a share of fewer is printed with a warning.
    median_base: no median of fewer (HESA: an average needs more than 7).
    dominance: no total or mean of money of which one has a larger share.
    name_threshold: graduates an employer has hired before it is named without their consent.
    round_to: instead of hiding small counts, all are rounded to a multiple of this.
    """

    id: str
    version: int
    name: Text
    k: int
    percent_base: int = 10
    flag_base: int = 30
    median_base: int = 8
    dominance: float = 0.8
    name_threshold: int = 3
    round_to: int | None = None

    def is_small(self, count: int) -> bool:
        """Nobody is no secret: zero stays."""
        return 0 < abs(count) < self.k

    def is_dominated(self, amounts: Sequence[float]) -> bool:
        """Whether a total of these says too much about the largest of them (pay, sales)."""
        return sum(amounts) > 0 and max(amounts) > self.dominance * sum(amounts)

    def may_name(self, *, graduates: int, consent: bool) -> bool:
        """Whether an employer may be named who hired so many; `consent` is the graduates'."""
        return consent or graduates >= self.name_threshold

    @property
    def why_hidden(self) -> Text:
        if self.round_to:
            return Text(
                ko=f"개인정보 보호를 위해 모든 수를 {self.round_to} 단위로 반올림했습니다. 합계는 반올림한 수의 합이고, 비율은 반올림한 수로 계산했습니다.",
                en=f"To protect the people behind them, all counts are rounded to the nearest {self.round_to}. Totals are sums of rounded counts, and shares are taken of rounded counts.",
            )
        few = "1" if self.k == 2 else f"1–{self.k - 1}"
        return Text(
            ko=f"{few}명인 수와, 그 수를 계산해 낼 수 있게 하는 수는 개인정보 보호를 위해 표시하지 않습니다. 0은 그대로 표시합니다.",
            en=f"Counts of {few} people, and counts from which they could be worked out, are not shown, to protect the people behind them. Zero is shown.",
        )

    @property
    def why_too_few(self) -> Text:
        return Text(
            ko=f"{self.percent_base}명 미만에 대한 비율과 {self.median_base}명 미만의 중앙값은 표시하지 않습니다.",
            en=f"No share is given of fewer than {self.percent_base} people, and no median of fewer than {self.median_base}.",
        )

    def why_flagged(self, rows: Sequence[Text]) -> Text:
        return Text(
            ko=f"{self.flag_base}명 미만에 대한 비율이므로 해석에 주의해야 합니다: {', '.join(row.ko for row in rows)}.",
            en=f"Read with care, as fewer than {self.flag_base} people are behind the share: {', '.join(row.en for row in rows)}.",
        )


PUBLIC = Policy(id="public", version=1, name=Text(ko="공개", en="Public"), k=5)
AGREEMENT = Policy(
    id="agreement", version=1, name=Text(ko="협약에 따른 제공", en="Under agreement"), k=3
)
ROUNDED = Policy(
    id="rounded", version=1, name=Text(ko="5 단위 반올림", en="Rounded to 5"), k=5, round_to=5
)
POLICIES = {policy.id: policy for policy in (PUBLIC, AGREEMENT, ROUNDED)}
