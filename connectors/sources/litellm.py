"""LiteLLM's proxy: its spend logs, read through `/spend/logs/v2` from where they were left.

The input count INCLUDES cached tokens; what a row means is known by `connectors.formats.requests.litellm`. Rows are
asked for by start time, a day at most, in pages. The proxy counts no further than 10,000 rows, so a page that is
not full is the last one, and rows that share a start time have no order of their own: a stretch of which fewer rows came
than there are is read again. Health checks of the proxy itself are left out. A proxy without a database has no spend logs:
its calls come through the logging callback (`finops.integrations.litellm`).

Tested against recorded shapes, from the columns the proxy (1.108) selects: its database client, without which it
keeps no spend logs, is fetched from a place of its own at run time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field

from connectors.contract import Connector, Finding, Sign
from connectors.following import FollowingSettings, Stretch, followed
from connectors.litellm import reduced_spend_log
from connectors.settings import Secret
from finops.errors import SourceError, SourceUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from connectors.contract import Files, Session
    from connectors.http import Http, Request

__all__ = ["CONNECTOR", "LiteLLMSettings"]

_READINGS = 3


class LiteLLMSettings(FollowingSettings):
    """A LiteLLM proxy that keeps spend logs."""

    base_url: str = Field(description="Address of the proxy.")
    api_key: Secret = Field(
        description="Key of an admin who only views (role `proxy_admin_viewer`), or the master key."
    )
    page_size: int = Field(default=1000, ge=1, le=1000, description="Rows asked for at once.")


def _api(session: Session[LiteLLMSettings]) -> Http:
    def authorize(_request: Request) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {session.settings.api_key.reveal()}"}

    return session.http(session.settings.base_url, authorize)


def read(session: Session[LiteLLMSettings]) -> Iterator[Files]:
    """What is new, a day at a time."""
    with _api(session) as api:

        def rows(stretch: Stretch) -> Iterator[dict[str, Any]]:
            return _rows(session, api, stretch)

        yield from followed(session, "spend-logs", "litellm-spend", rows, "startTime")


def _rows(
    session: Session[LiteLLMSettings], api: Http, stretch: Stretch
) -> Iterator[dict[str, Any]]:
    """The stretch's rows, each once; SourceUnavailable when rows are missing however often it is read."""
    sent: set[str] = set()
    for _ in range(_READINGS):
        known = len(sent)
        total = 0
        for page in _pages(session, api, stretch):
            total = page["total"]
            for row in page["data"]:
                if row["request_id"] not in sent:
                    sent.add(row["request_id"])
                    yield reduced_spend_log(row, session.allowed)
        if len(sent) >= total or (known and len(sent) == known):
            break
    if len(sent) < total:
        raise SourceUnavailable(
            f"{session.source}: of {total:,} spend logs from {stretch.start:%Y-%m-%d %H:%M} only {len(sent):,} came",
            hint="they changed while they were read; pull again",
        )


def _pages(
    session: Session[LiteLLMSettings], api: Http, stretch: Stretch
) -> Iterator[dict[str, Any]]:
    """Pages of spend logs, oldest first; SourceError for an answer that is none."""
    asked = {
        "start_date": f"{stretch.start:%Y-%m-%d %H:%M:%S}",
        "end_date": f"{stretch.end:%Y-%m-%d %H:%M:%S}",
        "sort_by": "startTime",
        "sort_order": "asc",
        "exclude_internal_health_checks": "true",
        "page_size": session.settings.page_size,
    }
    number = 1
    while True:
        page = api.get("/spend/logs/v2", {**asked, "page": number})
        if not isinstance(page, dict) or not isinstance(page.get("data"), list):
            raise SourceError(
                f"{api.source}: the answer of /spend/logs/v2 is no page of spend logs"
            )
        yield {"total": page.get("total") or 0, "data": page["data"]}
        if len(page["data"]) < session.settings.page_size:
            return
        number += 1


def check(session: Session[LiteLLMSettings]) -> Iterator[Finding]:
    """Ask for today's and yesterday's spend logs."""
    from datetime import timedelta

    stretch = Stretch(session.now - timedelta(days=1), session.now + timedelta(days=1))
    with _api(session) as api:
        page = next(_pages(session, api, stretch))
    many = f"{page['total']:,} calls since {stretch.start:%Y-%m-%d %H:%M} UTC"
    yield Finding(ok=True, what="/spend/logs/v2", detail=many)


CONNECTOR = Connector(
    name="litellm",
    about="LiteLLM proxy's spend logs",
    tables=("requests",),
    settings=LiteLLMSettings,
    check=check,
    read=read,
    tested="recorded shapes of the proxy's spend logs (1.108)",
    policy=(
        "the key of a user with the role `proxy_admin_viewer`: it sees every spend log and changes nothing."
        " A team's or user's key sees its own calls only."
    ),
    signs=(
        Sign(
            "variable",
            "LITELLM_PROXY_API_BASE",
            {"base_url": "{value}", "api_key": "env:LITELLM_PROXY_API_KEY"},
        ),
        Sign(
            "variable",
            "LITELLM_MASTER_KEY",
            {"base_url": "http://localhost:4000", "api_key": "env:LITELLM_MASTER_KEY"},
        ),
    ),
)
