"""`[close]` and `[[fx]]`: when a month can be closed, and at which rates currencies are exchanged."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated

from pydantic import Field, model_validator

from finops.sections.base import Amount, CurrencyCode, Section

__all__ = ["RATE_PLACES", "Close", "CloseSource", "Fx"]

RATE_PLACES = 12
"""Decimal places an exchange rate may have."""


class CloseSource(Section):
    """What closing a month expects of one source."""

    grace_days: int | None = Field(
        default=None, ge=0, description="Days after the month in which it may still change."
    )
    required: bool = Field(
        default=True, description="Whether a month waits for it; false for a source that has ended."
    )


class Close(Section):
    """When a month is complete."""

    grace_days: int = Field(
        default=10,
        ge=0,
        description="Days after the month's end before it can be closed: providers re-issue bills, and "
        "runs end, in the days after.",
    )
    sources: dict[str, CloseSource] = Field(
        default_factory=dict,
        description="What is expected of each source, by its name; sources seen in the month or the one "
        "before are expected anyway.",
    )


class Fx(Section):
    """An exchange rate: one unit of `from` is `rate` units of `to`, from its day until the next one's."""

    from_: CurrencyCode = Field(alias="from", description="Currency exchanged.")
    to: CurrencyCode = Field(description="Currency it is exchanged into.")
    day: date = Field(
        alias="date", description="First day (UTC) it holds; it holds until a newer rate does."
    )
    rate: Annotated[Amount, Field(gt=0)] = Field(
        description="Units of `to` for one unit of `from`."
    )
    source: str = Field(min_length=1, description="Who published it: a central bank, a contract.")

    @model_validator(mode="after")
    def _is_a_rate(self) -> Fx:
        if self.from_ == self.to:
            raise ValueError(f"rate of {self.from_} to itself: it is always 1")
        exponent = Decimal(self.rate).normalize().as_tuple().exponent
        if isinstance(exponent, int) and -exponent > RATE_PLACES:
            raise ValueError(f"rate {self.rate} has more than {RATE_PLACES} decimal places")
        return self
