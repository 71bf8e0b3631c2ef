"""Exports that keep every run: a month's folder holds one folder for each time it was delivered.

    …/BILLING_PERIOD=2026-06/20260702T120000Z-a1b2c3d4/    AWS Data Exports, create new
    …/20260601-20260630/<guid>/                            Azure exports, AWS legacy reports

The runs of one month are versions of it, not parts: together they would count it several times.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from finops.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

__all__ = ["refuse_several_runs"]

_MONTH = re.compile(r"billing_period=\d{4}-\d{2}|\d{8}-\d{8}", re.IGNORECASE)


def refuse_several_runs(paths: Iterable[Path]) -> None:
    """InputError when `paths` hold more than one run of a month."""
    runs: dict[str, set[str]] = {}
    for path in paths:
        parts = path.resolve().parts
        for at, part in enumerate(parts[:-1]):
            if _MONTH.fullmatch(part):
                below = parts[at + 1] if at + 2 < len(parts) else "(no run folder)"
                runs.setdefault("/".join(parts[: at + 1]), set()).add(below)
    for month, found in runs.items():
        if len(found) > 1:
            raise InputError(
                f"{month} holds {len(found)} runs of one month: {', '.join(sorted(found))}",
                hint="load the newest alone, it replaces the others; its manifest lists its files",
            )
