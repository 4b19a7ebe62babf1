"""How far a share of so few people may lie from what is behind it."""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist

Z = NormalDist().inv_cdf(0.975)  # both sides of 95 %


def wilson(numerator: int, denominator: int) -> tuple[float, float]:
    """The score interval of a share at 95 % (Wilson 1927), within [0, 1] and around the share.

    Raises:
        ValueError: not 0 <= numerator <= denominator, or nobody.
    """
    if not 0 <= numerator <= denominator or not denominator:
        raise ValueError(f"no share: {numerator} of {denominator}")
    share, n = numerator / denominator, denominator
    middle = share + Z**2 / (2 * n)
    half = Z * sqrt(share * (1 - share) / n + Z**2 / (4 * n**2))
    scale = 1 + Z**2 / n
    # At 0 and at 1 the bound is the share itself, which floating point would miss by a hair.
    low = min(max(0.0, (middle - half) / scale), share)
    high = max(min(1.0, (middle + half) / scale), share)
    return (low if numerator else 0.0), (high if numerator < denominator else 1.0)
