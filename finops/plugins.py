"""What is installed beside us: entry points read by name, loaded one by one.

A plug-in that fails to load is reported by whoever asked for it and never stops the others.
"""

from __future__ import annotations

import sys
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, Any

from finops.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["CONNECTORS", "EXPORTS", "FORMATS", "PROBES", "REVIEW", "load", "names"]

FORMATS = "finops.formats"
"""Entry-point group of file formats (`connectors.formats.contract.Format`)."""

PROBES = "finops.probes"
"""Entry-point group of scorecard probes (`scorecard.probes.base.Probe`)."""

CONNECTORS = "finops.connectors"
"""Entry-point group of systems that are pulled from (`connectors.contract.Connector`)."""

EXPORTS = "finops.exports"
"""Entry-point group of exports (`finops.exports.contract.Export`)."""

REVIEW = "finops.review"
"""Entry-point group of sections of the monthly review (`finops.api.review.contract.SectionKind`)."""


def _group(group: str) -> Mapping[str, EntryPoint]:
    return _read(group, tuple(sys.path))


@cache
def _read(group: str, path: tuple[str, ...]) -> Mapping[str, EntryPoint]:
    """The entry points of `group`; reading the metadata of everything on `path` takes 50 ms."""
    del path
    return {point.name: point for point in entry_points(group=group)}


def names(group: str) -> tuple[str, ...]:
    """Names registered in `group`, sorted, without importing any of them."""
    return tuple(sorted(_group(group)))


def load(group: str, name: str) -> Any:  # noqa: ANN401  (an entry point can hold anything)
    """The object registered as `name`; UsageError names what is installed when there is none."""
    point = _group(group).get(name)
    if point is None:
        known = ", ".join(names(group))
        raise UsageError(f"nothing called {name!r} is installed", hint=f"choose one of: {known}")
    return point.load()
