"""OpenRouter: what each model cost and used, by day, from its activity report.

`/activity` answers for the last 30 completed days (UTC), a day at a time, with credits spent in dollars, requests and
tokens by model and provider. A day is a delivery, and a bill of its own in the ledger (its scope ends in the date), so days that the
report no longer has stay as they were read: pull at least every four weeks. Prompt tokens INCLUDE cached ones, which
the report does not tell apart: all of them are counted as uncached. What own keys at providers cost is on the
providers' bills, and not counted here.

Tested against recorded shapes, from the field names of its reference.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from pydantic import Field

from connectors.arrow import batches_of
from connectors.contract import Connector, Finding, Rows, Sign
from connectors.periods import instant
from connectors.settings import Secret, SourceSettings
from connectors.vendor_bills import amount, charge, whole
from finops.errors import SourceError
from finops.model.period import month_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from connectors.contract import Session
    from connectors.http import Http, Request

__all__ = ["CONNECTOR", "OpenRouterSettings"]

_KEPT_DAYS = 30
_LOOK_BACK = timedelta(days=2)


class OpenRouterSettings(SourceSettings):
    """An account or organization at OpenRouter."""

    base_url: str = Field(default="https://openrouter.ai/api/v1", description="Address of the API.")
    management_key: Secret = Field(
        description="Management key; keys for models cannot read the activity."
    )
    account: str | None = Field(default=None, description="Name of the account on the bill.")


def _api(session: Session[OpenRouterSettings]) -> Http:
    def authorize(_request: Request) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {session.settings.management_key.reveal()}"}

    return session.http(session.settings.base_url, authorize)


def read(session: Session[OpenRouterSettings]) -> Iterator[Rows]:
    """Every day that is new, and the two before: each its costs, then its counts."""
    with _api(session) as api:
        for day in _days(session):
            found = _activity(api, day)
            for table, made in (("costs", _cost), ("usage", _used)):
                rows = [made(session, day, item) for item in found]
                yield Rows(table, "activity", day.isoformat(), batches_of(table, rows))


def _days(session: Session[OpenRouterSettings]) -> Iterator[date]:
    """The days to ask for, oldest first; a note for those that were asked for and are no longer kept."""
    today = session.now.date()
    kept = today - timedelta(days=_KEPT_DAYS)
    first, end = session.settings.since or kept, today
    seen = [session.cursor(table, "activity") for table in ("costs", "usage")]
    if session.window is not None:
        first, end = session.window.start, min(session.window.end, today)
    elif seen[0] is not None and seen[1] is not None:
        first = date.fromisoformat(min(seen[0], seen[1])) - _LOOK_BACK
    if first < kept:
        session.note(f"OpenRouter keeps {_KEPT_DAYS} days: those before {kept} were not read")
    day = max(first, kept)
    while day < end:
        yield day
        day += timedelta(days=1)


def _activity(api: Http, day: date) -> list[dict[str, Any]]:
    """The day's items; SourceError for an answer of another shape, or of another day."""
    answer = api.get("/activity", {"date": day.isoformat()})
    items = answer.get("data") if isinstance(answer, dict) else None
    if not isinstance(items, list):
        raise SourceError(f"{api.source}: the answer of /activity is no list of items")
    if any(not str(each.get("date", "")).startswith(day.isoformat()) for each in items):
        raise SourceError(f"{api.source}: /activity answered for another day than {day}")
    return items


def _cost(
    session: Session[OpenRouterSettings], day: date, item: Mapping[str, Any]
) -> dict[str, Any]:
    model = str(item.get("model_permaslug") or item.get("model"))
    cost = amount(session, item.get("usage", 0), f"the cost of {model}")
    tokens = sum(
        whole(session, item.get(name), name) for name in ("prompt_tokens", "completion_tokens")
    )
    return charge(
        "OpenRouter",
        "OpenRouter API",
        month_of(day),
        cost,
        "USD",
        x_Scope=f"OpenRouter/{session.settings.account or '?'}/{day.isoformat()}",
        BillingAccountId=session.settings.account,
        ChargePeriodStart=instant(day),
        ChargePeriodEnd=instant(day + timedelta(days=1)),
        ChargeDescription=model,
        SkuMeter=model,
        ResourceId=item.get("endpoint_id"),
        HostProviderName=item.get("provider_name"),
        ConsumedQuantity=amount(session, tokens, f"the tokens of {model}"),
        ConsumedUnit="Tokens",
        x_Model=model,
    )


def _used(
    session: Session[OpenRouterSettings], day: date, item: Mapping[str, Any]
) -> dict[str, Any]:
    return {
        "timestamp": instant(day),
        "ends_at": instant(day + timedelta(days=1)),
        "operation": "chat",
        "provider": "openrouter",
        "response_model": item.get("model_permaslug") or item.get("model"),
        "requests": whole(session, item.get("requests"), "requests"),
        "uncached_input_tokens": whole(session, item.get("prompt_tokens"), "prompt_tokens"),
        "output_tokens": whole(session, item.get("completion_tokens"), "completion_tokens"),
        "reasoning_tokens": whole(session, item.get("reasoning_tokens"), "reasoning_tokens"),
    }


def check(session: Session[OpenRouterSettings]) -> Iterator[Finding]:
    """Ask for yesterday's activity."""
    yesterday = session.now.date() - timedelta(days=1)
    with _api(session) as api:
        found = _activity(api, yesterday)
    yield Finding(ok=True, what="/activity", detail=f"{yesterday}: {len(found)} models used")


CONNECTOR = Connector(
    name="openrouter",
    about="OpenRouter's daily activity: costs and counts by model",
    tables=("costs", "usage"),
    settings=OpenRouterSettings,
    check=check,
    read=read,
    tested="recorded shapes of its activity API",
    policy=(
        "a management key (settings, management keys). It can make and delete keys for models too: OpenRouter has"
        " none that can only read, so keep it in a keyring or a file of its own."
    ),
    signs=(
        Sign(
            "variable",
            "OPENROUTER_MANAGEMENT_KEY",
            {"management_key": "env:OPENROUTER_MANAGEMENT_KEY"},
        ),
    ),
)
