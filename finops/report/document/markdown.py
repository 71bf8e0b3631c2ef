"""A document as GitHub-flavoured Markdown: headings, sentences, figures and tables; no pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finops.report.document.digest import content_digest
from finops.report.document.words import (
    change_text,
    compared,
    figure_text,
    numbered,
    value_text,
    why_missing,
)
from finops.report.markdown import escaped
from finops.report.markdown import render_markdown as report_markdown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from finops.report.document.model import Document, Figure, Section, Table

__all__ = ["render_markdown"]


def render_markdown(document: Document) -> bytes:
    """The text, UTF-8."""
    lines = [f"# {escaped(document.headline)}"]
    for heading, section in numbered(document):
        lines += ["", f"## {escaped(heading)}", *_section(section)]
    lines += ["", "## Sources of this document", ""]
    lines += [f"- {escaped(fact.title)}: `{fact.value}`" for fact in document.facts]
    lines.append(f"- Content: `sha256:{content_digest(document)}`")
    lines += [
        f"- Left out: {escaped(each.title)}: {escaped(each.why)}" for each in document.omitted
    ]
    return ("\n".join(lines) + "\n").encode(errors="replace")


def _section(section: Section) -> Iterator[str]:
    if section.sentences:
        yield ""
        yield from (f"- {escaped(sentence.text)}" for sentence in section.sentences)
    if section.figures:
        yield ""
        yield from _figures(section.figures)
    for table in section.tables:
        yield ""
        yield from _table(table)
    notes = (*why_missing(section), *section.notes)
    if notes:
        yield ""
        yield from (f"- {escaped(note)}" for note in notes)


def _figures(figures: tuple[Figure, ...]) -> Iterator[str]:
    against = compared(figures)
    titles = ["Figure", "Value", *(name for each in against for name in (each.title, "Change"))]
    yield f"| {' | '.join(escaped(title) for title in titles)} |"
    yield f"| --- | {' | '.join('---:' for _ in titles[1:])} |"
    for figure in figures:
        cells = [figure.title, figure_text(figure)]
        for each in against:
            found = next((one for one in figure.against if one.name == each.name), None)
            cells += (
                ["", ""]
                if found is None
                else [value_text(found.value, figure.style), change_text(found)]
            )
        yield f"| {' | '.join(escaped(cell) for cell in cells)} |"


def _table(table: Table) -> Iterator[str]:
    yield f"### {escaped(table.report.title)}"
    yield ""
    yield from report_markdown(table.report, heading=False).decode().rstrip("\n").split("\n")
    if table.command:
        yield ""
        yield f"From `{table.command}`"
