"""`[[budgets]]`: how much may be spent on what, in which stretch of time, and who answers for it."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from pydantic import Field, model_validator

from finops.model.basis import Of
from finops.sections.base import Amount, CurrencyCode, Section

__all__ = ["Budget", "Per"]


class Per(StrEnum):
    """Calendar stretches a budget is for."""

    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


class Budget(Section):
    """What may be spent in each month, quarter or year."""

    name: str = Field(min_length=1, description="What people call it.")
    amount: Amount = Field(description="What may be spent in each stretch.")
    currency: CurrencyCode | None = Field(
        default=None, description="Currency of the amount; that of this file when absent."
    )
    per: Per = Field(default=Per.MONTH, description="Calendar stretch the amount is for.")
    where: str | None = Field(
        default=None,
        description="What counts: an expression over columns of bills (team, pool, provider …) or of "
        "requests (workflow, model …); everything when absent.",
    )
    of: Of | None = Field(
        default=None,
        description="Whether `where` is about bills or requests; told from its names when absent.",
    )
    owner: str | None = Field(default=None, description="Who answers for it.")
    from_: date | None = Field(
        default=None, alias="from", description="First day it holds; open when absent."
    )
    to: date | None = Field(
        default=None, description="First day it no longer holds; open when absent."
    )

    @model_validator(mode="after")
    def _holds_for_some_time(self) -> Budget:
        if self.to is not None and self.from_ is not None and self.to <= self.from_:
            raise ValueError(f"budget {self.name!r}: `to` must be after `from`")
        return self
