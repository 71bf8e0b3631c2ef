"""The ledger as it was: which version of a table held at a moment, and how far back that can be told.

A commit replaces files and deletes none, so that every version can be read until somebody vacuums the
table. Where files of a version are gone, the earliest day that can still be shown is found by walking
back from today.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from finops.errors import LedgerError
from finops.model.tables import TABLES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from deltalake import DeltaTable

    from finops.ledger.location import Location
    from finops.ledger.store import DataFile

__all__ = ["as_closed", "as_of", "check_there", "refuse_to_write", "travel"]


def as_of(where: Location, day: date) -> Location:
    """`where` as it was at the end of `day` (UTC)."""
    end = datetime.combine(day + timedelta(days=1), datetime.min.time(), tzinfo=UTC)
    return where._replace(at=end)


def as_closed(where: Location, manifest: Mapping[str, Any]) -> Location:
    """`where` as it was when the month with this manifest was closed, that close included."""
    moment = datetime.fromisoformat(manifest["closed_at"]) + timedelta(microseconds=1)
    return where._replace(at=moment, versions=manifest["ledger_versions"])


def refuse_to_write(where: Location) -> None:
    """LedgerError where `where` is a moment of the past."""
    if where.at is not None:
        raise LedgerError(f"the ledger at {where.url} as of an earlier day can only be read")


def travel(delta: DeltaTable, where: Location, table: str) -> DeltaTable | None:
    """`delta` at the version that held when `where` is looked at; None when the table was not there yet."""
    if where.at is None:
        return delta
    if where.versions is not None:
        return _at(delta, where.versions.get(table))
    moments = _moments(delta)
    version = max((n for n, moment in moments.items() if moment < where.at), default=None)
    if version is None:
        if min(moments) > 0:
            first = min(moments.values()).date()
            raise LedgerError(
                f"the log of {delta.table_uri} begins on {first}", hint=f"--as-of {first} or later"
            )
        return None
    return _at(delta, version)


def _at(delta: DeltaTable, version: int | None) -> DeltaTable | None:
    if version is None:
        return None
    delta.load_as_version(version)
    return delta


def _moments(delta: DeltaTable) -> dict[int, datetime]:
    """When each version was committed."""
    history: list[dict[str, Any]] = delta.history()
    return {
        int(entry["version"]): datetime.fromtimestamp(entry["timestamp"] / 1000, tz=UTC)
        for entry in history
    }


def check_there(where: Location, table: str, files: Sequence[DataFile]) -> None:
    """LedgerError names the earliest day that can be shown when files of the version asked for are gone."""
    if where.at is None or not where.is_local or all(Path(file.path).is_file() for file in files):
        return
    day = (where.at - timedelta(days=1)).date()
    raise LedgerError(
        f"what {table} held on {day} was vacuumed away",
        hint=f"the earliest day that can be shown is {_earliest(where)}: --as-of {_earliest(where)}",
    )


def _earliest(where: Location) -> date:
    """The first day on which every table can be shown as it was."""
    from finops.ledger.store import Ledger, files_of

    now = Ledger(where._replace(at=None, versions=None))
    found = []
    for table in TABLES:
        delta = now.delta(table)
        if delta is None:
            continue
        reached = None
        for version, moment in sorted(_moments(delta).items(), reverse=True):
            delta.load_as_version(version)
            files = files_of(delta, now.location, table)
            if not all(Path(file.path).is_file() for file in files):
                found.append(reached or moment)
                break
            reached = moment
    return max(found, default=datetime.now(tz=UTC)).date()
