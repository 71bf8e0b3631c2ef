"""Pools: which part of the bill each cost row belongs to, and so how its money reaches requests.

Rules from finops.toml come first and the first match wins; after them stand our own, which know the
token services and accelerators of the large providers; what nothing matches is `other`: not AI, still
counted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from finops.analysis.where import compile_where, quote
from finops.errors import ConfigError, UsageError
from finops.model.tables import COSTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

__all__ = ["BUILT_IN", "OTHER", "PoolRule", "cost_columns", "pool_rules", "pool_sql"]

OTHER = "other"
"""The pool of rows no rule matches."""

DEFAULT_DRIVER = "requests"
"""What a shared pool is split by when its rule does not say."""


class PoolRule(NamedTuple):
    """One rule: rows for which `where` holds are in pool `name`; `driver` only for shared ones."""

    name: str
    kind: str
    where: str
    driver: str | None = None


class _Owned(Protocol):
    @property
    def pool(self) -> str: ...
    @property
    def invoiced(self) -> Mapping[Any, str]: ...


class _Configured(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def where(self) -> str: ...
    @property
    def driver(self) -> str | None: ...


BUILT_IN = (
    PoolRule("tokens", "metered", "x_Model is not null and x_TokenType is not null"),
    PoolRule(
        "model apis",
        "metered",
        "lower(coalesce(ServiceProviderName, ProviderName)) in ('openai', 'anthropic', 'openrouter') "
        "or ServiceName ilike '%bedrock%' or ServiceName ilike '%openai%'",
    ),
    PoolRule(
        "gpu instances",
        "gpu",
        "SkuPriceDetails['GpuCount'] is not null or SkuPriceDetails['InstanceType'] ilike 'p_%.%xlarge'",
    ),
)
"""Rules that hold when finops.toml has none that match."""


def pool_rules(
    configured: Iterable[_Configured], owned: Iterable[_Owned] = ()
) -> tuple[PoolRule, ...]:
    """The rules in force: of owned hardware and what is invoiced for it, of finops.toml, then ours."""
    own = tuple(
        PoolRule(
            rule.name,
            str(rule.kind),
            rule.where,
            (str(rule.driver) if rule.driver else DEFAULT_DRIVER)
            if rule.kind == "shared"
            else None,
        )
        for rule in configured
    )
    return (*_owned_rules(owned, own), *own, *BUILT_IN)


def _owned_rules(owned: Iterable[_Owned], own: Iterable[PoolRule]) -> Iterator[PoolRule]:
    """Rules that keep owned hardware in its pool, which is what [[pools]] say of its name, else `gpu`."""
    by_name = {rule.name: rule for rule in reversed(tuple(own))}
    for each in owned:
        rule = by_name.get(each.pool, PoolRule(each.pool, "gpu", ""))
        yield rule._replace(where=f"x_CostOrigin = 'owned' and x_Pool = {quote(each.pool)}")
        for where in each.invoiced.values():
            yield rule._replace(where=where)


def pool_sql(rules: Iterable[PoolRule]) -> str:
    """CASE over cost columns that gives each row's pool; ConfigError names a rule that is wrong.

    A row no rule matches is in the pool its source named (`x_Pool`), else in `other`.
    """
    columns = cost_columns()
    branches = []
    for rule in rules:
        try:
            condition = compile_where(rule.where, columns).sql
        except UsageError as error:
            raise ConfigError(f"pool {rule.name!r}: {error.message}", hint=error.hint) from error
        branches.append(f"when {condition} then {quote(rule.name)}")
    return f"case {' '.join(branches)} else coalesce(x_Pool, {quote(OTHER)}) end"


def cost_columns() -> dict[str, str]:
    """Names a filter on costs may use, with their SQL."""
    return {column: f'"{column}"' for column in COSTS.names}
