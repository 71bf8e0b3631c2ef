"""Compute options on one page: the five dimensions as rows, an option a column."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from finops.report.model import Report, ReportColumn, Style
from finops.report.numbers import shown
from scorecard.sheet import Kind, not_known

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from finops.model.period import Period
    from finops.report.model import Cell, Row
    from scorecard.sheet import Figure, Sheet

__all__ = ["sheet_report"]

_STYLES = {
    Kind.MILLISECONDS: Style.MILLISECONDS,
    Kind.NUMBER: Style.NUMBER,
    Kind.SHARE: Style.RATIO,
    Kind.MONEY: Style.UNIT_MONEY,
}


def sheet_report(
    sheets: Sequence[Sheet], *, period: Period | None, notes: Sequence[str] = ()
) -> Report:
    """The decision sheet: a row per figure, under its dimension; what is not known is said once below."""
    currencies = {sheet.currency for sheet in sheets if sheet.currency is not None}
    return Report(
        schema="finops.vendor.sheet/1",
        title="Decision sheet",
        columns=(
            ReportColumn("dimension", "Dimension"),
            ReportColumn("figure", "Figure"),
            *(ReportColumn(sheet.option, sheet.option) for sheet in sheets),
        ),
        rows=tuple(_rows(sheets)),
        period=period,
        currency=currencies.pop() if len(currencies) == 1 else None,
        notes=(*_missing(sheets), *notes),
        extras={
            "options": [
                {
                    "option": sheet.option,
                    "currency": sheet.currency,
                    "figures": [
                        {
                            **figure._asdict(),
                            "dimension": str(figure.dimension),
                            "kind": str(figure.kind),
                        }
                        for figure in sheet.figures
                    ],
                }
                for sheet in sheets
            ]
        },
    )


def _rows(sheets: Sequence[Sheet]) -> Iterator[Row]:
    named: dict[str, Figure] = {}
    for sheet in sheets:
        for figure in sheet.figures:
            named.setdefault(figure.name, figure)
    order = [figure.dimension for figure in named.values()]
    many = len({sheet.currency for sheet in sheets if sheet.currency}) > 1
    for figure in sorted(named.values(), key=lambda one: order.index(one.dimension)):
        cells: dict[str, Cell] = {}
        for sheet in sheets:
            found = next((one for one in sheet.figures if one.name == figure.name), None)
            cells[sheet.option] = "n/a" if found is None else _text(found)
            if many and figure.kind is Kind.MONEY and cells[sheet.option] != "n/a":
                cells[sheet.option] = f"{sheet.currency} {cells[sheet.option]}"
        unit = " ms" if figure.kind is Kind.MILLISECONDS else ""
        yield {"dimension": str(figure.dimension), "figure": f"{figure.title}{unit}", **cells}


def _text(figure: Figure) -> str:
    value = figure.value
    if value is None:
        return "n/a"
    return shown(value, _STYLES[figure.kind]) if isinstance(value, Decimal) else value


def _missing(sheets: Sequence[Sheet]) -> Iterator[str]:
    """One sentence for each reason, with the figures it holds for, and whose where not everybody's."""
    for why, titles in not_known(sheets).items():
        told = []
        for title, options in titles.items():
            whose = "" if len(options) == len(sheets) else f" ({', '.join(options)})"
            told.append(f"{title}{whose}")
        yield f"n/a: {'; '.join(told)}. {why[:1].upper()}{why[1:]}."
