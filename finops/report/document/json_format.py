"""A document as one JSON object: everything in it, amounts with all their digits.

Tables are what `finops.report.json_format` makes of a report, so that a program reads both alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from finops.report.document.digest import content_digest
from finops.report.document.model import Number
from finops.report.json_format import encode, report_fields

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from finops.report.document.model import Chart, Document, Figure, Section, Sentence, Table

__all__ = ["content_text", "render_json"]


def render_json(document: Document) -> bytes:
    """The object: schema, title, period, currency, digest, facts, sections, what was left out."""
    facts = {each.name: {"title": each.title, "value": each.value} for each in document.facts}
    head = {
        "schema": encode(document.schema),
        "title": encode(document.title),
        "content_sha256": encode(content_digest(document)),
        "facts": encode(facts),
    }
    lines = [f"  {encode(name)}: {text}" for name, text in head.items()]
    body = ",\n".join((*lines, content_text(document)))
    return f"{{\n{body}\n}}\n".encode(errors="backslashreplace")


def content_text(document: Document) -> str:
    """The members of the object that say what the document says."""
    period = None
    if document.period is not None:
        period = {
            "start": document.period.start,
            "end": document.period.end,
            "label": document.period.label,
        }
    omitted = [{"title": each.title, "why": each.why} for each in document.omitted]
    sections = ",\n".join(_section(each) for each in document.sections)
    members = {
        "period": encode(period),
        "currency": encode(document.currency),
        "omitted": encode(omitted),
        "sections": f"[\n{sections}\n  ]" if sections else "[]",
    }
    return ",\n".join(f"  {encode(name)}: {text}" for name, text in members.items())


def _section(section: Section) -> str:
    members = {
        "name": encode(section.name),
        "title": encode(section.title),
        "sentences": _lines([_sentence(each) for each in section.sentences]),
        "figures": _lines([_figure(each) for each in section.figures]),
        "tables": _joined([_table(each) for each in section.tables]),
        "notes": _lines(list(section.notes)),
    }
    return (
        "    {" + ",\n     ".join(f"{encode(key)}: {text}" for key, text in members.items()) + "}"
    )


def _lines(items: Sequence[object]) -> str:
    return _joined([encode(item) for item in items])


def _joined(texts: Sequence[str]) -> str:
    return "[\n      " + ",\n      ".join(texts) + "\n     ]" if texts else "[]"


def _sentence(sentence: Sentence) -> Mapping[str, object]:
    numbers = [
        {"text": part.text, "value": part.value}
        for part in sentence.parts
        if isinstance(part, Number)
    ]
    return {"text": sentence.text, "numbers": numbers}


def _figure(figure: Figure) -> Mapping[str, object]:
    return {
        "name": figure.name,
        "title": figure.title,
        "value": figure.value,
        "unit": figure.unit,
        "style": str(figure.style),
        "against": {
            each.name: {"title": each.title, "value": each.value, "change": each.change}
            for each in figure.against
        },
        "why": figure.why or None,
    }


def _table(table: Table) -> str:
    members = {
        "name": encode(table.name),
        "command": encode(table.command or None),
        "chart": encode(None if table.chart is None else _chart(table.chart)),
        **report_fields(table.report),
    }
    return "{" + ",\n       ".join(f"{encode(key)}: {text}" for key, text in members.items()) + "}"


def _chart(chart: Chart) -> Mapping[str, object]:
    return {
        "kind": str(chart.kind),
        "title": chart.title,
        "label": chart.label,
        "series": chart.series,
        "low": chart.low,
        "high": chart.high,
        "mark": chart.mark,
    }
