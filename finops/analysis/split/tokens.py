"""What requests of a month used, by the names they are split by: tokens of each line of account, and drivers."""

from __future__ import annotations

import json
from collections import defaultdict
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from finops.analysis.logged import KEY_COLUMNS, PRICED_KEYS
from finops.analysis.metering import KINDS
from finops.analysis.sources import keys as key_columns
from finops.analysis.sources import names as key_names
from finops.ledger.engine import query
from finops.model.money import ZERO, add
from finops.model.tables import TOKEN_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    import duckdb

    from finops.analysis.economics import Prepared
    from finops.analysis.metering import BilledKey

__all__ = ["Counted", "Line", "Units", "count_tokens", "count_units", "inside"]

Row = tuple[tuple[object, ...], int, "Decimal"]
"""Values of the dimensions, tokens, and what these cost."""


class Line(NamedTuple):
    """What tokens are accounted for on: a line between bill and log (None: no bill covers them), and their kind."""

    settled: BilledKey | None
    kind: tuple[str, str, str]
    """Provider, model and token kind."""


class Counted(NamedTuple):
    """Tokens by line of account, those of no line by (provider, model, kind), and metered cost of everything."""

    settled: Mapping[BilledKey, list[Row]]
    unsettled: Mapping[tuple[str, str, str], list[Row]]
    cost: Mapping[tuple[object, ...], Decimal]


class Units(NamedTuple):
    """How much of a driver requests with these values of the dimensions have, and what weight that is."""

    keys: tuple[object, ...]
    quantity: int
    weight: Fraction


def inside(prepared: Prepared) -> str:
    """The condition on the cells of a question that they are of its days and pass its filter."""
    asked = prepared.relations.asked
    return f"day >= date '{asked.start}' and day < date '{asked.end}' and {asked.counted}"


def count_tokens(con: duckdb.DuckDBPyConnection, prepared: Prepared) -> Counted:
    """Sum the tokens that no capacity served, and what they cost, by the question's dimensions."""
    lines = _install_lines(con, prepared)
    width = len(prepared.grouping.by)
    settled: dict[BilledKey, list[Row]] = defaultdict(list)
    unsettled: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
    cost: dict[tuple[object, ...], Decimal] = {}
    for row in query(con, _tokens_sql(prepared)):
        keys, (number, tokens, amount) = row[:width], row[width:]
        line = lines[number]
        if line.settled is not None:
            settled[line.settled].append((keys, tokens, amount))
        else:
            unsettled[line.kind].append((keys, tokens, amount))
        cost[keys] = add(cost.get(keys, ZERO), amount)
    return Counted(settled, unsettled, cost)


def _tokens_sql(prepared: Prepared) -> str:
    """Tokens and cost by dimension and line, over `split_rates`."""
    by = prepared.grouping.by
    same = " and ".join(f"c.{name} is not distinct from p.{name}" for name in KEY_COLUMNS)
    sums = ", ".join(f"cast(sum(c.{name}) as bigint) as {name}" for name in TOKEN_COLUMNS)
    kinds = " union all ".join(
        f"select {key_names(by)} r.line, s.{kind}_tokens as tokens, s.{kind}_tokens * r.rate as cost "
        f"from summed as s join split_rates as r on s.id = r.id and r.kind = '{kind}' "
        f"where s.{kind}_tokens > 0"
        for kind in KINDS
    )
    return f"""
        with summed as (
            select {key_names(by)} p.id, {sums}
            from (
                select {key_columns(by)} * from {prepared.relations.asked.cells}
                where {inside(prepared)}
            ) as c
            join {PRICED_KEYS} as p on {same}
            group by all
        )
        select {key_names(by)} line, cast(sum(tokens) as bigint), sum(cost)
        from ({kinds})
        group by all
    """


def _install_lines(con: duckdb.DuckDBPyConnection, prepared: Prepared) -> list[Line]:
    """Make temp table `split_rates`: the line and the rate of each priced key and token kind."""
    metered = prepared.allocation.metered
    numbers: dict[Line, int] = {}
    rows = []
    for tokens in prepared.allocation.log.tokens:
        for kind, count in tokens.tokens.items():
            rate = metered.rates.get((tokens.id, kind))
            if not count or rate is None or rate.amount is None:
                continue
            settled = metered.settled_on.get((tokens.id, kind))
            line = Line(
                None if settled is None else settled.key, (tokens.provider, tokens.model, kind)
            )
            number = numbers.setdefault(line, len(numbers))
            rows.append({"id": tokens.id, "kind": kind, "line": number, "rate": f"{rate.amount:f}"})
    shape = json.dumps([{"id": "BIGINT", "kind": "VARCHAR", "line": "BIGINT", "rate": "VARCHAR"}])
    con.execute(
        "create or replace temp table split_rates as "
        "select r.id, r.kind, r.line, cast(r.rate as decimal(38, 24)) as rate "
        f"from (select unnest(from_json(?, '{shape}')) as r)",
        [json.dumps(rows)],
    ).fetchall()
    return list(numbers)


def count_units(con: duckdb.DuckDBPyConnection, prepared: Prepared) -> dict[str, list[Units]]:
    """What drivers of shared pools count, by the question's dimensions."""
    by = prepared.grouping.by
    counts = {
        "requests": "requests",
        "tokens": " + ".join(TOKEN_COLUMNS),
        "retrievals": "retrievals",
        "bytes": "bytes_moved",
    }
    sums = ", ".join(f"cast(sum({sql}) as bigint)" for sql in counts.values())
    rows = query(
        con,
        f"select {key_names(by)} workflow, {sums} from (select {key_columns(by)} * "
        f"from {prepared.relations.asked.cells} where {inside(prepared)}) group by all",
    )
    found: dict[str, list[Units]] = {
        name: [Units(row[: len(by)], row[place], Fraction(row[place])) for row in rows]
        for place, name in enumerate(counts, start=len(by) + 1)
    }
    found["even"] = _evenly([(row[: len(by)], row[len(by)], row[len(by) + 1]) for row in rows])
    return found


def _evenly(rows: list[tuple[tuple[object, ...], str | None, int]]) -> list[Units]:
    """Every workflow with requests weighs the same, and its requests equal parts of that."""
    requests: dict[str | None, int] = defaultdict(int)
    for _, workflow, count in rows:
        requests[workflow] += count
    return [
        Units(keys, count, Fraction(count, requests[workflow]))
        for keys, workflow, count in rows
        if count
    ]
