"""Options that mean the same in every command, declared once.

How they become a ledger and a period is `finops.api.opening`, whose functions commands take from here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from finops.api.opening import (
    PeriodChoice,
    ledger_location,
    newest_complete,
    open_ledger,
    resolve_period,
    split_dimensions,
)
from finops.report.formats import ReportFormat

if TYPE_CHECKING:
    from finops.api.session import Session

__all__ = [
    "AllOption",
    "ByOption",
    "CurrencyOption",
    "FormatOption",
    "FromOption",
    "IncludeOption",
    "LastOption",
    "LedgerOption",
    "LimitOption",
    "MonthOption",
    "OutputOption",
    "PeriodChoice",
    "ToOption",
    "WhereOption",
    "ledger_location",
    "newest_complete",
    "open_ledger",
    "open_session",
    "resolve_period",
    "split_dimensions",
]

_PERIOD = "Period"
_RESULT = "Output"

LedgerOption = Annotated[
    str | None,
    typer.Option(
        "--ledger",
        metavar="PATH|URL",
        help="Ledger to use: a folder or s3://… (default: FINOPS_LEDGER, finops.toml, your data folder)",
    ),
]
MonthOption = Annotated[
    str | None,
    typer.Option(
        "--month",
        metavar="YYYY-MM",
        help="One month. (default: the newest complete one in the ledger)",
        rich_help_panel=_PERIOD,
    ),
]
FromOption = Annotated[
    str | None,
    typer.Option("--from", metavar="YYYY-MM-DD", help="First day (UTC).", rich_help_panel=_PERIOD),
]
ToOption = Annotated[
    str | None,
    typer.Option(
        "--to", metavar="YYYY-MM-DD", help="First day left out (UTC).", rich_help_panel=_PERIOD
    ),
]
LastOption = Annotated[
    str | None,
    typer.Option(
        "--last",
        metavar="30d|4w|3m",
        help="The last days or weeks until yesterday, or whole months.",
        rich_help_panel=_PERIOD,
    ),
]
AllOption = Annotated[
    bool, typer.Option("--all", help="Everything in the ledger.", rich_help_panel=_PERIOD)
]
FormatOption = Annotated[
    ReportFormat,
    typer.Option("--format", "-f", help="How to write the answer.", rich_help_panel=_RESULT),
]
OutputOption = Annotated[
    str | None,
    typer.Option(
        "--output",
        "-o",
        metavar="PATH",
        help="File to write instead of stdout, replaced as a whole.",
        rich_help_panel=_RESULT,
    ),
]
LimitOption = Annotated[
    int | None,
    typer.Option(
        "--limit",
        min=1,
        help="Show only this many rows; totals count all.",
        rich_help_panel=_RESULT,
    ),
]
WhereOption = Annotated[
    str | None,
    typer.Option(
        "--where",
        metavar="EXPRESSION",
        help="Only rows for which this holds, for example \"workflow = 'rag-answer'\".",
    ),
]
IncludeOption = Annotated[
    str | None,
    typer.Option(
        "--include",
        metavar="LINE,…",
        help="Lines of the bill to count into unit cost: credits, tax, support, corrections.",
    ),
]
CurrencyOption = Annotated[
    str | None,
    typer.Option(
        "--currency",
        metavar="CODE",
        help="Currency to report in; others are exchanged at the fx rates of finops.toml.",
    ),
]
ByOption = Annotated[
    str | None,
    typer.Option("--by", metavar="DIM,…", help="Dimensions to split by, separated by commas."),
]


def open_session(
    ledger: str | None = None, *, create: bool = False, required: bool = True
) -> Session:
    """The ledger the options ask for, to ask questions of; as in `finops.api.session`, imported when called."""
    from finops.api import session

    return session.open_session(ledger, create=create, required=required)
