"""Who had the capacity of a month: requests by what they weigh, seats by their users' requests, jobs and workloads by owner."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from finops.analysis.capacity.install import RATES, capacity_sql
from finops.analysis.capacity.usage import PREFILL
from finops.analysis.owners.lookup import DIMENSIONS, owner_sql
from finops.analysis.owners.registry import read_registry
from finops.analysis.sources import keys as key_columns
from finops.analysis.sources import names as key_names
from finops.analysis.split.parts import Part
from finops.analysis.split.tokens import inside
from finops.ledger.engine import query
from finops.model.money import multiply
from finops.model.tables import TOKEN_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date
    from decimal import Decimal

    import duckdb

    from finops.analysis.books import Segment
    from finops.analysis.capacity.model import DeviceMonth
    from finops.analysis.capacity.seats import SeatMonth
    from finops.analysis.economics import Prepared
    from finops.analysis.split.naming import Names
    from finops.analysis.split.parts import Keys

__all__ = ["Holders", "ServedBy", "of_devices", "of_seats", "read_holders", "read_served"]


class ServedBy(NamedTuple):
    """Requests capacity served: the values they are split by, what they cost there, tokens and requests."""

    keys: Keys
    cost: Decimal
    tokens: int
    requests: int


Served = dict[tuple[str, "str | None"], list[ServedBy]]
"""By pool and what tells requests apart in it: the deployment or the user."""


class Holders(NamedTuple):
    """Values that jobs and workloads are split by, by their names; `nobody` for one that is not known."""

    jobs: Mapping[str, Keys]
    workloads: Mapping[str, Keys]
    nobody: Keys


_COUNTS = {
    "prefill": "(" + " + ".join(f"c.{name}" for name in PREFILL) + ")",
    "cached": "c.cache_read_tokens",
    "output": "c.output_tokens",
    "rows": "c.served_rows",
}


def read_served(con: duckdb.DuckDBPyConnection, prepared: Prepared, names: Names) -> Served:
    """Requests of each pool and key at the rates of capacity, which stand on `con`."""
    by = prepared.grouping.by
    cost = " + ".join(capacity_sql(part, _COUNTS, "k") for part in ("busy", "idle", "unused"))
    tokens = " + ".join(f"c.{name}" for name in TOKEN_COLUMNS)
    rows = query(
        con,
        f"""
        select {key_names(by)} k.of_pool, k.of_key, sum({cost}),
            cast(sum({tokens}) as bigint), cast(sum(c.requests) as bigint)
        from (
            select {key_columns(by)} * from {prepared.relations.asked.cells}
            where {inside(prepared)}
        ) as c
        join {RATES} as k
            on c.served_by = k.of_pool
            and c.served_key is not distinct from k.of_key
            and c.day >= k.from_day
            and c.day < k.until_day
        group by all
        """,
    )
    found: Served = defaultdict(list)
    for row in rows:
        keys, (pool, key, *sums) = row[: len(by)], row[len(by) :]
        found[pool, key].append(ServedBy(names.of_requests(keys), *sums))
    return found


def of_devices(month: DeviceMonth, origin: str, served: Served, holders: Holders) -> Iterator[Part]:
    """Parts of a pool's month: requests of each deployment, jobs and workloads."""
    for key, found in month.stretch.served.items():
        rate = month.rates.tokens.get(key)
        if rate is None:
            continue
        mine = served.get((month.facts.pool.name, key), [])
        whole = sum((Fraction(each.cost) for each in mine), Fraction())
        cost = Fraction(multiply(rate.per_unit(origin), rate.units_of(found)))
        for each in mine:
            if whole and cost:
                weight = cost * Fraction(each.cost) / whole
                yield Part("requests", each.keys, weight, each.tokens, "Tokens")
    account = month.accounts[origin]
    for name, amount in account.jobs.items():
        yield Part("jobs", holders.jobs.get(name, holders.nobody), Fraction(amount))
    for work, amount in account.workloads.items():
        yield Part("workloads", holders.workloads.get(str(work), holders.nobody), Fraction(amount))


def of_seats(seats: SeatMonth, origin: str, served: Served) -> Iterator[Part]:
    """Parts of a month of plans: each user's, by the user's requests."""
    for user, rates in seats.rates.items():
        for each in served.get((seats.pool.name, user), []):
            if each.requests:
                weight = Fraction(multiply(rates[origin], each.requests))
                yield Part("requests", each.keys, weight, each.requests, "Requests")


def read_holders(part: Segment, names: Names) -> Holders:
    """Owners of jobs, and of workloads by the namespace they ran in."""
    jobs: dict[str, Keys] = {}
    registry = read_registry(part.config.owners.file)
    if any(name in DIMENSIONS for name in names.asked):
        with part.ledger.connect(["jobs"]) as con:
            columns = ", ".join(f"max(owner_{name})" for name in DIMENSIONS)
            owned = owner_sql(con, registry, "jobs", "jobs")
            for job, *owners in query(con, f"select job_id, {columns} from ({owned}) group by 1"):
                jobs[job] = names.keys(dict(zip(DIMENSIONS, owners, strict=True)))
    workloads: dict[str, Keys] = {}
    if any(row.kind == "namespace" for row in registry.rows):
        for work, namespace, day in _namespaces(part):
            owner = registry.find(day, {"namespace": [namespace]})
            workloads[work] = names.keys(owner._asdict())
    return Holders(jobs, workloads, names.nobody)


def _namespaces(part: Segment) -> list[tuple[str, str, date]]:
    """Workloads (pods without one) with the namespace and the first day each was seen in."""
    days = "true"
    if part.period is not None:
        days = f"day >= date '{part.period.start}' and day < date '{part.period.end}'"
    with part.ledger.connect(["gpu_samples"]) as con:
        return query(
            con,
            "select coalesce(workload, namespace || '/' || pod) as work, min(namespace), min(day) "
            f"from gpu_samples where namespace is not null and {days} group by 1 having work is not null",
        )
