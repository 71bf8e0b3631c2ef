"""Months of an account that several sources have brought: each is right alone, together they count twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from finops.ledger.store import Ledger

__all__ = ["Overlap", "overlapping"]


class Overlap(NamedTuple):
    """A billing month of a scope (provider/billing account) and the sources that hold it."""

    scope: str
    month: str
    sources: tuple[str, ...]


def overlapping(ledger: Ledger) -> tuple[Overlap, ...]:
    """Every (scope, billing month) that the ledger has from more than one source, in order."""
    from finops.ledger.engine import query

    with ledger.connect(["costs"]) as con:
        rows = query(
            con,
            "select x_Scope, x_BillingMonth, list(distinct x_SourceId order by x_SourceId) from costs"
            " group by all having count(distinct x_SourceId) > 1 order by all",
        )
    return tuple(Overlap(scope, month, tuple(sources)) for scope, month, sources in rows)
