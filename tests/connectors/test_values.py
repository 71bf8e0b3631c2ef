"""What text becomes in the ledger, and what is refused: both readings must agree on every value."""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.checking import cell_of, misread
from finops.ledger.engine import open_engine
from finops.model.schema import Column, Kind


@cache
def engine() -> duckdb.DuckDBPyConnection:
    """One connection for all the values."""
    return open_engine()


def read(kind: Kind, text: str | None, **rules: Any) -> tuple[object, list[str]]:  # noqa: ANN401  (passed on)
    """The value and the faults of `text` in a column; `stop` when the fast reading would end there."""
    cell = cell_of(Column("c", kind, "", **rules), "v", "VARCHAR", "'VND'")
    faults = ", ".join(f"case when {fault.when} then {fault.why} end" for fault in cell.faults)
    rows = engine().execute(
        f"select list_filter([{faults}], lambda why: why is not null) from (select ?::varchar as v)",
        [text],
    )
    found = rows.fetchall()[0][0]
    try:
        strict = engine().execute(f"select {cell.strict} from (select ?::varchar as v)", [text])
        value = strict.fetchall()[0][0]
    except duckdb.Error:
        value = "stop"
    assert (value == "stop") == bool(found)
    return value, found


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("150.623456789012345678901234", "150.623456789012345678901234"),
        ("35.2E-7", "0.00000352"),
        ("-0.1" + "0" * 30, "-0.1"),
        ("12345678901234.5", "12345678901234.5"),
        ("100E-26", "1E-24"),
        ("0E-40", "0"),
        (".5", "0.5"),
        ("1E+3", "1000"),
    ],
)
def test_amounts_keep_every_digit(text: str, value: str) -> None:
    assert read(Kind.DECIMAL, text) == (Decimal(value), [])


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("0.1234567890123456789012345", "has more than 24 decimal places (VND)"),
        ("1.5E-24", "has more than 24 decimal places (VND)"),
        ("123456789012345", "has more than 14 digits before the point (VND)"),
        ("1,5", "is not a decimal number"),
        ("1_000", "is not a decimal number"),
        ("NaN", "is not a decimal number"),
        ("USD 5", "is not a decimal number"),
    ],
)
def test_an_amount_that_would_lose_a_digit_is_refused(text: str, why: str) -> None:
    assert read(Kind.DECIMAL, text) == ("stop", [why])


@pytest.mark.parametrize(
    ("kind", "text", "why"),
    [
        (Kind.INTEGER, "1.7", "is not a whole number"),
        (Kind.INTEGER, "many", "is not a whole number"),
        (Kind.REAL, "inf", "is not a number"),
        (Kind.TIMESTAMP, "9/2/2023", "is not an ISO 8601 time"),
        (Kind.TIMESTAMP, "infinity", "is not an ISO 8601 time"),
        (Kind.BOOLEAN, "perhaps", "is not true or false"),
        (Kind.JSON, "{a: 1}", "is not JSON"),
        (Kind.DATE, "yesterday", "is not a date"),
    ],
)
def test_a_value_of_another_kind_is_refused(kind: Kind, text: str, why: str) -> None:
    assert read(kind, text) == ("stop", [why])


def test_rules_of_a_column() -> None:
    assert read(Kind.INTEGER, "-1", minimum=0) == ("stop", ["is below 0"])
    assert read(Kind.REAL, "1.5", maximum=1) == ("stop", ["is above 1"])
    assert read(Kind.TEXT, "", required=True) == ("stop", ["must not be empty"])
    assert read(Kind.TEXT, "C", values=("A", "B")) == ("stop", ["is none of A, B"])
    assert read(Kind.INTEGER, "12.0", minimum=0) == (12, [])


@pytest.mark.parametrize(
    "text",
    [
        "2023-11-13T10:00Z",
        "2023-11-13T10:00",
        "2023-11-13 10:00:00",
        "2023-11-13T12:00:00+02:00",
        "2023-11-13T10:00:00.000Z",
    ],
)
def test_times_with_and_without_zone_and_seconds_are_utc(text: str) -> None:
    value, faults = read(Kind.TIMESTAMP, text)
    assert (str(value), faults) == ("2023-11-13 10:00:00+00:00", [])


@given(
    st.decimals(min_value=-(10**14) + 1, max_value=10**14 - 1, places=24, allow_nan=False),
)
def test_any_amount_that_fits_survives_exactly(amount: Decimal) -> None:
    assert read(Kind.DECIMAL, f"{amount:f}") == (amount, [])


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_no_amount_is_ever_changed(amount: Decimal) -> None:
    value, faults = read(Kind.DECIMAL, str(amount))
    assert value == amount or faults
    lost = engine().execute(f"select {misread('v')} from (select ?::varchar as v)", [str(amount)])
    assert lost.fetchall()[0][0] == bool(faults)
