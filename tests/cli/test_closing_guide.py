"""The guide to closing a month works as written, line by line, on the sample company."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from finops.config import Config

if TYPE_CHECKING:
    from collections.abc import Callable

    from typer.testing import Result

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "closing.md"

REFUSED = {"finops close 2026-11 --check --show adjustments": 4}
"""Commands of the guide that answer and exit with another code than 0: November is not over."""


def blocks(language: str) -> list[str]:
    parts = GUIDE.read_text(encoding="utf-8").split(f"```{language}\n")[1:]
    return [part.partition("```")[0] for part in parts]


def test_the_settings_shown_are_settings() -> None:
    import tomllib

    for block in blocks("toml"):
        Config.model_validate(tomllib.loads(block))


@pytest.mark.slow
def test_every_command_does_what_the_guide_says(
    finops: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    for line in "".join(blocks("sh")).splitlines():
        if line.startswith("export "):
            monkeypatch.setenv(*line.removeprefix("export ").split("=", 1))
            continue
        result = finops(*shlex.split(line)[1:])
        assert result.exit_code == REFUSED.get(line, 0), f"{line}\n{result.output}{result.stderr}"
    assert "2026-10/2" in finops("close", "--list").stdout
