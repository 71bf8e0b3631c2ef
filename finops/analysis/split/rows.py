"""Split charges as a relation: every cost row of a month once for each that used some of it.

A row that is not split stands as it is. Whoever uses nothing, and every charge that nobody uses, falls to
the owner of the charge itself (`owners.csv`, tags), else to nobody.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from finops.analysis.charges import METERED_COLUMNS, is_metered_sql, line_sql
from finops.analysis.fx import exchanged_sql
from finops.analysis.owners.lookup import DIMENSIONS
from finops.analysis.pools import pool_sql
from finops.analysis.split.parts import WHOLE
from finops.analysis.where import json_member, quote
from finops.ledger.engine import query
from finops.ledger.open_months import NEGATED
from finops.ledger.schema import identifier
from finops.model.tables import COSTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import duckdb

    from finops.analysis.pools import PoolRule
    from finops.analysis.split.naming import Names
    from finops.analysis.split.parts import Share
    from finops.model.period import Period

__all__ = ["AMOUNTS", "KEYS", "SPLIT", "Raw", "Rule", "install_rows", "install_shares", "raw_lines"]

AMOUNTS = NEGATED
"""Columns of a cost row that are divided among its parts."""

SPLIT = "split_rows"
"""View of the columns of `costs`, `KEYS` and one column for each name that is split by."""

KEYS = ("pool", "line", "section", "account", "ratio", "quantity", "unit", "part")
"""Of each part: the row's pool and line, what it was used for, the account it was split by, its share of
it, how much was used, and which part of how many (`None`: the row is whole)."""

_PAID = "(line in ('usage', 'accrual') or (line = 'prior_period' and x_AdjustsMonth is not null))"
"""Rows that pay for use in a month that is known."""

_MONTH = "coalesce(x_AdjustsMonth, x_BillingMonth)"

_RAW = "split_lines"
_SHARES = "split_shares"


class Raw(NamedTuple):
    """Metered charges that look alike: the month whose use they pay for, currency, line, `METERED_COLUMNS`."""

    month: str
    currency: str
    line: str
    values: tuple[object, ...]


class Rule(NamedTuple):
    """What decides a row's pool and line: the month, its rules, and which currencies are settled as one."""

    month: Period
    pools: Sequence[PoolRule]
    money: Mapping[str, str]

    @property
    def kinds(self) -> dict[str, str]:
        """The kind of every pool."""
        return {rule.name: rule.kind for rule in reversed(self.pools)}

    def rows(self) -> str:
        """SELECT of the month's cost rows as `costs`, with pool, line, the month used, and the currency settled in."""
        money = " ".join(
            f"when {quote(one)} then {quote(into)}" for one, into in self.money.items()
        )
        settled = (
            f"case BillingCurrency {money} else BillingCurrency end" if money else "BillingCurrency"
        )
        metered = [name for name, kind in self.kinds.items() if kind == "metered"]
        pools = ", ".join(quote(name) for name in metered) or "null"
        return f"""
            select *, {_MONTH} as used_in, {settled} as settled_in,
                coalesce(pool in ({pools}), false) and x_CostOrigin <> 'owned'
                    and {_PAID} and {is_metered_sql()} as is_metered
            from (
                select *, {pool_sql(self.pools)} as pool, {line_sql(self.month)} as line
                from costs
                where x_BillingMonth = {quote(self.month.label)}
            ) as costs
        """


def raw_lines(con: duckdb.DuckDBPyConnection, rule: Rule) -> list[Raw]:
    """The metered charges of the month in the view `costs` of `con`, by what decides their account."""
    columns = ", ".join(METERED_COLUMNS)
    rows = query(
        con,
        f"select distinct used_in, settled_in, line, {columns} from ({rule.rows()}) as costs "
        "where is_metered order by all",
    )
    return [Raw(month, currency, line, tuple(values)) for month, currency, line, *values in rows]


def install_shares(
    con: duckdb.DuckDBPyConnection,
    accounts: Mapping[Raw, int],
    pools: Mapping[tuple[str, str, str, str], int],
    found: Sequence[tuple[Share, ...]],
) -> None:
    """Make the tables `install_rows` reads.

    `found` are shares by account; `accounts` are those of metered charges, `pools` those of pools by month,
    currency, pool and origin.
    """
    width = len(METERED_COLUMNS) + 3
    rows = [
        [account, *(None if value is None else str(value) for value in (*raw[:3], *raw.values))]
        for raw, account in accounts.items()
    ]
    rows += [
        [account, month, currency, pool, origin, *(None for _ in METERED_COLUMNS[1:])]
        for (month, currency, pool, origin), account in pools.items()
    ]
    columns = ", ".join(f"r[{place + 2}] as v{place}" for place in range(width))
    con.execute(
        f"create or replace temp table {_RAW} as select cast(r[1] as bigint) as of_account, {columns} "
        "from (select unnest(from_json(?, '[[\"VARCHAR\"]]')) as r)",
        [json.dumps(rows)],
    ).fetchall()
    shape = {
        "use": "VARCHAR",
        "keys": ["VARCHAR"],
        "first": "HUGEINT",
        "last": "HUGEINT",
        "quantity": "HUGEINT",
        "unit": "VARCHAR",
    }
    parts = [
        {"account": number, "parts": [_as_json(share) for share in shares]}
        for number, shares in enumerate(found)
        if shares
    ]
    con.execute(
        f"create or replace temp table {_SHARES} as select r.account as of_account, r.parts as parts "
        f"from (select unnest(from_json(?, '{json.dumps([{'account': 'BIGINT', 'parts': [shape]}])}')) as r)",
        [json.dumps(parts)],
    ).fetchall()


def _as_json(share: Share) -> dict[str, object]:
    return {
        "use": share.use,
        "keys": list(share.keys),
        "first": share.start,
        "last": share.end,
        "quantity": share.quantity,
        "unit": share.unit,
    }


def _install_owners(con: duckdb.DuckDBPyConnection, rule: Rule, names: Names) -> str:
    """Make temp table `split_owners`: who answers for charges of each identifier and day; returns how to join it.

    Owners are looked up once for everything that looks alike, name by name: a statement with many lookups
    takes longer to plan than to run.
    """
    known = {**_IDENTIFIERS, "Tags": _tags_sql(names.tags)}
    columns = ", ".join(f"{sql} as {name}" for name, sql in known.items())
    query(
        con,
        "create or replace temp table split_owners as select row_number() over () as number, * from ("
        f"select distinct {columns} from costs where x_BillingMonth = {quote(rule.month.label)})",
    )
    for place, sql in enumerate(names.charge):
        if names.asked[place] not in DIMENSIONS:
            continue
        query(
            con,
            f"create or replace temp table split_owners as select costs.*, {sql} as charge_{place} "
            "from split_owners as costs",
        )
    return " and ".join(f"o.{name} is not distinct from {sql}" for name, sql in known.items())


_IDENTIFIERS = {
    "ChargePeriodStart": "cast(costs.ChargePeriodStart as date)",
    "SubAccountId": "costs.SubAccountId",
    "SubAccountName": "costs.SubAccountName",
    "BillingAccountId": "costs.BillingAccountId",
    "ServiceName": "costs.ServiceName",
}
"""What owners of a charge are found by, besides its tags."""


def _tags_sql(keys: Sequence[str]) -> str:
    """The tags of a cost row that say whose it is, and no others."""
    if not keys:
        return "cast(null as varchar)"
    pairs = ", ".join(f"{quote(key)}, {json_member('costs.Tags', key)}" for key in keys)
    return f"cast(json_object({pairs}) as varchar)"


def install_rows(con: duckdb.DuckDBPyConnection, rule: Rule, names: Names) -> None:
    """Make the view `SPLIT` on `con`, over its view `costs` and what `install_shares` made."""
    same = " and ".join(
        f"l.v{place + 3} is not distinct from cast({column} as varchar)"
        for place, column in enumerate(METERED_COLUMNS)
    )
    owned = _install_owners(con, rule, names)
    said = "".join(
        f", o.charge_{place}" if names.asked[place] in DIMENSIONS else f", {sql} as charge_{place}"
        for place, sql in enumerate(names.charge)
    )
    columns = ", ".join(
        f"{_part_of(name)} as {identifier(name)}" if name in AMOUNTS else identifier(name)
        for name in COSTS.names
    )
    keys = "".join(
        f", coalesce(p.keys[{place + 1}], charge_{place}) as {identifier(name)}"
        for place, name in enumerate(names.asked)
    )
    query(
        con,
        f"""
        create or replace temp view {SPLIT} as
        with known as (
            select costs.*{said} from ({rule.rows()}) as costs left join split_owners as o on {owned}
        ),
        metered as (
            select costs.*, l.of_account as metered_account
            from known as costs
            left join {_RAW} as l
                on is_metered and l.v0 = used_in and l.v1 = settled_in and l.v2 = line and {same}
        ),
        placed as (
            select m.*, coalesce(m.metered_account, l.of_account) as account
            from metered as m
            left join {_RAW} as l
                on not is_metered and {_is_pooled(rule)}
                and l.v0 = used_in and l.v1 = settled_in and l.v2 = pool and l.v3 = x_CostOrigin
        ),
        parted as (
            select placed.*, unnest(coalesce(s.parts, [null])) as p,
                unnest(coalesce(list_transform(s.parts, lambda x, i: i), [null])) as part
            from placed left join {_SHARES} as s on placed.account = s.of_account
        )
        select {columns}, pool, line, {_section(rule)} as section, account,
            cast(p.last - p.first as decimal(38, 0)) * cast({1 / WHOLE:.12f} as decimal(12, 12)) as ratio,
            p.quantity as quantity, p.unit as unit, part{keys}
        from parted
        """,
    )


def _is_pooled(rule: Rule) -> str:
    """Rows whose pool as a whole is split: usage of capacity, all of what shared pools are charged."""
    shared = [name for name, kind in rule.kinds.items() if kind == "shared"]
    unused = f"(line = 'commitment_unused' and pool in ({_quoted(shared)}))" if shared else "false"
    return f"({_PAID} or {unused})"


def _section(rule: Rule) -> str:
    """What a part was used for; of a row that is not split, its line or what its pool leaves unused."""
    left = " ".join(
        f"when pool = {quote(name)} then {quote(_LEFT[kind])}"
        for name, kind in rule.kinds.items()
        if kind in _LEFT
    )
    whole = f"case {left} else 'other' end" if left else "'other'"
    return f"""case
        when line not in ('usage', 'commitment_unused') then line
        when p is not null then p.use
        when line = 'commitment_unused' then line
        else {whole}
    end"""


_LEFT = {
    "metered": "unmapped",
    "shared": "unmapped",
    "gpu": "unobserved",
    "provisioned": "unobserved",
    "seat": "seat",
}
"""What a charge is that nobody used, by the kind of its pool."""


def _part_of(name: str) -> str:
    column = identifier(name)
    upper, lower = exchanged_sql(column, "p.last"), exchanged_sql(column, "p.first")
    return f"case when p is null then {column} when p.first = 0 then {upper} else {upper} - {lower} end"


def _quoted(values: Iterable[str]) -> str:
    return ", ".join(quote(value) for value in values)
