"""Helicone: the requests its gateway or its SDK logged, through `/v1/request/query-clickhouse`.

Its reference does not say whether `prompt_tokens` includes cached tokens, and it keeps what each provider sends. So a
row is judged by itself: where cached tokens exceed the prompt's, or the total is the sum of them all, they stand beside;
else they are inside it, but for providers that count them beside (Anthropic, Bedrock). `cached_in_input` overrules the
judgement. Answers from Helicone's own cache reached no provider and are left out.

A session's name (`Helicone-Session-Name`) is the workflow and its id the run; other properties are kept as the ledger's
dimensions by their names, or by the allow-list. Users and bodies are not read: they end in memory.

Tested against recorded shapes, from the field names of its reference: its server is a set of services of its own.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from connectors.contract import Connector, Finding, Sign
from connectors.following import FollowingSettings, Stretch, followed
from connectors.reducing import is_name, named
from connectors.settings import Secret
from finops.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from connectors.contract import Files, Session
    from connectors.http import Http, Request

__all__ = ["CONNECTOR", "HeliconeSettings"]

_PATH = "/v1/request/query-clickhouse"
_BESIDE = {"anthropic", "aws", "bedrock"}
_OK, _WRONG = 200, 400
_STATUSES = {
    408: "timeout",
    504: "timeout",
    499: "cancelled",
    -1: "timeout",
    -3: "cancelled",
    -4: "blocked",
}
"""Statuses that say more than that a call failed; the negative ones are Helicone's own."""


class HeliconeSettings(FollowingSettings):
    """An organization at Helicone."""

    base_url: str = Field(
        default="https://api.helicone.ai",
        description="Address of the interface; https://eu.api.helicone.ai in the European Union.",
    )
    api_key: Secret = Field(description="API key of the organization, allowed to read.")
    cached_in_input: Literal["judge", "yes", "no"] = Field(
        default="judge", description="Whether prompt_tokens includes cached tokens."
    )
    page_size: int = Field(default=1000, ge=1, le=1000, description="Requests asked for at once.")


def _api(session: Session[HeliconeSettings]) -> Http:
    def authorize(_request: Request) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {session.settings.api_key.reveal()}"}

    return session.http(session.settings.base_url, authorize)


def read(session: Session[HeliconeSettings]) -> Iterator[Files]:
    """What is new, a day at a time."""
    with _api(session) as api:

        def rows(stretch: Stretch) -> Iterator[dict[str, Any]]:
            for found in _requests(session, api, stretch):
                yield row(found, session.allowed, session.settings.cached_in_input)

        yield from followed(session, "requests", "requests", rows, "timestamp")


def _requests(
    session: Session[HeliconeSettings], api: Http, stretch: Stretch
) -> Iterator[dict[str, Any]]:
    """Requests of the stretch, oldest first: each page begins at the time the one before ended with."""
    since, skip = stretch.start.isoformat(), 0
    while True:
        page = _page(api, since, stretch.end.isoformat(), skip, session.settings.page_size)
        yield from page
        if len(page) < session.settings.page_size:
            return
        last = str(page[-1]["request_created_at"])
        same = sum(str(each["request_created_at"]) == last for each in page)
        since, skip = last, same + (skip if last == since else 0)


def _page(api: Http, since: str, until: str, skip: int, size: int) -> list[dict[str, Any]]:
    def within(**bound: str) -> dict[str, Any]:
        return {"request_response_rmt": {"request_created_at": bound}}

    said = {
        "filter": {"left": within(gte=since), "operator": "and", "right": within(lt=until)},
        "sort": {"created_at": "asc"},
        "offset": skip,
        "limit": size,
        "isCached": False,
        "includeInputs": False,
    }
    page = api.post(_PATH, said)
    if not isinstance(page, dict) or not isinstance(page.get("data"), list):
        raise SourceError(f"{api.source}: the answer of {_PATH} is no page of requests")
    return list(page["data"])


def row(found: Mapping[str, Any], allowed: tuple[str, ...], cached_in_input: str) -> dict[str, Any]:
    """A request as the ledger's own record: named fields, no body, every column in every row."""
    provider = str(found.get("provider") or "").lower()
    properties = found.get("request_properties")
    given = properties if isinstance(properties, dict) else {}
    own = named({name.lower(): value for name, value in given.items()}, ())
    kept = {name: given[name] for name in allowed if is_name(given.get(name))}
    status = _count(found.get("response_status"))
    return {
        "timestamp": found.get("request_created_at"),
        "request_id": found.get("request_id"),
        "operation": _operation(str(found.get("request_path") or "")),
        "provider": None if provider in {"", "custom"} else provider,
        "request_model": _name(found.get("request_model")),
        "response_model": _name(found.get("model_override") or found.get("response_model")),
        **dict.fromkeys(_DIMENSIONS),
        "workflow": _name(given.get("Helicone-Session-Name")),
        "workflow_run_id": _name(given.get("Helicone-Session-Id")),
        **own,
        "status": _status(status),
        "error_type": None if _status(status) == "ok" else str(status),
        **_tokens(found, provider, cached_in_input),
        "reported_cost": found.get("costUSD", found.get("cost")),
        "latency_ms": found.get("delay_ms"),
        "ttft_ms": found.get("time_to_first_token"),
        "attributes": json.dumps(kept) if kept else None,
    }


_DIMENSIONS = (
    "agent", "feature", "team", "tenant", "environment", "prompt_version", "workload_tier", "data_class", "outcome",
)  # fmt: skip


def _name(value: object) -> object:
    return value if is_name(value) else None


def _count(value: object) -> int:
    return int(value) if isinstance(value, int) else 0


def _operation(path: str) -> str:
    for part, operation in (("embed", "embeddings"), ("rerank", "rerank")):
        if part in path:
            return operation
    return "text_completion" if path.endswith("/completions") and "chat" not in path else "chat"


def _status(status: int) -> str:
    if _OK <= status < _WRONG:
        return "ok"
    return _STATUSES.get(status, "error")


def _tokens(found: Mapping[str, Any], provider: str, cached_in_input: str) -> dict[str, Any]:
    """The disjoint token kinds; counts that are not there stay None."""
    prompt, output = found.get("prompt_tokens"), found.get("completion_tokens")
    read, written = found.get("prompt_cache_read_tokens"), found.get("prompt_cache_write_tokens")
    cached = _count(read) + _count(written)
    inside = cached_in_input == "yes"
    if cached_in_input == "judge" and isinstance(prompt, int):
        beside = prompt + cached + _count(output) == found.get("total_tokens") and cached > 0
        inside = cached <= prompt and not beside and provider not in _BESIDE
    uncached = prompt - cached if inside and isinstance(prompt, int) else prompt
    return {
        "uncached_input_tokens": uncached,
        "cache_read_tokens": read,
        "cache_write_unknown_tokens": written,
        "output_tokens": output,
    }


def check(session: Session[HeliconeSettings]) -> Iterator[Finding]:
    """Ask for one request of the last day."""
    from datetime import timedelta

    since, until = session.now - timedelta(days=1), session.now + timedelta(days=1)
    with _api(session) as api:
        page = _page(api, since.isoformat(), until.isoformat(), 0, 1)
    many = "requests" if page else "no requests"
    yield Finding(ok=True, what=_PATH, detail=f"{many} since {since:%Y-%m-%d %H:%M} UTC")


CONNECTOR = Connector(
    name="helicone",
    about="requests logged by Helicone",
    tables=("requests",),
    settings=HeliconeSettings,
    check=check,
    read=read,
    tested="recorded shapes of its query API",
    policy="an API key of the organization that can only read (settings, API keys, permission `Read`).",
    signs=(Sign("variable", "HELICONE_API_KEY", {"api_key": "env:HELICONE_API_KEY"}),),
)
