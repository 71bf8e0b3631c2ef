"""What a vendor says, held against what we measured of it: evidence where they agree, contradictions where not.

A measurement that is worse than the claim by more than its tolerance makes the field's check false, whatever is
said. One that bears the claim out makes it true only if the vendor's other answers to the same check do too: a
good latency does not stand for a promise nobody made.
"""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from finops.model.money import add, divide, multiply, subtract
from scorecard.answers import Says
from scorecard.evidence import Evidence, EvidenceType, Outcome, digest
from scorecard.questions import fields
from scorecard.telemetry import METRICS, rows_behind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from finops.model.period import Period
    from scorecard.answers import Answers
    from scorecard.catalog import Catalog, QuestionField
    from scorecard.telemetry import Filters, Measurement

__all__ = ["Held", "hold"]

ONE = Decimal(1)


class Held(NamedTuple):
    """One claim beside its measurement.

    `off` is by what share of the claim the measurement is worse (0: not worse; None: not a number).
    `rows` lists the rows behind, as SQL.
    """

    field: str
    ask: str
    check: str | None
    claimed: str
    measured: str
    unit: str
    holds: bool
    off: Decimal | None
    counted: int
    measurement: Measurement
    rows: str

    @property
    def sentence(self) -> str:
        """`Promised p95: says 2000 ms, measured 2501 ms over 6,104 rows, 25.1 % worse`."""
        unit = f" {self.unit}" if self.unit else ""
        worse = "" if not self.off else f", {multiply(self.off, 100):.1f} % worse"
        return (
            f"{self.ask.rstrip('?')}: says {self.claimed}{unit}, measured {self.measured}{unit} over "
            f"{self.counted:,} rows{worse}"
        )


def hold(
    catalog: Catalog,
    answers: Answers,
    measured: Mapping[str, Measurement],
    filters: Filters,
    period: Period | None,
) -> tuple[tuple[Held, ...], tuple[Evidence, ...]]:
    """Every claim that can be held against a measurement, and what that says about checks."""
    held = tuple(_all_held(catalog, answers, measured, filters, period))
    return held, tuple(_evidence(catalog, answers, held))


def _all_held(
    catalog: Catalog,
    answers: Answers,
    measured: Mapping[str, Measurement],
    filters: Filters,
    period: Period | None,
) -> Iterator[Held]:
    for field in fields(catalog):
        claim = answers.responses.get(field.id)
        found = measured.get(field.metric or "")
        if field.metric is None or claim is None or found is None or found.value is None:
            continue
        if found.currency is not None and found.currency != field.unit:
            continue
        if isinstance(claim, str):
            yield _listed(field, claim, found, filters, period)
        elif isinstance(claim, bool):
            if claim:
                yield _number(field, Decimal(100), found, filters, period)
        elif isinstance(claim, Decimal):
            yield _number(field, claim, found, filters, period)


def _number(
    field: QuestionField,
    claim: Decimal,
    found: Measurement,
    filters: Filters,
    period: Period | None,
) -> Held:
    metric, value = METRICS[found.metric], found.value or Decimal(0)
    gap = subtract(claim, value) if metric.worse == "below" else subtract(value, claim)
    off = divide(max(gap, Decimal(0)), claim) if claim else None
    allowed = multiply(claim, add(ONE, Decimal(metric.tolerance)))
    if metric.worse == "below":
        allowed = multiply(claim, subtract(ONE, Decimal(metric.tolerance)))
    holds = value >= allowed if metric.worse == "below" else value <= allowed
    return Held(
        field.id,
        field.ask,
        field.check,
        f"{claim:f}",
        _rounded(value),
        field.unit or ("%" if found.unit == "%" else ""),
        holds,
        off,
        found.rows,
        found,
        rows_behind(found.metric, filters, period, claim),
    )


def _listed(
    field: QuestionField,
    claim: str,
    found: Measurement,
    filters: Filters,
    period: Period | None,
) -> Held:
    """Regions: every one measured must be named in the answer."""
    named = claim.casefold()
    outside = [
        one
        for one in found.found
        if not re.search(rf"(?<![\w-]){re.escape(one.casefold())}(?![\w-])", named)
    ]
    return Held(
        field.id,
        field.ask,
        field.check,
        claim,
        ", ".join(found.found),
        "",
        not outside,
        None,
        found.rows,
        found,
        _outside(rows_behind(found.metric, filters, period, None), outside),
    )


def _outside(sql: str, regions: list[str]) -> str:
    if not regions:
        return sql
    listed = ", ".join("'" + region.replace("'", "''") + "'" for region in regions)
    return f"{sql} and region in ({listed})"


def _rounded(value: Decimal) -> str:
    """Four significant digits, as people read it."""
    places = max(3 - value.adjusted(), 0) if value else 0
    return f"{value.quantize(Decimal(1).scaleb(-places)):f}"


def _evidence(catalog: Catalog, answers: Answers, held: tuple[Held, ...]) -> Iterator[Evidence]:
    for one in held:
        if one.check is None:
            continue
        said = answers.answer(one.check)
        if one.holds and (said is None or said.says is not Says.YES):
            continue
        category = catalog.category_of(one.check)
        age = category.max_age_days if category is not None else 90
        day = one.measurement.day
        yield Evidence(
            one.check,
            EvidenceType.MEASURED,
            Outcome.TRUE if one.holds else Outcome.FALSE,
            one.sentence,
            day,
            None if day is None else day + timedelta(days=age + 1),
            one.measurement.query,
            digest({"query": one.measurement.query, "value": one.measured, "claim": one.claimed}),
            value=one.measurement.value,
            unit=one.measurement.unit,
        )
