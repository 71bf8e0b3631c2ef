"""Unit costs as metrics for Prometheus: what `finops unit` and `finops capacity` say, as gauges.

Names end in their unit: the currency in lower case (`finops_cost_per_request_usd`), seconds, or `ratio`. Per
token and per request, never per million: base units, as Prometheus asks. Labels are the dimensions split by; of
more groups than `--top` the cheapest are one, `other`, so that the number of series is bounded.
"""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, NamedTuple

from finops import __version__
from finops.analysis.capacity.numbers import HOURS, pool_numbers
from finops.analysis.economics import Question, unit_economics
from finops.analysis.numbers import count_of, known_cost
from finops.exports.contract import Choice, Export, Written
from finops.exports.openmetrics import Family, Sample, render_families
from finops.model.money import divide, total

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date
    from decimal import Decimal
    from pathlib import Path

    from finops.analysis.economics import UnitEconomics
    from finops.analysis.measures import Group
    from finops.exports.contract import Wanted

__all__ = ["EXPORT", "PER", "families"]

OTHER = "other"
"""The label of everything that is not among the dearest."""

PER = {
    "request": "requests",
    "token": "total_tokens",
    "output_token": "output_tokens",
    "response": "responses",
    "good_response": "good_responses",
    "run": "runs",
}
"""What a cost is divided by, and the count of it."""

_COUNTS = {
    "requests": "Requests: calls of a generation operation, counted at their final attempt.",
    "responses": "Requests whose final attempt succeeded.",
    "input_tokens": "Tokens read, cached ones included.",
    "output_tokens": "Tokens written, reasoning included.",
    "runs": "Workflow runs that ended.",
}

_RATIOS = {
    "error": ("errors", "attempts", "Attempts that failed, of all attempts."),
    "retry": ("retries", "attempts", "Attempts that were superseded, of all attempts."),
    "cache_hit": ("cache_read_tokens", "input_tokens", "Input read from a prompt cache."),
}

_MS_PER_HOUR = 3600


class _Row(NamedTuple):
    """A group, or the rest of them: labels, cost (None: unknown) and counts."""

    labels: Mapping[str, str | None]
    cost: Decimal | None
    counts: Mapping[str, int | None]


def write(wanted: Wanted, target: Path) -> Written:
    """Write the gauges of the period."""
    question = Question(wanted.period, wanted.by)
    found = unit_economics(wanted.ledger, wanted.config, question)
    made = families(found, top=int(wanted.choices["top"]))
    target.write_text(render_families(made), encoding="utf-8")
    notes = list(found.notes)
    if found.other_currencies:
        left = ", ".join(f"{cost:,.2f} {name}" for name, cost in found.other_currencies.items())
        notes.append(f"{left} is not in these metrics: add [[fx]] rates to finops.toml.")
    return Written(sum(len(each.samples) for each in made), tuple(notes))


def families(found: UnitEconomics, *, top: int) -> tuple[Family, ...]:
    """Every gauge of an answer; groups beyond the `top` dearest as one."""
    rows = _rows(found, top)
    currency = found.currency.lower()
    return (
        _cost(rows, currency),
        *(_per(rows, name, count, currency) for name, count in PER.items()),
        *(_count(rows, name, about) for name, about in _COUNTS.items()),
        *(_ratio(rows, name, *parts) for name, parts in _RATIOS.items()),
        *_bill(found, currency),
        *_pools(found, currency),
        *_period(found),
    )


def _rows(found: UnitEconomics, top: int) -> list[_Row]:
    """Groups by falling cost, then by their names."""
    groups = sorted(found.groups, key=lambda each: (-each.cost, [str(key) for key in each.keys]))
    rows = [_row(found.by, [group], group.keys) for group in groups[:top]]
    if rest := groups[top:]:
        rows.append(_row(found.by, rest, (OTHER,) * len(found.by)))
    return rows


def _row(by: Sequence[str], groups: Sequence[Group], keys: Sequence[object]) -> _Row:
    costs = [known_cost(group) for group in groups]
    known = [cost for cost in costs if cost is not None]
    labels = {name: None if key is None else str(key) for name, key in zip(by, keys, strict=True)}
    names = {*PER.values(), *_COUNTS, *(part for ratio in _RATIOS.values() for part in ratio[:2])}
    counts: dict[str, int | None] = {
        name: sum(count_of(group, name) for group in groups) for name in names
    }
    if not all(_is_judged(group) for group in groups):
        counts["good_responses"] = None
    return _Row(labels, total(known) if known or not costs else None, counts)


def _is_judged(group: Group) -> bool:
    """Whether every response is under an objective: then good ones carry the whole cost."""
    return bool(group.under_slo) and group.under_slo == group.counts["responses"]


def _cost(rows: Sequence[_Row], currency: str) -> Family:
    return Family(
        f"finops_cost_{currency}",
        "EffectiveCost of the period that requests carry.",
        currency,
        tuple(Sample(row.labels, row.cost) for row in rows if row.cost is not None),
    )


def _per(rows: Sequence[_Row], name: str, count: str, currency: str) -> Family:
    samples = []
    for row in rows:
        divisor = row.counts[count]
        if row.cost is not None and divisor:
            samples.append(Sample(row.labels, divide(row.cost, divisor)))
    return Family(
        f"finops_cost_per_{name}_{currency}",
        f"That cost over {count.replace('_', ' ')}.",
        currency,
        tuple(samples),
    )


def _count(rows: Sequence[_Row], name: str, about: str) -> Family:
    return Family(
        f"finops_{name}",
        about,
        None,
        tuple(Sample(row.labels, row.counts[name] or 0) for row in rows),
    )


def _ratio(rows: Sequence[_Row], name: str, part: str, whole: str, about: str) -> Family:
    samples = []
    for row in rows:
        among = row.counts[whole]
        if among:
            samples.append(Sample(row.labels, (row.counts[part] or 0) / among))
    return Family(f"finops_{name}_ratio", about, "ratio", tuple(samples))


def _bill(found: UnitEconomics, currency: str) -> tuple[Family, ...]:
    """The four amounts, and where EffectiveCost went: parts that add up to it."""
    books = found.reconciliation
    parts = {
        "requests": books.allocated,
        "jobs": books.jobs,
        "workloads": books.workloads,
        **books.unallocated,
        "other": books.other,
        **books.excluded,
    }
    return (
        Family(
            f"finops_charged_{currency}",
            "Charges of the period, by FOCUS amount.",
            currency,
            tuple(Sample({"amount": name}, amount) for name, amount in books.amounts.items()),
        ),
        Family(
            f"finops_charged_part_{currency}",
            "Where EffectiveCost went; the parts add up to it.",
            currency,
            tuple(Sample({"part": name}, amount) for name, amount in parts.items() if amount),
        ),
    )


def _pools(found: UnitEconomics, currency: str) -> tuple[Family, ...]:
    """Accelerators: device time by state, in seconds, and what an hour of one costs."""
    capacity = found.allocation.capacity
    names = dict.fromkeys(month.facts.pool.name for month in capacity.months)
    times, prices = [], []
    for name in names:
        numbers = pool_numbers(name, capacity)
        for hours in HOURS[2:]:
            if numbers.get(hours) is not None:
                state = hours.removesuffix("_hours")
                seconds = numbers[hours] * _MS_PER_HOUR
                times.append(Sample({"pool": name, "state": state}, seconds))
        if numbers["price_per_gpu_hour"] is not None:
            prices.append(Sample({"pool": name}, numbers["price_per_gpu_hour"]))
    return (
        Family(
            "finops_gpu_time_seconds",
            "Accelerator time paid for, by what it was used for.",
            "seconds",
            tuple(times),
        ),
        Family(
            f"finops_gpu_hour_price_{currency}",
            "Price of an accelerator-hour of a pool.",
            currency,
            tuple(prices),
        ),
    )


def _period(found: UnitEconomics) -> tuple[Family, ...]:
    """When it is about, and what wrote it."""
    return (
        *(
            Family(
                f"finops_period_{edge}_timestamp_seconds",
                f"{edge.capitalize()} of the period the metrics are about.",
                "seconds",
                (Sample({}, _epoch(day)),),
            )
            for edge, day in (("start", found.period.start), ("end", found.period.end))
        ),
        Family(
            "finops_build_info",
            "Version of finops that wrote this.",
            None,
            (Sample({"version": __version__}, 1),),
        ),
    )


def _epoch(day: date) -> int:
    return int(datetime.combine(day, time(), tzinfo=UTC).timestamp())


EXPORT = Export(
    name="metrics",
    about="Unit costs as OpenMetrics text, for Prometheus or node_exporter's textfile collector.",
    formats=("prom",),
    by=("workflow", "model"),
    write=write,
    choices=(
        Choice(
            "top", "Groups told apart, the dearest; the rest is one.", ("100", "20", "50", "500")
        ),
    ),
)
