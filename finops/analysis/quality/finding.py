"""A finding: what was checked, what is wrong with it, how many dollars hang on it, and what would mend it."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from finops.model.money import ZERO

if TYPE_CHECKING:
    from collections.abc import Iterable
    from decimal import Decimal

    from finops.analysis.explanation import Line

__all__ = ["Check", "Finding", "ranked"]


class Check(StrEnum):
    """What is looked at."""

    DELIVERY = "delivery"
    """Every source has brought all of the months."""
    DAYS = "missing days"
    """A source that charges or logs every day has a day without anything."""
    STORED = "stored sums"
    """What is stored is what was loaded, no account twice, no row refused."""
    INVOICES = "invoices"
    """Every invoice adds up from what its charges were put on, and every charge is on one."""
    PRICES = "prices"
    """Every model logged has a list price."""
    ALLOCATION = "allocation"
    """What is billed is in the log, has a model, was seen."""
    OWNERS = "owners"
    """Every charge has a team."""
    LIST_COST = "list cost"
    """Usage has a list cost, which savings are told from."""


class Finding(NamedTuple):
    """`at_stake` None: nobody can say. `is_ok`: looked at, and nothing was found."""

    check: Check
    subject: str
    what: str
    at_stake: Decimal | None = None
    fix: str | None = None
    is_ok: bool = False
    is_estimate: bool = False
    """What is at stake is taken from other days or months."""
    how: tuple[Line, ...] = ()
    """The lines that lead to what is at stake, which is the last of them; none where it is one sum of rows."""
    source: str | None = None
    """The command that shows those rows."""
    why: str | None = None
    """Why nobody can say what is at stake."""


def ranked(found: Iterable[Finding]) -> tuple[Finding, ...]:
    """What most hangs on first; then what nobody can say of, then what is in order."""
    order = list(Check)
    return tuple(
        sorted(
            found,
            key=lambda each: (
                each.is_ok,
                each.at_stake is None,
                -abs(each.at_stake or ZERO),
                order.index(each.check),
                each.subject,
            ),
        )
    )
