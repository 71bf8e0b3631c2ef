"""Which capacity pool serves a request, and by what its cost is told apart inside that pool.

A request that names a pool is served by it; of the others the first `serves` rule that fits decides.
Inside a GPU pool the deployment tells requests apart, inside a seat pool the user; provisioned
throughput is one for all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from finops.analysis.grain import filter_columns
from finops.analysis.where import compile_where, quote
from finops.errors import ConfigError, UsageError
from finops.model.schema import Kind
from finops.model.tables import REQUESTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from finops.analysis.capacity.pools import CapacityPool

__all__ = ["NOBODY", "Serving", "serving"]

_NONE = "cast(null as varchar)"


class Serving(NamedTuple):
    """SQL over request columns: the serving pool, and over that as `served_by` what tells apart there."""

    by: str = _NONE
    key: str = _NONE


NOBODY = Serving()
"""No pool serves requests."""


def serving(pools: Sequence[CapacityPool]) -> Serving:
    """How requests find their pool; ConfigError names the pool whose rule is wrong."""
    if not pools:
        return NOBODY
    names = ", ".join(quote(pool.name) for pool in pools)
    branches = [f"when pool in ({names}) then pool"]
    branches += [
        f"when {_rule(pool, pool.serves)} then {quote(pool.name)}"
        for pool in pools
        if pool.serves is not None
    ]
    keys = [
        f"when {quote(pool.name)} then {_user(pool) if pool.kind == 'seat' else 'deployment'}"
        for pool in pools
        if pool.kind != "provisioned"
    ]
    key = f"case served_by {' '.join(keys)} end" if keys else _NONE
    return Serving(f"case {' '.join(branches)} end", key)


def _rule(pool: CapacityPool, rule: str) -> str:
    try:
        return compile_where(rule, filter_columns()).sql
    except UsageError as error:
        raise ConfigError(
            f"pool {pool.name!r}, serves: {error.message}", hint=error.hint
        ) from error


def _user(pool: CapacityPool) -> str:
    if pool.user is None:
        return "coalesce(api_key_id, team)"
    texts = [column.name for column in REQUESTS.columns if column.kind is Kind.TEXT]
    if pool.user not in texts:
        raise ConfigError(
            f"pool {pool.name!r}: requests have no text column {pool.user!r}",
            hint=f"user is one of {', '.join(texts)}",
        )
    return pool.user
