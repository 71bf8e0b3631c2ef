"""Vendors as reports: side by side, their contradicted claims, and what came back in a questionnaire."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from finops.report.model import Report, ReportColumn, Style
from finops.report.numbers import shown
from scorecard.cards import SOVEREIGNTY, mark
from scorecard.questionnaire.values import value_text
from scorecard.scoring import Status, as_points

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from fractions import Fraction

    from finops.model.problem import Problem
    from finops.report.model import Cell, Row
    from scorecard.cards import Card, Ranked, Turn
    from scorecard.catalog import Catalog
    from scorecard.held import Held
    from scorecard.questionnaire.filled import Filled
    from scorecard.questionnaire.items import Item
    from scorecard.questionnaire.returned import Returned
    from scorecard.scoring import CategoryScore
    from scorecard.telemetry import Measurement

__all__ = [
    "compare_report",
    "contradictions_report",
    "filled_report",
    "held_notes",
    "measurement_rows",
    "returned_report",
    "rows_report",
]


_LEGEND = (
    "A level from 0 to 2, verified, and how it is known: M measured, A attested by a document, "
    "C only claimed, ? nothing known; in brackets what is claimed, where that is more."
)


def compare_report(
    catalog: Catalog,
    ranked: Sequence[Ranked],
    weights: Mapping[str, Fraction],
    turning: Sequence[Turn],
    *,
    per_hour: Mapping[str, tuple[Decimal | None, str]] | None = None,
    notes: Sequence[str] = (),
) -> Report:
    """Vendors as columns, the first one first: a level and its mark for each category, then what decides.

    `per_hour` is the cost of a usable GPU-hour by vendor with its currency, of those that have a quote.
    """
    names = [one.card.name for one in ranked]
    rows = [
        *(_category_row(catalog, category.id, ranked, weights) for category in catalog.categories),
        *_deciding_rows(ranked, per_hour or {}),
    ]
    return Report(
        schema="finops.vendor.compare/1",
        title="Vendors side by side",
        columns=(
            ReportColumn("item", "Category"),
            ReportColumn("weight", "Weight", optional=True),
            *(ReportColumn(name, name) for name in names),
            ReportColumn("spread", "Spread", optional=True),
        ),
        rows=tuple(rows),
        notes=(
            _LEGEND,
            *_winner_notes(ranked, turning),
            *(f"{one.card.name}: {note}" for one in ranked for note in held_notes(one.card)),
            *notes,
        ),
        extras={
            "as_of": ranked[0].card.score.as_of if ranked else None,
            "catalog": {"id": f"{catalog.id}/{catalog.version}", "sha256": catalog.sha256},
            "weights": {name: _number(weight) for name, weight in weights.items()},
            "vendors": [_vendor(one, per_hour or {}) for one in ranked],
            "turning_points": [_turn(turn) for turn in turning],
        },
    )


def _category_row(
    catalog: Catalog, name: str, ranked: Sequence[Ranked], weights: Mapping[str, Fraction]
) -> Row:
    found = [one.card.score.category(name) for one in ranked]
    levels = [one.verified for one in found if one.verified is not None]
    title = next(one.title for one in catalog.categories if one.id == name)
    cells: dict[str, Cell] = {
        one.card.name: _level(category) for one, category in zip(ranked, found, strict=True)
    }
    return {
        "item": title,
        "weight": shown(_number(weights[name]), Style.NUMBER),
        **cells,
        "spread": str(max(levels) - min(levels)) if levels else "",
    }


def _level(category: CategoryScore) -> str:
    known = mark(category)
    if category.verified is None:
        return known
    says = f" ({category.claimed})" if (category.claimed or 0) > category.verified else ""
    return f"{category.verified} {known}{says}"


def _deciding_rows(
    ranked: Sequence[Ranked], per_hour: Mapping[str, tuple[Decimal | None, str]]
) -> Iterator[Row]:
    best = max((one.worth for one in ranked), default=None)

    def line(item: str, cells: Sequence[str]) -> Row:
        by_name = dict(zip((one.card.name for one in ranked), cells, strict=True))
        return {"item": item, "weight": "", **by_name, "spread": ""}

    yield line("Verified", [_points(one.card, "verified") for one in ranked])
    yield line("Claimed", [_points(one.card, "claimed") for one in ranked])
    yield line("Known", [_percent(one.card.score.coverage) for one in ranked])
    yield line("Claims contradicted", [str(len(one.card.contradictions)) for one in ranked])
    yield line("Sovereign", [_sovereign(one.card) for one in ranked])
    if per_hour:
        currencies = {currency for amount, currency in per_hour.values() if amount is not None}
        one_for_all = currencies.pop() if len(currencies) == 1 else None
        yield line(
            "Per usable GPU-hour" + (f", {one_for_all}" if one_for_all else ""),
            [_hour(per_hour.get(one.card.name), named=one_for_all is None) for one in ranked],
        )
    yield line("Weighted", [_percent(one.worth) for one in ranked])
    yield line("Behind the best", [_percent((best or one.worth) - one.worth) for one in ranked])
    yield line("Place", [f"{one.place}{' veto' if one.vetoed else ''}" for one in ranked])


def _points(card: Card, which: str) -> str:
    points = card.score.verified if which == "verified" else card.score.claimed
    return f"{as_points(points)}/{card.score.max}"


def _percent(share: Fraction) -> str:
    return shown(_number(share), Style.RATIO)


def _hour(found: tuple[Decimal | None, str] | None, *, named: bool) -> str:
    if found is None or found[0] is None:
        return "n/a"
    amount = shown(found[0], Style.UNIT_MONEY)
    return f"{found[1]} {amount}" if named else amount


def _sovereign(card: Card) -> str:
    asked = [one for one in card.score.requirements if one.group == SOVEREIGNTY]
    if card.vetoes:
        return f"no {','.join(card.vetoes)}"
    if asked and all(one.status in {Status.PASS, Status.NOT_APPLICABLE} for one in asked):
        return "yes"
    unknown = [one.id for one in asked if one.status not in {Status.PASS, Status.NOT_APPLICABLE}]
    return f"? {','.join(unknown)}" if unknown else "not asked"


def _number(value: Fraction) -> Decimal:
    exact = Decimal(value.numerator) / Decimal(value.denominator)
    return exact.quantize(Decimal("0.000001")).normalize() + 0


def _winner_notes(ranked: Sequence[Ranked], turning: Sequence[Turn]) -> Iterator[str]:
    firsts = [one.card.name for one in ranked if one.place == 1]
    if len(firsts) > 1:
        yield f"{' and '.join(firsts)} are level."
    for one in ranked:
        if one.vetoed:
            yield (
                f"{one.card.name} fails {', '.join(one.card.vetoes)}: a veto whatever its points "
                "(--ignore-sovereignty lifts it)."
            )
    if len(ranked) > 1 and not turning:
        yield "No single weight, from 0 to ten times the largest, would change who comes first."
    for turn in turning:
        side = "below" if turn.at < turn.now else "above"
        yield (
            f"{turn.first} would come first with the weight of {turn.category} {side} "
            f"{shown(_number(turn.at), Style.NUMBER)} (now {shown(_number(turn.now), Style.NUMBER)})."
        )


def held_notes(card: Card) -> list[str]:
    """A sentence for each contradicted claim, with the command that lists the rows behind it."""
    return [
        f"{one.sentence}. Rows: finops vendor score {card.name} --rows {one.field}"
        for one in card.contradictions
    ]


def _vendor(one: Ranked, per_hour: Mapping[str, tuple[Decimal | None, str]]) -> dict[str, object]:
    card = one.card
    hour = per_hour.get(card.name)
    return {
        "name": card.name,
        "place": one.place,
        "weighted": _number(one.worth),
        "vetoed": one.vetoed,
        "vetoes": list(card.vetoes),
        "claimed": as_points(card.score.claimed),
        "verified": as_points(card.score.verified),
        "max": card.score.max,
        "coverage": _number(card.score.coverage),
        "risk": card.score.risk,
        "cost_per_usable_hour": hour[0] if hour else None,
        "currency": hour[1] if hour else None,
        "categories": [
            {
                "id": category.id,
                "claimed": category.claimed,
                "verified": category.verified,
                "mark": mark(category),
                "why": category.why,
            }
            for category in card.score.categories
        ],
        "requirements": [
            {"id": each.id, "status": str(each.status), "statement": each.statement}
            for each in card.score.requirements
        ],
        "contradictions": [_held(held) for held in card.contradictions],
        "measured": measurement_rows(card.measured),
    }


def _turn(turn: Turn) -> dict[str, object]:
    return {
        "category": turn.category,
        "now": _number(turn.now),
        "at": _number(turn.at),
        "first": turn.first,
    }


def measurement_rows(measured: Mapping[str, Measurement]) -> list[dict[str, object]]:
    """Everything measured of a vendor, for programs; what was not has its reason."""
    return [one._asdict() for one in measured.values()]


def _held(one: Held) -> dict[str, object]:
    return {
        "field": one.field,
        "check": one.check,
        "ask": one.ask,
        "claimed": one.claimed,
        "measured": one.measured,
        "unit": one.unit or None,
        "holds": one.holds,
        "worse_by": one.off,
        "counted": one.counted,
        "until": one.measurement.day,
        "query": one.measurement.query,
        "rows": one.rows,
    }


def contradictions_report(cards: Sequence[Card], *, notes: Sequence[str] = ()) -> Report:
    """Every claim that could be held against a measurement, contradicted ones first."""
    rows = [
        _claim_row(card.name, one)
        for card in cards
        for one in sorted(card.held, key=lambda held: held.holds)
    ]
    missing = [f"{card.name}: {told}." for card in cards for told in card.unheld]
    silent = [
        f"{card.name}: nothing measured; telemetry.yaml in its folder says how the ledger knows it."
        for card in cards
        if not card.measured
    ]
    return Report(
        schema="finops.vendor.claims/1",
        title="What vendors say, and what was measured",
        columns=(
            ReportColumn("vendor", "Vendor"),
            ReportColumn("field", "Field", shown=False),
            ReportColumn("ask", "Claim"),
            ReportColumn("claimed", "Says"),
            ReportColumn("measured", "Measured"),
            ReportColumn("unit", "Unit", optional=True),
            ReportColumn("worse_by", "Worse by", Style.RATIO),
            ReportColumn("verdict", "Verdict"),
            ReportColumn("counted", "Rows", Style.COUNT, optional=True),
            ReportColumn("query", "Query", shown=False),
            ReportColumn("rows", "Rows behind", shown=False),
        ),
        rows=tuple(rows),
        notes=(
            *(f"{card.name}: {note}" for card in cards for note in held_notes(card)),
            *silent,
            *missing,
            *notes,
        ),
    )


def _claim_row(vendor: str, one: Held) -> Row:
    return {
        "vendor": vendor,
        "field": one.field,
        "ask": one.ask,
        "claimed": one.claimed,
        "measured": one.measured,
        "unit": one.unit or None,
        "worse_by": one.off,
        "verdict": "holds" if one.holds else "contradicted",
        "counted": one.counted,
        "query": one.measurement.query,
        "rows": one.rows,
    }


def rows_report(
    card: Card, held: Held, names: Sequence[str], rows: Sequence[Sequence[object]]
) -> Report:
    """The rows of the ledger that show that a claim does not hold, as they are."""
    return Report(
        schema="finops.vendor.rows/1",
        title=f"Rows behind {card.name}, {held.ask.rstrip('?')}",
        columns=tuple(
            ReportColumn(name, name, _style(name, rows, at)) for at, name in enumerate(names)
        ),
        rows=tuple(
            {name: _cell(value) for name, value in zip(names, row, strict=True)} for row in rows
        ),
        notes=(f"{held.sentence}.",),
        extras={"field": held.field, "query": held.rows},
    )


def _style(name: str, rows: Sequence[Sequence[object]], at: int) -> Style:
    if name == "EffectiveCost":
        return Style.MONEY
    known = [row[at] for row in rows if row[at] is not None]
    numeric = all(isinstance(value, int | float | Decimal) for value in known)
    return Style.NUMBER if known and numeric else Style.TEXT


def _cell(value: object) -> Cell:
    if value is None or isinstance(value, bool | int | float | Decimal | str):
        return value
    return value.isoformat() if isinstance(value, date) else str(value)


def returned_report(found: Returned, items: Sequence[Item], *, kept: str | None) -> Report:
    """What a questionnaire brought: every cell that is not as it should be, errors first."""
    rows = [
        *(_problem("error", problem) for problem in found.errors),
        *(_problem("remark", problem) for problem in found.remarks),
    ]
    answered = sum(1 for one in found.filled.given.values() if one.value is not None)
    where = f"Kept in {kept}." if kept else "Nothing was kept: mend the cells, or --keep-good."
    return Report(
        schema="finops.vendor.import/1",
        title=f"Answers of {found.filled.subject.name}",
        columns=(
            ReportColumn("kind", "Kind"),
            ReportColumn("cell", "Cell"),
            ReportColumn("value", "Value"),
            ReportColumn("why", "Why"),
        ),
        rows=tuple(rows),
        notes=(
            f"{answered} of {len(items)} fields answered; {len(found.errors)} not taken. {where}",
        ),
        extras={
            "subject": str(found.filled.subject),
            "answered": answered,
            "asked": len(items),
            "kept": kept,
            "cells": dict(found.cells),
        },
    )


def _problem(kind: str, problem: Problem) -> Row:
    return {"kind": kind, "cell": problem.column, "value": problem.value, "why": problem.why}


def filled_report(items: Sequence[Item], filled: Filled | None, subject: str) -> Report:
    """The questionnaire, blank or filled, a row for each field."""
    given = {} if filled is None else filled.given
    rows: list[Row] = []
    for item in items:
        one = given.get(item.id)
        answer = None if one is None or one.value is None else value_text(one.value)
        rows.append(
            {
                "field": item.id,
                "topic": item.section,
                "question": item.ask,
                "answer": "n/a" if one is not None and not one.applies else answer,
                "unit": item.unit or None,
                "evidence": "\n".join(one.documents) or None if one else None,
                "note": one.note or None if one else None,
            }
        )
    return Report(
        schema="finops.vendor.questionnaire/1",
        title=f"Questionnaire: {subject}",
        columns=(
            ReportColumn("topic", "Topic"),
            ReportColumn("field", "Field"),
            ReportColumn("question", "Question"),
            ReportColumn("answer", "Answer"),
            ReportColumn("unit", "Unit"),
            ReportColumn("evidence", "Evidence"),
            ReportColumn("note", "Note"),
        ),
        rows=tuple(rows),
        extras={
            "subject": subject,
            "catalog": filled.catalog if filled else None,
            "catalog_sha256": filled.catalog_sha256 if filled else None,
            "answered_by": filled.answered_by if filled else None,
            "on": filled.on if filled else None,
        },
    )
