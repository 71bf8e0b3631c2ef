"""What the program starts with: where its ledger comes from, and how it is to look."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tui.views import HOME

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from finops.api.session import Session

__all__ = ["LAST", "Opening"]


@dataclass(frozen=True, slots=True)
class Opening:
    """How the program gets its ledger. Functions, because opening takes time and may fail."""

    open: Callable[[], Session]
    """The ledger and its settings; FinopsError when there are none."""
    demo: Callable[[], Session]
    """The sample company's ledger, loaded first where it is not there yet."""
    ledger: str | None = None
    """The ledger named on the command line, for copied commands."""
    view: str = HOME
    keys: Mapping[str, str] | None = None
    theme: str | None = None
    text: bool = False
    """Whether it is plain lines in one column, for a screen reader."""


LAST = "last"
"""The view it was left in, as the first one to open."""
