"""`finops sql`: one read-only SELECT on the ledger's tables."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from finops.cli.options import FormatOption, LedgerOption, LimitOption, OutputOption, open_session
from finops.errors import UsageError
from finops.report.formats import ReportFormat

__all__ = ["register"]

QueryArgument = Annotated[
    str | None, typer.Argument(metavar="QUERY", help="One SELECT; `-` reads it from stdin.")
]
FileOption = Annotated[
    str | None, typer.Option("--file", metavar="PATH", help="Read the query from a file.")
]


def register(app: typer.Typer) -> None:
    """Add `sql` to the application."""
    app.command("sql")(sql)


def sql(
    *,
    query: QueryArgument = None,
    file: FileOption = None,
    limit: LimitOption = None,
    ledger: LedgerOption = None,
    format: FormatOption = ReportFormat.TABLE,  # noqa: A002  (the option is called --format)
    output: OutputOption = None,
) -> None:
    """Ask the ledger in SQL, read-only.

    The tables are costs, requests, gpu_samples, jobs, changes and loads; `finops sql "DESCRIBE costs"`
    lists a table's columns. A query cannot write, and cannot read anything but the ledger.
    """
    from finops.cli.output import emit

    text = _text(query, file)
    emit(open_session(ledger).sql(text, limit=limit).report, format, output)


def _text(query: str | None, file: str | None) -> str:
    if (query is None) == (file is None):
        raise UsageError(
            "give a query, or --file with one", hint='finops sql "SELECT count(*) FROM costs"'
        )
    if query == "-":
        return sys.stdin.read()
    if query is not None:
        return query
    try:
        return Path(str(file)).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} cannot be read as a query: {error}") from error
