"""What takes long to find and is asked again and again: periods settled once, demand measured once.

The answers are those of `finops unit`, `finops runs` and `finops breakeven` with the same words, to the digit; only the first
question waits, so that drilling down and moving a slider take a blink.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from finops.api.projecting import ask_breakeven

if TYPE_CHECKING:
    from finops.analysis.breakeven.measured import Demand
    from finops.api.answer import Answer
    from finops.api.breakeven import Pool
    from finops.api.session import Session
    from finops.api.settled import SettledPeriod
    from finops.model.period import Period
    from tui.call import Call, Option

__all__ = ["SettledPeriods"]

Terms: TypeAlias = "tuple[tuple[str, Option], ...]"
"""What a period is settled for: its days, the lines it counts, its currency."""

KEPT = 2
"""Settled periods kept: the one looked at and the one before."""

_TERMS = ("month", "since", "until", "last", "everything", "include", "currency")
_ASKED = {
    "unit": ("by", "where", "marginal", "limit"),
    "runs": ("where", "order", "limit", "offset"),
}
"""Commands a settled period answers, and what it is asked besides."""


class SettledPeriods:
    """The periods settled last. Used by one thread at a time."""

    def __init__(self) -> None:
        self._periods: dict[Terms, SettledPeriod] = {}
        self._demand: dict[tuple[str, Period | None, str], Demand] = {}

    @staticmethod
    def fits(call: Call) -> bool:
        """Whether something settled or measured can answer it."""
        if call.command == "breakeven":
            return call.asks_ledger and not dict(call.options).get("explain")
        asked = _ASKED.get(call.command)
        return asked is not None and all(name in (*_TERMS, *asked) for name, _ in call.options)

    def answer(self, session: Session, call: Call) -> Answer[Any]:
        """The answer, from what was settled or measured now or before."""
        if call.command == "breakeven":
            return ask_breakeven(session, dict(call.options), self._measured)
        terms = tuple(each for each in call.options if each[0] in _TERMS)
        named = _ASKED[call.command]
        asked: dict[str, Any] = {name: value for name, value in call.options if name in named}
        period = self._period(session, terms)
        return period.runs(**asked) if call.command == "runs" else period.unit(**asked)

    def _measured(self, pool: Pool, currency: str) -> Demand:
        from finops.api.breakeven import measure

        key = (pool.name, pool.period, currency)
        if key not in self._demand:
            while len(self._demand) >= KEPT:
                self._demand.pop(next(iter(self._demand)))
            self._demand[key] = measure(pool, currency)
        return self._demand[key]

    def _period(self, session: Session, terms: Terms) -> SettledPeriod:
        found = self._periods.pop(terms, None)
        if found is None:
            while len(self._periods) >= KEPT:
                self._periods.pop(next(iter(self._periods))).close()
            options: dict[str, Any] = dict(terms)
            found = session.settle(**options)
        self._periods[terms] = found
        return found
