"""Offers as a report: one row each, cheapest usable hour first; or every step; or what moves the answer."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from finops.report.model import Report, ReportColumn, Style
from finops.report.numbers import shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date
    from decimal import Decimal

    from finops.report.model import Row
    from scorecard.quotes.comparing import Compared, Comparison, Flip, Swing

__all__ = ["quote_report", "quote_swings_report"]


def quote_report(
    found: Comparison, turning: Sequence[Flip], *, today: date, notes: Sequence[str] = ()
) -> Report:
    """Every offer with its cost for a usable GPU-hour; what was reckoned with stands in the notes."""
    return Report(
        schema="finops.vendor.quote/1",
        title="GPU offers, by an hour that can be used",
        columns=(
            ReportColumn("rank", "#", Style.COUNT),
            ReportColumn("offer", "Offer"),
            ReportColumn("gpu_model", "GPU", optional=True),
            ReportColumn("price_per_gpu_hour", "Offered price", Style.UNIT_MONEY),
            ReportColumn("billed_hours", "Billed hours", Style.NUMBER, optional=True),
            ReportColumn("month_cost", "Month", Style.MONEY, optional=True),
            ReportColumn("availability", "Availability", Style.RATIO, optional=True),
            ReportColumn("usable_hours", "Usable hours", Style.NUMBER, optional=True),
            ReportColumn("cost_per_usable_hour", "Per usable GPU-hour", Style.UNIT_MONEY),
            ReportColumn("cost_per_million_tokens", "Per M tokens", Style.UNIT_MONEY),
            ReportColumn("interconnect", "Interconnect", shown=False),
            ReportColumn("offered_currency", "Offered in", shown=False),
            ReportColumn("valid_until", "Valid until", Style.TIME, shown=False),
            ReportColumn("source", "Source", shown=False),
            ReportColumn("assumed", "Reckoned with", shown=False),
            ReportColumn("reasons", "Why a number is missing", shown=False),
        ),
        rows=tuple(_row(one) for one in found.offers),
        currency=found.currency,
        notes=(*_notes(found, today), *(_turn(flip) for flip in turning), *notes),
        extras={
            "need": asdict(found.need),
            "rates": [rate._asdict() for rate in found.rates],
            "turning_points": [flip._asdict() for flip in turning],
        },
    )


def _row(one: Compared) -> Row:
    normal, quote = one.normal, one.normal.quote
    return {
        "rank": one.rank,
        "offer": quote.name,
        "gpu_model": quote.gpu_model,
        "price_per_gpu_hour": one.price,
        "billed_hours": normal.billed_hours,
        "month_cost": one.month,
        "availability": normal.availability,
        "usable_hours": normal.usable_hours,
        "cost_per_usable_hour": one.per_hour,
        "cost_per_million_tokens": one.per_million,
        "interconnect": quote.interconnect,
        "offered_currency": quote.currency,
        "valid_until": quote.valid_until.isoformat() if quote.valid_until else None,
        "source": quote.source,
        "assumed": ", ".join(normal.assumed) or None,
        "reasons": dict(normal.reasons),
    }


def _notes(found: Comparison, today: date) -> Iterator[str]:
    need = found.need
    yield (
        f"Needed: {_n(need.gpus)} GPUs, each in use {_n(need.hours)} h of a month of 730; "
        f"{_n(need.storage_tb)} TB stored, {_n(need.egress_gb)} GB going out; money costs "
        f"{shown(need.discount_rate, Style.RATIO)} a year."
    )
    for one in found.offers:
        yield from _offer_notes(one, found, today)
    sources = {quote.benchmark for quote in (one.normal.quote for one in found.offers)} | {
        need.benchmark
    }
    named = sorted(source for source in sources if source)
    if any(one.per_million is not None for one in found.offers):
        where = "; ".join(named) or "benchmarks nobody named"
        yield f"Per million tokens at the throughput of: {where}."


def _offer_notes(one: Compared, found: Comparison, today: date) -> Iterator[str]:
    quote, normal = one.normal.quote, one.normal
    if normal.cost_per_usable_hour is None:
        yield f"{quote.name}: {normal.reasons['cost_per_usable_hour']}."
    elif one.per_hour is None:
        yield (
            f"{quote.name} is in {quote.currency}: "
            f"{shown(normal.cost_per_usable_hour, Style.UNIT_MONEY)} per usable GPU-hour, not ranked; "
            f"--rate {quote.currency}=… says what one is worth in {found.currency}."
        )
    if one.rate is not None and quote.currency != found.currency:
        day = f" of {one.rate.date}" if one.rate.date else ""
        yield (
            f"{quote.name}: 1 {one.rate.source} = {_n(one.rate.rate)} {one.rate.target}{day} "
            f"({one.rate.said_by})."
        )
    credit = next((line for line in normal.lines if line.step == "service_credits"), None)
    if credit is not None and credit.amount:
        yield (
            f"{quote.name}: {quote.currency} {shown(credit.amount, Style.MONEY)} of service credits a month are "
            "counted; they have to be asked for."
        )
    if normal.assumed:
        yield f"{quote.name} does not say, reckoned with: {', '.join(normal.assumed)}."
    if quote.gpus is not None and quote.gpus < found.need.gpus:
        yield f"{quote.name} has {_n(quote.gpus)} of {_n(found.need.gpus)} GPUs; reckoned for those."
    if quote.valid_until is not None and quote.valid_until < today:
        yield f"{quote.name} was valid until {quote.valid_until}: ask whether it still is."


def _turn(flip: Flip) -> str:
    direction = "above" if flip.at > flip.now else "below"
    what = (
        f"the price of {flip.subject}" if flip.subject != "need" else flip.field.replace("_", " ")
    )
    return (
        f"{flip.winner} would be the cheapest with {what} {direction} "
        f"{shown(flip.at, Style.UNIT_MONEY)} (now {_n(flip.now)})."
    )


def _n(value: Decimal) -> str:
    return shown(value, Style.NUMBER)


def quote_swings_report(
    found: Comparison, moves: Sequence[Swing], turning: Sequence[Flip], step: Decimal
) -> Report:
    """What each number does to the cost of a usable hour when it alone moves."""
    return Report(
        schema="finops.vendor.quote.sensitivity/1",
        title=f"What moves a usable GPU-hour, {shown(step, Style.RATIO)} either way",
        columns=(
            ReportColumn("offer", "Offer"),
            ReportColumn("field", "Number"),
            ReportColumn("value", "Now", Style.NUMBER),
            ReportColumn("low", "Low", Style.NUMBER, optional=True),
            ReportColumn("high", "High", Style.NUMBER, optional=True),
            ReportColumn("per_hour_low", "Hour at low", Style.UNIT_MONEY),
            ReportColumn("per_hour_high", "Hour at high", Style.UNIT_MONEY),
            ReportColumn("width", "Swing", Style.UNIT_MONEY),
        ),
        rows=tuple({**move._asdict(), "width": move.width} for move in moves),
        currency=found.currency,
        notes=tuple(_turn(flip) for flip in turning)
        or ("No number between a tenth and ten times its value changes the cheapest offer.",),
        extras={"turning_points": [flip._asdict() for flip in turning]},
    )
