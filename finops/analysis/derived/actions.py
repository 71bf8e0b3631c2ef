"""How the numbers of `finops actions list` are made: what was expected, and what a number was before and after."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finops.analysis.derived.arithmetic import Derived, amount, count, derived, missing
from finops.analysis.derived.table import Row, Table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from decimal import Decimal

    from finops.analysis.actions.effect import Effect
    from finops.analysis.actions.journal import Action
    from finops.analysis.explanation import Line
    from finops.model.period import Period

__all__ = ["NUMBERS", "actions_table"]

_TOLD = {
    "expected": "a month's saving, as it was expected when the action was written down",
    "saved": "before - after; of a workflow the difference of a request x the requests after",
    "before": "the number the action is measured by, in the month its evidence is of",
    "after": "the same number in the month asked about",
}

NUMBERS = tuple(_TOLD)
"""Numbers of an action."""


def actions_table(
    actions: Sequence[Action], effects: Mapping[str, Effect], month: Period | None
) -> Table:
    """A row for each action, in the order given."""
    rows = tuple(_row(each, effects.get(each.id)) for each in actions)
    return Table(rows, None, month)


def _row(action: Action, found: Effect | None) -> Row:
    numbers = {
        "expected": lambda: _expected(action),
        "saved": lambda: _saved(action, found),
        "before": lambda: _number(action, found, "before"),
        "after": lambda: _number(action, found, "after"),
    }
    names = {
        "id": action.id,
        "action": action.title,
        "owner": action.owner,
        "state": str(action.state),
        "evidence": action.evidence or action.where,
    }
    return Row(names, numbers, action.currency)


def _expected(action: Action) -> Derived:
    if action.expected is None:
        return missing("expected", _TOLD["expected"], "nobody said what it is to save")
    entry = next((each for each in reversed(action.entries) if each.expected is not None), None)
    told = "" if entry is None else f", said by {entry.by} on {entry.at:%Y-%m-%d}"
    evidence = "" if action.evidence is None else f"; finops explain savings.high {action.evidence}"
    source = f"finops actions show {action.id}{told}{evidence}"
    line = amount("expected", action.expected, source, action.currency)
    return derived(action.expected, _TOLD["expected"], line)


def _why(action: Action, found: Effect | None) -> str:
    return f"it is {action.state}" if found is None else found.why or "not known"


def _number(action: Action, found: Effect | None, name: str) -> Derived:
    value: Decimal | None = None if found is None else getattr(found, name)
    if found is None or value is None:
        return missing(name, _TOLD[name], _why(action, found))
    month = action.month if name == "before" else found.month
    if found.workflow is None:
        return derived(value, _TOLD[name], _measured(action, found, name, month))
    return derived(value, _TOLD[name], *_per_thousand(action, found, name, month))


def _measured(action: Action, found: Effect, name: str, month: str | None) -> Line:
    value: Decimal | None = getattr(found, name)
    return amount(
        name, value, f"{found.number}, {month}: {_command(action, month)}", action.currency
    )


def _command(action: Action, month: str | None) -> str:
    """The command that shows the number in a month."""
    if action.where is not None:
        return f'finops explain costs.EffectiveCost --where "{action.where}" --month {month}'
    lever, _, subject = (action.evidence or "").partition("/")
    if lever == "commitment":
        return f"finops explain commitments.unused '{subject}' --month {month}"
    return (
        f"finops explain capacity.gpu_idle --month {month}, or commitments.unused, of '{subject}'"
    )


def _per_thousand(action: Action, found: Effect, name: str, month: str | None) -> Iterator[Line]:
    """Cost per 1,000 requests of a workflow in a month: its cost and its requests."""
    workflow = found.workflow
    if workflow is None:
        return
    cost, requests = workflow.before if name == "before" else workflow.after
    shown = f"finops explain {{}} --where \"workflow = '{workflow.name}'\" --month {month}"
    yield amount(f"cost_{name}", cost, shown.format("cost"), action.currency)
    yield count(f"requests_{name}", requests, "requests", shown.format("requests"))
    value: Decimal | None = getattr(found, name)
    text = f"= cost_{name} x 1000 / requests_{name}"
    yield amount(name, value, text, action.currency)


def _saved(action: Action, found: Effect | None) -> Derived:
    told = _TOLD["saved"]
    if found is None or found.saved is None:
        return missing("saved", told, _why(action, found))
    if found.workflow is None:
        lines = [_measured(action, found, "before", action.month)]
        lines.append(_measured(action, found, "after", found.month))
        text = "= before - after"
    else:
        lines = [
            line
            for name, month in (("before", action.month), ("after", found.month))
            for line in _per_thousand(action, found, name, month)
        ]
        text = "= (cost_before / requests_before - cost_after / requests_after) x requests_after"
    return derived(found.saved, told, *lines, amount("saved", found.saved, text, action.currency))
