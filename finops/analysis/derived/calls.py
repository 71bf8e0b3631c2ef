"""How a run's cost is made, call by call: what each attempt's tokens, capacity and shares cost, and their sum."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from finops.analysis.derived.arithmetic import Derived, amount, derived, missing
from finops.analysis.derived.sheet import PARTS
from finops.analysis.derived.table import Row, Table
from finops.analysis.explain_cost import products
from finops.analysis.explain_products import product_lines
from finops.analysis.sources import counted_cells, only
from finops.analysis.where import quote
from finops.ledger.engine import query
from finops.model.money import ZERO, total

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import duckdb

    from finops.analysis.derived.runs import Run, RunsAsked
    from finops.analysis.economics import Prepared
    from finops.analysis.explanation import Line
    from finops.analysis.sources import Sources

__all__ = ["calls_table"]

_TOLD = (
    "sum over calls of the run in the period: every attempt's tokens x rates + capacity + shares"
)
_BY = ("source", "call", "request_id")
_CALLS = "calls"


class _Attempt(NamedTuple):
    """What tells one attempt's cells from the others', and what became of its cost."""

    source: str
    call: str
    request: str
    fate: str

    @property
    def condition(self) -> str:
        """The condition of its cells."""
        names = ("source_id", "call_id", "request_id", "fate")
        return " and ".join(
            f"{name} = {quote(value)}" for name, value in zip(names, self, strict=True)
        )

    @property
    def begin(self) -> str:
        """What its steps begin with: the call, the attempt where it has a name of its own, its fate."""
        told = [] if self.request == self.call else [self.request]
        told += [] if self.fate == "ok" else [self.fate.replace("_", " ")]
        return f"{self.call}: {''.join(f'{each}, ' for each in told)}"


def calls_table(asked: RunsAsked) -> Table:
    """A row for each run, its cost derived call by call."""
    runs, answer = asked.runs()
    return Table(tuple(_row(run, asked, answer.currency) for run in runs), None, answer.period)


def _row(run: Run, asked: RunsAsked, currency: str) -> Row:
    return Row(
        {"run": run.run, "source": run.source}, {"cost": lambda: _cost(run, asked)}, currency
    )


def _cost(run: Run, asked: RunsAsked) -> Derived:
    found = products(
        asked.ledger, asked.config, asked.of(run), _attempts, by=_BY, begin_with_month=False
    )
    lines = tuple(_with_sums(found.lines))
    if run.cost is None:
        return missing("cost", _TOLD, "nothing of it has a price", *lines)
    whole = total(line.amount or ZERO for line in found.lines)
    last = amount("cost", whole, f"{PARTS}{_CALLS}", found.currency)
    return derived(whole, _TOLD, *lines, last)


def _attempts(
    con: duckdb.DuckDBPyConnection, prepared: Prepared, sources: Sources
) -> tuple[Line, ...]:
    """What each attempt costs, in the order they were made."""
    rows = query(
        con,
        f"""
        select c.source_id, c.call_id, c.request_id, c.fate
        from (select distinct source_id, call_id, request_id, fate from {counted_cells(sources)}) as c
        left join (
            select source_id, request_id, min(timestamp) as first from requests
            where day >= date '{sources.start}' and day < date '{sources.end}' group by all
        ) as r on c.source_id = r.source_id and c.request_id = r.request_id
        order by r.first, c.request_id, c.fate
        """,
    )
    lines: list[Line] = []
    for row in rows:
        attempt = _Attempt(*row)
        made = product_lines(con, prepared, only(sources, attempt.condition))
        lines += [line._replace(step=f"{attempt.begin}{line.step}") for line in made]
        if not made:
            told = "no tokens, no capacity and no share of a pool"
            lines.append(amount(f"{attempt.begin}nothing", ZERO, told))
    return tuple(lines)


def _with_sums(lines: Sequence[Line]) -> Iterator[Line]:
    """The lines by call, each call's with their sum below."""
    by_call: dict[str, list[Line]] = {}
    for line in lines:
        by_call.setdefault(line.step.partition(": ")[0], []).append(line)
    for call, found in by_call.items():
        yield from found
        whole = total(line.amount or ZERO for line in found)
        yield amount(f"{_CALLS}: {call}", whole, f"{PARTS}{call}")
