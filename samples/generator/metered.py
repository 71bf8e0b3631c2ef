"""The token bills of OpenAI and Anthropic: daily rows per project, model, tier and token kind.

Every metered attempt is billed, also those that timed out or were cancelled, and those that bypassed the
gateway and are in no log. Amounts are list price times the negotiated share, exact in Decimal.
"""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from . import planted
from .company import MONTHS, days, dice, list_rate, paid_share
from .focus import amounts, charge, month_start, next_month

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .calls import Call
    from .focus import Row

PLAYGROUND_PROJECT, PLAYGROUND_MODEL = "proj-playground", "gpt-4o"
"""A project whose people use the provider's own web page: nothing of it is ever logged."""

SEATS, SEAT_PRICE = 12, Decimal("30.00")


class Line(NamedTuple):
    """What one row of a token bill is about."""

    day: date
    provider: str
    project: str
    model: str
    batch: bool
    kind: str


def usage(calls: Iterable[Call]) -> Counter[Line]:
    """Billed tokens by line, from every metered attempt and the playground."""
    tokens: Counter[Line] = Counter()
    for call in calls:
        if call.metered:
            workflow = call.workflow
            for kind, count in call.kinds.items():
                line = Line(
                    call.when.date(), workflow.provider, workflow.project, call.model,
                    call.batch, kind,
                )  # fmt: skip
                tokens[line] += count
    for day in days():
        rng = dice("playground", day)
        for kind, low, high in (("uncached_input", 150_000, 420_000), ("output", 30_000, 90_000)):
            line = Line(day, "openai", PLAYGROUND_PROJECT, PLAYGROUND_MODEL, batch=False, kind=kind)
            tokens[line] = rng.randint(low, high)
    return tokens


def rate(line: Line) -> Decimal:
    """List price of one token of the line, USD."""
    return list_rate(line.provider, line.model, line.kind, batch=line.batch)


_ACCOUNTS = {
    "openai": ("OpenAI", "org-harbourline", "OpenAI API", "project"),
    "anthropic": ("Anthropic", "harbourline-anthropic", "Claude API", "workspace"),
}


def _row(line: Line, tokens: int, share: Decimal) -> Row:
    name, account, service, kind_of_project = _ACCOUNTS[line.provider]
    listed = rate(line) * tokens
    paid = listed * share
    tier = "batch" if line.batch else "standard"
    return charge(
        line.day,
        line.day + timedelta(days=1),
        "Usage",
        amounts(paid, listed=listed, contracted=paid),
        BillingAccountId=account,
        BillingAccountName="Harbourline",
        BillingAccountType="organization",
        ChargeDescription=f"{line.model} {line.kind} tokens, {tier}",
        ConsumedQuantity=tokens,
        ConsumedUnit="Tokens",
        ContractedUnitPrice=rate(line) * share * 1_000_000,
        InvoiceId=f"{line.provider}-{line.day:%Y-%m}",
        InvoiceIssuerName=name,
        ListUnitPrice=rate(line) * 1_000_000,
        PricingCategory="Standard",
        PricingQuantity=Decimal(tokens) / 1_000_000,
        PricingUnit="1000000 Tokens",
        ProviderName=name,
        PublisherName=name,
        ServiceCategory="AI and Machine Learning",
        ServiceSubcategory="Generative AI",
        ServiceName=service,
        SkuId=f"{line.model}/{line.kind}/{tier}",
        SkuMeter=f"{line.kind} tokens",
        SubAccountId=line.project,
        SubAccountName=line.project,
        SubAccountType=kind_of_project,
        x_Model=line.model,
        x_TokenType=line.kind,
        x_ServiceTier=tier,
    )


def bill(
    tokens: Counter[Line], provider: str, month: str, *, first_issue: bool = False
) -> list[Row]:
    """One provider's rows of a month; `first_issue` is the delivery that forgot the discount."""
    rows = []
    for line in sorted(tokens):
        if line.provider != provider or f"{line.day:%Y-%m}" != month:
            continue
        forgotten = first_issue and line.day >= planted.UNDISCOUNTED_FROM
        rows.append(_row(line, tokens[line], Decimal(1) if forgotten else paid_share(provider)))
    return rows + (list(_seats(month)) if provider == "anthropic" else [])


def _seats(month: str) -> Iterator[Row]:
    """The monthly fee of the per-user plan."""
    fee = SEATS * SEAT_PRICE
    name, account, *_ = _ACCOUNTS["anthropic"]
    yield charge(
        month_start(month),
        next_month(month),
        "Usage",
        amounts(fee, listed=fee, contracted=fee),
        BillingAccountId=account,
        BillingAccountName="Harbourline",
        BillingAccountType="organization",
        ChargeDescription="Claude Team seats",
        ChargeFrequency="Recurring",
        ConsumedQuantity=SEATS,
        ConsumedUnit="Seats",
        ContractedUnitPrice=SEAT_PRICE,
        InvoiceId=f"anthropic-{month}",
        InvoiceIssuerName=name,
        ListUnitPrice=SEAT_PRICE,
        PricingCategory="Standard",
        PricingQuantity=SEATS,
        PricingUnit="Seats",
        ProviderName=name,
        PublisherName=name,
        ServiceCategory="AI and Machine Learning",
        ServiceSubcategory="Generative AI",
        ServiceName="Claude Team",
        SkuId="claude-team/seat",
    )


def deliveries(tokens: Counter[Line]) -> dict[str, list[Row]]:
    """The bill files by path: one per provider and month, and the re-issued month apart."""
    files = {}
    for month in MONTHS:
        for provider in ("openai", "anthropic"):
            first = provider == "openai" and month == planted.REISSUED_MONTH
            files[f"bills/{provider}-{month}.csv.gz"] = bill(
                tokens, provider, month, first_issue=first
            )
    month = planted.REISSUED_MONTH
    files[f"reissued/openai-{month}.csv.gz"] = bill(tokens, "openai", month)
    return files
