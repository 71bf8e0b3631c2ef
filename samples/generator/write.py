"""Puts the parts together: the whole set of files, as a mapping of path to bytes."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

from . import aws, calls, cluster, focus, judged, metered, owners
from .company import MONTHS
from .files import csv_gz, toml
from .truth import truth

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["everything", "write"]

TRUTH_HEAD = """What is planted in the samples, with exact numbers. Written by the generator, in plain
Decimal arithmetic, without finops. Amounts are US dollars in strings; days and times are UTC."""


def everything() -> dict[str, bytes]:
    """Every generated file by its path below `samples/`."""
    made = calls.all_calls()
    bills = {**aws.deliveries(), **metered.deliveries(metered.usage(made))}
    jobs = cluster.jobs()
    samples = list(cluster.samples(jobs))
    files = {
        path: csv_gz(focus.COLUMNS, ([row.get(name) for name in focus.COLUMNS] for row in rows))
        for path, rows in bills.items()
    }
    for month in MONTHS:
        rows = [calls.log_row(c) for c in made if c.logged and f"{c.when:%Y-%m}" == month]
        files[f"requests/requests-{month}.csv.gz"] = csv_gz(calls.COLUMNS, rows)
        hours = [s for s in samples if str(s["timestamp"]).startswith(month)]
        files[f"gpu/gpu-{month}.csv.gz"] = csv_gz(
            cluster.SAMPLE_COLUMNS, ([s[name] for name in cluster.SAMPLE_COLUMNS] for s in hours)
        )
    files["jobs/sacct.csv.gz"] = gzip.compress(cluster.sacct(jobs).encode(), mtime=0)
    files["owners.csv"] = owners.owners_csv()
    files["projections/meeting-notes.csv"] = judged.judged_csv()
    files["truth.toml"] = toml(truth(made, bills, jobs, samples), TRUTH_HEAD)
    return files


def write(folder: Path) -> dict[str, int]:
    """Write every file below `folder`; the bytes of each, by path."""
    sizes = {}
    for path, content in sorted(everything().items()):
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        sizes[path] = len(content)
    return sizes
