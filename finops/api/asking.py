"""Numbers of commands that are told what to answer by options of their own: what is asked, and its rows derived.

`finops explain breakeven.npv own --scenario fog.yaml` takes the options of `finops breakeven` beside its own. They are
text by the names of their flags, as they are typed, moved on a slider or kept by the screens.
"""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from finops.api.projecting import (
    BREAKEVEN_OPTIONS,
    ROUTE_OPTIONS,
    ask_breakeven,
    ask_route,
    number,
    pairs,
)
from finops.errors import UsageError
from finops.model.basis import Basis

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from finops.analysis.derived.table import Table
    from finops.analysis.explanation import Explanation
    from finops.api.answer import Answer
    from finops.api.projecting import Option
    from finops.api.session import Session

__all__ = ["ASKED", "BESIDE", "asked_table", "basis_of", "explain_as_typed", "said"]

_OWN = frozenset(
    {"by", "where", "include", "currency", "month", "since", "until", "last", "everything"}
)
"""Options of `finops explain` itself."""

_QUOTE = frozenset({"need", "currency", "rate", "vendors"})


class _Command(NamedTuple):
    """A command with options of its own: which, and how its rows are derived."""

    title: str
    options: frozenset[str]
    table: Callable[[Session, Mapping[str, Option], Sequence[str]], Table]
    takes_arguments: bool = False


def asked_table(
    session: Session, command: str, options: Mapping[str, Option], arguments: Sequence[str]
) -> Table:
    """The rows of `command` for `options` and `arguments`; UsageError for one that it does not have."""
    known = ASKED[command]
    told = said(options, known.options, known.title)
    if arguments and not known.takes_arguments:
        raise UsageError(f"finops {known.title} takes no {arguments[0]!r}", hint="name one row")
    return known.table(session, told, arguments)


def said(options: Mapping[str, Option], known: frozenset[str], title: str) -> dict[str, Option]:
    """Those of `options` that say something; UsageError for one that the command called `title` does not have."""
    told: dict[str, Option] = {
        name: value for name, value in options.items() if value not in (None, False)
    }
    for name in told:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {_flag(near[0])}?" if near else f"finops {title} --help"
            raise UsageError(f"{title} has no option {_flag(name)}", hint=hint)
    return told


def basis_of(told: Mapping[str, Option]) -> Basis | None:
    """The basis of bills among the options told; None where none is. UsageError for one there is none of."""
    text = told.get("basis")
    try:
        return None if text is None else Basis(str(text))
    except ValueError:
        hint = f"choose {' or '.join(Basis)}"
        raise UsageError(f"there is no basis {text!r}", hint=hint) from None


def _flag(name: str) -> str:
    words = {"since": "from", "until": "to", "everything": "all"}.get(name, name)
    return f"--{words.replace('_', '-')}"


def explain_as_typed(
    session: Session, arguments: Sequence[str], options: Mapping[str, Option]
) -> Answer[Explanation]:
    """`Session.explain` of what a command line says: its options and those of the command explained together."""
    asked_for, row, *more = [*arguments, *("" for _ in range(2 - len(arguments)))]
    own: dict[str, Any] = {name: value for name, value in options.items() if name in _OWN}
    asked = {name: value for name, value in options.items() if name not in _OWN}
    return session.explain(asked_for or "cost_per_1k_requests", row or None, asked=asked,
                           arguments=[one for one in more if one], **own)  # fmt: skip


def _breakeven(session: Session, options: Mapping[str, Option], arguments: Sequence[str]) -> Table:
    del arguments
    return ask_breakeven(session, {**options, "draws": 0}).table()


def _audit(session: Session, options: Mapping[str, Option], arguments: Sequence[str]) -> Table:
    from finops.analysis.breakeven.audit_steps import audit_table
    from finops.api.breakeven import audit

    del session, options
    if len(arguments) != 1:
        raise UsageError(
            "which comparison is audited?",
            hint="finops explain breakeven.audit.from_inputs 'CLAIM' lp2368; '' for every claim",
        )
    return audit_table(audit(arguments[0]).value)


def _route(session: Session, options: Mapping[str, Option], arguments: Sequence[str]) -> Table:
    del arguments
    return ask_route(session, options).table()


def _fleet(session: Session, options: Mapping[str, Option], arguments: Sequence[str]) -> Table:
    del arguments
    told = dict(options)
    path = told.pop("fleet", None)
    if path is None:
        raise UsageError("which fleet is routed on?", hint="--fleet fleet.yaml")
    return ask_route(session, told).fleet_table(str(path))


def _quoted(session: Session, options: Mapping[str, Option], arguments: Sequence[str]) -> Any:  # noqa: ANN401  (finops.api.vendors.Quoted, which is not imported here)
    told: dict[str, Any] = {}
    if "currency" in options:
        told["currency"] = str(options["currency"])
    if "vendors" in options:
        told["vendors"] = Path(str(options["vendors"]))
    told["need"] = dict(pairs(str(options.get("need") or "")))
    rates = pairs(str(options.get("rate") or ""))
    told["rate"] = {code.upper(): number("rate", value) for code, value in rates}
    return session.vendor.quote(arguments, **told)


def _quote(session: Session, options: Mapping[str, Option], arguments: Sequence[str]) -> Table:
    table: Table = _quoted(session, options, arguments).table()
    return table


def _swings(session: Session, options: Mapping[str, Option], arguments: Sequence[str]) -> Table:
    step = number("step", str(options.get("step") or "0.2"))
    table: Table = _quoted(session, options, arguments).sensitivity_table(step)
    return table


ASKED: dict[str, _Command] = {
    "breakeven": _Command("breakeven", BREAKEVEN_OPTIONS, _breakeven),
    "breakeven.audit": _Command("breakeven audit", frozenset(), _audit, takes_arguments=True),
    "route": _Command("route", ROUTE_OPTIONS, _route),
    "route.fleet": _Command("route --fleet", ROUTE_OPTIONS | {"fleet"}, _fleet),
    "vendor.quote": _Command("vendor quote", _QUOTE, _quote, takes_arguments=True),
    "vendor.quote.sensitivity": _Command(
        "vendor quote --sensitivity", _QUOTE | {"step"}, _swings, takes_arguments=True
    ),
}
"""Commands with options of their own, by what their numbers begin with."""

_WHOM = frozenset({"subject", "catalog", "store", "vendors"})
_SCORED = _WHOM | {"answers", "as_of"}
_COMPARED = frozenset({"against", "basis"})

BESIDE: dict[str, frozenset[str]] = {
    "budget": frozenset({"as_of"}),
    "compare": _COMPARED,
    "compare.items": _COMPARED,
    "costs": frozenset({"basis"}),
    "forecast": frozenset({"as_of", "months"}),
    "scorecard": _SCORED,
    "scorecard.catalog": frozenset({"subject", "catalog"}),
    "scorecard.diff": _WHOM,
    "scorecard.history": _WHOM,
    "scorecard.roadmap": _SCORED,
    "scorecard.show": _WHOM | {"as_of"},
    "vendor.claims": frozenset({"vendors", "catalog", "as_of"}),
}
"""Options that other commands take beside their rows, period and filter, as the commands themselves have them."""
