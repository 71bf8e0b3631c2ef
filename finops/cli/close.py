"""`finops close`: close a month, see what it still lacks, take a close back."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from finops.cli.options import (
    CurrencyOption,
    FormatOption,
    LedgerOption,
    OutputOption,
    open_ledger,
)
from finops.errors import GateFailed, UsageError
from finops.report.formats import ReportFormat

if TYPE_CHECKING:
    from datetime import date

    from finops.config import Config
    from finops.ledger.store import Ledger
    from finops.model.period import Period
    from finops.report.model import Report

__all__ = ["register"]


class Shown(StrEnum):
    """What `--check` shows of a month."""

    SOURCES = "sources"
    INVOICES = "invoices"
    ACCRUALS = "accruals"
    ADJUSTMENTS = "adjustments"


MonthArgument = Annotated[str | None, typer.Argument(metavar="[MONTH]", help="Month, as YYYY-MM.")]
CheckOption = Annotated[
    bool,
    typer.Option(
        "--check", help="Close nothing: show the month, and exit with 4 while it cannot be closed."
    ),
]
ShowOption = Annotated[
    Shown | None,
    typer.Option(
        "--show",
        help="What --check shows: each source and what it lacks, where each invoice's money went, what was "
        "used and not invoiced, what changed in closed months. (default: sources)",
    ),
]
AccrualsOption = Annotated[
    bool,
    typer.Option(
        "--accruals", help="Accrue what the month used and no bill covers; with --check, show it."
    ),
]
ListOption = Annotated[bool, typer.Option("--list", help="Show every month and where it stands.")]
ReopenOption = Annotated[
    bool, typer.Option("--reopen", help="Take back the newest close, on record; needs --reason.")
]
ReasonOption = Annotated[
    str | None,
    typer.Option(
        "--reason",
        metavar="TEXT",
        help="Why the month is reopened, or closed although it is not complete; kept with the close.",
    ),
]


def register(app: typer.Typer) -> None:
    """Add `close` to the application."""
    app.command("close")(close)


def close(  # noqa: PLR0913  (one parameter for each option)
    month: MonthArgument = None,
    *,
    check: CheckOption = False,
    show: ShowOption = None,
    accruals: AccrualsOption = False,
    listed: ListOption = False,
    reopen: ReopenOption = False,
    reason: ReasonOption = None,
    currency: CurrencyOption = None,
    ledger: LedgerOption = None,
    format: FormatOption = ReportFormat.TABLE,  # noqa: A002  (the option is called --format)
    output: OutputOption = None,
) -> None:
    """Close a month, so that its numbers never move again.

    A month is open; provisional when every source has delivered it; closed when you say so. Closing keeps
    its rows, settings and prices beside the ledger, and every command answers for the month from there.
    What changes in it later is booked in the first open month, line by line. Months close in order.
    """
    from datetime import UTC, datetime

    from finops.cli.output import emit
    from finops.config import load_config

    if sum((check, listed, reopen)) > 1:
        raise UsageError("give one of --check, --list and --reopen")
    if show is not None and not check:
        raise UsageError(
            "--show goes with --check", hint="finops close MONTH --check --show invoices"
        )
    config = load_config()
    store = open_ledger(ledger, config=config)
    today = datetime.now(tz=UTC).date()
    if listed:
        from finops.analysis.months import read_books
        from finops.report.close import books_report

        emit(books_report(read_books(store, config, today)), format, output)
        return
    if month is None:
        raise UsageError("which month?", hint="finops close 2026-10, or finops close --list")
    from finops.model.period import parse_month

    period = parse_month(month)
    if check:
        wanted = show or (Shown.ACCRUALS if accruals else Shown.SOURCES)
        report, obstacles = _check(store, config, period, wanted, today, currency)
        emit(report, format, output)
        if obstacles:
            raise GateFailed(f"{month} is not in order: {'; '.join(obstacles)}")
        return
    if reopen:
        _reopen(store, month, reason)
        return
    emit(_close(store, config, period, reason, currency, accrue=accruals), format, output)


def _check(
    store: Ledger,
    config: Config,
    period: Period,
    shown: Shown,
    today: date,
    currency: str | None,
) -> tuple[Report, tuple[str, ...]]:
    """What is asked of the month, and what keeps it from being closed (for a closed one: what is damaged)."""
    from finops.analysis.books import books
    from finops.analysis.completeness import completeness
    from finops.ledger.snapshots import damage
    from finops.report import close as reports

    (part,) = books(store, config, period)
    if part.closed is not None:
        damaged = damage(store.location, part.closed)
        obstacles = tuple(f"{each} is not what was kept" for each in damaged)
        report = reports.kept_report(part.closed, period, damaged)
    else:
        found = completeness(store, config, period, today)
        obstacles = found.obstacles(today)
        report = reports.check_report(found, today)
    if shown is Shown.INVOICES:
        report = _invoices(store, config, period, currency)
    elif shown is Shown.ACCRUALS:
        from finops.analysis.accruals import accruals

        report = reports.accruals_report(accruals(part), period)
    elif shown is Shown.ADJUSTMENTS:
        report = _adjustments(store, config, period)
    return report, obstacles


def _invoices(
    store: Ledger, config: Config, period: Period, currency: str | None, *notes: str
) -> Report:
    from finops.analysis.books import books
    from finops.analysis.invoices import invoices
    from finops.report.close import invoices_report

    (part,) = books(store, config, period)
    found = invoices(part, currency)
    return invoices_report(found.invoices, period, found.currency, notes=notes)


def _adjustments(store: Ledger, config: Config, period: Period) -> Report:
    from finops.analysis.adjustments import adjustments
    from finops.ledger.snapshots import closed_months
    from finops.report.close import adjustments_report

    found = adjustments(store, config, closed_months(store.location))
    mine = [each for each in found if period.label in {each.month, each.booked_in}]
    return adjustments_report(mine, period)


def _reopen(store: Ledger, month: str, reason: str | None) -> None:
    from finops.analysis.closing import Decision, reopen_month
    from finops.cli.diagnostics import say

    closed = reopen_month(store, month, Decision.of_user(reason))
    say(
        f"{month} is open again; what was closed stays in {store.location.url}/_closed/{closed.name}."
    )


def _close(
    store: Ledger,
    config: Config,
    period: Period,
    reason: str | None,
    currency: str | None,
    *,
    accrue: bool,
) -> Report:
    """Close the month, and answer with its invoices."""
    from finops.analysis.closing import Decision, close_month
    from finops.analysis.completeness import completeness
    from finops.cli.diagnostics import say

    decision = Decision.of_user(reason)
    found = completeness(store, config, period, decision.at.date())
    closed = close_month(store, config, found, decision, accrue=accrue)
    kept = f"{len(closed.files)} files in {store.location.url}/_closed/{closed.name}"
    say(f"{period.label} is closed: {kept}.")
    notes = [f"Closed at {closed.manifest['closed_at']} by {closed.manifest['closed_by']}."]
    if closed.manifest["accruals"]:
        notes.append(f"{len(closed.manifest['accruals'])} lines of usage are accrued.")
    return _invoices(store, config, period, currency, *notes)
