"""What numbers depend on beside the ledger's tables, as it was: settings, owners, scenarios, prices.

It is kept whenever it changed by the time of a load, a pull, a close or a review, so that a question about an
earlier day need not use today's. Sources are kept by name alone and addresses without their credentials: no
secret is among it, nor a reference to one. Of judged answers only the columns that are read are kept.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import ValidationError

from finops.config import Config
from finops.errors import LedgerError
from finops.ledger.engine import join_engine, query
from finops.ledger.in_force import (
    document_of,
    in_force,
    keep_in_force,
    kept_since,
    key_of,
    path_of,
)
from finops.ledger.store import rows_sql
from finops.model.tables import COSTS, REQUESTS
from finops.prices.book import Book, PriceKey
from finops.prices.install import keys_sql
from finops.prices.listed import SOURCE
from finops.prices.recorded import read_recorded, write_recorded

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    import duckdb

    from finops.ledger.in_force import Kept
    from finops.ledger.location import Location
    from finops.ledger.store import DataFile, Ledger
    from finops.prices.recorded import Name, Recorded

__all__ = [
    "InForce",
    "asked_in",
    "files_of_settings",
    "is_same",
    "keep_settings",
    "placed",
    "places",
    "prices_as_of",
    "settings_as_of",
    "settings_document",
    "write_prices",
]

SETTINGS, PRICES = "settings", "prices"

_ELSEWHERE = ("ledger", "actions", "review", "tui", "collect")
"""Sections that say where things are and how they look: no number depends on them."""

_PROVIDER = "coalesce(ServiceProviderName, ProviderName, PublisherName, InvoiceIssuerName, '?')"
_CREDENTIALS = re.compile(r'(?<=://)[^/@\s"\\]+@')
_JUDGED = ("confidence", "small_correct", "large_correct")
"""Columns of judged answers that are read."""


class InForce(NamedTuple):
    """Settings of an earlier moment and when they were kept; `since` None: none were kept by then."""

    config: Config
    since: datetime | None
    first: datetime | None
    """When settings were first kept; None when never."""


# --- keeping -----------------------------------------------------------------------------------


def keep_settings(
    ledger: Ledger,
    config: Config,
    *,
    loads: Collection[str] = (),
    now: datetime | None = None,
) -> bool:
    """Keep what is in force, where the ledger does not know it yet; whether it was news.

    `loads` are those whose requests and charges may bring models no price was kept of. LedgerError where the
    ledger cannot be written to.
    """
    where = ledger.location
    kept = in_force(where)
    settings = ("finops.json", settings_document(config))
    documents = {SETTINGS: settings, **files_of_settings(config)}
    prices = _prices(ledger, config, kept, key_of(*settings), loads)
    if prices is not None:
        documents[PRICES] = ("prices.json", prices)
    try:
        moment = now or datetime.now(tz=UTC)
        return keep_in_force(where, documents, {"price_book": SOURCE}, moment)
    except OSError as error:
        raise LedgerError(
            f"the settings cannot be kept in {where.url}: {error.strerror or error}"
        ) from error


def settings_document(config: Config) -> bytes:
    """`config` without what no number depends on: the same wherever its files and the ledger stand."""
    names = {place: Path(path).name for place, path in places(config)}
    settings = placed(config, names).model_dump(mode="json", by_alias=True, exclude=set(_ELSEWHERE))
    settings["sources"] = {name: _only_connector(each) for name, each in config.sources.items()}
    text = json.dumps(settings, indent=1, sort_keys=True, ensure_ascii=False)
    return _without_credentials(text).encode()


def _only_connector(source: Mapping[str, Any]) -> dict[str, str]:
    connector = source.get("connector")
    return {"connector": connector} if isinstance(connector, str) else {}


def _without_credentials(text: str) -> str:
    return _CREDENTIALS.sub("", text)


def files_of_settings(config: Config) -> dict[str, tuple[str, bytes]]:
    """Name and content of each file the settings name, by where they name it; without those that cannot be read."""
    found = {}
    for place, path in places(config):
        try:
            content = Path(path).read_bytes()
        except OSError:
            continue
        kept = _judged(content) if place.endswith(".scores") else content
        if kept is not None:
            text = kept.decode("utf-8", errors="surrogateescape")
            told = _without_credentials(text).encode("utf-8", errors="surrogateescape")
            found[place] = (Path(path).name.removesuffix(".gz"), told)
    return found


def is_same(then: Config, prices: Recorded | None, today: Config) -> bool:
    """Whether settings of `then`, the files they name and the list of its `prices` are those of `today`."""
    if prices is not None and prices.source != SOURCE:
        return False
    return _content(then) == _content(today)


def _content(config: Config) -> tuple[bytes, dict[str, bytes]]:
    """Settings and the files they name, whatever those are called."""
    unnamed = placed(config, {place: place for place, _ in places(config)})
    files = {place: content for place, (_, content) in files_of_settings(config).items()}
    return settings_document(unnamed), files


def places(config: Config) -> Iterator[tuple[str, str]]:
    """Where the settings name a file, and which."""
    if config.owners.file is not None:
        yield "owners.file", config.owners.file
    for number, entry in enumerate(config.breakeven):
        if entry.scenario is not None:
            yield f"breakeven.{number}.scenario", entry.scenario
    for number, pair in enumerate(config.route):
        if pair.scores is not None:
            yield f"route.{number}.scores", pair.scores


def placed(config: Config, paths: Mapping[str, str]) -> Config:
    """`config` with the files at these places named otherwise."""
    update: dict[str, Any] = {}
    if "owners.file" in paths:
        update["owners"] = config.owners.model_copy(update={"file": paths["owners.file"]})
    for section, key in (("breakeven", "scenario"), ("route", "scores")):
        entries = list(getattr(config, section))
        for number, entry in enumerate(entries):
            path = paths.get(f"{section}.{number}.{key}")
            if path is not None:
                entries[number] = entry.model_copy(update={key: path})
        update[section] = tuple(entries)
    return config.model_copy(update=update)


def _judged(content: bytes) -> bytes | None:
    """Judged answers, the columns that are read alone; None where they cannot be made out."""
    try:
        plain = gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content
        text = plain.decode("utf-8-sig")
        dialect = csv.Sniffer().sniff(text.partition("\n")[0], delimiters=",;\t|")
        rows = list(csv.DictReader(io.StringIO(text, newline=""), delimiter=dialect.delimiter))
    except (ValueError, OSError, EOFError, csv.Error):
        return None
    columns = [name for name in _JUDGED if rows and name in rows[0]]
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, columns, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode() if columns else None


# --- prices ------------------------------------------------------------------------------------


def _prices(
    ledger: Ledger, config: Config, kept: Kept | None, settings: str, loads: Collection[str]
) -> bytes | None:
    """Every price the ledger's requests and charges can ask for: those kept, and of models that are new."""
    where = ledger.location
    before = None if kept is None else _undamaged(where, kept)
    old = None if before is None else read_recorded(before)
    keys, names = _asked_for(ledger, None if old is None else loads)
    if kept is not None and old is not None:
        is_same = old.source == SOURCE and kept.documents[SETTINGS] == settings
        if is_same and keys <= set(old.cards) and names <= set(old.names):
            return before
        keys, names = keys | set(old.cards), names | set(old.names)
    return write_prices(config, keys, names) if keys or names else None


def _undamaged(where: Location, kept: Kept) -> bytes | None:
    """The prices kept last; None where they are damaged, which is an error of who asks for them, not of a load."""
    try:
        return document_of(where, kept, PRICES)
    except LedgerError:
        return None


def _asked_for(ledger: Ledger, loads: Collection[str] | None) -> tuple[set[PriceKey], set[Name]]:
    """Keys and names in the files that `loads` wrote; in all files for None."""

    def files(table: str) -> Sequence[DataFile]:
        found = ledger.files(table) if loads is None or loads else ()
        chosen = [each for each in found if loads is None or each.load_id in loads]
        ledger.local(chosen, table)
        return chosen

    with join_engine() as con:
        return asked_in(con, files(REQUESTS.name), f"({rows_sql(COSTS, files(COSTS.name))})")


def asked_in(
    con: duckdb.DuckDBPyConnection, requests: Sequence[DataFile], costs: str
) -> tuple[set[PriceKey], set[Name]]:
    """Pricing keys of the request files, and every name of a model they and the relation `costs` use."""
    rows = query(con, keys_sql(f"({rows_sql(REQUESTS, requests)})")) if requests else []
    keys = {PriceKey(*row) for row in rows}
    keys |= {PriceKey(key.provider, key.model) for key in keys}
    names: set[Name] = {(key.provider, key.model) for key in keys}
    billed = f"select distinct {_PROVIDER}, x_Model from {costs} where x_Model is not null"
    return keys, names | set(query(con, billed))


def write_prices(config: Config, keys: Collection[PriceKey], names: Collection[Name]) -> bytes:
    """What these keys and names stand for today, as a document."""
    book = Book.load(config.price_entries())
    cards = {key: book.cards([key]) for key in keys}
    return write_recorded(SOURCE, cards, {name: book.canonical(*name) for name in names})


# --- as of a moment ----------------------------------------------------------------------------


def settings_as_of(where: Location, today: Config) -> InForce:
    """The settings in force at the moment `where` is looked at; `today`'s where none were kept by then.

    LedgerError when what was kept is damaged, or another version of finops kept it and this cannot read it.
    """
    kept, first = in_force(where), kept_since(where)
    if kept is None:
        return InForce(today, None, first)
    content = document_of(where, kept, SETTINGS)
    try:
        config = Config.model_validate_json(content or b"")
    except ValidationError as error:
        raise LedgerError(
            f"the settings kept on {kept.at:%Y-%m-%d} cannot be read by this version of finops: "
            f"{error.errors()[0]['msg']}"
        ) from error
    paths = {what: path_of(where, kept, what) for what in kept.documents}
    config = placed(config, {what: str(path) for what, path in paths.items() if path is not None})
    update = {name: getattr(today, name) for name in _ELSEWHERE}
    return InForce(config.model_copy(update=update), kept.at, first)


def prices_as_of(where: Location) -> Recorded | None:
    """The prices in force at the moment `where` is looked at; None where none were kept by then."""
    kept = None if where.at is None else in_force(where)
    content = None if kept is None else document_of(where, kept, PRICES)
    return None if content is None else read_recorded(content)
