"""What a value must be to enter the ledger, as SQL: the typed value, and what is wrong with it otherwise.

Every rule comes from `finops.model.tables`. A column's `Cell` says both how to make the value and, for each
way it can be wrong, a condition and a sentence. Loading uses them three times: `strict` values stop the
one pass over the text at the first bad cell; `faults` name every bad cell afterwards; `lenient` values
are for `--keep-good`, over rows that have no fault.

DuckDB rounds a 25th decimal place and `1.7` as an integer without a word, and reads `1_000`: such text
is looked at before it is cast. Looking costs only where the text is long or has an exponent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from finops.model.private import HINTS, NOT_PERSONAL, PATTERN
from finops.model.schema import MONEY_INTEGER_DIGITS, MONEY_SCALE, Kind

if TYPE_CHECKING:
    from finops.model.schema import Column

__all__ = ["LENIENT_VALUES", "PLAIN", "Cell", "Fault", "cell_of", "misread", "private", "stop"]

LENIENT_VALUES = frozenset(
    {
        "ChargeClass",
        "ChargeFrequency",
        "CommitmentDiscountCategory",
        "CommitmentDiscountStatus",
        "CapacityReservationStatus",
        "PricingCategory",
    }
)
"""FOCUS columns whose allowed values real bills break; kept as they come. ChargeCategory is not one."""

_NUMBER = r"^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$"


class Fault(NamedTuple):
    """One way a value can be wrong: an SQL condition, and an SQL string that says what is wrong."""

    when: str
    why: str


class Cell(NamedTuple):
    """SQL of one ledger column: its value, and the faults it can have."""

    column: Column
    raw: str
    strict: str
    lenient: str
    faults: tuple[Fault, ...]


PLAIN = frozenset(
    {"request_id", "trace_id", "span_id", "parent_span_id", "call_id", "workflow_run_id"}
)
"""Identities that sources make up: many, long, and never a person's."""


def private(value: str) -> str:
    """SQL: text `value` with e-mail addresses and API keys replaced as `finops.model.private` does."""
    suspicious = " or ".join(f"contains({value}, '{hint}')" for hint in HINTS)
    kept = f"lambda found: not ends_with(lower(found), '{NOT_PERSONAL}')"
    name = "case when contains(found, '@') then 'person-' else 'key-' end || left(md5(lower(found)), 12)"
    return (
        f"case when {suspicious} then list_reduce("
        f"list_filter(regexp_extract_all({value}, '{PATTERN}'), {kept}), "
        f"lambda text, found: replace(text, found, {name}), {value}) else {value} end"
    )


def stop(column: str) -> str:
    """SQL that ends the query: the exact reason is found by the pass that follows."""
    return f"error('{column}')"


def cell_of(column: Column, raw: str, kind: str, unit: str | None = None) -> Cell:
    """The cell of `column` read from SQL `raw` of DuckDB type `kind`.

    `unit` is SQL for the currency or unit to name where an amount does not fit.
    """
    text = kind in {"VARCHAR", "JSON"}
    value, faults = _KINDS[column.kind](raw, kind, text, unit)
    if column.kind in {Kind.TEXT, Kind.JSON} and not column.values and column.name not in PLAIN:
        value = private(value)
    rules = (*faults, *_rules(column, value))
    return Cell(column, raw, _strict(column, raw, value, text, rules), value, rules)


def _strict(column: Column, raw: str, value: str, text: bool, faults: tuple[Fault, ...]) -> str:  # noqa: FBT001
    """`value`, or the end of the query: cheap tests for what is usual, all of them for what is not."""
    halt = stop(column.name)
    if column.kind is Kind.DECIMAL and text:
        usual = f"length({raw}) <= {MONEY_SCALE + 1} and not {_exotic(raw)}"
        plain = f"cast({raw} as {Kind.DECIMAL})"
        unusual = " or ".join(fault.when for fault in faults)
        checked = f"case when {usual} then {plain} when {unusual} then {halt} else {value} end"
        return f"coalesce({checked}, {halt})" if column.required else checked
    if column.kind is Kind.JSON and text:
        return f"case when {raw} is null or json_valid({raw}) then {value} else {halt} end"
    if not faults:
        return value
    bad = " or ".join(fault.when for fault in faults)
    return f"case when {bad} then {halt} else {value} end"


def _exotic(raw: str) -> str:
    """Whether the text has what a plain number has not: an exponent, or a digit separator."""
    return f"(contains({raw}, 'e') or contains({raw}, 'E') or contains({raw}, '_'))"


def _rules(column: Column, value: str) -> tuple[Fault, ...]:
    found = []
    if column.required:
        found.append(Fault(f"{value} is null", "'must not be empty'"))
    if column.values and column.name not in LENIENT_VALUES:
        allowed = ", ".join(f"'{allowed}'" for allowed in column.values)
        found.append(
            Fault(f"{value} not in ({allowed})", f"'is none of {', '.join(column.values)}'")
        )
    if column.minimum is not None:
        found.append(Fault(f"{value} < {column.minimum}", f"'is below {column.minimum}'"))
    if column.maximum is not None:
        found.append(Fault(f"{value} > {column.maximum}", f"'is above {column.maximum}'"))
    return tuple(found)


_Made = tuple[str, tuple[Fault, ...]]


def _as_text(raw: str, kind: str, text: bool, unit: str | None) -> _Made:  # noqa: FBT001
    del unit, kind
    return f"nullif({raw if text else f'cast({raw} as varchar)'}, '')", ()


def _as_json(raw: str, kind: str, text: bool, unit: str | None) -> _Made:  # noqa: FBT001
    del unit, kind
    if not text:
        return f"cast(to_json({raw}) as varchar)", ()
    wrong = f"({raw} is not null and not json_valid({raw}))"
    return f"cast({raw} as varchar)", (Fault(wrong, "'is not JSON'"),)


def _as_decimal(raw: str, kind: str, text: bool, unit: str | None) -> _Made:  # noqa: FBT001
    money = Kind.DECIMAL.value
    if not text:
        # a double prints its shortest decimal; what lies beyond 24 places was never in it
        source = f"cast({raw} as varchar)" if kind in {"DOUBLE", "FLOAT"} else raw
        value = f"try_cast({source} as {money})"
        return value, (Fault(f"({raw} is not null and {value} is null)", _too_big(unit)),)
    value = f"try_cast({raw} as {money})"
    number = f"regexp_matches({raw}, '{_NUMBER}')"
    return value, (
        Fault(f"({raw} is not null and not {number})", "'is not a decimal number'"),
        Fault(f"({number} and {value} is null)", _too_big(unit)),
        Fault(f"({number} and {_places(raw)} > {MONEY_SCALE})", _too_fine(unit)),
    )


def misread(raw: str) -> str:
    """SQL: whether a cast would not read the whole of the decimal number in text `raw`."""
    unusual = f"(length({raw}) > {MONEY_SCALE + 1} or {_exotic(raw)})"
    number = f"regexp_matches({raw}, '{_NUMBER}')"
    cut = f"(not {number} or {_places(raw)} > {MONEY_SCALE})"
    unread = f"try_cast({raw} as {Kind.DECIMAL}) is null"
    return f"({raw} is not null and ({unread} or ({unusual} and {cut})))"


def _too_big(unit: str | None) -> str:
    return f"'has more than {MONEY_INTEGER_DIGITS} digits before the point' || {_in(unit)}"


def _too_fine(unit: str | None) -> str:
    return f"'has more than {MONEY_SCALE} decimal places' || {_in(unit)}"


def _in(unit: str | None) -> str:
    return "''" if unit is None else f"coalesce(' (' || {unit} || ')', '')"


def _places(raw: str) -> str:
    """Decimal places the number needs: `1.50` one, `1.5E-3` four, `10` none."""
    fraction = rf"regexp_extract({raw}, '\.(\d*)', 1)"
    whole = rf"regexp_extract({raw}, '^\s*[+-]?(\d*)', 1)"
    power = rf"coalesce(try_cast(regexp_extract({raw}, '[eE]([+-]?\d+)', 1) as integer), 0)"
    digits = f"({whole} || {fraction})"
    zeros = f"(length({digits}) - length(rtrim({digits}, '0')))"
    needed = f"length({fraction}) - {power} - {zeros}"
    return f"(case when rtrim({digits}, '0') = '' then 0 else {needed} end)"


def _as_integer(raw: str, kind: str, text: bool, unit: str | None) -> _Made:  # noqa: FBT001
    del unit
    if not text and kind not in {"DOUBLE", "FLOAT"} and not kind.startswith("DECIMAL"):
        return f"cast({raw} as bigint)", ()
    value = f"try_cast({raw} as bigint)"
    whole = f"try_cast({raw} as double) <> trunc(try_cast({raw} as double))"
    odd = f"({whole} or contains({raw}, '_'))" if text else f"({whole})"
    wrong = f"({raw} is not null and ({value} is null or {odd}))"
    return value, (Fault(wrong, "'is not a whole number'"),)


def _as_real(raw: str, kind: str, text: bool, unit: str | None) -> _Made:  # noqa: FBT001
    del unit
    value = f"try_cast({raw} as double)" if text else f"cast({raw} as double)"
    if not text and kind not in {"DOUBLE", "FLOAT"}:
        return value, ()
    unread = f"{value} is null or " if text else ""
    wrong = f"({raw} is not null and ({unread}not isfinite({value})))"
    return value, (Fault(wrong, "'is not a number'"),)


def _as_boolean(raw: str, kind: str, text: bool, unit: str | None) -> _Made:  # noqa: FBT001
    del unit, kind
    value = f"try_cast({raw} as boolean)"
    if not text:
        return f"cast({raw} as boolean)", ()
    return value, (Fault(f"({raw} is not null and {value} is null)", "'is not true or false'"),)


def _as_time(raw: str, kind: str, text: bool, unit: str | None) -> _Made:  # noqa: FBT001
    del unit, kind
    if not text:
        return f"cast({raw} as timestamptz)", ()
    value = f"try_cast({raw} as timestamptz)"
    wrong = f"({raw} is not null and ({value} is null or not isfinite({value})))"
    return value, (Fault(wrong, "'is not an ISO 8601 time'"),)


def _as_date(raw: str, kind: str, text: bool, unit: str | None) -> _Made:  # noqa: FBT001
    del unit, kind
    if not text:
        return f"cast({raw} as date)", ()
    value = f"try_cast({raw} as date)"
    return value, (Fault(f"({raw} is not null and {value} is null)", "'is not a date'"),)


_KINDS = {
    Kind.TEXT: _as_text,
    Kind.JSON: _as_json,
    Kind.DECIMAL: _as_decimal,
    Kind.INTEGER: _as_integer,
    Kind.REAL: _as_real,
    Kind.BOOLEAN: _as_boolean,
    Kind.TIMESTAMP: _as_time,
    Kind.DATE: _as_date,
}
