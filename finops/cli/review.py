"""`finops review`: the review of a month, as a document finance reads without a meeting."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from finops.cli.options import CurrencyOption, LedgerOption, open_session
from finops.errors import UsageError
from finops.report.document.formats import DocumentFormat

if TYPE_CHECKING:
    from finops.report.document import Document

__all__ = ["register"]

_BINARY = {DocumentFormat.PDF, DocumentFormat.XLSX, DocumentFormat.ZIP}
"""Formats no terminal shows."""

MonthArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="[MONTH]",
        help="Month, as YYYY-MM. (default: the newest complete one in the ledger)",
        show_default=False,
    ),
]
AsOfOption = Annotated[
    str | None,
    typer.Option(
        "--as-of",
        metavar="YYYY-MM-DD",
        help="As it was known at the end of that day (UTC).",
        rich_help_panel="Period",
    ),
]
DiffOption = Annotated[
    bool,
    typer.Option("--diff", help="Show what later data changed, instead.", rich_help_panel="Period"),
]
FormatOption = Annotated[
    DocumentFormat | None,
    typer.Option(
        "--format",
        "-f",
        help="How to write it. (default: as the output's name ends, else text)",
        rich_help_panel="Output",
    ),
]
OutputOption = Annotated[
    str | None,
    typer.Option(
        "--output",
        "-o",
        metavar="PATH",
        help="File to write instead of stdout, replaced as a whole.",
        rich_help_panel="Output",
    ),
]


def register(app: typer.Typer) -> None:
    """Add `review` to the application."""
    app.command("review")(review)


def review(
    month: MonthArgument = None,
    *,
    as_of: AsOfOption = None,
    diff: DiffOption = False,
    currency: CurrencyOption = None,
    ledger: LedgerOption = None,
    format: FormatOption = None,  # noqa: A002  (the option is called --format)
    output: OutputOption = None,
) -> None:
    """Write the review of a month: what it cost, what changed, whose it is, and that it adds up.

    A closed month is reviewed from its books, so that the document never changes; --as-of shows what was
    known on an earlier day, --diff what has changed since. The same ledger gives the same bytes.
    """
    from finops.api.review.ask import format_of
    from finops.cli.diagnostics import say

    session = open_session(ledger)
    ask = session.review_diff if diff else session.review
    chosen = format
    if chosen is None:
        chosen = format_of(output) if output not in {None, "-"} else DocumentFormat.TEXT
    if output is None and chosen in _BINARY:
        raise UsageError(f"{chosen} is a file: name it", hint=f"-o review.{chosen}")
    found = ask(month, as_of=as_of, currency=currency)
    for note in found.notes:
        say(note)
    _write(found.document, chosen, output)


def _write(document: Document, chosen: DocumentFormat, output: str | None) -> None:
    """The bytes, as wide as the terminal where people read them there."""
    import sys

    from finops.cli.output import terminal_width, use_color, write_bytes
    from finops.report.document import render_document

    is_stdout = output is None or output == "-"
    tty = is_stdout and sys.stdout.isatty()
    width, color = terminal_width(tty=tty), use_color(tty=tty, stdout=is_stdout)
    write_bytes(render_document(document, chosen, width=width, color=color), output)
