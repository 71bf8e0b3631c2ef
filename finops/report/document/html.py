"""A document as one HTML page that stands alone: contents, sections, charts, folded detail, print.

Nothing runs and nothing is loaded, as in every page of ours: what folds is a `details` element, which
opens by key and mouse alike, and on paper everything is open.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from finops.report.charts import CHART_STYLE
from finops.report.charts.parts import said
from finops.report.document.digest import content_digest
from finops.report.document.pictures import drawn
from finops.report.document.words import change_text, numbered, value_text, why_missing
from finops.report.html import page, table_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from finops.report.document.model import Against, Document, Figure, Section, Sentence, Table

__all__ = ["render_html"]

_SHORT = 16
"""Rows of a table that is kept on one page of paper."""

STYLE = """
html { scroll-behavior: smooth; }
.skip { position: absolute; left: -99rem; } .skip:focus { position: static; }
a { color: inherit; } a:focus-visible, summary:focus-visible { outline: 2px solid var(--ink); outline-offset: 2px; }
nav ol { columns: 3 12rem; padding-left: 1.5rem; margin: 0 0 1rem; list-style: none; padding: 0; }
section { border-top: 1px solid var(--line); margin-top: 2rem; }
h2 { font-size: 1.25rem; } h3 { font-size: 1rem; margin: 1.4rem 0 .3rem; }
.said { padding-left: 1.2rem; max-width: 48rem; }
.figures { display: grid; grid-template-columns: repeat(auto-fill, minmax(13rem, 1fr)); gap: .8rem; margin: 1rem 0; }
.figures div { border: 1px solid var(--line); border-radius: .3rem; padding: .6rem .8rem; break-inside: avoid; }
.figures dt { font-size: .85rem; } .figures dd { margin: 0; font-variant-numeric: tabular-nums; }
.figures .value { font-size: 1.35rem; font-weight: 600; } .figures .unit { font-size: .8rem; font-weight: normal; }
.figures .against { font-size: .8rem; } .against strong { white-space: nowrap; } .figures .why { font-size: .8rem; font-style: italic; }
figure { margin: 1rem 0; break-inside: avoid; } figcaption { font-weight: 600; margin-bottom: .3rem; }
.block { display: flex; flex-wrap: wrap; column-gap: 2.5rem; align-items: flex-start; }
.block > figure { flex: 1 1 34rem; max-width: 60rem; min-width: 0; } .block > .data, .block > details { flex: 0 1 auto; max-width: 100%; min-width: 0; }
.drawing { overflow-x: auto; } .drawing:focus { outline: 2px solid var(--ink); outline-offset: 2px; }
.drawing .chart { min-width: 34rem; }
.from, .notes { font-size: .85rem; } .from code { overflow-wrap: anywhere; } .notes { padding-left: 1.2rem; max-width: 60rem; }
summary { cursor: pointer; font-weight: 600; margin: 1.2rem 0 .3rem; }
table { font-size: .9rem; } th, td { overflow-wrap: break-word; } tbody th { min-width: 4.6rem; } .facts td { overflow-wrap: anywhere; } table caption { font-size: .85rem; }
@media print {
  @page { size: A4; margin: 14mm 13mm 16mm; @bottom-right { content: counter(page) " / " counter(pages); font: 7pt system-ui, sans-serif; } }
  html { scroll-behavior: auto; } nav, .skip { display: none; } body { line-height: 1.35; }
  section { border-top: 0; margin-top: 7mm; } section:first-of-type { break-after: page; margin-top: 0; }
  h2, h3, summary, figcaption, caption { break-after: avoid; } p, li { orphans: 3; widows: 3; }
  details::details-content { content-visibility: visible; display: block; } summary { list-style: none; }
  .drawing { overflow: visible; } .drawing .chart { min-width: 0; }
  h1 { font-size: 15pt; margin: 0 0 2mm; } h2 { font-size: 12.5pt; margin: 0 0 2mm; border-bottom: .8pt solid var(--line); padding-bottom: .8mm; }
  h3, summary, figcaption { font-size: 9.5pt; margin: 2.5mm 0 1mm; }
  .said { margin: 1mm 0 2mm; } .from, .notes { font-size: 7pt; margin: 1mm 0; } figure { margin: 0 0 2mm; } .from { color: #444444; }
  .block { column-gap: 7mm; } .block > figure { flex-basis: 105mm; max-width: none; } .block.short, .block.short .wide { break-inside: avoid; }
  table { font-size: 7.5pt; } tbody th { min-width: 0; } table caption { font-size: 7pt; padding: 0; } th, td { padding: .1rem .35rem; }
  tbody th, tbody td { border-bottom: .25pt solid #cccccc; }
  .figures { margin: 2mm 0; } .figures dt, .figures .against, .figures .why { font-size: 7.5pt; }
  .figures .unit { font-size: 7.5pt; } .figures { grid-template-columns: repeat(4, 1fr); gap: 2mm; }
  .figures div { padding: 1.5mm 2mm; border-color: #bbbbbb; } .figures .value { font-size: 11pt; }
  a { text-decoration: none; } footer { font-size: 7pt; margin-top: 6mm; }
}
""".strip()


def render_html(document: Document) -> bytes:
    """The page."""
    style = f"{STYLE}\n{CHART_STYLE}"
    source = f"{document.schema} · content sha256:{content_digest(document)}"
    return page(document.headline, _body(document), source=source, style=style)


def _body(document: Document) -> Iterator[str]:
    sections = tuple(numbered(document))
    yield '<nav aria-label="Contents">'
    yield "<ol>"
    for heading, section in sections:
        yield f'<li><a href="#{said(section.name)}">{said(heading)}</a></li>'
    yield '<li><a href="#sources">Sources of this document</a></li>'
    yield "</ol>"
    yield "</nav>"
    for heading, section in sections:
        yield from _section(heading, section)
    yield from _sources(document)


def _section(heading: str, section: Section) -> Iterator[str]:
    name = said(section.name)
    yield f'<section id="{name}" aria-labelledby="{name}-heading">'
    yield f'<h2 id="{name}-heading">{said(heading)}</h2>'
    yield from _sentences(section.sentences)
    yield from _figures(section)
    for table in section.tables:
        yield from _table(section, table)
    yield from _notes((*why_missing(section), *section.notes))
    yield "</section>"


def _sentences(sentences: tuple[Sentence, ...]) -> Iterator[str]:
    if sentences:
        yield '<ul class="said">'
        yield from (f"<li>{said(sentence.text)}</li>" for sentence in sentences)
        yield "</ul>"


def _figures(section: Section) -> Iterator[str]:
    if not section.figures:
        return
    yield '<dl class="figures">'
    for figure in section.figures:
        yield f"<div>{''.join(_figure(figure))}</div>"
    yield "</dl>"


def _figure(figure: Figure) -> Iterator[str]:
    yield f"<dt>{said(figure.title)}</dt>"
    unit = f' <span class="unit">{said(figure.unit)}</span>' if figure.unit else ""
    number = said(value_text(figure.value, figure.style))
    yield f'<dd class="value" data-figure="{said(figure.name)}">{number}{unit}</dd>'
    for each in figure.against:
        yield f'<dd class="against">{_against(figure, each)}</dd>'


def _against(figure: Figure, against: Against) -> str:
    number, change = value_text(against.value, figure.style), change_text(against)
    told = f"{said(against.title)} {said(number)}"
    return f"{told} <strong>{said(change)}</strong>" if change else told


def _table(section: Section, table: Table) -> Iterator[str]:
    """A chart and its table, side by side where both fit; on paper what is short is not cut in two."""
    key = f"{section.name}-{table.name}".replace("_", "-")
    title = said(table.report.title)
    short = " short" if len(table.report.rows) <= _SHORT else ""
    yield f'<div class="block{short}">'
    if table.chart is not None:
        yield "<figure>"
        yield f"<figcaption>{said(table.chart.title)}</figcaption>"
        yield f'<div class="drawing" role="region" aria-label="{said(table.chart.title)}" tabindex="0">'
        yield from drawn(table, table.chart, key)
        yield "</div>"
        yield "</figure>"
    yield f'<details id="{said(key)}">' if table.detail else '<div class="data">'
    yield f"<summary>{title}</summary>" if table.detail else f'<h3 id="{said(key)}">{title}</h3>'
    yield from table_lines(table.report, _caption(table))
    yield from _notes(table.report.notes)
    if table.command:
        yield f'<p class="from">From <code>{said(table.command)}</code></p>'
    yield "</details>" if table.detail else "</div>"
    yield "</div>"


def _caption(table: Table) -> str:
    count = len(table.report.rows)
    rows = f"{count:,} row{'' if count == 1 else 's'}"
    return f"{rows}, {table.report.currency}" if table.report.currency else rows


def _notes(notes: tuple[str, ...]) -> Iterator[str]:
    if notes:
        yield '<ul class="notes">'
        yield from (f"<li>{said(note)}</li>" for note in notes)
        yield "</ul>"


def _sources(document: Document) -> Iterator[str]:
    yield '<section id="sources" aria-labelledby="sources-heading">'
    yield '<h2 id="sources-heading">Sources of this document</h2>'
    if document.facts:
        yield '<table class="facts">'
        for fact in document.facts:
            yield f'<tr><th scope="row">{said(fact.title)}</th><td>{said(fact.value)}</td></tr>'
        yield "</table>"
    if document.omitted:
        yield "<h3>Left out</h3>"
        yield from _notes(tuple(f"{each.title}: {each.why}" for each in document.omitted))
    yield "</section>"
