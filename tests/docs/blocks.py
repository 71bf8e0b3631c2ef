"""A page's fenced blocks, run in order in a folder of their own, as its reader would.

    console     lines after `$ ` are commands; what follows is what they print, where `…` stands for anything
    sh          commands whose output is not shown; `# exit 4` is the code of one that does not end with 0
    python      executed, one block after the other in one namespace; pycon is a doctest
    toml, csv … a block after a line that ends with `NAME`: is the file of that name

`finops demo` finds the sample company loaded already: a copy of the one that all tests share.
"""

from __future__ import annotations

import doctest
import os
import re
import shlex
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click
from typer.testing import CliRunner

from finops.cli.app import COMMANDS, app, load_command

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Block", "Reader", "Shown", "blocks", "mentioned", "shown", "takes"]

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
"""What a checkout has in its folder of that name."""

WIDTH = "100"
"""Columns of the reader's terminal."""

_FENCE = re.compile(r"^```(?P<language>\w+)[^\n]*\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"`(?P<name>[\w./-]+\.\w+)`[^`\n]*:\s*\Z")
_EXIT = re.compile(r"#.*\bexit (?P<code>\d+)")
_OTHERS = (
    "git ",
    "make",
    "uv ",
    "pipx ",
    "pip ",
    "cd ",
    "curl ",
    "jupyter ",
    "promtool ",
    "prometheus ",
)
"""What a page may also tell its reader to run; it is not ours to test."""

LIVE = ("receive", "collect gpu", "pull", "connectors check", "tui", "init --interactive")
"""Commands that need somebody else or never end: their options are checked, and they have tests of their own."""


class Block(NamedTuple):
    """A fenced block, the line it begins on, and the file it is, where the line before says so."""

    language: str
    text: str
    line: int
    file: str | None


class Shown(NamedTuple):
    """A command of a page and what the page says it prints; None where it does not say."""

    command: str
    output: str | None
    line: int


def blocks(text: str) -> Iterator[Block]:
    """The blocks of a page, in order."""
    for found in _FENCE.finditer(text):
        named = _FILE.search(text[: found.start()])
        line = text.count("\n", 0, found.start()) + 1
        yield Block(found["language"], found["text"], line, named["name"] if named else None)


def shown(block: Block) -> Iterator[Shown]:
    """The commands of a console or sh block."""
    if block.language == "sh":
        text = block.text.replace("\\\n", " ")
        for line in text.splitlines():
            if line.strip() and not line.startswith("#"):
                yield Shown(line, None, block.line)
        return
    for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
        command, _, output = part.replace("\\\n", " ").partition("\n")
        yield Shown(command, output, block.line)


def takes(command: str) -> bool:
    """Whether the program takes the arguments of a `finops` command; it is not run."""
    _, name, *arguments = shlex.split(command, comments=True)
    (entry,) = [entry for entry in COMMANDS if entry.name == name]
    found = load_command(entry)
    while arguments[:1] and arguments[0] in getattr(found, "commands", {}):
        found = found.commands[arguments.pop(0)]
    return bool(found.make_context(name, arguments).params)


_STANDS_FOR = re.compile(r"…|\.\.\.|[A-Z][A-Z_.,…-]+[A-Z…]")
"""What a sentence writes for a value of the reader's: `FILE`, `MODEL`, `…`."""


def mentioned(command: str) -> None:
    """Hold a `finops` command named in a sentence to the commands and options there are; ClickException or KeyError.

    Only what it names is looked at: a sentence need not give every argument, nor a value that can be read.
    """
    words = [word for word in shlex.split(command)[1:] if word not in {"…", "|"}]
    if not words or words[0].startswith("-"):
        return
    name, *arguments = words
    if _STANDS_FOR.fullmatch(name):
        return
    entry = {entry.name: entry for entry in COMMANDS}[name]
    found = load_command(entry)
    while arguments and arguments[0] in getattr(found, "commands", {}):
        found = found.commands[arguments.pop(0)]
    is_group = bool(getattr(found, "commands", {}))
    if is_group and arguments and not arguments[0].startswith("-") and not _has_argument(found):
        if not _STANDS_FOR.fullmatch(arguments[0]):
            raise click.UsageError(f"{name} has no command {arguments[0]!r}")
        return
    known = _options(found)
    if name == "explain" and arguments:
        asked = arguments[0].partition(".")[0]
        known |= set().union(*(_options(load_command(e)) for e in COMMANDS if e.name == asked))
    for word in arguments:
        option = word.partition("=")[0]
        if option.startswith("-") and option not in {*known, "--help", "-h"} and option != "-":
            raise click.NoSuchOption(option)


def _options(command: click.Command) -> set[str]:
    return {option for each in command.params for option in (*each.opts, *each.secondary_opts)}


def _has_argument(command: click.Command) -> bool:
    return any(isinstance(each, click.Argument) for each in command.params)


class Reader:
    """Somebody who follows a page in `folder`; `company` is the sample company, loaded."""

    def __init__(self, folder: Path, company: Path) -> None:
        self.folder = folder
        self.company = company
        (folder / "samples").symlink_to(SAMPLES)
        self.names: dict[str, Any] = {"__name__": "__page__"}

    def follow(self, block: Block) -> Iterator[str]:
        """Do what one block says; a complaint for each thing that is not as it says."""
        if block.file is not None:
            self._write(block, block.file)
        elif block.language in {"console", "sh"}:
            for each in shown(block):
                yield from self._obey(each)
        elif block.language == "python":
            exec(compile(block.text, f"line {block.line}", "exec"), self.names)  # noqa: S102  (our own page)
        elif block.language == "pycon":
            yield from self._doctest(block)

    def run(self, command: str) -> tuple[int, str, str]:
        """Exit code, stdout, and both streams as a terminal shows them."""
        words = shlex.split(command, comments=True)[1:]
        if words[:1] == ["demo"]:
            self._move_in(words)
        result = CliRunner().invoke(app, words, env={"COLUMNS": WIDTH})
        return result.exit_code, result.stdout, result.output

    def _obey(self, each: Shown) -> Iterator[str]:
        command, _, value = each.command.partition("=")
        if command.startswith("export "):
            os.environ[command.removeprefix("export ")] = os.path.expandvars(value)
            return
        if not each.command.startswith("finops "):
            if not each.command.startswith(_OTHERS):
                yield f"line {each.line}: nobody runs {each.command!r}"
            return
        if each.command.removeprefix("finops ").startswith(LIVE):
            if not takes(each.command):
                yield f"line {each.line}: {each.command} takes nothing"
            return
        wanted = _EXIT.search(each.command)
        code, out, both = self.run(each.command)
        if code != (int(wanted["code"]) if wanted else 0):
            yield f"line {each.line}: {each.command}\nexits with {code}\n{both}"
        elif each.output is not None and not (same(each.output, out) or same(each.output, both)):
            yield f"line {each.line}: {each.command}\nprints\n{both}\nand not\n{each.output}"

    def _write(self, block: Block, name: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        before = (
            path.read_text(encoding="utf-8") + "\n"
            if path.is_file() and block.language == "toml"
            else ""
        )
        path.write_text(before + block.text, encoding="utf-8")

    def _move_in(self, words: list[str]) -> None:
        """Put the loaded company where the demo would load it."""
        named = words[words.index("--ledger") + 1] if "--ledger" in words else None
        home = Path(os.environ["XDG_DATA_HOME"]) / "finops" / "demo-ledger"
        place = home if named is None else self.folder / named
        if not place.exists():
            shutil.copytree(self.company, place, copy_function=_linked)

    def _doctest(self, block: Block) -> Iterator[str]:
        test = doctest.DocTestParser().get_doctest(block.text, self.names, "page", None, block.line)
        said: list[str] = []
        options = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
        doctest.DocTestRunner(optionflags=options).run(test, out=said.append, clear_globs=False)
        self.names.update(test.globs)
        yield from said


def same(expected: str, printed: str) -> bool:
    """Whether `printed` is what a page shows; `…` in it is anything, on a line of its own any lines."""
    pattern = "".join(
        r"(?:.*\n)*?"
        if line.strip() == "…"
        else re.escape(line.rstrip()).replace("…", ".*") + r"[ ]*\n"
        for line in expected.rstrip().splitlines()
    )
    return re.fullmatch(pattern, printed.rstrip() + "\n") is not None


def _linked(source: str, target: str) -> None:
    """A second name for files that are never written again, a copy of the others."""
    if source.endswith(".parquet"):
        os.link(source, target)
    else:
        shutil.copy2(source, target)
