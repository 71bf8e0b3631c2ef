"""What a token weighs inside a deployment, in the reference."""

from __future__ import annotations

from fractions import Fraction
from math import floor
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.analysis.reference.rows import Attempt, PoolOf

Weights = tuple[int, int, int]
"""Thousandths of a prefill token: prefill, read from a cache, decoded."""

ASSUMED: Weights = (1000, 100, 4000)


def weights_of(pool: PoolOf, served: Sequence[Attempt]) -> Weights:
    """Configured, else measured where nine in ten attempts tell their times, else assumed."""
    if pool.weights is not None:
        prefill, cached, decode = (nearest(Fraction(each) * 1000) for each in pool.weights)
        return prefill, cached, decode
    timed = [each for each in served if _is_timed(each)]
    if 10 * len(timed) < 9 * len(served) or not served:
        return ASSUMED
    read = sum((fresh(e) + Fraction(e.count("cache_read"), 10) for e in timed), Fraction(0))
    written = sum(each.count("output") for each in timed)
    prefill_us = sum(_micros(e.row["ttft_ms"] - (e.row["queue_ms"] or 0)) for e in timed)
    decode_us = sum(_micros(e.row["latency_ms"] - e.row["ttft_ms"]) for e in timed)
    if not read or not written or not prefill_us:
        return ASSUMED
    return 1000, 100, nearest(1000 * Fraction(decode_us, written) / (prefill_us / read))


def weigh(each: Attempt, weights: Weights) -> int:
    """Weighted tokens of an attempt."""
    prefill, cached, decode = weights
    return fresh(each) * prefill + each.count("cache_read") * cached + each.count("output") * decode


def fresh(each: Attempt) -> int:
    """Input that was read in full, cache writes included."""
    return each.input - each.count("cache_read")


def nearest(value: Fraction) -> int:
    return floor(value + Fraction(1, 2))


def _micros(ms: float) -> int:
    return floor(ms * 1000 + 0.5)


def _is_timed(each: Attempt) -> bool:
    first, last = each.row["ttft_ms"], each.row["latency_ms"]
    if first is None or last is None:
        return False
    return bool((each.row["queue_ms"] or 0) <= first <= last)
