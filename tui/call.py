"""A question as a value: a command of finops and its options, asked through the API, printed by the shell.

One declaration makes both, so what a view shows and what its copied command prints cannot differ.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from itertools import takewhile
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from finops.api.asking import explain_as_typed
from finops.api.projecting import PROJECTIONS, Option
from tui.reviewing import reviewed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from finops.api.answer import Answer
    from finops.api.session import Session

__all__ = ["Call", "Option"]

_FLAGS = {"since": "--from", "until": "--to", "everything": "--all"}
"""Options of the API whose flag is not their own name."""

_NAMES = {flag: name for name, flag in _FLAGS.items()}
_OF_TWO_WORDS = frozenset(
    f"{group} {name}"
    for group, names in (
        ("actions", ("list", "show")),
        ("connectors", ("list",)),
        ("owners", ("check", "list")),
        ("scorecard", ("run", "show", "roadmap", "history", "checklist")),
        ("vendor", ("compare", "quote", "sheet")),
    )
    for name in names
)
"""Commands named by two words, rather than by one and an argument."""

_ELSEWHERE = {
    ("compare", "items"): ".items",
    ("commitments", "services"): ".services",
    ("owners check", "propose"): ".propose",
    ("close", "check"): "close.check",
    ("close", "list"): "close.list",
    ("breakeven", "explain"): ".derivation",
    ("route", "explain"): ".derivation",
}
"""Flags that in the API are a method: of the answer where it begins with a dot, else of the session."""

_NO_LEDGER = {"connectors list", "vendor quote"}
"""Commands that take no --ledger: they ask nothing of one."""

_LEDGER_WITH = {"breakeven": "from_ledger", "route": "small"}
"""Commands that take --ledger with this option only."""

_MANY = {"pull"}
"""Commands whose arguments are one list to the API; none of them is all there are."""


@dataclass(frozen=True, slots=True)
class Call:
    """`command` (words as typed), its arguments and its options by the names the API gives them."""

    command: str
    arguments: tuple[str, ...] = ()
    options: tuple[tuple[str, Option], ...] = ()

    @classmethod
    def of(cls, command: str, *arguments: str, **options: Option) -> Call:
        """The call with every option that says something."""
        said = tuple((name, value) for name, value in options.items() if value not in (None, False))
        return cls(command, arguments, said)

    @classmethod
    def parsed(cls, line: str) -> Call:
        """The call a printed command makes; the opposite of `line`, for commands that answer."""
        _, *words = shlex.split(line)
        plain = list(takewhile(lambda word: not word.startswith("--"), words))
        flags = words[len(plain) :]
        count = 2 if " ".join(plain[:2]) in _OF_TWO_WORDS else 1
        options: dict[str, Option] = {}
        for place, word in enumerate(flags):
            if word.startswith("--"):
                value = flags[place + 1] if place + 1 < len(flags) else "--"
                name = _NAMES.get(word, word.removeprefix("--").replace("-", "_"))
                options[name] = True if value.startswith("--") else _read(name, value)
        return cls.of(" ".join(plain[:count]), *plain[count:], **options)

    def ask(self, session: Session) -> Answer[Any]:
        """The answer of the API's method of the command's name; whatever error it raises."""
        options = dict(self.options)
        path, after = self.command.replace(" ", "."), None
        for (command, flag), method in _ELSEWHERE.items():
            if command == self.command and options.pop(flag, None):
                path, after = (path, method[1:]) if method.startswith(".") else (method, None)
        told = (self.arguments or None,) if self.command in _MANY else self.arguments
        found: Any
        if self.command == "explain":
            found = explain_as_typed(session, self.arguments, options)
        elif self.command in PROJECTIONS:
            found = PROJECTIONS[self.command](session, options)
        else:
            found = attrgetter(path)(session)(*told, **options)
        answer: Answer[Any] = found if after is None else getattr(found, after)()
        return reviewed(found) if self.command == "review" else answer

    @property
    def asks_ledger(self) -> bool:
        """Whether it asks a ledger: not what is computed from files and numbers alone."""
        needed = _LEDGER_WITH.get(self.command)
        return self.command not in _NO_LEDGER and (needed is None or needed in dict(self.options))

    def words(self, *, ledger: str | None = None) -> tuple[str, ...]:
        """The command as a shell splits it; `ledger` is named where it is not the default."""
        named = () if ledger is None or not self.asks_ledger else ("--ledger", ledger)
        return ("finops", *self.command.split(), *self.arguments, *self._flags(), *named)

    def line(self, *, ledger: str | None = None) -> str:
        """The command as it is typed, quoted for a POSIX shell."""
        return shlex.join(self.words(ledger=ledger))

    def _flags(self) -> Iterator[str]:
        for name, value in self.options:
            yield _FLAGS.get(name, f"--{name.replace('_', '-')}")
            if value is not True:
                yield ",".join(value) if isinstance(value, tuple) else str(value)


def _read(name: str, value: str) -> Option:
    """An option's value as the API takes it: several dimensions as a list, else the text."""
    return tuple(value.split(",")) if name in {"by", "include"} and "," in value else value
