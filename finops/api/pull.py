"""What is new in every configured source, into the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypedDict

from finops.api.answer import Answer
from finops.api.keeping import keep_in_force
from finops.api.summing import roll_up_loads
from finops.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Unpack

    from connectors.pulling import SourceResult
    from finops.api.session import Session
    from finops.errors import FinopsError

__all__ = ["Again", "PulledSources", "pull"]


class Again(TypedDict, total=False):
    """Days to read again, whether they were read or not."""

    month: str | None
    since: str | None
    until: str | None
    last: str | None


@dataclass(frozen=True, slots=True)
class PulledSources(Answer["tuple[SourceResult, ...]"]):
    """What each source brought; a source that failed leaves the others alone."""

    summed: bool = True
    """Whether the roll-ups of the days are made; else the first question about them makes them."""

    @property
    def errors(self) -> tuple[FinopsError, ...]:
        """Why sources failed."""
        return tuple(each.error for each in self.value if each.error is not None)

    @property
    def replaced(self) -> tuple[str, ...]:
        """A sentence for each slice that was there before."""
        from finops.report.load import narration

        return tuple(
            line
            for result in self.value
            for _, load in result.loads
            for line in narration(load.stored.replaced, load.source)
        )

    @property
    def warnings(self) -> tuple[str, ...]:
        """Rows left out, and what connectors had to remark."""
        return tuple(line for result in self.value for line in _warnings(result))


def pull(
    session: Session,
    sources: Sequence[str] | None = None,
    *,
    dry_run: bool = False,
    keep_good: bool = False,
    progress: Callable[[str, int, int | None], None] | None = None,
    **again: Unpack[Again],
) -> PulledSources:
    """Pull what is new from `sources` of finops.toml (default: all); a ledger that is not there yet is made.

    `progress` is told what is fetched, and how many of how many bytes. UsageError when no source is
    configured, or none of that name; what goes wrong with a source is in `errors`.
    """
    from connectors.configured import configured
    from connectors.pulling import PullOptions
    from connectors.pulling import pull as pull_all
    from finops.model.period import parse_period
    from finops.report.pull import pull_report

    config = session.config
    if not config.sources:
        raise UsageError(
            "finops.toml names no sources",
            hint="add a [sources.NAME] table; `finops connectors list` shows what there is",
        )
    now = datetime.now(tz=UTC)
    window = parse_period(
        month=again.get("month"),
        since=again.get("since"),
        until=again.get("until"),
        last=again.get("last"),
        today=now.date(),
    )
    chosen = configured(config.sources, sources or ())
    options = PullOptions(now, window, dry_run, keep_good, config.attributes.allow, progress)
    ledger = session.to_write()
    results = tuple(pull_all(ledger, chosen, options))
    loads = [load for result in results for _, load in result.loads]
    summed = roll_up_loads(session, ledger, loads)
    if not dry_run:
        keep_in_force(session, ledger, loads)
    return PulledSources(results, pull_report(results, dry_run=dry_run), summed)


def _warnings(result: SourceResult) -> Iterator[str]:
    for _, load in result.loads:
        if load.rows_refused:
            yield f"{result.source}: {load.rows_refused:,} bad rows were left out"
    for note in result.notes:
        yield f"{result.source}: {note}"
