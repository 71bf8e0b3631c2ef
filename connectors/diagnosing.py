"""What is wrong with files that would not load: every bad cell and line, by file, row, column and value.

The pass over the text stops at the first fault it meets; this one reads everything again as text and
names them all. It runs only when there is something to find, or for `--keep-good`.
"""

from __future__ import annotations

import csv
from bisect import bisect_right
from itertools import groupby
from typing import TYPE_CHECKING

from connectors.formats.contract import Shape
from finops.model.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import duckdb

    from connectors.delivery import FileDelivery
    from connectors.wrapping import Wrapped

__all__ = ["REFUSED", "diagnose", "write_problems"]

REFUSED = "_finops_refused"
"""Temporary table (_file, _row) of the rows that have a problem."""

_FOUND = "_finops_problems"


def diagnose(delivery: FileDelivery, wrapped: Wrapped) -> tuple[Problem, ...]:
    """Every problem, in order; leaves `REFUSED` on the delivery's connection for `Wrapped.lenient`.

    Of a document that is damaged nothing but that is known: a problem without a row.
    """
    if delivery.shape is Shape.JSON and (damaged := delivery.broken_rows()):
        return tuple(damaged)
    con = delivery.con
    con.execute(
        f"create or replace temp table {_FOUND}"
        ' (_file varchar, _row bigint, "column" varchar, value varchar, why varchar)'
    ).fetchall()
    for misfits in delivery.misfits():
        con.execute(f"insert into {_FOUND} {misfits}").fetchall()
    con.execute(f"insert into {_FOUND} {wrapped.problems()}").fetchall()
    if not con.execute(f"select count(*) from {_FOUND}").fetchall()[0][0] and wrapped.underived():
        con.execute(f"insert into {_FOUND} {wrapped.underived()}").fetchall()
    con.execute(
        f"create or replace temp table {REFUSED} as select distinct _file, _row from {_FOUND}"
    ).fetchall()
    cells = [Problem(*row) for row in _found(con)]
    broken = delivery.broken_rows()
    skipped = broken if delivery.skips_broken_rows else []
    placed = _placed(cells, skipped)
    lines = {(problem.file, problem.row) for problem in broken}
    kept = [problem for problem in placed if (problem.file, problem.row) not in lines]
    return tuple(sorted((*broken, *kept), key=lambda problem: (problem.file, problem.row or 0)))


def _found(con: duckdb.DuckDBPyConnection) -> list[tuple[str, int, str, str, str]]:
    """One problem for each cell: a value that a scan could not read is not also empty."""
    return con.execute(
        f'select _file, _row, "column", value, why from {_FOUND}'
        " qualify row_number() over (partition by _file, _row, coalesce(\"column\", '')"
        " order by value nulls last) = 1 order by _file, _row"
    ).fetchall()


def _placed(cells: Sequence[Problem], skipped: Sequence[Problem]) -> list[Problem]:
    """Problems with their rows counted as in the file: the reader left the broken rows out."""
    gone = {
        file: sorted(problem.row or 0 for problem in group)
        for file, group in groupby(
            sorted(skipped, key=lambda problem: problem.file), key=lambda problem: problem.file
        )
    }
    return [
        problem._replace(row=_in_file(problem.row or 0, gone.get(problem.file, [])))
        for problem in cells
    ]


def _in_file(row: int, gone: Sequence[int]) -> int:
    """The row's place in a file of which the rows `gone` were not counted."""
    before = 0
    while (now := bisect_right(gone, row + before)) != before:
        before = now
    return row + before


def write_problems(path: Path, problems: Sequence[Problem]) -> None:
    """Write all of them as CSV: file, row, column, value, why."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(Problem._fields)
        writer.writerows(problems)
