"""What to do and what to know: the roadmap as report, checklist and issues; the catalog; the literacy check."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from finops.model.spreadsheet import neutral
from finops.report.model import Report, ReportColumn, Style
from finops.report.numbers import shown
from scorecard.scoring import Status

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scorecard.catalog import Catalog, SubjectKind
    from scorecard.roadmap import Step
    from scorecard.scoring import Score

__all__ = ["catalog_report", "checklist_report", "issues_csv", "plan_markdown", "plan_report"]

OVERLAP = "The same money may hang on several checks: amounts are not to be added."


def plan_report(steps: Sequence[Step], score: Score) -> Report:
    """A row per step, in the order they are worth doing."""
    currencies = {step.stakes.currency for step in steps if step.stakes is not None}
    return Report(
        schema="finops.scorecard-roadmap/1",
        title=f"Roadmap for {score.subject} from {score.as_of.isoformat()}",
        columns=(
            ReportColumn("phase", "Days", Style.COUNT),
            ReportColumn("due", "Due", shown=False),
            ReportColumn("check", "Check"),
            ReportColumn("category", "Category", shown=False),
            ReportColumn("level", "Level", Style.COUNT, optional=True),
            ReportColumn("status", "Status", shown=False),
            ReportColumn("action", "What to do", prose=True),
            ReportColumn("owner", "Owner", optional=True),
            ReportColumn("effort", "Effort"),
            ReportColumn("at_stake", "At stake a month", Style.MONEY),
            ReportColumn("at_stake_currency", "Currency", shown=False),
            ReportColumn("at_stake_about", "Of what", shown=False),
            ReportColumn("layer", "Layer", optional=True),
            ReportColumn("proof", "Proof", shown=False),
            ReportColumn("why", "Why", shown=False),
        ),
        rows=tuple(
            {
                "phase": step.phase,
                "due": step.due.isoformat(),
                "check": step.check,
                "category": step.category,
                "level": step.level,
                "status": str(step.status),
                "action": step.action,
                "owner": step.owner,
                "effort": str(step.effort),
                "at_stake": step.stakes.amount if step.stakes else None,
                "at_stake_currency": step.stakes.currency if step.stakes else None,
                "at_stake_about": step.stakes.about if step.stakes else None,
                "layer": step.layer,
                "proof": step.proof,
                "why": step.why,
            }
            for step in steps
        ),
        currency=currencies.pop() if len(currencies) == 1 else None,
        notes=(OVERLAP,),
    )


def plan_markdown(steps: Sequence[Step], score: Score) -> bytes:
    """A task list by phase, for a wiki or an issue."""
    lines = [f"# Roadmap for {score.subject}, from {score.as_of.isoformat()}", ""]
    for phase in sorted({step.phase for step in steps}):
        lines += [f"## Within {phase} days", ""]
        lines += [_task(step) for step in steps if step.phase == phase]
        lines.append("")
    lines.append(OVERLAP if steps else "Nothing is left to do.")
    return ("\n".join(lines) + "\n").encode()


def _task(step: Step) -> str:
    parts = [f"{step.effort} effort", step.owner, step.layer]
    if step.stakes is not None:
        money = shown(step.stakes.amount, Style.MONEY)
        parts.insert(0, f"{money} {step.stakes.currency} a month at stake: {step.stakes.about}")
    return (
        f"- [ ] **{step.check}** ({step.category}, level {step.level}): {step.action}\n"
        f"      {'; '.join(parts)}; due {step.due.isoformat()}. Done when: {step.proof}."
    )


def issues_csv(steps: Sequence[Step]) -> bytes:
    """A row per step with the columns issue trackers import."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(("Title", "Description", "Labels", "Assignee", "Due date", "Priority"))
    for number, step in enumerate(steps, start=1):
        money = (
            f"At stake a month: {shown(step.stakes.amount, Style.MONEY)} {step.stakes.currency} "
            f"({step.stakes.about}).\n"
            if step.stakes
            else ""
        )
        description = f"{step.action}\n{money}Now: {step.why}.\nDone when: {step.proof}."
        labels = ", ".join(("scorecard", step.category, step.layer, f"effort {step.effort}"))
        cells = (
            f"{step.check}: {step.action.partition('.')[0]}",
            *(description, labels, step.owner, step.due.isoformat(), str(number)),
        )
        writer.writerow([neutral(cell) for cell in cells])
    return text.getvalue().encode("utf-8")


def checklist_report(score: Score, catalog: Catalog) -> Report:
    """Nine layers and eight concepts: what one should be able to answer, and what our own numbers say."""
    results = {check.check: check for each in score.categories for check in each.checks}
    rows = []
    for concept in catalog.concepts:
        told = [results[name] for name in concept.checks if name in results]
        known = [check for check in told if check.status in {Status.PASS, Status.FAIL}]
        rows.append(
            {
                "group": concept.group,
                "concept": concept.title,
                "ask": concept.ask,
                "ours": "; ".join(check.reason for check in known) or None,
                "known": f"{len(known)} of {len(told)}",
                "command": concept.command,
            }
        )
    return Report(
        schema="finops.scorecard-checklist/1",
        title=f"What {score.subject} should be able to answer, as of {score.as_of.isoformat()}",
        columns=(
            ReportColumn("group", "Kind", optional=True),
            ReportColumn("concept", "Concept"),
            ReportColumn("ask", "Can you answer", prose=True),
            ReportColumn("ours", "Our numbers", prose=True),
            ReportColumn("known", "Known"),
            ReportColumn("command", "See", prose=True, optional=True),
        ),
        rows=tuple(rows),
        notes=("(none): the ledger says nothing about it yet; the command shows what is missing.",),
    )


def catalog_report(catalog: Catalog, subject: SubjectKind) -> Report:
    """Every check asked of a kind of subject, with its level, probe, remediation and NIST subcategories."""
    rows = []
    for check in catalog.checks(subject):
        category = catalog.category_of(check.id)
        rows.append(
            {
                "category": category.id if category else None,
                "level": check.level,
                "check": check.id,
                "kind": str(check.kind),
                "statement": check.statement,
                "probe": check.probe,
                "remediation": check.remediation,
                "effort": str(check.effort),
                "layer": str(check.layer),
                "owner": check.owner,
                "nist": ", ".join(check.nist) or None,
            }
        )
    return Report(
        schema="finops.scorecard-catalog/1",
        title=f"{catalog.title}, {catalog.id}/{catalog.version}",
        columns=(
            ReportColumn("category", "Category"),
            ReportColumn("level", "Level", Style.COUNT),
            ReportColumn("check", "Check"),
            ReportColumn("kind", "Kind", optional=True),
            ReportColumn("statement", "Statement", prose=True),
            ReportColumn("probe", "Probe", shown=False),
            ReportColumn("remediation", "Remediation", shown=False),
            ReportColumn("effort", "Effort", optional=True),
            ReportColumn("layer", "Layer", optional=True),
            ReportColumn("owner", "Owner", shown=False),
            ReportColumn("nist", "NIST AI RMF", optional=True),
        ),
        rows=tuple(rows),
        extras={"id": catalog.id, "version": catalog.version, "sha256": catalog.sha256},
    )
