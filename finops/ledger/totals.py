"""What a load brought, per slice and altogether, as exact numbers that can be compared later.

The same sums are taken when a load is recorded and when `finops status` reconciles it.
"""

from __future__ import annotations

import json
from decimal import Context, Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from finops.ledger.engine import query
from finops.ledger.schema import folder_path_sql, identifier
from finops.model.tables import COST_AMOUNTS, TABLES, TOKEN_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterable

    import duckdb

__all__ = ["Amounts", "SliceTotal", "add_amounts", "as_json", "dump", "exact_sums", "slice_totals"]

Amounts = dict[str, dict[str, Decimal]]
"""Sums by currency and amount for costs; by `tokens`, `rows`-like units and column elsewhere."""

_EXACT = Context(prec=76)

_SLICES = {
    "costs": {"source": "x_SourceId", "scope": "x_Scope", "month": "x_BillingMonth"},
    "requests": {"day": "day"},
    "usage": {"day": "day"},
    "gpu_samples": {"day": "day", "cluster": "cluster"},
    "jobs": {"month": "month"},
    "changes": {},
    "loads": {},
}

_SUMS = {
    "costs": ("BillingCurrency", COST_AMOUNTS),
    "requests": ("'tokens'", TOKEN_COLUMNS),
    "usage": ("'tokens'", TOKEN_COLUMNS),
    "gpu_samples": ("'seconds'", ("interval_s",)),
}


class SliceTotal(NamedTuple):
    """Rows and sums of one slice: `names` say which (scope and month, or day …), `folder` where."""

    names: dict[str, str | None]
    folder: str
    rows: int
    amounts: Amounts

    def label(self) -> str:
        """The slice in words: `AWS/123 2026-10`."""
        said = [value or "-" for name, value in self.names.items() if name != "source"]
        return " ".join(said) or "all"


def exact_sums(columns: Iterable[str]) -> str:
    """SQL sums of DECIMAL columns that cannot overflow: whole and fractional parts apart."""
    return ", ".join(
        f"sum(CAST(trunc({c}) AS HUGEINT)), sum({c} - trunc({c}))"
        for c in (identifier(name) for name in columns)
    )


def slice_totals(con: duckdb.DuckDBPyConnection, table: str, rows_sql: str) -> list[SliceTotal]:
    """Rows and sums of each slice among the rows of `rows_sql`, in order of the slices' names."""
    named = _SLICES[table]
    unit, columns = _SUMS.get(table, ("NULL", ()))
    keys = [f"{identifier(name)}::VARCHAR" for name in named.values()]
    keys.append(folder_path_sql(TABLES[table]))
    sums = [exact_sums(columns) if table == "costs" else _plain_sums(columns)] if columns else []
    chosen = ", ".join([*keys, f"{unit} AS unit", "count(*)", *sums])
    places = ", ".join(str(number) for number in range(1, len(keys) + 2))
    found: dict[tuple[str | None, ...], SliceTotal] = {}
    for row in query(con, f"SELECT {chosen} FROM ({rows_sql}) GROUP BY {places} ORDER BY {places}"):
        names, rest = row[: len(keys)], row[len(keys) :]
        new = SliceTotal(dict(zip(named, names[:-1], strict=True)), names[-1], 0, {})
        total = found.setdefault(names, new)
        found[names] = _plus(total, rest[0], rest[1], columns, rest[2:], halves=table == "costs")
    return list(found.values())


def _plain_sums(columns: Iterable[str]) -> str:
    return ", ".join(f"sum({identifier(name)})" for name in columns)


def _plus(
    total: SliceTotal,
    unit: str | None,
    rows: int,
    columns: tuple[str, ...],
    sums: tuple[Any, ...],
    *,
    halves: bool,
) -> SliceTotal:
    if halves:
        sums = tuple(
            None if whole is None else _EXACT.add(Decimal(whole), part)
            for whole, part in zip(sums[::2], sums[1::2], strict=True)
        )
    values = {
        name: value if isinstance(value, Decimal) else Decimal(str(value))
        for name, value in zip(columns, sums, strict=True)
        if value is not None
    }
    amounts = {**total.amounts, **({unit: values} if unit is not None else {})}
    return total._replace(rows=total.rows + rows, amounts=amounts)


def add_amounts(parts: Iterable[Amounts]) -> Amounts:
    """The sum of several slices' amounts, currency by currency."""
    found: Amounts = {}
    for part in parts:
        for unit, values in part.items():
            into = found.setdefault(unit, {})
            for name, value in values.items():
                into[name] = _EXACT.add(into.get(name, Decimal(0)), value)
    return found


def as_json(amounts: Amounts) -> dict[str, dict[str, str]]:
    """`amounts` with every number as text that holds all its digits."""
    return {
        unit: {name: _text(value) for name, value in values.items()}
        for unit, values in amounts.items()
    }


def _text(value: Decimal) -> str:
    shown = f"{value:f}"
    return shown.rstrip("0").rstrip(".") if "." in shown else shown


def dump(value: object) -> str:
    """JSON as we store it: compact, keys in the order given, text as it is."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
