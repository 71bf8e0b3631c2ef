"""`[sources.NAME]` of finops.toml: which connector reads it, with which settings, all of them checked."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import ValidationError

from connectors.contract import Connector
from finops.errors import ConfigError, UsageError
from finops.plugins import CONNECTORS, load, names

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from connectors.settings import SourceSettings

__all__ = ["Source", "configured", "connector_called"]

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_BROKEN = (ImportError, AttributeError, SyntaxError, NameError, TypeError, ValueError, OSError)
"""What importing somebody else's module can raise."""


class Source(NamedTuple):
    """A source somebody configured: its name in the ledger, its connector, its settings."""

    name: str
    connector: Connector
    settings: SourceSettings


def connector_called(name: str) -> Connector:
    """The connector registered as `name`; UsageError names the nearest, and the rest."""
    known = names(CONNECTORS)
    if name not in known:
        near = get_close_matches(name, known, n=1)
        raise UsageError(
            f"no connector is called {name!r}" + (f" (did you mean {near[0]!r}?)" if near else ""),
            hint=f"finops connectors list; installed are {', '.join(known)}",
        )
    try:
        found = load(CONNECTORS, name)
    except _BROKEN as error:
        raise UsageError(f"the connector {name} could not be loaded: {error}") from error
    if not isinstance(found, Connector):
        raise UsageError(f"what is installed as the connector {name} is not a Connector")
    return found


def configured(
    sources: Mapping[str, Mapping[str, Any]], wanted: Sequence[str] = ()
) -> tuple[Source, ...]:
    """The sources `wanted` (default: all), in the order of finops.toml.

    ConfigError, with every fault of a source, for settings its connector does not take; UsageError for a
    source that is not configured.
    """
    for name in wanted:
        if name not in sources:
            near = get_close_matches(name, sources, n=1)
            raise UsageError(
                f"finops.toml has no source {name!r}"
                + (f" (did you mean {near[0]!r}?)" if near else ""),
                hint=f"it has: {', '.join(sources)}" if sources else "add a [sources.NAME] table",
            )
    return tuple(
        _source(name, said) for name, said in sources.items() if not wanted or name in wanted
    )


def _source(name: str, said: Mapping[str, Any]) -> Source:
    if not _NAME.fullmatch(name):
        raise ConfigError(
            f"sources.{name}: a source's name is letters, digits, dots, dashes and underscores"
        )
    chosen = said.get("connector")
    if not isinstance(chosen, str):
        raise ConfigError(
            f"sources.{name}.connector is missing",
            hint=f'connector = "…", one of: {", ".join(names(CONNECTORS))}',
        )
    try:
        connector = connector_called(chosen)
    except UsageError as error:
        raise ConfigError(f"sources.{name}.connector: {error.message}", hint=error.hint) from None
    rest = {key: value for key, value in said.items() if key != "connector"}
    return Source(name, connector, settings_of(name, connector, rest))


def settings_of(name: str, connector: Connector, said: Mapping[str, Any]) -> SourceSettings:
    """`said` as the connector's settings; ConfigError with everything that is wrong, and no value of a secret."""
    try:
        return connector.settings.model_validate(dict(said))
    except ValidationError as error:
        problems = error.errors(include_url=False, include_input=False, include_context=False)
    words = "; ".join(_explain(name, connector, dict(problem)) for problem in problems)
    raise ConfigError(words, hint=f"finops connectors describe {connector.name}")


def _explain(name: str, connector: Connector, problem: Mapping[str, Any]) -> str:
    key = ".".join(str(part) for part in problem["loc"])
    place = f"sources.{name}.{key}" if key else f"sources.{name}"
    if problem["type"] == "extra_forbidden":
        near = get_close_matches(key, connector.settings.model_fields, n=1)
        return f"unknown key {place}" + (f" (did you mean {near[0]!r}?)" if near else "")
    if problem["type"] == "missing":
        return f"{place} is missing"
    return f"{place}: {str(problem['msg']).removeprefix('Value error, ')}"
