"""`finops status`: what the ledger holds, how fresh it is, and whether it still adds up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finops.cli.options import FormatOption, LedgerOption, OutputOption, open_ledger
from finops.report.formats import ReportFormat

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    import typer

    from finops.analysis.authority import Ruling
    from finops.config import Config
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
    whether the stored sums are the loaded ones, to the last digit. Where two logs show the same calls,
    which one counts.
    """
    from dataclasses import replace
    from datetime import UTC, datetime

    from finops.analysis.rollups import all_rulings
    from finops.analysis.terms import Terms
    from finops.cli.output import emit
    from finops.config import load_config
    from finops.ledger.status import ledger_status

    config = load_config()
    opened = open_ledger(ledger, config=config)
    found = ledger_status(opened, datetime.now(tz=UTC))
    rulings = all_rulings(opened, Terms.of(config))
    report = status_report(found, rulings)
    report = replace(report, notes=(*report.notes, *_silent(found, config)))
    emit(report, format, output)


def _silent(found: LedgerStatus, config: Config) -> tuple[str, ...]:
    """A note for each source of finops.toml that has brought nothing."""
    here = {each.source for each in found.sources}
    return tuple(
        f"{name} of finops.toml has brought nothing yet: finops pull {name}"
        for name in config.sources
        if name not in here
    )


def status_report(found: LedgerStatus, rulings: Sequence[Ruling] = ()) -> Report:
    """`found` as a report; the slices' sums are in `reconciliation`, logs that give way in `set_aside`."""
    from finops.report.model import Report, ReportColumn, Style
    from finops.report.set_aside import set_aside_notes, set_aside_rows

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
        notes=(*_notes(found), *set_aside_notes(rulings)),
        extras={
            "ledger": found.location,
            "reconciliation": [_slice(each._asdict(), equal=each.equal) for each in found.slices],
            "doubled": [each._asdict() for each in found.doubled],
            "closed": [
                {"month": each.month, "close": each.name, "closed_at": each.manifest["closed_at"]}
                for each in found.closed
            ],
            "set_aside": set_aside_rows(rulings),
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
