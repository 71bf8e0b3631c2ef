"""Own prices beat the list on the days they cover, and nothing else."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest

from finops.config import load_config
from finops.errors import ConfigError
from finops.prices.book import Book, PriceKey, describe

if TYPE_CHECKING:
    from pathlib import Path

HOUSE: dict[str, object] = {
    "provider": "vllm",
    "model": "llama-70b",
    "input": "0.20",
    "output": "0.60",
    "source": "cost of the GPU pool, 2026-09",
}


def rates(book: Book, key: PriceKey, day: str, size: int = 0) -> list[str] | None:
    card = book.explain(key, datetime.fromisoformat(f"{day}T12:00:00+00:00"), size)
    return (
        None
        if card.rates is None
        else [f"{(rate * 1_000_000).normalize():f}" for rate in card.rates]
    )


def test_a_self_hosted_model_has_the_price_it_is_given() -> None:
    book = Book.load([HOUSE])
    key = PriceKey("vLLM", "Llama-70B")
    card = book.explain(key, datetime(2026, 9, 1, tzinfo=UTC))
    assert rates(book, key, "2026-09-01") == [*["0.2"] * 7, "0.6"]
    assert (card.price_source, card.currency) == ("cost of the GPU pool, 2026-09", "USD")
    assert (card.priced_provider, card.priced_model) == ("vllm", "llama-70b")
    assert describe(card) == (
        "own price of llama-70b; cache reads at the input price; "
        "cache writes at the input price; on every day"
    )
    assert rates(book, PriceKey("ollama", "llama-70b"), "2026-09-01") is None


def test_a_price_without_a_provider_is_the_models_wherever_it_runs() -> None:
    book = Book.load([{**HOUSE, "provider": None}])
    assert rates(book, PriceKey("ollama", "llama-70b"), "2026-09-01") is not None


def test_a_negotiated_rate_cuts_the_list_where_it_begins_and_ends() -> None:
    book = Book.load(
        [
            {
                "provider": "openai",
                "model": "o3",
                "from": date(2025, 6, 1),
                "to": "2025-07-01",
                "currency": "EUR",
                "input": "1.5",
                "cache_read": "0.2",
                "cache_write": "1.6",
                "cache_write_1h": "1.7",
                "output": "6",
            }
        ]
    )
    key = PriceKey("openai", "o3-2025-04-16")
    listed_before = ["10", "0.5", "10", "10", "10", "10", "10", "40"]
    own = ["1.5", "0.2", "1.6", "1.6", "1.7", "1.6", "1.6", "6"]
    listed_after = ["2", "0.5", "2", "2", "2", "2", "2", "8"]
    for day, expected in (
        ("2025-05-31", listed_before),
        ("2025-06-01", own),
        ("2025-06-30", own),
        ("2025-07-01", listed_after),
    ):
        assert rates(book, key, day) == expected
    assert [card.currency for card in book.cards([key])] == ["USD", "EUR", "USD"]
    assert describe(book.cards([key])[1]).endswith("from 2025-06-01 to 2025-07-01")


def test_context_tiers_and_windows_of_the_list_end_where_an_own_price_begins() -> None:
    book = Book.load(
        [
            {
                "provider": "anthropic",
                "model": "claude-sonnet-4-5",
                "from": "2026-01-01",
                "input": "1",
            }
        ]
    )
    key = PriceKey("anthropic", "claude-sonnet-4-5-20250929")
    assert rates(book, key, "2026-01-01", 1) == rates(book, key, "2026-01-01", 500_000)
    assert rates(book, key, "2025-12-31", 1) != rates(book, key, "2025-12-31", 500_000)
    assert len(book.cards([key])) == 3


def test_a_service_tier_keeps_its_own_price() -> None:
    book = Book.load([{**HOUSE, "service_tier": "batch", "input": "0.1"}, HOUSE])
    batch = PriceKey("vllm", "llama-70b", batch=True)
    assert (rates(book, batch, "2026-09-01") or [""])[0] == "0.1"
    assert (rates(book, PriceKey("vllm", "llama-70b"), "2026-09-01") or [""])[0] == "0.2"
    assert rates(book, PriceKey("vllm", "llama-70b", "flex"), "2026-09-01") is None


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ([{**HOUSE, "model": " "}], "[[prices]] needs a model"),
        ([{**HOUSE, "input": None}], "[[prices]] llama-70b needs an input price"),
        (
            [{**HOUSE, "output": "free"}],
            "[[prices]] llama-70b: output = 'free' is not an amount per million tokens",
        ),
        (
            [{**HOUSE, "output": "-1"}],
            "[[prices]] llama-70b: output = '-1' is not an amount per million tokens",
        ),
        (
            [{**HOUSE, "output": "0.0000000000000000001"}],
            "[[prices]] llama-70b: output = '0.0000000000000000001' is not an amount per million tokens",
        ),
        ([{**HOUSE, "from": "May"}], "[[prices]] llama-70b: 'May' is not a date"),
        (
            [{**HOUSE, "from": "2026-02-01", "to": "2026-02-01"}],
            "[[prices]] llama-70b: the period from 2026-02-01 to 2026-02-01 is empty",
        ),
        ([HOUSE, HOUSE], "[[prices]] gives llama-70b two prices for the same days"),
        (
            [
                {"provider": "openai", "model": "gpt-4o", "input": "1"},
                {"provider": "OpenAI", "model": "gpt-4o-2024-08-06", "input": "2"},
            ],
            "[[prices]] gives gpt-4o-2024-08-06 two prices for the same days",
        ),
    ],
)
def test_a_wrong_entry_is_refused_by_name(entries: list[dict[str, object]], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Book.load(entries)
    assert caught.value.message == message


def test_prices_that_follow_each_other_do_not_overlap() -> None:
    book = Book.load(
        [{**HOUSE, "to": "2026-02-01"}, {**HOUSE, "from": "2026-02-01", "input": "0.3"}]
    )
    key = PriceKey("vllm", "llama-70b")
    assert (rates(book, key, "2026-01-31") or [""])[0] == "0.2"
    assert (rates(book, key, "2026-02-01") or [""])[0] == "0.3"


def test_prices_of_finops_toml_are_read_as_they_stand(tmp_path: Path) -> None:
    file = tmp_path / "finops.toml"
    file.write_text(
        '[[prices]]\nprovider = "openai"\nmodel = "gpt-4o"\nfrom = 2026-10-01\n'
        'input = "2.00"\noutput = "8.00"\nsource = "contract 42"\n',
        encoding="utf-8",
    )
    config = load_config(file)
    book = Book.load(price.model_dump(by_alias=True, exclude_none=True) for price in config.prices)
    key = PriceKey("openai", "gpt-4o-2024-11-20")
    assert rates(book, key, "2026-10-01") == [*["2"] * 7, "8"]
    assert rates(book, key, "2026-09-30") == ["2.5", "1.25", *["2.5"] * 5, "10"]
    assert book.cards([key])[1].price_source == "contract 42"
