"""Section 1: what the month cost, against what was expected, with the unit costs beside it. Stands alone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from finops.analysis.capacity.numbers import pool_numbers
from finops.analysis.numbers import REASONS, numbers_of
from finops.api.review.contract import SectionKind
from finops.api.review.parts import Compared, Months, against_last, change_of, compared, moved
from finops.model.money import ZERO, add, subtract
from finops.model.period import Period, parse_month
from finops.report.document import (
    Against,
    Chart,
    ChartKind,
    Figure,
    Name,
    Number,
    Section,
    Sentence,
    Table,
    say,
)
from finops.report.model import Report, ReportColumn, Style
from finops.sections.budgets import Per

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal

    from finops.analysis.economics import UnitEconomics
    from finops.api.review.facts import Facts
    from finops.report.model import Row
    from finops.sections.budgets import Budget

__all__ = ["SECTION"]

_UNITS = (
    ("cost_per_million_tokens", "Per million tokens"),
    ("cost_per_1k_requests", "Per 1,000 requests"),
    ("cost_per_good_response", "Per good response"),
)

_POOLS = 3
"""Pools of accelerators whose price of an hour stands on page one."""

_SERIES = 6
"""Providers a trend tells apart; the rest are one."""

_PARTS = {
    "requests": "On requests",
    "jobs": "On jobs",
    "workloads": "On other workloads",
    "other": "Not AI",
}


_WASTE = ("GPU idle", "Commitment unused")
"""Parts nobody asked for, which page one names."""


def _build(facts: Facts) -> Section:
    months = Months(facts.month, facts.before)
    where = _where_it_went(facts, months)
    trend = _trend(facts)
    return Section(
        name="headline",
        title=SECTION.title,
        sentences=tuple(_sentences(facts, months, where)),
        figures=(*_costs(facts, months), *_units(facts, months), *_hours(facts, months)),
        tables=(
            Table(
                "by_month",
                trend,
                Chart(
                    ChartKind.STACKED,
                    "Effective cost by month and provider",
                    "month",
                    tuple(column.name for column in trend.columns[1:] if column.name != "total"),
                ),
                f"finops costs --by billing_month,provider --from {parse_month(facts.months[0]).start} "
                f"--to {facts.month.end} --basis billing",
            ),
            Table(
                "where_it_went",
                where.report(
                    "Where effective cost went",
                    ("part", "Part"),
                    facts.currency,
                    schema="finops.review.where/1",
                ),
                command=f"finops unit --month {facts.month.label}",
            ),
        ),
    )


SECTION = SectionKind(10, "headline", "Headline", _build)
"""Billed and effective cost, unit costs, the trend, and where every dollar went."""


def _costs(facts: Facts, months: Months) -> Iterator[Figure]:
    now = facts.unit().reconciliation.amounts
    before = None if months.before is None else facts.unit(months.before)
    for name, column, title in (
        ("billed_cost", "BilledCost", "Billed cost"),
        ("effective_cost", "EffectiveCost", "Effective cost"),
    ):
        figure = Figure(name, title, now[column], unit=facts.currency)
        last = None if before is None else before.reconciliation.amounts[column]
        if name == "effective_cost":
            figure = replace(figure, against=tuple(_expected(facts, now[column])))
        yield against_last(figure, last, months)


def _expected(facts: Facts, cost: Decimal) -> Iterator[Against]:
    """The budget of everything, where there is one for each month, and what the month began with as forecast."""
    for each in facts.settings.budgets:
        if each.where is None and each.per is Per.MONTH and _holds(each, facts):
            yield Against(
                "budget", f"Budget {each.name}", each.amount, change_of(cost, each.amount)
            )
    foreseen = facts.foreseen
    if foreseen is not None and foreseen.forecast is not None:
        change = change_of(cost, foreseen.forecast)
        yield Against("forecast", "Forecast when it began", foreseen.forecast, change)


def _holds(budget: Budget, facts: Facts) -> bool:
    """Whether it is a budget of this month, in its currency."""
    currency = budget.currency or facts.settings.currency
    begun = budget.from_ is None or budget.from_ < facts.month.end
    return (
        currency == facts.currency
        and begun
        and (budget.to is None or budget.to > facts.month.start)
    )


def _units(facts: Facts, months: Months) -> Iterator[Figure]:
    now = numbers_of(facts.unit().total)
    before = {} if months.before is None else numbers_of(facts.unit(months.before).total)
    for name, title in _UNITS:
        why = REASONS.get(name, "no request of the month is logged: finops load requests")
        figure = Figure(name, title, now[name], Style.UNIT_MONEY, facts.currency, why=why)
        yield against_last(figure, before.get(name), months)


def _hours(facts: Facts, months: Months) -> Iterator[Figure]:
    """What an hour of an accelerator costs in the dearest pools."""
    now = _pool_prices(facts.unit())
    before = {} if months.before is None else _pool_prices(facts.unit(months.before))
    for pool, price in list(now.items())[:_POOLS]:
        figure = Figure(
            f"gpu_hour_{pool}",
            f"Per GPU-hour, {pool}",
            price,
            Style.UNIT_MONEY,
            facts.currency,
            why=f"its bill or its devices say no hours: finops capacity --month {facts.month.label}",
        )
        yield against_last(figure, before.get(pool), months)


def _pool_prices(answer: UnitEconomics) -> dict[str, Decimal | None]:
    """The price of a GPU-hour of every pool of accelerators, the dearest pool first."""
    found = answer.allocation.capacity
    pools = dict.fromkeys(books.pool for books in found.books)
    numbers = [pool_numbers(pool, found) for pool in pools]
    gpus = [each for each in numbers if each["kind"] == "gpu"]
    gpus.sort(key=lambda each: (-each["cost"], each["pool"]))
    return {each["pool"]: each["price_per_gpu_hour"] for each in gpus}


def _where_it_went(facts: Facts, months: Months) -> Compared:
    """EffectiveCost by what carries it: every part of the reconciliation, which adds up to it."""
    before = {} if months.before is None else _parts(facts.unit(months.before))
    return compared(_parts(facts.unit()), before, months)


def _parts(answer: UnitEconomics) -> dict[str | None, Decimal]:
    books = answer.reconciliation
    carried = {name: getattr(books, name if name != "requests" else "allocated") for name in _PARTS}
    found: dict[str | None, Decimal] = {_PARTS[name]: cost for name, cost in carried.items()}
    for name, cost in (*books.unallocated.items(), *books.excluded.items()):
        title = name.replace("_", " ").capitalize().replace("Gpu", "GPU")
        found[title] = add(found.get(title, ZERO), cost)
    return {name: cost for name, cost in found.items() if cost}


def _trend(facts: Facts) -> Report:
    """A row for each month with a column for each of the dearest providers, the rest and the sum."""
    span = Period(parse_month(facts.months[0]).start, facts.month.end)
    cells = facts.effective("billing_month", "provider", period=span)
    sums: dict[object, Decimal] = {}
    for (_, provider), cost in cells.items():
        sums[provider] = add(sums.get(provider, ZERO), cost)
    ordered = sorted(sums, key=lambda each: (-sums[each], str(each)))
    named = ordered if len(ordered) <= _SERIES else ordered[: _SERIES - 1]
    columns = {each: f"provider_{at}" for at, each in enumerate(named, start=1)}
    rest = len(named) < len(ordered)
    rows: dict[str, dict[str, Decimal]] = {
        month: dict.fromkeys((*columns.values(), *(("other",) if rest else ()), "total"), ZERO)
        for month in facts.months
    }
    for (month, provider), cost in cells.items():
        row = rows.setdefault(str(month), {})
        name = columns.get(provider, "other")
        row[name] = add(row.get(name, ZERO), cost)
        row["total"] = add(row.get("total", ZERO), cost)
    return Report(
        schema="finops.review.trend/1",
        title="Effective cost by month and provider",
        columns=(
            ReportColumn("month", "Month"),
            *(ReportColumn(columns[each], _provider(each), Style.MONEY) for each in named),
            *((ReportColumn("other", "Others", Style.MONEY),) if rest else ()),
            ReportColumn("total", "Total", Style.MONEY),
        ),
        rows=tuple(_month(month, rows[month]) for month in sorted(rows)),
        currency=facts.currency,
    )


def _month(month: str, amounts: dict[str, Decimal]) -> Row:
    return {"month": month, **amounts}


def _provider(name: object) -> str:
    if name is None:
        return "(no provider)"
    return "Owned hardware" if name == "owned" else str(name)


def _sentences(facts: Facts, months: Months, where: Compared) -> Iterator[Sentence]:
    books, currency = facts.unit().reconciliation, facts.currency
    billed, effective = books.amounts["BilledCost"], books.amounts["EffectiveCost"]
    yield moved("Effective cost was ", where.total, months, currency)
    owned = books.origins["owned"].charged
    if owned and subtract(effective, billed) == owned:
        yield say(
            "Invoices come to ", Number(billed, unit=currency),
            "; the rest of effective cost is owned hardware, which no invoice has.",
        )  # fmt: skip
    elif billed != effective:
        yield say("Invoices come to ", Number(billed, unit=currency), ".")
    for name in _WASTE:
        line = where.line(name)
        if line is not None and line.cost and line.share is not None:
            yield say(
                Name(name), " took ", Number(line.cost, unit=currency), ", ",
                Number(line.share, Style.RATIO), " of effective cost.",
            )  # fmt: skip
