"""FOCUS 1.0, 1.1, 1.2, 1.3 and 1.4 bills: the ledger's own columns, so the mapping is the identity.

What differs between versions is which columns there are. 1.3 renames `ProviderName` and
`PublisherName` to `ServiceProviderName` and `HostProviderName`; either is taken. Columns FOCUS does not
know (the `x_` ones, and what providers add without asking) go to `x_Extra` as a JSON object.

Real files spell "nothing" as an empty cell, `NULL`, `null` and a literal `""`; times without a zone are
UTC, as the specification says; tags come as JSON or as Azure's `"k": "v",` without braces.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.formats.bills.tokens_on_bills import phrase, token_columns
from connectors.formats.contract import Format, Shape
from connectors.sql import json_object_text, quoted
from finops.errors import InputError
from finops.model.schema import Kind
from finops.model.tables import BOOK_COLUMNS, COST_AMOUNTS, COSTS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from connectors.formats.contract import Delivery, Head

__all__ = ["FORMAT", "version_of"]

SIGNATURE = (
    "BilledCost",
    "EffectiveCost",
    "ChargePeriodStart",
    "ChargeCategory",
    "BillingCurrency",
)
"""Columns that together no other export has."""

REQUIRED = tuple(
    column.name for column in COSTS.columns if column.required and column.name[:2] != "x_"
)

NEWEST_FIRST = (
    ("1.4", ("InvoiceDetailId", "CommitmentProgramEligibilityDetails")),
    ("1.3", ("ServiceProviderName", "HostProviderName", "AllocatedMethodId", "ContractApplied")),
    ("1.2", ("InvoiceId", "PricingCurrency", "SubAccountType", "BillingAccountType")),
    ("1.1", ("CapacityReservationId", "ServiceSubcategory", "SkuMeter", "SkuPriceDetails")),
)
"""Columns each version added, newest first; a file is at least as new as the newest it has."""


TOKEN_COLUMNS = ("x_Model", "x_TokenType", "x_ServiceTier")
"""Ours; a bill that has them already is believed."""

PHRASES = ("skumeter", "x_usagetype", "chargedescription", "resourcename")
"""Columns in which providers name model and token kind, best first."""


CONTENT = ("prompt", "completion", "message", "conversation", "request_body", "response_body")
"""Parts of names of columns that hold what people said; those are not kept."""


def version_of(columns: Iterable[str]) -> str:
    """The FOCUS version a header belongs to; 1.4 is also what has lost `ProviderName` altogether."""
    here = {column.lower() for column in columns}
    for version, added in NEWEST_FIRST:
        if any(name.lower() in here for name in added):
            gone = "providername" not in here and "publishername" not in here
            return "1.4" if version == "1.3" and gone else version
    return "1.0"


def _recognises(head: Head) -> int:
    here = {column.lower() for column in head.columns}
    found = sum(name.lower() in here for name in SIGNATURE)
    return 95 if found == len(SIGNATURE) else 60 if found >= 2 and "billedcost" in here else 0  # noqa: PLR2004


def _select(delivery: Delivery) -> str:
    here = {column.lower(): column for column in delivery.all_columns}
    missing = [
        name for name in REQUIRED if name.lower() not in here and name not in delivery.settings
    ]
    if missing:
        raise InputError(
            f"{delivery.paths[0]}: a FOCUS bill without {', '.join(missing)}",
            hint="--map FOCUS_COLUMN=FILE_COLUMN names them where they are called otherwise",
        )
    delivery.note(f"FOCUS {version_of(delivery.all_columns)}")
    types = None
    if delivery.shape in {Shape.JSON, Shape.JSONL}:
        types = dict.fromkeys(here.values(), "VARCHAR")
    scan = delivery.scan(types)
    texts = _texts(delivery, scan)
    known = {name.lower(): name for name in COSTS.names if name not in BOOK_COLUMNS}
    columns = [
        f"{_value(here[key], known[key], is_text=key in texts)} as {quoted(known[key])}"
        for key in here
        if key in known and known[key] not in TOKEN_COLUMNS
    ]
    given = {name: quoted(here[name.lower()]) for name in TOKEN_COLUMNS if name.lower() in here}
    columns += [f"{sql} as {name}" for name, sql in token_columns("_phrase", given).items()]
    spoken = phrase([quoted(here[key]) for key in PHRASES if key in texts])
    extra = [
        column
        for key, column in here.items()
        if key not in known and not any(word in key for word in CONTENT)
    ]
    if extra and "x_extra" not in here:
        columns.append(f"{_extra(extra)} as x_Extra")
    rows = f"(select *, {spoken} as _phrase from {scan})"
    return f"select _file, _row, {', '.join(columns)} from {rows}"


def _texts(delivery: Delivery, scan: str) -> frozenset[str]:
    """Lower-case names of the columns that hold text; a Parquet file may hold maps and doubles."""
    if delivery.shape is not Shape.PARQUET:
        return frozenset(column.lower() for column in delivery.all_columns)
    described = delivery.con.execute(f"describe select * from {scan}").fetchall()
    return frozenset(str(name).lower() for name, kind, *_ in described if kind == "VARCHAR")


def _value(column: str, name: str, *, is_text: bool) -> str:
    cell = quoted(column)
    if COSTS.column(name).kind is Kind.JSON and is_text:
        return json_object_text(cell)
    if name in {"ResourceType", "RegionId", "RegionName", "AvailabilityZone"} and is_text:
        return f"""nullif({cell}, '""')"""
    return cell


def _extra(columns: list[str]) -> str:
    """A JSON object of what FOCUS does not know, without the empty ones; null when all are."""
    pairs = ", ".join(f"{quoted(column)} := {quoted(column)}" for column in columns)
    cells = ", ".join(f"cast({quoted(column)} as varchar)" for column in columns)
    return f"case when coalesce({cells}) is not null then cast(to_json(struct_pack({pairs})) as varchar) end"


FORMAT = Format(
    name="focus",
    table="costs",
    about="FOCUS 1.0 to 1.4 cost and usage, amounts exact: " + ", ".join(COST_AMOUNTS),
    shapes=(Shape.CSV, Shape.PARQUET, Shape.JSONL, Shape.JSON),
    recognises=_recognises,
    select=_select,
)
