"""Numbers of lists are counted: what a close keeps is the sum of its files, what is damaged is named."""

from __future__ import annotations

from finops.analysis.derived.listed import kept_table
from finops.ledger.snapshots import Closed, KeptFile
from finops.ledger.store import DataFile
from finops.report.close import kept_report
from tests.analysis.arithmetic import check_table
from tests.analysis.ledgers import OCTOBER


def kept(table: str, key: str, size: int, rows: int | None) -> KeptFile:
    return KeptFile(table, DataFile(f"/ledger/{key}", {}, size, rows, key), "0" * 64)


def test_what_a_close_keeps_is_summed_over_its_files() -> None:
    files = (
        kept("costs", "a.parquet", 10, 3),
        kept("costs", "b.parquet", 5, None),
        kept("jobs", "c", 1, 1),
    )
    told = ("closed_at", "closed_by", "reason", "obstacles", "finops", "price_book")
    more = ("config_sha256", "ledger_versions", "accruals", "previous")
    closed = Closed("2026-10", 1, files, dict.fromkeys((*told, *more), "x"), "1" * 64, None)
    damaged = ("costs/b.parquet",)
    table = kept_table(closed, OCTOBER, damaged)
    assert check_table(table, kept_report(closed, OCTOBER, damaged)) == 2 * 4
    costs = table.rows[0].numbers
    assert (costs["rows"]().value, costs["bytes"]().value, costs["damaged"]().value) == (3, 15, 1)
    assert [line.step for line in costs["bytes"]().lines] == ["a.parquet", "b.parquet", "bytes"]
