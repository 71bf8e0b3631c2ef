"""The command line: which commands there are, and nothing about what they do.

A command's module is imported when the command runs, so that `finops --help` costs what a bare Typer
application costs, however heavy the commands become. A test holds each summary here to the first line
of the command's own help.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup

from finops.cli import diagnostics, interrupts, output
from finops.errors import FinopsError

if TYPE_CHECKING:
    from typing import NoReturn

__all__ = ["COMMANDS", "CommandEntry", "app", "load_command", "run"]


class CommandEntry(NamedTuple):
    """A command: its name, the module whose `register(app)` adds it, and one sentence about it."""

    name: str
    module: str
    summary: str


COMMANDS = (
    CommandEntry("demo", "finops.cli.demo", "Load a sample company and show what it spends."),
    CommandEntry("init", "finops.cli.init", "Write a finops.toml to start from."),
    CommandEntry(
        "load",
        "finops.cli.load",
        "Load bills, token logs, GPU samples, jobs or changes from files.",
    ),
    CommandEntry("pull", "finops.cli.pull", "Pull what is new from the sources of finops.toml."),
    CommandEntry(
        "receive",
        "finops.cli.receive",
        "Receive OpenTelemetry traces over HTTP (OTLP), and keep the model calls in them.",
    ),
    CommandEntry("collect", "finops.cli.collect", "Collect samples of this machine's hardware."),
    CommandEntry(
        "connectors",
        "finops.cli.connectors",
        "Show what can be pulled from, check that it can be reached, and what it must be allowed.",
    ),
    CommandEntry("status", "finops.cli.status", "Show what the ledger holds and how fresh it is."),
    CommandEntry(
        "quality", "finops.cli.quality", "Show whether the numbers can be trusted, in dollars."
    ),
    CommandEntry("costs", "finops.cli.costs", "Show spend by any column of the bill, tag or pool."),
    CommandEntry(
        "compare",
        "finops.cli.compare",
        "Show what changed between two periods: price, usage, mix, new, gone.",
    ),
    CommandEntry(
        "unit", "finops.cli.unit", "Show what a request, a token, a response and a run cost."
    ),
    CommandEntry(
        "runs",
        "finops.cli.runs",
        "Show workflow runs one by one: when each ran, how it came out, what it cost.",
    ),
    CommandEntry(
        "capacity",
        "finops.cli.capacity",
        "Show what accelerators were used for, and what was idle or unseen.",
    ),
    CommandEntry(
        "budget",
        "finops.cli.budget",
        "Show how budgets stand: what is spent, and what it will come to.",
    ),
    CommandEntry(
        "forecast", "finops.cli.forecast", "Show what coming months will cost, with a range."
    ),
    CommandEntry(
        "savings", "finops.cli.savings", "Show what could be saved, ranked, with evidence."
    ),
    CommandEntry(
        "actions",
        "finops.cli.actions",
        "Keep the list of what is to be done about costs, and what it really saved.",
    ),
    CommandEntry(
        "commitments",
        "finops.cli.commitments",
        "Show what commitments cover, save, leave unused, and when they end.",
    ),
    CommandEntry(
        "close", "finops.cli.close", "Close a month, so that its numbers never move again."
    ),
    CommandEntry(
        "review",
        "finops.cli.review",
        "Write the review of a month: what it cost, what changed, whose it is, and that it adds up.",
    ),
    CommandEntry(
        "owners", "finops.cli.owners", "Show who answers for which cost, and what nobody does."
    ),
    CommandEntry(
        "chargeback",
        "finops.cli.chargeback",
        "Charge a month's invoices back to the teams that used them.",
    ),
    CommandEntry("export", "finops.cli.export", "Write the numbers in the form other tools read."),
    CommandEntry("marginal", "finops.cli.marginal", "Show what doubled traffic would cost."),
    CommandEntry("explain", "finops.cli.explain", "Show where a number comes from."),
    CommandEntry(
        "breakeven",
        "finops.cli.breakeven",
        "Show when owning hardware beats renting it, or that it never does.",
    ),
    CommandEntry(
        "route",
        "finops.cli.route",
        "Show what asking a small model first saves, and where it loses money.",
    ),
    CommandEntry(
        "vendor",
        "finops.cli.vendor",
        "Ask vendors, score their answers and compare their offers.",
    ),
    CommandEntry(
        "scorecard",
        "finops.cli.scorecard",
        "Score infrastructure in sixteen points, from evidence.",
    ),
    CommandEntry("tui", "finops.cli.tui", "Browse every answer in the terminal."),
    CommandEntry("sql", "finops.cli.sql", "Ask the ledger in SQL, read-only."),
    CommandEntry("doctor", "finops.cli.doctor", "Check that everything finops needs is in order."),
)
"""Every command, in the order a newcomer meets them."""


def load_command(entry: CommandEntry) -> Any:  # noqa: ANN401  (Typer's command types are private)
    """The command itself, its module imported."""
    holder = typer.Typer(add_completion=False)
    import_module(entry.module).register(holder)
    command = typer.main.get_group(holder).commands[entry.name]
    for one in (command, *getattr(command, "commands", {}).values()):
        one.help = _unwrapped(one.help)
    return command


def _unwrapped(text: str | None) -> str | None:
    """Help without the line breaks of the source: the terminal decides where paragraphs wrap."""
    if text is None:
        return None
    return "\n\n".join(" ".join(part.split()) for part in text.split("\n\n"))


class CommandGroup(TyperGroup):
    """The root: lists commands without importing them, and turns errors into words and exit codes."""

    def __init__(self, **attrs: Any) -> None:  # noqa: ANN401  (Typer's own arguments, passed on)
        super().__init__(**attrs)
        for entry in COMMANDS:
            self.commands[entry.name] = TyperCommand(entry.name, help=entry.summary)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401
        """Answer --version before Typer looks at values: for that it would import pydantic."""
        if args[:1] == ["--version"]:
            from finops.api.versions import version_text

            output.write_bytes(f"{version_text()}\n".encode())
            raise typer.Exit
        return super().parse_args(ctx, args)

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:  # noqa: ANN401
        """The command about to run, loaded."""
        name, command, rest = super().resolve_command(ctx, args)
        for entry in COMMANDS:
            if entry.name == name:
                return name, load_command(entry), rest
        return name, command, rest

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401
        """Run the command; an error raised on purpose becomes its message and exit code."""
        try:
            return super().invoke(ctx)
        except FinopsError as error:
            raise typer.Exit(diagnostics.fail(error)) from error
        except KeyboardInterrupt as error:
            raise typer.Exit(interrupts.stopped()) from error
        except RuntimeError as error:
            if not interrupts.heard():
                raise
            raise typer.Exit(interrupts.stopped()) from error


app = typer.Typer(
    name="finops",
    cls=CommandGroup,
    invoke_without_command=True,
    pretty_exceptions_enable=False,
    pretty_exceptions_show_locals=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def root(
    ctx: typer.Context,
    *,
    version: Annotated[  # noqa: ARG001  (declared for the help; CommandGroup.parse_args answers it)
        bool | None,
        typer.Option(
            "--version",
            help="Print the versions of finops, Python and the price book, and exit.",
        ),
    ] = None,
) -> None:
    """What an AI capability costs to deliver, from one ledger of bills, GPU metrics and token logs."""
    if ctx.invoked_subcommand is None:
        typer.echo(ctx.get_help())


def run() -> NoReturn:
    """The `finops` command. Faults of ours end in one line and exit code 1, not in a traceback."""
    sys.excepthook = diagnostics.crashed
    interrupts.listen()
    sys.exit(typer.main.get_command(app)(prog_name="finops"))
