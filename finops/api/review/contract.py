"""What a section of the review must say about itself, on one page.

A section is a module that holds a `SectionKind` and registers it under the entry-point group
`finops.review`. It asks `Facts`, and answers with a `Section`; where what it is about does not exist (no
score was ever written down, no budget is set) with `Omitted`, which says what would bring it. It computes
nothing that `finops.analysis` should, and writes no number into a sentence that stands nowhere else in the
document.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from finops.api.review.facts import Facts
    from finops.report.document import Omitted, Section

__all__ = ["SectionKind"]


class SectionKind(NamedTuple):
    """One section: where it stands among the others, and what makes it."""

    place: int
    name: str
    title: str
    build: Callable[[Facts], Section | Omitted]
