"""What an export must say about itself: a name, what it writes, its formats and choices, and the one function.

An export is a module that ends in an `Export`, registered as an entry point of the group `finops.exports`;
`finops export NAME` and `Session.export` follow. It writes one file, whole, and returns what a person
should know of it. Where the file goes, what is there already and what else the folder holds is not its business.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from finops.config import Config
    from finops.ledger.store import Ledger
    from finops.model.period import Period

__all__ = ["Choice", "Export", "Wanted", "Written"]


class Choice(NamedTuple):
    """An option of one export: `--name`, one of `values`, the first when not given."""

    name: str
    about: str
    values: tuple[str, ...]


class Wanted(NamedTuple):
    """What is exported: a period, what it is split by, in which format, and the export's own choices."""

    ledger: Ledger
    config: Config
    days: Period | None
    """None for an export that is about no period."""
    by: tuple[str, ...]
    format: str
    choices: Mapping[str, str]

    @property
    def period(self) -> Period:
        """The period; ValueError where the export has none."""
        if self.days is None:
            message = "this export is about no period"
            raise ValueError(message)
        return self.days


class Written(NamedTuple):
    """What was written: rows (or series), and what a reader must know."""

    rows: int
    notes: tuple[str, ...] = ()


class Export(NamedTuple):
    """One export. `formats` are endings of file names, the first the default; `by` is split by if nothing is asked.

    `by_month` exports hold one month a file; of a longer period each gets its own. One without `has_period` is
    asked for none.
    """

    name: str
    about: str
    formats: tuple[str, ...]
    by: tuple[str, ...]
    write: Callable[[Wanted, Path], Written]
    choices: tuple[Choice, ...] = ()
    by_month: bool = False
    has_period: bool = True
