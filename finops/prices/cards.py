"""What a price is here: the key a request is priced by, and a rate card that is valid for it.

A rate card holds one rate per disjoint token kind, per token, together with everything that limits
it: days, minutes of the day, how much input the whole request carries. Cards of one key never
overlap and together cover all time, so a request meets exactly one of them.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from finops.model.tables import INPUT_TOKEN_COLUMNS, TOKEN_COLUMNS

if TYPE_CHECKING:
    from datetime import date, datetime

__all__ = ["DAY_MINUTES", "INPUT_KINDS", "KINDS", "Breaks", "PriceKey", "RateCard", "Rates"]

DAY_MINUTES = 1440
"""Minutes in a UTC day, the end of the last window."""

KINDS = tuple(name.removesuffix("_tokens") for name in TOKEN_COLUMNS)
"""Token kinds that carry a rate: the ledger's token columns without their suffix."""

INPUT_KINDS = tuple(name.removesuffix("_tokens") for name in INPUT_TOKEN_COLUMNS)
"""The kinds that are input."""

Rates = tuple[Decimal, ...]
"""One price per token for each of `KINDS`, in their order."""


class PriceKey(NamedTuple):
    """What a request says about its price, as the ledger holds it; any part may be unknown.

    `model` is the model that answered, or the one asked for where the log has no answer's name.
    """

    provider: str | None
    model: str | None
    service_tier: str | None = None
    batch: bool | None = None
    speed: str | None = None
    inference_geo: str | None = None


class Breaks(NamedTuple):
    """Where a key's price changes within a day, so that roll-ups keep the sides apart.

    `contexts` are the input-token counts at which a dearer tier begins, `minutes` the UTC minutes of
    the day at which the price changes; both ascending, without the zero every range begins with.
    """

    contexts: tuple[int, ...]
    minutes: tuple[int, ...]


class RateCard(NamedTuple):
    """Rates per token in `currency` for requests of `key` inside every range below; all half-open.

    `rates` is None exactly when `unpriced_reason` says why there is no price. `valid_from` and
    `valid_to` are UTC instants, None where open. Minutes are of the UTC day. `context_from` and
    `context_to` bound the request's whole input, in tokens; `context_to` None is open.
    """

    key: PriceKey
    priced_provider: str | None
    priced_model: str | None
    valid_from: datetime | None
    valid_to: datetime | None
    minute_from: int
    minute_to: int
    context_from: int
    context_to: int | None
    rates: Rates | None
    currency: str
    price_source: str
    price_checked: date | None
    price_rule: str
    unpriced_reason: str | None

    def covers(self, at: datetime, input_tokens: int) -> bool:
        """Whether a request at the UTC instant `at` with `input_tokens` is priced by this card."""
        minute = at.hour * 60 + at.minute
        return (
            (self.valid_from is None or self.valid_from <= at)
            and (self.valid_to is None or at < self.valid_to)
            and self.minute_from <= minute < self.minute_to
            and self.context_from <= input_tokens
            and (self.context_to is None or input_tokens < self.context_to)
        )
