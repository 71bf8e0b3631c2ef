"""A closed month keeps what its hardware cost and whose its costs were, whatever is configured or sampled later."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finops.analysis.book_spend import SpendQuestion, book_spend
from finops.model.period import parse_month
from tests.analysis.ledgers import add, ask, config, cost, costs_by, make_ledger, request
from tests.analysis.owned.test_power import sample
from tests.analysis.test_close_books import close

if TYPE_CHECKING:
    from pathlib import Path

    from finops.config import Config

OCTOBER = parse_month("2026-10")


def settings(folder: Path, price: str, team: str) -> Config:
    file = folder / "owners.csv"
    file.write_text(f"kind,match,team\nproject,p,{team}\n", encoding="utf-8")
    colo = {
        "name": "colo",
        "pool": "colo",
        "cluster": "colo",
        "devices_per_node": 1,
        "purchase_price": price,
        "in_service": "2026-01-01",
        "life_months": 48,
        "power": {"price_per_kwh": "0.1", "idle_kw": "1"},
    }
    return config(owned=[colo], owners={"file": str(file)})


def test_neither_prices_nor_owners_nor_samples_move_a_closed_month(tmp_path: Path) -> None:
    ledger = make_ledger(
        tmp_path / "ledger",
        costs=[cost("7", SubAccountId="p"), cost("8", "2026-11-02", SubAccountId="p")],
        requests=[request("r1", project="p", uncached_input_tokens=1_000_000)],
    )
    hot = sample("a", "2026-10-05T00:00:00", energy_j=36_000_000, pool="colo")
    add(ledger, "gpu_samples", [hot])
    before = settings(tmp_path, "48000", "old")
    question = SpendQuestion(("team", "element"), OCTOBER)
    spent, unit = book_spend(ledger, before, question), costs_by(ask(ledger, before, "team"))
    assert unit == {"old": 2}
    close(ledger, before)
    after = settings(tmp_path, "96000", "new")
    add(ledger, "gpu_samples", [{**hot, "device_uuid": "b", "source_id": "late"}])
    assert book_spend(ledger, after, question) == spent
    assert costs_by(ask(ledger, after, "team")) == unit
    november = book_spend(ledger, after, question._replace(period=parse_month("2026-11")))
    found = {group.values: group.amounts.EffectiveCost for group in november.groups}
    assert found["new", None] == 8
    assert found[None, "depreciation"] == 2000
