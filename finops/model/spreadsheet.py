"""What a spreadsheet may be told: text it would run as a formula is marked, and the mark taken off again.

A name or an answer that begins with `=`, `+`, `-`, `@` or a control character is a formula to Excel and
LibreOffice, and some formulas send data away or start programs. Such text is written with an apostrophe
before it, their own sign for "this is text". Text that already begins with apostrophes and such a character gets
one more, so that taking one off always gives back what was meant.
"""

from __future__ import annotations

import re

__all__ = ["neutral", "restored", "runs"]

_FORMULA = re.compile(r"^'*[=+\-@\t\r\n＝＋－＠].", re.DOTALL)  # noqa: RUF001  (full-width signs run too)
_NUMBER = re.compile(r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$")
_MARK = "'"


def runs(text: str) -> bool:
    """Whether a spreadsheet may run `text`, or it only looks so because it is marked; no number does."""
    return bool(_FORMULA.match(text)) and not _NUMBER.match(text)


def neutral(text: str) -> str:
    """`text` as it may stand in a cell."""
    return f"{_MARK}{text}" if runs(text) else text


def restored(text: str) -> str:
    """What `neutral` was given, of what it gave; text without a mark stays as it is."""
    return text[1:] if text.startswith(_MARK) and runs(text) else text
