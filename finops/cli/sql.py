"""`finops sql`: one read-only SELECT on the ledger's tables."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from finops.cli.options import FormatOption, LedgerOption, LimitOption, OutputOption, open_ledger
from finops.errors import UsageError
from finops.report.formats import ReportFormat

if TYPE_CHECKING:
    from finops.report.model import Cell, Report, Style

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
    from finops.ledger.readonly import connect_readonly, run_select

    text = _text(query, file)
    with connect_readonly(open_ledger(ledger)) as con:
        answer = run_select(con, text)
    emit(_report(answer.names, answer.types, answer.rows, limit), format, output)


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


def _report(
    names: tuple[str, ...], types: tuple[str, ...], rows: list[tuple[Any, ...]], limit: int | None
) -> Report:
    from finops.report.model import Report, ReportColumn

    shown = rows if limit is None else rows[:limit]
    notes = () if len(shown) == len(rows) else (f"{len(shown):,} of {len(rows):,} rows shown",)
    return Report(
        schema="finops.sql/1",
        title="Query",
        columns=tuple(
            ReportColumn(name, name, _style(kind)) for name, kind in zip(names, types, strict=True)
        ),
        rows=tuple(
            {name: _cell(value) for name, value in zip(names, row, strict=True)} for row in shown
        ),
        notes=notes,
    )


def _style(kind: str) -> Style:
    from finops.report.model import Style

    numbers = ("DECIMAL", "DOUBLE", "FLOAT", "BIGINT", "INTEGER", "HUGEINT", "SMALLINT", "TINYINT")
    is_number = kind.removeprefix("U").startswith(numbers) and not kind.endswith("]")
    return Style.NUMBER if is_number else Style.TEXT


def _cell(value: Any) -> Cell:  # noqa: ANN401  (whatever DuckDB answers)
    """`value` as a report holds it: numbers and text as they are, everything else as text."""
    from decimal import Decimal

    if value is None or isinstance(value, bool | int | float | Decimal | str):
        return value
    if isinstance(value, dict):
        return {str(name): _cell(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return "[" + ", ".join(str(_cell(each)) for each in value) + "]"
    if isinstance(value, bytes):
        return value.hex()
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
