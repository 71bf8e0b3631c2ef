"""`finops status`: what the ledger holds, how fresh it is, and whether it still adds up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finops.cli.options import FormatOption, LedgerOption, OutputOption, open_session
from finops.report.formats import ReportFormat

if TYPE_CHECKING:
    import typer

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
    which one counts; and how far what vendors and engines counted is from what the logs show.
    """
    from finops.cli.output import emit

    emit(open_session(ledger).status().report, format, output)
