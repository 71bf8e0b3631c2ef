"""What must hold of doubled traffic whoever asks: alone, among others, through a filter, in a closed month."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

import pytest

from finops.analysis.economics import Question
from finops.analysis.settled import settle
from finops.model.money import total
from tests.analysis.ledgers import add, ask, config, cost, make_ledger, request
from tests.analysis.test_closing import close
from tests.analysis.test_doubling_worlds import compare, growing
from tests.analysis.test_model import PERIODS
from tests.analysis.worlds import OBJECTIVES, WORLD_PRICES, World

if TYPE_CHECKING:
    from pathlib import Path

    from finops.analysis.doubling import Marginal
    from finops.config import Config
    from finops.ledger.store import Ledger
    from finops.model.period import Period
    from tests.analysis.ledgers import Row

MONTH, SPAN = PERIODS[1], PERIODS[2]
D = Decimal


class Company(NamedTuple):
    """A random company whose charges partly recur, and whose pools may be nearly full."""

    world: World
    ledger: Ledger
    settings: Config

    def doubled(
        self, by: tuple[str, ...], period: Period | None, where: str | None = None
    ) -> tuple[dict[tuple[object, ...], Marginal], Marginal]:
        """By group, and everything that is asked about."""
        answer = ask(self.ledger, self.settings, *by, period=period, where=where, marginal=True)
        groups = {each.keys: each.doubled for each in answer.groups if each.doubled is not None}
        assert len(groups) == len(answer.groups)
        assert answer.total.doubled is not None
        return groups, answer.total.doubled


@pytest.fixture(scope="module", params=[5])
def company(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Company:
    made = growing(request.param, 60, 60)
    ledger = make_ledger(
        tmp_path_factory.mktemp("company"),
        costs=made.costs,
        requests=made.requests,
        samples=made.samples,
    )
    setup = config(*made.settings(), prices=WORLD_PRICES, slo=OBJECTIVES)
    return Company(made, ledger, setup)


def test_parts_of_groups_add_up_and_everything_needs_no_less_than_any_of_them(
    company: Company,
) -> None:
    groups, whole = company.doubled(("workflow",), SPAN)
    assert len(groups) == 3
    for name in ("requests", "metered", "shared", "capacity"):
        parts = [getattr(each, name) for each in groups.values()]
        assert getattr(whole, name) == (sum(parts) if name == "requests" else total(parts)), name
    needed = {step.pool: step for step in whole.steps}
    for each in groups.values():
        for step in each.steps:
            assert (step.units is None) == (needed[step.pool].units is None)
            assert (step.units or 0) <= (needed[step.pool].units or 0)
    assert any(step.units for step in whole.steps)


def test_who_is_alone_has_the_numbers_of_everything(company: Company) -> None:
    groups, whole = company.doubled(("tenant",), MONTH)
    assert groups == {(None,): whole._replace(keys=(None,))}


def test_a_group_is_the_same_through_a_filter_and_from_what_is_settled(company: Company) -> None:
    groups, _ = company.doubled(("workflow",), MONTH)
    mine, alone = company.doubled(("workflow",), MONTH, "workflow = 'rag'")
    assert mine == {("rag",): groups["rag",]}
    assert alone == groups["rag",]._replace(keys=())
    with settle(company.ledger, company.settings, Question(MONTH)) as settled:
        told = settled.ask(("workflow",), "workflow = 'rag'", marginal=True)
    assert [each.doubled for each in told.groups] == [groups["rag",]]


def test_no_traffic_adds_nothing(company: Company) -> None:
    _, nothing = company.doubled((), SPAN, "workflow = 'nobody asks'")
    assert (nothing.requests, nothing.cost, nothing.added) == (0, D(0), D(0))
    assert not nothing.steps
    assert nothing.why == "nothing in it costs anything"


def test_a_closed_month_doubles_as_its_books_have_it(company: Company) -> None:
    """Late rows move nothing in the month that was closed."""
    close(company.ledger, company.settings)
    add(
        company.ledger,
        "requests",
        [request("late", "2026-10-05T12:00:00", workflow="rag", output_tokens=10**9)],
    )
    for period in (MONTH, SPAN):
        compare(company.ledger, company.settings, company.world, ("workflow",), period=period)


def test_what_is_foretold_is_what_twice_the_log_costs(tmp_path: Path) -> None:
    """A call of four comes twice and takes a quarter of a gateway's usage along: 0.5 and 0.25 more."""
    gateway = {"name": "gateway", "kind": "shared", "where": "ServiceName = 'Gateway'"}
    log = [
        request("r", workflow="rag", output_tokens=50_000),
        *(request(f"c{n}", workflow="chat", output_tokens=50_000) for n in range(3)),
    ]
    again = {**log[0], "request_id": "again", "call_id": "again"}
    fixed = cost("2", ServiceName="Gateway", ChargeFrequency="Recurring")

    def made(name: str, rows: list[Row], usage: str) -> Ledger:
        charges = [fixed, cost(usage, ServiceName="Gateway")]
        return make_ledger(tmp_path / name, requests=rows, costs=charges)

    once = ask(made("once", log, "1"), config(gateway), "workflow", marginal=True)
    twice = ask(made("twice", [*log, again], "1.25"), config(gateway))
    (rag,) = [each.doubled for each in once.groups if each.keys == ("rag",)]
    assert rag is not None
    assert rag.added == D("0.75")
    assert total((twice.total.cost, -once.total.cost)) == D("0.75")
