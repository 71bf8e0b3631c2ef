"""Commitments of small bills: what is used, covered, saved and left, to the digit, and the traps of list cost."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from finops.analysis.book_spend import SpendQuestion
from finops.analysis.commitments import Commitments, commitments
from finops.analysis.derived.commitments import commitments_table, services_table
from finops.config import Config
from finops.model.money import ZERO, total
from finops.model.period import parse_month
from finops.report.commitments import commitments_report, coverage_report
from tests.analysis.arithmetic import check_table
from tests.analysis.ledgers import OCTOBER, Row, config, cost, make_ledger

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

SERVICE = "Compute"


def used(effective: str, listed: str | None, plan: str = "plan", **given: object) -> Row:
    more: Row = {"ServiceName": SERVICE, "PricingCategory": "Committed", **given}
    return cost(
        effective, CommitmentDiscountId=plan, CommitmentDiscountStatus="Used",
        ListCost=listed, ContractedCost=listed, **more,
    )  # fmt: skip


def unused(effective: str, plan: str = "plan", **given: object) -> Row:
    more: Row = {"ServiceName": SERVICE, "ListCost": "0", "ContractedCost": "0", **given}
    return cost(effective, CommitmentDiscountId=plan, CommitmentDiscountStatus="Unused", **more)


def purchase(billed: str, plan: str = "plan", **given: object) -> Row:
    more: Row = {"ChargeFrequency": "Recurring", "ServiceName": SERVICE, **given}
    return cost(
        billed, CommitmentDiscountId=plan, ChargeCategory="Purchase", ListCost=billed,
        ContractedCost=billed, EffectiveCost="0", **more,
    )  # fmt: skip


def on_demand(effective: str, listed: str, **given: object) -> Row:
    more: Row = {"ServiceName": SERVICE, "PricingCategory": "Standard", **given}
    return cost(effective, ListCost=listed, ContractedCost=effective, **more)


def asked(folder: Path, rows: Sequence[Row], terms: Sequence[Row] = ()) -> Commitments:
    """October's; the lines that lead to each number of both reports are done again."""
    ledger = make_ledger(folder, costs=rows)
    found = commitments(ledger, config(commitments=terms), SpendQuestion(period=OCTOBER))
    check_table(commitments_table(found, OCTOBER), commitments_report(found, OCTOBER))
    check_table(services_table(found, OCTOBER), coverage_report(found, OCTOBER))
    return found


def test_what_a_plan_uses_covers_and_saves(tmp_path: Path) -> None:
    """60 of 80 used; it covers 100 at list beside 100 on demand, for which 90 are paid.

    A purchase has a list cost of 80 as well: counted, savings would be 80 more than there are.
    """
    rows = [used("60", "100"), unused("20"), purchase("80"), on_demand("90", "100")]
    found = asked(tmp_path, rows)
    (plan,) = found.held
    assert plan.utilization == 0.75
    assert plan.net_savings == 20
    assert plan.sums.purchased == 80
    (service,) = found.services
    assert (service.list_cost, service.coverage) == (Decimal(200), 0.5)
    assert service.savings_rate == pytest.approx(1 - 170 / 200)
    (row,) = coverage_report(found, OCTOBER).rows
    assert (row["negotiated_savings"], row["commitment_savings"]) == (10, 20)


def test_spot_other_services_credits_and_earlier_months_are_no_part_of_it(tmp_path: Path) -> None:
    rows = [
        used("60", "100"),
        cost("7", ServiceName=SERVICE, PricingCategory="Dynamic", ListCost="20"),
        on_demand("5", "5", ServiceName="Storage"),
        cost("-9", ServiceName=SERVICE, ChargeCategory="Credit", ListCost="-9"),
        used("1000", "1000", BillingPeriodStart="2026-10-01T00:00:00+00:00", x_BillingMonth="2026-10"),
    ]  # fmt: skip
    rows[-1] |= {"ChargePeriodStart": rows[-1]["ChargePeriodStart"].replace(month=9)}
    rows[-1] |= {"ChargePeriodEnd": rows[-1]["ChargePeriodEnd"].replace(month=9)}
    found = asked(tmp_path, rows)
    assert [each.sums.used for each in found.held] == [60]
    assert [(each.service, each.dynamic, each.coverage) for each in found.services] == [
        (SERVICE, Decimal(7), 1.0)
    ]


def test_usage_without_a_list_cost_has_no_savings_and_says_so(tmp_path: Path) -> None:
    found = asked(tmp_path, [used("60", None), unused("20")])
    assert found.held[0].utilization == 0.75
    assert found.held[0].net_savings is None
    assert found.totals[0].savings_rate is None
    notes = commitments_report(found, OCTOBER).notes
    assert any("1 rows covered by plan have a cost and no list cost" in note for note in notes)


def test_a_purchase_alone_tells_no_utilization(tmp_path: Path) -> None:
    found = asked(tmp_path, [purchase("80")])
    assert found.held[0].utilization is None
    assert any("amortized costs" in note for note in found.notes)


def test_a_reservation_has_a_utilization_and_discounts_nothing(tmp_path: Path) -> None:
    seen = {"CapacityReservationId": "cr", "CapacityReservationStatus": "Used"}
    left = {"CapacityReservationId": "cr", "CapacityReservationStatus": "Unused"}
    found = asked(tmp_path, [on_demand("30", "30", **seen), on_demand("10", "10", **left)])
    (held,) = found.held
    assert (held.kind, held.utilization, held.net_savings) == ("capacity reservation", 0.75, None)
    assert found.services == ()


def test_terms_come_from_one_time_purchases_and_settings(tmp_path: Path) -> None:
    rows = [
        used("60", "100"),
        used("60", "100", plan="upfront"),
        purchase("900", plan="upfront", ChargeFrequency="One-Time"),
        used("1", "2", plan="open"),
    ]
    rows[2] |= {"ChargePeriodEnd": rows[2]["ChargePeriodEnd"].replace(year=2027, month=10, day=1)}
    term = {"id": "plan", "name": "serving", "ends": date(2026, 12, 1), "owner": "Ines"}
    gone = {"id": "old", "ends": date(2026, 1, 1)}
    found = asked(tmp_path, rows, [term, gone])
    report = commitments_report(found, OCTOBER)
    assert {row["commitment"]: (row["ends"], row["days_left"], row["owner"]) for row in report.rows} == {
        "serving": ("2026-12-01", 30, "Ines"),
        "upfront": ("2027-10-01", 334, None),
        "open": (None, None, None),
    }  # fmt: skip
    assert (
        "serving ends on 2026-12-01, 30 days after the period: what it covers costs 100.00 USD at list price."
        in report.notes
    )
    assert any("When open ends is not on a bill" in note for note in report.notes)
    assert "old of finops.toml is on no bill of the period." in report.notes


def test_a_term_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(ValidationError, match="`ends` must be after `starts`"):
        Config.model_validate(
            {"commitments": [{"id": "a", "starts": "2026-02-01", "ends": "2026-01-01"}]}
        )


def test_months_add_and_currencies_do_not(tmp_path: Path) -> None:
    rows = [
        used("60", "100"),
        used("10", "15", x_BillingMonth="2026-09") | {"x_BillingMonth": "2026-09"},
        used("5", "8", BillingCurrency="EUR"),
    ]
    ledger = make_ledger(tmp_path, costs=rows)
    found = commitments(ledger, config(), SpendQuestion())
    assert [(each.currency, each.sums.used) for each in found.held] == [
        ("EUR", Decimal(5)),
        ("USD", Decimal(70)),
    ]
    assert commitments_report(found, None).totals is None
    only = commitments(ledger, config(), SpendQuestion(period=parse_month("2026-09")))
    assert [each.sums.used for each in only.held] == [10]


AMOUNTS = st.decimals(min_value=0, max_value=10**6, places=12).map(str)
ROWS = st.lists(
    st.one_of(
        st.builds(used, AMOUNTS, AMOUNTS, st.sampled_from(["p", "q"])),
        st.builds(unused, AMOUNTS, st.sampled_from(["p", "q"])),
        st.builds(purchase, AMOUNTS, st.sampled_from(["p", "q"])),
        st.builds(on_demand, AMOUNTS, AMOUNTS),
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=10)
@given(ROWS)
def test_commitments_and_services_hold_the_same_amortized_cost(rows: list[Row]) -> None:
    """However it is split: by commitment or by service, used and unused are all rows that name one."""
    with TemporaryDirectory() as folder:
        ledger = make_ledger(folder, costs=rows)  # type: ignore[arg-type]
        found = commitments(ledger, config(), SpendQuestion(period=OCTOBER))
    named = [row for row in rows if row["CommitmentDiscountStatus"] is not None]
    whole = total(Decimal(row["EffectiveCost"]) for row in named)
    assert total(each.sums.used + each.sums.unused for each in found.held) == whole
    assert total(each.covered + each.unused for each in found.services) == whole
    if named:
        bare = [row for row in rows if row["CommitmentDiscountId"] is None]
        assert total(each.on_demand for each in found.services) == total(
            Decimal(row["EffectiveCost"]) for row in bare
        )
    else:
        assert (found.services, total(each.sums.unused for each in found.held)) == ((), ZERO)
