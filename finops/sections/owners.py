"""`[owners]` and `[[layers]]`: who answers for a cost, and which layer of the stack it pays for."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from finops.sections.base import Section

__all__ = ["Layer", "LayerName", "Owners"]


class LayerName(StrEnum):
    """The layers of an AI stack, from the ground up."""

    FACILITIES = "facilities & power"
    COMPUTE = "compute"
    NETWORKING = "networking"
    STORAGE = "storage"
    ORCHESTRATION = "orchestration"
    DATA = "data & pipelines"
    SERVING = "serving"
    OBSERVABILITY = "observability"
    SECURITY = "security"


class Layer(Section):
    """Which cost rows belong to a layer; of several rules that match, the first wins."""

    layer: LayerName = Field(description="Layer of the stack.")
    where: str = Field(
        min_length=1, description="Which cost rows: an expression over FOCUS columns and tags."
    )


class Owners(Section):
    """Who owns what: a file of identifiers, and tags that name the owner themselves."""

    file: str | None = Field(
        default=None,
        description="CSV of owners (relative to this file); `owners.csv` beside this file when absent.",
    )
    team_tag: str | None = Field(
        default=None,
        description="Tag of a bill whose value is the team, before any row of the file.",
    )
    product_tag: str | None = Field(default=None, description="The same for the product.")
    cost_centre_tag: str | None = Field(default=None, description="The same for the cost centre.")
    gl_code_tag: str | None = Field(
        default=None, description="The same for the code of the general ledger."
    )
