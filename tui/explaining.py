"""Where a number on the screen comes from: the `finops explain` of a cell, whichever command printed it.

A cell is known by the report it stands in (`SHOWN_AS`), its column, and what its row is called. So a view
needs no code of its own, and a table behind any command (`e` of a saving, say) is explained as its view is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from finops.analysis.derived.chargeback import UNOWNED
from finops.analysis.explain_told import SHOWN_AS
from finops.api.asking import ASKED, BESIDE
from finops.api.explaining import TABLES
from finops.api.projecting import PROJECTIONS
from finops.model.period import parse_period
from finops.report.cells import NO_VALUE, is_number
from tui.call import Call
from tui.filters import conditions, equals, joined
from tui.spans import Span
from tui.state import Place, State

if TYPE_CHECKING:
    from finops.report.model import Cell, Report, ReportColumn, Row
    from tui.call import Option

__all__ = ["NUMBER", "ROW", "TIMELESS", "Explained", "behind", "explained", "of_all", "place_of"]

NUMBER, ROW, TIMELESS = "number", "row", "timeless"
"""Options of a place that shows an explanation: its number, whose it is and what else it is given, and whether it
is of no period."""

_WHEN = ("month", "since", "until", "last", "everything")
_KEPT = (*_WHEN, "currency", "include")

_NAMES = {
    "budget": ("budget", "stretch"),
    "commitments": ("id", "kind"),
    "commitments.services": ("provider", "service"),
    "quality": ("check", "subject"),
    "savings": ("saving",),
    "scorecard": ("id",),
    "status": ("source", "table"),
    "vendor.claims": ("vendor", "ask", "field"),
    "owners": ("side", "kind", "match"),
    "owners.list": ("kind", "match", "team"),
    "capacity": ("pool",),
    "capacity.holder": ("pool", "kind", "name"),
    "close.list": (),
    "close.invoices": ("InvoiceId", "InvoiceIssuerName"),
    "runs": ("run",),
    "vendor.quote": ("offer",),
}
"""Columns that say which row a number is of. Of a command split by choice it is what it is split by."""

_ANSWERS = {"explain", "sensitivity", "format"}
"""Options that choose how a command answers, not what about."""

_SPLIT: dict[str, tuple[str, ...]] = {
    "compare": ("provider", "ServiceName"),
    "compare.items": ("provider", "ServiceName"),
    "forecast": (),
    "chargeback": ("team",),
    "unit": ("workflow",),
    "costs": ("ServiceName",),
    "marginal": ("workflow", "model"),
}
"""Commands whose rows are called by what they are split by, and what that is where nothing is said."""

_MONEY = {"chargeback": "BillingCurrency", "costs": "BillingCurrency", "close.list": "currency"}
"""Columns that tell rows of several currencies apart."""
_BESIDE = {"compare.items": ("item",), "forecast": ("month",)}
"""Columns that name a row beside those it is split by."""

_OF_UNIT = {"cost", "requests", "attempts"}
"""Numbers of a run that are derived as those of its group in `finops unit`."""

_IN_WORDS = {
    "finops.vendor.sheet": ("vendor.sheet.figure", ("dimension", "figure")),
    "finops.vendor.compare": ("vendor.compare.figure", ("category",)),
}
"""Reports whose cells are figures written out: what explains them, and the columns that are none."""

_COMMAND = re.compile(
    r"finops (?:budget|capacity|chargeback|close|commitments|compare|costs|explain|forecast|marginal"
    r"|owners check|owners list|quality|runs|savings|sql|status|unit)\b.*"
)
"""Commands that answer, as sources name them."""
_EXPLAIN = re.compile(r"finops explain ([\w.]+)(?: ([\w:-]+)$)?")


class Explained(NamedTuple):
    """A number, where it is explained, and what it is about where there are several to choose from."""

    name: str
    place: Place
    about: str = ""


def explained(
    call: Call, report: Report, row: Row, column: ReportColumn, span: Span
) -> tuple[Explained, ...]:
    """What explains the cell of `call`'s answer: one place, or one for each number it holds; none for words."""
    calls = _calls(call, report, row, column)
    return tuple(Explained(name, place_of(asked, span)) for name, asked in calls.items())


def _calls(call: Call, report: Report, row: Row, column: ReportColumn) -> dict[str, Call]:
    """Explaining calls by what they are about."""
    schema = report.schema.partition("/")[0]
    if schema in _IN_WORDS:
        number, labels = _IN_WORDS[schema]
        return {} if column.name in labels else {number: Call.of("explain", number)}
    if not is_number(column):
        command = row.get("command")
        told = isinstance(command, str) and re.search(r"\d", str(row.get(column.name)))
        return {column.name: Call.parsed(str(command))} if told else {}
    shown = _shown_as(schema, call)
    parts = () if shown is None else _parts(shown, column.name, row.get(column.name))
    money = None if report.currency else _MONEY.get(str(shown))
    apart = money if money is not None and row.get(money) is not None else None
    return {part: _call(str(shown), part, call, row, apart) for part in parts}


def of_all(call: Call, number: str, span: Span) -> Explained:
    """A number over every row of `call`'s answer, and where it is explained."""
    options = dict(call.options)
    kept: dict[str, Option] = {name: options[name] for name in _KEPT if name in options}
    shown = number.rpartition(".")[0]
    if shown in TABLES and shown in _SPLIT:
        kept["by"] = options.get("by")
    return Explained(number, place_of(Call.of("explain", number, **kept), span))


def place_of(call: Call, span: Span) -> Place:
    """The place that shows a call's answer, about its own period, or `span` where it names none.

    An explanation has a view of its own, a projection its sliders, any other command its table.
    """
    if call.command == "explain":
        return _explanation(call, span)
    crumb = call.line().removeprefix("finops ")
    if call.command in PROJECTIONS:
        options = tuple(each for each in call.options if each[0] != "month")
        return Place(call.command, State(span=span, options=options), crumb)
    return Place("command", State(span=span, options=(("line", call.line()),)), crumb)


def _explanation(call: Call, span: Span) -> Place:
    said = dict(call.options)
    where, number = said.pop("where", None), call.arguments[0]
    when = {name: said.pop(name) for name in _WHEN if name in said}
    options: dict[str, Option] = {NUMBER: number}
    options |= {ROW: call.arguments[1:]} if call.arguments[1:] else {}
    options |= said if when else {**said, TIMELESS: True}
    asked = State(
        span=_span(when, span),
        options=tuple(options.items()),
        where=(str(where),) if where else (),
    )
    return Place("explain", asked, f"why {number.rpartition('.')[2]}")


def _span(when: Mapping[str, Option], span: Span) -> Span:
    """The stretch of time that options name; `span` where they name it in another way."""
    if when.get("everything"):
        return Span()
    named = {name: str(when[name]) for name in ("month", "since", "until", "last") if name in when}
    period = parse_period(**named)  # type: ignore[arg-type]
    return span if period is None else Span(period)


def behind(call: Call, row: Row) -> Call | None:
    """The command that the source of a step names, about the same row and period; None where it names none."""
    source = row.get("source")
    found = _COMMAND.search(source) if isinstance(source, str) else None
    if found is None or "…" in found[0]:
        return None
    asked = _EXPLAIN.match(found[0])
    if asked is None:
        return _parsed(found[0])
    number, named = asked.groups()
    whose = (named,) if named else call.arguments[1:]
    return Call.of("explain", number, *whose, **dict(call.options))


def _parsed(line: str) -> Call | None:
    """The call a line makes; None where its quotes do not match."""
    try:
        return Call.parsed(line)
    except ValueError:
        return None


def _shown_as(schema: str, call: Call) -> str | None:
    """What the report's numbers go by, where that hangs on how it was asked for, too."""
    options = dict(call.options)
    if call.command == "compare" and options.get("items"):
        return "compare.items"
    if call.command == "commitments" and options.get("services"):
        return "commitments.services"
    if call.command == "capacity" and options.get("by", "pool") in {"holder", "team"}:
        return "capacity.holder"
    return SHOWN_AS.get(schema)


def _parts(shown: str, column: str, cell: Cell) -> tuple[str, ...]:
    """The numbers of a cell: its column, or for several in one cell each by its name."""
    if (shown, column) == ("unit", "work"):
        return ("work_units",)
    if shown == "sql":
        return ("value",)
    if isinstance(cell, Mapping):
        return tuple(f"{column}.{name}" for name in cell)
    return (column,)


def _call(shown: str, name: str, call: Call, row: Row, money: str | None = None) -> Call:
    """What explains a number of a row; `money` is the column that tells rows of several currencies apart."""
    options = dict(call.options)
    number = f"{shown}.{name}"
    more = BESIDE.get(shown, frozenset())
    kept: dict[str, Option] = {
        key: value for key, value in options.items() if key in _KEPT or key in more
    }
    if shown == "runs" and name in _OF_UNIT:
        given = options.get("where")
        calls = () if given is None else (str(given),)
        where = joined((*calls, *conditions(("run",), row)))
        return Call.of("explain", f"unit.{name}", where=where, **kept)
    if shown.startswith("close."):
        kept = {"month": str(row.get("month") or next(iter(call.arguments), "")) or None}
    if "holder" in row:
        row = {**row, "name": row["holder"]}
    said, of = options.get("where"), (*_names(shown, call, row), *((money,) if money else ()))
    if shown in ASKED:
        told = {key: value for key, value in options.items() if key not in _ANSWERS}
        return Call.of("explain", number, _text(row[of[0]]), *call.arguments, **told)
    if shown not in TABLES:
        asked = (*(() if said is None else (str(said),)), *conditions(of, row))
        return Call.of("explain", number, where=joined(asked), **kept)
    if shown in _SPLIT:
        kept["by"] = options.get("by")
    if shown == "chargeback" and not any(row.get(name) for name in of if name != money):
        where = equals(money, row[money]) if money else None
        return Call.of("explain", number, UNOWNED, where=where, **kept)
    if said is None and of and all(name in row for name in of):
        where = joined(tuple(equals(name, row[name]) for name in of))
        return Call.of("explain", number, where=where, **kept)
    texts = [str(row[name]) for name in of if row.get(name) is not None]
    return Call.of("explain", number, " / ".join(texts) or NO_VALUE, where=said, **kept)


def _text(cell: Cell) -> str:
    return f"{cell:f}" if isinstance(cell, Decimal) else str(cell)


def _names(shown: str, call: Call, row: Row) -> tuple[str, ...]:
    """Columns that say which row it is; of a report nobody foresaw, its first one."""
    if shown in _SPLIT:
        by = dict(call.options).get("by") or _SPLIT[shown]
        names = by if isinstance(by, tuple) else tuple(filter(None, str(by).split(",")))
        return (*names, *_BESIDE.get(shown, ()))
    if shown == "commitments" and dict(call.options).get("where") is not None:
        return ("id",)
    if shown == "capacity.holder" and "team" in row:
        return ("pool", "kind", "team")
    known = _NAMES.get(shown)
    if known is None:
        known = tuple(row)[:1] if shown in TABLES or shown in ASKED else ()
    return known
