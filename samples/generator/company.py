"""Harbourline, the sample company: its months, teams, workflows, models and what it pays for a token.

Everything another module needs to agree on stands here: the calendar, the seed, the workflows, and the
list prices, which come from genai-prices so that a bill is the public price times the discount.
"""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import NamedTuple

from genai_prices import Usage, calc_price

FIRST_DAY = date(2026, 8, 1)
END_DAY = date(2026, 11, 1)
MONTHS = ("2026-08", "2026-09", "2026-10")
SEED = 20260801

OPENAI_DISCOUNT = Decimal("0.92")
"""What Harbourline pays of OpenAI's list price; Anthropic charges it the list price."""

UNPRICED_MODEL = "harbourline-triage-ft3"
UNPRICED_RATES = {
    "uncached_input": Decimal("0.0000045"),
    "cache_read": Decimal("0.0000045"),
    "output": Decimal("0.000018"),
}
"""A model tuned by a vendor under contract: on the bill, in no price book. USD per token."""

BATCH_FROM = date(2026, 10, 15)
"""Day from which `batch` workflows use the batch interface, at half the price."""

UNLOGGED_SHARE = 0.015
"""Share of metered calls that bypass the gateway: on the bill, not in the log."""


class Workflow(NamedTuple):
    """One workflow: who runs it, on what, how often, and how large its calls are."""

    name: str
    team: str
    tier: str
    provider: str
    model: str
    project: str
    runs: float
    """Runs on a working day at the start of the period."""
    calls: tuple[int, int]
    system: int
    """Tokens of the fixed prompt."""
    user: tuple[int, int]
    output: tuple[int, int]
    agents: tuple[str, ...] = ()
    prompt: str = "v1"
    cached: bool = False
    rag: bool = False
    tools: float = 0.0
    """Chance that a call is followed by a tool call."""
    operation: str = "chat"
    batch: bool = False
    environment: str = "production"
    region: str | None = None
    data_class: str = "internal"
    deployment: str | None = None
    latency: tuple[int, int] = (600, 4000)


WORKFLOWS = (
    Workflow("support-chat", "support", "interactive", "anthropic", "claude-haiku-4-5",
             "wrk-support", 84, (2, 5), 6800, (120, 900), (120, 420),
             agents=("greeter", "resolver"), prompt="v12", cached=True),
    Workflow("rag-answer", "search", "interactive", "openai", "gpt-4.1",
             "proj-search", 104, (1, 1), 900, (40, 160), (150, 500), prompt="v5", rag=True),
    Workflow("claims-triage", "claims", "async", "openai", "gpt-4o",
             "proj-claims", 96, (1, 1), 2400, (600, 2600), (150, 350), prompt="v7",
             latency=(1500, 7000)),
    Workflow("claims-agent", "claims", "async", "anthropic", "claude-sonnet-4-5",
             "wrk-claims", 15, (5, 11), 5200, (1500, 7500), (250, 1100),
             agents=("planner", "investigator", "writer"), prompt="v3", cached=True, tools=0.8,
             latency=(2500, 14000)),
    Workflow("contract-review", "legal", "async", "anthropic", "claude-sonnet-4-5",
             "wrk-legal", 9, (2, 3), 1800, (18000, 48000), (700, 1800),
             agents=("reader", "reviewer"), latency=(5000, 30000), data_class="confidential"),
    Workflow("code-assist", "engineering", "interactive", "anthropic", "claude-sonnet-4-5",
             "wrk-engineering", 26, (2, 7), 9000, (1500, 12000), (300, 2200),
             agents=("coder",), cached=True, tools=0.35, latency=(1500, 12000)),
    Workflow("email-draft", "growth", "interactive", "openai", "gpt-4o-mini",
             "proj-growth", 74, (1, 1), 700, (200, 900), (150, 450)),
    Workflow("doc-summary", "growth", "batch", "openai", "gpt-4o",
             "proj-growth", 110, (1, 1), 500, (12000, 40000), (300, 800), batch=True,
             latency=(60000, 900000)),
    Workflow("fraud-score", "claims", "realtime", "openai", "gpt-4.1",
             "proj-claims", 150, (1, 1), 900, (1500, 4200), (20, 60), prompt="v9",
             latency=(250, 900)),
    Workflow("meeting-notes", "support", "async", "openai", "gpt-4o-mini",
             "proj-support", 42, (1, 1), 800, (14000, 52000), (500, 1200), latency=(3000, 12000)),
    Workflow("translate", "growth", "interactive", "anthropic", "claude-haiku-4-5",
             "wrk-growth", 62, (1, 1), 400, (300, 1500), (300, 1500),
             region="eu-central-1", data_class="personal-eu"),
    Workflow("semantic-index", "search", "batch", "openai", "text-embedding-3-small",
             "proj-search", 90, (1, 1), 0, (4000, 8000), (0, 0), operation="embeddings",
             latency=(150, 600)),
    Workflow("eval-nightly", "research", "experimental", "openai", "gpt-5-mini",
             "proj-research", 46, (1, 1), 1500, (400, 2400), (400, 2600), environment="staging",
             latency=(2500, 16000)),
    Workflow("triage-pilot", "claims", "experimental", "openai", UNPRICED_MODEL,
             "proj-claims", 24, (1, 1), 2400, (600, 2600), (120, 260), environment="staging",
             latency=(1200, 5000)),
    Workflow("redact-pii", "platform", "realtime", "self-hosted", "llama-3.3-70b-instruct",
             "cluster-serving", 170, (1, 1), 600, (500, 2500), (400, 2000),
             region="us-east-1", data_class="personal-us", deployment="redact-llama",
             latency=(400, 2600)),
)  # fmt: skip

TENANTS = ("acorn-mutual", "birch-insurance", "cedar-life", "delta-re", "elm-assurance")

CONTEXT_WINDOWS = {
    "claude-haiku-4-5": 200000,
    "claude-sonnet-4-5": 200000,
    "gpt-4o": 128000,
    "gpt-4o-mini": 128000,
    "gpt-4.1": 1047576,
    "gpt-5-mini": 400000,
    "llama-3.3-70b-instruct": 131072,
}


def days() -> list[date]:
    """Every day of the period."""
    return [FIRST_DAY + timedelta(days=n) for n in range((END_DAY - FIRST_DAY).days)]


def at(day: date, seconds: float) -> datetime:
    """The instant `seconds` into `day`, UTC, to the millisecond."""
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return start + timedelta(milliseconds=round(seconds * 1000))


def dice(*what: object) -> random.Random:
    """The random numbers of one named thing, the same on every machine."""
    return random.Random("/".join(map(str, (SEED, *what))))


_KINDS = {
    "uncached_input": Usage(input_tokens=1000),
    "cache_read": Usage(input_tokens=1000, cache_read_tokens=1000),
    "cache_write_5m": Usage(input_tokens=1000, cache_write_tokens=1000),
    "output": Usage(output_tokens=1000),
}


@cache
def list_rate(provider: str, model: str, kind: str, *, batch: bool = False) -> Decimal:
    """USD per token at list price; the contract's rate for the model no price book knows."""
    if model == UNPRICED_MODEL:
        return UNPRICED_RATES[kind]
    when = datetime(2026, 10, 31, tzinfo=UTC)
    price = calc_price(
        _KINDS[kind],
        model,
        provider_id=provider,
        genai_request_timestamp=when,
        price_context={"processing": "batch"} if batch else None,
    )
    return Decimal(price.total_price) / 1000


def paid_share(provider: str) -> Decimal:
    """What part of the list price the provider bills."""
    return OPENAI_DISCOUNT if provider == "openai" else Decimal(1)
