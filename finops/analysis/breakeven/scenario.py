"""Scenario files: a comparison with every input's value, unit, source and date, checked against the registry.

YAML. An input stands under its section with what is known of it:

    own:
      price: { value: 250141.80, unit: USD/unit, source: "quote 4711", date: 2026-02-01 }

Numbers keep the digits they are written with, because an audit asks how far rounding alone can go.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from finops.analysis.breakeven.finance import implied_decline_per_year
from finops.analysis.breakeven.inputs import FIELDS, Input, Origin, values
from finops.errors import ConfigError, UsageError
from finops.yamltext import parse_yaml

if TYPE_CHECKING:
    from collections.abc import Mapping

    from finops.analysis.breakeven.inputs import Field

__all__ = ["Claim", "Scenario", "load_scenario", "parse_scenario", "shipped", "template"]

AXES = (
    *("hours", "months", "utilization", "price_per_hour", "units", "million_tokens_per_month"),
    *("npv", "irr", "payback_months", "discounted_payback_months"),
    *("total_cost", "present_cost", "equivalent_annual_cost", "cost_per_million_valid_tokens"),
)
"""What a published figure may be: a break-even on an axis, or a number of one option."""

_START = "finops init --scenario writes one to start from"

_BY_NAME = {one.name: one for one in FIELDS}
_SECTIONS = tuple(dict.fromkeys(one.name.partition(".")[0] for one in FIELDS))
_INPUT_KEYS = ("value", "unit", "source", "date", "low", "high", "origin")
_HEAD_KEYS = ("name", "about", "currency", "price_decline", "quality_equivalence")
_CLAIM_KEYS = ("name", "axis", "value", "set", "option")
_OPTIONS = ("own", "cloud", "api")
_PRINTED = re.compile(r"-?[0-9][0-9,]*(\.[0-9]+)?")
_TOP_KEYS = ("scenario", "load", "published", "comparators", *_SECTIONS)
_SHARES = ("one_year_share", "three_years_share", "five_years_share", "spot_share")


@dataclass(frozen=True, slots=True)
class Claim:
    """A published figure: which break-even it is, as printed, and the inputs it changes."""

    name: str
    axis: str
    printed: str
    changes: Mapping[str, Decimal]
    option: str = "own"


@dataclass(frozen=True, slots=True)
class Scenario:
    """A checked scenario. `load` is demand in units, one number for each hour, in order."""

    name: str
    about: str
    currency: str
    inputs: Mapping[str, Input]
    digits: Mapping[str, Decimal]
    """Every given value as it is written."""
    load: tuple[float, ...] = ()
    claims: tuple[Claim, ...] = ()
    comparators: Mapping[str, float] = field(default_factory=dict)
    """Other prices for an hour rented, by whose they are."""
    quality_equivalence: str = ""

    def values(self) -> dict[str, float]:
        """Every input's value, defaults included."""
        return values(self.inputs)


def load_scenario(path: str | Path, *, partial: bool = False) -> Scenario:
    """The scenario in `path`, or a shipped one by its name; UsageError, ConfigError when it is wrong.

    A `partial` one may leave out what must be given: something else supplies it.
    """
    file = Path(path)
    if not file.exists() and str(path) in shipped():
        return parse_scenario(_resource(f"{path}.yaml"), str(path))
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"{path} could not be read",
            hint=f"{_START}; shipped: {', '.join(shipped())}",
        ) from error
    return parse_scenario(text, str(path), partial=partial)


def shipped() -> tuple[str, ...]:
    """Names of the scenarios that come with finops."""
    folder = resources.files("finops.analysis.breakeven") / "scenarios"
    names = sorted(item.name.removesuffix(".yaml") for item in folder.iterdir())
    return tuple(name for name in names if name != "template")


def template() -> str:
    """A scenario file to start from, every input explained."""
    return _resource("template.yaml")


def parse_scenario(text: str, place: str, *, partial: bool = False) -> Scenario:
    """`text` as a scenario; ConfigError with everything that is wrong, `place` being its file."""
    document = parse_yaml(text, place)
    if not isinstance(document, dict):
        raise ConfigError(f"{place}: is not a scenario", hint=_START)
    problems: list[str] = []
    _check_keys(document, _TOP_KEYS, "", problems)
    head = _table(document, "scenario", _HEAD_KEYS, problems)
    currency = str(head.get("currency", "USD"))
    inputs = _inputs(document, currency, problems)
    if not partial:
        problems.extend(_not_given(inputs, problems))
    claims = _claims(document, problems)
    comparators = _comparators(document, problems)
    load = _load(document, problems)
    _decline(head, inputs, problems)
    if sum(inputs[f"cloud.{name}"].value for name in _SHARES if f"cloud.{name}" in inputs) > 1:
        problems.append("cloud: the shares add up to more than 1")
    if problems:
        raise ConfigError(f"{place}: {'; '.join(problems)}")
    return Scenario(
        str(head.get("name", place)),
        str(head.get("about", "")),
        currency,
        inputs,
        _digits(document, inputs),
        load,
        claims,
        comparators,
        str(head.get("quality_equivalence", "")),
    )


def _inputs(document: Mapping[str, Any], currency: str, problems: list[str]) -> dict[str, Input]:
    found: dict[str, Input] = {}
    for section in _SECTIONS:
        keys = [one.name.partition(".")[2] for one in FIELDS if one.name.startswith(f"{section}.")]
        for key, given in _table(document, section, keys, problems).items():
            declared = _BY_NAME.get(f"{section}.{key}")
            if declared is not None:
                read = _input(declared, given, currency, problems)
                found |= {} if read is None else {declared.name: read}
    return found


def _not_given(inputs: Mapping[str, Input], problems: list[str]) -> list[str]:
    """What has no default and is not there, and is not wrong in another way."""
    missing = [one.name for one in FIELDS if one.default is None and one.name not in inputs]
    return [f"{name} is missing" for name in missing if name not in str(problems)]


def _input(declared: Field, given: object, currency: str, problems: list[str]) -> Input | None:
    """One input, or None with its problems written down."""
    name, before = declared.name, len(problems)
    if not isinstance(given, dict):
        problems.append(f'{name} must be {{ value: …, unit: "…", source: "…", date: … }}')
        return None
    _check_keys(given, _INPUT_KEYS, f"{name}.", problems)
    unit = declared.unit.replace("USD", currency)
    problems.extend(
        f"{name}.{key} is missing"
        for key in ("value", "unit", "source", "date")
        if key not in given
    )
    if "unit" in given and given["unit"] != unit:
        problems.append(f"{name}.unit = {given['unit']!r}: it is in {unit}")
    numbers = {key: given[key] for key in ("low", "value", "high") if key in given}
    problems.extend(_number_problems(declared, numbers))
    origins = [str(origin) for origin in Origin]
    if given.get("origin", Origin.QUOTED) not in origins:
        problems.append(f"{name}.origin = {given['origin']!r}: one of {', '.join(origins)}")
    if len(problems) > before:
        return None
    low, high = (None if key not in given else float(given[key]) for key in ("low", "high"))
    value, origin = float(given["value"]), Origin(given.get("origin", Origin.QUOTED))
    return Input(name, value, unit, origin, str(given["source"]), _day(given["date"]), low, high)


def _number_problems(declared: Field, numbers: Mapping[str, object]) -> list[str]:
    """Numbers that are none, are out of the field's range, or are not in order."""
    problems, ordered = [], []
    for key, number in numbers.items():
        if isinstance(number, bool) or not isinstance(number, int | Decimal):
            problems.append(f"{declared.name}.{key} = {number!r} is not a number")
            continue
        ordered.append(number)
        top = declared.maximum
        if not number.is_finite() if isinstance(number, Decimal) else False:
            problems.append(f"{declared.name}.{key} = {number} is not a number")
        elif number < declared.minimum or (top is not None and number > top):
            limit = f"{declared.minimum:g} to {'any' if top is None else f'{top:g}'}"
            problems.append(f"{declared.name}.{key} = {number}: it lies in {limit}")
    if not problems and ordered != sorted(ordered):
        problems.append(f"{declared.name}: low, value and high must stand in this order")
    return problems


def _decline(head: Mapping[str, Any], inputs: dict[str, Input], problems: list[str]) -> None:
    """Put the price decline that commitments imply among `inputs`, where the scenario asks for it."""
    asked = head.get("price_decline", "given")
    if asked not in {"given", "implied"}:
        problems.append(f"scenario.price_decline = {asked!r}: one of given, implied")
    if asked != "implied":
        return
    one, name, years = inputs.get("cloud.one_year"), "cloud.three_years", 3
    longer = inputs.get(name)
    if longer is None:
        longer, years = inputs.get("cloud.five_years"), 5
    if one is None or longer is None or not one.value:
        problems.append("scenario.price_decline: implied needs cloud.one_year and a longer one")
        return
    decline = implied_decline_per_year(one.value, longer.value, years)
    if decline is None:
        problems.append("scenario.price_decline: the longer commitment is not cheaper")
        return
    inputs["cloud.decline"] = Input(
        "cloud.decline",
        decline,
        "ratio/year",
        Origin.ASSUMED,
        f"implied by commitments of 1 and {years} years",
        longer.date,
    )


def _claims(document: Mapping[str, Any], problems: list[str]) -> tuple[Claim, ...]:
    given = document.get("published") or []
    if not isinstance(given, list) or not all(isinstance(claim, dict) for claim in given):
        problems.append("published is a list, each with name, axis and value")
        return ()
    return tuple(_claim(claim, problems) for claim in given)


def _comparators(document: Mapping[str, Any], problems: list[str]) -> dict[str, float]:
    found = {}
    for name, price in _table(document, "comparators", None, problems).items():
        if isinstance(price, bool) or not isinstance(price, int | Decimal):
            problems.append(f"comparators.{name} = {price!r} is not a number")
        else:
            found[str(name)] = float(price)
    return found


def _claim(given: Mapping[str, Any], problems: list[str]) -> Claim:
    name = str(given.get("name", "?"))
    _check_keys(given, _CLAIM_KEYS, f"published {name!r}: ", problems)
    axis = str(given.get("axis"))
    if axis not in AXES:
        problems.append(f"published {name!r}: axis is one of {', '.join(AXES)}")
    printed = given.get("value")
    if not isinstance(printed, str) or not _PRINTED.fullmatch(printed):
        problems.append(f'published {name!r}: value is the printed figure in quotes ("6,800")')
    option = str(given.get("option", "own"))
    if option not in _OPTIONS:
        problems.append(f"published {name!r}: option is one of {', '.join(_OPTIONS)}")
    changes = given.get("set") or {}
    _check_keys(changes, tuple(_BY_NAME), f"published {name!r}: ", problems)
    numbers = {}
    for key, it in changes.items():
        if isinstance(it, bool) or not isinstance(it, int | Decimal):
            problems.append(f"published {name!r}: {key} = {it!r} is not a number")
        else:
            numbers[key] = Decimal(it)
    return Claim(name, axis, str(printed), numbers, option)


def _load(document: Mapping[str, Any], problems: list[str]) -> tuple[float, ...]:
    given = _table(document, "load", ("units", "source", "date"), problems)
    numbers = given.get("units", [])
    if not isinstance(numbers, list) or not all(
        isinstance(it, int | Decimal) and it >= 0 for it in numbers
    ):
        problems.append("load.units is a list of numbers, units needed in each hour")
        return ()
    return tuple(float(number) for number in numbers)


def _digits(document: Mapping[str, Any], inputs: Mapping[str, Input]) -> dict[str, Decimal]:
    found = {}
    for name in inputs:
        section, _, key = name.partition(".")
        if key in document.get(section, {}):
            found[name] = Decimal(document[section][key]["value"])
    return found


def _table(
    document: Mapping[str, Any],
    name: str,
    keys: tuple[str, ...] | list[str] | None,
    problems: list[str],
) -> Mapping[str, Any]:
    """Section `name`; `keys` None: any may stand in it."""
    given = document.get(name)
    if given is None:
        return {}
    if not isinstance(given, dict):
        problems.append(f"{name} must hold names and values")
        return {}
    if keys is not None:
        _check_keys(given, keys, f"{name}.", problems)
    return given


def _check_keys(
    given: Mapping[str, Any], known: tuple[str, ...] | list[str], prefix: str, problems: list[str]
) -> None:
    for key in given:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            hint = f" (did you mean {near[0]!r}?)" if near else ""
            problems.append(f"unknown key '{prefix}{key}'{hint}")


def _day(given: object) -> str:
    return given.isoformat() if isinstance(given, date) else str(given)


def _resource(name: str) -> str:
    folder = resources.files("finops.analysis.breakeven") / "scenarios"
    return (folder / name).read_text(encoding="utf-8")
