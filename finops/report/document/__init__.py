"""A document: sections of sentences, figures, tables and charts, and the formats it is written in.

Where a `Report` answers one question, a `Document` answers several beside each other. It holds every
number once: charts are drawn from its tables, and a sentence says no number that stands nowhere else.
"""

from __future__ import annotations

from finops.report.document.formats import DocumentFormat, render_document
from finops.report.document.model import (
    Against,
    Chart,
    ChartKind,
    Document,
    Fact,
    Figure,
    Name,
    Number,
    Omitted,
    Section,
    Sentence,
    Table,
    say,
)

__all__ = [
    "Against",
    "Chart",
    "ChartKind",
    "Document",
    "DocumentFormat",
    "Fact",
    "Figure",
    "Name",
    "Number",
    "Omitted",
    "Section",
    "Sentence",
    "Table",
    "render_document",
    "say",
]
