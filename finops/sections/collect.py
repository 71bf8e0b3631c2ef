"""`[collect]`: what `finops collect gpu` does on this machine where its options do not say otherwise."""

from __future__ import annotations

from pydantic import Field

from finops.sections.base import Section

__all__ = ["Collect"]


class Collect(Section):
    """Sampling this machine's accelerators: defaults of `finops collect gpu`."""

    interval: str = Field(default="15s", description="Time between readings: 15, 15s, 1m.")
    flush: str = Field(default="5m", description="Time between writes into the ledger.")
    source: str | None = Field(
        default=None, description="Source in the ledger; `gpu-NODE` when absent."
    )
    node: str | None = Field(default=None, description="Name of this machine; its own when absent.")
    cluster: str | None = Field(default=None, description="Cluster it belongs to.")
    pool: str | None = Field(default=None, description="Pool its accelerators belong to.")
    workload: str | None = Field(
        default=None,
        description="Workload of accelerators in use; the program's name when absent.",
    )
