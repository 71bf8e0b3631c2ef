"""What sections are put together from: two months side by side, figures with what they are held against."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from finops.model.money import ZERO, divide, subtract, total
from finops.report.document import Against, Figure, Name, Number, say
from finops.report.model import Report, ReportColumn, Style

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from finops.model.period import Period
    from finops.report.document import Sentence
    from finops.report.document.model import Amount
    from finops.report.model import Row

__all__ = ["Compared", "Line", "Months", "against_last", "change_of", "compared", "moved", "narrow"]


_LEAST = Decimal("0.000001")
"""Less than this is what roundings leave: a multiple of it is no change."""


class Months(NamedTuple):
    """The month reviewed and the one before it, None where there is none."""

    now: Period
    before: Period | None


def change_of(now: Decimal | None, before: Decimal | None) -> Decimal | None:
    """How much more `now` is than `before`, relative to it; None where that says nothing."""
    if now is None or before is None or before < _LEAST:
        return None
    return divide(subtract(now, before), before)


def against_last(
    figure: Figure, before: Amount | None, months: Months, *, relative: bool = True
) -> Figure:
    """`figure` held against its value of the month before, where there is such a month.

    `relative` says by how much of it the figure is more; shares are only put side by side.
    """
    if months.before is None:
        return figure
    change = _change(figure.value, before) if relative else None
    last = Against("last_month", months.before.label, before, change)
    return replace(figure, against=(last, *figure.against))


def _change(now: Amount | None, before: Amount | None) -> Decimal | None:
    if now is None or before is None:
        return None
    return change_of(Decimal(str(now)), Decimal(str(before)))


class Line(NamedTuple):
    """One name's cost this month and last, and how they differ; None where there is no month before."""

    name: str | None
    cost: Decimal
    share: Decimal | None
    before: Decimal | None
    difference: Decimal | None
    change: Decimal | None


class Compared(NamedTuple):
    """Two months side by side, dearest first, and their sums."""

    lines: tuple[Line, ...]
    total: Line
    months: Months

    def line(self, name: str | None) -> Line | None:
        """The line of `name`; None when neither month has one."""
        return next((each for each in self.lines if each.name == name), None)

    def report(self, title: str, head: tuple[str, str], currency: str, *, schema: str) -> Report:
        """As a table; `head` is the name and title of the first column."""
        name, heading = head
        has_before = self.months.before is not None
        previous = self.months.before.label if self.months.before else "Month before"
        return Report(
            schema=schema,
            title=title,
            columns=(
                ReportColumn(name, heading),
                ReportColumn("cost", self.months.now.label, Style.MONEY),
                ReportColumn("share", "Share", Style.RATIO),
                ReportColumn("before", previous, Style.MONEY, shown=has_before),
                ReportColumn("difference", "Difference", Style.MONEY, shown=has_before),
                ReportColumn("change", "Change", Style.RATIO, shown=has_before),
            ),
            rows=tuple(_row(name, line) for line in self.lines),
            currency=currency,
            totals=_row(name, self.total),
            period=self.months.now,
        )


def _row(name: str, line: Line) -> Row:
    rest = line._asdict()
    return {name: rest.pop("name"), **rest}


def compared(
    now: Mapping[str | None, Decimal], before: Mapping[str | None, Decimal], months: Months
) -> Compared:
    """`now` beside `before`, which is not read where there is no month before."""
    names = dict.fromkeys((*now, *before))
    whole = total(now.values())
    ordered = sorted(names, key=lambda each: (-now.get(each, ZERO), str(each)))
    lines = tuple(
        _line(each, now.get(each, ZERO), before.get(each, ZERO), whole, months) for each in ordered
    )
    return Compared(lines, _line(None, whole, total(before.values()), whole, months), months)


def _line(name: str | None, now: Decimal, before: Decimal, whole: Decimal, months: Months) -> Line:
    share = divide(now, whole) if whole else None
    if months.before is None:
        return Line(name, now, share, None, None, None)
    return Line(name, now, share, before, subtract(now, before), change_of(now, before))


def narrow(
    report: Report,
    names: Sequence[str],
    *,
    title: str | None = None,
    titles: Mapping[str, str] | None = None,
) -> Report:
    """`report` with the columns `names` alone, in that order, as a page has room for; notes go.

    `titles` renames columns for people.
    """
    columns = {column.name: column for column in report.columns}
    heads = titles or {}
    chosen = tuple(
        replace(
            columns[name], shown=True, optional=False, title=heads.get(name, columns[name].title)
        )
        for name in names
        if name in columns
    )
    kept = [column.name for column in chosen]

    def cut(row: Row) -> Row:
        return {name: row.get(name) for name in kept}

    return replace(
        report,
        title=report.title if title is None else title,
        columns=chosen,
        rows=tuple(cut(row) for row in report.rows),
        totals=None if report.totals is None else cut(report.totals),
        notes=(),
        extras={},
    )


def moved(what: str | tuple[str | Name, ...], line: Line, months: Months, unit: str) -> Sentence:
    """`what` (`Effective cost was `) so much, so much more or less than the month before."""
    subject = (what,) if isinstance(what, str) else what
    cost = Number(line.cost, unit=unit)
    if months.before is None or line.difference is None:
        return say(*subject, cost, "; the month before is not in the ledger.")
    last = Name(months.before.label)
    if not line.difference:
        return say(*subject, cost, ", as in ", last, ".")
    word = "more" if line.difference > 0 else "less"
    share = () if line.change is None else (" (", Number(line.change, Style.RATIO, size=True), ")")
    difference = Number(line.difference, unit=unit, size=True)
    return say(*subject, cost, ", ", difference, *share, f" {word} than in ", last, ".")
