"""What a token weighs inside one deployment: prefill, cached input and output take the engine's time unequally.

Weights are whole numbers per thousandth of an uncached input token. They are `configured`, else `measured`
from the requests' own times (time to first token less the queue is prefill, the rest is decode, each over
its tokens) when nine of ten attempts have them, else `assumed`: prefill is bound by arithmetic and decode
by memory, so an output token takes several times as long; how much the answer hangs on that is shown by
halving and by raising the weight of output by a half.
"""

from __future__ import annotations

from fractions import Fraction
from math import floor
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable
    from decimal import Decimal

    from finops.sections.pools import Weights as Configured

__all__ = ["ASSUMED", "Served", "Weights", "together", "weights_of"]

_ENOUGH = Fraction(9, 10)
_WHOLE = 1000
_CACHED_MEASURED = 100


class Served(NamedTuple):
    """Attempts and tokens of requests; those with engine times, and these times in microseconds.

    `rows` are attempts of any operation, `requests` final generation attempts.
    """

    rows: int = 0
    requests: int = 0
    prefill: int = 0
    cached: int = 0
    output: int = 0
    timed_rows: int = 0
    timed_prefill: int = 0
    timed_cached: int = 0
    timed_output: int = 0
    prefill_us: int = 0
    decode_us: int = 0


class Weights(NamedTuple):
    """Thousandths a token of each kind weighs, and why: `configured`, `measured` or `assumed`."""

    prefill: int
    cached: int
    decode: int
    basis: str

    def weigh(self, served: Served) -> int:
        """Weighted tokens."""
        return (
            self.prefill * served.prefill
            + self.cached * served.cached
            + self.decode * served.output
        )


ASSUMED = Weights(_WHOLE, 100, 4000, "assumed")
"""Where nothing better is known; its range is 2,000 to 6,000 for output."""


def weights_of(served: Served, configured: Configured | None) -> Weights:
    """The weights in force for requests of which `served` is everything."""
    if configured is not None:
        prefill, cached, decode = (
            _thousandths(part)
            for part in (configured.prefill, configured.cached, configured.decode)
        )
        return Weights(prefill, cached, decode, "configured")
    return _measured(served) or ASSUMED


def together(parts: Iterable[Served]) -> Served:
    """The sum."""
    found = tuple(parts)
    return Served(*(sum(column) for column in zip(*found, strict=True))) if found else Served()


def _thousandths(weight: Decimal) -> int:
    return floor(Fraction(weight) * _WHOLE + Fraction(1, 2))


def _measured(served: Served) -> Weights | None:
    if not served.rows or Fraction(served.timed_rows, served.rows) < _ENOUGH:
        return None
    inputs = served.timed_prefill + Fraction(served.timed_cached, 10)
    if not inputs or not served.timed_output or not served.prefill_us:
        return None
    prefill = served.prefill_us / inputs
    decode = Fraction(served.decode_us, served.timed_output)
    return Weights(
        _WHOLE, _CACHED_MEASURED, floor(_WHOLE * decode / prefill + Fraction(1, 2)), "measured"
    )
