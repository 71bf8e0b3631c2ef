"""What a ledger holds, so that two ways of filling it can be compared: rows and their digest, by table."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, NamedTuple

from finops.ledger.engine import query
from finops.ledger.schema import identifier
from finops.model.tables import LOADS, TABLES

if TYPE_CHECKING:
    from finops.ledger.store import Ledger

__all__ = ["Contents", "contents", "versions"]

_OF_THE_LOAD = {"x_LoadId"}


class Contents(NamedTuple):
    """The rows of one table, and the SHA-256 of the multiset of them, load identities apart."""

    rows: int
    digest: str


def contents(ledger: Ledger) -> dict[str, Contents]:
    """Every table that holds something, `loads` apart."""
    found = {}
    with ledger.connect() as con:
        for name, table in TABLES.items():
            if name == LOADS.name:
                continue
            columns = ", ".join(
                identifier(column) for column in table.names if column not in _OF_THE_LOAD
            )
            rows = sorted(repr(row) for row in query(con, f"SELECT {columns} FROM {name}"))
            if rows:
                found[name] = Contents(
                    len(rows), hashlib.sha256("\n".join(rows).encode()).hexdigest()
                )
    return found


def versions(ledger: Ledger) -> dict[str, int | None]:
    """The version of every table but `loads`: it does not move when nothing changed."""
    return {name: ledger.version(name) for name in TABLES if name != LOADS.name}
