"""Options that the scorecard's commands share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from finops.api.scorecard_place import Place

__all__ = [
    "AnswersOption",
    "AsOfOption",
    "CatalogOption",
    "NoHistoryOption",
    "StoreOption",
    "SubjectOption",
    "tell",
    "tell_written",
]

SubjectOption = Annotated[
    str,
    typer.Option(
        "--subject", metavar="self|team:NAME|vendor:NAME", help="Who is scored.", show_default=True
    ),
]
AnswersOption = Annotated[
    Path | None,
    typer.Option(
        "--answers", metavar="FILE", help="Answers (YAML) to use instead of the stored ones."
    ),
]
CatalogOption = Annotated[
    Path | None,
    typer.Option(
        "--catalog",
        metavar="FILE",
        help="Catalog (YAML) to score by. (default: scorecard.catalog of finops.toml, else ours)",
    ),
]
AsOfOption = Annotated[
    str | None,
    typer.Option(
        "--as-of",
        metavar="YYYY-MM-DD|today",
        help="Day to score for; what is older than evidence may be has expired by then. "
        "(default: the day after the newest data)",
    ),
]
StoreOption = Annotated[
    Path | None,
    typer.Option(
        "--store",
        metavar="FOLDER",
        help="Folder of answers and history. (default: _scorecard in the ledger)",
    ),
]
NoHistoryOption = Annotated[
    bool, typer.Option("--no-history", help="Do not write the result down.")
]


def tell(where: Place) -> None:
    """Say what the user of a scorecard should know of where things are."""
    from finops.cli.diagnostics import warn

    for line in where.warnings:
        warn(line)


def tell_written(written: bool | None) -> None:  # noqa: FBT001  (three answers: news, no news, not asked)
    """Say whether a score was news to the history; nothing where it was not written down."""
    from finops.cli.diagnostics import say

    if written is not None:
        say("Written down." if written else "The same as the last time; nothing is added.")
