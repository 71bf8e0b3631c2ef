"""What was scored when: one append-only file of JSON lines per subject.

A record holds everything a comparison needs (levels, statuses, reasons, fingerprints), so that two dates
can be told apart without the ledger they came from. A run that found the same as the last one adds
nothing.
"""

from __future__ import annotations

import json
from datetime import date, datetime
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple

from finops.errors import FinopsError, InputError
from finops.model.problem import Problem
from scorecard.evidence import digest

if TYPE_CHECKING:
    from pathlib import Path

    from scorecard.answers import Subject
    from scorecard.scoring import CategoryScore, CheckResult, Score

__all__ = [
    "CategoryRecord",
    "CheckRecord",
    "Record",
    "append",
    "history_file",
    "read_history",
    "record_of",
]


class CheckRecord(NamedTuple):
    """One check as it stood: status, how it was known, why, and the fingerprint of what decided."""

    id: str
    level: int
    status: str
    mark: str
    reason: str
    claimed: bool | None
    source: str | None
    sha256: str | None


class CategoryRecord(NamedTuple):
    """One category as it stood; levels are None where it did not apply."""

    id: str
    claimed: int | None
    verified: int | None
    checks: tuple[CheckRecord, ...]


class Record(NamedTuple):
    """One score as it stood. `recorded` is when it was written down, `as_of` the day it is about."""

    subject: str
    as_of: date
    recorded: datetime
    catalog: str
    catalog_sha256: str
    claimed: Fraction
    verified: Fraction
    max: int
    coverage: Fraction
    risk: bool
    categories: tuple[CategoryRecord, ...]

    def check(self, name: str) -> CheckRecord | None:
        """The check called `name`, if it was asked."""
        return next((c for each in self.categories for c in each.checks if c.id == name), None)

    @property
    def sha256(self) -> str:
        """Fingerprint of what was found, whenever it was written down."""
        raw = _plain(self)
        del raw["recorded"]
        return digest(raw)


def history_file(folder: Path, subject: Subject) -> Path:
    """Where the history of `subject` is kept in `folder`."""
    return folder / f"{subject.slug}.jsonl"


def record_of(score: Score, recorded: datetime) -> Record:
    """`score` as it is kept; `recorded` is an aware time."""
    return Record(
        str(score.subject),
        score.as_of,
        recorded,
        score.catalog,
        score.catalog_sha256,
        score.claimed,
        score.verified,
        score.max,
        score.coverage,
        score.risk,
        tuple(_category(category) for category in score.categories),
    )


def append(file: Path, record: Record) -> bool:
    """Add `record` to `file`; False when the last one found exactly the same, and nothing was added."""
    last = read_history(file)[-1:]
    if last and last[0].sha256 == record.sha256:
        return False
    line = json.dumps(_plain(record), ensure_ascii=False, separators=(",", ":")) + "\n"
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("a", encoding="utf-8") as stream:
            stream.write(line)
    except OSError as error:
        raise FinopsError(f"the history {file} could not be written: {error.strerror}") from error
    return True


def read_history(file: Path) -> tuple[Record, ...]:
    """Every record, oldest first; none when there is no file. InputError names a line that is damaged."""
    if not file.is_file():
        return ()
    found = []
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            found.append(_record(json.loads(line)))
        except (ValueError, KeyError, TypeError) as error:
            problem = Problem(str(file), number, None, None, f"not a record of a score: {error}")
            raise InputError(f"the history {file} is damaged", problems=[problem]) from error
    return tuple(found)


def _category(category: CategoryScore) -> CategoryRecord:
    checks = tuple(_check(result) for result in category.checks)
    return CategoryRecord(category.id, category.claimed, category.verified, checks)


def _check(result: CheckResult) -> CheckRecord:
    decided = result.decided_by
    return CheckRecord(
        result.check,
        result.level,
        str(result.status),
        result.mark,
        result.reason,
        result.claimed,
        None if decided is None else decided.source,
        None if decided is None else decided.sha256,
    )


def _plain(record: Record) -> dict[str, Any]:
    raw = record._asdict()
    raw["as_of"] = record.as_of.isoformat()
    raw["recorded"] = record.recorded.isoformat()
    for name in ("claimed", "verified", "coverage"):
        raw[name] = str(raw[name])
    raw["categories"] = [
        {**category._asdict(), "checks": [check._asdict() for check in category.checks]}
        for category in record.categories
    ]
    return raw


def _record(raw: dict[str, Any]) -> Record:
    categories = tuple(
        CategoryRecord(**{**each, "checks": tuple(CheckRecord(**c) for c in each["checks"])})
        for each in raw["categories"]
    )
    return Record(
        **{
            **raw,
            "as_of": date.fromisoformat(raw["as_of"]),
            "recorded": datetime.fromisoformat(raw["recorded"]),
            **{name: Fraction(raw[name]) for name in ("claimed", "verified", "coverage")},
            "categories": categories,
        }
    )
