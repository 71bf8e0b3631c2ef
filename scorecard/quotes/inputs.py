"""What an offer and a buyer's need may say: every field's name, unit and meaning, and how it is read.

The two registries are the schema: files in every format, the options of the command and its messages
follow them. Amounts are in the offer's own currency, which `MONEY` in a unit stands for. What an offer does
not say stays None: silence is not zero.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from finops.model.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = [
    "NEED_FIELDS",
    "QUOTE_FIELDS",
    "Credit",
    "Field",
    "Kind",
    "Need",
    "Quote",
    "parse_need",
    "parse_quote",
]


class Kind(StrEnum):
    """What a field's value is."""

    TEXT = "text"
    NUMBER = "number"
    """Never negative."""
    MONTHS = "months"
    """Whole months."""
    SHARE = "share"
    """0 to 1, or a percentage with its sign."""
    DATE = "date"
    CHOICE = "choice"
    CREDITS = "credits"
    """`99.9%: 10%; 99%: 25%`: below that availability, that share of the month's fee comes back."""


class Field(NamedTuple):
    """One thing that may be said. `needed` ones must be; others stay unknown."""

    name: str
    kind: Kind
    unit: str
    about: str
    needed: bool = False
    choices: tuple[str, ...] = ()


class Credit(NamedTuple):
    """Below `availability` in a month, `share` of its compute fee comes back."""

    availability: Decimal
    share: Decimal


PRICE_UNITS = ("gpu_hour", "node_hour", "gpu_month", "node_month")
BILLINGS = ("reserved", "used")

QUOTE_FIELDS = (
    Field("vendor", Kind.TEXT, "", "Who offers.", needed=True),
    Field("offer", Kind.TEXT, "", "Name or number of the offer."),
    Field("currency", Kind.TEXT, "", "Three letters, as USD.", needed=True),
    Field("gpu_model", Kind.TEXT, "", "Accelerator, as H100 SXM 80GB."),
    Field("gpus", Kind.NUMBER, "GPUs", "Most that can be had."),
    Field("gpus_per_node", Kind.NUMBER, "GPUs", "For a price by node."),
    Field("price", Kind.NUMBER, "MONEY", "Price of a price unit.", needed=True),
    Field("price_unit", Kind.CHOICE, "", "What it is the price of.", choices=PRICE_UNITS),
    Field("billing", Kind.CHOICE, "", "Every hour of the term, or hours used.", choices=BILLINGS),
    Field("term_months", Kind.MONTHS, "months", "Length of the commitment."),
    Field("prepaid", Kind.SHARE, "ratio", "Share of the term's compute fee paid at signing."),
    Field("minimum_gpus", Kind.NUMBER, "GPUs", "Fewest that are billed."),
    Field("minimum_gpu_hours", Kind.NUMBER, "hours/month", "Fewest GPU-hours billed in a month."),
    Field("setup_fee", Kind.NUMBER, "MONEY", "Paid once, at signing."),
    Field("support", Kind.SHARE, "ratio", "Support, as a share of the compute fee."),
    Field("support_per_month", Kind.NUMBER, "MONEY/month", "Support, as an amount."),
    Field("interconnect", Kind.TEXT, "", "Fabric between nodes, as 3.2 Tb/s InfiniBand."),
    Field("interconnect_per_gpu_hour", Kind.NUMBER, "MONEY/hour", "Surcharge for it."),
    Field("storage_per_tb_month", Kind.NUMBER, "MONEY/TB/month", "Price of storage."),
    Field("storage_included_tb", Kind.NUMBER, "TB", "Storage that comes with it."),
    Field("egress_per_gb", Kind.NUMBER, "MONEY/GB", "Price of data going out."),
    Field("egress_included_gb", Kind.NUMBER, "GB/month", "Data going out that is free."),
    Field("availability", Kind.SHARE, "ratio", "Availability promised."),
    Field(
        "expected_availability",
        Kind.SHARE,
        "ratio",
        "Availability to reckon with: measured, or from references. (default: the promise)",
    ),
    Field("credits", Kind.CREDITS, "", "What comes back when the promise is missed."),
    Field("tokens_per_second", Kind.NUMBER, "tokens/s/GPU", "Benchmarked on this hardware."),
    Field("benchmark", Kind.TEXT, "", "Model, precision, engine, lengths, latency, who ran it."),
    Field("source", Kind.TEXT, "", "Document the offer stands in."),
    Field("valid_until", Kind.DATE, "", "Last day of the offer."),
)
"""Everything an offer may say, in the order of a file."""

NEED_FIELDS = (
    Field("gpus", Kind.NUMBER, "GPUs", "Wanted at once.", needed=True),
    Field("hours", Kind.NUMBER, "hours/month", "Each GPU is in use. (default: all of the month)"),
    Field("storage_tb", Kind.NUMBER, "TB", "Kept with the vendor."),
    Field("egress_gb", Kind.NUMBER, "GB/month", "Going out."),
    Field("discount_rate", Kind.SHARE, "ratio/year", "Cost of capital. (default: 10 %)"),
    Field("availability", Kind.SHARE, "ratio", "For offers that say none."),
    Field("tokens_per_second", Kind.NUMBER, "tokens/s/GPU", "For offers that say none."),
    Field("benchmark", Kind.TEXT, "", "Where that number comes from."),
)
"""Everything a buyer's need may say."""

LONGEST = 240
"""Months of a term at most."""

_DIGITS = 12
"""Before and after the point: enough for any price, and no number that takes for ever."""

HOURS = Decimal(730)
"""Hours of a month: 8,760 ÷ 12."""


@dataclass(frozen=True, slots=True)
class Quote:
    """An offer as made. None: the offer does not say."""

    vendor: str
    currency: str
    price: Decimal
    offer: str | None = None
    gpu_model: str | None = None
    gpus: Decimal | None = None
    gpus_per_node: Decimal | None = None
    price_unit: str | None = None
    billing: str | None = None
    term_months: Decimal | None = None
    prepaid: Decimal | None = None
    minimum_gpus: Decimal | None = None
    minimum_gpu_hours: Decimal | None = None
    setup_fee: Decimal | None = None
    support: Decimal | None = None
    support_per_month: Decimal | None = None
    interconnect: str | None = None
    interconnect_per_gpu_hour: Decimal | None = None
    storage_per_tb_month: Decimal | None = None
    storage_included_tb: Decimal | None = None
    egress_per_gb: Decimal | None = None
    egress_included_gb: Decimal | None = None
    availability: Decimal | None = None
    expected_availability: Decimal | None = None
    credits: tuple[Credit, ...] | None = None
    tokens_per_second: Decimal | None = None
    benchmark: str | None = None
    source: str | None = None
    valid_until: date | None = None

    @property
    def name(self) -> str:
        """The vendor, and the offer where it has a name."""
        return f"{self.vendor}: {self.offer}" if self.offer else self.vendor


@dataclass(frozen=True, slots=True)
class Need:
    """What the buyer wants, the same for every offer."""

    gpus: Decimal
    hours: Decimal = HOURS
    storage_tb: Decimal = Decimal(0)
    egress_gb: Decimal = Decimal(0)
    discount_rate: Decimal = Decimal("0.10")
    availability: Decimal | None = None
    tokens_per_second: Decimal | None = None
    benchmark: str | None = None


def parse_quote(
    raw: Mapping[str, object], file: str, place: str
) -> tuple[Quote | None, list[Problem]]:
    """The offer that `raw` says, None when something in it is wrong; `place` says where it stands."""
    values, problems = _values(raw, QUOTE_FIELDS, file, place)
    currency = values.get("currency")
    if isinstance(currency, str) and not re.fullmatch(r"[A-Z]{3}", currency):
        why = "is no currency: three capital letters, as USD"
        problems.append(Problem(file, None, f"{place}currency", currency, why))
    if values.get("price_unit", "").startswith("node") and not values.get("gpus_per_node"):
        why = "is needed, and more than 0, with a price by node"
        problems.append(Problem(file, None, f"{place}gpus_per_node", None, why))
    return (None if problems else Quote(**values)), problems


def parse_need(
    raw: Mapping[str, object], file: str, place: str = "need."
) -> tuple[Need | None, list[Problem]]:
    """The need that `raw` says, None when something in it is wrong."""
    values, problems = _values(raw, NEED_FIELDS, file, place)
    for name in ("gpus", "hours"):
        if values.get(name) == 0:
            problems.append(Problem(file, None, f"{place}{name}", "0", "is nothing to compare for"))
    if values.get("hours", HOURS) > 744:  # noqa: PLR2004  (hours of 31 days)
        hours = str(values["hours"])
        problems.append(Problem(file, None, f"{place}hours", hours, "no month has as many hours"))
    return (None if problems else Need(**values)), problems


def _values(
    raw: Mapping[str, object], fields: Iterable[Field], file: str, place: str
) -> tuple[dict[str, Any], list[Problem]]:
    """Every field that is said, read as its kind; what is wrong, unknown or missing."""
    known = {field.name: field for field in fields}
    values: dict[str, Any] = {}
    problems = []
    for name, value in raw.items():
        field = known.get(name)
        if field is None:
            near = difflib.get_close_matches(str(name), known, 1)
            why = f"is no field; did you mean {near[0]}?" if near else "is no field"
            problems.append(Problem(file, None, f"{place}{name}", None, why))
        elif value is not None and str(value).strip():
            try:
                values[name] = _READERS[field.kind](value, field)
            except ValueError as error:
                problems.append(Problem(file, None, f"{place}{name}", str(value), str(error)))
    given = {name for name, value in raw.items() if value is not None and str(value).strip()}
    problems.extend(
        Problem(file, None, f"{place}{field.name}", None, f"is missing: {field.about}")
        for field in known.values()
        if field.needed and field.name not in given
    )
    return values, problems


def _text(value: object, _: Field) -> str:
    return str(value).strip()


def _number(value: object, _: Field) -> Decimal:
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation as error:
        raise ValueError("is not a number: digits and a point, no currency sign") from error
    if not number.is_finite():
        raise ValueError("is not a number")
    if number < 0:
        raise ValueError("is negative")
    if number and not -_DIGITS <= number.adjusted() <= _DIGITS:
        raise ValueError("is too large or too small to be meant")
    return number


def _months(value: object, field: Field) -> Decimal:
    number = _number(value, field)
    if number != number.to_integral_value() or not 1 <= number <= LONGEST:
        raise ValueError(f"is no number of months: whole, 1 to {LONGEST}")
    return number


def _share(value: object, field: Field) -> Decimal:
    text = str(value).strip()
    share = _number(text[:-1], field) / 100 if text.endswith("%") else _number(value, field)
    if share > 1 and field.name != "discount_rate":
        raise ValueError(f"is more than 1: write {text}%, or a share such as 0.1")
    return share


def _date(value: object, _: Field) -> date:
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value).strip())
    except ValueError:
        raise ValueError("is not a date: 2026-10-31") from None


def _choice(value: object, field: Field) -> str:
    text = str(value).strip().casefold()
    if text not in field.choices:
        raise ValueError(f"is none of: {', '.join(field.choices)}")
    return text


def _credits(value: object, field: Field) -> tuple[Credit, ...]:
    """Steps from the highest availability down; ValueError when a lower one gives less back."""
    if isinstance(value, list):
        pairs = [(one.get("below"), one.get("share")) for one in value if isinstance(one, dict)]
        if len(pairs) != len(value):
            raise ValueError("is a list of {below, share}")
    else:
        parts = [part.split(":") for part in str(value).split(";") if part.strip()]
        if any(len(part) != 2 for part in parts):  # noqa: PLR2004  (below and share)
            raise ValueError("is written as 99.9%: 10%; 99%: 25%")
        pairs = [(part[0], part[1]) for part in parts]
    steps = sorted(
        (Credit(_share(below, field), _share(share, field)) for below, share in pairs), reverse=True
    )
    if any(later.share < earlier.share for earlier, later in pairwise(steps)):
        raise ValueError("gives less back for a worse month")
    return tuple(steps)


_READERS = {
    Kind.TEXT: _text,
    Kind.NUMBER: _number,
    Kind.MONTHS: _months,
    Kind.SHARE: _share,
    Kind.DATE: _date,
    Kind.CHOICE: _choice,
    Kind.CREDITS: _credits,
}
