"""What has no owner: dollars by identifier, and the row of owners.csv that would settle it.

Two sides, which are never added, because requests carry cost of the bill:

    bill        charges without a team, by sub-account where none of its charges has a team, else by
                service where none has, else by sub-account after all
    requests    the cost of requests without a team, by API key, else project

What has a team already is left alone: a row that is proposed takes no charge from anybody, except the
last kind, which says so.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from finops.analysis.books import books
from finops.analysis.economics import Question, unit_economics
from finops.analysis.fx import Exchange, exchange_costs
from finops.analysis.owned.rows import add_owned
from finops.analysis.owners.guess import Guess, Guesser, read_logged
from finops.analysis.owners.lookup import install_owners, owner_columns
from finops.analysis.owners.registry import read_registry
from finops.analysis.spend import Slice, slice_condition
from finops.ledger.engine import query
from finops.model.money import ZERO, add, total

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from decimal import Decimal

    import duckdb

    from finops.analysis.books import Segment
    from finops.analysis.economics import UnitEconomics
    from finops.analysis.owners.registry import Registry
    from finops.config import Config
    from finops.ledger.store import Ledger
    from finops.model.period import Period

__all__ = [
    "BILL",
    "REQUESTS",
    "OwnersCheck",
    "TagCoverage",
    "Unowned",
    "check_owners",
    "reading_bill",
]

BILL, REQUESTS = "bill", "requests"


class Unowned(NamedTuple):
    """An identifier without an owner: what it cost, over how many charges or requests, and a guess."""

    side: str
    kind: str | None
    match: str | None
    about: str | None
    currency: str
    cost: Decimal
    rows: int
    guess: Guess


class TagCoverage(NamedTuple):
    """A tag key of the bill: EffectiveCost of usage that carries it, and of all usage."""

    key: str
    currency: str
    tagged: Decimal
    usage: Decimal


class OwnersCheck(NamedTuple):
    """Everything without an owner, what each side comes to by currency, and how far tags reach."""

    unowned: tuple[Unowned, ...]
    spent: dict[tuple[str, str], Decimal]
    """All cost by side and currency, with an owner or without."""
    coverage: tuple[TagCoverage, ...]
    notes: tuple[str, ...]

    def left(self, side: str, currency: str) -> Decimal:
        """What has no owner on one side, in one currency."""
        found = self.unowned
        return total(each.cost for each in found if (each.side, each.currency) == (side, currency))


class _Charges(NamedTuple):
    """Charges of one account and service, and those of them without a team."""

    account: str | None
    name: str | None
    type: str | None
    service: str | None
    provider: str | None
    currency: str
    cost: Decimal
    left: Decimal
    rows: int
    left_rows: int

    @property
    def has_owners(self) -> bool:
        """Whether any charge has a team."""
        return self.left_rows < self.rows


class _Bill(NamedTuple):
    charges: list[_Charges]
    tagged: dict[tuple[str, str], Decimal]
    """EffectiveCost of usage by tag key and currency; the key '' is all usage."""
    notes: tuple[str, ...]


def check_owners(
    ledger: Ledger, config: Config, period: Period | None, currency: str | None = None
) -> OwnersCheck:
    """What has no owner in `period`: whole months, or None for everything."""
    bills = [_read_bill(part, currency) for part in books(ledger, config, period)]
    charges = [charge for bill in bills for charge in bill.charges]
    asked = Question(period, ("api_key_id", "project"), "team is null or team = ''")._replace(
        currency=currency
    )
    unit = unit_economics(ledger, config, asked)
    everything = unit_economics(ledger, config, asked._replace(by=(), where=None))
    guesser = Guesser.of(read_registry(config.owners.file), read_logged(ledger, period))
    unowned = [*_of_bill(charges, guesser), *_of_requests(unit, guesser)]
    unowned.sort(key=lambda each: (each.side, each.currency, -each.cost, str(each.match)))
    spent: dict[tuple[str, str], Decimal] = {}
    for charge in charges:
        key = (BILL, charge.currency)
        spent[key] = add(spent.get(key, ZERO), charge.cost)
    spent[REQUESTS, unit.currency] = total(everything.total.components.values())
    notes = tuple(dict.fromkeys(note for bill in bills for note in bill.notes))
    return OwnersCheck(tuple(unowned), spent, _coverage(bills), notes)


class Reading(NamedTuple):
    """A segment's charges on a connection, under its own owners: which rows count, and what a reader must know."""

    con: duckdb.DuckDBPyConnection
    registry: Registry
    condition: str
    notes: tuple[str, ...]


@contextmanager
def reading_bill(part: Segment, currency: str | None) -> Iterator[Reading]:
    """The charges of `part` in `currency`, or each in its own, with its owners.csv beside them."""
    registry = read_registry(part.config.owners.file)
    condition = slice_condition(Slice(part.period))
    with part.ledger.connect(["costs"]) as con:
        notes = add_owned(con, part.ledger, part.config.owned, part.period)
        if currency is not None:
            exchange_costs(con, Exchange.of(part.config), currency.upper(), condition)
        install_owners(con, registry)
        yield Reading(con, registry, condition, notes)


def _read_bill(part: Segment, currency: str | None) -> _Bill:
    """Charges of a segment by account and service, and how far its tags reach."""
    with reading_bill(part, currency) as (con, registry, condition, notes):
        team = owner_columns(registry, "costs", "team", part.config.owners.team_tag).sql
        rows = query(
            con,
            f"""
            select
                coalesce(SubAccountId, BillingAccountId) as account,
                coalesce(SubAccountName, BillingAccountName) as name,
                coalesce(SubAccountType, BillingAccountType) as type,
                ServiceName,
                coalesce(ServiceProviderName, ProviderName) as provider,
                BillingCurrency,
                sum(EffectiveCost) as cost,
                coalesce(sum(EffectiveCost) filter (where owner is null), 0) as left_over,
                count(*) as charges,
                count(*) filter (where owner is null) as left_charges
            from (select *, {team} as owner from costs where {condition})
            group by all
            """,
        )
        return _Bill([_Charges(*row) for row in rows], _tags(con, condition), notes)


def _tags(con: duckdb.DuckDBPyConnection, condition: str) -> dict[tuple[str, str], Decimal]:
    """EffectiveCost of usage by tag key and currency; the key '' is all of it."""
    usage = f"from costs where {condition} and ChargeCategory = 'Usage'"
    rows = query(
        con,
        f"""
        select key, BillingCurrency, sum(EffectiveCost) from (
            select unnest(list_distinct(json_keys(Tags))) as key, BillingCurrency, EffectiveCost
            {usage} and Tags is not null
        ) group by all
        union all
        select '', BillingCurrency, sum(EffectiveCost) {usage} group by all
        """,
    )
    return {(key, currency): cost for key, currency, cost in rows}


def _coverage(bills: Iterable[_Bill]) -> tuple[TagCoverage, ...]:
    """How far each tag reaches, the widest first."""
    sums: dict[tuple[str, str], Decimal] = {}
    for bill in bills:
        for key, cost in bill.tagged.items():
            sums[key] = add(sums.get(key, ZERO), cost)
    found = [
        TagCoverage(tag, currency, cost, sums["", currency])
        for (tag, currency), cost in sums.items()
        if tag
    ]
    return tuple(sorted(found, key=lambda each: (each.currency, -each.tagged, each.key)))


def _of_bill(charges: Sequence[_Charges], guesser: Guesser) -> Iterator[Unowned]:
    """What has no team on the bill, by identifier."""
    mixed_accounts = {charge.account for charge in charges if charge.has_owners}
    mixed_services = {charge.service for charge in charges if charge.has_owners}
    found: dict[tuple[str | None, str | None, str], list[_Charges]] = {}
    for charge in charges:
        if not charge.left_rows:
            continue
        key: tuple[str | None, str | None, str]
        if charge.account is not None and charge.account not in mixed_accounts:
            key = (_kind(charge.type), charge.account, charge.currency)
        elif charge.service is not None and charge.service not in mixed_services:
            key = ("service", charge.service, charge.currency)
        elif charge.account is not None:
            key = (_kind(charge.type), charge.account, charge.currency)
        else:
            key = (None, None, charge.currency)
        found.setdefault(key, []).append(charge)
    for (kind, match, currency), mine in found.items():
        names = dict.fromkeys(
            charge.name if kind not in {None, "service"} else charge.provider for charge in mine
        )
        about = ", ".join(name for name in names if name and name != match) or None
        yield Unowned(
            BILL,
            kind,
            match,
            about,
            currency,
            total(charge.left for charge in mine),
            sum(charge.left_rows for charge in mine),
            guesser.guess(kind, match, about),
        )


def _kind(account_type: str | None) -> str:
    """What owners.csv calls an account of the type a bill names."""
    said = (account_type or "").lower()
    return said if said in {"project", "workspace"} else "account"


def _of_requests(unit: UnitEconomics, guesser: Guesser) -> Iterator[Unowned]:
    """What has no team in the log, by identifier; a project whose key is not logged by itself."""
    found: dict[tuple[str | None, str | None], list[Any]] = {}
    for group in unit.groups:
        key, project = (None if value is None else str(value) for value in group.keys)
        if key is not None:
            found.setdefault(("api_key", key), []).append((group, project))
        else:
            kind = None if project is None else "project"
            found.setdefault((kind, project), []).append((group, None))
    for (kind, match), mine in found.items():
        projects = dict.fromkeys(project for _, project in mine if project)
        about = ", ".join(projects) or None
        yield Unowned(
            REQUESTS,
            kind,
            match,
            about,
            unit.currency,
            total(cost for group, _ in mine for cost in group.components.values()),
            sum(group.counts["attempts"] for group, _ in mine),
            guesser.guess(kind, match, about),
        )
