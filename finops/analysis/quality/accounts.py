"""What of the money is not accounted for: invoices that do not tie, models without a price, charges without an owner."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finops.analysis.book_spend import SpendQuestion, opened
from finops.analysis.books import books
from finops.analysis.derived.arithmetic import SUM, amount
from finops.analysis.invoices import invoices
from finops.analysis.owners.lookup import owner_columns
from finops.analysis.quality.finding import Check, Finding
from finops.analysis.spend import slice_condition
from finops.ledger.engine import query
from finops.model.basis import Basis
from finops.model.money import ZERO, add, total

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal

    from finops.analysis.economics import UnitEconomics
    from finops.analysis.explanation import Line
    from finops.analysis.invoices import Invoice
    from finops.analysis.measures import Group
    from finops.config import Config
    from finops.ledger.store import Ledger
    from finops.model.period import Period

__all__ = ["allocation", "invoiced", "prices", "rows_of_bills"]

_LINES = {
    "unlogged": ("billed tokens that are in no log", "finops load requests"),
    "unmapped": ("charges without a model, token kind or driver", "finops unit"),
    "unobserved": ("device time that was billed and not seen", "finops load gpu"),
    "seat": ("plans nobody was seen to use", "finops load requests"),
}
"""Lines nobody carries because something is not known; idle time and unused commitments are known."""


def invoiced(ledger: Ledger, config: Config, period: Period, currency: str) -> Iterator[Finding]:
    """Invoices whose charges do not add up to where their money went, and charges on no invoice."""
    seen = wrong = 0
    nowhere: Decimal = ZERO
    for part in books(ledger, config, period):
        if part.period is None or not part.period.is_whole_months:
            yield Finding(
                Check.INVOICES, period.label, "invoices are of whole months: ask for a --month"
            )
            return
        for each in invoices(part, currency).invoices:
            if each.invoice is None:
                nowhere = add(nowhere, each.effective)
                continue
            seen += 1
            if each.difference:
                wrong += 1
                what = f"{each.effective:,.2f} effective, of which not all is accounted for"
                yield Finding(
                    Check.INVOICES,
                    each.invoice,
                    what,
                    each.difference,
                    "finops close --check",
                    how=_untied(each),
                )
    if nowhere:
        what = "charges without an InvoiceId: they tie to no invoice"
        fix = "finops costs --by InvoiceId"
        yield Finding(Check.INVOICES, "no invoice", what, nowhere, fix, source=fix)
    if seen and not wrong:
        what = f"{seen} invoices add up to the last digit"
        yield Finding(Check.INVOICES, "all invoices", what, ZERO, is_ok=True)


def _untied(each: Invoice) -> tuple[Line, ...]:
    """What an invoice charges, less everything it was put on."""
    left = [
        amount(name, -part, f"finops explain close.invoices.{name}")
        for name, part in each.parts.items()
    ]
    whole = amount("EffectiveCost", each.effective, "finops costs --by InvoiceId")
    return (whole, *left, amount("at_stake", each.difference, SUM))


def _named(group: Group) -> str:
    return " / ".join("(none)" if key is None else str(key) for key in group.keys)


def prices(answer: UnitEconomics) -> Iterator[Finding]:
    """Models without a list price; at stake is what they were charged, where a bill says so."""
    tokens: dict[tuple[str, str], int] = {}
    for (provider, model, _), count in answer.allocation.log.unpriced.items():
        tokens[provider, model] = tokens.get((provider, model), 0) + count
    place = answer.by.index("model")
    for (provider, model), count in sorted(tokens.items()):
        groups = [each for each in answer.groups if each.keys[place] == model]
        cost = total(each.cost for each in groups)
        lines = [amount(_named(each), each.cost, "finops unit --by model") for each in groups]
        told = "the bill's rate is used" if cost else "what they cost is not known"
        yield Finding(
            Check.PRICES,
            model,
            f"{count:,} tokens of {provider} have no list price; {told}",
            cost or None,
            "add [[prices]] to finops.toml",
            how=(*lines, amount("at_stake", cost, SUM)),
            why="no price says what its tokens cost: add [[prices]] to finops.toml",
        )
    if not tokens:
        yield Finding(Check.PRICES, "all models", "every model has a price", ZERO, is_ok=True)


def allocation(answer: UnitEconomics) -> Iterator[Finding]:
    """What requests, jobs and workloads do not carry because something is not known."""
    found = answer.reconciliation
    for name, (what, fix) in _LINES.items():
        left = found.unallocated.get(name, ZERO)
        if left:
            shown = f"finops explain unallocated.{name}"
            yield Finding(Check.ALLOCATION, name, what, left, fix, source=shown)
    if found.difference:
        what = "charges that no line accounts for"
        fix = "finops unit"
        shown = "finops explain difference"
        yield Finding(Check.ALLOCATION, "difference", what, found.difference, fix, source=shown)
    else:
        what = "what is allocated and what is not add up to the bill, to the last digit"
        yield Finding(Check.ALLOCATION, "the whole bill", what, ZERO, is_ok=True)


def rows_of_bills(
    ledger: Ledger, config: Config, period: Period, currency: str
) -> Iterator[Finding]:
    """Charges without a team, and usage without a list cost."""
    basis = Basis.BILLING if period.is_whole_months else Basis.CHARGE
    unowned: list[Decimal] = []
    unlisted: list[tuple[Decimal, int]] = []
    for part in books(ledger, config, period):
        with opened(part, SpendQuestion((), period, basis)._replace(period=part.period)) as rows:
            owner = owner_columns(rows.registry, "costs", "team", part.config.owners.team_tag).sql
            missing = "ChargeCategory = 'Usage' and EffectiveCost > 0 and coalesce(ListCost, 0) = 0"
            unused = "coalesce(CommitmentDiscountStatus, '') <> 'Unused'"
            found = query(
                rows.con,
                f"select sum(EffectiveCost) filter (where coalesce({owner}, '') = ''), "
                f"sum(EffectiveCost) filter (where {missing} and {unused}), "
                f"count(*) filter (where {missing} and {unused}) "
                f"from costs where {slice_condition(rows.chosen)} and BillingCurrency = $currency",
                {"currency": currency},
            )
        unowned.append(found[0][0] or ZERO)
        unlisted.append((found[0][1] or ZERO, found[0][2]))
    if left := total(unowned):
        what = "charges that no team answers for"
        fix = "finops owners check --propose"
        yield Finding(Check.OWNERS, "no team", what, left, fix, source="finops owners check")
    else:
        yield Finding(Check.OWNERS, "every charge", "has a team", ZERO, is_ok=True)
    count = sum(each[1] for each in unlisted)
    if count:
        what = f"{count:,} rows of usage have a cost and no list cost: savings are not known"
        without = total(each[0] for each in unlisted)
        fix = "load an export with list costs"
        shown = "finops costs --where \"ChargeCategory = 'Usage' and coalesce(ListCost, 0) = 0\""
        yield Finding(Check.LIST_COST, "usage", what, without, fix, source=shown)
    else:
        yield Finding(Check.LIST_COST, "usage", "has a list cost", ZERO, is_ok=True)
