"""The demo's one screen: a month's bill, its unit costs, where it goes, and what the numbers say is wrong.

At most 24 rows of 80 columns. Every figure is an answer of the session's; this module chooses and words.
A finding is printed only when its number passes the threshold named here.
"""

from __future__ import annotations

import os
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from finops.model.period import Period, month_of, parse_month
from finops.report.model import Style
from finops.report.numbers import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from finops.analysis.economics import UnitEconomics
    from finops.api.session import Session
    from finops.report.model import Row

__all__ = ["Facts", "demo_screen", "screen"]

WIDTH, HEIGHT = 80, 24
TOP = 4
"""Workflows listed."""
FINDINGS = 3
DEARER = Decimal("1.2")
"""A workflow is reported when a thousand of its requests cost this many times the month before."""
CACHE_FELL = 0.2
"""A workflow is reported when its cache hit rate fell by this much."""

ZERO = Decimal(0)


class Facts(NamedTuple):
    """What the screen shows: a month and the one before it, each answered by the analyses."""

    period: Period
    before: Period
    currency: str
    providers: Mapping[str, tuple[Decimal, Decimal]]
    """Billed and effective cost of the month by provider."""
    providers_before: Mapping[str, tuple[Decimal, Decimal]]
    owned: tuple[Decimal, Decimal]
    """Cost of owned hardware, which no bill has, of the month and of the one before it."""
    unused: Mapping[str, Decimal]
    """Effective cost of what was paid for and not used, by what it is."""
    total: Row
    total_before: Row
    workflows: tuple[Row, ...]
    workflows_before: Mapping[str, Row]
    parts: Mapping[str, Decimal]
    """Where everything charged went, by what carries it or why nothing does; adds up to effective cost."""
    unpriced: Mapping[str, int]
    """Tokens by model that no price book knows."""


def demo_screen(session: Session, config_file: Path) -> list[str]:
    """The screen's lines for the newest month in the ledger of `session`."""
    return screen(_facts(session), config_file)


def _facts(session: Session) -> Facts:
    newest = max(file.partition["x_BillingMonth"] or "" for file in session.ledger.files("costs"))
    period = parse_month(newest)
    before = month_of(period.start - timedelta(days=1))
    now, then = (session.unit("workflow", month=each.label) for each in (period, before))
    return Facts(
        period,
        before,
        now.value.currency,
        _by_provider(session, period),
        _by_provider(session, before),
        (_owned(now.value), _owned(then.value)),
        _unused(session, period),
        now.report.totals or {},
        then.report.totals or {},
        now.rows,
        {str(row["workflow"]): row for row in then.rows},
        _parts(now.value),
        _tokens_by_model(now.value),
    )


def _owned(answer: UnitEconomics) -> Decimal:
    return answer.reconciliation.origins["owned"].charged


def _parts(answer: UnitEconomics) -> dict[str, Decimal]:
    found = answer.reconciliation
    return {
        "requests": found.allocated,
        "jobs": found.jobs,
        "workloads": found.workloads,
        **found.unallocated,
        "not AI": found.other,
        **found.excluded,
    }


def _tokens_by_model(answer: UnitEconomics) -> dict[str, int]:
    found: dict[str, int] = {}
    for (_, model, _), tokens in answer.allocation.log.unpriced.items():
        found[model] = found.get(model, 0) + tokens
    return found


def _by_provider(session: Session, period: Period) -> dict[str, tuple[Decimal, Decimal]]:
    """Billed and effective cost of each provider; hardware of one's own is on no bill."""
    bills = session.costs("provider", month=period.label, where="x_CostOrigin = 'bill'")
    return {
        str(group.values[0]): (
            group.amounts.BilledCost or ZERO,
            group.amounts.EffectiveCost or ZERO,
        )
        for group in bills.value.groups
    }


def _unused(session: Session, period: Period) -> dict[str, Decimal]:
    found = {}
    for column, name in (
        ("CapacityReservationStatus", "reserved capacity"),
        ("CommitmentDiscountStatus", "commitments"),
    ):
        groups = session.costs(column, month=period.label).value.groups
        cost = sum(
            (each.amounts.EffectiveCost or ZERO for each in groups if each.values[0] == "Unused"),
            ZERO,
        )
        if cost:
            found[name] = cost
    return found


def screen(facts: Facts, config_file: Path) -> list[str]:
    """The lines to print, no more than `HEIGHT` of `WIDTH` columns; commands stay whole, to be pasted."""
    told = [
        f"Harbourline (a sample company) · {facts.period.label} · {facts.currency}",
        *_bill(facts),
        *_headline(facts),
        "",
        *_workflows(facts),
        *_findings(facts)[:FINDINGS],
        "",
    ]
    return [*(line[:WIDTH].rstrip() for line in told), *_next(facts, config_file)]


def _bill(facts: Facts) -> list[str]:
    """What each provider charged, what owned hardware cost, and where their sum went."""
    lines = [f"{'':<22}{'billed':>13}{'effective':>13}{'vs ' + facts.before.label:>13}"]
    totals = [ZERO, *facts.owned]
    for provider, (billed, effective) in facts.providers.items():
        _, was = facts.providers_before.get(provider, (ZERO, ZERO))
        lines.append(_money_line(provider, _money(billed), effective, was))
        totals = [a + b for a, b in zip(totals, (billed, effective, was), strict=True)]
    if facts.owned != (ZERO, ZERO):
        lines.append(_money_line("owned hardware", "", *facts.owned))
    billed, effective, was = totals
    return [*lines, _money_line("total", _money(billed), effective, was), _went(facts)]


def _money_line(name: str, billed: str, effective: Decimal, was: Decimal) -> str:
    return f"{name:<22}{billed:>13}{_money(effective):>13}{_change(effective, was):>13}"


def _went(facts: Facts) -> str:
    """The parts of the total, the largest after requests first, the rest in one; they add up to it."""
    parts = dict(facts.parts)
    first = f"= requests {_money(parts.pop('requests', ZERO))}"
    said = sorted(
        ((name, cost) for name, cost in parts.items() if abs(cost) >= Decimal("0.005")),
        key=lambda part: -abs(part[1]),
    )
    return _fitting(first, said)


def _fitting(first: str, parts: list[tuple[str, Decimal]]) -> str:
    """`first` and as many `parts` as a line has room for, and the sum of the others."""
    for kept in range(len(parts), -1, -1):
        rest = parts[kept:]
        shown_parts = [*parts[:kept]]
        if rest:
            shown_parts.append((f"{len(rest)} more", sum((cost for _, cost in rest), ZERO)))
        words = [f" + {name.replace('_', ' ')} {_money(cost)}" for name, cost in shown_parts]
        text = first + "".join(words)
        if len(text) < WIDTH:
            break
    return text


def _headline(facts: Facts) -> list[str]:
    """Unit costs of the month, and of the one before it."""
    names = (
        ("cost_per_1k_requests", "per 1,000 requests"),
        ("cost_per_million_tokens", "per M tokens"),
        ("cost_per_run", "per run"),
    )
    costs = [
        f"{_unit_money(facts.total[name])} {words} (was {_unit_money(facts.total_before[name])})"
        for name, words in names
    ]
    return [f"{costs[0]} · {costs[1]}", costs[2]]


def _workflows(facts: Facts) -> list[str]:
    lines = [f"{'workflow':<22}{'cost':>13}{'requests':>13}{'per 1,000':>13}{'was':>13}"]
    for row in facts.workflows[:TOP]:
        was = facts.workflows_before.get(str(row["workflow"]), {}).get("cost_per_1k_requests")
        lines.append(
            f"{row['workflow']!s:<22}{_amount(row['cost']):>13}{row['requests']:>13,}"
            f"{_unit_money(row['cost_per_1k_requests']):>13}{_unit_money(was):>13}"
        )
    return lines


def _findings(facts: Facts) -> list[str]:
    """Sentences about what the numbers show, dearest first within each kind."""
    unused = [f"{_money(cost)} of {name}" for name, cost in facts.unused.items()]
    unused = [f"paid for and not used: {', '.join(unused)}"] if unused else []
    unpriced = [
        f"{model}: {tokens:,} tokens have no public price"
        for model, tokens in facts.unpriced.items()
    ]
    dearer, cache = _dearer(facts), _cache(facts)
    chosen = [*unused, *dearer[:1], *cache[:1], *dearer[1:], *unpriced]
    return [f"! {sentence}" for sentence in chosen]


def _dearer(facts: Facts) -> list[str]:
    """Workflows whose thousand requests cost much more than before, by the dollars that makes."""
    found = []
    for row, was in _pairs(facts):
        now_rate, then_rate = row["cost_per_1k_requests"], was["cost_per_1k_requests"]
        requests = row["requests"]
        if (
            isinstance(now_rate, Decimal)
            and isinstance(then_rate, Decimal)
            and isinstance(requests, int)
            and now_rate > then_rate * DEARER > 0
        ):
            extra = (now_rate - then_rate) * requests / 1000
            found.append((extra, row["workflow"], now_rate, then_rate))
    return [
        f"{name}: {_unit_money(now)} per 1,000 requests, was {_unit_money(then)}: {_money(extra)} more"
        for extra, name, now, then in sorted(found, key=lambda each: -each[0])
    ]


def _cache(facts: Facts) -> list[str]:
    """Workflows that read much less of their input from a prompt cache, the largest fall first."""
    found = []
    for row, was in _pairs(facts):
        now, then = row["cache_hit_rate"], was["cache_hit_rate"]
        if isinstance(now, float) and isinstance(then, float) and then - now >= CACHE_FELL:
            found.append((then - now, row["workflow"], now, then))
    return [
        f"{name}: {shown(now, Style.RATIO)} of input came from cache, was {shown(then, Style.RATIO)}"
        for _, name, now, then in sorted(found, key=lambda each: -each[0])
    ]


def _pairs(facts: Facts) -> Iterable[tuple[Row, Row]]:
    """Each workflow of the month with itself in the month before."""
    for row in facts.workflows:
        was = facts.workflows_before.get(str(row["workflow"]))
        if was is not None:
            yield row, was


def _next(facts: Facts, config_file: Path) -> list[str]:
    month, program = f"--month {facts.period.label}", _program()
    setting = (
        f'$env:FINOPS_CONFIG = "{config_file}"'
        if os.name == "nt"
        else f"export FINOPS_CONFIG={_home(config_file)}"
    )
    return [
        setting,
        f"{program} unit --by workflow,model {month}",
        f"{program} costs --by provider,ServiceName {month}",
        f"{program} explain --where \"workflow = '{facts.workflows[0]['workflow']}'\" {month}",
    ]


def _program() -> str:
    """How to call finops here: by name where it is on the PATH, else by where it stands."""
    import shutil
    import sys

    called = Path(sys.argv[0])
    if called.name != "finops" or shutil.which("finops") is not None:
        return "finops"
    here = Path.cwd()
    return str(called.relative_to(here) if called.is_relative_to(here) else called)


def _home(path: Path) -> str:
    """`path` with the home folder as ~, quoted where a shell needs it."""
    import shlex

    home = Path.home()
    if path.is_relative_to(home) and path != home:
        return f"~/{shlex.quote(path.relative_to(home).as_posix())}"
    return shlex.quote(str(path))


def _money(amount: Decimal) -> str:
    return shown(amount, Style.MONEY)


def _amount(value: object) -> str:
    return _money(value) if isinstance(value, Decimal) else "n/a"


def _unit_money(value: object) -> str:
    return shown(value, Style.UNIT_MONEY) if isinstance(value, Decimal) else "n/a"


def _change(now: Decimal, was: Decimal) -> str:
    return f"{(now / was - 1) * 100:+.1f}%" if was > 0 else "new"
