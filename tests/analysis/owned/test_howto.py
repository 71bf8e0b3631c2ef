"""docs/howto/hardware-and-owners.md, followed step by step: what it says is what finops says."""

from __future__ import annotations

import re
import tomllib
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from finops.analysis.book_spend import SpendQuestion, book_spend
from finops.analysis.owners.check import BILL, check_owners
from finops.config import Config
from finops.model.period import parse_month
from tests.analysis.ledgers import PRICES, ask, cost, costs_by, make_ledger, request

if TYPE_CHECKING:
    from finops.ledger.store import Ledger

PAGE = (
    Path(__file__).resolve().parents[3] / "docs" / "howto" / "hardware-and-owners.md"
).read_text("utf-8")
SEPTEMBER = parse_month("2026-09")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, flags=re.DOTALL)


@pytest.fixture
def settings(tmp_path: Path) -> Config:
    """What the page writes into finops.toml and owners.csv."""
    owned, layers = (tomllib.loads(block) for block in blocks("toml"))
    (tmp_path / "owners.csv").write_text(blocks("csv")[0], encoding="utf-8")
    owners = {"owners": {"file": str(tmp_path / "owners.csv")}}
    return Config.model_validate({**owned, **layers, **owners, "prices": list(PRICES)})


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    chat = {"SubAccountId": "proj-chat", "ServiceName": "Model gateway"}
    return make_ledger(
        tmp_path / "ledger",
        costs=[
            cost("3", "2026-09-20", **chat),
            cost("4", "2026-09-21", **chat),
            cost("5400", "2026-09-01", "2026-10-01", ServiceName="Colocation"),
            cost("7", "2026-09-01", ServiceName="Vectors", Tags={"app": "index"}),
            cost("11", "2026-09-01", ServiceName="Coffee"),
        ],
        requests=[
            request(f"r{day}", f"2026-09-{day}T12:00:00", project="proj-chat", uncached_input_tokens=10**6)
            for day in (20, 21)
        ],
    )  # fmt: skip


def spent(ledger: Ledger, settings: Config, *by: str) -> dict[object, Decimal]:
    answer = book_spend(ledger, settings, SpendQuestion(by, SEPTEMBER))
    return {
        group.values[0]: (group.amounts.EffectiveCost or Decimal(0)).normalize()
        for group in answer.groups
    }


def test_elements_are_those_of_the_page(ledger: Ledger, settings: Config) -> None:
    told = re.findall(r"^\| (\w+) \| ([\d,.]+) \|", PAGE, flags=re.MULTILINE)
    assert len(told) == 5
    found = spent(ledger, settings, "element")
    assert {name: found[name] for name, _ in told} == {
        name: Decimal(amount.replace(",", "")) for name, amount in told
    }
    assert spent(ledger, settings, "pool")["lab-h100"] == 9780 + 5400


def test_owners_and_layers_are_those_of_the_page(ledger: Ledger, settings: Config) -> None:
    assert spent(ledger, settings, "team") == {
        "platform": 5400, "search": 7, "support": 3, "assist": 4, None: 9780 + 11,
    }  # fmt: skip
    assert costs_by(ask(ledger, settings, "cost_centre", period=SEPTEMBER)).keys() == {
        "CC-100",
        "CC-200",
    }
    assert spent(ledger, settings, "layer") == {
        "compute": 9100, "facilities & power": 5580, "networking": 500, "serving": 7, "unclassified": 18,
    }  # fmt: skip
    left = check_owners(ledger, settings, SEPTEMBER)
    assert left.left(BILL, "USD") == 9780 + 11
