"""One group of unit economics as a row: every number under its JSON name, and why some are missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finops.analysis.numbers import REASONS, numbers_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from decimal import Decimal

    from finops.analysis.measures import Group
    from finops.report.model import Cell, Row

__all__ = ["missing", "unit_row"]


def missing(rows: Iterable[Row], told: Mapping[str, str]) -> dict[str, str]:
    """Of the numbers that are null in every one of `rows`, why; and what the answer itself has `told`."""
    found = list(rows)
    null = {name: why for name, why in REASONS.items() if all(row[name] is None for row in found)}
    return {**null, **told}


def unit_row(group: Group, by: Sequence[str], *, has_bill: bool = True) -> Row:
    """Every measure of `group` under its name in JSON; None is `n/a`. Without a bill costs are list."""
    row: dict[str, Cell] = {name: _key(value) for name, value in zip(by, group.keys, strict=True)}
    numbers = numbers_of(group)
    return row | numbers | {"cost_basis": _basis(group, numbers["cost"], has_bill=has_bill)}


def _key(value: object) -> Cell:
    return value if value is None or isinstance(value, bool) else str(value)


def _basis(group: Group, cost: Decimal | None, *, has_bill: bool) -> str | None:
    if cost is None:
        return None
    if not has_bill:
        return "list"
    if not group.list_cost:
        return "billed"
    return "list" if group.list_cost == cost else "mixed"
