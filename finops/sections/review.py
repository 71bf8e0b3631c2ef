"""`[review]`: where finished reviews go, in which formats, and who is told."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from finops.sections.base import Section

__all__ = ["Review"]


class Review(Section):
    """What `finops review --if-new` does when no option says otherwise."""

    to: str | None = Field(
        default=None,
        min_length=1,
        description="Folder (relative to this file) or object-store URL reviews are written to.",
    )
    formats: tuple[Literal["html", "xlsx", "pdf", "md", "json", "zip"], ...] = Field(
        default=("html", "xlsx"), min_length=1, description="Formats written, a file each."
    )
    webhook: Annotated[str, Field(pattern=r"^(env|file|keyring):.+")] | None = Field(
        default=None,
        description="Where the address of a webhook is that is told of a new review: env:NAME, file:PATH or "
        "keyring:SERVICE/USER.",
    )
    link: str | None = Field(
        default=None,
        pattern=r"^https?://",
        description="Address under which readers find the folder; the notice links below it.",
    )
