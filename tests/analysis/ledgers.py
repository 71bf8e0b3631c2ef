"""Real ledgers made of a few rows, for tests of the model.

A row is a dictionary of what matters to the test; `cost` and `request` fill in the rest. Prices are our
own, of models no price list knows, so that no number here moves when a price list does.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from finops.analysis.economics import Question, UnitEconomics, unit_economics
from finops.config import Config
from finops.ledger.engine import join_engine, query
from finops.ledger.loads import Load, LoadedFile, new_load_id
from finops.ledger.store import Ledger
from finops.ledger.write import store
from finops.model.money import total
from finops.model.period import Period, parse_month
from finops.model.tables import TABLES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from finops.analysis.measures import Group

Row = dict[str, Any]

OCTOBER = parse_month("2026-10")

PROVIDER, MODEL = "fakeai", "model-a"

PRICES: tuple[dict[str, Any], ...] = (
    {
        "provider": PROVIDER,
        "model": MODEL,
        "input": "2",
        "cache_read": "0.5",
        "cache_write": "3",
        "cache_write_1h": "4",
        "output": "10",
    },
    {"provider": PROVIDER, "model": "model-b", "input": "1", "output": "4"},
)
"""Per million tokens: model-a 2 / 0.5 / 3 (1 h: 4) / 10, model-b 1 in and 4 out."""


def at(text: str) -> datetime:
    """`2026-10-05` or `2026-10-05T12:30:00`, in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def request(request_id: str, when: str = "2026-10-05T12:00:00", **given: object) -> Row:
    """One ok chat attempt of model-a without tokens, unless `given` says otherwise."""
    moment = at(when)
    row = {
        "timestamp": moment,
        "request_id": request_id,
        "call_id": request_id,
        "operation": "chat",
        "provider": PROVIDER,
        "request_model": MODEL,
        "attempt": 1,
        "status": "ok",
        "source_id": "log",
        "day": moment.date(),
        **given,
    }
    return {name: row.get(name) for name in TABLES["requests"].names}


def cost(
    effective: str | Decimal, start: str = "2026-10-01", end: str | None = None, **given: object
) -> Row:
    """A charge of one day (or up to `end`) of fakeai, billed in the month it starts, unless given."""
    first = at(start)
    month = str(given.get("x_BillingMonth", f"{first:%Y-%m}"))
    billing = parse_month(month).bounds()
    row = {
        "BilledCost": effective,
        "EffectiveCost": effective,
        "BillingCurrency": "USD",
        "BillingPeriodStart": billing[0],
        "BillingPeriodEnd": billing[1],
        "ChargePeriodStart": first,
        "ChargePeriodEnd": at(end) if end else first + timedelta(days=1),
        "ChargeCategory": "Usage",
        "ServiceProviderName": PROVIDER,
        "x_BillingMonth": month,
        "x_SourceId": "bill",
        "x_Scope": "fakeai/1",
        "x_LoadId": "-",
        "x_CostOrigin": "bill",
        **given,
    }
    return {name: row.get(name) for name in TABLES["costs"].names}


def tokens(
    effective: str | Decimal,
    kind: str,
    quantity: int | str | Decimal | None = None,
    start: str = "2026-10-01",
    end: str = "2026-11-01",
    **given: object,
) -> Row:
    """A line of model-a's bill for a token kind over October; no quantity, no unit."""
    unit = None if quantity is None else "Tokens"
    line = {"x_Model": MODEL, "x_TokenType": kind, "ConsumedQuantity": quantity}
    return cost(effective, start, end, **{**line, "ConsumedUnit": unit, **given})


def sample(device: str, when: str, interval_s: float = 3600.0, **given: object) -> Row:
    """One device over an hour from `when`, held by nobody, unless `given` says otherwise."""
    moment = at(when)
    row = {
        "timestamp": moment,
        "interval_s": interval_s,
        "device_uuid": device,
        "source_id": "dcgm",
        "day": moment.date(),
        **given,
    }
    return {name: row.get(name) for name in TABLES["gpu_samples"].names}


def config(
    *pools: Mapping[str, Any], prices: Sequence[Mapping[str, Any]] = PRICES, **given: object
) -> Config:
    """Settings with `PRICES`, and `pools` as dictionaries."""
    return Config.model_validate({"pools": list(pools), "prices": list(prices), **given})


def make_ledger(
    folder: Path,
    *,
    costs: Iterable[Row] = (),
    requests: Iterable[Row] = (),
    samples: Iterable[Row] = (),
) -> Ledger:
    """A new ledger in `folder` that holds these rows."""
    ledger = Ledger.open(str(folder), create=True)
    add(ledger, "costs", costs)
    add(ledger, "requests", requests)
    add(ledger, "gpu_samples", samples)
    return ledger


def add(ledger: Ledger, table: str, rows: Iterable[Row]) -> None:
    """Load `rows` into `table` of `ledger`, as a loader would."""
    found = list(rows)
    if not found:
        return
    columns = TABLES[table].columns
    con = join_engine()
    try:
        texts = {
            column.name: pa.array([_text(row[column.name]) for row in found], pa.string())
            for column in columns
        }
        con.register("delivered", pa.table(texts))
        casts = ", ".join(f'cast("{c.name}" as {c.kind.stored}) as "{c.name}"' for c in columns)
        load_id = new_load_id()
        digest = hashlib.sha256(repr(found).encode()).hexdigest()
        file = LoadedFile("rows.csv", len(found), digest)
        load = Load(load_id, str(found[0].get("x_SourceId") or "log"), "test", (file,), digest)
        store(ledger, table, con, f"select {casts} from delivered", load)
        query(con, "select 1")
    finally:
        con.close()


def _text(value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, dict):
        return json.dumps(value)
    if isinstance(value, Decimal):
        return f"{value:f}"
    return str(value)


def ask(
    ledger: Ledger,
    settings: Config | None = None,
    *by: str,
    period: Period | None = OCTOBER,
    where: str | None = None,
    include: tuple[str, ...] = (),
    currency: str | None = None,
    use_rollups: bool = True,
    run_costs: bool = False,
    marginal: bool = False,
) -> UnitEconomics:
    """The unit economics of October (or `period`) by `by`."""
    question = Question(period, by, where, include, currency, use_rollups, run_costs, marginal)
    return unit_economics(ledger, settings or config(), question)


def cost_of(group: Group) -> Decimal:
    """What a group cost in all."""
    return total(group.components.values())


def parts(group: Group) -> dict[str, Decimal]:
    """The components of a group that are not zero."""
    return {name: amount.normalize() for name, amount in group.components.items() if amount}


def costs_by(answer: UnitEconomics) -> dict[Any, Decimal]:
    """Cost by group; a single dimension's value is the key, several make a tuple."""
    return {
        group.keys[0] if len(group.keys) == 1 else group.keys: cost_of(group).normalize()
        for group in answer.groups
    }
