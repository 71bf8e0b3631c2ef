"""Rate cards as a DuckDB table, and the SQL that multiplies requests by them.

The join is by equality on the pricing key, nulls equal to nulls, and by range on the rest. Cards of a
key do not overlap, so a request is never priced twice; every result row is one request row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from finops.model.tables import INPUT_TOKEN_COLUMNS, TOKEN_COLUMNS
from finops.prices.cards import KINDS, PriceKey, RateCard

if TYPE_CHECKING:
    from collections.abc import Sequence

    import duckdb

__all__ = ["MODEL_SQL", "RATE_CARDS", "install_cards", "keys_sql", "priced_sql"]

RATE_CARDS = "rate_cards"
"""Name of the table `install_cards` makes."""

MODEL_SQL = "coalesce(response_model, request_model)"
"""The model a request is priced as: the one that answered, else the one asked for."""

_COLUMNS = (
    "card_id INTEGER NOT NULL",
    "provider VARCHAR",
    "model VARCHAR",
    "service_tier VARCHAR",
    "batch BOOLEAN",
    "speed VARCHAR",
    "inference_geo VARCHAR",
    "priced_provider VARCHAR",
    "priced_model VARCHAR",
    "valid_from TIMESTAMP WITH TIME ZONE",
    "valid_to TIMESTAMP WITH TIME ZONE",
    "minute_from INTEGER NOT NULL",
    "minute_to INTEGER NOT NULL",
    "context_from BIGINT NOT NULL",
    "context_to BIGINT",
    *(f"{kind}_rate DECIMAL(38,24)" for kind in KINDS),
    "currency VARCHAR NOT NULL",
    "price_source VARCHAR NOT NULL",
    "price_checked DATE",
    "price_rule VARCHAR NOT NULL",
    "unpriced_reason VARCHAR",
)


def install_cards(con: duckdb.DuckDBPyConnection, cards: Sequence[RateCard]) -> None:
    """Make (or replace) the temporary table `rate_cards` on `con`, one row per card, in order."""
    con.execute(f"create or replace temp table {RATE_CARDS} ({', '.join(_COLUMNS)})").fetchall()
    if not cards:
        return
    marks = ", ".join("?" * len(_COLUMNS))
    rows = [_row(number, card) for number, card in enumerate(cards, start=1)]
    con.executemany(f"insert into {RATE_CARDS} values ({marks})", rows).fetchall()


def keys_sql(requests: str) -> str:
    """SELECT of the distinct pricing keys of `requests`, columns in the order of `PriceKey`."""
    return (
        f"select distinct provider, {MODEL_SQL} as model, service_tier, batch, speed, inference_geo "
        f"from {requests}"
    )


def priced_sql(requests: str) -> str:
    """SELECT of every row of `requests` with its price beside it.

    `requests` is a relation with the ledger's request columns. Added: `card_id`, `priced_provider`,
    `priced_model`, one `<kind>_cost` DECIMAL(38,24) per token kind, `price` (their sum), `currency`,
    `price_source` and `unpriced_reason`. A row of zero tokens costs nothing whatever its model; a
    retrieval or tool call has nothing sold by token. An unpriced row has null amounts and the reason,
    and so has an answered model call whose log holds no token counts.
    """
    costs = ",\n    ".join(
        f"case when priced then coalesce({kind}_tokens, 0) * coalesce({kind}_rate, 0) end as {kind}_cost"
        for kind in KINDS
    )
    total = " + ".join(f"{kind}_cost" for kind in KINDS)
    rates = ", ".join(f"card.{kind}_rate" for kind in KINDS)
    tokens = " + ".join(f"coalesce(r.{name}, 0)" for name in INPUT_TOKEN_COLUMNS)
    any_tokens = " + ".join(f"coalesce({name}, 0)" for name in TOKEN_COLUMNS)
    known_tokens = ", ".join(TOKEN_COLUMNS)
    hidden = ", ".join((*(f"{kind}_rate" for kind in KINDS), "card_reason", "uncounted", "priced"))
    return f"""
with matched as (
    select
        r.*, card.card_id, card.priced_provider, card.priced_model, {rates},
        card.currency, card.price_source, card.unpriced_reason as card_reason
    from {requests} as r
    left join {RATE_CARDS} as card
        on {_same_key()}
        and (card.valid_from is null or card.valid_from <= r.timestamp)
        and (card.valid_to is null or r.timestamp < card.valid_to)
        and card.minute_from <= {minute_sql("r.timestamp")}
        and {minute_sql("r.timestamp")} < card.minute_to
        and card.context_from <= {tokens}
        and (card.context_to is null or {tokens} < card.context_to)
),
judged as (
    select
        *,
        coalesce({known_tokens}) is null
            and status = 'ok'
            and operation not in ('retrieval', 'execute_tool') as uncounted,
        not uncounted
            and (({any_tokens}) = 0 or (card_id is not null and card_reason is null)) as priced
    from matched
)
select
    * exclude ({hidden}),
    {costs},
    {total} as price,
    case
        when uncounted then 'the log has no token counts'
        when not priced then coalesce(card_reason, 'no rate card was made for its key')
    end as unpriced_reason
from judged"""


def minute_sql(timestamp: str) -> str:
    """Minute of the UTC day of a TIMESTAMP WITH TIME ZONE expression, on any session time zone."""
    return f"(epoch_us({timestamp}) // 60000000 % 1440)"


def _same_key() -> str:
    ours = {"model": "coalesce(r.response_model, r.request_model)"}
    return " and ".join(
        f"card.{name} is not distinct from {ours.get(name, f'r.{name}')}"
        for name in PriceKey._fields
    )


def _row(number: int, card: RateCard) -> tuple[object, ...]:
    rates = card.rates or (None,) * len(KINDS)
    return (
        number, *card.key, card.priced_provider, card.priced_model,
        card.valid_from, card.valid_to, card.minute_from, card.minute_to,
        card.context_from, card.context_to, *rates,
        card.currency, card.price_source, card.price_checked, card.price_rule, card.unpriced_reason,
    )  # fmt: skip
