"""What of a group's cost grows with its traffic, as the days of one month say it: read for `finops.analysis.doubling`.

Tokens that a provider bills, shares of shared pools and which part of a pool grows, what commitments cost while
unused, who keeps capacity busy, and its hours.
"""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple

from finops.analysis.authoritative import canonical_provider
from finops.analysis.capacity.install import OF_TOKENS
from finops.analysis.capacity.install import RATES as CAPACITY
from finops.analysis.capacity.usage import PREFILL
from finops.analysis.charges import UNIT_LINES, read_sums
from finops.analysis.headroom import Grown, read_hours
from finops.analysis.logged import KEY_COLUMNS, RATES
from finops.analysis.metering import KINDS
from finops.analysis.pools import pool_rules
from finops.analysis.sources import keys as key_sql
from finops.analysis.sources import names as key_names
from finops.ledger.engine import query
from finops.model.money import ZERO, add, multiply, subtract, total, truncate
from finops.model.tables import TOKEN_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import duckdb

    from finops.analysis.capacity.model import DeviceMonth
    from finops.analysis.economics import Prepared, Question
    from finops.analysis.headroom import Hour
    from finops.analysis.measures import Group
    from finops.analysis.pools import PoolRule
    from finops.analysis.sharing import SharedPool, Shares
    from finops.analysis.sources import Sources as Cells
    from finops.config import Config
    from finops.model.period import Period

__all__ = ["FIXED_FREQUENCIES", "Cover", "Growth", "Key", "Parts", "read_parts"]

FIXED_FREQUENCIES = ("Recurring", "One-Time")
"""ChargeFrequency of charges that do not grow with traffic."""

Key = tuple[object, ...]
Deployment = tuple[str, str | None]
"""A pool, and what tells the requests apart that it serves."""


class Growth(NamedTuple):
    """What of a group's share of a shared pool grows; several split by cost are one, and so are those evenly."""

    pool: str
    cost: Decimal
    part: Fraction

    @property
    def amount(self) -> Decimal:
        """What it comes to, cut at the ledger's last place."""
        return truncate(Fraction(self.cost) * self.part)


class Cover(NamedTuple):
    """Metered tokens of one provider in some days, and what its commitments cost while unused in them."""

    provider: str | None
    period: Period
    metered: Decimal
    unused: Decimal

    @property
    def amount(self) -> Decimal:
        """What of the tokens the commitments would pay for: nothing where either is not above zero."""
        return max(ZERO, min(self.metered, self.unused))


class Parts(NamedTuple):
    """What the parts of every group's cost in `period` are made of; the key None is everything asked about.

    `spread` is what pools split by cost add; `in_all` is what `held` would be of everything, asked about or not.
    """

    period: Period
    shares: Shares
    months: tuple[DeviceMonth, ...]
    metered: Mapping[Key | None, Mapping[str | None, Decimal]]
    spread: Mapping[Key | None, Decimal]
    held: Mapping[Key | None, Mapping[Deployment, Decimal]]
    in_all: Mapping[Deployment, Decimal]
    seats: Mapping[Key | None, Decimal]
    unused: Mapping[str | None, Decimal]
    unused_capacity: Mapping[str, Decimal]
    scales: Mapping[str, Fraction]
    hours: Mapping[str, tuple[Hour, ...]]

    def portions(self, group: Group, key: Key | None) -> _Portions:
        """What of the cost of `group` is shared, what of that grows, and what is capacity."""
        spent = total(self.metered.get(key, {}).values())
        capacity = add(group.capacity.cost, self.seats.get(key, ZERO))
        shared = subtract(subtract(group.cost, spent), capacity)
        return _Portions(shared, self._scaling(group, key, shared), capacity)

    def covers(self, key: Key | None) -> tuple[Cover, ...]:
        """What unused commitments take over of the tokens of each provider, where they do."""
        found = (
            Cover(provider, self.period, cost, self.unused.get(provider, ZERO))
            for provider, cost in self.metered.get(key, {}).items()
        )
        return tuple(each for each in found if each.amount)

    def share_of(self, key: Key | None, pool: str) -> dict[str | None, Fraction]:
        """The part a group has of what `pool` is busy with, by deployment; of nothing where it cost nothing."""
        return {
            name: Fraction(cost) / Fraction(self.in_all[of, name])
            for (of, name), cost in self.held.get(key, {}).items()
            if of == pool and cost and self.in_all.get((of, name))
        }

    def grown(self, pool: str, shares: Mapping[str | None, Fraction]) -> tuple[Grown, ...]:
        """Every hour of `pool`, and what is added to it when such shares double."""
        return tuple(
            Grown(
                hour,
                sum(
                    (hour.serving.get(name, Fraction(0)) * part for name, part in shares.items()),
                    Fraction(0),
                ),
            )
            for hour in self.hours.get(pool, ())
        )

    def _scaling(self, group: Group, key: Key | None, shared: Decimal) -> tuple[Growth, ...]:
        """The group's shares of shared pools, and the part of each that grows with traffic."""
        units = {
            "requests": group.counts["requests"],
            "tokens": sum(group.counts[name] for name in TOKEN_COLUMNS),
            "retrievals": group.counts["retrievals"],
            "bytes": group.counts["bytes_moved"],
        }
        growing = [
            Growth(
                share.pool.name,
                multiply(share.rate, units[share.pool.driver]),
                self._part(share.pool.name),
            )
            for share in self.shares.shares
            if share.rate is not None and share.pool.driver in units
        ]
        spread = self.spread.get(key, ZERO)
        evenly = subtract(shared, total((spread, *(each.cost for each in growing))))
        even = [
            each.pool
            for each in self.shares.shares
            if each.rate is None and each.pool.driver == "even"
        ]
        growing += self._together([pool for pool, _ in self.shares.of_cost], spread)
        growing += self._together(even, evenly)
        return tuple(growing)

    def _together(self, pools: Sequence[SharedPool], cost: Decimal) -> list[Growth]:
        """What grows of `cost`, a group's share of all of `pools`; nothing where they come to nothing."""
        whole = total(pool.cost for pool in pools)
        if not whole:
            return []
        grows = sum((Fraction(pool.cost) * self._part(pool.name) for pool in pools), Fraction(0))
        names = ", ".join(dict.fromkeys(pool.name for pool in pools))
        return [Growth(names, cost, grows / Fraction(whole))]

    def _part(self, pool: str) -> Fraction:
        return self.scales.get(pool, Fraction(1))


class _Portions(NamedTuple):
    shared: Decimal
    scaling: tuple[Growth, ...]
    capacity: Decimal


def read_parts(
    con: duckdb.DuckDBPyConnection, config: Config, prepared: Prepared, question: Question
) -> Parts:
    """What `double_all` needs of the days of `question`, which `prepared` is on `con` for."""
    rules = pool_rules(config.pools, config.owned)
    charges = _Charges(con, question.period, prepared.currency, rules)
    held, seats = _capacity(con, prepared)
    months = prepared.allocation.capacity.months
    period = prepared.scope.period
    metered, spread = _metered(con, prepared)
    is_all = prepared.relations.asked == prepared.relations.everything
    return Parts(
        period,
        prepared.allocation.shares,
        months,
        metered,
        spread,
        held,
        held[None] if is_all else _held_by_all(con, prepared),
        seats,
        *_unused(charges),
        _scales(charges, config),
        read_hours(con, months, prepared.relations.hours, period),
    )


class _Charges(NamedTuple):
    """Cost rows of a period, where they can be asked for."""

    con: duckdb.DuckDBPyConnection
    period: Period | None
    currency: str
    rules: Sequence[PoolRule]

    def sums(self, columns: str, lines: Sequence[str]) -> list[tuple[Any, ...]]:
        """EffectiveCost of charges on `lines` by `columns` (SQL), cut at the edges of the period."""
        return read_sums(self.con, self.period, self.currency, self.rules, columns, lines)


def _counted(asked: Cells, keys: str, columns: str) -> str:
    """SELECT of the cells that `asked` is about, with `keys` and `columns`."""
    return (
        f"(select {keys} {columns} from {asked.cells} "
        f"where day >= date '{asked.start}' and day < date '{asked.end}' and {asked.counted})"
    )


def _metered(
    con: duckdb.DuckDBPyConnection, prepared: Prepared
) -> tuple[dict[Key | None, dict[str | None, Decimal]], dict[Key | None, Decimal]]:
    """Metered cost by group and provider; and by group what pools split by cost add to it."""
    by = prepared.grouping.by
    cost = " + ".join(f"s.{kind}_tokens * (r.{kind}_billed + r.{kind}_list)" for kind in KINDS)
    added = " + ".join(f"s.{kind}_tokens * r.{kind}_share" for kind in KINDS)
    same = " and ".join(f"s.{name} is not distinct from r.{name}" for name in KEY_COLUMNS)
    columns = ", ".join((*KEY_COLUMNS, *TOKEN_COLUMNS))
    cells = _counted(prepared.relations.asked, key_sql(by), columns)
    rows = query(
        con,
        f"select {key_names(by)} s.provider, sum({cost}), sum({added}) from {cells} as s "
        f"inner join {RATES} as r on {same} group by all",
    )
    found: dict[Key | None, dict[str | None, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    spread: dict[Key | None, Decimal] = defaultdict(Decimal)
    for *key, provider, amount, share in rows:
        name = canonical_provider(None if provider is None else str(provider))
        for each in (tuple(key), None):
            found[each][name] = add(found[each][name], amount or ZERO)
            spread[each] = add(spread[each], share or ZERO)
    return found, spread


_SERVED = {
    "prefill": "(" + " + ".join(f"s.{name}" for name in PREFILL) + ")",
    "cached": "s.cache_read_tokens",
    "output": "s.output_tokens",
    "rows": "s.served_rows",
}
_BUSY = " + ".join(f"{_SERVED[of]} * k.busy_{of}" for of in OF_TOKENS)
_SERVED_COLUMNS = ", ".join(
    ("served_by", "served_key", "day", "served_rows", "requests", *TOKEN_COLUMNS)
)
_CAPACITY = (
    f"as s inner join {CAPACITY} as k on s.served_by = k.of_pool "
    "and s.served_key is not distinct from k.of_key and s.day >= k.from_day and s.day < k.until_day"
)


def _capacity(
    con: duckdb.DuckDBPyConnection, prepared: Prepared
) -> tuple[dict[Key | None, dict[Deployment, Decimal]], dict[Key | None, Decimal]]:
    """What a group's busy time costs by pool and deployment, and what its seats do."""
    by = prepared.grouping.by
    cells = _counted(prepared.relations.asked, key_sql(by), _SERVED_COLUMNS)
    rows = query(
        con,
        f"select {key_names(by)} k.of_pool, k.of_key, sum({_BUSY}), sum(s.requests * k.seat) "
        f"from {cells} {_CAPACITY} group by all",
    )
    held: dict[Key | None, dict[Deployment, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    seats: dict[Key | None, Decimal] = defaultdict(Decimal)
    for *key, pool, deployment, cost, seat in rows:
        for each in (tuple(key), None):
            held[each][pool, deployment] = add(held[each][pool, deployment], cost or ZERO)
            seats[each] = add(seats[each], seat or ZERO)
    return held, seats


def _held_by_all(con: duckdb.DuckDBPyConnection, prepared: Prepared) -> dict[Deployment, Decimal]:
    """What the busy time of all requests costs by pool and deployment, whatever is asked about."""
    cells = _counted(prepared.relations.everything, "", _SERVED_COLUMNS)
    rows = query(
        con, f"select k.of_pool, k.of_key, sum({_BUSY}) from {cells} {_CAPACITY} group by all"
    )
    return {(pool, deployment): cost or ZERO for pool, deployment, cost in rows}


def _unused(charges: _Charges) -> tuple[dict[str | None, Decimal], dict[str, Decimal]]:
    """What commitments cost while unused: of metered pools by provider, of others by pool."""
    provider = "coalesce(ServiceProviderName, ProviderName, PublisherName)"
    kinds = {rule.name: rule.kind for rule in charges.rules}
    metered: dict[str | None, Decimal] = defaultdict(Decimal)
    others: dict[str, Decimal] = defaultdict(Decimal)
    for pool, of, cost in charges.sums(f"pool, {provider}", ("commitment_unused",)):
        if kinds.get(pool) == "metered":
            name = canonical_provider(of)
            metered[name] = add(metered[name], cost)
        elif pool is not None:
            others[pool] = add(others[pool], cost)
    return metered, others


def _scales(charges: _Charges, config: Config) -> dict[str, Fraction]:
    """The part of each pool's cost that grows with traffic."""
    fixed = ", ".join(f"'{name}'" for name in FIXED_FREQUENCIES)
    is_fixed = f"coalesce(ChargeFrequency in ({fixed}), false)"
    costs: dict[str, dict[bool, Decimal]] = defaultdict(lambda: {True: ZERO, False: ZERO})
    for pool, still, cost in charges.sums(f"pool, {is_fixed}", UNIT_LINES):
        costs[pool][still] = cost
    told = {
        pool: 1 - Fraction(cost[True]) / whole if (whole := Fraction(total(cost.values()))) else 1
        for pool, cost in costs.items()
    }
    given = {pool.name: Fraction(pool.scales) for pool in config.pools if pool.scales is not None}
    return {**{pool: Fraction(part) for pool, part in told.items()}, **given}
