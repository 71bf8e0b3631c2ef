"""`finops vendor score|compare`: what vendors say, scored, beside what was measured of them."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from finops.cli import scorecard_options as its
from finops.cli.options import (
    AllOption,
    FormatOption,
    FromOption,
    LastOption,
    LedgerOption,
    LimitOption,
    MonthOption,
    OutputOption,
    ToOption,
    open_session,
)
from finops.cli.vendor_ask import CatalogOption  # noqa: TC001  (Typer reads it)
from finops.cli.vendor_quote import VendorsOption  # noqa: TC001
from finops.errors import UsageError
from finops.report.formats import ReportFormat

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["compare", "score"]

NamesArgument = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="VENDOR…", help="Vendors to compare. (default: all)", show_default=False
    ),
]
VendorArgument = Annotated[str, typer.Argument(metavar="VENDOR", help="The vendor to score.")]
WeightOption = Annotated[
    list[str] | None,
    typer.Option(
        "--weight", metavar="CATEGORY=NUMBER", help="Weight of a category, 1 by default. Repeat."
    ),
]
IgnoreOption = Annotated[
    bool,
    typer.Option("--ignore-sovereignty", help="Do not rank a vendor last for failing S1 to S4."),
]
ClaimsOption = Annotated[
    bool, typer.Option("--claims", help="Show every claim beside its measurement instead.")
]
RowsOption = Annotated[
    str | None,
    typer.Option(
        "--rows", metavar="FIELD", help="Show the rows of the ledger behind one claim instead."
    ),
]
AsOfOption = Annotated[
    str | None,
    typer.Option(
        "--as-of",
        metavar="YYYY-MM-DD",
        help="Day to score for. (default: the day after the newest data)",
    ),
]


def score(  # noqa: PLR0913  (one parameter for each option)
    *,
    vendor: VendorArgument,
    claims: ClaimsOption = False,
    rows: RowsOption = None,
    vendors: VendorsOption = Path("vendors"),
    catalog: CatalogOption = None,
    as_of: AsOfOption = None,
    store: its.StoreOption = None,
    no_history: its.NoHistoryOption = False,
    month: MonthOption = None,
    since: FromOption = None,
    until: ToOption = None,
    last: LastOption = None,
    everything: AllOption = False,
    limit: LimitOption = 50,
    ledger: LedgerOption = None,
    format: FormatOption = ReportFormat.TABLE,  # noqa: A002  (the option is called --format)
    output: OutputOption = None,
) -> None:
    """Score one vendor from its answers, its documents and our measurements.

    The same points as `finops scorecard run`. Where the ledger knows the vendor (telemetry.yaml in its folder)
    claims are held against what was measured, and those that fail are named with the rows behind. The score is
    written down: finops scorecard history and diff --subject vendor:NAME show how it moved.
    """
    from finops.cli.diagnostics import say
    from finops.cli.output import emit

    shown = claims or rows is not None
    found = open_session(ledger, required=False).vendor.score(
        vendor, vendors=vendors, catalog=catalog, as_of=as_of,
        store=store, no_history=no_history or shown,
        month=month, since=since, until=until, last=last, everything=everything,
    )  # fmt: skip
    if rows is not None:
        emit(found.behind(rows, limit).report, format, output)
        return
    if claims:
        emit(found.claims().report, format, output)
        return
    if found.written is None and not no_history:
        say(
            "Not written down: there is no ledger to keep it in; --store FOLDER names another place."
        )
    its.tell_written(found.written)
    emit(found.report, format, output)


def compare(  # noqa: PLR0913  (one parameter for each option)
    *,
    names: NamesArgument = None,
    weight: WeightOption = None,
    ignore_sovereignty: IgnoreOption = False,
    claims: ClaimsOption = False,
    vendors: VendorsOption = Path("vendors"),
    catalog: CatalogOption = None,
    as_of: AsOfOption = None,
    month: MonthOption = None,
    since: FromOption = None,
    until: ToOption = None,
    last: LastOption = None,
    everything: AllOption = False,
    ledger: LedgerOption = None,
    format: FormatOption = ReportFormat.TABLE,  # noqa: A002  (the option is called --format)
    output: OutputOption = None,
) -> None:
    """Put vendors side by side: levels, what they rest on, and claims our own telemetry contradicts.

    Vendors are ranked by weighted verified points; the notes say which weight would have to move, and how far,
    for another to come first. A vendor that fails a sovereignty requirement comes last.
    """
    from finops.cli.output import emit

    found = open_session(ledger, required=False).vendor.compare(
        names or (), weight=_weights(weight or []), ignore_sovereignty=ignore_sovereignty,
        vendors=vendors, catalog=catalog, as_of=as_of,
        month=month, since=since, until=until, last=last, everything=everything,
    )  # fmt: skip
    emit(found.claims().report if claims else found.report, format, output)


def _weights(given: Sequence[str]) -> dict[str, Fraction]:
    """`--weight CATEGORY=NUMBER` as numbers; UsageError for what is none."""
    weights = {}
    for text in given:
        name, _, value = text.partition("=")
        try:
            weights[name.strip()] = Fraction(value.strip())
        except (ValueError, ZeroDivisionError):
            raise UsageError(
                f"--weight {text!r}: {value!r} is no number", hint="--weight cost_model=2"
            ) from None
    return weights
