"""Numbers of runs, actions, scores over time, closes and owners: each command is asked, and its rows are derived."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from finops.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from finops.analysis.derived.runs import RunsAsked
    from finops.analysis.derived.table import Table
    from finops.api.session import Session
    from finops.api.wanted import Wanted

__all__ = ["LISTS"]

_RUNS = 8
"""Runs that are told side by side where no single one is named."""


def _runs(session: Session, wanted: Wanted) -> Table:
    """The run named, or those few that a filter of calls leaves."""
    from finops.analysis.derived.runs import runs_table

    return runs_table(_asked(session, wanted), _RUNS)


def _run(session: Session, wanted: Wanted) -> Table:
    """The run named, call by call."""
    from finops.analysis.derived.calls import calls_table

    if wanted.row is None:
        raise UsageError("which run is told call by call?", hint="finops explain run RUN")
    return calls_table(_asked(session, wanted))


def _asked(session: Session, wanted: Wanted) -> RunsAsked:
    """The question about the calls of the runs named or, where none is, of all that a filter leaves."""
    from finops.analysis.derived.runs import RunsAsked, many
    from finops.analysis.economics import Question
    from finops.analysis.where import quote
    from finops.api.opening import resolve_period, split_dimensions

    if wanted.row is None and wanted.where is None:
        found = session.runs(limit=_RUNS, include=wanted.include, **wanted.when).value
        if found.everything > _RUNS:
            raise many(found.everything, [run.run for run in found.runs])
    parts = ["run is not null"] if wanted.row is None else [f"run = {quote(wanted.row)}"]
    if wanted.where is not None:
        parts.append(f"({wanted.where})")
    period = resolve_period(session.ledger, **wanted.when).period
    include = split_dimensions(wanted.include)
    question = Question(period, (), " and ".join(parts), include, wanted.currency)
    return RunsAsked(session.ledger, session.config, question)


def _actions(session: Session, wanted: Wanted) -> Table:
    return session.actions.table(month=wanted.month)


def _check(session: Session, wanted: Wanted) -> Table:
    from finops.analysis.completeness import Completeness
    from finops.analysis.derived.listed import delivered_table

    found = session.close.check(_of_month(wanted)).value
    if not isinstance(found, Completeness):
        raise UsageError("the month is closed", hint="finops explain close.kept.rows")
    return delivered_table(found)


def _kept(session: Session, wanted: Wanted) -> Table:
    from finops.analysis.derived.listed import kept_table
    from finops.ledger.snapshots import Closed, damage
    from finops.model.period import parse_month

    month = _of_month(wanted)
    found = session.close.check(month).value
    if not isinstance(found, Closed):
        raise UsageError("the month is open", hint="finops explain close.check.rows")
    damaged = damage(session.ledger.location, found)
    return kept_table(found, parse_month(month), damaged)


def _of_month(wanted: Wanted) -> str:
    month = wanted.month
    if month is None:
        raise UsageError("a close is of one month", hint="ask about one --month")
    return month


def _owners(session: Session, wanted: Wanted) -> Table:
    from finops.analysis.derived.listed import owned_table

    wanted.timeless("owners.csv")
    return owned_table(session.owners.list().value)


def _checks(session: Session, wanted: Wanted) -> Table:
    from scorecard.derived_time import checks_table

    wanted.timeless("a score")
    measured = session.scorecard.show(checks=True, **_more(wanted))
    return checks_table(measured.value, measured.where.catalog)


def _history(session: Session, wanted: Wanted) -> Table:
    from scorecard.derived_time import history_table

    wanted.timeless("a score")
    return history_table(session.scorecard.history(**_more(wanted)).value)


def _diff(session: Session, wanted: Wanted) -> Table:
    from scorecard.derived_time import diff_table

    wanted.timeless("a score")
    before, after = session.scorecard.diff(**_more(wanted)).value
    return diff_table(before, after)


def _roadmap(session: Session, wanted: Wanted) -> Table:
    from scorecard.derived_time import plan_table

    wanted.timeless("a score")
    planned = session.scorecard.roadmap(**_more(wanted))
    return plan_table(planned.score, planned.where.catalog)


def _catalog(session: Session, wanted: Wanted) -> Table:
    from scorecard.answers import parse_subject
    from scorecard.derived_time import catalog_table

    wanted.timeless("a catalog")
    subject = str(wanted.asked.get("subject", "self"))
    whole = subject if ":" in subject or subject == "self" else f"{subject}:any"
    found = session.scorecard.catalog(**_more(wanted)).value
    return catalog_table(found, parse_subject(whole).kind)


def _more(wanted: Wanted) -> dict[str, Any]:
    """Options of the command itself, by the names its method takes them under."""
    return dict(wanted.asked)


LISTS: dict[str, Callable[[Session, Wanted], Table]] = {
    "run": _run,
    "runs": _runs,
    "actions": _actions,
    "close.check": _check,
    "close.kept": _kept,
    "owners.list": _owners,
    "scorecard.show": _checks,
    "scorecard.history": _history,
    "scorecard.diff": _diff,
    "scorecard.roadmap": _roadmap,
    "scorecard.catalog": _catalog,
}
"""Commands that list, and how each is asked."""
