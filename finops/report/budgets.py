"""Budgets and forecasts as reports."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from finops.analysis.budgets.standing import Stands
from finops.report.model import Report, ReportColumn, Style

if TYPE_CHECKING:
    from collections.abc import Iterable

    from finops.analysis.budgets.forecast import Expected, Forecast, Monthly
    from finops.analysis.budgets.standing import Standing
    from finops.model.period import Period
    from finops.report.model import Cell, Row

__all__ = ["budgets_report", "forecast_report"]

_BUDGETS = (
    ReportColumn("budget", "Budget"),
    ReportColumn("owner", "Owner", optional=True),
    ReportColumn("stretch", "For"),
    ReportColumn("amount", "Budget", Style.MONEY),
    ReportColumn("actual", "Spent", Style.MONEY),
    ReportColumn("share", "Share", Style.RATIO),
    ReportColumn("elapsed", "Of the time", Style.RATIO),
    ReportColumn("forecast", "Forecast", Style.MONEY),
    ReportColumn("low", "From", Style.MONEY, optional=True),
    ReportColumn("high", "To", Style.MONEY, optional=True),
    ReportColumn("stands", "Stands"),
    ReportColumn("as_of", "Known until", Style.TIME, shown=False),
    ReportColumn("of", "Of", shown=False),
    ReportColumn("where", "Where", shown=False),
    ReportColumn("why", "Why", shown=False),
    ReportColumn("currency", "Currency"),
)

_RANGE = (
    "A range is meant to hold four times in five: the regression's, or that of its own past forecasts where "
    "they were off by more."
)


def budgets_report(
    found: Iterable[Standing], month: Period, *, notes: tuple[str, ...] = (), is_known: bool = True
) -> Report:
    """Every budget in the stretch `month` lies in, the worst first; nothing spent is n/a in a month not known."""
    standing = tuple(found)
    told = list(notes)
    if not standing:
        told.append(
            "No budget of finops.toml holds in this month: [[budgets]] name, amount, per, where."
        )
    told += [
        f"{each.budget.name}: no forecast, because {each.expected.why}."
        for each in standing
        if each.expected.why is not None
    ]
    if any(_is_foreseen(each.expected) for each in standing):
        told.append(_RANGE)
    currencies = {each.currency for each in standing}
    return Report(
        schema="finops.budget/1",
        title="Budgets",
        columns=_BUDGETS,
        rows=tuple(_budget_row(each, is_known=is_known) for each in standing),
        period=month,
        currency=next(iter(currencies)) if len(currencies) == 1 else None,
        notes=tuple(told),
        extras={"stands": {str(one): _count(standing, one) for one in Stands}},
    )


def _count(standing: Iterable[Standing], stands: Stands) -> int:
    return sum(each.stands is stands for each in standing)


def _is_foreseen(expected: Expected) -> bool:
    return expected.forecast is not None and expected.record > 0


def _budget_row(each: Standing, *, is_known: bool) -> Row:
    is_said = is_known or bool(each.expected.actual)
    return {
        "budget": each.budget.name,
        "owner": each.budget.owner,
        "stretch": each.stretch.label,
        "amount": each.budget.amount,
        "actual": each.expected.actual if is_said else None,
        "share": each.share if is_said else None,
        "elapsed": each.elapsed,
        "forecast": each.expected.forecast,
        "low": each.expected.low,
        "high": each.expected.high,
        "stands": str(each.stands),
        "as_of": each.as_of.isoformat(),
        "of": str(each.of),
        "where": each.budget.where,
        "why": each.expected.why,
        "currency": each.currency,
    }


def forecast_report(found: Forecast, *, notes: tuple[str, ...] = ()) -> Report:
    """Months ahead: everything together, then each group."""
    told = [*notes, *found.notes]
    told += [f"No forecast where {why}." for why in dict.fromkeys(_reasons(found))]
    if any(_is_foreseen(each.expected) for each in found.months):
        told.append(_RANGE)
        told.append("Credits, corrections and charges of closed months are not foreseen.")
    if found.by:
        told.append("Each group and the whole are foreseen by themselves: they need not add up.")
    split = f" by {', '.join(found.by)}" if found.by else ""
    return Report(
        schema="finops.forecast/1",
        title=f"Forecast{split}, costs known until {found.as_of - timedelta(days=1)}",
        columns=(
            *(ReportColumn(name, name) for name in found.by),
            ReportColumn("month", "Month"),
            ReportColumn("actual", "Spent", Style.MONEY),
            ReportColumn("forecast", "Forecast", Style.MONEY),
            ReportColumn("low", "From", Style.MONEY),
            ReportColumn("high", "To", Style.MONEY),
            ReportColumn("record", "Past forecasts", Style.COUNT, shown=False),
            ReportColumn("why", "Why", shown=False),
        ),
        rows=tuple(_month_row(found, each) for each in found.months),
        currency=found.currency,
        notes=tuple(told),
        extras={"as_of": found.as_of, "of": str(found.of), "confidence": 0.8},
    )


def _reasons(found: Forecast) -> Iterable[str]:
    return (each.expected.why for each in found.months if each.expected.why is not None)


def _month_row(found: Forecast, each: Monthly) -> Row:
    if each.group is None:
        named: dict[str, Cell] = dict.fromkeys(found.by, "(all)")
    else:
        named = {name: _text(value) for name, value in zip(found.by, each.group, strict=True)}
    return {
        **named,
        "month": each.month.label,
        "actual": each.expected.actual,
        "forecast": each.expected.forecast,
        "low": each.expected.low,
        "high": each.expected.high,
        "record": each.expected.record,
        "why": each.expected.why,
    }


def _text(value: object) -> str | None:
    return None if value is None else str(value)
