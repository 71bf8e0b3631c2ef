"""Chargeback: a month's invoices charged to those who used them, and the journal that books it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from finops.api.answer import Answer
from finops.api.opening import resolve_period, split_dimensions
from finops.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from finops.analysis.chargeback.journal import Posting
    from finops.analysis.chargeback.statements import Chargeback, Statement  # noqa: F401
    from finops.api.session import Session
    from finops.sections.chargeback import Accounts

__all__ = ["ChargedBack", "chargeback"]


@dataclass(frozen=True, slots=True)
class ChargedBack(Answer["Chargeback"]):
    """A row for each owner; `accounts` are those of finops.toml that the journal posts to."""

    accounts: Accounts

    def statement(self, owner: str) -> Answer[Statement]:
        """One owner's statement, by name in any case (`unowned`: nobody's); UsageError names those there are.

        Where the owner is charged in several currencies, the first of them.
        """
        from finops.report.chargeback import owner_name

        wanted = owner.casefold().strip("()")
        for statement, answer in self.statements():
            if owner_name(statement.owner).casefold().strip("()") == wanted:
                return answer
        names = dict.fromkeys(owner_name(each.owner) for each in self.value.statements)
        raise UsageError(f"there is no statement of {owner!r}", hint=f"one of: {', '.join(names)}")

    def statements(self) -> Iterator[tuple[Statement, Answer[Statement]]]:
        """Every statement, the largest first and nobody's last."""
        from finops.report.chargeback import statement_report

        for statement in self.value.statements:
            yield statement, Answer(statement, statement_report(self.value, statement))

    def journal(self) -> Answer[tuple[Posting, ...]]:
        """Double-entry postings in the currency's smallest unit; debits equal credits."""
        from finops.analysis.chargeback.journal import journal
        from finops.report.chargeback import journal_report

        postings = journal(self.value, self.accounts)
        return Answer(postings, journal_report(self.value, postings))

    def documents(self) -> Iterator[tuple[str, Answer[object]]]:
        """Everything, by the name of a file without its ending: the summary, the journal, each statement."""
        month = self.value.month.label
        yield f"chargeback-{month}", Answer(self.value, self.report)
        yield f"journal-{month}", self.journal()
        taken: dict[str, int] = {}
        for statement, answer in self.statements():
            name = _slug(statement.owner, statement.currency, self.value.currencies)
            taken[name] = taken.get(name, 0) + 1
            again = f"-{taken[name]}" if taken[name] > 1 else ""
            yield f"statement-{month}-{name}{again}", answer


def chargeback(
    session: Session,
    by: str | Sequence[str] = "team",
    *,
    detail: str | Sequence[str] | None = "workflow",
    month: str | None = None,
) -> ChargedBack:
    """Charge the invoices of `month` (the newest complete one) back to the owners named by `by`.

    A line of a statement is told apart by `detail`. The statements add up to the bill. UsageError for a name
    that is no dimension or that nothing says.
    """
    from finops.analysis.chargeback.statements import chargeback as charge
    from finops.report.chargeback import chargeback_report

    choice = resolve_period(session.ledger, month=month)
    if choice.period is None or not (names := split_dimensions(by)):
        raise UsageError("charge back to whom?", hint="--by team, product or cost_centre")
    found = charge(
        session.ledger, session.config, choice.period, names, split_dimensions(detail or None)
    )
    found = found._replace(notes=(*choice.notes, *found.notes))
    return ChargedBack(found, chargeback_report(found), session.config.chargeback)


def _slug(owner: Sequence[str | None], currency: str, currencies: Sequence[str]) -> str:
    """A statement's part of a file name: letters, digits and dashes."""
    from finops.report.chargeback import owner_name

    name = re.sub(r"[^\w-]+", "-", owner_name(owner).casefold()).strip("-_") or "owner"
    return f"{name}-{currency.lower()}" if len(currencies) > 1 else name
