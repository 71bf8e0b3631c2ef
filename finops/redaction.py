"""Secrets in use, and text without them.

Whoever resolves a secret names it here; whatever is then written about a source (errors, narration,
tracebacks, logs) passes through `redact`. Only the standard library is needed, so that the writer of
stderr can ask without loading anything.
"""

from __future__ import annotations

__all__ = ["SHOWN", "protect", "redact"]

SHOWN = "[secret]"
"""What stands where a secret stood."""

_SHORTEST = 4
"""A shorter text is no secret, and replacing it everywhere would hide words."""

_protected: set[str] = set()


def protect(secret: str) -> None:
    """Never show `secret`, nor the forms it takes in URLs and in basic authentication."""
    import base64
    from urllib.parse import quote, quote_plus

    text = secret.strip()
    if len(text) < _SHORTEST:
        return
    plain = base64.b64encode(text.encode()).decode()
    _protected.update({text, quote(text), quote(text, safe=""), quote_plus(text), plain})


def redact(text: str) -> str:
    """`text` with every protected secret replaced, the longest first."""
    for secret in sorted(_protected, key=len, reverse=True):
        text = text.replace(secret, SHOWN)
    return text
