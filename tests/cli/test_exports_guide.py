"""The guide to exports works as written, line by line."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from tests.exports.company import acme

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest
    from typer.testing import Result

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "howto" / "exports.md"


def blocks(language: str) -> list[str]:
    parts = GUIDE.read_text(encoding="utf-8").split(f"```{language}\n")[1:]
    return [part.partition("```")[0] for part in parts]


def test_every_command_and_every_line_of_python_does_what_the_guide_says(
    finops: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A small company stands for the sample one: commands are run here, digits looked at elsewhere."""
    acme(Path("exported"))
    for line in "".join(blocks("sh")).splitlines():
        if line.startswith("export "):
            monkeypatch.setenv(*line.removeprefix("export ").split("=", 1))
        elif line and not line.startswith("finops demo"):
            result = finops(*shlex.split(line)[1:])
            assert result.exit_code == 0, f"{line}\n{result.output}{result.stderr}"
    assert {path.name for path in Path("focus").iterdir()} == {
        "focus-2026-09.parquet",
        "focus-2026-10.parquet",
    }
    for block in blocks("python"):
        exec(block, {})  # noqa: S102  (the guide's own lines)
    assert Path("finops.prom").read_text(encoding="utf-8").endswith("# EOF\n")
