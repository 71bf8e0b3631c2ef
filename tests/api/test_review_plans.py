"""What the review says of seats and provisioned plans: used, not used, accrued, each number in its table."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from finops.analysis.closing import Decision, close_month
from finops.analysis.completeness import completeness
from finops.api.review.facts import Facts
from finops.api.review.plans import PlanRow, plan_rows, plan_sentences, plan_table
from finops.config import Config
from tests.analysis.ledgers import OCTOBER, cost, make_ledger
from tests.analysis.test_plan_accruals import DESKS, MAIL, UNITS, chat, desk, desks, units

if TYPE_CHECKING:
    from pathlib import Path

    from finops.ledger.store import Ledger

SEATS = {
    **DESKS,
    "plans": [{"units": 5, "price": "20"}, {"units": 9, "price": "1", "to": "2026-10-02"}],
}
PTU = {**UNITS, "tokens_per_unit_minute": 1000, "plans": [{"units": 2, "price": "1.5"}]}


def asked(ledger: Ledger, *pools: dict[str, object]) -> Facts:
    settings = Config.model_validate({"pools": pools})
    return Facts(ledger, settings, OCTOBER, OCTOBER.end)


def said(facts: Facts) -> list[str]:
    return [each.text for each in plan_sentences(plan_rows(facts), facts.currency)]


def test_seats_nobody_used_cost_their_price(tmp_path: Path) -> None:
    """Of 5 seats at 20 two people are seen: 3 x 20 = 60; the plan that ended on the 1st counts no more."""
    bill = desks("100", "2026-10-01", "2026-11-01", "5")
    log = [desk("r1", "ann"), desk("r2", "ben"), desk("r3", "ann")]
    facts = asked(make_ledger(tmp_path, costs=[MAIL, bill], requests=log), SEATS)
    assert plan_rows(facts) == (
        PlanRow("desks", "seats", Decimal(5), 2, Decimal(3), Decimal(100), Decimal(60), None),
    )
    assert said(facts) == ["desks: 2 of 5 seats were used; those unused cost 60.00 USD."]


def test_provisioned_units_are_told_by_their_dollars(tmp_path: Path) -> None:
    """2 units all month for 2,232 are busy in one hour of 744: 743 / 744 x 2,232 = 2,229 is idle."""
    bill = units("2232", "2026-10-01", "2026-11-01", "1488")
    ledger = make_ledger(
        tmp_path, costs=[MAIL, bill], requests=[chat("r1", uncached_input_tokens=22_320_000)]
    )
    facts = asked(ledger, PTU)
    (row,) = plan_rows(facts)
    assert row[:6] == ("ptu", "provisioned units", Decimal(2), None, None, Decimal(2232))
    assert row.unused_cost == Decimal(2229)
    assert said(facts) == [
        "ptu: 2,229.00 USD of the 2,232.00 USD paid for provisioned units was not used."
    ]


def test_what_no_bill_covers_is_accrued_before_and_after_the_close(tmp_path: Path) -> None:
    """5 seats at 20, billed for September alone; two are used. An accrual is beside the cost, not in it."""
    log = [desk("r1", "ann"), desk("r2", "ben")]
    bill = desks("100", "2026-09-01", "2026-10-01", "5")
    ledger = make_ledger(tmp_path, costs=[MAIL, cost("1"), bill], requests=log)
    plain = {**DESKS, "plans": [{"units": 5, "price": "20"}]}
    open_month = asked(ledger, plain)
    (row,) = plan_rows(open_month)
    assert (row.cost, row.accrued) == (None, Decimal(100))
    moment = datetime(2026, 11, 12, tzinfo=UTC)
    found = completeness(ledger, open_month.config, OCTOBER, moment.date())
    decision = Decision("tester", moment, "in a test")
    close_month(ledger, open_month.config, found, decision, accrue=True)
    closed = asked(ledger, plain)
    (row,) = plan_rows(closed)
    assert (row.cost, row.accrued) == (None, Decimal(100))
    assert said(closed) == [
        "desks: 100.00 USD is accrued, as no bill covers it.",
    ]


def test_what_nothing_tells_is_na_with_the_reason(tmp_path: Path) -> None:
    bill = desks("100", "2026-10-01", "2026-11-01", "5")
    facts = asked(make_ledger(tmp_path, costs=[MAIL, bill], requests=[chat("r1")]), DESKS)
    rows = plan_rows(facts)
    assert rows == (PlanRow("desks", "seats", None, None, None, Decimal(100), None, None),)
    assert said(facts) == []
    planned = asked(facts.ledger, SEATS)
    assert said(planned) == [
        "desks: 5 seats are paid for with 100.00 USD; who uses them is not logged."
    ]
    (table,) = plan_table(rows, facts)
    assert table.report.notes == (
        "In force n/a: [[pools.plans]] in finops.toml says how many there are.",
        "Used n/a: no bill of the month has the pool, or no request of its users is logged; finops load.",
    )


@pytest.mark.parametrize("pools", [(), ({**DESKS, "where": "ServiceName = 'Nobody'"},)])
def test_without_plans_nothing_is_said(
    tmp_path: Path, pools: tuple[dict[str, object], ...]
) -> None:
    facts = asked(make_ledger(tmp_path, costs=[MAIL], requests=[chat("r1")]), *pools)
    assert plan_rows(facts) == ()
    assert tuple(plan_table((), facts)) == ()
