"""The values of the reference: a row with what the model says about it, a pool, an answer."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from math import ceil
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

Row = dict[str, Any]
Amount = TypeVar("Amount", float, Fraction)

INPUT = (
    "uncached_input",
    "cache_read",
    "cache_write_5m",
    "cache_write_30m",
    "cache_write_1h",
    "cache_write_12h",
    "cache_write_unknown",
)
KINDS = (*INPUT, "output")
COARSE = {
    "cache_write": frozenset(kind for kind in INPUT if kind.startswith("cache_write")),
    "input": frozenset(INPUT),
    "total": frozenset(KINDS),
}
COMPONENTS = (
    "tokens_input",
    "tokens_cached",
    "tokens_output",
    "context_growth",
    "retrieval",
    "gpu_busy",
    "gpu_idle",
    "commitment_unused",
    "shared",
    "failed",
    "retried",
    "slo_miss",
    "cancelled",
)
DAY = timedelta(days=1)
SILENCE = timedelta(days=7)


def cut(value: Fraction) -> Fraction:
    """`value` without what is below its 24th decimal place."""
    scaled = abs(value) * 10**24
    whole = scaled.numerator // scaled.denominator
    return Fraction(whole if value >= 0 else -whole, 10**24)


@dataclass(frozen=True)
class PoolOf:
    """A pool: rows whose `column` is `service`. Rules are (column, value) pairs."""

    name: str
    kind: str
    service: str
    driver: str | None = None
    serves: tuple[str, str] | None = None
    samples: tuple[str, str] | None = None
    gpus_per_unit: int | None = None
    weights: tuple[str, str, str] | None = None
    is_as_applied: bool = False
    tokens_per_unit_minute: str | None = None
    user: str | None = None
    scales: bool | None = None
    max_busy: str | None = None
    column: str = "ServiceName"

    def settings(self) -> dict[str, Any]:
        """The pool as `[[pools]]` has it."""
        rules = {"serves": self.serves, "samples": self.samples}
        kinds = ("prefill", "cached", "decode")
        return {
            "name": self.name,
            "kind": self.kind,
            "where": f"{self.column} = '{self.service}'",
            **({"driver": self.driver} if self.driver else {}),
            **{name: f"{rule[0]} = '{rule[1]}'" for name, rule in rules.items() if rule},
            **({"gpus_per_unit": self.gpus_per_unit} if self.gpus_per_unit else {}),
            **({"rate": "as-applied"} if self.is_as_applied else {}),
            **{
                name: value
                for name in ("tokens_per_unit_minute", "user", "scales", "max_busy")
                if (value := getattr(self, name)) is not None
            },
            **({"weights": dict(zip(kinds, self.weights, strict=True))} if self.weights else {}),
        }


@dataclass
class Attempt:
    """A request row with what the model says about it."""

    row: Row
    is_final: bool = True
    fate: str = "ok"
    judged: str | None = None
    resent_cached: int = 0
    resent_uncached: int = 0
    rates: dict[str, tuple[Fraction | None, str]] = field(
        default_factory=lambda: defaultdict(lambda: (None, "paid"))
    )
    pool: PoolOf | None = None
    """The capacity pool that served it."""
    capacity: dict[tuple[str, str], Fraction] = field(default_factory=lambda: defaultdict(Fraction))
    """What it carries of that pool, by origin of the cost and component."""

    def count(self, kind: str) -> int:
        return int(self.row[f"{kind}_tokens"] or 0)

    @property
    def tokens(self) -> int:
        return sum(self.count(kind) for kind in KINDS)

    @property
    def input(self) -> int:
        return sum(self.count(kind) for kind in INPUT)

    @property
    def is_generation(self) -> bool:
        return self.row["operation"] in {"chat", "text_completion"}

    @property
    def is_request(self) -> bool:
        return self.is_generation and self.is_final

    @property
    def is_metered(self) -> bool:
        """Whether a provider bills its tokens, and not a pool that was paid for as a whole."""
        return self.pool is None

    @property
    def is_retrieval(self) -> bool:
        return bool(self.row["operation"] == "retrieval")

    @property
    def bytes(self) -> int:
        return int(self.row["bytes_in"] or 0) + int(self.row["bytes_out"] or 0)

    @property
    def model(self) -> str | None:
        found: str | None = self.row["response_model"]
        asked: str | None = self.row["request_model"]
        return asked if found is None else found

    @property
    def name(self) -> tuple[str, str]:
        return (self.row["provider"] or "?").casefold(), (self.model or "?").casefold()

    @property
    def tier(self) -> str:
        return "batch" if self.row["batch"] else (self.row["service_tier"] or "standard").lower()

    @property
    def work_millionths(self) -> int:
        return round((self.row["work_units"] or 0) * 1_000_000)

    def cost(self, kind: str) -> Fraction:
        rate = self.rates[kind][0]
        return Fraction(0) if rate is None else rate * self.count(kind)


@dataclass
class Answer:
    """What the reference says of a group."""

    counts: dict[str, int]
    components: dict[str, Fraction]
    list_cost: Fraction
    unpriced_tokens: int
    runs: int
    latencies: dict[str, list[float]]
    outcomes: tuple[int, int] = (0, 0)
    run_costs: list[Fraction] = field(default_factory=list)
    work: dict[str, tuple[int, Fraction]] = field(default_factory=dict)

    @property
    def cost(self) -> Fraction:
        return sum(self.components.values(), Fraction(0))


@dataclass
class Books:
    """How the charges of one origin were met."""

    amounts: Fraction
    allocated: dict[str, Fraction]
    unallocated: dict[str, Fraction]
    other: Fraction
    excluded: dict[str, Fraction]

    @property
    def difference(self) -> Fraction:
        """What no part accounts for."""
        parts = (*self.allocated.values(), *self.unallocated.values(), *self.excluded.values())
        return self.amounts - self.other - sum(parts, Fraction(0))


@dataclass
class Shared:
    """Rates of shared pools, and what they leave over."""

    per: dict[str, Fraction] = field(default_factory=lambda: defaultdict(Fraction))
    by_workflow: dict[str | None, Fraction] = field(default_factory=lambda: defaultdict(Fraction))
    of_cost: list[Fraction] = field(default_factory=list)
    given: dict[str, Fraction] = field(default_factory=lambda: defaultdict(Fraction))
    unallocated: dict[str, Fraction] = field(default_factory=lambda: defaultdict(Fraction))
    rounding: dict[str, Fraction] = field(default_factory=lambda: defaultdict(Fraction))
    """By origin, as the two above."""


class Grain:
    """How finely bill and log are told apart: a dimension both sides name, for each model and month."""

    def __init__(self, bill: list[Row], log: list[Attempt]) -> None:
        self.bill, self.log = bill, log
        self.made: dict[tuple[tuple[str, str], str], tuple[bool, bool, bool, frozenset[str]]] = {}

    def _of(self, name: tuple[str, str], month: str) -> tuple[bool, bool, bool, frozenset[str]]:
        if (name, month) not in self.made:
            lines = [
                row for row in self.bill if name_of(row) == name and row["x_BillingMonth"] == month
            ]
            log = [
                each
                for each in self.log
                if each.name == name and f"{each.row['day']:%Y-%m}" == month
            ]

            def shared(billed: str, logged: str) -> bool:
                known = {row[billed] for row in lines}
                mine = {each.row[logged] for each in log}
                return bool(mine) and None not in known | mine and mine <= known

            tiers = {(row["x_ServiceTier"] or "standard").lower() for row in lines}
            self.made[name, month] = (
                any(row["x_ServiceTier"] for row in lines) and {e.tier for e in log} <= tiers,
                shared("SubAccountId", "project"),
                shared("RegionId", "region"),
                frozenset(row["x_TokenType"] for row in lines),
            )
        return self.made[name, month]

    def of_bill(self, row: Row, *, by_day: bool) -> tuple[object, ...]:
        tier, project, region, _ = self._of(name_of(row), row["x_BillingMonth"])
        return (
            name_of(row),
            row["x_TokenType"],
            (row["x_ServiceTier"] or "standard").lower() if tier else None,
            row["SubAccountId"] if project else None,
            row["RegionId"] if region else None,
            f"{row['ChargePeriodStart']:%Y-%m-%d}" if by_day else row["x_BillingMonth"],
        )

    def of_log(self, each: Attempt, kind: str, *, by_day: bool) -> tuple[object, ...]:
        month = f"{each.row['day']:%Y-%m}"
        tier, project, region, kinds = self._of(each.name, month)
        wider = [name for name, several in COARSE.items() if name in kinds and kind in several]
        return (
            each.name,
            kind if kind in kinds or not wider else wider[0],
            each.tier if tier else None,
            each.row["project"] if project else None,
            each.row["region"] if region else None,
            f"{each.row['day']:%Y-%m-%d}" if by_day else month,
        )


def instant(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def is_before(row: Row, first: date) -> bool:
    """Whether a charge lies wholly before the day `first`."""
    limit = instant(first)
    return bool(row["ChargePeriodEnd"] <= limit and row["ChargePeriodStart"] < limit)


def is_mapped(row: Row) -> bool:
    return row["x_Model"] is not None and row["x_TokenType"] in {*KINDS, *COARSE}


def provider_of(row: Row) -> str:
    return str(row["ServiceProviderName"] or row["ProviderName"] or "?").casefold()


def name_of(row: Row) -> tuple[str, str]:
    return provider_of(row), str(row["x_Model"]).casefold()


def days_of(row: Row) -> tuple[date, date]:
    last = row["ChargePeriodEnd"] - timedelta(microseconds=1)
    return row["ChargePeriodStart"].date(), last.date() + DAY


def is_by_day(spans: list[tuple[date, date]]) -> bool:
    return all(end - start <= DAY for start, end in spans)


def quantity_of(row: Row) -> Fraction | None:
    size = {"Tokens": 1, "1K tokens": 1000, "1M Tokens": 1_000_000}
    for amount, unit in (("ConsumedQuantity", "ConsumedUnit"), ("PricingQuantity", "PricingUnit")):
        if row[amount] is not None:
            return Fraction(row[amount]) * size[row[unit]] if row[unit] in size else None
    return None


def book_rate(each: Attempt, kind: str, prices: Sequence[Row]) -> Fraction | None:
    """What the price book says of one token; None where it says nothing."""
    tier = (each.row["service_tier"] or "standard").lower()
    asked = {"batch"} if each.row["batch"] else set()
    asked |= {tier} - {"standard"}
    for price in prices:
        if (price["provider"], price["model"]) != (each.row["provider"], each.model):
            continue
        if asked != {price[name] for name in ("service_tier",) if name in price}:
            continue
        first = date.fromisoformat(price.get("from", "0001-01-01"))
        if not first <= each.row["day"] < date.fromisoformat(price.get("to", "9999-12-31")):
            continue
        full: str = price["input"]
        write: str = price.get("cache_write") or full
        amounts: dict[str, str] = {
            "uncached_input": full,
            "cache_read": price.get("cache_read") or full,
            "cache_write_1h": price.get("cache_write_1h") or write,
            "output": price.get("output") or "0",
        }
        return Fraction(amounts.get(kind, write)) / 1_000_000
    return None


def nearest_rank(values: Sequence[Amount], share: Fraction) -> Amount:
    """The smallest value that at least `share` of `values`, sorted, do not exceed."""
    return values[max(ceil(share * len(values)), 1) - 1]
