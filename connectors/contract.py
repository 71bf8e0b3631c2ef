"""What a connector must say about itself: the whole contract, on one page.

A connector knows one system. It declares its settings, and answers two questions. `check(session)`: can
the source be reached, does it let us in, what would be read? `read(session)`: what is new, as
deliveries, each with the cursor that stands for having it. It reads only, decides nothing about the ledger, and never
sleeps, retries or commits: `session` carries clients that do the first two, and `connectors.pulling` commits.

A *stream* is a part of the source that is read on from where it was left, or replaced as a whole: a
billing month, a day, a project. Its *cursor* is any text the connector understands; it is committed together
with the rows of the delivery, so a crash repeats work and never skips it. `session.cursor(table, stream)`
gives it back on the next pull. A delivery without rows moves no cursor: what was empty is asked again. Nor does any delivery
of a pull of days somebody asked for (`session.window`).

The same rows may be delivered any number of times: `costs` are replaced by source, scope and billing month,
`gpu_samples` by source, cluster and window, everything else is told apart by its key. So a delivery of
costs holds *all* rows of its months, and one of samples all of its window.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, Literal, NamedTuple, TypeVar

from connectors.settings import SourceSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import datetime
    from pathlib import Path

    import pyarrow as pa

    from connectors.http import Authorize, Http
    from connectors.objects import Objects
    from connectors.spool import Spool
    from finops.model.period import Period

__all__ = ["Connector", "Delivery", "Files", "Finding", "Rows", "Session", "Sign", "Spooled"]

S = TypeVar("S", bound=SourceSettings)


class Finding(NamedTuple):
    """One thing `check` looked at: whether it is in order, what it was, and what was found."""

    ok: bool
    what: str
    detail: str


class Spooled(NamedTuple):
    """A file fetched to this machine, and the address it came from, which the ledger remembers."""

    path: Path
    origin: str


class Files(NamedTuple):
    """Files for the loaders of `finops load`, as the source wrote them; the format is detected.

    `hint` names the format where the connector knows it. Of costs, only `months` (YYYY-MM) are stored, and of dated
    rows only `days`, where given.
    """

    table: str
    stream: str
    cursor: str
    files: tuple[Spooled, ...]
    hint: str | None = None
    months: tuple[str, ...] = ()
    sets: Mapping[str, str] = {}
    days: Period | None = None


class Rows(NamedTuple):
    """Rows in the ledger table's own columns (`connectors.arrow` makes the batches); read once."""

    table: str
    stream: str
    cursor: str
    batches: Iterable[pa.RecordBatch]


Delivery = Files | Rows


@dataclass(frozen=True, slots=True)
class Session(Generic[S]):
    """One pull of one source: what it may know, and the clients it reads with."""

    source: str
    settings: S
    now: datetime
    """This machine's clock, UTC; the source's may differ."""
    spool: Spool
    window: Period | None = None
    """Days somebody asked to read again; None for what is new."""
    cursors: Mapping[tuple[str, str], str] = field(default_factory=dict)
    allowed: tuple[str, ...] = ()
    """`[attributes] allow` of finops.toml."""
    notes: list[str] = field(default_factory=list)
    tell: Callable[[str, int, int | None], None] = lambda what, done, total: None  # noqa: ARG005

    def cursor(self, table: str, stream: str) -> str | None:
        """How far `stream` has been read; None when it never was, or is to be read again."""
        return None if self.window is not None else self.cursors.get((table, stream))

    def note(self, text: str) -> None:
        """Tell the person something about what was read, or was left out and why."""
        if text not in self.notes:
            self.notes.append(text)

    def http(self, base_url: str, authorize: Authorize | None = None, **limits: Any) -> Http:  # noqa: ANN401
        """The HTTP client: TLS verified, retried, rate-limited, redacted; `limits` as `Http` takes them."""
        from connectors.http import Http

        return Http(self.source, base_url, self.settings, authorize, **limits)

    def objects(self, url: str, config: Mapping[str, Any] | None = None) -> Objects:
        """The objects at `url` (s3://, gs://, az://, file://), read with what the store is told in `config`."""
        from connectors.objects import open_objects

        return open_objects(self.source, url, config or {}, self)


class Sign(NamedTuple):
    """A trace of the system that `finops init --interactive` looks for, and the settings that follow from it.

    `kind` says what `place` is: the `variable` of an environment, a `path` (`~` is home), a `program` on PATH, or
    an `address` that answers a GET. In a setting, `{value}` stands for the variable's value.
    """

    kind: Literal["variable", "path", "program", "address"]
    place: str
    settings: Mapping[str, Any] = {}
    beside: Mapping[str, tuple[str, ...]] = {}
    """Settings taken from further variables of the environment, the first that is set; left out where none is."""


class Connector(NamedTuple):
    """One system we can pull from."""

    name: str
    about: str
    tables: tuple[str, ...]
    settings: type[SourceSettings]
    check: Callable[[Session[Any]], Iterator[Finding]]
    read: Callable[[Session[Any]], Iterator[Delivery]]
    policy: str
    """The least permission it works with, in the system's own words (Markdown)."""
    signs: tuple[Sign, ...] = ()
    """How a machine that uses the system is known, the surest sign first."""
    tested: str = ""
    """What its tests run against, in a few words: a real server, or recorded shapes."""
