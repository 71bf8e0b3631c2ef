"""Requests by owner: the dimensions team, product and cost_centre, as owners.csv makes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finops.analysis.grain import FILTERED, Dimension, dimension, filter_columns
from finops.analysis.owners.lookup import DIMENSIONS, install_owners, owner_columns
from finops.analysis.owners.registry import read_registry
from finops.analysis.where import compile_where

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import duckdb

    from finops.analysis.where import Where
    from finops.config import Config

__all__ = ["named_dimensions", "owner_dimensions", "reading_columns"]


def owner_dimensions(con: duckdb.DuckDBPyConnection, config: Config) -> Mapping[str, Dimension]:
    """Dimensions of requests that owners.csv gives, ready to be used on `con`; none without the file."""
    registry = read_registry(config.owners.file)
    if not registry.rows:
        return {}
    install_owners(con, registry)
    found = {}
    for name in DIMENSIONS:
        column = owner_columns(registry, "requests", name)
        about = f"{name.replace('_', ' ').capitalize()} that answers for the request."
        found[name] = Dimension(name, column.sql, column.columns, about)
    return found


def reading_columns(where: Where, owners: Mapping[str, Dimension]) -> Where:
    """`where` with the columns its dimensions (`model`, those of owners) are made of in place of their names."""
    named = {**FILTERED, **owners}
    columns = where.columns - named.keys()
    for name in where.columns & named.keys():
        columns |= frozenset(named[name].columns)
    return where._replace(columns=columns)


def named_dimensions(
    con: duckdb.DuckDBPyConnection, config: Config, by: Sequence[str], where: str | None
) -> tuple[tuple[Dimension, ...], Where | None]:
    """The dimensions and the filter people named, ready to be used on `con`; UsageError for others."""
    owners = owner_dimensions(con, config)
    named = tuple(dimension(name, owners) for name in by)
    if not where:
        return named, None
    return named, reading_columns(compile_where(where, filter_columns(owners)), owners)
