"""Numbers of commands whose rows have names of their own: each command is asked, and its rows are derived."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from finops.api.asking import ASKED, BESIDE, asked_table, basis_of, said
from finops.api.explaining_lists import LISTS
from finops.api.projecting import number as number_of
from finops.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from finops.analysis.compare.comparison import Comparison
    from finops.analysis.derived.table import Table
    from finops.analysis.explanation import Explanation
    from finops.api.session import Session
    from finops.api.wanted import Wanted

__all__ = ["TABLES", "explain_rows"]


def explain_rows(session: Session, number: str, wanted: Wanted) -> Explanation | None:
    """`number` (`budget.share`, or `budget` for all of a row's numbers); None where no such command has rows.

    UsageError for a row there is none of, and for --by where nothing can be split.
    """
    command, _, name = _parted(number)
    if command in ASKED:
        return _asked(session, number, command, name, wanted)
    asked = TABLES.get(command)
    if asked is None:
        return None
    if wanted.arguments:
        raise UsageError(
            f"finops explain {command} takes no {wanted.arguments[0]}", hint="name one row"
        )
    wanted = wanted._replace(asked=said(wanted.asked, BESIDE.get(command, frozenset()), command))
    from finops.analysis.derived.table import explain_row

    if wanted.by is not None and command not in _SPLIT:
        raise UsageError(
            f"the rows of {command} cannot be split", hint=f"--by is of {', '.join(sorted(_SPLIT))}"
        )
    table = asked(session, wanted)
    is_filter = command in _OF_CALLS or (command in _FILTERED and wanted.filter is not None)
    where = None if is_filter else wanted.where
    found = explain_row(table, command, name, row=wanted.row, where=where)
    return None if found is None else found._replace(number=number)


def _asked(
    session: Session, number: str, command: str, name: str, wanted: Wanted
) -> Explanation | None:
    """A number of a command with options of its own."""
    from finops.analysis.derived.table import explain_row

    if wanted.by is not None:
        raise UsageError(f"the rows of {command} cannot be split", hint="leave --by out")
    when = {name: value for name, value in wanted.when.items() if value}
    money = {"currency": wanted.currency} if wanted.currency else {}
    options: dict[str, Any] = {**wanted.asked, **when, **money}
    table = asked_table(session, command, options, wanted.arguments)
    shown = f"{command} {' '.join(wanted.arguments)}".strip()
    found = explain_row(table, shown, name, row=wanted.row, where=wanted.where)
    return None if found is None else found._replace(number=number)


def _parted(number: str) -> tuple[str, str, str]:
    """The command, which may have a dot of its own, and the number."""
    if number in TABLES or number in ASKED:
        return number, "", ""
    return number.rpartition(".")


def _compare(session: Session, wanted: Wanted) -> Table:
    from finops.analysis.derived.compare import compare_table

    return compare_table(_compared(session, wanted))


def _items(session: Session, wanted: Wanted) -> Table:
    from finops.analysis.derived.compare import items_table

    return items_table(_compared(session, wanted))


def _compared(session: Session, wanted: Wanted) -> Comparison:
    by = wanted.by or ("provider", "ServiceName")
    more: dict[str, Any] = {**wanted.asked, "basis": basis_of(wanted.asked)}
    return session.compare(
        by, where=wanted.filter, currency=wanted.currency, **more, **wanted.when
    ).value


def _budget(session: Session, wanted: Wanted) -> Table:
    from finops.analysis.derived.foreseen import budget_table

    more: dict[str, Any] = dict(wanted.asked)
    answer = session.budget(month=wanted.month, **more)
    return budget_table(answer.value, answer.report.period)


def _forecast(session: Session, wanted: Wanted) -> Table:
    from finops.analysis.derived.foreseen import forecast_table

    more: dict[str, Any] = dict(wanted.asked)
    if "months" in more:
        more["months"] = int(number_of("months", str(more["months"])))
    return forecast_table(
        session.forecast(wanted.by, where=wanted.filter, currency=wanted.currency, **more).value
    )


def _savings(session: Session, wanted: Wanted) -> Table:
    from finops.analysis.derived.findings import savings_table

    return savings_table(session.savings(currency=wanted.currency, **wanted.when).value)


def _quality(session: Session, wanted: Wanted) -> Table:
    from finops.analysis.derived.findings import quality_table

    return quality_table(session.quality(currency=wanted.currency, **wanted.when).value)


def _commitments(session: Session, wanted: Wanted) -> Table:
    from finops.analysis.derived.commitments import commitments_table

    answer = session.commitments(where=wanted.filter, currency=wanted.currency, **wanted.when)
    return commitments_table(answer.value, answer.period)


def _services(session: Session, wanted: Wanted) -> Table:
    from finops.analysis.derived.commitments import services_table

    answer = session.commitments(where=wanted.filter, currency=wanted.currency, **wanted.when)
    return services_table(answer.value, answer.period)


def _chargeback(session: Session, wanted: Wanted) -> Table:
    from finops.analysis.derived.chargeback import chargeback_table

    return chargeback_table(session.chargeback(wanted.by or "team", month=wanted.month).value)


def _status(session: Session, wanted: Wanted) -> Table:
    del wanted
    from finops.analysis.derived.status import status_table
    from finops.ledger.status import ledger_status

    now = datetime.now(tz=UTC)
    return status_table(ledger_status(session.ledger, now), now)


def _scorecard(session: Session, wanted: Wanted) -> Table:
    from scorecard.derived import score_table

    wanted.timeless("a score")
    more: dict[str, Any] = dict(wanted.asked)
    measured = session.scorecard.run(no_history=True, **more)
    titles = {each.id: each.title for each in measured.where.catalog.categories}
    return score_table(measured.value, titles)


def _claims(session: Session, wanted: Wanted) -> Table:
    from scorecard.claimed import claims_table

    more: dict[str, Any] = dict(wanted.asked)
    return claims_table(session.vendor.compare(**more, **wanted.when).claims().value)


TABLES: dict[str, Callable[[Session, Wanted], Table]] = {
    "budget": _budget,
    "chargeback": _chargeback,
    "commitments": _commitments,
    "commitments.services": _services,
    "compare": _compare,
    "compare.items": _items,
    "forecast": _forecast,
    "quality": _quality,
    "savings": _savings,
    "scorecard": _scorecard,
    "status": _status,
    "vendor.claims": _claims,
    **LISTS,
}
"""Commands whose rows have names, and how each is asked."""

_FILTERED = frozenset(
    {"commitments", "commitments.services", "compare", "compare.items", "forecast"}
)
"""Commands that take a --where of their own: of a named row, `where` is theirs."""

_SPLIT = frozenset({"chargeback", "compare", "compare.items", "forecast"})
"""Commands whose rows are split by names of the reader's choice."""

_OF_CALLS = frozenset({"run", "runs"})
"""Commands whose condition chooses calls, as there, and not rows."""
