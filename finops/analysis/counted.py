"""A connection to the rows that answer for a period, `requests` as they count: of two logs of a call, one."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from finops.analysis.books import answering, closed_config
from finops.analysis.rollups import believed
from finops.ledger.snapshots import ClosedLedger
from finops.model.period import Period

if TYPE_CHECKING:
    from collections.abc import Sequence

    import duckdb

    from finops.ledger.store import Ledger

__all__ = ["connect_counted"]

_ALWAYS = Period(date.min, date.max)


def connect_counted(
    ledger: Ledger, period: Period | None, tables: Sequence[str], order: Sequence[str]
) -> duckdb.DuckDBPyConnection:
    """Open `tables`, `requests` among them, with each attempt of `period` (None: all) once.

    `order` names request sources, the one to believe first; a closed month keeps the order it was closed with.
    """
    answers = answering(ledger, period)
    if isinstance(answers, ClosedLedger):
        order = closed_config(answers, answers.closed).requests.authority
    con = answers.connect(tables)
    try:
        believed(con, answers, order, period or _ALWAYS)
    except BaseException:
        con.close()
        raise
    return con
