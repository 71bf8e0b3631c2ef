"""The ledger asked in SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finops.api.answer import Answer

if TYPE_CHECKING:
    from finops.api.session import Session
    from finops.ledger.readonly import Answer as Rows

__all__ = ["sql"]


def sql(session: Session, query: str, *, limit: int | None = None) -> Answer[Rows]:
    """The answer to one SELECT on the ledger's tables; `value` has all rows, the report the first `limit`.

    UsageError when `query` is not one SELECT that only reads, or is wrong SQL.
    """
    from finops.ledger.readonly import connect_readonly, run_select
    from finops.report.sql import query_report

    with connect_readonly(session.ledger) as con:
        found = run_select(con, query)
    return Answer(found, query_report(found.names, found.types, found.rows, limit))
