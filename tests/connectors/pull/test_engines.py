"""Inference engines by their counters, from a real Prometheus: every hour's count is exact."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import chain
from typing import TYPE_CHECKING, Any

import pytest

from connectors.configured import Source, settings_of
from connectors.pulling import PullOptions, SourceResult, pull
from connectors.sources.prometheus import CONNECTOR
from finops.errors import SourceError
from finops.ledger.engine import query
from finops.ledger.store import Ledger
from tests.connectors.pull.prometheus_server import START, Sample, prometheus_with

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

pytestmark = pytest.mark.needs("prometheus", "promtool")

BORN = START.timestamp()


def vllm(
    model: str, values: Mapping[int, int], what: str = "prompt_tokens", **labels: str
) -> Iterator[Sample]:
    """A counter of vLLM's by minute."""
    said = {"model_name": model, "engine": "0", **labels}
    for minute, value in values.items():
        yield Sample(f"vllm:{what}_total", said, minute, value)


def steady(model: str, **labels: str) -> Iterator[Sample]:
    """Two replicas in a Deployment: prompts 10 tokens a minute each, half of them cached since the second minute."""
    for pod in ("a", "b"):
        said = {"namespace": "prod", "pod": f"chat-7f-{pod}", **labels}
        minutes = range(120)
        yield from vllm(model, {m: 1000 + 10 * m for m in minutes}, **said)
        for source in ("local_cache_hit", "local_compute"):
            values = {m: 500 + 5 * m for m in minutes}
            yield from vllm(model, values, "prompt_tokens_by_source", source=source, **said)
        yield from vllm(model, {m: 3 * m for m in minutes}, "generation_tokens", **said)
        for reason in ("stop", "abort"):
            yield from vllm(
                model, {m: m for m in minutes}, "request_success", finished_reason=reason, **said
            )
        owner = {"namespace": "prod", "pod": f"chat-7f-{pod}", "owner_kind": "ReplicaSet", "owner_name": "chat-7f"}  # fmt: skip
        yield Sample("kube_pod_owner", owner, 1, 1)
    above = {"namespace": "prod", "replicaset": "chat-7f", "owner_kind": "Deployment", "owner_name": "chat"}  # fmt: skip
    yield Sample("kube_replicaset_owner", above, 1, 1)


def restarted() -> Iterator[Sample]:
    """Falls at minute 30; begins again at minute 40 without falling, which only its birth shows."""
    values = {m: 100 * m for m in range(30)} | dict.fromkeys(range(30, 40), 7) | {40: 50, 41: 60}
    yield from vllm("restarted", values, "generation_tokens", case="x")
    for minute in values:
        begun = BORN + (60 * 39.5 if minute >= 40 else 60 * 29.5 if minute >= 30 else -7200)
        said = {"model_name": "restarted", "engine": "0", "case": "x"}
        yield Sample("vllm:generation_tokens_created", said, minute, begun)


def gaps() -> Iterator[Sample]:
    """Three hours without a scrape, and midnight between two that are nine minutes apart."""
    yield from vllm("gap", {0: 0, 10: 100, 190: 400, 191: 400}, "generation_tokens", case="x")
    yield from vllm("night", {1438: 500, 1439: 520, 1440: 525}, "generation_tokens", case="x")
    yield from vllm("late", {1436: 510, 1445: 530}, "generation_tokens", case="x")


def others() -> Iterator[Sample]:
    """SGLang counts cached tokens itself; Triton counts requests alone."""
    for minute in range(0, 121, 5):
        said = {"model_name": "sg", "case": "x"}
        yield Sample("sglang:prompt_tokens_total", said, minute, 20 * minute)
        for place in ("device", "host"):
            cached = {**said, "cache_source": place}
            yield Sample("sglang:cached_tokens_total", cached, minute, 4 * minute)
        yield Sample("sglang:generation_tokens_total", said, minute, 2 * minute)
        yield Sample("sglang:num_requests_total", said, minute, minute)
        triton = {"model": "tri", "version": "1", "case": "x"}
        yield Sample("nv_inference_request_success", triton, minute, 6 * minute)
        yield Sample("nv_inference_request_failure", triton, minute, minute)


def odd() -> Iterator[Sample]:
    yield from vllm("odd", {0: 1, 1: 2}, "generation_tokens", case="odd")
    yield Sample("vllm:generation_tokens_total", {"model_name": "odd", "case": "odd"}, 2, 2.5)


@pytest.fixture(scope="module")
def server() -> str:
    """A server with every case, told apart by a label."""
    cases = (steady("steady", case="steady"), restarted(), gaps(), others(), odd())
    return prometheus_with(chain.from_iterable(cases))


def pulled(folder: Path, url: str, **settings: Any) -> tuple[Ledger, SourceResult]:  # noqa: ANN401
    ledger = Ledger.open(str(folder / "ledger"), create=True)
    said = {"url": url, "since": date(2026, 10, 4), "tables": ["usage"], "scrape_s": 60, **settings}
    source = Source("k8s", CONNECTOR, settings_of("k8s", CONNECTOR, said))
    (result,) = pull(ledger, [source], PullOptions(now=START + timedelta(days=2, hours=1)))
    return ledger, result


ROWS = """
select response_model, epoch("timestamp") // 3600 - {start}, epoch(ends_at) // 3600 - {start},
  requests, uncached_input_tokens, cache_read_tokens, output_tokens
from usage where {where} order by all
"""


def hours(ledger: Ledger, where: str = "true") -> list[tuple[Any, ...]]:
    """Model, hours since the start, requests, uncached, cached and output tokens."""
    with ledger.connect(["usage"]) as con:
        return query(con, ROWS.format(start=int(START.timestamp()) // 3600, where=where))


def test_replicas_are_added_up_and_cached_tokens_taken_out(server: str, tmp_path: Path) -> None:
    """59 steps in the first hour, 60 in the second; each of two replicas ends 2 requests a minute."""
    ledger, result = pulled(tmp_path, server, matchers='case="steady"')
    assert result.error is None
    assert hours(ledger) == [
        ("steady", 0, 1, 4 * 59, 2 * 5 * 59, 2 * 5 * 59, 2 * 3 * 59),
        ("steady", 1, 2, 4 * 60, 2 * 5 * 60, 2 * 5 * 60, 2 * 3 * 60),
    ]
    with ledger.connect(["usage"]) as con:
        assert query(con, "select distinct provider, deployment, operation from usage") == [
            ("self-hosted", "chat", "chat")
        ]
    (note,) = result.notes
    assert note == (
        "2026-10-05: counters were first seen at 2,000 prompt, 1,000 cached; when that was counted is"
        " not known, so it is left out"
    )


def test_restarts_gaps_and_midnight_are_never_guessed(server: str, tmp_path: Path) -> None:
    ledger, result = pulled(tmp_path, server, matchers='case="x"', provider="vllm")
    assert result.error is None
    assert hours(ledger, "response_model not in ('sg', 'tri') and output_tokens > 0") == [
        ("gap", 0, 1, None, None, None, 100),
        ("gap", 0, 4, None, None, None, 300),
        ("late", 24, 25, None, None, None, 20),
        ("night", 23, 24, None, None, None, 20),
        ("night", 24, 25, None, None, None, 5),
        ("restarted", 0, 1, None, None, None, 100 * 29 + 7 + 50 + 10),
    ]


def test_what_an_engine_does_not_count_is_unknown(server: str, tmp_path: Path) -> None:
    ledger, _ = pulled(tmp_path, server, matchers='case="x"')
    assert hours(ledger, "response_model in ('sg', 'tri')") == [
        ("sg", 0, 1, 55, 12 * 55, 8 * 55, 110),
        ("sg", 1, 2, 60, 12 * 60, 8 * 60, 120),
        ("sg", 2, 3, 5, 12 * 5, 8 * 5, 10),
        ("tri", 0, 1, 7 * 55, None, None, None),
        ("tri", 1, 2, 7 * 60, None, None, None),
        ("tri", 2, 3, 7 * 5, None, None, None),
    ]


def test_a_counter_that_is_no_count_is_refused(server: str, tmp_path: Path) -> None:
    _, result = pulled(tmp_path, server, matchers='case="odd"')
    assert isinstance(result.error, SourceError)
    assert result.error.message == "k8s: vllm:generation_tokens_total is 2.5, which is no count"
