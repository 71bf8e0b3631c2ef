"""The only writer of stderr, and the owner of exit codes: what people are told while data goes to stdout.

Every error finops raises on purpose becomes its message, its hint and its code. Anything else is a
fault of ours: one line, how to report it, and the traceback when `FINOPS_DEBUG=1`.
"""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager, redirect_stdout
from typing import TYPE_CHECKING, Protocol

from finops.errors import ExitCode, FinopsError, InputError
from finops.redaction import redact

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from types import TracebackType

__all__ = [
    "Advance",
    "ExitCode",
    "ask",
    "crashed",
    "fail",
    "interrupted",
    "narrated",
    "progress",
    "say",
    "warn",
]

PROBLEMS_SHOWN = 20
"""Data problems listed on the terminal; `--problems FILE` has them all."""


class Advance(Protocol):
    """Told how far the work is; absolute numbers, so that a lost call loses nothing."""

    def __call__(
        self,
        done: int,
        *,
        total: int | None = None,
        rows: int | None = None,
        what: str | None = None,
    ) -> None:
        """`done` of `total` bytes are finished, `rows` rows so far, working on `what`."""


def say(message: str) -> None:
    """One line of narration."""
    _write(message)


def narrated() -> AbstractContextManager[object]:
    """Within it, what a library prints is narration too."""
    return redirect_stdout(sys.stderr)


def ask(words: str) -> str | None:
    """Put a question and read the line typed in reply, without its end; None when the input has ended."""
    _write(words, end="")
    line = sys.stdin.readline()
    if not _is_terminal() or not line.endswith("\n"):
        _write("")
    return line.rstrip("\r\n") if line else None


def warn(message: str) -> None:
    """Something the reader should know, though the command goes on."""
    _write(f"warning: {message}")


def fail(error: FinopsError) -> ExitCode:
    """Tell what went wrong and what to try; the code the process should exit with."""
    _write(f"error: {error.message}")
    if isinstance(error, InputError):
        _write_problems(error)
    if error.hint is not None:
        _write(f"hint: {error.hint}")
    if _debugging():
        _write_traceback(type(error), error, error.__traceback__)
    return error.exit_code


def interrupted() -> ExitCode:
    """The user pressed ctrl-C."""
    _write("interrupted")
    return ExitCode.INTERRUPTED


def crashed(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> ExitCode:
    """A fault in finops itself (usable as `sys.excepthook`)."""
    detail = " ".join(str(error).split()) or "no message"
    _write(f"error: finops failed in a way it should not: {kind.__name__}: {detail}")
    if _debugging():
        _write_traceback(kind, error, trace)
    else:
        _write(
            "hint: run it again with FINOPS_DEBUG=1 and report the output with that of `finops doctor`"
        )
    return ExitCode.FAILED


@contextmanager
def progress(what: str, *, total: int | None = None) -> Iterator[Advance]:
    """A progress line for long work, on stderr when that is a terminal, else nothing.

    `total` is in bytes; the line shows bytes, rows, rate and the time left.
    """
    if not _is_terminal():
        yield _no_progress
        return
    from finops.cli.progress import progress_bar

    with progress_bar(what, total=total) as advance:
        yield advance


def _no_progress(
    done: int, *, total: int | None = None, rows: int | None = None, what: str | None = None
) -> None:
    """Nobody is watching."""


def _write_problems(error: InputError) -> None:
    for problem in error.problems[:PROBLEMS_SHOWN]:
        _write(f"  {problem}")
    more = len(error.problems) - PROBLEMS_SHOWN
    if more > 0:
        _write(f"  … and {more:,} more; --problems FILE writes all of them")


def _write_traceback(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    import traceback

    _write("".join(traceback.format_exception(kind, error, trace)).rstrip())


def _write(text: str, *, end: str = "\n") -> None:
    try:
        sys.stderr.write(f"{redact(text)}{end}")
        sys.stderr.flush()
    except (BrokenPipeError, ValueError):
        return


def _debugging() -> bool:
    return os.environ.get("FINOPS_DEBUG", "") not in {"", "0"}


def _is_terminal() -> bool:
    return sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
