"""Where a unit cost comes from: every rate with its source, every product, the sum and the quotient.

The lines are made from the same rates and relations the number was made from, and add up to it.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from finops.analysis.books import books_by_month
from finops.analysis.economics import connect_part, in_one_currency, prepare
from finops.analysis.explain_products import product_lines
from finops.analysis.explanation import Explanation, Line
from finops.analysis.measures import COMPONENTS, Group, measure
from finops.analysis.numbers import QUOTIENTS, REASONS, Quotient, count_of, numbers_of
from finops.analysis.spans import add_groups, same_currency, span_of, timed, timings_of
from finops.model.money import total

if TYPE_CHECKING:
    from collections.abc import Callable

    import duckdb

    from finops.analysis.books import Segment
    from finops.analysis.economics import Prepared, Question
    from finops.analysis.sources import Sources
    from finops.config import Config
    from finops.ledger.store import Ledger
    from finops.model.period import Period

    Make = Callable[[duckdb.DuckDBPyConnection, Prepared, Sources], tuple[Line, ...]]

__all__ = [
    "NUMBERS",
    "Products",
    "cost_products",
    "explain_cost",
    "explain_products",
    "products",
]


NUMBERS = ("cost", *QUOTIENTS)
"""Numbers explained by rates, products, their sum and the quotient."""


def explain_cost(ledger: Ledger, config: Config, question: Question, number: str) -> Explanation:
    """`number` of everything `question` lets through: one of NUMBERS."""
    return explain_products(cost_products(ledger, config, question), number)


def cost_products(ledger: Ledger, config: Config, question: Question) -> Products:
    """What every number of NUMBERS is made of, for everything `question` lets through."""
    return products(ledger, config, question, product_lines)


class Products(NamedTuple):
    """Every rate times its quantity, and what they were measured of."""

    lines: tuple[Line, ...]
    group: Group
    period: Period
    currency: str


def products(
    ledger: Ledger,
    config: Config,
    question: Question,
    make: Make,
    *,
    by: tuple[str, ...] = (),
    begin_with_month: bool = True,
) -> Products:
    """The lines that `make` makes of everything `question` lets through, from cells that tell `by` apart.

    Of several months each line's step begins with its month, unless the lines say it themselves.
    """
    parts = books_by_month(ledger, config, question.period)
    asked = in_one_currency(parts, config, question._replace(by=by))
    found = [_products_of(part, asked, make) for part in parts]
    if len(found) == 1:
        return found[0]
    timings = timings_of(ledger, config, asked, parts)
    group = timed(add_groups([each.group for each in found]), timings)
    lines = [
        line._replace(step=f"{part.period.label}: {line.step}") if begin_with_month else line
        for part, each in zip(parts, found, strict=True)
        for line in each.lines
        if part.period is not None
    ]
    currency = same_currency([each.currency for each in found])
    return Products(tuple(lines), group, span_of(parts), currency)


def _products_of(part: Segment, question: Question, make: Make) -> Products:
    con = connect_part(part)
    try:
        asked = question._replace(period=part.period)
        prepared = prepare(con, part.ledger, part.config, asked)
        sources, shares = prepared.relations.asked, prepared.allocation.shares
        group = measure(con, sources, prepared.grouping, shares).total
        lines = make(con, prepared, sources)
        return Products(lines, group, prepared.scope.period, prepared.currency)
    finally:
        con.close()


def explain_products(found: Products, number: str) -> Explanation:
    """`number`, one of NUMBERS: the products, their sum, what it is made of, and the quotient."""
    group = found.group
    cost = total(group.components.values())
    made_of = [
        Line(
            f"  of it {name}",
            None,
            None,
            None,
            group.components[name],
            f"finops explain components.{name}",
        )
        for name in COMPONENTS
        if group.components[name]
    ]
    summed = Line("cost", None, None, None, cost, "sum of the lines above")
    quotient = QUOTIENTS.get(number)
    value = numbers_of(group)[number]
    closing: list[Line] = []
    formula = "cost = sum of tokens x rate + capacity + shares of shared pools"
    if quotient is not None:
        units = f" x {quotient.units:,}" if quotient.units > 1 else ""
        formula = f"{number} = cost{units} / {quotient.of}"
        closing = _quotient(group, number, quotient, value)
    lines = (*found.lines, summed, *made_of, *closing)
    return Explanation(number, formula, value, found.period, found.currency, lines)


def _quotient(group: Group, number: str, of: Quotient, value: Decimal | None) -> list[Line]:
    """What the cost is divided by, and the quotient; where there is none, why."""
    count = Line(
        of.of, Decimal(count_of(group, of.of)), of.of, None, None, f"finops explain {of.of}"
    )
    units = f" x {of.units}" if of.units > 1 else ""
    source = f"= cost{units} / {of.of}"
    if value is None:
        source = REASONS.get(number, f"there are no {of.of.replace('_', ' ')}")
    return [count, Line(number, None, None, None, value, source)]
