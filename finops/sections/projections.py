"""`[[breakeven]]` and `[[route]]`: what a projection needs and no bill or log tells."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, model_validator

from finops.sections.base import Amount, Section

__all__ = ["Breakeven", "Route", "anchored"]

Positive = Annotated[Amount, Field(gt=0)]


class Breakeven(Section):
    """Own or rent, of one pool: the hardware it could run on, and what renting costs where no bill says."""

    pool: str = Field(min_length=1, description="Pool whose measured demand decides.")
    scenario: str | None = Field(
        default=None,
        min_length=1,
        description="Scenario file (relative to this file) with what owning and renting cost; it may leave "
        "out cloud.on_demand, which then is the price paid.",
    )
    hardware: str | None = Field(
        default=None,
        min_length=1,
        description="Name of the [[owned]] hardware it is compared with; when absent, that of the same device "
        "model.",
    )
    cloud_per_hour: Positive | None = Field(
        default=None, description="Price of an accelerator rented for an hour, in `currency`."
    )
    source: str | None = Field(default=None, description="Where that price is written.")


class Route(Section):
    """A small model that could go first: judged answers of both, where the log has none."""

    small: str = Field(
        min_length=1, description="Model asked first, as the log or price book has it."
    )
    large: str = Field(min_length=1, description="Model it is compared with, as the log has it.")
    workflow: str | None = Field(
        default=None, min_length=1, description="Only requests of this workflow; all when absent."
    )
    scores: str | None = Field(
        default=None,
        min_length=1,
        description="CSV file (relative to this file) of requests both models answered, with the columns "
        "confidence, small_correct and large_correct; the log's own confidences when absent.",
    )
    max_quality_loss: Annotated[Amount, Field(le=1)] = Field(
        default=Decimal("0.01"),
        description="How far accuracy may be below the large model's. The review chooses the threshold at half "
        "of it, so that answers it was not chosen on can confirm it.",
    )

    @model_validator(mode="after")
    def _models_differ(self) -> Route:
        if self.small == self.large:
            raise ValueError(f"route: small and large are both {self.small!r}")
        return self


def anchored(entries: list[Any], key: str, folder: Path) -> list[Any]:
    """`entries` as written, the relative path at `key` read as relative to `folder`."""
    return [
        {**each, key: str(folder / Path(each[key]).expanduser())}
        if isinstance(each, dict) and isinstance(each.get(key), str)
        else each
        for each in entries
    ]
