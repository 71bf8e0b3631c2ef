"""How the numbers of `finops runs` are made: a run's cost from its tokens and shares, its counts from its models."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from finops.analysis.derived.arithmetic import SUM, Derived, amount, count, derived, missing
from finops.analysis.derived.table import Row, Table
from finops.analysis.economics import Question, unit_economics
from finops.analysis.explain_cost import cost_products
from finops.analysis.explain_measures import BY, explain_measure
from finops.analysis.numbers import known_cost
from finops.analysis.where import quote
from finops.errors import UsageError
from finops.model.money import ZERO, total

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from decimal import Decimal

    from finops.analysis.economics import UnitEconomics
    from finops.config import Config
    from finops.ledger.store import Ledger

__all__ = ["NUMBERS", "Run", "RunsAsked", "many", "runs_table"]

_TOLD = {
    "cost": "every token x its rate + capacity + shares of shared pools, of the run's calls in the period",
    "requests": "calls of the run, by their final attempt",
    "attempts": "attempts of its calls, retries included",
    "failures": "requests - responses: calls whose final attempt did not end ok",
    "input_tokens": "tokens its attempts read, cached or not",
    "output_tokens": "tokens its attempts wrote, reasoning included",
    "unpriced_tokens": "tokens of models with no price",
}

NUMBERS = tuple(_TOLD)
"""Numbers of a run."""


class Run(NamedTuple):
    """A run, its source, and what it cost; None where nothing of it has a price."""

    run: str
    source: str
    cost: Decimal | None


class RunsAsked(NamedTuple):
    """The ledger, and what of it was asked: every run is derived by the same question, of itself alone."""

    ledger: Ledger
    config: Config
    question: Question

    def runs(self) -> tuple[tuple[Run, ...], UnitEconomics]:
        """The runs of the calls asked about, the dearest first, and the answer they are groups of."""
        question = self.question._replace(by=("run", "source"))
        answer = unit_economics(self.ledger, self.config, question)
        found = [
            Run(str(run), str(source), known_cost(group))
            for group in answer.groups
            for run, source in (group.keys,)
            if run is not None
        ]
        return tuple(sorted(found, key=lambda each: (-(each.cost or ZERO), each.run))), answer

    def of(self, run: Run) -> Question:
        """The question about one run's calls."""
        mine = f"run = {quote(run.run)} and source = {quote(run.source)}"
        where = self.question.where
        return self.question._replace(where=mine if where is None else f"({where}) and {mine}")


def runs_table(asked: RunsAsked, most: int) -> Table:
    """A row for each run; what a number is made of is asked of the ledger when it is derived.

    UsageError for more than `most` runs: one has to be named.
    """
    runs, answer = asked.runs()
    if len(runs) > most:
        raise many(len(runs), [run.run for run in runs])
    rows = tuple(_row(run, asked, answer.currency) for run in runs)
    return Table(rows, None, answer.period)


def many(count: int, names: Sequence[str]) -> UsageError:
    """That of so many runs one has to be named."""
    return UsageError(
        f"a number is of one run, and there are {count:,}",
        hint=f"name one after the number: {', '.join(names[:3])} …, or choose with --where",
    )


def _row(run: Run, asked: RunsAsked, currency: str) -> Row:
    numbers: dict[str, Callable[[], Derived]] = {
        name: lambda name=name: _counted(run, asked, name)  # type: ignore[misc]
        for name in NUMBERS
        if name not in {"cost", "failures"}
    }
    numbers["cost"] = lambda: _cost(run, asked)
    numbers["failures"] = lambda: _failures(run, asked)
    names = {"run": run.run, "source": run.source}
    return Row(names, {name: numbers[name] for name in NUMBERS}, currency)


def _cost(run: Run, asked: RunsAsked) -> Derived:
    """Tokens of each model and kind at each rate, capacity, and shares, as `finops explain cost` has them."""
    found = cost_products(asked.ledger, asked.config, asked.of(run))
    if run.cost is None:
        return missing("cost", _TOLD["cost"], "nothing of it has a price", *found.lines)
    whole = total(line.amount or ZERO for line in found.lines)
    return derived(whole, _TOLD["cost"], *found.lines, amount("cost", whole, SUM, found.currency))


def _counted(run: Run, asked: RunsAsked, name: str) -> Derived:
    """The count by provider and model, and its sum."""
    question = asked.of(run)._replace(by=BY)
    found = explain_measure(unit_economics(asked.ledger, asked.config, question), name)
    if found is None:
        return missing(name, _TOLD[name], "it is not counted")
    return derived(found.value, _TOLD[name], *found.lines)


def _failures(run: Run, asked: RunsAsked) -> Derived:
    question = asked.of(run)._replace(by=())
    counts = unit_economics(asked.ledger, asked.config, question).total.counts
    requests, responses = counts["requests"], counts["responses"]
    lines = (
        count("requests", requests, "requests", "finops explain runs.requests, of the same run"),
        count("responses", responses, "requests", "calls whose final attempt ended ok"),
        count("failures", requests - responses, "requests", "= requests - responses"),
    )
    return derived(requests - responses, _TOLD["failures"], *lines)
