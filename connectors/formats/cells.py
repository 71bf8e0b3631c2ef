"""SQL fragments for the cells of instrument exports: numbers with units, blanks, times without zone.

Shared by the GPU and job readers, because all of them get an instrument's values as text. A
cell that is neither a number nor a known blank is reported by the reader, never hidden by a NULL.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import available_timezones

from finops.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from connectors.formats.contract import Delivery

__all__ = [
    "BLANKS",
    "assumed_zone",
    "blank",
    "column_finder",
    "instant",
    "is_wrong",
    "literal",
    "number",
    "problem",
    "quoted",
    "text",
    "zone",
]

BLANKS = (
    "",
    "n/a",
    "[n/a]",
    "[not supported]",
    "[not found]",
    "[unknown error]",
    "nan",
    "null",
    "none",
    "-",
)
"""Spellings of "no value", lower case."""

SENTINEL = 10**15
"""DCGM writes int64 values near 2^63 for "unsupported"; no real reading comes near this."""

EPOCH_MILLISECONDS_FROM = 10**11
"""A numeric time at or above this is milliseconds since 1970, below it seconds."""


def quoted(name: str) -> str:
    """`name` as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: str) -> str:
    """`value` as an SQL string."""
    return "'" + value.replace("'", "''") + "'"


def column_finder(columns: Iterable[str]) -> dict[str, str]:
    """Spelled-in-the-file column names by their trimmed, lower-case form without a `[unit]`."""
    found: dict[str, str] = {}
    for column in columns:
        plain = column.strip().lower().split(" [", 1)[0]
        found.setdefault(plain, column)
    return found


def blank(cell: str) -> str:
    """SQL: whether `cell` says that there is no value."""
    spellings = ", ".join(literal(spelling) for spelling in BLANKS)
    return f"coalesce(lower(trim({cell})) in ({spellings}), true)"


def text(cell: str) -> str:
    """SQL: `cell` trimmed, NULL where it is blank."""
    return f"case when not {blank(cell)} then trim({cell}) end"


def number(cell: str) -> str:
    """SQL DOUBLE: the number in `cell`, its unit cut off; NULL for blanks, sentinels and non-numbers."""
    plain = rf"regexp_replace(trim({cell}), '\s*(%|[A-Za-z]+)$', '')"
    value = f"try_cast({plain} as double)"
    return f"case when abs({value}) < {SENTINEL} then {value} end"


def is_wrong(cell: str) -> str:
    """SQL: whether `cell` holds something that is neither a number nor a blank."""
    plain = rf"regexp_replace(trim({cell}), '\s*(%|[A-Za-z]+)$', '')"
    return f"(not {blank(cell)} and try_cast({plain} as double) is null)"


def zone(settings: Mapping[str, str]) -> str:
    """The time zone zone-less times are in: `--set timezone=…`, else UTC; UsageError if unknown."""
    name = settings.get("timezone") or "UTC"
    if name not in available_timezones():
        raise UsageError(
            f"{name!r} is not a time zone", hint="write it as --set timezone=Europe/Berlin"
        )
    return name


def assumed_zone(delivery: Delivery) -> str:
    """`zone` for a format whose times never carry one; UTC unasked is an assumption, and is told."""
    if delivery.settings.get("timezone") is None:
        delivery.note(
            "times carry no zone and are read as UTC; --set timezone=Europe/Berlin changes it"
        )
    return zone(delivery.settings)


def instant(cell: str, zone_name: str) -> str:
    """SQL TIMESTAMPTZ of `cell`: ISO 8601, `YYYY/MM/DD …`, or seconds or milliseconds since 1970.

    A time that carries no zone is read in `zone_name`. In the hour a clock goes back the later
    reading is taken: the text cannot say which of the two it was. NULL when it is not a time.
    """
    plain = f"replace(trim({cell}), '/', '-')"
    seconds = f"try_cast(trim({cell}) as double)"
    scaled = (
        f"case when {seconds} >= {EPOCH_MILLISECONDS_FROM} then {seconds} / 1000 else {seconds} end"
    )
    zoned = rf"regexp_matches({plain}, '([zZ]|[+-]\d{{2}}(:?\d{{2}})?)$') and length({plain}) > 10"
    return (
        f"case when {seconds} is not null then to_timestamp({scaled})"
        f" when {zoned} and {plain} like '%:%' then try_cast({plain} as timestamptz)"
        f" else timezone({literal(zone_name)}, try_cast({plain} as timestamp)) end"
    )


def problem(checks: list[tuple[str, str | None, str, str]]) -> str:
    """SQL: the three `_problem` columns for (name, column in the file, condition, why)."""

    def cases(then: list[str]) -> str:
        whens = " ".join(
            f"when {condition} then {value}"
            for (_, _, condition, _), value in zip(checks, then, strict=True)
        )
        return f"case {whens} end"

    return ", ".join(
        (
            cases([literal(why) for *_, why in checks]) + " as _problem",
            cases([literal(column or name) for name, column, *_ in checks]) + " as _problem_column",
            cases(
                [
                    "null" if column is None else f"trim({quoted(column)})"
                    for _, column, *_ in checks
                ]
            )
            + " as _problem_value",
        )
    )
