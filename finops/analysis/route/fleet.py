"""What routing does to a fleet: accelerators by class, their power, and the sites that can hold them.

A model of one's own needs, at the busiest moment,

    replicas = ceil(requests a second x tokens a request / (tokens a second of a replica x max_busy))

and its class of accelerator turns replicas into nodes, nodes into racks and kilowatts. A model behind an
API needs nothing. A site can hold a fleet when one node of each class fits the power of a rack and there
are racks enough; the power of a rack, not of the site, is what dense accelerators run into first.
"""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from finops.analysis.route.costs import Design
from finops.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from finops.analysis.route.costs import Split

__all__ = [
    "Accelerator",
    "ClassNeed",
    "Fleet",
    "FleetEffect",
    "ServedModel",
    "Site",
    "SiteAnswer",
    "fleet_effect",
]


class Accelerator(NamedTuple):
    """A class of accelerator, as it is bought: by the node."""

    name: str
    per_node: int
    node_kw: Decimal
    """Power of a node at full use."""
    nodes_per_rack: int
    """Nodes a rack has room for."""


class ServedModel(NamedTuple):
    """A model on accelerators of one's own."""

    accelerator: str
    tokens_per_second: Decimal
    """What one replica serves when it is full."""
    per_replica: int
    """Accelerators of a replica."""
    tokens_per_request: Decimal


class Site(NamedTuple):
    """A place for racks."""

    name: str
    kw_per_rack: Decimal
    racks: int


class Fleet(NamedTuple):
    """What the models run on. A model that is None is called over an API."""

    accelerators: Mapping[str, Accelerator]
    small: ServedModel | None
    large: ServedModel | None
    requests_per_second: Decimal
    """At the busiest moment."""
    max_busy: Decimal = Decimal("0.8")
    """Share of a replica's throughput that may be used at that moment for latency to hold."""
    sites: tuple[Site, ...] = ()


class ClassNeed(NamedTuple):
    """Accelerators of one class, and what stands behind them."""

    accelerator: str
    accelerators: int
    nodes: int
    racks: int
    kw: Decimal
    kw_per_rack: Decimal
    """Of the fullest rack."""


class SiteAnswer(NamedTuple):
    """Whether a site can hold the fleet asked-large-only and the fleet with routing; None: it can."""

    site: Site
    before: str | None
    after: str | None
    parts: tuple[str, ...]
    """Classes of the routed fleet it can hold by themselves."""

    @property
    def becomes_eligible(self) -> bool:
        """It could not hold the fleet, and with routing it can."""
        return self.before is not None and self.after is None


class FleetEffect(NamedTuple):
    """Needs by class before (everything at the large model) and after, and what sites say to both."""

    before: tuple[ClassNeed, ...]
    after: tuple[ClassNeed, ...]
    sites: tuple[SiteAnswer, ...]


def fleet_effect(
    fleet: Fleet, split: Split, design: Design, context_growth: Decimal
) -> FleetEffect:
    """The fleet for all-large and for `split`; UsageError where neither model is one's own.

    `context_growth` is how many more tokens an escalated request has at the large model, as a share.
    """
    if fleet.small is None and fleet.large is None:
        raise UsageError(
            "the fleet file names neither `small` nor `large`",
            hint="a model on accelerators of your own is what routing frees or needs",
        )
    asked_small = split.kept + (split.escalated if design is Design.CASCADE else 0)
    growth = Fraction(context_growth) if design is Design.CASCADE else Fraction(0)
    at_large = (split.forced + split.escalated * (1 + growth)) / split.requests
    before = _needs(fleet, {"large": Fraction(1)})
    after = _needs(fleet, {"large": at_large, "small": Fraction(asked_small, split.requests)})
    answers = tuple(
        SiteAnswer(
            site,
            _refusal(fleet, site, before),
            _refusal(fleet, site, after),
            tuple(
                need.accelerator
                for need in after
                if need.nodes and _refusal(fleet, site, (need,)) is None
            ),
        )
        for site in fleet.sites
    )
    return FleetEffect(before, after, answers)


def _needs(fleet: Fleet, shares: Mapping[str, Fraction]) -> tuple[ClassNeed, ...]:
    """Needs by class when each model (`small`, `large`) gets its share of the requests."""
    count: dict[str, int] = dict.fromkeys(fleet.accelerators, 0)
    for name, model in (("small", fleet.small), ("large", fleet.large)):
        if model is not None and name in shares:
            count[model.accelerator] += _accelerators(fleet, model, shares[name])
    return tuple(_need(fleet.accelerators[name], needed) for name, needed in count.items())


def _accelerators(fleet: Fleet, model: ServedModel, share: Fraction) -> int:
    tokens = Fraction(fleet.requests_per_second) * share * Fraction(model.tokens_per_request)
    served = Fraction(model.tokens_per_second) * Fraction(fleet.max_busy)
    return math.ceil(tokens / served) * model.per_replica


def _need(accelerator: Accelerator, needed: int) -> ClassNeed:
    nodes = -(-needed // accelerator.per_node)
    racks = -(-nodes // accelerator.nodes_per_rack)
    fullest = min(nodes, accelerator.nodes_per_rack)
    return ClassNeed(
        accelerator.name,
        needed,
        nodes,
        racks,
        accelerator.node_kw * nodes,
        accelerator.node_kw * fullest,
    )


def _refusal(fleet: Fleet, site: Site, needs: Sequence[ClassNeed]) -> str | None:
    """Why `site` cannot hold `needs`; None: it can."""
    racks = 0
    for need in needs:
        kind = fleet.accelerators[need.accelerator]
        if not need.nodes:
            continue
        fitting = min(kind.nodes_per_rack, int(site.kw_per_rack // kind.node_kw))
        if not fitting:
            return (
                f"a node of {kind.name} needs {kind.node_kw:f} kW, "
                f"a rack there has {site.kw_per_rack:f} kW"
            )
        racks += -(-need.nodes // fitting)
    if racks > site.racks:
        return f"{racks} racks at {site.kw_per_rack:f} kW are needed, {site.racks} are there"
    return None
