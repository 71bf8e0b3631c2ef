"""How one amount is divided: parts by weight, each with the edges of its share.

A share is cut at the 12th decimal place, as `allocated ratio` of what is split. An amount's part is what
lies between two edges: the amount times the upper edge less the amount times the lower one, each cut at
the 24th place. So the parts of any amount add up to it to the last digit, of whichever sign it is, and
every amount of a row (billed, effective, list, quantities) is split alike.
"""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from finops.sections.close import RATE_PLACES

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["WHOLE", "Keys", "Part", "Share", "shares"]

WHOLE = 10**RATE_PLACES
"""The edge of everything: shares are counted in this many parts."""

Keys = tuple["str | None", ...]
"""Values of the dimensions asked for, in their order; None where nothing says."""


class Part(NamedTuple):
    """Who used some of it: `use` says how, `weight` how much of the cost, `quantity` how much of what."""

    use: str
    keys: Keys
    weight: Fraction
    quantity: int = 0
    unit: str | None = None


class Share(NamedTuple):
    """A part from edge `start` up to `end`, of `WHOLE`; `quantity` in `unit`, None where not counted."""

    use: str
    keys: Keys
    start: int
    end: int
    quantity: int | None
    unit: str | None


def shares(parts: Iterable[Part]) -> tuple[Share, ...]:
    """Shares of `parts` in proportion to their weights, those with the same use and keys as one.

    None when the weights add up to nothing: then the amount is not split. Negative weights stand first,
    so that the edges leave 0 to `WHOLE` by no more than they must.
    """
    weights: dict[tuple[str, Keys, str | None], Fraction] = defaultdict(Fraction)
    counts: dict[tuple[str, Keys, str | None], int] = defaultdict(int)
    for part in parts:
        key = (part.use, part.keys, part.unit)
        weights[key] += part.weight
        counts[key] += part.quantity
    whole = sum(weights.values(), Fraction())
    if not whole:
        return ()
    ordered = sorted(weights, key=lambda key: (weights[key] / whole >= 0, str(key)))
    found, reached, before = [], Fraction(), 0
    for key in ordered:
        reached += weights[key] / whole
        edge = WHOLE if key == ordered[-1] else int(reached * WHOLE)
        if edge != before:
            use, keys, unit = key
            found.append(Share(use, keys, before, edge, counts[key] if unit else None, unit))
        before = edge
    return tuple(found)
