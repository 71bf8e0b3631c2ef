"""Commitments as a report: one row for each, or one for each service that can be covered."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from finops.analysis.commitments import COMMITMENT
from finops.model.money import add, subtract, total
from finops.report.model import Report, ReportColumn, Style
from finops.report.numbers import shown

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from finops.analysis.commitments import Commitments, Coverage, Held
    from finops.model.period import Period
    from finops.report.model import Row

__all__ = ["commitments_report", "coverage_report"]

SCHEMA = "finops.commitments/1"

SOON_DAYS = 90
"""A term that ends within so many days is worth a note."""

_HELD = (
    ReportColumn("commitment", "Commitment"),
    ReportColumn("id", "Id", shown=False),
    ReportColumn("kind", "Kind", optional=True),
    ReportColumn("type", "Type", optional=True),
    ReportColumn("provider", "Provider", optional=True),
    ReportColumn("owner", "Owner", optional=True),
    ReportColumn("purchased", "Purchased", Style.MONEY, optional=True),
    ReportColumn("used", "Used", Style.MONEY),
    ReportColumn("unused", "Unused", Style.MONEY),
    ReportColumn("utilization", "Utilization", Style.RATIO),
    ReportColumn("covered_list", "Covers at list", Style.MONEY, optional=True),
    ReportColumn("net_savings", "Saves", Style.MONEY),
    ReportColumn("ends", "Ends", Style.TIME),
    ReportColumn("days_left", "Days left", Style.COUNT),
    ReportColumn("term_source", "Term by", shown=False),
    ReportColumn("currency", "Currency", shown=False),
)

_SERVICES = (
    ReportColumn("provider", "Provider"),
    ReportColumn("service", "Service"),
    ReportColumn("covered", "Covered", Style.MONEY),
    ReportColumn("on_demand", "On demand", Style.MONEY),
    ReportColumn("dynamic", "Spot", Style.MONEY, optional=True),
    ReportColumn("unused", "Unused", Style.MONEY),
    ReportColumn("list_cost", "At list", Style.MONEY),
    ReportColumn("coverage", "Coverage", Style.RATIO),
    ReportColumn("negotiated_savings", "Negotiated", Style.MONEY, optional=True),
    ReportColumn("commitment_savings", "By commitment", Style.MONEY, optional=True),
    ReportColumn("savings_rate", "Savings rate", Style.RATIO),
    ReportColumn("currency", "Currency", shown=False),
)


def commitments_report(
    found: Commitments, period: Period | None, *, notes: tuple[str, ...] = ()
) -> Report:
    """Each commitment and reservation; days left are counted from the period's end."""
    end = None if period is None else period.end
    rows = tuple(_held_row(each, end) for each in found.held)
    currencies = {each.currency for each in found.held}
    single = next(iter(currencies)) if len(currencies) == 1 else None
    told = (*notes, *(_whole_note(each) for each in found.totals), *_soon(found.held, end))
    if not rows:
        told = (*told, "No charge of the period names a commitment or a capacity reservation.")
    return Report(
        schema=SCHEMA,
        title="Commitments",
        columns=_with_currency(_HELD, single),
        rows=rows,
        period=period,
        currency=single,
        totals=_held_totals(found.held) if single else None,
        notes=(*told, *found.notes),
        extras={"services": [_service_row(each) for each in found.services], "totals_by_currency": [
            _service_row(each) for each in found.totals
        ]},
    )  # fmt: skip


def coverage_report(
    found: Commitments, period: Period | None, *, notes: tuple[str, ...] = ()
) -> Report:
    """Each service of which some can be covered, and how much of it is."""
    single = found.totals[0] if len(found.totals) == 1 else None
    return Report(
        schema=SCHEMA,
        title="Coverage by commitments",
        columns=_with_currency(_SERVICES, single),
        rows=tuple(_service_row(each) for each in found.services),
        period=period,
        currency=None if single is None else single.currency,
        totals=None if single is None else _service_row(single),
        notes=(*notes, *found.notes),
        extras={"totals_by_currency": [_service_row(each) for each in found.totals]},
    )


def _with_currency(columns: tuple[ReportColumn, ...], single: object) -> tuple[ReportColumn, ...]:
    return tuple(
        ReportColumn("currency", "Currency", shown=single is None)
        if each.name == "currency"
        else each
        for each in columns
    )


def _held_row(each: Held, end: date | None) -> Row:
    ends = each.term.ends
    return {
        "commitment": each.name or each.id,
        "id": each.id,
        "kind": each.kind,
        "type": each.type,
        "provider": each.provider,
        "owner": each.term.owner or each.owner,
        "purchased": each.sums.purchased if each.kind == COMMITMENT else None,
        "used": each.sums.used,
        "unused": each.sums.unused,
        "utilization": each.utilization,
        "covered_list": None if each.sums.unlisted else each.sums.covered_list,
        "net_savings": each.net_savings,
        "ends": None if ends is None else ends.isoformat(),
        "days_left": None if ends is None or end is None else (ends - end).days,
        "term_source": each.term.source,
        "currency": each.currency,
    }


def _held_totals(held: Iterable[Held]) -> Row:
    """Sums of commitments and reservations; a rate of them together would be of nothing."""
    found = tuple(held)
    savings = [each.net_savings for each in found if each.kind == COMMITMENT]
    known = [each for each in savings if each is not None]
    return {
        **dict.fromkeys(column.name for column in _HELD),
        "purchased": total(each.sums.purchased for each in found),
        "used": total(each.sums.used for each in found),
        "unused": total(each.sums.unused for each in found),
        "net_savings": total(known) if len(known) == len(savings) and known else None,
    }


def _service_row(each: Coverage) -> Row:
    known = not each.unlisted
    negotiated = subtract(each.list_cost, each.contracted)
    spent = total((each.covered, each.on_demand, each.unused))
    return {
        "provider": each.provider,
        "service": each.service,
        "covered": each.covered,
        "on_demand": each.on_demand,
        "dynamic": each.dynamic,
        "unused": each.unused,
        "list_cost": each.list_cost if known else None,
        "coverage": each.coverage,
        "negotiated_savings": negotiated if known else None,
        "commitment_savings": subtract(each.contracted, spent) if known else None,
        "savings_rate": each.savings_rate,
        "currency": each.currency,
    }


def _whole_note(each: Coverage) -> str:
    """What commitments cover and save in a currency, in one sentence."""
    if each.coverage is None or each.savings_rate is None:
        return (
            f"Coverage and savings rate in {each.currency} are not known: {each.unlisted:,} rows have a "
            "cost and no list cost."
        )
    wasted = shown(each.unused, Style.MONEY)
    return (
        f"{each.coverage:.1%} of {shown(each.list_cost, Style.MONEY)} {each.currency} that could be covered "
        f"is; with {wasted} unused, the effective savings rate is {each.savings_rate:.1%}."
    )


def _soon(held: Iterable[Held], end: date | None) -> list[str]:
    notes = []
    for each in held:
        ends = each.term.ends
        if ends is None or end is None:
            continue
        left, name = (ends - end).days, each.name or each.id
        spent = add(each.sums.used, each.sums.unused)
        if left < 0 and spent > Decimal(0):
            notes.append(f"{name} ended on {ends} by its term, and the period still charges it.")
        elif 0 <= left <= SOON_DAYS:
            notes.append(
                f"{name} ends on {ends}, {left} days after the period: what it covers costs "
                f"{shown(each.sums.covered_list, Style.MONEY)} {each.currency} at list price."
            )
    return notes
