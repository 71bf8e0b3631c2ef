"""Answers of two models to the same meetings, judged: what says whether the small one could go first."""

from __future__ import annotations

from .company import dice
from .files import csv_text

__all__ = ["COLUMNS", "judged_csv"]

COLUMNS = ("confidence", "small_correct", "large_correct")

_ROWS = 1600

_LARGE = 0.94
"""Share of the large model's answers that are good."""

_LEFT = 0.02
"""Of the good ones of the large model, how many the small one misses however sure it is."""


def judged_csv() -> bytes:
    """Each row a meeting: how sure the small model was, and whether its and the large one's notes were good.

    Where the large model fails the small one seldom succeeds; where it does not, the small one misses the more the
    less sure it is.
    """
    rng = dice("judged")
    rows = []
    for _ in range(_ROWS):
        confidence = round(rng.betavariate(6, 2), 3)
        large = rng.random() < _LARGE
        missed = _LEFT + 0.75 * (1 - confidence) ** 2
        small = rng.random() >= missed if large else rng.random() < confidence / 3
        rows.append((confidence, int(small), int(large)))
    return csv_text(COLUMNS, rows)
