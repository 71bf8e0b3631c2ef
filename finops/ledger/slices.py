"""Tables whose deliveries replace a slice: a bill's month, a cluster's window of samples.

`costs`: what is delivered for a (source, scope, billing month) is all there is of it; each slice has a
folder of its own, so whole files leave. `gpu_samples`: a delivery replaces its (source, cluster) from
its first instant to the end of its last interval.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from finops.ledger.dedupe import drop_repeats
from finops.ledger.engine import query
from finops.ledger.plan import DROPPED, Delivery, Plan, addressed, rewrite
from finops.ledger.store import files_sql

if TYPE_CHECKING:
    from collections.abc import Sequence

    from finops.ledger.store import DataFile

__all__ = ["plan_costs", "plan_samples"]

_SLICE = ("x_SourceId", "x_Scope", "x_BillingMonth")


def plan_costs(delivery: Delivery, stored: Sequence[DataFile]) -> Plan:
    """Replace every (source, scope, billing month) the delivery holds."""
    folders = {file.folder for file in delivery.staged}
    removes = [file for file in stored if file.load_id is not None and file.folder in folders]
    return Plan(
        adds=delivery.staged,
        removes=tuple(removes),
        rows_replaced=sum(file.rows or 0 for file in removes),
    )


def plan_samples(delivery: Delivery, stored: Sequence[DataFile]) -> Plan:
    """Replace the window of every (source, cluster) the delivery holds; one row per device and instant."""
    con = delivery.con
    drop_repeats(delivery, ())
    paths = files_sql(file.path for file in delivery.staged)
    query(
        con,
        "CREATE OR REPLACE TEMP TABLE _finops_windows AS "
        'SELECT source_id, cluster, min("timestamp") AS first, '
        'max("timestamp" + to_microseconds(CAST(round(interval_s * 1e6) AS BIGINT))) AS until '
        f"FROM {paths} GROUP BY ALL",
    )
    days = query(
        con, "SELECT min(first)::DATE::VARCHAR, max(until)::DATE::VARCHAR FROM _finops_windows"
    )
    near = _between(stored, days[0][0], days[0][1])
    if near:
        rows = addressed(near, ("source_id", "cluster", "timestamp"))
        query(
            con,
            f"INSERT INTO {DROPPED} SELECT filename, file_row_number FROM ({rows}) AS r "
            "SEMI JOIN _finops_windows AS w ON r.source_id = w.source_id "
            "AND r.cluster IS NOT DISTINCT FROM w.cluster "
            'AND r."timestamp" >= w.first AND r."timestamp" < w.until',
        )
    query(con, "DROP TABLE _finops_windows")
    return rewrite(delivery, near)


def _between(files: Sequence[DataFile], first: str | None, last: str | None) -> list[DataFile]:
    if first is None or last is None:
        return []
    return [file for file in files if first <= (file.partition["day"] or "") <= last]
