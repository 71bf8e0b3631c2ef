"""The bill of the reference: which pool and line a charge is on, and how much of it the period has."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple

from tests.analysis.reference.rows import DAY, PoolOf, Row, cut, instant, is_before, is_mapped

if TYPE_CHECKING:
    from collections.abc import Sequence

ORIGINS = ("bill", "owned")
UNIT_LINES = frozenset({"usage", "commitment_unused"})


class Line(NamedTuple):
    """What one pool was charged on one line, of one origin; `mapped`: a model and a token kind are named."""

    pool: str
    kind: str
    driver: str | None
    line: str
    mapped: bool
    origin: str
    amount: Fraction


class Bill:
    """Charges, the pools that cut them, and the days asked for, all of one month."""

    def __init__(
        self, costs: Sequence[Row], pools: Sequence[PoolOf], period: tuple[date, date]
    ) -> None:
        self.costs, self.pools = costs, pools
        self.start, self.end = period
        self.is_whole = self.start.day == 1 and self.end.day == 1
        self.lines = self._lines()

    @property
    def months(self) -> tuple[date, date]:
        """The whole months the period touches."""
        last = self.end - DAY
        return self.start.replace(day=1), (last.replace(day=1) + timedelta(days=32)).replace(day=1)

    @property
    def month_names(self) -> list[str]:
        """The months the period touches."""
        first, last = self.months
        names = []
        while first < last:
            names.append(f"{first:%Y-%m}")
            first = (first + timedelta(days=32)).replace(day=1)
        return names

    def touches(self, day: date) -> bool:
        """Whether a day is in one of those months."""
        return self.months[0] <= day < self.months[1]

    def overlaps(self, row: Row) -> bool:
        """Whether a charge covers some of the period."""
        first, last = instant(self.start), instant(self.end)
        begins, ends = row["ChargePeriodStart"], row["ChargePeriodEnd"]
        return bool((ends > first or begins >= first) and begins < last)

    def is_of_months(self, row: Row) -> bool:
        """Whether a charge sets rates: billed in one of the months, and not for a time before them."""
        first, last = self.months
        month = date.fromisoformat(f"{row['x_BillingMonth']}-01")
        return first <= month < last and not is_before(row, first)

    def metered(self) -> list[Row]:
        """Usage of metered pools with a model and token kind, that sets rates."""
        return [
            row
            for row in self.costs
            if self.pool(row)[1] == "metered"
            and self.line(row, None) == "usage"
            and is_mapped(row)
            and row["x_CostOrigin"] == "bill"
            and self.is_of_months(row)
        ]

    def pool(self, row: Row) -> tuple[str, str, str | None]:
        """Name, kind and driver of the first pool that has the row; of hardware, the pool it is for."""
        hardware, named = row.get("of_hardware"), row["x_Pool"] or "other"
        for pool in self.pools:
            if (pool.name == hardware) if hardware else (row[pool.column] == pool.service):
                return self._told(pool)
        if row["x_Model"] is not None and row["x_TokenType"] is not None:
            return "tokens", "metered", None
        for pool in self.pools:
            if pool.name == named:
                return self._told(pool)
        return named, "other", None

    @staticmethod
    def _told(pool: PoolOf) -> tuple[str, str, str | None]:
        return pool.name, pool.kind, (pool.driver or "requests") if pool.kind == "shared" else None

    @staticmethod
    def line(row: Row, first: date | None) -> str:
        """The line a charge is on: its own, else prior when all of it lies before `first`, else what it says."""
        if row["x_Line"] is not None or (first is not None and is_before(row, first)):
            return row["x_Line"] or "prior_period"
        if row["ChargeCategory"] in {"Credit", "Tax"}:
            return {"Credit": "credits", "Tax": "tax"}[row["ChargeCategory"]]
        if row["ChargeClass"] == "Correction" or row["ChargeCategory"] == "Adjustment":
            return "corrections"
        if (
            "support" in (row["ServiceName"] or "").lower()
            or row["ServiceSubcategory"] == "Support"
        ):
            return "support"
        if "Unused" in {row["CommitmentDiscountStatus"], row["CapacityReservationStatus"]}:
            return "commitment_unused"
        return "usage"

    def _lines(self) -> tuple[Line, ...]:
        """The period's charges, cut at its edges."""
        found: dict[tuple[Any, ...], Fraction] = defaultdict(Fraction)
        for row in self.costs:
            if self.is_whole:
                month = date.fromisoformat(f"{row['x_BillingMonth']}-01")
                if not self.start <= month < self.end:
                    continue
                line = self.line(row, self.start)
                span = None
            else:
                line, span = (
                    self.line(row, None),
                    (row["ChargePeriodStart"], row["ChargePeriodEnd"]),
                )
            pool, kind, driver = self.pool(row)
            is_bill = row["x_CostOrigin"] == "bill"
            mapped = kind != "metered" or line != "usage" or (is_mapped(row) and is_bill)
            found[pool, kind, driver, line, mapped, row["x_CostOrigin"], span] += Fraction(
                row["EffectiveCost"]
            )
        if self.is_whole:
            return tuple(Line._make((*key[:6], amount)) for key, amount in found.items())
        # what is unmapped is cut by itself; what is mapped is what remains of the pool's part
        cuts: dict[tuple[Any, ...], Fraction] = defaultdict(Fraction)
        pools: dict[tuple[Any, ...], Fraction] = defaultdict(Fraction)
        for (*key, mapped, origin, span), amount in found.items():
            pools[(*key, origin, span)] += amount
            if not mapped:
                part = self._part(span, amount)
                cuts[(*key, False, origin)] += part
                cuts[(*key, True, origin)] -= part
        for (*key, origin, span), amount in pools.items():
            cuts[(*key, True, origin)] += self._part(span, amount)
        return tuple(Line._make((*key, amount)) for key, amount in cuts.items())

    def _part(self, span: tuple[datetime, datetime], amount: Fraction) -> Fraction:
        first, last = instant(self.start), instant(self.end)
        begin, end = span
        if end <= begin:
            return amount if first <= begin < last else Fraction(0)

        def until(moment: datetime) -> Fraction:
            if moment >= end:
                return amount
            return cut(amount * Fraction((moment - begin) / DAY) / Fraction((end - begin) / DAY))

        begins, ends = max(first, begin), min(last, end)
        return until(ends) - until(begins) if begins < ends else Fraction(0)


def month_start(name: str) -> date:
    """The first day of a month."""
    return date.fromisoformat(f"{name}-01")
