"""What every section of finops.toml is made of: a frozen model that knows its keys, and amounts as decimals."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

__all__ = ["Amount", "CurrencyCode", "Section", "SignedAmount"]


def _number_as_text(value: object) -> object:
    """Money by way of its text: `0.1` in the file is the decimal 0.1."""
    return (
        Decimal(str(value))
        if isinstance(value, int | float) and not isinstance(value, bool)
        else value
    )


Amount = Annotated[Decimal, Field(ge=0, allow_inf_nan=False), BeforeValidator(_number_as_text)]
"""A non-negative decimal, written as a string or a number."""

SignedAmount = Annotated[Decimal, Field(allow_inf_nan=False), BeforeValidator(_number_as_text)]
"""A decimal of either sign, written as a string or a number."""

CurrencyCode = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
"""An ISO 4217 code."""


class Section(BaseModel):
    """A table of finops.toml: an unknown key in it is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)
