"""AWS Cost Explorer: a bill for people without an export. Coarser, and each request costs 0.01 USD.

`GetCostAndUsage` by day, split by two dimensions (service and usage type, where Bedrock says model and token kind).
UnblendedCost is what is billed, AmortizedCost what it effectively costs; with `net`, their twins after discounts.
Taxes, credits, refunds and fees are asked for apart, by service and record type, so that they are told from usage.
Amounts are strings and stay exact. A period's end is exclusive. Days that AWS still calls estimated are read
again with their month until it is final. An account that has an export should use that.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from pydantic import Field

from connectors.arrow import batches_of
from connectors.aws_signing import AwsAccess, signed
from connectors.contract import Connector, Finding, Rows, Sign
from connectors.periods import instant, months_to_read
from connectors.vendor_bills import amount, quantity
from finops.errors import SourceError
from finops.model.period import Period

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from connectors.contract import Session
    from connectors.http import Http, Request

__all__ = ["CONNECTOR", "CostExplorerSettings"]

_TARGET = "AWSInsightsIndexService.GetCostAndUsage"

_APART = {
    "Tax": "Tax",
    "Credit": "Credit",
    "Refund": "Credit",
    "Support": "Purchase",
    "RIFee": "Purchase",
    "RI Upfront Fee": "Purchase",
    "Upfront": "Purchase",
    "Recurring": "Purchase",
    "Savings Plan Upfront Fee": "Purchase",
    "Savings Plan Recurring Fee": "Purchase",
    "Other out-of-cycle charges": "Adjustment",
}
"""Record types that are no usage, and their FOCUS charge category."""


class CostExplorerSettings(AwsAccess):
    """An AWS account whose Cost Explorer is switched on."""

    net: bool = Field(
        default=False,
        description="Whether amounts are after enterprise discounts (the Net… metrics).",
    )
    split_by: tuple[str, str] = Field(
        default=("SERVICE", "USAGE_TYPE"),
        description="The two dimensions usage is split by; LINKED_ACCOUNT, REGION … are others.",
    )
    account: str | None = Field(
        default=None, description="Account id of the payer, shown as the billing account."
    )


def _api(session: Session[CostExplorerSettings]) -> Http:
    said = session.settings

    def authorize(request: Request) -> Mapping[str, str]:
        return signed(request, said.keys(), "ce", said.region)

    base = said.endpoint or f"https://ce.{said.region}.amazonaws.com"
    return session.http(base, authorize)


def read(session: Session[CostExplorerSettings]) -> Iterator[Rows]:
    """Every month that is not final."""
    with _api(session) as api:
        for month, cursor in months_to_read(session, "costs"):
            rows = _charges(session, api, month)
            yield Rows("costs", month.label, cursor, batches_of("costs", rows))


def _charges(
    session: Session[CostExplorerSettings], api: Http, month: Period
) -> Iterator[dict[str, Any]]:
    apart = {"Dimensions": {"Key": "RECORD_TYPE", "Values": list(_APART)}}
    for split, only in (
        (session.settings.split_by, {"Not": apart}),
        (("SERVICE", "RECORD_TYPE"), apart),
    ):
        for day in _days(session, api, month, split, only):
            for group in day.get("Groups", ()):
                row = _charge(session, month, day["TimePeriod"], split, group)
                if row is not None:
                    yield row


def _days(
    session: Session[CostExplorerSettings],
    api: Http,
    month: Period,
    split: tuple[str, str],
    only: Mapping[str, Any],
) -> Iterator[dict[str, Any]]:
    """The days of a month, page by page; SourceError when a page repeats."""
    end = min(month.end, session.now.date() + timedelta(days=1))
    asked: dict[str, Any] = {
        "TimePeriod": {"Start": month.start.isoformat(), "End": end.isoformat()},
        "Granularity": "DAILY",
        "Metrics": [*_metrics(session), "UsageQuantity"],
        "GroupBy": [{"Type": "DIMENSION", "Key": key} for key in split],
        **({"Filter": only} if only else {}),
    }
    seen: set[str] = set()
    while True:
        headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": _TARGET}
        page = api.post("/", asked, headers)
        yield from page.get("ResultsByTime", ())
        following = page.get("NextPageToken")
        if not following:
            return
        if following in seen:
            raise SourceError(f"{session.source}: Cost Explorer answers with the same page again")
        seen.add(following)
        asked["NextPageToken"] = following


def _metrics(session: Session[CostExplorerSettings]) -> tuple[str, str]:
    net = "Net" if session.settings.net else ""
    return f"{net}UnblendedCost", f"{net}AmortizedCost"


def _charge(
    session: Session[CostExplorerSettings],
    month: Period,
    day: Mapping[str, str],
    split: tuple[str, str],
    group: Mapping[str, Any],
) -> dict[str, Any] | None:
    """One group of one day; None for one that is empty in every way."""
    keys = dict(zip(split, group["Keys"], strict=True))
    billed, amortized = (group["Metrics"][name] for name in _metrics(session))
    used = group["Metrics"].get("UsageQuantity", {})
    what = " ".join(group["Keys"])
    cost, effective = (amount(session, each["Amount"], what) for each in (billed, amortized))
    count = quantity(session, used.get("Amount"), what)
    if not cost and not effective and not count:
        return None
    start, end = date.fromisoformat(day["Start"]), date.fromisoformat(day["End"])
    return {
        "BilledCost": cost,
        "EffectiveCost": effective,
        "BillingCurrency": billed["Unit"],
        "BillingAccountId": session.settings.account,
        "BillingPeriodStart": instant(month.start),
        "BillingPeriodEnd": instant(month.end),
        "ChargePeriodStart": instant(start),
        "ChargePeriodEnd": instant(end),
        "ChargeCategory": _APART.get(keys.get("RECORD_TYPE", ""), "Usage"),
        "ChargeClass": "Correction" if keys.get("RECORD_TYPE") == "Refund" else None,
        "ChargeDescription": keys.get("USAGE_TYPE") or keys.get("RECORD_TYPE"),
        "ConsumedQuantity": count or None,
        "ConsumedUnit": _unit(used) if count else None,
        "ProviderName": "AWS",
        "PublisherName": "AWS",
        "ServiceProviderName": "AWS",
        "HostProviderName": "AWS",
        "InvoiceIssuerName": "AWS",
        "ServiceName": keys.get("SERVICE"),
        "SkuMeter": keys.get("USAGE_TYPE"),
        "RegionId": keys.get("REGION"),
        "SubAccountId": keys.get("LINKED_ACCOUNT"),
    }


def _unit(used: Mapping[str, str]) -> str | None:
    """The unit of a quantity; Cost Explorer says N/A where units are mixed."""
    unit = used.get("Unit")
    return None if unit in {None, "", "N/A"} else unit


def check(session: Session[CostExplorerSettings]) -> Iterator[Finding]:
    """Ask for yesterday, which costs a cent."""
    today = session.now.date()
    period = Period(today - timedelta(days=1), today)
    with _api(session) as api:
        days = list(_days(session, api, period, ("SERVICE", "RECORD_TYPE"), {}))
    groups = sum(len(day.get("Groups", ())) for day in days)
    yield Finding(ok=True, what="GetCostAndUsage", detail=f"{groups} services on {period.start}")


CONNECTOR = Connector(
    name="aws-cost-explorer",
    about="AWS Cost Explorer, for accounts without a billing export (0.01 USD a request)",
    tables=("costs",),
    settings=CostExplorerSettings,
    check=check,
    read=read,
    tested="moto's Cost Explorer, seeded",
    policy="""\
```json
{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow", "Action": "ce:GetCostAndUsage", "Resource": "*"}]}
```""",
    signs=(
        Sign("variable", "AWS_PROFILE", {"profile": "{value}"}),
        Sign("variable", "AWS_ACCESS_KEY_ID"),
        Sign("path", "~/.aws/credentials", {"profile": "default"}),
    ),
)
