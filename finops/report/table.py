"""A report as a table for the terminal, at whatever width there is.

Numbers are never shortened: when space runs out, titles and prose wrap first, then optional columns are left
out and named, the last first, then text columns give way (…), and when not even that is enough each row becomes
a block of `name  value` lines. Widths are counted in terminal cells (a CJK character takes two, a combining
accent none), which is what rich is used for.
Colour only repeats what position and words already say.
"""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, NamedTuple

from rich.cells import cell_len as _cell_len
from rich.cells import set_cell_size

from finops.report.cells import (
    cell_text,
    headline,
    is_number,
    title_text,
    total_texts,
    visible,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from finops.report.model import Report

__all__ = ["render_table"]

GAP = 2
"""Cells between two columns."""

NARROWEST_TEXT = 8
"""A text column gives way down to this; narrower says too little to tell two rows apart."""

WHOLE_TEXT = 40
"""A text column gives way down to this before an optional column is left out: names and times fit in it."""

NARROWEST_PROSE = 24
"""Prose wraps and so gives way first, down to this."""

NARROWEST_WORDS = 16
"""Prose wraps down to this where names can stand whole then."""

BESIDE = 30
"""Prose that may stand below its row does so where it has less room than this beside it."""

WIDEST_TEXT = 60
"""A text column's width where the output has none, so that one long name does not pad every row."""

NOTE_WIDTH = 100
"""Notes wrap here where the output has no width."""

ELLIPSIS = "…"
_BELOW = "    "
_BOLD, _RESET = "\x1b[1m", "\x1b[0m"


def cell_len(text: str) -> int:
    """Columns of a terminal that `text` takes: of plain letters, which most of it is, as many as there are."""
    return len(text) if text.isascii() and text.isprintable() else _cell_len(text)


class _Column(NamedTuple):
    """One shown column, all its cells as text."""

    title: str
    number: bool
    texts: tuple[str, ...]
    total: str
    optional: bool
    prose: bool
    below: bool

    @property
    def content(self) -> int:
        return max((cell_len(text) for text in (*self.texts, self.total)), default=0)

    @property
    def longest_word(self) -> int:
        return max((cell_len(word) for word in self.title.split()), default=0)


def render_table(report: Report, *, width: int | None, color: bool) -> bytes:
    """The table with its headline above and its notes below, at most `width` cells wide.

    A number wider than the whole of `width` still is not cut.
    """
    columns, below = _placed(_columns(report), width)
    columns, left_out = _fitting(columns, width)
    heads = [headline(report)] if width is None else _wrap_words(headline(report), width)
    lines = [*(_styled(head, _BOLD, color=color) for head in heads), ""]
    widths = _layout(columns, width)
    if widths is None:
        lines.extend(_blocks(report, columns, width or 0, color=color))
    else:
        lines.extend(_grid(report, columns, widths, below, width or NOTE_WIDTH, color=color))
    notes = (*report.notes, *left_out)
    if notes:
        lines.append("")
        lines.extend(_notes(notes, width or NOTE_WIDTH))
    return ("\n".join(line.rstrip() for line in lines) + "\n").encode(errors="replace")


def _columns(report: Report) -> tuple[_Column, ...]:
    shown = tuple(column for column in report.columns if column.shown)
    totals = ("",) * len(shown) if report.totals is None else total_texts(shown, report.totals)
    is_prose = not any(is_number(column) for column in shown)
    return tuple(
        _Column(
            title=title_text(column),
            number=is_number(column),
            texts=tuple(cell_text(row[column.name], column.style) for row in report.rows),
            total=total,
            optional=column.optional,
            prose=column.prose or (is_prose and place == len(shown) - 1),
            below=column.below,
        )
        for place, (column, total) in enumerate(zip(shown, totals, strict=True))
    )


def _placed(
    columns: tuple[_Column, ...], width: int | None
) -> tuple[tuple[_Column, ...], _Column | None]:
    """The columns that stand beside each other, and the one that stands below its row, if any."""
    below = next((column for column in columns if column.below), None)
    if below is None or width is None:
        return columns, None
    widths = _layout(columns, width, WHOLE_TEXT)
    if widths is not None and widths[columns.index(below)] >= min(below.content, BESIDE):
        return columns, None
    beside = tuple(column for column in columns if column is not below)
    return (columns, None) if _layout(beside, width) is None else (beside, below)


def _fitting(
    columns: tuple[_Column, ...], width: int | None
) -> tuple[tuple[_Column, ...], tuple[str, ...]]:
    """`columns` without as many optional ones as it takes for names to stand whole, and a note of which those are.

    Where even then no text gives way far enough, nothing is left out: a block has room for all.
    """
    kept = list(columns)
    while _layout(kept, width, WHOLE_TEXT) is None:
        giving = [column for column in kept if column.optional]
        if not giving:
            break
        kept.remove(giving[-1])
    if _layout(kept, width) is None:
        return columns, ()
    names = [column.title for column in columns if column not in kept]
    note = f"No room here for: {', '.join(names)}; a wider terminal, --format csv or json has them."
    return tuple(kept), ((note,) if names else ())


def _layout(
    columns: Sequence[_Column], width: int | None, least: int = NARROWEST_TEXT
) -> list[int] | None:
    """The width of each column, or None when a table of `width` would have to cut a number, or a text below `least`."""
    whole = [max(column.content, cell_len(column.title)) for column in columns]
    if width is None:
        return [
            one
            if column.number or column is columns[-1]
            else min(one, max(WIDEST_TEXT, cell_len(column.title)))
            for one, column in zip(whole, columns, strict=True)
        ]
    room = width - GAP * (len(columns) - 1)
    if sum(whole) <= room:
        return whole
    for words, text in ((NARROWEST_WORDS, WHOLE_TEXT), (NARROWEST_PROSE, NARROWEST_TEXT)):
        widths = [max(column.content, column.longest_word) for column in columns]
        _shrink(widths, [column.prose for column in columns], room, words)
        _shrink(widths, [not column.number for column in columns], room, text)
        if sum(widths) <= room:
            return _spend(widths, whole, room)
        if least == WHOLE_TEXT:
            break
    return None


def _shrink(widths: list[int], may: Sequence[bool], room: int, least: int) -> None:
    """Take cells from the widest column that may give, again and again, until all fit or each has `least`."""
    while sum(widths) > room:
        givers = [i for i, gives in enumerate(may) if gives and widths[i] > least]
        if not givers:
            return
        widest = max(givers, key=lambda i: widths[i])
        widths[widest] -= 1


def _spend(widths: Sequence[int], wanted: Sequence[int], room: int) -> list[int]:
    """Give what room is left to the columns that would like more, from the left."""
    left, spent = room - sum(widths), []
    for have, want in zip(widths, wanted, strict=True):
        more = max(0, min(left, want - have))
        spent.append(have + more)
        left -= more
    return spent


def _grid(
    report: Report,
    columns: Sequence[_Column],
    widths: Sequence[int],
    below: _Column | None,
    width: int,
    *,
    color: bool,
) -> Iterator[str]:
    titles = [
        _wrap_words(column.title, cells) for column, cells in zip(columns, widths, strict=True)
    ]
    height = max((len(title) for title in titles), default=0)
    for level in range(height):
        line = [
            title[level - height + len(title)] if level >= height - len(title) else ""
            for title in titles
        ]
        yield _styled(_line(columns, widths, line), _BOLD, color=color)
    rule = (" " * GAP).join("─" * cells for cells in widths)
    yield rule
    for index in range(len(report.rows)):
        yield from _row(columns, widths, [column.texts[index] for column in columns])
        if below is not None:
            yield from _beneath(below.texts[index], width)
    if not report.rows:
        yield "(no rows)"
    if report.totals is not None:
        yield rule
        totals = [column.total for column in columns]
        yield _styled(_line(columns, widths, totals), _BOLD, color=color)


def _beneath(text: str, width: int) -> Iterator[str]:
    """`text` indented on lines of `width` cells; a longer word goes on on the next."""
    room = width - len(_BELOW)
    for line in _wrap_words(text, room):
        rest = line
        while cell_len(rest) > room:
            head = set_cell_size(rest, room).rstrip()
            yield _BELOW + head
            rest = rest[len(head) :]
        yield _BELOW + rest


def _row(columns: Sequence[_Column], widths: Sequence[int], cells: list[str]) -> Iterator[str]:
    """One row. Prose wraps instead of being cut; in a table without numbers the last column is prose."""
    parts = [
        _wrap_words(cell, width) if column.prose and cell_len(cell) > width else [cell]
        for column, width, cell in zip(columns, widths, cells, strict=True)
    ]
    for level in range(max((len(part) for part in parts), default=1)):
        line = [part[level] if level < len(part) else "" for part in parts]
        yield _line(columns, widths, line)


def _line(columns: Sequence[_Column], widths: Sequence[int], cells: Sequence[str]) -> str:
    return (" " * GAP).join(
        _aligned(cell, width, right=column.number)
        for column, width, cell in zip(columns, widths, cells, strict=True)
    )


def _aligned(text: str, width: int, *, right: bool) -> str:
    spare = width - cell_len(text)
    if spare < 0:
        return _cut(text, width)
    return " " * spare + text if right else text + " " * spare


def _cut(text: str, width: int) -> str:
    """`text` in exactly `width` cells, its loss marked."""
    if cell_len(text) <= width:
        return text
    return set_cell_size(set_cell_size(text, width - 1).rstrip() + ELLIPSIS, width)


def _wrap_words(text: str, width: int) -> list[str]:
    """`text` on as few lines of `width` cells as its words need; a longer word stands alone."""
    lines: list[str] = []
    for word in text.split():
        if lines and cell_len(lines[-1]) + 1 + cell_len(word) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def _blocks(
    report: Report, columns: Sequence[_Column], width: int, *, color: bool
) -> Iterator[str]:
    """One record per block: every column on a line of its own, numbers in full."""
    label = _label_width(columns, width)
    for index in range(len(report.rows)):
        if index:
            yield ""
        for column in columns:
            yield _entry(column, column.texts[index], label, width)
    if not report.rows:
        yield "(no rows)"
    if report.totals is not None:
        yield ""
        yield _styled("Total", _BOLD, color=color)
        for column in columns:
            if column.number:
                yield _entry(column, column.total, label, width)


def _label_width(columns: Sequence[_Column], width: int) -> int:
    """Room for titles: all they want, if half the width and the widest number leave it to them."""
    widest = max((column.content for column in columns if column.number), default=0)
    wanted = max((cell_len(column.title) for column in columns), default=0)
    return min(wanted, max(min(width // 2, width - GAP - widest), NARROWEST_TEXT))


def _entry(column: _Column, text: str, label: int, width: int) -> str:
    room = width - label - GAP
    value = text if column.number else _cut(text, max(room, NARROWEST_TEXT))
    return f"{_aligned(column.title, label, right=False)}{' ' * GAP}{value}"


def _notes(notes: Sequence[str], width: int) -> Iterator[str]:
    for note in notes:
        yield from textwrap.wrap(
            f"Note: {visible(note)}",
            max(width, 20),
            subsequent_indent="  ",
            break_long_words=False,
            break_on_hyphens=False,
        )


def _styled(text: str, style: str, *, color: bool) -> str:
    return f"{style}{text.rstrip()}{_RESET}" if color else text
