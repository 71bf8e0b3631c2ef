"""Where what stands inside or beside a cost comes from: a component, its least and most, what seats served at list."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from finops.analysis.derived.arithmetic import SUM, amount
from finops.analysis.explain_cost import products
from finops.analysis.explain_products import component_lines, equivalent_lines
from finops.analysis.explain_range import RANGE, bound_lines, weighed_lines
from finops.analysis.explanation import Explanation, Line
from finops.analysis.measures import COMPONENTS
from finops.analysis.numbers import REASONS, known_cost, numbers_of

if TYPE_CHECKING:
    from decimal import Decimal

    from finops.analysis.economics import Question
    from finops.config import Config
    from finops.ledger.store import Ledger

__all__ = ["PARTIAL", "explain_part"]

_COMPONENTS = {
    "tokens_input": "uncached input and cache writes at their rates, context sent again left out",
    "tokens_cached": "cache reads at their rate, context sent again left out",
    "tokens_output": "output at its rate",
    "context_growth": "input that the call before, same run and agent, had sent already",
    "retrieval": "retrievals, embeddings, reranks and tool calls that ended ok",
    "gpu_busy": "device time and provisioned capacity at work on attempts that ended ok, by weighted tokens",
    "gpu_idle": "device time held for these attempts and idle",
    "commitment_unused": "unused commitments of the pools that served them, where included",
    "shared": "shares of shared pools, and seats' fees, on attempts that ended ok",
    "failed": "the whole cost of attempts of calls that failed",
    "retried": "the whole cost of attempts a later one superseded",
    "slo_miss": "the whole cost of responses that missed their [[slo]]",
    "cancelled": "the whole cost of attempts of calls that were cancelled",
}
_WHOLE = "components"
_EQUIVALENT = "list_equivalent"
_LISTED = "tokens that seats served x their list price; in no cost"

PARTIAL = frozenset({_WHOLE, _EQUIVALENT, *RANGE})
"""Numbers explained here; `components` also by `components.part`."""


def explain_part(
    ledger: Ledger, config: Config, question: Question, number: str
) -> Explanation | None:
    """`number` of everything `question` lets through; None when it is none of PARTIAL, or has no such part."""
    name, _, part = number.partition(".")
    if name in RANGE and not part:
        return _bound(ledger, config, question, name)
    if name == _EQUIVALENT and not part:
        found = products(ledger, config, question, equivalent_lines)
        whole = found.group.list_equivalent
        formula = f"{name} = {_LISTED}"
        lines = _summed(found.lines, name, whole, "no seat served any")
        return Explanation(number, formula, whole, found.period, found.currency, lines)
    if name == _WHOLE and not part:
        return _components(ledger, config, question)
    if name != _WHOLE or part not in COMPONENTS:
        return None
    found = products(ledger, config, question, partial(component_lines, component=part))
    value = None if known_cost(found.group) is None else found.group.components[part]
    lines = _summed(found.lines, part, value, "nothing of the kind in this period")
    formula = f"{part} = {_COMPONENTS[part]}"
    return Explanation(number, formula, value, found.period, found.currency, lines)


def _summed(
    lines: tuple[Line, ...], name: str, value: Decimal | None, nothing: str
) -> tuple[Line, ...]:
    if value is None:
        return (*lines, amount(name, None, "nothing of it has a price"))
    return (*lines, amount(name, value, SUM if lines else nothing))


def _components(ledger: Ledger, config: Config, question: Question) -> Explanation:
    """Each component, and that they sum to the cost."""
    found = products(ledger, config, question, lambda _con, _prepared, _sources: ())
    group = found.group
    cost = known_cost(group)
    known = None if cost is None else {name: group.components[name] for name in COMPONENTS}
    lines = [
        amount(name, value, f"{_COMPONENTS[name]}: finops explain components.{name}")
        for name, value in (known or {}).items()
    ]
    told = "nothing of it has a price" if cost is None else SUM
    lines.append(amount("cost", cost, told))
    formula = "components = parts that sum to the cost"
    return Explanation(_WHOLE, formula, known, found.period, found.currency, tuple(lines))


def _bound(ledger: Ledger, config: Config, question: Question, name: str) -> Explanation:
    found = products(ledger, config, question, weighed_lines, begin_with_month=False)
    value, cost = numbers_of(found.group)[name], known_cost(found.group)
    formula = f"{name} = {RANGE[name]}"
    if value is None or cost is None:
        lines = [amount(name, None, REASONS[name])]
    else:
        lines = bound_lines(found.lines, cost, name, value)
    return Explanation(name, formula, value, found.period, found.currency, tuple(lines))
