"""Proof that the join is real: what happened is known to the call and the cent, and comes out so."""

from __future__ import annotations

import random
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from finops.analysis.books import books
from finops.analysis.invoices import invoices
from finops.analysis.owners.check import REQUESTS, check_owners
from tests.analysis.ledgers import (
    OCTOBER,
    ask,
    at,
    config,
    cost,
    make_ledger,
    request,
    sample,
    tokens,
)

if TYPE_CHECKING:
    from pathlib import Path

    from finops.analysis.economics import UnitEconomics
    from finops.config import Config
    from finops.ledger.store import Ledger
    from tests.analysis.ledgers import Row

POOLS: tuple[dict[str, Any], ...] = (
    {
        "name": "units",
        "kind": "provisioned",
        "where": "ServiceName = 'Units'",
        "serves": "deployment = 'ptu-1'",
    },
    {
        "name": "desks",
        "kind": "seat",
        "where": "ServiceName = 'Desks'",
        "serves": "source_id = 'claude-code'",
    },
    {"name": "tokens", "kind": "metered", "where": "ServiceProviderName = 'fakeai'"},
)
RATES = {"uncached_input": Decimal("0.0000018"), "output": Decimal("0.000009")}
"""What the provider bills: a tenth under the list price of model-a."""

PTU, SEATS, SEARCHES = Decimal("4321.09"), Decimal(90), Decimal("12.34")


def calls(seed: int, count: int = 300) -> list[Row]:
    """What truly happened on the metered provider: every call, whoever logged it."""
    dice = random.Random(seed)
    rows = []
    for number in range(count):
        when = at("2026-10-01") + timedelta(minutes=dice.randrange(30 * 24 * 60))
        rows.append(
            request(
                f"call-{number:03}",
                when.isoformat().removesuffix("+00:00"),
                trace_id=f"trace-{number // 4:03}",
                span_id=f"span-{number:03}",
                api_key_id=dice.choice(("key-a", "key-b", "key-nobody-knows")),
                project="p1",
                uncached_input_tokens=dice.randrange(1, 100_000),
                output_tokens=dice.randrange(1, 9000),
                source_id="gateway",
            )
        )
    return rows


def price(rows: list[Row]) -> Decimal:
    """What the provider bills for `rows`."""
    return sum(
        (row[f"{kind}_tokens"] * rate for row in rows for kind, rate in RATES.items()), Decimal(0)
    )


def bill(rows: list[Row]) -> list[Row]:
    """One invoice for the tokens, with what names no model; one for the units; one for the seats."""
    lines = [
        tokens(
            sum((row[f"{kind}_tokens"] for row in rows), 0) * rate,
            kind,
            sum(row[f"{kind}_tokens"] for row in rows),
            SubAccountId="p1",
            InvoiceId="INV-1",
        )
        for kind, rate in RATES.items()
    ]
    searches = cost(SEARCHES, InvoiceId="INV-1", ServiceName="Searches")
    units = cost(PTU, ServiceName="Units", ServiceProviderName="cloud", InvoiceId="INV-2")
    seats = cost(SEATS, ServiceName="Desks", ServiceProviderName="tools", InvoiceId="INV-3")
    return [*lines, searches, units, seats]


def as_otel_sees_it(row: Row) -> Row:
    """The same call as a tracer logs it: another identity, the same trace and span."""
    return {**row, "request_id": f"otel-{row['request_id']}", "call_id": f"otel-{row['call_id']}",
            "source_id": "otel", "workflow": "claims"}  # fmt: skip


def served(name: str, count: int, **given: str) -> list[Row]:
    """Calls of another kind of capacity, each logged once."""
    return [
        {**request(f"{name}-{number}", uncached_input_tokens=100, output_tokens=10), **given}
        for number in range(count)
    ]


@pytest.mark.parametrize("seed", range(3))
def test_two_logs_of_the_same_calls_count_once_and_every_dollar_has_its_place(
    tmp_path: Path, seed: int
) -> None:
    happened = calls(seed)
    dice = random.Random(seed)
    unlogged = dice.sample(happened, 36)
    logged = [row for row in happened if row not in unlogged]
    provisioned = served(
        "ptu", 40, deployment="ptu-1", source_id="gateway", project="p2", provider="cloud"
    )
    seats = [
        row
        for user in ("u1", "u2", "u3")
        for row in served(user, 5, api_key_id=user, source_id="claude-code", provider="tools")
    ]
    ledger = make_ledger(
        tmp_path,
        costs=bill(happened),
        requests=[*logged, *map(as_otel_sees_it, dice.sample(logged, 250)), *provisioned, *seats],
    )
    owners = tmp_path / "owners.csv"
    owners.write_text("kind,match,team\napi_key,key-a,red\napi_key,key-b,blue\n", encoding="utf-8")
    settings = config(*POOLS, owners={"file": str(owners)})
    answer = ask(ledger, settings, "team")
    assert answer.total.counts["requests"] == len(logged) + len(provisioned) + len(seats)
    reconciled = answer.reconciliation
    assert reconciled.unallocated["unlogged"] == price(unlogged)
    assert reconciled.unallocated["unmapped"] == SEARCHES
    assert answer.total.components["gpu_busy"] + reconciled.unallocated["rounding"] == PTU
    assert answer.total.components["shared"] == SEATS
    assert reconciled.difference == 0
    unowned = [row for row in logged if row["api_key_id"] == "key-nobody-knows"]
    assert without_a_team(ledger, settings, "api_key", "key-nobody-knows") == price(unowned)
    teams = {group.keys[0]: group.cost for group in answer.groups}
    for team, key in (("red", "key-a"), ("blue", "key-b")):
        assert teams[team] == price([row for row in logged if row["api_key_id"] == key])
    assert by_invoice(ledger, settings) == {
        "INV-1": price(happened) + SEARCHES,
        "INV-2": PTU,
        "INV-3": SEATS,
    }
    assert reconciled.amounts["EffectiveCost"] == price(happened) + SEARCHES + PTU + SEATS


def without_a_team(ledger: Ledger, settings: Config, kind: str, match: str) -> Decimal:
    """What requests of an identifier cost that no row of owners.csv names, in October."""
    (found,) = [
        each
        for each in check_owners(ledger, settings, OCTOBER).unowned
        if (each.side, each.kind, each.match) == (REQUESTS, kind, match)
    ]
    return found.cost


def by_invoice(ledger: Ledger, settings: Config) -> dict[str | None, Decimal]:
    """What October's invoices charge; what each is allocated to comes to the same, to the digit."""
    (part,) = books(ledger, settings, OCTOBER)
    found = invoices(part).invoices
    assert [each.difference for each in found] == [0] * len(found)
    return {each.invoice: each.effective for each in found}


@pytest.mark.parametrize("seed", range(3))
def test_losing_a_fifth_of_the_log_moves_its_cost_to_unlogged_and_nothing_else(
    tmp_path: Path, seed: int
) -> None:
    happened = calls(seed)
    lost = random.Random(seed).sample(happened, 60)
    kept = [row for row in happened if row not in lost]
    whole = _asked(tmp_path / "whole", happened, happened)
    part = _asked(tmp_path / "part", happened, kept)
    costs = {group.keys: group.components for group in whole.groups}
    assert {group.keys: group.components for group in part.groups} == {
        (row["request_id"],): costs[row["request_id"],] for row in kept
    }
    assert part.reconciliation.unallocated["unlogged"] == price(lost)
    assert whole.reconciliation.unallocated["unlogged"] == 0


def _asked(folder: Path, happened: list[Row], logged: list[Row]) -> UnitEconomics:
    ledger = make_ledger(folder, costs=bill(happened), requests=logged)
    return ask(ledger, config(*POOLS), "request_id")


GPU_POOL: dict[str, Any] = {
    "name": "iron",
    "kind": "gpu",
    "where": "ServiceName = 'Iron'",
    "gpus_per_unit": 2,
}
NODES = ("n1", "n2")
RATE = Decimal("2.016")
"""Of a device-hour; a rate is kept per 28th of a device-millisecond, and this one ends there."""


def hours(node: str, first: int = 0, last: int = 24) -> list[Row]:
    """A node's two devices over one day: the first node serves and trains, the second is nobody's."""
    holders: tuple[dict[str, Any], ...] = {
        "n1": ({"workload": "chat"}, {"job_id": "job-1"}),
        "n2": ({}, {}),
    }[node]
    return [
        sample(
            f"{node}-{place}",
            f"2026-10-05T{hour:02}:00:00",
            node=node,
            pool="iron",
            gr_engine_active=0.25 * (hour % 4) if holder else 0.0,
            **holder,
        )
        for place, holder in enumerate(holders)
        for hour in range(first, last)
    ]


def test_samples_an_idle_node_lost_are_unobserved_and_nothing_else_moves(tmp_path: Path) -> None:
    charges = [
        cost(2 * 24 * RATE, "2026-10-05", ServiceName="Iron", ResourceId=node,
             ConsumedQuantity=24, ConsumedUnit="Hours")
        for node in NODES
    ]  # fmt: skip
    log = served("chat", 7, deployment="chat", pool="iron", source_id="gateway")
    whole, part = (
        ask(
            make_ledger(
                tmp_path / name,
                costs=charges,
                requests=log,
                samples=[*hours("n1"), *hours("n2", *span)],
            ),
            config(GPU_POOL),
            "request_id",
        )
        for name, span in (("whole", (0, 24)), ("part", (0, 17)))
    )
    before, after = whole.reconciliation, part.reconciliation
    moved = before.unallocated["gpu_idle"] - after.unallocated["gpu_idle"]
    assert moved == 7 * 2 * RATE
    assert after.unallocated["unobserved"] - before.unallocated["unobserved"] == moved
    assert before.unallocated["unobserved"] == 0
    moving = {"gpu_idle", "unobserved"}
    assert after.unallocated == {
        name: amount if name not in moving else after.unallocated[name]
        for name, amount in before.unallocated.items()
    }
    same = ("amounts", "allocated", "jobs", "workloads", "other", "excluded", "estimated")
    assert [getattr(after, name) for name in same] == [getattr(before, name) for name in same]
    assert {each.keys: each for each in whole.groups} == {each.keys: each for each in part.groups}
    assert whole.total == part.total
