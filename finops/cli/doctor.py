"""`finops doctor`: whether everything finops needs is in order, for people and for bug reports."""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING

import typer

from finops.cli.options import FormatOption, LedgerOption, OutputOption  # noqa: TC001  (Typer reads them)
from finops.errors import ExitCode
from finops.report.formats import ReportFormat

if TYPE_CHECKING:
    from finops.report.doctor import Check

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add `doctor` to the application."""
    app.command("doctor")(doctor)


def doctor(
    *,
    ledger: LedgerOption = None,
    format: FormatOption = ReportFormat.TABLE,  # noqa: A002  (the option is called --format)
    output: OutputOption = None,
) -> None:
    """Check that everything finops needs is in order.

    Looks at versions, configuration and where each setting comes from, the ledger and its files, the
    terminal, optional extras, disk space and the age of the price list. Exits 1 when something is
    broken.
    """
    from finops.api.doctor import doctor as examine
    from finops.cli.output import emit

    found = examine(ledger, more=(_terminal(),))
    emit(found.report, format, output)
    if not found.healthy:
        raise typer.Exit(ExitCode.FAILED)


def _terminal() -> Check:
    from finops.report.doctor import Check, State

    encoding = (sys.stdout.encoding or "unknown").lower()
    where = "a terminal" if sys.stdout.isatty() else "not a terminal"
    size = shutil.get_terminal_size()
    color = "NO_COLOR set" if os.environ.get("NO_COLOR") else f"TERM={os.environ.get('TERM', '')}"
    state = State.OK if encoding.replace("-", "") == "utf8" else State.WARNING
    return Check("terminal", state, f"{where}, {size.columns} columns, {encoding}, {color}")
