"""Runs of a settled period, one by one: from a workflow to its dearest or newest runs, in a blink.

What a run's cost hangs on is kept by day beside the roll-ups (`run_tokens`, in order of workflow); settling
puts the price of each of its pieces beside the cells. A run here is what a filter lets through of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from finops.analysis.capacity.usage import PREFILL
from finops.analysis.logged import KEY_COLUMNS
from finops.analysis.metering import KINDS
from finops.analysis.sources import span
from finops.analysis.where import quote
from finops.errors import UsageError
from finops.ledger.engine import query
from finops.model.tables import TOKEN_COLUMNS
from finops.sql import render

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from decimal import Decimal

    import duckdb

    from finops.analysis.sharing import Shares
    from finops.analysis.sources import Sources

__all__ = ["ORDERS", "Run", "RunList", "list_runs", "settle_rates"]

ORDERS = {
    "cost": ("sum({cost})", "desc"),
    "newest": ("max(r.last_at)", "desc"),
    "oldest": ("min(r.first_at)", ""),
    "requests": ("sum(r.requests)", "desc"),
    "failures": ("sum(r.failures)", "desc"),
}
"""What runs can be ordered by: SQL over a run's pieces, and the direction."""

_COUNTS = ("requests", "attempts", "failures", *TOKEN_COLUMNS)
_SAME = (
    "r.grain_key = g.grain_key and r.context_from = g.context_from and r.minute_from = g.minute_from "
    "and r.served_by is not distinct from g.served_by "
    "and r.served_key is not distinct from g.served_key"
)
"""What tells the prices of a run's pieces apart."""

_FEW = 8
"""Workflows that are looked for by name in files that stand by workflow; more are read with all."""


class Run(NamedTuple):
    """One run of a workflow in the period: its calls there, what became of it, what it cost.

    `failures` are requests whose last attempt did not succeed. `cost` is None where nothing of it has a price.
    """

    source: str
    run: str
    started: datetime
    ended: datetime
    outcome: str | None
    counts: Mapping[str, int]
    cost: Decimal | None
    unpriced_tokens: int


class RunList(NamedTuple):
    """Some runs, and of how many."""

    runs: tuple[Run, ...]
    everything: int


def settle_rates(con: duckdb.DuckDBPyConnection, sources: Sources, shares: Shares) -> None:
    """Make `settled_rates` of the rates on `con` and `settled_cells`."""
    capacity = dict.fromkeys(PREFILL, "k.{part}_prefill")
    capacity |= {"cache_read_tokens": "k.{part}_cached", "output_tokens": "k.{part}_output"}
    rates = []
    for kind in KINDS:
        parts = [f"r.{kind}_billed", f"r.{kind}_list", f"r.{kind}_share"]
        parts.append(f"cast('{shares.per_token:f}' as decimal(38, 24))")
        parts += _capacity(capacity[f"{kind}_tokens"])
        rates.append(f"{' + '.join(parts)} as {kind}_rate")
    named = set(KEY_COLUMNS) - {"context_from", "minute_from", "served_by"}
    same = [
        f"{'c' if name in named else 'p'}.{name} is not distinct from r.{name}"
        for name in KEY_COLUMNS
    ]
    sql = render(
        "settled_rates",
        rates=", ".join(rates),
        row_rate=" + ".join(_capacity("k.{part}_rows")),
        unpriced=", ".join(
            f"r.{kind}_unpriced or (p.served_by is not null and k.id is null) as {kind}_unpriced"
            for kind in KINDS
        ),
        per_request=f"{shares.per_request:f}",
        cells=sources.cells,
        days="day >= {start} and day < {stop}".format(**span(sources)),
        same_price=" and ".join(same),
    )
    query(con, f"create temp table settled_rates as {sql}")


def _capacity(rate: str) -> list[str]:
    return [f"coalesce({rate.format(part=part)}, 0)" for part in ("busy", "idle", "unused")]


def list_runs(
    con: duckdb.DuckDBPyConnection,
    sources: Sources,
    shares: Shares,
    counted: str,
    order: str = "cost",
    limit: int = 1000,
    offset: int = 0,
) -> RunList:
    """`limit` runs after the first `offset`, by `order` (one of `ORDERS`), of the calls that are `counted`.

    UsageError for an order there is none of. Needs `settle_rates`, and `run_tokens` on `con`.
    """
    if order not in ORDERS:
        raise UsageError(
            f"runs cannot be ordered by {order!r}", hint=f"choose among {', '.join(ORDERS)}"
        )
    cost = [f"r.{kind}_tokens * g.{kind}_rate" for kind in KINDS]
    cost += ["r.requests * g.request_rate", "r.served_rows * g.row_rate"]
    cost.append(f"r.bytes_moved * cast('{shares.per_byte:f}' as decimal(38, 24))")
    cost.append(f"r.retrievals * cast('{shares.per_retrieval:f}' as decimal(38, 24))")
    rank, direction = ORDERS[order]
    sql = render(
        "settled_run_list",
        counted=counted,
        counts=", ".join(f"cast(sum(r.{name}) as bigint) as {name}" for name in _COUNTS),
        cost=" + ".join(cost),
        unpriced=" + ".join(
            f"case when g.{kind}_unpriced then r.{kind}_tokens else 0 end" for kind in KINDS
        ),
        workflows=_workflows(con, counted),
        rank=rank.format(cost=" + ".join(cost)),
        direction=direction,
        same=_SAME,
        limit=str(int(limit)),
        offset=str(int(offset)),
        **span(sources),
    )
    rows = query(con, sql)
    return RunList(tuple(_run(row) for row in rows), rows[0][-1] if rows else 0)


def _workflows(con: duckdb.DuckDBPyConnection, counted: str) -> str:
    """The condition that lets files of other workflows alone, where there are few that count."""
    names = [
        name
        for (name,) in query(
            con, f"select distinct workflow from settled_cells where {counted} limit {_FEW + 1}"
        )
    ]
    if len(names) > _FEW or None in names or not names:
        return "true"
    return f"r.workflow in ({', '.join(quote(name) for name in names)})"


def _run(row: tuple[object, ...]) -> Run:
    source, run, started, ended, outcome, *rest = row
    *counts, cost, unpriced, _ = rest
    named = dict(zip(_COUNTS, counts, strict=True))
    known = None if unpriced and not cost else cost
    return Run(source, run, started, ended, outcome, named, known, unpriced)  # type: ignore[arg-type]
