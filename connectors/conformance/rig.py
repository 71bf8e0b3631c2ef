"""What the author of a connector says about its test system: how to stand it up, and what to put there."""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, ClassVar

from finops.model.period import Period

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from connectors.contract import Connector

__all__ = ["Rig"]


class Rig(ABC):
    """A system to pull from: a real server, one that answers recorded pages, or a folder.

    A new one is made for each test, with a folder of its own; `stop` is called at its end.
    """

    connector: ClassVar[Connector]
    network: ClassVar[bool] = True
    """Whether it is reached through the network; if not, it cannot be cut off or refuse us."""
    secrets: ClassVar[Mapping[str, str]] = {}
    """Environment variables and the planted secrets in them; `settings` refers to them as `env:NAME`."""
    now: ClassVar[datetime] = datetime(2026, 11, 20, 12, tzinfo=UTC)
    """The time of the first pull; the rows of `first` are older."""
    window: ClassVar[Period] = Period(date(2026, 9, 1), date(2026, 11, 1))
    """Days with rows of `first` in them, on both sides of `split`."""
    split: ClassVar[date] = date(2026, 10, 1)

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def address(self) -> str:
        """`http://HOST:PORT` of the system, which `later` may move; empty when it is not reached through the network."""
        return ""

    @abstractmethod
    def settings(self, address: str) -> dict[str, Any]:
        """Settings of a source whose system is reached at `address`: the suite puts a proxy there."""

    @abstractmethod
    def first(self) -> None:
        """Put the first data there: at least two streams, or two pages, of it; the same every time."""

    @abstractmethod
    def later(self) -> None:
        """Add newer data, and change or add some that is older than the newest of `first`."""

    def stop(self) -> None:  # noqa: B027  (most rigs have nothing to take down)
        """Take the system down."""
