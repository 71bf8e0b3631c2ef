"""What every way of writing a document says alike: figures and what they are held against, headings."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from finops.report.cells import visible
from finops.report.model import Style
from finops.report.numbers import shown, size

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from finops.report.document.model import Against, Amount, Document, Figure, Section

__all__ = ["change_text", "compared", "figure_text", "numbered", "value_text", "why_missing"]


def numbered(document: Document) -> Iterator[tuple[str, Section]]:
    """Every section with its heading, `3. Allocation`."""
    for place, section in enumerate(document.sections, start=1):
        yield f"{place}. {visible(section.title)}", section


def value_text(value: Amount | None, style: Style) -> str:
    """A figure's number, or `n/a`."""
    return "n/a" if value is None else shown(value, style)


def figure_text(figure: Figure) -> str:
    """A figure's number with its unit."""
    text = value_text(figure.value, figure.style)
    return f"{text} {visible(figure.unit)}" if figure.unit and figure.value is not None else text


def change_text(against: Against) -> str:
    """`▲ +12.4%`: direction by sign, arrow and number; empty where there is nothing to divide by."""
    if against.change is None:
        return ""
    text = shown(size(against.change), Style.RATIO)
    if against.change == 0:
        return f"± {text}"
    return f"▲ +{text}" if against.change > 0 else f"▼ -{text}"


class Compared(NamedTuple):
    """A thing figures of a section are held against."""

    name: str
    title: str


def compared(figures: Sequence[Figure]) -> tuple[Compared, ...]:
    """Everything some figure is held against, in order of appearance."""
    found = {each.name: each.title for figure in figures for each in figure.against}
    return tuple(Compared(name, title) for name, title in found.items())


def why_missing(section: Section) -> tuple[str, ...]:
    """A line for each figure that is `n/a`, with what would supply it."""
    return tuple(
        f"{visible(figure.title)}: n/a, {visible(figure.why)}"
        for figure in section.figures
        if figure.value is None and figure.why
    )
