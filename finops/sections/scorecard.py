"""`[scorecard]`: what the scorecard holds the ledger against: targets, limits, places data may go."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, model_validator

from finops.sections.base import Amount, Section

__all__ = ["Rack", "Residency", "Scorecard", "ScorecardFiles", "Target", "anchored"]

Positive = Annotated[Amount, Field(gt=0)]


class Target(Section):
    """A latency target of workflows, by percentile. Of several a workflow falls under, the first holds."""

    workflow: str = Field(
        min_length=1, description="Workflows it is for: a name, or a pattern with * and ?."
    )
    p95_ms: Positive | None = Field(
        default=None, description="What the 95th percentile of latency may be."
    )
    p99_ms: Positive | None = Field(
        default=None, description="What the 99th percentile of latency may be."
    )
    error_rate: Amount | None = Field(
        default=None, description="Share of requests that may end in an error."
    )

    @model_validator(mode="after")
    def _says_something(self) -> Target:
        if self.p95_ms is None and self.p99_ms is None:
            raise ValueError(f"target of {self.workflow!r}: give p95_ms or p99_ms")
        return self


class Rack(Section):
    """A rack: which nodes stand in it, and the power it may draw."""

    name: str = Field(min_length=1, description="Name shown in reports.")
    cluster: str = Field(
        min_length=1, description="Cluster its nodes are in, as GPU samples name it."
    )
    nodes: tuple[str, ...] = Field(
        default=(),
        description="Its nodes, as GPU samples name them; all of the cluster when empty.",
    )
    limit_kw: Positive = Field(description="Power the rack may draw, in kW.")
    host_kw: Amount = Field(
        default=Decimal(0), description="Power of its nodes beside their accelerators, in kW."
    )


class Residency(Section):
    """Where data of a class may be: callers' requests, the models that answer, the stores read."""

    data_class: str = Field(min_length=1, description="Data class, as requests name it.")
    regions: tuple[str, ...] = Field(
        min_length=1, description="Regions it may be in: names, or patterns with * and ?."
    )


class ScorecardFiles(Section):
    """Files other tools write, read as they are. Paths are relative to finops.toml."""

    secret_scan: str | None = Field(
        default=None, description="Result of a scan for secrets: SARIF, or a JSON list of findings."
    )
    keys: str | None = Field(
        default=None, description="CSV of keys in use, with the columns key_id and created (a day)."
    )
    pue: str | None = Field(
        default=None,
        description="CSV of power usage effectiveness, with the columns month and pue.",
    )


class Scorecard(Section):
    """What the scorecard holds the ledger against."""

    owner: str | None = Field(
        default=None, description="Who stands for what a probe says does not apply to the company."
    )
    catalog: str | None = Field(
        default=None, description="Catalog to score by (relative to this file); ours when absent."
    )
    targets: tuple[Target, ...] = Field(default=(), description="Latency targets of workflows.")
    racks: tuple[Rack, ...] = Field(default=(), description="Racks and their limits.")
    residency: tuple[Residency, ...] = Field(
        default=(), description="Where data of each class may be."
    )
    destinations: tuple[str, ...] = Field(
        default=(),
        description="Where model calls may go: `provider` or `provider/region`, with * and ?.",
    )
    files: ScorecardFiles = Field(
        default_factory=ScorecardFiles, description="Files other tools write."
    )


def anchored(values: dict[str, Any], folder: Path) -> dict[str, Any]:
    """The section as written, its relative paths read as relative to `folder`."""
    found = dict(values)
    if isinstance(found.get("catalog"), str):
        found["catalog"] = str(folder / Path(found["catalog"]).expanduser())
    files = found.get("files")
    if isinstance(files, dict):
        found["files"] = {
            name: str(folder / Path(path).expanduser()) if isinstance(path, str) else path
            for name, path in files.items()
        }
    return found
