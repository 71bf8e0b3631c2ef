"""Asks every probe the catalog names, and scores a subject from what they answer and what people say."""

from __future__ import annotations

import difflib
from datetime import date, timedelta
from typing import TYPE_CHECKING

import duckdb

from finops.analysis.books import answering
from finops.errors import FinopsError, InputError
from finops.ledger.engine import query
from finops.model.problem import Problem
from finops.model.tables import TABLES
from finops.stopping import watch
from scorecard.answers import Answers, Subject, evidence_of
from scorecard.catalog import SubjectKind
from scorecard.evidence import Evidence, Finding, Outcome, measured
from scorecard.probes.base import Context, missing, unmet
from scorecard.probes.registry import load_probe
from scorecard.scoring import score

if TYPE_CHECKING:
    from collections.abc import Iterable

    from finops.config import Config
    from finops.ledger.store import Ledger
    from scorecard.catalog import Catalog, Check
    from scorecard.scoring import Score

__all__ = ["collect", "known", "newest_day", "run"]

_TABLES = ("costs", "requests", "gpu_samples", "jobs", "changes")
_BY_TEAM = ("requests", "jobs")


def run(
    catalog: Catalog,
    answers: Answers,
    ledger: Ledger | None,
    config: Config,
    *,
    as_of: date | None = None,
    others: Iterable[Evidence] = (),
) -> Score:
    """The score of the answers' subject.

    Ourselves and our teams are measured from `ledger` (None: not at all), a vendor is not: `others` is
    evidence from elsewhere. Without `as_of` it is the day after the newest thing known, so that asking
    again gives the same.
    """
    told = [piece.collected for piece in (*evidence_of(answers), *others) if piece.collected]
    newest = newest_day(ledger) if ledger is not None else None
    days = [day for day in (*told, newest) if day is not None]
    moment = as_of or (max(days) + timedelta(days=1) if days else date(1970, 1, 2))
    found: tuple[Evidence, ...] = ()
    if ledger is not None and answers.subject.kind is not SubjectKind.VENDOR:
        found = collect(catalog, answers.subject, ledger, config, as_of=moment)
    return score(catalog, answers, (*found, *others), as_of=moment)


def newest_day(ledger: Ledger) -> date | None:
    """The last day the ledger has measurements of; None when it holds nothing.

    Bills reach to the end of what they cover, which may be months ahead: they say nothing of today.
    """
    with answering(ledger, None).connect(["requests", "gpu_samples", "jobs", "costs"]) as con:
        ((day,),) = query(
            con,
            "select max(day) from (select max(day) as day from requests "
            "union all select max(day) from gpu_samples "
            "union all select max(cast(ended_at as date)) from jobs "
            "union all select max(cast(ChargePeriodStart as date)) from costs)",
        )
    found: date | None = day
    return found


def collect(
    catalog: Catalog, subject: Subject, ledger: Ledger, config: Config, *, as_of: date
) -> tuple[Evidence, ...]:
    """What every probe of `subject`'s checks answers about the days before `as_of`, in catalog order.

    Closed months are read from their books: charges, requests and samples as they were closed.
    """
    told = answering(ledger, None)
    with told.connect(_TABLES) as con:
        if subject.kind is SubjectKind.TEAM:
            _cut_down(con, told, subject.name)
        newest = newest_day(ledger)
        until = as_of if newest is None else min(as_of, newest + timedelta(days=1))
        context = Context(con, ledger, config, until, as_of, subject.name or None)
        return tuple(
            _measured(catalog, check, context)
            for check in catalog.checks(subject.kind)
            if check.probe is not None
        )


def _cut_down(con: duckdb.DuckDBPyConnection, ledger: Ledger, team: str) -> None:
    """Let `requests` and `jobs` on `con` hold one team's rows only."""
    name = team.replace("'", "''")
    for table in _BY_TEAM:
        sql = ledger.reading(TABLES[table].name).sql
        query(con, f"create or replace view {table} as select * from ({sql}) where team = '{name}'")


def _measured(catalog: Catalog, check: Check, context: Context) -> Evidence:
    category = catalog.category_of(check.id)
    return measured(
        check.id,
        check.probe or "",
        _ask(check, context),
        max_age_days=category.max_age_days if category is not None else 90,
        owner=context.settings.owner,
    )


def _ask(check: Check, context: Context) -> Finding:
    """The probe's answer; what goes wrong in asking is an answer too, so that one probe stops no other."""
    probe = load_probe(check.probe or "")
    if context.team is not None and not probe.by_team:
        return missing("measured for the company as a whole, not for one team")
    try:
        return unmet(context, probe.tables) or probe.ask(context, check.params)
    except (
        FinopsError,
        duckdb.Error,
        ArithmeticError,
        LookupError,
        TypeError,
        ValueError,
    ) as error:
        watch()
        words = " ".join(str(error).split()) or type(error).__name__
        return Finding(Outcome.ERROR, f"asking failed: {words}")


def known(catalog: Catalog, answers: Answers, name: str) -> Answers:
    """`answers` as they are; InputError when they speak of a check, category or field nobody asks about."""
    field_ids = [field.id for question in catalog.questions for field in question.fields]
    wrong = [
        *_strangers(name, "check", [a.check for a in answers.answers], _ids(catalog)),
        *_strangers(name, "claims", answers.claims, [c.id for c in catalog.categories]),
        *_strangers(name, "responses", answers.responses, field_ids),
    ]
    if wrong:
        raise InputError(f"{name} answers what is not asked", problems=wrong)
    return answers


def _ids(catalog: Catalog) -> list[str]:
    return [check.id for check in catalog.checks()]


def _strangers(name: str, column: str, used: Iterable[str], asked: list[str]) -> Iterable[Problem]:
    for each in used:
        if each not in asked:
            near = difflib.get_close_matches(each, asked, n=1)
            hint = f" (did you mean {near[0]}?)" if near else ""
            yield Problem(name, None, column, each, f"the catalog does not ask this{hint}")
