"""What DuckDB may hold while it reads files: less of plain CSV, never more than before."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest

from connectors.holding import THREAD_MB, bound
from connectors.reading import find_files, open_source
from finops.ledger.engine import open_engine, query

if TYPE_CHECKING:
    from pathlib import Path

CSV = b"BilledCost,BillingCurrency\n1,USD\n"


@pytest.mark.parametrize(
    ("written", "threads", "before", "after"),
    [
        ([("a.csv", CSV), ("b.csv", CSV)], 2, "2GB", 2 * THREAD_MB * 10**6),
        ([("a.csv", CSV)], 2, "150MB", 150 * 10**6),
        ([("a.csv", CSV)], 16, "2GB", 2 * 10**9),
        ([("a.csv.gz", gzip.compress(CSV))], 2, "2GB", 2 * 10**9),
        ([("a.csv", CSV), ("b.csv.gz", gzip.compress(CSV))], 2, "2GB", 2 * 10**9),
        ([("a.jsonl", b'{"a": 1}\n')], 2, "2GB", 2 * 10**9),
    ],
)
def test_plain_csv_alone_lowers_the_limit(
    tmp_path: Path, written: list[tuple[str, bytes]], threads: int, before: str, after: int
) -> None:
    """DuckDB tells the limit with one decimal, 1.8 GiB for 2 GB, so a twentieth is let pass."""
    for name, body in written:
        (tmp_path / name).write_bytes(body)
    files = [open_source(found) for found in find_files([tmp_path / name for name, _ in written])]
    with open_engine() as con:
        query(con, f"set threads = {threads}")
        query(con, f"set memory_limit = '{before}'")
        bound(con, files)
        ((limit,),) = query(con, "select parse_formatted_bytes(current_setting('memory_limit'))")
    assert limit == pytest.approx(after, rel=0.05)
