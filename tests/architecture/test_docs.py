"""What is said twice is generated: the reference pages agree with the code they describe."""

from __future__ import annotations

import importlib.util
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import finops
from finops.cli.app import COMMANDS, load_command

if TYPE_CHECKING:
    from types import ModuleType

ROOT = Path(__file__).resolve().parents[2]
PAGES = (
    "ledger.md",
    "commands.md",
    "formats.md",
    "connectors.md",
    "errors.md",
    "keys.md",
    "config.md",
    "checks.md",
    "python.md",
    "finops.schema.json",
    "review.schema.json",
    "grafana.json",
)


@pytest.fixture(scope="module")
def docs() -> ModuleType:
    spec = importlib.util.spec_from_file_location("finops_docs", ROOT / "scripts" / "docs.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_page_is_known(docs: ModuleType) -> None:
    assert tuple(docs.PAGES) == PAGES


@pytest.mark.parametrize("name", PAGES)
def test_the_page_says_what_the_code_says(docs: ModuleType, name: str) -> None:
    written = (ROOT / "docs" / name).read_text(encoding="utf-8")
    assert written == docs.PAGES[name](), f"docs/{name} is out of date: make docs"


def test_a_bar_in_a_cell_does_not_end_it(docs: ModuleType) -> None:
    assert docs.table(("a", "b"), [("x|y", "two\nlines")]) == (
        "| a | b |\n| --- | --- |\n| x\\|y | two lines |"
    )


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "ARCHITECTURE.md"])
def test_files_named_in_links_exist(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    links = [part.partition(")")[0].partition("#")[0] for part in text.split("](")[1:]]
    gone = [link for link in links if "://" not in link and link and not (ROOT / link).exists()]
    assert gone == []


def test_every_make_target_named_in_the_guides_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = {line.partition(":")[0] for line in makefile.splitlines() if ":" in line}
    for page in ("README.md", "CONTRIBUTING.md", "ARCHITECTURE.md"):
        words = (ROOT / page).read_text(encoding="utf-8").split("`make ")[1:]
        named = {word.partition("`")[0].split()[0] for word in words}
        assert named <= targets


def shown_commands() -> list[str]:
    """Every `finops …` line of the README's shell blocks."""
    blocks = (ROOT / "README.md").read_text(encoding="utf-8").split("```sh\n")[1:]
    lines = [line for block in blocks for line in block.partition("```")[0].splitlines()]
    return [line for line in lines if line.startswith("finops ")]


@pytest.mark.parametrize("line", shown_commands())
def test_a_command_in_the_readme_is_one_the_program_takes(line: str) -> None:
    _, name, *arguments = shlex.split(line, comments=True)
    (entry,) = [entry for entry in COMMANDS if entry.name == name]
    command = load_command(entry)
    while arguments[:1] and arguments[0] in getattr(command, "commands", {}):
        command = command.commands[arguments.pop(0)]
    assert command.make_context(name, arguments).params


def test_the_changelog_knows_this_version() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"## [{finops.__version__}]" in changelog
