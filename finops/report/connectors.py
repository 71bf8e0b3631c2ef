"""Connectors and sources as reports: what there is, what a check found, what one must be told."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from connectors.describing import settings_rows
from finops.report.model import Report, ReportColumn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from connectors.contract import Connector, Finding
    from finops.report.model import Row

__all__ = ["Known", "connectors_report", "describe_report", "findings_report"]


class Known(NamedTuple):
    """A connector that is installed: the tables it feeds, what it reads, the sources that use it."""

    name: str
    tables: tuple[str, ...]
    about: str
    sources: tuple[str, ...]


def connectors_report(found: Sequence[Known]) -> Report:
    """A row for each connector."""
    columns = (
        ReportColumn("connector", "Connector"),
        ReportColumn("tables", "Tables"),
        ReportColumn("about", "Reads"),
        ReportColumn("sources", "Sources"),
    )
    rows: list[Row] = [
        {
            "connector": each.name,
            "tables": ", ".join(each.tables),
            "about": each.about,
            "sources": ", ".join(each.sources),
        }
        for each in found
    ]
    return Report("finops.connectors/1", "Connectors", columns, tuple(rows))


def findings_report(found: Sequence[tuple[str, Finding]]) -> Report:
    """A row for each thing looked at, by source."""
    columns = (
        ReportColumn("source", "Source"),
        ReportColumn("check", "Check"),
        ReportColumn("ok", "OK"),
        ReportColumn("detail", "Found"),
    )
    rows: list[Row] = [
        {"source": source, "check": each.what, "ok": each.ok, "detail": each.detail}
        for source, each in found
    ]
    return Report("finops.connectors.check/1", "Sources", columns, tuple(rows))


def describe_report(found: Connector) -> Report:
    """A row for each setting of a connector, and the least permission it needs."""
    columns = (
        ReportColumn("setting", "Setting"),
        ReportColumn("type", "Type"),
        ReportColumn("default", "Default"),
        ReportColumn("about", "Meaning"),
    )
    rows: tuple[Row, ...] = tuple(each._asdict() for each in settings_rows(found))
    return Report(
        "finops.connectors.describe/1",
        f"{found.name}: {found.about}",
        columns,
        rows,
        notes=(f"feeds {', '.join(found.tables)}", f"least permission: {found.policy}"),
        extras={"policy": found.policy, "settings_schema": found.settings.model_json_schema()},
    )
