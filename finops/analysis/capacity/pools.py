"""Which pools are capacity, and what finops.toml says of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable
    from decimal import Decimal

    from finops.analysis.pools import PoolRule
    from finops.sections.pools import Pool, Weights

__all__ = ["KINDS", "CapacityPool", "capacity_pools"]

KINDS = ("gpu", "provisioned", "seat")
"""Kinds of pools that are paid for whether used or not."""


class CapacityPool(NamedTuple):
    """One pool; settings that finops.toml leaves out are None."""

    name: str
    kind: str
    gpus_per_unit: int | None = None
    as_applied: bool = False
    basis: str = "all-to-gpu"
    gpu_share: Decimal | None = None
    samples: str | None = None
    serves: str | None = None
    weights: Weights | None = None
    tokens_per_unit_minute: Decimal | None = None
    user: str | None = None
    max_busy: Decimal | None = None


def capacity_pools(
    rules: Iterable[PoolRule], configured: Iterable[Pool]
) -> tuple[CapacityPool, ...]:
    """The capacity pools among `rules`, each once, in the order they are tried."""
    settings = {pool.name: pool for pool in reversed(tuple(configured))}
    first = {rule.name: rule for rule in reversed(tuple(rules))}
    kinds = {name: first[name].kind for name in reversed(first)}
    return tuple(
        _pool(name, kind, settings.get(name)) for name, kind in kinds.items() if kind in KINDS
    )


def _pool(name: str, kind: str, found: Pool | None) -> CapacityPool:
    if found is None:
        return CapacityPool(name, kind)
    return CapacityPool(
        name,
        kind,
        found.gpus_per_unit,
        found.rate == "as-applied",
        str(found.basis or "all-to-gpu"),
        found.gpu_share,
        found.samples,
        found.serves,
        found.weights,
        found.tokens_per_unit_minute,
        found.user,
        found.max_busy,
    )
