"""`finops vendor quote`: offers by what an hour that can be used costs."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from finops.cli.options import FormatOption, OutputOption  # noqa: TC001  (Typer reads them)
from finops.errors import UsageError
from finops.report.formats import ReportFormat

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scorecard.quotes.comparing import Comparison
    from scorecard.quotes.reading import Rate

__all__ = ["VendorsOption", "compared", "quote"]

OffersArgument = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[FILE|VENDOR]…",
        help="Files of offers (YAML, TOML, CSV, xlsx), or names of vendors. (default: every vendor's quote)",
        show_default=False,
    ),
]
NeedOption = Annotated[
    list[str] | None,
    typer.Option(
        "--need",
        metavar="NAME=VALUE",
        help="What is needed: gpus, hours, storage_tb, egress_gb, discount_rate, availability, "
        "tokens_per_second, benchmark. Repeat. Over what the files say.",
    ),
]
CommonOption = Annotated[
    str | None,
    typer.Option(
        "--currency", metavar="CODE", help="Currency to compare in. (default: the first offer's)"
    ),
]
RateOption = Annotated[
    list[str] | None,
    typer.Option(
        "--rate", metavar="CODE=VALUE", help="What one unit of a currency is worth. Repeat."
    ),
]
ExplainOption = Annotated[
    bool, typer.Option("--explain", help="Show every step of every offer instead.")
]
SensitivityOption = Annotated[
    bool, typer.Option("--sensitivity", help="Show what moves the answer instead.")
]
StepOption = Annotated[
    float,
    typer.Option(
        "--step", min=0.001, max=0.9, metavar="RATIO", help="How far --sensitivity moves a number."
    ),
]
VendorsOption = Annotated[
    Path, typer.Option("--vendors", metavar="DIR", help="Folder of all vendors.")
]


def quote(  # noqa: PLR0913  (one parameter for each option)
    *,
    offers: OffersArgument = None,
    need: NeedOption = None,
    currency: CommonOption = None,
    rate: RateOption = None,
    explain: ExplainOption = False,
    sensitivity: SensitivityOption = False,
    step: StepOption = 0.2,
    vendors: VendorsOption = Path("vendors"),
    format: FormatOption = ReportFormat.TABLE,  # noqa: A002  (the option is called --format)
    output: OutputOption = None,
) -> None:
    """Show what each GPU offer costs for an hour that can be used.

    Term, prepayment, minimums, support, storage, egress, interconnect and service credits are spread over
    the hours the need can use, and over tokens at a benchmarked throughput. What an offer does not say is
    not taken for nothing: its cost is n/a, with what to ask.
    """
    from finops.cli.output import emit
    from finops.report.quotes import quote_report, quote_steps_report, quote_swings_report
    from scorecard.quotes.comparing import flips, swings

    if explain and sensitivity:
        raise UsageError("--explain and --sensitivity are two answers: ask for one")
    found, remarks = compared(_files(offers or [], vendors), need or [], currency, rate or [])
    turning = flips(found) if not explain else ()
    if explain:
        report = quote_steps_report(found)
    elif sensitivity:
        moved = Decimal(str(step))
        report = quote_swings_report(found, swings(found, moved), turning, moved)
    else:
        today = datetime.now(tz=UTC).date()
        report = quote_report(found, turning, today=today, notes=remarks)
    emit(report, format, output)


def _files(offers: Sequence[str], vendors: Path) -> list[Path]:
    """Files as named, or the quote of each vendor named; without any, of every vendor."""
    from scorecard.vendors import all_vendors, find_vendor

    if not offers:
        found = [one.quote for one in all_vendors(vendors) if one.quote is not None]
        if not found:
            raise UsageError(
                f"no vendor in {vendors} has a quote",
                hint="name a file of offers, or start one with `finops vendor new NAME`",
            )
        return found
    files = []
    for offer in offers:
        path = Path(offer)
        if path.suffix and not path.is_dir():
            files.append(path)
            continue
        vendor = find_vendor(vendors, offer)
        if vendor.quote is None:
            raise UsageError(f"{vendor.folder} has no quote.yaml (or .toml, .csv, .xlsx)")
        files.append(vendor.quote)
    return files


def compared(
    files: Sequence[Path], need: Sequence[str], currency: str | None, rates: Sequence[str]
) -> tuple[Comparison, tuple[str, ...]]:
    """The offers in `files` for one need, in one currency, and remarks on their cells; InputError, UsageError."""
    from scorecard.quotes.comparing import compare_offers
    from scorecard.quotes.reading import read_offers, settle_need

    read = [read_offers(path) for path in files]
    quotes = [one for offers in read for one in offers.quotes]
    settled = settle_need(
        [(str(path), offers.need) for path, offers in zip(files, read, strict=True)],
        dict(_pair(one, "--need gpus=64") for one in need),
    )
    common = currency or quotes[0].currency
    given = [_given(one, common) for one in rates]
    known = [rate for offers in read for rate in offers.rates]
    named = {rate.source for rate in given}
    usable = [*given, *(rate for rate in known if rate.source not in named)]
    remarks = tuple(str(remark) for offers in read for remark in offers.remarks)
    return compare_offers(quotes, settled, common, usable), remarks


def _pair(text: str, example: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip() or not value.strip():
        raise UsageError(f"{text!r} is not NAME=VALUE", hint=example)
    return name.strip(), value.strip()


def _given(text: str, target: str) -> Rate:
    from scorecard.quotes.reading import Rate

    code, value = _pair(text, "--rate EUR=1.08")
    try:
        rate = Decimal(value)
    except InvalidOperation:
        rate = Decimal(0)
    if not rate.is_finite() or rate <= 0:
        raise UsageError(f"--rate {text}: {value!r} is no rate", hint="--rate EUR=1.08")
    return Rate(code.upper(), target, rate, None, "the command line")
