"""Lines that are not what they should be: each is named with its place, and the rest can still be loaded."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from finops.cli.app import app
from finops.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.connectors.requests.conftest import Shelf

LOGS = {
    "requests": "requests.jsonl",
    "openai-responses": "openai.jsonl",
    "anthropic-messages": "anthropic.jsonl",
    "litellm-spend": "litellm_spend.jsonl",
    "litellm-payload": "litellm_payload.jsonl",
    "langfuse": "langfuse.jsonl",
    "bedrock-invocations": "bedrock.json.gz",
    "claude-code": "claude/projects/-home-dev-shop/s1.jsonl",
    "codex": "codex",
    "otlp-traces": "otlp/parents.jsonl",
}
BREAKS: dict[str, tuple[dict[str, object], str, str]] = {
    "claude-code": ({"type": "assistant", "message": "words"}, "message", "is not a JSON object"),
    "codex": ({"payload": [1]}, "payload", "is not a JSON object"),
    "otlp-traces": ({"resourceSpans": [{"scopeSpans": 5}]}, "resourceSpans[].scopeSpans", "is not a JSON list"),
    "openai-responses": ({"usage": "many"}, "usage", "is not a JSON object"),
    "litellm-payload": ({"model": {"a": 1}}, "response_model", "is an object or a list, not a text"),
    "langfuse": ({"usageDetails": [1]}, "usageDetails", "is not a JSON object"),
    "bedrock-invocations": ({"input": "words"}, "input", "is not a JSON object"),
}  # fmt: skip


def lines_of(data: Path, name: str) -> list[str]:
    """The lines of one recorded file of the format."""
    path = data / LOGS[name]
    if path.is_dir():
        path = min(each for each in path.rglob("*") if each.is_file())
    raw = path.read_bytes()
    text = (gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw).decode()
    return [line for line in text.splitlines() if line.strip()]


@pytest.fixture
def put(tmp_path: Path) -> Callable[[list[str]], Path]:
    """`put(lines)`: a log of these lines."""

    def write(lines: list[str]) -> Path:
        path = tmp_path / "projects" / "log.jsonl"
        path.parent.mkdir(exist_ok=True)
        path.write_text("\n".join(lines), encoding="utf-8")
        return path

    return write


def places(error: pytest.ExceptionInfo[InputError]) -> list[tuple[int | None, str | None, str]]:
    """Row, column and reason of each problem."""
    return [(problem.row, problem.column, problem.why) for problem in error.value.problems]


@pytest.mark.parametrize("name", LOGS)
def test_a_line_that_is_no_object_is_named_and_can_be_left_out(
    shelf: Shelf, data: Path, put: Callable[[list[str]], Path], name: str
) -> None:
    """First, in the middle, and cut off at the end of the file."""
    good = lines_of(data, name)
    lines = ["hello", *good, '"text"', good[0][: len(good[0]) // 2]]
    path = put(lines)
    with pytest.raises(InputError) as caught:
        shelf.load(path, hint=name)
    rows = {1, len(lines) - 1, len(lines)}
    found = places(caught)
    assert {place for place in found if place[0] in rows and place[1] is None} == {
        (row, None, "the line is not a JSON object") for row in rows
    }
    assert {row for row, _, _ in found} == rows
    assert shelf.ledger.files("requests") == ()
    (result,) = shelf.load(path, hint=name, keep_good=True)
    assert result.rows_refused == 3
    kept = shelf.rows()
    shelf.load(put(good), hint=name, source="good")
    again = [row for row in shelf.rows() if row["source_id"] == "good"]
    assert len(kept) == len(again) > 0


@pytest.mark.parametrize("name", BREAKS)
def test_a_value_of_another_type_is_named(
    shelf: Shelf, data: Path, put: Callable[[list[str]], Path], name: str
) -> None:
    change, column, why = BREAKS[name]
    first, *rest = lines_of(data, name)
    odd = json.dumps({**json.loads(first), **change})
    with pytest.raises(InputError) as caught:
        shelf.load(put([odd, *rest]), hint=name)
    assert (1, column, why) in places(caught)
    assert shelf.ledger.files("requests") == ()


def test_lines_a_format_does_not_read_may_hold_anything(
    shelf: Shelf, data: Path, put: Callable[[list[str]], Path]
) -> None:
    odd = '{"type": "note", "message": "words", "uuid": {"a": 1}}'
    path = put([*lines_of(data, "claude-code"), odd])
    (result,) = shelf.load(path, hint="claude-code")
    assert (result.problems, result.rows_refused) == ((), 0)
    assert shelf.rows()


def test_a_document_cut_short_is_named(shelf: Shelf, tmp_path: Path) -> None:
    path = tmp_path / "trace.json"
    path.write_text('[\n{"resourceSpans": [\n', encoding="utf-8")
    with pytest.raises(InputError) as caught:
        shelf.load(path, hint="otlp-traces")
    (problem,) = caught.value.problems
    assert (problem.file, problem.row) == (str(path), None)
    assert problem.why.startswith("Malformed JSON")


def test_the_command_ends_with_5(shelf: Shelf, put: Callable[[list[str]], Path]) -> None:
    head = '{"type":"assistant","sessionId":"s","uuid":"u","version":"2","message":"words"}'
    ran = CliRunner().invoke(
        app, ["load", "requests", str(put([head, "42"])), "--ledger", str(shelf.folder)]
    )
    assert ran.exit_code == 5
    assert shelf.ledger.files("requests") == ()


@pytest.mark.parametrize("document", [False, True])
def test_a_key_that_appears_late_is_not_lost(
    shelf: Shelf, tmp_path: Path, *, document: bool
) -> None:
    """Detection sees the first 64 KiB; the first error may come long after."""
    line = {"timestamp": "2026-10-01T00:00:00Z", "operation": "chat", "output_tokens": 1}
    records = [{**line, "request_id": f"r{n}", "status": "ok"} for n in range(2000)]
    records.append(
        {**line, "request_id": "last", "status": "error", "error_type": "429", "attempt": 2}
    )
    path = tmp_path / ("log.json" if document else "log.jsonl")
    text = json.dumps(records) if document else "\n".join(map(json.dumps, records))
    path.write_text(text, encoding="utf-8")
    (result,) = shelf.load(path)
    assert (result.stored.rows_stored, result.rows_refused) == (2001, 0)
    last = shelf.by_id()["last"]
    assert (last["error_type"], last["attempt"], last["output_tokens"]) == ("429", 2, 1)
