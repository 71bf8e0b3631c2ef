"""What requests can be grouped and filtered by, and which of it the roll-ups keep.

A dimension is a name people use and an expression over request columns. The roll-ups keep every
column in `ROLLED_UP`; a question about any other column reads the requests again.
"""

from __future__ import annotations

import difflib
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from finops.errors import UsageError
from finops.model.schema import Kind
from finops.model.tables import REQUESTS
from finops.prices.cards import PriceKey
from finops.prices.listed import demanded

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "DIMENSIONS",
    "FILTERED",
    "HOUR_GRAIN",
    "MODEL",
    "PRICING",
    "ROLLED_UP",
    "TIME",
    "Dimension",
    "dimension",
    "filter_columns",
    "model_of",
    "tier_of",
]

MODEL = "coalesce(response_model, request_model)"
"""The model a request is counted and priced as: the one that answered, else the one asked for."""


def model_of(relation: str) -> str:
    """`MODEL` over the columns of `relation`, an alias."""
    return f"coalesce({relation}.response_model, {relation}.request_model)"


def tier_of(service_tier: str) -> str:
    """A service tier by one name: the many words for the standard one are `standard`."""
    asked = demanded(PriceKey(None, None, service_tier))
    return next((value for _, value in asked), "standard")


PRICING = (
    "day",
    "provider",
    "request_model",
    "response_model",
    "service_tier",
    "speed",
    "batch",
    "inference_geo",
    "project",
    "region",
)
"""Columns that decide a price or which line of the bill a request is on; in every grain."""

ROLLED_UP = (
    *PRICING,
    "source_id",
    "operation",
    "workflow",
    "feature",
    "team",
    "tenant",
    "agent",
    "environment",
    "api_key_id",
    "prompt_version",
    "workload_tier",
    "pool",
    "deployment",
    "work_unit_kind",
)
"""Columns of the day roll-up."""

HOUR_GRAIN = ("hour", *PRICING, "workflow", "agent", "work_unit_kind")
"""Columns of the hour roll-up."""

NOTHING: Mapping[str, Dimension] = MappingProxyType({})

HOUR = "to_timestamp(floor(epoch(timestamp) / 3600) * 3600)"
"""The hour of a timestamp: what date_trunc gives, without the calendar it asks for every row."""


class Dimension(NamedTuple):
    """A name to group by: its SQL over request columns, and the columns that reads."""

    name: str
    sql: str
    columns: tuple[str, ...]
    about: str


def _plain(name: str) -> Dimension:
    return Dimension(name, name, (name,), REQUESTS.column(name).about)


_NAMED = (
    Dimension(
        "model", MODEL, ("request_model", "response_model"), "Model that answered, else asked for."
    ),
    Dimension("tier", "workload_tier", ("workload_tier",), "One of the five workload tiers."),
    Dimension("source", "source_id", ("source_id",), "Source of the log."),
    Dimension("run", "workflow_run_id", ("workflow_run_id",), "One execution of a workflow."),
    Dimension("call", "call_id", ("call_id",), "One call: its attempts together."),
    Dimension("hour", "strftime(hour, '%Y-%m-%dT%H:00Z')", ("hour",), "Hour (UTC)."),
    Dimension("day", "strftime(day, '%Y-%m-%d')", ("day",), "Day (UTC)."),
    Dimension(
        "week", "strftime(date_trunc('week', day), '%Y-%m-%d')", ("day",), "Monday of the week."
    ),
    Dimension("month", "strftime(day, '%Y-%m')", ("day",), "Calendar month (UTC)."),
)

DIMENSIONS = {
    d.name: d
    for d in (
        *_NAMED,
        *(
            _plain(column.name)
            for column in REQUESTS.columns
            if column.kind in {Kind.TEXT, Kind.BOOLEAN}
            and column.name not in {"span_id", "parent_span_id"}
        ),
    )
}
"""Every dimension by name."""

TIME = frozenset({"hour", "day", "week", "month"})
"""Dimensions of time: a run is counted in the one it ends in."""

FILTERED = {d.name: d for d in _NAMED if d.name not in TIME}
"""Dimensions under a name of their own that a filter may use."""

OWNED = ("product", "cost_centre", "gl_code")
"""Dimensions that only owners.csv gives."""


def dimension(name: str, owners: Mapping[str, Dimension] = NOTHING) -> Dimension:
    """The dimension people call `name`, any case; UsageError names the nearest.

    `owners` are dimensions that owners.csv gives, which come before ours.
    """
    found = owners.get(name.casefold()) or DIMENSIONS.get(name.casefold())
    if found is None and name.casefold() in OWNED:
        raise UsageError(
            f"nothing says which {name} a request is of",
            hint="`finops owners check` proposes rows of owners.csv",
        )
    if found is None:
        near = difflib.get_close_matches(name.casefold(), DIMENSIONS, n=1)
        hint = f"did you mean {near[0]}?" if near else f"choose among: {', '.join(DIMENSIONS)}"
        raise UsageError(f"requests cannot be grouped by {name!r}", hint=hint)
    return found


def filter_columns(owners: Mapping[str, Dimension] = NOTHING) -> dict[str, str]:
    """Names a filter on requests may use, with their SQL over request columns."""
    named = {d.name: d.sql for d in (*FILTERED.values(), *owners.values())}
    return {**{column: column for column in REQUESTS.names}, **named}
