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
    from collections.abc import Iterator, Mapping

    import duckdb

    from finops.analysis.owners.registry import Registry

__all__ = ["DIMENSIONS", "OwnerColumns", "install_owners", "owner_columns", "owner_sql"]

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
            *row.owner,
        ]
        for row in registry.rows
    ]
    names = ("of_kind", "of_match", "of_start", "of_end", *(f"of_{name}" for name in OWNED_BY))
    types = ("varchar", "varchar", "date", "date", *("varchar" for _ in OWNED_BY))
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
    known = {row.kind for row in registry.rows}
    own = _own(reading, name, own_tag)
    looked_up = [
        (_lookup(kind, sql, reading.day, name), column)
        for kind, sql, column in _identifiers(reading, registry)
        if kind in known
    ]
    translated = [part for part in looked_up if part[1] == reading.team]
    parts = [*translated, *own, *(part for part in looked_up if part not in translated)]
    columns = [column for _, column in parts] + ([reading.day] if looked_up else [])
    plain = tuple(dict.fromkeys(column for column in columns if column.isidentifier()))
    sql = f"coalesce({', '.join(sql for sql, _ in parts)})" if parts else "cast(null as varchar)"
    return OwnerColumns(sql, plain)


def owner_sql(con: duckdb.DuckDBPyConnection, registry: Registry, table: str, relation: str) -> str:
    """A SELECT of `relation` (rows of `table`) with `owner_team`, `owner_product` … beside its columns."""
    install_owners(con, registry)
    found = ", ".join(
        f"{owner_columns(registry, table, name).sql} as owner_{name}" for name in OWNED_BY
    )
    return f"select *, {found} from {relation} as {table}"


def _own(reading: _Reading, name: str, tag: str | None) -> list[tuple[str, str]]:
    """What a row says itself, with the column that says it."""
    if name == "team" and reading.team is not None:
        return [(f"nullif({reading.team}, '')", reading.team)]
    if tag is not None and reading.tags is not None:
        return [(f"nullif({json_member(reading.tags, tag)}, '')", reading.tags)]
    return []


def _identifiers(reading: _Reading, registry: Registry) -> Iterator[tuple[str, str, str]]:
    """Kind, SQL and column of every identifier a row has, in the order they are tried."""
    for kind in KINDS:
        if kind == "tag" and reading.tags is not None:
            for key in registry.tag_keys:
                value = json_member(reading.tags, key)
                yield kind, f"{quote(f'{key}=')} || lower({value})", reading.tags
        for sql in reading.by_kind.get(kind, ()):
            yield kind, f"lower({sql})", sql.rpartition(".")[2].strip('"')


def _lookup(kind: str, sql: str, day: str, name: str) -> str:
    return (
        f"(select any_value(of_{name}) from {_TABLE} where of_kind = {quote(kind)} "
        f"and of_match = {sql} and {day} >= of_start and {day} < of_end)"
    )
