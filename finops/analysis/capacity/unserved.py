"""Requests that capacity served and whose cost is not known: how many tokens, and what is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finops.analysis.capacity.install import RATES
from finops.analysis.grain import MODEL
from finops.ledger.engine import query
from finops.model.tables import TOKEN_COLUMNS

if TYPE_CHECKING:
    import duckdb

    from finops.analysis.capacity.model import Asked, Capacity

__all__ = ["without_cost"]


def without_cost(
    con: duckdb.DuckDBPyConnection, asked: Asked, found: Capacity
) -> dict[tuple[str, str, str], int]:
    """Tokens without a cost by provider, model and reason; needs `install_capacity`."""
    if not asked.pools:
        return {}
    tokens = " + ".join(f"c.{name}" for name in TOKEN_COLUMNS)
    rows = query(
        con,
        f"""
        select
            c.provider, {MODEL} as model, c.served_by, c.served_key,
            strftime(c.day, '%Y-%m') as month, cast(sum({tokens}) as bigint) as tokens
        from {asked.cells} as c
        left join {RATES} as k
            on
                c.served_by = k.of_pool
                and c.served_key is not distinct from k.of_key
                and c.day >= k.from_day
                and c.day < k.until_day
        where
            c.served_by is not null and k.id is null
            and c.day >= date '{asked.months.start}' and c.day < date '{asked.months.end}'
        group by all
        order by all
        """,
    )
    unpriced: dict[tuple[str, str, str], int] = {}
    for provider, model, pool, key, month, count in rows:
        if count:
            place = (
                str(provider or "?"),
                str(model or "?"),
                _reason(found, pool, key, month, asked.currency),
            )
            unpriced[place] = unpriced.get(place, 0) + count
    return unpriced


def _reason(found: Capacity, pool: str, key: str | None, month: str, currency: str) -> str:
    of_month = [
        each for each in found.months if (each.facts.pool.name, each.facts.month) == (pool, month)
    ]
    if not of_month or not any(billed.cost for billed in of_month[0].facts.billed.values()):
        missing = "load its bill, or describe it in [[owned]]"
        return f"pool {pool} has no charge in {currency} in {month}: {missing}"
    held = sorted({str(owner.name) for owner in of_month[0].facts.tally if owner.name})
    if not held:
        return f"no GPU sample shows who held pool {pool} in {month}: finops load gpu FILE"
    name = "no deployment" if key is None else f"deployment {key!r}"
    return f"{name} holds no device of pool {pool} in {month}; holders are {', '.join(held[:5])}"
