"""`finops connectors`: what can be pulled from, whether it can be reached, and what it must be allowed."""

from __future__ import annotations

from typing import Annotated

import typer

from finops.cli.options import FormatOption, OutputOption, open_session
from finops.report.formats import ReportFormat

__all__ = ["register"]

NameArgument = Annotated[
    str, typer.Argument(metavar="CONNECTOR", help="Connector to describe.", show_default=False)
]
SourcesArgument = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="SOURCE…", help="Sources of finops.toml. (default: all)", show_default=False
    ),
]


def register(app: typer.Typer) -> None:
    """Add `connectors` and its parts to the application."""
    group = typer.Typer(
        no_args_is_help=True,
        help="Show what can be pulled from, check that it can be reached, and what it must be allowed.",
    )
    group.command("list")(list_connectors)
    group.command("check")(check)
    group.command("describe")(describe)
    app.add_typer(group, name="connectors")


def list_connectors(
    *,
    format: FormatOption = ReportFormat.TABLE,  # noqa: A002  (the option is called --format)
    output: OutputOption = None,
) -> None:
    """List the connectors there are, and the sources of finops.toml that use them."""
    from finops.cli.output import emit

    emit(open_session(required=False).connectors.list().report, format, output)


def check(
    sources: SourcesArgument = None,
    *,
    format: FormatOption = ReportFormat.TABLE,  # noqa: A002  (the option is called --format)
    output: OutputOption = None,
) -> None:
    """Check that each source can be reached, lets us in, and holds what it should."""
    from finops.cli.output import emit
    from finops.errors import ExitCode

    found = open_session(required=False).connectors.check(sources)
    emit(found.report, format, output)
    if not found.ok:
        raise typer.Exit(ExitCode.SOURCE)


def describe(
    connector: NameArgument,
    *,
    format: FormatOption = ReportFormat.TABLE,  # noqa: A002  (the option is called --format)
    output: OutputOption = None,
) -> None:
    """Describe a connector: its settings and the least permission it needs."""
    from finops.cli.output import emit

    emit(open_session(required=False).connectors.describe(connector).report, format, output)
