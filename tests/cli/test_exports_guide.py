"""The guides to chargeback and exports work as written, line by line, on the sample company."""

from __future__ import annotations

import shlex
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

from finops.config import Config
from tests.exports.company import acme

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest
    from typer.testing import Result

DOCS = Path(__file__).resolve().parents[2] / "docs"
GUIDES = tuple(
    (DOCS / f"{name}.md").read_text(encoding="utf-8") for name in ("chargeback", "exports")
)


def blocks(language: str) -> list[str]:
    parts = [part for guide in GUIDES for part in guide.split(f"```{language}\n")[1:]]
    return [part.partition("```")[0] for part in parts]


def test_the_settings_shown_are_settings() -> None:
    for block in blocks("toml"):
        Config.model_validate(tomllib.loads(block))


def test_every_command_and_every_line_of_python_does_what_the_guides_say(
    finops: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A small company stands for the sample one, in both guides: commands are run, digits looked at elsewhere."""
    acme(Path("charged"))
    written = "".join(blocks("sh")).replace("exported", "charged")
    for line in dict.fromkeys(written.splitlines()):
        if line.startswith("export "):
            monkeypatch.setenv(*line.removeprefix("export ").split("=", 1))
        elif line and not line.startswith("finops demo"):
            result = finops(*shlex.split(line)[1:])
            assert result.exit_code == 0, f"{line}\n{result.output}{result.stderr}"
    made = {path.name for path in Path("statements").iterdir()}
    assert {"statement-2026-10-search.csv", "statement-2026-10-unowned.xlsx"} <= made
    assert {path.name for path in Path("focus").iterdir()} == {
        "focus-2026-09.parquet",
        "focus-2026-10.parquet",
    }
    for block in blocks("python"):
        exec(block.replace("exported", "charged"), {})  # noqa: S102  (the guide's own lines)
    assert Path("journal.csv").read_text(encoding="utf-8").startswith("entry,date,account")
