"""Sixteen points from evidence: measured, written down, compared, held against a policy, planned for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from finops.api.answer import Answer
from finops.api.scorecard_place import latest, measure, place
from finops.errors import GateFailed, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from decimal import Decimal
    from pathlib import Path
    from typing import Unpack

    from finops.api.scorecard_place import Place, Whom
    from finops.api.session import Session
    from finops.report.model import Report
    from scorecard.catalog import Catalog
    from scorecard.gate import Policy, Rule  # noqa: F401
    from scorecard.history import Record
    from scorecard.roadmap import Step  # noqa: F401
    from scorecard.scoring import Score

__all__ = [
    "Gated",
    "ListedCatalog",
    "Measured",
    "PlannedSteps",
    "Recorded",
    "Scorecard",
    "write_down",
]


@dataclass(frozen=True, slots=True)
class Measured(Answer["Score"]):
    """A score; `written` says whether it was news to the history, None where it was not written down."""

    where: Place
    written: bool | None = None

    def badge(self) -> bytes:
        """A badge with the points (SVG)."""
        from finops.report.badge import badge_svg

        return badge_svg(self.value)


@dataclass(frozen=True, slots=True)
class Recorded(Answer["tuple[Record, ...]"]):
    """Scores written down, the oldest first."""

    where: Place


@dataclass(frozen=True, slots=True)
class Gated(Answer["tuple[Rule, ...]"]):
    """What was demanded of a score, and what of it is met."""

    score: Score
    where: Place
    answers: str

    def require(self) -> None:
        """GateFailed when a demand is not met."""
        broken = [rule for rule in self.value if not rule.met]
        if broken:
            raise GateFailed(
                f"{len(broken)} of {len(self.value)} demands are not met: "
                + ", ".join(rule.id for rule in broken),
                hint="finops scorecard roadmap says what to do about it",
            )

    def sarif(self) -> bytes:
        """For code scanning."""
        from finops.report.scorecard_gate import sarif

        return sarif(self.score, self.value, self.where.catalog, place=self.answers)

    def junit(self) -> bytes:
        """JUnit XML."""
        from finops.report.scorecard_gate import junit

        return junit(self.score, self.value)


@dataclass(frozen=True, slots=True)
class PlannedSteps(Answer["tuple[Step, ...]"]):
    """What to do in 30, 60 and 90 days."""

    score: Score
    where: Place

    def tasks(self) -> bytes:
        """A Markdown task list."""
        from finops.report.scorecard_plan import plan_markdown

        return plan_markdown(self.value, self.score)

    def issues(self) -> bytes:
        """A CSV that issue trackers import."""
        from finops.report.scorecard_plan import issues_csv

        return issues_csv(self.value)


@dataclass(frozen=True, slots=True)
class ListedCatalog(Answer["Catalog"]):
    """Every check that is asked."""

    by: str | None = None

    def yaml(self) -> bytes:
        """The catalog itself, to start one's own from."""
        from scorecard.catalog import catalog_source

        return catalog_source(self.by)


@dataclass(frozen=True, slots=True)
class Scorecard:
    """Questions about the score. Each method is the command of its name."""

    session: Session

    def place(self, **whom: Unpack[Whom]) -> Place:
        """Who is scored by what, and where answers and history are kept."""
        return place(self.session, **whom)

    def run(
        self,
        *,
        answers: str | Path | None = None,
        as_of: str | date | None = None,
        no_history: bool = False,
        **whom: Unpack[Whom],
    ) -> Measured:
        """Ask every probe, add what people answered, and write the score down.

        `answers` is a YAML file to use instead of the stored ones; `as_of` by default the day after the newest
        data.
        """
        from finops.report.scorecard import score_report

        where = self.place(**whom)
        found = measure(where, answers, as_of)
        written = None if no_history else write_down(where, found)
        return Measured(found, score_report(found, where.catalog), where, written)

    def show(
        self,
        *,
        as_of: str | date | None = None,
        category: str | None = None,
        checks: bool = False,
        unknown: bool = False,
        **whom: Unpack[Whom],
    ) -> Measured:
        """The last score written down, or its checks with their evidence; UsageError when there is none."""
        where = self.place(**whom)
        found = latest(where, as_of).score
        report = _shown(found, where.catalog, category, checks=checks, unknown=unknown)
        return Measured(found, report, where)

    def history(self, **whom: Unpack[Whom]) -> Recorded:
        """Every score written down, and how they moved; UsageError when there is none."""
        from finops.report.scorecard_time import history_report
        from scorecard.history import read_history

        where = self.place(**whom)
        latest(where)
        records = tuple(read_history(where.history_file))
        return Recorded(records, history_report(records), where)

    def diff(
        self,
        since: str | date | None = None,
        until: str | date | None = None,
        **whom: Unpack[Whom],
    ) -> Recorded:
        """What changed between two scores written down: the last about each day or before, else the last two."""
        from finops.report.scorecard_time import diff_report

        where = self.place(**whom)
        after = latest(where, until)
        before = _previous(where, after) if since is None else latest(where, since)
        return Recorded((before, after), diff_report(before, after), where)

    def gate(  # noqa: PLR0913  (one parameter for each option)
        self,
        *,
        minimum: Decimal | str | float | None = None,
        min_level: Sequence[str] = (),
        no_regression: bool = False,
        max_unknown: int | None = None,
        red_flags: bool = False,
        sovereign: bool = False,
        answers: str | Path | None = None,
        as_of: str | date | None = None,
        **whom: Unpack[Whom],
    ) -> Gated:
        """Measure the score and hold it against a policy; nothing is written down, and unknown counts as false.

        `min_level` is written "category=level". UsageError when nothing is demanded.
        """
        from finops.report.scorecard_gate import gate_report
        from scorecard.gate import Policy, gate, parse_levels

        where = self.place(**whom)
        levels = parse_levels(min_level, where.catalog)
        policy = Policy(_points(minimum), levels, no_regression, max_unknown, red_flags, sovereign)
        _demands_something(policy)
        found = measure(where, answers, as_of)
        rules = tuple(gate(found, policy, _before(where, found) if no_regression else None))
        said = where.answers_file if answers is None else answers
        return Gated(rules, gate_report(found, rules), found, where, _name(said))

    def roadmap(
        self,
        *,
        answers: str | Path | None = None,
        as_of: str | date | None = None,
        **whom: Unpack[Whom],
    ) -> PlannedSteps:
        """What to do about the gaps in 30, 60 and 90 days, by money at stake for the effort."""
        from finops.report.scorecard_plan import plan_report
        from scorecard.roadmap import roadmap

        where = self.place(**whom)
        found = measure(where, answers, as_of)
        steps = tuple(roadmap(found, where.catalog))
        return PlannedSteps(steps, plan_report(steps, found), found, where)

    def checklist(
        self,
        *,
        answers: str | Path | None = None,
        as_of: str | date | None = None,
        **whom: Unpack[Whom],
    ) -> Measured:
        """Nine layers and eight concepts to know, with one's own numbers."""
        from finops.report.scorecard_plan import checklist_report

        where = self.place(**whom)
        found = measure(where, answers, as_of)
        return Measured(found, checklist_report(found, where.catalog), where)

    def catalog(self, subject: str = "self", *, catalog: str | Path | None = None) -> ListedCatalog:
        """Every check a subject (self, team, vendor) is asked; needs no ledger."""
        from finops.report.scorecard_plan import catalog_report
        from scorecard.answers import parse_subject
        from scorecard.catalog import load_catalog

        chosen = self.session.config.scorecard.catalog if catalog is None else str(catalog)
        whole = subject if ":" in subject or subject == "self" else f"{subject}:any"
        found = load_catalog(chosen)
        return ListedCatalog(found, catalog_report(found, parse_subject(whole).kind), chosen)


def write_down(where: Place, score: Score) -> bool:
    """Add `score` to the subject's history; False when it is the same as the last one."""
    from scorecard.history import Record, append

    return append(where.history_file, Record(datetime.now(tz=UTC), score))


def _name(path: str | Path) -> str:
    from pathlib import Path

    return Path(path).name


def _previous(where: Place, after: Record) -> Record:
    from scorecard.history import read_history

    records = read_history(where.history_file)
    at = records.index(after)
    if at == 0:
        raise UsageError(
            f"there is one score of {where.subject}, and nothing to compare it with",
            hint="run finops scorecard run again when something has changed",
        )
    return records[at - 1]


def _shown(
    found: Score, catalog: Catalog, category: str | None, *, checks: bool, unknown: bool
) -> Report:
    from finops.report.scorecard import checks_report, score_report

    if category is None and not checks and not unknown:
        return score_report(found, catalog)
    names = tuple(category.split(",")) if category is not None else ()
    known = [each.id for each in found.categories]
    for name in names:
        if name not in known:
            raise UsageError(
                f"there is no category {name!r}", hint=f"choose among {', '.join(known)}"
            )
    report = checks_report(found, catalog, categories=names)
    if unknown:
        rows = tuple(row for row in report.rows if row["check"] in found.unknown)
        report = replace(report, rows=rows)
    return report


def _points(given: Decimal | str | float | None) -> Decimal | None:
    from decimal import Decimal, InvalidOperation

    if given is None:
        return None
    try:
        found = Decimal(str(given))
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite() or found < 0:
        raise UsageError(f"--min {given!r} is no number of points", hint="--min 10")
    return found


def _demands_something(policy: Policy) -> None:
    if policy == type(policy)(red_flags=False):
        raise UsageError(
            "nothing is demanded",
            hint="for example --min 10 --min-level cost_model=1 --no-regression --max-unknown 2",
        )


def _before(where: Place, found: Score) -> Score | None:
    """The last score written down that is not the same as `found`."""
    from scorecard.history import plain, read_history

    now = plain(found)
    for record in reversed(read_history(where.history_file)):
        if plain(record.score) != now:
            return record.score
    return None
