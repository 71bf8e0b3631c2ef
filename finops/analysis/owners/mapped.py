"""What has an owner: dollars by the rule that found it, the counterpart of what `owners.check` says has none.

A charge's rule is the tag that finops.toml names, or a line of owners.csv; a request's team is that of the log, else
of a line by its key, a tag, or its project, and is told by key and project. The two sides are never added.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from finops.analysis.books import books
from finops.analysis.economics import Question, unit_economics
from finops.analysis.owners.check import BILL, REQUESTS, reading_bill
from finops.analysis.owners.lookup import owner_columns, rule_sql
from finops.ledger.engine import query
from finops.model.money import add

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal

    from finops.analysis.books import Segment
    from finops.config import Config
    from finops.ledger.store import Ledger
    from finops.model.period import Period

__all__ = ["Mapped", "mapped"]


class Mapped(NamedTuple):
    """Charges, or requests, that one rule gives a team: whose they are, of what, and what they cost."""

    side: str
    rule: str
    team: str
    of: str
    currency: str
    cost: Decimal
    rows: int


def mapped(
    ledger: Ledger, config: Config, period: Period | None, currency: str | None = None
) -> tuple[Mapped, ...]:
    """Everything with an owner in `period`, whole months or None for everything; the dearest of a side first."""
    found: dict[tuple[str, ...], Mapped] = {}
    for part in books(ledger, config, period):
        for each in _of_bill(part, currency):
            key = (each.rule, each.team, each.of, each.currency)
            known = found.get(key)
            cost, rows = (
                (each.cost, each.rows)
                if known is None
                else (add(known.cost, each.cost), known.rows + each.rows)
            )
            found[key] = each._replace(cost=cost, rows=rows)
    every = [*found.values(), *_of_requests(ledger, config, period, currency)]
    return tuple(sorted(every, key=lambda each: (each.side, each.currency, -each.cost, each[1:4])))


def _of_bill(part: Segment, currency: str | None) -> Iterator[Mapped]:
    tag = part.config.owners.team_tag
    with reading_bill(part, currency) as (con, registry, condition, _):
        team = owner_columns(registry, "costs", "team", tag).sql
        rule = rule_sql(registry, "costs", "team", tag)
        rows = query(
            con,
            f"""
            select rule, owner, coalesce(ServiceName, 'no service'),
                coalesce(SubAccountId, BillingAccountId), InvoiceId, x_SourceId, BillingCurrency,
                sum(EffectiveCost), count(*)
            from (select *, {team} as owner, {rule} as rule from costs where {condition})
            where owner is not null
            group by all
            """,
        )
    for decided, owner, service, account, invoice, source, money, cost, charges in rows:
        of = f"{service}{f' of {account}' if account else ''}"
        of += f", {source}{f', invoice {invoice}' if invoice else ''}"
        yield Mapped(BILL, decided, owner, of, money, cost, charges)


def _of_requests(
    ledger: Ledger, config: Config, period: Period | None, currency: str | None
) -> Iterator[Mapped]:
    by = ("team", "api_key_id", "project")
    asked = Question(period, by, "team is not null and team <> ''", currency=currency)
    answer = unit_economics(ledger, config, asked)
    for group in answer.groups:
        team, key, project = (None if each is None else str(each) for each in group.keys)
        named = [
            f"{kind} {each}" for kind, each in (("api_key", key), ("project", project)) if each
        ]
        yield Mapped(
            REQUESTS,
            "its own team, else owners.csv",
            str(team),
            ", ".join(named) or "no key or project",
            answer.currency,
            group.cost,
            group.counts["attempts"],
        )
