"""Conservation: however the bill is split, the groups add up to the slice, to the last digit."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import date
from decimal import Context, Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops.analysis.spend import DERIVED, Slice, resolve_dimensions, spend
from finops.errors import UsageError
from finops.ledger.engine import open_engine, query
from finops.model.basis import Basis
from finops.model.period import Period, parse_month
from finops.model.schema import Kind
from finops.model.tables import COST_AMOUNTS, COSTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import duckdb

EXACT = Context(prec=100)

AMOUNTS = st.decimals(min_value=-(10**9), max_value=10**9, places=24).map(str)
TEXTS = st.one_of(
    st.none(), st.sampled_from(["", "a", "A", " a", "ü", "o'clock", 'say "x"', "a/b~c"])
)
TAGS = st.one_of(
    st.none(),
    st.sampled_from(
        ["{}", '{"team":"a"}', '{"team":"a","env":true}', '{" team":"b"}', '{"team":null}']
    ),
)

ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "BilledCost": AMOUNTS,
            "EffectiveCost": AMOUNTS,
            "ListCost": st.one_of(st.none(), AMOUNTS),
            "ContractedCost": st.one_of(st.none(), AMOUNTS),
            "BillingCurrency": st.sampled_from(["USD", "EUR", "VND"]),
            "ServiceName": TEXTS,
            "RegionId": TEXTS,
            "Tags": TAGS,
            "x_BillingMonth": st.sampled_from(["2026-08", "2026-09"]),
            "ChargePeriodStart": st.sampled_from(
                ["2026-08-31 23:59:59+00", "2026-09-01 00:00:00+00", "2026-09-30 23:00:00+00"]
            ),
        }
    ),
    max_size=30,
)

DIMENSIONS = st.lists(
    st.sampled_from(["ServiceName", "regionid", "tag:team", "tag:env", "tag:a/b~c", *DERIVED]),
    unique=True,
    max_size=3,
)

SLICES = st.sampled_from(
    [
        Slice(),
        Slice(parse_month("2026-09")),
        Slice(parse_month("2026-09"), Basis.CHARGE),
        Slice(Period(date(2026, 8, 31), date(2026, 9, 2)), Basis.CHARGE),
        Slice(where="ServiceName = 'a'"),
    ]
)


@contextmanager
def costs(rows: Sequence[dict[str, str | None]]) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection whose table `costs` holds `rows`."""
    with open_engine() as con:
        declared = ", ".join(
            f'"{column.name}" {"VARCHAR" if column.kind is Kind.JSON else column.kind.value}'
            for column in COSTS.columns
        )
        query(con, f"CREATE TABLE costs ({declared})")
        for row in rows:
            names = ", ".join(f'"{name}"' for name in row)
            holes = ", ".join(f"${name}" for name in row)
            query(con, f"INSERT INTO costs ({names}) VALUES ({holes})", row)
        yield con


def added(amounts: Sequence[Decimal | None]) -> Decimal | None:
    """The exact sum of those there are; None when there is none."""
    there = [amount for amount in amounts if amount is not None]
    total = Decimal(0)
    for amount in there:
        total = EXACT.add(total, amount)
    return total if there else None


@settings(max_examples=60)
@given(ROWS, DIMENSIONS, SLICES)
def test_groups_add_up_to_the_slice(
    rows: list[dict[str, str | None]], names: list[str], chosen: Slice
) -> None:
    everything = Slice(chosen.period, chosen.basis, chosen.where)
    with costs(rows) as con:
        split = spend(con, resolve_dimensions(names), chosen)
        whole = spend(con, (), everything)
        sums = ", ".join(f"sum({name})" for name in COST_AMOUNTS)
        counted = query(con, f"SELECT BillingCurrency, {sums} FROM costs GROUP BY 1 ORDER BY 1")
    assert split.totals == whole.totals
    assert split.rows == whole.rows
    for currency, total in split.totals:
        groups = [group for group in split.groups if group.currency == currency]
        for index in range(len(COST_AMOUNTS)):
            assert added([group.amounts[index] for group in groups]) == total[index]
    if chosen == Slice():
        assert [(currency, *total) for currency, total in split.totals] == counted
        assert split.rows == len(rows)


@given(ROWS)
@settings(max_examples=20)
def test_two_halves_of_a_period_are_the_whole(rows: list[dict[str, str | None]]) -> None:
    first = Slice(Period(date(2026, 8, 1), date(2026, 9, 1)), Basis.CHARGE)
    second = Slice(Period(date(2026, 9, 1), date(2026, 10, 1)), Basis.CHARGE)
    both = Slice(Period(date(2026, 8, 1), date(2026, 10, 1)), Basis.CHARGE)
    with costs(rows) as con:
        halves = [dict(spend(con, (), part).totals) for part in (first, second)]
        whole = dict(spend(con, (), both).totals)
    for currency, total in whole.items():
        parts = [half[currency].EffectiveCost for half in halves if currency in half]
        assert added(parts) == total.EffectiveCost


def test_groups_fall_by_effective_cost_within_a_currency() -> None:
    rows: list[dict[str, str | None]] = [
        {"ServiceName": name, "BillingCurrency": currency, "BilledCost": "1", "EffectiveCost": cost}
        for name, currency, cost in (
            ("small", "USD", "1"), ("credit", "USD", "-5"), ("big", "USD", "9"), ("dong", "VND", "900"),
            ("a tie", "USD", "1"),
        )
    ]  # fmt: skip
    with costs(rows) as con:
        found = spend(con, resolve_dimensions(["ServiceName"]), Slice())
    assert [(group.currency, group.values[0]) for group in found.groups] == [
        ("USD", "big"), ("USD", "a tie"), ("USD", "small"), ("USD", "credit"), ("VND", "dong"),
    ]  # fmt: skip


def test_names_are_found_in_any_case_and_currency_is_no_extra_split() -> None:
    assert [one.name for one in resolve_dimensions(["REGIONID", "BillingCurrency", "Day"])] == [
        "RegionId",
        "day",
    ]
    with pytest.raises(UsageError, match="there is no dimension 'zzz'") as raised:
        resolve_dimensions(["zzz"])
    assert "tag:KEY" in (raised.value.hint or "")
