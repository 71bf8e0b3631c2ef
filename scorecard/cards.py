"""Vendors' cards, scored on one day from what they say and what was measured, and which of them comes first.

A card's worth is the weighted share of the verified points of the categories that apply to it. A sovereignty
requirement a vendor fails is a veto, whatever its points, unless sovereignty is not asked for.
"""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from scorecard.answers import Answers, evidence_of
from scorecard.evidence import EvidenceType
from scorecard.held import hold
from scorecard.questions import fields
from scorecard.scoring import Status, score

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from finops.model.period import Period
    from scorecard.catalog import Catalog
    from scorecard.evidence import Evidence
    from scorecard.held import Held
    from scorecard.scoring import CategoryScore, Score
    from scorecard.telemetry import Filters, Measurement

__all__ = ["Card", "Ranked", "Said", "Turn", "make_cards", "mark", "rank", "turning_weights"]

SOVEREIGNTY = "sovereignty"


class Said(NamedTuple):
    """A vendor's answers, and how the ledger knows it with what it measured; nothing where it does not."""

    name: str
    answers: Answers
    filters: Filters | None = None
    measured: Mapping[str, Measurement] = {}


class Card(NamedTuple):
    """A vendor's score, and its claims beside measurements."""

    name: str
    score: Score
    held: tuple[Held, ...]
    measured: Mapping[str, Measurement]
    unheld: tuple[str, ...] = ()
    """Claims nothing was held against, and why, in words."""

    @property
    def contradictions(self) -> tuple[Held, ...]:
        """Claims that measurements do not bear out."""
        return tuple(one for one in self.held if not one.holds)

    @property
    def vetoes(self) -> tuple[str, ...]:
        """Sovereignty requirements the vendor fails."""
        return tuple(
            one.id
            for one in self.score.requirements
            if one.group == SOVEREIGNTY and one.status is Status.FAIL
        )


class Ranked(NamedTuple):
    """A card with its worth, 0 to 1, and its place; cards of equal worth share one."""

    card: Card
    worth: Fraction
    place: int
    vetoed: bool


class Turn(NamedTuple):
    """The weight of one category from which another vendor comes first, all other weights as they are."""

    category: str
    now: Fraction
    at: Fraction
    first: str


def make_cards(
    catalog: Catalog, vendors: Sequence[Said], *, period: Period | None, as_of: date | None = None
) -> tuple[Card, ...]:
    """A card for each vendor, all scored on one day: `as_of`, else the day after the newest thing known."""
    found: list[tuple[Said, tuple[Held, ...], tuple[Evidence, ...]]] = []
    for vendor in vendors:
        held: tuple[Held, ...] = ()
        evidence: tuple[Evidence, ...] = ()
        if vendor.filters is not None:
            held, evidence = hold(catalog, vendor.answers, vendor.measured, vendor.filters, period)
        found.append((vendor, held, evidence))
    pieces = [
        piece
        for vendor, _, evidence in found
        for piece in (*evidence_of(vendor.answers), *evidence)
    ]
    days = [piece.collected for piece in pieces if piece.collected is not None]
    moment = as_of or (max(days) + timedelta(days=1) if days else date(1970, 1, 2))
    return tuple(
        Card(
            vendor.name,
            score(catalog, vendor.answers, evidence, as_of=moment),
            held,
            vendor.measured,
            tuple(_unheld(catalog, vendor)),
        )
        for vendor, held, evidence in found
    )


def _unheld(catalog: Catalog, vendor: Said) -> Iterator[str]:
    for field in fields(catalog):
        found = vendor.measured.get(field.metric or "")
        if found is None or field.id not in vendor.answers.responses:
            continue
        if found.value is None:
            hint = f" ({found.command})" if found.command else ""
            yield f"{field.ask.rstrip('?')}: not measured, {found.reason}{hint}"
        elif found.currency is not None and found.currency != field.unit:
            yield f"{field.ask}: asked in {field.unit}, billed in {found.currency}"


_MARKS = {
    EvidenceType.MEASURED: "M",
    EvidenceType.ATTESTED: "A",
    EvidenceType.CLAIMED: "C",
}


def mark(category: CategoryScore) -> str:
    """How what is shown of a category is known: M, A or C by its best evidence, n/a, or ? for nothing."""
    if not category.applies:
        return "n/a"
    types = [
        check.decided_by.type if check.decided_by is not None else EvidenceType.CLAIMED
        for check in category.checks
        if check.decided_by is not None or check.claimed is not None
    ]
    best = next((kind for kind in EvidenceType if kind in types), None)
    return "?" if best is None else _MARKS[best]


def rank(
    cards: Sequence[Card], weights: Mapping[str, Fraction], *, sovereign: bool = True
) -> tuple[Ranked, ...]:
    """`cards`, the worthiest first, vetoed ones last; names decide the order of equals, not their place."""
    judged = [(sovereign and bool(card.vetoes), -_worth(card, weights), card) for card in cards]
    judged.sort(key=lambda one: (one[0], one[1], one[2].name))
    ranked: list[Ranked] = []
    for at, (vetoed, negative, card) in enumerate(judged):
        equal = at > 0 and judged[at - 1][:2] == (vetoed, negative)
        place = ranked[-1].place if equal else at + 1
        ranked.append(Ranked(card, -negative, place, vetoed))
    return tuple(ranked)


def _worth(card: Card, weights: Mapping[str, Fraction]) -> Fraction:
    counted = [one for one in card.score.categories if one.verified is not None]
    whole = sum((2 * weights[one.id] for one in counted), Fraction(0))
    got = sum((weights[one.id] * (one.verified or 0) for one in counted), Fraction(0))
    return got / whole if whole else Fraction(0)


_STEPS = 40
_MOST = 10
"""A weight is looked for up to so many times the largest."""


def turning_weights(
    cards: Sequence[Card], weights: Mapping[str, Fraction], *, sovereign: bool = True
) -> tuple[Turn, ...]:
    """For each category the nearest weight below and above its own at which the first is no longer among the first.

    Found by halving between the weight and zero, or ten times the largest weight.
    """
    firsts = _first(cards, weights, sovereign=sovereign)
    if len(cards) <= len(firsts):
        return ()
    most = _MOST * max(weights.values())
    found = []
    for category, now in weights.items():

        def other(weight: Fraction, category: str = category) -> str | None:
            new = _first(cards, {**weights, category: weight}, sovereign=sovereign)
            return None if firsts & new else min(new)

        for far in (Fraction(0), most):
            at = _crossing(other, now, far)
            if at is not None:
                found.append(Turn(category, now, at, other(at) or ""))
    return tuple(sorted(found, key=lambda turn: (abs(turn.at - turn.now), turn.category)))


def _first(
    cards: Sequence[Card], weights: Mapping[str, Fraction], *, sovereign: bool
) -> frozenset[str]:
    ranked = rank(cards, weights, sovereign=sovereign)
    return frozenset(one.card.name for one in ranked if one.place == 1)


def _crossing(
    changed: Callable[[Fraction], str | None], now: Fraction, far: Fraction
) -> Fraction | None:
    if now == far or changed(far) is None:
        return None
    kept, other = now, far
    for _ in range(_STEPS):
        middle = (kept + other) / 2
        if changed(middle) is None:
            kept = middle
        else:
            other = middle
    return other
