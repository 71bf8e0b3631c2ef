"""Statements: what each owner is charged of a month's invoices, and what nobody answers for.

Every charge of the month is on exactly one statement, whole or in parts (`finops.analysis.split`), so the
statements add up to the invoices to the last digit: EffectiveCost and BilledCost, in each currency. What
requests, jobs and workloads used is charged to their owner; shared pools by their driver; idle capacity,
unlogged usage and every other charge to the owner of the charge, else to nobody. What requests are charged is their
unit cost, to the last digit (`finops.analysis.chargeback.rounding`).
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from finops.analysis.chargeback.rounding import Rounded, roundings
from finops.analysis.economics import Question, unit_economics
from finops.analysis.split.bill import split_bill
from finops.ledger.engine import query
from finops.model.money import ZERO, subtract, total

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from decimal import Decimal

    from finops.analysis.split.bill import SplitBill
    from finops.config import Config
    from finops.ledger.store import Ledger
    from finops.model.period import Period

__all__ = ["HEADINGS", "Chargeback", "Line", "Source", "Statement", "chargeback", "heading_of"]

_POSTED = ("cost_centre", "gl_code")
"""Owner dimensions the journal posts to."""

HEADINGS: Mapping[str, tuple[str, ...]] = {
    "usage": ("requests", "jobs", "workloads"),
    "shared": ("shared",),
    "idle": ("gpu_idle", "unobserved", "commitment_unused", "seat"),
    "unlogged": ("unlogged", "unmapped", "rounding"),
    "direct": ("other",),
    "tax_and_credits": ("tax", "credits", "support", "corrections", "fx"),
    "prior_period": ("prior_period",),
    "accrual": ("accrual",),
}
"""Headings of a statement, and the sections of the split bill under each."""

_HEADING = {section: heading for heading, sections in HEADINGS.items() for section in sections}


def heading_of(section: str) -> str:
    """The heading a section of the split bill stands under."""
    return _HEADING.get(section, "direct")


class Line(NamedTuple):
    """One line of a statement; `detail` has the values it is told apart by."""

    section: str
    pool: str
    service: str | None
    detail: tuple[str | None, ...]
    cost_centre: str | None
    gl_code: str | None
    adjusts: str | None
    """The closed month a prior-period line or a reversed accrual is about."""
    currency: str
    billed: Decimal
    effective: Decimal

    @property
    def heading(self) -> str:
        """Where it stands."""
        return heading_of(self.section)


class Statement(NamedTuple):
    """Everything one owner is charged in one currency; an owner that nothing names has None for a name."""

    owner: tuple[str | None, ...]
    currency: str
    lines: tuple[Line, ...]

    @property
    def is_unowned(self) -> bool:
        """Whether nobody answers for it."""
        return all(name is None for name in self.owner)

    @property
    def effective(self) -> Decimal:
        """EffectiveCost."""
        return total(line.effective for line in self.lines)

    @property
    def billed(self) -> Decimal:
        """BilledCost."""
        return total(line.billed for line in self.lines)

    def under(self, heading: str) -> Decimal:
        """EffectiveCost of the lines under a heading."""
        return total(line.effective for line in self.lines if line.heading == heading)


class Source(NamedTuple):
    """Where the money comes from: an invoice, owned hardware, or accrued usage. Sums of all its charges."""

    origin: str
    invoice: str | None
    issuer: str | None
    currency: str
    billed: Decimal
    effective: Decimal


class Chargeback(NamedTuple):
    """A month charged back: statements by owner, the largest first and nobody's last; and their sources."""

    month: Period
    by: tuple[str, ...]
    detail: tuple[str, ...]
    statements: tuple[Statement, ...]
    sources: tuple[Source, ...]
    is_closed: bool
    notes: tuple[str, ...]

    @property
    def currencies(self) -> tuple[str, ...]:
        """Every currency there is a charge in."""
        return tuple(sorted({each.currency for each in self.sources}))

    def difference(self, currency: str) -> Decimal:
        """EffectiveCost of the charges less that of the statements: zero."""
        return subtract(
            total(each.effective for each in self.sources if each.currency == currency),
            total(each.effective for each in self.statements if each.currency == currency),
        )

    def billed_difference(self, currency: str) -> Decimal:
        """The same of BilledCost: zero."""
        return subtract(
            total(each.billed for each in self.sources if each.currency == currency),
            total(each.billed for each in self.statements if each.currency == currency),
        )


def chargeback(
    ledger: Ledger,
    config: Config,
    month: Period,
    by: Sequence[str] = ("team",),
    detail: Sequence[str] = ("workflow",),
) -> Chargeback:
    """Charge the invoices of `month` back to the owners named by `by`, each line told apart by `detail`.

    UsageError when the period is no month, or a name is no dimension.
    """
    by, detail = tuple(by), tuple(name for name in detail if name not in by)
    with split_bill(ledger, config, month, (*by, *detail), _POSTED) as bill:
        lines = _lines(bill, len(by), len(detail))
        sources = _sources(bill)
        _settle(lines, _rounded(ledger, config, bill, by, lines), len(detail))
        is_closed = bill.part.closed is not None
        notes = (*bill.notes, *_unbilled_notes(bill.unbilled))
    return Chargeback(month, by, detail, _statements(lines), sources, is_closed, notes)


def _lines(
    bill: SplitBill, width: int, details: int
) -> dict[tuple[tuple[str | None, ...], str], list[Line]]:
    """Lines by owner (the first `width` names) and currency; the next `details` names tell lines apart."""
    columns = ", ".join(f'"{name}"' for name in bill.names)
    rows = query(
        bill.con,
        f"""
        select {columns}, section, pool, ServiceName, x_AdjustsMonth, BillingCurrency,
            sum(BilledCost), sum(EffectiveCost)
        from split_rows
        group by all
        """,
    )
    found: dict[tuple[tuple[str | None, ...], str], list[Line]] = defaultdict(list)
    count = len(bill.names)
    for row in rows:
        names = dict(zip(bill.names, row, strict=False))
        section, pool, service, adjusts, currency, billed, effective = row[count:]
        found[tuple(row[:width]), currency].append(
            Line(
                section,
                pool,
                service,
                tuple(row[width : width + details]),
                names.get("cost_centre"),
                names.get("gl_code"),
                adjusts,
                currency,
                billed,
                effective,
            )
        )
    return found


_UNIT = ("requests", "shared")
"""Sections that are unit cost."""

_ROUNDING = "rounding"
"""Pool and section of what shares cut."""


def _rounded(
    ledger: Ledger,
    config: Config,
    bill: SplitBill,
    by: tuple[str, ...],
    lines: Mapping[tuple[tuple[str | None, ...], str], Sequence[Line]],
) -> Rounded | None:
    """What every owner's lines lack of unit cost; None where the two are not of the same money."""
    currencies = {currency for _, currency in lines}
    if not bill.is_of_requests(by) or len(currencies) != 1:
        return None
    answer = unit_economics(ledger, config, Question(bill.month, by=by))
    if {answer.currency} != currencies:
        return None
    charged = {
        owner: total(line.effective for line in mine if line.section in _UNIT)
        for (owner, _), mine in lines.items()
    }
    amounts = [line.effective for mine in lines.values() for line in mine]
    return roundings(answer, charged, len(amounts), total(map(abs, amounts)))


def _settle(
    lines: dict[tuple[tuple[str | None, ...], str], list[Line]],
    rounded: Rounded | None,
    details: int,
) -> None:
    """Add what shares cut to the lines of each owner, and what that leaves to nobody's."""
    if rounded is None or not rounded.by_owner:
        return
    currency = next(currency for _, currency in lines)
    for owner, amount in rounded.by_owner.items():
        mine = lines.setdefault((owner, currency), [])
        like = max(mine, key=lambda line: abs(line.effective), default=None)
        centre, code = (None, None) if like is None else (like.cost_centre, like.gl_code)
        mine.append(_cut("requests", details, centre, code, currency, amount))
    width = len(next(iter(rounded.by_owner)))
    nobody = lines.setdefault(((None,) * width, currency), [])
    nobody.append(_cut(_ROUNDING, details, None, None, currency, rounded.left))


def _cut(
    section: str, details: int, centre: str | None, code: str | None, currency: str, amount: Decimal
) -> Line:
    """A line of what shares cut."""
    return Line(
        section, _ROUNDING, None, (None,) * details, centre, code, None, currency, ZERO, amount
    )


def _statements(
    lines: Mapping[tuple[tuple[str | None, ...], str], Iterable[Line]],
) -> tuple[Statement, ...]:
    found = [
        Statement(owner, currency, tuple(sorted(mine, key=_line_order)))
        for (owner, currency), mine in lines.items()
    ]
    found.sort(
        key=lambda each: (
            each.currency,
            each.is_unowned,
            -each.effective,
            [str(name) for name in each.owner],
        )
    )
    return tuple(found)


_PLACE = {heading: place for place, heading in enumerate(HEADINGS)}


def _line_order(line: Line) -> tuple[object, ...]:
    """By heading, the largest first; every column breaks ties, so that two runs are the same bytes."""
    rest = tuple(str(value) for value in (line[0:3], *line[3:7]))
    return (_PLACE[line.heading], -abs(line.effective), -abs(line.billed), rest)


def _sources(bill: SplitBill) -> tuple[Source, ...]:
    """The charges themselves, not split: what the statements are held against."""
    rows = query(
        bill.con,
        f"""
        select
            case when x_Line = 'accrual' then 'estimated' else x_CostOrigin end as origin,
            InvoiceId, InvoiceIssuerName, BillingCurrency, sum(BilledCost), sum(EffectiveCost)
        from costs
        where x_BillingMonth = '{bill.month.label}'
        group by all
        """,
    )
    found = [Source(*row) for row in rows]
    found.sort(key=lambda each: (each.currency, each.origin, -each.effective, str(each[:3])))
    return tuple(found)


def _unbilled_notes(unbilled: Mapping[str, Decimal]) -> list[str]:
    return [
        f"{amount:,.2f} {currency} of logged usage is on a line the bill has no charge for: "
        "it is in unit cost and on no statement."
        for currency, amount in unbilled.items()
        if amount != ZERO
    ]
