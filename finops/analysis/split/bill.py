"""The split bill of a month: its books, its currencies, the months it adjusts, and the relation over them."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from finops.analysis.books import Segment, books, price_book
from finops.analysis.fx import Exchange
from finops.analysis.owned.rows import add_owned
from finops.analysis.owners.lookup import install_owners
from finops.analysis.owners.registry import read_registry
from finops.analysis.pools import pool_rules
from finops.analysis.split.accounts import read_accounts
from finops.analysis.split.naming import is_said, names
from finops.analysis.split.parts import shares
from finops.analysis.split.rows import Raw, Rule, install_rows, install_shares, raw_lines
from finops.errors import UsageError
from finops.ledger.engine import query
from finops.model.period import parse_month
from finops.prices.book import canonical_names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from decimal import Decimal

    import duckdb

    from finops.analysis.split.accounts import Account, Accounts
    from finops.analysis.split.parts import Share
    from finops.config import Config
    from finops.ledger.store import Ledger
    from finops.model.period import Period

__all__ = ["SplitBill", "split_bill"]


class SplitBill(NamedTuple):
    """A connection with the view `split_rows` of one month on it, and what a reader must know.

    `unbilled` is what requests carry, by currency, of usage the bill has no charge for.
    """

    con: duckdb.DuckDBPyConnection
    month: Period
    names: tuple[str, ...]
    notes: tuple[str, ...]
    unbilled: Mapping[str, Decimal]
    part: Segment
    requests: tuple[str, ...] = ()
    """Which of the names requests can be told apart by."""

    def is_of_requests(self, by: Sequence[str]) -> bool:
        """Whether requests can be told apart by all of `by`."""
        return set(by) <= set(self.requests)


@contextmanager
def split_bill(
    ledger: Ledger,
    config: Config,
    month: Period,
    by: Sequence[str],
    owners: Sequence[str] = (),
) -> Iterator[SplitBill]:
    """The charges invoiced in `month`, split by `by` among those who used them; closed months from their books.

    `owners` are owner dimensions to split by as well, those of them that anything says. UsageError for a period that is not one month, or a name that is no dimension.
    """
    if len(month.months) != 1 or not month.is_whole_months:
        raise UsageError(
            f"{month.label} is not one month, and an invoice has no days", hint="--month YYYY-MM"
        )
    (part,) = books(ledger, config, month)
    registry = read_registry(part.config.owners.file)
    more = [name for name in owners if name not in by and is_said(name, part.config, registry)]
    by = (*by, *more)
    asked = names(by, part.config, registry)
    with part.ledger.connect(["costs"], alone=True) as con:
        # one thread reads in one order, so that what is written row by row is the same bytes twice
        query(con, "set threads = 1")
        query(con, "set preserve_insertion_order = true")
        notes = add_owned(con, part.ledger, part.config.owned, month)
        install_owners(con, registry)
        reader = _Reader(ledger, config, part, by)
        found = reader.settle(con)
        install_shares(con, found.lines, found.pools, found.shares)
        install_rows(con, found.rule, asked)
        yield SplitBill(con, month, asked.asked, notes, reader.unbilled(), part, asked.requests)


class _Found(NamedTuple):
    rule: Rule
    lines: Mapping[Raw, int]
    pools: Mapping[tuple[str, str, str, str], int]
    shares: list[tuple[Share, ...]]


class _Reader:
    """Reads the accounts of the month, and of months its rows adjust, each currency once."""

    def __init__(self, ledger: Ledger, config: Config, part: Segment, by: Sequence[str]) -> None:
        self._ledger, self._config, self._part, self._by = ledger, config, part, by
        self._accounts: dict[tuple[str, str | None], Accounts] = {}
        self._numbers: dict[tuple[str, str, Account], int] = {}
        self._shares: list[tuple[Share, ...]] = []

    def settle(self, con: duckdb.DuckDBPyConnection) -> _Found:
        """Accounts of everything on `con`, numbered."""
        part = self._part
        month = str(part.period.label) if part.period else ""
        present = [
            (str(used), str(money))
            for used, money in query(
                con,
                "select distinct coalesce(x_AdjustsMonth, x_BillingMonth), BillingCurrency from costs "
                f"where x_BillingMonth = '{month}' order by all",
            )
        ]
        main = self._of(month, None) if present else None
        money = self._money(sorted({name for _, name in present}), main)
        rule = Rule(parse_month(month), pool_rules(part.config.pools, part.config.owned), money)
        canonical = canonical_names(price_book(part.ledger, part.config))
        lines: dict[Raw, int] = {}
        for raw in raw_lines(con, rule):
            accounts = self._of(raw.month, raw.currency)
            account = _account(accounts, raw, canonical)
            if account is not None:
                lines[raw] = self._number(raw.month, raw.currency, account, accounts)
        pools: dict[tuple[str, str, str, str], int] = {}
        for used, currency in dict.fromkeys(
            (used, money.get(name, name)) for used, name in present
        ):
            accounts = self._of(used, currency)
            for account in accounts.parts:
                if account[0] == "pool":
                    number = self._number(used, currency, account, accounts)
                    pools[used, currency, str(account[1]), str(account[2])] = number
        return _Found(rule, lines, pools, self._shares)

    def _money(self, present: Sequence[str], main: Accounts | None) -> dict[str, str]:
        """Currencies that the month's unit economics exchange into one, by name."""
        exchange = Exchange.of(self._part.config)
        if main is None:
            return {}
        return {
            name: main.currency
            for name in present
            if name != main.currency and exchange.knows(name, main.currency)
        }

    def _of(self, month: str, currency: str | None) -> Accounts:
        if (month, currency) not in self._accounts:
            part = self._part
            if part.period is None or part.period.label != month:
                (part,) = books(self._ledger, self._config, parse_month(month))
            registry = read_registry(part.config.owners.file)
            asked = names(self._by, part.config, registry, strict=False)
            found = read_accounts(part, asked, currency)
            self._accounts[month, currency] = found
            self._accounts[month, found.currency] = found
        return self._accounts[month, currency]

    def _number(self, month: str, currency: str, account: Account, accounts: Accounts) -> int:
        key = (month, currency, account)
        if key not in self._numbers:
            self._numbers[key] = len(self._shares)
            self._shares.append(shares(accounts.parts.get(account, ())))
        return self._numbers[key]

    def unbilled(self) -> dict[str, Decimal]:
        """What no charge of the month stands for, by currency."""
        month = self._part.period.label if self._part.period else ""
        return {
            each.currency: each.unbilled
            for (of, currency), each in self._accounts.items()
            if of == month and currency == each.currency and each.unbilled
        }


def _account(
    accounts: Accounts, raw: Raw, canonical: Callable[[str | None, str | None], tuple[str, str]]
) -> Account | None:
    """The account a metered charge is split by: its own line, else what no bill covered, else its model."""
    provider, model, kind = raw.values[:3]
    name = (*canonical(str(provider), str(model)), str(kind))
    if raw.line != "accrual" and raw.values in accounts.lines:
        return accounts.lines[raw.values]
    for account in (("accrued", *name), ("model", *name)):
        if accounts.parts.get(account):
            return account
    return None
