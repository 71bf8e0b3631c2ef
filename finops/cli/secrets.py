"""Secrets that options refer to; none is ever typed on a command line."""

from __future__ import annotations

from finops.errors import UsageError

__all__ = ["revealed"]


def revealed(reference: str, option: str = "--token") -> str:
    """What `env:NAME`, `file:PATH` or `keyring:NAME` holds; UsageError that names `option`."""
    from connectors.settings import SecretReference

    try:
        return SecretReference.parse(reference).reveal()
    except ValueError as error:
        raise UsageError(f"{option}: {error}") from error
