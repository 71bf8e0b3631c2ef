"""Offers from files: YAML, TOML, CSV or a workbook, all with the same fields.

YAML and TOML have a `quotes` list (`[[quotes]]`), and may have a `need` and dated exchange `rates`. CSV and a
workbook's first sheet that has a column `vendor` have one offer a row, columns named as the fields; a workbook
may have a sheet `need` with a field and its value in each row.
"""

from __future__ import annotations

import csv
import io
import tomllib
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, NamedTuple

from finops.errors import ConfigError, InputError
from finops.model.problem import Problem
from finops.model.spreadsheet import restored
from finops.yamltext import parse_yaml
from scorecard.quotes.inputs import NEED_FIELDS, parse_need, parse_quote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from scorecard.quotes.inputs import Need, Quote
    from scorecard.workbook.reading import Sheet

__all__ = ["Offers", "Rate", "read_offers", "settle_need"]

LARGEST = 10_000_000
"""Bytes of a file of offers."""


class Rate(NamedTuple):
    """One unit of `source` is worth `rate` of `target`, on a day, somebody says."""

    source: str
    target: str
    rate: Decimal
    date: date | None
    said_by: str


class Offers(NamedTuple):
    """What one file holds: offers, what it says of the need, exchange rates, remarks on its cells."""

    quotes: tuple[Quote, ...]
    need: Mapping[str, object]
    rates: tuple[Rate, ...]
    remarks: tuple[Problem, ...] = ()


def read_offers(path: Path) -> Offers:
    """All of `path`; InputError with every problem when something in it is wrong."""
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    if path.stat().st_size > LARGEST:
        raise InputError(f"{path}: is larger than a file of offers ({LARGEST:,} bytes)")
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise InputError(f"{path}: offers are read from {', '.join(_READERS)}")
    rows, need, rates, remarks = reader(path)
    problems: list[Problem] = []
    quotes = []
    for place, row in rows:
        quote, wrong = parse_quote(row, path.name, place)
        problems.extend(wrong)
        if quote is not None:
            quotes.append(quote)
    found = [_rate(path.name, number, raw, problems) for number, raw in enumerate(rates, start=1)]
    if problems:
        raise InputError(f"{path} does not hold offers", problems=problems)
    if not quotes:
        raise InputError(f"{path}: holds no offer")
    return Offers(tuple(quotes), need, tuple(one for one in found if one is not None), remarks)


class _Raw(NamedTuple):
    """What a format holds: (place, row) of every offer, the need, rates, remarks."""

    rows: Sequence[tuple[str, Mapping[str, object]]]
    need: Mapping[str, object] = {}
    rates: Sequence[object] = ()
    remarks: tuple[Problem, ...] = ()


def settle_need(
    files: Sequence[tuple[str, Mapping[str, object]]], given: Mapping[str, str]
) -> Need:
    """The need of all files (they must agree), with what the command line gives over it.

    InputError when they do not agree, or something is wrong or missing.
    """
    settled: dict[str, object] = {}
    first: dict[str, str] = {}
    for file, need in files:
        for name, value in need.items():
            if name in settled and str(settled[name]) != str(value) and name not in given:
                why = f"{first[name]} says {settled[name]}; keep one, or --need {name}=…"
                problem = Problem(file, None, f"need.{name}", str(value), why)
                raise InputError("the files want different things", problems=[problem])
            settled.setdefault(name, value)
            first.setdefault(name, file)
    found, problems = parse_need({**settled, **given}, "need", "")
    if found is None:
        names = ", ".join(field.name for field in NEED_FIELDS)
        raise InputError(
            "what is needed is not known",
            problems=problems,
            hint=f"--need gpus=64, or need: in a file of offers; fields: {names}",
        )
    return found


def _rate(file: str, number: int, raw: object, problems: list[Problem]) -> Rate | None:
    place = f"rates {number}."
    if not isinstance(raw, dict) or not {"from", "to", "rate"} <= set(raw):
        problems.append(Problem(file, None, place, None, "needs from, to and rate"))
        return None
    try:
        value = Decimal(str(raw["rate"]))
    except InvalidOperation:
        value = Decimal(0)
    if not value.is_finite() or value <= 0:
        problems.append(Problem(file, None, f"{place}rate", str(raw["rate"]), "is no rate"))
        return None
    day = raw.get("date")
    return Rate(
        str(raw["from"]),
        str(raw["to"]),
        value,
        day if isinstance(day, date) else None,
        str(raw.get("source") or "nobody named"),
    )


def _from_document(document: object, path: Path) -> _Raw:
    if not isinstance(document, dict) or not isinstance(document.get("quotes"), list):
        raise InputError(
            f"{path}: has no quotes", hint="finops vendor new NAME writes one to start from"
        )
    unknown = set(document) - {"quotes", "need", "rates"}
    rows, problems = (
        [],
        [
            Problem(path.name, None, str(key), None, "is no part of a file of offers")
            for key in sorted(unknown, key=str)
        ],
    )
    for number, one in enumerate(document["quotes"], start=1):
        if isinstance(one, dict):
            rows.append((f"quotes {number}.", one))
        else:
            problems.append(Problem(path.name, None, f"quotes {number}", str(one), "is no offer"))
    need, rates = document.get("need") or {}, document.get("rates") or []
    if not isinstance(need, dict) or not isinstance(rates, list):
        problems.append(Problem(path.name, None, "need", None, "need has fields, rates is a list"))
    if problems:
        raise InputError(f"{path} does not hold offers", problems=problems)
    return _Raw(rows, need, rates)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read: {error}") from error


def _yaml(path: Path) -> _Raw:
    try:
        document = parse_yaml(_text(path), str(path))
    except ConfigError as error:
        raise InputError(error.message) from error
    return _from_document(document, path)


def _toml(path: Path) -> _Raw:
    try:
        document = tomllib.loads(_text(path), parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{path}: is not TOML: {error}") from error
    return _from_document(document, path)


def _csv(path: Path) -> _Raw:
    reader = csv.reader(io.StringIO(_text(path), newline=""), strict=True)
    try:
        lines = [(reader.line_num, line) for line in reader]
    except csv.Error as error:
        raise InputError(f"{path}: is not CSV: {error}") from error
    if not lines:
        raise InputError(f"{path}: holds no offer")
    header = [name.strip().casefold() for name in lines[0][1]]
    rows: list[tuple[str, Mapping[str, object]]] = []
    for number, line in lines[1:]:
        if len(line) > len(header):
            problem = Problem(path.name, number - 1, None, None, "has more fields than the header")
            raise InputError(f"{path} does not hold offers", problems=[problem])
        if any(field.strip() for field in line):
            row = {name: restored(field) for name, field in zip(header, line, strict=False)}
            rows.append((f"line {number} ", row))
    return _Raw(rows)


def _workbook(path: Path) -> _Raw:
    from scorecard.workbook.reading import read_workbook

    book = read_workbook(path)
    visible = [sheet for sheet in book.sheets if not sheet.hidden]
    for sheet in visible:
        header = _header(sheet)
        if header is not None:
            need = next((one for one in visible if one.name.casefold() == "need"), None)
            rows = list(_sheet_rows(sheet, *header))
            return _Raw(rows, _need_of(need) if need else {}, (), book.problems)
    raise InputError(
        f"{path}: no sheet has a column called vendor", hint="name columns as the fields"
    )


def _header(sheet: Sheet) -> tuple[int, dict[int, str]] | None:
    """The first row that has a cell `vendor`, and its names by column."""
    for row in range(1, min(sheet.last_row, 20) + 1):
        names = {
            column: text
            for column in range(1, sheet.last_column + 1)
            if (text := sheet.at(row, column).casefold())
        }
        if "vendor" in names.values():
            return row, names
    return None


def _sheet_rows(
    sheet: Sheet, header: int, names: Mapping[int, str]
) -> Iterator[tuple[str, Mapping[str, object]]]:
    for row in range(header + 1, sheet.last_row + 1):
        values = {name: sheet.at(row, column) for column, name in names.items()}
        if any(values.values()):
            yield f"{sheet.name} row {row} ", values


def _need_of(sheet: Sheet) -> dict[str, object]:
    return {
        sheet.at(row, 1).casefold(): sheet.at(row, 2)
        for row in range(1, sheet.last_row + 1)
        if sheet.at(row, 1) and sheet.at(row, 2)
    }


_READERS: dict[str, Callable[[Path], _Raw]] = {
    ".yaml": _yaml,
    ".yml": _yaml,
    ".toml": _toml,
    ".csv": _csv,
    ".xlsx": _workbook,
}
