"""What was spent, split by any column of the bill, a tag, a pool or time: sums of cost rows, exactly.

A slice is chosen by billing month (what the invoice says) or by charge period (when it was used): two
questions with two answers, because corrections and refunds arrive in a later invoice. Every answer is
split by BillingCurrency, and amounts of two currencies are never added. Each cost row falls into
exactly one group, so the groups of any split add up to the slice to the last digit.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from decimal import Context, Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from finops.errors import FinopsError, UsageError
from finops.ledger.engine import query
from finops.model.basis import Basis
from finops.model.schema import Kind
from finops.model.tables import COST_AMOUNTS, COSTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import duckdb

    from finops.model.period import Period

__all__ = [
    "DERIVED",
    "RULED",
    "Amounts",
    "Dimension",
    "Group",
    "Slice",
    "Spend",
    "in_order",
    "resolve_dimensions",
    "slice_condition",
    "spend",
    "totals_of",
]

CURRENCY = "BillingCurrency"

TAG_PREFIX = "tag:"

DERIVED = {
    "provider": "coalesce(ServiceProviderName, ProviderName)",
    "day": "strftime(ChargePeriodStart, '%Y-%m-%d')",
    "week": "strftime(date_trunc('week', ChargePeriodStart), '%Y-%m-%d')",
    "month": "strftime(ChargePeriodStart, '%Y-%m')",
    "billing_month": "x_BillingMonth",
    "origin": "x_CostOrigin",
    "element": "case when x_CostOrigin = 'owned' then SkuMeter end",
}
"""Dimensions that are not a column: whoever provides the service, in any FOCUS version; the charge
period's UTC day, week (its Monday) and month; the invoice's month; bill or owned hardware, and what of
owned hardware."""

RULED = ("pool", "layer", "line", "team", "product", "cost_centre", "gl_code")
"""Dimensions whose SQL depends on finops.toml or on the period and is given by the caller: a row's pool, its
layer of the stack, the line of the books it is on (usage, tax, commitment_unused …), its owners."""

NOTHING: Mapping[str, str] = MappingProxyType({})

_EXACT = Context(prec=100)
"""Sums of DECIMAL(38,24) stay exact, however many there are."""


class Dimension(NamedTuple):
    """One way to split: its name in the answer and the SQL that gives a row's value."""

    name: str
    sql: str

    @property
    def tag(self) -> str | None:
        """The tag's key, when the dimension is a tag."""
        return self.name.removeprefix(TAG_PREFIX) if self.name.startswith(TAG_PREFIX) else None


class Amounts(NamedTuple):
    """Sums of the four FOCUS amounts; None where no row has one."""

    BilledCost: Decimal | None
    EffectiveCost: Decimal | None
    ListCost: Decimal | None
    ContractedCost: Decimal | None


class Group(NamedTuple):
    """One group: the dimensions' values, its currency and its amounts."""

    values: tuple[str | bool | int | Decimal | None, ...]
    currency: str
    amounts: Amounts


class Slice(NamedTuple):
    """Which cost rows: a period (None for all of them) by a basis, and a condition in SQL."""

    period: Period | None = None
    basis: Basis = Basis.BILLING
    where: str | None = None


@dataclass(frozen=True, slots=True)
class Spend:
    """The answer: groups by falling EffectiveCost (within each currency), and each currency's sum."""

    dimensions: tuple[Dimension, ...]
    groups: tuple[Group, ...]
    totals: tuple[tuple[str, Amounts], ...]
    rows: int
    notes: tuple[str, ...]


def resolve_dimensions(
    names: Iterable[str], *, ruled: Mapping[str, str] = NOTHING
) -> tuple[Dimension, ...]:
    """Each name as a dimension; UsageError names the nearest there is.

    A name is a column of `costs` in any case, `tag:KEY`, a derived dimension, or one of `RULED`, for
    which the caller gives the SQL. BillingCurrency always splits, so asking for it changes nothing.
    """
    found = [_resolve(name, ruled) for name in names]
    return tuple(dict.fromkeys(one for one in found if one.name != CURRENCY))


def _resolve(name: str, ruled: Mapping[str, str]) -> Dimension:
    if name.lower().startswith(TAG_PREFIX):
        return _tag(name[len(TAG_PREFIX) :])
    lower = name.lower()
    if lower in ruled:
        return Dimension(lower, ruled[lower])
    if lower in DERIVED:
        return Dimension(lower, DERIVED[lower])
    for column in COSTS.columns:
        if column.name.lower() == lower:
            if column.name in COST_AMOUNTS:
                raise UsageError(
                    f"{column.name} is an amount: every row has it, nothing is split by it"
                )
            return Dimension(column.name, _column_sql(column.name, column.kind))
    raise UsageError(f"there is no dimension {name!r}", hint=_nearest(name))


def _nearest(name: str) -> str:
    known = {column.name.lower(): column.name for column in COSTS.columns}
    known.update({derived: derived for derived in (*DERIVED, *RULED)})
    near = difflib.get_close_matches(name.lower(), known, n=3)
    if near:
        return f"did you mean {', '.join(known[one] for one in near)}?"
    return f"a FOCUS column, tag:KEY, {', '.join((*DERIVED, *RULED))}"


def _tag(key: str) -> Dimension:
    if not key:
        raise UsageError("tag: needs a key", hint="for example --by tag:team")
    pointer = "/" + key.replace("~", "~0").replace("/", "~1")
    return Dimension(f"{TAG_PREFIX}{key}", f"json_extract_string(Tags, {_quoted(pointer)})")


def _column_sql(name: str, kind: Kind) -> str:
    if kind is Kind.TIMESTAMP:
        return f"strftime({name}, '%Y-%m-%dT%H:%M:%SZ')"
    return name


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def slice_condition(chosen: Slice) -> str:
    """The WHERE condition of a slice; UsageError when a billing slice is not whole months."""
    parts = [f"({chosen.where})"] if chosen.where else []
    period = chosen.period
    if period is not None and chosen.basis is Basis.CHARGE:
        parts.append(
            f"ChargePeriodStart >= TIMESTAMPTZ '{period.start} 00:00:00+00'"
            f" AND ChargePeriodStart < TIMESTAMPTZ '{period.end} 00:00:00+00'"
        )
    elif period is not None:
        if not period.is_whole_months:
            raise UsageError(
                f"{period.label} is not whole months, and an invoice has no days",
                hint="use --basis charge, or --month",
            )
        parts.append(f"x_BillingMonth IN ({', '.join(_quoted(month) for month in period.months)})")
    return " AND ".join(parts) or "true"


def spend(con: duckdb.DuckDBPyConnection, dimensions: Sequence[Dimension], chosen: Slice) -> Spend:
    """Sums of the slice's cost rows in the view `costs` of `con`, split by `dimensions` and currency.

    FinopsError names the currency whose sum is too large for 14 digits before the point.
    """
    condition = slice_condition(chosen)
    found = _sums(con, dimensions, condition)
    width = len(dimensions)
    groups = in_order(
        Group(row[:width], row[width], Amounts(*row[width + 1 : width + 5])) for row in found
    )
    counted = [row[width + 5 :] for row in found]
    return Spend(
        dimensions=tuple(dimensions),
        groups=groups,
        totals=totals_of(groups),
        rows=sum(row[0] for row in counted),
        notes=(*_notes(counted), *_tag_notes(con, dimensions, condition)),
    )


_COUNTS = """count(*),
    count(*) FILTER (WHERE ListCost IS NULL),
    count(*) FILTER (WHERE ContractedCost IS NULL),
    count(*) FILTER (WHERE ChargeCategory = 'Purchase' AND CommitmentDiscountId IS NOT NULL)"""
"""Behind each group's sums: rows, rows without a list cost, without a contracted cost, and purchases
of commitments."""


def _sums(
    con: duckdb.DuckDBPyConnection, dimensions: Sequence[Dimension], condition: str
) -> list[tuple[Any, ...]]:
    import duckdb

    keys = [f"({one.sql}) AS dimension_{index}" for index, one in enumerate(dimensions)]
    sums = [f"sum({name})" for name in COST_AMOUNTS]
    columns = ",\n    ".join([*keys, CURRENCY, *sums, _COUNTS])
    grouping = ", ".join(str(position + 1) for position in range(len(keys) + 1))
    try:
        return query(con, f"SELECT {columns}\nFROM costs\nWHERE {condition}\nGROUP BY {grouping}")
    except duckdb.OutOfRangeException as error:
        raise FinopsError(_too_large(con, condition)) from error


def _too_large(con: duckdb.DuckDBPyConnection, condition: str) -> str:
    sums = ", ".join(f"abs(sum({name}::DOUBLE))" for name in COST_AMOUNTS)
    largest = query(
        con,
        f"SELECT {CURRENCY} FROM costs WHERE {condition} GROUP BY 1"
        f" ORDER BY greatest({sums}) DESC LIMIT 1",
    )
    return f"a sum in {largest[0][0]} has more than the 14 digits before the point that the ledger holds"


def in_order(groups: Iterable[Group]) -> tuple[Group, ...]:
    """By currency, and in it by falling EffectiveCost."""
    return tuple(sorted(groups, key=_order))


def _order(group: Group) -> tuple[str, Decimal, tuple[tuple[bool, str], ...]]:
    names = tuple((value is None, str(value)) for value in group.values)
    return group.currency, -(group.amounts.EffectiveCost or Decimal(0)), names


def totals_of(groups: Sequence[Group]) -> tuple[tuple[str, Amounts], ...]:
    """The sum of `groups` in each currency."""
    currencies = sorted({group.currency for group in groups})
    return tuple(
        (
            currency,
            Amounts(
                *(
                    _add(group.amounts[index] for group in groups if group.currency == currency)
                    for index in range(len(COST_AMOUNTS))
                )
            ),
        )
        for currency in currencies
    )


def _add(amounts: Iterable[Decimal | None]) -> Decimal | None:
    total: Decimal | None = None
    for amount in amounts:
        if amount is not None:
            total = amount if total is None else _EXACT.add(total, amount)
    return total


def _notes(counted: Sequence[tuple[int, ...]]) -> list[str]:
    rows, no_list, no_contracted, purchases = (
        sum(row[index] for row in counted) for index in range(4)
    )
    notes = [
        f"{missing:,} of {rows:,} cost rows have no {name}: its sums leave them out."
        for name, missing in (("ListCost", no_list), ("ContractedCost", no_contracted))
        if missing
    ]
    if purchases:
        notes.append(
            f"ListCost and ContractedCost count {purchases:,} commitment purchases beside the usage they "
            "cover: what they exceed EffectiveCost by is not a saving."
        )
    return notes


def _tag_notes(
    con: duckdb.DuckDBPyConnection, dimensions: Sequence[Dimension], condition: str
) -> list[str]:
    """A word for each tag whose key also stands in the slice in another spelling, or not at all."""
    asked = [one.tag for one in dimensions if one.tag is not None]
    if not asked:
        return []
    rows = query(con, f"SELECT DISTINCT unnest(json_keys(Tags)) FROM costs WHERE {condition}")
    keys = sorted(row[0] for row in rows)
    notes = []
    for tag in asked:
        plain = tag.strip().lower()
        variants = [key for key in keys if key != tag and key.strip().lower() == plain]
        if variants:
            others = ", ".join(repr(key) for key in variants)
            have = "is also spelled" if tag in keys else "does not occur, but is spelled"
            notes.append(f"Tag {tag!r} {have} {others}; keys are matched exactly.")
        elif tag not in keys:
            near = ", ".join(repr(key) for key in difflib.get_close_matches(tag, keys, n=3))
            notes.append(
                f"No cost row has a tag {tag!r}" + (f"; near it: {near}." if near else ".")
            )
    return notes
