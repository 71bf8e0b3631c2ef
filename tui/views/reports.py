"""Views that are one command's table and need nothing of their own: a few lines each.

Every command that answers a question about the ledger has a view; those without more to do are here.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tui.call import Call
from tui.state import Place, State
from tui.view import View
from tui.views.steps import asked, deeper

if TYPE_CHECKING:
    from finops.report.model import Row

__all__ = ["REPORTS"]

BILL = ("provider", "ServiceName", "pool", "layer", "team", "product", "RegionId", "x_Model")
CHARGES = ("provider", "ServiceName", "ChargeDescription")
CALLS = ("workflow", "model", "provider", "team", "feature", "tenant", "environment", "deployment")


def _drill_changes(state: State, row: Row) -> Place | None:
    """Dimensions of requests lead to dimensions of requests, those of the bill to those of the bill."""
    steps = ("workflow", "model") if {"workflow", "model"} & set(state.by) else CHARGES
    return deeper(state, row, steps, "changes")


def _owners(state: State) -> Call:
    """Whole months only: what else the period is, the command says."""
    options = {name: value for name, value in state.span.options.items() if name in _MONTHS}
    return Call.of("owners check", **options)


_MONTHS = ("month", "everything")


CHANGES = View(
    name="changes",
    title="Changes",
    about="What changed since the period before: price, usage, mix, new and gone?",
    call=lambda state: asked("compare", state),
    by=("provider", "ServiceName"),
    dimensions=(*BILL, *(name for name in CALLS if name not in BILL)),
    filters=True,
    drill=_drill_changes,
)

MARGINAL = View(
    name="marginal",
    title="Marginal",
    about="What would twice the traffic cost, and what has to be bought for it?",
    call=lambda state: asked("marginal", state),
    by=("workflow", "model"),
    dimensions=CALLS,
    filters=True,
    tab=False,
)

COMMITMENTS = View(
    name="commitments",
    title="Commitments",
    about="What do commitments save, how much of them is used, and when do they end?",
    call=lambda state: asked("commitments", state),
    filters=True,
    tab=False,
)

COVERAGE = View(
    name="coverage",
    title="Coverage",
    about="How much of what could be under a commitment is?",
    call=lambda state: asked("commitments", state, services=True),
    filters=True,
    tab=False,
)

OWNERS = View(
    name="owners",
    title="Owners",
    about="Which dollars does nobody answer for?",
    call=_owners,
    tab=False,
)

MONTHS = View(
    name="months",
    title="Months",
    about="Which months are closed, and what does an open one still lack?",
    call=lambda _state: Call.of("close", list=True),
    drill=lambda state, row: Place("month", replace(state, options=(("of", str(row["month"])),))),
    timed=False,
    tab=False,
)

MONTH = View(
    name="month",
    title="Month",
    about="What does a month lack before its numbers are final?",
    call=lambda state: Call.of(
        "close", str(state.option("of") or state.span.label), check=True, show=state.option("show")
    ),
    tab=False,
)


_OF_A_PERIOD = {"costs", "unit", "capacity", "compare", "commitments", "marginal", "savings"}
"""Commands that are about a period where they name none."""


def _command(state: State) -> Call:
    """A printed command, about the period looked at where it names none of its own."""
    call = Call.parsed(str(state.option("line") or "finops costs"))
    kept = tuple(each for each in call.options if each[0] != "format")
    call = Call(call.command, call.arguments, kept)
    named = {"month", "since", "last", "everything"} & dict(call.options).keys()
    if named or call.command not in _OF_A_PERIOD:
        return call
    return Call.of(call.command, *call.arguments, **dict(call.options), **state.span.options)


def _drill_savings(state: State, row: Row) -> Place | None:
    """To the rows behind a saving, by the command that prints them."""
    command = row.get("command")
    if not isinstance(command, str) or not command.startswith("finops "):
        return None
    asked_of = State(span=state.span, options=(("line", command),))
    return Place("command", asked_of, str(row["saving"]))


SAVINGS = View(
    name="savings",
    title="Savings",
    about="What could be saved, how sure is that, and how is it computed?",
    call=lambda state: asked("savings", state),
    drill=_drill_savings,
)

COMMAND = View(
    name="command",
    title="Command",
    about="What does a command that stands in a row print?",
    call=_command,
    tab=False,
)

BUDGETS = View(
    name="budgets",
    title="Budgets",
    about="What is spent of what may be, and what will it come to?",
    call=lambda state: Call.of("budget", month=state.span.options.get("month")),
)

FORECAST = View(
    name="forecast",
    title="Forecast",
    about="What will the coming months cost, with a range?",
    call=lambda state: Call.of("forecast", by=state.split or None, where=state.filter),
    dimensions=(*BILL, *(name for name in CALLS if name not in BILL)),
    filters=True,
    timed=False,
    tab=False,
)

CHARGEBACK = View(
    name="chargeback",
    title="Chargeback",
    about="What is each team charged for a month, to the last cent of the invoices?",
    call=lambda state: Call.of(
        "chargeback", by=state.split or None, month=state.span.options.get("month")
    ),
    by=("team",),
    dimensions=("team", "product", "cost_centre"),
    tab=False,
)

REPORTS = (
    CHANGES,
    SAVINGS,
    BUDGETS,
    FORECAST,
    COMMITMENTS,
    COVERAGE,
    MARGINAL,
    CHARGEBACK,
    OWNERS,
    MONTHS,
    MONTH,
    COMMAND,
)
