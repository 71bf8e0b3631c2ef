"""Arize Phoenix: model calls among the spans of a project, through its REST interface.

Spans are asked for by start time and kind (`/v1/projects/<project>/spans`); LLM, EMBEDDING, RERANKER, RETRIEVER and TOOL
spans are calls. OpenInference counts cached tokens INSIDE `llm.token_count.prompt`: they are taken out. A model span
below another model span is the same call seen by two instrumentations, and the outer one counts; because that one is written
last, spans that began in the last `settle_minutes` are left for the next pull. The name of a trace's root span is the
workflow where that is an agent or a chain.

Dimensions and attributes are read from `metadata.<name>`; a session's id is the run where there is one. Messages,
inputs, outputs and everything else end in memory.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from pydantic import Field

from connectors.contract import Connector, Finding, Sign
from connectors.following import FollowingSettings, Stretch, followed, moment
from connectors.reducing import codes, is_name, named
from connectors.settings import Secret
from finops.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from connectors.contract import Files, Session
    from connectors.http import Http, Request

__all__ = ["CONNECTOR", "PhoenixSettings"]

_KINDS = {
    "LLM": "chat",
    "EMBEDDING": "embeddings",
    "RERANKER": "rerank",
    "RETRIEVER": "retrieval",
    "TOOL": "execute_tool",
}
_PAGE = 500
_AT_ONCE = 50
"""Spans or traces named in one address."""
_FRAMES = ("AGENT", "CHAIN")
_COUNT = "llm.token_count."
_DIMENSIONS = (
    "agent", "feature", "team", "tenant", "environment", "prompt_version", "workload_tier", "data_class",
    "outcome",
)  # fmt: skip
Span = dict[str, Any]


class PhoenixSettings(FollowingSettings):
    """A project at a Phoenix server."""

    base_url: str = Field(description="Address of the server.")
    project: str = Field(default="default", description="Name or id of the project.")
    api_key: Secret | None = Field(
        default=None, description="API key, where the server asks for one."
    )
    settle_minutes: int = Field(
        default=15, ge=0, le=24 * 60, description="Minutes after which a call has ended."
    )


def _api(session: Session[PhoenixSettings]) -> Http:
    def authorize(_request: Request) -> Mapping[str, str]:
        key = session.settings.api_key
        return {} if key is None else {"Authorization": f"Bearer {key.reveal()}"}

    return session.http(session.settings.base_url, authorize)


def read(session: Session[PhoenixSettings]) -> Iterator[Files]:
    """What is new, a day at a time."""
    settled = session.now - timedelta(minutes=session.settings.settle_minutes)
    with _api(session) as api:

        def rows(stretch: Stretch) -> Iterator[dict[str, Any]]:
            until = min(stretch.end, settled)
            if stretch.start < until:
                yield from _calls(session, api, Stretch(stretch.start, until))

        stream = f"spans/{session.settings.project}"
        yield from followed(session, stream, "requests", rows, "timestamp")


def _calls(
    session: Session[PhoenixSettings], api: Http, stretch: Stretch
) -> Iterator[dict[str, Any]]:
    """Calls of the stretch, page by page, with what is said above them."""
    asked = {
        "start_time": stretch.start.isoformat(),
        "end_time": stretch.end.isoformat(),
        "sort": "start_time",
        "order": "asc",
        "span_kind": list(_KINDS),
    }
    for page in _pages(session, api, asked):
        calls = [span for span in page if span.get("span_kind") in _KINDS]
        above = {span["parent_id"] for span in calls if span.get("parent_id")}
        parents = _found(session, api, "span_id", above)
        kinds = {span["context"]["span_id"]: span.get("span_kind") for span in parents}
        traces = {span["context"]["trace_id"] for span in calls}
        roots = _found(session, api, "trace_id", traces, parent_id="null")
        flows = {
            span["context"]["trace_id"]: span.get("name")
            for span in roots
            if span.get("span_kind") in _FRAMES
        }
        for span in calls:
            if span["span_kind"] != "LLM" or kinds.get(span.get("parent_id")) != "LLM":
                yield row(span, flows.get(span["context"]["trace_id"]), session.allowed)


def _found(
    session: Session[PhoenixSettings], api: Http, name: str, wanted: Iterable[str], **more: str
) -> Iterator[Span]:
    """Spans whose `name` is one of `wanted`."""
    left = sorted(wanted)
    for start in range(0, len(left), _AT_ONCE):
        asked = {name: left[start : start + _AT_ONCE], **more}
        for page in _pages(session, api, asked):
            yield from page


def _pages(
    session: Session[PhoenixSettings], api: Http, asked: Mapping[str, Any]
) -> Iterator[list[Span]]:
    """Pages of spans; SourceError for what is none, or comes again."""
    path = f"/v1/projects/{quote(session.settings.project, safe='')}/spans"
    params, seen = {**asked, "limit": _PAGE}, set[str]()
    while True:
        page = api.get(path, params)
        if not isinstance(page, dict) or not isinstance(page.get("data"), list):
            raise SourceError(f"{api.source}: the answer of {path} is no page of spans")
        yield page["data"]
        cursor = page.get("next_cursor")
        if not cursor:
            return
        if cursor in seen:
            raise SourceError(f"{api.source}: {path} answers with the same page again and again")
        seen.add(cursor)
        params["cursor"] = cursor


def row(span: Span, workflow: object, allowed: tuple[str, ...]) -> dict[str, Any]:
    """A span as the ledger's own record: named fields, every column in every row."""
    said = span.get("attributes") or {}
    given = {
        name.removeprefix("metadata."): value
        for name, value in said.items()
        if name.startswith("metadata.")
    }
    kept = {name: given[name] for name in allowed if is_name(given.get(name))}
    failed = span.get("status_code") == "ERROR"
    began, ended = moment(span["start_time"]), moment(span["end_time"])
    model = _name(said.get("llm.model_name") or said.get("embedding.model_name"))
    return {
        "timestamp": began.isoformat(),
        "request_id": f"{span['context']['trace_id']}:{span['context']['span_id']}",
        "trace_id": span["context"]["trace_id"],
        "span_id": span["context"]["span_id"],
        "parent_span_id": span.get("parent_id"),
        "operation": _KINDS[span["span_kind"]],
        "provider": _name(said.get("llm.provider") or said.get("llm.system")),
        "request_model": model,
        "response_model": model,
        **dict.fromkeys(_DIMENSIONS),
        "workflow": _name(workflow),
        "workflow_run_id": _name(said.get("session.id")),
        **named(given, ()),
        "status": "error" if failed else "ok",
        "error_type": _error(span) if failed else None,
        **_tokens(said),
        "latency_ms": (ended - began) / timedelta(milliseconds=1) if ended >= began else None,
        "attributes": json.dumps(kept) if kept else None,
    }


def _name(value: object) -> object:
    return value if is_name(value) else None


def _error(span: Span) -> str | None:
    """The type of the exception a span recorded, never its message."""
    for event in span.get("events") or ():
        attributes = event.get("attributes") if isinstance(event, dict) else None
        found = codes(attributes, ("exception.type",))
        if found:
            return found["exception.type"]
    return None


def _tokens(said: Mapping[str, Any]) -> dict[str, int | None]:
    """The disjoint token kinds; counts that are not there stay None."""

    def count(name: str) -> int | None:
        value = said.get(f"{_COUNT}{name}")
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    prompt = count("prompt")
    read, written = count("prompt_details.cache_read"), count("prompt_details.cache_write")
    return {
        "uncached_input_tokens": None if prompt is None else prompt - (read or 0) - (written or 0),
        "cache_read_tokens": read,
        "cache_write_unknown_tokens": written,
        "output_tokens": count("completion"),
        "reasoning_tokens": count("completion_details.reasoning"),
    }


def check(session: Session[PhoenixSettings]) -> Iterator[Finding]:
    """Ask for the project's newest span."""
    with _api(session) as api:
        page = next(_pages(session, api, {"sort": "start_time", "order": "desc"}))
    newest = f"the newest span began {page[0]['start_time']}" if page else "no spans yet"
    yield Finding(ok=True, what="spans", detail=f"{session.settings.project}: {newest}")


CONNECTOR = Connector(
    name="phoenix",
    about="model calls among the spans of an Arize Phoenix project",
    tables=("requests",),
    settings=PhoenixSettings,
    check=check,
    read=read,
    tested="a real Phoenix server that spans are sent to by OTLP",
    policy=(
        "an API key of a user with the role `viewer`, where authentication is enabled; none where it is not."
    ),
    signs=(
        Sign(
            "variable",
            "PHOENIX_COLLECTOR_ENDPOINT",
            {"base_url": "{value}", "api_key": "env:PHOENIX_API_KEY"},
        ),
    ),
)
