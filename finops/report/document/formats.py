"""The formats a document can be written in, and the one function that does it.

Each is a module of its own, imported when asked for.
"""

from __future__ import annotations

from enum import StrEnum
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from finops.report.document.model import Document

__all__ = ["SUFFIXES", "DocumentFormat", "render_document"]


class DocumentFormat(StrEnum):
    """How a document is written: `text`, `md`, `html`, `pdf` and `xlsx` for people, `json` and `zip` for programs."""

    TEXT = "text"
    MD = "md"
    HTML = "html"
    PDF = "pdf"
    XLSX = "xlsx"
    JSON = "json"
    ZIP = "zip"
    """A CSV file for each table, and what they are."""


SUFFIXES = {f".{each}": each for each in DocumentFormat if each is not DocumentFormat.TEXT} | {
    ".txt": DocumentFormat.TEXT
}
"""Which format a file's name asks for."""

_RENDERERS = {
    DocumentFormat.MD: ("finops.report.document.markdown", "render_markdown"),
    DocumentFormat.HTML: ("finops.report.document.html", "render_html"),
    DocumentFormat.PDF: ("finops.report.document.pdf", "render_pdf"),
    DocumentFormat.XLSX: ("finops.report.document.xlsx", "render_xlsx"),
    DocumentFormat.JSON: ("finops.report.document.json_format", "render_json"),
    DocumentFormat.ZIP: ("finops.report.document.bundle", "render_bundle"),
}


def render_document(
    document: Document,
    format: DocumentFormat | str,  # noqa: A002  (named as the option it comes from)
    *,
    width: int | None = None,
    color: bool = False,
) -> bytes:
    """`document` in `format`; `width` (columns) and `color` are the text's.

    The same document gives the same bytes. ValueError when there is no such format; UsageError where
    it needs a program that is not installed.
    """
    chosen = DocumentFormat(format)
    if chosen is DocumentFormat.TEXT:
        from finops.report.document.text import render_text

        return render_text(document, width=width, color=color)
    module, function = _RENDERERS[chosen]
    rendered: bytes = getattr(import_module(module), function)(document)
    return rendered
