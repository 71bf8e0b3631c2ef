"""YAML as people write it by hand: numbers keep their digits, keys stand once, words stay words.

PyYAML follows YAML 1.1, where `no` is false, `1:30` is ninety and a key may come twice, the last one
winning in silence. Here only `true` and `false` are booleans, a number with a point or an exponent is a
Decimal of its very digits, a whole number is written in decimal digits, and a second key is an error.
Nothing but plain values is made: a tag such as `!!python/object` is refused, and so is an alias, because
a few lines of aliases can stand for more values than memory holds.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Any

import yaml
from yaml.composer import ComposerError
from yaml.constructor import ConstructorError
from yaml.resolver import BaseResolver

from finops.errors import ConfigError

__all__ = ["parse_yaml"]

_WHOLE = re.compile(r"[-+]?[0-9]+")
_POINT = re.compile(r"[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))(?:[eE][-+]?[0-9]+)?")
_TRUTH = re.compile(r"true|True|TRUE|false|False|FALSE")
_NOTHING = re.compile(r"~|null|Null|NULL|")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class _Loader(yaml.SafeLoader):
    """SafeLoader with the few implicit types above."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012  (as the base class has it)

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """The next node; ComposerError for an alias."""
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise ComposerError(None, None, "an alias is not read: write the value again", mark)
        return super().compose_node(parent, index)


def parse_yaml(text: str, place: str) -> Any:  # noqa: ANN401  (any plain value)
    """The one document in `text`; ConfigError with the line where it is not YAML, `place` its file."""
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506  (a SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f" line {mark.line + 1}, column {mark.column + 1}:" if mark else ""
        raise ConfigError(f"{place}:{line} {error.problem or error.context}") from error
    except (yaml.YAMLError, ValueError, ArithmeticError, RecursionError) as error:
        raise ConfigError(f"{place}: not YAML: {str(error) or type(error).__name__}") from error


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[Any, Any]:
    loader.flatten_mapping(node)
    found: dict[Any, Any] = {}
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        if isinstance(key, list | dict):
            raise ConstructorError(None, None, "a key is one word", key_node.start_mark)
        if key in found:
            raise ConstructorError(None, None, f"{key!r} stands twice", key_node.start_mark)
        found[key] = loader.construct_object(value_node, deep=True)
    return found


def _decimal(_: _Loader, node: yaml.ScalarNode) -> Decimal:
    return Decimal(node.value)


def _whole(_: _Loader, node: yaml.ScalarNode) -> int:
    return int(node.value)


def _date(_: _Loader, node: yaml.ScalarNode) -> date:
    try:
        return date.fromisoformat(node.value)
    except ValueError as error:
        raise ConstructorError(
            None, None, f"{node.value} is not a date: {error}", node.start_mark
        ) from error


def _prepare() -> None:
    kinds = (
        ("null", _NOTHING, ["~", "n", "N", ""]),
        ("bool", _TRUTH, list("tTfF")),
        ("timestamp", _DATE, list("0123456789")),
        ("float", _POINT, list("-+.0123456789")),
        ("int", _WHOLE, list("-+0123456789")),
    )
    for name, pattern, first in kinds:
        whole = re.compile(rf"(?:{pattern.pattern})\Z")
        _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{name}", whole, first)
    _Loader.add_constructor("tag:yaml.org,2002:float", _decimal)
    _Loader.add_constructor("tag:yaml.org,2002:int", _whole)
    _Loader.add_constructor("tag:yaml.org,2002:timestamp", _date)
    _Loader.add_constructor(BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


_prepare()
