"""Options of `finops route` alone. Imports nothing heavy."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated

import typer

from finops.analysis.route.costs import Design
from finops.errors import UsageError

__all__ = [
    "CalibrationOption",
    "ChartOption",
    "ConfidenceOption",
    "ContextGrowthOption",
    "CostRatioOption",
    "DesignOption",
    "ExplainOption",
    "FleetOption",
    "LargeCorrectOption",
    "LargeLatencyOption",
    "LargeOption",
    "LargePriceOption",
    "MaxQualityLossOption",
    "MinAccuracyOption",
    "NeverSmallOption",
    "RiskOption",
    "RouterRatioOption",
    "ScoresOption",
    "SeedOption",
    "SmallCorrectOption",
    "SmallHourOption",
    "SmallLatencyOption",
    "SmallOption",
    "ThresholdsOption",
    "TokensPerSecondOption",
    "UtilizationOption",
    "VerifierRatioOption",
    "WorkflowOption",
    "asked_thresholds",
    "named_classes",
]

_FILE = "From a file"
_LEDGER = "From the ledger"
_COST = "What it costs"
_CHOICE = "Choosing the threshold"


def amount(text: str) -> Decimal:
    """`text` as a decimal, 0 or more; Typer's own error says which option it was."""
    try:
        value = Decimal(text)
    except InvalidOperation as error:
        raise typer.BadParameter(f"{text!r} is not a number") from error
    if not value.is_finite() or value < 0:
        raise typer.BadParameter(f"{text!r} is not a number of 0 or more")
    return value


ScoresOption = Annotated[
    str | None,
    typer.Option(
        "--scores",
        metavar="FILE.csv",
        help="One row per request, with the small model's confidence.",
        rich_help_panel=_FILE,
    ),
]
ConfidenceOption = Annotated[
    str,
    typer.Option(
        "--confidence", metavar="COL", help="Column of confidences, 0 to 1.", rich_help_panel=_FILE
    ),
]
SmallCorrectOption = Annotated[
    str | None,
    typer.Option(
        "--small-correct",
        metavar="COL",
        help="Column that says how good the small model's answer was: 0 to 1, or true/false.",
        rich_help_panel=_FILE,
    ),
]
LargeCorrectOption = Annotated[
    str | None,
    typer.Option(
        "--large-correct",
        metavar="COL",
        help="The same for the large model.",
        rich_help_panel=_FILE,
    ),
]
SmallLatencyOption = Annotated[
    str | None,
    typer.Option(
        "--small-latency",
        metavar="COL",
        help="Column of the small model's milliseconds.",
        rich_help_panel=_FILE,
    ),
]
LargeLatencyOption = Annotated[
    str | None,
    typer.Option(
        "--large-latency",
        metavar="COL",
        help="Column of the large model's milliseconds.",
        rich_help_panel=_FILE,
    ),
]
SmallOption = Annotated[
    str | None,
    typer.Option(
        "--small",
        metavar="MODEL",
        help="Model asked first, by its name in the log.",
        rich_help_panel=_LEDGER,
    ),
]
LargeOption = Annotated[
    str | None,
    typer.Option(
        "--large",
        metavar="MODEL",
        help="Model it is compared with.",
        rich_help_panel=_LEDGER,
    ),
]
WorkflowOption = Annotated[
    str | None,
    typer.Option(
        "--workflow",
        metavar="NAME",
        help="Only requests of this workflow.",
        rich_help_panel=_LEDGER,
    ),
]
RiskOption = Annotated[
    str | None,
    typer.Option("--risk", metavar="COL", help="Column of risk classes, in the file or requests."),
]
NeverSmallOption = Annotated[
    str | None,
    typer.Option(
        "--never-small",
        metavar="CLASS,…",
        help="Risk classes that go to the large model whatever the confidence.",
    ),
]
DesignOption = Annotated[
    Design,
    typer.Option(
        "--design",
        help="cascade: the small model always answers first. router: decided before any is asked.",
    ),
]
CostRatioOption = Annotated[
    Decimal | None,
    typer.Option(
        "--cost-ratio",
        parser=amount,
        metavar="RATIO",
        help="Small model's cost per request over the large one's, as 0.05.",
        rich_help_panel=_COST,
    ),
]
VerifierRatioOption = Annotated[
    Decimal,
    typer.Option(
        "--verifier-cost-ratio",
        parser=amount,
        metavar="RATIO",
        help="Judging a small answer, over the large model's cost per request.",
        rich_help_panel=_COST,
    ),
]
ContextGrowthOption = Annotated[
    Decimal,
    typer.Option(
        "--context-growth",
        parser=amount,
        metavar="RATIO",
        help="How much dearer the large model is after a small answer, as 0.1.",
        rich_help_panel=_COST,
    ),
]
RouterRatioOption = Annotated[
    Decimal,
    typer.Option(
        "--router-cost-ratio",
        parser=amount,
        metavar="RATIO",
        help="One decision of the router, over the large model's cost per request.",
        rich_help_panel=_COST,
    ),
]
SmallHourOption = Annotated[
    Decimal | None,
    typer.Option(
        "--small-cost-per-hour",
        parser=amount,
        metavar="MONEY",
        help="Self-hosted small model: its capacity's cost per hour.",
        rich_help_panel=_COST,
    ),
]
TokensPerSecondOption = Annotated[
    Decimal | None,
    typer.Option(
        "--tokens-per-second",
        parser=amount,
        metavar="N",
        help="Tokens it serves per second when full, input and output.",
        rich_help_panel=_COST,
    ),
]
UtilizationOption = Annotated[
    Decimal | None,
    typer.Option(
        "--utilization",
        parser=amount,
        metavar="RATIO",
        help="Share of that it really serves, as 0.4.",
        rich_help_panel=_COST,
    ),
]
LargePriceOption = Annotated[
    Decimal | None,
    typer.Option(
        "--large-cost-per-million",
        parser=amount,
        metavar="MONEY",
        help="Large model's cost per million tokens, to compare a self-hosted small one with.",
        rich_help_panel=_COST,
    ),
]
ThresholdsOption = Annotated[
    str | None,
    typer.Option(
        "--thresholds",
        metavar="T,…",
        help="Thresholds to try. (default: 0 to 1 in steps of 0.05)",
        rich_help_panel=_CHOICE,
    ),
]
MaxQualityLossOption = Annotated[
    float,
    typer.Option(
        "--max-quality-loss",
        metavar="RATIO",
        min=0,
        max=1,
        help="How far accuracy may be below all-large's.",
        rich_help_panel=_CHOICE,
    ),
]
MinAccuracyOption = Annotated[
    float | None,
    typer.Option(
        "--min-accuracy",
        metavar="RATIO",
        min=0,
        max=1,
        help="Accuracy to keep, instead of a loss.",
        rich_help_panel=_CHOICE,
    ),
]
CalibrationOption = Annotated[
    float,
    typer.Option(
        "--calibration",
        metavar="RATIO",
        min=0,
        max=1,
        help="Share of judged rows to choose on; the others test the choice.",
        rich_help_panel=_CHOICE,
    ),
]
SeedOption = Annotated[
    int,
    typer.Option(
        "--seed",
        min=0,
        help="Seed of the split and the bootstrap: same seed, same answer.",
        rich_help_panel=_CHOICE,
    ),
]
FleetOption = Annotated[
    Path | None,
    typer.Option(
        "--fleet",
        metavar="FILE.yaml",
        help="Show accelerators, power and racks freed at the chosen threshold instead.",
    ),
]
ChartOption = Annotated[
    bool,
    typer.Option(
        "--chart", help="Draw cost and quality by the share of requests sent on, instead."
    ),
]
ExplainOption = Annotated[
    bool,
    typer.Option("--explain", help="Print the derivation at the chosen threshold, line by line."),
]


def asked_thresholds(text: str) -> tuple[Decimal, ...]:
    """`0.5,0.8` as decimals; UsageError for what is no confidence."""
    found = []
    for part in text.split(","):
        try:
            value = Decimal(part.strip())
        except InvalidOperation as error:
            raise UsageError(f"--thresholds: {part.strip()!r} is not a number") from error
        if not value.is_finite() or not 0 <= value <= 1:
            raise UsageError(f"--thresholds: {part.strip()!r} is outside 0 to 1")
        found.append(value)
    return tuple(found)


def named_classes(never_small: str | None, risk: str | None) -> tuple[str, ...]:
    """`--never-small a,b` as names; UsageError without a column to find them in."""
    if never_small is None:
        return ()
    if risk is None:
        raise UsageError("--never-small needs --risk COL: the column that says a request's class")
    names = tuple(name.strip() for name in never_small.split(","))
    if not all(names):
        raise UsageError(f"--never-small {never_small!r} has an empty class")
    return names
