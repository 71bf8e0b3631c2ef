"""Metered providers: what each token a log shows really cost, so that log and bill meet to the digit.

Requests are priced by rate. Where the bill gives a cost and a quantity, the rate is what was billed for
one token, so a request's cost depends on the bill and on its own tokens and on no other request:

    cost of the bill line = billed rate x logged tokens                      -> to the requests
                          + billed rate x (billed - logged tokens)           -> unlogged usage
                          + what is left below the 24th decimal place        -> rounding

`rate variance` is the part of the requests' cost above the price book: (billed - book rate) x logged
tokens. A bill without quantities is met by one factor on the book rates, where that factor is inside
the tolerance; outside it requests stay at book rates and the remainder is unlogged. Tokens of a
provider that has sent no bill for that day stay at book rates and their basis is `list`.

Everything here is exact: decimals in, decimals out, quotients by `finops.model.money.truncate`.
"""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from finops.model.money import ZERO, add, multiply, subtract, truncate
from finops.model.tables import CACHE_WRITE_COLUMNS, INPUT_TOKEN_COLUMNS, TOKEN_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

__all__ = [
    "KINDS",
    "BilledKey",
    "BilledLine",
    "LoggedTokens",
    "Metered",
    "Rate",
    "Settlement",
    "meter",
]

KINDS = tuple(name.removesuffix("_tokens") for name in TOKEN_COLUMNS)
"""Token kinds a rate is for."""

_COARSE = {
    "cache_write": frozenset(n.removesuffix("_tokens") for n in CACHE_WRITE_COLUMNS),
    "input": frozenset(n.removesuffix("_tokens") for n in INPUT_TOKEN_COLUMNS),
    "total": frozenset(KINDS),
}
"""Kinds a bill names that stand for several of ours, narrowest first."""


class BilledLine(NamedTuple):
    """Charges of one model and token kind over days `[start, end)`; `tokens` None when not billed by it.

    `kind` is one of `KINDS` or `cache_write`, `input`, `total`. Unknown parts are None.
    """

    provider: str
    model: str
    kind: str
    tier: str | None
    project: str | None
    region: str | None
    month: str
    start: date
    end: date
    cost: Decimal
    tokens: Decimal | None


class LoggedTokens(NamedTuple):
    """Tokens the log shows for one combination of everything that can decide their price.

    `rates` are the price book's per token and kind, None for an unpriced one. Tokens that capacity served
    (`served_by`, a pool) are paid by it and have no part in metering.
    """

    id: int
    provider: str
    model: str
    tier: str
    project: str | None
    region: str | None
    day: date
    tokens: Mapping[str, int]
    rates: Mapping[str, Decimal | None]
    served_by: str | None = None


class BilledKey(NamedTuple):
    """One line of account between bill and log, as fine as both can say. None: not told apart."""

    provider: str
    model: str
    kind: str
    tier: str | None
    project: str | None
    region: str | None
    period: str


class Rate(NamedTuple):
    """What one token costs: the amount, and `billed`, `list` or `unpriced`."""

    amount: Decimal | None
    basis: str


class Settlement(NamedTuple):
    """How one line of account was met; amounts in the bill's currency, tokens in tokens."""

    key: BilledKey
    rule: str
    billed_cost: Decimal
    billed_tokens: Decimal | None
    logged_tokens: int
    book_cost: Decimal | None
    requests_cost: Decimal
    unlogged: Decimal
    rounding: Decimal


class Metered(NamedTuple):
    """Rates by (LoggedTokens.id, kind), every line of account, and the line each rate was set on.

    `accounts` is the line of account each line of the bill is on.
    """

    rates: Mapping[tuple[int, str], Rate]
    settlements: tuple[Settlement, ...]
    settled_on: Mapping[tuple[int, str], Settlement]
    accounts: Mapping[BilledLine, BilledKey]


def meter(bill: Sequence[BilledLine], log: Sequence[LoggedTokens], tolerance: Decimal) -> Metered:
    """Settle a bill with a log; `tolerance` bounds |factor - 1| for a bill without quantities."""
    coverage = _Coverage.of(bill)
    names = _Names.of(bill, log)
    billed: dict[BilledKey, list[BilledLine]] = defaultdict(list)
    for line in bill:
        billed[names.of_line(line, coverage.grain(line.provider, line.month))].append(line)
    logged: dict[BilledKey, list[tuple[LoggedTokens, str]]] = defaultdict(list)
    rates: dict[tuple[int, str], Rate] = {}
    for tokens in log:
        grain = coverage.of_day(tokens.provider, tokens.day)
        for kind, count in tokens.tokens.items():
            if grain is None:
                rates[tokens.id, kind] = _list_rate(tokens.rates[kind])
            elif count:
                logged[names.of_log(tokens, kind, grain)].append((tokens, kind))
    settlements: list[Settlement] = []
    settled_on: dict[tuple[int, str], Settlement] = {}
    for key in sorted({*billed, *logged}, key=str):
        settlement, found = _settle(key, billed.get(key, []), logged.get(key, []), tolerance)
        settlements.append(settlement)
        rates.update(found)
        settled_on.update(dict.fromkeys(found, settlement))
    accounts = {line: key for key, lines in billed.items() for line in lines}
    return Metered(rates, tuple(settlements), settled_on, accounts)


def _list_rate(book: Decimal | None) -> Rate:
    return Rate(None, "unpriced") if book is None else Rate(book, "list")


def _settled(book: Decimal | None) -> Rate:
    """A book rate that is held against a bill: what it leaves over is unlogged usage."""
    return Rate(None, "unpriced") if book is None else Rate(book, "billed")


class _Coverage(NamedTuple):
    """Which days of which provider a bill speaks for, and whether it is cut by day or by month."""

    spans: Mapping[str, Mapping[str, tuple[date, date, str]]]

    @classmethod
    def of(cls, bill: Iterable[BilledLine]) -> _Coverage:
        spans: dict[str, dict[str, tuple[date, date, str]]] = defaultdict(dict)
        for line in bill:
            start, end, grain = spans[line.provider].get(line.month, (line.start, line.end, "day"))
            if (line.end - line.start).days > 1:
                grain = "month"
            spans[line.provider][line.month] = (min(start, line.start), max(end, line.end), grain)
        return cls(spans)

    def grain(self, provider: str, month: str) -> str:
        return self.spans[provider][month][2]

    def of_day(self, provider: str, day: date) -> str | None:
        """`day` or `month` where a bill of the provider covers the day, else None."""
        for month, (start, end, grain) in self.spans.get(provider, {}).items():
            if start <= day < end and month == f"{day:%Y-%m}":
                return grain
        return None


_Model = tuple[str, str, str]
"""Provider, model and month."""


class _Names(NamedTuple):
    """How finely bill and log can be told apart, for each (provider, model, month).

    A month stands for itself, so that several asked at once are the sum of each. A dimension is used when the whole log names it and the bill knows every name the log uses;
    otherwise it is left out, so that a name only one side has does not tear the two apart. Attempts
    without tokens, such as those refused at the door, have no part in the bill and no say in this.
    """

    tiers: frozenset[_Model]
    projects: frozenset[_Model]
    regions: frozenset[_Model]
    kinds: Mapping[_Model, frozenset[str]]

    @classmethod
    def of(cls, bill: Iterable[BilledLine], log: Iterable[LoggedTokens]) -> _Names:
        lines: dict[_Model, list[BilledLine]] = defaultdict(list)
        for line in bill:
            lines[line.provider, line.model, line.month].append(line)
        tokens: dict[_Model, list[LoggedTokens]] = defaultdict(list)
        for each in log:
            if any(each.tokens.values()):
                tokens[each.provider, each.model, f"{each.day:%Y-%m}"].append(each)
        return cls(
            tiers=frozenset(
                model
                for model, mine in lines.items()
                if any(line.tier for line in mine)
                and {each.tier for each in tokens[model]}
                <= {line.tier or "standard" for line in mine}
            ),
            projects=_shared(
                {m: {line.project for line in mine} for m, mine in lines.items()},
                {m: {each.project for each in mine} for m, mine in tokens.items()},
            ),
            regions=_shared(
                {m: {line.region for line in mine} for m, mine in lines.items()},
                {m: {each.region for each in mine} for m, mine in tokens.items()},
            ),
            kinds={m: frozenset(line.kind for line in mine) for m, mine in lines.items()},
        )

    def of_line(self, line: BilledLine, grain: str) -> BilledKey:
        model = (line.provider, line.model, line.month)
        return BilledKey(
            line.provider,
            line.model,
            line.kind,
            (line.tier or "standard") if model in self.tiers else None,
            line.project if model in self.projects else None,
            line.region if model in self.regions else None,
            line.start.isoformat() if grain == "day" else line.month,
        )

    def of_log(self, tokens: LoggedTokens, kind: str, grain: str) -> BilledKey:
        month = f"{tokens.day:%Y-%m}"
        model = (tokens.provider, tokens.model, month)
        billed = self.kinds.get(model, frozenset())
        coarse = [name for name, kinds in _COARSE.items() if name in billed and kind in kinds]
        return BilledKey(
            tokens.provider,
            tokens.model,
            kind if kind in billed or not coarse else coarse[0],
            tokens.tier if model in self.tiers else None,
            tokens.project if model in self.projects else None,
            tokens.region if model in self.regions else None,
            tokens.day.isoformat() if grain == "day" else month,
        )


def _shared(
    bill: Mapping[_Model, set[str | None]], log: Mapping[_Model, set[str | None]]
) -> frozenset[_Model]:
    return frozenset(
        model
        for model, names in bill.items()
        if None not in names and log.get(model) and log[model] <= names
    )


def _settle(
    key: BilledKey,
    lines: Sequence[BilledLine],
    log: Sequence[tuple[LoggedTokens, str]],
    tolerance: Decimal,
) -> tuple[Settlement, dict[tuple[int, str], Rate]]:
    cost, billed = ZERO, None if any(line.tokens is None for line in lines) else ZERO
    for line in lines:
        cost = add(cost, line.cost)
        if billed is not None and line.tokens is not None:
            billed = add(billed, line.tokens)
    count = sum(tokens.tokens[kind] for tokens, kind in log)
    rule, rates = _choose(
        cost, billed if lines else None, count, log, tolerance, has_bill=bool(lines)
    )
    spent = ZERO
    for tokens, kind in log:
        amount = rates[tokens.id, kind].amount
        spent = add(spent, ZERO if amount is None else multiply(amount, tokens.tokens[kind]))
    left = subtract(cost, spent)
    unlogged = _unlogged(rule, left, billed, count, log, rates)
    return (
        Settlement(
            key,
            rule,
            cost,
            billed if lines else None,
            count,
            _book_cost(log),
            spent,
            unlogged,
            subtract(left, unlogged),
        ),
        rates,
    )


def _choose(
    cost: Decimal,
    billed: Decimal | None,
    count: int,
    log: Sequence[tuple[LoggedTokens, str]],
    tolerance: Decimal,
    *,
    has_bill: bool,
) -> tuple[str, dict[tuple[int, str], Rate]]:
    """The rule that meets this line, and the rates it gives."""
    book = {(tokens.id, kind): tokens.rates[kind] for tokens, kind in log}
    if not has_bill:
        return "over-logged", {each: _settled(rate) for each, rate in book.items()}
    if billed is not None and billed != 0:
        rate = Rate(truncate(Fraction(cost) / Fraction(billed)), "billed")
        return "billed rate", dict.fromkeys(book, rate)
    if not count or (billed is not None and not billed):
        return "not in the log", {each: _settled(rate) for each, rate in book.items()}
    expected = _book_cost(log)
    if expected is None:
        rate = Rate(truncate(Fraction(cost) / count), "billed")
        return "billed cost over logged tokens", dict.fromkeys(book, rate)
    factor = Fraction(cost) / Fraction(expected) if expected else None
    if factor is not None and abs(factor - 1) <= Fraction(tolerance):
        scaled = {
            each: Rate(truncate(Fraction(rate) * factor), "billed")
            for each, rate in book.items()
            if rate is not None
        }
        return f"book rate x {float(factor):.6f}", scaled
    return "book rate, outside tolerance", {each: _settled(rate) for each, rate in book.items()}


def _unlogged(
    rule: str,
    left: Decimal,
    billed: Decimal | None,
    count: int,
    log: Sequence[tuple[LoggedTokens, str]],
    rates: Mapping[tuple[int, str], Rate],
) -> Decimal:
    """The part of what requests do not carry that is usage the log does not show."""
    if rule == "billed rate" and billed is not None:
        if not log:
            return left
        rate = rates[log[0][0].id, log[0][1]].amount or ZERO
        return multiply(rate, subtract(billed, Decimal(count)))
    if rule.startswith("book rate x") or rule == "billed cost over logged tokens":
        return ZERO
    return left


def _book_cost(log: Sequence[tuple[LoggedTokens, str]]) -> Decimal | None:
    """Tokens at the price book's rates; None when any of them has none."""
    cost = ZERO
    for tokens, kind in log:
        rate = tokens.rates[kind]
        if rate is None:
            return None
        cost = add(cost, multiply(rate, tokens.tokens[kind]))
    return cost
