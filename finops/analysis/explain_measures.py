"""Where a count, a ratio, a percentile or a run's cost comes from.

Lines are the groups by provider and model the number is made of; where a number does not add over groups,
the lines say how it was found.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from finops.analysis.cells import BUCKET_BASE
from finops.analysis.derived.arithmetic import SUM, plain
from finops.analysis.derived.sheet import PARTS
from finops.analysis.explanation import Explanation, Line
from finops.analysis.numbers import RATIOS, REASONS, count_of, numbers_of
from finops.model.money import divide
from finops.model.tables import GENERATION_OPERATIONS, INPUT_TOKEN_COLUMNS, TOKEN_COLUMNS

if TYPE_CHECKING:
    from finops.analysis.economics import UnitEconomics
    from finops.analysis.explanation import Value
    from finops.analysis.measures import Group

__all__ = ["BY", "MEASURED", "explain_measure"]

BY = ("provider", "model")
"""What the lines are split by."""

_GENERATION = " and ".join(GENERATION_OPERATIONS)

_COUNTED = {
    "requests": f"calls ({_GENERATION}), by their final attempt",
    "attempts": f"attempts of calls ({_GENERATION}), retries included",
    "responses": "requests whose final attempt ended ok",
    "good_responses": "responses that met the first [[slo]] they fall under",
    "slo_missed": "responses that broke a limit of their [[slo]]",
    "slo_unknown": "responses that lack a time their [[slo]] needs",
    "embedding_calls": "embeddings, by their final attempt",
    "rerank_calls": "reranks, by their final attempt",
    "errors": "attempts that ended in error, timeout or blocked",
    "retries": "attempts that a later attempt of their call superseded",
    "reasoning_tokens": "the part of output spent on reasoning",
    "input_tokens": f"sum of {', '.join(INPUT_TOKEN_COLUMNS)}",
    "total_tokens": "input and output tokens",
    "unpriced_tokens": "tokens of models with no price on a bill, in the book or in finops.toml",
    **{name: f"{name} of every attempt, as logged" for name in TOKEN_COLUMNS},
}
"""What each count counts."""

_QUANTILES = {"p50": "0.50", "p95": "0.95", "p99": "0.99"}

_RUNS = ("runs", "successful_runs", "cost_per_run_p50", "cost_per_run_p95")
_TIMES = ("latency_ms", "ttft_ms")
_WORK = ("work", "work_units", "cost_per_work_unit")

MEASURED = frozenset({*_COUNTED, *RATIOS, *_RUNS, *_TIMES, *_WORK})
"""Numbers explained here; those with parts also by `name.part`."""


def explain_measure(answer: UnitEconomics, number: str) -> Explanation | None:
    """`number` of `answer`, which is by `BY`; None when it has no such part."""
    name, _, part = number.partition(".")
    if name not in MEASURED:
        return None
    value: Value = numbers_of(answer.total)[name] if name not in {"errors", "retries"} else None
    if name in {"errors", "retries"}:
        value = answer.total.counts[name]
    for key in part.split(".") if part else ():
        if not isinstance(value, dict) or key not in value:
            return None
        value = value[key]
    formula, lines = _told(answer, name, part)
    if value is None or not lines:
        lines = (*lines, _line(number, REASONS.get(name, "nothing of the kind in this period")))
    return Explanation(number, formula, value, answer.period, answer.currency, lines)


def _told(answer: UnitEconomics, name: str, part: str) -> tuple[str, tuple[Line, ...]]:
    if name in _COUNTED:
        return f"{name} = {_COUNTED[name]}", _counts(answer, name)
    if name in RATIOS:
        return f"{name} = {' / '.join(RATIOS[name])}", _ratio(answer, name)
    if name in _TIMES:
        return _times(answer.total, name, part)
    return _work(answer, name, part) if name in _WORK else _runs(answer.total, name)


def _line(step: str, source: str, **given: Decimal | str | None) -> Line:
    empty: dict[str, Decimal | str | None] = dict.fromkeys(("quantity", "unit", "rate", "amount"))
    return Line(step=step, source=source, **(empty | given))  # type: ignore[arg-type]


def _group_name(group: Group) -> str:
    return " ".join(str(key) for key in group.keys if key is not None) or "no provider or model"


def _counts(answer: UnitEconomics, name: str, begin: str = "") -> tuple[Line, ...]:
    """The count by provider and model, and in all; `begin` tells the parts of several counts from each other."""
    unit = name.removesuffix("_tokens") if name.endswith("_tokens") else name
    source = _COUNTED[name]
    found = [(count_of(group, name), group) for group in answer.groups]
    lines = [
        _line(f"{begin}{_group_name(group)}", source, quantity=Decimal(count), unit=unit)
        for count, group in sorted(found, key=lambda each: (-each[0], str(each[1].keys)))
        if count
    ]
    whole = Decimal(count_of(answer.total, name))
    told = f"{PARTS}{name}" if begin else SUM
    return (*lines, _line(name, told, quantity=whole, unit=unit))


def _ratio(answer: UnitEconomics, name: str) -> tuple[Line, ...]:
    """Both counts, and one of the other."""
    above, below = RATIOS[name]
    lines = (*_counts(answer, above, f"{above}: "), *_counts(answer, below, f"{below}: "))
    value = numbers_of(answer.total)[name]
    if value is None:
        return lines
    share = _line(name, f"= {above} / {below}", quantity=Decimal(str(value)), unit=f"of {below}")
    return (*lines, share)


def _times(group: Group, name: str, part: str) -> tuple[str, tuple[Line, ...]]:
    """The bucket each percentile fell into; a bucket stands for its middle."""
    lines = []
    for quantile, value in group.quantiles.get(name, {}).items():
        if part in {"", quantile}:
            low, high = value * (1 + BUCKET_BASE) / 2 / BUCKET_BASE, value * (1 + BUCKET_BASE) / 2
            told = (
                f"smallest time that {_QUANTILES[quantile]} of the responses do not exceed, "
                f"is between {low:.6g} ms and this: times are counted in steps of {BUCKET_BASE:g}"
            )
            end = f"{quantile}_end"
            lines.append(_line(end, told, quantity=Decimal(str(high)), unit="ms"))
            text = f"= 2 x {end} / (1 + {BUCKET_BASE:g})"
            step = f"{name}.{quantile}"
            lines.append(_line(step, text, quantity=Decimal(str(value)), unit="ms"))
    formula = f"{name} = nearest-rank percentile of responses' {name}, within 1 %"
    return formula, tuple(lines)


def _runs(group: Group, name: str) -> tuple[str, tuple[Line, ...]]:
    known = group.outcomes
    ended = _line(
        "runs",
        "distinct runs whose last call lies in the period, with none in the seven days after it",
        quantity=Decimal(known.ended),
        unit="runs",
    )
    if name == "runs":
        return "runs = runs that ended in the period", (ended,)
    if name == "successful_runs":
        told = "runs whose last logged outcome is among [requests] success"
        logged = _line(
            "with an outcome",
            "runs of them that logged one",
            quantity=Decimal(known.with_outcome),
            unit="runs",
        )
        good = _line("successful", told, quantity=Decimal(known.successful), unit="runs")
        return f"successful_runs = {told}", (ended, logged, good)
    share, costs = (50, "p50") if name.endswith("p50") else (95, "p95"), group.run_costs
    percent, quantile = share
    if costs is None:
        return f"{name} = nearest-rank percentile of what each run cost", (ended,)
    place = -(-percent * known.ended // 100)
    rank = _line(
        "place", f"= ceil({percent} x runs / 100)", quantity=Decimal(place), unit="by rising cost"
    )
    chosen = _line(
        name,
        f"cost of run {place:,} of {known.ended:,} by rising cost: finops unit --by run, "
        "then finops explain runs.cost RUN",
        amount=costs.p50 if quantile == "p50" else costs.p95,
    )
    return f"{name} = nearest-rank percentile of what each run cost", (ended, rank, chosen)


def _work(answer: UnitEconomics, name: str, part: str) -> tuple[str, tuple[Line, ...]]:
    """Units and cost of each kind of work, and one over the other; the line asked about last."""
    lines = []
    for kind, work in sorted(answer.total.measured_work.items()):
        if part and kind != part.partition(".")[0]:
            continue
        units = Decimal(work.millionths).scaleb(-6).normalize()
        told = f"attempts with work_unit_kind {kind}: their {{}}"
        cost = _line(f"{kind}: cost", told.format("cost"), amount=work.cost)
        each = divide(work.cost, units) if units else None
        lines += [
            cost,
            _line(f"{kind}: units", told.format("work_units"), quantity=units, unit=kind),
            _line(f"{kind}: cost_per_unit", f"= {plain(work.cost)} / {plain(units)}", amount=each),
        ]
    asked = "units" if name == "work_units" else part.partition(".")[2] or "cost_per_unit"
    lines.sort(key=lambda line: line.step.endswith(f": {asked}"))
    return f"{name} = cost of the attempts of a kind / units of that kind", tuple(lines)
