"""Where a number comes from: who explains which number, by the name it is asked under.

A number of `finops unit` and an amount of `finops costs` go by their own names; any number also goes by
the command that shows it and its column there: `unit.cost`, `costs.EffectiveCost`, `marginal.added_cost`,
`capacity.idle_hours`, `capacity.holder.cost`, `owners.cost`, `close.invoices.BilledCost`. Numbers of rows that have
names (`budget.share`, `breakeven.npv`) are derived in `finops.analysis.derived`, or beside what computes them.
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from finops.analysis.breakeven import audit_steps as breakeven_audit
from finops.analysis.breakeven import derivation as breakeven
from finops.analysis.capacity.holders import job_teams
from finops.analysis.derived import (
    actions,
    chargeback,
    commitments,
    compare,
    foreseen,
    listed,
    status,
)
from finops.analysis.economics import unit_economics
from finops.analysis.explain_books import explain_line
from finops.analysis.explain_charges import charged_lines
from finops.analysis.explain_close import CLOSING, explain_close
from finops.analysis.explain_cost import NUMBERS, explain_cost
from finops.analysis.explain_holders import HELD, explain_holders
from finops.analysis.explain_marginal import DOUBLED, FACTOR, explain_doubled
from finops.analysis.explain_measures import BY, MEASURED, explain_measure
from finops.analysis.explain_owners import MAPPED, TAGGED, UNOWNED, explain_mapped, explain_unowned
from finops.analysis.explain_parts import PARTIAL, explain_part
from finops.analysis.explain_pools import POOLED, explain_pools
from finops.analysis.explain_spend import explain_amount
from finops.analysis.explain_told import TOLD, tell
from finops.analysis.owners.check import check_owners
from finops.analysis.owners.mapped import mapped
from finops.analysis.route import derivation as route
from finops.analysis.route import fleet_steps as route_fleet
from finops.errors import UsageError
from finops.model.tables import COST_AMOUNTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from finops.analysis.economics import Question
    from finops.analysis.explanation import Explanation
    from finops.config import Config
    from finops.ledger.store import Ledger

    Explain = Callable[[Ledger, Config, Question, str], Explanation | None]

__all__ = ["NUMBERS", "ROW_NUMBERS", "explain"]

_LINES = ("allocated", "unlogged", "estimated")
"""Some lines of the reconciliation; which there are hangs on the bill."""


ROW_NUMBERS: dict[str, tuple[str, ...]] = {
    "actions": actions.NUMBERS,
    "breakeven": tuple(breakeven.TOLD),
    "breakeven.audit": tuple(breakeven_audit.TOLD),
    "budget": foreseen.BUDGETED,
    "chargeback": chargeback.NUMBERS,
    "close.check": listed.DELIVERED,
    "close.kept": listed.KEPT,
    "commitments": commitments.HELD,
    "commitments.services": commitments.SERVED,
    "compare": compare.NUMBERS,
    "compare.items": compare.NUMBERS,
    "forecast": foreseen.FORESEEN,
    "owners.list": listed.OWNED,
    "quality": ("at_stake", "share"),
    "route": tuple(route.TOLD),
    "route.fleet": tuple(route_fleet.TOLD),
    "run": ("cost",),
    "runs": (
        *("cost", "requests", "attempts", "failures"),
        *("input_tokens", "output_tokens", "unpriced_tokens"),
    ),
    "savings": ("low", "high"),
    "scorecard": ("claimed", "verified", "known", "asked", "confidence"),
    "scorecard.catalog": ("level",),
    "scorecard.diff": ("value_before", "value_after"),
    "scorecard.history": ("verified", "move", "claimed", "coverage"),
    "scorecard.roadmap": ("phase", "level", "at_stake"),
    "scorecard.show": ("level", "confidence", "at_stake"),
    "status": status.NUMBERS,
    "vendor.claims": ("worse_by", "counted"),
    "vendor.quote": (
        *("rank", "price_per_gpu_hour", "billed_hours", "month_cost", "availability"),
        *("usable_hours", "cost_per_usable_hour", "cost_per_million_tokens"),
    ),
    "vendor.quote.sensitivity": ("value", "low", "high", "per_hour_low", "per_hour_high", "width"),
}
"""Numbers of commands whose rows have names: `finops.analysis.derived` explains them by the row."""


def explain(ledger: Ledger, config: Config, question: Question, number: str) -> Explanation:
    """Explain `number` of everything `question` lets through; UsageError names the nearest there is.

    A number is a column of `finops unit`, a part of one (`components.retried`, `latency_ms.p95`), a line
    of its reconciliation (`unallocated.unlogged`), an amount of `finops costs` (`EffectiveCost`), or a
    command and a number of it (`capacity.idle_hours`).
    """
    command, _, name = number.partition(".")
    explained = _OF_COMMAND.get(command)
    found = explained(ledger, config, question, name) if explained and name else None
    if found is None:
        found = tell(number, question.period)
    if found is None and explained is None:
        found = _bare(ledger, config, question, number)
    if found is None:
        raise UsageError(f"there is no explanation of {number!r}", hint=_nearest(number))
    return found._replace(number=number)


def _bare(ledger: Ledger, config: Config, question: Question, name: str) -> Explanation | None:
    explained = _costs if name in COST_AMOUNTS else _unit
    return explained(ledger, config, question, name)


def _unit(ledger: Ledger, config: Config, question: Question, name: str) -> Explanation | None:
    if name in NUMBERS:
        return explain_cost(ledger, config, question, name)
    if name.partition(".")[0] in PARTIAL:
        return explain_part(ledger, config, question, name)
    if name == FACTOR:
        return _marginal(ledger, config, question, name)
    if name.partition(".")[0] in MEASURED:
        asked = question._replace(by=BY, run_costs=name.startswith("cost_per_run_p"))
        return explain_measure(unit_economics(ledger, config, asked), name)
    answer = unit_economics(ledger, config, question._replace(by=()))
    return explain_line(answer, name, charged_lines(ledger, config, answer))


def _costs(ledger: Ledger, config: Config, question: Question, name: str) -> Explanation | None:
    return explain_amount(ledger, config, question, name) if name in COST_AMOUNTS else None


def _marginal(ledger: Ledger, config: Config, question: Question, name: str) -> Explanation | None:
    if name in {"cost", "requests"}:
        return _unit(ledger, config, question, name)
    asked = question._replace(by=(), marginal=True)
    return explain_doubled(unit_economics(ledger, config, asked), name)


def _capacity(ledger: Ledger, config: Config, question: Question, name: str) -> Explanation | None:
    answer = unit_economics(ledger, config, question._replace(by=(), where=None))
    by, _, held = name.partition(".")
    if by in {"holder", "team"}:
        return explain_holders(answer, job_teams(ledger), held, question.where)
    return explain_pools(answer, name, question.where, charged_lines(ledger, config, answer))


def _owners(ledger: Ledger, config: Config, question: Question, name: str) -> Explanation | None:
    if name not in {*UNOWNED, MAPPED} and not name.startswith(f"{TAGGED}."):
        return None
    period = question.period
    if period is not None and not period.is_whole_months:
        raise UsageError("owners are checked over whole months", hint="ask about a --month")
    if name == MAPPED:
        found = mapped(ledger, config, period, question.currency)
        return explain_mapped(found, period, question.where)
    check = check_owners(ledger, config, period, question.currency)
    return explain_unowned(check, name, period, question.where)


_OF_COMMAND: dict[str, Explain] = {
    "unit": _unit,
    "costs": _costs,
    "marginal": _marginal,
    "capacity": _capacity,
    "owners": _owners,
    "close": explain_close,
}


_OF_UNIT = (*NUMBERS, *PARTIAL, *MEASURED, *COST_AMOUNTS, *_LINES, FACTOR)
"""Numbers that go by their own names."""


def _by_command() -> dict[str, tuple[str, ...]]:
    """Every number there is, by the command that shows it."""
    return {
        "unit": (*NUMBERS, *sorted({*MEASURED, *PARTIAL}), *_LINES, FACTOR),
        "costs": COST_AMOUNTS,
        "marginal": ("cost", "requests", *DOUBLED),
        "capacity": tuple(POOLED),
        "capacity.holder": tuple(HELD),
        "owners": (*UNOWNED, MAPPED),
        "close": tuple(CLOSING),
        **{shown: tuple(told.numbers) for shown, told in TOLD.items()},
        **ROW_NUMBERS,
    }


def _nearest(number: str) -> str:
    """The nearest numbers of the command that is named, else all of its; of no command, of any."""
    known = _by_command()
    command = next((name for name in _longest(known) if f"{number}.".startswith(f"{name}.")), None)
    if command is not None:
        part = number.removeprefix(command).removeprefix(".")
        near = difflib.get_close_matches(part, known[command], n=3)
        names = ", ".join(f"{command}.{name}" for name in near)
        return f"did you mean {names}?" if near else f"{command} has {', '.join(known[command])}"
    every = [*_OF_UNIT, *(f"{name}.{one}" for name, found in known.items() for one in found)]
    near = difflib.get_close_matches(number, every, n=3)
    if near:
        return f"did you mean {', '.join(near)}?"
    return f"finops explain COMMAND.NUMBER, of {', '.join(sorted(known))}"


def _longest(names: Iterable[str]) -> list[str]:
    return sorted(names, key=len, reverse=True)
