"""Keeping what is in force beside the tables, whenever somebody loads, pulls, closes or reviews."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from connectors.loading import LoadResult
    from finops.api.session import Session
    from finops.ledger.store import Ledger

__all__ = ["keep_in_force", "try_to_keep"]


def keep_in_force(
    session: Session,
    ledger: Ledger,
    results: Iterable[LoadResult] = (),
    *,
    now: datetime | None = None,
) -> None:
    """Keep settings, owners and prices where they are news; `results` are loads that may bring new models.

    LedgerError where the ledger cannot be written to.
    """
    from finops.analysis.in_force import keep_settings

    loads = {each.stored.load_id for each in results if not each.stored.unchanged}
    if ledger.exists():
        keep_settings(ledger, session.config, loads=loads, now=now)


def try_to_keep(session: Session, ledger: Ledger) -> tuple[str, ...]:
    """The same for a question; of a ledger that can only be read, a note that it was not done."""
    from finops.errors import FinopsError

    try:
        keep_in_force(session, ledger)
    except FinopsError as error:
        return (f"Today's settings are not kept for later --as-of: {error.message}.",)
    return ()
