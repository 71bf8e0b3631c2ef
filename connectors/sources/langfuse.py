"""Langfuse: observations through its public API, and the names of their traces.

Whether an observation's input includes cached tokens is judged row by row, from its own sums, by
`connectors.formats.requests.langfuse`. Version 2 of the interface answers with the field groups asked for, so that
inputs and outputs never travel; servers that do not have it (self-hosted before version 4) are asked for version 1,
whose pages hold them: they are dropped on arrival. The name of the trace is the workflow; traces that began up to a
day before an observation are known by name.

Tested against recorded shapes, from the field names of its reference: its server needs ClickHouse, Postgres and Redis.
"""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from pydantic import Field

from connectors.contract import Connector, Finding, Sign
from connectors.following import FollowingSettings, Stretch, followed
from connectors.reducing import figures, is_name, named, scalars
from connectors.settings import Secret
from finops.errors import SourceError, SourceMissing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from connectors.contract import Files, Session
    from connectors.http import Http, Request

__all__ = ["CONNECTOR", "LangfuseSettings"]

_PAGE = 100
"""Of version 1 and of traces, the most it gives."""
_PAGE_2 = 1000
_GROUPS = "core,basic,time,model,usage,prompt,metrics"
_FIELDS = (
    "id", "traceId", "traceName", "parentObservationId", "type", "startTime", "model", "providedModelName",
    "sessionId", "environment", "promptName", "promptVersion", "level", "latency", "timeToFirstToken",
    "totalCost", "calculatedTotalCost", "usagePricingTierName",
)  # fmt: skip
_LONGEST_TRACE = timedelta(days=1)


class LangfuseSettings(FollowingSettings):
    """A project at Langfuse."""

    base_url: str = Field(
        default="https://cloud.langfuse.com", description="Address of the server, or of its region."
    )
    public_key: str = Field(description="Public key of the project (pk-lf-…).")
    secret_key: Secret = Field(description="Secret key of the project.")
    trace_names: bool = Field(
        default=True,
        description="Whether traces are asked for their names, which are the workflows.",
    )


def _api(session: Session[LangfuseSettings]) -> Http:
    def authorize(_request: Request) -> Mapping[str, str]:
        from finops.redaction import protect

        pair = f"{session.settings.public_key}:{session.settings.secret_key.reveal()}"
        token = base64.b64encode(pair.encode()).decode()
        protect(token)
        return {"Authorization": f"Basic {token}"}

    return session.http(session.settings.base_url, authorize)


def read(session: Session[LangfuseSettings]) -> Iterator[Files]:
    """What is new, a day at a time."""
    with _api(session) as api:

        def rows(stretch: Stretch) -> Iterator[dict[str, Any]]:
            names = _names(session, api, stretch)
            for found in _observations(session, api, stretch):
                yield _reduced(found, names, session.allowed)

        yield from followed(session, "observations", "langfuse", rows, "startTime")


def _observations(
    session: Session[LangfuseSettings], api: Http, stretch: Stretch
) -> Iterator[dict[str, Any]]:
    """Observations that began in the stretch."""
    bounds = {"fromStartTime": _iso(stretch.start), "toStartTime": _iso(stretch.end)}
    groups = f"{_GROUPS},metadata" if session.allowed else _GROUPS
    try:
        first = _page(api, _V2, {**bounds, "fields": groups, "limit": _PAGE_2})
    except SourceMissing:
        session.note("the server has no observations of version 2; version 1 was read")
        yield from _numbered(api, _V1, {**bounds, "limit": _PAGE})
        return
    yield from _chained(api, first, {**bounds, "fields": groups, "limit": _PAGE_2})


_V2, _V1, _TRACES = (
    "/api/public/v2/observations", "/api/public/observations", "/api/public/traces",
)  # fmt: skip


def _chained(
    api: Http, page: Mapping[str, Any], asked: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    """Observations of this page and those its cursor leads to; SourceError when a cursor comes again."""
    seen: set[str] = set()
    while True:
        yield from page["data"]
        cursor = page["meta"].get("cursor")
        if not cursor:
            return
        if cursor in seen:
            raise SourceError(f"{api.source}: {_V2} answers with the same page again and again")
        seen.add(cursor)
        page = _page(api, _V2, {**asked, "cursor": cursor})


def _numbered(api: Http, path: str, asked: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Items of every numbered page: as many pages as the newest answer says there are."""
    number, pages = 1, 1
    while number <= pages:
        page = _page(api, path, {**asked, "page": number})
        yield from page["data"]
        pages = int(page["meta"].get("totalPages") or 0)
        number += 1


def _page(api: Http, path: str, asked: Mapping[str, Any]) -> dict[str, Any]:
    page = api.get(path, asked)
    whole = isinstance(page, dict) and isinstance(page.get("data"), list)
    if not whole or not isinstance(page.get("meta"), dict):
        raise SourceError(
            f"{api.source}: the answer of {path} is no page of observations or traces"
        )
    return dict(page)


def _names(session: Session[LangfuseSettings], api: Http, stretch: Stretch) -> dict[str, str]:
    """Names of the traces that observations of the stretch can be in."""
    if not session.settings.trace_names:
        return {}
    asked = {
        "fromTimestamp": _iso(stretch.start - _LONGEST_TRACE),
        "toTimestamp": _iso(stretch.end),
        "fields": "core",
        "limit": _PAGE,
    }
    found = _numbered(api, _TRACES, asked)
    return {str(trace["id"]): trace["name"] for trace in found if is_name(trace.get("name"))}


def _reduced(
    found: Mapping[str, Any], names: Mapping[str, str], allowed: tuple[str, ...]
) -> dict[str, Any]:
    """Of an observation what the format reads."""
    kept = {name: value for name, value in scalars(found, _FIELDS).items() if is_name(value)}
    trace = names.get(str(found.get("traceId")))
    if trace is not None:
        kept["traceName"] = trace
    used = figures(found.get("usageDetails"))
    return kept | {"usageDetails": used, "metadata": named(found.get("metadata"), allowed)}


def _iso(moment: Any) -> str:  # noqa: ANN401  (a datetime)
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def check(session: Session[LangfuseSettings]) -> Iterator[Finding]:
    """Ask for one observation of the last day, and for one trace."""
    day = timedelta(days=1)
    bounds = {
        "fromStartTime": _iso(session.now - day),
        "toStartTime": _iso(session.now + day),
        "limit": 1,
    }
    with _api(session) as api:
        try:
            page, path = _page(api, _V2, bounds), _V2
        except SourceMissing:
            page, path = _page(api, _V1, bounds), _V1
        many = "observations" if page["data"] else "no observations"
        yield Finding(ok=True, what=path, detail=f"{many} since {bounds['fromStartTime']}")
        if session.settings.trace_names:
            _page(api, _TRACES, {"limit": 1, "fields": "core"})
            yield Finding(ok=True, what=_TRACES, detail="names of traces can be read")


CONNECTOR = Connector(
    name="langfuse",
    about="Langfuse observations, from its public API",
    tables=("requests",),
    settings=LangfuseSettings,
    check=check,
    read=read,
    tested="recorded shapes of its public API, versions 1 and 2",
    policy=(
        "a project's key pair (project settings, API keys). Langfuse has none that can only read: keep the secret"
        " key in a keyring or a file of its own."
    ),
    signs=(
        Sign(
            "variable",
            "LANGFUSE_PUBLIC_KEY",
            {"public_key": "{value}", "secret_key": "env:LANGFUSE_SECRET_KEY"},
            {"base_url": ("LANGFUSE_BASE_URL", "LANGFUSE_HOST")},
        ),
    ),
)
