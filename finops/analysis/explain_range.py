"""Where the least and the most a cost may be comes from: assumed weights of output, as they are, halved and raised by half.

A deployment's cost does not change with the weights, only who bears it: each weight gives other weighted tokens,
another rate of one, and so another cost of the tokens asked about.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from finops.analysis.capacity.install import PARTS, RATES, WEIGHED
from finops.analysis.capacity.usage import PREFILL
from finops.analysis.derived.arithmetic import amount
from finops.analysis.derived.sheet import PARTS as BEGINNING
from finops.analysis.explanation import Line
from finops.ledger.engine import query
from finops.model.money import multiply, total

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import duckdb

    from finops.analysis.capacity.model import DeviceMonth
    from finops.analysis.economics import Prepared
    from finops.analysis.sources import Sources

__all__ = ["RANGE", "bound_lines", "weighed_lines"]

RANGE = {
    "cost_low": "cost - as_assumed + min(as_assumed, half, one_and_a_half)",
    "cost_high": "cost - as_assumed + max(as_assumed, half, one_and_a_half)",
}
"""Numbers explained here, and their formula."""

_CASES = {"as_assumed": PARTS[:3], "half": ("less",), "one_and_a_half": ("more",)}
"""What capacity costs by each weight of output, and the rates of it that add up to that."""

_TOKENS = {"prefill": "input", "cached": "cached input", "output": "output"}


class _Served(NamedTuple):
    """Tokens asked about of one deployment in one month, and the rate of each by every case."""

    name: str
    month: DeviceMonth
    key: str | None
    counts: dict[str, int]
    rates: dict[tuple[str, str], Decimal]


def weighed_lines(
    con: duckdb.DuckDBPyConnection, prepared: Prepared, sources: Sources
) -> tuple[Line, ...]:
    """Tokens of each deployment with assumed weights at the rates that each weight of output gives."""
    served = list(_served(con, prepared, sources))
    return tuple(line for case in _CASES for each in served for line in _case(case, each))


def bound_lines(lines: Sequence[Line], cost: Decimal, name: str, value: Decimal) -> list[Line]:
    """`lines` by their case, each with its sum, and `name`, one of RANGE."""
    found = [amount("cost", cost, "finops explain cost")]
    for case in _CASES:
        mine = [line for line in lines if line.step.startswith(f"{case}: ")]
        weighted = [line for line in lines if line.step.startswith(f"tokens {case} ")]
        whole = total(line.amount for line in mine if line.amount is not None)
        found += [*weighted, *mine, amount(case, whole, f"{BEGINNING}{case}")]
    return [*found, amount(name, value, f"= {RANGE[name]}")]


def _served(
    con: duckdb.DuckDBPyConnection, prepared: Prepared, sources: Sources
) -> Iterator[_Served]:
    months = {
        (each.facts.pool.name, each.facts.month): each
        for each in prepared.allocation.capacity.months
    }
    counts = {
        "prefill": " + ".join(PREFILL),
        "cached": "cache_read_tokens",
        "output": "output_tokens",
    }
    sums = ", ".join(f"cast(sum({sql}) as bigint)" for sql in counts.values())
    kept = [(part, of) for parts in _CASES.values() for part in parts for of in _TOKENS]
    rates = ", ".join(f"k.{part}_{of}" for part, of in kept)
    rows = query(
        con,
        f"""
        select k.of_pool, k.of_key, strftime(k.from_day, '%Y-%m') as month, {sums}, {rates}
        from {sources.cells} as c
        join {RATES} as k
            on c.served_by = k.of_pool and c.served_key is not distinct from k.of_key
            and c.day >= k.from_day and c.day < k.until_day
        where c.day >= date '{sources.start}' and c.day < date '{sources.end}' and ({sources.counted})
        group by all
        order by all
        """,
    )
    for pool, key, month, *values in rows:
        found = months.get((pool, month))
        token = None if found is None else found.rates.tokens.get(key)
        if found is None or token is None or token.by_rows or token.weights.basis != "assumed":
            continue
        name = " ".join(str(each) for each in (month, pool, key) if each is not None)
        tokens = dict(zip(counts, values[: len(counts)], strict=True))
        yield _Served(name, found, key, tokens, dict(zip(kept, values[len(counts) :], strict=True)))


def _case(case: str, each: _Served) -> Iterator[Line]:
    """The deployment's weighted tokens by one weight of output, and what those asked about cost by it."""
    served, token = each.month.facts.served[each.key], each.month.rates.tokens[each.key]
    part = _CASES[case][0]
    decode = int(token.weights.decode * WEIGHED.get(part, 1))
    weights = token.weights._replace(decode=decode)
    told = (
        f"= {weights.prefill} x {served.prefill} + {weights.cached} x {served.cached} "
        f"+ {weights.decode} x {served.output}"
    )
    units = weights.weigh(served)
    unit = "weighted (thousandths)"
    yield Line(f"tokens {case} {each.name}", Decimal(units), unit, None, None, told)
    rated = (
        f"pool {each.month.facts.pool.name}: {token.cost.normalize():f} / {units:,} weighted tokens"
    )
    of_kind = {"prefill": weights.prefill, "cached": weights.cached, "output": weights.decode}
    for of, count in each.counts.items():
        rate = total(each.rates[name, of] for name in _CASES[case])
        if count and rate:
            source = f"{rated} x {of_kind[of]}"
            step = f"{case}: {each.name} {_TOKENS[of]}"
            yield Line(step, Decimal(count), "tokens", rate, multiply(rate, count), source)
