"""Doubled traffic in the reference: what as much again of some requests would add, the others staying as they are.

Written from "When traffic doubles" of docs/model.md. Every part is that of a month, taken attempt by attempt,
and added up; only what has to be bought is looked for over all days at once (`headroom`).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from tests.analysis.reference.headroom import Bought, bought
from tests.analysis.reference.inside import charges_of, line_of, sum_of
from tests.analysis.reference.rows import KINDS, Attempt, Shared, cut, provider_of
from tests.analysis.reference.sharing import of_cost, share

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.analysis.reference.bill import Bill, Line
    from tests.analysis.reference.model import Reference
    from tests.analysis.reference.rows import Row

Key = tuple[object, ...]

FIXED = frozenset({"Recurring", "One-Time"})
UNIT = frozenset({"usage", "commitment_unused"})


@dataclass(frozen=True)
class Doubled:
    """A group's cost in parts, and what each would add. `cost` None: nothing of it has a price."""

    requests: int
    cost: Fraction | None
    metered: Fraction
    covered: Fraction
    shared: Fraction
    scaling: Fraction
    capacity: Fraction
    steps: tuple[Bought, ...]

    @property
    def added(self) -> Fraction | None:
        """Metered less covered, what grows, and what has to be bought; None where that is not known."""
        prices = [each.price for each in self.steps]
        known = [price for price in prices if price is not None]
        if self.cost is None or len(known) < len(prices):
            return None
        return self.metered - self.covered + self.scaling + sum(known, Fraction(0))

    @property
    def factor(self) -> float | None:
        """Added over cost, to the 24th decimal place."""
        if self.added is None or not self.cost:
            return None
        return float(Fraction(round(self.added / self.cost * 10**24), 10**24))


def doubled(
    company: Reference,
    key: Callable[[Row], Key] = lambda _: (),
    keep: Callable[[Row], bool] = lambda _: True,
) -> dict[Key, Doubled]:
    """What each group by `key` would cost doubled, of the requests that `keep` lets through."""
    groups: dict[Key, list[list[Attempt]]] = defaultdict(lambda: [[] for _ in company.months])
    for place, month in enumerate(company.months):
        for each in month.inside:
            if keep(each.row):
                groups[key(each.row)][place].append(each)
    shares = [_Shares(month) for month in company.months]
    return {name: _double(company, shares, months) for name, months in groups.items()}


def _double(
    company: Reference, shares: Sequence[_Shares], months: Sequence[Sequence[Attempt]]
) -> Doubled:
    everyone = [each for month in months for each in month]
    cost = sum((sum(company.components(e).values(), Fraction(0)) for e in everyone), Fraction(0))
    unpriced = any(e.count(k) for e in everyone for k in KINDS if e.rates[k][1] == "unpriced")
    pairs = list(zip(shares, months, strict=True))
    steps = bought(company, months)
    return Doubled(
        sum(each.is_request for each in everyone),
        None if unpriced and not cost else cost,
        sum((_metered(each) for each in everyone), Fraction(0)),
        sum((_covered(of.month.bill, mine) for of, mine in pairs), Fraction(0))
        + sum((each.covered for each in steps), Fraction(0)),
        sum((of.cost(mine) for of, mine in pairs), Fraction(0)),
        sum((of.growth(mine) for of, mine in pairs), Fraction(0)),
        sum((sum(each.capacity.values(), Fraction(0)) for each in everyone), Fraction(0)),
        steps,
    )


def _metered(each: Attempt) -> Fraction:
    return sum((each.cost(kind) for kind in KINDS), Fraction(0))


def _covered(bill: Bill, attempts: Sequence[Attempt]) -> Fraction:
    """Of each provider the smaller of its tokens and its unused commitments, where both are above zero."""
    spent: dict[str, Fraction] = defaultdict(Fraction)
    for each in attempts:
        spent[each.name[0]] += _metered(each)
    charges = [
        row
        for row in charges_of(bill)
        if bill.pool(row)[1] == "metered" and line_of(bill, row) == "commitment_unused"
    ]
    return sum(
        (
            max(
                Fraction(0), min(cost, sum_of(bill, [r for r in charges if provider_of(r) == name]))
            )
            for name, cost in spent.items()
        ),
        Fraction(0),
    )


class _Shares:
    """A month's shared pools one by one, and what of each grows."""

    def __init__(self, month: Reference) -> None:
        self.month, bill = month, month.bill
        pools: dict[tuple[object, ...], list[Line]] = defaultdict(list)
        for line in bill.lines:
            if line.line in month.include:
                pools[line.line, None, line.origin].append(line)
            elif line.kind == "shared" and line.line in UNIT:
                pools[line.pool, line.line, line.origin].append(line)
        self.pools = []
        for (name, of, _), lines in pools.items():
            driver = "cost" if of is None else lines[0].driver or "requests"
            made = share(lines, month.include, month.inside)
            part = Fraction(1) if of is None else self._part(str(name))
            amount = sum((line.amount for line in lines), Fraction(0))
            self.pools.append((driver, made, part, amount))

    def _part(self, name: str) -> Fraction:
        """What of a pool grows: as it says, else what is neither recurring nor paid once."""
        bill = self.month.bill
        told = [pool.scales for pool in bill.pools if pool.name == name and pool.scales is not None]
        if told:
            return Fraction(told[0])
        rows = [r for r in charges_of(bill) if bill.pool(r)[0] == name and line_of(bill, r) in UNIT]
        still = sum_of(bill, [row for row in rows if row["ChargeFrequency"] in FIXED])
        moves = sum_of(bill, [row for row in rows if row["ChargeFrequency"] not in FIXED])
        return 1 - still / (still + moves) if still + moves else Fraction(1)

    def cost(self, attempts: Sequence[Attempt]) -> Fraction:
        """The share of all pools."""
        return sum((_share(made, attempts) for _, made, _, _ in self.pools), Fraction(0))

    def growth(self, attempts: Sequence[Attempt]) -> Fraction:
        """What of the share grows; pools split by cost count together, and so do those split evenly."""
        grows = Fraction(0)
        for driver, made, part, _ in self.pools:
            if driver not in {"cost", "even"}:
                grows += cut(_share(made, attempts) * part)
        for together in ("cost", "even"):
            mine = [
                (_share(made, attempts), part, amount)
                for driver, made, part, amount in self.pools
                if driver == together and not any(made.unallocated.values())
            ]
            whole = sum((amount for _, _, amount in mine), Fraction(0))
            if whole:
                part = sum((amount * each for _, each, amount in mine), Fraction(0)) / whole
                grows += cut(sum((each for each, _, _ in mine), Fraction(0)) * part)
        return grows


def _share(made: Shared, attempts: Sequence[Attempt]) -> Fraction:
    found = Fraction(0)
    for each in attempts:
        found += each.tokens * made.per["tokens"] + each.bytes * made.per["bytes"]
        if each.is_request:
            found += made.per["requests"] + made.by_workflow[each.row["workflow"]]
        if each.is_retrieval:
            found += made.per["retrievals"]
        found += sum((of_cost(each, k, part) for part in made.of_cost for k in KINDS), Fraction(0))
    return found
