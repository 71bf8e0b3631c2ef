"""Break-even and routing asked as their commands are: options by the names of their flags, as text.

The API takes numbers and small values; here what is typed, moved or written in finops.toml becomes those.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, TypeAlias

from finops.api.breakeven import INPUTS
from finops.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from finops.analysis.breakeven.measured import Demand
    from finops.api.answer import Answer
    from finops.api.breakeven import Breakeven, Pool
    from finops.api.route import How, Routed
    from finops.api.session import Session

__all__ = [
    "BREAKEVEN_OPTIONS",
    "PROJECTIONS",
    "ROUTE_OPTIONS",
    "Option",
    "ask_breakeven",
    "ask_route",
    "inputs_text",
    "number",
    "pairs",
    "pool_of",
]

Option: TypeAlias = "str | bool | int | float | tuple[str, ...] | None"
"""A value of an option: a tuple is a list separated by commas, True a flag, None or False nothing."""

SET = "set"
"""The option that names any input of a scenario."""

_TIMES = ("month", "since", "until", "last")
_PRICES = {
    "cost_ratio": "cost_ratio",
    "verifier_cost_ratio": "verifier",
    "context_growth": "context_growth",
    "router_cost_ratio": "router",
    "small_cost_per_hour": "per_hour",
    "tokens_per_second": "tokens_per_second",
    "utilization": "utilization",
    "large_cost_per_million": "large_per_million",
}
"""Options of `finops route`, and what `Prices` calls them."""
_CHOOSING = ("max_quality_loss", "min_accuracy", "calibration")
_COLUMNS = ("small_correct", "large_correct", "risk", "small_latency", "large_latency")

Options = dict[str, Any]


def ask_breakeven(
    session: Session,
    options: Mapping[str, Option],
    measured: Callable[[Pool, str], Demand] | None = None,
) -> Breakeven:
    """What `finops breakeven` answers; `measured` gives a pool's demand where it is known already.

    UsageError for what is no number; else as the API raises it.
    """
    from finops.api.breakeven import breakeven

    asked = dict(options)
    numbers: Options = {
        name: float(number(name, asked.pop(name))) for name in INPUTS if name in asked
    }
    counts: Options = {
        name: int(number(name, asked.pop(name))) for name in ("draws", "seed") if name in asked
    }
    inputs = {
        name: float(number(name, text)) for name, text in pairs(str(asked.pop(SET, "") or ""))
    }
    pool = pool_of(session, asked)
    told: Options = {name: value for name, value in asked.items() if name not in _ABOUT_THE_POOL}
    if pool is not None:
        pool = pool._replace(measure=measured)
    return breakeven(pool=pool, inputs=inputs, **told, **numbers, **counts)


_ABOUT_THE_POOL = {"from_ledger", *_TIMES}

BREAKEVEN_OPTIONS = frozenset(
    {*INPUTS, *_ABOUT_THE_POOL, SET, "draws", "seed", "scenario", "against", "currency"}
)
"""Options of `finops breakeven` that say what is asked."""

_LOGGED = ("workflow", "risk", *_TIMES, "everything")

ROUTE_OPTIONS = frozenset(
    {*_PRICES, *_CHOOSING, *_COLUMNS, *_LOGGED}
    | {"thresholds", "seed", "never_small", "design", "scores", "confidence", "small", "large"}
)
"""Options of `finops route` that say what is asked."""


def pool_of(session: Session, options: Mapping[str, Option]) -> Pool | None:
    """The pool that `from_ledger` names, in the period asked for; None where none is named."""
    from finops.api.breakeven import Pool
    from finops.model.period import parse_period

    named = options.get("from_ledger")
    if named is None:
        return None
    key, _, name = str(named).partition("=")
    if key.strip() != "pool" or not name.strip():
        raise UsageError(
            f"--from-ledger {named!r} names no pool", hint="--from-ledger pool=aws-serving"
        )
    when: Options = {each: options.get(each) for each in _TIMES}
    return Pool(session.ledger, name.strip(), parse_period(**when), session.config)


def ask_route(session: Session, options: Mapping[str, Option]) -> Routed:
    """What `finops route` answers; UsageError for what is no number, else as the API raises it."""
    from finops.analysis.route.scores import ScoreColumns
    from finops.api.route import route_scores

    asked = dict(options)
    how = _how(asked)
    scores = asked.get("scores")
    if scores is not None:
        columns: Options = {name: asked[name] for name in _COLUMNS if name in asked}
        confidence = str(asked.get("confidence", "confidence"))
        return route_scores(str(scores), how, columns=ScoreColumns(confidence, **columns))
    if asked.get("small") is None or asked.get("large") is None:
        raise UsageError(
            "nothing to route",
            hint="--scores FILE.csv --cost-ratio 0.05, or --small MODEL --large MODEL",
        )
    told: Options = {name: asked[name] for name in _LOGGED if name in asked}
    return session.route(str(asked["small"]), str(asked["large"]), how, **told)


def _how(asked: Mapping[str, Option]) -> How:
    from finops.analysis.route.costs import Design
    from finops.api.route import Choosing, How, Prices

    prices: Options = {
        theirs: number(name, asked[name]) for name, theirs in _PRICES.items() if name in asked
    }
    choosing: Options = {
        name: float(number(name, asked[name])) for name in _CHOOSING if name in asked
    }
    if "thresholds" in asked:
        words = str(asked["thresholds"]).split(",")
        choosing["thresholds"] = tuple(number("thresholds", word) for word in words)
    if "seed" in asked:
        choosing["seed"] = int(number("seed", asked["seed"]))
    never = tuple(name.strip() for name in str(asked.get("never_small", "")).split(",") if name)
    design = Design(str(asked.get("design", Design.CASCADE)))
    return How(Prices(**prices), Choosing(**choosing), design, never)


def inputs_text(inputs: Mapping[str, str]) -> str | None:
    """`{"demand.growth": "0.2"}` as `--set` takes it; None for nothing."""
    return ",".join(f"{name}={text}" for name, text in inputs.items()) or None


def pairs(text: str) -> list[tuple[str, str]]:
    """`gpus=64,hours=500` as names and what is said of each."""
    found = []
    for part in filter(None, text.split(",")):
        name, _, written = part.partition("=")
        found.append((name.strip(), written))
    return found


def number(name: str, text: Option) -> Decimal:
    """What an option says as a number; UsageError for none."""
    try:
        found = Decimal(str(text).strip())
    except InvalidOperation:
        raise UsageError(f"--{name.replace('_', '-')}: {text!r} is not a number") from None
    if not found.is_finite():
        raise UsageError(f"--{name.replace('_', '-')}: {text!r} is not a finite number")
    return found


PROJECTIONS: dict[str, Callable[[Session, Mapping[str, Option]], Answer[Any]]] = {
    "breakeven": ask_breakeven,
    "route": ask_route,
}
"""Commands whose options the API takes as values of its own."""
