"""`finops savings`: what could be saved, ranked, with evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finops.cli.options import (
    CurrencyOption,
    FormatOption,
    FromOption,
    LastOption,
    LedgerOption,
    LimitOption,
    MonthOption,
    OutputOption,
    ToOption,
    open_session,
)
from finops.report.formats import ReportFormat

if TYPE_CHECKING:
    import typer

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add `savings` to the application."""
    app.command("savings")(savings)


def savings(  # noqa: PLR0913  (one parameter for each option)
    *,
    month: MonthOption = None,
    since: FromOption = None,
    until: ToOption = None,
    last: LastOption = None,
    currency: CurrencyOption = None,
    limit: LimitOption = None,
    ledger: LedgerOption = None,
    format: FormatOption = ReportFormat.TABLE,  # noqa: A002  (the option is called --format)
    output: OutputOption = None,
) -> None:
    """Show what could be saved, ranked, with evidence.

    Caches that stopped or are not used, work that can wait at batch prices, a cheaper model a workflow came
    from, failed attempts, commitments and reservations nobody uses, accelerators that idle. Each says what it
    rests on; what is about the same money is counted once.
    """
    from finops.cli.output import emit

    found = open_session(ledger).savings(
        currency=currency, limit=limit, month=month, since=since, until=until, last=last
    )
    emit(found.report, format, output)
