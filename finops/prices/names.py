"""Which priced model a name means: bills, logs, gateways and ARNs spell one model in many ways.

Matching inside a provider is genai-prices'. What stands here is what comes before it: the provider's
name as OpenTelemetry, LiteLLM and invoices write it, and the wrapping that gateways and clouds put
around a model's name. Nothing is guessed: a provider that is not in the table has no prices.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from genai_prices.data_snapshot import get_snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from genai_prices.types import ModelInfo, Provider

__all__ = ["Listed", "canonical", "find", "provider_id"]

_ALIASES = {
    "anthropic": ("claude", "anthropictext"),
    "aws": (
        "amazon", "amazonbedrock", "amazonwebservices", "amazonwebservicesinc", "awsbedrock",
        "bedrock", "bedrockconverse", "bedrockmantle",
    ),
    "azure": (
        "azai", "azaiinference", "azaiopenai", "azureai", "azureaiinference", "azureaiopenai",
        "azureopenai", "azureopenaiservice", "azuretext", "microsoft", "microsoftazure",
        "microsoftcorporation",
    ),
    "cohere": ("coherechat",),
    "fireworks": ("fireworksai",),
    "google": (
        "gcp", "gcpgemini", "gcpgenai", "gcpvertexai", "gemini", "googleaistudio", "googlecloud",
        "googlecloudplatform", "googlegenai", "googlevertex", "googlevertexai", "vertexai",
        "vertexaianthropicmodels", "vertexaibeta", "vertexailanguagemodels",
    ),
    "meta": ("metallama",),
    "mistral": ("codestral", "mistralai", "textcompletioncodestral"),
    "moonshotai": ("moonshot",),
    "openai": ("openaiinc", "openaillc", "openaiopcollc", "textcompletionopenai"),
    "perplexity": ("perplexityai",),
    "together": ("togetherai",),
    "voyageai": ("voyage",),
    "x-ai": ("grok",),
    "zai": ("zaiorg",),
}  # fmt: skip
"""Other spellings of a provider, letters and digits only, by genai-prices' identifier."""

_SQUASH = re.compile(r"[^a-z0-9]+")
_GATEWAYS = {"litellm", "litellmproxy", "gateway"}
_BEDROCK = re.compile(
    r"^(?:(?:us|eu|apac|au|ca|jp|us-gov|global|regional)\.)?"
    r"(?:ai21|amazon|anthropic|cohere|deepseek|meta|mistral|moonshotai|nvidia|openai|qwen|stability|writer|zai)\.[a-z]"
)
_RESOURCE = re.compile(
    r"^(?:arn:[^/]+/|projects/.+/models/|publishers/.+/models/|models/|deployments/)(?P<model>.+)$"
)
_VERTEX_REVISION = re.compile(r"@(?:default|latest|\d{3})$")


class Listed(NamedTuple):
    """A model genai-prices lists, under the provider that sells it.

    `inferred` says that no provider was named and the model's name told it.
    """

    provider: Provider
    model: ModelInfo
    inferred: bool


def canonical(provider: str | None, model: str | None) -> tuple[str, str] | None:
    """The (provider, model) identifiers both names stand for, None when no price list has them."""
    listed = find(provider, model)
    return None if listed is None else (listed.provider.id, listed.model.id)


@cache
def provider_id(name: str | None) -> str | None:
    """The price list's identifier of a provider however it is spelt; None when it has none."""
    return None if name is None else _provider_ids().get(_squash(name))


@cache
def find(provider: str | None, model: str | None) -> Listed | None:
    """The listed model that `provider` and `model` name, None when there is none."""
    reference = (model or "").strip().lower()
    if not reference:
        return None
    for candidate, name in _candidates(provider, reference):
        try:
            seller, found = get_snapshot().find_provider_model(name, None, candidate, None)
        except LookupError:
            continue
        return Listed(seller, found, inferred=_is_unnamed(provider) and candidate is None)
    return None


def _squash(name: str) -> str:
    return _SQUASH.sub("", name.lower())


def _is_unnamed(provider: str | None) -> bool:
    return provider is None or not provider.strip() or _squash(provider) in _GATEWAYS


@cache
def _provider_ids() -> dict[str, str]:
    known = {_squash(provider.id): provider.id for provider in get_snapshot().providers}
    aliases = {alias: name for name, spelt in _ALIASES.items() for alias in spelt}
    return aliases | known


def _candidates(provider: str | None, reference: str) -> Iterator[tuple[str | None, str]]:
    """(provider identifier, model reference) pairs to try, the name as it is first."""
    seller = provider_id(provider)
    if seller is None and not _is_unnamed(provider):
        return
    for name in _spellings(reference):
        head, slash, tail = name.partition("/")
        if seller is not None:
            yield seller, name
            if slash and provider_id(head) == seller:
                yield seller, tail
            continue
        if slash and (named := provider_id(head)) is not None:
            yield named, tail
        if _BEDROCK.match(name):
            yield "aws", name
        yield None, name


def _spellings(reference: str) -> Iterator[str]:
    yield reference
    wrapped = _RESOURCE.match(reference)
    bare = wrapped["model"].rpartition("/")[2] if wrapped else reference
    if bare != reference:
        yield bare
    unrevised = _VERTEX_REVISION.sub("", bare)
    if unrevised != bare:
        yield unrevised
