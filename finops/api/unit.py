"""What a request, a token, a response and a workflow run cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finops.api.answer import Answer
from finops.api.opening import resolve_period, split_dimensions

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Unpack

    from finops.analysis.economics import UnitEconomics
    from finops.api.opening import When
    from finops.api.session import Session

__all__ = ["unit"]


def unit(  # noqa: PLR0913  (one parameter for each option)
    session: Session,
    by: str | Sequence[str] | None = "workflow",
    *,
    where: str | None = None,
    include: str | Sequence[str] | None = None,
    currency: str | None = None,
    runs: bool = False,
    marginal: bool = False,
    rollups: bool = True,
    limit: int | None = None,
    **when: Unpack[When],
) -> Answer[UnitEconomics]:
    """Unit economics of a period, a row for each combination of the dimensions `by`.

    `include` counts further lines of the bill (credits, tax, support, corrections); `runs` also prices every
    run, `marginal` also tells what an added request costs. UsageError for what there is none of.
    """
    from finops.analysis.economics import Question, unit_economics
    from finops.analysis.vendor_counts import booked_counts
    from finops.ledger.store import one_version
    from finops.report.model import unknown
    from finops.report.unit import unit_report

    names, lines = split_dimensions(by), split_dimensions(include)
    with one_version():
        choice = resolve_period(session.ledger, **when)
        question = Question(
            period=choice.period,
            by=names,
            where=where,
            include=lines,
            currency=currency,
            use_rollups=rollups,
            run_costs=runs,
            marginal=marginal,
        )
        found = unit_economics(session.ledger, session.config, question)
        compared = booked_counts(session.ledger, session.config, choice.period)
    report = unit_report(found, limit=limit, notes=choice.notes, compared=compared)
    return Answer(found, report if choice.is_known else unknown(report))
