"""LiteLLM's spend logs against recorded shapes: the columns and pages that the proxy (1.108) answers with."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from connectors.conformance import Asked, FakeSource, Rig, suite
from connectors.litellm import reduced_spend_log
from connectors.sources.litellm import CONNECTOR
from finops.model.period import Period
from tests.connectors.pull.logs import kept, pulled

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from connectors.contract import Connector

KEY = "sk-PLANTED-litellm-viewer-key"
SECRET = "PLANTED-SECRET"
Row = dict[str, Any]


def spent(identity: str, start: str, call: str | None = None, **columns: object) -> Row:
    """A row of `/spend/logs/v2`: 300 tokens in, 100 of them cached, 50 out; 0.0123 dollars."""
    usage = {
        "prompt_tokens": 300, "completion_tokens": 50,
        "prompt_tokens_details": {"cached_tokens": 100, "audio_tokens": 0},
    }  # fmt: skip
    return {
        "request_id": identity, "call_type": "acompletion", "api_key": "b" * 64, "spend": 0.0123,
        "total_tokens": 350, "prompt_tokens": 300, "completion_tokens": 50, "startTime": f"{start}+00:00",
        "endTime": f"{start}+00:00", "completionStartTime": None, "model": "gpt-4o", "model_id": "d1",
        "model_group": "smart", "custom_llm_provider": "openai", "api_base": "https://api.openai.com",
        "user": "user@example.com", "cache_hit": "False", "cache_key": "off", "request_tags": [SECRET],
        "team_id": "team-1", "organization_id": None, "end_user": "acme", "requester_ip_address": "10.0.0.1",
        "session_id": "s", "status": "success", "mcp_namespaced_tool_name": None, "agent_id": None,
        "litellm_call_id": call or f"call-{identity}", "request_duration_ms": 1500,
        "metadata": {
            "usage_object": usage, "user_api_key_alias": SECRET, "user_api_key_user_email": "user@example.com",
            "requester_metadata": {"workflow": "answer", "prompt": f"{SECRET} in a sentence"},
            "spend_logs_metadata": {"feature": "search", "notes": {"text": SECRET}},
            "error_information": {"error_class": "RateLimitError", "error_message": SECRET, "traceback": SECRET},
            "mcp_tool_call_metadata": {"arguments": SECRET},
        },
        **columns,
    }  # fmt: skip


class Proxy:
    """The proxy's endpoint over a list of rows; the count ends at `cap`, as the proxy's does."""

    def __init__(self, rows: Sequence[Row] = (), cap: int = 10_000) -> None:
        self.rows, self.cap = list(rows), cap
        self.server = FakeSource(self.answer)

    def answer(self, asked: Asked) -> tuple[int, Any]:
        if asked.headers.get("authorization") != f"Bearer {KEY}":
            return 401, {"error": {"message": "Authentication Error", "code": "401"}}
        said = {name: values[0] for name, values in asked.params.items()}
        if asked.path != "/spend/logs/v2" or said["sort_order"] != "asc":
            return 404, {"detail": "Not Found"}
        first, last = (
            datetime.fromisoformat(said[name]).replace(tzinfo=UTC)
            for name in ("start_date", "end_date")
        )
        found = [
            row for row in self.rows if first <= datetime.fromisoformat(row["startTime"]) <= last
        ]
        found.sort(key=lambda row: row["startTime"])
        size, number = int(said["page_size"]), int(said["page"])
        total = min(len(found), self.cap)
        return 200, {
            "data": found[(number - 1) * size : number * size],
            "total": total, "page": number, "page_size": size, "total_pages": -(-total // size),
            "total_is_capped": len(found) > self.cap,
        }  # fmt: skip


class LiteLLMRig(Rig):
    """Two days of calls, one of them made in two attempts; then a late one, and one more attempt."""

    connector: ClassVar[Connector] = CONNECTOR
    secrets: ClassVar[Mapping[str, str]] = {"PLANTED_LITELLM": KEY}
    now: ClassVar[datetime] = datetime(2026, 10, 20, 12, tzinfo=UTC)
    window: ClassVar[Period] = Period(date(2026, 10, 19), date(2026, 10, 21))
    split: ClassVar[date] = date(2026, 10, 20)

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.proxy = Proxy()
        self.proxy.server.start()

    @property
    def address(self) -> str:
        return self.proxy.server.address

    def settings(self, address: str) -> dict[str, Any]:
        said = {"base_url": address, "api_key": "env:PLANTED_LITELLM", "page_size": 2}
        return said | {"since": date(2026, 10, 18)}

    def first(self) -> None:
        self.proxy.rows += [
            spent("a1", "2026-10-19T01:59:59.500"),
            spent("f1", "2026-10-19T23:59:58", "call-b", status="failure", spend=0.0),
            spent("b1", "2026-10-20T00:00:03", "call-b"),
            spent("c1", "2026-10-20T10:00:00"),
            spent("c2", "2026-10-20T10:00:00"),
            spent("c3", "2026-10-20T10:00:00"),
        ]

    def later(self) -> None:
        self.proxy.rows += [
            spent("late", "2026-10-20T06:00:00"),
            spent("b2", "2026-10-20T12:10:00", "call-b"),
        ]

    def stop(self) -> None:
        self.proxy.server.stop()


TestLiteLLM = suite(LiteLLMRig)


@pytest.fixture
def proxy(monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    monkeypatch.setenv("PLANTED_LITELLM", KEY)
    proxy = Proxy()
    with proxy.server:
        yield proxy


def settings(proxy: Proxy, **said: object) -> dict[str, Any]:
    return {"base_url": proxy.server.address, "api_key": "env:PLANTED_LITELLM", **said}


def test_cached_tokens_are_taken_out_of_input_and_attempts_keep_their_numbers(
    tmp_path: Path, proxy: Proxy
) -> None:
    """The two attempts lie on two days; the third is read with only the second beside it."""
    rig = LiteLLMRig(tmp_path)
    rig.stop()
    rig.proxy = proxy
    rig.first()
    assert pulled(tmp_path, CONNECTOR, settings(proxy), rig.now).error is None
    columns = (
        "request_id",
        "attempt",
        "uncached_input_tokens",
        "cache_read_tokens",
        "reported_cost",
    )
    told = [(name, number, 200, 100) for name, number in (
        ("a1", 1), ("f1", 1), ("b1", 2), ("c1", 1), ("c2", 1), ("c3", 1),
    )]  # fmt: skip
    assert [row[:4] for row in kept(tmp_path, *columns)] == told
    assert {row[4] for row in kept(tmp_path, *columns)} == {Decimal(0), Decimal("0.0123")}
    rig.later()
    pulled(tmp_path, CONNECTOR, settings(proxy), rig.now, late_hours=12)
    assert [row for row in kept(tmp_path, "request_id", "attempt") if row[0] in {"b1", "b2"}] == [
        ("b1", 2),
        ("b2", 3),
    ]


def test_what_the_caller_says_of_itself_is_kept_by_name(tmp_path: Path, proxy: Proxy) -> None:
    proxy.rows = [spent("a1", "2026-10-19T10:00:00", status="failure")]
    pulled(tmp_path, CONNECTOR, settings(proxy), LiteLLMRig.now)
    columns = ("feature", "team", "tenant", "status", "error_type", "api_key_id", "latency_ms")
    assert kept(tmp_path, *columns) == [
        ("search", "team-1", "acme", "error", "RateLimitError", "b" * 64, 1500.0)
    ]


def test_nothing_anybody_said_passes(tmp_path: Path, proxy: Proxy) -> None:
    row = spent(
        "a1", "2026-10-19T10:00:00", api_key=f"sk-{SECRET}", messages=SECRET, response=SECRET
    )
    assert SECRET in json.dumps(row)
    small = json.dumps(reduced_spend_log(row, ("notes", "prompt")))
    assert SECRET not in small.replace(f"{SECRET} in a sentence", "")
    assert "user@example.com" not in small
    proxy.rows = [row]
    pulled(tmp_path, CONNECTOR, settings(proxy), LiteLLMRig.now)
    assert SECRET not in str(kept(tmp_path, "requests"))


def test_a_busy_day_is_read_past_what_the_proxy_counts(tmp_path: Path, proxy: Proxy) -> None:
    proxy.cap = 4
    proxy.rows = [spent(f"r{number:02}", f"2026-10-19T10:00:{number:02}") for number in range(11)]
    pulled(tmp_path, CONNECTOR, settings(proxy, page_size=3), LiteLLMRig.now)
    assert len(kept(tmp_path, "request_id")) == 11


def test_rows_that_do_not_come_are_missed(tmp_path: Path, proxy: Proxy) -> None:
    """Two pages of rows with one start time may be the same page twice."""
    proxy.rows = [spent("r1", "2026-10-19T10:00:00"), spent("r1", "2026-10-19T10:00:00")]
    error = pulled(tmp_path, CONNECTOR, settings(proxy), LiteLLMRig.now).error
    assert error is not None
    assert "of 2 spend logs from 2026-10-19 00:00 only 1 came" in error.message


def test_a_window_moves_no_cursor(tmp_path: Path, proxy: Proxy) -> None:
    proxy.rows = [spent(f"r{day}", f"2026-10-{day}T00:00:00") for day in (10, 11, 12)]
    window = Period(date(2026, 10, 11), date(2026, 10, 12))
    pulled(tmp_path, CONNECTOR, settings(proxy), LiteLLMRig.now, window)
    assert kept(tmp_path, "request_id") == [("r11",)]
    pulled(tmp_path, CONNECTOR, settings(proxy), LiteLLMRig.now)
    assert kept(tmp_path, "request_id") == [("r10",), ("r11",), ("r12",)]
