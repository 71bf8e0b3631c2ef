"""The SQL that turns requests into cells: additive measures by a grain, histograms and runs.

The roll-ups run it once a day of data and keep the result; a question they cannot answer runs it over
the requests themselves. Both get the same digits, because it is the same SQL.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from finops.analysis.capacity.served import NOBODY
from finops.analysis.grain import HOUR, MODEL
from finops.analysis.slo import judged_sql
from finops.analysis.where import quote
from finops.model.tables import (
    CACHE_WRITE_COLUMNS,
    GENERATION_OPERATIONS,
    INPUT_TOKEN_COLUMNS,
    TOKEN_COLUMNS,
)
from finops.sql import render

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import duckdb

    from finops.analysis.capacity.served import Serving
    from finops.analysis.slo import Objective
    from finops.prices.cards import Breaks

__all__ = [
    "BUCKET_BASE",
    "CELL_KEYS",
    "MEASURES",
    "STATEMENTS",
    "Grained",
    "attempts_sql",
    "bucket_value",
    "build_cells",
    "build_latency",
    "build_resent",
    "build_run_tokens",
    "build_runs",
    "install_attempts",
]

BUCKET_BASE = 1.0202
"""Width of a latency bucket: its middle is within 1 % of every value in it."""

CELL_KEYS = ("fate", "is_generation", "context_from", "minute_from", "served_by", "served_key")
"""What a cell is cut by besides its grain."""

_CUT = tuple(name for name in CELL_KEYS if name != "is_generation")
"""What cells of generations are cut by."""

MEASURES = (
    "attempts",
    "requests",
    "responses",
    "good_responses",
    "slo_missed",
    "slo_unknown",
    "errors",
    "retries",
    "retrievals",
    "embedding_calls",
    "rerank_calls",
    "work_millionths",
    *TOKEN_COLUMNS,
    "reasoning_tokens",
    "bytes_moved",
    "resent_cache_read_tokens",
    "resent_uncached_tokens",
)
"""What a cell sums, all BIGINT."""

STATEMENTS = ("later", "attempts", "resent", "cells", "latency", "runs", "run_tokens")
"""The SQL files that make a roll-up; another text of one makes another roll-up."""

_ZERO_BUCKET = -32768


def _micros(ms: str) -> str:
    """SQL of whole microseconds in `ms`: sums of whole numbers do not depend on their order."""
    return f"cast(floor(({ms}) * 1000 + 0.5) as bigint)"


_TOKEN_SUMS = ",\n".join(
    f"cast(coalesce(sum({name}), 0) as bigint) as {name}" for name in TOKEN_COLUMNS
)

_PREFILL = " + ".join(
    f"coalesce({name}, 0)" for name in ("uncached_input_tokens", *CACHE_WRITE_COLUMNS)
)
_TIMED = "coalesce(queue_ms, 0) <= ttft_ms and ttft_ms <= latency_ms"
_SERVED_SUMS = ",\n".join(
    f"cast(coalesce({sql} filter (where served_by is not null{condition}), 0) as bigint) as {name}"
    for name, sql, condition in (
        ("served_rows", "count(*)", ""),
        ("timed_rows", "count(*)", f" and {_TIMED}"),
        ("timed_prefill", f"sum({_PREFILL})", f" and {_TIMED}"),
        ("timed_cached", "sum(cache_read_tokens)", f" and {_TIMED}"),
        ("timed_output", "sum(output_tokens)", f" and {_TIMED}"),
        ("prefill_us", f"sum({_micros('ttft_ms - coalesce(queue_ms, 0)')})", f" and {_TIMED}"),
        ("decode_us", f"sum({_micros('latency_ms - ttft_ms')})", f" and {_TIMED}"),
    )
)
"""What attempts on capacity add up to: how many, and the engine time of those that tell it."""

_ATTEMPTS = "attempt_rows"
_LATER = "later_attempts"


class Grained(NamedTuple):
    """Columns to group by, each an alias and its SQL over attempts; `key` is the hash of them all."""

    columns: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, names: Sequence[str]) -> Grained:
        """The grain made of request columns `names`, `hour` among them standing for the hour."""
        return cls(tuple((name, HOUR if name == "hour" else name) for name in names))

    @property
    def select(self) -> str:
        """`sql as alias, …`."""
        return ", ".join(
            sql if sql == alias else f"{sql} as {alias}" for alias, sql in self.columns
        )

    @property
    def key(self) -> str:
        """The expression that identifies a grain in histograms and runs."""
        return f"hash({', '.join(sql for _, sql in self.columns)})"


def _cell(grain_key: str, of: str = "") -> str:
    """SQL of the key of a generation's cell in a grain, over columns of the relation `of`."""
    return f"hash({grain_key}, {', '.join(of + name for name in _CUT)})"


def bucket_value(bucket: int) -> float:
    """The value a bucket stands for: at most 1 % from any value in it."""
    return 0.0 if bucket == _ZERO_BUCKET else BUCKET_BASE**bucket * 2 / (1 + BUCKET_BASE)


def install_attempts(
    con: duckdb.DuckDBPyConnection,
    requests: str,
    breaks: Mapping[tuple[str | None, str | None], Breaks],
    objectives: Sequence[Objective] = (),
    serving: Serving = NOBODY,
) -> str:
    """Make `requests` with what its neighbours tell a view on `con`; returns the view's name."""
    later = render("later", requests=requests)
    con.execute(f"create or replace temp table {_LATER} as {later}").fetchall()
    sql = attempts_sql(requests, _LATER, breaks, objectives, serving)
    con.execute(f"create or replace temp view {_ATTEMPTS} as {sql}").fetchall()
    return _ATTEMPTS


def attempts_sql(
    requests: str,
    later: str,
    breaks: Mapping[tuple[str | None, str | None], Breaks],
    objectives: Sequence[Objective] = (),
    serving: Serving = NOBODY,
) -> str:
    """The SELECT of `attempts.sql` over a requests relation and its later attempts."""
    contexts = {model: found.contexts for model, found in breaks.items() if found.contexts}
    minutes = {model: found.minutes for model, found in breaks.items() if found.minutes}
    return render(
        "attempts",
        requests=requests,
        later=later,
        judged=judged_sql(objectives),
        served_by=serving.by,
        served_key=serving.key,
        generation=", ".join(quote(name) for name in GENERATION_OPERATIONS),
        input=" + ".join(f"coalesce({column}, 0)" for column in INPUT_TOKEN_COLUMNS),
        context_from=_side(contexts, " + ".join(f"coalesce({c}, 0)" for c in INPUT_TOKEN_COLUMNS)),
        minute_from=_side(
            minutes,
            "cast(extract(hour from timestamp) * 60 + extract(minute from timestamp) as integer)",
        ),
    )


def _side(breaks: Mapping[tuple[str | None, str | None], tuple[int, ...]], value: str) -> str:
    """CASE that gives the break at or below `value` for each model that has any, else 0."""
    if not breaks:
        return "0"
    branches = []
    for (provider, model), edges in sorted(breaks.items(), key=str):
        steps = " ".join(
            f"when {value} >= {edge} then {edge}" for edge in sorted(edges, reverse=True)
        )
        name = f"provider {_is(provider)} and {MODEL} {_is(model)}"
        branches.append(f"when {name} then case {steps} else 0 end")
    return f"case {' '.join(branches)} else 0 end"


def _is(text: str | None) -> str:
    return "is null" if text is None else f"= {quote(text)}"


def build_resent(
    con: duckdb.DuckDBPyConnection,
    table: str,
    attempts: str,
    grains: Mapping[str, Grained],
    *,
    counted: str = "true",
) -> None:
    """Make temp table `table`: context sent again, a row per call, with the key of its cell in each of `grains`."""
    sql = render(
        "resent",
        attempts=attempts,
        counted=counted,
        carried=", ".join(f"{_cell(grain.key)} as {name}" for name, grain in grains.items()),
        keys=", ".join(grains),
    )
    con.execute(f"create or replace temp table {table} as {sql}").fetchall()


def build_cells(
    con: duckdb.DuckDBPyConnection,
    table: str,
    attempts: str,
    grain: Grained,
    *,
    resent: str,
    resent_key: str,
    counted: str = "true",
) -> None:
    """Make temp table `table`: the measures of `attempts` by `grain`, `grain_key` beside it."""
    sql = render(
        "cells",
        grain=grain.select,
        key=grain.key,
        cell_key=_cell("c.grain_key", "c."),
        tokens=_TOKEN_SUMS,
        served=_SERVED_SUMS,
        attempts=attempts,
        counted=counted,
        resent=resent,
        resent_key=resent_key,
    )
    con.execute(f"create or replace temp table {table} as {sql}").fetchall()


def build_latency(
    con: duckdb.DuckDBPyConnection,
    table: str,
    attempts: str,
    grain: Grained,
    *,
    counted: str = "true",
) -> None:
    """Make temp table `table`: (grain_key, day, measure, bucket, responses)."""
    sql = render(
        "latency",
        key=grain.key,
        day="day",
        base=str(BUCKET_BASE),
        attempts=attempts,
        counted=counted,
    )
    con.execute(f"create or replace temp table {table} as {sql}").fetchall()


def build_runs(
    con: duckdb.DuckDBPyConnection,
    table: str,
    attempts: str,
    grain: Grained,
    *,
    counted: str = "true",
) -> None:
    """Make temp table `table`: a row per run, grain and day, with its span and outcome."""
    sql = render("runs", key=grain.key, day="day", attempts=attempts, counted=counted)
    con.execute(f"create or replace temp table {table} as {sql}").fetchall()


def build_run_tokens(
    con: duckdb.DuckDBPyConnection,
    table: str,
    attempts: str,
    grain: Grained,
    *,
    counted: str = "true",
) -> None:
    """Make temp table `table`: tokens and drivers by run, grain, day and price."""
    sql = render(
        "run_tokens", key=grain.key, attempts=attempts, counted=counted, tokens=_TOKEN_SUMS
    )
    con.execute(f"create or replace temp table {table} as {sql}").fetchall()
