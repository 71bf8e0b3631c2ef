"""Which model, token kind and service tier a bill line charges for, where its words say so.

FOCUS has no column for them. Providers put them into one phrase:

    AWS Bedrock    `USE1-Claude3.5Sonnet-cache-read-input-token-count`, `USE1-MP:USE1_InputTokenCount-Units`
    OpenAI         `gpt-4o-2024-08-06, cached input`
    Azure OpenAI   `gpt 4o 0806 cached Inp glbl Tokens`
    Anthropic      `Claude Sonnet 4.5 Usage - Prompt Caching Write (5m)`, `… cache_read_input_tokens`

The phrase is found among the columns offered, then read. Where it names no kind or model the column is
null, never guessed; a cache write whose lifetime is not said is `cache_write_unknown`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["phrase", "token_columns"]

_SPEAKS_OF_THEM = (
    r"(token|, (cached |batch |flex |priority )*(input|output)\b|cach(e|ing)[ _-]?(read|write|hit))"
)

_KINDS = (
    (r"cache[_ -]?creation.*1h|cach(e|ing)[_ -]?write.*1[ -]?h(ou)?r?", "cache_write_1h"),
    (r"cache[_ -]?creation.*5m|cach(e|ing)[_ -]?write.*5[ -]?m(in)?", "cache_write_5m"),
    (r"cache[_ -]?creation|cach(e|ing)[_ -]?write|cachewrite", "cache_write_unknown"),
    (r"cach(e|ing)[_ -]?(read|hit)|cacheread|\bcached|\bcchd|-cached-", "cache_read"),
    (r"output|\boutp\b|completion", "output"),
    (r"input|\binp\b|prompt", "uncached_input"),
)
"""Patterns in the order they are tried: a cached input is not plain input."""

_TIERS = (("batch", r"\bbatch"), ("priority", r"\bpriority"), ("flex", r"\bflex"))

_MODELS = (
    r"^(?:[A-Za-z0-9]+-)?MP:[A-Z0-9]+_",
    r"^[A-Z]{2,4}[0-9]-(?:mantle-)?(?:cross-region-(?:global-)?)?",
)
"""What stands before a model's name in an AWS usage type."""

_AFTER_MODEL = (
    r"(?i)(,\s*(cached |batch |flex |priority )*(input|output)\b.*"
    r"|\s+usage\b.*|[ _-](-\s)?(priority|flex|batch)?[ _-]*(cached|cchd|cache[ _-]?(read|write|creation)|prompt caching"
    r"|uncached|inp|input|outp|output|completion|prompt)[ _-]?.*)$"
)
"""Where a model's name ends: at the token kind, or at the word that says it was used."""


def phrase(cells: Sequence[str]) -> str:
    """SQL: the first of `cells` that speaks of tokens, else null."""
    if not cells:
        return "cast(null as varchar)"
    tries = ", ".join(
        f"case when {_may_match(cell)} and regexp_matches(lower({cell}), '{_SPEAKS_OF_THEM}') then {cell} end"
        for cell in cells
    )
    return f"coalesce({tries})"


def _may_match(cell: str) -> str:
    """A cheap test first: most lines of a bill speak of something else."""
    return " or ".join(f"contains({cell}, '{word}')" for word in ("oken", "put", "ach")).join("()")


def token_columns(line: str, given: Mapping[str, str] | None = None) -> dict[str, str]:
    """SQL of `x_Model`, `x_TokenType` and `x_ServiceTier` from `line`, SQL of a phrase.

    `given` is SQL of those the bill has as columns of its own: they win.
    """
    words = f"lower(regexp_replace({line}, '([a-z])([A-Z])', '\\1-\\2', 'g'))"
    kinds = " ".join(
        f"when regexp_matches({words}, '{pattern}') then '{kind}'" for pattern, kind in _KINDS
    )
    tiers = " ".join(
        f"when regexp_matches({words}, '{pattern}') then '{tier}'" for tier, pattern in _TIERS
    )
    derived = {
        "x_Model": f"case when {line} is not null then {_model(line)} end",
        "x_TokenType": f"case when {line} is null then null {kinds} end",
        "x_ServiceTier": f"case when {line} is null then null {tiers} end",
    }
    given = given or {}
    return {
        name: f"coalesce({given[name]}, {sql})" if name in given else sql
        for name, sql in derived.items()
    }


def _model(line: str) -> str:
    """The name before the token kind, without a marketplace or region prefix; null for none."""
    name = line
    for prefix in _MODELS:
        name = f"regexp_replace({name}, '{prefix}', '')"
    name = f"regexp_replace({name}, '{_AFTER_MODEL}', '')"
    return f"case when regexp_matches({name}, '(?i)token|units$') then null else nullif(trim({name}, ' -_'), '') end"
