"""What a request to either model costs, by unit economics or by list prices, and how that comes about.

Costs are those of unit economics per attempt, less what does not depend on the model (retrieval and shared services).
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from finops.analysis.derived.arithmetic import amount, count
from finops.analysis.derived.sheet import PARTS
from finops.analysis.explanation import Line
from finops.analysis.measures import COMPONENTS
from finops.analysis.route.answer import Money
from finops.errors import UsageError
from finops.model.money import ZERO, divide, multiply, total
from finops.model.tables import INPUT_TOKEN_COLUMNS
from finops.prices.book import describe
from finops.prices.cards import KINDS, PriceKey

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal

    from finops.analysis.economics import UnitEconomics
    from finops.analysis.measures import Group
    from finops.analysis.route.costs import SelfHosted
    from finops.analysis.route.ledger import Pair
    from finops.prices.book import Book
    from finops.prices.cards import RateCard

__all__ = ["listed_money", "logged_money", "tokens_of"]

_NOT_THE_MODELS = frozenset({"retrieval", "shared"})
_MILLION = 1_000_000


def logged_money(
    answer: UnitEconomics, pair: Pair, small: Group, large: Group, hosted: SelfHosted | None
) -> Money:
    """Both models as unit economics has them; with `hosted` the small one by what its hour costs."""
    utilization = None if hosted is not None else _utilization(small)
    if hosted is None:
        of_small, how = _cost_per_request(small, pair.small), "unit economics"
        lines = tuple(_lines("small", small, pair, of_small, answer.currency))
        if utilization is not None:
            how += f", its pool {float(utilization):.1%} busy while held"
    else:
        tokens = multiply(tokens_of(small), hosted.cost_per_million_tokens)
        of_small = divide(tokens, small.counts["attempts"] * _MILLION)
        how = "its utilization"
        lines = tuple(_hosted_lines(small, pair, of_small, answer.currency))
    source = (
        f"{pair.small} from {how} ({_mean_tokens(small):,} tokens a request), "
        f"{pair.large} from unit economics ({_mean_tokens(large):,} tokens a request)"
    )
    of_large = _cost_per_request(large, pair.large)
    asked = large.counts["attempts"]
    how_all = (*lines, *_lines("large", large, pair, of_large, answer.currency))
    return Money(
        answer.currency, of_small, of_large, answer.period, source, utilization, asked, how_all
    )


def listed_money(
    answer: UnitEconomics, pair: Pair, large: Group, book: Book, provider: str | None
) -> Money:
    """The large model's cost, and the small one's by the ratio of their list prices; UsageError without."""
    last = answer.period.bounds()[1] - timedelta(microseconds=1)
    cards = [book.explain(PriceKey(provider, model), last, 0) for model in (pair.small, pair.large)]
    of_small, of_large = (_listed(card, large) for card in cards)
    if of_small is None or not of_large:
        unpriced = pair.small if of_small is None else pair.large
        raise UsageError(
            f"what {pair.small!r} costs is not known: it answered no request of this selection, and "
            f"{unpriced!r} has no list price",
            hint="add [[prices]] to finops.toml, or give --cost-ratio",
        )
    cost = _cost_per_request(large, pair.large)
    ratio = divide(multiply(cost, of_small), of_large)
    source = (
        f"{pair.large} from unit economics ({_mean_tokens(large):,} tokens a request), {pair.small} as its list "
        "price is to that one's, for the same tokens"
    )
    money = answer.currency
    how = (
        *_lines("large", large, pair, cost, money),
        *_listed_lines("small_list", cards[0], large, of_small),
        *_listed_lines("large_list", cards[1], large, of_large),
        amount("small", ratio, "= large x small_list / large_list", money),
    )
    asked = large.counts["attempts"]
    return Money(money, ratio, cost, answer.period, source, large_requests=asked, how=how)


def _listed(card: RateCard, group: Group) -> Decimal | None:
    """The group's tokens at the rates of requests with little input; None where there are none."""
    if card.rates is None:
        return None
    counts = zip(KINDS, card.rates, strict=True)
    return total(multiply(rate, group.counts.get(f"{kind}_tokens", 0)) for kind, rate in counts)


def _listed_lines(name: str, card: RateCard, group: Group, found: Decimal) -> Iterator[Line]:
    """Tokens by kind at their rates, with the card's source and day."""
    checked = "" if card.price_checked is None else f", checked {card.price_checked}"
    source = f"{card.price_source}{checked}: {describe(card)}"
    for kind, rate in zip(KINDS, card.rates or (), strict=True):
        tokens = group.counts.get(f"{kind}_tokens", 0)
        if tokens:
            paid = multiply(rate, tokens)
            yield Line(f"{name}: {kind}", ZERO + tokens, "tokens", rate, paid, source)
    yield amount(name, found, f"{PARTS}{name}", card.currency)


def _lines(name: str, group: Group, pair: Pair, each: Decimal, money: str) -> Iterator[Line]:
    """The components of a model's cost, and their sum over its attempts."""
    where = _where(pair, name)
    for part in COMPONENTS:
        if part not in _NOT_THE_MODELS and group.components[part]:
            source = f'finops explain components.{part} --where "{where}"'
            yield amount(f"{name}_cost: {part}", group.components[part], source, money)
    yield amount(f"{name}_cost", _cost(group), f"{PARTS}{name}_cost", money)
    attempts = f'finops unit --where "{where}"'
    yield count(f"{name}_attempts", group.counts["attempts"], "attempts", attempts)
    yield amount(name, each, f"= {name}_cost / {name}_attempts", money)


def _hosted_lines(group: Group, pair: Pair, each: Decimal, money: str) -> Iterator[Line]:
    source = f'finops unit --where "{_where(pair, "small")}"'
    yield count("small_tokens", tokens_of(group), "tokens", source)
    yield count("small_attempts", group.counts["attempts"], "attempts", source)
    text = f"= small_tokens x small_per_million / (small_attempts x {_MILLION})"
    yield amount("small", each, text, money)


def _where(pair: Pair, name: str) -> str:
    model = pair.small if name == "small" else pair.large
    words = [f"model = '{model}'"]
    if pair.workflow is not None:
        words.append(f"workflow = '{pair.workflow}'")
    return " and ".join(words)


def _utilization(group: Group) -> Decimal | None:
    """Busy share, in money, of the capacity held for the group; None where it is on none."""
    busy, idle = group.components["gpu_busy"], group.components["gpu_idle"]
    held = total((busy, idle))
    return divide(busy, held) if held else None


def _cost(group: Group) -> Decimal:
    return total(group.components[name] for name in COMPONENTS if name not in _NOT_THE_MODELS)


def _cost_per_request(group: Group, model: str) -> Decimal:
    cost = _cost(group)
    unpriced = group.unpriced_tokens
    if cost <= ZERO or unpriced:
        why = (
            f"{unpriced:,} of its tokens have no price" if unpriced else "its requests bear no cost"
        )
        raise UsageError(
            f"what {model!r} costs is not known: {why}",
            hint="add [[prices]] to finops.toml, or give --cost-ratio or --small-cost-per-hour",
        )
    return divide(cost, group.counts["attempts"])


def tokens_of(group: Group) -> Decimal:
    """Every token its requests read and wrote."""
    names = (*INPUT_TOKEN_COLUMNS, "output_tokens")
    return ZERO + sum(group.counts[name] for name in names)


def _mean_tokens(group: Group) -> int:
    return round(tokens_of(group) / group.counts["attempts"])
