"""SQL fragments every request reader shares: what may be taken from a log, and under which name.

Logs of model calls hold people's words. So a reader takes named fields only, and these fragments let
through nothing that could be prose: a label is one scalar of at most 200 characters without an e-mail
address, an error type is a word of code, an attribute is one the reader names or one the person has put on
the allow-list of finops.toml, and then only a scalar that would pass for a label.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.formats.contract import Shape
from connectors.sql import literal, quoted

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from connectors.formats.contract import Delivery

__all__ = [
    "LABELS",
    "allowed",
    "allowed_of_cell",
    "answered",
    "as_texts",
    "asked",
    "attributes",
    "chosen",
    "code",
    "columns",
    "epoch",
    "first",
    "is_json",
    "label",
    "labels",
    "nested",
    "note",
    "path",
    "provider_of",
    "scalar",
    "status",
]

LABELS = (
    "workflow",
    "workflow_run_id",
    "agent",
    "feature",
    "team",
    "tenant",
    "environment",
    "prompt_version",
    "workload_tier",
    "data_class",
    "outcome",
)
"""Ledger dimensions a caller may put into a request's metadata under these very names."""

STATUSES = {
    "ok": (
        "ok",
        "success",
        "succeeded",
        "completed",
        "complete",
        "incomplete",
        "unset",
        "200",
        "201",
    ),
    "timeout": ("timeout", "timed_out", "timedout", "expired", "408", "504"),
    "cancelled": ("cancelled", "canceled", "aborted", "499"),
    "blocked": ("blocked", "content_filter", "guardrail_intervened", "refusal", "refused"),
    "error": ("error", "errored", "failed", "failure", "429", "500", "502", "503", "529"),
}
"""The ledger's status for each spelling seen; another spelling is passed on, to be refused by name."""

_SCALARS = "('VARCHAR', 'BIGINT', 'UBIGINT', 'DOUBLE', 'BOOLEAN')"


def path(*names: str) -> str:
    """A JSON path whose steps are `names`, literally (a name may hold dots)."""
    return "$" + "".join(f'."{name}"' for name in names)


def nested(document: str, *names: str) -> str:
    """SQL VARCHAR: the field at `names` inside the JSON expression `document`."""
    return f"json_extract_string({document}, {literal(path(*names))})"


def scalar(document: str, *names: str) -> str:
    """As `nested`, and NULL where the field is an object or a list: those may hold content."""
    where = literal(path(*names))
    return (
        f"case when json_type({document}, {where}) in {_SCALARS}"
        f" then json_extract_string({document}, {where}) end"
    )


def first(*candidates: str) -> str:
    """SQL: the first candidate that is neither NULL nor empty."""
    filled = [f"nullif({candidate}, '')" for candidate in candidates]
    return filled[0] if len(filled) == 1 else f"coalesce({', '.join(filled)})"


def label(value: str) -> str:
    """SQL: `value` where it can be a name: one line, at most 200 characters, not an e-mail address."""
    return (
        f"case when length({value}) between 1 and 200 and not contains({value}, '@')"
        f" and not contains({value}, chr(10)) then {value} end"
    )


def labels(document: str, *, but: Collection[str] = ()) -> dict[str, str]:
    """Ledger dimensions found under their own names in the JSON expression `document`."""
    return {name: label(scalar(document, name)) for name in LABELS if name not in but}


def allowed(names: Iterable[str], *documents: str) -> dict[str, str]:
    """SQL JSON by attribute: what of the allow-list stands in one of the JSON objects `documents`.

    A value is kept as it is (text, number or boolean) where it would pass for a label; the first of
    `documents` that has such a value wins. Objects and lists are left out.
    """
    return {
        name: f"coalesce({', '.join(_allowed(name, document) for document in documents)})"
        for name in names
    }


def _allowed(name: str, document: str) -> str:
    place = literal("/" + name.replace("~", "~0").replace("/", "~1"))
    text = label(f"json_extract_string({document}, {place})")
    return (
        f"case when json_type({document}) = 'OBJECT' and json_type({document}, {place}) in {_SCALARS}"
        f" and {text} is not null then json_extract({document}, {place}) end"
    )


def allowed_of_cell(cell: str, names: Iterable[str]) -> str:
    """SQL: a log's own attributes, of which only the allow-list is kept; text that is no JSON stays.

    The loader refuses such text by name, so it never reaches the ledger.
    """
    document = f"try_cast({cell} as json)"
    return (
        f"case when {cell} is not null and {document} is null then cast({cell} as varchar)"
        f" else cast({attributes(allowed(names, document))} as varchar) end"
    )


def code(value: str) -> str:
    """SQL: `value` where it is a word of code (`RateLimitError`, `429`), NULL where it is a sentence."""
    return f"case when regexp_full_match({value}, '[A-Za-z0-9_.:/-]{{1,100}}') then {value} end"


def epoch(value: str) -> str:
    """SQL TIMESTAMPTZ of seconds since 1970, given as text."""
    return f"to_timestamp(try_cast({value} as double))"


def status(value: str, *, default: str = "ok") -> str:
    """SQL: the ledger's status for the source's word or HTTP code; `default` where there is none."""
    word = f"lower({value})"
    cases = " ".join(
        f"when {word} in ({', '.join(literal(spelling) for spelling in spellings)})"
        f" then {literal(name)}"
        for name, spellings in STATUSES.items()
    )
    http = f"when regexp_full_match({value}, '[45][0-9][0-9]') then 'error'"
    return f"case when {value} is null or {value} = '' then {literal(default)} {cases} {http} else {value} end"


def answered(failed: str, error: str) -> str:
    """SQL: the ledger's status from whether a call failed and from the code of its error."""
    word = f"lower(coalesce({error}, ''))"
    return (
        f"case when not ({failed}) then 'ok'"
        f" when contains({word}, 'timeout') or contains({word}, 'deadline') then 'timeout'"
        f" when contains({word}, 'cancel') or contains({word}, 'abort') then 'cancelled'"
        f" when contains({word}, 'content_filter') or contains({word}, 'contentpolicy')"
        f" or contains({word}, 'guardrail') then 'blocked' else 'error' end"
    )


def provider_of(model: str, otherwise: str = "null") -> str:
    """SQL: the provider a model name gives away by its form, else `otherwise`."""
    return (
        f"case when regexp_matches({model}, '^([a-z]+\\.)?(anthropic|amazon|meta|cohere|mistral)\\.')"
        f" then 'aws.bedrock' when regexp_matches({model}, '@[0-9]{{8}}$') then 'gcp.vertex_ai'"
        f" else {otherwise} end"
    )


def attributes(pairs: Mapping[str, str]) -> str:
    """SQL JSON object of scalar attributes without the NULL ones; NULL when nothing is left."""
    if not pairs:
        return "cast(null as varchar)"
    made = ", ".join(f"{literal(name)}, {value}" for name, value in pairs.items())
    return f"nullif(json_merge_patch('{{}}', json_object({made})), '{{}}')"


def columns(expressions: Mapping[str, str]) -> str:
    """`expression as name, …` for a SELECT list."""
    return ",\n  ".join(f"{value} as {quoted(name)}" for name, value in expressions.items())


def is_json(delivery: Delivery) -> bool:
    """Whether the files are JSON, of which the beginning need not show every key."""
    return delivery.shape in {Shape.JSON, Shape.JSONL}


def asked(delivery: Delivery, *names: str) -> tuple[str, ...]:
    """The columns to read for `names`, as the files spell them.

    Of JSON all are asked for, since a key may first appear after the beginning of the file.
    """
    there = {column.lower(): column for column in delivery.columns}
    everything = is_json(delivery)
    return tuple(
        there.get(name.lower(), name) for name in names if everything or name.lower() in there
    )


def chosen(delivery: Delivery, *names: str) -> str:
    """SQL VARCHAR: the first non-empty of the columns `names`; NULL where the files have none of them."""
    found = [f"cast({quoted(column)} as varchar)" for column in asked(delivery, *names)]
    return first(*found) if found else "cast(null as varchar)"


def as_texts(delivery: Delivery, columns: Iterable[str]) -> str:
    """A FROM item over the files with `columns`, which JSON and CSV give as text."""
    return delivery.scan(dict.fromkeys(columns, "VARCHAR") if is_json(delivery) else None)


def note(delivery: Delivery, text: str) -> None:
    """Tell the loader something the person should know, where the delivery takes notes."""
    take = getattr(delivery, "note", None)
    if callable(take):
        take(text)
