"""Periods settled once, so that drilling down in unit economics takes a blink.

What `finops unit` answers with the same words, to the digit; only the first question about a period waits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from finops.api.answer import Answer
    from finops.api.session import Session
    from finops.api.settled import SettledPeriod
    from tui.call import Call, Option

__all__ = ["SettledPeriods"]

Terms: TypeAlias = "tuple[tuple[str, Option], ...]"
"""What a period is settled for: its days, the lines it counts, its currency."""

KEPT = 2
"""Settled periods kept: the one looked at and the one before."""

_TERMS = ("month", "since", "until", "last", "everything", "include", "currency")
_ASKED = ("by", "where", "marginal", "limit")


class SettledPeriods:
    """The periods settled last. Used by one thread at a time."""

    def __init__(self) -> None:
        self._periods: dict[Terms, SettledPeriod] = {}

    @staticmethod
    def fits(call: Call) -> bool:
        """Whether a settled period can answer it."""
        return call.command == "unit" and all(
            name in _TERMS or name in _ASKED for name, _ in call.options
        )

    def answer(self, session: Session, call: Call) -> Answer[Any]:
        """The answer, from the period settled now or before."""
        terms = tuple(each for each in call.options if each[0] in _TERMS)
        asked: dict[str, Any] = {name: value for name, value in call.options if name in _ASKED}
        return self._period(session, terms).unit(**asked)

    def _period(self, session: Session, terms: Terms) -> SettledPeriod:
        found = self._periods.pop(terms, None)
        if found is None:
            while len(self._periods) >= KEPT:
                self._periods.pop(next(iter(self._periods))).close()
            options: dict[str, Any] = dict(terms)
            found = session.settle(**options)
        self._periods[terms] = found
        return found
