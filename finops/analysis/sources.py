"""The relations a question is measured on, and how its dimensions are written into a statement."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from finops.analysis.grain import Dimension

__all__ = ["RUN_TOKENS", "Sources", "blanks", "counted_cells", "keys", "names", "only", "span"]


RUN_TOKENS = "run_tokens"
"""Name of the table that decides what each run costs."""


class Sources(NamedTuple):
    """Relations on the connection: cells, histograms and runs of one grain, and what of them counts.

    `counted` is a filter on the cells' columns; the relations may hold more days than `[start, end)`.
    `ends` has every day of every run, filtered or not, and days after `end`.
    """

    cells: str
    latency: str
    runs: str
    ends: str
    counted: str
    start: date
    end: date


def only(sources: Sources, condition: str) -> Sources:
    """What of `sources` meets a condition on the cells' columns."""
    return sources._replace(counted=f"({sources.counted}) and {condition}")


def counted_cells(sources: Sources) -> str:
    """The cells that count, as a relation in brackets."""
    return (
        f"(select * from {sources.cells} where day >= date '{sources.start}' "
        f"and day < date '{sources.end}' and ({sources.counted}))"
    )


def keys(by: Sequence[Dimension]) -> str:
    """`sql as k0, …, ` for the dimensions of `by`."""
    return "".join(f"{dimension.sql} as k{place}, " for place, dimension in enumerate(by))


def names(by: Sequence[Dimension]) -> str:
    """`k0, …, `."""
    return "".join(f"k{place}, " for place in range(len(by)))


def blanks(by: Sequence[Dimension]) -> str:
    """`null as k0, …, `: the row of everything."""
    return "".join(f"null as k{place}, " for place in range(len(by)))


def span(sources: Sources) -> dict[str, str]:
    """The days asked about as dates of SQL, `stop` not included."""
    return {"start": f"date '{sources.start}'", "stop": f"date '{sources.end}'"}
