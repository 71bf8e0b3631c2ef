"""Whether a question is about bills or about requests, told from the names it uses.

What bills know (any FOCUS column, a tag, pool, layer, owner) is asked of bills. A name that only the request log
knows (workflow, agent, tenant …) makes all of the question one about requests.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from finops.analysis.grain import DIMENSIONS, OWNED, filter_columns
from finops.analysis.pools import cost_columns
from finops.analysis.spend import DERIVED, RULED, resolve_dimensions
from finops.analysis.where import compile_where
from finops.errors import UsageError
from finops.model.basis import Of

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["whose"]


def whose(by: Iterable[str] = (), where: str | None = None) -> Of:
    """Bills where they know every name of `by` and `where`, else requests.

    UsageError, in the words of bills, for a name that neither knows.
    """
    bills = all(_bills_know(name) for name in by)
    if where is None:
        return Of.BILL if bills else Of.REQUESTS
    ruled = dict.fromkeys(RULED, "null")
    try:
        compile_where(where, {**cost_columns(), **DERIVED, **ruled})
    except UsageError as unknown:
        try:
            compile_where(where, {**filter_columns(), **dict.fromkeys(OWNED, "null")})
        except UsageError:
            raise unknown from None
        return Of.REQUESTS
    return Of.BILL if bills else Of.REQUESTS


def _bills_know(name: str) -> bool:
    """Whether a dimension is one of bills; UsageError when it is one of requests neither."""
    try:
        resolve_dimensions([name], ruled=dict.fromkeys(RULED, "null"))
    except UsageError:
        if name.casefold() in DIMENSIONS:
            return False
        raise
    return True
