"""`finops connectors`: what can be pulled from, whether it can be reached, and what it must be allowed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from finops.cli.options import FormatOption, OutputOption  # noqa: TC001  (Typer reads the annotations)
from finops.report.formats import ReportFormat

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connectors.configured import Source
    from finops.report.model import Row

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
    from connectors.configured import connector_called
    from finops.cli.output import emit
    from finops.config import load_config
    from finops.errors import UsageError
    from finops.plugins import CONNECTORS, names
    from finops.report.model import Report, ReportColumn

    said = load_config().sources
    rows: list[Row] = []
    for name in names(CONNECTORS):
        using = [source for source, values in said.items() if values.get("connector") == name]
        try:
            found = connector_called(name)
            about, tables = found.about, ", ".join(found.tables)
        except UsageError as error:
            about, tables = error.message, ""
        rows.append(
            {"connector": name, "tables": tables, "about": about, "sources": ", ".join(using)}
        )
    columns = (
        ReportColumn("connector", "Connector"),
        ReportColumn("tables", "Tables"),
        ReportColumn("about", "Reads"),
        ReportColumn("sources", "Sources"),
    )
    emit(Report("finops.connectors/1", "Connectors", columns, tuple(rows)), format, output)


def check(
    sources: SourcesArgument = None,
    *,
    format: FormatOption = ReportFormat.TABLE,  # noqa: A002  (the option is called --format)
    output: OutputOption = None,
) -> None:
    """Check that each source can be reached, lets us in, and holds what it should."""
    from connectors.configured import configured
    from finops.cli.output import emit
    from finops.config import load_config
    from finops.errors import ExitCode
    from finops.report.model import Report, ReportColumn

    rows = [
        row
        for source in configured(load_config().sources, sources or ())
        for row in _checked(source)
    ]
    columns = (
        ReportColumn("source", "Source"),
        ReportColumn("check", "Check"),
        ReportColumn("ok", "OK"),
        ReportColumn("detail", "Found"),
    )
    emit(Report("finops.connectors.check/1", "Sources", columns, tuple(rows)), format, output)
    if not all(row["ok"] for row in rows):
        raise typer.Exit(ExitCode.SOURCE)


def _checked(source: Source) -> Iterator[Row]:
    from connectors.checks import check_source

    for finding in check_source(source):
        yield {
            "source": source.name,
            "check": finding.what,
            "ok": finding.ok,
            "detail": finding.detail,
        }


def describe(
    connector: NameArgument,
    *,
    format: FormatOption = ReportFormat.TABLE,  # noqa: A002  (the option is called --format)
    output: OutputOption = None,
) -> None:
    """Describe a connector: its settings and the least permission it needs."""
    from connectors.configured import connector_called
    from connectors.describing import settings_rows
    from finops.cli.output import emit
    from finops.report.model import Report, ReportColumn

    found = connector_called(connector)
    columns = (
        ReportColumn("setting", "Setting"),
        ReportColumn("type", "Type"),
        ReportColumn("default", "Default"),
        ReportColumn("about", "Meaning"),
    )
    rows: tuple[Row, ...] = tuple(each._asdict() for each in settings_rows(found))
    emit(
        Report(
            "finops.connectors.describe/1",
            f"{found.name}: {found.about}",
            columns,
            rows,
            notes=(f"feeds {', '.join(found.tables)}", f"least permission: {found.policy}"),
            extras={"policy": found.policy, "schema": found.settings.model_json_schema()},
        ),
        format,
        output,
    )
