"""Storing a load: written as Parquet beside the table, then made part of it in one commit.

    stage      the SELECT runs once; its rows become Parquet files that nothing refers to
    plan       against the table's newest version: which files come, which go (slices, dedupe)
    commit     only if that version is still the newest; else plan again
    record     the load's row in `loads`, last

Killed at any point, the ledger holds the state before or the state after, and the next load removes
what was left.
"""

from __future__ import annotations

import random
import time
from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from finops.errors import CommitConflict
from finops.ledger import loads
from finops.ledger.commit import LOAD_ID, Outrun, commit, ensure_table
from finops.ledger.dedupe import plan_keyed, plan_requests
from finops.ledger.loads import METADATA, Load, LoadedFile, Record
from finops.ledger.plan import DROPPED, Delivery, Plan, start_dropped
from finops.ledger.slices import plan_samples, plan_slices
from finops.ledger.staging import copy_rows, discard, workspace
from finops.ledger.store import DataFile, rows_sql
from finops.ledger.sweep import remove_strays, sweep
from finops.ledger.totals import Amounts, SliceTotal, dump, slice_totals
from finops.ledger.upload import publish, retract
from finops.model.tables import TABLES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import duckdb

    from finops.ledger.store import Ledger, Snapshot

__all__ = ["Load", "LoadedFile", "Replaced", "Stored", "store"]

_ATTEMPTS = 30

_RULES: dict[str, Callable[[Delivery, Sequence[DataFile]], Plan]] = {
    "costs": plan_slices,
    "requests": plan_requests,
    "usage": plan_slices,
    "gpu_samples": plan_samples,
    "jobs": plan_keyed,
    "changes": plan_keyed,
}


class Replaced(NamedTuple):
    """A slice of a bill before and after: rows, and amounts by currency."""

    slice: str
    old_rows: int
    old_totals: Amounts
    new_rows: int
    new_totals: Amounts


class Stored(NamedTuple):
    """What a load did. `unchanged`: the same delivery is what the ledger holds already.

    `rows_stored` + `rows_duplicate` are the rows delivered; `rows_replaced` counts stored rows that
    gave way (corrections, or a replaced slice).
    """

    load_id: str
    rows_stored: int
    rows_duplicate: int
    rows_replaced: int
    slices: tuple[SliceTotal, ...]
    replaced: tuple[Replaced, ...]
    unchanged: bool
    version: int | None


def store(
    ledger: Ledger,
    table_name: str,
    con: duckdb.DuckDBPyConnection,
    select_sql: str,
    load: Load,
    *,
    before_commit: Callable[[], None] | None = None,
    numbered: bool = False,
) -> Stored:
    """Store the rows `select_sql` yields on `con` in `table_name` by that table's rule.

    The SELECT yields declared columns, typed and valid (one it leaves out is null), and runs at most
    once: not at all when the same delivery is in place. `before_commit` is called when the rows have been read and may still
    raise: a file that changed meanwhile, say. CommitConflict when other writers win too often; then,
    and on every other error, nothing was stored. With `numbered` a row
    takes the place of its request's under another attempt number.
    """
    table = TABLES[table_name]
    sweep(ledger)
    loads.repair(ledger, con, table_name)
    earlier = loads.find_unchanged(ledger, table_name, load, con)
    if earlier is not None:
        rows = earlier["rows_in"] - earlier["rows_refused"]
        loads.moved_on(ledger, table_name, load, rows, con)
        return Stored(
            earlier["load_id"],
            0,
            rows,
            0,
            (),
            (),
            True,
            ledger.version(table_name),
        )
    with workspace(ledger.location, table, load.load_id) as target:
        ensure_table(ledger, table)
        try:
            staged = copy_rows(con, table, select_sql, target, load.load_id)
            if before_commit is not None:
                before_commit()
            delivery = Delivery(con, table, load.load_id, target, staged, numbered)
            stored, row = _until_committed(ledger, delivery, load)
        except BaseException:
            if ledger.location.is_local:
                deque(remove_strays(ledger, load.load_id), maxlen=0)
            raise
        loads.record(ledger, [row], con)
    return stored


def _until_committed(ledger: Ledger, delivery: Delivery, load: Load) -> tuple[Stored, Record]:
    table, described = delivery.table, None
    for attempt in range(_ATTEMPTS):
        snapshot = ensure_table(ledger, table)
        mine = {file.key for file in snapshot.files if file.load_id == load.load_id}
        if described and mine:  # our commit went through although its answer was lost
            discard([file for file in delivery.staged if file.key not in mine])
            return described
        ledger.local(snapshot.files, table.name)
        start_dropped(delivery.con)
        plan = _RULES[table.name](delivery, snapshot.files)
        described = _describe(delivery, snapshot, plan, load)
        if not plan.adds and not plan.removes:
            discard(delivery.staged)
            return described
        try:
            _apply(ledger, snapshot, delivery, plan, described[1])
        except Outrun:
            retract(ledger.location, table, plan.made)
            time.sleep(random.uniform(0, min(1.0, 0.02 * 2**attempt)))  # noqa: S311  (not a secret)
        else:
            discard([file for file in delivery.staged if file not in plan.adds])
            return described[0]._replace(version=snapshot.version + 1), described[1]
    raise CommitConflict(
        f"other loaders changed {table.name} {_ATTEMPTS} times while this one tried to commit",
        hint="nothing was stored; run the command again when they are done",
    )


def _apply(ledger: Ledger, snapshot: Snapshot, delivery: Delivery, plan: Plan, row: Record) -> None:
    publish(ledger.location, delivery.table, plan.adds)
    metadata = {LOAD_ID: delivery.load_id, METADATA: dump(row)}
    commit(snapshot, delivery.table, plan.adds, plan.removes, metadata)


def _describe(
    delivery: Delivery, snapshot: Snapshot, plan: Plan, load: Load
) -> tuple[Stored, Record]:
    """What the plan does, as the caller and the `loads` table are told."""
    slices = _slices(delivery)
    count = sum(each.rows for each in slices)
    stored = Stored(
        load_id=load.load_id,
        rows_stored=count,
        rows_duplicate=plan.rows_duplicate,
        rows_replaced=plan.rows_replaced,
        slices=slices,
        replaced=_replaced(delivery, plan, slices) if delivery.table.name == "costs" else (),
        unchanged=False,
        version=snapshot.version,
    )
    row = loads.make_record(
        load,
        delivery.table.name,
        slices,
        stored=count,
        duplicate=plan.rows_duplicate,
        replaced=plan.rows_replaced,
    )
    return stored, row


def _slices(delivery: Delivery) -> tuple[SliceTotal, ...]:
    """Totals of what the delivery brings, repeats left out."""
    if not delivery.staged:
        return ()
    table = delivery.table
    rows = (
        f"SELECT * FROM ({rows_sql(table, delivery.staged, addressed=True)}) "
        f"ANTI JOIN {DROPPED} USING (filename, file_row_number)"
    )
    return tuple(slice_totals(delivery.con, table.name, rows))


def _replaced(delivery: Delivery, plan: Plan, slices: Sequence[SliceTotal]) -> tuple[Replaced, ...]:
    """The bill slices that held something before."""
    if not plan.removes:
        return ()
    rows = rows_sql(delivery.table, plan.removes)
    before = {each.folder: each for each in slice_totals(delivery.con, delivery.table.name, rows)}
    return tuple(
        Replaced(each.label(), old.rows, old.amounts, each.rows, each.amounts)
        for each in slices
        if (old := before.get(each.folder)) is not None
    )
