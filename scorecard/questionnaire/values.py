"""One answer between people and programs: text as it is typed, in several languages, and the value it means.

What can be read in two ways is not read: `1,250` is a thousand to some and one and a quarter to others.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Protocol, TypeAlias

from scorecard.catalog import FieldKind

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Blank", "Value", "is_not_applicable", "parse_value", "value_text"]

Value: TypeAlias = "bool | Decimal | date | str"
"""yes or no, a number or percent (12 % is 12), a day, or text."""


class Blank(Protocol):
    """What is to be filled in: a field of a question, or an item of a questionnaire."""

    @property
    def kind(self) -> FieldKind:
        """The kind of answer."""

    @property
    def unit(self) -> str:
        """The unit of a number; empty for none."""

    @property
    def choices(self) -> tuple[str, ...]:
        """What can be chosen, where it is a choice."""


YES = frozenset(
    {
        "yes",
        "y",
        "true",
        "ja",
        "oui",
        "si",
        "sì",
        "sí",
        "sim",
        "tak",
        "kyllä",
        "はい",
        "是",
        "예",
        "✓",
        "✔",
    }
)
NO = frozenset(
    {
        "no",
        "n",
        "false",
        "nein",
        "nee",
        "nej",
        "non",
        "não",
        "nie",
        "ei",
        "いいえ",
        "否",
        "아니요",
        "✗",
        "✘",
    }
)
"""Yes and no in the languages questionnaires come back in; a column map teaches others."""

_NOT_APPLICABLE = frozenset(
    {"n/a", "n.a.", "na", "not applicable", "entfällt", "nicht zutreffend", "sans objet"}
    | {"non applicable", "no aplica", "não se aplica", "non applicabile", "nvt", "不適用", "不适用"}
)

_NUMBER = re.compile(r"^([+-]?)(\d+(?:[.,' \u00a0\u202f]\d+)*)\s*(.*)$")
_LONGEST = 12
"""Digits of a number; an answer has no more."""


def is_not_applicable(text: str) -> bool:
    """Whether `text` says that the question does not arise, in any of a few languages."""
    return text.strip().casefold() in _NOT_APPLICABLE


def parse_value(item: Blank, text: str, words: Mapping[str, str] | None = None) -> Value:
    """What `text` means as the answer to `item`; ValueError says what is wrong with it.

    `words` translates whole answers first (a column map brings it).
    """
    said = text.strip()
    said = (words or {}).get(said.casefold(), said)
    if item.kind is FieldKind.TEXT:
        return said
    if item.kind is FieldKind.YES_NO:
        return _yes_no(said)
    if item.kind is FieldKind.CHOICE:
        return _choice(item, said)
    if item.kind is FieldKind.DATE:
        return _date(said)
    return _number(item, said)


def value_text(value: Value) -> str:
    """`value` as it would be typed."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value.isoformat() if isinstance(value, date) else value


def _yes_no(said: str) -> bool:
    word = said.casefold()
    if word in YES:
        return True
    if word in NO:
        return False
    raise ValueError("is neither yes nor no")


def _choice(item: Blank, said: str) -> str:
    for choice in item.choices:
        if choice.casefold() == said.casefold():
            return choice
    raise ValueError(f"is none of: {', '.join(item.choices)}")


def _date(said: str) -> date:
    try:
        return date.fromisoformat(re.split(r"[ T]", said, maxsplit=1)[0])
    except ValueError:
        raise ValueError("is not a date: write 2026-10-31") from None


def _number(item: Blank, said: str) -> Decimal:
    found = _NUMBER.match(said)
    if found is None:
        raise ValueError("is not a number")
    sign, digits, unit = found[1], found[2], found[3].strip().casefold()
    known = {item.unit.casefold(), ""} | (
        {"%", "percent"} if item.kind is FieldKind.PERCENT else set()
    )
    if unit not in known:
        raise ValueError(f"is in {unit!r}, and asked in {item.unit or 'no unit'}")
    number = Decimal(f"{sign}{_plain_digits(digits)}")
    if len(number.as_tuple().digits) > _LONGEST * 2 or abs(number.adjusted()) > _LONGEST:
        raise ValueError("has more digits than any answer")
    if item.kind is FieldKind.PERCENT and not 0 <= number <= 100:  # noqa: PLR2004  (percent)
        raise ValueError("is no percentage: 0 to 100")
    return number


def _plain_digits(text: str) -> str:
    """`1 250`, `1'250.5`, `12,5` with a point and nothing between; ValueError where it reads two ways."""
    spaced = re.sub(r"[' \u00a0\u202f]", "", text)
    points, commas = spaced.count("."), spaced.count(",")
    if commas == 0 and points <= 1:
        return spaced
    if points and commas:
        mark = max(".", ",", key=spaced.rfind)
        other = "," if mark == "." else "."
        if spaced.count(mark) == 1:
            return spaced.replace(other, "").replace(mark, ".")
    elif commas == 1 and not re.fullmatch(r"\d{1,3},\d{3}", spaced):
        return spaced.replace(",", ".")
    elif commas > 1 and re.fullmatch(r"\d{1,3}(,\d{3})+", spaced):
        return spaced.replace(",", "")
    elif points > 1 and re.fullmatch(r"\d{1,3}(\.\d{3})+", spaced):
        return spaced.replace(".", "")
    raise ValueError("can be read in two ways: write it with a decimal point and nothing else")
