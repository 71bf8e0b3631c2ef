"""Whether a month is all there: each source that should have delivered it, and how far it has.

Expected are the sources configured, those seen in the month before and those seen in the month itself.
A bill has delivered a month when its charges reach the month's end and were loaded after it; a log
and samples when they reach its last day; jobs when they were loaded after it. What is delivered may
still change for some days of grace: then the month is provisional, and after them complete.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

from finops.ledger.engine import query
from finops.model.period import Period, month_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from finops.config import Config
    from finops.ledger.store import Ledger

__all__ = ["Completeness", "Delivery", "MonthState", "completeness"]


class MonthState(StrEnum):
    """Where a month stands."""

    OPEN = "open"
    PROVISIONAL = "provisional"
    CLOSED = "closed"


class Delivery(NamedTuple):
    """What one source has delivered of the month; `missing` says in words what has not come.

    `through` is the first day it has not reached; `final_on` the first day it counts as final.
    """

    source: str
    table: str
    rows: int
    through: date | None
    loaded_at: datetime | None
    final_on: date
    missing: str | None


class Completeness(NamedTuple):
    """The month, its sources, and what stands between it and its close."""

    month: Period
    state: MonthState
    deliveries: tuple[Delivery, ...]
    final_on: date

    def obstacles(self, today: date) -> tuple[str, ...]:
        """Why the month cannot be closed on `today`; empty when it can."""
        found = [
            f"{each.source} ({each.table}): {each.missing}"
            for each in self.deliveries
            if each.missing
        ]
        if not self.deliveries:
            found.append("no source has delivered anything of it")
        if today < self.month.end:
            found.append(f"the month lasts until {self.month.end - timedelta(days=1)}")
        elif today < self.final_on:
            found.append(
                f"sources may still change it until {self.final_on - timedelta(days=1)} (days of grace)"
            )
        return tuple(found)


class _Seen(NamedTuple):
    rows: int
    through: date | None
    loaded_at: datetime | None


def completeness(ledger: Ledger, config: Config, month: Period, today: date) -> Completeness:
    """Where `month` stands on `today`, as the ledger is now."""
    seen = _seen(ledger, month)
    before = _seen(ledger, month_of(month.start - timedelta(days=1)))
    expected = {key for key, found in (*before.items(), *seen.items()) if found.rows}
    known = {source for source, _ in expected}
    expected |= {
        (source, "any")
        for source in (*config.sources, *config.close.sources)
        if source not in known
    }
    deliveries = []
    for source, table in sorted(expected):
        rule = config.close.sources.get(source)
        if rule is not None and not rule.required:
            continue
        days = config.close.grace_days if rule is None else rule.grace_days
        grace = timedelta(days=config.close.grace_days if days is None else days)
        found = seen.get((source, table), _Seen(0, None, None))
        deliveries.append(
            Delivery(source, table, *found, month.end + grace, _missing(found, table, month))
        )
    delivered = deliveries and not any(each.missing for each in deliveries) and today >= month.end
    return Completeness(
        month,
        MonthState.PROVISIONAL if delivered else MonthState.OPEN,
        tuple(deliveries),
        max((each.final_on for each in deliveries), default=month.end),
    )


def _missing(found: _Seen, table: str, month: Period) -> str | None:
    if not found.rows and table != "jobs":
        return "nothing of the month has come"
    late = found.loaded_at is not None and found.loaded_at.date() >= month.end
    if table in {"costs", "jobs"} and not late:
        return f"last loaded {_day(found.loaded_at)}, before the month was over"
    if table != "jobs" and (found.through is None or found.through < month.end):
        return f"it reaches only to {_day(found.through and found.through - timedelta(days=1))}"
    return None


def _day(moment: date | datetime | None) -> str:
    return "never" if moment is None else f"{moment:%Y-%m-%d}"


_QUERIES: Mapping[str, str] = {
    "costs": """
        select x_SourceId, count(*), cast(max(ChargePeriodEnd - interval 1 microsecond) as date)
        from costs
        where x_BillingMonth = '{month}' and x_CostOrigin = 'bill'
        group by 1
    """,
    "requests": """
        select source_id, count(*), max(day) from requests
        where day >= date '{start}' and day < date '{end}' group by 1
    """,
    "gpu_samples": """
        select source_id, count(*), max(day) from gpu_samples
        where day >= date '{start}' and day < date '{end}' group by 1
    """,
    "jobs": """
        select source_id, count(*), max(cast(ended_at as date)) from jobs
        where month = '{month}' group by 1
    """,
}
"""Per table: source, rows of the month, and the last day they reach."""

_LOADED = """
    select table_name, source_id, max(loaded_at) from loads
    where table_name in ('requests', 'gpu_samples', 'jobs') group by all
    union all
    select 'costs', source_id, max(loaded_at)
    from (select source_id, loaded_at, unnest(from_json(scope, '["JSON"]')) as slice
          from loads where table_name = 'costs')
    where slice->>'month' = '{month}'
    group by all
"""
"""When a source was last loaded; a bill, when this month of it was."""


def _seen(ledger: Ledger, month: Period) -> dict[tuple[str, str], _Seen]:
    names = {"month": month.label, "start": month.start, "end": month.end}
    found: dict[tuple[str, str], _Seen] = {}
    with ledger.connect([*_QUERIES, "loads"]) as con:
        loaded: dict[tuple[Any, Any], Any] = {
            (source, table): moment for table, source, moment in query(con, _LOADED.format(**names))
        }
        for table, sql in _QUERIES.items():
            for source, rows, last in query(con, sql.format(**names)):
                through = None if last is None else last + timedelta(days=1)
                key = (str(source), table)
                found[key] = _Seen(rows, through, loaded.get(key))
    return found
