"""`finops vendor sheet`: compute options on one page, by five dimensions."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from finops.cli.options import (
    AllOption,
    FormatOption,
    FromOption,
    LastOption,
    LedgerOption,
    MonthOption,
    OutputOption,
    ToOption,
    open_session,
)
from finops.cli.vendor_quote import VendorsOption  # noqa: TC001  (Typer reads it)
from finops.report.formats import ReportFormat

__all__ = ["sheet"]

OptionsArgument = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[VENDOR]…",
        help="Vendors the ledger knows by their telemetry.yaml. (default: what --by tells apart)",
        show_default=False,
    ),
]
SplitOption = Annotated[
    str,
    typer.Option(
        "--by",
        metavar="COLUMN",
        help="What tells options apart where no vendor is named: provider, deployment, pool, "
        "response_model, region.",
    ),
]


def sheet(  # noqa: PLR0913  (one parameter for each option)
    *,
    names: OptionsArgument = None,
    by: SplitOption = "provider",
    vendors: VendorsOption = Path("vendors"),
    month: MonthOption = None,
    since: FromOption = None,
    until: ToOption = None,
    last: LastOption = None,
    everything: AllOption = False,
    ledger: LedgerOption = None,
    format: FormatOption = ReportFormat.TABLE,  # noqa: A002  (the option is called --format)
    output: OutputOption = None,
) -> None:
    """Put compute options on one page: latency, cost per response, utilization, locality, control.

    Every figure is measured; what is not known is n/a, with the command that would supply it. --format html
    prints on one sheet of paper.
    """
    from finops.cli.output import emit

    found = open_session(ledger).vendor.sheet(
        names or (), by=by, vendors=vendors,
        month=month, since=since, until=until, last=last, everything=everything,
    )  # fmt: skip
    emit(found.report, format, output)
