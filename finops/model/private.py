"""What identifies a person or opens a door, and the name it goes by in the ledger.

E-mail addresses and API keys get into tags, labels and free text of bills and logs. The ledger keeps a
pseudonym in their place, the same for the same address, so that grouping by a tag that names an owner
still works. Addresses of service accounts are no persons'.
"""

from __future__ import annotations

import hashlib
import re

__all__ = ["HINTS", "NOT_PERSONAL", "PATTERN", "mask"]

_EMAIL = r"[A-Za-z0-9._%+-]+@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}"
_KEYS = (
    r"\b[spr]k[-_][A-Za-z0-9_-]{16,}",
    r"\bAKIA[0-9A-Z]{16}",
    r"\bAIza[0-9A-Za-z_-]{30,}",
    r"\bgh[pousr]_[A-Za-z0-9]{20,}",
    r"\bxox[abp]-[A-Za-z0-9-]{10,}",
)

PATTERN = "|".join((_EMAIL, *_KEYS))
"""E-mail addresses and the keys of the large providers, in the syntax RE2 and Python share."""

HINTS = ("@", "k-", "k_", "AKIA", "AIza", "gh", "xox")
"""Text without any of these matches nothing: a test that costs little."""

NOT_PERSONAL = ".gserviceaccount.com"
"""End of addresses that are kept: accounts of programs."""

_FOUND = re.compile(PATTERN)


def mask(text: str) -> str:
    """`text` with each address and key replaced: `person-` or `key-` and twelve digits of its digest."""
    return _FOUND.sub(lambda found: _name(found[0]), text)


def _name(found: str) -> str:
    if found.lower().endswith(NOT_PERSONAL):
        return found
    digest = hashlib.md5(found.lower().encode(), usedforsecurity=False).hexdigest()[:12]
    return f"{'person' if '@' in found else 'key'}-{digest}"
