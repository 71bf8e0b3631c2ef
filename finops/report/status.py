"""What the ledger holds, as a report: a row for each source in each table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finops.report.model import Report, ReportColumn, Style
from finops.report.set_aside import set_aside_notes, set_aside_rows
from finops.report.vendor_counts import vendor_count_notes, vendor_count_rows

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from finops.analysis.authority import Ruling
    from finops.analysis.vendor_counts import Compared
    from finops.ledger.status import LedgerStatus
    from finops.report.model import Row

__all__ = ["status_report"]


def status_report(
    found: LedgerStatus, rulings: Sequence[Ruling] = (), compared: Sequence[Compared] = ()
) -> Report:
    """`found` as a report; the slices' sums are in `reconciliation`, logs that give way in `set_aside`.

    What vendors and engines counted, beside the logs, is in `usage`.
    """
    return Report(
        schema="finops.status/1",
        title=f"Ledger {found.location}",
        columns=(
            ReportColumn("source", "Source"),
            ReportColumn("table", "Table"),
            ReportColumn("rows", "Rows", Style.COUNT),
            ReportColumn("first", "From"),
            ReportColumn("last", "To"),
            ReportColumn("newest", "Newest", Style.TIME),
            ReportColumn("freshness_days", "Days old", Style.NUMBER),
            ReportColumn("loads", "Loads", Style.COUNT, shown=False),
            ReportColumn("last_load", "Last load", Style.TIME),
            ReportColumn("rows_refused", "Refused", Style.COUNT),
            ReportColumn("reconciled", "Reconciled"),
        ),
        rows=_rows(found),
        notes=(*_notes(found), *set_aside_notes(rulings), *vendor_count_notes(compared)),
        extras={
            "ledger": found.location,
            "reconciliation": [_slice(each._asdict(), equal=each.equal) for each in found.slices],
            "doubled": [each._asdict() for each in found.doubled],
            "closed": [
                {"month": each.month, "close": each.name, "closed_at": each.manifest["closed_at"]}
                for each in found.closed
            ],
            "set_aside": set_aside_rows(rulings),
            "usage": vendor_count_rows(compared),
        },
    )


def _rows(found: LedgerStatus) -> tuple[Row, ...]:
    return tuple(
        {
            "source": each.source,
            "table": each.table,
            "rows": each.rows,
            "first": each.first,
            "last": each.last,
            "newest": _time(each.newest),
            "freshness_days": None
            if each.freshness_days is None
            else round(each.freshness_days, 1),
            "loads": each.loads,
            "last_load": _time(each.last_load),
            "rows_refused": each.rows_refused,
            "reconciled": not each.differs,
        }
        for each in found.sources
    )


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def _slice(values: dict[str, object], *, equal: bool) -> dict[str, object]:
    return {**values, "equal": equal}


def _notes(found: LedgerStatus) -> tuple[str, ...]:
    notes = [
        f"{each.source} {each.table}: {words}" for each in found.sources for words in each.differs
    ]
    notes += [
        f"billing account {each.account} has {each.month} from {' and '.join(each.sources)}: "
        "it is probably counted twice"
        for each in found.doubled
    ]
    if found.closed:
        months = ", ".join(each.month for each in found.closed)
        notes.append(f"closed: {months}; their numbers come from their books (finops close --list)")
    if not found.sources:
        notes.append("nothing is loaded yet: finops load FILE …, or finops demo")
    return tuple(notes)
