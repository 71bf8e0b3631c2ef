"""What is planted in the samples, and when. `samples/truth.toml` says how much of it there is."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

RETRY_STORM = (datetime(2026, 9, 22, 13, tzinfo=UTC), datetime(2026, 9, 22, 17, tzinfo=UTC))
"""fraud-score: the provider answers after the client's 2 s patience; each call is tried again and again."""
RETRY_STORM_CALLS_PER_HOUR = 120
RETRY_STORM_ATTEMPTS = 5

CHUNK_CREEP = (date(2026, 8, 15), date(2026, 10, 31))
CHUNKS_BEFORE, CHUNKS_AFTER, CHUNK_TOKENS = 6, 15, 520
"""rag-answer: retrieved chunks rise from 6 to 15, evenly, between the two days."""

PROMPT_DOUBLED = date(2026, 9, 15)
PROMPT_TOKENS_AFTER, PROMPT_VERSION_AFTER = 4900, "v8"
"""claims-triage: the fixed prompt goes from 2,400 to 4,900 tokens with version v8."""

CACHE_STOPPED = date(2026, 10, 6)
"""support-chat: a time of day at the top of the prompt makes every cache lookup miss."""

AGENT_LOOP = (date(2026, 10, 13), date(2026, 10, 14))
AGENT_LOOP_RUNS_PER_DAY, AGENT_LOOP_CALLS = 6, 60
"""claims-agent: some runs ask the same tool 60 times before they are stopped."""

MODEL_SWITCHED = date(2026, 10, 1)
MODEL_AFTER = "gpt-4.1"
"""meeting-notes: from gpt-4o-mini to gpt-4.1."""

REGION_VIOLATION = (date(2026, 10, 19), date(2026, 10, 21))
REGION_VIOLATION_REGION = "us-east-1"
"""translate: personal data of the EU is sent to a model in the United States on three days."""

UNPRICED_FROM = date(2026, 10, 12)
"""triage-pilot begins, on a model that is in no price book."""

OBJECTIVES: dict[str, dict[str, int]] = {
    "support-chat": {"ttft_ms": 900, "tpot_ms": 15},
    "rag-answer": {"latency_ms": 3800},
    "fraud-score": {"latency_ms": 850},
    "code-assist": {"ttft_ms": 2900},
}
"""Longest times of a good response by workflow, as `finops.toml` has them. The retry storm misses its own."""

IDLE_RESERVATION = (date(2026, 10, 5), date(2026, 11, 1))
IDLE_RESERVATION_ID = "cr-0f4d2c61b7a9e8831"
"""A capacity reservation made for a load test and forgotten; the end is exclusive."""

COMMITMENT_UNUSED_FROM = date(2026, 10, 1)
"""The second serving node is switched off; the savings plan that covered it goes on."""

STRAGGLER_FROM = date(2026, 10, 10)
STRAGGLER_NODE, STRAGGLER_GPU = "colo-02", 5
"""One accelerator runs hot and slow; the 15 that wait for it look busy."""

CREDIT_DAY, CREDIT = date(2026, 9, 30), Decimal("-500.00")
"""A promotional credit on the September bill of AWS."""

REISSUED_MONTH, UNDISCOUNTED_FROM = "2026-09", date(2026, 9, 21)
"""OpenAI's first September bill forgot the discount from the 21st on; the second puts it right."""

UNOWNED = ("proj-playground", "wrk-growth", "AWS Data Transfer")
"""A project, a workspace and a service that nobody has entered into owners.csv."""
