"""How a claim's distance from its measurement is made: what a vendor says, what the ledger measured, their quotient."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from finops.analysis.derived.arithmetic import Derived, count, derived, missing
from finops.analysis.derived.table import Row, Table
from scorecard.telemetry import METRICS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scorecard.cards import Card
    from scorecard.held import Held

__all__ = ["NUMBERS", "claims_table"]

_TOLD = {
    "worse_by": "how far the measurement is on the worse side of the claim / the claim",
    "counted": "rows of the ledger that were measured",
}

NUMBERS = tuple(_TOLD)
"""Numbers of a claim."""


def claims_table(cards: Iterable[Card]) -> Table:
    """A row for each claim that was held against a measurement, contradicted ones of a vendor first."""
    return Table(
        tuple(
            _row(card.name, one)
            for card in cards
            for one in sorted(card.held, key=lambda held: held.holds)
        )
    )


def _row(vendor: str, one: Held) -> Row:
    names = {"vendor": vendor, "ask": one.ask, "field": one.field}
    return Row(names, {"worse_by": lambda: _worse(vendor, one), "counted": lambda: _counted(one)})


def _worse(vendor: str, one: Held) -> Derived:
    measured, told = one.measurement.value, _TOLD["worse_by"]
    if one.off is None or measured is None:
        why = f"says {one.claimed}, measured {one.measured}: no numbers other than zero to divide"
        return missing("worse_by", told, why)
    claimed = Decimal(one.claimed)
    below = METRICS[one.measurement.metric].worse == "below"
    gap = "claimed - measured" if below else "measured - claimed"
    return derived(
        one.off,
        told,
        count("claimed", claimed, one.unit or None, f"answers.yaml of {vendor}: {one.field}"),
        count("measured", measured, one.unit or None, f'finops sql "{one.measurement.query}"'),
        count("worse_by", one.off, "of the claim", f"= max(0, {gap}) / claimed"),
    )


def _counted(one: Held) -> Derived:
    line = count("counted", one.counted, "rows", f'finops sql "{one.rows}"')
    return derived(one.counted, _TOLD["counted"], line)
