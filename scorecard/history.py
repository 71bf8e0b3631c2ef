"""What was scored when: one append-only file of JSON lines per subject.

A record holds the whole score with its evidence, so that two dates can be told apart, and each shown,
without the ledger they came from. A run that found the same as the last one adds nothing.
"""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple

from finops.errors import FinopsError, InputError
from finops.model.problem import Problem
from scorecard.answers import parse_subject
from scorecard.evidence import Evidence, EvidenceType, Outcome, Stakes, digest
from scorecard.scoring import CategoryScore, CheckResult, RequirementResult, Score, Status

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from scorecard.answers import Subject

__all__ = ["Record", "append", "history_file", "plain", "read_history"]


class Record(NamedTuple):
    """A score, and when it was written down."""

    recorded: datetime
    score: Score

    @property
    def sha256(self) -> str:
        """Fingerprint of what was found, whenever it was written down."""
        return digest(plain(self.score))


def history_file(folder: Path, subject: Subject) -> Path:
    """Where the history of `subject` is kept in `folder`."""
    return folder / f"{subject.slug}.jsonl"


def append(file: Path, record: Record) -> bool:
    """Add `record` to `file`; False when the last one found exactly the same, and nothing was added."""
    last = read_history(file)[-1:]
    if last and last[0].sha256 == record.sha256:
        return False
    raw = {"recorded": record.recorded.isoformat(), **plain(record.score)}
    line = json.dumps(raw, ensure_ascii=False, separators=(",", ":")) + "\n"
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
        except (ArithmeticError, AttributeError, KeyError, TypeError, ValueError) as error:
            problem = Problem(str(file), number, None, None, f"not a record of a score: {error}")
            raise InputError(f"the history {file} is damaged", problems=[problem]) from error
    return tuple(found)


# --- as JSON holds it ----------------------------------------------------------------------------


def plain(score: Score) -> dict[str, Any]:
    """`score` as values JSON has words for; decimals and fractions as their text, so that none is rounded."""
    found: dict[str, Any] = _simple(score._replace(subject=str(score.subject)))  # type: ignore[arg-type]
    return found


def _simple(value: object) -> Any:  # noqa: ANN401  (any part of a score)
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return {name: _simple(part) for name, part in value._asdict().items()}
    if isinstance(value, tuple):
        return [_simple(part) for part in value]
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, Fraction):
        return str(value)
    return value.isoformat() if isinstance(value, date) else value


def _record(raw: dict[str, Any]) -> Record:
    recorded = datetime.fromisoformat(raw.pop("recorded"))
    made: dict[str, Callable[[Any], Any]] = {
        "subject": parse_subject,
        "as_of": date.fromisoformat,
        "claimed": Fraction,
        "verified": Fraction,
        "coverage": Fraction,
        "weakest": tuple,
        "unknown": tuple,
        "categories": lambda items: tuple(_category(item) for item in items),
        "requirements": lambda items: tuple(_requirement(item) for item in items),
    }
    return Record(recorded, Score(**_made(raw, made)))


def _category(raw: dict[str, Any]) -> CategoryScore:
    return CategoryScore(**_made(raw, {"checks": _checks, "confidence": Decimal}))


def _requirement(raw: dict[str, Any]) -> RequirementResult:
    return RequirementResult(**_made(raw, {"checks": _checks, "status": Status}))


def _checks(items: list[dict[str, Any]]) -> tuple[CheckResult, ...]:
    made: dict[str, Callable[[Any], Any]] = {
        "status": Status,
        "decided_by": _evidence,
        "evidence": lambda pieces: tuple(_evidence(piece) for piece in pieces),
        "confidence": Decimal,
    }
    return tuple(CheckResult(**_made(item, made)) for item in items)


def _evidence(raw: dict[str, Any]) -> Evidence:
    made: dict[str, Callable[[Any], Any]] = {
        "type": EvidenceType,
        "outcome": Outcome,
        "collected": date.fromisoformat,
        "expires": date.fromisoformat,
        "value": Decimal,
        "stakes": lambda part: Stakes(**{**part, "amount": Decimal(part["amount"])}),
    }
    return Evidence(**_made(raw, made))


def _made(raw: dict[str, Any], made: dict[str, Callable[[Any], Any]]) -> dict[str, Any]:
    """`raw` with the values named in `made` turned into what they are; null stays None."""
    return {
        name: made[name](value) if name in made and value is not None else value
        for name, value in raw.items()
    }
