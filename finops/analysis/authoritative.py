"""Requests as they count: where two logs show the same calls, one of them, completed from the other.

What the logs have in common is found once for each month of request files and kept beside the
roll-ups, named after those files: counts as JSON, and the matching attempts as Parquet where a provider,
project and month has several sources at all. `finops.analysis.authority` decides on the counts.
"""

from __future__ import annotations

import hashlib
import json
import time
import uuid
from collections import Counter
from contextlib import suppress
from datetime import date, timedelta
from typing import TYPE_CHECKING, NamedTuple

from finops.analysis.authority import Common, Logged, Ruling, Scope, contested, rule
from finops.analysis.where import json_member
from finops.ledger.engine import query
from finops.ledger.schema import literal
from finops.model.period import parse_month
from finops.model.tables import REQUESTS
from finops.prices.names import provider_id
from finops.sql import render

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    import duckdb

    from finops.ledger.store import DataFile

__all__ = ["COMPLETED", "LOGGED", "Authority", "believe", "canonical_provider"]

LOGGED = "logged_requests"
"""Name of the view of every row there is, where some are set aside."""

COMPLETED = (
    "workflow", "workflow_run_id", "agent", "feature", "team", "tenant", "environment", "project",
    "api_key_id", "prompt_version", "workload_tier", "region", "caller_region", "store_region",
    "data_class", "outcome", "pool", "deployment", "trace_id", "ttft_ms", "queue_ms", "latency_ms",
)  # fmt: skip
"""Columns a row takes from the rows set aside for it, where it has nothing itself."""

_KEPT_S = 3600
_RULE = "same attempts, first"
"""Part of every kept file's name: another way to match makes other files."""


class Authority(NamedTuple):
    """Who gives way, and what decides the rows of a day besides its files."""

    rulings: tuple[Ruling, ...] = ()

    def about(self, day: date) -> str:
        """What was ruled in the months `day` and its neighbours lie in; empty when nothing was."""
        months = {f"{day + timedelta(days=shift):%Y-%m}" for shift in (-1, 0, 1)}
        found = [
            (each.scope, each.source, each.to, each.whole, each.rank)
            for each in self.rulings
            if each.scope.month in months
        ]
        return repr(found) if found else ""

    def within(self, months: Iterable[str]) -> tuple[Ruling, ...]:
        """The rulings about `months`."""
        chosen = set(months)
        return tuple(each for each in self.rulings if each.scope.month in chosen)


class _Evidence(NamedTuple):
    """What a month's logs hold and have in common; `pairs` is the file of matching attempts.

    `spelt` are the providers as the logs write them.
    """

    spelt: frozenset[str | None]
    logged: tuple[Logged, ...]
    common: tuple[Common, ...]
    pairs: Path


def canonical_provider(provider: str | None) -> str | None:
    """A provider however it is spelt, by the price list's name, else in lower case."""
    return None if provider is None else provider_id(provider) or provider.casefold()


def believe(
    con: duckdb.DuckDBPyConnection,
    folder: Path,
    by_day: Mapping[date, tuple[DataFile, ...]],
    order: Sequence[str],
    days: Iterable[date],
) -> Authority:
    """Make the view `requests` on `con` hold each attempt of the months of `days` once.

    `folder` is where what was found is kept, `order` the sources to believe first. Months with one source per provider and project cost a look
    at a small file.
    """
    wanted = {f"{day:%Y-%m}" for day in days}
    months: dict[str, list[DataFile]] = {}
    for day, files in by_day.items():
        if f"{day:%Y-%m}" in wanted:
            months.setdefault(f"{day:%Y-%m}", []).extend(files)
    evidence = [_evidence(con, folder, month, files) for month, files in sorted(months.items())]
    rulings: list[Ruling] = []
    compared: list[_Evidence] = []
    for each in evidence:
        scopes = contested(each.logged)
        found = rule(scopes, each.common, order) if scopes else ()
        rulings += found
        compared += [each] if found else []
    if rulings:
        _install(con, rulings, compared)
    return Authority(tuple(rulings))


def _evidence(
    con: duckdb.DuckDBPyConnection, folder: Path, month: str, files: Sequence[DataFile]
) -> _Evidence:
    """What is kept of `month`, found anew when its files changed."""
    digest = hashlib.sha256(f"{_RULE} {render('same_attempts', **_NO_PARTS)}".encode())
    for file in sorted(files, key=lambda each: each.key):
        digest.update(f"{file.key} {file.size}\n".encode())
    stem = f"{month}.{digest.hexdigest()[:32]}"
    place, pairs = folder / "sources" / f"{stem}.json", folder / "sources" / f"{stem}.parquet"
    with suppress(FileNotFoundError):
        return _read(place.read_text(encoding="utf-8"), month, pairs)
    place.parent.mkdir(parents=True, exist_ok=True)
    first, end = parse_month(month)
    rows = f"(select * from requests where day >= date '{first}' and day < date '{end}')"
    counts = query(
        con,
        f"select provider, project, source_id, count(*) from {rows} as r group by all order by all",
    )
    common: list[tuple[object, ...]] = []
    scopes = contested(_logged(month, counts))
    if scopes:
        common = _compare(con, rows, counts, list(scopes), pairs)
    _put(place, json.dumps({"logged": counts, "common": common}))
    for old in place.parent.glob(f"{month}.*"):
        with suppress(FileNotFoundError):
            if not old.name.startswith(stem) and time.time() - old.stat().st_mtime > _KEPT_S:
                old.unlink()
    return _read(place.read_text(encoding="utf-8"), month, pairs)


_NO_PARTS = {"requests": "", "scopes": "", "response_id": ""}


def _put(place: Path, text: str) -> None:
    making = place.with_name(f".{uuid.uuid4().hex}")
    making.write_text(text, encoding="utf-8")
    making.replace(place)


def _logged(month: str, counts: Iterable[Sequence[object]]) -> tuple[Logged, ...]:
    return tuple(
        Logged(
            month,
            canonical_provider(None if provider is None else str(provider)),
            None if project is None else str(project),
            str(source),
            int(str(rows)),
        )
        for provider, project, source, rows in counts
    )


def _read(text: str, month: str, pairs: Path) -> _Evidence:
    kept = json.loads(text)
    logged = _logged(month, kept["logged"])
    scopes = list(contested(logged))
    common = tuple(
        Common(scopes[number], source, frozenset(others), rows)
        for number, source, others, rows in kept["common"]
    )
    spelt = frozenset(provider for provider, *_ in kept["logged"])
    return _Evidence(spelt, logged, common, pairs)


def _compare(
    con: duckdb.DuckDBPyConnection,
    requests: str,
    counts: Sequence[Sequence[object]],
    scopes: Sequence[Scope],
    target: Path,
) -> list[tuple[object, ...]]:
    """Write the attempts that sources of `scopes` share; returns how many, by source and others."""
    spelt = {provider for provider, *_ in counts}
    con.execute(
        "create or replace temp table compared_scopes "
        "(scope integer, month varchar, provider varchar, project varchar, any_project boolean)"
    ).fetchall()
    for number, scope in enumerate(scopes):
        for provider in spelt:
            name = None if provider is None else str(provider)
            if canonical_provider(name) == scope.provider:
                con.execute(
                    "insert into compared_scopes values (?, ?, ?, ?, ?)",
                    [number, scope.month, name, scope.project, scope.project is None],
                ).fetchall()
    sql = render(
        "same_attempts",
        requests=requests,
        scopes="compared_scopes",
        response_id=json_member("attributes", "response_id"),
    )
    making = target.with_name(f".{uuid.uuid4().hex}.parquet")
    query(con, f"copy ({sql}) to {literal(str(making))} (format parquet, compression zstd)")
    making.replace(target)
    return query(
        con,
        f"""
        select scope, source_id, others, count(*) from (
            select scope, source_id, request_id, attempt, list_sort(list(other_source)) as others
            from read_parquet({literal(str(target))}) group by all
        ) as shared group by all order by all
        """,
    )


def _install(
    con: duckdb.DuckDBPyConnection, rulings: Sequence[Ruling], files: Sequence[_Evidence]
) -> None:
    """Put the view of what counts in the place of `requests`, the rows there are behind it."""
    query(con, f"alter view requests rename to {LOGGED}")
    con.execute(
        "create temp table giving_way (month varchar, provider varchar, any_project boolean, "
        "project varchar, source_id varchar, is_whole boolean, rank integer, yields_to varchar[])"
    ).fetchall()
    spelt = {provider for each in files for provider in each.spelt}
    for each in rulings:
        month, name, project = each.scope
        for provider in spelt:
            if canonical_provider(provider) == name:
                who = [month, provider, project is None, project, each.source]
                con.execute(
                    "insert into giving_way values (?, ?, ?, ?, ?, ?, ?, ?)",
                    [*who, each.whole, each.rank, list(each.to)],
                ).fetchall()
    several = Counter(each.scope for each in rulings)
    pairs = ", ".join(literal(str(each.pairs)) for each in files)
    query(con, f"create temp view yielded as {render('yielded', pairs=pairs, requests=LOGGED)}")
    query(con, f"create temp view requests as {_counting_sql(max(several.values()))}")


def _counting_sql(sources: int) -> str:
    """What counts, each row completed from the rows of up to `sources` sources that give way to it."""
    places = range(1, sources + 1)
    taken = {
        name: f"coalesce(r.{name}, {', '.join(f's{place}.{name}' for place in places)})"
        for name in COMPLETED
    }
    return render(
        "counting",
        requests=LOGGED,
        columns=",\n    ".join(
            f"{taken[name]} as {name}" if name in taken else f"r.{name}" for name in REQUESTS.names
        ),
        carried=", ".join(f"s.{name}" for name in COMPLETED),
        joins="\n".join(
            f"left join completing as s{place} on s{place}.place = {place} "
            f"and r.source_id = s{place}.believed_source and r.request_id = s{place}.believed_id "
            f"and r.attempt = s{place}.believed_attempt and r.day = s{place}.believed_day"
            for place in places
        ),
    )
