"""Which model, token kind and service tier a bill line charges for."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["token_columns"]


def token_columns(columns: Mapping[str, str]) -> dict[str, str]:
    """SQL of x_Model, x_TokenType and x_ServiceTier."""
    return {name: quoted for name, quoted in columns.items() if name in {"x_Model"}}
