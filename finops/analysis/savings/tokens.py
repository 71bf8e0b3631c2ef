"""Savings on tokens: caches that stopped or are not used, batch prices, a cheaper model, attempts that bring nothing.

cache that stopped   input cost - (input tokens at the earlier shares of kinds, at the prices paid now)
cache not used       input sent again within a run x (price of input - price of a cache read)
batch                cost of what can wait x (1 - batch price / interactive price)
model                cost on the model of now - the same tokens at what the model before cost
failures             cost of failed, retried and cancelled attempts; at least what exceeds the earlier share
"""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from typing import TYPE_CHECKING

from finops.analysis.derived.arithmetic import SUM, amount, plain
from finops.analysis.savings.saving import Certainty, Effort, Lever, Saving
from finops.analysis.savings.uses import INPUT_KINDS, merged
from finops.model.money import ZERO, subtract, total, truncate
from finops.prices.cards import KINDS, PriceKey

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from decimal import Decimal

    from finops.analysis.explanation import Line
    from finops.analysis.savings.uses import Model, Use, Uses

__all__ = ["token_savings"]

DROPPED = 0.05
"""A share of cached input that fell by more than this has stopped being what it was."""

CAN_WAIT = {"batch": Certainty.MEASURED, "async": Certainty.ASSUMED}
"""Workload tiers of which nobody waits for the answer, and how sure that is."""

RARE = 0.05
"""A model with a smaller share of a workflow's tokens than this was not what it ran on."""


def token_savings(before: Uses | None, after: Uses) -> Iterator[Saving]:
    """Every saving on the tokens of `after`; what was so `before` tells some of them."""
    now, then = _by_workflow(after), {} if before is None else _by_workflow(before)
    for workflow, uses in now.items():
        earlier = then.get(workflow, [])
        yield from _cache(after, workflow, uses, earlier, before)
        yield from _batch(after, workflow, uses)
        yield from _model(workflow, uses, earlier)
        yield from _failures(after, workflow, uses, earlier)


def _by_workflow(found: Uses) -> dict[str, list[Use]]:
    uses: dict[str, list[Use]] = defaultdict(list)
    for one in found.uses:
        if one.workflow is not None:
            uses[one.workflow].append(one)
    return uses


def _saving(
    lever: Lever,
    uses: list[Use],
    amounts: tuple[Decimal, Decimal],
    sure: tuple[Certainty, Effort],
    how: tuple[str, str],
    lines: tuple[tuple[Line, ...], tuple[Line, ...]],
) -> Saving:
    """`how` is the sentence and the command that shows the rows; `lines` lead to both ends."""
    workflow = str(uses[0].workflow)
    owner, money = merged(uses).team, f"tokens of {workflow}"
    return Saving(lever, workflow, *amounts, *sure, *how, money, owner, *lines)


def _by(uses: list[Use], name: Callable[[Use], object]) -> dict[object, Use]:
    found: dict[object, list[Use]] = defaultdict(list)
    for one in uses:
        found[name(one)].append(one)
    return {key: merged(each) for key, each in found.items()}


def _of_model(one: Use) -> object:
    return one.model.provider, one.model.model


def _price(use: Use | None, kind: str) -> Fraction | None:
    """What a token of the kind cost; None where none was used."""
    if use is None or not use.counts[kind]:
        return None
    return Fraction(use.costs[kind]) / use.counts[kind]


def _input(use: Use) -> int:
    return sum(use.counts[kind] for kind in INPUT_KINDS)


def _hit_rate(use: Use) -> float:
    """The share of input that came from a cache."""
    whole = _input(use)
    return use.counts["cache_read"] / whole if whole else 0.0


def _cache(
    after: Uses, workflow: str, uses: list[Use], earlier: list[Use], before: Uses | None
) -> Iterator[Saving]:
    """Input that was read from a cache before, and input sent again that could be."""
    then = _by(earlier, _of_model)
    stopped, resent, names = ZERO, ZERO, []
    gone: list[Line] = []
    again: list[Line] = []
    for key, use in _by(uses, _of_model).items():
        old = then.get(key)
        if old is not None and _hit_rate(old) - _hit_rate(use) > DROPPED:
            lines = _stopped(old, use)
            stopped = total((stopped, *_amounts(lines)))
            gone += lines
            names.append(f"{use.model.model} {_hit_rate(old):.1%} → {_hit_rate(use):.1%}")
        else:
            lines = _resent(after, use)
            resent = total((resent, *_amounts(lines)))
            again += lines
    command = f"finops compare --by workflow,model --items --where \"workflow = '{workflow}'\""
    if stopped > 0 and before is not None:
        how = (
            f"cached share of input fell since {before.period.label} ({', '.join(names)}): input at the "
            "earlier shares, at the prices paid now"
        )
        yield _saving(
            Lever.CACHE, uses, (stopped, stopped), (Certainty.MEASURED, Effort.LOW), (how, command),
            (_summed("low", gone, stopped), _summed("high", gone, stopped)),
        )  # fmt: skip
    elif resent > 0:
        how = (
            "input sent again within a run and not read from a cache, at the price of a cache read: as far as "
            "its beginning is the same and the cache lives long enough"
        )
        yield _saving(
            Lever.CACHE, uses, (ZERO, resent), (Certainty.ASSUMED, Effort.MEDIUM), (how, command),
            (_summed("low", (), ZERO), _summed("high", again, resent)),
        )  # fmt: skip


def _amounts(lines: Iterable[Line]) -> Iterator[Decimal]:
    return (line.amount for line in lines if line.amount is not None)


def _summed(name: str, lines: Iterable[Line], value: Decimal) -> tuple[Line, ...]:
    """Lines that add up to one end of the range."""
    found = tuple(lines)
    return (*found, amount(name, value, SUM if found else "= 0"))


def _stopped(old: Use, use: Use) -> list[Line]:
    """What input costs more than at the earlier shares of its kinds: its cost, less each kind at its share."""
    whole, was = _input(use), _input(old)
    cost = total(use.costs[kind] for kind in INPUT_KINDS)
    if not was or not whole:
        return []
    name = use.model.model
    lines = [
        amount(f"{name}: input", cost, f"what its {whole:,} tokens cost: finops unit --by model")
    ]
    for kind in INPUT_KINDS:
        source = use if _price(use, kind) else old
        price = _price(source, kind)
        if price is not None and old.counts[kind]:
            expected = truncate(Fraction(old.counts[kind], was) * whole * price)
            each = f"{plain(source.costs[kind])} / {source.counts[kind]}"
            formula = f"= 0 - {old.counts[kind]} / {was} x {whole} x {each}"
            lines.append(amount(f"{name}: {kind} at the earlier share", -expected, formula))
    return lines if total(_amounts(lines)) > 0 else []


def _resent(after: Uses, use: Use) -> list[Line]:
    """What input sent again costs more than a cache read of it."""
    price = _price(use, "uncached_input")
    if not use.resent or price is None:
        return []
    read = _price(use, "cache_read") or price * _ratio(
        _rates(after, use.model), "cache_read", "uncached_input"
    )
    again = min(use.resent, use.counts["uncached_input"])
    saved = truncate(again * (price - read))
    if saved <= 0:
        return []
    paid = f"{plain(use.costs['uncached_input'])} / {use.counts['uncached_input']}"
    return [
        amount(f"{use.model.model}: sent again", saved, f"= {again} x ({paid} - {plain(read)})")
    ]


def _rates(after: Uses, model: Model, *, batch: bool | None = None) -> Mapping[str, Decimal] | None:
    """List prices by kind on the period's last day; None where there are none."""
    key = PriceKey(
        model.provider, model.model, None if batch else model.service_tier, batch or model.batch
    )
    _, end = after.period.bounds()
    cards = [card for card in after.book.cards([key]) if card.covers(end, 0)]
    if not cards or cards[0].rates is None:
        return None
    return dict(zip(KINDS, cards[0].rates, strict=True))


def _ratio(rates: Mapping[str, Decimal] | None, kind: str, other: str) -> Fraction:
    """What `kind` costs of what `other` does; all of it where no price says."""
    if rates is None or not rates[other]:
        return Fraction(1)
    return Fraction(rates[kind]) / Fraction(rates[other])


def _batch(after: Uses, workflow: str, uses: list[Use]) -> Iterator[Saving]:
    """What could wait and was asked for at the interactive price."""
    found: dict[Certainty, list[Line]] = {each: [] for each in CAN_WAIT.values()}
    for use in uses:
        certainty = CAN_WAIT.get(use.model.workload_tier or "")
        if certainty is None or use.model.batch or use.model.service_tier not in _INTERACTIVE:
            continue
        listed, batch = _rates(after, use.model), _rates(after, use.model, batch=True)
        if listed is None or batch is None:
            continue
        for kind, cost in use.costs.items():
            if listed[kind] and cost:
                off = 1 - Fraction(batch[kind]) / Fraction(listed[kind])
                formula = f"= {plain(cost)} x (1 - {plain(batch[kind])} / {plain(listed[kind])})"
                step = f"{use.model.model}, {use.model.workload_tier}: {kind}"
                found[certainty].append(amount(step, truncate(Fraction(cost) * off), formula))
    sure, maybe = found[Certainty.MEASURED], found[Certainty.ASSUMED]
    low, high = total(_amounts(sure)), total(_amounts((*sure, *maybe)))
    if high > 0:
        how = "workload tiers that can wait, at the provider's batch price instead of its interactive one"
        certainty = Certainty.ASSUMED if any(_amounts(maybe)) else Certainty.MEASURED
        command = f"finops unit --by model,tier,service_tier --where \"workflow = '{workflow}'\""
        lines = (_summed("low", sure, low), _summed("high", (*sure, *maybe), high))
        yield _saving(
            Lever.BATCH, uses, (low, high), (certainty, Effort.MEDIUM), (how, command), lines
        )


_INTERACTIVE = {None, "standard", "default"}


def _model(workflow: str, uses: list[Use], earlier: list[Use]) -> Iterator[Saving]:
    """A workflow that ran on a cheaper model the period before."""
    then, now = _by(earlier, _of_model), _by(uses, _of_model)
    if not then:
        return
    main = max(then, key=lambda key: sum(then[key].counts.values()))
    tokens = sum(sum(one.counts.values()) for one in then.values())
    for key, use in now.items():
        was = sum(then[key].counts.values()) if key in then else 0
        if key == main or not tokens or was / tokens > RARE:
            continue
        lines = _at(then[main], use)
        saved = total(_amounts(lines))
        if saved > 0:
            how = (
                f"{use.model.model} instead of {then[main].model.model} since the period before: the same "
                "tokens at what that one cost; hold the answers of both against each other first"
            )
            command = f"finops compare --by workflow,model --where \"workflow = '{workflow}'\""
            yield _saving(
                Lever.MODEL,
                uses,
                (saved, saved),
                (Certainty.NEEDS_EVALUATION, Effort.LOW),
                (how, command),
                (_summed("low", lines, saved), _summed("high", lines, saved)),
            )


def _at(cheaper: Use, use: Use) -> list[Line]:
    """What the tokens of `use` cost, less what they would at another model's prices; none where it has no price."""
    lines = [
        amount(
            "tokens", use.metered, f"what they cost on {use.model.model}: finops unit --by model"
        )
    ]
    for kind, number in use.counts.items():
        if not number:
            continue
        known = kind
        if _price(cheaper, known) is None and kind != "output":
            known = "uncached_input"
        price = _price(cheaper, known)
        if price is None:
            return []
        formula = f"= 0 - {number} x {plain(cheaper.costs[known])} / {cheaper.counts[known]}"
        step = f"{kind} at the price of {cheaper.model.model}"
        lines.append(amount(step, -truncate(price * number), formula))
    return lines


def _failures(after: Uses, workflow: str, uses: list[Use], earlier: list[Use]) -> Iterator[Saving]:
    """What attempts cost that failed, were asked again, or were cancelled."""
    now = merged(uses)
    if now.wasted <= 0:
        return
    wasted = amount("wasted", now.wasted, "failed + retried + cancelled: finops unit --by status")
    low: Decimal = ZERO
    least: tuple[Line, ...] = (amount("low", ZERO, "= 0"),)
    if earlier and (then := merged(earlier)).cost > 0:
        usual = truncate(Fraction(now.cost) * Fraction(then.wasted) / Fraction(then.cost))
        low = max(ZERO, subtract(now.wasted, usual))
        formula = f"= {plain(now.cost)} x {plain(then.wasted)} / {plain(then.cost)}"
        share = amount("usual", usual, formula)
        least = (wasted, share, amount("low", low, "= max(0, wasted - usual)"))
    certainty = Certainty.MEASURED if low == now.wasted else Certainty.ASSUMED
    how = "failed, retried and cancelled attempts; at least what is more than the share before"
    command = (
        f"finops unit --by status,error_type --month {after.period.label} "
        f"--where \"workflow = '{workflow}'\""
    )
    yield _saving(
        Lever.FAILURES, uses, (low, now.wasted), (certainty, Effort.MEDIUM), (how, command),
        (least, (wasted, amount("high", now.wasted, "= wasted"))),
    )  # fmt: skip
