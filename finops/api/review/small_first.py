"""A small model first, for every pair the settings name or the month's log has confidences of: rows of section 9."""

from __future__ import annotations

import shlex
from decimal import Decimal
from typing import TYPE_CHECKING

from finops.analysis.decisions import small_first
from finops.analysis.route.ledger import Pair, logged_pairs
from finops.api.route import Choosing, How, route_ledger
from finops.errors import ConfigError, InputError, UsageError
from finops.model.money import multiply
from finops.report.projections import SmallFirst
from finops.sections.projections import Route

if TYPE_CHECKING:
    from collections.abc import Iterator

    from finops.api.review.facts import Facts
    from finops.api.route import Routed

__all__ = ["small_first_rows"]

_UNKNOWN_LARGE = "none of its calls was sent on to another model, so nothing says which one; name it in [[route]]"


def small_first_rows(facts: Facts) -> tuple[SmallFirst, ...]:
    """A row for each `[[route]]`, then for each small model of the log that none of them names."""
    return tuple(_rows(facts))


def _rows(facts: Facts) -> Iterator[SmallFirst]:
    named = facts.settings.route
    for entry in named:
        yield _row(facts, entry)
    known = {each.small for each in named}
    for small, large in logged_pairs(facts.books.ledger, facts.settings, facts.month):
        if small in known:
            continue
        if large is None:
            command = f"finops route --small {shlex.quote(small)} --large MODEL --month {facts.month.label}"
            yield SmallFirst(small, None, None, command, why=_UNKNOWN_LARGE)
        else:
            yield _row(facts, Route(small=small, large=large))


def _row(facts: Facts, entry: Route) -> SmallFirst:
    row = SmallFirst(entry.small, entry.large, entry.workflow, _command(facts, entry))
    pair = Pair(entry.small, entry.large, facts.month, entry.workflow)
    how = How(choosing=Choosing(max_quality_loss=float(_aim(entry))))
    try:
        found = route_ledger(facts.books.ledger, pair, how, config=facts.settings)
    except (ConfigError, InputError, UsageError) as error:
        why = error.message if error.hint is None else f"{error.message}; {error.hint}"
        return row._replace(why=why)
    return _answered(row, found, float(entry.max_quality_loss))


def _aim(entry: Route) -> Decimal:
    """The loss a threshold is chosen at: chosen at the limit itself, half of all tests would miss it."""
    return entry.max_quality_loss / 2


def _command(facts: Facts, entry: Route) -> str:
    parts = [
        "finops route",
        "--small",
        shlex.quote(entry.small),
        "--large",
        shlex.quote(entry.large),
    ]
    if entry.workflow is not None:
        parts += ["--workflow", shlex.quote(entry.workflow)]
    parts += ["--max-quality-loss", f"{_aim(entry).normalize():f}"]
    return " ".join((*parts, "--month", facts.month.label))


def _answered(row: SmallFirst, found: Routed, max_quality_loss: float) -> SmallFirst:
    routing = found.value
    choice, money, point = routing.choice, routing.plan.money, routing.chosen
    requests = None if money is None else money.large_requests
    if choice is None or point is None:
        return row._replace(requests=requests, why=routing.no_choice)
    quality, saving = choice.quality_delta, choice.saving
    row = row._replace(
        requests=requests,
        threshold=choice.threshold,
        escalation_rate=choice.escalation_rate.estimate,
        quality_low=quality.low,
        quality_delta=quality.estimate,
        quality_high=quality.high,
        saving=saving.estimate,
        decision=str(small_first(choice, max_quality_loss)),
    )
    if money is None:
        return row
    whole = multiply(money.large, money.large_requests)
    at, low, high = (multiply(whole, Decimal(str(share))) for share in saving)
    return row._replace(saving_low=low, saving_at=at, saving_high=high)
