"""`[[owned]]`: hardware the company owns, which no provider bills.

What it cost, how long it serves and what keeping it takes. An element is configured here or stands on
an invoice in the ledger, never both: it would be counted twice.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

from pydantic import Field, model_validator

from finops.sections.base import Amount, CurrencyCode, Section, SignedAmount

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Depreciation", "Element", "MarketValue", "Owned", "Power"]


class Depreciation(StrEnum):
    """How the price paid becomes a cost of time."""

    BOOK = "book"
    """Straight line to the residual value over the life."""
    ECONOMIC = "economic"
    """What the hardware loses in value: by a yearly decline, or between market values."""


class Element(StrEnum):
    """One part of what owning costs."""

    DEPRECIATION = "depreciation"
    NETWORK = "network"
    STORAGE = "storage"
    SUPPORT = "support"
    POWER = "power"
    COLOCATION = "colocation"
    STAFF = "staff"
    DISPOSAL = "disposal"


INVOICEABLE = (
    Element.NETWORK,
    Element.STORAGE,
    Element.SUPPORT,
    Element.POWER,
    Element.COLOCATION,
    Element.STAFF,
)
"""Elements that an invoice may charge instead."""

_CONFIGURED_BY = {
    Element.NETWORK: "network_price",
    Element.STORAGE: "storage_price",
    Element.SUPPORT: "support_per_month",
    Element.POWER: "power",
    Element.COLOCATION: "colocation_per_month",
    Element.STAFF: "staff_per_month",
}

_Decline = Annotated[Amount, Field(lt=1)]


class MarketValue(Section):
    """What the hardware would have fetched on a day."""

    date: date
    value: Amount


class Power(Section):
    """Electricity: kWh at the meter of the hardware, times PUE, times the tariff.

    Energy of the accelerators is taken from GPU samples where they have it. Where they tell activity
    only, power lies between `idle_kw` and `max_kw` by it; where there are no samples it is `idle_kw`.
    """

    price_per_kwh: Amount = Field(description="Tariff of one kWh.")
    pue: Annotated[Amount, Field(ge=1)] = Field(
        default=Decimal(1),
        description="Power usage effectiveness of the site: total over IT power.",
    )
    idle_kw: Amount | None = Field(
        default=None, description="Power of all the nodes together, doing nothing, in kW."
    )
    max_kw: Amount | None = Field(
        default=None, description="Power of all the nodes together at full load, in kW."
    )
    host_kw: Amount = Field(
        default=Decimal(0),
        description="Power of the nodes without their accelerators, in kW, added to measured energy.",
    )

    @model_validator(mode="after")
    def _range_is_one(self) -> Power:
        if self.max_kw is not None and (self.idle_kw is None or self.max_kw < self.idle_kw):
            raise ValueError("power: `max_kw` needs an `idle_kw` that is not larger")
        return self


class Owned(Section):
    """Hardware of one purchase; several may share a pool."""

    name: str = Field(min_length=1, description="Name shown in reports.")
    pool: str = Field(
        min_length=1,
        description="Pool its cost belongs to; a `gpu` pool where no [[pools]] of the name says otherwise.",
    )
    cluster: str | None = Field(
        default=None, description="Cluster its nodes are in, as GPU samples name it."
    )
    node_names: tuple[str, ...] = Field(
        default=(),
        description="Its nodes, as GPU samples name them: of the cluster, or of any; all of the cluster when empty.",
    )
    nodes: int = Field(default=1, ge=1, description="How many nodes.")
    devices_per_node: int = Field(default=0, ge=0, description="Accelerators in each node.")
    device_model: str | None = Field(default=None, description="Model of the accelerators.")
    currency: CurrencyCode = Field(default="USD", description="Currency of the amounts here.")
    purchase_price: Amount = Field(description="Price paid for the nodes.")
    network_price: Amount | None = Field(
        default=None, description="Price paid for switches and cabling."
    )
    storage_price: Amount | None = Field(default=None, description="Price paid for its storage.")
    residual: SignedAmount = Field(
        default=Decimal(0),
        description="What the nodes fetch at the end of their life; negative where disposal costs.",
    )
    in_service: date = Field(description="First day (UTC) in service.")
    retired: date | None = Field(
        default=None, description="First day (UTC) no longer in service; in service when absent."
    )
    sold_for: SignedAmount | None = Field(
        default=None,
        description="What it fetched when it was retired; when absent the residual, or its value for `economic`.",
    )
    life_months: int = Field(ge=1, description="Months it is written off over.")
    depreciation: Depreciation = Field(
        default=Depreciation.BOOK,
        description="`book` (straight line) or `economic` (loss of value).",
    )
    annual_decline: _Decline | None = Field(
        default=None,
        description="Share of its value it loses in a year, for `economic`: nodes, network and storage alike.",
    )
    market_values: tuple[MarketValue, ...] = Field(
        default=(),
        description="Values of the nodes on given days, for `economic`; the price paid is the first.",
    )
    support_per_month: Amount | None = Field(default=None, description="Maintenance contract.")
    colocation_per_month: Amount | None = Field(default=None, description="Space, in a month.")
    staff_per_month: Amount | None = Field(default=None, description="People who run it.")
    power: Power | None = Field(default=None, description="Electricity.")
    invoiced: dict[Element, str] = Field(
        default_factory=dict,
        description="Elements the bills of the ledger charge: which cost rows, an expression as in [[pools]].",
    )
    tags: dict[str, str] = Field(default_factory=dict, description="Tags its charges carry.")
    sources: dict[Element, str] = Field(
        default_factory=dict, description="Where each element's amount is written: order, contract."
    )

    @property
    def devices(self) -> int:
        """Accelerators in all."""
        return self.nodes * self.devices_per_node

    @property
    def is_located(self) -> bool:
        """Whether GPU samples of it can be told: by the cluster, by the nodes, or by both."""
        return self.cluster is not None or bool(self.node_names)

    @model_validator(mode="after")
    def _dates_and_values_agree(self) -> Owned:
        if self.retired is not None and self.retired <= self.in_service:
            raise ValueError(f"owned {self.name!r}: `retired` must be after `in_service`")
        if self.sold_for is not None and self.retired is None:
            raise ValueError(f"owned {self.name!r}: `sold_for` needs the day it was `retired`")
        if self.residual > self.purchase_price:
            raise ValueError(
                f"owned {self.name!r}: the residual {self.residual} is above the price {self.purchase_price}"
            )
        if self.node_names and len(set(self.node_names)) != self.nodes:
            raise ValueError(
                f"owned {self.name!r}: {self.nodes} nodes, but {len(set(self.node_names))} node_names"
            )
        return self

    @model_validator(mode="after")
    def _economic_says_how(self) -> Owned:
        days = [self.in_service, *(value.date for value in self.market_values)]
        if days != sorted(set(days)):
            raise ValueError(
                f"owned {self.name!r}: market_values must come in order of date, after `in_service`"
            )
        has_values = self.annual_decline is not None or bool(self.market_values)
        if self.depreciation is Depreciation.ECONOMIC and not has_values:
            raise ValueError(
                f"owned {self.name!r}: economic depreciation needs `annual_decline` or `market_values`"
            )
        if self.depreciation is Depreciation.BOOK and has_values:
            raise ValueError(
                f"owned {self.name!r}: `annual_decline` and `market_values` are for economic depreciation"
            )
        return self

    @model_validator(mode="after")
    def _nothing_counts_twice(self) -> Owned:
        for wrong in _wrongly_invoiced(self):
            raise ValueError(wrong)
        return self


def _wrongly_invoiced(owned: Owned) -> Iterator[str]:
    """What is wrong with the elements an invoice is said to have: each enters once."""
    for element, where in owned.invoiced.items():
        if element not in INVOICEABLE:
            yield f"owned {owned.name!r}: {element} is never on an invoice"
            continue
        key = _CONFIGURED_BY[element]
        if getattr(owned, key) is not None:
            yield (
                f"owned {owned.name!r}: {element} is configured ({key}) and invoiced ({where}); it "
                "would count twice: keep one of them"
            )
