"""The identity of what a document says: a hash of its sections, whatever versions they were made from.

Two documents with one digest tell their reader the same; that is how a delivery knows that there is
nothing new.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from finops.report.document.model import Document

__all__ = ["content_digest"]


def content_digest(document: Document) -> str:
    """SHA-256 of everything but `facts`, in hexadecimal."""
    from finops.report.document.json_format import content_text

    return hashlib.sha256(content_text(document).encode()).hexdigest()
