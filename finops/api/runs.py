"""Workflow runs one by one: the dearest, the newest, the ones that failed most."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finops.api.settled import settle

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Unpack

    from finops.analysis.settled_runs import RunList
    from finops.api.answer import Answer
    from finops.api.opening import When
    from finops.api.session import Session

__all__ = ["runs"]


def runs(
    session: Session,
    where: str | None = None,
    *,
    order: str = "cost",
    limit: int = 1000,
    offset: int = 0,
    include: str | Sequence[str] | None = None,
    currency: str | None = None,
    **when: Unpack[When],
) -> Answer[RunList]:
    """Runs one by one, dearest first: `limit` of them after `offset`, of the calls `where` lets through.

    `order` is cost, newest, oldest, requests or failures. A run costs here what it costs in `unit` by run.
    UsageError for an order there is none of, and for a column the roll-ups do not keep.
    """
    with settle(session, include=include, currency=currency, **when) as period:
        return period.runs(where, order=order, limit=limit, offset=offset)
