"""Layers of the stack: what each cost row pays for, from facilities up to security.

Rules from finops.toml come first and the first match wins; then the layer the row itself names (owned
hardware does); then our own rules, over the categories of FOCUS and the names of services the categories
put elsewhere. What nothing matches is `unclassified`, and shown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from finops.analysis.pools import cost_columns
from finops.analysis.where import compile_where, quote
from finops.errors import ConfigError, UsageError
from finops.sections.owned import Element
from finops.sections.owners import LayerName

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

__all__ = ["BUILT_IN", "LAYER_OF_ELEMENT", "UNCLASSIFIED", "LayerRule", "layer_rules", "layer_sql"]

UNCLASSIFIED = "unclassified"
"""The layer of rows no rule matches."""

LAYER_OF_ELEMENT = {
    Element.DEPRECIATION: LayerName.COMPUTE,
    Element.NETWORK: LayerName.NETWORKING,
    Element.STORAGE: LayerName.STORAGE,
    Element.SUPPORT: LayerName.COMPUTE,
    Element.POWER: LayerName.FACILITIES,
    Element.COLOCATION: LayerName.FACILITIES,
    Element.STAFF: LayerName.COMPUTE,
    Element.DISPOSAL: LayerName.COMPUTE,
}
"""Where each element of owned hardware belongs."""


class LayerRule(NamedTuple):
    """Rows for which `where` holds are on `layer`."""

    layer: str
    where: str


class _Configured(Protocol):
    @property
    def layer(self) -> LayerName: ...
    @property
    def where(self) -> str: ...


class _Owned(Protocol):
    @property
    def invoiced(self) -> Mapping[Element, str]: ...


BUILT_IN = tuple(
    LayerRule(str(layer), where)
    for layer, where in (
        (
            LayerName.SECURITY,
            (
                "ServiceCategory in ('Security', 'Identity') or ServiceSubcategory = 'Network Security' "
                "or ServiceName ilike '%key vault%' or ServiceName ilike '%key management%' "
                "or ServiceName ilike '%guardduty%' or ServiceName ilike '%secrets manager%'"
            ),
        ),
        (
            LayerName.OBSERVABILITY,
            (
                "ServiceSubcategory = 'Observability' or ServiceName ilike '%cloudwatch%' "
                "or ServiceName ilike '%cloudtrail%' or ServiceName ilike '%x-ray%' "
                "or ServiceName ilike 'azure monitor%' or ServiceName ilike '%log analytics%' "
                "or ServiceName ilike 'cloud logging%' or ServiceName ilike 'cloud monitoring%' "
                "or ServiceName ilike '%datadog%' or ServiceName ilike '%grafana%' "
                "or ServiceName ilike '%new relic%' or ServiceName ilike '%langfuse%'"
            ),
        ),
        (
            LayerName.SERVING,
            (
                "x_Model is not null or ServiceSubcategory = 'Generative AI' or ServiceName ilike '%bedrock%' "
                "or ServiceName ilike '%openai%' or ServiceName ilike '%vertex ai%' "
                "or ServiceName ilike '%sagemaker%' or ServiceName ilike 'claude%' "
                "or lower(coalesce(ServiceProviderName, ProviderName)) in ('openai', 'anthropic', 'openrouter') "
                "or ServiceCategory = 'AI and Machine Learning'"
            ),
        ),
        (
            LayerName.ORCHESTRATION,
            (
                "ServiceSubcategory in ('Containers', 'Workflow Orchestration') "
                "or ServiceName ilike '%kubernetes%' or ServiceName ilike '%container service%' "
                "or ServiceName ilike '%container registry%' or ServiceName ilike '%openshift%' "
                "or ServiceName ilike '%step functions%' or ServiceName ilike 'aws batch%' "
                "or ServiceName ilike 'cloud composer%' or ServiceName ilike '%systems manager%'"
            ),
        ),
        (
            LayerName.DATA,
            (
                "ServiceCategory in ('Databases', 'Analytics', 'Integration', 'Migration') "
                "or ServiceName ilike '%opensearch%' or ServiceName ilike '%pinecone%' "
                "or ServiceName ilike '%databricks%' or ServiceName ilike '%snowflake%' "
                "or ServiceName ilike 'bigquery%' or ServiceName ilike '%data factory%'"
            ),
        ),
        (
            LayerName.FACILITIES,
            (
                "ServiceName ilike '%colocation%' or ServiceName ilike '%data center%' "
                "or ServiceName ilike '%data centre%' or ServiceName ilike '%electricity%' "
                "or lower(coalesce(ServiceProviderName, ProviderName)) in ('equinix', 'digital realty')"
            ),
        ),
        (
            LayerName.NETWORKING,
            (
                "ServiceCategory = 'Networking' or ServiceName ilike '%data transfer%' "
                "or ServiceName ilike '%virtual network%' or ServiceName ilike '%bandwidth%'"
            ),
        ),
        (LayerName.STORAGE, "ServiceCategory = 'Storage'"),
        (LayerName.COMPUTE, "ServiceCategory = 'Compute'"),
    )
)
"""Rules that hold when finops.toml has none that match. Tax, credits and support plans pay for no layer."""

_NO_LAYER = (
    "ChargeCategory in ('Tax', 'Credit') or ServiceSubcategory = 'Support' "
    "or ServiceName ilike '%support%'"
)


def layer_rules(
    configured: Iterable[_Configured], owned: Iterable[_Owned] = ()
) -> tuple[LayerRule, ...]:
    """Rules that come before what a row says itself: of finops.toml, then of invoiced elements."""
    return (
        *(LayerRule(str(rule.layer), rule.where) for rule in configured),
        *(
            LayerRule(str(LAYER_OF_ELEMENT[element]), where)
            for each in owned
            for element, where in each.invoiced.items()
        ),
    )


def layer_sql(rules: Iterable[LayerRule]) -> str:
    """CASE over cost columns that gives each row's layer; ConfigError names a rule that is wrong."""
    branches = [
        *_branches(rules),
        "when x_StackLayer is not null then x_StackLayer",
        *_branches([LayerRule(UNCLASSIFIED, _NO_LAYER), *BUILT_IN]),
    ]
    return f"case {' '.join(branches)} else {quote(UNCLASSIFIED)} end"


def _branches(rules: Iterable[LayerRule]) -> Iterator[str]:
    columns = cost_columns()
    for rule in rules:
        try:
            condition = compile_where(rule.where, columns).sql
        except UsageError as error:
            raise ConfigError(f"layer {rule.layer!r}: {error.message}", hint=error.hint) from error
        yield f"when {condition} then {quote(rule.layer)}"
