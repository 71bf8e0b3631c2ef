"""An explanation as a report: the arithmetic line by line, and the formula it follows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from finops.report.model import Report, ReportColumn, Style

if TYPE_CHECKING:
    from collections.abc import Sequence

    from finops.analysis.explanation import Explanation

__all__ = ["explain_report"]


def explain_report(found: Explanation, *, notes: Sequence[str] = ()) -> Report:
    """The report of `found`; its value stands in JSON as `value`, its formula as `formula`."""
    return Report(
        schema="finops.explain/1",
        title=f"{found.number}: {found.formula}",
        columns=(
            ReportColumn("step", "Step"),
            _used(found, ReportColumn("quantity", "Quantity", Style.FIGURE)),
            _used(found, ReportColumn("unit", "Unit")),
            _used(found, ReportColumn("rate", "Rate", Style.FIGURE)),
            _used(found, ReportColumn("amount", "Amount", Style.FIGURE)),
            ReportColumn("source", "Source", prose=True),
        ),
        rows=tuple(line._asdict() for line in found.lines),
        period=found.period,
        currency=found.currency,
        notes=tuple(notes),
        extras={"number": found.number, "formula": found.formula, "value": found.value},
    )


def _used(found: Explanation, column: ReportColumn) -> ReportColumn:
    """`column`, shown where any line has something in it."""
    known = any(getattr(line, column.name) is not None for line in found.lines)
    return replace(column, shown=known)
