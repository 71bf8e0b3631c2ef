"""What people said never enters the ledger: a secret planted in every place of content is not found.

The recorded shapes hold it in prompts, answers, tool arguments, tool results, error messages, attributes
and metadata off the allow-list; an e-mail address stands wherever a user can be named.
"""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.connectors.requests.conftest import Shelf

SECRETS = (b"PLANTED-SECRET", b"user@example.com")
NAMES = (
    "requests.jsonl", "openai.jsonl", "openai_batch.jsonl", "anthropic.jsonl", "litellm_spend.jsonl",
    "litellm_payload.jsonl", "langfuse.jsonl", "bedrock.json.gz", "azure_apim.csv", "claude", "codex",
    "otlp",
)  # fmt: skip


def found(folder: Path, shelf: Shelf) -> list[str]:
    """Files of the ledger, and rows of its tables as text (Parquet compresses), that hold a secret."""
    files = [
        path.name
        for path in folder.rglob("*")
        if path.is_file() and any(secret in path.read_bytes() for secret in SECRETS)
    ]
    rows = [
        str(row)
        for table in ("requests", "loads")
        for row in shelf.query(f"select * from {table}")
        if any(secret.decode() in str(row) for secret in SECRETS)
    ]
    return files + rows


@pytest.mark.parametrize("name", NAMES)
def test_no_content_is_stored(shelf: Shelf, data: Path, name: str) -> None:
    shelf.load(data / name)
    assert shelf.rows()
    assert found(shelf.folder, shelf) == []


def test_the_secret_is_there_to_be_found(data: Path) -> None:
    for name in NAMES:
        path = data / name
        files = [path] if path.is_file() else [each for each in path.rglob("*") if each.is_file()]
        raw = [each.read_bytes() for each in files]
        texts = [gzip.decompress(text) if text[:2] == b"\x1f\x8b" else text for text in raw]
        assert any(SECRETS[0] in text for text in texts), name


def test_a_label_that_is_an_object_or_a_letter_is_not_a_label(
    shelf: Shelf, write_lines: Callable[..., Path]
) -> None:
    """A caller's metadata may hold anything under a dimension's name."""
    message = {
        "id": "resp_x", "object": "response", "created_at": 1790845300, "status": "completed",
        "model": "gpt-5", "usage": {"input_tokens": 1, "output_tokens": 1},
        "metadata": {
            "workflow": {"prompt": "PLANTED-SECRET"}, "team": "user@example.com",
            "feature": "line\nPLANTED-SECRET", "tenant": "PLANTED-SECRET" * 40, "agent": "planner",
        },
    }  # fmt: skip
    shelf.load(write_lines("log.jsonl", message))
    (row,) = shelf.rows()
    assert (row["workflow"], row["team"], row["feature"], row["tenant"]) == (None, None, None, None)
    assert row["agent"] == "planner"
    assert found(shelf.folder, shelf) == []


def test_an_error_message_is_no_error_type(shelf: Shelf, write_lines: Callable[..., Path]) -> None:
    body = {"type": "error", "error": {"type": "the prompt was: PLANTED-SECRET"}}
    line = {"timestamp": "2026-10-01T00:00:00Z", "request_id": "r", "response": body}
    shelf.load(write_lines("log.jsonl", line), hint="anthropic-messages")
    (row,) = shelf.rows()
    assert (row["status"], row["error_type"]) == ("error", None)
