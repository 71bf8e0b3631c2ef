"""Whether a projection is worth a decision: only where its whole range says to change what is done now.

own or rent   rented, and owning saves at P10; owned, and owning loses at P90
small first   the low end of the saving is above zero, and the low end of quality is within what may be lost
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from finops.analysis.route.choice import Choice

__all__ = ["Decision", "own_or_rent", "small_first"]


class Decision(StrEnum):
    """What to do about a projection."""

    DECIDE = "worth a decision"
    """The whole range is in favour of another way than the one of now."""
    KEEP = "keep"
    """The whole range is in favour of the way of now."""
    UNSURE = "cannot be told"
    """The range reaches to both sides."""


def own_or_rent(low: float, high: float, *, is_owned: bool) -> Decision:
    """What an NPV of owning between `low` and `high` says of a pool that is owned, or rented."""
    if low > 0:
        return Decision.KEEP if is_owned else Decision.DECIDE
    if high <= 0:
        return Decision.DECIDE if is_owned else Decision.KEEP
    return Decision.UNSURE


def small_first(choice: Choice, max_quality_loss: float) -> Decision:
    """What held-out rows say of asking the small model first at the chosen threshold."""
    if choice.saving.high <= 0 or choice.quality_delta.high < -max_quality_loss:
        return Decision.KEEP
    if choice.saving.low > 0 and choice.quality_delta.low >= -max_quality_loss:
        return Decision.DECIDE
    return Decision.UNSURE
