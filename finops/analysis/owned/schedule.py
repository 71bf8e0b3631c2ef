"""What owned hardware costs day by day: depreciation and what is paid by the month. Pure arithmetic.

Time is counted in calendar months: a day is one of its month's days, so every whole month costs the
same and 28 February days as much as 31 March days. What has been written off by the start of a day is
cut at the 24th decimal place, and a day costs the difference between two such sums: days, months and
the whole life therefore add up to the price paid less the residual, to the last digit.

    book        (price - residual) x months in service / life, up to the life
    economic    price - value, where value falls by `annual_decline` of itself each year in service,
                evenly within the year, down to the residual; or lies on straight lines between the
                market values
    per month   amount x days in service / days of the month
    disposal    what is not written off on the day of retirement, less what the hardware fetched
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from finops.model.money import ZERO, subtract, total, truncate
from finops.model.period import Period
from finops.sections.owned import Depreciation, Element

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from finops.sections.owned import Owned

__all__ = [
    "DailyCharge",
    "book_value",
    "charges",
    "in_service",
    "months_between",
    "value_unknown_since",
]

DAY = timedelta(days=1)

MS_PER_DAY = 86_400_000

_MONTHS_PER_YEAR = 12

_PARTS = (Element.DEPRECIATION, Element.NETWORK, Element.STORAGE)
"""Elements that are a price paid at once."""


class DailyCharge(NamedTuple):
    """One element of one thing on one day.

    `quantity` is what stands behind it: for power kWh at the meter of the site, for depreciation the
    device-hours the hardware offers, which it does also when it is written off.
    """

    owned: Owned
    element: Element
    day: date
    amount: Decimal
    quantity: Decimal | None = None


def in_service(owned: Owned, window: Period) -> Period | None:
    """The days of `window` it is in service; None for none of them."""
    start = max(owned.in_service, window.start)
    end = window.end if owned.retired is None else min(owned.retired, window.end)
    return Period(start, end) if start < end else None


def charges(owned: Owned, window: Period) -> Iterator[DailyCharge]:
    """Every charge but power in `window`, a row for each element and day; none of zero.

    Depreciation of accelerators has a row every day, since it says what device time there is.
    """
    days = in_service(owned, window)
    if days is None:
        return
    monthly = {
        Element.SUPPORT: owned.support_per_month,
        Element.COLOCATION: owned.colocation_per_month,
        Element.STAFF: owned.staff_per_month,
    }
    for element in _PARTS:
        if _price(owned, element) is not None:
            yield from _differences(owned, element, days)
    for element, amount in monthly.items():
        if amount:
            yield from _by_the_month(owned, element, amount, days)
    if owned.retired == days.end:
        left = _written_off_at_once(owned, days.end)
        if left:
            yield DailyCharge(owned, Element.DISPOSAL, days.end - DAY, left)


def book_value(owned: Owned, day: date) -> Decimal:
    """What is not written off yet at the start of `day`: all parts together."""
    prices = total(_price(owned, element) or ZERO for element in _PARTS)
    return subtract(prices, total(_written_off(owned, element, day) for element in _PARTS))


def value_unknown_since(owned: Owned) -> date | None:
    """The day of the last market value, when nothing says how the value falls after it."""
    if not owned.market_values or owned.annual_decline is not None:
        return None
    return owned.market_values[-1].date


def months_between(start: date, end: date) -> Fraction:
    """Calendar months from `start` to `end`: a day is one of its month's days."""
    return _on_axis(end) - _on_axis(start)


def _on_axis(day: date) -> Fraction:
    return day.year * _MONTHS_PER_YEAR + day.month + Fraction(day.day - 1, _days_in_month(day))


def _days_in_month(day: date) -> int:
    return monthrange(day.year, day.month)[1]


def _price(owned: Owned, element: Element) -> Decimal | None:
    prices: Mapping[Element, Decimal | None] = {
        Element.DEPRECIATION: owned.purchase_price,
        Element.NETWORK: owned.network_price,
        Element.STORAGE: owned.storage_price,
    }
    return prices[element]


def _residual(owned: Owned, element: Element) -> Decimal:
    """What a part fetches at the end: the residual is of the nodes."""
    return owned.residual if element is Element.DEPRECIATION else ZERO


def _differences(owned: Owned, element: Element, days: Period) -> Iterator[DailyCharge]:
    """A day costs what has been written off by its end and not by its start."""
    edges = [days.start + DAY * number for number in range((days.end - days.start).days + 1)]
    sums = [_written_off(owned, element, edge) for edge in edges]
    for day, (before, after) in zip(edges, pairwise(sums), strict=False):
        amount = subtract(after, before)
        hours = Decimal(owned.devices * 24) if element is Element.DEPRECIATION else ZERO
        if amount or hours:
            yield DailyCharge(owned, element, day, amount, hours or None)


def _written_off(owned: Owned, element: Element, day: date) -> Decimal:
    """What of a part's price has been written off at the start of `day`, which is in service."""
    price = _price(owned, element)
    if price is None:
        return ZERO
    months = months_between(owned.in_service, day)
    if _is_straight(owned, element):
        share = min(months / owned.life_months, Fraction(1))
        return truncate(Fraction(subtract(price, _residual(owned, element))) * share)
    if element is Element.DEPRECIATION and owned.market_values:
        return truncate(Fraction(price) - _market_value(owned, day))
    value = _declined(Fraction(price), Fraction(owned.annual_decline or ZERO), months)
    return truncate(Fraction(price) - max(value, Fraction(_residual(owned, element))))


def _is_straight(owned: Owned, element: Element) -> bool:
    """Whether a part is written off in a straight line; market values are those of the nodes."""
    if owned.depreciation is Depreciation.BOOK:
        return True
    return owned.annual_decline is None and element is not Element.DEPRECIATION


def _declined(value: Fraction, decline: Fraction, months: Fraction) -> Fraction:
    """`value` after `months`, a year at a time: the fall of a year is spread evenly over it."""
    years, rest = divmod(months, _MONTHS_PER_YEAR)
    kept = value * (1 - decline) ** int(years)
    return kept * (1 - decline * rest / _MONTHS_PER_YEAR)


def _market_value(owned: Owned, day: date) -> Fraction:
    """The value on `day`: between two known ones on the straight line, after the last by the decline."""
    known = [(owned.in_service, Fraction(owned.purchase_price))]
    known += [(each.date, Fraction(each.value)) for each in owned.market_values]
    for (start, first), (end, last) in pairwise(known):
        if day <= end:
            return first + (last - first) * Fraction((day - start).days, (end - start).days)
    newest, value = known[-1]
    if owned.annual_decline is None:
        return value
    fallen = _declined(value, Fraction(owned.annual_decline), months_between(newest, day))
    return max(fallen, min(value, Fraction(owned.residual)))


def _by_the_month(
    owned: Owned, element: Element, amount: Decimal, days: Period
) -> Iterator[DailyCharge]:
    """`amount` of each month, cut so that the days of a whole month are exactly it."""
    day = days.start
    while day < days.end:
        share = Fraction(amount) / _days_in_month(day)
        cost = subtract(truncate(share * day.day), truncate(share * (day.day - 1)))
        yield DailyCharge(owned, element, day, cost)
        day += DAY


def _written_off_at_once(owned: Owned, day: date) -> Decimal:
    """What stands in the books when it is retired on `day`, less what it fetched; negative for a gain.

    Without a price the nodes are taken to fetch their residual and the rest nothing; a part that is
    written off by its value is taken to fetch that.
    """
    if owned.sold_for is not None:
        return subtract(book_value(owned, day), owned.sold_for)
    return total(
        subtract(
            subtract(_price(owned, part) or ZERO, _written_off(owned, part, day)),
            _residual(owned, part),
        )
        for part in _PARTS
        if _is_straight(owned, part)
    )
