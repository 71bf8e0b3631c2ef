"""How old the keys in use are."""

from __future__ import annotations

import math
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scorecard.probes.base import Probe, judged, missing
from scorecard.scans import read_table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scorecard.evidence import Finding
    from scorecard.probes.base import Context

__all__ = ["PROBE"]


def ask(context: Context, params: Mapping[str, Any]) -> Finding:
    """95th percentile (nearest rank) of the age in days of the keys finops.toml's list names."""
    path = context.settings.files.keys
    if path is None:
        return missing("no list of keys is known", "scorecard.files.keys in finops.toml")
    rows = read_table(Path(path), ("key_id", "created"))
    ages = sorted((context.today - row.day("created")).days for row in rows)
    if not ages:
        return missing(f"{Path(path).name} lists no key", "scorecard.files.keys in finops.toml")
    oldest = max(rows, key=lambda row: (context.today - row.day("created")).days)
    place = max(math.ceil(0.95 * len(ages)) - 1, 0)
    return judged(
        Decimal(ages[place]),
        params,
        f"is the age of the older keys; the oldest is {oldest.text('key_id')} ({ages[-1]} days)",
        unit="days",
        query=Path(path).name,
        collected=context.today - timedelta(days=1),
    )


PROBE = Probe("key_age", "Are keys rotated?", ask, ())
