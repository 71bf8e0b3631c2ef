"""Every error finops raises on purpose, by what the person in front of it can do.

    FinopsError                 1    it failed, and nothing more specific is known
    ├── UsageError              2    the command or the configuration is wrong: change it
    │   └── ConfigError         2    … in finops.toml: the message names the file and the key
    ├── SourceError             3    a system could not be reached or refused us: try again, or fix access
    │   ├── SourceUnavailable   3    … it did not answer, or said that it is busy: try again later
    │   ├── AccessDenied        3    … it does not know us, or does not let us: fix the credentials
    │   └── SourceMissing       3    … it has nothing where we looked: fix the address
    ├── GateFailed              4    a budget, score or drift gate failed: the answer is "no"
    ├── InputError              5    the data is wrong: mend the file, or load with --keep-good
    ├── Stopped               130    somebody asked to stop: nothing is left behind
    └── LedgerError             1    the ledger could not be read or written
        ├── LedgerMissing       2    there is none where we looked: load something, or name it
        └── CommitConflict      1    another writer won too often: run the command again

Wrong *data* is collected as `finops.model.problem.Problem` values and raised once, as one
`InputError` that carries them all; a wrong *request* raises the class named above. Messages say what
happened, where, and what to do; they are shown as they are.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from finops.model.problem import Problem

__all__ = [
    "AccessDenied",
    "CommitConflict",
    "ConfigError",
    "ExitCode",
    "FinopsError",
    "GateFailed",
    "InputError",
    "LedgerError",
    "LedgerMissing",
    "SourceError",
    "SourceMissing",
    "SourceUnavailable",
    "Stopped",
    "UsageError",
]


class ExitCode(IntEnum):
    """What the process's exit status means; the same for every command."""

    OK = 0
    FAILED = 1
    USAGE = 2
    SOURCE = 3
    GATE = 4
    INPUT = 5
    INTERRUPTED = 130


class FinopsError(Exception):
    """Something finops could not do; `hint` is the next thing to try, shown under the message."""

    exit_code: ClassVar[ExitCode] = ExitCode.FAILED

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(FinopsError):
    """The command line asks for something that does not exist or contradicts itself."""

    exit_code = ExitCode.USAGE


class ConfigError(UsageError):
    """A setting in `finops.toml` or the environment is unknown or wrong."""


class SourceError(FinopsError):
    """An outside system could not be reached, or refused us."""

    exit_code = ExitCode.SOURCE


class SourceUnavailable(SourceError):
    """A source did not answer, or said that it is busy."""


class AccessDenied(SourceError):
    """A source refused our credentials, or does not let us do what we asked."""


class SourceMissing(SourceError):
    """A source has nothing at the address we were given."""


class GateFailed(FinopsError):
    """A budget, score or drift gate says no."""

    exit_code = ExitCode.GATE


class InputError(FinopsError):
    """Input data is wrong; `problems` holds every row-level finding, and nothing was stored."""

    exit_code = ExitCode.INPUT

    def __init__(
        self, message: str, *, hint: str | None = None, problems: Sequence[Problem] = ()
    ) -> None:
        super().__init__(message, hint=hint)
        self.problems = tuple(problems)


class Stopped(FinopsError):
    """Somebody asked to stop."""

    exit_code = ExitCode.INTERRUPTED


class LedgerError(FinopsError):
    """The ledger could not be read or written."""


class LedgerMissing(LedgerError):
    """No ledger stands at the place we were told to read."""

    exit_code = ExitCode.USAGE


class CommitConflict(LedgerError):
    """Another writer committed first, again and again; nothing of ours was stored."""
