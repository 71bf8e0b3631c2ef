"""Tables whose deliveries replace a slice: a bill's month, a cluster's window of samples.

`costs`: what is delivered for a (source, scope, billing month) is all there is of it; each slice has a
folder of its own, so whole files leave. So it is with `usage` and (source, day). `gpu_samples`: a delivery replaces its (source, cluster) from
its first instant to the end of its last interval.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from finops.ledger.dedupe import drop_repeats
from finops.ledger.engine import query
from finops.ledger.plan import DROPPED, Delivery, Plan, rewrite
from finops.ledger.schema import folder_columns, identifier
from finops.ledger.store import rows_sql

if TYPE_CHECKING:
    from collections.abc import Sequence

    from finops.ledger.store import DataFile

__all__ = ["plan_samples", "plan_slices"]


def plan_slices(delivery: Delivery, stored: Sequence[DataFile]) -> Plan:
    """Replace every folder's slice the delivery holds: a month of a bill's scope, a day of usage."""
    folders = {file.folder for file in delivery.staged}
    whole = [file for file in stored if file.load_id is not None and file.folder in folders]
    partitions = [file.partition for file in delivery.staged]
    mixed = [file for file in stored if file.load_id is None and file.partition in partitions]
    plan = _without_slices(delivery, mixed) if mixed else Plan(delivery.staged, ())
    return plan._replace(
        removes=(*whole, *plan.removes),
        rows_replaced=plan.rows_replaced + sum(file.rows or 0 for file in whole),
    )


def _without_slices(delivery: Delivery, mixed: Sequence[DataFile]) -> Plan:
    """Take the delivery's slices out of files in which another Delta writer merged several."""
    table = delivery.table
    names = folder_columns(table)
    same = " AND ".join(f"m.{identifier(name)} = d.{identifier(name)}" for name in names)
    query(
        delivery.con,
        f"INSERT INTO {DROPPED} SELECT filename, file_row_number "
        f"FROM ({rows_sql(table, mixed, columns=names, addressed=True)}) AS m "
        f"SEMI JOIN ({rows_sql(table, delivery.staged, columns=names)}) AS d ON {same}",
    )
    return rewrite(delivery, mixed)


def plan_samples(delivery: Delivery, stored: Sequence[DataFile]) -> Plan:
    """Replace the window of every (source, cluster) the delivery holds; one row per device and instant."""
    con = delivery.con
    drop_repeats(delivery, ())
    query(
        con,
        "CREATE OR REPLACE TEMP TABLE _finops_windows AS "
        'SELECT source_id, cluster, min("timestamp") AS first, '
        'max("timestamp" + to_microseconds(CAST(round(interval_s * 1e6) AS BIGINT))) AS until '
        f"FROM ({rows_sql(delivery.table, delivery.staged)}) GROUP BY ALL",
    )
    days = query(
        con, "SELECT min(first)::DATE::VARCHAR, max(until)::DATE::VARCHAR FROM _finops_windows"
    )
    near = _between(stored, days[0][0], days[0][1])
    if near:
        columns = ("source_id", "cluster", "timestamp")
        rows = rows_sql(delivery.table, near, columns=columns, addressed=True)
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
