"""How the numbers of offers come about: each offer's sheet in its own currency, then in the common one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finops.analysis.derived.arithmetic import Derived, amount, count, derived, missing, plain
from finops.analysis.derived.sheet import leading_to, of_sheet
from finops.analysis.derived.table import Row, Table
from scorecard.quotes.comparing import moved

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from decimal import Decimal

    from finops.analysis.explanation import Line, Value
    from scorecard.quotes.comparing import Compared, Comparison, Swing

__all__ = ["TOLD", "quotes_table", "swings_table"]

TOLD = {
    "rank": "place of the offer by what an hour that can be used costs",
    "price_per_gpu_hour": "price of the offer, of an hour of one GPU",
    "billed_hours": "GPU-hours a month that are paid for",
    "month_cost": "everything the offer charges in a month, less service credits",
    "availability": "share of the hours in which the GPUs can be used",
    "usable_hours": "GPU-hours wanted x availability",
    "cost_per_usable_hour": "month_cost / usable_hours",
    "cost_per_million_tokens": "cost_per_usable_hour x 1,000,000 / tokens an hour",
}
"""What each number of an offer is."""

_CONVERTED = {
    "price_per_gpu_hour": ("price", "GPU-hour"),
    "month_cost": ("month", "month"),
    "cost_per_usable_hour": ("per_hour", "GPU-hour"),
    "cost_per_million_tokens": ("per_million", "M tokens"),
}
"""Amounts, the step of the offer's own currency each is, and by what."""


def quotes_table(found: Comparison) -> Table:
    """A row for each offer."""
    return Table(tuple(_row(found, one) for one in found.offers))


def _row(found: Comparison, one: Compared) -> Row:
    normal = one.normal
    values: dict[str, Value] = {
        "price_per_gpu_hour": one.price,
        "billed_hours": normal.billed_hours,
        "month_cost": one.month,
        "availability": normal.availability,
        "usable_hours": normal.usable_hours,
        "cost_per_usable_hour": one.per_hour,
        "cost_per_million_tokens": one.per_million,
    }
    sheet = _sheet(found, one, values)
    why = dict(normal.reasons)
    for name in _CONVERTED:
        if values[name] is None:
            unrated = f"no rate from {normal.quote.currency} to {found.currency}: --rate {normal.quote.currency}=…"
            why.setdefault(name, unrated)
    why.setdefault("availability", normal.reasons.get("cost_per_usable_hour", ""))
    why.setdefault("usable_hours", why["availability"])
    numbers = of_sheet(sheet, TOLD, values, why=why)
    rank = {"rank": lambda: _rank(found, one)}
    names = {"offer": normal.quote.name}
    every = leading_to(sheet, values, why=why)
    return Row(names, {**rank, **numbers}, found.currency, sheet=every)


def _sheet(found: Comparison, one: Compared, values: dict[str, Value]) -> tuple[Line, ...]:
    """The offer's lines, and each amount in the common currency; what is not known as a line without a value."""
    lines = list(one.normal.lines)
    known = {line.step for line in lines}
    lines += [
        count(name, None, None, "not known") for name in ("usable_hours",) if name not in known
    ]
    rate, own = one.rate, one.normal.quote.currency
    times = ""
    if rate is not None and own != found.currency:
        day = f" of {rate.date}" if rate.date else ""
        source = f"1 {rate.source} = {plain(rate.rate)} {rate.target}{day}, {rate.said_by}"
        lines.append(count("rate", rate.rate, f"{rate.target} for 1 {rate.source}", source))
        times = " x rate" if rate.source == own else " / rate"
    for name, (step, per) in _CONVERTED.items():
        value: Decimal | None = values[name]  # type: ignore[assignment]
        lines.append(amount(name, value, f"= {step}{times}", f"{found.currency}/{per}"))
    return tuple(lines)


def _rank(found: Comparison, one: Compared) -> Derived:
    """Every offer that has a cost, cheapest first, down to this one."""
    told, name = TOLD["rank"], "finops explain vendor.quote.cost_per_usable_hour"
    lines = [
        amount(each.normal.quote.name, each.per_hour, name, found.currency)
        for each in found.offers
        if each.per_hour is not None
    ]
    if one.rank is None:
        return missing("rank", told, "what an hour of it costs is not known here", *lines)
    source = f"= {one.rank - 1} + 1, the offers above it and itself"
    last = count("rank", one.rank, "from the cheapest", source.partition(",")[0])
    return derived(one.rank, told, *lines, last)


_MOVED = {
    "value": "what the number is now",
    "low": "the number a step lower",
    "high": "the number a step higher",
    "per_hour_low": "cost of a usable GPU-hour with the number a step lower",
    "per_hour_high": "cost of a usable GPU-hour with the number a step higher",
    "width": "the difference of the two",
}


def swings_table(found: Comparison, moves: Sequence[Swing], step: Decimal) -> Table:
    """A row for each offer and number that is moved by `step` of itself."""
    return Table(tuple(_swing(found, each, step) for each in moves))


def _swing(found: Comparison, move: Swing, step: Decimal) -> Row:
    names = {"offer": move.offer, "field": move.field}
    numbers = {
        "value": lambda: derived(move.value, _MOVED["value"], *_now(move)),
        "low": lambda: _end(move, "low", step),
        "high": lambda: _end(move, "high", step),
        "per_hour_low": lambda: _cost(found, move, "low"),
        "per_hour_high": lambda: _cost(found, move, "high"),
        "width": lambda: _width(found, move),
    }
    return Row(names, numbers, found.currency)


def _now(move: Swing) -> Iterator[Line]:
    where = "what is needed" if move.field.startswith("need.") else f"the offer of {move.offer}"
    yield count("value", move.value, None, f"{where}: {move.field.removeprefix('need.')}")


def _end(move: Swing, name: str, step: Decimal) -> Derived:
    """A step lower or higher, as far as the number can go."""
    value = getattr(move, name)
    sign = "-" if name == "low" else "+"
    formula = f"value x (1 {sign} step)"
    whole = move.value * (1 - step if name == "low" else 1 + step)
    source = f"= {formula}" if value == whole else f"= min({formula}, {plain(value)})"
    moved_by = count("step", step, "of the number", "--step")
    return derived(value, _MOVED[name], *_now(move), moved_by, count(name, value, None, source))


def _cost(found: Comparison, move: Swing, end: str) -> Derived:
    """The offer's whole sheet, worked out anew with the number moved."""
    name = f"per_hour_{end}"
    value: Decimal | None = getattr(move, name)
    one = moved(found, move.offer, move.field, getattr(move, end))
    row = _row(found, one)
    *lines, last = row.numbers["cost_per_usable_hour"]().lines
    return Derived(value, _MOVED[name], (*lines, last._replace(step=name)))


def _width(found: Comparison, move: Swing) -> Derived:
    told, name = _MOVED["width"], "finops explain vendor.quote.sensitivity.per_hour_{}"
    ends = [
        amount(
            f"per_hour_{end}", getattr(move, f"per_hour_{end}"), name.format(end), found.currency
        )
        for end in ("low", "high")
    ]
    known = all(line.amount is not None for line in ends)
    source = "= max(per_hour_low, per_hour_high) - min(per_hour_low, per_hour_high)"
    text = source if known else "one of them is not known"
    return derived(move.width, told, *ends, amount("width", move.width, text, found.currency))
