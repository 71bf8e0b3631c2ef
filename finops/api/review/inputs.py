"""What a review was made from beside the ledger, and which of it is today's though the ledger is of an earlier day.

A close keeps settings, owners and prices; until then nothing but the ledger's tables has a past. Files a
projection reads (scenarios, judged answers) are read as they are, closed month or not.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from finops.report.document import Fact

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from finops.api.review.facts import Facts
    from finops.config import Config

__all__ = ["input_facts"]


def input_facts(facts: Facts, as_of: date | None) -> Iterator[Fact]:
    """Digests of the files beside finops.toml and, as of an earlier day, what is known of today alone."""
    settings, is_closed = facts.settings, facts.books.closed is not None
    files = dict(_files(settings))
    if files:
        told = ", ".join(f"{name} {_digest(path)}" for name, path in files.items())
        yield Fact("files", "Files beside the settings", told)
    if as_of is not None:
        today = list(_of_today(settings, is_closed=is_closed))
        if today:
            yield Fact("not_as_of", f"Not of {as_of} but of today", "; ".join(today))


def _files(settings: Config) -> Iterator[tuple[str, Path]]:
    """Files that decide numbers, by the name people know them by."""
    if settings.owners.file is not None:
        yield "owners.csv", Path(settings.owners.file)
    for entry in settings.breakeven:
        if entry.scenario is not None:
            yield Path(entry.scenario).name, Path(entry.scenario)
    for pair in settings.route:
        if pair.scores is not None:
            yield Path(pair.scores).name, Path(pair.scores)


def _digest(path: Path) -> str:
    try:
        return f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"
    except OSError:
        return "cannot be read"


def _of_today(settings: Config, *, is_closed: bool) -> Iterator[str]:
    if not is_closed:
        yield "finops.toml"
        if settings.owners.file is not None:
            yield "owners.csv (its rows say from when to when they hold)"
        yield "list prices of tokens (dated: those of the day of use)"
        if settings.prices:
            yield "[[prices]] (dated as they say)"
    names = [name for name, _ in _files(settings) if name != "owners.csv"]
    if names:
        yield ", ".join(names)
