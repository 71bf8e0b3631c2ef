"""`[[commitments]]`: what a bill does not say of commitments and reservations, above all when they end."""

from __future__ import annotations

from datetime import date

from pydantic import Field, model_validator

from finops.sections.base import Section

__all__ = ["Commitment"]


class Commitment(Section):
    """The term of a commitment discount or capacity reservation, and who answers for it."""

    id: str = Field(
        min_length=1, description="CommitmentDiscountId or CapacityReservationId, as bills have it."
    )
    name: str | None = Field(default=None, description="What people call it.")
    starts: date | None = Field(default=None, description="First day of its term.")
    ends: date | None = Field(default=None, description="First day after its term.")
    owner: str | None = Field(default=None, description="Who decides what follows it.")
    source: str | None = Field(
        default=None, description="Where the term is written: a contract, an inventory."
    )

    @model_validator(mode="after")
    def _term_is_not_empty(self) -> Commitment:
        if self.starts is not None and self.ends is not None and self.ends <= self.starts:
            raise ValueError(f"commitment {self.id!r}: `ends` must be after `starts`")
        return self
