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
    from collections.abc import Iterable, Iterator, Mapping, Sequence

__all__ = [
    "BUILT_IN",
    "OTHER",
    "PoolRule",
    "cost_columns",
    "element_sql",
    "pool_rules",
    "pool_sql",
]

OTHER = "other"
"""The pool of rows no rule matches."""

DEFAULT_DRIVER = "requests"
"""What a shared pool is split by when its rule does not say."""


class PoolRule(NamedTuple):
    """One rule: rows for which `where` holds are in pool `name`; `driver` only for shared ones.

    `is_element`: they are what an invoice charges of owned hardware, and offer no device time beside it.
    """

    name: str
    kind: str
    where: str
    driver: str | None = None
    is_element: bool = False


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
    found = [(by_name.get(each.pool, PoolRule(each.pool, "gpu", "")), each) for each in owned]
    for rule, each in found:
        yield rule._replace(where=f"x_CostOrigin = 'owned' and x_Pool = {quote(each.pool)}")
    for rule, each in found:
        for where in each.invoiced.values():
            yield rule._replace(where=where, is_element=True)


def pool_sql(rules: Iterable[PoolRule]) -> str:
    """CASE over cost columns that gives each row's pool; ConfigError names a rule that is wrong.

    A row no rule matches is in the pool its source named (`x_Pool`), else in `other`.
    """
    branches = [f"when {_condition(rule)} then {quote(rule.name)}" for rule in rules]
    return f"case {' '.join(branches)} else coalesce(x_Pool, {quote(OTHER)}) end"


def element_sql(rules: Sequence[PoolRule]) -> str:
    """Condition on cost rows: the first rule that has the row says an invoice charges an element by it."""
    if not any(rule.is_element for rule in rules):
        return "false"
    branches = [f"when {_condition(rule)} then {str(rule.is_element).lower()}" for rule in rules]
    return f"case {' '.join(branches)} else false end"


def _condition(rule: PoolRule) -> str:
    """The rule's condition as SQL; ConfigError names a rule that is wrong."""
    try:
        return compile_where(rule.where, cost_columns()).sql
    except UsageError as error:
        raise ConfigError(f"pool {rule.name!r}: {error.message}", hint=error.hint) from error


def cost_columns() -> dict[str, str]:
    """Names a filter on costs may use, with their SQL."""
    return {column: f'"{column}"' for column in COSTS.names}
