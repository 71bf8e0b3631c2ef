"""Fleet files: accelerators, the models on them and the sites, as people write them in YAML.

    accelerators:
      h100: { per_node: 8, node_kw: 10.2, nodes_per_rack: 4 }
    large: { accelerator: h100, tokens_per_second: 2600, per_replica: 4, tokens_per_request: 1800 }
    demand: { requests_per_second: 35, max_busy: 0.7 }
    sites:
      - { name: Frankfurt, kw_per_rack: 17, racks: 6 }

`tokens_per_request` and `requests_per_second` may be left out where the ledger has measured them.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from finops.analysis.route.fleet import Accelerator, Fleet, ServedModel, Site
from finops.errors import ConfigError, UsageError
from finops.yamltext import parse_yaml

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["MeasuredDemand", "load_fleet", "parse_fleet"]

Positive = Annotated[Decimal, Field(gt=0, allow_inf_nan=False)]
Count = Annotated[int, Field(gt=0, strict=True)]


class MeasuredDemand(NamedTuple):
    """What a ledger knows of the models' demand."""

    requests_per_second: Decimal
    """Of the busiest hour."""
    small_tokens: Decimal
    """Tokens a request."""
    large_tokens: Decimal


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Accelerator(_Part):
    per_node: Count
    node_kw: Positive
    nodes_per_rack: Count


class _Model(_Part):
    accelerator: str
    tokens_per_second: Positive
    per_replica: Count = 1
    tokens_per_request: Positive | None = None


class _Demand(_Part):
    requests_per_second: Positive | None = None
    max_busy: Annotated[Decimal, Field(gt=0, le=1)] = Decimal("0.8")


class _Site(_Part):
    name: str = Field(min_length=1)
    kw_per_rack: Positive
    racks: Count


class _File(_Part):
    accelerators: dict[str, _Accelerator] = Field(min_length=1)
    small: _Model | None = None
    large: _Model | None = None
    demand: _Demand = _Demand()
    sites: tuple[_Site, ...] = ()


def load_fleet(path: Path, measured: MeasuredDemand | None) -> Fleet:
    """The fleet in `path`; UsageError when it cannot be read, ConfigError when it is wrong."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} could not be read") from error
    return parse_fleet(text, str(path), measured)


def parse_fleet(text: str, place: str, measured: MeasuredDemand | None) -> Fleet:
    """`text` as a fleet, what it leaves out taken from `measured`; ConfigError names what is wrong."""
    document = parse_yaml(text, place)
    try:
        found = _File.model_validate(document or {})
    except ValidationError as error:
        problems = "; ".join(_problem(dict(one)) for one in error.errors(include_url=False))
        raise ConfigError(f"{place}: {problems}") from error
    rate = found.demand.requests_per_second
    if rate is None and measured is not None:
        rate = measured.requests_per_second
    if not rate:
        raise ConfigError(
            f"{place}: demand.requests_per_second is missing",
            hint="requests at the busiest moment; with --small and --large the ledger's busiest hour",
        )
    tokens = (None, None) if measured is None else measured[1:]
    return Fleet(
        {
            name: Accelerator(name, kind.per_node, kind.node_kw, kind.nodes_per_rack)
            for name, kind in found.accelerators.items()
        },
        _served(found, "small", tokens[0], place),
        _served(found, "large", tokens[1], place),
        rate,
        found.demand.max_busy,
        tuple(Site(site.name, site.kw_per_rack, site.racks) for site in found.sites),
    )


def _served(found: _File, name: str, measured: Decimal | None, place: str) -> ServedModel | None:
    model: _Model | None = getattr(found, name)
    if model is None:
        return None
    if model.accelerator not in found.accelerators:
        raise ConfigError(
            f"{place}: {name}.accelerator = {model.accelerator!r} is not among accelerators: "
            f"{', '.join(found.accelerators)}"
        )
    tokens = model.tokens_per_request or measured
    if not tokens:
        raise ConfigError(
            f"{place}: {name}.tokens_per_request is missing",
            hint="input and output of a request; with --small and --large the ledger's mean",
        )
    return ServedModel(model.accelerator, model.tokens_per_second, model.per_replica, tokens)


def _problem(one: dict[str, Any]) -> str:
    """One finding of pydantic, with the place in the file."""
    place = ".".join(str(part + 1) if isinstance(part, int) else part for part in one["loc"])
    kinds = {"missing": "is missing", "extra_forbidden": "is not a known key"}
    if one["type"] in kinds:
        return f"{place} {kinds[one['type']]}"
    return f"{place} = {one['input']!r}: {one['msg']}" if place else str(one["msg"])
