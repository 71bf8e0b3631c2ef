"""Which ledger, which settings and which period a question is about, when it does not say all of it.

Imports nothing heavy: the ledger and the configuration are imported inside the functions.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, NamedTuple, TypedDict

from finops.errors import LedgerMissing, UsageError
from finops.model.period import Period, parse_month, parse_period

if TYPE_CHECKING:
    from collections.abc import Sequence

    from finops.config import Config
    from finops.ledger.store import Ledger

__all__ = [
    "PeriodChoice",
    "When",
    "ledger_location",
    "ledger_months",
    "newest_complete",
    "open_ledger",
    "resolve_period",
    "split_dimensions",
]


class When(TypedDict, total=False):
    """The period a question is about; without any of them the newest complete month of the ledger."""

    month: str | None
    """YYYY-MM."""
    since: str | None
    """First day, YYYY-MM-DD (UTC)."""
    until: str | None
    """First day left out."""
    last: str | None
    """30d or 4w until yesterday, or 3m: whole months."""
    everything: bool
    """The whole ledger."""


class PeriodChoice(NamedTuple):
    """The period a report is about (None: the whole ledger), and what the reader must know about it."""

    period: Period | None
    notes: tuple[str, ...] = ()
    is_known: bool = True
    """False where the ledger has no data of any month of the period: what is asked of it is not known."""


def split_dimensions(by: str | Sequence[str] | None) -> tuple[str, ...]:
    """`a,b`, or a sequence of names, as names; UsageError when one is empty or named twice."""
    if by is None:
        return ()
    given = by.split(",") if isinstance(by, str) else by
    names = tuple(name.strip() for name in given)
    if not all(names):
        raise UsageError(f"--by {by!r} has an empty dimension", hint="--by workflow,model")
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise UsageError(f"--by names {twice[0]!r} twice")
    return names


def ledger_location(ledger: str | None, config: Config | None = None) -> str:
    """Where the ledger is: the flag, else the environment or finops.toml, else the platform's data folder."""
    if ledger is not None:
        return ledger
    from finops.config import default_ledger, load_config

    chosen = (config or load_config()).ledger
    return chosen if chosen is not None else default_ledger()


def open_ledger(
    ledger: str | None = None, *, config: Config | None = None, create: bool = False
) -> Ledger:
    """The ledger the options ask for; LedgerMissing says how to get one when there is none there."""
    from finops.ledger.store import Ledger

    location = ledger_location(ledger, config)
    try:
        return Ledger.open(location, create=create)
    except LedgerMissing as error:
        raise LedgerMissing(error.message, hint=error.hint or _HOW_TO_START) from error


_HOW_TO_START = (
    "load something with `finops load`, try `finops demo`, or name another with --ledger"
)


def resolve_period(
    ledger: Ledger,
    *,
    month: str | None = None,
    since: str | None = None,
    until: str | None = None,
    last: str | None = None,
    everything: bool = False,
    today: date | None = None,
) -> PeriodChoice:
    """The period asked for; by default the newest complete month the ledger has.

    That is the newest billing month with costs (without any, the newest month with requests) that is
    over; when none is, the newest there is, and a note says so, as it does of a period asked for that the
    ledger has nothing of. LedgerMissing when the ledger is empty.
    """
    now = today or datetime.now(tz=UTC).date()
    asked = parse_period(month=month, since=since, until=until, last=last, today=now)
    if asked is not None:
        if everything:
            raise UsageError("--all and a period exclude each other")
        notes = _nothing_of(ledger, asked)
        return PeriodChoice(asked, notes, is_known=not notes)
    months = ledger_months(ledger)
    if not months:
        raise LedgerMissing(
            f"the ledger at {ledger.location} holds nothing yet", hint=_HOW_TO_START
        )
    return PeriodChoice(None) if everything else newest_complete(months, now)


def newest_complete(months: tuple[str, ...], today: date) -> PeriodChoice:
    """Of `months` (YYYY-MM, any order, not empty) the newest that is over, else the newest."""
    periods = sorted(parse_month(month) for month in months)
    over = [period for period in periods if period.end <= today]
    if over:
        return PeriodChoice(over[-1])
    newest = periods[-1]
    return PeriodChoice(
        newest, (f"{newest.label} is not over yet: its numbers will still change.",)
    )


def ledger_months(ledger: Ledger) -> tuple[str, ...]:
    """Months with costs, else months with requests; read from partition names, not from rows."""
    from finops.ledger.months import months_with

    return months_with(ledger, "costs") or months_with(ledger, "requests")


def _nothing_of(ledger: Ledger, period: Period) -> tuple[str, ...]:
    """A note where the ledger has no data of any month `period` touches."""
    from finops.ledger.months import months_with

    months: set[str] = set()
    for table in ("costs", "requests", "gpu_samples", "jobs"):
        months |= set(months_with(ledger, table))
        if not months.isdisjoint(period.months):
            return ()
    if not months:
        return ()
    first, last = min(months), max(months)
    held = first if first == last else f"{first} to {last}"
    return (f"The ledger has nothing of {period.label}; it has {held}.",)
