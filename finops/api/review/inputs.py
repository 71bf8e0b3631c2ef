"""What a review was made from beside the ledger, and which of it is today's though the ledger is of an earlier day.

A close keeps settings, owners, the files they name and prices, and so does the ledger whenever they changed by
the time of a load, a pull or a review (`finops.analysis.in_force`).
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from finops.analysis.in_force import places
from finops.report.document import Fact

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from finops.analysis.in_force import InForce
    from finops.api.review.facts import Facts
    from finops.config import Config

__all__ = ["input_facts"]


def input_facts(facts: Facts, as_of: date | None, in_force: InForce | None) -> Iterator[Fact]:
    """Digests of the files beside finops.toml and, as of an earlier day, since when settings are those of then.

    Where they are not, what is of today and which day is the first that has its own.
    """
    settings, is_closed = facts.settings, facts.books.closed is not None
    told = ", ".join(f"{name} {_digest(path)}" for name, path in _files(settings))
    if told:
        yield Fact("files", "Files beside the settings", told)
    if as_of is None or in_force is None or is_closed:
        return
    if in_force.since is not None:
        kept = f"as they were on {as_of}; kept on {in_force.since:%Y-%m-%d %H:%M} UTC"
        yield Fact("settings_of", "Settings, owners and prices", kept)
        return
    today = "; ".join(_of_today(settings))
    if in_force.first is not None:
        day = in_force.first.date()
        today += f". They are kept since {day}: that is the first day --as-of can show with its own"
    yield Fact("not_as_of", f"Not of {as_of} but of today", today)


def _files(settings: Config) -> Iterator[tuple[str, Path]]:
    """Files that decide numbers, by what people know them as."""
    told = {"owners.file": "owners.csv"}
    for number, entry in enumerate(settings.breakeven):
        told[f"breakeven.{number}.scenario"] = f"scenario of {entry.pool}"
    for number, pair in enumerate(settings.route):
        told[f"route.{number}.scores"] = f"judged answers of {pair.small} and {pair.large}"
    for place, path in places(settings):
        yield told[place], Path(path)


def _digest(path: Path) -> str:
    try:
        return f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"
    except OSError:
        return "cannot be read"


def _of_today(settings: Config) -> Iterator[str]:
    yield "finops.toml"
    for name, _ in _files(settings):
        when = " (its rows say from when to when they hold)" if name == "owners.csv" else ""
        yield f"{name}{when}"
    yield "list prices of tokens (dated: those of the day of use)"
    if settings.prices:
        yield "[[prices]] (dated as they say)"
