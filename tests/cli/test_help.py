"""Every command and every option says what it is for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from finops.cli.app import COMMANDS, CommandEntry, load_command

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator

    from typer.testing import Result


def commands(entry: CommandEntry) -> Iterator[tuple[str, Any]]:
    """The command and its subcommands, by their full names."""
    command = load_command(entry)
    yield entry.name, command
    for name, child in getattr(command, "commands", {}).items():
        yield f"{entry.name} {name}", child


@pytest.mark.parametrize("entry", COMMANDS, ids=lambda entry: entry.name)
def test_every_command_and_option_has_help(entry: CommandEntry) -> None:
    for name, command in commands(entry):
        assert command.help, f"{name} has no help"
        for parameter in command.params:
            help_text = getattr(parameter, "help", None)
            assert help_text, f"{name} {parameter.name} has no help"
            assert "[" not in help_text, f"{name} {parameter.name}: help would lose its [brackets]"


@pytest.mark.parametrize("entry", COMMANDS, ids=lambda entry: entry.name)
def test_the_list_of_commands_says_what_each_says_of_itself(entry: CommandEntry) -> None:
    assert (load_command(entry).help or "").split("\n\n")[0] == entry.summary


@pytest.mark.parametrize("entry", COMMANDS, ids=lambda entry: entry.name)
def test_every_command_prints_its_help(entry: CommandEntry, finops: Callable[..., Result]) -> None:
    result = finops(entry.name, "--help")
    assert result.exit_code == 0
    assert entry.summary.split(" ", 1)[0] in result.stdout


def test_without_arguments_help_is_the_answer(finops: Callable[..., Result]) -> None:
    result = finops()
    assert result.exit_code == 0
    assert all(f" {entry.name} " in result.stdout for entry in COMMANDS)
    assert result.stderr == ""


@pytest.mark.parametrize("columns", ["40", "80"])
def test_help_keeps_to_the_terminal(
    columns: str, process: Callable[..., subprocess.CompletedProcess[bytes]]
) -> None:
    for arguments in (["--help"], ["costs", "--help"]):
        shown = process(*arguments, env={"COLUMNS": columns}).stdout.decode()
        assert max(map(len, shown.splitlines())) <= int(columns)


def test_version_names_what_answers_depend_on(finops: Callable[..., Result]) -> None:
    result = finops("--version")
    assert result.exit_code == 0
    assert result.stdout.startswith("finops ")
    assert "Python 3." in result.stdout
    assert "genai-prices" in result.stdout
    assert "checked 20" in result.stdout
