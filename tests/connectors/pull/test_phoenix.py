"""A real Phoenix server: spans are sent as applications send them, by OTLP, and read back through its interface.

The server runs in an environment of its own (tests/servers/phoenix), as its requirements do not fit beside ours.
"""

from __future__ import annotations

import contextlib
import functools
import json
import random
import tempfile
import time
import urllib.error
import urllib.request
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar, cast
from uuid import uuid4

import pytest

from connectors.conformance import Rig, suite
from connectors.sources.phoenix import CONNECTOR, row
from finops.model.period import Period
from tests.connectors.pull.logs import kept, pulled
from tests.connectors.pull.servers import free_port, own_program, started

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from connectors.contract import Connector

pytestmark = [pytest.mark.slow]

SECRET = "PLANTED-SECRET"
KEY = "PLANTED-phoenix-api-key-that-is-not-asked-for"
NOW = datetime(2026, 10, 20, 12, tzinfo=UTC)


@functools.cache
def phoenix() -> str:
    """A server with a database of its own."""
    folder = tempfile.mkdtemp(prefix="phoenix-")
    port, grpc = free_port(), free_port()
    said = {
        "WORKING_DIR": folder, "HOST": "127.0.0.1", "PORT": port, "GRPC_PORT": grpc, "TELEMETRY_ENABLED": "false",
        "ALLOW_EXTERNAL_RESOURCES": "false",
    }  # fmt: skip
    named = [f"PHOENIX_{name}={value}" for name, value in said.items()]
    return started(["env", *named, str(own_program("phoenix", "phoenix")), "serve"], port, 120)


def span(kind: str, began: str, **attributes: object) -> dict[str, Any]:
    """A span that took 1.5 seconds; `parent` names one sent with it."""
    return {
        "kind": kind,
        "began": datetime.fromisoformat(f"{began}+00:00"),
        "attributes": attributes,
    }


def model_call(began: str, name: str = "gpt-4o", **more: object) -> dict[str, Any]:
    """300 tokens in, 100 of them cached, 50 out, 20 of those for reasoning."""
    said = {
        "llm.model_name": name, "llm.provider": "openai", "llm.token_count.prompt": 300,
        "llm.token_count.prompt_details.cache_read": 100, "llm.token_count.completion": 50,
        "llm.token_count.completion_details.reasoning": 20, "llm.token_count.total": 350,
        "llm.input_messages.0.message.content": SECRET, "input.value": SECRET, "output.value": SECRET,
        "llm.invocation_parameters": json.dumps({"stop": SECRET}),
        "metadata": json.dumps({"team": "shop", "ticket": "T-1", "text": f"{SECRET}\n", "deep": {"x": SECRET}}),
    }  # fmt: skip
    return span("LLM", began, **said, **more)


def send(project: str, *trees: Sequence[dict[str, Any]], seed: str | None = None) -> list[str]:
    """Send trees of spans, each below the one before it; the ids of the spans, which follow from `seed`."""
    from opentelemetry import trace
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    resource = Resource({"openinference.project.name": project})
    provider = TracerProvider(resource=resource, id_generator=cast("Any", Ids(seed or project)))
    exporter = OTLPSpanExporter(endpoint=f"{phoenix()}/v1/traces")
    provider.add_span_processor(BatchSpanProcessor(exporter))
    tracer, made = provider.get_tracer("tests"), []
    for tree in trees:
        above = None
        for each in tree:
            nanos = int(each["began"].timestamp() * 1000) * 1_000_000
            said = {"openinference.span.kind": each["kind"], **each["attributes"]}
            name = f"{each['kind'].lower()}-step"
            here = tracer.start_span(name, context=above, start_time=nanos, attributes=said)
            here.end(nanos + 1_500_000_000)
            above = trace.set_span_in_context(here)
            made.append(f"{here.get_span_context().span_id:016x}")
    provider.shutdown()
    wait(project, made)
    return made


class Ids:
    """Identities that are the same for the same seed."""

    def __init__(self, seed: str) -> None:
        self.chance = random.Random(seed)

    def generate_trace_id(self) -> int:
        return self.chance.getrandbits(128)

    def generate_span_id(self) -> int:
        return self.chance.getrandbits(64)

    def is_trace_id_random(self) -> bool:
        return True


def forget(project: str) -> None:
    """Delete a project, where it is there."""
    url = f"{phoenix()}/v1/projects/{project}"
    with contextlib.suppress(urllib.error.HTTPError):
        request = urllib.request.Request(url, method="DELETE")  # noqa: S310
        urllib.request.urlopen(request, timeout=10).close()  # noqa: S310


def wait(project: str, spans: Sequence[str]) -> None:
    """Until the server, which stores spans a moment after it took them, has these."""
    asked = "&".join(f"span_id={each}" for each in spans)
    for _ in range(300):
        try:
            url = f"{phoenix()}/v1/projects/{project}/spans?limit=1000&{asked}"
            with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310  (our own server)
                if len(json.load(answer)["data"]) == len(spans):
                    return
        except OSError:
            pass
        time.sleep(0.1)
    raise AssertionError("the server did not store the spans")


class PhoenixRig(Rig):
    """Calls of two days in traces of their own; then a late one, and a new one."""

    connector: ClassVar[Connector] = CONNECTOR
    secrets: ClassVar[Mapping[str, str]] = {"PLANTED_PHOENIX": KEY}
    now: ClassVar[datetime] = NOW
    window: ClassVar[Period] = Period(date(2026, 10, 19), date(2026, 10, 21))
    split: ClassVar[date] = date(2026, 10, 20)

    def __init__(self, folder: Path, project: str = "suite") -> None:
        super().__init__(folder)
        self.project = project

    @property
    def address(self) -> str:
        return phoenix()

    def settings(self, address: str) -> dict[str, Any]:
        said = {"base_url": address, "project": self.project, "api_key": "env:PLANTED_PHOENIX"}
        return said | {"since": date(2026, 10, 19), "settle_minutes": 0}

    def first(self) -> None:
        send(
            self.project,
            [span("AGENT", "2026-10-19T23:59:59"), model_call("2026-10-19T23:59:59.500")],
            [model_call("2026-10-20T09:00:00")],
            seed="first",
        )

    def later(self) -> None:
        send(self.project, [model_call("2026-10-20T08:00:00")], [model_call("2026-10-20T12:10:00")])


TestPhoenix = suite(PhoenixRig)


@pytest.fixture
def rig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PhoenixRig:
    monkeypatch.setenv("PLANTED_PHOENIX", KEY)
    return PhoenixRig(tmp_path, f"p-{uuid4().hex[:8]}")


def test_a_call_seen_twice_counts_once_and_cached_tokens_are_taken_out(
    rig: PhoenixRig, tmp_path: Path
) -> None:
    """An agent over a framework's model span over the vendor's, and a tool; only then the day ends."""
    tree = [
        span("AGENT", "2026-10-19T23:59:58"),
        model_call("2026-10-19T23:59:59", "outer", **{"session.id": "s-1"}),
        model_call("2026-10-20T00:00:01", "inner"),
        span("TOOL", "2026-10-20T00:00:02", **{"tool.parameters": SECRET}),
    ]
    send(rig.project, tree)
    result = pulled(tmp_path, CONNECTOR, rig.settings(rig.address), NOW, allowed=("ticket",))
    assert result.error is None
    columns = (
        "operation", "response_model", "workflow", "workflow_run_id", "team", "uncached_input_tokens",
        "cache_read_tokens", "output_tokens", "reasoning_tokens", "latency_ms", "attributes->>'ticket'",
    )  # fmt: skip
    assert kept(tmp_path, *columns) == [
        ("chat", "outer", "agent-step", "s-1", "shop", 200, 100, 50, 20, 1500.0, "T-1"),
        ("execute_tool", None, "agent-step", None, None, None, None, None, None, 1500.0, None),
    ]
    assert SECRET not in str(kept(tmp_path, "requests"))


def test_what_has_just_begun_waits(rig: PhoenixRig, tmp_path: Path) -> None:
    send(rig.project, [model_call("2026-10-20T11:30:00")], [model_call("2026-10-20T11:50:00")])
    said = rig.settings(rig.address) | {"settle_minutes": 15}
    pulled(tmp_path, CONNECTOR, said, NOW)
    assert len(kept(tmp_path, "request_id")) == 1
    pulled(tmp_path, CONNECTOR, said, NOW + timedelta(minutes=10))
    assert len(kept(tmp_path, "request_id")) == 2


def test_an_error_is_told_by_its_type() -> None:
    event = {
        "name": "exception",
        "attributes": {"exception.type": "RateLimitError", "exception.message": SECRET},
    }
    said = {
        "context": {"trace_id": "t", "span_id": "s"}, "span_kind": "LLM", "status_code": "ERROR",
        "status_message": SECRET, "start_time": "2026-10-20T00:00:00+00:00", "end_time": "2026-10-20T00:00:01+00:00",
        "events": [event], "attributes": {"llm.model_name": "gpt-4o", "input.value": SECRET},
    }  # fmt: skip
    made = row(said, None, ())
    assert (made["status"], made["error_type"]) == ("error", "RateLimitError")
    assert SECRET not in json.dumps(made)
