"""Section 9: projections worth a decision: what could be saved, ranked, each with its range and its evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finops.analysis.capacity.devices import sample_pool
from finops.analysis.capacity.pools import capacity_pools
from finops.analysis.grain import MODEL
from finops.analysis.pools import pool_rules
from finops.analysis.savings.answer import savings
from finops.api.review.contract import SectionKind
from finops.api.review.parts import narrow
from finops.ledger.engine import query
from finops.report.document import (
    Chart,
    ChartKind,
    Figure,
    Name,
    Number,
    Omitted,
    Section,
    Table,
    say,
)
from finops.report.savings import savings_report

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from finops.analysis.savings.answer import Savings
    from finops.api.review.facts import Facts
    from finops.report.document import Sentence

__all__ = ["SECTION"]

_MOST = 12
"""Savings in the table; the others are in the command it names."""

_TOLD = 3
"""Savings with a sentence each."""

_POOLS = """
select distinct {pool} as pool from gpu_samples
where day >= $start and day < $end and {pool} is not null order by 1
"""

_CONFIDENT = f"""
select distinct {MODEL} as model from requests
where day >= $start and day < $end and confidence is not null and {MODEL} is not null order by 1
"""

_COLUMNS = ("saving", "owner", "low", "high", "certainty", "effort", "counted", "how")


def _build(facts: Facts) -> Section | Omitted:
    found = savings(facts.ledger, facts.settings, facts.month, facts.currency)
    further = _further(facts)
    if not found.ranked:
        why = " ".join(("nothing to save was found in the month.", *further))
        return Omitted(SECTION.title, why)
    label = facts.month.label
    report = narrow(
        savings_report(found, limit=_MOST), _COLUMNS, title="What could be saved a month"
    )
    chart = Chart(ChartKind.BARS, "What could be saved a month, at most", "saving", ("high",))
    return Section(
        name="projections",
        title=SECTION.title,
        sentences=tuple(_sentences(found)),
        figures=(
            Figure("least", "At least", found.low, unit=found.currency),
            Figure("most", "At most", found.high, unit=found.currency),
        ),
        tables=(Table("savings", report, chart, f"finops savings --month {label}"),),
        notes=(*savings_report(found, limit=_MOST).notes, *further),
    )


SECTION = SectionKind(90, "projections", "Projections worth a decision", _build)
"""Cache, batch, model, commitment, idle and failures; no money counted twice into the sum."""


def _further(facts: Facts) -> tuple[str, ...]:
    """What decides on owning and on routing, which need a price or a choice nobody has written down."""
    label = facts.month.label
    days = {"start": facts.month.start, "end": facts.month.end}
    rules = pool_rules(facts.settings.pools, facts.settings.owned)
    pool = sample_pool(capacity_pools(rules, facts.settings.pools))
    with facts.books.ledger.connect(["gpu_samples", "requests"]) as con:
        pools = _names(query(con, _POOLS.format(pool=pool), days))
        models = _names(query(con, _CONFIDENT, days))
    own = f"finops breakeven --from-ledger pool=NAME --month {label} --capex PRICE --cloud-per-hour PRICE"
    small = f"finops route --small MODEL --large MODEL --month {label}"
    return (
        f"Own or rent: {own}; demand is measured of {pools}."
        if pools
        else "Own or rent: no demand of a GPU pool is measured; finops load gpu, then finops breakeven.",
        f"A small model first: {small}; confidences are logged of {models}."
        if models
        else "A small model first: no confidence is logged; load requests with one, then finops route.",
    )


def _names(rows: Sequence[tuple[str]]) -> str:
    return ", ".join(name for (name,) in rows)


def _sentences(found: Savings) -> Iterator[Sentence]:
    unit = found.currency
    yield say(
        "Together they would bring ", Number(found.low, unit=unit), " to ", Number(found.high, unit=unit),
        " a month, no money counted twice.",
    )  # fmt: skip
    for each in [one for one in found.ranked if one.counted][:_TOLD]:
        one = each.saving
        owner = () if one.owner is None else (" Owner: ", Name(one.owner), ".")
        amount: tuple[str | Number, ...] = (Number(one.high, unit=unit),)
        if one.low != one.high:
            amount = (Number(one.low, unit=unit), " to ", *amount)
        yield say(Name(one.key), ": ", *amount, f", {one.certainty}.", *owner)
