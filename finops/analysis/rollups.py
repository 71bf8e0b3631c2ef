"""Roll-ups: cells kept beside the ledger, so that a month's report does not read every request again.

They are derived, so they are kept as plain Parquet files named after what they were made from: the
request files of their day and its two neighbours, the price book (which knows where prices change
within a day), the service-level objectives, which log is believed, which pool serves a request, and the SQL
itself. A file whose name no longer fits is never read; what is missing is made when a load has touched the
day, or when it is asked for.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from finops.analysis import cells
from finops.analysis.authoritative import Authority, believe
from finops.analysis.cells import Grained
from finops.analysis.grain import HOUR_GRAIN, MODEL, ROLLED_UP
from finops.analysis.kept import chunks, days_of, fingerprint, keep, kept_folder, prune
from finops.ledger.engine import query
from finops.ledger.schema import literal
from finops.prices.cards import PriceKey

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date
    from pathlib import Path

    import duckdb

    from finops.analysis.authority import Ruling
    from finops.analysis.terms import Terms
    from finops.ledger.store import DataFile, Ledger
    from finops.model.period import Period
    from finops.prices.book import Book
    from finops.prices.cards import Breaks

__all__ = [
    "KINDS",
    "REFRESHED_ROWS",
    "RUN_KINDS",
    "RollUps",
    "all_rulings",
    "believed",
    "breaks_of",
    "refresh",
    "roll_up",
]

KINDS = ("cells", "hours", "latency", "runs")
"""Day x all dimensions, hour x workflow/agent/model, latency histograms, one row per run and day."""

RUN_KINDS = ("run_tokens",)
"""What each run's cost hangs on: nearly as many rows as requests, so it is made when runs are asked about."""

REFRESHED_ROWS = 300_000
"""Requests a load may have to roll up again before it leaves that to the first question."""

_RUN_ROWS = 20_480
"""Rows of a file of runs that are skipped or read together."""

_DAY_GRAIN = Grained.of(ROLLED_UP)
_HOUR_GRAIN = Grained.of(HOUR_GRAIN)


class RollUps(NamedTuple):
    """Where the roll-ups of a ledger are kept, and the terms they are made on."""

    folder: Path
    terms: Terms
    stamp: str

    def path(self, day: date, name: str, kind: str) -> Path:
        """The file of one day and kind."""
        return self.folder / f"day={day.isoformat()}" / f"{name}.{kind}.parquet"


def believed(
    con: duckdb.DuckDBPyConnection, ledger: Ledger, order: Sequence[str], span: Period
) -> Authority:
    """Make the view `requests` on `con` hold each attempt of the months of `span` once.

    `order` names the sources to believe first.
    """
    by_day = days_of(ledger, "requests")
    days = [day for day in by_day if span.start <= day < span.end]
    return believe(con, kept_folder(ledger), by_day, order, days)


def all_rulings(ledger: Ledger, terms: Terms) -> tuple[Ruling, ...]:
    """Every log that gives way to another, in any month."""
    con = ledger.connect(["requests"])
    try:
        by_day = days_of(ledger, "requests")
        return believe(con, kept_folder(ledger), by_day, terms.authority, by_day).rulings
    finally:
        con.close()


def roll_up(
    con: duckdb.DuckDBPyConnection,
    ledger: Ledger,
    terms: Terms,
    span: Period,
    kinds: Iterable[str],
    authority: Authority,
) -> None:
    """Make a temp view on `con` for each of `kinds` over the days of `span`, building what is missing.

    `authority` is what `believed` said of `con`.
    """
    place = _place(ledger, terms)
    by_day = days_of(ledger, "requests")
    wanted = [day for day in by_day if span.start <= day < span.end]
    prints = {day: _fingerprint(by_day, day, place.stamp + authority.about(day)) for day in wanted}
    chosen = tuple(kinds)
    for made in (KINDS, RUN_KINDS):
        if set(made) & set(chosen):
            _build(con, place, by_day, prints, made)
            if not wanted:
                nothing = "(select * from requests where false)"
                _make_tables(con, place.terms, nothing, "false", made)
    for kind in chosen:
        files = ", ".join(literal(str(place.path(day, prints[day], kind))) for day in wanted)
        rows = f"read_parquet([{files}])" if files else f"made_{kind} where false"
        query(con, f"create or replace temp view {kind} as select * from {rows}")


def refresh(ledger: Ledger, terms: Terms, days: Iterable[date]) -> bool:
    """Make the roll-ups of `days` and their neighbours again, as after a load that touched them.

    Days of more than `REFRESHED_ROWS` requests are left to the first question about them, and the
    answer is False: whoever loads that much waits for the load only.
    """
    touched = {day + timedelta(days=shift) for day in days for shift in (-1, 0, 1)}
    place = _place(ledger, terms)
    by_day = days_of(ledger, "requests")
    known = sorted(touched & set(by_day))
    con = ledger.connect(["requests"])
    try:
        authority = believe(con, place.folder, by_day, terms.authority, known)
        prints = {
            day: _fingerprint(by_day, day, place.stamp + authority.about(day)) for day in known
        }
        missing = _missing(place, prints, KINDS)
        if sum(file.rows or 0 for day in missing for file in by_day[day]) > REFRESHED_ROWS:
            return False
        _build(con, place, by_day, prints, KINDS)
    finally:
        con.close()
    return True


def breaks_of(
    con: duckdb.DuckDBPyConnection, book: Book, requests: str
) -> dict[tuple[str | None, str | None], Breaks]:
    """Where prices of the models in `requests` change within a day."""
    models = query(con, f"select distinct provider, {MODEL} as model from {requests}")
    return book.breaks(PriceKey(provider, model) for provider, model in models)


def _place(ledger: Ledger, terms: Terms) -> RollUps:
    return RollUps(kept_folder(ledger), terms, _stamp(terms))


@cache
def _stamp(terms: Terms) -> str:
    """What besides the requests decides a roll-up: prices, objectives, capacity, the SQL and the engine's hashes."""
    from importlib.metadata import version
    from importlib.resources import files

    versions = f"{version('genai-prices')} {version('duckdb')}"
    digest = hashlib.sha256(
        f"{versions} {terms.book!r} {terms.objectives!r} {terms.serving!r}".encode()
    )
    for name in cells.STATEMENTS:
        digest.update((files("finops.sql") / f"{name}.sql").read_bytes())
    digest.update(f"{ROLLED_UP} {HOUR_GRAIN} {cells.BUCKET_BASE}".encode())
    return digest.hexdigest()


def _fingerprint(by_day: Mapping[date, tuple[DataFile, ...]], day: date, stamp: str) -> str:
    return fingerprint(by_day, (day - timedelta(days=1), day, day + timedelta(days=1)), stamp)


def _missing(place: RollUps, prints: Mapping[date, str], kinds: Sequence[str]) -> dict[date, str]:
    """Days, with their names, of which a file of `kinds` is not there."""
    return {
        day: name
        for day, name in prints.items()
        if not all(place.path(day, name, kind).exists() for kind in kinds)
    }


def _build(
    con: duckdb.DuckDBPyConnection,
    place: RollUps,
    by_day: Mapping[date, tuple[DataFile, ...]],
    prints: Mapping[date, str],
    kinds: Sequence[str],
) -> None:
    """Make the files of `kinds` that are missing of the days of `prints`."""
    missing = _missing(place, prints, kinds)
    for chunk in chunks(by_day, missing):
        first, last = chunk[0], chunk[-1]
        around = (
            f"(select * from requests where day between date '{first - timedelta(days=1)}' "
            f"and date '{last + timedelta(days=1)}')"
        )
        days = f"day between date '{first}' and date '{last}'"
        _make_tables(con, place.terms, around, days, kinds)
        for day in chunk:
            _write_day(con, place, day, missing[day], kinds)


def _make_tables(
    con: duckdb.DuckDBPyConnection,
    terms: Terms,
    requests: str,
    counted: str,
    kinds: Sequence[str],
) -> None:
    breaks = breaks_of(con, terms.book, requests)
    attempts = cells.install_attempts(con, requests, breaks, terms.objectives, terms.serving)
    if kinds == RUN_KINDS:
        cells.build_run_tokens(con, "made_run_tokens", attempts, _DAY_GRAIN, counted=counted)
        return
    grains = {"day_key": _DAY_GRAIN, "hour_key": _HOUR_GRAIN}
    cells.build_resent(con, "made_resent", attempts, grains, counted=counted)
    for table, grain, key in (
        ("made_cells", _DAY_GRAIN, "day_key"),
        ("made_hours", _HOUR_GRAIN, "hour_key"),
    ):
        cells.build_cells(
            con, table, attempts, grain, resent="made_resent", resent_key=key, counted=counted
        )
    cells.build_latency(con, "made_latency", attempts, _DAY_GRAIN, counted=counted)
    cells.build_runs(con, "made_runs", attempts, _DAY_GRAIN, counted=counted)


def _write_day(
    con: duckdb.DuckDBPyConnection, place: RollUps, day: date, name: str, kinds: Sequence[str]
) -> None:
    """Runs stand by workflow, so that those of one are read without the others."""
    for kind in kinds:
        order = "order by workflow, source_id, workflow_run_id" if kind in RUN_KINDS else ""
        select = f"select * from made_{kind} where day = date '{day}' {order}"
        keep(con, select, place.path(day, name, kind), rows=_RUN_ROWS if order else None)
    prune(place.path(day, name, kinds[0]).parent, name)
