"""Anthropic: `cost_report` as the bill, `usage_report/messages` as hourly counts that reconcile it.

Amounts are decimal strings in *cents*: a hundredth of what they look like. Costs come by day, workspace and
description, with model, token type, service tier and context length beside it. A month is asked for whole and replaced.
Priority-tier costs are not in the report; its tokens are in the usage.

Token counts are disjoint (input does not include cached tokens), by lifetime of the cache. There is no count of
requests. They go to `usage`, never to `requests`. Use of the console has no API key.

Tested against recorded shapes: there is no server of Anthropic's to run.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from pydantic import Field

from connectors.arrow import batches_of
from connectors.contract import Connector, Finding, Rows, Sign
from connectors.periods import days_to_read, months_to_read
from connectors.settings import Secret, SourceSettings
from connectors.vendor_bills import amount, buckets, charge, whole
from finops.model.period import Period

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from connectors.contract import Session
    from connectors.http import Http, Request

__all__ = ["CONNECTOR", "AnthropicSettings"]

_VERSION = "2023-06-01"
_DAYS = 7
"""Days of hourly buckets that fit one page."""

_CENTS = 2

_KINDS = {
    "uncached_input_tokens": "uncached_input",
    "output_tokens": "output",
    "cache_read_input_tokens": "cache_read",
    "cache_creation.ephemeral_5m_input_tokens": "cache_write_5m",
    "cache_creation.ephemeral_1h_input_tokens": "cache_write_1h",
}
"""Token types of the cost report, as the ledger's token kinds."""


class AnthropicSettings(SourceSettings):
    """An organization at Anthropic."""

    admin_key: Secret = Field(
        description="Admin API key (sk-ant-admin…); keys for models cannot read costs."
    )
    base_url: str = Field(default="https://api.anthropic.com/v1", description="Address of the API.")
    organization: str | None = Field(
        default=None, description="Organization id, shown as the billing account."
    )


def _api(session: Session[AnthropicSettings]) -> Http:
    def authorize(_request: Request) -> Mapping[str, str]:
        return {
            "x-api-key": session.settings.admin_key.reveal(),
            "anthropic-version": _VERSION,
        }

    return session.http(session.settings.base_url, authorize)


def _buckets(
    api: Http, path: str, period: Period, params: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    """Buckets that begin in `period`."""
    start, end = period.bounds()
    asked = {"starting_at": _text(start), "ending_at": _text(end), **params}
    return (each for each in buckets(api, path, asked) if start <= _at(each["starting_at"]) < end)


def _text(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def _at(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def read(session: Session[AnthropicSettings]) -> Iterator[Rows]:
    """Every month of costs that is not final, then the days of usage that are new."""
    with _api(session) as api:
        for month, cursor in months_to_read(session, "costs"):
            rows = _costs(session, api, month)
            yield Rows("costs", month.label, cursor, batches_of("costs", rows))
        for days, cursor in days_to_read(session, "usage", "usage", at_once=_DAYS):
            rows = _usage(session, api, days)
            yield Rows("usage", "usage", cursor, batches_of("usage", rows))


def _costs(
    session: Session[AnthropicSettings], api: Http, month: Period
) -> Iterator[dict[str, Any]]:
    params = {"bucket_width": "1d", "limit": 31, "group_by[]": ["workspace_id", "description"]}
    for bucket in _buckets(api, "/organizations/cost_report", month, params):
        for result in bucket["results"]:
            said = result.get("description")
            cost = amount(session, result["amount"], f"the cost of {said}", places=_CENTS)
            kind = _KINDS.get(result.get("token_type") or "")
            yield charge(
                "Anthropic",
                "Claude API",
                month,
                cost,
                result.get("currency") or "USD",
                BillingAccountId=session.settings.organization,
                SubAccountId=result.get("workspace_id"),
                ChargePeriodStart=_at(bucket["starting_at"]),
                ChargePeriodEnd=_at(bucket["ending_at"]),
                ChargeDescription=said,
                SkuMeter=result.get("token_type") or result.get("cost_type"),
                RegionId=result.get("inference_geo"),
                x_Model=result.get("model"),
                x_TokenType=kind,
                x_ServiceTier=result.get("service_tier"),
            )


def _usage(
    session: Session[AnthropicSettings], api: Http, days: Period
) -> Iterator[dict[str, Any]]:
    groups = [
        "model",
        "workspace_id",
        "api_key_id",
        "service_tier",
        "context_window",
        "inference_geo",
    ]
    params = {"bucket_width": "1h", "limit": 24 * _DAYS, "group_by[]": groups}
    for bucket in _buckets(api, "/organizations/usage_report/messages", days, params):
        for result in bucket["results"]:
            yield _counted(session, bucket, result)


def _counted(
    session: Session[AnthropicSettings], bucket: Mapping[str, Any], result: Mapping[str, Any]
) -> dict[str, Any]:
    def count(name: str, inside: Mapping[str, Any] = result) -> int:
        return whole(session, inside.get(name), name)

    written = result.get("cache_creation") or {}
    tier = result.get("service_tier")
    return {
        "timestamp": _at(bucket["starting_at"]),
        "ends_at": _at(bucket["ending_at"]),
        "operation": "chat",
        "provider": "anthropic",
        "response_model": result.get("model"),
        "project": result.get("workspace_id"),
        "api_key_id": result.get("api_key_id"),
        "service_tier": tier,
        "batch": None if tier is None else tier == "batch",
        "context_tier": result.get("context_window"),
        "inference_geo": result.get("inference_geo"),
        "uncached_input_tokens": count("uncached_input_tokens"),
        "cache_read_tokens": count("cache_read_input_tokens"),
        "cache_write_5m_tokens": count("ephemeral_5m_input_tokens", written),
        "cache_write_1h_tokens": count("ephemeral_1h_input_tokens", written),
        "output_tokens": count("output_tokens"),
    }


def check(session: Session[AnthropicSettings]) -> Iterator[Finding]:
    """Ask for yesterday's and today's costs and counts."""
    today = session.now.date()
    days = Period(today - timedelta(days=1), today + timedelta(days=1))
    with _api(session) as api:
        for path in ("/organizations/cost_report", "/organizations/usage_report/messages"):
            found = list(_buckets(api, path, days, {"bucket_width": "1d", "limit": 2}))
            yield Finding(ok=True, what=path, detail=f"{len(found)} days since {days.start}")


CONNECTOR = Connector(
    name="anthropic",
    about="Anthropic's cost report, and its hourly counts of message tokens",
    tables=("costs", "usage"),
    settings=AnthropicSettings,
    check=check,
    read=read,
    tested="recorded shapes of its Admin API",
    policy="an Admin API key; Anthropic has none that can only read, so keep it in a keyring or a file of its own.",
    signs=(Sign("variable", "ANTHROPIC_ADMIN_KEY", {"admin_key": "env:ANTHROPIC_ADMIN_KEY"}),),
)
