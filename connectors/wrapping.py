"""From what a format selects to what a ledger table holds: the SELECT around the format's SELECT.

A format may leave columns out and yield text. Here every declared column gets its value: `--set` first,
then the format's own, then the table's rule (the scope of a bill, the day of a request). Each is then
a `connectors.checking.Cell`, which knows the typed value and what can be wrong with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from connectors.checking import Cell, cell_of, stop
from connectors.sql import literal, quoted
from finops.model.tables import BOOK_COLUMNS, COSTS, GPU_SAMPLES, JOBS, REQUESTS, USAGE

if TYPE_CHECKING:
    from collections.abc import Mapping

    import duckdb

    from finops.model.schema import Column, Table

__all__ = ["Wrapped", "wrap"]

_MONTH = "strftime({}, '%Y-%m')"

_DERIVED: dict[str, dict[str, str]] = {
    COSTS.name: {
        "x_Scope": (
            "coalesce(\"ServiceProviderName\", \"ProviderName\", '?') || '/' ||"
            " coalesce(\"BillingAccountId\", '?')"
        ),
        "x_BillingMonth": _MONTH.format('"BillingPeriodStart"'),
        "x_CostOrigin": "'bill'",
    },
    REQUESTS.name: {
        "call_id": '"request_id"',
        "attempt": "cast(1 as bigint)",
        "day": 'cast("timestamp" as date)',
    },
    USAGE.name: {"day": 'cast("timestamp" as date)'},
    GPU_SAMPLES.name: {"day": 'cast("timestamp" as date)'},
    JOBS.name: {"month": _MONTH.format('coalesce("ended_at", "started_at", "submitted_at")')},
}
"""What a column is where neither the format nor `--set` says: SQL over the table's other columns."""

_SOURCE = {"costs": "x_SourceId"}
_LOAD = {"costs": "x_LoadId"}
_HIDDEN = ("_file", "_row", "_problem", "_problem_column", "_problem_value")


class Wrapped(NamedTuple):
    """A format's SELECT and the cells of the table around it."""

    table: Table
    raw: str
    cells: tuple[Cell, ...]
    has: frozenset[str]
    """Hidden columns the format yields."""
    derived: Mapping[str, str]

    def strict(self) -> str:
        """The rows, typed, without columns nobody gives; the query ends with an error at the first one that is wrong."""
        return self._around({cell.column.name: cell.strict for cell in self.cells}, self.raw)

    def lenient(self, refused: str) -> str:
        """The rows, typed, without those whose (_file, _row) are in the table `refused`."""
        rows = f"select * from ({self.raw}) as good anti join {refused} using (_file, _row)"
        return self._around({cell.column.name: cell.lenient for cell in self.cells}, rows)

    def _around(self, values: Mapping[str, str], rows: str) -> str:
        inner = ", ".join(
            f"{self._guarded(value, first=at == 0)} as {quoted(name)}"
            for at, (name, value) in enumerate(values.items())
        )
        outer = ", ".join(
            self._filled(column, values)
            for column in self.table.columns
            if column.name in values or column.name in self.derived
        )
        return f"select {outer} from (select {inner} from ({rows}) as raw) as typed"

    def _guarded(self, value: str, *, first: bool) -> str:
        """The first column also carries the format's own verdict on the row."""
        if not first or "_problem" not in self.has:
            return value
        return f"case when raw._problem is not null then {stop('_problem')} else {value} end"

    def _filled(self, column: Column, values: Mapping[str, str]) -> str:
        name = quoted(column.name)
        given, rule = column.name in values, self.derived.get(column.name)
        if rule is None:
            value = name if given else "null"
        else:
            value = f"coalesce({name}, {rule})" if given else rule
        if column.required and not (given and rule is None):
            value = f"coalesce({value}, {stop(column.name)})"
        return f"cast({value} as {column.kind.stored}) as {name}"

    def underived(self) -> str:
        """A SELECT like `problems`, of rows that lack what a required column is derived from."""
        values = {cell.column.name: cell.lenient for cell in self.cells}
        inner = ", ".join(f"{value} as {quoted(name)}" for name, value in values.items())
        parts = [
            f"select _file, _row, {literal(name)}, cast(null as varchar), 'has nothing it follows from'"
            f" from (select _file, _row, {inner} from ({self.raw}) as raw) where {rule} is null"
            for name, rule in self.derived.items()
            if name not in values and self.table.column(name).required
        ]
        return " union all ".join(parts)

    def problems(self) -> str:
        """A SELECT of (_file, _row, column, value, why), one row per fault of any cell."""
        faults = [
            f"case when {fault.when} then struct_pack(c := {literal(cell.column.name)},"
            f" v := cast({cell.raw} as varchar), why := {_why(cell, fault.why)}) end"
            for cell in self.cells
            for fault in cell.faults
        ]
        if "_problem" in self.has:
            column, value = (
                f"cast(raw.{name} as varchar)" if name in self.has else "cast(null as varchar)"
                for name in ("_problem_column", "_problem_value")
            )
            faults.append(
                "case when raw._problem is not null then"
                f" struct_pack(c := {column}, v := {value}, why := raw._problem) end"
            )
        wrong = [fault.when for cell in self.cells for fault in cell.faults]
        wrong += ["raw._problem is not null"] if "_problem" in self.has else []
        return (
            "select _file, _row, fault.c, fault.v, fault.why from (select _file, _row,"
            f" unnest([{', '.join(faults)}]) as fault from ({self.raw}) as raw"
            f" where {' or '.join(wrong)}) where fault is not null"
        )


def wrap(
    con: duckdb.DuckDBPyConnection,
    table: Table,
    raw: str,
    sets: Mapping[str, str],
    *,
    source: str,
    load_id: str,
) -> Wrapped:
    """Describe the format's SELECT `raw` on `con` and build the cells of `table` around it."""
    described = con.execute(f"describe {raw}").fetchall()
    kinds = {str(row[0]).lower(): str(row[1]) for row in described}
    fixed = {_SOURCE.get(table.name, "source_id"): source, **sets}
    if table.name in _LOAD:
        fixed[_LOAD[table.name]] = load_id
    rules, unit = _DERIVED.get(table.name, {}), _unit(kinds, sets)
    cells = [
        cell
        for column in table.columns
        if column.name not in BOOK_COLUMNS
        and (cell := _cell(column, kinds, fixed, rules, unit)) is not None
    ]
    hidden = frozenset(name for name in _HIDDEN if name in kinds)
    return Wrapped(table, raw, tuple(cells), hidden, _usable(table, cells))


def _unit(kinds: Mapping[str, str], sets: Mapping[str, str]) -> str | None:
    if "BillingCurrency" in sets:
        return literal(sets["BillingCurrency"])
    return 'cast(raw."BillingCurrency" as varchar)' if "billingcurrency" in kinds else None


def _cell(
    column: Column,
    kinds: Mapping[str, str],
    fixed: Mapping[str, str],
    rules: Mapping[str, str],
    currency: str | None,
) -> Cell | None:
    """The column's cell; None where nobody gives it and it may be missing or a rule makes it."""
    unit = currency if column.unit == "BillingCurrency" else None
    if column.name in rules:
        column = column._replace(required=False)
    if column.name in fixed:
        return cell_of(column, f"cast({literal(fixed[column.name])} as varchar)", "VARCHAR", unit)
    kind = kinds.get(column.name.lower())
    if kind is not None:
        return cell_of(column, f"raw.{quoted(column.name)}", kind, unit)
    return cell_of(column, "cast(null as varchar)", "VARCHAR", unit) if column.required else None


def _usable(table: Table, cells: list[Cell]) -> dict[str, str]:
    """The table's rules, with columns nobody gives read as null."""
    given = {cell.column.name for cell in cells}
    rules = {}
    for name, rule in _DERIVED.get(table.name, {}).items():
        for column in table.names:
            if column not in given:
                rule = rule.replace(quoted(column), "null")  # noqa: PLW2901
        rules[name] = rule
    return rules


def _why(cell: Cell, why: str) -> str:
    """The sentence of a fault; a header that stands among the rows says so instead."""
    repeated = f"cast({cell.raw} as varchar) = {literal(cell.column.name)}"
    return f"case when {repeated} then 'repeats the header: files were joined' else {why} end"
