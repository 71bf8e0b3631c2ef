"""Headroom in the reference: what of a pool has to be bought for added work, hour by hour in plain loops."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from math import ceil
from typing import TYPE_CHECKING, NamedTuple

from tests.analysis.reference.bill import ORIGINS
from tests.analysis.reference.capacity import SeatMonth
from tests.analysis.reference.devicepool import Provisioned
from tests.analysis.reference.devices import PARTS, hour_of
from tests.analysis.reference.inside import charges_of, line_of, sum_of
from tests.analysis.reference.rows import cut
from tests.analysis.reference.weights import weigh, weights_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from tests.analysis.reference.bill import Bill
    from tests.analysis.reference.devicepool import DeviceMonth
    from tests.analysis.reference.model import Reference
    from tests.analysis.reference.rows import Attempt

HOUR = timedelta(hours=1)
HOUR_MS = 3_600_000


@dataclass(frozen=True)
class Bought:
    """What a pool needs: `units` at `hour`, of which a month costs `monthly` and the days asked about `price`.

    All but the pool and its limit are None where nobody can tell, and then `why` says what is missing.
    """

    pool: str
    limit: Fraction
    hour: datetime | None = None
    load: Fraction | None = None
    there: Fraction | None = None
    units: int | None = None
    monthly: Fraction | None = None
    price: Fraction | None = None
    missing: str | None = None
    unused: Fraction = Fraction(0)
    """What commitments of the pool cost in the days asked about while nobody used them."""

    @property
    def covered(self) -> Fraction:
        """What of the price they pay."""
        return max(min(self.price or Fraction(0), self.unused), Fraction(0))


class _Hour(NamedTuple):
    start: datetime
    there: Fraction
    load: Fraction


def bought(company: Reference, months: Sequence[Sequence[Attempt]]) -> tuple[Bought, ...]:
    """What each pool needs that serves a group; `months` are its attempts in each month of `company`."""
    names = {name for month in company.months for name, _ in month.capacity.months}
    return tuple(
        found for name in sorted(names) if (found := _pool(company, name, months)) is not None
    )


def _pool(company: Reference, name: str, months: Sequence[Sequence[Attempt]]) -> Bought | None:
    hours: list[_Hour] = []
    newest: DeviceMonth | None = None
    month_days, is_served = 0, False
    unused = sum((unused_of(month.bill, name) for month in company.months), Fraction(0))
    for month, attempts in zip(company.months, months, strict=True):
        made = month.capacity.months.get((name, f"{month.start:%Y-%m}"))
        if made is None:
            continue
        if isinstance(made, SeatMonth):
            return None
        newest, (first, after) = made, month.bill.months
        month_days = (after - first).days
        shares = _shares(month, name, attempts)
        is_served = is_served or bool(shares)
        hours += _hours(month, made, shares)
    if newest is None or not is_served:
        return None
    limit = Fraction(newest.pool.max_busy or "0.8")
    known = [hour for hour in hours if hour.there > 0]
    if not known:
        return Bought(name, limit, missing=_missing(newest), unused=unused)

    def short(hour: _Hour) -> Fraction:
        return hour.load / limit - hour.there

    worst = max(short(hour) for hour in known)
    hour = min((each for each in known if short(each) == worst), key=lambda each: each.start)
    units = max(ceil(worst), 0)
    monthly = cut(units * HOUR_MS * 24 * month_days * _price(newest))
    asked = (company.end - company.start).days
    price = cut(monthly * Fraction(asked, month_days))
    return Bought(
        name, limit, hour.start, hour.load, hour.there, units, monthly, price, None, unused
    )


def unused_of(bill: Bill, pool: str) -> Fraction:
    """What unused commitments of a pool cost in the days of `bill`."""
    return sum_of(
        bill,
        [
            row
            for row in charges_of(bill)
            if bill.pool(row)[0] == pool and line_of(bill, row) == "commitment_unused"
        ],
    )


def _missing(month: DeviceMonth) -> str:
    if not isinstance(month, Provisioned):
        return "GPU samples of it"
    has_size = month.pool.tokens_per_unit_minute is not None
    return "the hours it is billed for" if has_size else "tokens_per_unit_minute"


def _shares(month: Reference, pool: str, attempts: Sequence[Attempt]) -> dict[str | None, Fraction]:
    """The part some attempts have of what busy time costs, by deployment."""
    mine, every = _busy(month, pool, attempts), _busy(month, pool, month.inside)
    return {name: cost / every[name] for name, cost in mine.items() if cost and every[name]}


def _busy(month: Reference, pool: str, attempts: Sequence[Attempt]) -> dict[str | None, Fraction]:
    made = month.capacity.months[pool, f"{month.start:%Y-%m}"]
    found: dict[str | None, Fraction] = defaultdict(Fraction)
    for each in attempts:
        if each.pool is not None and each.pool.name == pool and not isinstance(made, SeatMonth):
            cost = sum((each.capacity[origin, "gpu_busy"] for origin in ORIGINS), Fraction(0))
            found[made.key(each)] += cost
    return found


def _hours(month: Reference, made: DeviceMonth, shares: dict[str | None, Fraction]) -> list[_Hour]:
    """Hours of the days asked about: units there, and busy with what doubles counted twice."""
    if isinstance(made, Provisioned):
        return _unit_hours(month, made, shares)
    there: dict[datetime, Fraction] = defaultdict(Fraction)
    load: dict[datetime, Fraction] = defaultdict(Fraction)
    for piece in made.pieces:
        if piece.hour is None or not month.start <= piece.day < month.end:
            continue
        kind, name = made.owner(piece)
        again = shares.get(name, Fraction(0)) if kind == "requests" else Fraction(0)
        there[piece.hour] += Fraction(piece.total, PARTS * HOUR_MS)
        load[piece.hour] += Fraction(piece.busy, PARTS * HOUR_MS) * (1 + again)
    return [_Hour(hour, there[hour], load[hour]) for hour in there]


def _unit_hours(
    month: Reference, made: Provisioned, shares: dict[str | None, Fraction]
) -> list[_Hour]:
    size = made.pool.tokens_per_unit_minute
    served = made.served[None]
    if size is None:
        return []
    weights = weights_of(made.pool, served)
    tokens: dict[datetime, Fraction] = defaultdict(Fraction)
    for each in served:
        if month.start <= each.row["day"] < month.end:
            tokens[hour_of(each.row["timestamp"])] += Fraction(weigh(each, weights), 1000)
    again = 1 + shares.get(None, Fraction(0))
    return [
        _Hour(
            hour,
            Fraction(made.groups[None].between(hour, hour + HOUR), HOUR_MS),
            count / (60 * Fraction(size)) * again,
        )
        for hour, count in tokens.items()
    ]


def _price(month: DeviceMonth) -> Fraction:
    """Dollars of a unit-millisecond: what the month cost over the device time that is for."""
    parts, cost = 0, Fraction(0)
    for node, basis in month.basis.items():
        group = month.groups.get(node)
        if basis == "billed" and group is not None:
            parts += PARTS * (group.ms or 0)
        elif basis == "observed":
            parts += sum(p.total for p in month.pieces if month._node(p) == node)
        if basis is not None and group is not None:
            cost += sum((group.paid(origin) for origin in ORIGINS), Fraction(0))
    return PARTS * cost / parts if parts else Fraction(0)
