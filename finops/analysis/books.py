"""Whose numbers answer for which days: a closed month's own books, the ledger as it is for open ones.

A closed month is answered from what its close kept: its rows, its settings, its prices. Nothing that is
loaded, configured or deleted later can move it, because the answer never sees it. A question that
spans several months is answered in segments, and the segments are added. Where rates are set, every month is a
segment of its own, closed or not (`books_by_month`), so that a span says what its months say.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import PurePath
from typing import TYPE_CHECKING, NamedTuple

from finops.analysis.in_force import placed, places, prices_as_of
from finops.analysis.owned.rows import known_months
from finops.analysis.reversals import due, reversals
from finops.config import Config
from finops.ledger.open_months import OpenLedger, SpanLedger, first_open_month, is_restated
from finops.ledger.snapshots import CLOSED, Closed, ClosedLedger, closed_months, document
from finops.ledger.store import Ledger
from finops.model.period import Period, month_of, parse_month
from finops.prices.book import Book
from finops.prices.recorded import read_recorded

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from finops.prices.recorded import Recorded

__all__ = [
    "CONFIG",
    "OWNERS",
    "PRICES",
    "PricedLedger",
    "Segment",
    "answering",
    "books",
    "books_by_month",
    "books_ledger",
    "closed_config",
    "kept_name",
    "price_book",
]

CONFIG, PRICES, OWNERS = "config.json", "prices.json", "owners.csv"
"""Documents a close keeps."""


class Segment(NamedTuple):
    """Days (None: everything) with the ledger and settings that answer for them."""

    period: Period | None
    ledger: Ledger
    config: Config
    closed: Closed | None = None


def books(ledger: Ledger, config: Config, period: Period | None) -> tuple[Segment, ...]:
    """The segments of `period` in order, at least one; a ledger without closed months is one.

    None for the period is everything the ledger holds.
    """
    if isinstance(ledger, ClosedLedger | OpenLedger | SpanLedger):
        return (Segment(period, ledger, config),)
    closes = closed_months(ledger.location)
    if not closes:
        return (Segment(period, ledger, config),)
    by_month = {closed.month: closed for closed in closes}
    live = books_ledger(ledger, closes, config)
    found: list[Segment] = []
    whole = period or _everything(ledger, config, closes)
    if whole is None:
        return (Segment(None, live, config),)
    for month in whole.months:
        days = parse_month(month)
        cut = Period(max(days.start, whole.start), min(days.end, whole.end))
        closed = by_month.get(month)
        if closed is not None:
            kept = ClosedLedger(ledger.location, closed)
            found.append(Segment(cut, kept, closed_config(ledger, closed), closed))
        elif found and found[-1].closed is None and found[-1].period is not None:
            found[-1] = found[-1]._replace(period=Period(found[-1].period.start, cut.end))
        else:
            found.append(Segment(cut, live, config))
    return tuple(found)


def books_by_month(ledger: Ledger, config: Config, period: Period | None) -> tuple[Segment, ...]:
    """The segments of `period`, cut where a month begins: what is set over a month is set over that month alone.

    Whole months before and after everything the ledger holds stay together: there is nothing in them.
    """
    parts = books(ledger, config, period)
    if period is None and parts[0].period is None and type(ledger) is Ledger:
        whole = _everything(ledger, config, ())
        parts = parts if whole is None else (parts[0]._replace(period=whole),)
    known = known_months(ledger)
    return tuple(each for part in parts for each in _by_month(part, known))


def _by_month(part: Segment, known: Period | None) -> Iterator[Segment]:
    if part.period is None:
        yield part
        return
    empty: Period | None = None
    for month in part.period.months:
        days = parse_month(month)
        cut = Period(max(days.start, part.period.start), min(days.end, part.period.end))
        if cut == days and (known is None or cut.end <= known.start or known.end <= cut.start):
            empty = cut if empty is None else Period(empty.start, cut.end)
            continue
        if empty is not None:
            yield part._replace(period=empty)
            empty = None
        yield part._replace(period=cut)
    if empty is not None:
        yield part._replace(period=empty)


def books_ledger(ledger: Ledger, closes: Sequence[Closed], config: Config) -> Ledger:
    """`ledger` as its open months see it: closed ones as booked, what changed since in the first open one."""
    target = first_open_month(closes)
    if target is None:
        return ledger
    taken_back = reversals(ledger, due(ledger, config, closes), target)
    return OpenLedger(ledger.location, tuple(closes), taken_back)


def answering(ledger: Ledger, period: Period | None) -> Ledger:
    """The ledger with the rows of `period`, for questions that need no settings.

    A closed month's own rows; of a longer period each day's from where it is booked.
    """
    closes = closed_months(ledger.location)
    if not closes or isinstance(ledger, ClosedLedger | OpenLedger | SpanLedger):
        return ledger
    kept = {closed.month: ClosedLedger(ledger.location, closed) for closed in closes}
    if period is not None and len(period.months) == 1 and period.months[0] in kept:
        return kept[period.months[0]]
    stretches = tuple((parse_month(month), each) for month, each in kept.items())
    return SpanLedger(ledger.location, stretches, OpenLedger(ledger.location, closes))


def kept_name(place: str, path: str) -> str:
    """What a close calls the file at `path` that the settings name at `place` (`breakeven.0.scenario`)."""
    ending = PurePath(path.removesuffix(".gz")).suffix or ".txt"
    return OWNERS if place == "owners.file" else f"{place}{ending}"


def closed_config(ledger: Ledger, closed: Closed) -> Config:
    """The settings a month was closed with, and the files they name as they were."""
    config = Config.model_validate_json(document(ledger.location, closed, CONFIG))
    kept = closed.manifest["documents"]
    folder = ledger.location.root / CLOSED / closed.name
    paths = {}
    for place, named in places(config):
        name = kept_name(place, named)
        if name not in kept:
            continue
        content, path = document(ledger.location, closed, name), folder / kept[name]["file"]
        if not path.is_file():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        paths[place] = str(path)
    return placed(config, paths)


def price_book(ledger: Ledger, config: Config) -> Book:
    """Prices for questions to `ledger`: those a month was closed with or in force when it is looked at, else today's."""
    book = Book.load(config.price_entries())
    if isinstance(ledger, ClosedLedger):
        kept = document(ledger.location, ledger.closed, PRICES)
        return book._replace(recorded=read_recorded(kept))
    if isinstance(ledger, PricedLedger):
        return book._replace(recorded=ledger.prices)
    return book._replace(recorded=prices_as_of(ledger.location))


@dataclass(frozen=True, slots=True)
class PricedLedger(OpenLedger):
    """The ledger as it is, at prices of another day."""

    prices: Recorded | None = None


def _everything(ledger: Ledger, config: Config, closes: Sequence[Closed]) -> Period | None:
    """From the first to the last month there are costs or requests of, closed or not; None for none."""
    months = {closed.month for closed in closes}
    months |= {file.partition["x_BillingMonth"] or "" for file in ledger.files("costs")}
    months |= {(file.partition["day"] or "")[:7] for file in ledger.files("requests")}
    target = first_open_month(closes)
    if target is not None and (is_restated(ledger, closes) or due(ledger, config, closes)):
        months.add(target)
    days = sorted(parse_month(month).start for month in months if month)
    if not days:
        return None
    return Period(days[0], month_of(date.fromordinal(days[-1].toordinal())).end)
