"""The monthly review put together: every registered section that has something to say, and its sources."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

from finops import __version__, plugins
from finops.analysis.books import books, price_book
from finops.analysis.closing import months_known
from finops.analysis.in_force import prices_as_of, settings_as_of, settings_document
from finops.api.review.facts import Facts
from finops.api.review.inputs import input_facts
from finops.errors import LedgerError, UsageError
from finops.ledger import past
from finops.ledger.open_months import OpenLedger
from finops.ledger.snapshots import closed_months
from finops.ledger.store import Ledger, one_version
from finops.model.tables import LOADS, TABLES
from finops.prices.listed import SOURCE
from finops.report.document import Document, Fact, Omitted, Section, Table

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from finops.analysis.in_force import InForce
    from finops.api.review.contract import SectionKind
    from finops.config import Config
    from finops.model.period import Period
    from finops.prices.recorded import Recorded

__all__ = ["SCHEMA", "answers_for", "booked_elsewhere", "make_review", "section_kinds"]

SCHEMA = "finops.review/1"


def section_kinds() -> tuple[SectionKind, ...]:
    """Every registered section in reading order."""
    kinds: list[SectionKind] = [
        plugins.load(plugins.REVIEW, name) for name in plugins.names(plugins.REVIEW)
    ]
    return tuple(sorted(kinds, key=lambda kind: (kind.place, kind.name)))


def make_review(
    ledger: Ledger,
    config: Config,
    month: Period,
    *,
    currency: str | None = None,
    as_of: date | None = None,
) -> Document:
    """The review of `month` as the ledger is; UsageError where the ledger has nothing of it.

    `as_of` is the day `ledger` is looked at, where that is an earlier one: settings, owners and prices are then
    those in force on it, where they were kept.
    """
    ledger = _as_closed(ledger, month)
    in_force = None if ledger.location.at is None else settings_as_of(ledger.location, config)
    config = config if in_force is None else in_force.config
    known = months_known(ledger, closed_months(ledger.location))
    if month.label not in known:
        when = "" if as_of is None else f" as of {as_of}"
        said = f"the ledger has {known[0]} to {known[-1]}{when}" if known else "the ledger is empty"
        raise UsageError(f"there is nothing of {month.label}{when} to review", hint=said)
    asked = None if currency is None else currency.upper()
    facts = Facts(ledger, config, month, as_of or _known_on(ledger, month), asked)
    with one_version():
        found = [kind.build(facts) for kind in section_kinds()]
    return Document(
        schema=SCHEMA,
        title="Monthly review" if as_of is None else f"Monthly review as of {as_of}",
        sections=tuple(each for each in found if isinstance(each, Section)),
        period=month,
        currency=facts.currency,
        facts=tuple(_facts(facts, as_of, in_force)),
        omitted=tuple(each for each in found if isinstance(each, Omitted)),
    )


def answers_for(
    ledger: Ledger, config: Config, month: Period, as_of: date | None = None
) -> tuple[Config, Recorded | None]:
    """Settings and prices that answer for the review of `month`; None for today's prices."""
    looked_at = ledger if as_of is None else Ledger(past.as_of(ledger.location, as_of))
    looked_at = _as_closed(looked_at, month)
    if looked_at.location.at is not None:
        config = settings_as_of(looked_at.location, config).config
    (part,) = books(looked_at, config, month)
    return part.config, price_book(part.ledger, part.config).recorded


def _as_closed(ledger: Ledger, month: Period) -> Ledger:
    """`ledger` as it was when `month` was closed, so that other months stand still, too; else as it is.

    Where that was vacuumed away, months that are open still move.
    """
    if isinstance(ledger, OpenLedger):
        return ledger
    closes = [each for each in closed_months(ledger.location) if each.month == month.label]
    if not closes:
        return ledger
    found = Ledger(past.as_closed(ledger.location, closes[-1].manifest))
    try:
        for table in TABLES:
            found.files(table)
    except LedgerError:
        return ledger
    return found


def _known_on(ledger: Ledger, month: Period) -> date:
    """The day of the newest load: what is known does not depend on when somebody asks."""
    from finops.ledger.engine import query

    with ledger.connect([LOADS.name]) as con:
        ((newest,),) = query(con, "select max(loaded_at)::timestamp::date from loads")
    found: date = newest or month.end
    return found


def booked_elsewhere(ledger: Ledger, config: Config, month: Period) -> tuple[Table, ...]:
    """What changed in `month` after its close, by the month that carries it; nothing while it is open."""
    from finops.analysis.adjustments import adjustments
    from finops.report.close import adjustments_report

    closes = closed_months(ledger.location)
    if all(closed.month != month.label for closed in closes):
        return ()
    mine = [each for each in adjustments(ledger, config, closes) if each.month == month.label]
    report = replace(adjustments_report(mine), title="Booked in later months")
    command = f"finops close {month.label} --check --show adjustments"
    return (Table("adjustments", report, command=command),)


def _facts(facts: Facts, as_of: date | None, in_force: InForce | None) -> Iterator[Fact]:
    """What has to be the same for the same review to come out."""
    part = facts.books
    yield Fact("finops", "finops", __version__)
    if as_of is not None:
        yield Fact("as_of", "As known at the end of", as_of.isoformat())
    if part.closed is not None:
        manifest = part.closed.manifest
        yield Fact("state", "State of the month", "closed")
        yield Fact(
            "close", "Books", f"close {part.closed.name}, sha256:{part.closed.manifest_sha256}"
        )
        yield Fact("closed_at", "Closed at", str(manifest["closed_at"]))
        yield Fact("price_book", "Price book", str(manifest["price_book"]))
        yield Fact("config_sha256", "Settings", f"sha256:{manifest['config_sha256']}")
        versions = manifest["ledger_versions"]
    else:
        yield Fact("state", "State of the month", "open: its numbers can still change")
        prices = prices_as_of(facts.ledger.location)
        yield Fact("price_book", "Price book", SOURCE if prices is None else prices.source)
        yield Fact(
            "config_sha256",
            "Settings",
            f"sha256:{hashlib.sha256(settings_document(facts.config)).hexdigest()}",
        )
        versions = {name: facts.ledger.version(name) for name in TABLES}
    told = ", ".join(
        f"{name} {version}" for name, version in versions.items() if version is not None
    )
    yield Fact("ledger_versions", "Ledger versions", told)
    yield from input_facts(facts, as_of, in_force)
