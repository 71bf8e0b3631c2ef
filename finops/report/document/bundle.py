"""A document as a ZIP of CSV files: one for each table, one of all figures, one that says what they are.

Members are in order, dated 1980-01-01 and compressed alike, so that the same document is the same bytes.
"""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

from finops.report.csv_format import render_csv
from finops.report.document.json_format import render_json
from finops.report.document.words import numbered
from finops.report.model import Report, ReportColumn, Style

if TYPE_CHECKING:
    from collections.abc import Iterator

    from finops.report.document.model import Document, Section
    from finops.report.model import Row

__all__ = ["render_bundle"]

_DATED = (1980, 1, 1, 0, 0, 0)
"""The earliest a ZIP can say."""


def render_bundle(document: Document) -> bytes:
    """The archive: `contents.csv`, `figures.csv`, `sentences.csv`, `<section>/<table>.csv`, `document.json`."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, content in _members(document):
            entry = zipfile.ZipInfo(name, _DATED)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            entry.create_system = 3
            archive.writestr(entry, content, compresslevel=9)
    return buffer.getvalue()


def _members(document: Document) -> Iterator[tuple[str, bytes]]:
    yield (
        "contents.csv",
        _csv(("file", "title", "rows", "currency", "command"), _contents(document)),
    )
    yield (
        "figures.csv",
        _csv(
            ("section", "figure", "title", "unit", "value", "against", "against_value", "change", "why"),
            (row for section in document.sections for row in _figures(section)),
        ),
    )  # fmt: skip
    yield (
        "sentences.csv",
        _csv(
            ("section", "sentence"),
            (
                {"section": section.name, "sentence": sentence.text}
                for section in document.sections
                for sentence in section.sentences
            ),
        ),
    )
    for section in document.sections:
        for table in section.tables:
            yield f"{section.name}/{table.name}.csv", render_csv(table.report)
    yield "document.json", render_json(document)


def _contents(document: Document) -> Iterator[Row]:
    for heading, section in numbered(document):
        for table in section.tables:
            yield {
                "file": f"{section.name}/{table.name}.csv",
                "title": f"{heading}: {table.report.title}",
                "rows": len(table.report.rows),
                "currency": table.report.currency,
                "command": table.command or None,
            }


def _figures(section: Section) -> Iterator[Row]:
    for figure in section.figures:
        base: Row = {
            "section": section.name,
            "figure": figure.name,
            "title": figure.title,
            "unit": figure.unit,
            "value": figure.value,
            "why": figure.why or None,
        }
        if not figure.against:
            yield {**base, "against": None, "against_value": None, "change": None}
        for each in figure.against:
            yield {
                **base,
                "against": each.name,
                "against_value": each.value,
                "change": each.change,
            }


def _csv(names: tuple[str, ...], rows: Iterator[Row]) -> bytes:
    columns = tuple(ReportColumn(name, name, Style.TEXT) for name in names)
    return render_csv(Report("", "", columns, tuple(rows)))
