"""Which probes there are: ours, and those of packages installed beside us, by name."""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module

from finops import plugins
from finops.errors import ConfigError
from scorecard.probes import base
from scorecard.probes.base import Probe

__all__ = ["load_probe", "probe_names"]

_NOT_PROBES = {"base", "registry"}


@cache
def _ours() -> tuple[str, ...]:
    folder = import_module(__package__ or "scorecard.probes").__path__
    return tuple(
        sorted(each.name for each in pkgutil.iter_modules(folder) if each.name not in _NOT_PROBES)
    )


def probe_names() -> tuple[str, ...]:
    """Every probe's name, sorted."""
    return tuple(sorted({*_ours(), *plugins.names(plugins.PROBES)}))


def load_probe(name: str) -> Probe:
    """The probe called `name`; ConfigError when the catalog names one nobody has installed."""
    if name in _ours():
        found = import_module(f"{base.__package__}.{name}").PROBE
    elif name in plugins.names(plugins.PROBES):
        found = plugins.load(plugins.PROBES, name)
    else:
        raise ConfigError(
            f"the catalog asks for the probe {name!r}, and nobody has installed it",
            hint="install the package that brings it, or take the check out of the catalog",
        )
    if not isinstance(found, Probe):
        raise ConfigError(f"what is installed as the probe {name!r} is no Probe")
    return found
