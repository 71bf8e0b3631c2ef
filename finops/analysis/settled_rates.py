"""What each piece of a run costs, once a period is settled: a price beside every cell of the roll-up.

A piece is a row of `run_tokens`; what tells its price is in `SAME_PRICE`. Amounts are exact.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from finops.analysis.capacity.usage import PREFILL
from finops.analysis.logged import KEY_COLUMNS
from finops.analysis.metering import KINDS
from finops.analysis.sources import span
from finops.ledger.engine import query
from finops.sql import render

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import duckdb

    from finops.analysis.sharing import Shares
    from finops.analysis.sources import Sources

__all__ = ["SAME_PRICE", "UNPRICED", "settle_rates"]

SAME_PRICE = (
    "r.grain_key = g.grain_key and r.context_from = g.context_from and r.minute_from = g.minute_from "
    "and r.served_by is not distinct from g.served_by "
    "and r.served_key is not distinct from g.served_key"
)
"""What tells the prices of a run's pieces apart: `r` are pieces, `g` rates."""

UNPRICED = " + ".join(
    f"case when g.{kind}_unpriced then r.{kind}_tokens else 0 end" for kind in KINDS
)
"""SQL of the tokens of a piece that have no price."""

_MONEY = "decimal(38, 24)"


def settle_rates(con: duckdb.DuckDBPyConnection, sources: Sources, shares: Shares) -> str:
    """Make `settled_rates` of the rates on `con` and `settled_cells`; the SQL of what a piece costs is returned."""
    capacity = dict.fromkeys(PREFILL, "k.{part}_prefill")
    capacity |= {"cache_read_tokens": "k.{part}_cached", "output_tokens": "k.{part}_output"}
    rates = []
    for kind in KINDS:
        parts = [f"r.{kind}_billed", f"r.{kind}_list", f"r.{kind}_share"]
        parts.append(f"cast('{shares.per_token:f}' as {_MONEY})")
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
    return _cost(con, shares)


def _capacity(rate: str) -> list[str]:
    return [f"coalesce({rate.format(part=part)}, 0)" for part in ("busy", "idle", "unused")]


def _cost(con: duckdb.DuckDBPyConnection, shares: Shares) -> str:
    """SQL of what a piece `r` with rates `g` costs, without what is zero in the whole period."""
    rated = {f"{kind}_tokens": f"{kind}_rate" for kind in KINDS}
    rated |= {"requests": "request_rate", "served_rows": "row_rate"}
    flat = {"bytes_moved": shares.per_byte, "retrievals": shares.per_retrieval}
    free = {
        *_zero(con, "settled_rates", rated.values()),
        *_zero(con, "settled_cells", [name for name in (*rated, *flat) if name != "served_rows"]),
    }
    cost = [f"r.{count} * g.{rate}" for count, rate in rated.items() if not free & {count, rate}]
    cost += [
        f"r.{count} * cast('{rate:f}' as {_MONEY})"
        for count, rate in flat.items()
        if rate and count not in free
    ]
    return " + ".join((*cost, f"cast(0 as {_MONEY})"))


def _zero(con: duckdb.DuckDBPyConnection, table: str, names: Iterable[str]) -> Iterator[str]:
    """Those of `names`, columns of `table`, that are zero in every row."""
    each = list(names)
    (found,) = query(con, f"select {', '.join(f'bool_or({n} <> 0)' for n in each)} from {table}")
    return (name for name, is_there in zip(each, found, strict=True) if not is_there)
