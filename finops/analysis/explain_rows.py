"""A filter people type, held against rows that are not in the ledger: pools, invoices, adjustments."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from finops.analysis.where import compile_where
from finops.ledger.engine import join_engine

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = ["chosen"]

_Row = TypeVar("_Row")


def chosen(
    rows: Sequence[_Row],
    values: Callable[[_Row], Mapping[str, str | None]],
    names: Sequence[str],
    where: str | None,
) -> list[_Row]:
    """Those of `rows` that `where` lets through; `values` of a row are those of the columns `names`.

    UsageError where it names another column, or cannot be read.
    """
    if where is None:
        return list(rows)
    checked = compile_where(where, {name: f'"{name}"' for name in names})
    columns = ", ".join(f'"{name}" varchar' for name in names)
    places = ", ".join("?" for _ in ("place", *names))
    with join_engine() as con:
        con.execute(f"create temp table asked (place integer, {columns})")
        for place, row in enumerate(rows):
            found = values(row)
            con.execute(
                f"insert into asked values ({places})",
                [place, *(found[name] for name in names)],
            )
        kept = con.execute(f"select place from asked where {checked.sql} order by place").fetchall()
    return [rows[place] for (place,) in kept]
