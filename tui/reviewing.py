"""A month's review as an answer: a row for each section to look at, and the document itself to take along."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from finops.api.answer import Answer
from finops.api.review.ask import Review
from finops.report.document.words import numbered
from finops.report.model import Report, ReportColumn, Style

if TYPE_CHECKING:
    from pathlib import Path

    from finops.report.formats import ReportFormat

__all__ = ["Reviewed", "reviewed"]

_COLUMNS = (
    ReportColumn("section", "Section"),
    ReportColumn("name", "Name", shown=False),
    ReportColumn("tables", "Tables", Style.COUNT),
    ReportColumn("says", "Says first", prose=True),
)


@dataclass(frozen=True, slots=True)
class Reviewed(Answer[Review]):
    """`report` lists the sections; every format is that of the document."""

    def to(self, format: ReportFormat | str) -> bytes:  # noqa: A002  (named as the option)
        """What `finops review` prints with `--format`; ValueError when there is no such format."""
        return self.value.to(str(format))

    def save(self, path: str | Path) -> Path:
        """Write the document in the format `path` ends like; UsageError for another ending."""
        return self.value.save(path)


def reviewed(review: Review) -> Reviewed:
    """`review` with its sections as rows; what is left out, and the facts it was made from, as notes."""
    document = review.document
    rows = tuple(
        {
            "section": heading,
            "name": section.name,
            "tables": sum(not table.detail for table in section.tables),
            "says": section.sentences[0].text if section.sentences else None,
        }
        for heading, section in numbered(document)
    )
    left_out = (f"Left out: {each.title}: {each.why}" for each in document.omitted)
    facts = (f"{fact.title}: {fact.value}" for fact in document.facts)
    report = Report(
        schema=document.schema,
        title=document.title,
        columns=_COLUMNS,
        rows=rows,
        period=document.period,
        currency=document.currency,
        notes=(*review.notes, *left_out, *facts),
    )
    return Reviewed(review, report)
