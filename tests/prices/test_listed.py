"""Rate cards say what genai-prices says, to the last digit, and say so where it would guess."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import genai_prices
import pytest
from genai_prices.data_snapshot import get_snapshot
from genai_prices.types import ModelPrice, TimeOfDateConstraint
from hypothesis import given, settings
from hypothesis import strategies as st

from finops.prices.book import Book, PriceKey, RateCard, describe
from finops.prices.cards import DAY_MINUTES, KINDS

BOOK = Book.load()
LISTED = [(p.id, m.id) for p in get_snapshot().providers for m in p.models]
ASKED: list[tuple[dict[str, Any], dict[str, str]]] = [
    ({}, {}),
    ({"service_tier": "standard", "speed": "standard", "batch": False}, {}),
    ({"service_tier": "default"}, {"service_tier": "default"}),
    ({"batch": True}, {"processing": "batch"}),
    ({"service_tier": "batch"}, {"processing": "batch"}),
    ({"service_tier": "flex"}, {"service_tier": "flex"}),
    ({"service_tier": "priority"}, {"service_tier": "priority"}),
    ({"speed": "fast"}, {"speed": "fast"}),
]
NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


def key(provider: str | None, model: str | None, **asked: Any) -> PriceKey:  # noqa: ANN401  (a key's parts differ in type)
    return PriceKey(provider, model, **asked)


def amount(card: RateCard, tokens: tuple[int, ...]) -> Decimal:
    assert card.rates is not None, card.unpriced_reason
    return sum((n * rate for n, rate in zip(tokens, card.rates, strict=True)), Decimal(0))


def price(asked: PriceKey, at: datetime, **tokens: int) -> Decimal:
    counts = tuple(tokens.get(kind, 0) for kind in KINDS)
    return amount(BOOK.explain(asked, at, sum(counts[:-1])), counts)


def library(
    asked: PriceKey, at: datetime, tokens: tuple[int, ...], context: dict[str, str]
) -> Decimal:
    _, read, five, thirty, hour, twelve, unknown, output = tokens
    usage = genai_prices.Usage(
        input_tokens=sum(tokens[:-1]),
        cache_read_tokens=read,
        cache_write_tokens=five + thirty + hour + twelve + unknown,
        cache_write_5m_tokens=five,
        cache_write_1h_tokens=hour,
        output_tokens=output,
    )
    assert asked.model is not None
    return genai_prices.calc_price(
        usage,
        asked.model,
        provider_id=asked.provider,
        genai_request_timestamp=at,
        price_context=context,
    ).total_price


# --- the same digits ---------------------------------------------------------------------------


def test_cached_input_is_inside_the_input_the_library_counts() -> None:
    asked = key("anthropic", "claude-sonnet-4-5")
    assert price(asked, NOON, uncached_input=600, cache_read=400) == Decimal("0.00192")


def test_a_context_tier_applies_to_the_whole_request_from_the_first_token_above_it() -> None:
    asked = key("anthropic", "claude-sonnet-4-5")
    assert price(asked, NOON, uncached_input=200_000, output=1_000) == Decimal("0.615")
    assert price(asked, NOON, uncached_input=200_001, output=1_000) == Decimal("1.222506")
    assert BOOK.breaks([asked]) == {("anthropic", "claude-sonnet-4-5"): ((200_001,), ())}


def test_cached_tokens_count_towards_the_context_tier() -> None:
    asked = key("anthropic", "claude-sonnet-4-5")
    assert price(asked, NOON, uncached_input=1, cache_read=200_000) == Decimal("0.120006")


def test_cache_writes_cost_by_lifetime() -> None:
    asked = key("anthropic", "claude-sonnet-4-5")
    assert price(asked, NOON, cache_write_5m=1_000) == Decimal("0.00375")
    assert price(asked, NOON, cache_write_1h=1_000) == Decimal("0.006")
    assert price(asked, NOON, cache_write_unknown=1_000) == Decimal("0.00375")


def test_a_price_changes_on_its_day() -> None:
    asked = key("openai", "o3")
    before = datetime(2025, 6, 9, 23, 59, 59, tzinfo=UTC)
    assert price(asked, before, uncached_input=1_000_000, output=1_000_000) == Decimal(50)
    after = datetime(2025, 6, 10, tzinfo=UTC)
    assert price(asked, after, uncached_input=1_000_000, output=1_000_000) == Decimal(10)


def test_a_price_changes_with_the_time_of_day() -> None:
    asked = key("deepseek", "deepseek-chat")
    day = datetime(2025, 3, 1, tzinfo=UTC)
    tokens = {"uncached_input": 1_000_000, "output": 1_000_000}
    assert price(asked, day.replace(hour=3), **tokens) == Decimal("1.37")
    assert price(asked, day.replace(hour=20), **tokens) == Decimal("0.685")
    assert BOOK.breaks([asked])["deepseek", "deepseek-chat"].minutes == (30, 990)


@pytest.mark.parametrize("asked", [{"batch": True}, {"service_tier": "batch"}])
def test_batch_costs_half_since_the_day_its_price_is_known(asked: dict[str, Any]) -> None:
    batch = key("anthropic", "claude-sonnet-4-5", **asked)
    assert price(batch, NOON, uncached_input=1_000_000) == Decimal(3)
    assert price(batch, NOON, uncached_input=100_000) == Decimal("0.15")
    early = BOOK.explain(batch, datetime(2026, 10, 13, 23, 59, tzinfo=UTC))
    assert early.rates is None
    assert early.unpriced_reason == (
        "no known price for anthropic/claude-sonnet-4-5 with batch processing before 2026-10-14"
    )


def test_every_listed_model_costs_what_the_library_says() -> None:
    chance = random.Random(7)
    compared = 0
    for provider, model in LISTED:
        for asked, context in ASKED:
            named = key(provider, model, **asked)
            cards = BOOK.cards([named])
            for _ in range(2):
                at = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=chance.randrange(1576800))
                tokens = tuple(chance.choice((0, 977, 3 * 10**5 + 1)) for _ in KINDS)
                (card,) = [card for card in cards if card.covers(at, sum(tokens[:-1]))]
                if card.rates is not None:
                    assert amount(card, tokens) == library(named, at, tokens, context)
                    compared += 1
    assert compared > 2 * 3 * 2000


@settings(max_examples=400, deadline=None)
@given(
    named=st.sampled_from(LISTED),
    asked=st.sampled_from(ASKED),
    at=st.datetimes(datetime(2023, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    tokens=st.tuples(*(st.integers(0, 10**6) for _ in KINDS)),
)
def test_any_usage_costs_what_the_library_says(
    named: tuple[str, str],
    asked: tuple[dict[str, Any], dict[str, str]],
    at: datetime,
    tokens: tuple[int, ...],
) -> None:
    wanted = key(*named, **asked[0])
    card = BOOK.explain(wanted, at, sum(tokens[:-1]))
    if card.rates is not None:
        assert amount(card, tokens) == library(wanted, at, tokens, asked[1])


def test_cards_of_a_key_cover_all_time_and_every_size_once() -> None:
    for provider, model in LISTED[::7]:
        cards = BOOK.cards([key(provider, model)])
        for at in (
            datetime(1990, 1, 1, tzinfo=UTC),
            NOON,
            datetime(2090, 1, 1, 23, 59, tzinfo=UTC),
        ):
            for size in (0, 1, 128_000, 200_000, 200_001, 10**9):
                assert sum(card.covers(at, size) for card in cards) == 1
        assert all(0 <= card.minute_from < card.minute_to <= DAY_MINUTES for card in cards)


def test_windows_of_the_price_list_change_on_whole_minutes() -> None:
    for provider in get_snapshot().providers:
        for model in provider.models:
            if isinstance(model.prices, ModelPrice):
                continue
            for entry in model.prices:
                if isinstance(window := entry.constraint, TimeOfDateConstraint):
                    assert not window.start_time.second
                    assert not window.end_time.second


# --- what has no price -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        (key("openai", "gpt-17"), "no known price for openai/gpt-17"),
        (key(None, "house-model"), "no known price for house-model"),
        (key("openai", None), "no known price: the log names no model"),
        (
            key("openai", "gpt-4o", service_tier="scale"),
            "no known price for openai/gpt-4o with service tier 'scale'",
        ),
        (
            key("azure.ai.openai", "gpt-4o", service_tier="flex"),
            "no known price for azure/gpt-4o with service tier 'flex'",
        ),
        (
            key("anthropic", "claude-sonnet-4-5", speed="fast"),
            "no known price for anthropic/claude-sonnet-4-5 with speed 'fast'",
        ),
        (
            key("anthropic", "claude-opus-4-8", inference_geo="us"),
            "no known price for anthropic/claude-opus-4-8 with inference geography 'us'",
        ),
        (
            key("openai", "gpt-4o", batch=True, service_tier="flex"),
            "no known price for openai/gpt-4o with batch processing and service tier 'flex'",
        ),
        (
            key("openai", "whisper-1"),
            "openai/whisper-1 is not sold by token (its prices: audio_hours, input_audio_hours)",
        ),
        (
            key("perplexity", "sonar"),
            "perplexity/sonar has a fee per request, which token counts cannot price",
        ),
        (key("github-copilot", "gpt-4.1"), "github-copilot/gpt-4.1 is listed without a price"),
    ],
)
def test_what_is_not_known_is_unpriced_and_says_why(asked: PriceKey, reason: str) -> None:
    cards = BOOK.cards([asked])
    assert {card.unpriced_reason for card in cards} == {reason}
    assert all(card.rates is None for card in cards)


def test_the_standard_tier_has_several_names() -> None:
    names = (None, "", "standard", "default", "Standard", "on-demand")
    cards = {BOOK.explain(key("openai", "gpt-4o", service_tier=name), NOON).rates for name in names}
    assert len(cards) == 1
    assert cards != {None}


def test_a_free_variant_costs_nothing_and_says_so() -> None:
    card = BOOK.explain(key("openrouter", "deepseek-chat:free"), NOON)
    assert card.rates == (Decimal(0),) * len(KINDS)
    assert "the free variant costs nothing" in card.price_rule


# --- where a price comes from ------------------------------------------------------------------


def test_a_card_names_its_source_the_day_it_was_checked_and_its_rule() -> None:
    card = BOOK.explain(key("openai", "gpt-5", service_tier="flex"), NOON)
    assert card.price_source == f"genai-prices {genai_prices.__version__}"
    assert card.price_checked == date(2026, 10, 12)
    assert describe(card) == (
        "openai/gpt-5 list price, service tier 'flex'; cache writes at the input price; "
        "searches are charged apart; since 2026-10-12"
    )


def test_days_before_the_first_dated_price_are_said_to_be_undated() -> None:
    early = BOOK.explain(key("openai", "o3"), datetime(2020, 1, 1, tzinfo=UTC))
    assert describe(early).endswith(
        "before 2025-06-10, the oldest price known, its first day unknown"
    )
    only = BOOK.explain(key("openai", "gpt-4o"), datetime(2020, 1, 1, tzinfo=UTC))
    assert describe(only).endswith("the only price known, undated: earlier days get it too")


def test_a_rule_says_its_window_and_its_size() -> None:
    night = BOOK.explain(key("deepseek", "deepseek-chat"), datetime(2025, 3, 1, 20, tzinfo=UTC))
    assert describe(night).endswith("from 16:30 to 24:00 UTC")
    sonnet = key("anthropic", "claude-sonnet-4-5")
    assert describe(BOOK.explain(sonnet, NOON, 1)).endswith(
        "requests with fewer than 200,001 input tokens"
    )
    assert describe(BOOK.explain(sonnet, NOON, 200_001)).endswith(
        "requests with 200,001 input tokens or more, all of them"
    )
    assert describe(BOOK.explain(key("openai", "nope"), NOON)) == "no known price for openai/nope"


def test_a_provider_told_by_the_models_name_is_said() -> None:
    assert "provider told by the model's name" in BOOK.explain(key(None, "gpt-4o"), NOON).price_rule
