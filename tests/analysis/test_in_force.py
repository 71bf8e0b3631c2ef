"""What is kept of settings, owners, scenarios and prices: when it changes, by its hash, without a secret in it."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from finops.analysis import in_force as asked
from finops.analysis.books import price_book
from finops.analysis.in_force import keep_settings, prices_as_of, settings_as_of
from finops.api.keeping import try_to_keep
from finops.api.session import Session
from finops.config import Config, load_config
from finops.errors import LedgerError
from finops.ledger.store import Ledger
from finops.prices.book import PriceKey
from tests.analysis.ledgers import add, at, cost, make_ledger, request

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

MINI = PriceKey("openai", "gpt-4o-mini")
CHARGE = cost("5", "2026-10-10", ServiceName="Storage")
CALL = request("a", uncached_input_tokens=10, provider="openai", response_model="gpt-4o-mini")
TOML = """
[[breakeven]]
pool = "gpus"
scenario = "own.yaml"

[[route]]
small = "s"
large = "l"
scores = "scores.csv"

[[prices]]
model = "house"
input = "0.50"
source = "https://buyer:pl4nted-pass@vendor.example/list"

[sources.gateway]
connector = "litellm"
api_key = "sk-pl4nted-key"
headers = { Authorization = "Bearer pl4nted-bearer" }

[review]
to = "s3://pl4nted-id:pl4nted-word@reviews/finance"
webhook = "env:PL4NTED_NAME"
"""


def day(number: int) -> datetime:
    return at(f"2026-11-{number:02d}T12:00:00")


def looking(ledger: Ledger, moment: datetime) -> Ledger:
    return Ledger(ledger.location._replace(at=moment))


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return make_ledger(tmp_path / "ledger", costs=[CHARGE], requests=[CALL])


@pytest.fixture
def config(tmp_path: Path) -> Config:
    (tmp_path / "finops.toml").write_text(TOML, encoding="utf-8")
    (tmp_path / "own.yaml").write_text("name: https://me:pl4nted-too@x.example\n", encoding="utf-8")
    (tmp_path / "scores.csv").write_text(
        "prompt;confidence;small_correct\npl4nted prompt;0.5;1\n", encoding="utf-8"
    )
    (tmp_path / "owners.csv").write_text(
        "from,to,kind,match,team,product,cost_centre,gl_code\n,,service,Storage,ops,,,\n", "utf-8"
    )
    return load_config(tmp_path / "finops.toml")


def test_it_is_written_once_and_again_when_it_changes(ledger: Ledger, config: Config) -> None:
    assert keep_settings(ledger, config, now=day(5))
    assert not keep_settings(ledger, config, now=day(6))
    assert keep_settings(ledger, config.model_copy(update={"currency": "EUR"}), now=day(7))
    assert keep_settings(ledger, config, now=day(8))
    records = sorted((ledger.location.root / "_settings" / "in_force").iterdir())
    assert [each.name[:15] for each in records] == [
        "20261105T120000", "20261107T120000", "20261108T120000",
    ]  # fmt: skip
    told = [
        settings_as_of(looking(ledger, day(number)).location, config) for number in (5, 6, 8, 9)
    ]
    assert [(each.since, each.config.currency) for each in told] == [
        (None, "USD"),
        (day(5), "USD"),
        (day(7), "EUR"),
        (day(8), "USD"),
    ]
    assert {each.first for each in told} == {day(5)}


def test_where_settings_go_and_how_they_look_is_no_news(ledger: Ledger, config: Config) -> None:
    keep_settings(ledger, config, now=day(5))
    other = {"ledger": "elsewhere", "review": type(config.review)(to="there")}
    assert not keep_settings(ledger, config.model_copy(update=other), now=day(6))


def test_files_are_given_back_as_they_were(ledger: Ledger, config: Config, tmp_path: Path) -> None:
    keep_settings(ledger, config, now=day(5))
    before = (tmp_path / "owners.csv").read_bytes()
    for name in ("owners.csv", "own.yaml", "scores.csv"):
        (tmp_path / name).unlink()
    found = settings_as_of(looking(ledger, day(6)).location, config).config
    paths = [found.owners.file, found.breakeven[0].scenario, found.route[0].scores]
    read = [(path and type(tmp_path)(path).read_bytes()) for path in paths]
    assert read == [before, b"name: https://x.example\n", b"confidence,small_correct\n0.5,1\n"]
    assert found.sources == {"gateway": {"connector": "litellm"}}
    assert found.review == config.review


def test_no_secret_is_kept(ledger: Ledger, config: Config) -> None:
    """Literal keys, credentials in addresses and the text of prompts, planted wherever they fit."""
    keep_settings(ledger, config, now=day(5))
    found = [path for path in (ledger.location.root / "_settings").rglob("*") if path.is_file()]
    assert len(found) == 6
    for path in found:
        assert b"pl4nted" not in path.read_bytes().lower(), path


def test_prices_of_the_ledgers_models_are_kept_and_given_again(
    ledger: Ledger, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A price list of another version does not reach the days before it came."""
    keep_settings(ledger, config, now=day(5))
    kept = prices_as_of(looking(ledger, day(6)).location)
    assert kept is not None
    assert {MINI, PriceKey(None, "house")} & set(kept.cards) == {MINI}
    (card,) = [each for each in kept.cards[MINI] if each.rates is not None]
    monkeypatch.setattr(asked, "SOURCE", "genai-prices 99")
    assert keep_settings(ledger, config, now=day(7))
    later = prices_as_of(looking(ledger, day(8)).location)
    assert later is not None
    assert (kept.source, later.source) == (card.price_source, "genai-prices 99")
    book = price_book(looking(ledger, day(6)), config)
    assert book.explain(MINI, day(1)) == card
    assert card.rates is not None
    assert card.rates[0] * 1_000_000 == Decimal("0.15")
    assert prices_as_of(ledger.location) is None


def test_a_load_of_a_new_model_adds_its_price_alone(ledger: Ledger, config: Config) -> None:
    keep_settings(ledger, config, now=day(5))
    known = {file.load_id for file in ledger.files("requests")}
    add(ledger, "requests", [request("b", provider="openai", response_model="gpt-4o")])
    loads = {str(file.load_id) for file in ledger.files("requests") if file.load_id not in known}
    assert keep_settings(ledger, config, loads=loads, now=day(6))
    assert not keep_settings(ledger, config, loads=loads, now=day(7))
    before, after = (prices_as_of(looking(ledger, day(each)).location) for each in (6, 7))
    assert before is not None
    assert after is not None
    assert {key.model for key in after.cards} - {key.model for key in before.cards} == {"gpt-4o"}
    assert {key: after.cards[key] for key in before.cards} == dict(before.cards)


def test_damaged_prices_stop_who_asks_for_them_and_no_load(ledger: Ledger, config: Config) -> None:
    keep_settings(ledger, config, now=day(5))
    (kept,) = (ledger.location.root / "_settings").glob("*/prices.json")
    whole = kept.read_bytes()
    kept.write_bytes(whole[:-1])
    changed = config.model_copy(update={"currency": "EUR"})
    assert keep_settings(ledger, changed, now=day(6))
    with pytest.raises(LedgerError, match=r"prices\.json is not the file that was kept"):
        prices_as_of(looking(ledger, day(7)).location)
    kept.write_bytes(whole)
    assert prices_as_of(looking(ledger, day(7)).location) is not None


def test_what_was_changed_by_hand_is_an_error_and_what_cannot_be_written_a_note(
    ledger: Ledger, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_settings(ledger, config, now=day(5))
    (kept,) = (ledger.location.root / "_settings").glob("*/finops.json")
    kept.write_text(json.dumps({"currency": "EUR"}), encoding="utf-8")
    with pytest.raises(LedgerError, match=r"finops\.json is not the file that was kept"):
        settings_as_of(looking(ledger, day(6)).location, config)

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("finops.ledger.in_force.publish_document", refuse)
    said = try_to_keep(Session(ledger, Config(currency="EUR")), ledger)
    (note,) = said
    assert note.startswith(
        "Today's settings are not kept for later --as-of: the settings cannot be"
    )
    assert note.endswith(f"{ledger.location.url}: Permission denied.")
