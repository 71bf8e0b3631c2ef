"""Whose an identifier might be: a guess from what is known, for somebody to confirm.

In this order: the team most of its requests were logged with; a team whose name is a word of the
identifier or of what the bill calls it. The rest of the row is that of the team's other rows, where
these agree.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from finops.analysis.owners.registry import NOBODY, Owner
from finops.ledger.engine import query

if TYPE_CHECKING:
    from collections.abc import Mapping

    from finops.analysis.owners.registry import Registry
    from finops.ledger.store import Ledger
    from finops.model.period import Period

__all__ = ["Guess", "Guesser", "read_logged"]

_WORD = re.compile(r"[^0-9a-z]+")

_MAJORITY = 0.5
"""Share of an identifier's requests that must name one team."""


class Guess(NamedTuple):
    """A guess at an owner, and why; nobody when nothing is known."""

    owner: Owner = NOBODY
    why: str | None = None


class Guesser(NamedTuple):
    """What guesses are made from: requests by team of each key and project, and owners by team."""

    logged: Mapping[tuple[str, str], Mapping[str, int]]
    owners: Mapping[str, Owner]

    @classmethod
    def of(cls, registry: Registry, logged: Mapping[tuple[str, str], Mapping[str, int]]) -> Guesser:
        """Teams that own something, or that requests name, with what the rows of each agree on."""
        rows: dict[str, list[Owner]] = {}
        for row in registry.rows:
            if row.owner.team is not None:
                rows.setdefault(row.owner.team, []).append(row.owner)
        owners = {team: _agreed(team, found) for team, found in rows.items()}
        for teams in logged.values():
            for team in teams:
                owners.setdefault(team, Owner(team))
        return cls(logged, owners)

    def guess(self, kind: str | None, match: str | None, about: str | None) -> Guess:
        """A guess at the owner of an identifier that is called `about`."""
        if kind is None or match is None:
            return Guess()
        teams = self.logged.get(("api_key" if kind == "api_key" else "project", match.lower()), {})
        requests = sum(teams.values())
        for team, count in sorted(teams.items(), key=lambda each: -each[1])[:1]:
            if count > requests * _MAJORITY:
                share = f"{count / requests:.0%} of its {requests:,} logged requests"
                return Guess(self.owners[team], share)
        words = set(_WORD.split(f"{match} {about or ''}".lower()))
        named = [team for team in sorted(self.owners) if set(_WORD.split(team.lower())) <= words]
        if len(named) == 1:
            return Guess(self.owners[named[0]], "its name")
        return Guess()


def _agreed(team: str, rows: list[Owner]) -> Owner:
    """What all rows of a team say alike."""
    columns = [
        {value for value in column if value is not None} for column in zip(*rows, strict=True)
    ]
    _, *rest = (next(iter(found)) if len(found) == 1 else None for found in columns)
    return Owner(team, *rest)


def read_logged(ledger: Ledger, period: Period | None) -> dict[tuple[str, str], dict[str, int]]:
    """Requests in `period` by kind of identifier (api_key, project), identifier and the team they name."""
    days = "true"
    if period is not None:
        days = f"day >= date '{period.start}' and day < date '{period.end}'"
    found: dict[tuple[str, str], dict[str, int]] = {}
    with ledger.connect(["requests"]) as con:
        for kind, column in (("api_key", "api_key_id"), ("project", "project")):
            rows = query(
                con,
                f"select lower({column}), team, count(*) from requests where {days} "
                f"and {column} is not null and team <> '' group by all",
            )
            for match, team, count in rows:
                found.setdefault((kind, match), {})[team] = count
    return found
