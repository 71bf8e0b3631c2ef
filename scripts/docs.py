"""Writes the reference pages under docs/ from the code they describe.

Tables come from `finops.model.tables`, commands from the command line itself, formats from what is
registered, keys from `tui.actions`, exit codes from `finops.errors`. A test fails when a page and its source disagree, so
nothing here is ever edited by hand: `make docs`.
"""

from __future__ import annotations

import inspect
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import finops.errors
from connectors.describing import settings_rows
from connectors.settings import SourceSettings
from finops import plugins
from finops.api.review.diff import SCHEMA as REVIEW_DIFF
from finops.api.review.make import SCHEMA as REVIEW
from finops.cli.app import COMMANDS, load_command
from finops.config import json_schema
from finops.errors import ExitCode, FinopsError
from finops.exports.grafana import dashboard_json
from finops.model.tables import TABLES
from finops.report.document.schema import document_schema
from scripts.checks_page import checks_parts
from scripts.python_page import python_parts
from scripts.settings_page import settings_parts
from tui.actions import ACTIONS, MOVES, SLIDES, Group, go_actions, key_text
from tui.views import VIEWS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from connectors.contract import Connector
    from connectors.formats.contract import Format
    from finops.model.schema import Column, Table

DOCS = Path(__file__).resolve().parent.parent / "docs"


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; a bar inside a cell is escaped."""
    lines = [header, ["---"] * len(header), *rows]
    cells = [[str(cell).replace("|", "\\|").replace("\n", " ") for cell in line] for line in lines]
    return "\n".join("| " + " | ".join(line) + " |" for line in cells)


def page(title: str, source: str, *parts: str) -> str:
    """One page: its title, where it comes from, and the parts."""
    origin = f"<!-- Written by `make docs` from {source}. Do not edit. -->"
    return "\n\n".join([f"# {title}", origin, *(part.strip() for part in parts)]) + "\n"


# --- the ledger --------------------------------------------------------------------------------


def rule(column: Column) -> str:
    """What validation holds a column's values to, in a few words."""
    words = []
    if column.required:
        words.append("required")
    if column.values:
        words.append("one of " + ", ".join(f"`{value}`" for value in column.values))
    if column.minimum is not None and column.maximum is not None:
        words.append(f"{column.minimum} to {column.maximum}")
    elif column.minimum is not None:
        words.append(f"≥ {column.minimum}")
    return "; ".join(words)


def ledger_table(declared: Table) -> str:
    """One table's section: what a row is, its key and cut, every column."""
    facts = [declared.about]
    if declared.key:
        facts.append(
            "A row is identified by " + ", ".join(f"`{name}`" for name in declared.key) + "."
        )
    if declared.partition_by:
        cut = ", ".join(f"`{name}`" for name in declared.partition_by)
        facts.append(f"Files are cut by {cut}.")
    rows = [
        (
            f"`{column.name}`",
            column.kind.value.lower(),
            column.unit or "",
            column.about,
            rule(column),
        )
        for column in declared.columns
    ]
    body = table(("column", "type", "unit", "meaning", "rule"), rows)
    return f"## {declared.name}\n\n{' '.join(facts)}\n\n{body}"


BESIDE_THE_TABLES = """\
## Beside the tables

Folders whose names begin with `_` are no Delta tables: no vacuum touches them, and a copy of the folder or bucket has them.

| folder | holds | may be removed |
| --- | --- | --- |
| `_closed` | the books of closed months, with a manifest of every file's SHA-256 | no |
| `_settings` | settings, owners, scenarios, judged answers and prices by their SHA-256, and from when they were in force | no: without \
them `--as-of` has today's |
| `_scorecard` | scores that were written down | no |
| `_deliveries` | which review was delivered where, so that none is twice | no |
| `_rollups` | sums that questions are answered from | yes: they are made again |
| `_staging`, `_spool` | locks, and what loads and pulls in progress have fetched | when nothing is loading |

`_settings` gets a record when something changed by the time of a load, a pull, a close or a review. It holds what numbers depend
on and no secret: sources by name and connector alone, addresses without their credentials, neither `[review]` nor \
`[actions]`, and of judged answers only the columns that are read."""


def ledger_page() -> str:
    """docs/ledger.md."""
    about = (
        "A ledger is a folder, or an object-store URL, of Delta Lake tables; whatever reads Delta reads "
        "it. Amounts are DECIMAL(38,24) with their currency beside them. Times are UTC, periods include "
        "their start and not their end. `finops sql` asks it anything."
    )
    return page(
        "The ledger",
        "`finops/model/tables.py`",
        about,
        *(ledger_table(item) for item in TABLES.values()),
        BESIDE_THE_TABLES,
    )


# --- the command line ----------------------------------------------------------------------------


def written(left: str) -> str:
    """How help shows an argument or option, less the Python type of what is only a name."""
    name = left.strip()
    return name.replace("<int range>", "N") if name.startswith("-") else name.partition(" <")[0]


def command_sections(name: str, command: Any) -> list[str]:  # noqa: ANN401  (the same)
    """A command and its subcommands: usage, what each does, its arguments and options."""
    context = command.make_context(name, [], parent=None, resilient_parsing=True)
    usage = " ".join(["finops", name, *command.collect_usage_pieces(context)])
    rows = []
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        if record is not None and "--help" not in parameter.opts:
            left, right = record
            rows.append((f"`{written(left)}`", " ".join(right.split())))
    about = inspect.cleandoc(command.help or "")
    parts = [f"## finops {name}", f"```\n{usage}\n```", about]
    if rows:
        parts.append(table(("argument or option", "meaning"), rows))
    below = getattr(command, "commands", {})
    return ["\n\n".join(parts)] + [
        section
        for key, child in below.items()
        for section in command_sections(f"{name} {key}", child)
    ]


def commands_page() -> str:
    """docs/commands.md."""
    about = (
        "Answers go to stdout and nothing else does; narration goes to stderr. `-o FILE` holds the same "
        "bytes as stdout would. Exit codes are in [errors.md](errors.md)."
    )
    sections = [
        section
        for entry in COMMANDS
        for section in command_sections(entry.name, load_command(entry))
    ]
    return page("Commands", "the command line", about, *sections)


# --- formats ---------------------------------------------------------------------------------------


def cached(declared: Format) -> str:
    """Whether the source's input count includes cached tokens, in a word."""
    return {None: "", True: "yes", False: "no"}[declared.cached_in_input]


def format_sections(formats: Sequence[Format]) -> list[str]:
    """What each format's module says about it; formats that share a module share a section."""
    said: dict[str, list[str]] = {}
    for declared in formats:
        module = inspect.getmodule(declared.select)
        words = inspect.getdoc(module) if module else ""
        said.setdefault(words or declared.about, []).append(declared.name)
    return [f"### {', '.join(names)}\n\n{words}" for words, names in said.items()]


def formats_page() -> str:
    """docs/formats.md."""
    formats = [plugins.load(plugins.FORMATS, name) for name in plugins.names(plugins.FORMATS)]
    about = (
        "`finops load` detects the format of a file; `--format-hint NAME` names it. Every format below is "
        "registered the way a stranger's would be (`finops.formats` entry points), so an installed package "
        "can add one."
    )
    parts = [about]
    for ledger in TABLES.values():
        mine = [item for item in formats if item.table == ledger.name]
        if not mine:
            continue
        rows = [
            (f"`{item.name}`", item.about, ", ".join(item.shapes), cached(item)) for item in mine
        ]
        header = ("format", "what it is", "files", "input counts cached tokens")
        parts.append(
            f"## finops load {ledger.name.replace('gpu_samples', 'gpu')}\n\n{table(header, rows)}"
        )
        parts.extend(format_sections(mine))
    return page("File formats", "the registered formats", *parts)


# --- connectors ------------------------------------------------------------------------------------


def settings_table(declared: Connector, *, common: bool) -> str:
    """A table of a connector's own settings, or of those every source has."""
    rows = [
        (
            f"`{row.setting}`",
            row.type,
            "required" if row.default is None else row.default,
            row.about,
        )
        for row in settings_rows(declared, common=common)
        if common is (row.setting in SourceSettings.model_fields)
    ]
    return table(("setting", "type", "default", "meaning"), rows)


def tables_fed(declared: Connector) -> str:
    """The tables a connector feeds."""
    return ", ".join(f"`{name}`" for name in declared.tables)


def connector_section(declared: Connector) -> str:
    """One connector: what it reads and how, its settings, the least permission."""
    module = inspect.getmodule(declared.read)
    return "\n\n".join(
        [
            f"## {declared.name}",
            f"{declared.about}. Feeds {tables_fed(declared)}.",
            inspect.getdoc(module) or "" if module else "",
            settings_table(declared, common=False),
            f"**Least permission.** {declared.policy}",
        ]
    )


def connectors_page() -> str:
    """docs/connectors.md."""
    declared = [
        plugins.load(plugins.CONNECTORS, name) for name in plugins.names(plugins.CONNECTORS)
    ]
    about = (
        "`finops pull` brings what is new from the sources of `finops.toml` into the ledger, by hand or from cron; "
        "nothing is doubled and nothing is lost, however often it runs or is interrupted. A source is a table with a "
        "connector and its settings:"
    )
    example = '[sources.aws]\nconnector = "aws-exports"\nurl = "s3://billing/exports"\nregion = "eu-central-1"'
    secrets = (
        "Secrets are references, looked up when a request needs them and never shown: `env:NAME`, `file:PATH`, "
        "`keyring:SERVICE/USER`. No connector needs more than permission to read; the least one stands with each. "
        "`finops connectors check` says whether a source can be reached. Every connector below is registered the way a "
        "stranger's would be (`finops.connectors` entry points)."
    )
    tested = [(f"`{each.name}`", each.tested, tables_fed(each)) for each in declared]
    against = (
        "## What each is tested against\n\nA real server where one can run in a test; else shapes recorded from the "
        "system's own documentation, which show how it is read and cannot show that it has not changed since.\n\n"
        + table(["connector", "tested against", "feeds"], tested)
    )
    common = "## Settings of every source\n\n" + settings_table(declared[0], common=True)
    sections = [connector_section(each) for each in declared]
    return page(
        "Connectors",
        "the registered connectors",
        about,
        f"```toml\n{example}\n```",
        secrets,
        against,
        common,
        *sections,
    )


# --- errors ----------------------------------------------------------------------------------------


def error_tree(kind: type[FinopsError]) -> list[type[FinopsError]]:
    """`kind` and everything derived from it."""
    return [kind, *(error for child in kind.__subclasses__() for error in error_tree(child))]


def clause(words: str) -> str:
    """The first thing `words` say, as a sentence."""
    return words.partition(";")[0].rstrip(".") + "."


def errors_page() -> str:
    """docs/errors.md."""
    meanings: dict[ExitCode, list[str]] = {code: [] for code in ExitCode}
    for error in error_tree(FinopsError):
        if error.__module__ == "finops.errors":
            meanings[error.exit_code].append(clause(inspect.getdoc(error) or ""))
    meanings[ExitCode.OK].append("The command did what it was asked.")
    meanings[ExitCode.INTERRUPTED].append("Interrupted from the keyboard.")
    rows = [(str(code.value), code.name.lower(), " ".join(meanings[code])) for code in ExitCode]
    words = inspect.getdoc(finops.errors) or ""
    first, _, rest = words.partition("\n")
    return page(
        "Exit codes and errors",
        "`finops/errors.py`",
        "The same for every command, so that scripts can rely on them.",
        table(("code", "name", "when"), rows),
        f"## The errors behind them\n\n{first}\n{rest}",
    )


# --- the terminal interface ------------------------------------------------------------------------


def keys_page() -> str:
    """docs/keys.md."""
    actions = (*ACTIONS, *go_actions(VIEWS), *MOVES, *SLIDES)
    about = (
        "Keys of `finops tui`. `?` shows those that work on the screen there is, and why others do not; `:` does any of "
        "it by name. Each can be another one, by the action's name in finops.toml; several are separated by commas:"
    )
    example = '[tui.keys]\ncopy = "ctrl+y"\n"period.earlier" = "left"'
    sections = [
        f"## {group}\n\n"
        + table(
            ("keys", "what it does", "action"),
            [
                (
                    " ".join(f"`{key_text(key)}`" for key in action.keys.split(",")),
                    action.help,
                    f"`{action.id}`",
                )
                for action in actions
                if action.group is group
            ],
        )
        for group in Group
    ]
    views = table(
        ("view", "what it answers", "name after `:`"),
        [(view.title, view.about, f"`{view.name}`") for view in VIEWS],
    )
    return page(
        "Keys",
        "`tui/actions.py`",
        about,
        f"```toml\n{example}\n```",
        *sections,
        f"## Views\n\n{views}",
    )


# --- pages with a module of their own --------------------------------------------------------------


def config_page() -> str:
    """docs/config.md."""
    return page("Settings", "`finops/config.py`", *settings_parts())


def checks_page() -> str:
    """docs/checks.md."""
    return page("Checks and probes", "`scorecard/catalog.yaml` and the probes", *checks_parts())


def python_page() -> str:
    """docs/python.md."""
    return page("Python", "`finops/api`", *python_parts())


PAGES: dict[str, Callable[[], str]] = {
    "ledger.md": ledger_page,
    "commands.md": commands_page,
    "formats.md": formats_page,
    "connectors.md": connectors_page,
    "errors.md": errors_page,
    "keys.md": keys_page,
    "config.md": config_page,
    "checks.md": checks_page,
    "python.md": python_page,
    "finops.schema.json": json_schema,
    "review.schema.json": lambda: document_schema("finops review", (REVIEW, REVIEW_DIFF)),
    "grafana.json": lambda: dashboard_json("USD"),
}


def main() -> int:
    """Write every page; 0."""
    DOCS.mkdir(exist_ok=True)
    for name, write in PAGES.items():
        (DOCS / name).write_text(write(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
