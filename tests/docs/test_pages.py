"""Every page works as written: its commands run, and print what it shows."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from finops.config import Config
from scripts.docs import PAGES
from tests.docs.blocks import Reader, blocks, same

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"

ELSEWHERE = {
    "howto/compare-vendors.md": "tests/cli/test_vendors_guide.py, among files a vendor sends",
    "howto/hardware-and-owners.md": "tests/analysis/owned/test_howto.py, figure by figure",
    "howto/exports.md": "tests/cli/test_exports_guide.py, on a small company",
    "benchmarks.md": "make bench",
}
"""Pages that are followed by a test of their own."""

WRITTEN = sorted(
    str(path.relative_to(DOCS))
    for path in DOCS.rglob("*.md")
    if str(path.relative_to(DOCS)) not in {*PAGES, *ELSEWHERE}
)
"""Pages somebody wrote."""


@pytest.mark.slow
@pytest.mark.parametrize("name", WRITTEN)
def test_the_page_works_as_written(
    name: str, demo_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("FINOPS_CONFIG", "")
    monkeypatch.delenv("FINOPS_CONFIG")
    reader = Reader(tmp_path, demo_folder)
    found = list(blocks((DOCS / name).read_text(encoding="utf-8")))
    wrong = [words for block in found for words in reader.follow(block)]
    assert wrong == [], "\n\n".join(wrong)


@pytest.mark.parametrize("name", [*WRITTEN, *ELSEWHERE])
def test_the_settings_shown_are_settings(name: str) -> None:
    for block in blocks((DOCS / name).read_text(encoding="utf-8")):
        if block.language == "toml" and block.file in {None, "finops.toml"}:
            Config.model_validate(tomllib.loads(block.text))


def test_what_is_shown_is_held_to_what_is_printed() -> None:
    assert same("a  1\nb  2\n", "a  1  \nb  2\n")
    assert not same("a  1\n", "a  1\nb  2\n")
    assert same("a\n…\nd\n", "a\nb\nc\nd\n")
    assert same("a …\n", "a 17\n")
    assert not same("a (1)\n", "a 1\n")
