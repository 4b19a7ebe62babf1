"""Business registration numbers (사업자등록번호): ten digits, the last of which checks the others."""

from __future__ import annotations

import re

from flask_babel import gettext as _

from lms.errors import Invalid
from lms.resident_numbers import ResidentNumberFound, holds_one

WEIGHTS = (1, 3, 7, 1, 3, 7, 1, 3, 5)


class NoRegistryNumber(Invalid):
    def __init__(self) -> None:
        super().__init__(
            _("This is no business registration number: it has ten digits (123-45-67891), and the "
              "last one checks the others. Look at the certificate for a mistyped digit.")
        )  # fmt: skip


def registry_number(text: str) -> str | None:
    """The ten digits of what somebody typed; None for nothing.

    Raises:
        NoRegistryNumber: another number of digits, or the check digit is wrong.
        ResidentNumberFound: it looks like a person's number, which is not even repeated.
    """
    if holds_one(text):
        raise ResidentNumberFound
    digits = re.sub(r"[\s-]", "", text)
    if not digits:
        return None
    if not re.fullmatch(r"[0-9]{10}", digits) or int(digits[-1]) != check_digit(digits[:9]):
        raise NoRegistryNumber
    return digits


def check_digit(nine: str) -> int:
    """Weighted sum of the first nine digits, plus the tens of the ninth's product with its weight."""
    total = sum(int(digit) * weight for digit, weight in zip(nine, WEIGHTS, strict=True))
    return -(total + int(nine[8]) * WEIGHTS[8] // 10) % 10


def written(number: str) -> str:
    """As on the certificate: 123-45-67891."""
    return f"{number[:3]}-{number[3:5]}-{number[5:]}"
