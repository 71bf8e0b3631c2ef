"""YAML written by hand: what is read, digit for digit, and what is refused with its line."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from finops.errors import ConfigError
from finops.yamltext import parse_yaml


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("250141.80", Decimal("250141.80")),
        (
            "12345678901234567890.1234567890123456789",
            Decimal("12345678901234567890.1234567890123456789"),
        ),
        ("1e3", Decimal("1E+3")),
        ("-.5", Decimal("-0.5")),
        ("010", 10),
        ("1:30", "1:30"),
        ("1_000", "1_000"),
        ("no", "no"),
        ("on", "on"),
        ("true", True),
        ("~", None),
        ("", None),
        ("null", None),
        ("2026-02-01", date(2026, 2, 1)),
        ("'2026-02-01'", "2026-02-01"),
        ("'1.5'", "1.5"),
        (".inf", ".inf"),
        ("=cmd", "=cmd"),
        ("[1, 2.50]", [1, Decimal("2.50")]),
        ("{ a: 1 }", {"a": 1}),
    ],
)
def test_a_value_is_what_it_looks_like(written: str, read: object) -> None:
    found = parse_yaml(f"key: {written}\n", "x.yaml")["key"]
    assert found == read
    assert type(found) is type(read)
    assert str(found) == str(read)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: 1\na: 2\n", "x.yaml: line 2, column 1: 'a' stands twice"),
        ("a: &b 1\nc: *b\n", "x.yaml: line 2, column 4: an alias is not read"),
        ("a: !!python/object:os.system x\n", "x.yaml: line 1, column 4: could not determine"),
        ("a: [1\n", "x.yaml: line 2, column 1: expected"),
        ("a: 2026-13-45\n", "x.yaml: line 1, column 4: 2026-13-45 is not a date"),
        ("? [1, 2]\n: 3\n", "x.yaml: line 1, column 3: a key is one word"),
        ("a: 1\n---\nb: 2\n", "x.yaml: line 2, column 1: but found another document"),
        ("a: \x07\n", "x.yaml: not YAML"),
        ("[" * 20_000, "x.yaml: not YAML"),
    ],
)
def test_what_is_refused_says_where(text: str, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_yaml(text, "x.yaml")
    assert caught.value.message.startswith(words)


def test_nothing_is_none() -> None:
    assert parse_yaml("", "x.yaml") is None
