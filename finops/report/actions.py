"""Actions as a report: what is open first, by its day; what was done with what it really saved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finops.analysis.actions.journal import State, in_order
from finops.model.money import total
from finops.report.model import Report, ReportColumn, Style

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from finops.analysis.actions.effect import Effect
    from finops.analysis.actions.journal import Action, Entry
    from finops.model.period import Period
    from finops.report.model import Row

__all__ = ["actions_report", "journal_report"]

_COLUMNS = (
    ReportColumn("id", "Id"),
    ReportColumn("state", "State"),
    ReportColumn("action", "Action", prose=True),
    ReportColumn("owner", "Owner", optional=True),
    ReportColumn("due", "Due", Style.TIME),
    ReportColumn("overdue", "Overdue", optional=True),
    ReportColumn("expected", "Expected", Style.MONEY),
    ReportColumn("saved", "Saved", Style.MONEY),
    ReportColumn("measured_by", "By", prose=True, optional=True),
    ReportColumn("before", "Before", Style.MONEY, shown=False),
    ReportColumn("after", "After", Style.MONEY, shown=False),
    ReportColumn("why", "Why not known", shown=False),
    ReportColumn("evidence", "Evidence", optional=True),
    ReportColumn("month", "Of", shown=False),
    ReportColumn("finished", "Finished", Style.TIME, shown=False),
    ReportColumn("currency", "Currency", shown=False),
)


def actions_report(
    actions: Sequence[Action],
    effects: Mapping[str, Effect],
    month: Period | None,
    *,
    today: date,
    notes: tuple[str, ...] = (),
) -> Report:
    """Every action; `effects` by its id, of `month`. Amounts expected and saved are a month's."""
    listed = in_order(actions)
    rows = tuple(_row(each, effects.get(each.id), today) for each in listed)
    currencies = {each.currency for each in actions if each.currency is not None}
    saved = [found.saved for found in effects.values() if found.saved is not None]
    opened = [
        each.expected for each in actions if each.state is State.OPEN and each.expected is not None
    ]
    told = [
        f"{each.id}: what it saved is not known, because {effects[each.id].why}."
        for each in listed
        if each.state is State.DONE and each.id in effects and effects[each.id].why is not None
    ]
    if not rows:
        told.append("There are no actions yet: finops actions add TITLE --owner NAME --due DAY.")
    return Report(
        schema="finops.actions/1",
        title="Actions",
        columns=_COLUMNS,
        rows=rows,
        period=month,
        currency=next(iter(currencies)) if len(currencies) == 1 else None,
        notes=(*notes, *told),
        extras={
            "expected_open": total(opened) if opened and len(currencies) <= 1 else None,
            "saved": total(saved) if saved and len(currencies) <= 1 else None,
        },
    )


def _row(each: Action, found: Effect | None, today: date) -> Row:
    return {
        "id": each.id,
        "state": str(each.state),
        "action": each.title,
        "owner": each.owner,
        "due": _day(each.due),
        "overdue": each.is_overdue(today),
        "expected": each.expected,
        "saved": None if found is None else found.saved,
        "measured_by": None if found is None else found.number,
        "before": None if found is None else found.before,
        "after": None if found is None else found.after,
        "why": None if found is None else found.why,
        "evidence": each.evidence or each.where,
        "month": each.month,
        "finished": _day(each.finished),
        "currency": each.currency,
    }


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def journal_report(action: Action) -> Report:
    """Everything that was ever said of one action, oldest first."""
    return Report(
        schema="finops.actions/1",
        title=f"{action.id}: {action.title}",
        columns=(
            ReportColumn("at", "At", Style.TIME),
            ReportColumn("by", "By"),
            ReportColumn("event", "Event"),
            ReportColumn("said", "Says", prose=True),
        ),
        rows=tuple(_entry_row(entry) for entry in action.entries),
        currency=action.currency,
    )


def _entry_row(entry: Entry) -> Row:
    left_out = {"id", "event", "at", "by"}
    said = {k: v for k, v in entry._asdict().items() if k not in left_out and v is not None}
    return {
        "at": f"{entry.at:%Y-%m-%dT%H:%M:%SZ}",
        "by": entry.by,
        "event": str(entry.event),
        "said": "; ".join(f"{name}: {value}" for name, value in said.items()) or None,
    }
