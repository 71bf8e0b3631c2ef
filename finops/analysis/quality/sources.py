"""What sources have brought: late deliveries, days without anything, sums that are not those loaded."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, NamedTuple

from finops.analysis.completeness import completeness
from finops.analysis.derived.arithmetic import amount, count
from finops.analysis.quality.finding import Check, Finding
from finops.ledger.engine import query
from finops.model.money import ZERO, divide, multiply, subtract, total
from finops.model.period import Period, month_of, parse_month

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from decimal import Decimal

    from finops.analysis.explanation import Line
    from finops.config import Config
    from finops.ledger.status import LedgerStatus
    from finops.ledger.store import Ledger

__all__ = ["deliveries", "missing_days", "stored_sums"]

REGULAR = 0.5
"""A source that has something on more than this share of a month's days is one of every day."""


def deliveries(
    ledger: Ledger, config: Config, period: Period, currency: str, today: date
) -> Iterator[Finding]:
    """A source that has not brought all of a month; at stake is what it charged the month before."""
    late, seen = 0, 0
    for month in (parse_month(name) for name in period.months):
        for each in completeness(ledger, config, month, today).deliveries:
            seen += 1
            if each.missing is None:
                continue
            late += 1
            known = each.table == "costs"
            before = month_of(month.start - timedelta(days=1))
            yield Finding(
                Check.DELIVERY,
                f"{each.source} ({each.table})",
                f"{month.label}: {each.missing}",
                _charged(ledger, each.source, before, currency) if known else None,
                f"finops pull {each.source}" if each.source in config.sources else "finops load",
                is_estimate=known,
                source=f"what the source charged the month before: finops costs --month {before.label}",
                why=f"requests and samples have no amount of their own; {before.label} tells none",
            )
    if not late:
        what = f"{seen} deliveries of {period.label} are all there"
        yield Finding(Check.DELIVERY, "all sources", what, ZERO, is_ok=True)


def _charged(ledger: Ledger, source: str, month: Period, currency: str) -> Decimal | None:
    with ledger.connect(["costs"]) as con:
        rows = query(
            con,
            "select sum(EffectiveCost) from costs where x_SourceId = $source "
            "and x_BillingMonth = $month and BillingCurrency = $currency",
            {"source": source, "month": month.label, "currency": currency},
        )
    amount: Decimal | None = rows[0][0]
    return amount


class _Days(NamedTuple):
    table: str
    source: str
    month: str
    days: tuple[date, ...]
    cost: Decimal | None


_DAYS = {
    "costs": (
        "select x_SourceId, strftime(ChargePeriodStart, '%Y-%m') as month, "
        "list(distinct cast(ChargePeriodStart as date)), "
        "sum(EffectiveCost) filter (where BillingCurrency = '{currency}') from costs "
        "where x_CostOrigin = 'bill' and ChargeCategory = 'Usage' "
        "and ChargePeriodEnd <= ChargePeriodStart + interval 1 day "
        "and cast(ChargePeriodStart as date) between date '{start}' and date '{last}' group by 1, 2"
    ),
    "requests": (
        "select source_id, strftime(day, '%Y-%m') as month, list(distinct day), null from requests "
        "where day between date '{start}' and date '{last}' group by 1, 2"
    ),
    "gpu_samples": (
        "select source_id, strftime(day, '%Y-%m') as month, list(distinct day), null from gpu_samples "
        "where day between date '{start}' and date '{last}' group by 1, 2"
    ),
}
"""Days each source has something of, by month; charges of more than a day tell of none."""


def missing_days(ledger: Ledger, period: Period, currency: str) -> Iterator[Finding]:
    """Days without anything between a source's first and last of a month; at stake is an average day's cost."""
    found = 0
    names = {
        "start": period.start,
        "last": period.end - timedelta(days=1),
        "currency": currency.replace("'", ""),
    }
    with ledger.connect(list(_DAYS)) as con:
        rows = [
            _Days(table, str(source), month, tuple(sorted(days)), cost)
            for table, sql in _DAYS.items()
            for source, month, days, cost in query(con, f"{sql.format(**names)} order by 1, 2")
        ]
    for each in rows:
        gaps = _gaps(each.days)
        whole = (parse_month(each.month).end - parse_month(each.month).start).days
        if not gaps or len(each.days) <= REGULAR * whole:
            continue
        found += 1
        average = None
        if each.cost is not None:
            average = multiply(divide(each.cost, len(each.days)), len(gaps))
        yield Finding(
            Check.DAYS,
            f"{each.source} ({each.table})",
            f"{each.month}: nothing on {_listed(gaps)}",
            average,
            "load those days again: finops load",
            is_estimate=average is not None,
            how=_average(each, gaps, average),
            why="requests and samples have no amount of their own",
        )
    if not found:
        what = f"no gap between the first and the last day of {len({each.source for each in rows})} sources"
        yield Finding(Check.DAYS, "all sources", what, ZERO, is_ok=True)


def _average(each: _Days, gaps: list[date], average: Decimal | None) -> tuple[Line, ...]:
    """What the days cost that are there, and an average day for each that is not."""
    if average is None:
        return ()
    return (
        amount(
            "charged", each.cost, f"charges of {each.source} in {each.month}: finops costs --by day"
        ),
        count("days", len(each.days), "days", "with charges"),
        count("missing", len(gaps), "days", f"without: {_listed(gaps)}"),
        amount("at_stake", average, "= charged / days x missing"),
    )


def _gaps(days: Iterable[date]) -> list[date]:
    have = set(days)
    first, last = min(have), max(have)
    every = (first + timedelta(days=number) for number in range((last - first).days))
    return [day for day in every if day not in have]


def _listed(days: list[date], most: int = 3) -> str:
    told = ", ".join(f"{day}" for day in days[:most])
    return told if len(days) <= most else f"{told} and {len(days) - most} days more"


def stored_sums(status: LedgerStatus, period: Period, currency: str) -> Iterator[Finding]:
    """Slices that are not what was loaded, accounts that came twice, rows that were refused."""
    mine = [
        each for each in status.slices if each.month in period.months and each.currency == currency
    ]
    wrong = 0
    for each in mine:
        if each.equal:
            continue
        wrong += 1
        was = (each.recorded or {}).get("EffectiveCost", ZERO)
        now = each.stored.get("EffectiveCost", ZERO)
        yield Finding(
            Check.STORED,
            f"{each.source} {each.scope} {each.month}",
            "what is stored is not what the loads recorded",
            subtract(now, was),
            "finops status",
            how=(
                amount("stored", now, "EffectiveCost of its rows: finops costs --by x_SourceId"),
                amount("recorded", was, 'totals of its loads: finops sql "select * from loads"'),
                amount("at_stake", subtract(now, was), "= stored - recorded"),
            ),
        )
    for twice in status.doubled:
        if twice.month in period.months:
            wrong += 1
            yield Finding(
                Check.STORED,
                f"billing account {twice.account}",
                f"{twice.month} came from {' and '.join(twice.sources)}: probably counted twice",
                _least(status, twice.month, twice.sources, currency),
                "finops status",
                is_estimate=True,
                source="the smaller of what both charge: finops costs --by x_SourceId",
            )
    for source in status.sources:
        if source.rows_refused:
            wrong += 1
            what = f"{source.rows_refused:,} rows were refused when it was loaded"
            subject = f"{source.source} ({source.table})"
            fix = "finops load without --keep-good"
            why = "what is in rows that were refused is not known"
            yield Finding(Check.STORED, subject, what, None, fix, why=why)
    if not wrong:
        what = f"{len(mine)} slices of bills are what was loaded, to the last digit"
        yield Finding(Check.STORED, "all bills", what, ZERO, is_ok=True)


def _least(
    status: LedgerStatus, month: str, sources: Iterable[str], currency: str
) -> Decimal | None:
    """The smallest of what the sources say of the month: what is counted twice at least."""
    amounts = [
        total(
            each.stored.get("EffectiveCost", ZERO)
            for each in status.slices
            if (each.source, each.month, each.currency) == (source, month, currency)
        )
        for source in sources
    ]
    return min(amounts, default=None)
