"""Which log is believed where several logs show the same calls.

A scope is a provider, project and month; where some rows of a provider and month name no project, it is
the provider and month as a whole. In a scope the sources are ranked: as finops.toml lists them, then the
one with more rows first. Going down the rank, a source that shares at least half of the smaller log with
one that counts is another log of the same calls and is set aside whole; otherwise it counts, less the
attempts that a higher one has too. Two sources without common attempts both count.

What two rows have to share to be the same attempt: `finops.analysis.authoritative`.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["SAME_LOG", "Common", "Logged", "Ruling", "Scope", "contested", "rule"]

SAME_LOG = (1, 2)
"""Share of the smaller log that two logs of the same calls have in common, at least."""


class Logged(NamedTuple):
    """Rows of a source; `provider` as the price list names it."""

    month: str
    provider: str | None
    project: str | None
    source: str
    rows: int


class Scope(NamedTuple):
    """Where one source is believed; a `project` of None covers all of them."""

    month: str
    provider: str | None
    project: str | None


class Common(NamedTuple):
    """How many rows of a source in a scope are in exactly these other sources too."""

    scope: Scope
    source: str
    others: frozenset[str]
    rows: int


class Ruling(NamedTuple):
    """A source that gives way in a scope: all of it (`whole`), or the attempts that `to` have too.

    Of its `rows`, `matched` are in the sources it gives way to and those are set aside anyway; `rank` is
    its place among the scope's sources, 0 the first.
    """

    scope: Scope
    source: str
    to: tuple[str, ...]
    whole: bool
    rows: int
    matched: int
    rank: int

    @property
    def set_aside(self) -> int:
        """Rows that do not count."""
        return self.rows if self.whole else self.matched

    @property
    def unmatched(self) -> int:
        """Rows set aside that no other log shows."""
        return self.set_aside - self.matched


def contested(logged: Iterable[Logged]) -> dict[Scope, dict[str, int]]:
    """Rows by source in every scope that has several."""
    rows = list(logged)
    coarse = {(each.month, each.provider) for each in rows if each.project is None}
    found: dict[Scope, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for each in rows:
        project = None if (each.month, each.provider) in coarse else each.project
        found[Scope(each.month, each.provider, project)][each.source] += each.rows
    return {scope: dict(sources) for scope, sources in found.items() if len(sources) > 1}


def rule(
    scopes: dict[Scope, dict[str, int]], common: Iterable[Common], order: Sequence[str]
) -> tuple[Ruling, ...]:
    """Who gives way in each of `scopes`; `order` is the rank finops.toml gives."""
    shared: dict[Scope, list[Common]] = defaultdict(list)
    for each in common:
        shared[each.scope].append(each)
    place = {source: number for number, source in reversed(list(enumerate(order)))}
    rulings: list[Ruling] = []
    for scope, sources in sorted(scopes.items(), key=str):
        ranked = sorted(sources, key=lambda s: (place.get(s, len(order)), -sources[s], s))
        rulings += _rule_scope(scope, [(each, sources[each]) for each in ranked], shared[scope])
    return tuple(rulings)


def _rule_scope(
    scope: Scope, ranked: Sequence[tuple[str, int]], shared: Sequence[Common]
) -> list[Ruling]:
    rulings: list[Ruling] = []
    counting: dict[str, int] = {}
    for rank, (source, rows) in enumerate(ranked):
        mine = [each for each in shared if each.source == source]
        same = next((o for o in counting if _is_same(mine, o, min(rows, counting[o]))), None)
        if same is not None:
            matched = sum(each.rows for each in mine if same in each.others)
            rulings.append(Ruling(scope, source, (same,), True, rows, matched, rank))
            continue
        above = tuple(o for o in counting if any(o in each.others for each in mine))
        if above:
            matched = sum(each.rows for each in mine if each.others & set(above))
            rulings.append(Ruling(scope, source, above, False, rows, matched, rank))
        counting[source] = rows
    return rulings


def _is_same(mine: Iterable[Common], other: str, smaller: int) -> bool:
    part, whole = SAME_LOG
    return sum(each.rows for each in mine if other in each.others) * whole >= smaller * part
