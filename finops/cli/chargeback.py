"""`finops chargeback`: what each team is charged of a month's invoices, and the journal that books it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from finops.cli.options import FormatOption, LedgerOption, MonthOption, open_session
from finops.errors import UsageError
from finops.report.formats import ReportFormat

if TYPE_CHECKING:
    from pathlib import Path

    from finops.api.chargeback import ChargedBack

__all__ = ["register"]

ByOption = Annotated[
    str,
    typer.Option(
        "--by",
        metavar="DIM,…",
        help="Whom to charge: team, product, cost_centre, gl_code, or any dimension of requests.",
    ),
]
DetailOption = Annotated[
    str | None,
    typer.Option("--detail", metavar="DIM,…", help="What lines of a statement are told apart by."),
]
StatementOption = Annotated[
    str | None,
    typer.Option(
        "--statement", metavar="NAME", help="Show one owner's statement (unowned: nobody's)."
    ),
]
JournalOption = Annotated[
    bool, typer.Option("--journal", help="Show the double-entry journal instead.")
]
DocumentsOption = Annotated[
    str | None,
    typer.Option(
        "--output",
        "-o",
        metavar="PATH",
        help="File to write instead of stdout; in a folder: summary, journal, and a file for each owner.",
        rich_help_panel="Output",
    ),
]


def register(app: typer.Typer) -> None:
    """Add `chargeback` to the application."""
    app.command("chargeback")(chargeback)


def chargeback(  # noqa: PLR0913  (one parameter for each option)
    *,
    by: ByOption = "team",
    detail: DetailOption = "workflow",
    month: MonthOption = None,
    statement: StatementOption = None,
    journal: JournalOption = False,
    ledger: LedgerOption = None,
    format: FormatOption = ReportFormat.TABLE,  # noqa: A002  (the option is called --format)
    output: DocumentsOption = None,
) -> None:
    """Charge a month's invoices back to the teams that used them.

    Tokens, accelerators, seats and shared pools go to the team of the requests and jobs that used them, as in
    `finops unit`; idle capacity, usage no log shows and every other charge to the owner of the charge
    (owners.csv, tags); what is left stands on a statement of its own. The statements add up to the bill. A
    closed month is charged from its books. -o FOLDER/ writes every statement and the journal.
    """
    from pathlib import Path

    from finops.cli.output import emit

    if statement is not None and journal:
        raise UsageError("give one of --statement and --journal")
    found = open_session(ledger).chargeback(by, detail=detail, month=month)
    if output is not None and (output.endswith(("/", "\\")) or Path(output).is_dir()):
        _write_all(found, Path(output), format)
        return
    report = found.report
    if journal:
        report = found.journal().report
    elif statement is not None:
        report = found.statement(statement).report
    emit(report, format, output)


def _write_all(found: ChargedBack, folder: Path, format: ReportFormat) -> None:  # noqa: A002
    """Every document in `folder`, which is made; a table becomes CSV."""
    from finops.cli.diagnostics import say
    from finops.cli.output import emit, folder_at

    chosen = ReportFormat.CSV if format is ReportFormat.TABLE else format
    target, count = folder_at(folder), 0
    for name, answer in found.documents():
        emit(answer.report, chosen, target / f"{name}.{chosen}")
        count += 1
    say(f"{count} files in {target}.")
