"""`finops vendor quote`: offers by what an hour that can be used costs."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated

import typer

from finops.cli.options import FormatOption, OutputOption, open_session
from finops.errors import UsageError
from finops.report.formats import ReportFormat

__all__ = ["VendorsOption", "quote"]

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

    if explain and sensitivity:
        raise UsageError("--explain and --sensitivity are two answers: ask for one")
    found = open_session(required=False).vendor.quote(
        offers or (),
        need=dict(_pair(one, "--need gpus=64") for one in need or []),
        currency=currency,
        rate=dict(_rate(one) for one in rate or []),
        vendors=vendors,
    )
    if explain:
        emit(found.steps().report, format, output)
    elif sensitivity:
        emit(found.sensitivity(Decimal(str(step))).report, format, output)
    else:
        emit(found.report, format, output)


def _pair(text: str, example: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip() or not value.strip():
        raise UsageError(f"{text!r} is not NAME=VALUE", hint=example)
    return name.strip(), value.strip()


def _rate(text: str) -> tuple[str, Decimal]:
    code, value = _pair(text, "--rate EUR=1.08")
    try:
        rate = Decimal(value)
    except InvalidOperation:
        rate = Decimal(0)
    if not rate.is_finite() or rate <= 0:
        raise UsageError(f"--rate {text}: {value!r} is no rate", hint="--rate EUR=1.08")
    return code.upper(), rate
