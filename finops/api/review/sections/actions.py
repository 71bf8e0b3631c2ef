"""Section 10: actions: what is to be done, by whom, until when, and what finished ones really saved."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from finops.analysis.actions.effect import effect
from finops.analysis.actions.journal import State, actions, read_journal
from finops.api.actions import PLACE
from finops.api.review.contract import SectionKind
from finops.api.review.parts import narrow
from finops.report.actions import actions_report
from finops.report.document import Name, Number, Omitted, Section, Table, say

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from finops.analysis.actions.effect import Effect
    from finops.analysis.actions.journal import Action
    from finops.api.review.facts import Facts
    from finops.report.document import Sentence

__all__ = ["SECTION"]

_COLUMNS = ("id", "state", "action", "owner", "due", "overdue", "expected", "saved", "measured_by")


def _build(facts: Facts) -> Section | Omitted:
    found = _known(facts)
    if not found:
        return Omitted(
            SECTION.title,
            "no action is written down: finops actions add TITLE --owner NAME --due DAY",
        )
    effects = {
        each.id: effect(facts.ledger, facts.settings, each, facts.month)
        for each in found
        if each.state is State.DONE
    }
    report = actions_report(found, effects, facts.month, today=facts.known_on)
    command = f"finops actions list --month {facts.month.label}"
    return Section(
        name="actions",
        title=SECTION.title,
        sentences=tuple(_sentences(found, effects, facts)),
        tables=(Table("actions", narrow(report, _COLUMNS), command=command),),
        notes=report.notes,
    )


SECTION = SectionKind(100, "actions", "Actions", _build)
"""The list as it was when the ledger is looked at."""


def _known(facts: Facts) -> tuple[Action, ...]:
    """The actions by what had been said of them."""
    named = facts.config.actions.file
    if named is None and not facts.ledger.location.is_local:
        return ()
    file = Path(named) if named is not None else facts.ledger.location.root.joinpath(*PLACE)
    return actions(entry for entry in read_journal(file) if facts.knows(entry.at))


def _sentences(
    found: tuple[Action, ...], effects: Mapping[str, Effect], facts: Facts
) -> Iterator[Sentence]:
    for each in found:
        told = effects.get(each.id)
        if told is not None and told.saved is not None:
            word = " saved " if told.saved >= 0 else " cost "
            yield say(
                Name(f"{each.id} {each.title}"), word,
                Number(told.saved, unit=each.currency or facts.currency, size=True),
                " in ", Name(facts.month.label), ".",
            )  # fmt: skip
        elif each.is_overdue(facts.known_on):
            owner = () if each.owner is None else (" Owner: ", Name(each.owner), ".")
            yield say(Name(f"{each.id} {each.title}"), " is overdue.", *owner)
