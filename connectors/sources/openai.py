"""OpenAI: `organization/costs` as the bill, `organization/usage/*` as hourly counts that reconcile it.

Costs come by day, project and line item, in dollars, as JSON numbers; they are read as the decimals they print.
A line item (`gpt-4o-2024-08-06, cached input`) names model and token kind. A month is asked for whole and replaced.

`input_tokens` of the usage includes cached and cache-write tokens: they are taken out again. Usage that is not
tokens (images, seconds of audio, characters, sessions) is kept as work units. Counts go to `usage`, never to
`requests`: they say nothing of single calls. An organization without some kind of usage may not have its endpoint;
a note says so.

Tested against recorded answers: there is no server of OpenAI's to run.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import Field

from connectors.arrow import batches_of
from connectors.contract import Connector, Finding, Rows, Sign
from connectors.periods import days_to_read, instant, months_to_read
from connectors.settings import Secret, SourceSettings
from connectors.vendor_bills import amount, buckets, charge, quantity, whole
from finops.errors import SourceError, SourceMissing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from connectors.contract import Session
    from connectors.http import Http, Request
    from finops.model.period import Period

__all__ = ["CONNECTOR", "OpenAISettings"]

_DAYS = 7
"""Days of hourly buckets that fit one page."""


class OpenAISettings(SourceSettings):
    """An organization at OpenAI."""

    admin_key: Secret = Field(
        description="Admin API key (sk-admin-…); keys for models cannot read costs."
    )
    base_url: str = Field(
        default="https://api.openai.com/v1", description="Address of the API, version included."
    )
    organization: str | None = Field(
        default=None, description="Organization id, shown as the billing account."
    )


class _Kind(NamedTuple):
    """One usage endpoint: what it counts, and by what it can be split."""

    path: str
    operation: str
    groups: tuple[str, ...]
    units: str | None = None
    unit_kind: str | None = None


_GROUPS = ("project_id", "api_key_id", "model")

_KINDS = (
    _Kind("completions", "chat", (*_GROUPS, "batch", "service_tier")),
    _Kind("embeddings", "embeddings", _GROUPS),
    _Kind("moderations", "moderation", _GROUPS),
    _Kind("images", "image", _GROUPS, "images", "image"),
    _Kind("audio_speeches", "speech", _GROUPS, "characters", "character"),
    _Kind("audio_transcriptions", "transcription", _GROUPS, "seconds", "audio_second"),
    _Kind(
        "code_interpreter_sessions", "code_interpreter", ("project_id",), "num_sessions", "session"
    ),
)


def _api(session: Session[OpenAISettings]) -> Http:
    def authorize(_request: Request) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {session.settings.admin_key.reveal()}"}

    return session.http(session.settings.base_url, authorize)


def _buckets(
    api: Http, path: str, period: Period, params: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    """Buckets that begin in `period`."""
    start, end = (int(moment.timestamp()) for moment in period.bounds())
    asked = {"start_time": start, "end_time": end, **params}
    return (each for each in buckets(api, path, asked) if start <= each["start_time"] < end)


def read(session: Session[OpenAISettings]) -> Iterator[Rows]:
    """Every month of costs that is not final, then the days of usage that are new."""
    with _api(session) as api:
        for month, cursor in months_to_read(session, "costs"):
            rows = _costs(session, api, month)
            yield Rows("costs", month.label, cursor, batches_of("costs", rows))
        for days, cursor in days_to_read(session, "usage", "usage", at_once=_DAYS):
            rows = _usage(session, api, days)
            yield Rows("usage", "usage", cursor, batches_of("usage", rows))


def _costs(session: Session[OpenAISettings], api: Http, month: Period) -> Iterator[dict[str, Any]]:
    params = {"bucket_width": "1d", "limit": 31, "group_by": ["project_id", "line_item"]}
    for bucket in _buckets(api, "/organization/costs", month, params):
        for result in _results(bucket):
            item = result.get("line_item")
            cost = amount(session, result["amount"]["value"], f"the cost of {item}")
            count = quantity(session, result.get("quantity"), f"the quantity of {item}")
            yield charge(
                "OpenAI",
                "OpenAI API",
                month,
                cost,
                result["amount"]["currency"],
                BillingAccountId=result.get("organization_id") or session.settings.organization,
                BillingAccountName=result.get("organization_name"),
                SubAccountId=result.get("project_id"),
                SubAccountName=result.get("project_name"),
                ChargePeriodStart=_at(bucket["start_time"]),
                ChargePeriodEnd=_at(bucket["end_time"]),
                ChargeDescription=item,
                SkuMeter=item,
                ConsumedQuantity=count,
                ConsumedUnit=None if count is None else result.get("quantity_unit") or _unit(item),
            )


def _unit(item: str | None) -> str | None:
    """Line items of models count tokens; of others the unit is not known."""
    words = (item or "").lower()
    return "Tokens" if words.endswith(("input", "output")) else None


def _results(bucket: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A bucket's results; the reference calls them both `results` and `result`."""
    return list(bucket.get("results", bucket.get("result", ())))


def _at(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, tz=UTC)


def _usage(session: Session[OpenAISettings], api: Http, days: Period) -> Iterator[dict[str, Any]]:
    for kind in _KINDS:
        params = {"bucket_width": "1h", "limit": 24 * _DAYS, "group_by": list(kind.groups)}
        try:
            for bucket in _buckets(api, f"/organization/usage/{kind.path}", days, params):
                for result in _results(bucket):
                    yield _counted(session, kind, bucket, result)
        except SourceMissing:
            if kind.path == "completions":
                raise
            session.note(f"organization/usage/{kind.path} is not there")


def _counted(
    session: Session[OpenAISettings],
    kind: _Kind,
    bucket: Mapping[str, Any],
    result: Mapping[str, Any],
) -> dict[str, Any]:
    row = {
        "timestamp": _at(bucket["start_time"]),
        "ends_at": _at(bucket["end_time"]),
        "operation": kind.operation,
        "provider": "openai",
        "response_model": result.get("model"),
        "project": result.get("project_id"),
        "api_key_id": result.get("api_key_id"),
        "batch": result.get("batch"),
        "service_tier": None
        if result.get("service_tier") == "default"
        else result.get("service_tier"),
        "requests": whole(session, result.get("num_model_requests"), "num_model_requests"),
    }
    if kind.units is not None:
        row["work_units"] = float(whole(session, result.get(kind.units), kind.units))
        row["work_unit_kind"] = kind.unit_kind
        return row
    return row | _tokens(session, result)


def _tokens(session: Session[OpenAISettings], result: Mapping[str, Any]) -> dict[str, int]:
    """The disjoint token kinds of a result whose input count includes the cached ones."""

    def count(name: str) -> int:
        return whole(session, result.get(name), name)

    total, cached = count("input_tokens"), count("input_cached_tokens")
    half_hour, half_day = (
        count("input_cache_write_30m_tokens"),
        count("input_cache_write_12h_tokens"),
    )
    written = max(count("input_cache_write_tokens"), half_hour + half_day)
    if cached + written > total:
        raise SourceError(
            f"{session.source}: {cached + written} cached of {total} input tokens: they are not counted inside"
        )
    return {
        "uncached_input_tokens": total - cached - written,
        "cache_read_tokens": cached,
        "cache_write_30m_tokens": half_hour,
        "cache_write_12h_tokens": half_day,
        "cache_write_unknown_tokens": written - half_hour - half_day,
        "output_tokens": count("output_tokens"),
    }


def check(session: Session[OpenAISettings]) -> Iterator[Finding]:
    """Ask for yesterday's and today's costs and counts."""
    from datetime import timedelta

    from finops.model.period import Period

    today = session.now.date()
    days = Period(today - timedelta(days=1), today + timedelta(days=1))
    with _api(session) as api:
        for path in ("/organization/costs", "/organization/usage/completions"):
            found = list(_buckets(api, path, days, {"bucket_width": "1d", "limit": 2}))
            yield Finding(
                ok=True, what=path, detail=f"{len(found)} days since {instant(days.start):%Y-%m-%d}"
            )


CONNECTOR = Connector(
    name="openai",
    about="OpenAI's organization costs, and its hourly usage counts",
    tables=("costs", "usage"),
    settings=OpenAISettings,
    check=check,
    read=read,
    tested="recorded shapes of its administration API",
    policy="an admin key limited to reading usage: organization settings, Admin keys, permission `Usage: Read`.",
    signs=(Sign("variable", "OPENAI_ADMIN_KEY", {"admin_key": "env:OPENAI_ADMIN_KEY"}),),
)
