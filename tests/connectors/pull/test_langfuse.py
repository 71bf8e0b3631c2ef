"""Langfuse's public API against recorded shapes, from the field names of its reference."""

from __future__ import annotations

import base64
import json
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from connectors.conformance import Asked, FakeSource, Rig, suite
from connectors.sources import langfuse
from connectors.sources.langfuse import CONNECTOR
from finops.model.period import Period
from tests.connectors.pull.logs import kept, pulled

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from connectors.contract import Connector

KEY = "sk-lf-PLANTED-secret-key"
SECRET = "PLANTED-SECRET"
PAIR = base64.b64encode(f"pk-lf-1:{KEY}".encode()).decode()
Item = dict[str, Any]


def observation(identity: str, start: str, kind: str = "GENERATION", **fields: object) -> Item:
    """400 tokens in, 100 read from a cache beside them, 50 out; every place of content holds a secret."""
    usage = {"input": 400, "cache_read_input_tokens": 100, "output": 50, "total": 550}
    return {
        "id": identity, "traceId": f"t-{identity[0]}", "type": kind, "parentObservationId": None,
        "startTime": f"{start}Z", "endTime": f"{start}Z", "projectId": "p1", "name": SECRET, "level": "DEFAULT",
        "statusMessage": SECRET, "environment": "production", "userId": "user@example.com",
        "sessionId": "sess", "providedModelName": "claude-sonnet-4-5", "modelParameters": {"system": SECRET},
        "usageDetails": usage, "costDetails": {"total": 0.02}, "totalCost": 0.02, "promptName": "answer",
        "promptVersion": 3, "latency": 2.5, "timeToFirstToken": 0.5, "input": SECRET, "output": SECRET,
        "metadata": {"ticket": "T-1", "text": f"{SECRET} in a sentence", "deep": {"x": SECRET}}, **fields,
    }  # fmt: skip


class Server:
    """Both versions of the interface over a list; `newest` is the newest version it has."""

    def __init__(self, *items: Item, newest: int = 2) -> None:
        self.items, self.newest = list(items), newest
        self.fake = FakeSource(self.answer)

    def answer(self, asked: Asked) -> tuple[int, Any]:
        if asked.headers.get("authorization") != f"Basic {PAIR}":
            return 401, {"message": "Invalid credentials"}
        said = {name: values[0] for name, values in asked.params.items()}
        if asked.path == "/api/public/traces":
            traces = sorted({item["traceId"] for item in self.items})
            found = [{"id": name, "name": f"flow {name}", "input": SECRET} for name in traces]
            return 200, self.page(found, said)
        moment = [said["fromStartTime"], said["toStartTime"]]
        found = [item for item in self.items if moment[0] <= item["startTime"] < moment[1]]
        found.sort(key=lambda item: item["startTime"], reverse=True)
        if asked.path == "/api/public/observations":
            return 200, self.page(found, said)
        if asked.path != "/api/public/v2/observations" or self.newest < 2:
            return 404, {"message": "not found"}
        start, size = int(said.get("cursor", "0")), min(2, int(said["limit"]))
        more = {"cursor": str(start + size)} if start + size < len(found) else {}
        return 200, {
            "data": [self.grouped(item, said) for item in found[start : start + size]],
            "meta": more,
        }

    def page(self, found: list[Item], said: Mapping[str, str]) -> Any:  # noqa: ANN401
        number, size = int(said.get("page", "1")), min(2, int(said["limit"]))
        meta = {
            "page": number,
            "limit": size,
            "totalItems": len(found),
            "totalPages": -(-len(found) // size),
        }
        return {"data": found[(number - 1) * size : number * size], "meta": meta}

    def grouped(self, item: Item, said: Mapping[str, str]) -> Item:
        """Version 2 gives the groups of fields asked for."""
        groups = said.get("fields", "core,basic").split(",")
        left = ({"metadata"} if "metadata" not in groups else set()) | {"input", "output"}
        return {name: value for name, value in item.items() if name not in left}


class LangfuseRig(Rig):
    """Calls on two days, a span and a tool among them; then a late one, and the end of one that was running."""

    connector: ClassVar[Connector] = CONNECTOR
    secrets: ClassVar[Mapping[str, str]] = {"PLANTED_LANGFUSE": KEY}
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
        said = {"base_url": address, "public_key": "pk-lf-1", "secret_key": "env:PLANTED_LANGFUSE"}
        return said | {"since": date(2026, 10, 19)}

    def first(self) -> None:
        running: Item = {
            "usageDetails": {"input": 400, "total": 400},
            "latency": None,
            "totalCost": None,
        }
        self.server.items += [
            observation("a1", "2026-10-19T23:00:00.250"),
            observation("a2", "2026-10-19T23:00:01", "SPAN"),
            observation("b1", "2026-10-20T09:00:00"),
            observation("b2", "2026-10-20T10:00:00", "TOOL", usageDetails={}),
            observation("c1", "2026-10-20T11:59:00", **running),
        ]

    def later(self) -> None:
        self.server.items[-1] = observation("c1", "2026-10-20T11:59:00")
        self.server.items.append(observation("a3", "2026-10-20T08:00:00"))

    def stop(self) -> None:
        self.server.fake.stop()


TestLangfuse = suite(LangfuseRig)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("PLANTED_LANGFUSE", KEY)
    server = Server()
    with server.fake:
        yield server


def settings(server: Server) -> dict[str, Any]:
    said = {
        "base_url": server.fake.address,
        "public_key": "pk-lf-1",
        "secret_key": "env:PLANTED_LANGFUSE",
    }
    return said | {"since": date(2026, 10, 19)}


@pytest.mark.parametrize("newest", [1, 2])
def test_both_versions_say_the_same(tmp_path: Path, server: Server, newest: int) -> None:
    """Cached tokens stand beside the input in one call and inside it in the other."""
    inside = {"input": 400, "cache_read_input_tokens": 100, "output": 50, "total": 450}
    server.newest = newest
    server.items = [
        observation("a1", "2026-10-19T10:00:00"),
        observation("b1", "2026-10-19T10:00:01", usageDetails=inside),
        observation("b2", "2026-10-19T10:00:02", "EVENT"),
    ]
    result = pulled(tmp_path, CONNECTOR, settings(server), LangfuseRig.now)
    assert result.error is None
    assert len(result.notes) == (1 if newest == 1 else 0)
    columns = (
        "request_id", "workflow", "uncached_input_tokens", "cache_read_tokens", "output_tokens", "latency_ms",
    )  # fmt: skip
    assert kept(tmp_path, *columns) == [
        ("a1", "flow t-a", 400, 100, 50, 2500.0),
        ("b1", "flow t-b", 300, 100, 50, 2500.0),
    ]


def test_nothing_anybody_said_passes(tmp_path: Path, server: Server) -> None:
    server.newest = 1  # whose pages hold everything
    server.items = [observation("a1", "2026-10-19T10:00:00")]
    assert SECRET in json.dumps(server.items)
    small = json.dumps(langfuse._reduced(server.items[0], {}, ("ticket", "deep")))
    assert SECRET not in small
    assert "user@example.com" not in small
    pulled(tmp_path, CONNECTOR, settings(server), LangfuseRig.now, allowed=("ticket",))
    assert SECRET not in str(kept(tmp_path, "requests"))
    assert kept(tmp_path, "attributes->>'ticket'") == [("T-1",)]


def test_version_2_is_never_asked_for_inputs_and_outputs(tmp_path: Path, server: Server) -> None:
    server.items = [observation("a1", "2026-10-19T10:00:00")]
    pulled(tmp_path, CONNECTOR, settings(server), LangfuseRig.now, trace_names=False)
    asked = [each.params["fields"][0] for each in server.fake.asked]
    assert set(asked) == {"core,basic,time,model,usage,prompt,metrics"}
    assert kept(tmp_path, "workflow") == [(None,)]
