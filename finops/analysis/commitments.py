"""Commitment discounts and capacity reservations: what they cost, cover, save, leave unused, and when they end.

    utilization  = used / (used + unused)                          amortized cost, a commitment at a time
    coverage     = list cost covered / (covered + on demand)       of services that can be covered
    savings rate = 1 - (covered + on demand + unused) / list cost of what was covered or on demand
    net savings  = list cost covered - used - unused

Used and unused are EffectiveCost of usage by CommitmentDiscountStatus. A purchase of a commitment has a list
cost beside that of the usage it pays for: purchases are left out of every list cost, or savings would count
twice. A service can be covered when some of it is, or its rows name a program they are eligible for; spot and
other dynamic prices are no on-demand cost. Where usage has cost and no list cost (reservations of Azure, say),
what needs one is not known. A reservation holds capacity and discounts nothing: it has a utilization only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from finops.analysis.book_spend import SpendQuestion, opened
from finops.analysis.books import books
from finops.analysis.charges import line_sql
from finops.analysis.owners.lookup import owner_columns
from finops.analysis.spans import plus
from finops.analysis.spend import slice_condition
from finops.ledger.engine import query
from finops.model.money import ZERO, add, subtract, total

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date
    from decimal import Decimal

    from finops.analysis.book_spend import Opened
    from finops.config import Config
    from finops.ledger.store import Ledger
    from finops.sections.commitments import Commitment

__all__ = ["COMMITMENT", "RESERVATION", "Commitments", "Coverage", "Held", "Term", "commitments"]

COMMITMENT, RESERVATION = "commitment", "capacity reservation"
"""What a row of the answer is."""


class Term(NamedTuple):
    """When a commitment ends, by whom it is decided, and who says so."""

    starts: date | None = None
    ends: date | None = None
    owner: str | None = None
    source: str | None = None


class Sums(NamedTuple):
    """Amounts of one commitment, and how many covered rows have cost and no list cost."""

    purchased: Decimal = ZERO
    used: Decimal = ZERO
    unused: Decimal = ZERO
    covered_list: Decimal = ZERO
    covered_contracted: Decimal = ZERO
    unlisted: int = 0


class Held(NamedTuple):
    """One commitment or reservation in one currency."""

    kind: str
    id: str
    name: str | None
    type: str | None
    provider: str | None
    currency: str
    owner: str | None
    sums: Sums
    term: Term = Term()

    @property
    def utilization(self) -> float | None:
        """The share of its cost that was used; None where no usage tells."""
        whole = add(self.sums.used, self.sums.unused)
        return float(self.sums.used / whole) if whole > 0 else None

    @property
    def net_savings(self) -> Decimal | None:
        """What the covered usage would have cost at list price, less all of its cost; None where not known."""
        if self.kind == RESERVATION or self.sums.unlisted or self.utilization is None:
            return None
        return subtract(self.sums.covered_list, add(self.sums.used, self.sums.unused))


class Coverage(NamedTuple):
    """What of a service was covered by commitments, in one currency; amounts without purchases."""

    provider: str | None
    service: str | None
    currency: str
    covered: Decimal
    on_demand: Decimal
    dynamic: Decimal
    unused: Decimal
    covered_list: Decimal
    on_demand_list: Decimal
    contracted: Decimal
    """ContractedCost of what was covered or on demand."""
    unlisted: int

    @property
    def list_cost(self) -> Decimal:
        """List cost of all that could be covered."""
        return add(self.covered_list, self.on_demand_list)

    @property
    def coverage(self) -> float | None:
        """The covered share of list cost; None where list costs are missing."""
        if self.unlisted or self.list_cost <= 0:
            return None
        return float(self.covered_list / self.list_cost)

    @property
    def savings_rate(self) -> float | None:
        """What all discounts together take off the list cost, unused commitments counted; can be negative."""
        if self.unlisted or self.list_cost <= 0:
            return None
        spent = total((self.covered, self.on_demand, self.unused))
        return float(1 - spent / self.list_cost)


class Commitments(NamedTuple):
    """The answer: every commitment, the costliest first, every coverable service, and each currency's whole."""

    held: tuple[Held, ...]
    services: tuple[Coverage, ...]
    totals: tuple[Coverage, ...]
    notes: tuple[str, ...] = ()


def commitments(ledger: Ledger, config: Config, question: SpendQuestion) -> Commitments:
    """Commitments of the question's period; its dimensions do not matter."""
    held: dict[tuple[object, ...], Held] = {}
    services: dict[tuple[object, ...], Coverage] = {}
    notes: list[str] = []
    for part in books(ledger, config, question.period):
        with opened(part, question._replace(by=())) as rows:
            owner = owner_columns(rows.registry, "costs", "team", part.config.owners.team_tag).sql
            for each in _held(rows, owner):
                key = (each.kind, each.id, each.currency)
                before = held.get(key)
                held[key] = each if before is None else _plus(before, each)
            for one in _services(rows):
                place = one[:3]
                services[place] = plus([services[place], one]) if place in services else one
            notes += rows.notes
    terms = {each.id: each for each in config.commitments}
    found = tuple(_with_term(each, terms.get(each.id)) for each in _ranked(held.values()))
    known = tuple(sorted(services.values(), key=lambda each: (each.currency, -each.list_cost)))
    return Commitments(
        found, known, _totals(known), (*_notes(found, config), *dict.fromkeys(notes))
    )


def _ranked(held: Iterable[Held]) -> list[Held]:
    return sorted(
        held, key=lambda each: (each.currency, -add(each.sums.used, each.sums.unused), each.id)
    )


def _plus(one: Held, other: Held) -> Held:
    ends = [each.term.ends for each in (one, other) if each.term.ends is not None]
    return one._replace(
        sums=plus([one.sums, other.sums]),
        term=one.term._replace(ends=max(ends, default=None)),
        name=one.name or other.name,
        type=one.type or other.type,
        owner=one.owner or other.owner,
    )


_PROVIDER = "coalesce(ServiceProviderName, ProviderName)"
_IS_PURCHASE = "ChargeCategory = 'Purchase'"
_IS_COVERED = "ChargeCategory = 'Usage' and CommitmentDiscountStatus = 'Used'"
_UNLISTED = "EffectiveCost > 0 and coalesce(ListCost, 0) = 0"


def _own_rows(rows: Opened) -> str:
    """Rows of usage and unused commitments of bills: no credits, taxes or earlier months."""
    line = line_sql(rows.chosen.period)
    return (
        f"x_CostOrigin = 'bill' and {slice_condition(rows.chosen)} "
        f"and ({line}) in ('usage', 'commitment_unused')"
    )


def _held(rows: Opened, owner: str) -> Iterator[Held]:
    """Every commitment and reservation that rows name."""
    for kind, column, status in (
        (COMMITMENT, "CommitmentDiscount", "CommitmentDiscountStatus"),
        (RESERVATION, "CapacityReservation", "CapacityReservationStatus"),
    ):
        used = f"ChargeCategory = 'Usage' and {status} = 'Used'"
        is_commitment = kind == COMMITMENT
        found = query(
            rows.con,
            f"""
            select
                {column}Id,
                {"max(CommitmentDiscountName)" if is_commitment else "null"},
                {"max(CommitmentDiscountType)" if is_commitment else "null"},
                max({_PROVIDER}),
                BillingCurrency,
                arg_max({owner}, EffectiveCost),
                sum(BilledCost) filter (where {_IS_PURCHASE}),
                sum(EffectiveCost) filter (where {used}),
                sum(EffectiveCost) filter (where {status} = 'Unused'),
                sum(ListCost) filter (where {used}),
                sum(coalesce(ContractedCost, ListCost)) filter (where {used}),
                count(*) filter (where {used} and {_UNLISTED}),
                max(cast(ChargePeriodEnd as date))
                    filter (where {_IS_PURCHASE} and ChargeFrequency = 'One-Time')
            from costs
            where {column}Id is not null and {_own_rows(rows)}
            group by 1, 5
            order by 1, 5
            """,
        )
        for name, *more in found:
            yield _one(kind, name, more)


def _one(kind: str, name: str, row: list[Any]) -> Held:
    label, type_, provider, currency, owner, *sums, unlisted, ends = row
    purchased, used, unused, listed, contracted = (each or ZERO for each in sums)
    amounts = Sums(purchased, used, unused, listed, contracted, unlisted)
    term = Term(ends=ends, source="the bill") if ends is not None else Term()
    return Held(kind, name, label, type_, provider, currency, owner, amounts, term)


def _services(rows: Opened) -> Iterator[Coverage]:
    """Every service of which some usage is covered or eligible."""
    on_demand = (
        "ChargeCategory = 'Usage' and CommitmentDiscountId is null "
        "and coalesce(CapacityReservationStatus, '') <> 'Unused' "
        "and coalesce(PricingCategory, 'Standard') = 'Standard'"
    )
    either = f"(({_IS_COVERED}) or ({on_demand}))"
    eligible = (
        "CommitmentDiscountStatus is not null or "
        "coalesce(CommitmentProgramEligibilityDetails, '{}') not in ('{}', '[]', 'null')"
    )
    found = query(
        rows.con,
        f"""
        select
            {_PROVIDER}, ServiceName, BillingCurrency,
            sum(EffectiveCost) filter (where {_IS_COVERED}),
            sum(EffectiveCost) filter (where {on_demand}),
            sum(EffectiveCost) filter (where PricingCategory = 'Dynamic'),
            sum(EffectiveCost) filter (where CommitmentDiscountStatus = 'Unused'),
            sum(ListCost) filter (where {_IS_COVERED}),
            sum(ListCost) filter (where {on_demand}),
            sum(coalesce(ContractedCost, ListCost)) filter (where {either}),
            count(*) filter (where {either} and {_UNLISTED})
        from costs
        where {_own_rows(rows)}
        group by 1, 2, 3
        having count(*) filter (where {eligible}) > 0
        order by 1, 2, 3
        """,
    )
    for row in found:
        provider, service, currency, *sums, unlisted = row
        amounts: list[Any] = [each or ZERO for each in sums]
        yield Coverage._make([provider, service, currency, *amounts, unlisted])


def _totals(services: Iterable[Coverage]) -> tuple[Coverage, ...]:
    by_currency: dict[str, list[Coverage]] = {}
    for each in services:
        by_currency.setdefault(each.currency, []).append(each)
    return tuple(
        plus(found)._replace(provider=None, service=None) for found in by_currency.values()
    )


def _with_term(held: Held, said: Commitment | None) -> Held:
    if said is None:
        return held
    term = Term(
        said.starts,
        said.ends or held.term.ends,
        said.owner,
        said.source or "finops.toml",
    )
    return held._replace(term=term, name=said.name or held.name)


def _notes(held: Iterable[Held], config: Config) -> Iterator[str]:
    """What of the answer is not known, and why."""
    found = tuple(held)
    for each in found:
        name = each.name or each.id
        if each.sums.unlisted:
            yield (
                f"{each.sums.unlisted:,} rows covered by {name} have a cost and no list cost: what it saves "
                "is not known."
            )
        if each.utilization is None:
            yield (
                f"{name} has no used or unused usage in the period: its utilization is not known. Load "
                "an export with amortized costs."
            )
    if without := [each.name or each.id for each in found if each.term.ends is None]:
        yield (
            f"When {', '.join(without)} ends is not on a bill: [[commitments]] in finops.toml says it."
        )
    here = {each.id for each in found}
    for said in config.commitments:
        if said.id not in here:
            yield f"{said.name or said.id} of finops.toml is on no bill of the period."
