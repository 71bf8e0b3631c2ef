"""What vendors and engines counted, beside what the logs show of the same days. The two are compared, never added.

A count (`usage`) and a log (`requests`) meet by provider, project, model and UTC day; of two logs of a call one is
read. Where a row of a provider names no project, its projects are taken together: one side cannot be told apart.
The difference is counted less logged: what is above zero the log lacks, what is below it shows too much.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, NamedTuple

from finops.analysis.books import books
from finops.analysis.grain import MODEL
from finops.analysis.rollups import believed, roll_up
from finops.analysis.terms import Terms
from finops.ledger.engine import query
from finops.ledger.schema import literal
from finops.model.period import Period
from finops.model.tables import INPUT_TOKEN_COLUMNS
from finops.prices.names import provider_id

if TYPE_CHECKING:
    import duckdb

    from finops.config import Config
    from finops.ledger.store import Ledger

__all__ = ["Compared", "Counts", "booked_counts", "compare_counts"]


class Counts(NamedTuple):
    """Requests and tokens of one side; None where it does not say."""

    requests: int | None
    input_tokens: int | None
    output_tokens: int | None


class Compared(NamedTuple):
    """One day of one model as `source` counted it and as the logs show it.

    `logged` is None where no log shows any request of the provider in the month: there is nothing to compare with,
    and the count stands alone.
    """

    source: str
    provider: str | None
    project: str | None
    model: str | None
    day: date
    counted: Counts
    logged: Counts | None

    @property
    def difference(self) -> Counts:
        """Counted less logged."""
        if self.logged is None:
            return Counts(None, None, None)
        pairs = zip(self.counted, self.logged, strict=True)
        return Counts(*(None if a is None or b is None else a - b for a, b in pairs))


def compare_counts(
    ledger: Ledger, terms: Terms, period: Period | None = None
) -> tuple[Compared, ...]:
    """Every day of `period` (None: all) that a vendor or an engine counted; empty where nobody did."""
    days = [file.partition["day"] or "" for file in ledger.files("usage")]
    if not days:
        return ()
    first, last = date.fromisoformat(min(days)), date.fromisoformat(max(days))
    span = Period(first, last + timedelta(days=1))
    if period is not None:
        span = Period(max(span.start, period.start), min(span.end, period.end))
        if span.start >= span.end:
            return ()
    con = ledger.connect(["requests", "usage"])
    try:
        authority = believed(con, ledger, terms.authority, span)
        roll_up(con, ledger, terms, span, ("cells",), authority)
        return _compare(con, span)
    finally:
        con.close()


def booked_counts(ledger: Ledger, config: Config, period: Period | None) -> tuple[Compared, ...]:
    """As `compare_counts`, a closed month by the counts and logs its close kept."""
    return tuple(
        each
        for part in books(ledger, config, period)
        for each in compare_counts(part.ledger, Terms.of(part.config), part.period)
    )


_INPUT = " + ".join(f"coalesce({name}, 0)" for name in INPUT_TOKEN_COLUMNS)
_UNKNOWN = " and ".join(f"{name} is null" for name in INPUT_TOKEN_COLUMNS)

_SQL = """
with counts as (
  select source_id, {provider} as provider, project, response_model as model, day,
    cast(sum(requests) as bigint) as requests,
    cast(sum(case when not ({unknown}) then {input} end) as bigint) as input_tokens,
    cast(sum(output_tokens) as bigint) as output_tokens
  from usage where {days} group by all
), logs as (
  select {provider} as provider, project, {model} as model, day,
    cast(sum(attempts) as bigint) as requests,
    cast(sum({input}) as bigint) as input_tokens,
    cast(sum(output_tokens) as bigint) as output_tokens
  from cells where {days} group by all
), together as (
  select provider from counts where project is null
  union select provider from logs where project is null
), counted as (
  select source_id, provider,
    case when provider not in (select provider from together) then project end as project, model, day,
    sum(requests), sum(input_tokens), sum(output_tokens)
  from counts group by all
), logged as (
  select provider,
    case when provider not in (select provider from together) then project end as project, model, day,
    sum(requests) as requests, sum(input_tokens) as input_tokens, sum(output_tokens) as output_tokens
  from logs group by all
), months as (
  select distinct provider, date_trunc('month', day) as month from logs
)
select c.*, m.provider is not null, coalesce(l.requests, 0), coalesce(l.input_tokens, 0), coalesce(l.output_tokens, 0)
from counted as c
left join logged as l on c.provider is not distinct from l.provider and c.day = l.day
  and c.project is not distinct from l.project and lower(c.model) is not distinct from lower(l.model)
left join months as m on c.provider is not distinct from m.provider and date_trunc('month', c.day) = m.month
order by c.source_id, c.provider, c.project, c.model, c.day
"""


def _compare(con: duckdb.DuckDBPyConnection, span: Period) -> tuple[Compared, ...]:
    sql = _SQL.format(
        provider=_provider(con),
        model=MODEL,
        days=f"day >= date '{span.start}' and day < date '{span.end}'",
        input=_INPUT,
        unknown=_UNKNOWN,
    )
    found = []
    for source, provider, project, model, day, *numbers in query(con, sql):
        counts = [None if number is None else int(number) for number in numbers]
        logged = Counts(*counts[4:]) if counts[3] else None
        found.append(Compared(source, provider, project, model, day, Counts(*counts[:3]), logged))
    return tuple(found)


def _provider(con: duckdb.DuckDBPyConnection) -> str:
    """SQL of a provider by one name, however usage and logs spell it."""
    named = query(con, "select provider from usage union select provider from cells")
    spelled = {name: provider_id(name) for (name,) in named if name is not None}
    cases = "".join(
        f" when {literal(name)} then {literal(known)}" for name, known in spelled.items() if known
    )
    return f"case provider{cases} else provider end" if cases else "provider"
