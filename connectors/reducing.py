"""What may pass of a log before anything is written down: named fields, figures and names, never prose.

Sources answer with whatever callers put into their logs. Connectors of request logs rebuild each record from these
pieces, so that prompts, answers, tool arguments and error messages end in memory. A name is one line of at most
200 characters without an e-mail address; a code is a word without spaces, at most 100 characters long.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from connectors.formats.requests.fields import LABELS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["codes", "figures", "is_name", "named", "scalars"]

_LONGEST = 200
_CODE = re.compile(r"[A-Za-z0-9_.:/-]{1,100}")
_SCALARS = (str, int, float, bool, Decimal)


def scalars(given: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """The fields `names` that are there and hold no object and no list."""
    return {name: given[name] for name in names if isinstance(given.get(name), _SCALARS)}


def is_name(value: object) -> bool:
    """Whether `value` is a number, a truth value, or a text that can be a name."""
    if isinstance(value, str):
        return 1 <= len(value) <= _LONGEST and "@" not in value and "\n" not in value
    return isinstance(value, _SCALARS)


def named(given: object, allowed: Iterable[str]) -> dict[str, Any]:
    """Of a caller's own metadata the ledger's dimensions and what is on the allow-list, where those are names."""
    if not isinstance(given, dict):
        return {}
    return {name: given[name] for name in (*LABELS, *allowed) if is_name(given.get(name))}


def codes(given: object, names: Iterable[str]) -> dict[str, str]:
    """The fields `names` of an object that are words of code; numbers count as such."""
    if not isinstance(given, dict):
        return {}
    words = {name: str(given[name]) for name in names if given.get(name) is not None}
    return {name: word for name, word in words.items() if _CODE.fullmatch(word)}


def figures(given: object) -> Any:  # noqa: ANN401  (any shape a usage report has)
    """An object with only the numbers and words of code in it, at any depth; None for anything else."""
    if isinstance(given, dict):
        kept = {name: figures(value) for name, value in given.items() if isinstance(name, str)}
        return {name: value for name, value in kept.items() if value is not None}
    if isinstance(given, str):
        return given if _CODE.fullmatch(given) else None
    return given if isinstance(given, int | float | Decimal) else None
