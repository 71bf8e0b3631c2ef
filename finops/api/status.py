"""What the ledger holds, how fresh it is, and whether it still adds up."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from finops.api.answer import Answer

if TYPE_CHECKING:
    from finops.analysis.authority import Ruling
    from finops.analysis.vendor_counts import Compared
    from finops.api.session import Session
    from finops.config import Config
    from finops.ledger.status import LedgerStatus

__all__ = ["Holdings", "status"]


@dataclass(frozen=True, slots=True)
class Holdings(Answer["LedgerStatus"]):
    """Every source in every table; `rulings` say which of two logs of the same calls counts.

    `usage` is what vendors and engines counted, by model and day, beside what the logs show.
    """

    rulings: tuple[Ruling, ...] = ()
    usage: tuple[Compared, ...] = ()


def status(session: Session) -> Holdings:
    """What the ledger holds now: rows, spans, freshness, loads and their sums, by source and table."""
    from finops.analysis.rollups import all_rulings
    from finops.analysis.terms import Terms
    from finops.analysis.vendor_counts import compare_counts
    from finops.ledger.status import ledger_status
    from finops.report.status import status_report

    found = ledger_status(session.ledger, datetime.now(tz=UTC))
    terms = Terms.of(session.config)
    rulings = tuple(all_rulings(session.ledger, terms))
    compared = compare_counts(session.ledger, terms)
    report = status_report(found, rulings, compared)
    notes = (*report.notes, *_silent(found, session.config))
    return Holdings(found, replace(report, notes=notes), rulings, compared)


def _silent(found: LedgerStatus, config: Config) -> tuple[str, ...]:
    """A note for each source of finops.toml that has brought nothing."""
    here = {each.source for each in found.sources}
    return tuple(
        f"{name} of finops.toml has brought nothing yet: finops pull {name}"
        for name in config.sources
        if name not in here
    )
