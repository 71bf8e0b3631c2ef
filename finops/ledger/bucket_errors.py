"""What an object store answered when it refused, in one line: its client prints the whole exchange."""

from __future__ import annotations

import re

__all__ = ["status_of", "what_was_said"]

_STATUS = re.compile(r"status code: (\d{3})(?: ([A-Z][\w ]*\w))?")
"""In the words of the store's client, which keeps the status nowhere else."""
_CODE = re.compile(r"<Code>(\w+)</Code>")
_MESSAGE = re.compile(r"<Message>([^<]+)")
_LONGEST = 300


def status_of(error: Exception) -> str:
    """The HTTP status in `error`, as three digits; empty where it has none."""
    found = _STATUS.search(str(error))
    return found[1] if found else ""


def what_was_said(error: Exception) -> str:
    """`403 Forbidden, InvalidAccessKeyId: The AWS Access Key Id …`; else the first line of `error`."""
    text = str(error)
    found = _STATUS.search(text)
    if found is None:
        return (text.strip().splitlines() or [type(error).__name__])[0][:_LONGEST]
    said = " ".join(part for part in found.groups() if part)
    code, message = _CODE.search(text), _MESSAGE.search(text)
    if code is not None:
        said += f", {code[1]}"
    if message is not None:
        said += f": {' '.join(message[1].split())}"
    return said[:_LONGEST]
