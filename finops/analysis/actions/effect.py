"""What an action really saved: the number its evidence is about, before it and after.

    of a workflow       (cost per request before - after) x requests after
    of a commitment     what of it went unused before - after
    of a pool           device time nobody held before - after
    of a condition      EffectiveCost where it holds before - after

Before is the month of the evidence, after the first whole month since it was done, or a later one. The first is told
apart from traffic, the others are not: more or less of what the pool or the condition is about is in them.
"""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from finops.analysis.actions.journal import State
from finops.analysis.book_spend import SpendQuestion, book_spend
from finops.analysis.commitments import commitments
from finops.analysis.economics import Question, unit_economics
from finops.analysis.where import quote
from finops.model.basis import Basis
from finops.model.money import ZERO, subtract, total, truncate
from finops.model.period import month_of, parse_month

if TYPE_CHECKING:
    from decimal import Decimal

    from finops.analysis.actions.journal import Action
    from finops.config import Config
    from finops.ledger.store import Ledger
    from finops.model.period import Period

__all__ = ["Effect", "Workflow", "effect", "first_whole_month"]

TOKENS = ("cache", "batch", "model", "failures")
CAPACITY = ("idle", "commitment")


class Workflow(NamedTuple):
    """A workflow's cost and its requests, in the month before and the one after."""

    name: str
    before: tuple[Decimal, int]
    after: tuple[Decimal, int]


class Effect(NamedTuple):
    """What was saved in `month`, by which number before and after; `why` where that is not known."""

    saved: Decimal | None
    month: str | None = None
    number: str | None = None
    before: Decimal | None = None
    after: Decimal | None = None
    why: str | None = None
    workflow: Workflow | None = None
    """What both numbers are made of, where they are a workflow's."""


def first_whole_month(action: Action) -> Period | None:
    """The first month that began when it was done already; None while it is not."""
    if action.finished is None:
        return None
    return (
        month_of(action.finished)
        if action.finished.day == 1
        else month_of(month_of(action.finished).end)
    )


def effect(ledger: Ledger, config: Config, action: Action, month: Period) -> Effect:
    """What `action` saved in `month`."""
    why = _not_yet(action, month)
    if why is not None or action.month is None:
        return Effect(None, why=why)
    before = parse_month(action.month)
    lever, _, subject = (action.evidence or "").partition("/")
    if action.where is not None:
        return _told(f"EffectiveCost where {action.where}", month, *(
            _where(ledger, config, each, action.where) for each in (before, month)
        ))  # fmt: skip
    if lever in TOKENS and not subject.startswith("jobs on "):
        return _of_workflow(ledger, config, subject, before, month)
    if lever in CAPACITY:
        return _of_capacity(ledger, config, subject, before, month)
    return Effect(None, why=f"no number is known of {action.evidence}")


def _not_yet(action: Action, month: Period) -> str | None:
    """Why nothing can be told; None when it can."""
    first = first_whole_month(action)
    if first is None or action.state is not State.DONE:
        return f"it is {action.state}"
    if action.evidence is None and action.where is None:
        return "it names neither evidence nor a condition whose cost tells"
    if action.month is None:
        return "it names no month its evidence is of"
    if month.start < first.start:
        last = first.end - timedelta(days=1)
        return f"the first whole month since it was done is {first.label}, which ends on {last}"
    is_before = parse_month(action.month).start < month.start
    return None if is_before else f"{action.month} is not before {month.label}"


def _told(number: str, month: Period, before: Decimal | None, after: Decimal | None) -> Effect:
    if before is None or after is None:
        return Effect(
            None, month.label, number, before, after, f"there is no {number} in one of them"
        )
    return Effect(subtract(before, after), month.label, number, before, after)


def _of_workflow(
    ledger: Ledger, config: Config, workflow: str, before: Period, after: Period
) -> Effect:
    number = f"cost per 1,000 requests of {workflow}"
    found = []
    for month in (before, after):
        question = Question(month, (), f"workflow = {quote(workflow)}")
        group = unit_economics(ledger, config, question).total
        found.append((group.cost, group.counts["requests"]))
    (cost, requests), (cost_after, requests_after) = found
    if not requests or not requests_after:
        return _told(number, after, None, None)
    each, each_after = Fraction(cost) / requests, Fraction(cost_after) / requests_after
    saved = truncate((each - each_after) * requests_after)
    made_of = Workflow(workflow, (cost, requests), (cost_after, requests_after))
    each_thousand = truncate(each * 1000), truncate(each_after * 1000)
    return Effect(saved, after.label, number, *each_thousand, workflow=made_of)


def _of_capacity(
    ledger: Ledger, config: Config, subject: str, before: Period, after: Period
) -> Effect:
    amounts: list[Decimal | None] = []
    number = f"unused of {subject}"
    for month in (before, after):
        question = SpendQuestion((), month, Basis.BILLING)
        held = commitments(ledger, config, question).held
        mine = [each.sums.unused for each in held if subject in {each.name, each.id}]
        amounts.append(total(mine) if mine else None)
    if amounts == [None, None]:
        number = f"device time of {subject} that nobody held"
        amounts = []
        for month in (before, after):
            books = unit_economics(ledger, config, Question(month)).allocation.capacity.books
            idle = [each.gpu_idle for each in books if each.pool == subject]
            amounts.append(total(idle) if idle else None)
    elif amounts[1] is None:
        amounts[1] = ZERO
    return _told(number, after, *amounts)


def _where(ledger: Ledger, config: Config, month: Period, where: str) -> Decimal:
    found = book_spend(
        ledger, config, SpendQuestion((), month, Basis.BILLING, where, config.currency)
    )
    costs = (
        amounts.EffectiveCost for currency, amounts in found.totals if currency == config.currency
    )
    return total(cost for cost in costs if cost is not None)
