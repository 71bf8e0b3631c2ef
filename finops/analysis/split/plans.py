"""Who used the plans of a month that no bill covers: what an accrual of provisioned units or seats is split by.

The rules are those of a month with a bill: seats evenly over their users and of each evenly over the requests,
provisioned units by weighted tokens.
"""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from finops.analysis.capacity.usage import PREFILL, read_served
from finops.analysis.capacity.weights import Served, together, weights_of
from finops.analysis.plan_accruals import unbilled_plans
from finops.analysis.sources import keys as key_columns
from finops.analysis.sources import names as key_names
from finops.analysis.split.parts import Part
from finops.analysis.split.tokens import inside
from finops.analysis.where import quote
from finops.ledger.engine import query
from finops.model.tables import TOKEN_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import duckdb

    from finops.analysis.books import Segment
    from finops.analysis.capacity.pools import CapacityPool
    from finops.analysis.economics import Prepared
    from finops.analysis.split.naming import Names
    from finops.analysis.split.parts import Keys

__all__ = ["Use", "read_accrued_plans", "read_used"]


class Use(NamedTuple):
    """Requests of a pool: what they are split by, the deployment or user (`key`), what they used."""

    keys: Keys
    key: str | None
    served: Served
    tokens: int


def read_accrued_plans(
    con: duckdb.DuckDBPyConnection, prepared: Prepared, part: Segment, names: Names
) -> dict[str, tuple[Part, ...]]:
    """The parts of each pool that a plan pays for and no charge of the month of `part`, by its name."""
    if part.period is None:
        return {}
    pools = unbilled_plans(con, prepared, part.config, part.period)
    if not pools:
        return {}
    whole = read_served(con, prepared.relations.allocation, part.period)[part.period.label]
    used = read_used(con, prepared, names, pools)
    return {
        pool.name: tuple(
            _of_seats(used[pool.name])
            if pool.kind == "seat"
            else _of_units(pool, together(whole[pool.name].values()), used[pool.name])
        )
        for pool in pools
    }


def read_used(
    con: duckdb.DuckDBPyConnection,
    prepared: Prepared,
    names: Names,
    pools: Sequence[CapacityPool],
) -> dict[str, list[Use]]:
    """Requests of `pools` by what they are split by, and by deployment or user; `prepared` is on `con`."""
    by = prepared.grouping.by
    counts = {
        "prefill": " + ".join(PREFILL),
        "cached": "cache_read_tokens",
        "output": "output_tokens",
        "requests": "requests",
        "rows": "served_rows",
        "tokens": " + ".join(TOKEN_COLUMNS),
    }
    sums = ", ".join(f"cast(sum({sql}) as bigint) as {name}" for name, sql in counts.items())
    rows = query(
        con,
        f"""
        select {key_names(by)} served_by, served_key, {sums}
        from (select {key_columns(by)} * from {prepared.relations.asked.cells}) as cells
        where {inside(prepared)} and served_by in ({", ".join(quote(pool.name) for pool in pools)})
        group by all
        """,
    )
    found: dict[str, list[Use]] = defaultdict(list)
    for row in rows:
        keys, (pool, key, prefill, cached, output, requests, attempts, count) = (
            row[: len(by)],
            row[len(by) :],
        )
        served = Served(attempts, requests, prefill, cached, output)
        found[pool].append(Use(names.of_requests(keys), key, served, count))
    return found


def _of_seats(used: Sequence[Use]) -> Iterator[Part]:
    """A user's part evenly over the user's requests; all users have the same."""
    requests: dict[str | None, int] = defaultdict(int)
    for each in used:
        requests[each.key] += each.served.requests
    for each in used:
        if count := each.served.requests:
            yield Part(
                "requests", each.keys, Fraction(count, requests[each.key]), count, "Requests"
            )


def _of_units(pool: CapacityPool, whole: Served, used: Sequence[Use]) -> Iterator[Part]:
    """Parts by weighted tokens."""
    weights = weights_of(whole, pool.weights)
    for each in used:
        if weight := weights.weigh(each.served):
            yield Part("requests", each.keys, Fraction(weight), each.tokens, "Tokens")
