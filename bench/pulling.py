"""(h), (i) Pulling: from a bucket of a million objects; a month of 20 GB, and the same pull again."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from bench.bucket import Bucket, Shelf
from bench.generate import focus_csv
from bench.measure import GIB, Measured, Ran, finops

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["big_month", "listing"]

_OLD = tuple(
    f"{year}/{month:02}/{day:02}"
    for year in range(2020, 2026)
    for month in range(1, 13)
    for day in range(1, 28)
)
_MONTH = tuple(f"2026/10/{day:02}" for day in range(1, 21))
_ROWS = 5_000
_SMALLER = 4

_CONFIG = """
[sources.reports]
connector = "oci-reports"
url = "s3://bucket"
endpoint = "{address}"
region = "x"
access_key_id = "file:{key}"
secret_access_key = "file:{key}"
since = 2026-10-01
timeout_s = 600
"""


def listing(folder: Path, objects: int) -> Measured:
    """(h): peak memory of a pull from a bucket of `objects` old objects and a new one, over a quarter of them."""
    header, rows = _bill(folder)
    small = Shelf("FOCUS Reports", _MONTH[:1], 1, header, rows[: rows.index(b"\n") + 1], 1)
    quarter, whole = (
        _pull(folder, Shelf("FOCUS Reports", _OLD, many), small)
        for many in (objects // _SMALLER, objects)
    )
    return _peaks("h", f"pull from a bucket of {objects:,} objects", quarter, whole)


def big_month(folder: Path, gigabytes: float) -> list[Measured]:
    """(i): peak memory of a month's pull over a quarter of it; bytes of a second pull over the first's."""
    header, rows = _bill(folder)
    copies = max(round(gigabytes * 1e9 / len(_MONTH) / len(rows)), _SMALLER)
    shelf = Shelf("FOCUS Reports", _MONTH, len(_MONTH), header, rows, copies)
    quarter = _pull(folder, shelf._replace(copies=copies // _SMALLER))
    with Bucket(shelf) as bucket:
        config = _config(folder, bucket)
        ledger = _fresh(folder)
        whole, sent = finops("pull", ledger=ledger, config=config), bucket.sent
        again = finops("pull", ledger=ledger, config=config)
        more = bucket.sent - sent
    return [
        _peaks("i", f"pull a month of {shelf.size * shelf.many / 1e9:.1f} GB", quarter, whole),
        Measured(
            "i",
            "pull that month again: bytes read",
            "the first pull",
            0.01,
            ceiling=True,
            ratio=more / sent,
            seconds={"again": again.seconds, "first": whole.seconds},
            note=f"{more:,} of {sent:,} bytes",
        ),
    ]


def _peaks(letter: str, what: str, smaller: Ran, whole: Ran) -> Measured:
    return Measured(
        letter,
        f"{what}: peak memory",
        "a quarter of it",
        1.25,
        ceiling=True,
        ratio=whole.peak / smaller.peak,
        peak=whole.peak,
        peak_target=3 * GIB,
        seconds={"whole": whole.seconds, "quarter": smaller.seconds},
        note=f"{whole.peak / 1e6:,.0f} MB against {smaller.peak / 1e6:,.0f} MB",
    )


def _bill(folder: Path) -> tuple[bytes, bytes]:
    """Header and rows of a bill's newest month."""
    source = folder / "three-months.csv"
    if not source.exists():
        focus_csv(source, 3 * _ROWS)
    header, *rows = source.read_bytes().splitlines(keepends=True)
    return header, b"".join(rows[2 * _ROWS + 1 :])


def _fresh(folder: Path) -> Path:
    ledger = folder / "ledger-pulled"
    shutil.rmtree(ledger, ignore_errors=True)
    return ledger


def _pull(folder: Path, *shelves: Shelf) -> Ran:
    """Pull what is new into a ledger of its own."""
    with Bucket(*shelves) as bucket:
        return finops("pull", ledger=_fresh(folder), config=_config(folder, bucket))


def _config(folder: Path, bucket: Bucket) -> Path:
    key = folder / "key"
    key.write_text("none")
    path = folder / "pull.toml"
    path.write_text(_CONFIG.format(address=bucket.address, key=key))
    return path
