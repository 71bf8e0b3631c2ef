"""Options of `finops breakeven`: each a number of the comparison, named as the scenario file names it."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from finops.errors import UsageError
from finops.report.breakeven_chart import BreakevenChart

__all__ = [
    "Against",
    "AgainstOption",
    "CapexOption",
    "ChartOption",
    "CloudOption",
    "CurrencyOption",
    "DeclineOption",
    "DiscountOption",
    "DrawsOption",
    "ExplainOption",
    "FromLedgerOption",
    "HorizonOption",
    "HoursOption",
    "InterimOption",
    "LeadOption",
    "OpexOption",
    "ResidualOption",
    "SamplesMonthOption",
    "ScenarioArgument",
    "ScenarioOption",
    "SeedOption",
    "SetOption",
    "TaxOption",
    "UnitsOption",
    "UtilizationOption",
    "VariableOption",
    "asked_inputs",
]


class Against(StrEnum):
    """What owning is compared with."""

    CLOUD = "cloud"
    API = "api"


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
        "--units", min=0.001, metavar="N", help="Units owned. (default: 1)", rich_help_panel=_TERMS
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
    typer.Option(
        "--currency", metavar="CODE", help="Currency of the amounts. (default: finops.toml, USD)"
    ),
]
ScenarioOption = Annotated[
    str | None,
    typer.Option(
        "--scenario",
        metavar="FILE",
        help="Scenario file with every input; options win over it. (finops init --scenario)",
    ),
]
AgainstOption = Annotated[
    Against, typer.Option("--against", help="What owning is compared with.", rich_help_panel=_RENT)
]
ScenarioArgument = Annotated[
    str, typer.Argument(metavar="SCENARIO", help="Scenario file, or lp2368, which is shipped.")
]
ExplainOption = Annotated[
    bool, typer.Option("--explain", help="Show the derivation, line by line, instead.")
]
DrawsOption = Annotated[
    int,
    typer.Option(
        "--draws",
        min=0,
        max=1_000_000,
        metavar="N",
        help="Draws of the inputs that have a range; 0 for none.",
        rich_help_panel=_TERMS,
    ),
]
SeedOption = Annotated[
    int,
    typer.Option(
        "--seed",
        min=0,
        metavar="N",
        help="Which draws: the same seed gives the same answer.",
        rich_help_panel=_TERMS,
    ),
]
FromLedgerOption = Annotated[
    str | None,
    typer.Option(
        "--from-ledger",
        metavar="pool=NAME",
        help="Take demand, tokens and the price paid as measured of this pool.",
    ),
]
ChartOption = Annotated[
    BreakevenChart | None,
    typer.Option(
        "--chart",
        help="Draw cost over time or by hours used, demand by how long it lasts, or what moves NPV, instead.",
    ),
]
SetOption = Annotated[
    str | None,
    typer.Option(
        "--set",
        metavar="INPUT=N,…",
        help="Any input of a scenario by its name: demand.growth=0.2,own.tariff=0.14.",
        rich_help_panel=_TERMS,
    ),
]
SamplesMonthOption = Annotated[
    str | None,
    typer.Option(
        "--month",
        metavar="YYYY-MM",
        help="One month of the pool. (default: all its samples)",
        rich_help_panel="Period",
    ),
]


def asked_inputs(text: str | None) -> dict[str, float]:
    """`demand.growth=0.2,own.tariff=0.14` as numbers by name; UsageError for what reads otherwise."""
    found: dict[str, float] = {}
    for part in () if text is None else text.split(","):
        name, _, written = part.partition("=")
        try:
            value = float(written)
        except ValueError:
            raise UsageError(
                f"--set: {part.strip()!r} is no input and its number",
                hint="--set demand.growth=0.2",
            ) from None
        if name.strip() in found:
            raise UsageError(f"--set: {name.strip()} is given twice")
        found[name.strip()] = value
    return found
