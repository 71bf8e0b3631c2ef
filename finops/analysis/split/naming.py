"""Names that charges are split by: what requests say of them, and what the charge itself says where no request does."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from finops.analysis.grain import DIMENSIONS, dimension
from finops.analysis.owners.lookup import DIMENSIONS as OWNERS
from finops.analysis.owners.lookup import owner_columns
from finops.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from finops.analysis.owners.registry import Registry
    from finops.analysis.split.parts import Keys
    from finops.config import Config

__all__ = ["Names", "is_said", "names"]

_OF_CHARGE = {
    "provider": "coalesce(ServiceProviderName, ProviderName)",
    "model": "x_Model",
    "response_model": "x_Model",
    "service_tier": "x_ServiceTier",
    "project": "coalesce(SubAccountName, SubAccountId)",
    "region": "RegionId",
    "pool": "pool",
    "day": "strftime(ChargePeriodStart, '%Y-%m-%d')",
    "month": "x_BillingMonth",
}
"""What a charge says itself, by the name requests are grouped by."""

_TIMES = ("hour", "week", "run", "call")


class Names(NamedTuple):
    """What is split by: `asked` in order, those `requests` can tell, and SQL over a cost row of each.

    `tags` are keys of tags that owners of charges are found by.
    """

    asked: tuple[str, ...]
    requests: tuple[str, ...]
    charge: tuple[str, ...]
    tags: tuple[str, ...]

    @property
    def nobody(self) -> Keys:
        """The values of what nobody used."""
        return (None,) * len(self.asked)

    def keys(self, found: Mapping[str, object]) -> Keys:
        """The values of `found` by name, in the order asked; None for what it lacks."""
        values = (found.get(name) for name in self.asked)
        return tuple(None if value is None else str(value) for value in values)

    def of_requests(self, values: Sequence[object]) -> Keys:
        """The same of a row of requests, whose values are in the order of `requests`."""
        return self.keys(dict(zip(self.requests, values, strict=True)))


def is_said(name: str, config: Config, registry: Registry) -> bool:
    """Whether anything can say an owner: owners.csv, a tag that finops.toml names, for a team also the log."""
    return (
        name == "team" or bool(registry.rows) or getattr(config.owners, f"{name}_tag") is not None
    )


def names(by: Sequence[str], config: Config, registry: Registry, *, strict: bool = True) -> Names:
    """The names of `by`, in any case; UsageError for one that is no dimension or, if `strict`, that nothing says.

    Owners are looked up on a cost row called `costs`, with `registry` on the connection.
    """
    asked, known, charge = [], [], []
    tags = dict.fromkeys(registry.tag_keys)
    for name in (each.casefold() for each in by):
        if name in _TIMES:
            raise UsageError(
                f"charges cannot be split by {name!r}", hint="choose among team, workflow, tenant …"
            )
        if name in OWNERS:
            if strict and not is_said(name, config, registry):
                raise UsageError(
                    f"nothing says which {name.replace('_', ' ')} a cost is of",
                    hint=f"`finops owners check` proposes rows of owners.csv; or set {name}_tag under [owners]",
                )
            if registry.rows or name == "team":
                known.append(name)
            tag = getattr(config.owners, f"{name}_tag")
            tags |= {} if tag is None else {tag: None}
            charge.append(owner_columns(registry, "costs", name, tag).sql)
        else:
            known.append(dimension(name, DIMENSIONS).name)
            charge.append(_OF_CHARGE.get(name, "cast(null as varchar)"))
        asked.append(name)
    return Names(tuple(asked), tuple(known), tuple(charge), tuple(tags))
