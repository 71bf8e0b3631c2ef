"""Owners in SQL: expressions that give a row of `costs`, `requests`, `gpu_samples` or `jobs` its owner.

What the row says itself comes first (a request's or job's team; on a bill the tags that finops.toml
names), then owners.csv, by the identifiers a row of the table has:

    costs        tag of Tags · workspace, project (sub-account, id or name) · account (sub-account, else
                 billing account) · service (ServiceName); by the day a charge begins
    requests     api_key · tag of attributes · workspace, project, account (all of `project`); by day
    gpu_samples  namespace; by day
    jobs         user · namespace, account, project (the scheduler's account, or the namespace, which
                 `team` holds); by the day it was submitted

A scheduler's account that owners.csv knows is an account and not a team: there its row comes first.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from finops.analysis.owners.registry import KINDS, OWNED_BY, identifier
from finops.analysis.where import json_member, quote

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import duckdb

    from finops.analysis.owners.registry import Registry

__all__ = ["DIMENSIONS", "OwnerColumns", "install_owners", "owner_columns", "owner_sql", "rule_sql"]

DIMENSIONS = ("team", "product", "cost_centre", "gl_code")
"""What costs and requests can be split by, of `OWNED_BY`."""

_TABLE = "owner_rows"


class _Reading(NamedTuple):
    """Where a table has its identifiers: day, SQL by kind, JSON of tags, own value of the team."""

    day: str
    by_kind: Mapping[str, tuple[str, ...]]
    tags: str | None = None
    team: str | None = None


_SUB_ACCOUNT = ("SubAccountId", "SubAccountName")

_READINGS = {
    "costs": _Reading(
        "cast(ChargePeriodStart as date)",
        {
            "workspace": _SUB_ACCOUNT,
            "project": _SUB_ACCOUNT,
            "account": ("SubAccountId", "BillingAccountId"),
            "service": ("ServiceName",),
        },
        tags="Tags",
    ),
    "requests": _Reading(
        "day",
        {
            "api_key": ("api_key_id",),
            "workspace": ("project",),
            "project": ("project",),
            "account": ("project",),
        },
        tags="attributes",
        team="team",
    ),
    "gpu_samples": _Reading("day", {"namespace": ("namespace",)}),
    "jobs": _Reading(
        "cast(coalesce(submitted_at, started_at, ended_at) as date)",
        {
            "user": ('jobs."user"',),
            "namespace": ("team",),
            "project": ("team",),
            "account": ("team",),
        },
        team="team",
    ),
}


class OwnerColumns(NamedTuple):
    """An owner's column as an expression over a table, and the table's columns it reads."""

    sql: str
    columns: tuple[str, ...]


def install_owners(con: duckdb.DuckDBPyConnection, registry: Registry) -> None:
    """Make the rows of `registry` a temp table on `con`, which the expressions look into."""
    rows = [
        [
            row.kind,
            identifier(row.kind, row.match),
            row.starts.isoformat(),
            row.ends.isoformat(),
            f"owners.csv line {row.line}: {row.kind} {identifier(row.kind, row.match)}",
            *row.owner,
        ]
        for row in registry.rows
    ]
    names = ("of_kind", "of_match", "of_start", "of_end", "of_rule", *(f"of_{n}" for n in OWNED_BY))
    types = ("varchar", "varchar", "date", "date", "varchar", *("varchar" for _ in OWNED_BY))
    columns = ", ".join(
        f"cast(r[{place}] as {kind}) as {name}"
        for place, (name, kind) in enumerate(zip(names, types, strict=True), start=1)
    )
    con.execute(
        f"create or replace temp table {_TABLE} as select {columns} "
        "from (select unnest(from_json(?, '[[\"VARCHAR\"]]')) as r)",
        [json.dumps(rows)],
    ).fetchall()


def owner_columns(
    registry: Registry, table: str, name: str, own_tag: str | None = None
) -> OwnerColumns:
    """The owner's column `name` (of `OWNED_BY`) of rows of `table`, null where nothing says.

    Put `registry` on the connection with `install_owners` first. `own_tag` is the tag whose value counts
    before the file. The relation must go by the table's name: unqualified, `user` is the engine's own.
    """
    reading = _READINGS[table]
    parts = _parts(registry, reading, name, own_tag)
    columns = [each.column for each in parts]
    columns += [reading.day] if any(each.is_looked_up for each in parts) else []
    plain = tuple(dict.fromkeys(column for column in columns if column.isidentifier()))
    return OwnerColumns(_first_of(each.sql for each in parts), plain)


def rule_sql(registry: Registry, table: str, name: str, own_tag: str | None = None) -> str:
    """What decides the owner's column `name` of rows of `table`, in words: a line of owners.csv, or the row itself."""
    return _first_of(each.rule for each in _parts(registry, _READINGS[table], name, own_tag))


class _Part(NamedTuple):
    """One way to an owner: SQL of its value and of the words for it, each null where it says nothing."""

    sql: str
    rule: str
    column: str
    is_looked_up: bool


def _first_of(parts: Iterable[str]) -> str:
    found = ", ".join(parts)
    return f"coalesce({found})" if found else "cast(null as varchar)"


def _parts(registry: Registry, reading: _Reading, name: str, own_tag: str | None) -> list[_Part]:
    """Every way to an owner, in the order they are tried."""
    known = {row.kind for row in registry.rows}
    own = _own(reading, name, own_tag)
    looked_up = [
        _lookup(kind, sql, reading.day, name, column)
        for kind, sql, column in _identifiers(reading, registry)
        if kind in known
    ]
    translated = [part for part in looked_up if part.column == reading.team]
    return [*translated, *own, *(part for part in looked_up if part not in translated)]


def owner_sql(con: duckdb.DuckDBPyConnection, registry: Registry, table: str, relation: str) -> str:
    """A SELECT of `relation` (rows of `table`) with `owner_team`, `owner_product` … beside its columns."""
    install_owners(con, registry)
    found = ", ".join(
        f"{owner_columns(registry, table, name).sql} as owner_{name}" for name in OWNED_BY
    )
    return f"select *, {found} from {relation} as {table}"


def _own(reading: _Reading, name: str, tag: str | None) -> list[_Part]:
    """What a row says itself, with the column that says it."""
    if name == "team" and reading.team is not None:
        sql, told, column = f"nullif({reading.team}, '')", "its own team", reading.team
    elif tag is not None and reading.tags is not None:
        sql, column = f"nullif({json_member(reading.tags, tag)}, '')", reading.tags
        told = f"its tag {tag}"
    else:
        return []
    rule = f"case when {sql} is not null then {quote(told)} end"
    return [_Part(sql, rule, column, is_looked_up=False)]


def _identifiers(reading: _Reading, registry: Registry) -> Iterator[tuple[str, str, str]]:
    """Kind, SQL and column of every identifier a row has, in the order they are tried."""
    for kind in KINDS:
        if kind == "tag" and reading.tags is not None:
            for key in registry.tag_keys:
                value = json_member(reading.tags, key)
                yield kind, f"{quote(f'{key}=')} || lower({value})", reading.tags
        for sql in reading.by_kind.get(kind, ()):
            yield kind, f"lower({sql})", sql.rpartition(".")[2].strip('"')


def _lookup(kind: str, sql: str, day: str, name: str, column: str) -> _Part:
    fits = (
        f"from {_TABLE} where of_kind = {quote(kind)} "
        f"and of_match = {sql} and {day} >= of_start and {day} < of_end"
    )
    return _Part(
        f"(select any_value(of_{name}) {fits})",
        f"(select any_value(of_rule) {fits} and of_{name} is not null)",
        column,
        is_looked_up=True,
    )
