"""A document for the terminal: what its page says, without the pictures and the folded detail."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from finops.report.document.words import change_text, figure_text, numbered, value_text, why_missing
from finops.report.table import render_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from finops.report.document.model import Document, Figure, Section

__all__ = ["render_text", "section_text"]

_WIDEST = 100
"""Columns prose is wrapped at where the terminal is wider."""


def render_text(document: Document, *, width: int | None = None, color: bool = False) -> bytes:
    """The text, UTF-8; prose and tables keep to `width` columns."""
    prose = min(width or _WIDEST, _WIDEST)
    lines = [document.headline, "═" * min(len(document.headline), prose)]
    for heading, section in numbered(document):
        lines += ["", heading, "─" * len(heading)]
        told = section_text(section, width=width, color=color)
        lines += told.split("\n") if told else []
    lines.append("")
    for fact in document.facts:
        lines += _wrapped(f"{fact.title}: {fact.value}", prose)
    for each in document.omitted:
        lines += _wrapped(f"Left out: {each.title}: {each.why}", prose)
    return ("\n".join(lines) + "\n").encode(errors="replace")


def section_text(section: Section, *, width: int | None = None, color: bool = False) -> str:
    """What the document says under a section's heading, without its folded detail."""
    lines = list(_section(section, min(width or _WIDEST, _WIDEST)))
    for table in section.tables:
        if not table.detail:
            drawn = render_table(table.report, width=width, color=color)
            lines += ["", drawn.decode().rstrip("\n")]
    return "\n".join(lines)


def _section(section: Section, width: int) -> Iterator[str]:
    for sentence in section.sentences:
        yield from _wrapped(sentence.text, width)
    if section.figures:
        yield ""
        widest = max(len(figure.title) for figure in section.figures)
        for figure in section.figures:
            yield f"{figure.title.ljust(widest)}  {_figure(figure)}"
    for note in (*why_missing(section), *section.notes):
        yield from _wrapped(f"Note: {note}", width)


def _figure(figure: Figure) -> str:
    told = [figure_text(figure)]
    told += [
        f"{each.title} {value_text(each.value, figure.style)} {change_text(each)}".rstrip()
        for each in figure.against
    ]
    return "; ".join(told)


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(
        text, width, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
    ) or [""]
