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
    from finops.api.vendors import decision_sheet
    from finops.cli.output import emit
    from finops.config import load_config
    from scorecard.sheet import options_by

    config = load_config()
    store = open_ledger(ledger, config=config)
    choice = resolve_period(
        store, month=month, since=since, until=until, last=last, everything=everything
    )
    options = _known(names, vendors) if names else options_by(store, by, choice.period)
    found = decision_sheet(store, options, choice.period, config=config, notes=choice.notes)
    emit(found.report, format, output)


def _known(names: Sequence[str], root: Path) -> tuple[Option, ...]:
    from finops.api.vendors import filters_of
    from scorecard.sheet import Option
    from scorecard.vendors import find_vendor

    options = []
    for name in names:
        vendor = find_vendor(root, name)
        filters = filters_of(vendor)
        if filters is None:
            raise UsageError(
                f"the ledger does not know {name}: {vendor.folder / 'telemetry.yaml'} has no filter",
                hint="requests: provider = '…' in it says which calls are the vendor's",
            )
        options.append(Option(vendor.folder.name, filters))
    return tuple(options)
