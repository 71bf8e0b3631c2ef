"""`finops compare`: what changed between two periods, and why."""

from __future__ import annotations

from typing import Annotated

import typer

from finops.cli.options import (
    ByOption,
    CurrencyOption,
    FormatOption,
    FromOption,
    LastOption,
    LedgerOption,
    LimitOption,
    MonthOption,
    OutputOption,
    ToOption,
    WhereOption,
    open_session,
)
from finops.model.basis import Basis
from finops.report.formats import ReportFormat

__all__ = ["register"]

AgainstOption = Annotated[
    str | None,
    typer.Option(
        "--against",
        metavar="YYYY-MM|DAY..DAY",
        help="Earlier month, or days (the last left out), to compare with "
        "(default: what lies just before, equally long).",
        rich_help_panel="Period",
    ),
]
BasisOption = Annotated[
    Basis | None,
    typer.Option(
        "--basis",
        help="Take bills by the invoice's month or by the day of use "
        "(default: billing for months, charge for days).",
        rich_help_panel="Period",
    ),
]
ItemsOption = Annotated[
    bool,
    typer.Option(
        "--items/--groups",
        help="A row for each model's token kind, SKU or meter instead of each group.",
    ),
]


def register(app: typer.Typer) -> None:
    """Add `compare` to the application."""
    app.command("compare")(compare)


def compare(  # noqa: PLR0913  (one parameter for each option)
    *,
    by: ByOption = "provider,ServiceName",
    month: MonthOption = None,
    since: FromOption = None,
    until: ToOption = None,
    last: LastOption = None,
    against: AgainstOption = None,
    basis: BasisOption = None,
    where: WhereOption = None,
    currency: CurrencyOption = None,
    items: ItemsOption = False,
    limit: LimitOption = None,
    ledger: LedgerOption = None,
    format: FormatOption = ReportFormat.TABLE,  # noqa: A002  (the option is called --format)
    output: OutputOption = None,
) -> None:
    """Show what changed between two periods: price, usage, mix, new, gone.

    The effects add up to the difference, to the last digit: price is what the later quantity costs more
    at its later price, usage what added quantity costs, mix what moving between dearer and cheaper items
    costs. Dimensions of the bill (as in costs) are taken from bills, those of requests (workflow, model,
    tenant …, as in unit) from what requests cost.
    """
    from finops.cli.output import emit

    found = open_session(ledger).compare(
        by, against=against, basis=basis, where=where, currency=currency, limit=limit,
        month=month, since=since, until=until, last=last,
    )  # fmt: skip
    emit(found.items(limit).report if items else found.report, format, output)
