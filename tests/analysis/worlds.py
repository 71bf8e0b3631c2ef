"""Random small companies: a bill and a log with everything in them that the model tells apart."""

from __future__ import annotations

import random
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from finops.analysis.sharing import DRIVERS
from tests.analysis import clusters
from tests.analysis.ledgers import PRICES, PROVIDER, Row, at, cost, request
from tests.analysis.reference import PoolOf

if TYPE_CHECKING:
    from collections.abc import Sequence

TIMES = (
    "2026-09-29T10:00:00",
    "2026-09-30T23:59:59.999999",
    "2026-10-01T00:00:00",
    "2026-10-01T00:10:00",
    "2026-10-02T12:00:00",
    "2026-10-30T08:00:00",
    "2026-10-31T23:59:00",
    "2026-11-01T00:00:00",
    "2026-11-03T05:00:00",
)
"""Either side of midnight, of two ends of a month, and gaps longer than a day."""

WORLD_PRICES = (
    *PRICES,
    {"provider": PROVIDER, "model": "model-a", "service_tier": "batch", "input": "1.0000003"},
    {"provider": "otherai", "model": "model-a", "to": "2026-10-02", "input": "7", "output": "0.3"},
    {"provider": "otherai", "model": "model-a", "from": "2026-10-02", "input": "5", "output": "1"},
    {"provider": "otherai", "model": "model-b", "from": "2026-10-01", "input": "3", "output": "9"},
)
"""model-x has no price; some change at midnight, one begins in October."""

KINDS = ("uncached_input", "cache_read", "cache_write_5m", "cache_write_1h", "output")


OBJECTIVES: tuple[dict[str, Any], ...] = (
    {"workflow": "r?g", "agent": "plan*", "latency_ms": 900.0},
    {"deployment": "north_1", "ttft_ms": 50.0, "tpot_ms": 5.0},
    {"workflow": "agent", "tpot_ms": 0.9},
    {"deployment": "*", "latency_ms": 31_000.25, "ttft_ms": 3.0},
)
"""On what both ends of a limit lie on; an underscore is no pattern; some calls fall under none."""


class World(NamedTuple):
    """Rows, and the pools that cut the bill."""

    costs: tuple[Row, ...]
    requests: tuple[Row, ...]
    pools: tuple[PoolOf, ...]
    samples: tuple[Row, ...] = ()

    def settings(self) -> list[dict[str, Any]]:
        """The pools as `[[pools]]` has them."""
        return [pool.settings() for pool in self.pools]


def world(seed: int, requests: int, costs: int, *, has_capacity: bool = True) -> World:
    """The company `seed` names, of at most about so many rows; without capacity all it has is tokens."""
    dice = random.Random(seed)
    style, capacity = _Style.of(dice), clusters.Style.of(dice)
    charges = tuple(_charge(dice, style) for _ in range(costs))
    attempts = _attempts(dice, requests, style)
    if not has_capacity:
        charges = tuple(row for row in charges if row["ServiceName"] not in clusters.SERVICES)
        capacity = clusters.NONE
    return World(
        charges,
        tuple(clusters.served(dice, row) if has_capacity else row for row in attempts),
        _overlapping(
            random.Random(seed),
            (
                PoolOf("store", "shared", "Vectors", dice.choice((None, *DRIVERS))),
                PoolOf("gateway", "shared", "Gateway", dice.choice(DRIVERS)),
                *capacity.pools,
                PoolOf("models", "metered", "Models"),
            ),
            has_capacity=has_capacity,
        ),
        tuple(clusters.samples(dice, capacity, costs if has_capacity else 0)),
    )


def _overlapping(
    dice: random.Random, pools: Sequence[PoolOf], *, has_capacity: bool
) -> tuple[PoolOf, ...]:
    """`pools`, now and then with others that want some of the same charges, requests and samples.

    The first pool that a row fits has it, so it matters where among the others they stand.
    """
    found = list(pools)
    others = (PoolOf("account", "metered", "p1", column="SubAccountId"), *clusters.rivals(dice))
    for pool in others if has_capacity else others[:1]:
        if dice.random() < 0.25:
            found.insert(dice.randrange(len(found) + 1), pool)
    return tuple(found)


class _Style(NamedTuple):
    """What a company is like as a whole; without it every bill would be a mix of everything."""

    quantities: float
    projects: tuple[str | None, ...]
    regions: tuple[str | None, ...]
    tiers: tuple[str | None, ...]
    by_day: bool
    kinds: tuple[str, ...]
    providers: tuple[str, ...]

    @classmethod
    def of(cls, dice: random.Random) -> _Style:
        return cls(
            dice.choice((0.0, 1.0, 1.0, 0.8)),
            dice.choice((("p1",), ("p1", "p2"), ("p1", "p2", None), (None,))),
            dice.choice(((None,), ("eu", "us"), ("eu", None))),
            dice.choice(((None,), (None, "standard", "batch"), ("standard", "batch", "priority"))),
            dice.random() < 0.5,
            dice.choice((KINDS, ("input", "output"), ("total",), ("cache_write", *KINDS))),
            dice.choice((("fakeai",), ("FakeAI", "fakeai", "otherai"))),
        )


def _attempts(dice: random.Random, count: int, style: _Style) -> list[Row]:
    rows: list[Row] = []
    for place in range(count):
        before = dice.choice(rows) if rows and dice.random() < 0.35 else None
        rows.append(_attempt(dice, f"r{place:03}", before, style))
    return rows + _again(dice, rows)


def _again(dice: random.Random, rows: Sequence[Row]) -> list[Row]:
    """A second log of none, some or most of the calls, as another tool saw them."""
    share = dice.choice((0.0, 0.0, 0.1, 0.3, 0.9))
    found = []
    for row in rows:
        if dice.random() >= share:
            continue
        name = f"again-{row['request_id']}"
        seen = dice.choice(
            (
                {"attributes": {"response_id": row["request_id"]}, "call_id": name},
                {"call_id": row["call_id"]},
            )
        )
        moment = row["timestamp"] + timedelta(seconds=dice.choice((0, 1, 3600, 3601)))
        other = {"source_id": "traces", "timestamp": moment, "day": moment.date()}
        more = {"workflow": "rag", "team": "red", "ttft_ms": 60.0, "workflow_run_id": "run-3"}
        found.append({**row, **more, **other, "request_id": name, **seen})
    return found


def _attempt(dice: random.Random, name: str, before: Row | None, style: _Style) -> Row:
    """One attempt; with `before` sometimes a later one of the same call."""
    when = dice.choice(TIMES)
    same = (
        {} if before is None else {"call_id": before["call_id"], "attempt": before["attempt"] + 1}
    )
    if before is not None and dice.random() < 0.7:
        moment = before["timestamp"] + dice.choice((timedelta(seconds=5), timedelta(minutes=3)))
        when = moment.replace(tzinfo=None).isoformat()
    chat = {
        f"{kind}_tokens": dice.choice((None, 0, 1, 7, 1000, 123_457))
        for kind in (*KINDS, "cache_write_30m", "cache_write_12h", "cache_write_unknown")
    }
    operation = dice.choice(
        ("chat", "chat", "chat", "chat", "text_completion", "embeddings", "rerank", "retrieval")
    )
    tier = dice.choice(style.tiers)
    return request(
        name,
        when,
        **same,
        operation=operation,
        source_id=dice.choice(("log", "log", "gateway")),
        provider=dice.choice(("fakeai", "fakeai", "otherai")),
        request_model=dice.choice(("model-a", "model-a", "model-b", "model-x")),
        response_model=dice.choice((None, None, "model-a", "model-b")),
        status=dice.choice(("ok", "ok", "ok", "ok", "error", "timeout", "cancelled", "blocked")),
        workflow=dice.choice(("rag", "agent", None)),
        workflow_run_id=dice.choice((*(f"run-{number}" for number in range(1, 25)), None))
        if dice.random() < 0.5
        else dice.choice(("run-1", None)),
        agent=dice.choice(("planner", None)),
        team=dice.choice(("red", "blue", None)),
        feature=dice.choice(("search", None)),
        trace_id=dice.choice(("t1", "t2", None)),
        service_tier=None if tier == "batch" else tier,
        batch=True if tier == "batch" else dice.choice((None, False)),
        project=dice.choice(style.projects),
        region=dice.choice(style.regions),
        **({} if operation == "retrieval" else chat),
        reasoning_tokens=dice.choice((None, 3)),
        bytes_in=dice.choice((None, 0, 12_345)),
        bytes_out=dice.choice((None, 1)),
        latency_ms=dice.choice((None, 0.0, 12.5, 900.0, 31_000.25)),
        ttft_ms=dice.choice((None, 3.0, 77.7)),
        outcome=dice.choice((None, None, "success", "Resolved", "failure")),
        deployment=dice.choice((None, "north_1", "north-1")),
        **_work(dice, operation),
    )


def _work(dice: random.Random, operation: str) -> dict[str, Any]:
    """Images or seconds of sound, now and then; units without a kind, too."""
    if operation != "chat" or dice.random() < 0.7:
        return {}
    kind = dice.choice(("image", "audio_second", None))
    return {"work_unit_kind": kind, "work_units": dice.choice((None, 1.0, 0.1, 12.3456789))}


def _amount(dice: random.Random) -> Decimal:
    """Mostly charges, some refunds, some with every place a ledger keeps."""
    digits = dice.choice((2, 2, 9, 24))
    units = dice.randrange(-(10**digits), 4 * 10**digits)
    return Decimal(units).scaleb(-digits)


def _charge(dice: random.Random, style: _Style) -> Row:
    amount = _amount(dice)
    if dice.random() < 0.3:
        return clusters.charge(dice, amount)
    day = at(dice.choice(TIMES)[:10])
    if dice.random() < 0.45:
        return _token_line(dice, style, amount)
    kind = dice.random()
    given: dict[str, Any] = {
        "ServiceName": dice.choice(("Vectors", "Gateway", "Iron", "Models", "Coffee", None)),
        "ChargePeriodEnd": day + dice.choice((timedelta(0), timedelta(days=1), timedelta(days=40))),
        "x_BillingMonth": dice.choice((f"{day:%Y-%m}", "2026-10", "2026-11")),
        "x_Pool": dice.choice((None, "misc")),
    }
    if kind < 0.3:
        given["ChargeCategory"] = dice.choice(("Credit", "Tax", "Adjustment", "Purchase"))
    elif kind < 0.5:
        name = dice.choice(("CommitmentDiscountStatus", "CapacityReservationStatus"))
        given[name] = dice.choice(("Used", "Unused"))
    elif kind < 0.6:
        given["ChargeClass"] = "Correction"
    elif kind < 0.7:
        given["ServiceName"] = "Premium Support"
    return cost(amount, f"{day:%Y-%m-%d}", **given)


def _token_line(dice: random.Random, style: _Style, amount: Decimal) -> Row:
    has_quantity = dice.random() < style.quantities
    quantity, unit = dice.choice(
        (
            (Decimal(1000), "Tokens"),
            (Decimal(250_000), "Tokens"),
            (Decimal("123.457"), "1K tokens"),
            (Decimal("0.5"), "1M Tokens"),
            (Decimal(0), "Tokens"),
            (Decimal(-10), "Tokens"),
            (Decimal(3), "Hours"),
        )
    )
    month = dice.choice(("2026-09", "2026-10", "2026-10", "2026-11"))
    start, end = at(f"{month}-01"), at(f"{month}-01") + timedelta(days=30)
    if style.by_day:
        start = at(dice.choice([each for each in TIMES if each.startswith(month)])[:10])
        end = start + timedelta(days=1)
    return cost(
        amount,
        f"{start:%Y-%m-%d}",
        ChargePeriodEnd=end,
        ServiceName=dice.choice((None, "Models")),
        ServiceProviderName=dice.choice(style.providers),
        x_BillingMonth=dice.choice((month, month, month, "2026-11")),
        x_Model=dice.choice(("model-a", "model-a", "Model-B", "model-x")),
        x_TokenType=dice.choice((*style.kinds, *style.kinds, "images")),
        x_ServiceTier=dice.choice(style.tiers),
        SubAccountId=dice.choice(style.projects),
        RegionId=dice.choice(style.regions),
        ConsumedQuantity=quantity if has_quantity else None,
        ConsumedUnit=unit if has_quantity else None,
    )


def shuffled(rows: Sequence[Row], seed: int) -> list[Row]:
    """`rows` in another order."""
    return random.Random(seed).sample(list(rows), len(rows))
