"""What can be pulled from, whether it can be reached, and what it must be allowed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from finops.api.answer import Answer
from finops.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from connectors.contract import Connector, Finding  # noqa: F401  (base of CheckedSources)
    from finops.config import Config
    from finops.report.connectors import Known

__all__ = ["CheckedSources", "Connectors"]


@dataclass(frozen=True, slots=True)
class CheckedSources(Answer["tuple[tuple[str, Finding], ...]"]):
    """What was found of each source."""

    @property
    def ok(self) -> bool:
        """Whether everything is as it should be."""
        return all(finding.ok for _, finding in self.value)


@dataclass(frozen=True, slots=True)
class Connectors:
    """Questions about sources; none of them needs a ledger."""

    config: Config

    def list(self) -> Answer[tuple[Known, ...]]:
        """The connectors there are, and the sources of finops.toml that use them."""
        from finops.report.connectors import connectors_report

        found = tuple(self._known())
        return Answer(found, connectors_report(found))

    def check(self, sources: Sequence[str] | None = None) -> CheckedSources:
        """Whether each source (default: all) can be reached, lets us in, and holds what it should."""
        from connectors.checks import check_source
        from connectors.configured import configured
        from finops.report.connectors import findings_report

        found = tuple(
            (source.name, finding)
            for source in configured(self.config.sources, sources or ())
            for finding in check_source(source)
        )
        return CheckedSources(found, findings_report(found))

    def describe(self, connector: str) -> Answer[Connector]:
        """The settings of a connector and the least permission it needs; UsageError when there is none."""
        from connectors.configured import connector_called
        from finops.report.connectors import describe_report

        found = connector_called(connector)
        return Answer(found, describe_report(found))

    def _known(self) -> Iterator[Known]:
        from connectors.configured import connector_called
        from finops.plugins import CONNECTORS, names
        from finops.report.connectors import Known

        for name in names(CONNECTORS):
            using = tuple(
                source
                for source, values in self.config.sources.items()
                if values.get("connector") == name
            )
            try:
                found = connector_called(name)
            except UsageError as error:
                yield Known(name, (), error.message, using)
            else:
                yield Known(name, tuple(found.tables), found.about, using)
