"""Where a number comes from: formula, rates with their sources, products, sum and quotient."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finops.api.answer import Answer
from finops.api.opening import resolve_period, split_dimensions
from finops.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Unpack

    from finops.analysis.explanation import Explanation
    from finops.api.opening import When
    from finops.api.projecting import Option
    from finops.api.session import Session

__all__ = ["explain"]


def explain(  # noqa: PLR0913  (one parameter for each option)
    session: Session,
    number: str = "cost_per_1k_requests",
    row: str | None = None,
    *,
    by: str | Sequence[str] | None = None,
    where: str | None = None,
    include: str | Sequence[str] | None = None,
    currency: str | None = None,
    asked: Mapping[str, Option] | None = None,
    arguments: Sequence[str] = (),
    **when: Unpack[When],
) -> Answer[Explanation]:
    """How `number` is made: one of `unit`, or a command and its number ("capacity.idle_hours").

    `row` names whose number of a command with rows it is ("budget", "gpu-team": all numbers of that budget), and
    `by` what the rows are split by; `where` is a condition instead, or with a row what the command itself is asked
    about. `asked` are options of a command that has its own, by their names ("breakeven.npv", "own",
    asked={"scenario": "fog.yaml"}), `arguments` what else it is given. UsageError for a number there is none of.
    """
    from finops.analysis.economics import Question
    from finops.analysis.explain import explain as explain_number
    from finops.api.asking import ASKED, BESIDE, basis_of, said
    from finops.api.explaining import explain_rows
    from finops.api.wanted import Wanted
    from finops.report.explain import explain_report

    wanted = Wanted(when, row, where, by, currency, asked or {}, arguments, include)
    found = explain_rows(session, number, wanted)
    if found is not None:
        return Answer(found, explain_report(found))
    command = number.rpartition(".")[0]
    told = said(asked or {}, BESIDE[command], command) if command in BESIDE else {}
    if (asked or arguments) and command not in {*ASKED, *BESIDE}:
        odd = next(iter(asked or arguments))
        raise UsageError(
            f"{number!r} is of no command with options of its own: {odd}",
            hint=f"they are of {', '.join((*ASKED, *BESIDE))}",
        )
    if row is not None or by is not None:
        raise UsageError(
            f"{number!r} is of no command whose rows have names",
            hint="leave it out, and choose whose number with --where",
        )
    lines = split_dimensions(include)
    choice = resolve_period(session.ledger, **when)
    question = Question(choice.period, where=where, include=lines, currency=currency)
    basis = basis_of(told)
    if basis is not None:
        from finops.analysis.explain_spend import explain_amount

        amount = number.rpartition(".")[2]
        found = explain_amount(session.ledger, session.config, question, amount, basis)
        found = found._replace(number=number)
    else:
        found = explain_number(session.ledger, session.config, question, number)
    return Answer(found, explain_report(found, notes=choice.notes))
