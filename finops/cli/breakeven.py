"""`finops breakeven`: own, rent or call an API, and from when owning pays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from finops.cli.options import FormatOption, OutputOption  # noqa: TC001  (Typer reads them)
from finops.report.formats import ReportFormat

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["register"]

_OWN = "Owning"
_RENT = "Renting"
_TERMS = "Terms"

CapexOption = Annotated[
    float | None,
    typer.Option("--capex", min=0, metavar="MONEY", help="Price of a unit.", rich_help_panel=_OWN),
]
OpexOption = Annotated[
    float | None,
    typer.Option(
        "--opex-per-hour",
        min=0,
        metavar="MONEY",
        help="Cost of an hour owned, used or not. (default: 0)",
        rich_help_panel=_OWN,
    ),
]
VariableOption = Annotated[
    float | None,
    typer.Option(
        "--variable-per-hour",
        min=0,
        metavar="MONEY",
        help="Cost of an hour used, on top. (default: 0)",
        rich_help_panel=_OWN,
    ),
]
ResidualOption = Annotated[
    float | None,
    typer.Option(
        "--residual",
        min=0,
        max=1,
        metavar="RATIO",
        help="Share of its price a unit fetches at the end. (default: 0)",
        rich_help_panel=_OWN,
    ),
]
LeadOption = Annotated[
    float | None,
    typer.Option(
        "--lead-months",
        min=0,
        metavar="MONTHS",
        help="From order to running; rented meanwhile. (default: 0)",
        rich_help_panel=_OWN,
    ),
]
CloudOption = Annotated[
    float | None,
    typer.Option(
        "--cloud-per-hour",
        min=0,
        metavar="MONEY",
        help="Price of a unit rented for an hour.",
        rich_help_panel=_RENT,
    ),
]
InterimOption = Annotated[
    float | None,
    typer.Option(
        "--interim-per-hour",
        min=0,
        metavar="MONEY",
        help="Price paid during lead time. (default: the cloud's)",
        rich_help_panel=_RENT,
    ),
]
DeclineOption = Annotated[
    float | None,
    typer.Option(
        "--price-decline",
        max=0.99,
        metavar="RATIO",
        help="Yearly fall of the cloud's price. (default: 0)",
        rich_help_panel=_RENT,
    ),
]
UnitsOption = Annotated[
    float | None,
    typer.Option(
        "--units", min=1e-9, metavar="N", help="Units owned. (default: 1)", rich_help_panel=_TERMS
    ),
]
UtilizationOption = Annotated[
    float | None,
    typer.Option(
        "--utilization",
        min=0,
        metavar="RATIO",
        help="Hours otherwise rented, of the hours owned; held idle counts. (default: 1)",
        rich_help_panel=_TERMS,
    ),
]
HoursOption = Annotated[
    float | None,
    typer.Option(
        "--hours-per-month",
        min=1,
        max=744,
        metavar="HOURS",
        help="Length of a month. (default: 730)",
        rich_help_panel=_TERMS,
    ),
]
HorizonOption = Annotated[
    int | None,
    typer.Option(
        "--horizon-months",
        min=1,
        max=600,
        metavar="MONTHS",
        help="Months looked at. (default: 60)",
        rich_help_panel=_TERMS,
    ),
]
DiscountOption = Annotated[
    float | None,
    typer.Option(
        "--discount-rate",
        min=-0.5,
        max=10,
        metavar="RATIO",
        help="Cost of capital by year. (default: 0.10)",
        rich_help_panel=_TERMS,
    ),
]
TaxOption = Annotated[
    float | None,
    typer.Option(
        "--tax-rate",
        min=0,
        max=0.99,
        metavar="RATIO",
        help="Tax on what is saved. (default: 0)",
        rich_help_panel=_TERMS,
    ),
]
CurrencyOption = Annotated[
    str | None,
    typer.Option("--currency", metavar="CODE", help="Currency of the amounts. (default: USD)"),
]
ExplainOption = Annotated[
    bool, typer.Option("--explain", help="Show the derivation, line by line, instead.")
]


def register(app: typer.Typer) -> None:
    """Add `breakeven` to the application."""
    group = typer.Typer(invoke_without_command=True)
    group.callback()(breakeven)
    app.add_typer(group, name="breakeven")


def breakeven(  # noqa: PLR0913  (one parameter for each option)
    ctx: typer.Context,
    *,
    capex: CapexOption = None,
    opex_per_hour: OpexOption = None,
    variable_per_hour: VariableOption = None,
    residual: ResidualOption = None,
    lead_months: LeadOption = None,
    cloud_per_hour: CloudOption = None,
    interim_per_hour: InterimOption = None,
    price_decline: DeclineOption = None,
    units: UnitsOption = None,
    utilization: UtilizationOption = None,
    hours_per_month: HoursOption = None,
    horizon_months: HorizonOption = None,
    discount_rate: DiscountOption = None,
    tax_rate: TaxOption = None,
    currency: CurrencyOption = None,
    explain: ExplainOption = False,
    format: FormatOption = ReportFormat.TABLE,  # noqa: A002  (the option is called --format)
    output: OutputOption = None,
) -> None:
    """Show when owning hardware beats renting it, or that it never does.

    A first answer needs three numbers: --capex, --opex-per-hour and --cloud-per-hour. Utilization is
    hours that would otherwise be rented, of the hours owned: a unit held idle would be rented too.
    """
    from finops.analysis.breakeven.compare import compare
    from finops.cli.output import emit
    from finops.report.breakeven import breakeven_report, derivation_report

    if ctx.invoked_subcommand is not None:
        return
    given = {
        "own.price": capex,
        "own.running": opex_per_hour,
        "own.variable": variable_per_hour,
        "own.residual": residual,
        "own.hardware_lead_time": lead_months,
        "cloud.on_demand": cloud_per_hour,
        "cloud.interim": interim_per_hour,
        "cloud.decline": price_decline,
        "demand.units": units,
        "demand.utilization": utilization,
        "time.hours_per_month": hours_per_month,
        "time.horizon": horizon_months,
        "money.discount_rate": discount_rate,
        "money.tax_rate": tax_rate,
    }
    found = compare(_values({name: float(it) for name, it in given.items() if it is not None}))
    money = (currency or "USD").upper()
    report = derivation_report(found, money) if explain else breakeven_report(found, money)
    emit(report, format, output)


def _values(given: Mapping[str, float]) -> dict[str, float]:
    """Every input, those `given` over the defaults; UsageError where a price is missing."""
    from finops.analysis.breakeven.inputs import FIELDS, defaults
    from finops.errors import UsageError

    flags = {"own.price": "--capex", "cloud.on_demand": "--cloud-per-hour"}
    missing = [
        flags[field.name] for field in FIELDS if field.default is None and field.name not in given
    ]
    if missing:
        raise UsageError(
            f"{' and '.join(missing)} missing",
            hint="finops breakeven --capex 250141.80 --opex-per-hour 6.37 --cloud-per-hour 98.32",
        )
    return defaults() | dict(given)
