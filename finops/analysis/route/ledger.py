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

from typing import TYPE_CHECKING, Any, NamedTuple

from finops.analysis.books import price_book
from finops.analysis.counted import connect_counted
from finops.analysis.economics import Question, unit_economics
from finops.analysis.grain import MODEL
from finops.analysis.route.costed import listed_money, logged_money, tokens_of
from finops.analysis.route.fleet_file import MeasuredDemand
from finops.analysis.route.scores import Scores
from finops.errors import UsageError
from finops.ledger.engine import query
from finops.model.money import ZERO, divide
from finops.model.schema import Kind
from finops.model.tables import GENERATION_OPERATIONS, REQUESTS

if TYPE_CHECKING:
    import duckdb

    from finops.analysis.measures import Group
    from finops.analysis.route.answer import Money
    from finops.analysis.route.costs import SelfHosted
    from finops.config import Config
    from finops.ledger.store import Ledger
    from finops.model.period import Period

__all__ = ["Logged", "Pair", "logged_pairs", "read_logged"]


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
            provider = _provider(con, pair, answer.period)
            money = listed_money(answer, pair, large, price_book(ledger, config), provider)
            return Logged(scores, answer.period, money, None)
        small = _group(models, pair.small, "--small")
        if with_costs or pair.large in models:
            large = _group(models, pair.large, "--large")
            demand = _demand(con, pair, answer.period, small, large)
            money = logged_money(answer, pair, small, large, self_hosted) if with_costs else None
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


_PROVIDER = f"""
    select provider from requests
    where {MODEL} = $large and day >= $start and day < $stop
    group by provider order by count(*) desc, provider limit 1
"""


def _provider(con: duckdb.DuckDBPyConnection, pair: Pair, period: Period) -> str | None:
    """Who serves most of the large model's requests."""
    bound = _bound(pair, period)
    ((provider,),) = query(con, _PROVIDER, {k: bound[k] for k in ("large", "start", "stop")})
    return None if provider is None else str(provider)


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
        divide(tokens_of(small), small.counts["attempts"]),
        divide(tokens_of(large), large.counts["attempts"]),
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
