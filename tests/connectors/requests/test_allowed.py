"""`[attributes] allow` of finops.toml: what of a log's own attributes is kept, and what never is."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

import pytest

from finops.errors import InputError
from tests.connectors.requests.test_secrets import found

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.connectors.requests.conftest import Shelf

ALLOW = (
    "build",
    "shard",
    "canary",
    "ticket",
    "nested",
    "list",
    "mail",
    "long",
    "team.name",
    "none",
)
OWN = {
    "build": "2026.10", "shard": 7, "canary": True, "team.name": "search", "none": None,
    "prompt": "PLANTED-SECRET", "nested": {"prompt": "PLANTED-SECRET"}, "list": ["PLANTED-SECRET"],
    "mail": "user@example.com", "long": "PLANTED-SECRET " * 20, "ticket": "two\nlines: PLANTED-SECRET",
}  # fmt: skip
KEPT = {"build": "2026.10", "shard": 7, "canary": True, "team.name": "search"}
HEAD = {
    "timestamp": "2026-10-01T00:00:00Z", "request_id": "r", "operation": "chat", "status": "ok",
    "uncached_input_tokens": 1, "output_tokens": 2,
}  # fmt: skip


def attributes(shelf: Shelf) -> dict[str, Any]:
    """The attributes of the one request there is."""
    (row,) = shelf.rows()
    return dict(json.loads(row["attributes"] or "{}"))


def as_csv(write: Path, record: dict[str, Any]) -> Path:
    """`record` as a CSV file of one row, its attributes as JSON text."""
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerows(
        [list(record), [json.dumps(v) if isinstance(v, dict) else v for v in record.values()]]
    )
    write.write_text(stream.getvalue(), encoding="utf-8")
    return write


def test_a_record_keeps_allowed_scalars_and_nothing_else(
    shelf: Shelf, write_lines: Callable[..., Path]
) -> None:
    """A prompt under a key nobody allowed, and objects, lists and prose under keys somebody did."""
    shelf.load(write_lines("log.jsonl", {**HEAD, "attributes": OWN}), allowed=ALLOW)
    assert attributes(shelf) == KEPT
    assert found(shelf.folder, shelf) == []


def test_nothing_is_kept_unasked(shelf: Shelf, write_lines: Callable[..., Path]) -> None:
    shelf.load(write_lines("log.jsonl", {**HEAD, "attributes": OWN}))
    assert attributes(shelf) == {}
    assert found(shelf.folder, shelf) == []


def test_csv_and_parquet_keep_the_same(shelf: Shelf, tmp_path: Path) -> None:
    import duckdb

    text = as_csv(tmp_path / "log.csv", {**HEAD, "attributes": OWN})
    shelf.load(text, allowed=ALLOW)
    assert attributes(shelf) == KEPT
    table = tmp_path / "log.parquet"
    duckdb.execute(
        "copy (select 'r2' as request_id, timestamptz '2026-09-01 00:00:00Z' as timestamp, 'chat' as operation,"
        " 'ok' as status, {'build': 'x', 'shard': 1, 'nested': {'prompt': 'PLANTED-SECRET'}} as attributes)"
        f" to '{table}' (format parquet)"
    ).fetchall()
    shelf.load(table, allowed=ALLOW)
    assert json.loads(shelf.by_id()["r2"]["attributes"]) == {"build": "x", "shard": 1}
    assert found(shelf.folder, shelf) == []


def test_a_mapped_log_keeps_the_same(shelf: Shelf, tmp_path: Path) -> None:
    record = {"when": HEAD["timestamp"], "id": "r", "extra": OWN}
    shelf.load(
        as_csv(tmp_path / "log.csv", record),
        maps={"timestamp": "when", "request_id": "id", "attributes": "extra"},
        allowed=ALLOW,
    )
    assert attributes(shelf) == KEPT
    assert found(shelf.folder, shelf) == []


@pytest.mark.parametrize("own", ["the prompt was PLANTED-SECRET", '["PLANTED-SECRET"]', '"a word"'])
def test_attributes_that_are_no_object_are_refused_or_nothing(
    shelf: Shelf, write_lines: Callable[..., Path], own: str
) -> None:
    path = write_lines("log.jsonl", {**HEAD, "attributes": own})
    if own.startswith("the"):
        with pytest.raises(InputError) as caught:
            shelf.load(path, allowed=ALLOW)
        assert [(p.row, p.column, p.why) for p in caught.value.problems] == [
            (1, "attributes", "is not JSON")
        ]
        return
    shelf.load(path, allowed=ALLOW)
    assert attributes(shelf) == {}


def otlp(values: dict[str, dict[str, object]]) -> list[dict[str, object]]:
    """OTLP attributes of `{key: {stringValue: …}}`."""
    return [{"key": key, "value": value} for key, value in values.items()]


def test_a_trace_keeps_allowed_attributes_of_span_and_resource(
    shelf: Shelf, write_lines: Callable[..., Path]
) -> None:
    prompt: dict[str, dict[str, object]] = {"prompt": {"stringValue": "PLANTED-SECRET"}}
    own = otlp(
        {
            "gen_ai.operation.name": {"stringValue": "chat"},
            "build": {"stringValue": "b1"},
            "shard": {"intValue": "7"},
            "canary": {"boolValue": True},
            "mail": {"stringValue": "user@example.com"},
            "nested": {"kvlistValue": {"values": otlp(prompt)}},
            "list": {"arrayValue": {"values": [{"stringValue": "PLANTED-SECRET"}]}},
            **prompt,
        }
    )
    span = {
        "traceId": "t", "spanId": "s", "name": "chat", "startTimeUnixNano": "1790845300000000000",
        "endTimeUnixNano": "1790845301000000000", "attributes": own,
    }  # fmt: skip
    resource = otlp({"build": {"stringValue": "b0"}, "team.name": {"stringValue": "search"}})
    line = {
        "resourceSpans": [{"resource": {"attributes": resource}, "scopeSpans": [{"spans": [span]}]}]
    }
    shelf.load(write_lines("trace.jsonl", line), allowed=ALLOW)
    assert attributes(shelf) == {"build": "b1", "shard": 7, "canary": True, "team.name": "search"}
    assert found(shelf.folder, shelf) == []


def openai() -> dict[str, Any]:
    return {
        "id": "resp_x", "object": "response", "created_at": 1790845300, "status": "completed",
        "model": "gpt-5", "usage": {"input_tokens": 1, "output_tokens": 1}, "metadata": OWN,
    }  # fmt: skip


def anthropic() -> dict[str, Any]:
    usage = {"input_tokens": 1, "output_tokens": 2}
    body = {"id": "msg_1", "type": "message", "model": "claude-sonnet-4-5", "usage": usage}
    return {"timestamp": HEAD["timestamp"], "metadata": OWN, "response": body}


def bedrock() -> dict[str, Any]:
    return {
        "schemaType": "ModelInvocationLog", "timestamp": HEAD["timestamp"], "requestId": "r",
        "modelId": "amazon.nova-lite-v1:0", "operation": "Converse", "requestMetadata": OWN,
        "input": {"inputTokenCount": 1}, "output": {"outputTokenCount": 2},
    }  # fmt: skip


def langfuse() -> dict[str, Any]:
    return {
        "id": "o", "traceId": "t", "type": "GENERATION", "startTime": HEAD["timestamp"],
        "model": "gpt-5", "usageDetails": {"input": 1, "output": 2}, "metadata": OWN,
    }  # fmt: skip


def spend() -> dict[str, Any]:
    return {
        "request_id": "r", "call_type": "acompletion", "spend": 0.1, "startTime": HEAD["timestamp"],
        "endTime": HEAD["timestamp"], "model": "gpt-5", "prompt_tokens": 1, "completion_tokens": 2,
        "metadata": {"spend_logs_metadata": OWN, "build": "proxy", "prompt": "PLANTED-SECRET"},
    }  # fmt: skip


@pytest.mark.parametrize("line", [openai, anthropic, bedrock, langfuse, spend])
def test_a_callers_metadata_keeps_allowed_scalars(
    shelf: Shelf, write_lines: Callable[..., Path], line: Callable[[], dict[str, Any]]
) -> None:
    shelf.load(write_lines("log.jsonl", line()), allowed=ALLOW)
    assert KEPT.items() <= attributes(shelf).items()
    assert not {"prompt", "nested", "list", "mail", "long", "ticket"} & attributes(shelf).keys()
    assert found(shelf.folder, shelf) == []


def test_another_allow_list_is_another_reading(
    shelf: Shelf, write_lines: Callable[..., Path]
) -> None:
    path = write_lines("log.jsonl", {**HEAD, "attributes": OWN})
    shelf.load(path)
    (again,) = shelf.load(path)
    assert again.stored.unchanged
    (more,) = shelf.load(path, allowed=("build",))
    assert (more.stored.unchanged, more.stored.rows_replaced) == (False, 1)
    assert attributes(shelf) == {"build": "2026.10"}
    (same,) = shelf.load(path, allowed=("build",))
    assert same.stored.unchanged


def test_the_command_reads_the_list_from_finops_toml(
    shelf: Shelf, write_lines: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from typer.testing import CliRunner

    from finops.cli.app import app

    path = write_lines("log.jsonl", {**HEAD, "attributes": OWN})
    config = tmp_path / "finops.toml"
    config.write_text('[attributes]\nallow = ["build", "nested"]\n', encoding="utf-8")
    monkeypatch.setenv("FINOPS_CONFIG", str(config))
    ran = CliRunner().invoke(app, ["load", "requests", str(path), "--ledger", str(shelf.folder)])
    assert ran.exit_code == 0
    assert attributes(shelf) == {"build": "2026.10"}
