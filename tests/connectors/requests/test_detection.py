"""Every recorded shape is recognised by exactly one installed format."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from connectors.detecting import formats_of
from connectors.reading import find_files, open_source

if TYPE_CHECKING:
    from pathlib import Path

EXPECTED = {
    "requests.jsonl": "requests",
    "openai.jsonl": "openai-responses",
    "openai_batch.jsonl": "openai-responses",
    "anthropic.jsonl": "anthropic-messages",
    "litellm_spend.jsonl": "litellm-spend",
    "litellm_payload.jsonl": "litellm-payload",
    "langfuse.jsonl": "langfuse",
    "bedrock.json.gz": "bedrock-invocations",
    "azure_apim.csv": "azure-apim",
    "claude": "claude-code",
    "codex": "codex",
    "otlp": "otlp-traces",
}


def test_every_recorded_shape_is_expected(data: Path) -> None:
    assert {path.name for path in data.iterdir()} == set(EXPECTED)


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_exactly_one_installed_format_claims_a_file(data: Path, name: str) -> None:
    """Not merely the surest one: no other format gives it any score at all."""
    formats, failed = formats_of("requests")
    assert failed == ()
    for found in find_files([data / name]):
        file = open_source(found)
        claims = {
            format_.name
            for format_ in formats
            if file.head.shape in format_.shapes and format_.recognises(file.head) > 0
        }
        assert claims == {EXPECTED[name]}, file.path


def test_a_format_says_whether_its_input_includes_cached_tokens() -> None:
    """Said in the registry and in the module's first lines; two leave it to the data or the maps."""
    formats, _ = formats_of("requests")
    said = {format_.name: format_.cached_in_input for format_ in formats}
    assert said == {
        "anthropic-messages": False,
        "azure-apim": True,
        "bedrock-invocations": False,
        "claude-code": False,
        "codex": True,
        "langfuse": None,
        "litellm-payload": True,
        "litellm-spend": True,
        "mapped-requests": None,
        "openai-responses": True,
        "otlp-traces": True,
        "requests": False,
    }
