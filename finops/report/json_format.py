"""A report as one JSON object, for programs: amounts are numbers with all their digits.

Python's encoder writes a Decimal only by way of float, which keeps 17 digits; this one writes the
decimal's own. NaN and infinities are not JSON: they become null.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import lru_cache
from json.encoder import encode_basestring
from typing import TYPE_CHECKING, Any

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
        "rows": _rows(report.columns, report.rows),
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
    return (_WRITERS.get(type(value)) or _writer(value))(value)


def _writer(value: object) -> Callable[[Any], str]:
    """The writer of a kind of value that is one of those known, under another type."""
    for kind, write in _WRITERS.items():
        if isinstance(value, kind):
            return write
    raise TypeError(f"a report cannot hold a {type(value).__name__}")


def _mapping(value: Mapping[object, object]) -> str:
    parts = [_member(key) + encode(item) for key, item in value.items()]
    return f"{{{', '.join(parts)}}}"


@lru_cache(maxsize=1024, typed=True)
def _member(name: object) -> str:
    """What stands before the value of a member: the same names come again with every row."""
    return f"{encode_basestring(str(name))}: "


def _decimal(value: Decimal) -> str:
    if not value:
        return "0"
    return exact(value) if value.is_finite() else "null"


_WRITERS: dict[type, Callable[[Any], str]] = {
    type(None): lambda _: "null",
    str: encode_basestring,
    bool: lambda value: "true" if value else "false",
    int: int.__repr__,
    Decimal: _decimal,
    float: lambda value: repr(value) if math.isfinite(value) else "null",
    date: lambda value: encode_basestring(value.isoformat()),
    Mapping: _mapping,
    Sequence: lambda value: f"[{', '.join(encode(item) for item in value)}]",
}
"""How each kind of value is written, special kinds before the ones they are of."""


def _lines(items: list[object]) -> str:
    return _listed([encode(item) for item in items])


def _listed(texts: list[str]) -> str:
    return "[\n" + ",\n".join(f"    {text}" for text in texts) + "\n  ]" if texts else "[]"


def _rows(columns: tuple[ReportColumn, ...], rows: Sequence[Row]) -> str:
    """An object a line; the names, the same on every line, are written once."""
    names = [column.name for column in columns]
    members, writers = [_member(name) for name in names], _WRITERS.get
    texts = []
    for row in rows:
        cells = map(row.__getitem__, names)
        parts = [
            member + (writers(type(cell)) or _writer(cell))(cell)
            for member, cell in zip(members, cells, strict=True)
        ]
        texts.append(f"{{{', '.join(parts)}}}")
    return _listed(texts)


def _period(period: Period | None) -> object:
    if period is None:
        return None
    return {"start": period.start, "end": period.end, "label": period.label}


def _column(column: ReportColumn) -> object:
    return {"name": column.name, "title": column.title, "style": str(column.style)}


def _totals(columns: tuple[ReportColumn, ...], totals: Row) -> object:
    return {column.name: totals.get(column.name) for column in columns}
