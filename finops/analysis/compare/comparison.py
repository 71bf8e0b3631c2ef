"""What changed from one period to another: groups, items and effects, which all add up to the difference.

Dimensions that a bill knows are answered from bills, by EffectiveCost; where one is named that only the
request log knows (workflow, agent, tenant …), all of them are, at the cost of `finops unit`.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from finops.analysis.book_spend import SpendQuestion
from finops.analysis.compare.billed import billed_readings
from finops.analysis.compare.effects import EFFECTS, Change, decompose, sums
from finops.analysis.compare.readings import items_of
from finops.analysis.compare.requested import requested_readings
from finops.analysis.economics import Question
from finops.analysis.whose import whose
from finops.errors import UsageError
from finops.ledger.engine import query
from finops.model.basis import Basis, Of
from finops.model.money import ZERO, add, subtract, total
from finops.model.period import Period

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from finops.analysis.compare.readings import Reading
    from finops.config import Config
    from finops.ledger.store import Ledger

__all__ = ["Comparison", "Moved", "Recorded", "Versus", "compare", "earlier_than"]

_Read: TypeAlias = "tuple[tuple[Reading, ...], tuple[str, ...]]"

WORKFLOW = "workflow"

_CENT = Decimal("0.01")


class Versus(NamedTuple):
    """What is asked: two periods, dimensions, a filter, a currency to exchange into, a basis of bills."""

    before: Period
    after: Period
    by: tuple[str, ...] = ()
    where: str | None = None
    currency: str | None = None
    basis: Basis | None = None
    """None: the invoice's month where both periods are whole months, else the day of use."""


class Recorded(NamedTuple):
    """A change that the `changes` table tells of: what, when, from and to, and who approved it."""

    id: str
    subject: str | None
    kind: str
    at: datetime
    changed_from: str | None
    changed_to: str | None
    approved_by: str | None


class Moved(NamedTuple):
    """One group or item in one currency: earlier and later cost, the effects between, who owns it."""

    group: tuple[object, ...]
    name: str | None
    currency: str
    before: Decimal
    after: Decimal
    effects: Mapping[str, Decimal]
    owner: str | None
    recorded: tuple[Recorded, ...] = ()

    @property
    def change(self) -> Decimal:
        """Later less earlier: the sum of the effects."""
        return subtract(self.after, self.before)


class Comparison(NamedTuple):
    """The answer: groups and items, what moved most first, and the whole of each currency."""

    asked: Versus
    of: Of
    groups: tuple[Moved, ...]
    items: tuple[Moved, ...]
    totals: tuple[Moved, ...]
    changes: tuple[Change, ...]
    """Each item with its quantities, of which the effects of all rows are sums."""
    notes: tuple[str, ...] = ()

    @property
    def effects(self) -> tuple[str, ...]:
        """Every effect that occurs, in the order of a waterfall."""
        found = {name for each in self.totals for name in each.effects}
        told = [name for name in EFFECTS if name in found or name in EFFECTS[:3]]
        return (*told, *sorted(found - set(EFFECTS)))


def earlier_than(period: Period) -> Period:
    """The period just before that is as long: the months before whole months, else as many days."""
    if not period.is_whole_months:
        return Period(period.start - (period.end - period.start), period.start)
    month = period.start.year * 12 + period.start.month - 1 - len(period.months)
    return Period(date(month // 12, month % 12 + 1, 1), period.start)


def compare(ledger: Ledger, config: Config, asked: Versus) -> Comparison:
    """Take apart what changed; UsageError where a period or a name makes no sense."""
    if asked.before.end > asked.after.start:
        raise UsageError(
            f"{asked.before.label} does not end before {asked.after.label} begins",
            hint="compare an earlier period with a later one",
        )
    of = whose(asked.by, asked.where)
    read = _billed if of is Of.BILL else _requested
    (before, told), (after, telling) = (
        read(ledger, config, asked, period) for period in (asked.before, asked.after)
    )
    changes = decompose(items_of(before, after))
    recorded = _recorded(ledger, asked) if WORKFLOW in asked.by else {}
    groups = _together(changes, lambda each: (each.item.group, None, each.item.currency))
    found = Comparison(
        asked,
        of,
        _ranked(_with_recorded(groups, asked, recorded)),
        _ranked(
            _together(changes, lambda each: (each.item.group, each.item.name, each.item.currency))
        ),
        tuple(sorted(_together(changes, _whole), key=lambda each: each.currency)),
        changes,
    )
    return found._replace(notes=(*_notes(found), *dict.fromkeys((*told, *telling))))


def _billed(ledger: Ledger, config: Config, asked: Versus, period: Period) -> _Read:
    whole = asked.before.is_whole_months and asked.after.is_whole_months
    basis = asked.basis or (Basis.BILLING if whole else Basis.CHARGE)
    question = SpendQuestion(asked.by, period, basis, asked.where, asked.currency)
    return billed_readings(ledger, config, question)


def _requested(ledger: Ledger, config: Config, asked: Versus, period: Period) -> _Read:
    if asked.basis is not None:
        raise UsageError(
            "--basis is of bills, and requests are counted by the day they were made",
            hint="leave --basis out, or compare by dimensions of the bill",
        )
    question = Question(period, asked.by, asked.where, currency=asked.currency)
    return requested_readings(ledger, config, question)


def _together(
    changes: Iterable[Change], key: Callable[[Change], tuple[tuple[object, ...], str | None, str]]
) -> tuple[Moved, ...]:
    """Changes added by `key`, in the order they are first met."""
    by_key: dict[tuple[tuple[object, ...], str | None, str], list[Change]] = defaultdict(list)
    for change in changes:
        by_key[key(change)].append(change)
    return tuple(
        Moved(
            group,
            name,
            currency,
            total(each.item.costs[0] for each in found),
            total(each.item.costs[1] for each in found),
            sums(found),
            _owner(found),
        )
        for (group, name, currency), found in by_key.items()
    )


def _whole(change: Change) -> tuple[tuple[object, ...], str | None, str]:
    return (), None, change.item.currency


def _owner(changes: Iterable[Change]) -> str | None:
    """Who owns most of what moved; None where nobody is said to."""
    moved: dict[str, Decimal] = {}
    for change in changes:
        if change.item.owner is not None:
            amount = abs(change.item.change)
            moved[change.item.owner] = add(moved.get(change.item.owner, ZERO), amount)
    return min(moved, key=lambda name: (-moved[name], name)) if moved else None


def _ranked(found: Iterable[Moved]) -> tuple[Moved, ...]:
    """What moved most first, whichever way."""
    return tuple(
        sorted(found, key=lambda each: (each.currency, -abs(each.change), str(each.group)))
    )


def _recorded(ledger: Ledger, asked: Versus) -> dict[str | None, tuple[Recorded, ...]]:
    """Changes told of from the start of the earlier period to the end of the later, by workflow."""
    start, end = asked.before.bounds()[0], asked.after.bounds()[1]
    with ledger.connect(["changes"]) as con:
        rows = query(
            con,
            "select change_id, subject, kind, changed_at, changed_from, changed_to, approved_by "
            "from changes where changed_at >= $start and changed_at < $end order by changed_at",
            {"start": start, "end": end},
        )
    found: dict[str | None, list[Recorded]] = defaultdict(list)
    for row in rows:
        found[row[1]].append(Recorded(*row))
    return {subject: tuple(each) for subject, each in found.items()}


def _with_recorded(
    groups: Iterable[Moved], asked: Versus, recorded: Mapping[str | None, tuple[Recorded, ...]]
) -> tuple[Moved, ...]:
    if not recorded:
        return tuple(groups)
    place = asked.by.index(WORKFLOW)
    return tuple(
        each._replace(recorded=recorded.get(_text(each.group[place]), ())) for each in groups
    )


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _notes(found: Comparison) -> list[str]:
    """What the reader must know of the periods and of what could not be told apart."""
    before, after = ((each.end - each.start).days for each in found.asked[:2])
    notes = []
    if before != after:
        share = after / before - 1
        notes.append(
            f"{found.asked.after.label} has {after} days and {found.asked.before.label} {before}: the same "
            f"use every day would be {share:+.1%} of usage."
        )
    for each in found.totals:
        unmeasured = each.effects.get("unmeasured", ZERO)
        if abs(unmeasured) >= _CENT:
            notes.append(
                f"{unmeasured:,.2f} {each.currency} of the change has no quantity on one side or is counted in "
                "another unit: price and usage cannot be told apart there."
            )
    return notes
