"""A report as one JSON object, for programs: amounts are numbers with all their digits.

Python's encoder writes a Decimal only by way of float, which keeps 17 digits; this one writes the
decimal's own. NaN and infinities are not JSON: they become null.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from finops.report.numbers import exact

if TYPE_CHECKING:
    from finops.model.period import Period
    from finops.report.model import Report, ReportColumn, Row

__all__ = ["encode", "render_json", "report_fields"]


def render_json(report: Report) -> bytes:
    """The object: schema, title, period, currency, columns, rows, totals, notes, then the extras.

    One row per line, so that two reports compare line by line. ValueError when an extra takes the
    name of one of these.
    """
    body = ",\n".join(f"  {encode(key)}: {text}" for key, text in report_fields(report).items())
    return f"{{\n{body}\n}}\n".encode(errors="backslashreplace")


def report_fields(report: Report) -> dict[str, str]:
    """The members of the object in order, each value as JSON; ValueError as `render_json` says."""
    fields: dict[str, str] = {
        "schema": encode(report.schema),
        "title": encode(report.title),
        "period": encode(_period(report.period)),
        "currency": encode(report.currency),
        "columns": _lines([_column(column) for column in report.columns]),
        "rows": _lines([_row(report.columns, row) for row in report.rows]),
        "totals": encode(None if report.totals is None else _totals(report.columns, report.totals)),
        "notes": _lines(list(report.notes)),
    }
    for key, value in report.extras.items():
        if key in fields:
            raise ValueError(f"an extra cannot be called {key!r}: every report has one")
        fields[key] = _lines(list(value)) if isinstance(value, list | tuple) else encode(value)
    return fields


def encode(value: object) -> str:
    """`value` as JSON on one line; TypeError for what JSON has no word for."""
    if isinstance(value, Decimal):
        return exact(value) if value.is_finite() else "null"
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else "null"
    if value is None or isinstance(value, str | bool | int):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, date | datetime):
        return json.dumps(value.isoformat())
    if isinstance(value, Mapping):
        parts = (f"{encode(str(key))}: {encode(item)}" for key, item in value.items())
        return f"{{{', '.join(parts)}}}"
    if isinstance(value, Sequence):
        return f"[{', '.join(encode(item) for item in value)}]"
    raise TypeError(f"a report cannot hold a {type(value).__name__}")


def _lines(items: list[object]) -> str:
    if not items:
        return "[]"
    return "[\n" + ",\n".join(f"    {encode(item)}" for item in items) + "\n  ]"


def _period(period: Period | None) -> object:
    if period is None:
        return None
    return {"start": period.start, "end": period.end, "label": period.label}


def _column(column: ReportColumn) -> object:
    return {"name": column.name, "title": column.title, "style": str(column.style)}


def _row(columns: tuple[ReportColumn, ...], row: Row) -> object:
    return {column.name: row[column.name] for column in columns}


def _totals(columns: tuple[ReportColumn, ...], totals: Row) -> object:
    return {column.name: totals.get(column.name) for column in columns}
