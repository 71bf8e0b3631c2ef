"""Section 9 of the review: own or rent and a small model first, of small months with known answers.

A pool is two devices held all of 1 October and half of the 2nd: on both days as much again, or half as much.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

import finops
from finops.api.breakeven import Pool, breakeven
from finops.api.review.facts import Facts
from finops.api.review.own_or_rent import own_or_rent_rows
from finops.api.review.sections.projections import SECTION
from finops.api.review.small_first import small_first_rows
from finops.report.document import Document, Omitted, Section
from finops.report.document.support import unsupported
from tests.analysis.ledgers import MODEL, OCTOBER, config, cost, make_ledger, request, sample

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from finops.config import Config
    from finops.ledger.store import Ledger
    from tests.analysis.ledgers import Row

DEVICE = "NVIDIA H100 80GB HBM3"


def held(pool: str, hours: Sequence[int], model: str = DEVICE) -> list[Row]:
    """Samples of one device, an hour each: on day d of October `hours[d - 1]` of 24 are held."""
    return [
        sample(
            f"{pool}-0",
            f"2026-10-{day:02}T{hour:02}:00:00",
            pool=pool,
            device_model=model,
            pod="server" if hour < busy else None,
            gr_engine_active=0.5 if hour < busy else 0.0,
        )
        for day, busy in enumerate(hours, start=1)
        for hour in range(24)
    ]


def owned(pool: str = "mine", **given: object) -> dict[str, object]:
    """Two devices for 24,000 in all, worth a quarter of it after 24 months; 73 a month to keep each."""
    return {
        "name": "cluster", "pool": pool, "nodes": 1, "devices_per_node": 2, "device_model": DEVICE,
        "purchase_price": "20000", "network_price": "4000", "residual": "6000", "life_months": 24,
        "in_service": "2026-01-01", "colocation_per_month": "146", **given,
    }  # fmt: skip


RENTED = cost("96", "2026-10-01", "2026-10-03", x_Pool="cloud", ServiceName="Compute")
RULE = {"name": "cloud", "kind": "gpu", "where": "ServiceName = 'Compute'"}


def facts(ledger: Ledger, settings: Config) -> Facts:
    return Facts(ledger, settings, OCTOBER, OCTOBER.end)


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Ledger:
    """Pools `mine` and `cloud` of the same device, and `other` of another: 24 and 12 hours held of two days."""
    samples = [*held("mine", (24, 12)), *held("cloud", (24, 12)), *held("other", (24, 12), "L4")]
    return make_ledger(tmp_path_factory.mktemp("pools"), costs=[RENTED], samples=samples)


def test_a_rented_pool_is_held_against_owned_hardware_of_its_device(measured: Ledger) -> None:
    """96 USD for 48 device-hours: 2 an hour rented. A device costs 12,000, 3,000 at the end, 0.10 an hour."""
    rows = {
        each.pool: each for each in own_or_rent_rows(facts(measured, config(RULE, owned=[owned()])))
    }
    found = breakeven(
        pool=Pool(measured, "cloud", OCTOBER, config(RULE, owned=[owned()])), currency="USD"
    )
    v = found.value.values
    assert (v["own.price"], v["own.residual"], v["time.horizon"]) == (12_000, 0.25, 24)
    assert v["own.running"] == pytest.approx(0.1)
    assert v["demand.utilization"] == 0.75
    row = rows["cloud"]
    assert (row.stands, row.devices, row.utilization, row.price_per_hour) == ("rented", 1, 0.75, 2)
    assert row.breakeven_utilization == pytest.approx((12_000 / 24 / 730 + 0.1) / 2)
    assert row.npv == found.value.options[0].npv
    sure = found.uncertainty
    assert sure is not None
    assert (row.npv_low, row.npv_high) == (sure.npv.p10, sure.npv.p90)
    assert row.command == "finops breakeven --from-ledger pool=cloud --month 2026-10"


def test_an_owned_pool_is_held_against_the_price_paid_for_the_same_device(measured: Ledger) -> None:
    rows = {
        each.pool: each for each in own_or_rent_rows(facts(measured, config(RULE, owned=[owned()])))
    }
    assert (rows["mine"].stands, rows["mine"].price_per_hour) == ("owned", 2)
    assert rows["mine"].npv == pytest.approx(rows["cloud"].npv)


def test_what_is_missing_is_said_with_what_supplies_it(measured: Ledger) -> None:
    rows = {
        each.pool: each for each in own_or_rent_rows(facts(measured, config(RULE, owned=[owned()])))
    }
    row = rows["other"]
    assert (row.npv, row.decision) == (None, None)
    assert row.why == (
        "--capex and --cloud-per-hour missing: no [[owned]] hardware and no rented pool of L4 says it; "
        "give it, or a [[breakeven]] of pool 'other' in finops.toml"
    )


@pytest.mark.parametrize(
    ("price", "stands", "decision"),
    [("20", "mine", "worth a decision"), ("20", "another", "keep"),
     ("0.01", "mine", "keep"), ("1.15", "mine", "cannot be told")],
)  # fmt: skip
def test_only_a_whole_range_is_worth_a_decision(
    measured: Ledger, price: str, stands: str, decision: str
) -> None:
    """Rented dear: buy; the same where it is owned: keep. Rented for nothing: keep renting."""
    settings = config(
        RULE,
        owned=[owned("cloud" if stands == "another" else "mine")],
        breakeven=[{"pool": "cloud", "cloud_per_hour": price, "source": "an offer"}],
    )
    rows = {each.pool: each for each in own_or_rent_rows(facts(measured, settings))}
    assert rows["cloud"].price_per_hour == float(price)
    assert rows["cloud"].decision == decision


def test_a_scenario_may_leave_the_rent_to_the_bill(measured: Ledger, tmp_path: Path) -> None:
    known = "unit: USD/unit, source: an offer, date: 2026-10-01"
    (tmp_path / "own.yaml").write_text(
        f"own:\n  price: {{ value: 500, low: 400, high: 600, {known} }}\n", encoding="utf-8"
    )
    settings = config(RULE, breakeven=[{"pool": "cloud", "scenario": str(tmp_path / "own.yaml")}])
    rows = {each.pool: each for each in own_or_rent_rows(facts(measured, settings))}
    assert (rows["cloud"].price_per_hour, rows["cloud"].decision) == (2, "worth a decision")


def test_a_demand_that_never_varied_has_no_range(tmp_path: Path) -> None:
    ledger = make_ledger(tmp_path, costs=[RENTED], samples=held("cloud", (24, 24)))
    (row,) = own_or_rent_rows(facts(ledger, config(RULE, owned=[owned()])))
    assert row.npv is not None
    assert row.npv_low is None
    assert row.why == (
        "no range: demand was the same on every day, and no input of a scenario has a range"
    )


# --- a small model first -----------------------------------------------------------------------


def answered(number: int, confidence: float, *, small_is_right: bool) -> list[Row]:
    """A call the small model answered and the large one answered again, rightly; both judged."""
    call = f"call-{number}"
    known: dict[str, Any] = {"call_id": call, "uncached_input_tokens": 1000}
    outcome = "success" if small_is_right else "failure"
    return [
        request(
            f"s{number}", request_model="model-b", confidence=confidence, outcome=outcome, **known
        ),
        request(f"l{number}", attempt=2, outcome="success", **known),
    ]


@pytest.fixture(scope="module")
def routed(tmp_path_factory: pytest.TempPathFactory) -> Ledger:
    """200 calls: three of four sure and right, the others unsure and wrong. A request costs 0.001 or 0.002."""
    rows = [
        row
        for number in range(200)
        for row in answered(number, 0.9 if number % 4 else 0.2, small_is_right=bool(number % 4))
    ]
    return make_ledger(tmp_path_factory.mktemp("routed"), requests=rows)


def test_a_pair_of_the_log_is_the_model_its_calls_are_sent_on_to(routed: Ledger) -> None:
    """At 0.25 a quarter escalates: a half for the small model and 0.25 for the large, of all-large's cost."""
    (row,) = small_first_rows(facts(routed, config()))
    assert (row.small, row.large, row.requests) == ("model-b", MODEL, 200)
    assert row.threshold is not None
    assert 0.2 < row.threshold <= 0.9
    assert (row.quality_low, row.quality_delta, row.quality_high) == (0, 0, 0)
    assert row.escalation_rate is not None
    assert row.saving == pytest.approx(0.5 - row.escalation_rate)
    assert row.saving is not None
    assert row.saving_at is not None
    assert float(row.saving_at) == pytest.approx(row.saving * 0.002 * 200)
    assert row.decision == "worth a decision"
    assert row.command == (
        f"finops route --small model-b --large {MODEL} --max-quality-loss 0.005 --month 2026-10"
    )


def test_a_pair_of_the_settings_is_judged_by_its_file(routed: Ledger, tmp_path: Path) -> None:
    """A model nobody asked costs what its list price says: model-c at a tenth of model-a."""
    lines = ["confidence,small_correct,large_correct", *(["0.9,1,1", "0.1,0,1"] * 100)]
    (tmp_path / "judged.csv").write_text("\n".join(lines), encoding="utf-8")
    prices = [
        {"provider": "fakeai", "model": name, "input": price, "output": price}
        for name, price in ((MODEL, "2"), ("model-b", "1"), ("model-c", "0.2"))
    ]
    settings = config(
        prices=prices,
        route=[
            {"small": "model-c", "large": MODEL, "scores": str(tmp_path / "judged.csv")},
            {"small": "model-d", "large": MODEL, "scores": str(tmp_path / "none.csv")},
        ],
    )
    rows = {each.small: each for each in small_first_rows(facts(routed, settings))}
    assert list(rows) == ["model-c", "model-d", "model-b"]
    row = rows["model-c"]
    assert row.escalation_rate is not None
    assert row.saving == pytest.approx(1 - 0.1 - row.escalation_rate)
    assert rows["model-d"].why == f"{tmp_path / 'none.csv'}: no such file"


def test_a_small_model_nobody_is_asked_after_has_no_large_one(tmp_path: Path) -> None:
    ledger = make_ledger(tmp_path, requests=[request("a", confidence=0.5)])
    (row,) = small_first_rows(facts(ledger, config()))
    assert (row.large, row.saving) == (None, None)
    assert row.why is not None
    assert "name it in [[route]]" in row.why
    assert row.command == f"finops route --small {MODEL} --large MODEL --month 2026-10"


def test_without_judgements_no_threshold_is_chosen(tmp_path: Path) -> None:
    known: dict[str, Any] = {"call_id": "c", "uncached_input_tokens": 10}
    rows = [
        request("s", request_model="model-b", confidence=0.5, **known),
        request("l", attempt=2, **known),
    ]
    (row,) = small_first_rows(facts(make_ledger(tmp_path, requests=rows), config()))
    assert row.why is not None
    assert row.why.startswith("no request has both models' answers judged")


def test_the_section_says_no_number_of_its_own(measured: Ledger, routed: Ledger) -> None:
    made = [
        SECTION.build(facts(ledger, config(RULE, owned=[owned()]))) for ledger in (measured, routed)
    ]
    sections = tuple(each for each in made if isinstance(each, Section))
    tables = [[table.name for table in each.tables] for each in sections]
    assert tables == [["own_or_rent"], ["small_first"]]
    assert all(section.sentences for section in sections)
    assert unsupported(Document("s/1", "t", sections)) == ()


def test_without_either_the_section_names_what_would_bring_it(tmp_path: Path) -> None:
    found = SECTION.build(facts(make_ledger(tmp_path, requests=[request("a")]), config()))
    assert isinstance(found, Omitted)
    assert "finops load gpu" in found.why
    assert "[[route]]" in found.why


def test_the_command_it_names_prints_the_same_numbers(
    measured: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "finops.toml").write_text(
        f"ledger = '{measured.location.url}'\n"
        "[[pools]]\nname = 'cloud'\nkind = 'gpu'\nwhere = \"ServiceName = 'Compute'\"\n"
        "[[breakeven]]\npool = 'cloud'\nscenario = 'own.yaml'\n",
        encoding="utf-8",
    )
    known = "unit: USD/unit, source: an offer, date: 2026-10-01"
    (tmp_path / "own.yaml").write_text(f"own:\n  price: {{ value: 500, {known} }}\n", "utf-8")
    monkeypatch.chdir(tmp_path)
    session = finops.open()
    section = session.review("2026-10").section("projections")
    (table,) = [each for each in section.tables if each.name == "own_or_rent"]
    (row,) = [each for each in table.report.rows if each["pool"] == "cloud"]
    told = json.loads(session.breakeven("cloud", month="2026-10").to("json"))
    assert row["npv"] == told["rows"][0]["npv"]
    assert row["npv_low"] == told["uncertainty"]["npv"]["p10"]
