"""Which of a delivery's rows are stored, and as which: where a delivery is only a part of what its source knows.

Of a pull only the months or days it is about are stored.

Agents write a call down again when a session is resumed or forked, perhaps days later and under another session.
Files that are read together are told apart by their format. Of a call that is in the ledger already, a copy read
later changes neither time, session nor agent; where it says more of the call's tokens, those are taken over.

A format that numbers the attempts of a call numbers those it sees together. Those that are stored are numbered with
them, by their start, in whatever order they were read: where one that is stored gets another number by that, its row
is delivered again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.sql import literal, quoted
from finops.ledger.engine import query
from finops.ledger.store import rows_sql
from finops.model.tables import REQUESTS, TOKEN_COLUMNS

if TYPE_CHECKING:
    import duckdb

    from finops.ledger.store import Ledger
    from finops.model.period import Period

__all__ = ["attempts_in_place", "of_days", "of_months", "replays_in_place"]

_PLACE = ("timestamp", "day", "trace_id", "workflow_run_id", "agent", "feature")
"""What says where a call was made: of a copy they are wrong."""

_IN_PLACE = """
select {columns} from (
  select n, s, coalesce(copy and (s."day" <> n."day" or told), false) as moved, fuller from (
    select n, s,
      s.request_id is not null and ({s_place}) is distinct from ({n_place}) as copy,
      ({s_order}) <= ({n_order}) as told,
      ({n_tokens}) > ({s_tokens}) as fuller
    from ({rows}) as n
    left join (select * from ({stored}) where source_id = {source}) as s
      on s.request_id = n.request_id and s.attempt = n.attempt
  )
)
"""

_NUMBERED = """
with new as materialized ({rows}), apart as (
  select request_id, call_id, attempt, "timestamp", "day" from ({stored})
  semi join new using (call_id) anti join new using (request_id)
  where source_id = {source}
), ranked as (
  select *, row_number() over (partition by call_id order by "timestamp", request_id, attempt) as place
  from (
    select call_id, request_id, attempt, "timestamp", true as is_new from new where call_id is not null
    union all
    select call_id, request_id, attempt, "timestamp", false as is_new from apart
  )
), numbered as (
  select new.* replace (coalesce(place, new.attempt) as attempt)
  from new left join (from ranked where is_new) as r using (call_id, request_id, attempt)
)
select * from ({kept})
union all by name
select s.* replace (place as attempt)
from ({stored}) as s join (
  select apart.*, place
  from apart join (from ranked where not is_new and place <> attempt) using (call_id, request_id, attempt)
) as moved on s."day" = moved."day" and s.request_id = moved.request_id and s.attempt = moved.attempt
where source_id = {source}
"""


def of_months(rows: str, months: tuple[str, ...]) -> str:
    """Of the costs `rows` those of the billing `months` (YYYY-MM)."""
    listed = ", ".join(literal(month) for month in months)
    return f'select * from ({rows}) where "x_BillingMonth" in ({listed})'


def of_days(rows: str, days: Period) -> str:
    """Of the dated `rows` those of `days`: the first included, the end not."""
    start, end = (literal(day.isoformat()) for day in (days.start, days.end))
    return f'select * from ({rows}) where "day" >= cast({start} as date) and "day" < cast({end} as date)'


def replays_in_place(ledger: Ledger, con: duckdb.DuckDBPyConnection, rows: str, source: str) -> str:
    """The requests `rows`, copies of calls that `ledger` has of `source` put where those are."""
    files = ledger.files(REQUESTS.name)
    if not files:
        return rows
    ledger.local(files, REQUESTS.name)
    names = [str(row[0]) for row in query(con, f"describe {rows}")]

    def columns_of(side: str, *wanted: str) -> str:
        return ", ".join(f"{side}.{quoted(name)}" for name in wanted if name in names)

    def tokens_of(side: str) -> str:
        return " + ".join(f"coalesce({side}.{name}, 0)" for name in TOKEN_COLUMNS if name in names)

    chosen = ", ".join(
        f"case when moved{'' if name in _PLACE else ' and not fuller'}"
        f" then s.{quoted(name)} else n.{quoted(name)} end as {quoted(name)}"
        for name in names
    )
    return _IN_PLACE.format(
        columns=chosen,
        rows=rows,
        stored=rows_sql(REQUESTS, files),
        source=literal(source),
        s_place=columns_of("s", "timestamp", "workflow_run_id", "agent"),
        n_place=columns_of("n", "timestamp", "workflow_run_id", "agent"),
        s_order=columns_of("s", "timestamp", "agent"),
        n_order=columns_of("n", "timestamp", "agent"),
        s_tokens=tokens_of("s"),
        n_tokens=tokens_of("n"),
    )


def attempts_in_place(ledger: Ledger, rows: str, source: str, days: Period | None) -> str:
    """The requests `rows` of `days`, attempts of their calls numbered with those that `ledger` has of `source`.

    Also, stored rows that get another number by that.
    """
    files = ledger.files(REQUESTS.name)
    if not files:
        return rows if days is None else of_days(rows, days)
    ledger.local(files, REQUESTS.name)
    return _NUMBERED.format(
        rows=rows,
        stored=rows_sql(REQUESTS, files),
        source=literal(source),
        kept="numbered" if days is None else of_days("from numbered", days),
    )
