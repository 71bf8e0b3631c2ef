"""The only writer of stdout, and of the files named by `-o`: bytes, the same ones either way.

A table follows the terminal's width only when stdout is a terminal; into a pipe or a file it takes
the width in `COLUMNS` when that is set, and else as much as it needs.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from finops.api.files import write_file
from finops.errors import FinopsError, UsageError

if TYPE_CHECKING:
    from finops.report import Report, ReportFormat

__all__ = ["emit", "folder_at", "pour", "write_bytes"]

STDOUT = "-"
"""The path that means stdout, as everywhere."""


def emit(
    report: Report,
    format: ReportFormat | str,  # noqa: A002  (named as the option it comes from)
    path: str | Path | None = None,
) -> None:
    """Render `report` and write it to `path`, or to stdout when there is none (or it is `-`).

    A workbook goes to stdout only where `-` asks for it. UsageError when it does not, and when `path`
    is a directory or its folder is missing; FinopsError when it cannot be written. Nothing is created
    then.
    """
    from finops.report import ReportFormat, render

    if path is None and str(format) == ReportFormat.XLSX:
        raise UsageError("a workbook is a file: name it", hint="-o report.xlsx")
    to_terminal = _is_stdout(path) and sys.stdout.isatty()
    width, color = (
        terminal_width(tty=to_terminal),
        use_color(tty=to_terminal, stdout=_is_stdout(path)),
    )
    write_bytes(render(report, format, width=width, color=color), path)


def write_bytes(data: bytes, path: str | Path | None = None) -> None:
    """Write `data` to stdout, or to `path` as a whole or not at all."""
    if _is_stdout(path):
        _to_stdout(data)
    else:
        write_file(data, str(path))


def folder_at(path: str | Path) -> Path:
    """The folder `path`, made where it is missing; FinopsError when that cannot be."""
    folder = Path(path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FinopsError(f"{path} cannot be made: {error.strerror or error}") from error
    return folder


def terminal_width(*, tty: bool) -> int | None:
    """Columns to keep to: `COLUMNS`, else the terminal's, else None for no limit."""
    columns = os.environ.get("COLUMNS", "")
    if columns.isdigit() and int(columns) > 0:
        return int(columns)
    if not tty:
        return None
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns or None
    except OSError:
        return None


def use_color(*, tty: bool, stdout: bool) -> bool:
    """Whether to style the table: never into a file, never against `NO_COLOR` or a dumb terminal."""
    if os.environ.get("NO_COLOR") or not stdout:
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return tty and os.environ.get("TERM") != "dumb"


def _is_stdout(path: str | Path | None) -> bool:
    return path is None or str(path) == STDOUT


def _to_stdout(data: bytes) -> None:
    """All of `data`, flushed. A reader that has seen enough (`| head`) ends the command quietly."""
    try:
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        _silence_stdout()


def pour(path: Path) -> None:
    """The file `path` to stdout, a piece at a time; a reader that has seen enough ends it quietly."""
    try:
        sys.stdout.flush()
        with path.open("rb") as file:
            shutil.copyfileobj(file, sys.stdout.buffer, _PIECE)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        _silence_stdout()


_PIECE = 1 << 20
"""Bytes held of a file that is poured."""


def _silence_stdout() -> None:
    """Point stdout at nothing, so that the interpreter's own flush at exit has nobody to complain to."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, sys.stdout.fileno())
    os.close(nothing)
