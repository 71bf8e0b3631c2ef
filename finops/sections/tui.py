"""`[tui]`: how the terminal interface looks, where it starts and which keys it listens to."""

from __future__ import annotations

import difflib
from decimal import Decimal
from pathlib import Path
from typing import Any

from pydantic import Field, field_validator

from finops.sections.base import Section

__all__ = ["BREAKEVEN", "ROUTE", "Tui", "anchored"]

BREAKEVEN = (
    *("scenario", "from_ledger", "against", "currency", "draws", "seed", "set"),
    *("capex", "opex_per_hour", "variable_per_hour", "residual", "lead_months", "cloud_per_hour"),
    *("interim_per_hour", "price_decline", "units", "utilization", "hours_per_month"),
    *("horizon_months", "discount_rate", "tax_rate"),
)
"""Options of `finops breakeven` that say what is compared."""

ROUTE = (
    *("scores", "confidence", "small_correct", "large_correct", "small_latency", "large_latency"),
    *("small", "large", "workflow", "design", "risk", "never_small", "cost_ratio"),
    *("verifier_cost_ratio", "context_growth", "router_cost_ratio", "small_cost_per_hour"),
    *("tokens_per_second", "utilization", "large_cost_per_million", "thresholds"),
    *("max_quality_loss", "min_accuracy", "calibration", "seed"),
)
"""Options of `finops route` that say what is routed."""

_FILES = {"breakeven": "scenario", "route": "scores"}
"""Options that name a file."""


class Tui(Section):
    """The terminal interface."""

    start: str = Field(
        default="overview", description="View it opens with, or `last` for the one it was left in."
    )
    theme: str | None = Field(
        default=None, description="Colours: a theme's name, as the T key lists them."
    )
    keys: dict[str, str] = Field(
        default_factory=dict,
        description="Keys by action (docs/keys.md), several separated by commas.",
    )
    breakeven: dict[str, str | int | Decimal] = Field(
        default_factory=dict,
        description="Options of `finops breakeven` the view Break-even starts with, _ for -: capex = 30000.",
    )
    route: dict[str, str | int | Decimal] = Field(
        default_factory=dict,
        description='Options of `finops route` the view Routing starts with, _ for -: scores = "scores.csv".',
    )

    @field_validator("breakeven")
    @classmethod
    def _breakeven_knows_them(cls, given: dict[str, Any]) -> dict[str, Any]:
        return _known(given, BREAKEVEN, "breakeven")

    @field_validator("route")
    @classmethod
    def _route_knows_them(cls, given: dict[str, Any]) -> dict[str, Any]:
        return _known(given, ROUTE, "route")


def _known(given: dict[str, Any], names: tuple[str, ...], command: str) -> dict[str, Any]:
    for name in given:
        if name not in names:
            near = difflib.get_close_matches(name, names, n=1)
            hint = f" (did you mean {near[0]!r}?)" if near else ""
            raise ValueError(f"finops {command} has no option {name!r}{hint}")
    return given


def anchored(values: dict[str, Any], folder: Path) -> dict[str, Any]:
    """`values` with the files the views start with read as relative to `folder`; a shipped scenario's name stays."""
    found = dict(values)
    for command, option in _FILES.items():
        options = values.get(command)
        if isinstance(options, dict) and isinstance(options.get(option), str):
            path = folder / Path(options[option]).expanduser()
            if path.exists():
                found[command] = {**options, option: str(path)}
    return found
