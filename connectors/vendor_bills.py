"""What the bills of model vendors have in common, as FOCUS columns, and their amounts made exact.

A vendor that answers in JSON numbers prints binary fractions with up to 17 digits, which may begin far behind the
point: below the 24th decimal place they are cut, and the connector says how many were.
"""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Context, Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from connectors.periods import instant
from finops.errors import SourceError
from finops.model.schema import MONEY_INTEGER_DIGITS, MONEY_SCALE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from connectors.contract import Session
    from connectors.http import Http
    from finops.model.period import Period

__all__ = ["amount", "buckets", "charge", "quantity", "whole"]

_STEP = Decimal(1).scaleb(-MONEY_SCALE)
_WIDE = Context(prec=120)


def buckets(api: Http, path: str, asked: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Buckets of every page of `path`; SourceError when a page repeats or is no page."""
    asked, seen = dict(asked), set[str]()
    while True:
        page = api.get(path, asked)
        if not isinstance(page, dict) or not isinstance(page.get("data"), list):
            raise SourceError(f"{api.source}: the answer of {path} is no page of buckets")
        yield from page["data"]
        following = page.get("next_page")
        if not page.get("has_more") or not following:
            return
        if following in seen:
            raise SourceError(f"{api.source}: {path} answers with the same page again and again")
        seen.add(following)
        asked["page"] = following


def amount(session: Session[Any], value: object, what: str, *, places: int = 0) -> Decimal:
    """An amount of money as the ledger keeps it, `places` moved; SourceError for what is none."""
    try:
        number = Decimal(str(value)).scaleb(-places)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or abs(number) >= Decimal(10) ** MONEY_INTEGER_DIGITS:
        raise SourceError(f"{session.source}: {what} = {value!r} is no amount the ledger can keep")
    kept = number.quantize(_STEP, ROUND_HALF_EVEN, _WIDE)
    if kept != number:
        session.note(f"{what}: amounts with more than {MONEY_SCALE} decimal places were cut there")
    return kept


def quantity(session: Session[Any], value: object, what: str) -> Decimal | None:
    """A quantity, None where there is none; one with too many digits to keep is left out, and said."""
    if value is None:
        return None
    number = Decimal(str(value))
    if abs(number) >= Decimal(10) ** MONEY_INTEGER_DIGITS:
        session.note(
            f"{what} = {value} has more than {MONEY_INTEGER_DIGITS} digits and was left out"
        )
        return None
    return number.quantize(_STEP, ROUND_HALF_EVEN, _WIDE)


def whole(session: Session[Any], value: object, what: str) -> int:
    """A count; 0 for none, SourceError for what is no count."""
    if value is None:
        return 0
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise SourceError(f"{session.source}: {what} = {value!r} is no count")
    return value


def charge(
    vendor: str,
    service: str,
    month: Period,
    cost: Decimal,
    currency: str,
    **columns: Any,  # noqa: ANN401  (of any FOCUS column)
) -> dict[str, Any]:
    """A FOCUS row of `vendor`'s bill of `month`; a negative amount is a credit."""
    return {
        "BilledCost": cost,
        "EffectiveCost": cost,
        "BillingCurrency": currency.upper(),
        "BillingPeriodStart": instant(month.start),
        "BillingPeriodEnd": instant(month.end),
        "ChargeCategory": "Credit" if cost < 0 else "Usage",
        "ChargeFrequency": "Usage-Based",
        "InvoiceIssuerName": vendor,
        "ProviderName": vendor,
        "PublisherName": vendor,
        "ServiceProviderName": vendor,
        "ServiceCategory": "AI and Machine Learning",
        "ServiceSubcategory": "Generative AI",
        "ServiceName": service,
        **columns,
    }
