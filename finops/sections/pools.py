"""`[[pools]]`: which part of the bill each pool is, and how its money reaches those who used it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated

from pydantic import Field, model_validator

from finops.sections.base import Amount, CurrencyCode, Section

__all__ = ["Basis", "Driver", "Plan", "Pool", "PoolKind", "PoolRate", "Weights"]


class PoolKind(StrEnum):
    """What a pool's money buys, which decides how its cost reaches requests."""

    METERED = "metered"
    PROVISIONED = "provisioned"
    GPU = "gpu"
    SEAT = "seat"
    SHARED = "shared"
    OTHER = "other"


class Driver(StrEnum):
    """What a shared pool's cost is split by."""

    REQUESTS = "requests"
    TOKENS = "tokens"
    RETRIEVALS = "retrievals"
    BYTES = "bytes"
    COST = "cost"
    EVEN = "even"


class PoolRate(StrEnum):
    """How a GPU pool's dollars become a rate per device-hour."""

    BLENDED = "blended"
    """One rate for the pool and month."""
    AS_APPLIED = "as-applied"
    """A node that the bill names has its own rate; everything else shares one."""


class Basis(StrEnum):
    """What part of an instance's price its accelerators are."""

    ALL_TO_GPU = "all-to-gpu"
    AWS = "aws-9:1"
    OPENCOST = "opencost"
    CUSTOM = "custom"


class Weights(Section):
    """What a token costs a deployment, relative to one of uncached input."""

    prefill: Amount = Field(default=Decimal(1), description="Uncached input and cache writes.")
    cached: Amount = Field(default=Decimal("0.1"), description="Cache reads.")
    decode: Amount = Field(default=Decimal(4), description="Output.")


class Plan(Section):
    """What is paid for a seat or provisioned pool on the days `from` up to, not including, `to`."""

    units: Annotated[Amount, Field(gt=0)] = Field(description="Seats, or provisioned units.")
    price: Amount = Field(description="Of a seat for a month, of a provisioned unit for an hour.")
    currency: CurrencyCode | None = Field(
        default=None, description="Currency of the price; that of reports when not given."
    )
    from_: date | None = Field(
        default=None, alias="from", description="First day (UTC) it is in force; open when absent."
    )
    to: date | None = Field(
        default=None, description="First day it is no longer in force; open when absent."
    )
    source: str | None = Field(
        default=None, description="Where it is written: a contract, an order."
    )

    @model_validator(mode="after")
    def _period_is_not_empty(self) -> Plan:
        if self.to is not None and self.from_ is not None and self.to <= self.from_:
            raise ValueError("a plan's `to` must be after its `from`")
        return self


_ONLY_FOR = {
    "driver": (PoolKind.SHARED,),
    "scales": (PoolKind.SHARED,),
    "gpus_per_unit": (PoolKind.GPU,),
    "rate": (PoolKind.GPU,),
    "basis": (PoolKind.GPU,),
    "gpu_share": (PoolKind.GPU,),
    "samples": (PoolKind.GPU,),
    "max_busy": (PoolKind.GPU, PoolKind.PROVISIONED),
    "serves": (PoolKind.GPU, PoolKind.PROVISIONED, PoolKind.SEAT),
    "weights": (PoolKind.GPU, PoolKind.PROVISIONED),
    "tokens_per_unit_minute": (PoolKind.PROVISIONED,),
    "user": (PoolKind.SEAT,),
    "plans": (PoolKind.SEAT, PoolKind.PROVISIONED),
}
"""Settings that mean nothing in a pool of another kind."""

Share = Annotated[Amount, Field(gt=0, le=1)]


class Pool(Section):
    """A named part of the bill; of several that match a row, the first wins."""

    name: str = Field(min_length=1, description="Name shown in reports.")
    kind: PoolKind = Field(description="What the money buys.")
    where: str = Field(
        min_length=1,
        description="Which cost rows belong to it: an expression over FOCUS columns and tags.",
    )
    driver: Driver | None = Field(
        default=None, description="What a shared pool is split by; `requests` when not given."
    )
    scales: bool | None = Field(
        default=None,
        description="Whether a shared pool's cost grows with traffic; when not given, usage-based "
        "charges do and recurring ones do not.",
    )
    gpus_per_unit: Annotated[int, Field(gt=0)] | None = Field(
        default=None,
        description="Accelerators in one billed unit (one instance, say); else the bill's own count, "
        "else that of a known instance type.",
    )
    rate: PoolRate | None = Field(
        default=None,
        description="`blended` (default): one rate per device-hour for the pool and month; `as-applied`: "
        "a node the bill names by ResourceId or ResourceName has its own.",
    )
    basis: Basis | None = Field(
        default=None,
        description="What part of an instance's price is its accelerators': all of it (default), as AWS "
        "splits it, as OpenCost does, or `custom`. It names the price of a GPU-hour; unit cost stays.",
    )
    gpu_share: Share | None = Field(
        default=None, description='That part, for `basis = "custom"`: above 0, at most 1.'
    )
    samples: str | None = Field(
        default=None,
        min_length=1,
        description="Which GPU samples that name no pool belong to it: an expression over their columns.",
    )
    serves: str | None = Field(
        default=None,
        min_length=1,
        description="Which requests that name no pool it serves: an expression over request columns.",
    )
    weights: Weights | None = Field(
        default=None,
        description="Weights of tokens inside a deployment; else measured, else assumed 1 : 0.1 : 4.",
    )
    tokens_per_unit_minute: Annotated[Amount, Field(gt=0)] | None = Field(
        default=None,
        description="Weighted tokens one provisioned unit serves in a minute; without it idle is unknown.",
    )
    user: str | None = Field(
        default=None,
        min_length=1,
        description="Request column that tells the users of a seat pool apart; else api_key_id, else team.",
    )
    max_busy: Share | None = Field(
        default=None,
        description="Share of its devices that may be busy while objectives are met; 0.8 is assumed.",
    )

    plans: tuple[Plan, ...] | None = Field(
        default=None,
        description="What is paid for it and when, for accruals: a close without its invoice takes the "
        "plans in force, else what was billed last.",
    )

    @model_validator(mode="after")
    def _settings_are_of_its_kind(self) -> Pool:
        for name, kinds in _ONLY_FOR.items():
            if getattr(self, name) is not None and self.kind not in kinds:
                have = "have a driver" if name == "driver" else f"take {name}"
                raise ValueError(
                    f"pool {self.name!r} is {self.kind}: only {' and '.join(kinds)} pools {have}"
                )
        return self

    @model_validator(mode="after")
    def _a_custom_basis_has_a_share(self) -> Pool:
        if (self.basis is Basis.CUSTOM) is not (self.gpu_share is not None):
            raise ValueError(f'pool {self.name!r}: basis = "custom" and gpu_share go together')
        return self
