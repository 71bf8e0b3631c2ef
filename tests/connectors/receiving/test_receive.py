"""`finops receive` with the real OpenTelemetry SDK and exporter sending to it, under load and under `kill -9`."""

from __future__ import annotations

import gzip
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from finops.ledger.engine import query
from finops.ledger.store import Ledger

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.needs("opentelemetry.sdk", "opentelemetry.exporter.otlp.proto.http")

SECRETS = (
    "my name is Ada and my key is sk-planted-7f3a",
    "ada@example.com",
    "Bearer planted-header",
)


class Receiving:
    """A receiver on this machine with a ledger of its own, which can be killed and begun again."""

    def __init__(self, folder: Path, *arguments: str, **environment: str) -> None:
        self.folder, self.ledger = folder, folder / "ledger"
        self.arguments, self.environment = arguments, environment
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.said = ""
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1/traces"

    def start(self) -> None:
        command = [
            sys.executable, "-c", "from finops.cli.app import run; run()", "receive",
            "--listen", f"127.0.0.1:{self.port}", "--ledger", str(self.ledger), *self.arguments,
        ]  # fmt: skip
        self.process = subprocess.Popen(
            command, env={**os.environ, **self.environment}, text=True, cwd=self.folder,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        for _ in range(400):
            if self.is_up():
                return
            time.sleep(0.05)
        raise AssertionError(self.process.communicate(timeout=5))

    def is_up(self) -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{self.port}/healthz", timeout=1).status_code == 200
        except httpx.TransportError:
            return False

    def kill(self) -> None:
        self.process.kill()
        self.said += "".join(self.process.communicate(timeout=20))

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        self.said += "".join(self.process.communicate(timeout=60))
        return self.process.returncode

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with Ledger.open(str(self.ledger)).connect(["requests"]) as con:
            return query(con, sql)


@pytest.fixture
def receiving(tmp_path: Path) -> Iterator[Receiving]:
    made = Receiving(tmp_path, "--flush", "0.5s", "--settle", "0.3s")
    yield made
    made.process.kill()
    made.process.communicate()


def tracer(url: str, **headers: str) -> tuple[Any, Any]:
    """A provider of the SDK that exports to `url`, and its tracer."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(resource=Resource({"service.name": "chat", "secret": SECRETS[0]}))
    exporter = OTLPSpanExporter(endpoint=url, headers=headers, timeout=5)
    processor = BatchSpanProcessor(exporter, schedule_delay_millis=50, max_export_batch_size=64)
    provider.add_span_processor(processor)
    return provider, provider.get_tracer("test")


def call(spans: Any, workflow: str, tokens: int) -> None:  # noqa: ANN401  (a tracer)
    """A run: an agent's span, which repeats the usage of the call inside it."""
    with spans.start_as_current_span(
        "invoke_agent helper",
        attributes={
            "gen_ai.operation.name": "invoke_agent",
            "gen_ai.workflow.name": workflow,
            "gen_ai.usage.input_tokens": tokens,
        },
    ):
        said = {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": "openai",
            "gen_ai.request.model": "gpt-4o-mini",
            "gen_ai.usage.input_tokens": tokens,
            "gen_ai.usage.output_tokens": 7,
            "gen_ai.input.messages": SECRETS[0],
            "gen_ai.conversation.id": SECRETS[1],
        }
        with spans.start_as_current_span("chat gpt-4o-mini", attributes=said) as span:
            span.add_event("gen_ai.user.message", {"content": SECRETS[0]})


def test_an_application_streams_in(receiving: Receiving) -> None:
    provider, spans = tracer(receiving.url)
    for number in range(5):
        call(spans, "support", 100 + number)
    provider.shutdown()
    assert receiving.stop() == 0
    assert receiving.rows(
        "select workflow, agent, request_model, uncached_input_tokens, output_tokens, status "
        "from requests order by uncached_input_tokens"
    ) == [("support", "helper", "gpt-4o-mini", 100 + number, 7, "ok") for number in range(5)]
    assert "5 calls stored" in receiving.said


def test_under_load_nothing_is_lost_or_doubled(receiving: Receiving) -> None:
    """Eight applications at once, each with its own exporter."""

    def application(number: int) -> None:
        provider, spans = tracer(receiving.url)
        for nth in range(250):
            call(spans, f"w{number}", nth)
        provider.shutdown()

    threads = [threading.Thread(target=application, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert receiving.stop() == 0
    assert receiving.rows(
        "select count(*), count(distinct request_id), sum(uncached_input_tokens), count(distinct workflow) "
        "from requests"
    ) == [(2000, 2000, 8 * sum(range(250)), 8)]


@pytest.mark.slow
def test_what_was_acknowledged_survives_kill_9(receiving: Receiving) -> None:
    """Killed at eight random moments; every call whose export was acknowledged is there exactly once."""
    random_ = random.Random(7)
    acknowledged: set[str] = set()
    done = threading.Event()

    def send() -> None:
        with httpx.Client(timeout=5) as client:
            number = 0
            while not done.is_set():
                number += 1
                trace = f"{number:032x}"
                try:
                    answer = client.post(receiving.url, json=document(trace))
                except httpx.TransportError:
                    time.sleep(0.01)
                    continue
                if answer.status_code == 200:
                    acknowledged.add(f"{trace}:{1:016x}")

    sender = threading.Thread(target=send)
    sender.start()
    for _ in range(8):
        time.sleep(random_.uniform(0.1, 1.5))
        receiving.kill()
        receiving.start()
    done.set()
    sender.join()
    assert receiving.stop() == 0
    stored = [name for (name,) in receiving.rows("select request_id from requests")]
    assert len(acknowledged) > 50
    assert acknowledged <= set(stored)
    assert len(stored) == len(set(stored))


def document(trace: str, **attributes: object) -> dict[str, Any]:
    said = {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "gpt-4o-mini",
        "gen_ai.usage.input_tokens": 10,
        "gen_ai.usage.output_tokens": 2,
        **attributes,
    }
    kinds = {str: "stringValue", int: "intValue"}
    now = time.time_ns()
    span = {
        "traceId": trace,
        "spanId": f"{1:016x}",
        "name": "chat",
        "startTimeUnixNano": str(now - 10**9),
        "endTimeUnixNano": str(now),
        "attributes": [
            {"key": key, "value": {kinds[type(value)]: str(value)}} for key, value in said.items()
        ],
    }
    return {"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}


def test_secrets_are_written_nowhere(tmp_path: Path) -> None:
    """Neither the journal, the ledger nor anything said holds a prompt, an address or the token."""
    receiving = Receiving(
        tmp_path, "--token", "env:TOKEN", "--settle", "1h", "--flush", "1h", TOKEN="planted-header"
    )
    provider, spans = tracer(receiving.url, Authorization=SECRETS[2])
    call(spans, "support", 1)
    provider.shutdown()
    journal = b"".join(
        path.read_bytes() for path in (tmp_path / "ledger").rglob("*") if path.is_file()
    )
    assert b"gpt-4o-mini" in journal
    assert receiving.stop() == 0
    stored = repr(receiving.rows("select * from requests")).encode()
    files = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    for secret in (b"sk-planted", b"Ada", b"ada@example", b"planted-header"):
        for place in (journal, files, stored, receiving.said.encode()):
            assert secret not in place


def test_a_wrong_request_is_told_what_is_wrong(tmp_path: Path) -> None:
    receiving = Receiving(
        tmp_path, "--token", "env:TOKEN", "--max-waiting", "1", "--flush", "1h", TOKEN="t0ken"
    )
    right = {"Authorization": "Bearer t0ken", "Content-Type": "application/json"}
    body = json.dumps(document("a" * 32)).encode()

    def answer(**given: Any) -> tuple[int, str]:  # noqa: ANN401  (of a request)
        asked = {"url": receiving.url, "content": body, "headers": right, **given}
        found = httpx.post(**asked)
        return found.status_code, found.text

    assert answer(headers={}) == (401, '{"code": 3, "message": "the token is missing or wrong"}')
    assert answer(headers={**right, "Authorization": "Bearer wrong"})[0] == 401
    assert answer(url=receiving.url.replace("traces", "logs"))[0] == 404
    assert answer(headers={**right, "Content-Type": "text/plain"})[0] == 415
    assert answer(headers={**right, "Content-Encoding": "br"})[0] == 415
    assert answer(headers={**right, "Content-Encoding": "gzip"})[0] == 400
    assert answer(content=b"{]")[0] == 400
    assert answer(content=b"[1]")[0] == 400
    assert (
        answer(content=b"\xff\xff", headers={**right, "Content-Type": "application/x-protobuf"})[0]
        == 400
    )
    bomb = gzip.compress(b" " * (64 * 1024 * 1024))
    packed = {**right, "Content-Encoding": "gzip"}
    assert answer(content=bomb, headers=packed) == (
        413, '{"code": 3, "message": "a request may have 16,777,216 bytes, unpacked"}',
    )  # fmt: skip
    assert answer() == (200, "{}")
    assert answer(content=gzip.compress(body), headers=packed) == (200, "{}")
    spoiled = document("0" * 32)
    status, text = answer(content=json.dumps(spoiled).encode())
    assert (status, json.loads(text)["partialSuccess"]["rejectedSpans"]) == (200, "1")
    assert receiving.stop() == 0
    assert receiving.rows("select count(*) from requests") == [(1,)]


def test_too_much_waiting_is_pushed_back(tmp_path: Path) -> None:
    """A mebibyte may wait: then 503 with Retry-After, and what was acknowledged is stored at the end."""
    receiving = Receiving(tmp_path, "--max-waiting", "1", "--flush", "1h", "--settle", "1h")
    accepted = 0
    with httpx.Client() as client:
        for number in range(1, 10_000):
            answer = client.post(receiving.url, json=document(f"{number:032x}"))
            if answer.status_code == 503:
                assert answer.headers["Retry-After"] == "5"
                assert "waiting" in answer.json()["message"]
                break
            accepted += 1
    assert accepted > 1000
    assert receiving.stop() == 0
    assert receiving.rows("select count(*) from requests") == [(accepted,)]
    assert not (tmp_path / "ledger" / "_spool" / "otlp" / "journal").exists()


def test_a_parent_that_comes_later_names_the_workflow(tmp_path: Path) -> None:
    """The call is exported first, its workflow's span in a later request: they are read together."""
    receiving = Receiving(tmp_path, "--flush", "0.2s", "--settle", "2s")
    trace = "b" * 32
    call_ = document(trace)
    span = call_["resourceSpans"][0]["scopeSpans"][0]["spans"][0]
    span["parentSpanId"] = f"{2:016x}"
    above = document(
        trace, **{"gen_ai.operation.name": "invoke_workflow", "gen_ai.workflow.name": "w"}
    )
    above["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["spanId"] = f"{2:016x}"
    httpx.post(receiving.url, json=call_)
    time.sleep(0.6)
    httpx.post(receiving.url, json=above)
    time.sleep(0.6)
    assert receiving.stop() == 0
    assert receiving.rows("select workflow from requests") == [("w",)]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--listen", "0.0.0.0:4318"), "can be reached by others"),
        (("--listen", "here"), "is no address"),
        (("--token", "s3cret-token"), "write where the secret is"),
        (("--flush", "soon"), "--flush 'soon' is no time"),
    ],
)
def test_what_cannot_be_is_refused(tmp_path: Path, arguments: tuple[str, ...], words: str) -> None:
    command = [sys.executable, "-c", "from finops.cli.app import run; run()", "receive"]
    done = subprocess.run(
        [*command, "--ledger", str(tmp_path / "l"), *arguments],
        capture_output=True, text=True, check=False, timeout=30,
    )  # fmt: skip
    assert done.returncode == 2
    assert words in done.stderr
    assert "s3cret-token" not in done.stderr
