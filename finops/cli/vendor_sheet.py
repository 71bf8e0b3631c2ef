"""`finops vendor sheet`: compute options on one page, by five dimensions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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
    open_ledger,
    resolve_period,
)
from finops.cli.vendor_quote import VendorsOption  # noqa: TC001  (Typer reads it)
from finops.errors import UsageError
from finops.report.formats import ReportFormat

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scorecard.sheet import Option

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
    from finops.config import load_config
    from finops.report.sheet import sheet_report
    from scorecard.sheet import options_by, sheet_of

    config = load_config()
    store = open_ledger(ledger, config=config)
    choice = resolve_period(
        store, month=month, since=since, until=until, last=last, everything=everything
    )
    options = _known(names, vendors) if names else options_by(store, by, choice.period)
    if not options:
        raise UsageError("no generation call is in this period", hint="finops load requests FILE")
    found = [sheet_of(store, config, option, choice.period) for option in options]
    emit(sheet_report(found, period=choice.period, notes=choice.notes), format, output)


def _known(names: Sequence[str], root: Path) -> tuple[Option, ...]:
    from scorecard.sheet import Option
    from scorecard.telemetry import read_filters
    from scorecard.vendors import find_vendor

    options = []
    for name in names:
        vendor = find_vendor(root, name)
        file = vendor.folder / "telemetry.yaml"
        filters = read_filters(file)
        if filters is None or not filters.tables:
            raise UsageError(
                f"the ledger does not know {name}: {file} has no filter",
                hint="requests: provider = '…' in it says which calls are the vendor's",
            )
        options.append(Option(vendor.folder.name, filters))
    return tuple(options)
