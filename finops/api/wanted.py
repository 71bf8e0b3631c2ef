"""What is asked of one command whose numbers are explained: whose number, over which period, split by what."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from finops.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from finops.api.opening import When
    from finops.api.projecting import Option

__all__ = ["Wanted"]


class Wanted(NamedTuple):
    """What is asked of one command: whose number, over which period, split by what."""

    when: When
    row: str | None = None
    where: str | None = None
    by: str | Sequence[str] | None = None
    currency: str | None = None
    asked: Mapping[str, Option] = {}
    """Options of the command itself, where it has its own (`finops.api.asking`)."""
    arguments: Sequence[str] = ()
    include: str | Sequence[str] | None = None

    @property
    def month(self) -> str | None:
        """The one month asked about, of a command that takes nothing else; UsageError for another span."""
        other = [name for name, value in self.when.items() if value and name != "month"]
        if other:
            raise UsageError("this number is of a month", hint="name a --month")
        return self.when.get("month")

    def timeless(self, what: str) -> None:
        """UsageError where a period is asked about; `what` has none."""
        if any(self.when.values()):
            raise UsageError(f"{what} is of the newest data", hint="leave the period out")
