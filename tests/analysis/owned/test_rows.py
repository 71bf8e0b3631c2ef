"""Owned hardware beside the bill: the same rows for spend, pools, layers and unit economics."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from finops.analysis.book_spend import SpendQuestion, book_spend
from finops.analysis.owned.rows import add_owned
from finops.errors import ConfigError
from finops.ledger.engine import query
from finops.model.basis import Basis
from finops.model.period import Period, parse_month, parse_period
from tests.analysis.ledgers import add, ask, config, cost, make_ledger, request
from tests.analysis.owned.test_power import sample

if TYPE_CHECKING:
    from pathlib import Path

    from finops.config import Config
    from finops.ledger.store import Ledger

OCTOBER = parse_month("2026-10")

COLO: dict[str, Any] = {
    "name": "colo",
    "pool": "colo-h100",
    "purchase_price": "48000",
    "in_service": "2026-01-01",
    "life_months": 48,
    "colocation_per_month": "310",
    "network_price": "480",
    "storage_price": "96",
    "support_per_month": "31",
    "staff_per_month": "62",
    "power": {"price_per_kwh": "0.1", "idle_kw": "1"},
}


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return make_ledger(
        tmp_path / "ledger",
        costs=[
            cost("7", ServiceName="Compute", ServiceCategory="Compute"),
            cost("3", ServiceName="Cage 12", ServiceProviderName="Landlord"),
        ],
        requests=[request("r1")],
    )


def spent(
    ledger: Ledger,
    settings: Config,
    *by: str,
    period: Period | None = OCTOBER,
    **more: Any,  # noqa: ANN401  (fields of the question)
) -> dict[Any, Decimal]:
    """EffectiveCost by group."""
    answer = book_spend(ledger, settings, SpendQuestion(by, period, **more))
    return {
        group.values[0] if len(by) == 1 else group.values: (
            group.amounts.EffectiveCost or Decimal(0)
        ).normalize()
        for group in answer.groups
    }


def notes(ledger: Ledger, settings: Config, *by: str) -> list[str]:
    return list(book_spend(ledger, settings, SpendQuestion(by, OCTOBER)).notes)


def test_elements_of_a_month(ledger: Ledger) -> None:
    settings = config(owned=[COLO])
    assert spent(ledger, settings, "element") == {
        "depreciation": 1000,
        "network": 10,
        "storage": 2,
        "support": 31,
        "power": Decimal("74.4"),
        "colocation": 310,
        "staff": 62,
        None: 10,
    }
    assert spent(ledger, settings, "origin") == {"owned": Decimal("1489.4"), "bill": 10}
    assert spent(ledger, settings, "pool") == {"colo-h100": Decimal("1489.4"), "other": 10}
    assert spent(ledger, settings, "layer") == {
        "compute": 1100,
        "facilities & power": Decimal("384.4"),
        "networking": 10,
        "storage": 2,
        "unclassified": 3,
    }
    told = notes(ledger, settings, "layer")
    assert "Power of colo: 100.0% taken as idle power (no samples)." in told
    assert (
        "3.00 USD (0.2%) is on no layer (tax, credits and support among it): [[layers]] in finops.toml "
        "says where it belongs."
    ) in told
    assert "1,489.40 USD of it is owned hardware, which no invoice has (origin owned)." in told


def test_invoices_do_not_move_and_nothing_looks_like_a_saving(ledger: Ledger) -> None:
    settings = config(owned=[COLO])
    answer = book_spend(ledger, settings, SpendQuestion(("origin",), OCTOBER))
    owned = next(group for group in answer.groups if group.values == ("owned",)).amounts
    assert owned.BilledCost == 0
    assert owned.ListCost == owned.ContractedCost == owned.EffectiveCost
    alone = book_spend(ledger, config(), SpendQuestion((), OCTOBER)).totals[0][1]
    assert answer.totals[0][1].BilledCost == alone.BilledCost


def test_days_of_use_and_filters(ledger: Ledger) -> None:
    settings = config(owned=[COLO])
    week = parse_period(since="2026-10-05", until="2026-10-12")
    found = spent(ledger, settings, "element", period=week, basis=Basis.CHARGE)
    assert [found[name] for name in ("colocation", "staff")] == [70, 14]
    assert found["power"] == Decimal("16.8")
    days = spent(ledger, settings, "day", where="element = 'colocation'")
    assert days == {f"2026-10-{day:02d}": 10 for day in range(1, 32)}
    assert spent(ledger, settings, where="layer = 'networking' and pool = 'colo-h100'") == {(): 10}


def test_only_months_the_ledger_knows_of_have_been_spent(ledger: Ledger) -> None:
    settings = config(owned=[{**COLO, "power": None}])
    monthly = Decimal(1415)
    assert spent(ledger, settings, "origin", period=parse_month("2026-11")) == {}
    assert spent(ledger, settings, "origin", period=parse_month("2026-09")) == {"owned": monthly}
    assert spent(ledger, settings, "origin", period=None) == {"owned": monthly, "bill": 10}
    add(ledger, "requests", [request("r2", "2026-12-05T00:00:00")])
    assert spent(ledger, settings, "origin", period=parse_month("2026-11")) == {"owned": monthly}
    year = Period(parse_month("2026-01").start, parse_month("2027-06").end)
    assert spent(ledger, settings, "origin", period=year) == {"owned": monthly * 12, "bill": 10}


def test_things_share_a_pool_retire_and_overlap(ledger: Ledger) -> None:
    old = {
        "name": "old",
        "pool": "colo-h100",
        "purchase_price": "3100",
        "in_service": "2026-10-01",
        "retired": "2026-10-11",
        "life_months": 1,
        "residual": "-310",
    }
    settings = config(owned=[{**COLO, "power": None}, old])
    assert spent(ledger, settings, "pool")["colo-h100"] == 1415 + 3100 + 310
    named = spent(ledger, settings, "ResourceName", "element")
    assert named["old", "depreciation"] == 1100
    assert named["old", "disposal"] == 2310
    answer = ask(ledger, settings)
    owned = answer.reconciliation.origins["owned"]
    assert owned.charged == 4825
    assert owned.excluded == {"corrections": Decimal(2310)}
    assert owned.difference == 0


def test_unit_economics_meets_the_owned_hardware_too(ledger: Ledger) -> None:
    answer = ask(ledger, config(owned=[COLO]))
    found = answer.reconciliation
    assert found.origins["owned"].charged == Decimal("1489.4")
    assert found.origins["bill"].charged == 10
    assert found.amounts["BilledCost"] == 10
    assert [books.difference for books in found.origins.values()] == [0, 0]
    assert "Power of colo: 100.0% taken as idle power (no samples)." in answer.notes


def test_its_device_time_is_what_its_capacity_is_divided_by(ledger: Ledger) -> None:
    """Half of October's device-hours held by a job: half the cost is the job's, about a quarter idle, the rest unseen."""
    settings = config(owned=[{**COLO, "cluster": "colo", "devices_per_node": 2, "power": None}])
    add(ledger, "gpu_samples", [
        sample(device, f"2026-10-{day:02d}T00:00:00", interval_s=86400, pool="colo-h100", job_id=job,
               gpu_util=1.0 if job else None)
        for device, job, days in (("a", "j1", 31), ("b", None, 15))
        for day in range(1, days + 1)
    ])  # fmt: skip
    found = ask(ledger, settings).reconciliation.origins["owned"]
    rate = Decimal(1415) / 62
    assert round(found.jobs, 12) == round(rate * 31, 12)
    assert round(found.unallocated["gpu_idle"], 12) == round(rate * 15, 12)
    assert round(found.unallocated["unobserved"], 12) == round(rate * 16, 12)
    assert found.difference == 0


def test_what_is_written_off_still_offers_its_device_time(ledger: Ledger) -> None:
    """Paid in January, 7499.52 for its cage in October: 10.08 a device-hour, 240 of them a job's and 120 idle."""
    paid: dict[str, Any] = {"purchase_price": "100", "life_months": 1, "devices_per_node": 1}
    cage = {
        "pool": "old",
        "name": "old",
        "in_service": "2026-01-01",
        "colocation_per_month": "7499.52",
    }
    add(ledger, "gpu_samples", [
        sample("a", f"2026-10-{day:02d}T00:00:00", interval_s=86400, pool="old", gpu_util=1.0 if day < 11 else None,
               job_id="j1" if day < 11 else None)
        for day in range(1, 16)
    ])  # fmt: skip
    found = ask(ledger, config(owned=[{**paid, **cage}])).reconciliation.origins["owned"]
    assert found.jobs == Decimal("2419.2")
    assert found.unallocated["gpu_idle"] == Decimal("1209.6")
    assert found.unallocated["unobserved"] == Decimal("3870.72")
    assert found.difference == 0


def test_owned_hardware_may_be_shared(ledger: Ledger) -> None:
    pool = {"name": "colo-h100", "kind": "shared", "driver": "requests", "where": "false"}
    answer = ask(ledger, config(pool, owned=[COLO]))
    assert answer.total.components["shared"] == Decimal("1489.4")
    assert answer.reconciliation.origins["owned"].allocated == Decimal("1489.4")


def test_a_pool_rule_does_not_take_it_away(ledger: Ledger) -> None:
    pool = {"name": "everything", "kind": "other", "where": "EffectiveCost > 0"}
    found = spent(ledger, config(pool, owned=[COLO]), "pool")
    assert found == {"everything": 10, "colo-h100": Decimal("1489.4")}


def test_what_an_invoice_has_goes_to_the_pool_and_layer_of_the_hardware(ledger: Ledger) -> None:
    colo = {
        **COLO,
        "colocation_per_month": None,
        "invoiced": {"colocation": "ServiceName = 'Cage 12'"},
    }
    settings = config(owned=[colo])
    assert spent(ledger, settings, "pool") == {"colo-h100": Decimal("1182.4"), "other": 7}
    assert spent(ledger, settings, "layer")["facilities & power"] == Decimal("77.4")
    assert not [note for note in notes(ledger, settings) if "invoiced" in note]
    missing = config(owned=[{**colo, "invoiced": {"colocation": "ServiceName = 'Cage 13'"}}])
    assert (
        "Colocation of colo is invoiced, says finops.toml, but no bill of 2026-10 has a row where ServiceName "
        "= 'Cage 13': it is missing here. Load that bill."
    ) in notes(ledger, missing)
    wrong = config(owned=[{**colo, "invoiced": {"colocation": "ServiceNam = 'x'"}}])
    with pytest.raises(ConfigError, match=r"colo-h100.*ServiceNam"):
        spent(ledger, wrong, "pool")


@pytest.mark.parametrize("rented", [[], [{"gpus_per_unit": 8}]], ids=["alone", "with rented nodes"])
def test_hours_of_an_invoiced_element_are_no_device_time(
    ledger: Ledger, rented: list[dict[str, Any]]
) -> None:
    """10.08 written off and 5.04 of remote hands for each of 1488 device-hours: a job has 10, the rest is not seen."""
    hands = cost("7499.52", ServiceName="Hands", ConsumedQuantity="100", ConsumedUnit="Hours")
    add(ledger, "costs", [hands])
    hours = sample("a", "2026-10-05T00:00:00", interval_s=36000, pool="colo-h100", job_id="j1")
    add(ledger, "gpu_samples", [{**hours, "gpu_util": 1.0}])
    lab = {
        "name": "lab",
        "pool": "colo-h100",
        "devices_per_node": 2,
        "purchase_price": "719953.92",
        "in_service": "2026-01-01",
        "life_months": 48,
        "invoiced": {"staff": "ServiceName = 'Hands'"},
    }
    pools = [{"name": "colo-h100", "kind": "gpu", "where": "false", **each} for each in rented]
    found = ask(ledger, config(*pools, owned=[lab])).reconciliation.origins
    assert [found[name].jobs for name in ("owned", "bill")] == [Decimal("100.8"), Decimal("50.4")]
    unseen = [found[name].unallocated["unobserved"] for name in ("owned", "bill")]
    assert unseen == [Decimal("14898.24"), Decimal("7449.12")]


def test_what_is_invoiced_for_one_takes_no_charge_of_another(ledger: Ledger) -> None:
    """The expression is true of each power and colocation charge that owned hardware has."""
    cage = {
        **COLO,
        "name": "cage",
        "pool": "cage",
        "power": None,
        "colocation_per_month": None,
        "invoiced": {"colocation": "ServiceCategory = 'Other' or ServiceName = 'Cage 12'"},
    }
    assert spent(ledger, config(owned=[cage, COLO]), "pool") == {
        "cage": 1105 + 3,
        "colo-h100": Decimal("1489.4"),
        "other": 7,
    }


def test_another_currency_stays_apart_until_it_is_exchanged(ledger: Ledger) -> None:
    euro = {**COLO, "currency": "EUR", "power": None}
    settings = config(owned=[euro])
    answer = book_spend(ledger, settings, SpendQuestion((), OCTOBER))
    assert [(money, amounts.EffectiveCost) for money, amounts in answer.totals] == [
        ("EUR", Decimal(1415)),
        ("USD", Decimal(10)),
    ]
    unit = ask(ledger, settings)
    assert unit.reconciliation.origins["owned"].charged == 0
    assert unit.other_currencies == {"EUR": 1415}
    rates = [{"from": "EUR", "to": "USD", "date": "2026-10-01", "rate": "1.2", "source": "ECB"}]
    exchanged = ask(ledger, config(owned=[euro], fx=rates, fx_max_age_days=60))
    assert round(exchanged.reconciliation.origins["owned"].charged, 20) == 1698
    assert exchanged.reconciliation.origins["bill"].charged == 10
    assert exchanged.reconciliation.difference == 0


def test_values_not_known_are_said(ledger: Ledger) -> None:
    values = [{"date": "2026-09-01", "value": "40000"}]
    owned = {**COLO, "power": None, "depreciation": "economic", "market_values": values}
    settings = config(owned=[owned])
    assert "depreciation" not in spent(ledger, settings, "element")
    assert any(
        "The value of colo after 2026-09-01 is not known" in n for n in notes(ledger, settings)
    )


def test_rows_are_shaped_like_the_bill(ledger: Ledger) -> None:
    owned = config(
        owned=[{**COLO, "tags": {"team": "research"}, "sources": {"power": "bill of the utility"}}]
    ).owned
    con = ledger.connect(["costs"])
    try:
        add_owned(con, ledger, owned, OCTOBER)
        (row,) = query(
            con,
            """select ChargeDescription, ChargeFrequency, ConsumedQuantity, PricingUnit, ListUnitPrice,
                Tags, cast(ChargePeriodStart as varchar), cast(ChargePeriodEnd as varchar),
                cast(BillingPeriodStart as varchar), cast(BillingPeriodEnd as varchar), x_SourceId, x_Scope
            from costs where SkuMeter = 'power' and cast(ChargePeriodStart as date) = date '2026-10-31'""",
        )
        nulls = query(
            con,
            "select count(*) from costs where x_CostOrigin = 'owned' and (BillingCurrency is null or "
            "ChargeCategory is null or ServiceProviderName is null or x_LoadId is null)",
        )
    finally:
        con.close()
    assert nulls == [(0,)]
    assert row == (
        "power of colo (bill of the utility)", "Usage-Based", 24, "kWh", Decimal("0.1"),
        '{"team": "research"}', "2026-10-31 00:00:00+00", "2026-11-01 00:00:00+00",
        "2026-10-01 00:00:00+00", "2026-11-01 00:00:00+00", "finops.toml", "owned/colo",
    )  # fmt: skip
