"""What doubled traffic of one group would cost, when everybody else's stays as it is.

    factor = (added cost / added requests) / (cost / requests) = added cost / cost

Metered tokens double, failures and retries with them, less what commitments that lie unused would cover.
Of shared pools the part that is charged by usage doubles. Capacity costs nothing more until its busiest
hour is full within objectives (`finops.analysis.headroom`); then it costs what has to be bought, less what
the pool's own unused commitments would cover. Seats cost what they cost.
"""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from finops.analysis.authoritative import canonical_provider
from finops.analysis.capacity.install import OF_TOKENS
from finops.analysis.capacity.install import RATES as CAPACITY
from finops.analysis.capacity.usage import PREFILL
from finops.analysis.charges import charge_rows
from finops.analysis.headroom import Step, read_hours, step
from finops.analysis.logged import KEY_COLUMNS, RATES
from finops.analysis.measures import Measured
from finops.analysis.metering import KINDS
from finops.analysis.numbers import known_cost
from finops.analysis.pools import pool_rules
from finops.analysis.sources import keys as key_sql
from finops.analysis.sources import names as key_names
from finops.ledger.engine import query
from finops.model.money import ZERO, add, divide, multiply, subtract, total, truncate
from finops.model.period import Period
from finops.model.tables import TOKEN_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import duckdb

    from finops.analysis.capacity.model import DeviceMonth
    from finops.analysis.economics import Prepared, Question
    from finops.analysis.headroom import Hour
    from finops.analysis.measures import Group
    from finops.analysis.pools import PoolRule
    from finops.analysis.sharing import Shares
    from finops.config import Config

__all__ = [
    "FIXED_FREQUENCIES",
    "Doubled",
    "Growth",
    "Marginal",
    "Parts",
    "Sources",
    "double",
    "double_all",
    "read_parts",
]

FIXED_FREQUENCIES = ("Recurring", "One-Time")
"""ChargeFrequency of charges that do not grow with traffic."""

Key = tuple[object, ...]
_Name = TypeVar("_Name")


class Growth(NamedTuple):
    """What of a group's share of one shared pool grows with traffic; several pools split evenly are one."""

    pool: str
    cost: Decimal
    part: Fraction

    @property
    def amount(self) -> Decimal:
        """What it comes to, cut at the ledger's last place."""
        return truncate(Fraction(self.cost) * self.part)


class Sources(NamedTuple):
    """What the parts of a marginal cost are sums of: by provider, by pool, and what seats cost."""

    metered: Mapping[str | None, Decimal]
    unused: Mapping[str | None, Decimal]
    scaling: tuple[Growth, ...]
    seats: Decimal


class Marginal(NamedTuple):
    """A group's cost in parts, what each would add if its traffic doubled, and the steps it takes.

    `added` is None where a step is not known. `covered` is what unused commitments take off `metered` and
    off what the steps cost.
    """

    keys: Key
    requests: int
    cost: Decimal | None
    metered: Decimal
    covered: Decimal
    shared: Decimal
    scaling: Decimal
    capacity: Decimal
    steps: tuple[Step, ...]
    sources: Sources

    @property
    def added(self) -> Decimal | None:
        """What doubled traffic would add in the period."""
        if self.cost is None or any(each.units is None for each in self.steps):
            return None
        bought = total(each.period_cost or ZERO for each in self.steps)
        return total((subtract(self.metered, self.covered), self.scaling, bought))

    @property
    def factor(self) -> float | None:
        """Added cost over cost: 1 grows in step, less is cheaper, more is dearer."""
        if self.added is None or not self.cost:
            return None
        return float(divide(self.added, self.cost))

    @property
    def why(self) -> str | None:
        """Why there is no factor; None where there is one."""
        if self.factor is not None:
            return None
        reasons = sorted({each.why for each in self.steps if each.why is not None})
        return "; ".join(reasons) or (
            "nothing of it has a price" if self.cost is None else "nothing in it costs anything"
        )


class Doubled(NamedTuple):
    """Each measured group doubled, in their order, and everything doubled at once."""

    groups: tuple[Marginal, ...]
    total: Marginal

    def on(self, measured: Measured) -> Measured:
        """`measured`, each group with what it would cost doubled."""
        pairs = zip(measured.groups, self.groups, strict=True)
        return Measured(
            tuple(group._replace(doubled=found) for group, found in pairs),
            measured.total._replace(doubled=self.total),
        )


def double(
    con: duckdb.DuckDBPyConnection,
    config: Config,
    prepared: Prepared,
    question: Question,
    measured: Measured,
) -> Doubled:
    """What each group of `measured` would cost doubled; reads device time hour by hour."""
    return double_all([(read_parts(con, config, prepared, question), measured)], measured)


def read_parts(
    con: duckdb.DuckDBPyConnection, config: Config, prepared: Prepared, question: Question
) -> Parts:
    """What `double_all` needs of the days of `question`, which `prepared` is on `con` for."""
    rules = pool_rules(config.pools, config.owned)
    rows = charge_rows(question.period, prepared.currency, rules)
    held, seats = _capacity(con, prepared)
    months = prepared.allocation.capacity.months
    period = prepared.scope.period
    return Parts(
        period,
        prepared.allocation.shares,
        months,
        _metered(con, prepared),
        held,
        seats,
        *_unused(con, rows, rules),
        _scales(con, rows, config),
        read_hours(con, months, prepared.relations.hours, period),
    )


def double_all(stretches: Sequence[tuple[Parts, Measured]], whole: Measured) -> Doubled:
    """What each group of `whole` would cost doubled: the sum of what was measured of `stretches` of time.

    Capacity is held against the busiest hour of all of them, at the rates of its newest month.
    """
    span = _Span.of([parts for parts, _ in stretches])
    totals = [measured.total for _, measured in stretches]
    by_key: dict[Key, list[Group | None]] = {
        group.keys: [None] * len(stretches) for group in whole.groups
    }
    for place, (_, measured) in enumerate(stretches):
        for group in measured.groups:
            by_key[group.keys][place] = group
    return Doubled(
        tuple(span.marginal(group, group.keys, by_key[group.keys]) for group in whole.groups),
        span.marginal(whole.total, None, totals),
    )


class Parts(NamedTuple):
    """What the parts of every group's cost in `period` are made of; the key None is everything."""

    period: Period
    shares: Shares
    months: tuple[DeviceMonth, ...]
    metered: Mapping[Key | None, Mapping[str | None, Decimal]]
    held: Mapping[Key | None, Mapping[tuple[str, str | None], Decimal]]
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
        return _Portions(shared, self._scaling(group, spent, shared), capacity)

    def _scaling(self, group: Group, metered: Decimal, shared: Decimal) -> tuple[Growth, ...]:
        """The group's shares of shared pools, and the part of each that grows with traffic."""
        units = {
            "requests": group.counts["requests"],
            "tokens": sum(group.counts[name] for name in TOKEN_COLUMNS),
            "retrievals": group.counts["retrievals"],
            "bytes": group.counts["bytes_moved"],
        }
        known = ZERO
        growing: list[Growth] = []
        for share in self.shares.shares:
            if share.rate is not None and share.pool.driver in units:
                cost = multiply(share.rate, units[share.pool.driver])
                known = add(known, cost)
                growing.append(Growth(share.pool.name, cost, self._part(share.pool.name)))
        for pool, fraction in self.shares.of_cost:
            cost = truncate(Fraction(metered) * fraction)
            known = add(known, cost)
            growing.append(Growth(pool.name, cost, self._part(pool.name)))
        even = [
            each.pool
            for each in self.shares.shares
            if each.rate is None and each.pool.driver == "even"
        ]
        whole = total(pool.cost for pool in even)
        if whole:
            grows = sum((Fraction(pool.cost) * self._part(pool.name) for pool in even), Fraction(0))
            names = ", ".join(pool.name for pool in even)
            growing.append(Growth(names, subtract(shared, known), grows / Fraction(whole)))
        return tuple(growing)

    def _part(self, pool: str) -> Fraction:
        return self.scales.get(pool, Fraction(1))


class _Portions(NamedTuple):
    shared: Decimal
    scaling: tuple[Growth, ...]
    capacity: Decimal


class _Span(NamedTuple):
    """Stretches of time that follow each other, as one."""

    period: Period
    parts: tuple[Parts, ...]
    newest: Mapping[str, DeviceMonth]
    hours: Mapping[str, tuple[Hour, ...]]
    unused: Mapping[str | None, Decimal]
    unused_capacity: Mapping[str, Decimal]
    everyone: Mapping[tuple[str, str | None], Decimal]

    @classmethod
    def of(cls, parts: Sequence[Parts]) -> _Span:
        pools = dict.fromkeys(name for each in parts for name in each.hours)
        return cls(
            Period(parts[0].period.start, parts[-1].period.end),
            tuple(parts),
            {month.facts.pool.name: month for each in parts for month in each.months},
            {name: tuple(h for each in parts for h in each.hours.get(name, ())) for name in pools},
            _added([each.unused for each in parts]),
            _added([each.unused_capacity for each in parts]),
            _added([each.held.get(None, {}) for each in parts]),
        )

    def marginal(self, group: Group, key: Key | None, found: Sequence[Group | None]) -> Marginal:
        """`group` doubled; `found` is what each stretch measured of it, `key` None for everything."""
        metered = _added([each.metered.get(key, {}) for each in self.parts])
        portions = [
            parts.portions(each, key)
            for parts, each in zip(self.parts, found, strict=True)
            if each is not None
        ]
        covered = total(
            min(cost, self.unused.get(provider, ZERO))
            for provider, cost in metered.items()
            if cost > 0
        )
        growing = tuple(growth for each in portions for growth in each.scaling)
        seats = total(each.seats.get(key, ZERO) for each in self.parts)
        steps = self._steps(_added([each.held.get(key, {}) for each in self.parts]))
        return Marginal(
            group.keys,
            group.counts["requests"],
            known_cost(group),
            total(metered.values()),
            total((covered, *(each.covered for each in steps))),
            total(each.shared for each in portions),
            total(each.amount for each in growing),
            total(each.capacity for each in portions),
            steps,
            Sources(metered, self.unused, growing, seats),
        )

    def _steps(self, held: Mapping[tuple[str, str | None], Decimal]) -> tuple[Step, ...]:
        """What each capacity pool the group is served by needs, by its newest month."""
        shares: dict[str, dict[str | None, Fraction]] = defaultdict(dict)
        for (pool, key), cost in held.items():
            if pool in self.newest and cost and self.everyone.get((pool, key)):
                shares[pool][key] = Fraction(cost) / Fraction(self.everyone[pool, key])
        return tuple(
            step(
                self.newest[pool],
                self.hours.get(pool, ()),
                mine,
                self.period,
                self.unused_capacity.get(pool, ZERO),
            )
            for pool, mine in sorted(shares.items())
        )


def _added(found: Sequence[Mapping[_Name, Decimal]]) -> dict[_Name, Decimal]:
    """Amounts by name, over all of `found`."""
    names = dict.fromkeys(name for each in found for name in each)
    return {name: total(each[name] for each in found if name in each) for name in names}


def _counted(prepared: Prepared, columns: str) -> str:
    """The cells the question is about, with its keys and `columns`."""
    asked = prepared.relations.asked
    return (
        f"(select {key_sql(prepared.grouping.by)} {columns} from {asked.cells} "
        f"where day >= date '{asked.start}' and day < date '{asked.end}' and {asked.counted})"
    )


def _metered(
    con: duckdb.DuckDBPyConnection, prepared: Prepared
) -> dict[Key | None, dict[str | None, Decimal]]:
    """Metered cost by group and provider."""
    by = prepared.grouping.by
    cost = " + ".join(f"s.{kind}_tokens * (r.{kind}_billed + r.{kind}_list)" for kind in KINDS)
    same = " and ".join(f"s.{name} is not distinct from r.{name}" for name in KEY_COLUMNS)
    cells = _counted(prepared, ", ".join((*KEY_COLUMNS, *TOKEN_COLUMNS)))
    rows = query(
        con,
        f"select {key_names(by)} s.provider, sum({cost}) from {cells} as s "
        f"inner join {RATES} as r on {same} group by all",
    )
    found: dict[Key | None, dict[str | None, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for *key, provider, amount in rows:
        name = canonical_provider(None if provider is None else str(provider))
        for each in (tuple(key), None):
            found[each][name] = add(found[each][name], amount or ZERO)
    return found


def _capacity(
    con: duckdb.DuckDBPyConnection, prepared: Prepared
) -> tuple[dict[Key | None, dict[tuple[str, str | None], Decimal]], dict[Key | None, Decimal]]:
    """What a group's busy time costs by pool and deployment, and what its seats do."""
    by = prepared.grouping.by
    counts = {
        "prefill": "(" + " + ".join(f"s.{name}" for name in PREFILL) + ")",
        "cached": "s.cache_read_tokens",
        "output": "s.output_tokens",
        "rows": "s.served_rows",
    }
    busy = " + ".join(f"{counts[of]} * k.busy_{of}" for of in OF_TOKENS)
    columns = ("served_by", "served_key", "day", "served_rows", "requests", *TOKEN_COLUMNS)
    rows = query(
        con,
        f"select {key_names(by)} k.of_pool, k.of_key, sum({busy}), sum(s.requests * k.seat) "
        f"from {_counted(prepared, ', '.join(columns))} as s inner join {CAPACITY} as k "
        "on s.served_by = k.of_pool and s.served_key is not distinct from k.of_key "
        "and s.day >= k.from_day and s.day < k.until_day group by all",
    )
    held: dict[Key | None, dict[tuple[str, str | None], Decimal]] = defaultdict(
        lambda: defaultdict(Decimal)
    )
    seats: dict[Key | None, Decimal] = defaultdict(Decimal)
    for *key, pool, deployment, cost, seat in rows:
        for each in (tuple(key), None):
            held[each][pool, deployment] = add(held[each][pool, deployment], cost or ZERO)
            seats[each] = add(seats[each], seat or ZERO)
    return held, seats


def _unused(
    con: duckdb.DuckDBPyConnection, rows: str, rules: Sequence[PoolRule]
) -> tuple[dict[str | None, Decimal], dict[str, Decimal]]:
    """What commitments cost while unused: of metered pools by provider, of others by pool."""
    found = query(
        con,
        "select coalesce(ServiceProviderName, ProviderName, PublisherName), pool, "
        f"sum(EffectiveCost) from ({rows}) as charges where line = 'commitment_unused' group by all",
    )
    kinds = {rule.name: rule.kind for rule in rules}
    metered: dict[str | None, Decimal] = defaultdict(Decimal)
    others: dict[str, Decimal] = defaultdict(Decimal)
    for provider, pool, cost in found:
        if kinds.get(pool) == "metered":
            name = canonical_provider(provider)
            metered[name] = add(metered[name], cost or ZERO)
        elif pool is not None:
            others[pool] = add(others[pool], cost or ZERO)
    return metered, others


def _scales(con: duckdb.DuckDBPyConnection, rows: str, config: Config) -> dict[str, Fraction]:
    """The part of each pool's cost that grows with traffic."""
    fixed = ", ".join(f"'{name}'" for name in FIXED_FREQUENCIES)
    found = query(
        con,
        f"select pool, sum(EffectiveCost), sum(EffectiveCost) filter (where ChargeFrequency in ({fixed})) "
        f"from ({rows}) as charges where line in ('usage', 'commitment_unused') group by pool",
    )
    told = {
        pool: 1 - Fraction(still or ZERO) / Fraction(cost) if cost else Fraction(1)
        for pool, cost, still in found
    }
    given = {pool.name: Fraction(pool.scales) for pool in config.pools if pool.scales is not None}
    return {**told, **given}
