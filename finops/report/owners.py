"""Owners as reports: what has none (`finops owners check`), and who owns what (`finops owners list`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finops.analysis.owners.check import BILL, REQUESTS
from finops.analysis.owners.registry import COLUMNS, OWNED_BY
from finops.report.model import Report, ReportColumn, Style
from finops.report.numbers import shown

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from finops.analysis.owners.check import OwnersCheck, Unowned
    from finops.analysis.owners.registry import OwnerRow, Registry
    from finops.model.period import Period
    from finops.report.model import Row

__all__ = ["check_report", "list_report", "proposal_report"]

_CHECK = (
    ReportColumn("side", "Side"),
    ReportColumn("kind", "Kind"),
    ReportColumn("match", "Match"),
    ReportColumn("about", "About", optional=True),
    ReportColumn("cost", "Cost", Style.MONEY),
    ReportColumn("share", "Share", Style.RATIO),
    ReportColumn("rows", "Rows", Style.COUNT, optional=True),
    ReportColumn("currency", "Currency", shown=False),
    ReportColumn("team", "Team?"),
    ReportColumn("why", "Because", optional=True),
)

_TAGS_NAMED = 6


def check_report(
    check: OwnersCheck,
    *,
    period: Period | None,
    limit: int | None = None,
    notes: Sequence[str] = (),
) -> Report:
    """What has no owner, dearest first on each side; `share` is of all cost of that side and currency."""
    rows = [_unowned_row(each, check) for each in check.unowned]
    hidden = len(rows) - len(rows[:limit])
    told = [f"{hidden} more rows are not shown."] if hidden else []
    currencies = {currency for _, currency in check.spent}
    return Report(
        schema="finops.owners-check/1",
        title="Without an owner",
        columns=_CHECK,
        rows=tuple(rows[:limit]),
        period=period,
        currency=currencies.pop() if len(currencies) == 1 else None,
        notes=(*notes, *told, *_check_notes(check)),
        extras={
            "totals_by_side": [
                {
                    "side": side,
                    "currency": currency,
                    "cost": cost,
                    "unowned": check.left(side, currency),
                }
                for (side, currency), cost in check.spent.items()
            ],
            "tag_coverage": [
                {
                    "tag": each.key,
                    "currency": each.currency,
                    "tagged": each.tagged,
                    "usage": each.usage,
                    "share": float(each.tagged / each.usage) if each.usage else None,
                }
                for each in check.coverage
            ],
        },
    )


def proposal_report(check: OwnersCheck, *, period: Period | None) -> Report:
    """Rows of owners.csv for everything without an owner, dearest first, each identifier once.

    Where nothing is known of whose it is, the row waits for its team.
    """
    found: dict[tuple[str, str], Row] = {}
    for each in sorted(check.unowned, key=lambda one: -one.cost):
        if each.kind is None or each.match is None:
            continue
        owner = each.guess.owner._asdict()
        row = {"from": "", "to": "", "kind": each.kind, "match": each.match}
        found.setdefault(
            (each.kind, each.match.lower()),
            {**row, **{name: owner[name] or "" for name in OWNED_BY}},
        )
    waiting = sum(not row["team"] for row in found.values())
    notes = [f"{waiting} of {len(found)} rows wait for a team: fill it in."] if waiting else []
    return Report(
        schema="finops.owners-proposal/1",
        title="Rows for owners.csv",
        columns=tuple(ReportColumn(name, name) for name in COLUMNS),
        rows=tuple(found.values()),
        period=period,
        notes=tuple(notes),
    )


def list_report(registry: Registry, *, on: date | None) -> Report:
    """The rows of owners.csv, those in force on `on` only when it is given."""
    rows = [row for row in registry.rows if on is None or row.holds_on(on)]
    title = "Owners" if on is None else f"Owners on {on}"
    notes = [] if rows else ["No row of owners.csv is in force."]
    if registry.file is None:
        notes = [
            "There is no owners.csv: `finops owners check --propose --format csv` writes one to start from."
        ]
    return Report(
        schema="finops.owners-list/1",
        title=title,
        columns=(
            *(ReportColumn(name, name.replace("_", " ").capitalize()) for name in COLUMNS),
            ReportColumn("line", "Line", Style.COUNT, optional=True),
        ),
        rows=tuple(_owner_row(row) for row in rows),
        notes=tuple(notes),
        extras={"file": registry.file},
    )


def _owner_row(row: OwnerRow) -> Row:
    first, last = type(row.starts).min, type(row.ends).max
    return {
        "from": None if row.starts == first else row.starts.isoformat(),
        "to": None if row.ends == last else row.ends.isoformat(),
        "kind": row.kind,
        "match": row.match,
        **row.owner._asdict(),
        "line": row.line,
    }


def _unowned_row(each: Unowned, check: OwnersCheck) -> Row:
    whole = check.spent.get((each.side, each.currency))
    return {
        "side": each.side,
        "kind": each.kind,
        "match": each.match,
        "about": each.about,
        "cost": each.cost,
        "share": float(each.cost / whole) if whole else None,
        "rows": each.rows,
        "currency": each.currency,
        "team": each.guess.owner.team,
        "why": each.guess.why,
    }


def _check_notes(check: OwnersCheck) -> list[str]:
    notes = []
    names = {BILL: "what was charged", REQUESTS: "the cost of requests"}
    for (side, currency), cost in check.spent.items():
        left = check.left(side, currency)
        share = f" ({float(left / cost):.1%})" if cost else ""
        notes.append(
            f"{shown(left, Style.MONEY)} of {shown(cost, Style.MONEY)} {currency}{share} of {names[side]} has "
            "no team."
        )
    tags = [
        f"{each.key} {float(each.tagged / each.usage):.1%}"
        for each in check.coverage[:_TAGS_NAMED]
        if each.usage
    ]
    if tags:
        notes.append(f"Tags by the usage that carries them: {', '.join(tags)}.")
    if check.unowned:
        notes.append(
            "`finops owners check --propose --format csv` writes the rows of owners.csv that settle this."
        )
    return [*notes, *check.notes]
