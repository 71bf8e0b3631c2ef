"""Items of the bills: what a provider bills under one name, by any dimension of a cost row.

An item is a model's token kind, else a SKU or meter of a service, in a region. Its cost is EffectiveCost and
its price the effective one, so that a negotiated discount, or more use under a commitment, is price. A
purchase of a commitment is no use of anything and has no quantity.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from finops.analysis.book_spend import opened
from finops.analysis.books import books
from finops.analysis.charges import line_sql
from finops.analysis.compare.readings import Reading
from finops.analysis.metering import KINDS
from finops.analysis.owners.lookup import owner_columns
from finops.analysis.spend import slice_condition
from finops.ledger.engine import query

if TYPE_CHECKING:
    from collections.abc import Iterator

    from finops.analysis.book_spend import Opened, SpendQuestion
    from finops.config import Config
    from finops.ledger.store import Ledger

__all__ = ["billed_readings", "token_family"]

_PROVIDER = "coalesce(ServiceProviderName, ProviderName, PublisherName, InvoiceIssuerName)"

_QUANTITY = "coalesce(ConsumedQuantity, PricingQuantity)"

_IS_COMMITMENT = "ChargeCategory = 'Purchase' and CommitmentDiscountId is not null"


def billed_readings(
    ledger: Ledger, config: Config, question: SpendQuestion
) -> tuple[tuple[Reading, ...], tuple[str, ...]]:
    """Every item of the question's period, and what a reader must know of the rows."""
    found: list[Reading] = []
    notes: list[str] = []
    for part in books(ledger, config, question.period):
        own = {}
        if question.currency is not None:
            with opened(part, question._replace(currency=None)) as rows:
                own = _natives(rows)
        with opened(part, question) as rows:
            tag = part.config.owners.team_tag
            owner = owner_columns(rows.registry, "costs", "team", tag).sql
            found += [_reading(row, rows, own) for row in _rows(rows, owner)]
            notes += rows.notes
    return tuple(found), tuple(dict.fromkeys(notes))


def token_family(kind: str) -> str:
    """The kinds whose tokens are added: all that is read, or all that is written."""
    return "output tokens" if kind == "output" else "input tokens"


_KEYS = (
    _PROVIDER,
    "ServiceName",
    "x_Model",
    "x_TokenType",
    "lower(x_ServiceTier)",
    "SkuId",
    "coalesce(SkuMeter, CommitmentDiscountName, CommitmentDiscountId, CapacityReservationId)",
    "RegionId",
)


def _select(rows: Opened, more: str) -> str:
    keys = [*(f"({one.sql})" for one in rows.dimensions), *_KEYS]
    names = ", ".join(f"{sql} as key_{place}" for place, sql in enumerate(keys))
    line = line_sql(rows.chosen.period)
    return (
        f"select {names}, BillingCurrency, {line} as line, {more}, sum(EffectiveCost) as cost, "
        f"case when bool_and({_QUANTITY} is not null and not coalesce({_IS_COMMITMENT}, false)) "
        f"then sum({_QUANTITY}) end as quantity from costs where {slice_condition(rows.chosen)} "
        "group by all order by all"
    )


def _rows(rows: Opened, owner: str) -> list[tuple[Any, ...]]:
    unit = "case when ConsumedQuantity is null then PricingUnit else ConsumedUnit end as unit"
    return query(rows.con, _select(rows, f"{unit}, {owner} as owner"))


def _natives(rows: Opened) -> dict[tuple[Any, ...], list[tuple[str, Any]]]:
    """What each item comes to in the currencies it is billed in."""
    found: dict[tuple[Any, ...], list[tuple[str, Any]]] = {}
    width = len(rows.dimensions) + len(_KEYS)
    for row in query(rows.con, _select(rows, "null as unit, null as owner")):
        found.setdefault((*row[:width], row[width + 1]), []).append((row[width], row[-2]))
    return found


def _reading(
    row: tuple[Any, ...], rows: Opened, own: dict[tuple[Any, ...], list[tuple[str, Any]]]
) -> Reading:
    asked = len(rows.dimensions)
    width = asked + len(_KEYS)
    currency, line, unit, owner, cost, quantity = row[width:]
    named = list(_named(*row[asked:width]))
    natives = own.get((*row[:width], line), [])
    native = natives[0] if len(natives) == 1 and natives[0][0] != currency else None
    return Reading(
        tuple(row[:asked]),
        named[0],
        named[1],
        line,
        currency,
        cost,
        None if quantity is None else Fraction(quantity),
        unit,
        owner,
        native,
    )


def _named(  # noqa: PLR0913, PLR0917  (one for each key)
    provider: str | None,
    service: str | None,
    model: str | None,
    kind: str | None,
    tier: str | None,
    sku: str | None,
    meter: str | None,
    region: str | None,
) -> Iterator[str]:
    """What people call an item, and its family."""
    where = "" if region is None else f" {region}"
    if model is not None and kind is not None:
        at = "" if tier in {None, "standard"} else f" {tier}"
        yield f"{model} {kind.replace('_', ' ')}{at}{where}"
        known = kind in KINDS or kind in {"input", "cache_write"}
        yield f"{provider} {token_family(kind) if known else kind}"
        return
    what = meter or sku or ""
    yield f"{service or provider or '?'} {what}{where}".replace("  ", " ")
    yield f"{provider} {service}"
