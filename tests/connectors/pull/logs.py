"""Pulling one source of request logs into the ledger of a test, and what is there then."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.configured import Source, settings_of
from connectors.pulling import PullOptions, SourceResult, pull
from finops.ledger.store import Ledger

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

    from connectors.contract import Connector
    from finops.model.period import Period


def pulled(
    folder: Path,
    connector: Connector,
    said: Mapping[str, Any],
    now: datetime,
    window: Period | None = None,
    *,
    allowed: tuple[str, ...] = (),
    **more: object,
) -> SourceResult:
    """One pull of a source called `mine` into the ledger in `folder`."""
    ledger = Ledger.open(str(folder / "ledger"), create=True)
    settings = settings_of("mine", connector, {**said, **more})
    options = PullOptions(now, window, allowed=allowed)
    (result,) = pull(ledger, [Source("mine", connector, settings)], options)
    return result


def kept(folder: Path, *columns: str) -> list[tuple[Any, ...]]:
    """`columns` of every request, oldest first."""
    with Ledger.open(str(folder / "ledger")).connect(["requests"]) as con:
        sql = f"select {', '.join(columns)} from requests order by timestamp, request_id, attempt"
        return con.execute(sql).fetchall()
