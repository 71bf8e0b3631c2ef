"""From what a source counts to the ledger's disjoint token kinds, and the checks that go with it.

Two families of sources exist. One counts cached tokens *inside* its input count (OpenAI and those who
imitate it): the uncached part is what is left after taking the cached kinds out. The other counts
them *beside* it (Anthropic, Bedrock): the count is the uncached part. Taking one for the other
doubles or loses money, so each reader says which it is, and a row that contradicts it (more
cached tokens than input) is a problem, not a guess.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from connectors.formats.requests.fields import columns
from connectors.sql import literal, quoted
from finops.errors import UsageError
from finops.model.schema import Kind
from finops.model.tables import CACHE_WRITE_COLUMNS, INPUT_TOKEN_COLUMNS, REQUESTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.formats.contract import Delivery

__all__ = ["Check", "Counts", "cached_in_input", "record", "split_writes", "whole"]

SETTING = "cached_in_input"
_TEXTS = frozenset(column.name for column in REQUESTS.columns if column.kind is Kind.TEXT)
_WHOLE = r"[0-9]{1,18}(\.0+)?"


class Check(NamedTuple):
    """A condition that makes a row wrong: SQL condition, the column and value to show, and why."""

    condition: str
    column: str
    value: str
    why: str


class Counts(NamedTuple):
    """SQL expressions, as text, for what a source counts; None for a kind it never counts.

    `written` maps a ledger cache-write column to its count. `output` includes reasoning.
    """

    input: str
    output: str
    read: str | None = None
    written: Mapping[str, str] = {}
    reasoning: str | None = None

    def named(self) -> dict[str, str]:
        """The counts under the names the record's checks and sums use."""
        kinds = {"_input": self.input, "output_tokens": self.output}
        if self.read is not None:
            kinds["cache_read_tokens"] = self.read
        kinds.update(self.written)
        if self.reasoning is not None:
            kinds["reasoning_tokens"] = self.reasoning
        return kinds


def whole(value: str) -> str:
    """SQL BIGINT of a count given as text; NULL where it is not a whole number of at most 18 digits."""
    return f"case when regexp_full_match({value}, '{_WHOLE}') then try_cast({value} as bigint) end"


def cached_in_input(delivery: Delivery, *, usual: bool) -> bool:
    """What `--set cached_in_input=yes|no` says of producers that differ; `usual` when it is not set."""
    said = delivery.settings.get(SETTING)
    if said is None:
        return usual
    if said.lower() not in {"yes", "no", "true", "false"}:
        raise UsageError(f"{SETTING}={said!r} is not an answer", hint=f"--set {SETTING}=yes or no")
    return said.lower() in {"yes", "true"}


def record(
    source: str,
    fields: Mapping[str, str],
    counts: Counts,
    *,
    inclusive: bool | str,
    checks: tuple[Check, ...] = (),
    documents: Mapping[str, str] | None = None,
) -> str:
    """The SELECT of ledger columns over `source`, a FROM item with `_file` and `_row`.

    `inclusive` says whether the input count includes the cached kinds: always, never, or where an SQL
    condition over `source` holds. Counts come out as BIGINT; a count that is not one, reasoning above
    output and cached above input become `_problem` with its column and value. So do the JSON values
    `documents` (by their name in the log) that are no objects, and texts that hold an object or a list.
    """
    checks += tuple(_object(name, value) for name, value in (documents or {}).items())
    checks += tuple(_plain_text(name, fields[name]) for name in fields if name in _TEXTS)
    kinds = counts.named()
    texts = {f"_text{name}": f"cast({value} as varchar)" for name, value in kinds.items()}
    known = [*fields, *texts]
    condition = inclusive if isinstance(inclusive, str) else str(inclusive).lower()
    raw = columns({**fields, **texts, "_inclusive": condition, **_verdicts(checks)})
    numbers = columns({name: whole(quoted(f"_text{name}")) for name in kinds})
    cached = [name for name in INPUT_TOKEN_COLUMNS if name in kinds]
    total = " + ".join(f"coalesce({name}, 0)" for name in cached) or "0"
    return f"""
select _file, _row, {", ".join(quoted(name) for name in fields)},
  case when not _inclusive then _input when _input >= {total} then _input - ({total})
    end as uncached_input_tokens,
  {", ".join(quoted(name) for name in kinds if name != "_input")},
  {_problems(kinds, total, checks)}
from (
  select _file, _row, {", ".join(quoted(name) for name in known)}, _inclusive,
    {", ".join(quoted(f"_wrong{number}") for number in range(len(checks)))}{"," if checks else ""}
    {", ".join(quoted(f"_shown{number}") for number in range(len(checks)))}{"," if checks else ""}
    {numbers}
  from (select _file, _row, {raw} from {source})
)"""


def _object(name: str, value: str) -> Check:
    wrong = f"json_type({value}) not in ('OBJECT', 'NULL')"
    return Check(wrong, name, f"cast({value} as varchar)", "is not a JSON object")


def _plain_text(name: str, value: str) -> Check:
    wrong = f"left(cast({value} as varchar), 1) in ('{{', '[')"
    return Check(wrong, name, f"cast({value} as varchar)", "is an object or a list, not a text")


def _verdicts(checks: tuple[Check, ...]) -> dict[str, str]:
    wrong = {f"_wrong{number}": check.condition for number, check in enumerate(checks)}
    return wrong | {f"_shown{number}": check.value for number, check in enumerate(checks)}


def _problems(kinds: Mapping[str, str], total: str, checks: tuple[Check, ...]) -> str:
    """The three `_problem` columns, first finding wins."""
    found = [
        Check(f"_wrong{number}", check.column, f"_shown{number}", check.why)
        for number, check in enumerate(checks)
    ]
    for name in kinds:
        column = "uncached_input_tokens" if name == "_input" else name
        text = quoted(f"_text{name}")
        unread = f"({text} is not null and {quoted(name)} is null)"
        found.append(Check(unread, column, text, "not a whole number of tokens"))
    if "reasoning_tokens" in kinds:
        more = "reasoning_tokens > output_tokens"
        why = "more reasoning than output tokens: reasoning must be a part of output"
        found.append(Check(more, "reasoning_tokens", "cast(reasoning_tokens as varchar)", why))
    more = f"_inclusive and ({total}) > _input"
    why = "more cached tokens than input: this source does not count cached tokens inside input"
    found.append(Check(more, "cache_read_tokens", f"cast({total} as varchar)", why))
    parts = {
        "_problem": [literal(check.why) for check in found],
        "_problem_column": [literal(check.column) for check in found],
        "_problem_value": [check.value for check in found],
    }
    return ",\n  ".join(
        "case "
        + " ".join(
            f"when {check.condition} then {value}"
            for check, value in zip(found, values, strict=True)
        )
        + f" end as {name}"
        for name, values in parts.items()
    )


def split_writes(written: str, parts: Mapping[str, str]) -> dict[str, str]:
    """Cache writes by lifetime; a total `written` equals the sum of its parts, so it counts once.

    What of the total no part names has an unknown lifetime.
    """
    named = " + ".join(f"coalesce({whole(part)}, 0)" for part in parts.values()) or "0"
    total = whole(written)
    rest = f"case when {total} is not null then greatest({total} - ({named}), 0) end"
    return {**parts, CACHE_WRITE_COLUMNS[4]: f"coalesce(cast({rest} as varchar), {written})"}
