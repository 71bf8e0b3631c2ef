"""Random capacity: what the bill says of it, samples of its devices, and the requests it served."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from finops.analysis.sharing import DRIVERS
from tests.analysis.ledgers import Row, at, cost, sample
from tests.analysis.reference import PoolOf

if TYPE_CHECKING:
    import random

DEPLOYMENTS = ("chat-a", "chat-b", "silent")
HOLDERS: tuple[dict[str, str], ...] = (
    {},
    {},
    {"workload": "chat-a", "pod": "chat-a-1", "namespace": "serving"},
    {"workload": "chat-a"},
    {"workload": "chat-b", "pod": "chat-b-1", "namespace": "serving"},
    {"workload": "notebook"},
    {"pod": "loose", "namespace": "lab"},
    {"job_id": "job-1", "workload": "training"},
    {"job_id": "job-2"},
)
ACTIVITY: tuple[dict[str, float], ...] = (
    {},
    {"gr_engine_active": 0.0},
    {"gr_engine_active": 0.25, "gpu_util": 1.0},
    {"gpu_util": 0.5},
    {"sm_active": 0.125},
    {"gr_engine_active": 1.0},
)
SERVICES = ("Iron", "Colo", "Units", "Desks")
DAYS = ("2026-09-30", "2026-10-01", "2026-10-02", "2026-10-31", "2026-11-01")
SLICES = ("1/1g.10gb", "2/2g.20gb", "3/3g.40gb")


COLO = (PoolOf("colo", "gpu", "Colo", samples=("cluster", "colo"), gpus_per_unit=1),)
"""The pool of the third node, whose samples name none."""


class Style(NamedTuple):
    """What a company's capacity is like."""

    pools: tuple[PoolOf, ...]
    slices: tuple[str, ...]
    """How the devices of one node are partitioned; not at all when empty."""
    is_overlapping: bool
    is_doubled: bool

    @classmethod
    def of(cls, dice: random.Random) -> Style:
        """Two pools of accelerators, provisioned units and seats, each sometimes."""
        pools = (
            PoolOf(
                "iron",
                "gpu",
                "Iron",
                gpus_per_unit=dice.choice((None, 1, 2, 8)),
                weights=dice.choice((None, ("1", "0.1", "4"), ("1", "0", "2.5"), ("0", "0", "1"))),
                serves=dice.choice((None, ("request_model", "model-x"))),
                is_as_applied=dice.random() < 0.3,
            ),
            *COLO,
            PoolOf(
                "units",
                "provisioned",
                "Units",
                serves=("deployment", "silent"),
                tokens_per_unit_minute=dice.choice((None, "0.5", "1000")),
            ),
            PoolOf(
                "desks",
                "seat",
                "Desks",
                serves=("source_id", "desk"),
                user=dice.choice((None, "team")),
            ),
        )
        return cls(
            tuple(pool for pool in pools if dice.random() < 0.8),
            tuple(dice.sample(SLICES, dice.choice((0, 0, 1, 2, 3)))),
            dice.random() < 0.4,
            dice.random() < 0.3,
        )


def rivals(dice: random.Random) -> tuple[PoolOf, ...]:
    """Pools that want what the others want: a node's charges, all that is owned, their requests and samples."""
    return (
        PoolOf(
            "node", "gpu", "n1", column="ResourceId", samples=("cluster", "colo"), gpus_per_unit=2
        ),
        PoolOf(
            "estate", "gpu", "owned", column="x_CostOrigin", serves=("request_model", "model-x")
        ),
        PoolOf("books", "shared", "owned", dice.choice(DRIVERS), column="x_CostOrigin"),
        PoolOf(
            "spare",
            "provisioned",
            "n2",
            column="ResourceId",
            serves=("deployment", "silent"),
            tokens_per_unit_minute="7",
        ),
        PoolOf("bench", "seat", "Desks", serves=("source_id", "desk"), user="team"),
    )


NONE = Style((), (), is_overlapping=False, is_doubled=False)


def served(dice: random.Random, row: Row) -> Row:
    """A request that capacity served, or not."""
    chosen = {
        "pool": dice.choice((None, None, None, "iron", "iron", "colo", "units", "gone")),
        "deployment": dice.choice((None, None, *DEPLOYMENTS, "training")),
        "api_key_id": dice.choice((None, "key-1", "key-2")),
        "source_id": dice.choice((row["source_id"],) * 4 + ("desk",)),
    }
    timed = {"queue_ms": dice.choice((None, 2.5)), "ttft_ms": 77.7, "latency_ms": 900.0}
    return {**row, **chosen, **(timed if chosen["deployment"] == "chat-b" else {})}


def charge(dice: random.Random, amount: Decimal) -> Row:
    """A line of capacity: hours of nodes, or something beside them."""
    day = dice.choice(DAYS)
    hours = dice.choice((Decimal(24), Decimal("2.5"), Decimal("0.125"), Decimal(0), Decimal(-1)))
    given: dict[str, Any] = {
        "ServiceName": dice.choice(("Iron", *SERVICES)),
        "ResourceId": dice.choice((None, "n1", "n2")),
        "x_CostOrigin": dice.choice(("bill", "bill", "bill", "owned")),
    }
    if dice.random() < 0.8:
        given |= {"ConsumedQuantity": hours, "ConsumedUnit": "Hours"}
    elif dice.random() < 0.5:
        given |= {"PricingQuantity": Decimal(7), "PricingUnit": dice.choice(("GB-Months", "Hrs"))}
    if dice.random() < 0.15:
        name = dice.choice(("CommitmentDiscountStatus", "CapacityReservationStatus"))
        given[name] = "Unused"
    return cost(amount, day, f"{at(day) + timedelta(days=1):%Y-%m-%d}", **given)


def samples(dice: random.Random, style: Style, hours: int) -> list[Row]:
    """Up to `hours` hours of two devices on each of two nodes, and of one of another cluster."""
    rows: list[Row] = []
    for _ in range(hours):
        moment = at(dice.choice(DAYS)) + timedelta(minutes=dice.choice((0, 0, 30)))
        moment += timedelta(hours=dice.randrange(24))
        node, place = dice.choice((("n1", 0), ("n1", 1), ("n2", 0), ("n3", 0)))
        given: dict[str, Any] = {"node": node, **_where(dice, node)}
        length = dice.choice((3600.0, 3600.0, 60.0, 7200.0 if style.is_overlapping else 1800.0))
        rows.extend(_sampled(dice, style, f"{node}-{place}", moment.isoformat(), length, given))
    return list({key(row): row for row in rows}.values())


def key(row: Row) -> tuple[object, ...]:
    """What there is one sample of."""
    return (row["source_id"], row["device_uuid"], row["mig_profile"], row["timestamp"])


def _where(dice: random.Random, node: str) -> dict[str, Any]:
    if node == "n3":
        return {"cluster": "colo", "pool": dice.choice((None, None, "iron"))}
    return {"pool": "iron"}


def _sampled(
    dice: random.Random,
    style: Style,
    device: str,
    when: str,
    length: float,
    given: dict[str, Any],
) -> list[Row]:
    """A device at one instant: whole, or its slices; sometimes as two sources saw it."""
    text = when.removesuffix("+00:00")
    if style.slices and device.startswith("n2"):
        rows = [
            _sample(device, later, length, {**given, **held(dice), "mig_profile": each})
            for each, later in zip(style.slices, _moments(style, text), strict=False)
        ]
        return [*rows, _sample(device, text, length, given)] if dice.random() < 0.3 else rows
    row = _sample(device, text, length, {**given, **held(dice)})
    if style.is_doubled and dice.random() < 0.4:
        return [row, {**row, "source_id": "other"}]
    return [row]


def _moments(style: Style, first: str) -> list[str]:
    """When each slice is sampled: together, or 20 minutes apart."""
    apart = timedelta(minutes=20 if style.is_overlapping else 0)
    return [f"{at(first) + place * apart:%Y-%m-%dT%H:%M:%S}" for place in range(len(SLICES))]


def _sample(device: str, when: str, length: float, given: Row) -> Row:
    """What `given` says of a device and nothing else."""
    return sample(device, when, length, **given)


def held(dice: random.Random) -> dict[str, Any]:
    """Whose a device is, and how active."""
    return {**dice.choice(HOLDERS), **dice.choice(ACTIVITY)}
