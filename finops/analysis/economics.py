"""Unit economics of a period: requests, what they cost, and how that meets the bill to the digit.

The order of things: rates are set a month at a time over every request of it (allocation runs before any
filter), then groups are measured, then everything is held against the bill; what months say is added.
"""

from __future__ import annotations

from datetime import date
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from finops.analysis.books import books_by_month, price_book
from finops.analysis.capacity.install import install_capacity
from finops.analysis.capacity.model import Asked, capacity
from finops.analysis.capacity.pools import capacity_pools
from finops.analysis.capacity.unserved import without_cost
from finops.analysis.charges import ORIGINS, currencies, read_charges, read_metered, selected
from finops.analysis.doubling import double
from finops.analysis.fx import Exchange, InCurrency, exchange_costs
from finops.analysis.growth import read_parts
from finops.analysis.logged import cost_in, install_rates, read_drivers, read_log, share_of_cost
from finops.analysis.measures import COMPONENTS, Group, Grouping, Measured, measure, measure_sums
from finops.analysis.metering import meter
from finops.analysis.owned.rows import add_owned
from finops.analysis.owners.requests import named_dimensions
from finops.analysis.pools import pool_rules
from finops.analysis.reconcile import Reconciliation, Spent, reconcile
from finops.analysis.relations import Scope, months_touched, reach, relate
from finops.analysis.runs import pieces_of_runs
from finops.analysis.sharing import SharedPool, Shares, share
from finops.analysis.spans import Stretch, missing_of, timings_of, together
from finops.analysis.terms import Terms
from finops.errors import UsageError
from finops.ledger.engine import query
from finops.ledger.store import one_version
from finops.model.money import subtract, total
from finops.model.period import Period, month_of
from finops.prices.book import canonical_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from decimal import Decimal

    import duckdb

    from finops.analysis.authority import Ruling
    from finops.analysis.books import Segment
    from finops.analysis.capacity.model import Capacity
    from finops.analysis.charges import Charges
    from finops.analysis.logged import Log
    from finops.analysis.metering import BilledLine, Metered
    from finops.analysis.relations import Relations
    from finops.config import Config
    from finops.ledger.store import Ledger
    from finops.prices.book import Book

__all__ = [
    "INCLUDABLE",
    "SPREAD",
    "TABLES",
    "Allocation",
    "Prepared",
    "Question",
    "UnitEconomics",
    "answer",
    "answer_on",
    "connect_part",
    "in_one_currency",
    "prepare",
    "unit_economics",
]

SPREAD = ("idle", "unused")
"""What nobody holds of capacity, that can be asked into unit cost; spread by busy device time."""

INCLUDABLE = ("credits", "tax", "support", "corrections", *SPREAD)
"""What can be asked into unit cost; lines of the bill are spread by metered cost."""

TABLES = ("costs", "requests", "gpu_samples")
"""Tables an answer reads."""


class Question(NamedTuple):
    """What is asked: a period (None: everything), dimensions, a filter, lines to include.

    `run_costs` asks for percentiles of what a run costs, which reads a row for every run; `marginal` for
    what doubled traffic of each group would cost, which reads device time hour by hour.
    """

    period: Period | None = None
    by: tuple[str, ...] = ()
    where: str | None = None
    include: tuple[str, ...] = ()
    currency: str | None = None
    use_rollups: bool = True
    run_costs: bool = False
    marginal: bool = False


class Allocation(NamedTuple):
    """How the period's money was laid on its requests: everything `finops explain` shows."""

    bill: tuple[BilledLine, ...]
    log: Log
    metered: Metered
    charges: Charges
    shares: Shares
    capacity: Capacity
    without_cost: Mapping[tuple[str, str, str], int]
    """Tokens capacity served at a cost nobody can tell, by provider, model and why."""


class UnitEconomics(NamedTuple):
    """The answer: groups with their measures, their sum, and how everything meets the bill."""

    by: tuple[str, ...]
    period: Period
    currency: str
    groups: tuple[Group, ...]
    total: Group
    reconciliation: Reconciliation
    allocation: Allocation
    other_currencies: Mapping[str, Decimal]
    notes: tuple[str, ...] = ()
    """What a reader must know of where the cost is from."""
    set_aside: tuple[Ruling, ...] = ()
    missing: Mapping[str, str] = MappingProxyType({})
    """Why numbers asked for are not known, by their name."""


def unit_economics(ledger: Ledger, config: Config, question: Question) -> UnitEconomics:
    """Answer `question`; UsageError where it names what does not exist."""
    with one_version():
        parts = books_by_month(ledger, config, question.period)
        question = in_one_currency(parts, config, question)
        if len(parts) == 1:
            return _answer_of(parts[0], question)
        stretches = [_stretch_of(part, question) for part in parts]
        pieces = [each.pieces for each in stretches if each.pieces is not None]
        return together(stretches, timings_of(ledger, config, question, parts, pieces))


def in_one_currency(parts: Sequence[Segment], config: Config, question: Question) -> Question:
    """`question` in the currency of all charges of `parts` together, where it names none.

    UsageError when they are in several and none of them is ours.
    """
    if len(parts) == 1 or question.currency is not None:
        return question
    money: dict[str, Decimal] = {}
    for part in parts:
        with part.ledger.connect(["costs"]) as con:
            add_owned(con, part.ledger, part.config.owned, part.period)
            money |= currencies(con, part.period)
    return question._replace(currency=_currency(question, config, money, Exchange.of(config)))


def _answer_of(part: Segment, question: Question) -> UnitEconomics:
    con = connect_part(part)
    try:
        return answer_on(con, part, question)[0]
    finally:
        con.close()


def _stretch_of(part: Segment, question: Question) -> Stretch:
    """What the days of `part` say of a question that is about more."""
    con = connect_part(part)
    try:
        asked = question._replace(period=part.period)
        prepared = prepare(con, part.ledger, part.config, asked)
        grouping, sources = prepared.grouping, prepared.relations.asked
        found = _measured(con, prepared, grouping._replace(run_costs=False))
        pieces = parts = None
        if question.run_costs:
            pieces = pieces_of_runs(con, sources, grouping.by, prepared.allocation.shares)
        if question.marginal:
            parts = read_parts(con, part.config, prepared, asked)
        return Stretch(_answered(con, prepared, asked, found), pieces, parts)
    finally:
        con.close()


def connect_part(part: Segment) -> duckdb.DuckDBPyConnection:
    """A connection with views of `TABLES` of the ledger of `part`, as far as its days reach."""
    return part.ledger.connect(TABLES, reach(part.period))


def answer_on(
    con: duckdb.DuckDBPyConnection, part: Segment, question: Question
) -> tuple[UnitEconomics, Prepared]:
    """The answer for the days of `part`, on `con` (views of `TABLES` of its ledger), and what was put there."""
    asked = question._replace(period=part.period)
    prepared = prepare(con, part.ledger, part.config, asked)
    measured = _measured(con, prepared, prepared.grouping)
    if question.marginal:
        measured = double(con, part.config, prepared, asked, measured).on(measured)
    return _answered(con, prepared, asked, measured), prepared


def _measured(con: duckdb.DuckDBPyConnection, prepared: Prepared, grouping: Grouping) -> Measured:
    return measure(con, prepared.relations.asked, grouping, prepared.allocation.shares)


def _answered(
    con: duckdb.DuckDBPyConnection, prepared: Prepared, asked: Question, measured: Measured
) -> UnitEconomics:
    everything = measured.total
    if prepared.scope.where is not None:
        shares = prepared.allocation.shares
        everything = measure_sums(con, prepared.relations.everything, shares)
    return answer(prepared, asked, measured, everything)


class Prepared(NamedTuple):
    """A question made ready on a connection: what to read, and how money lies on it."""

    grouping: Grouping
    scope: Scope
    relations: Relations
    allocation: Allocation
    terms: Terms
    currency: str
    other_currencies: Mapping[str, Decimal]
    notes: tuple[str, ...]


def prepare(
    con: duckdb.DuckDBPyConnection, ledger: Ledger, config: Config, question: Question
) -> Prepared:
    """Put on `con` (views of `TABLES`) what answers `question`, rates included."""
    for name in question.include:
        if name not in INCLUDABLE:
            raise UsageError(
                f"{name!r} cannot be included", hint=f"choose among {', '.join(INCLUDABLE)}"
            )
    by, where = named_dimensions(con, config, question.by, question.where)
    terms = Terms.of(config, price_book(ledger, config))
    period = question.period or _everything(con)
    notes = add_owned(con, ledger, config.owned, question.period)
    exchange = Exchange.of(config)
    money = currencies(con, question.period)
    currency = _currency(question, config, money, exchange)
    exchange_costs(con, exchange, currency, selected(question.period, months_touched(period)))
    columns = frozenset(column for each in by for column in each.columns)
    scope = Scope(
        period,
        months_touched(period),
        columns,
        where,
        question.use_rollups,
        question.run_costs,
    )
    relations = relate(con, ledger, terms, scope)
    allocation = _allocate(
        con, ledger, Settings(config, terms.book, currency), question, scope, relations
    )
    others = {
        name: cost
        for name, cost in money.items()
        if name != currency and not exchange.knows(name, currency)
    }
    grouping = Grouping(by, config.requests.success, question.run_costs)
    return Prepared(grouping, scope, relations, allocation, terms, currency, others, notes)


def answer(
    prepared: Prepared, question: Question, measured: Measured, everything: Group
) -> UnitEconomics:
    """The answer to `question` that was `measured`; `everything` is what adds up without its filter."""
    allocation = prepared.allocation
    spent = _spent(allocation, everything, prepared.scope.period, is_whole=_is_whole(question))
    return UnitEconomics(
        question.by,
        prepared.scope.period,
        prepared.currency,
        measured.groups,
        measured.total,
        reconcile(
            allocation.charges,
            allocation.metered,
            allocation.shares,
            allocation.capacity.books,
            spent,
            question.include,
        ),
        allocation,
        prepared.other_currencies,
        prepared.notes,
        prepared.relations.rulings,
        missing_of(measured),
    )


class Settings(NamedTuple):
    """What decides rates besides the ledger."""

    config: Config
    book: Book
    currency: str


def _allocate(
    con: duckdb.DuckDBPyConnection,
    ledger: Ledger,
    settings: Settings,
    question: Question,
    scope: Scope,
    relations: Relations,
) -> Allocation:
    """Set rates over all requests of the months the period lies in, and leave them on `con`."""
    config, book, currency = settings
    cells = relations.allocation
    names = canonical_names(book)
    rules = pool_rules(config.pools, config.owned)
    pools = capacity_pools(rules, config.pools)
    log = read_log(con, book, cells, InCurrency(currency, Exchange.of(config)), names)
    months = None if question.period is None else scope.months
    bill = read_metered(con, months, currency, rules, names)
    metered = meter(
        bill, [each for each in log.tokens if each.served_by is None], config.metered.tolerance
    )
    charges = read_charges(con, question.period, currency, rules)
    start, end = scope.period
    inside = f"(select * from {cells} where day >= date '{start}' and day < date '{end}')"
    shares = share(
        _shared_pools(charges, question.include),
        read_drivers(con, inside),
        cost_in(log, metered, scope.period),
    )
    shares = share_of_cost(shares, log, metered, scope.period)
    seats = {pool.name for pool in pools if pool.kind == "seat"}
    install_rates(con, log, metered, [fraction for _, fraction in shares.of_cost], seats)
    asked = Asked(
        scope.period,
        scope.months,
        _is_whole(question),
        currency,
        rules,
        pools,
        frozenset(question.include) & frozenset(SPREAD),
        cells,
        relations.hours,
    )
    found = capacity(con, ledger if question.use_rollups else None, asked, charges)
    install_capacity(con, found)
    unknown = without_cost(con, asked, found)
    return Allocation(tuple(bill), log, metered, charges, shares, found, unknown)


def _is_whole(question: Question) -> bool:
    return question.period is None or question.period.is_whole_months


def _shared_pools(charges: Charges, include: Iterable[str]) -> list[SharedPool]:
    """Shared pools, and each included line as a pool spread by cost; origins stay apart."""
    pools = [
        SharedPool(charge.pool, charge.driver or "requests", charge.cost, charge.origin)
        for charge in charges.charges
        if charge.kind == "shared" and charge.line in {"usage", "commitment_unused"}
    ]
    for line in include:
        for origin in ORIGINS:
            found = [c for c in charges.charges if (c.line, c.origin) == (line, origin)]
            if cost := total(charge.cost for charge in found):
                pools.append(SharedPool(line, "cost", cost, origin))
    return pools


def _spent(allocation: Allocation, everything: Group, period: Period, *, is_whole: bool) -> Spent:
    cost = total(everything.components[name] for name in COMPONENTS)
    return Spent(
        metered=cost_in(allocation.log, allocation.metered, period, basis="billed"),
        charged=subtract(cost, everything.list_cost),
        estimated=everything.list_cost,
        is_whole=is_whole,
    )


def _everything(con: duckdb.DuckDBPyConnection) -> Period:
    """From the first to the last month the ledger has costs or requests of."""
    months = [
        month
        for row in query(
            con,
            "select min(x_BillingMonth || '-01'), max(x_BillingMonth || '-01') from costs "
            "union all select strftime(min(day), '%Y-%m-01'), strftime(max(day), '%Y-%m-01') from requests",
        )
        for month in row
        if month is not None
    ]
    if not months:
        raise UsageError(
            "the ledger holds neither costs nor requests", hint="load some: finops load"
        )
    return Period(date.fromisoformat(min(months)), month_of(date.fromisoformat(max(months))).end)


def _currency(
    question: Question, config: Config, money: Mapping[str, Decimal], exchange: Exchange
) -> str:
    """The currency asked for, else the configured one where the bill has it or can be exchanged into it.

    Else the bill's only one.
    """
    if question.currency is not None:
        return question.currency.upper()
    own = config.currency
    if not money or own in money or any(exchange.knows(name, own) for name in money):
        return own
    if len(money) > 1:
        raise UsageError(
            f"the bill is in {', '.join(money)}; amounts of different currencies are never added",
            hint="choose one with --currency, or add [[fx]] rates to finops.toml",
        )
    return next(iter(money))
