"""A report as a GitHub-flavoured Markdown table, for a wiki, an issue or a chat."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from finops.report.cells import cell_text, headline, is_number, title_text, total_texts

if TYPE_CHECKING:
    from collections.abc import Iterable

    from finops.report.model import Report, ReportColumn

__all__ = ["escaped", "render_markdown"]

_SPECIAL = re.compile(r"[\\|`*<>\[\]~]|(?<![^\W_])_|_(?![^\W_])")
"""What Markdown would read as markup; an underscore inside a word is only an underscore."""


def render_markdown(report: Report, *, heading: bool = True) -> bytes:
    """Heading, table (totals in bold as its last row) and notes as a list."""
    columns = tuple(column for column in report.columns if column.shown)
    lines = [f"**{escaped(headline(report))}**", ""] if heading else []
    lines.append(_line(escaped(title_text(column)) for column in columns))
    lines.append(_line("---:" if is_number(column) else "---" for column in columns))
    lines.extend(_body(report, columns))
    if report.notes:
        lines.append("")
        lines.extend(f"- {escaped(' '.join(note.split()))}" for note in report.notes)
    return ("\n".join(lines) + "\n").encode(errors="replace")


def _body(report: Report, columns: tuple[ReportColumn, ...]) -> Iterable[str]:
    for row in report.rows:
        yield _line(escaped(cell_text(row[column.name], column.style)) for column in columns)
    if report.totals is not None:
        texts = total_texts(columns, report.totals)
        yield _line(f"**{escaped(text)}**" if text else "" for text in texts)


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def escaped(text: str) -> str:
    """`text` with what Markdown would read as markup escaped."""
    return _SPECIAL.sub(lambda match: f"\\{match[0]}", text)
