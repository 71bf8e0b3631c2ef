"""Invoices: what each is in the ledger, and where its money went; the difference is zero.

The left side is the plain sum of an invoice's charges. The right side is the allocation: metered
usage of a model goes to requests and to `unlogged` in the proportion in which the model's whole
account was met, cut at the 24th decimal place, the invoice with most of it taking what is left over;
every other charge goes where its pool and line say.
"""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from finops.analysis.charges import LINES, InvoiceCharge, read_invoices
from finops.analysis.economics import Question, connect_part, prepare
from finops.analysis.pools import pool_rules
from finops.ledger.engine import query
from finops.model.money import ZERO, add, subtract, total, truncate
from finops.prices.book import canonical_names

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from decimal import Decimal

    from finops.analysis.books import Segment
    from finops.analysis.metering import Settlement

__all__ = ["PARTS", "Invoice", "Invoices", "invoices"]

PARTS = (
    "requests",
    "unlogged",
    "unmapped",
    "shared",
    "capacity",
    "other",
    *(line for line in LINES if line != "usage"),
)
"""Where an invoice's money can go: `requests` by token, `shared` by a pool's driver, `capacity` by device
time, the rest as their names say."""

_KINDS = {"gpu": "capacity", "provisioned": "capacity", "seat": "capacity", "shared": "shared"}


class Invoice(NamedTuple):
    """One invoice (None: charges without an InvoiceId): its amounts and its EffectiveCost by `PARTS`."""

    invoice: str | None
    issuer: str | None
    billed: Decimal
    effective: Decimal
    parts: Mapping[str, Decimal]

    @property
    def difference(self) -> Decimal:
        """What is left of EffectiveCost: zero."""
        return subtract(self.effective, total(self.parts.values()))


class Invoices(NamedTuple):
    """All invoices of some months, in one currency."""

    invoices: tuple[Invoice, ...]
    currency: str


Key = tuple[str | None, str | None]
"""InvoiceId and issuer."""

Model = tuple[str, str]
"""Provider and model, by their canonical names."""


def invoices(part: Segment, currency: str | None = None) -> Invoices:
    """Every invoice with charges in the whole months of `part`, largest first."""
    if part.period is None or not part.period.is_whole_months:
        message = "invoices are of whole months"
        raise ValueError(message)
    con = connect_part(part)
    try:
        prepared = prepare(con, part.ledger, part.config, Question(part.period, currency=currency))
        rules = pool_rules(part.config.pools, part.config.owned)
        charges = [
            charge
            for charge in read_invoices(con, part.period, prepared.currency, rules)
            if charge.origin == "bill"
        ]
        months = ", ".join(f"'{month}'" for month in part.period.months)
        sums = query(
            con,
            "select InvoiceId, InvoiceIssuerName, sum(BilledCost), sum(EffectiveCost) from costs "
            f"where x_BillingMonth in ({months}) and BillingCurrency = $currency "
            "and x_CostOrigin = 'bill' group by 1, 2",
            {"currency": prepared.currency},
        )
    finally:
        con.close()
    kinds = {rule.name: rule.kind for rule in reversed(rules)}
    parts = _parts(
        charges,
        kinds,
        prepared.allocation.metered.settlements,
        canonical_names(prepared.terms.book),
    )
    found = [
        Invoice(invoice, issuer, billed, effective, parts.get((invoice, issuer), {}))
        for invoice, issuer, billed, effective in sums
    ]
    known = {(each.invoice, each.issuer) for each in found}
    found += [Invoice(*key, ZERO, ZERO, mine) for key, mine in parts.items() if key not in known]
    found.sort(key=lambda each: (-each.effective, str(each.invoice), str(each.issuer)))
    return Invoices(tuple(found), prepared.currency)


def _parts(
    charges: Sequence[InvoiceCharge],
    kinds: Mapping[str, str],
    settlements: Sequence[Settlement],
    canonical: Callable[[str | None, str | None], Model],
) -> dict[Key, dict[str, Decimal]]:
    parts: dict[Key, dict[str, Decimal]] = defaultdict(dict)
    metered: dict[Model, dict[Key, Decimal]] = defaultdict(dict)
    for charge in charges:
        key = (charge.invoice, charge.issuer)
        kind = kinds.get(charge.pool, "other")
        if charge.line == "usage" and kind == "metered" and charge.model:
            model = canonical(charge.provider, charge.model)
            _into(metered[model], key, charge.effective)
        else:
            _into(parts[key], _part_of(charge, kind), charge.effective)
    for model, mine in metered.items():
        spent = total(
            each.requests_cost
            for each in settlements
            if (each.key.provider, each.key.model) == model
        )
        for key, amount in _split(spent, mine).items():
            _into(parts[key], "requests", amount)
            _into(parts[key], "unlogged", subtract(mine[key], amount))
    for each in settlements:
        if (each.key.provider, each.key.model) not in metered and each.requests_cost:
            _into(parts[None, None], "requests", each.requests_cost)
            _into(parts[None, None], "unlogged", subtract(ZERO, each.requests_cost))
    return parts


def _part_of(charge: InvoiceCharge, kind: str) -> str:
    if charge.line != "usage":
        return charge.line
    return "unmapped" if kind == "metered" else _KINDS.get(kind, "other")


def _into(parts: dict[str, Decimal] | dict[Key, Decimal], name: object, amount: Decimal) -> None:
    found: dict[object, Decimal] = parts  # type: ignore[assignment]
    found[name] = add(found.get(name, ZERO), amount)


def _split(amount: Decimal, weights: Mapping[Key, Decimal]) -> dict[Key, Decimal]:
    """`amount` in proportion to `weights`, exactly: the largest takes what the cuts leave."""
    whole = Fraction(total(weights.values()))
    ordered = sorted(weights, key=lambda key: (-abs(weights[key]), str(key)))
    if not whole:
        return {key: amount if key == ordered[0] else ZERO for key in ordered}
    cut = {key: truncate(Fraction(amount) * Fraction(weights[key]) / whole) for key in ordered}
    cut[ordered[0]] = add(cut[ordered[0]], subtract(amount, total(cut.values())))
    return cut
