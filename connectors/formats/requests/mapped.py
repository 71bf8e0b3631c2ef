"""Any CSV or JSON log of model calls, its columns named by `--map column=COLUMN --set column=value`.

Nothing is assumed of the file beyond what the maps say. Token kinds are the ledger's, disjoint:
`uncached_input_tokens` does not include cached tokens, and whoever maps a count that does, maps it
as `input_tokens`, beside `cache_read_tokens`; the cached kinds are then taken out. `status` is `ok`
and `operation` is `chat` unless mapped or set. Of mapped `attributes` only the allow-list of finops.toml
is kept.

A log without request ids gets ids that stay the same however it is delivered: a digest of the row's
own cells and how many times the same cells have stood in that file already. The file's name and its
neighbours do not enter, so the same file under another name, or beside others, changes nothing; a
log that has grown keeps the ids of its old rows, which a digest of the file would not. The price:
two files that hold the very same row give it once, and the loader counts the other as a duplicate.
Where such rows are different calls, map an id or load each file as its own `--source`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.formats.contract import Format, Shape
from connectors.formats.requests.fields import allowed_of_cell, as_texts, is_json
from connectors.formats.requests.usage import whole
from connectors.sql import literal, quoted
from finops.errors import UsageError
from finops.model.tables import INPUT_TOKEN_COLUMNS, REQUESTS

if TYPE_CHECKING:
    from connectors.formats.contract import Delivery, Head

__all__ = ["FORMAT"]

_DEFAULTS = {"status": "ok", "operation": "chat"}
_INCLUSIVE = "input_tokens"
_NEVER = frozenset({"day", "source_id"})


def _recognises(head: Head) -> int:
    """Never by itself: only `--map` can say what a column means."""
    del head
    return 0


def _select(delivery: Delivery) -> str:
    cells = _mapped(delivery)
    fields = {name: quoted(column) for name, column in cells.items()}
    if "attributes" in fields:
        fields["attributes"] = allowed_of_cell(fields["attributes"], delivery.allowed)
    for name, value in _DEFAULTS.items():
        fields.setdefault(name, literal(delivery.settings.get(name) or value))
    source = as_texts(delivery, delivery.all_columns)
    if "request_id" not in fields and "request_id" not in delivery.settings:
        source = _identified(delivery, source)
        fields["request_id"] = "_identity"
    if _INCLUSIVE in fields:
        return _disjoint(fields, source)
    return f"select _file, _row, {_listed(fields)} from {source}"


def _mapped(delivery: Delivery) -> dict[str, str]:
    """File column by ledger column; columns that carry a ledger name need no map. UsageError."""
    known = {*REQUESTS.names, _INCLUSIVE} - _NEVER
    here = {column.lower(): column for column in delivery.all_columns}
    cells: dict[str, str] = {}
    for name, column in delivery.maps.items():
        if name not in known:
            hint = f"one of: {', '.join(sorted(known))}"
            raise UsageError(f"--map {name}=…: requests have no column {name!r}", hint=hint)
        found = here.get(column.lower())
        if found is None:
            there = ", ".join(delivery.all_columns)
            raise UsageError(
                f"--map {name}={column}: the file has no column {column!r}", hint=f"it has: {there}"
            )
        cells[name] = found
    for name in sorted(known - cells.keys()):
        if (found := here.get(name)) is not None and found not in cells.values():
            cells[name] = found
    return cells


def _identified(delivery: Delivery, source: str) -> str:
    """`source` with `_identity`: digest of a row's cells, and its number among equal rows of its file.

    Of JSON the keys an object has enter with their values: one it has not may come with later lines.
    """
    said = "{literal} || chr(30) || {cell}" if is_json(delivery) else "coalesce({cell}, chr(30))"
    cells = ", ".join(
        said.format(literal=literal(column), cell=f"cast({quoted(column)} as varchar)")
        for column in sorted(delivery.all_columns)
    )
    return f"""(
  select *, _cells || '-' || row_number() over (partition by _file, _cells order by _row) as _identity
  from (select *, md5(concat_ws(chr(31), {cells})) as _cells from {source})
)"""


def _listed(fields: dict[str, str]) -> str:
    return ", ".join(f"{value} as {quoted(name)}" for name, value in fields.items())


def _disjoint(fields: dict[str, str], source: str) -> str:
    """Takes the mapped cached kinds out of the mapped `input_tokens`."""
    cached = [fields[name] for name in INPUT_TOKEN_COLUMNS[1:] if name in fields]
    inside = (
        " + ".join(f"coalesce({whole(f'cast({cell} as varchar)')}, 0)" for cell in cached) or "0"
    )
    kept = {
        name: value
        for name, value in fields.items()
        if name not in {_INCLUSIVE, INPUT_TOKEN_COLUMNS[0]}
    }
    total = f"cast({fields[_INCLUSIVE]} as varchar)"
    return f"""
select _file, _row, {_listed(kept)},
  case when {whole(total)} >= {inside} then cast({whole(total)} - ({inside}) as varchar)
    when {whole(total)} is null then {total} end as {INPUT_TOKEN_COLUMNS[0]},
  case when ({inside}) > {whole(total)} then 'more cached tokens than input' end as _problem,
  '{_INCLUSIVE}' as _problem_column, {total} as _problem_value
from {source}"""


FORMAT = Format(
    name="mapped-requests",
    table=REQUESTS.name,
    about="any CSV or JSON log, through --map column=COLUMN and --set column=value",
    shapes=(Shape.CSV, Shape.JSONL, Shape.JSON, Shape.PARQUET),
    recognises=_recognises,
    select=_select,
)
