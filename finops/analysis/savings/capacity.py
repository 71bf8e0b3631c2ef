"""Savings on capacity: reservations nobody uses, commitments half used or too few, accelerators that idle.

What is owned is paid whether it works or not: its idle time saves nothing until it takes over what is rented, or
goes; so its range begins at zero.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from finops.analysis.capacity.holders import holders, job_teams
from finops.analysis.capacity.numbers import pool_numbers
from finops.analysis.commitments import COMMITMENT, RESERVATION
from finops.analysis.derived.arithmetic import amount, count
from finops.analysis.savings.saving import Certainty, Effort, Lever, Saving, range_of
from finops.ledger.engine import query
from finops.model.money import ZERO, subtract, total, truncate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from finops.analysis.commitments import Commitments
    from finops.analysis.economics import UnitEconomics
    from finops.analysis.explanation import Line
    from finops.ledger.store import Ledger

__all__ = ["commitment_savings", "device_savings"]

SERVICES = "finops commitments --services"

BAD_ENDS = ("failed", "node_fail", "timeout", "out_of_memory")
"""States of jobs that end without a result."""


def commitment_savings(found: Commitments, currency: str) -> Iterator[Saving]:
    """Reservations and commitments that were paid for and not used, and on-demand use that none covers."""
    for held in found.held:
        unused = held.sums.unused
        if held.currency != currency or unused <= 0:
            continue
        name = held.name or held.id
        owner, money = held.term.owner or held.owner, f"commitments of {held.provider}"
        if held.kind == RESERVATION:
            yield Saving(
                Lever.IDLE,
                name,
                unused,
                unused,
                Certainty.MEASURED,
                Effort.LOW,
                "capacity reserved and used by nobody: release it, or cover it by a commitment that is not used",
                "finops commitments",
                money,
                owner,
                *range_of((_unused(unused),), "unused", "unused", unused, unused),
            )
        elif held.kind == COMMITMENT:
            until = "" if held.term.ends is None else f" until {held.term.ends}"
            yield Saving(
                Lever.COMMITMENT,
                name,
                ZERO,
                unused,
                Certainty.ASSUMED,
                Effort.MEDIUM,
                f"committed and not used; paid for{until}: as far as on-demand use can be moved under it",
                "finops commitments --services",
                money,
                owner,
                *range_of((_unused(unused),), "0", "unused", ZERO, unused),
            )
    yield from _uncovered(found, currency)


def _uncovered(found: Commitments, currency: str) -> Iterator[Saving]:
    """On-demand use beside commitments that are used up, at the discount these have."""
    for each in found.services:
        if each.currency != currency or each.unlisted or each.on_demand <= 0 or each.unused > 0:
            continue
        if each.covered_list <= 0:
            continue
        off = 1 - Fraction(each.covered) / Fraction(each.covered_list)
        saved = truncate(Fraction(each.on_demand) * off)
        if saved > 0:
            yield Saving(
                Lever.COMMITMENT,
                str(each.service),
                ZERO,
                saved,
                Certainty.ASSUMED,
                Effort.HIGH,
                f"on-demand use at the {float(off):.1%} that commitments take off there: as far as it is steady",
                "finops commitments --services",
                f"commitments of {each.provider}",
                None,
                *range_of(
                    (
                        amount("on_demand", each.on_demand, SERVICES),
                        amount("covered", each.covered, SERVICES),
                        amount("covered_list", each.covered_list, SERVICES),
                    ),
                    "0",
                    "on_demand x (1 - covered / covered_list)",
                    ZERO,
                    saved,
                ),
            )


def device_savings(ledger: Ledger, answer: UnitEconomics) -> Iterator[Saving]:
    """Device time of each pool that nobody held, that was held without working, or that jobs used in vain."""
    found = answer.allocation.capacity
    for pool in dict.fromkeys(books.pool for books in found.books):
        numbers = pool_numbers(pool, found)
        owned = total(
            each.gpu_idle for each in found.books if each.pool == pool and each.origin == "owned"
        )
        idle: Decimal = numbers["gpu_idle"]
        if idle > 0:
            rented = subtract(idle, owned)
            yield Saving(
                Lever.IDLE,
                pool,
                rented if not owned else ZERO,
                idle,
                Certainty.MEASURED if not owned else Certainty.ASSUMED,
                Effort.MEDIUM,
                _how_idle(numbers["idle_hours"], owned=bool(owned)),
                "finops capacity",
                f"idle of {pool}",
                None,
                *range_of(
                    (
                        amount("gpu_idle", idle, f"finops explain capacity.gpu_idle, pool {pool}"),
                        amount("owned", owned, "of which on hardware that is owned"),
                    ),
                    "0" if owned else "gpu_idle - owned",
                    "gpu_idle",
                    ZERO if owned else rented,
                    idle,
                ),
            )
        held = _held(numbers)
        if held > 0:
            yield Saving(
                Lever.IDLE,
                f"{pool}, held",
                ZERO,
                held,
                Certainty.ASSUMED,
                Effort.HIGH,
                f"{_hours(numbers['held_idle_hours'])} device-hours held by somebody and not at work: as far as "
                "they can be shared or given back",
                "finops capacity --by holder",
                f"held devices of {pool}",
                None,
                *range_of(_held_lines(numbers, pool), "0", "held_idle_hours x price", ZERO, held),
            )
    yield from _jobs(ledger, answer)


def _how_idle(hours: object, *, owned: bool) -> str:
    told = f"{_hours(hours)} device-hours that nobody held"
    if owned:
        return f"{told}; owned, and paid for all the same: as far as they take over what is rented, or go"
    return f"{told}: as far as whole machines can be given back"


def _hours(hours: object) -> str:
    return f"{hours:,.0f}" if isinstance(hours, Decimal) else "some"


def _held(numbers: dict[str, object]) -> Decimal:
    """What held and idle hours cost, at the pool's price of an hour; zero where it has none."""
    hours, price = numbers["held_idle_hours"], numbers["price_per_gpu_hour"]
    if not isinstance(hours, Decimal) or not isinstance(price, Decimal):
        return ZERO
    return truncate(Fraction(hours) * Fraction(price))


def _held_lines(numbers: dict[str, object], pool: str) -> tuple[Line, ...]:
    hours, price = numbers["held_idle_hours"], numbers["price_per_gpu_hour"]
    if not isinstance(hours, Decimal) or not isinstance(price, Decimal):
        return ()
    return (
        count("held_idle_hours", hours, "device-hours", f"finops capacity, pool {pool}"),
        amount("price", price, f"finops explain capacity.price_per_gpu_hour, pool {pool}"),
    )


def _unused(unused: Decimal) -> Line:
    return amount("unused", unused, "finops explain commitments.unused")


def _jobs(ledger: Ledger, answer: UnitEconomics) -> Iterator[Saving]:
    """Device time of jobs that ended without a result, by pool."""
    states = ", ".join(f"'{state}'" for state in BAD_ENDS)
    with ledger.connect(["jobs"]) as con:
        bad = {
            row[0]
            for row in query(con, f"select distinct job_id from jobs where state in ({states})")
        }
    held = holders(answer.allocation.capacity.months, job_teams(ledger))
    lost = [each for each in held if each.kind == "job" and each.name in bad]
    for pool in dict.fromkeys(each.pool for each in lost):
        mine = [each for each in lost if each.pool == pool]
        teams = sorted(mine, key=lambda each: -each.cost)
        yield Saving(
            Lever.FAILURES,
            f"jobs on {pool}",
            ZERO,
            total(each.cost for each in mine),
            Certainty.ASSUMED,
            Effort.MEDIUM,
            f"device time of {len(mine)} jobs that failed, timed out or lost their node: as far as checkpoints and "
            "checks beforehand keep it",
            "finops capacity --by holder",
            f"held devices of {pool}",
            teams[0].team,
            *range_of(
                tuple(
                    amount(f"job {each.name}", each.cost, "finops capacity --by holder")
                    for each in mine
                ),
                "0",
                None,
                ZERO,
                total(each.cost for each in mine),
            ),
        )
