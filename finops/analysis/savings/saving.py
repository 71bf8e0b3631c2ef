"""A saving: what it would bring in the period it was found in, how sure that is, and how to see it.

Savings of one `pool of money` (the tokens of a workflow, the commitments of a provider, the devices of a pool)
exclude each other: they count the same dollars from different sides. Of those only the largest is counted
into the sum, and each says which others it shares its money with.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from finops.analysis.derived.arithmetic import SUM, amount
from finops.model.money import total

if TYPE_CHECKING:
    from collections.abc import Iterable
    from decimal import Decimal

    from finops.analysis.explanation import Line

__all__ = ["Certainty", "Effort", "Lever", "Ranked", "Saving", "range_of", "rank"]


class Lever(StrEnum):
    """What is pulled."""

    CACHE = "cache"
    BATCH = "batch"
    MODEL = "model"
    COMMITMENT = "commitment"
    IDLE = "idle"
    FAILURES = "failures"


class Certainty(StrEnum):
    """What the amount rests on."""

    MEASURED = "measured"
    """It was spent, and was not before, or nothing was got for it."""
    ASSUMED = "assumed"
    """It holds as far as something nobody has measured holds; `how` says what."""
    NEEDS_EVALUATION = "needs evaluation"
    """The amount is exact, and whether the answers stay good enough is not known."""


class Effort(StrEnum):
    """What it takes: a setting, a change of a program, a change of how people work."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Saving(NamedTuple):
    """One finding; `money` names the dollars it is about, which no other saving of the name adds to."""

    lever: Lever
    subject: str
    low: Decimal
    high: Decimal
    certainty: Certainty
    effort: Effort
    how: str
    command: str
    money: str
    owner: str | None = None
    low_how: tuple[Line, ...] = ()
    """The lines that lead to `low`, which is the last of them; as those of `high_how` to `high`."""
    high_how: tuple[Line, ...] = ()

    @property
    def key(self) -> str:
        """`cache/support-chat`: what an action names as its evidence."""
        return f"{self.lever}/{self.subject}"


class Ranked(NamedTuple):
    """A saving in its place; `counted` into the sum, or sharing its money with the ones in `excludes`."""

    saving: Saving
    counted: bool
    excludes: tuple[str, ...]


def range_of(
    lines: tuple[Line, ...], low: str, high: str | None, least: Decimal, most: Decimal
) -> tuple[tuple[Line, ...], tuple[Line, ...]]:
    """How both ends are made of `lines`: by arithmetic over their names, None for their sum."""
    ends = (("low", low, least), ("high", high, most))
    first, second = (
        (
            *(() if formula == "0" else lines),
            amount(name, value, f"= {formula}" if formula else SUM),
        )
        for name, formula, value in ends
    )
    return first, second


def rank(found: Iterable[Saving]) -> tuple[Ranked, ...]:
    """The largest first, by the middle of its range; of savings of the same money the first is counted."""
    ordered = sorted(found, key=lambda one: (-total((one.low, one.high)), one.key))
    of_money: dict[str, list[Saving]] = {}
    for one in ordered:
        of_money.setdefault(one.money, []).append(one)
    return tuple(
        Ranked(
            one,
            of_money[one.money][0] is one,
            tuple(other.key for other in of_money[one.money] if other is not one),
        )
        for one in ordered
    )
