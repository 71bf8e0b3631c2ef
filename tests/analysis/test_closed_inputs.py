"""A close keeps everything a month's numbers are made of: samples, jobs, owners, owned hardware, rates."""

from __future__ import annotations

import shutil
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from finops.analysis.book_spend import SpendQuestion, book_spend
from finops.analysis.breakeven.measured import measured_demand
from finops.analysis.closing import Decision, close_month
from finops.analysis.completeness import completeness
from finops.analysis.economics import Question
from finops.analysis.explain import explain
from finops.ledger.store import Ledger
from finops.model.tables import TABLES
from tests.analysis.ledgers import OCTOBER, Row, add, ask, at, config, cost, make_ledger, request

if TYPE_CHECKING:
    from pathlib import Path

    from finops.config import Config

NOW = at("2027-02-01")
NOVEMBER = OCTOBER._replace(start=OCTOBER.end, end=OCTOBER.end + timedelta(days=30))


def close(ledger: Ledger, settings: Config) -> None:
    found = completeness(ledger, settings, OCTOBER, NOW.date())
    close_month(ledger, settings, found, Decision("ann@host", NOW, "a test"))


def sample(hour: int, **given: object) -> Row:
    row: Row = {
        "timestamp": at(f"2026-10-05T{hour:02}:00:00"),
        "interval_s": 3600,
        "cluster": "c",
        "device_uuid": "gpu-1",
        "pool": "h100",
        "pod": "server",
        "gr_engine_active": 0.4,
        "source_id": "dcgm",
        "day": "2026-10-05",
        **given,
    }
    return {name: row.get(name) for name in TABLES["gpu_samples"].names}


def test_samples_of_a_closed_month_stay(tmp_path: Path) -> None:
    ledger = make_ledger(tmp_path / "ledger", costs=[cost("1")])
    add(ledger, "gpu_samples", [sample(hour) for hour in range(4)])
    before = measured_demand(ledger, "h100", period=OCTOBER)
    assert before.devices == 1
    close(ledger, config())
    again = [sample(hour, device_uuid=gpu) for hour in range(4) for gpu in ("gpu-1", "gpu-2")]
    add(ledger, "gpu_samples", again)
    assert measured_demand(ledger, "h100", period=OCTOBER) == before
    assert measured_demand(ledger, "h100") == before


def test_owners_are_those_of_the_close(tmp_path: Path) -> None:
    owners = tmp_path / "owners.csv"
    owners.write_text(
        "from,to,kind,match,team,product,cost_centre,gl_code\n,,service,Mail,post,,,\n"
    )
    settings = config(owners={"file": str(owners)})
    ledger = make_ledger(
        tmp_path / "ledger",
        costs=[cost("3", ServiceName="Mail")],
        requests=[request("r1", output_tokens=5, team="logged")],
    )
    asked = SpendQuestion(("team",), OCTOBER)
    before = book_spend(ledger, settings, asked)
    assert [(*group.values, group.amounts.EffectiveCost) for group in before.groups] == [
        ("post", Decimal(3))
    ]
    unit = ask(ledger, settings, "team")
    close(ledger, settings)
    owners.write_text(
        "from,to,kind,match,team,product,cost_centre,gl_code\n,,service,Mail,other,,,\n"
    )
    assert book_spend(ledger, settings, asked) == before
    assert ask(ledger, settings, "team") == unit
    owners.unlink()
    shutil.copytree(tmp_path / "ledger", tmp_path / "moved")
    assert book_spend(Ledger.open(str(tmp_path / "moved")), config(), asked) == before


def test_owned_hardware_and_rates_are_those_of_the_close(tmp_path: Path) -> None:
    colo = {
        "name": "colo",
        "pool": "colo-h100",
        "cluster": "colo",
        "nodes": 1,
        "devices_per_node": 8,
        "in_service": "2026-01-01",
        "life_months": 10,
        "purchase_price": "1000",
    }
    rates = [{"from": "EUR", "to": "USD", "date": "2026-10-01", "rate": "2", "source": "x"}]
    late = [{"from": "EUR", "to": "USD", "date": "2026-10-30", "rate": "3", "source": "x"}]
    settings = config(owned=[colo], fx=[*rates, *late], fx_max_age_days=31)
    ledger = make_ledger(
        tmp_path / "ledger",
        costs=[cost("3", ServiceName="Mail", BillingCurrency="EUR")],
        requests=[request("r1", output_tokens=5)],
    )
    asked = SpendQuestion(("origin", "x_Line"), OCTOBER, currency="USD")
    before = (book_spend(ledger, settings, asked), ask(ledger, settings))
    assert before[1].reconciliation.excluded == {"fx": 3}
    why = explain(ledger, settings, Question(OCTOBER), "cost")
    close(ledger, settings)
    other = config(owned=[{**colo, "purchase_price": "5000"}], fx=[*rates])
    assert (book_spend(ledger, other, asked), ask(ledger, other)) == before
    assert explain(ledger, other, Question(OCTOBER), "cost") == why
