"""What doubled traffic of one group would cost, when everybody else's stays as it is.

    factor = (added cost / added requests) / (cost / requests) = added cost / cost

Metered tokens double, failures and retries with them, less what commitments that lie unused in the same
month would cover. Of shared pools the part that is charged by usage doubles. Capacity costs nothing more
until its busiest hour is full within objectives (`finops.analysis.headroom`); then it costs what has to be
bought, less what the pool's own unused commitments would cover. Seats cost what they cost. A filter narrows what is doubled, never what is there beside it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeVar

from finops.analysis.growth import read_parts
from finops.analysis.headroom import step
from finops.analysis.measures import Measured
from finops.analysis.numbers import known_cost
from finops.model.money import ZERO, divide, subtract, total
from finops.model.period import Period

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from decimal import Decimal

    import duckdb

    from finops.analysis.capacity.model import DeviceMonth
    from finops.analysis.economics import Prepared, Question
    from finops.analysis.growth import Cover, Growth, Key, Parts
    from finops.analysis.headroom import Step
    from finops.analysis.measures import Group
    from finops.config import Config

__all__ = ["Doubled", "Marginal", "Sources", "double", "double_all"]

_Name = TypeVar("_Name")


class Sources(NamedTuple):
    """What the parts of a marginal cost are sums of: by provider, by pool, and what seats cost."""

    metered: Mapping[str | None, Decimal]
    covers: tuple[Cover, ...]
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


def double_all(stretches: Sequence[tuple[Parts, Measured]], whole: Measured) -> Doubled:
    """What each group of `whole` would cost doubled: the sum of what was measured of `stretches` of time.

    Capacity is held against the busiest hour of all of them, at the rates of its newest month; what a group
    adds to an hour goes by its share of the stretch the hour is in.
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


class _Span(NamedTuple):
    """Stretches of time that follow each other, as one."""

    period: Period
    parts: tuple[Parts, ...]
    newest: Mapping[str, DeviceMonth]

    @classmethod
    def of(cls, parts: Sequence[Parts]) -> _Span:
        return cls(
            Period(parts[0].period.start, parts[-1].period.end),
            tuple(parts),
            {month.facts.pool.name: month for each in parts for month in each.months},
        )

    def marginal(self, group: Group, key: Key | None, found: Sequence[Group | None]) -> Marginal:
        """`group` doubled; `found` is what each stretch measured of it, `key` None for everything."""
        metered = _added([each.metered.get(key, {}) for each in self.parts])
        portions = [
            parts.portions(each, key)
            for parts, each in zip(self.parts, found, strict=True)
            if each is not None
        ]
        covers = tuple(cover for parts in self.parts for cover in parts.covers(key))
        growing = tuple(growth for each in portions for growth in each.scaling)
        seats = total(each.seats.get(key, ZERO) for each in self.parts)
        steps = tuple(self._steps(key))
        return Marginal(
            group.keys,
            group.counts["requests"],
            known_cost(group),
            total(metered.values()),
            total((*(each.amount for each in covers), *(each.covered for each in steps))),
            total(each.shared for each in portions),
            total(each.amount for each in growing),
            total(each.capacity for each in portions),
            steps,
            Sources(metered, covers, growing, seats),
        )

    def _steps(self, key: Key | None) -> Iterator[Step]:
        """What each capacity pool the group is served by needs, by its newest month."""
        for pool, month in sorted(self.newest.items()):
            shares = [each.share_of(key, pool) for each in self.parts]
            if any(shares):
                hours = [
                    hour
                    for parts, mine in zip(self.parts, shares, strict=True)
                    for hour in parts.grown(pool, mine)
                ]
                unused = total(each.unused_capacity.get(pool, ZERO) for each in self.parts)
                yield step(month, hours, self.period, unused)


def _added(found: Sequence[Mapping[_Name, Decimal]]) -> dict[_Name, Decimal]:
    """Amounts by name, over all of `found`."""
    names = dict.fromkeys(name for each in found for name in each)
    return {name: total(each[name] for each in found if name in each) for name in names}
