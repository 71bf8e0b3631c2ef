"""`finops status`: what the ledger holds, how fresh it is, and whether it still adds up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finops.cli.options import FormatOption, LedgerOption, OutputOption, open_ledger
from finops.report.formats import ReportFormat

if TYPE_CHECKING:
    from datetime import datetime

    import typer

    from finops.ledger.status import LedgerStatus
    from finops.report.model import Report, Row

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add `status` to the application."""
    app.command("status")(status)


def status(
    *,
    ledger: LedgerOption = None,
    format: FormatOption = ReportFormat.TABLE,  # noqa: A002  (the option is called --format)
    output: OutputOption = None,
) -> None:
    """Show what the ledger holds and how fresh it is.

    Each source in each table: rows, span, newest row and its age, the last load, rows refused, and
    whether the stored sums are the loaded ones, to the last digit.
    """
    from datetime import UTC, datetime

    from finops.cli.output import emit
    from finops.ledger.status import ledger_status

    found = ledger_status(open_ledger(ledger), datetime.now(tz=UTC))
    emit(status_report(found), format, output)


def status_report(found: LedgerStatus) -> Report:
    """`found` as a report; the slices' sums are in `reconciliation`."""
    from finops.report.model import Report, ReportColumn, Style

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
        notes=_notes(found),
        extras={
            "ledger": found.location,
            "reconciliation": [_slice(each._asdict(), equal=each.equal) for each in found.slices],
            "doubled": [each._asdict() for each in found.doubled],
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
    if not found.sources:
        notes.append("nothing is loaded yet: finops load FILE …, or finops demo")
    return tuple(notes)
