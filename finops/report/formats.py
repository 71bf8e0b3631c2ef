"""The formats a report can be rendered in, and the one function that does it.

Each format is a module of its own, imported when asked for: the table's width arithmetic needs rich,
which a script asking for JSON never pays for.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from finops.report.model import Report

__all__ = ["ReportFormat", "render"]


class ReportFormat(StrEnum):
    """How a report is written: `table` and `md` for people, `json` and `csv` for programs."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    MD = "md"


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
    if chosen is ReportFormat.JSON:
        from finops.report.json_format import render_json

        return render_json(report)
    if chosen is ReportFormat.CSV:
        from finops.report.csv_format import render_csv

        return render_csv(report)
    if chosen is ReportFormat.MD:
        from finops.report.markdown import render_markdown

        return render_markdown(report)
    from finops.report.table import render_table

    return render_table(report, width=width, color=color)
