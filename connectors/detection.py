"""What this machine shows of the systems there are connectors for: the signs they declare, looked for here."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from connectors.configured import connector_called
from finops.errors import UsageError
from finops.plugins import CONNECTORS, names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from connectors.contract import Connector, Sign

__all__ = ["Detected", "detected"]

_PATIENCE_S = 1.0


class Detected(NamedTuple):
    """A connector whose system shows here: by what, and the settings that follow."""

    connector: Connector
    why: str
    settings: dict[str, Any]


def detected() -> Iterator[Detected]:
    """Every installed connector one of whose signs is here, by its first one; a broken connector is passed over."""
    for name in names(CONNECTORS):
        try:
            connector = connector_called(name)
        except UsageError:
            continue
        for sign in connector.signs:
            value = _LOOKS[sign.kind](sign.place)
            if value is not None:
                yield Detected(connector, _words(sign), _settings(sign, value))
                break


def _words(sign: Sign) -> str:
    said = {
        "variable": "the environment has {}",
        "path": "{} is here",
        "program": "{} is on PATH",
        "address": "{} answers",
    }
    return said[sign.kind].format(sign.place)


def _settings(sign: Sign, value: str) -> dict[str, Any]:
    found = {
        name: said.replace("{value}", value) if isinstance(said, str) else said
        for name, said in sign.settings.items()
    }
    for name, variables in sign.beside.items():
        given = next(filter(None, map(_variable, variables)), None)
        if given is not None:
            found[name] = given
    return found


def _variable(name: str) -> str | None:
    return os.environ.get(name) or None


def _path(place: str) -> str | None:
    path = Path(place).expanduser()
    return str(path) if path.exists() else None


def _address(url: str) -> str | None:
    import httpx

    try:
        answered = httpx.get(url, timeout=_PATIENCE_S).is_success
    except httpx.HTTPError:
        return None
    return url if answered else None


_LOOKS: Mapping[str, Callable[[str], str | None]] = {
    "variable": _variable,
    "path": _path,
    "program": shutil.which,
    "address": _address,
}
"""What looks for a sign of each kind: the value found, or None."""
