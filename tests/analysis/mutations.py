"""Breaking rules by hand: companies that know what is right, and ways to write a rule otherwise."""

from __future__ import annotations

import importlib
import inspect
import sys
from datetime import date
from types import FunctionType
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

import finops.sql
from finops.model.period import Period
from tests.analysis.ledgers import config, make_ledger
from tests.analysis.reference import Reference
from tests.analysis.test_model import compare, reference
from tests.analysis.worlds import OBJECTIVES, WORLD_PRICES, World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from finops.config import Config
    from finops.ledger.store import Ledger
    from tests.analysis.reference import Answer

OCTOBER = Period(date(2026, 10, 1), date(2026, 11, 1))
DAYS = Period(date(2026, 9, 30), date(2026, 10, 2))

_PACKAGES = ("ledger.", "sections.")
"""Packages beside `analysis` that hold rules."""

_USERS = ("finops.", "tests.analysis.")
"""Packages whose modules may have imported a function by its name."""


class Rule(NamedTuple):
    """What the module `module` says, the same otherwise, and the test that holds it."""

    module: str
    text: str
    broken: str
    known: Callable[..., None]

    @property
    def name(self) -> str:
        """What a test of it is called by."""
        return f"{self.module}: {self.text}"

    def check_noticed(self, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
        """Written otherwise, its test fails; `folder` is for a test that takes one."""
        break_module(monkeypatch, self.module, self.text, self.broken)
        with pytest.raises(
            (AssertionError, ArithmeticError, LookupError, ValueError, pytest.fail.Exception)
        ) as noticed:
            self.known(*([folder] if inspect.signature(self.known).parameters else []))
        assert "the rule is written otherwise now" not in str(noticed.value)


class Remembering(Reference):
    """Works each of its groupings out once: a case is asked for the same ones by every rule."""

    def __init__(self, *given: Any, **named: Any) -> None:  # noqa: ANN401  (as Reference takes them)
        super().__init__(*given, **named)
        self.known: dict[bool, dict[tuple[object, ...], Answer]] = {}

    def groups(self, *given: Any, **named: Any) -> dict[tuple[object, ...], Answer]:  # noqa: ANN401
        """The same by workflow, and of everything, however often."""
        is_split = bool(given)
        if is_split not in self.known:
            self.known[is_split] = super().groups(*given, **named)
        return self.known[is_split]


class Case(NamedTuple):
    """A company that has everything in it, and what is right about it."""

    company: World
    ledger: Ledger
    setup: Config
    wanted: dict[tuple[Period, tuple[str, ...]], Reference]

    @classmethod
    def of(cls, company: World, folder: Path, *includes: tuple[str, ...]) -> Case:
        """`company`, stored in `folder`; the lines of the bill to be asked into unit cost."""
        return cls(
            company,
            make_ledger(
                folder, costs=company.costs, requests=company.requests, samples=company.samples
            ),
            config(*company.settings(), prices=WORLD_PRICES, slo=OBJECTIVES),
            {
                (period, include): reference(company, period, include, Remembering)
                for period in (OCTOBER, DAYS)
                for include in includes or ((),)
            },
        )

    def check(self, period: Period) -> None:
        """Raw, because roll-ups keep what was made before a rule was broken."""
        for (of, include), wanted in self.wanted.items():
            if of == period:
                compare(
                    self.ledger,
                    self.setup,
                    wanted,
                    ("workflow",),
                    period=period,
                    include=include,
                    use_rollups=False,
                )


def is_noticed(cases: Iterable[Case], period: Period) -> bool:
    """Whether any company comes out wrong, or not at all."""
    for case in cases:
        try:
            case.check(period)
        except (AssertionError, ArithmeticError, LookupError):
            return True
    return False


def break_statement(
    monkeypatch: pytest.MonkeyPatch, statement: str, rule: str, broken: str
) -> None:
    """Write `broken` where the SQL file `statement` says `rule`."""
    text = finops.sql._text
    assert rule in text(statement), "the rule is written otherwise now"
    monkeypatch.setattr(
        finops.sql,
        "_text",
        lambda name: text(name).replace(rule, broken) if name == statement else text(name),
    )


def break_module(monkeypatch: pytest.MonkeyPatch, name: str, rule: str, broken: str) -> None:
    """Write `broken` where the module `finops.<name>` says `rule`, for all who use it.

    Names without a package are those of `finops.analysis`.
    """
    package = "finops" if name.startswith(_PACKAGES) else "finops.analysis"
    module = importlib.import_module(f"{package}.{name}")
    source = inspect.getsource(module)
    assert rule in source, "the rule is written otherwise now"
    made = dict(vars(module))
    exec(compile(source.replace(rule, broken), str(module.__file__), "exec"), made)  # noqa: S102
    for place in [each for key, each in sys.modules.items() if key.startswith(_USERS)]:
        for attribute, value in list(vars(place).items()):
            own = isinstance(value, FunctionType) and value.__module__ == module.__name__
            if own and isinstance(made.get(value.__name__), FunctionType):
                monkeypatch.setattr(place, attribute, made[value.__name__])
