"""Settings: what `finops.toml` may say, where each value came from, and what is wrong with it.

A flag wins over a `FINOPS_…` variable, which wins over `./finops.toml`, which wins over `finops.toml`
in the user's configuration folder, which wins over the default. Files are laid over each other key by
key: lists (pools, prices) are taken whole from the nearest file that has them. An unknown key is an
error that names the nearest known one. No secret is ever kept here: a source names where its
credential is to be found (`env:NAME`, `keyring:NAME`, `file:PATH`).
"""

from __future__ import annotations

import difflib
import json
import os
import tomllib
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import BaseModel, Field, ValidationError, model_validator

from finops.errors import ConfigError
from finops.sections.actions import Actions
from finops.sections.base import Amount, CurrencyCode, Section
from finops.sections.budgets import Budget
from finops.sections.calls import Objective, Requests
from finops.sections.chargeback import Accounts
from finops.sections.close import Close, Fx
from finops.sections.collect import Collect
from finops.sections.commitments import Commitment
from finops.sections.owned import Owned
from finops.sections.owners import Layer, Owners
from finops.sections.pools import Driver, Pool, PoolKind
from finops.sections.projections import Breakeven, Route
from finops.sections.projections import anchored as anchored_projections
from finops.sections.review import Review
from finops.sections.scorecard import Scorecard
from finops.sections.scorecard import anchored as anchored_scorecard
from finops.sections.tui import Tui

__all__ = [
    "Attributes",
    "Config",
    "ConfigOrigin",
    "Driver",
    "Metered",
    "Pool",
    "PoolKind",
    "Price",
    "default_ledger",
    "json_schema",
    "load_config",
    "load_config_with_origins",
]

FILE_NAME = "finops.toml"

OWNERS_FILE = "owners.csv"
"""Owners, beside finops.toml."""

ENVIRONMENT: dict[str, tuple[str, ...]] = {
    "FINOPS_LEDGER": ("ledger",),
    "FINOPS_CURRENCY": ("currency",),
    "FINOPS_METERED_TOLERANCE": ("metered", "tolerance"),
}
"""Variables that set a value, and which."""


class Metered(Section):
    """Pools whose provider bills tokens."""

    tolerance: Amount = Field(
        default=Decimal("0.05"),
        description="Largest relative gap between a bill without quantities and the priced log that one "
        "factor may close; beyond it the remainder stays unallocated.",
    )


class Price(Section):
    """A negotiated or own rate, per million tokens, for the days `from` up to, not including, `to`."""

    provider: str | None = Field(
        default=None, description="Provider, as it stands in requests; any when absent."
    )
    model: str = Field(min_length=1, description="Model, as it stands in requests.")
    from_: date | None = Field(
        default=None, alias="from", description="First day (UTC) the price holds; open when absent."
    )
    to: date | None = Field(
        default=None, description="First day it no longer holds; open when absent."
    )
    currency: CurrencyCode = Field(default="USD", description="Currency of the rates.")
    input: Amount = Field(description="Uncached input, per million tokens.")
    cache_read: Amount | None = Field(default=None, description="Cache reads, per million tokens.")
    cache_write: Amount | None = Field(
        default=None, description="Cache writes of the shortest lifetime, per million tokens."
    )
    cache_write_1h: Amount | None = Field(
        default=None, description="Cache writes kept for an hour, per million tokens."
    )
    output: Amount | None = Field(default=None, description="Output, per million tokens.")
    service_tier: str | None = Field(default=None, description="Service tier the price is for.")
    source: str | None = Field(
        default=None, description="Where the price is written: a contract, a page."
    )

    @model_validator(mode="after")
    def _period_is_not_empty(self) -> Price:
        if self.to is not None and self.from_ is not None and self.to <= self.from_:
            raise ValueError(f"price of {self.model!r}: `to` must be after `from`")
        return self


class Attributes(Section):
    """Which of a log's own attributes are kept."""

    allow: tuple[str, ...] = Field(
        default=(), description="Attribute names kept with each request."
    )


class Config(Section):
    """The whole of finops.toml."""

    ledger: str | None = Field(
        default=None,
        description="Ledger: a folder (relative to this file) or an object-store URL.",
    )
    currency: CurrencyCode = Field(default="USD", description="Currency reports are asked for in.")
    metered: Metered = Field(
        default_factory=Metered, description="Pools whose provider bills tokens."
    )
    pools: tuple[Pool, ...] = Field(default=(), description="Pools, in the order they are tried.")
    prices: tuple[Price, ...] = Field(default=(), description="Negotiated and own rates.")
    attributes: Attributes = Field(
        default_factory=Attributes, description="Which of a log's own attributes are kept."
    )
    requests: Requests = Field(
        default_factory=Requests, description="How the logs of calls are read."
    )
    slo: tuple[Objective, ...] = Field(
        default=(), description="Service-level objectives, in the order they are tried."
    )
    owned: tuple[Owned, ...] = Field(default=(), description="Hardware the company owns.")
    owners: Owners = Field(default_factory=Owners, description="Who answers for which cost.")
    chargeback: Accounts = Field(
        default_factory=Accounts,
        description="Accounts of the general ledger a chargeback is booked on.",
    )
    layers: tuple[Layer, ...] = Field(
        default=(), description="Layers of the stack, in the order they are tried."
    )
    actions: Actions = Field(default_factory=Actions, description="Where actions are kept.")
    budgets: tuple[Budget, ...] = Field(
        default=(), description="What may be spent, on what, in which stretch of time."
    )
    commitments: tuple[Commitment, ...] = Field(
        default=(), description="Terms of commitments and reservations that bills do not tell."
    )
    close: Close = Field(default_factory=Close, description="When a month is complete.")
    fx: tuple[Fx, ...] = Field(default=(), description="Exchange rates, dated and sourced.")
    fx_max_age_days: int = Field(
        default=7, ge=0, description="Oldest exchange rate that is still used, in days."
    )
    breakeven: tuple[Breakeven, ...] = Field(
        default=(),
        description="Pools whose demand could be owned or rented, and what either costs.",
    )
    route: tuple[Route, ...] = Field(
        default=(), description="Pairs of models of which the small one could go first."
    )
    scorecard: Scorecard = Field(
        default_factory=Scorecard, description="What the scorecard holds the ledger against."
    )
    review: Review = Field(
        default_factory=Review, description="Where monthly reviews go, and who is told."
    )
    tui: Tui = Field(default_factory=Tui, description="The terminal interface.")
    collect: Collect = Field(default_factory=Collect, description="This machine's accelerators.")
    sources: dict[str, dict[str, Any]] = Field(
        default_factory=dict, description="Settings of each source, by its name."
    )

    @model_validator(mode="after")
    def _names_are_given_once(self) -> Config:
        pools = [each.pool for each in self.breakeven]
        pairs = [" / ".join(filter(None, (r.small, r.large, r.workflow))) for r in self.route]
        named = {
            "owned": [each.name for each in self.owned],
            "budgets": [each.name for each in self.budgets],
            "breakeven": pools,
            "route": pairs,
        }
        for section, names in named.items():
            if twice := sorted({name for name in names if names.count(name) > 1}):
                raise ValueError(f"{section}: the name {twice[0]!r} is given twice")
        return self

    def price_entries(self) -> tuple[dict[str, Any], ...]:
        """`[[prices]]` as they stand in the file, keys spelled as there: what the price book reads."""
        return tuple(price.model_dump(by_alias=True, exclude_none=True) for price in self.prices)


class ConfigOrigin(NamedTuple):
    """Where one setting came from: a file, `$VARIABLE`, or `default`."""

    key: str
    origin: str


def load_config(path: str | Path | None = None) -> Config:
    """The settings in force. `path` (else FINOPS_CONFIG) takes the place of the files looked for.

    ConfigError names the file, the key and the nearest known key, or the value that is wrong.
    """
    return load_config_with_origins(path)[0]


def load_config_with_origins(
    path: str | Path | None = None,
) -> tuple[Config, tuple[ConfigOrigin, ...]]:
    """The settings and, for every key of `Config`, where its value came from."""
    merged: dict[str, Any] = {}
    origins: dict[str, list[str]] = {}
    for file in _files(path):
        _check(values := _read(file), str(file))
        _lay_over(merged, origins, _anchored(values, file), str(file))
    for variable, keys in ENVIRONMENT.items():
        if os.environ.get(variable):
            _check(values := _nested(keys, os.environ[variable]), "the environment")
            _lay_over(merged, origins, values, f"${variable}")
    return Config.model_validate(merged), tuple(
        ConfigOrigin(key, ", ".join(origins.get(key, ["default"]))) for key in Config.model_fields
    )


def json_schema() -> str:
    """The JSON Schema of finops.toml, as text: what editors check and complete the file with."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Config.model_json_schema(by_alias=True),
        "title": FILE_NAME,
    }
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def default_ledger() -> str:
    """The ledger's folder when nothing names one."""
    from platformdirs import user_data_path

    return str(user_data_path("finops") / "ledger")


def user_config_file() -> Path:
    """finops.toml in the user's configuration folder."""
    from platformdirs import user_config_path

    return user_config_path("finops") / FILE_NAME


def _files(path: str | Path | None) -> list[Path]:
    """Configuration files, the weakest first; a named one must exist."""
    named = path or os.environ.get("FINOPS_CONFIG")
    if named:
        if not Path(named).is_file():
            raise ConfigError(f"there is no configuration file at {named}")
        return [Path(named)]
    return [file for file in (user_config_file(), Path(FILE_NAME)) if file.is_file()]


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"), parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{file} is not valid TOML: {error}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{file} is not UTF-8 text") from error
    except OSError as error:
        raise ConfigError(f"{file} could not be read: {error.strerror}") from error


def _anchored(values: dict[str, Any], file: Path) -> dict[str, Any]:
    """`values` with relative paths read as relative to the file that names them.

    A file without `[owners] file` names the owners.csv beside it, where there is one.
    """
    folder, found = file.resolve().parent, dict(values)
    ledger = values.get("ledger")
    if isinstance(ledger, str) and "://" not in ledger:
        found["ledger"] = str(folder / Path(ledger).expanduser())
    owners = dict(values.get("owners", {}))
    named = owners.get("file")
    if named is not None or (folder / OWNERS_FILE).is_file():
        owners["file"] = str(folder / Path(named or OWNERS_FILE).expanduser())
        found["owners"] = owners
    review = values.get("review")
    if isinstance(review, dict) and isinstance(review.get("to"), str) and "://" not in review["to"]:
        found["review"] = {**review, "to": str(folder / Path(review["to"]).expanduser())}
    actions = values.get("actions")
    if isinstance(actions, dict) and isinstance(actions.get("file"), str):
        found["actions"] = {**actions, "file": str(folder / Path(actions["file"]).expanduser())}
    for section, key in (("breakeven", "scenario"), ("route", "scores")):
        if isinstance(values.get(section), list):
            found[section] = anchored_projections(values[section], key, folder)
    if isinstance(values.get("scorecard"), dict):
        found["scorecard"] = anchored_scorecard(values["scorecard"], folder)
    return found


def _nested(keys: tuple[str, ...], value: str) -> dict[str, Any]:
    """`{"metered": {"tolerance": value}}` for ("metered", "tolerance")."""
    first, *rest = keys
    return {first: _nested(tuple(rest), value) if rest else value}


def _lay_over(
    under: dict[str, Any], origins: dict[str, list[str]], over: dict[str, Any], origin: str
) -> None:
    """Put `over` on top of `under`: tables key by key, everything else whole."""
    for key, value in over.items():
        if isinstance(value, dict) and isinstance(under.get(key), dict):
            under[key] = {**under[key], **value}
            origins[key] = [*origins[key], origin]
        else:
            under[key] = value
            origins[key] = [origin]


def _check(values: dict[str, Any], place: str) -> None:
    """ConfigError with everything that is wrong in `values`, in the words of the file."""
    try:
        Config.model_validate(values)
    except ValidationError as error:
        problems = [_explain(dict(problem)) for problem in error.errors(include_url=False)]
        raise ConfigError(f"{place}: {'; '.join(problems)}") from error


def _explain(problem: dict[str, Any]) -> str:
    where = [part for part in problem["loc"] if isinstance(part, str)]
    key = _dotted(problem["loc"])
    if problem["type"] == "extra_forbidden":
        near = difflib.get_close_matches(where[-1], _known_keys(where[:-1]), n=1)
        return f"unknown key {key!r}" + (f" (did you mean {near[0]!r}?)" if near else "")
    if problem["type"] == "missing":
        return f"{key} is missing"
    message = str(problem["msg"]).removeprefix("Value error, ")
    return (
        f"{key} = {problem['input']!r}: {message}"
        if key and not isinstance(problem["input"], dict)
        else message
    )


def _dotted(loc: tuple[str | int, ...]) -> str:
    """`pools[2].kind` for ("pools", 1, "kind"): people count from one."""
    text = ""
    for part in loc:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if text else part
    return text


_SECTIONS: dict[str, type[BaseModel]] = {
    "metered": Metered,
    "pools": Pool,
    "prices": Price,
    "attributes": Attributes,
    "requests": Requests,
    "slo": Objective,
    "owned": Owned,
    "owners": Owners,
    "chargeback": Accounts,
    "layers": Layer,
    "close": Close,
    "actions": Actions,
    "budgets": Budget,
    "commitments": Commitment,
    "breakeven": Breakeven,
    "route": Route,
    "fx": Fx,
    "scorecard": Scorecard,
    "review": Review,
    "tui": Tui,
}


def _known_keys(section: list[str]) -> list[str]:
    model = _SECTIONS.get(section[0], Config) if section else Config
    return [field.alias or name for name, field in model.model_fields.items()]
