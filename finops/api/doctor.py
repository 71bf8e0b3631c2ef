"""Whether everything finops needs is in order, for people and for bug reports."""

from __future__ import annotations

import platform
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from finops.api.answer import Answer
from finops.api.opening import ledger_location
from finops.api.versions import PRICE_BOOK, installed, price_book_date
from finops.errors import FinopsError, LedgerMissing
from finops.report.doctor import Check, State, doctor_report

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from finops.config import Config
    from finops.ledger.store import DataFile, Ledger

__all__ = ["Diagnosis", "doctor"]

LITTLE_DISK = 1_000_000_000
"""Bytes free under which a load is likely to fail."""

ENGINES = ("duckdb", "deltalake", "pandas", "pydantic", "typer", "rich", PRICE_BOOK)

EXTRAS = {
    "objects": ("obstore",),
    "spark": ("pyspark", "sqlglot"),
    "nvidia": ("nvidia-ml-py",),
    "web": ("textual-serve",),
    "keyring": ("keyring",),
}
"""Optional extras and the distributions each brings."""


@dataclass(frozen=True, slots=True)
class Diagnosis(Answer[tuple[Check, ...]]):
    """Everything that was looked at."""

    @property
    def healthy(self) -> bool:
        """Whether nothing is broken."""
        return not any(check.state is State.BROKEN for check in self.value)


def doctor(ledger: str | Path | None = None, *, more: Sequence[Check] = ()) -> Diagnosis:
    """Look at versions, settings, the ledger's files, disk space, the price list and extras; never raises.

    `more` is what only the caller can look at: its terminal.
    """
    checks = (*_ours(None if ledger is None else str(ledger)), *more, _prices(), *_extras())
    return Diagnosis(checks, doctor_report(checks))


def _ours(ledger: str | None) -> Iterator[Check]:
    yield from _versions()
    found: list[Config] = []
    yield from _configuration(found)
    if found or ledger is not None:
        location = ledger_location(ledger, found[0] if found else None)
        yield from _ledger(location)
        yield _disk(location)


def _versions() -> Iterator[Check]:
    from finops import __version__

    yield Check("finops", State.INFO, __version__)
    system = f"{platform.python_implementation()} on {platform.system()} {platform.machine()}"
    yield Check("python", State.INFO, f"{platform.python_version()} ({system})")
    for name in ENGINES:
        version = installed(name)
        if version is None:
            yield Check(name, State.BROKEN, "not installed")
        else:
            yield Check(name, State.INFO, version)


def _configuration(found: list[Config]) -> Iterator[Check]:
    """The settings and their origins; puts the configuration, when it can be read, into `found`."""
    from finops.config import load_config_with_origins

    try:
        config, origins = load_config_with_origins()
    except FinopsError as error:
        yield Check("config", State.BROKEN, error.message)
        return
    found.append(config)
    for key, origin in origins:
        yield Check(f"config.{key}", State.INFO, origin)


def _ledger(location: str) -> Iterator[Check]:
    from finops.ledger.store import Ledger
    from finops.model.tables import TABLES

    try:
        ledger = Ledger.open(location)
        yield Check("ledger", State.OK, location)
        for table in TABLES:
            yield _table(ledger, table)
    except LedgerMissing:
        yield Check(
            "ledger", State.WARNING, f"nothing at {location} yet: finops load, or finops demo"
        )
    except FinopsError as error:
        yield Check("ledger", State.BROKEN, error.message)


def _table(ledger: Ledger, table: str) -> Check:
    """Whether every file a table's log lists can be read and has the rows the log says."""
    import duckdb

    files = ledger.files(table)
    if not files:
        return Check(f"ledger.{table}", State.INFO, "empty")
    try:
        paths = ledger.local(files, table)
        counted = _row_counts(paths)
    except (duckdb.Error, OSError) as error:
        return Check(f"ledger.{table}", State.BROKEN, " ".join(str(error).split()))
    wrong = _disagreements(files, paths, counted)
    if wrong:
        return Check(
            f"ledger.{table}", State.BROKEN, f"{len(wrong)} files differ from the log: {wrong[0]}"
        )
    return Check(
        f"ledger.{table}", State.OK, f"{sum(counted.values()):,} rows in {len(files):,} files"
    )


def _row_counts(paths: list[str]) -> dict[str, int]:
    """Rows of each Parquet file, from its footer."""
    import duckdb

    with duckdb.connect() as con:
        return dict(
            con.execute(
                "SELECT file_name, num_rows::BIGINT FROM parquet_file_metadata($paths)",
                {"paths": paths},
            ).fetchall()
        )


def _disagreements(
    files: tuple[DataFile, ...], paths: list[str], counted: dict[str, int]
) -> list[str]:
    return [
        path
        for file, path in zip(files, paths, strict=True)
        if file.rows is not None and counted.get(path) != file.rows
    ]


def _disk(location: str) -> Check:
    """Space where the ledger's files (or their local copies) are."""
    folder = Path(location if "://" not in location else ".").absolute()
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    state = State.OK if free >= LITTLE_DISK else State.WARNING
    return Check("disk", state, f"{free / 1e9:,.1f} GB free at {folder}")


def _prices() -> Check:
    checked = price_book_date()
    if checked is None:
        return Check("prices", State.WARNING, "the price list does not say when it was checked")
    return Check("prices", State.OK, f"list prices checked up to {checked}")


def _extras() -> Iterator[Check]:
    for extra, needed in EXTRAS.items():
        missing = [name for name in needed if installed(name) is None]
        detail = (
            f"not installed: pip install 'finops-terminal[{extra}]'" if missing else "installed"
        )
        yield Check(f"extra.{extra}", State.INFO, detail)
