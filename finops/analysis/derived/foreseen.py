"""How the numbers of `finops budget` and `finops forecast` are made: days that are known, and those still to come."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING

from finops.analysis.budgets.forecast import cents
from finops.analysis.derived.arithmetic import (
    Derived,
    amount,
    count,
    derived,
    missing,
    summed,
)
from finops.analysis.derived.table import Row, Table
from finops.analysis.explanation import Line
from finops.model.basis import Of
from finops.model.money import ZERO, add

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import date

    from finops.analysis.budgets.forecast import Expected, Forecast
    from finops.analysis.budgets.projection import Projection
    from finops.analysis.budgets.standing import Standing
    from finops.model.period import Period

__all__ = ["BUDGETED", "FORESEEN", "budget_table", "forecast_table"]

_TOLD = {
    "amount": "what finops.toml allows for the stretch",
    "actual": "sum of the days that are known",
    "share": "actual / amount",
    "elapsed": "days that are known / days of the stretch",
    "forecast": "actual + ahead: level, trend and weekdays of the last 56 days, over the days still to come",
    "low": "actual + the lower end of what the days still to come cost, four times in five",
    "high": "actual + the upper end of what the days still to come cost, four times in five",
    "record": "forecasts of earlier days whose errors are known: one from the 22nd day on, with a week to see",
}

BUDGETED = tuple(name for name in _TOLD if name != "record")
"""Numbers of a budget."""

FORESEEN = ("actual", "forecast", "low", "high", "record")
"""Numbers of a forecast."""

_DAYS = 31
"""Days up to which each has a line; of more, each month has one."""


def budget_table(standings: tuple[Standing, ...], period: Period | None) -> Table:
    """A row for each budget, by name, owner and stretch."""
    return Table(tuple(_budget(each) for each in standings), None, period)


def forecast_table(found: Forecast) -> Table:
    """A row for each group and month."""
    rows = []
    for each in found.months:
        group = ("(all)",) * len(found.by) if each.group is None else each.group
        names = {
            name: None if value is None else str(value)
            for name, value in zip(found.by, group, strict=True)
        }
        numbers = _expected(each.expected, each.month, found.currency, _source(found.of, None))
        numbers["record"] = lambda each=each: _record(each.expected)  # type: ignore[misc]
        rows.append(Row({**names, "month": each.month.label}, numbers, found.currency))
    return Table(tuple(rows))


def _source(of: Of, where: str | None) -> str:
    """Where a day's cost is from."""
    told = "charges, on the days of their invoice's month that they cover: finops costs"
    if of is not Of.BILL:
        told = "requests of the day: finops unit --by day"
    return told if where is None else f'{told} --where "{where}"'


def _budget(each: Standing) -> Row:
    money, budget = each.currency, each.budget
    numbers = {
        "amount": lambda: derived(
            budget.amount,
            _TOLD["amount"],
            amount("amount", budget.amount, f"[[budgets]] {budget.name} in finops.toml", money),
        ),
        **_expected(each.expected, each.stretch, money, _source(each.of, budget.where)),
        "share": lambda: _share(each),
        "elapsed": lambda: _elapsed(each),
    }
    names = {"budget": budget.name, "owner": budget.owner, "stretch": each.stretch.label}
    return Row(names, numbers, money)


def _share(each: Standing) -> Derived:
    lines = (
        amount("actual", each.expected.actual, "finops explain budget.actual", each.currency),
        amount("amount", each.budget.amount, "[[budgets]] in finops.toml", each.currency),
    )
    if each.share is None:
        return missing("share", _TOLD["share"], "nothing may be spent", *lines)
    last = count("share", each.share, "of amount", "= actual / amount")
    return derived(each.share, _TOLD["share"], *lines, last)


def _elapsed(each: Standing) -> Derived:
    stretch, until = each.stretch, each.expected.until
    known, whole = (until - stretch.start).days, (stretch.end - stretch.start).days
    lines = (
        count("known", known, "days", f"{stretch.start} to before {until}"),
        count("whole", whole, "days", f"{stretch.start} to before {stretch.end}"),
    )
    last = count("elapsed", each.elapsed, "of the days", "= known / whole")
    return derived(each.elapsed, _TOLD["elapsed"], *lines, last)


def _expected(
    found: Expected, stretch: Period, money: str, source: str
) -> dict[str, Callable[[], Derived]]:
    """The amounts that are known and foreseen of one stretch."""
    return {
        "actual": lambda: summed(
            "actual", _TOLD["actual"], _days(found.known, source, money), money, of="days"
        ),
        "forecast": lambda: _foreseen("forecast", found, stretch, money),
        "low": lambda: _foreseen("low", found, stretch, money),
        "high": lambda: _foreseen("high", found, stretch, money),
    }


def _days(known: Mapping[date, Decimal], source: str, money: str) -> Iterator[Line]:
    parts: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for day, cost in known.items():
        name = f"{day}" if len(known) <= _DAYS else f"{day:%Y-%m}"
        parts[name] = add(parts[name], cost)
    for name, cost in parts.items():
        yield amount(name, cost, source, money)


def _foreseen(name: str, found: Expected, stretch: Period, money: str) -> Derived:
    known = amount("actual", found.actual, "the days that are known, as explained of actual", money)
    value: Decimal | None = getattr(found, name)
    if value is None:
        return missing(name, _TOLD[name], found.why or "not known", known)
    if found.ahead is None:
        line = amount(name, value, "= actual", money)
        return derived(value, "actual: every day is known", known, line)
    lines = list(_of_days(name, found, stretch, money))
    last = amount(name, value, f"= actual + {lines[-1].step}", money)
    return derived(value, _TOLD[name], *lines, known, last)


def _of_days(name: str, found: Expected, stretch: Period, money: str) -> Iterator[Line]:
    """The days still to come: what the regression says of them, its range, and what a gap before them takes."""
    ahead = found.ahead
    if ahead is None:
        return
    yield from _regressed("regression", ahead.whole, money)
    if ahead.gap is not None:
        before = f"days before {stretch.start}, which are not known either"
        yield from _regressed("before", ahead.gap, money, before)
    has_gap = ahead.gap is not None
    point = "max(0, max(0, regression) - max(0, before))" if has_gap else "regression"
    if name == "forecast":
        formula = f"= {point}" if has_gap else f"= max(0, {point})"
        yield amount("ahead", cents(ahead.point), f"{formula}, to the cent", money)
        return
    yield from _half(ahead.whole, money)
    half = "half"
    if ahead.gap is not None:
        days = ahead.whole.days
        reach = "max(0, regression + half) - max(0, regression), max(0, regression) - max(0, regression - half)"
        yield amount(
            "part",
            max(ahead.whole.high - ahead.whole.point, ahead.whole.point - ahead.whole.low)
            * (days - ahead.gap.days)
            / days,
            f"= max({reach}) x {days - ahead.gap.days} / {days}",
            money,
        )
        half = "part"
    sign, end = ("-", ahead.low) if name == "low" else ("+", ahead.high)
    yield amount(
        f"{name}_ahead", cents(end), f"= max(0, {point} {sign} {half}), to the cent", money
    )


def _regressed(
    step: str, found: Projection, money: str, told: str = "days still to come"
) -> Iterator[Line]:
    """What each coefficient brings over the days, and their sum."""
    fit = found.regression
    if fit is None:
        yield amount(step, 0.0, "no day is to come", money)
        return
    names = ("level", "trend", *(f"day {number} of the week" for number in range(2, 8)))
    for name, (coefficient, weight) in zip(names, fit.terms, strict=True):
        source = f"least squares over the newest days; quantity: what the {told} have of it"
        product = Decimal(str(coefficient * weight))
        yield Line(
            f"{step}: {name}",
            Decimal(str(weight)),
            "days" if name != "trend" else "days since the middle, damped",
            Decimal(str(coefficient)),
            product,
            source,
        )
    yield amount(step, fit.point, f"sum of the lines that begin with {step}", money)


def _half(found: Projection, money: str) -> Iterator[Line]:
    """Half the range: the wider of the regression's and that of its own record."""
    fit = found.regression
    if fit is None:
        yield amount("half", 0.0, "no day is to come", money)
        return
    yield count("spread", fit.spread, f"{money} squared", "variance of a day around the fit")
    yield count("correlation", fit.correlation, None, "of a day's residual with the one before")
    yield count("days", fit.days, "days", "still to come")
    yield count("leverage", fit.leverage, "days", "of the days still to come, by the fit's inverse")
    yield count("t", fit.quantile, None, "Student's t, 80 % of both sides")
    yield amount("regression_half", fit.half, f"= {_HALF}", money)
    told = f"error that four in five of {found.record} forecasts of the record stayed below"
    yield count("error", found.error, "of the forecast", told)
    whole = max(fit.half, found.error * abs(fit.point))
    yield amount(
        "half", whole, "= max(regression_half, error x max(regression, 0 - regression))", money
    )


_HALF = "t x sqrt(spread x (1 + correlation) / (1 - correlation) x (days + leverage))"


def _record(found: Expected) -> Derived:
    line = count(
        "record", found.record, "forecasts", "made from earlier days and held to what came"
    )
    return derived(found.record, _TOLD["record"], line)
