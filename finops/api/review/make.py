"""The monthly review put together: every registered section that has something to say, and its sources."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from finops import __version__, plugins
from finops.analysis.closing import months_known, settings_document
from finops.api.review.facts import Facts
from finops.errors import UsageError
from finops.ledger.snapshots import closed_months
from finops.model.tables import LOADS, TABLES
from finops.prices.listed import SOURCE
from finops.report.document import Document, Fact, Omitted, Section

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from finops.api.review.contract import SectionKind
    from finops.config import Config
    from finops.ledger.store import Ledger
    from finops.model.period import Period

__all__ = ["SCHEMA", "make_review", "section_kinds"]

SCHEMA = "finops.review/1"


def section_kinds() -> tuple[SectionKind, ...]:
    """Every registered section in reading order."""
    kinds: list[SectionKind] = [
        plugins.load(plugins.REVIEW, name) for name in plugins.names(plugins.REVIEW)
    ]
    return tuple(sorted(kinds, key=lambda kind: (kind.place, kind.name)))


def make_review(
    ledger: Ledger, config: Config, month: Period, *, currency: str | None = None
) -> Document:
    """The review of `month` as the ledger is; UsageError where the ledger has nothing of it."""
    known = months_known(ledger, closed_months(ledger.location))
    if month.label not in known:
        said = f"the ledger has {known[0]} to {known[-1]}" if known else "the ledger is empty"
        raise UsageError(f"there is nothing of {month.label} to review", hint=said)
    facts = Facts(ledger, config, month, _known_on(ledger, month), currency)
    found = [kind.build(facts) for kind in section_kinds()]
    return Document(
        schema=SCHEMA,
        title="Monthly review",
        sections=tuple(each for each in found if isinstance(each, Section)),
        period=month,
        currency=facts.currency,
        facts=tuple(_facts(facts)),
        omitted=tuple(each for each in found if isinstance(each, Omitted)),
    )


def _known_on(ledger: Ledger, month: Period) -> date:
    """The day of the newest load: what is known does not depend on when somebody asks."""
    from finops.ledger.engine import query

    with ledger.connect([LOADS.name]) as con:
        ((newest,),) = query(con, "select max(loaded_at)::timestamp::date from loads")
    found: date = newest or month.end
    return found


def _facts(facts: Facts) -> Iterator[Fact]:
    """What has to be the same for the same review to come out."""
    part = facts.books
    yield Fact("finops", "finops", __version__)
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
        yield Fact("price_book", "Price book", SOURCE)
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
