"""The formats a report can be rendered in, and the one function that does it.

Each format is a module of its own, imported when asked for: the table's width arithmetic needs rich,
which a script asking for JSON never pays for.
"""

from __future__ import annotations

from enum import StrEnum
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from finops.report.model import Report

__all__ = ["ReportFormat", "render"]


class ReportFormat(StrEnum):
    """How a report is written: `table`, `md`, `html` and `xlsx` for people, `json` and `csv` for programs."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    MD = "md"
    HTML = "html"
    XLSX = "xlsx"


_RENDERERS = {
    ReportFormat.JSON: ("finops.report.json_format", "render_json"),
    ReportFormat.CSV: ("finops.report.csv_format", "render_csv"),
    ReportFormat.MD: ("finops.report.markdown", "render_markdown"),
    ReportFormat.HTML: ("finops.report.html", "render_html"),
    ReportFormat.XLSX: ("finops.report.xlsx", "render_xlsx"),
}
"""Where each format's function is, of those that need nothing but the report."""


def render(
    report: Report,
    format: ReportFormat | str,  # noqa: A002  (named as the option it comes from)
    *,
    width: int | None = None,
    color: bool = False,
) -> bytes:
    """`report` in `format`, UTF-8; `width` (columns, None for as wide as it gets) and `color` are the table's.

    ValueError when there is no such format.
    """
    chosen = ReportFormat(format)
    if chosen is ReportFormat.TABLE:
        from finops.report.table import render_table

        return render_table(report, width=width, color=color)
    module, function = _RENDERERS[chosen]
    rendered: bytes = getattr(import_module(module), function)(report)
    return rendered
