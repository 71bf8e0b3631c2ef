"""Routing from the ledger: logged confidences of the small model, and what both models cost a request.

A row is the small model's last answered attempt of a call, with its confidence. What is known of the
large one on the same request comes from its own last answered attempt of the same call, which an
escalation leaves behind; calls that were not escalated have none, so accuracy and delay are known only
where the log has both. `outcome` counts as quality where it says success or failure.

Costs are those of unit economics per attempt, less what does not depend on the model (retrieval and
shared services). A model on capacity of one's own bears what its pool held for it, busy and idle: its cost is that
of the pool's measured utilization, unless another is given. A small model that answered nothing of the selection
costs what the large one does, times the ratio of their list prices for the large one's tokens.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from finops.analysis.books import price_book
from finops.analysis.counted import connect_counted
from finops.analysis.economics import Question, unit_economics
from finops.analysis.grain import MODEL
from finops.analysis.measures import COMPONENTS
from finops.analysis.route.answer import Money
from finops.analysis.route.fleet_file import MeasuredDemand
from finops.analysis.route.listed import listed_cost
from finops.analysis.route.scores import Scores
from finops.errors import UsageError
from finops.ledger.engine import query
from finops.model.money import ZERO, divide, multiply, total
from finops.model.schema import Kind
from finops.model.tables import GENERATION_OPERATIONS, INPUT_TOKEN_COLUMNS, REQUESTS
from finops.prices.cards import KINDS, PriceKey

if TYPE_CHECKING:
    from decimal import Decimal

    import duckdb

    from finops.analysis.economics import UnitEconomics
    from finops.analysis.measures import Group
    from finops.analysis.route.costs import SelfHosted
    from finops.config import Config
    from finops.ledger.store import Ledger
    from finops.model.period import Period
    from finops.prices.book import Book

__all__ = ["Logged", "Pair", "logged_pairs", "read_logged"]

_NOT_THE_MODELS = frozenset({"retrieval", "shared"})


class Pair(NamedTuple):
    """Which requests: of the small model, in a period (None: all), of one workflow, with a risk column."""

    small: str
    large: str
    period: Period | None = None
    workflow: str | None = None
    risk: str | None = None


class Logged(NamedTuple):
    """Scored requests of the ledger, and costs per request; `money` is None when it was not asked."""

    scores: Scores
    period: Period
    money: Money | None
    demand: MeasuredDemand | None
    """None where the large model has no requests."""


def read_logged(
    ledger: Ledger,
    config: Config,
    pair: Pair,
    *,
    self_hosted: SelfHosted | None = None,
    with_costs: bool = True,
    scores: Scores | None = None,
) -> Logged:
    """Confidences of `pair` and, `with_costs`, what each model costs; UsageError says what is missing.

    With `scores` those take the place of the log's confidences.
    """
    answer = unit_economics(
        ledger, config, Question(pair.period, by=("model",), where=_where(pair.workflow))
    )
    models = {str(group.keys[0]): group for group in answer.groups}
    money, demand = None, None
    order = config.requests.authority
    with connect_counted(ledger, answer.period, ["requests"], order) as con:
        if scores is not None and with_costs and pair.small not in models:
            large = _group(models, pair.large, "--large")
            money = _listed_money(con, answer, pair, large, price_book(ledger, config))
            return Logged(scores, answer.period, money, None)
        small = _group(models, pair.small, "--small")
        if with_costs or pair.large in models:
            large = _group(models, pair.large, "--large")
            demand = _demand(con, pair, answer.period, small, large)
            money = _money(answer, pair, small, large, self_hosted) if with_costs else None
        found = _scores(con, pair, answer.period) if scores is None else scores
        return Logged(found, answer.period, money, demand)


def _where(workflow: str | None) -> str | None:
    if workflow is None:
        return None
    quoted = workflow.replace("'", "''")
    return f"workflow = '{quoted}'"


def _group(models: dict[str, Group], name: str, option: str) -> Group:
    found = models.get(name)
    if found is None or not found.counts["attempts"]:
        known = ", ".join(sorted(m for m, g in models.items() if g.counts["attempts"])) or "none"
        raise UsageError(
            f"{option}: no request of this selection was answered by {name!r}",
            hint=f"models it has: {known}",
        )
    return found


def _money(
    answer: UnitEconomics, pair: Pair, small: Group, large: Group, hosted: SelfHosted | None
) -> Money:
    utilization = None if hosted is not None else _utilization(small)
    if hosted is None:
        of_small, how = _cost_per_request(small, pair.small), "unit economics"
        if utilization is not None:
            how += f", its pool {float(utilization):.1%} busy while held"
    else:
        tokens = multiply(_tokens(small), hosted.cost_per_million_tokens)
        of_small = divide(tokens, small.counts["attempts"] * 1_000_000)
        how = "its utilization"
    source = (
        f"{pair.small} from {how} ({_mean_tokens(small):,} tokens a request), "
        f"{pair.large} from unit economics ({_mean_tokens(large):,} tokens a request)"
    )
    of_large = _cost_per_request(large, pair.large)
    asked = large.counts["attempts"]
    return Money(answer.currency, of_small, of_large, answer.period, source, utilization, asked)


_PROVIDER = f"""
    select provider from requests
    where {MODEL} = $large and day >= $start and day < $stop
    group by provider order by count(*) desc, provider limit 1
"""


def _listed_money(
    con: duckdb.DuckDBPyConnection, answer: UnitEconomics, pair: Pair, large: Group, book: Book
) -> Money:
    """The large model's cost, and the small one's by the ratio of their list prices; UsageError without."""
    bound = _bound(pair, answer.period)
    ((provider,),) = query(con, _PROVIDER, {k: bound[k] for k in ("large", "start", "stop")})
    counts = {kind: large.counts[f"{kind}_tokens"] for kind in KINDS}
    last = answer.period.bounds()[1] - timedelta(microseconds=1)
    of_small, of_large = (
        listed_cost(book, PriceKey(provider, model), counts, last)
        for model in (pair.small, pair.large)
    )
    if of_small is None or not of_large:
        unpriced = pair.small if of_small is None else pair.large
        raise UsageError(
            f"what {pair.small!r} costs is not known: it answered no request of this selection, and "
            f"{unpriced!r} has no list price",
            hint="add [[prices]] to finops.toml, or give --cost-ratio",
        )
    cost = _cost_per_request(large, pair.large)
    source = (
        f"{pair.large} from unit economics ({_mean_tokens(large):,} tokens a request), {pair.small} as its list "
        "price is to that one's, for the same tokens"
    )
    return Money(
        answer.currency,
        divide(multiply(cost, of_small), of_large),
        cost,
        answer.period,
        source,
        large_requests=large.counts["attempts"],
    )


PAIRS = f"""
    with answered as (
        select source_id, call_id, attempt, {MODEL} as model, confidence
        from requests
        where status = 'ok' and operation in ({{operations}}) and day >= $start and day < $stop
    ),

    sure as (
        select * from answered where confidence is not null
    )

    select s.model as small, l.model as large, count(l.model) as calls
    from sure as s
    left join answered as l
        on s.source_id = l.source_id and s.call_id = l.call_id
            and l.attempt > s.attempt and l.model != s.model
    where s.model is not null
    group by all
    order by small, calls desc, large
"""


def logged_pairs(
    ledger: Ledger, config: Config, period: Period
) -> tuple[tuple[str, str | None], ...]:
    """Every model with confidences logged in `period`, and the model most of its calls are sent on to.

    None where none of its calls was.
    """
    sql = PAIRS.format(operations=", ".join(f"'{name}'" for name in GENERATION_OPERATIONS))
    with connect_counted(ledger, period, ["requests"], config.requests.authority) as con:
        rows = query(con, sql, {"start": period.start, "stop": period.end})
    found: dict[str, str | None] = {}
    for small, large, calls in rows:
        if calls or small not in found:
            found.setdefault(small, large)
    return tuple(found.items())


def _utilization(group: Group) -> Decimal | None:
    """Busy share, in money, of the capacity held for the group; None where it is on none."""
    busy, idle = group.components["gpu_busy"], group.components["gpu_idle"]
    held = total((busy, idle))
    return divide(busy, held) if held else None


def _cost_per_request(group: Group, model: str) -> Decimal:
    cost = total(group.components[name] for name in COMPONENTS if name not in _NOT_THE_MODELS)
    unpriced = group.unpriced_tokens
    if cost <= ZERO or unpriced:
        why = (
            f"{unpriced:,} of its tokens have no price" if unpriced else "its requests bear no cost"
        )
        raise UsageError(
            f"what {model!r} costs is not known: {why}",
            hint="add [[prices]] to finops.toml, or give --cost-ratio or --small-cost-per-hour",
        )
    return divide(cost, group.counts["attempts"])


def _tokens(group: Group) -> Decimal:
    names = (*INPUT_TOKEN_COLUMNS, "output_tokens")
    return ZERO + sum(group.counts[name] for name in names)


def _mean_tokens(group: Group) -> int:
    return round(_tokens(group) / group.counts["attempts"])


SQL = f"""
    with answered as (
        select
            source_id, call_id, {MODEL} as model, confidence, latency_ms, outcome,
            {{risk}} as risk, attempt, request_id
        from requests
        where status = 'ok' and operation in ({{operations}})
            and day >= $start and day < $stop and ($workflow is null or workflow = $workflow)
        qualify row_number() over (
            partition by source_id, call_id, model order by attempt desc, request_id desc
        ) = 1
    )
    select
        s.confidence, s.outcome, l.outcome, s.risk, s.latency_ms, l.latency_ms
    from answered as s
    left join answered as l
        on s.source_id = l.source_id and s.call_id = l.call_id and l.model = $large
    where s.model = $small and s.confidence is not null
    order by s.source_id, s.call_id, s.request_id
"""


PEAK = f"""
    select count(distinct (source_id, call_id)) as calls
    from requests
    where operation in ({{operations}}) and day >= $start and day < $stop
        and ($workflow is null or workflow = $workflow)
        and {MODEL} in ($small, $large)
    group by date_trunc('hour', timestamp)
    order by calls desc
    limit 1
"""


def _demand(
    con: duckdb.DuckDBPyConnection, pair: Pair, period: Period, small: Group, large: Group
) -> MeasuredDemand:
    """Calls of either model in the busiest hour, and tokens a request of each."""
    sql = PEAK.format(operations=", ".join(f"'{name}'" for name in GENERATION_OPERATIONS))
    ((calls,),) = query(con, sql, _bound(pair, period))
    return MeasuredDemand(
        divide(ZERO + calls, 3600),
        divide(_tokens(small), small.counts["attempts"]),
        divide(_tokens(large), large.counts["attempts"]),
    )


def _bound(pair: Pair, period: Period) -> dict[str, Any]:
    return {
        "start": period.start,
        "stop": period.end,
        "workflow": pair.workflow,
        "small": pair.small,
        "large": pair.large,
    }


def _scores(con: duckdb.DuckDBPyConnection, pair: Pair, period: Period) -> Scores:
    sql = SQL.format(
        risk=_risk_column(pair.risk),
        operations=", ".join(f"'{name}'" for name in GENERATION_OPERATIONS),
    )
    rows = query(con, sql, _bound(pair, period))
    if not rows:
        raise UsageError(
            f"no answer of {pair.small!r} has a confidence logged in {period.label}",
            hint="load requests with a confidence, or give --scores FILE.csv",
        )
    confidence, small, large, risk, small_ms, large_ms = zip(*rows, strict=True)
    return Scores(
        confidence,
        tuple(map(_quality, small)),
        tuple(map(_quality, large)),
        risk if pair.risk is not None else None,
        small_ms,
        large_ms,
    )


def _risk_column(name: str | None) -> str:
    if name is None:
        return "cast(null as varchar)"
    texts = [column.name for column in REQUESTS.columns if column.kind is Kind.TEXT]
    if name not in texts:
        raise UsageError(
            f"--risk: requests have no text column {name!r}",
            hint=f"choose among {', '.join(texts)}",
        )
    return f'"{name}"'


def _quality(outcome: Any) -> float | None:  # noqa: ANN401  (a cell of a result)
    """1 for a success, 0 for a failure; anything else says neither."""
    return {"success": 1.0, "failure": 0.0}.get(str(outcome).casefold())
