"""The list of actions: what is to be done, by whom, until when, and what it really saved."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from finops.api.answer import Answer
from finops.api.opening import resolve_period
from finops.errors import UsageError
from finops.model.period import parse_month

if TYPE_CHECKING:
    from typing import Unpack

    from finops.analysis.actions.effect import Effect
    from finops.analysis.actions.journal import Action, Entry
    from finops.analysis.derived.table import Table
    from finops.api.opening import PeriodChoice
    from finops.api.session import Session

__all__ = ["Actions", "Said"]

PLACE = ("_actions", "actions.jsonl")
"""Where the list is in the ledger's folder."""


class Said(TypedDict, total=False):
    """What can be said of an action."""

    owner: str | None
    due: str | date | None
    expected: str | Decimal | None
    """A month's saving, in `currency`, by default that of the settings."""
    currency: str | None
    evidence: str | None
    """Key of a saving (`cache/support-chat`), whose number tells afterwards what was saved."""
    where: str | None
    """Condition over bills whose cost tells instead."""
    month: str | None
    """Month the evidence is of, YYYY-MM."""
    note: str | None


@dataclass(frozen=True, slots=True)
class Actions:
    """The list, and everything that is done with it."""

    session: Session

    @property
    def file(self) -> Path:
        """Where the list is kept; UsageError where the ledger is no folder and no file is named."""
        named = self.session.config.actions.file
        if named is not None:
            return Path(named)
        location = self.session.ledger.location
        if not location.is_local:
            raise UsageError(
                f"{location.url} is no folder to keep a list in",
                hint="name one in finops.toml: [actions] file",
            )
        return location.root.joinpath(*PLACE)

    def list(
        self, *, month: str | None = None, today: date | None = None
    ) -> Answer[tuple[Action, ...]]:
        """Every action, what is open first; what was done with what it saved in `month`, by default the newest complete."""
        from finops.report.actions import actions_report

        found, effects, choice = self._measured(month)
        day = today or datetime.now(tz=UTC).date()
        report = actions_report(found, effects, choice.period, today=day, notes=choice.notes)
        return Answer(found, report)

    def table(self, *, month: str | None = None) -> Table:
        """How every number of `list` is derived."""
        from finops.analysis.actions.journal import in_order
        from finops.analysis.derived.actions import actions_table

        found, effects, choice = self._measured(month)
        return actions_table(in_order(found), effects, choice.period)

    def _measured(
        self, month: str | None
    ) -> tuple[tuple[Action, ...], dict[str, Effect], PeriodChoice]:
        """Every action, what those that are done saved in `month`, and which month that is."""
        from finops.analysis.actions.effect import effect
        from finops.analysis.actions.journal import State, actions, read_journal

        found = actions(read_journal(self.file))
        choice = resolve_period(self.session.ledger, month=month)
        period = choice.period
        effects = {
            each.id: effect(self.session.ledger, self.session.config, each, period)
            for each in found
            if each.state is State.DONE and period is not None
        }
        return found, effects, choice

    def show(self, id: str) -> Answer[Action]:  # noqa: A002  (what it is called)
        """Everything that was ever said of one action; UsageError when there is none."""
        from finops.analysis.actions.journal import actions, read_journal
        from finops.report.actions import journal_report

        known = {each.id: each for each in actions(read_journal(self.file))}
        if id not in known:
            raise UsageError(
                f"there is no action {id!r}", hint=f"there are: {', '.join(known) or 'none'}"
            )
        return Answer(known[id], journal_report(known[id]))

    def add(
        self, title: str, *, by: str, at: datetime | None = None, **said: Unpack[Said]
    ) -> Answer[Action]:
        """Add an action, said by `by`; what a saving of `evidence` in `month` tells need not be said."""
        from finops.analysis.actions.journal import Event

        if not title.strip():
            raise UsageError("an action needs a title")
        entry = self._entry("", Event.ADDED, by, at, said)
        return self._append(self._with_evidence(entry._replace(title=title)))

    def change(
        self,
        id: str,  # noqa: A002  (what it is called)
        *,
        by: str,
        title: str | None = None,
        at: datetime | None = None,
        **said: Unpack[Said],
    ) -> Answer[Action]:
        """Say anew what of an open action has changed."""
        from finops.analysis.actions.journal import Event

        return self._append(self._entry(id, Event.CHANGED, by, at, said)._replace(title=title))

    def done(
        self,
        id: str,  # noqa: A002  (what it is called)
        *,
        by: str,
        on: str | date | None = None,
        note: str | None = None,
        at: datetime | None = None,
    ) -> Answer[Action]:
        """Say that it is done, and since which day it is in effect."""
        from finops.analysis.actions.journal import Event

        entry = self._entry(id, Event.DONE, by, at, {"note": note})
        return self._append(entry._replace(on=_day(on)))

    def drop(
        self,
        id: str,  # noqa: A002  (what it is called)
        *,
        by: str,
        note: str | None = None,
        at: datetime | None = None,
    ) -> Answer[Action]:
        """Say that it will not be done, and why."""
        from finops.analysis.actions.journal import Event

        return self._append(self._entry(id, Event.DROPPED, by, at, {"note": note}))

    def _entry(self, number: str, event: str, by: str, at: datetime | None, said: Said) -> Entry:
        from finops.analysis.actions.journal import Entry, Event

        month = said.get("month")
        return Entry(
            number,
            Event(event),
            at or datetime.now(tz=UTC).replace(microsecond=0),
            by,
            owner=said.get("owner"),
            due=_day(said.get("due")),
            expected=_amount(said.get("expected")),
            currency=said.get("currency"),
            evidence=said.get("evidence"),
            where=said.get("where"),
            month=None if month is None else parse_month(month).label,
            note=said.get("note"),
        )

    def _with_evidence(self, entry: Entry) -> Entry:
        """What the saving it names tells: how much, by whom; and which month that is of."""
        month, currency = entry.month, entry.currency or self.session.config.currency
        if entry.evidence is None:
            return entry._replace(month=month, currency=currency if entry.expected else None)
        found = self.session.savings(month=month)
        known = {each.saving.key: each.saving for each in found.value.ranked}
        saving = known.get(entry.evidence)
        label = found.value.period.label
        if saving is None:
            raise UsageError(
                f"there is no saving {entry.evidence!r} in {label}",
                hint=f"there are: {', '.join(known) or 'none'}",
            )
        return entry._replace(
            month=label,
            currency=entry.currency or found.value.currency,
            owner=entry.owner or saving.owner,
            expected=saving.high if entry.expected is None else entry.expected,
        )

    def _append(self, entry: Entry) -> Answer[Action]:
        from finops.analysis.actions.journal import append

        return self.show(append(self.file, entry).id)


def _day(text: str | date | None) -> date | None:
    if text is None or isinstance(text, date):
        return text
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{text!r} is not a date", hint="write it as YYYY-MM-DD") from None


def _amount(text: str | Decimal | None) -> Decimal | None:
    if text is None or isinstance(text, Decimal):
        return text
    try:
        return Decimal(text)
    except InvalidOperation:
        raise UsageError(
            f"{text!r} is not an amount", hint="for example --expected 81.50"
        ) from None
