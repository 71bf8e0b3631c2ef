"""Helicone's query interface against recorded shapes, from the field names of its reference."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from connectors.conformance import Asked, FakeSource, Rig, suite
from connectors.sources.helicone import CONNECTOR, row
from finops.model.period import Period
from tests.connectors.pull.logs import kept, pulled

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from connectors.contract import Connector

KEY = "sk-helicone-PLANTED-key"
SECRET = "PLANTED-SECRET"
Item = dict[str, Any]


def logged(identity: str, moment: str, **fields: object) -> Item:
    """400 tokens in, 100 of them cached, 50 out."""
    return {
        "request_id": identity, "request_created_at": f"{moment}+00:00", "response_created_at": f"{moment}+00:00",
        "request_path": "https://api.openai.com/v1/chat/completions", "provider": "OPENAI", "response_status": 200,
        "request_model": "gpt-4o", "response_model": "gpt-4o-2024-08-06", "model_override": None, "delay_ms": 1500,
        "time_to_first_token": 300, "prompt_tokens": 400, "completion_tokens": 50, "total_tokens": 450,
        "prompt_cache_read_tokens": 100, "prompt_cache_write_tokens": 0, "cost": 0.01, "request_user_id": "user@example.com",
        "request_properties": {"Helicone-Session-Name": "answer", "Helicone-Session-Id": "run-1", "Team": "shop",
                               "ticket": "T-1", "text": f"{SECRET}\nmore"},
        "request_body": {"messages": SECRET}, "response_body": {"choices": SECRET}, "request_prompt": SECRET,
        "response_text": SECRET, "llmSchema": {"request": SECRET}, **fields,
    }  # fmt: skip


class Server:
    """The query endpoint over a list of requests."""

    def __init__(self, *items: Item) -> None:
        self.items = list(items)
        self.fake = FakeSource(self.answer)

    def answer(self, asked: Asked) -> tuple[int, Any]:
        if asked.headers.get("authorization") != f"Bearer {KEY}":
            return 401, {"error": "Unauthorized"}
        if asked.path != "/v1/request/query-clickhouse" or asked.body["isCached"] is not False:
            return 404, {"error": "not found"}
        sides = (asked.body["filter"][side]["request_response_rmt"] for side in ("left", "right"))
        (first, last) = (
            datetime.fromisoformat(next(iter(side["request_created_at"].values())))
            for side in sides
        )
        found = [
            item
            for item in self.items
            if first <= datetime.fromisoformat(item["request_created_at"]) < last
        ]
        found.sort(key=lambda item: (item["request_created_at"], item["request_id"]))
        start = asked.body["offset"]
        return 200, {"data": found[start : start + asked.body["limit"]], "error": None}


class HeliconeRig(Rig):
    """Requests of two days, three of them in one instant; then a late one, and one more."""

    connector: ClassVar[Connector] = CONNECTOR
    secrets: ClassVar[Mapping[str, str]] = {"PLANTED_HELICONE": KEY}
    now: ClassVar[datetime] = datetime(2026, 10, 20, 12, tzinfo=UTC)
    window: ClassVar[Period] = Period(date(2026, 10, 19), date(2026, 10, 21))
    split: ClassVar[date] = date(2026, 10, 20)

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.server = Server()
        self.server.fake.start()

    @property
    def address(self) -> str:
        return self.server.fake.address

    def settings(self, address: str) -> dict[str, Any]:
        said = {"base_url": address, "api_key": "env:PLANTED_HELICONE", "page_size": 2}
        return said | {"since": date(2026, 10, 19)}

    def first(self) -> None:
        self.server.items += [
            logged("a", "2026-10-19T23:59:59.750"),
            *(logged(name, "2026-10-20T09:00:00") for name in "bcd"),
            logged("e", "2026-10-20T10:00:00"),
        ]

    def later(self) -> None:
        self.server.items += [
            logged("f", "2026-10-20T08:00:00"),
            logged("g", "2026-10-20T12:10:00"),
        ]

    def stop(self) -> None:
        self.server.fake.stop()


TestHelicone = suite(HeliconeRig)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("PLANTED_HELICONE", KEY)
    server = Server()
    with server.fake:
        yield server


def settings(server: Server) -> dict[str, Any]:
    return {
        "base_url": server.fake.address,
        "api_key": "env:PLANTED_HELICONE",
        "since": date(2026, 10, 19),
    }


def test_requests_are_read_by_name(tmp_path: Path, server: Server) -> None:
    server.items = [
        logged("a", "2026-10-19T10:00:00"),
        logged(
            "b",
            "2026-10-19T11:00:00",
            response_status=429,
            request_path="/v1/embeddings",
            cost=None,
        ),
    ]
    assert (
        pulled(tmp_path, CONNECTOR, settings(server), HeliconeRig.now, allowed=("ticket",)).error
        is None
    )
    columns = (
        "request_id", "operation", "provider", "response_model", "workflow", "workflow_run_id", "team", "status",
        "error_type", "latency_ms", "ttft_ms", "attributes->>'ticket'",
    )  # fmt: skip
    shared = ("openai", "gpt-4o-2024-08-06", "answer", "run-1", "shop")
    assert kept(tmp_path, *columns) == [
        ("a", "chat", *shared, "ok", None, 1500.0, 300.0, "T-1"),
        ("b", "embeddings", *shared, "error", "429", 1500.0, 300.0, "T-1"),
    ]


@pytest.mark.parametrize(
    ("fields", "said", "uncached"),
    [
        ({}, "judge", 300),
        ({"provider": "ANTHROPIC"}, "judge", 400),
        ({"total_tokens": 550}, "judge", 400),
        ({"prompt_tokens": 60, "total_tokens": 110}, "judge", 60),
        ({}, "no", 400),
        ({"provider": "ANTHROPIC"}, "yes", 300),
    ],
)
def test_cached_tokens_are_inside_input_or_beside_it(
    fields: dict[str, Any], said: str, uncached: int
) -> None:
    made = row(logged("a", "2026-10-19T10:00:00", **fields), (), said)
    assert (made["uncached_input_tokens"], made["cache_read_tokens"]) == (uncached, 100)


def test_nothing_anybody_said_passes(tmp_path: Path, server: Server) -> None:
    server.items = [logged("a", "2026-10-19T10:00:00")]
    small = json.dumps(row(server.items[0], ("text",), "judge"))
    assert SECRET not in small
    assert "user@example.com" not in small
    pulled(tmp_path, CONNECTOR, settings(server), HeliconeRig.now)
    assert SECRET not in str(kept(tmp_path, "requests"))
