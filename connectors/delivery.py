"""Files of one format as SQL: what `Delivery.scan` of the format contract answers.

One scan serves both ways of reading. `FAST` reads typed and stops at the first thing that does not
fit. `EXACT` reads as text and JSON, so that every misfit can be named; rows that are not rows at all are
skipped and listed by `broken_rows`. `LOOSE` reads like `EXACT` but skips nothing: it is for files whose only
oddities lie in rows the format drops. Positions (`_file`, `_row`) are window expressions that DuckDB leaves out
of the plan when nobody selects them, so a clean load does not pay for them.
"""

from __future__ import annotations

from enum import Enum, auto
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from connectors.formats.contract import Shape
from connectors.nested import converted, is_nested, misfits
from connectors.reading import MAX_LINE_BYTES
from connectors.sql import literal, quoted
from finops.model.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    import duckdb

    from connectors.reading import SourceFile

__all__ = ["NULLS", "FileDelivery", "Reading", "Settings"]

NULLS = ("", "NULL", "null")
"""Spellings of "no value" in a CSV cell; AWS, Azure and the FOCUS sample write all three."""

_NESTED = ("[", "MAP", "JSON", "VARCHAR")


_LINES = f"max_line_size = {MAX_LINE_BYTES}, buffer_size = {2 * MAX_LINE_BYTES}"
"""A thread reads into buffers of twice the longest line; DuckDB would make them sixteen times it."""


_BESIDE = "_finops_beside"
"""Asked for beside a single JSON column, which DuckDB would take for the whole object."""


class Reading(Enum):
    """Whether values are typed while they are parsed, or read as text to be examined or taken as they fit."""

    FAST = auto()
    EXACT = auto()
    LOOSE = auto()


class Settings(dict[str, str]):
    """`--set` values that remember which of them a format has asked for."""

    def __init__(self, values: Mapping[str, str]) -> None:
        super().__init__(values)
        self.asked: set[str] = set()

    def __getitem__(self, key: str) -> str:
        self.asked.add(key)
        return super().__getitem__(key)

    def get(self, key: str, default: str | None = None) -> str | None:  # type: ignore[override]
        """The value set for `key`."""
        self.asked.add(key)
        return super().get(key, default)

    def __contains__(self, key: object) -> bool:
        self.asked.add(str(key))
        return super().__contains__(key)


class _Group(NamedTuple):
    """Files that one reader call can take: same header, delimiter and compression."""

    files: tuple[SourceFile, ...]

    @property
    def first(self) -> SourceFile:
        return self.files[0]


class FileDelivery:
    """The pipeline's `Delivery`: files of one shape, on the connection that will store them."""

    def __init__(
        self,
        con: duckdb.DuckDBPyConnection,
        files: Sequence[SourceFile],
        *,
        settings: Mapping[str, str] | None = None,
        maps: Mapping[str, str] | None = None,
        allowed: Sequence[str] = (),
        rename: bool = False,
        reading: Reading = Reading.FAST,
    ) -> None:
        self.con = con
        self.files = tuple(files)
        self.paths: tuple[Path, ...] = tuple(file.path for file in files)
        self.shape: Shape = files[0].head.shape
        self.settings = Settings(settings or {})
        self.maps = dict(maps or {})
        self.allowed = tuple(allowed)
        self.reading = reading
        self.notes: list[str] = []
        self._renamed = self.maps if rename else {}
        self._scanned: list[tuple[str, dict[str, str], str]] = []

    @property
    def columns(self) -> tuple[str, ...]:
        """The union of the files' columns, as spelled, with `--map` applied where the pipeline does."""
        return self._renaming(name for file in self.files for name in file.head.columns)

    @cached_property
    def all_columns(self) -> tuple[str, ...]:
        """As `columns`, with the keys that first appear later in a JSON file: reads it once more."""
        return self._renaming((*self.head_columns, *self.late_columns))

    @property
    def head_columns(self) -> tuple[str, ...]:
        """The columns the beginning of each file shows, as spelled there."""
        return tuple(dict.fromkeys(name for file in self.files for name in file.head.columns))

    @cached_property
    def late_columns(self) -> tuple[str, ...]:
        """Keys of JSON objects that the beginning of no file shows; none where the files are damaged."""
        if self.shape not in {Shape.JSON, Shape.JSONL}:
            return ()
        import duckdb

        found: set[str] = set()
        try:
            for group in self._groups():
                found.update(key for (key,) in self.con.execute(self._keys(group)).fetchall())
        except duckdb.InvalidInputException:
            return ()
        return tuple(sorted(found.difference(self.head_columns)))

    def _renaming(self, names: Iterable[str]) -> tuple[str, ...]:
        seen: dict[str, str] = {}
        for name in names:
            seen.setdefault(name.lower(), name)
        for ledger_column, file_column in self._renamed.items():
            seen.pop(file_column.lower(), None)
            seen[ledger_column.lower()] = ledger_column
        return tuple(seen.values())

    @property
    def exact(self) -> bool:
        """Whether a quick reading has met something unexpected before this one."""
        return self.reading is not Reading.FAST

    @property
    def skips_broken_rows(self) -> bool:
        """Whether rows that are not rows are left out, uncounted, by the exact reading."""
        return self.shape is Shape.CSV and self.reading is Reading.EXACT

    def note(self, text: str) -> None:
        """Something the person should know about how these files were read."""
        if text not in self.notes:
            self.notes.append(text)

    def scan(self, types: Mapping[str, str] | None = None, where: str = "true") -> str:
        """A FROM item over the files; see the contract for its columns."""
        wanted = dict(types or {})
        if self.reading is Reading.FAST:
            return f"({self._positioned(wanted)})"
        as_text = {name: _text_type(kind) for name, kind in wanted.items()}
        source = self._positioned(as_text)
        changed = {name: kind for name, kind in wanted.items() if as_text[name] != kind}
        if not changed:
            return f"({source})"
        self._scanned.append((source, changed, where))
        values = ", ".join(
            f"{converted(quoted(name), kind)} as {quoted(name)}" for name, kind in changed.items()
        )
        return f"(select * replace ({values}) from ({source}))"

    def misfits(self) -> Iterator[str]:
        """SELECTs of (_file, _row, column, value, why) for cells that were not what a scan asked."""
        for source, changed, where in self._scanned:
            for name, kind in changed.items():
                for place, found, why in misfits(name, kind):
                    yield (
                        f"select _file, _row, {literal(place)}, cast({found} as varchar), {literal(why)}"
                        f" from ({source}) where ({where}) and {found} is not null"
                    )

    def broken_rows(self) -> list[Problem]:
        """Lines that are not rows: too many or too few cells, an open quote, text that is not JSON."""
        if self.shape is Shape.CSV:
            return [problem for group in self._groups() for problem in self._rejected(group)]
        reader = {Shape.JSONL: self._not_objects, Shape.JSON: self._not_a_document}.get(self.shape)
        return [problem for file in self.files for problem in reader(file)] if reader else []

    # --- SQL of the readers --------------------------------------------------------------------

    def _positioned(self, types: Mapping[str, str]) -> str:
        parts = [self._read(group, types) for group in self._groups()]
        return (
            " union all by name ".join(f"({part})" for part in parts)
            if len(parts) > 1
            else parts[0]
        )

    def _groups(self) -> tuple[_Group, ...]:
        together: dict[object, list[SourceFile]] = {}
        for file in self.files:
            same = file.head.columns if self.shape is Shape.CSV else file.head.text[:1] == "["
            together.setdefault((same, file.delimiter, file.compression), []).append(file)
        return tuple(_Group(tuple(files)) for files in together.values())

    def _read(self, group: _Group, types: Mapping[str, str]) -> str:
        reader = {Shape.CSV: self._csv, Shape.TEXT: self._text, Shape.PARQUET: self._parquet}
        read = reader.get(self.shape, self._json)(group, types)
        place = "row_number() over ()"
        if self.shape is Shape.PARQUET:
            place = "file_row_number + 1"
        elif len(group.files) > 1:
            place = "_order - min(_order) over (partition by filename) + 1"
            read = f"(select *, row_number() over () as _order from {read})"
        hidden = {Shape.PARQUET: "filename, file_row_number"}.get(self.shape, "filename")
        hidden += ", _order" if "_order" in place else ""
        hidden += f", {_BESIDE}" if _BESIDE in read else ""
        shown = f"* exclude ({hidden}){self._replaced(types)}"
        return f"select {shown}{self._aliases(types)}, filename as _file, cast({place} as bigint) as _row from {read}"

    def _replaced(self, types: Mapping[str, str]) -> str:
        """Parquet arrives typed: casts for what the format asks otherwise."""
        if self.shape is not Shape.PARQUET:
            return ""
        here = {name.lower(): name for name in self.columns}
        casts = [
            f"cast({quoted(name)} as {kind}) as {quoted(name)}"
            for name, kind in types.items()
            if name.lower() in here
        ]
        return f" replace ({', '.join(casts)})" if casts else ""

    def _aliases(self, types: Mapping[str, str]) -> str:
        """Mapped columns under their ledger names; of JSON, those that were asked for."""
        json = self.shape in {Shape.JSON, Shape.JSONL}
        return "".join(
            f", {quoted(file_column)} as {quoted(ledger_column)}"
            for ledger_column, file_column in self._renamed.items()
            if ledger_column.lower() != file_column.lower() and (ledger_column in types or not json)
        )

    def _paths(self, group: _Group) -> str:
        return "[" + ", ".join(literal(str(file.path)) for file in group.files) + "]"

    def _csv(self, group: _Group, types: Mapping[str, str], more: str = "") -> str:
        fold = {name.lower(): kind for name, kind in types.items()}
        columns = ", ".join(
            f"{literal(name)}: {literal(fold.get(name.lower(), 'VARCHAR'))}"
            for name in group.first.head.columns
        )
        nulls = ", ".join(literal(null) for null in NULLS)
        lenient = ", ignore_errors = true" if self.reading is Reading.EXACT and not more else more
        return (
            f"read_csv({self._paths(group)}, columns = {{{columns}}}, header = true, auto_detect = false,"
            f" delim = {literal(group.first.delimiter)}, quote = '\"', escape = '\"', nullstr = [{nulls}],"
            f" filename = true, compression = {literal(group.first.compression)},"
            f" {_LINES}{lenient})"
        )

    def _text(self, group: _Group, types: Mapping[str, str]) -> str:
        del types
        return (
            f"read_csv({self._paths(group)}, columns = {{'line': 'VARCHAR'}}, header = false,"
            f" auto_detect = false, delim = '', quote = '', escape = '', filename = true,"
            f" compression = {literal(group.first.compression)}, {_LINES})"
        )

    def _parquet(self, group: _Group, types: Mapping[str, str]) -> str:
        del types
        return (
            f"read_parquet({self._paths(group)}, union_by_name = true, filename = true,"
            " file_row_number = true, hive_partitioning = false)"
        )

    def _json(self, group: _Group, types: Mapping[str, str]) -> str:
        asked = {self._renamed.get(name, name): kind for name, kind in types.items()}
        asked |= {_BESIDE: "VARCHAR"} if len(asked) == 1 else {}
        columns = ", ".join(f"{literal(name)}: {literal(kind)}" for name, kind in asked.items())
        lenient = self.reading is Reading.EXACT
        return (
            f"read_json({self._objects(group, lenient=lenient)}, columns = {{{columns}}},"
            " filename = true)"
        )

    def _keys(self, group: _Group) -> str:
        """A SELECT of every key an object of the files has; lines that are no objects have none."""
        objects = f"read_json_objects({self._objects(group, lenient=True)})"
        keys = "case when json_type(json) = 'OBJECT' then json_keys(json) end"
        return f"select distinct unnest(keys) from (select distinct {keys} as keys from {objects})"

    def _objects(self, group: _Group, *, lenient: bool) -> str:
        """What a JSON reader is told of the files; a lenient one passes over lines that are not JSON."""
        layout, limit = "newline_delimited", MAX_LINE_BYTES
        if self.shape is Shape.JSON:
            layout = "array" if group.first.head.text.lstrip().startswith("[") else "unstructured"
            limit = max(MAX_LINE_BYTES, min(max(file.stat.size for file in group.files) + 1, 2**28))
        passing = ", ignore_errors = true" if lenient and self.shape is Shape.JSONL else ""
        return (
            f"{self._paths(group)}, format = '{layout}',"
            f" compression = {literal(group.first.compression)}, maximum_object_size = {limit}{passing}"
        )

    # --- rows that are not rows ----------------------------------------------------------------

    def _rejected(self, group: _Group) -> Iterator[Problem]:
        reader = self._csv(group, {}, ", store_rejects = true")
        self.con.execute(f"select count(*) from {reader}").fetchall()
        found = self.con.execute(
            "select file_path, line, csv_line, error_type, error_message from reject_errors e"
            " join reject_scans s using (scan_id, file_id)"
            " qualify row_number() over (partition by file_path, line order by column_idx) = 1 order by 1, 2"
        ).fetchall()
        self.con.execute("drop table reject_errors; drop table reject_scans").fetchall()
        for path, line, text, kind, message in found:
            first = str(message).splitlines()[0].rstrip(".")
            yield Problem(
                str(path), int(line) - 1, None, str(text), f"{str(kind).lower()}: {first}"
            )

    def _not_objects(self, file: SourceFile) -> Iterator[Problem]:
        lines = self._text(_Group((file,)), {})
        found = self.con.execute(
            f"select n, line from (select row_number() over () as n, line from {lines})"
            " where trim(line) <> '' and case when json_valid(line) then"
            " json_type(line) not in ('OBJECT', 'NULL') else true end order by n"
        ).fetchall()
        for number, line in found:
            yield Problem(
                str(file.path), int(number), None, str(line), "the line is not a JSON object"
            )

    def _not_a_document(self, file: SourceFile) -> Iterator[Problem]:
        import duckdb

        try:
            reader = self._json(_Group((file,)), {"any": "JSON"})
            self.con.execute(f"select count(*) from {reader}").fetchall()
        except duckdb.InvalidInputException as error:
            said = str(error).splitlines()[0].replace(f'in file "{file.path}", ', "")
            yield Problem(
                str(file.path), None, None, None, said.removeprefix("Invalid Input Error: ")
            )


def _text_type(kind: str) -> str:
    if is_nested(kind):
        return "JSON"
    return kind if any(mark in kind.upper() for mark in _NESTED) else "VARCHAR"
