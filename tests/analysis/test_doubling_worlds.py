"""Doubled traffic against its reference: every part, step and factor of every group, to the last digit."""

from __future__ import annotations

import random
import tempfile
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.analysis.ledgers import ask, config, make_ledger
from tests.analysis.reference.doubling import Doubled, doubled
from tests.analysis.test_model import DIMENSIONS, FILTERS, PERIODS, reference, values
from tests.analysis.worlds import OBJECTIVES, WORLD_PRICES, World, world

if TYPE_CHECKING:
    from finops.analysis.doubling import Marginal
    from finops.analysis.economics import UnitEconomics
    from finops.analysis.headroom import Step
    from finops.config import Config
    from finops.ledger.store import Ledger
    from finops.model.period import Period
    from tests.analysis.reference.headroom import Bought
    from tests.analysis.reference.rows import PoolOf

FREQUENCIES = (None, "Usage-Based", "Recurring", "One-Time")
INCLUDES: tuple[tuple[str, ...], ...] = ((), (), ("credits", "tax"), ("unused", "idle"))


def growing(seed: int, requests: int, costs: int) -> World:
    """The company `seed` names; some charges recur, some pools say what grows and how busy they may be."""
    dice = random.Random(seed)
    company = world(seed, requests, costs)
    return company._replace(
        costs=tuple({**row, "ChargeFrequency": dice.choice(FREQUENCIES)} for row in company.costs),
        pools=tuple(_limited(dice, pool) for pool in company.pools),
    )


def _limited(dice: random.Random, pool: PoolOf) -> PoolOf:
    if pool.kind == "shared":
        return replace(pool, scales=dice.choice((None, None, None, True, False)))
    if pool.kind in {"gpu", "provisioned"}:
        return replace(pool, max_busy=dice.choice((None, "1", "0.35", "0.001")))
    return pool


def expect(found: Marginal, wanted: Doubled, what: object) -> None:
    """A group is what the reference says, to the digit."""
    parts = (found.metered, found.covered, found.shared, found.scaling, found.capacity)
    assert list(map(Fraction, parts)) == [
        wanted.metered, wanted.covered, wanted.shared, wanted.scaling, wanted.capacity,
    ], what  # fmt: skip
    assert found.requests == wanted.requests, what
    assert exact(found.cost) == wanted.cost, what
    assert [bought(each) for each in found.steps] == [told(each) for each in wanted.steps], what
    assert exact(found.added) == wanted.added, what
    assert found.factor == wanted.factor, what


def exact(amount: object) -> Fraction | None:
    return None if amount is None else Fraction(str(amount))


def bought(step: Step) -> tuple[object, ...]:
    """Everything a step says."""
    why = None if step.why is None else step.why.rpartition(" without ")[2]
    numbers = (step.monthly_cost, step.period_cost, step.unused, step.covered)
    return (
        step.pool, Fraction(step.max_busy), step.hour, step.load, step.there, step.units,
        *map(exact, numbers), step.busy, why,
    )  # fmt: skip


def told(step: Bought) -> tuple[object, ...]:
    """The same of the reference."""
    busy = None if step.load is None or not step.there else float(step.load / step.there)
    return (
        step.pool, step.limit, step.hour, step.load, step.there, step.units,
        step.monthly, step.price, step.unused, step.covered, busy, step.missing,
    )  # fmt: skip


def compare(
    ledger: Ledger,
    setup: Config,
    company: World,
    by: tuple[str, ...],
    *,
    period: Period | None,
    where: str | None = None,
    include: tuple[str, ...] = (),
) -> UnitEconomics:
    """Ask, and hold every group and everything together against the reference."""
    answer = ask(ledger, setup, *by, period=period, where=where, include=include, marginal=True)
    keep = FILTERS[where] if where else lambda _: True
    model = reference(company, period, include)
    groups = doubled(model, lambda row: values(by, row), keep)
    assert {group.keys for group in answer.groups} == set(groups) or not by
    for group in answer.groups if by else ():
        assert group.doubled is not None
        expect(group.doubled, groups[group.keys], (by, group.keys, where))
    whole = doubled(model, keep=keep).get(())
    assert answer.total.doubled is not None
    if whole is not None:
        expect(answer.total.doubled, whole, ("total", where))
    return answer


def check(seed: int, requests: int = 40, costs: int = 40) -> None:
    """One random company, asked about some days by some dimensions."""
    dice = random.Random(seed + 1)
    company = growing(seed, requests, costs)
    setup = config(*company.settings(), prices=WORLD_PRICES, slo=OBJECTIVES)
    with tempfile.TemporaryDirectory() as folder:
        ledger = make_ledger(
            Path(folder),
            costs=company.costs,
            requests=company.requests,
            samples=company.samples,
        )
        for period in dice.sample(PERIODS, 2):
            by = tuple(dice.sample(DIMENSIONS, dice.choice((1, 2))))
            where, include = dice.choice((None, *FILTERS)), dice.choice(INCLUDES)
            compare(ledger, setup, company, by, period=period, where=where, include=include)


@pytest.mark.parametrize("seed", [1, 2])
def test_doubled_traffic_is_what_its_description_says(seed: int) -> None:
    check(seed)
