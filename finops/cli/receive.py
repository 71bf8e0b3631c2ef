"""`finops receive`: traces that applications send, into the ledger."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from finops.cli.collect import seconds
from finops.cli.options import LedgerOption, open_ledger
from finops.cli.secrets import revealed
from finops.errors import FinopsError, UsageError
from finops.model.address import parse_address

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from connectors.loading import LoadResult
    from connectors.receiving.drain import Drain
    from connectors.receiving.server import Receiver

__all__ = ["register"]

_MEBIBYTE = 1024 * 1024

ListenOption = Annotated[
    str,
    typer.Option(
        "--listen",
        metavar="ADDRESS:PORT",
        help="Where to listen; an address others can reach needs --token.",
    ),
]
TokenOption = Annotated[
    str | None,
    typer.Option(
        "--token",
        metavar="env:NAME|file:PATH|keyring:NAME",
        help="Where the token is that senders bring, as `Authorization: Bearer …`.",
    ),
]
SourceOption = Annotated[
    str, typer.Option("--source", metavar="NAME", help="Source in the ledger.")
]
FlushOption = Annotated[
    str, typer.Option("--flush", metavar="TIME", help="Time between writes into the ledger.")
]
SettleOption = Annotated[
    str,
    typer.Option(
        "--settle", metavar="TIME", help="A trace is stored when nothing of it came for this long."
    ),
]
WaitingOption = Annotated[
    int,
    typer.Option(
        "--max-waiting",
        metavar="MIB",
        min=1,
        help="Mebibytes that may wait to be stored; senders are told to come again beyond it.",
    ),
]


def register(app: typer.Typer) -> None:
    """Add `receive` to the application."""
    app.command("receive")(receive)


def receive(
    *,
    listen: ListenOption = "127.0.0.1:4318",
    token: TokenOption = None,
    source: SourceOption = "otlp",
    flush: FlushOption = "30s",
    settle: SettleOption = "30s",
    max_waiting: WaitingOption = 256,
    ledger: LedgerOption = None,
) -> None:
    """Receive OpenTelemetry traces over HTTP (OTLP), and keep the model calls in them.

    Point an application's exporter here: OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318. A request is
    acknowledged when it is on disk. Prompts and answers are left out before anything is written. Ctrl-C
    or SIGTERM stores what has come and ends.
    """
    from connectors.receiving.drain import Drain, Patience
    from connectors.receiving.journal import Journal
    from connectors.receiving.server import Receiver
    from connectors.receiving.spans import Reducer
    from connectors.spool import spool_of
    from finops.cli import diagnostics
    from finops.config import load_config

    address = parse_address(listen, "--listen", "127.0.0.1:4318")
    secret = None if token is None else revealed(token)
    if secret is None and not address.local:
        raise UsageError(
            f"{address.host} can be reached by others",
            hint="--token env:NAME, or --listen 127.0.0.1:4318",
        )
    every, quiet = seconds(flush, "--flush"), seconds(settle, "--settle")
    config = load_config()
    store = open_ledger(ledger, config=config, create=True)
    allowed = config.attributes.allow
    with spool_of(store.location.root, source) as spool:
        journal = Journal(spool.folder / "journal", max_waiting * _MEBIBYTE)
        batch = spool.folder / "batch.jsonl"
        drain = Drain(store, source, journal, batch, allowed=allowed, patience=Patience(quiet))
        try:
            server = Receiver(address, Reducer(allowed), journal, token=secret, seen=drain.seen)
        except OSError as error:
            raise UsageError(f"cannot listen on {listen}: {error.strerror}") from error
        diagnostics.say(
            f"receiving traces on http://{address.host}:{server.server_address[1]}/v1/traces"
        )
        _serve(server, drain, every)
        journal.close()
        if not journal.waiting:
            (spool.folder / "journal").rmdir()


def _serve(server: Receiver, drain: Drain, every: float) -> None:
    """Receive until a signal, storing what is whole `every` seconds, and everything at the end."""
    from finops.cli import diagnostics

    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True
    )
    with _stopped() as stop:
        thread.start()
        while not stop.wait(every):
            _load(drain, everything=False)
    server.shutdown()
    thread.join()
    server.server_close()
    _load(drain, everything=True)
    said = server.counts
    diagnostics.say(
        f"{said.requests:,} requests with {said.spans:,} spans; {said.rejected:,} spans were none, "
        f"{said.refused:,} requests were refused"
    )


def _load(drain: Drain, *, everything: bool) -> None:
    """Store; what cannot be stored now stays on disk for the next time."""
    from finops.cli import diagnostics

    try:
        result = drain.load(everything=everything)
    except FinopsError as error:
        diagnostics.warn(f"nothing was stored, and nothing is lost: {error.message}")
        return
    if result is not None:
        diagnostics.say(_told(result))


def _told(result: LoadResult) -> str:
    left = (
        f", {result.rows_refused:,} left out: {result.problems[0]}" if result.rows_refused else ""
    )
    return f"{result.stored.rows_stored:,} calls stored{left}"


@contextmanager
def _stopped() -> Iterator[threading.Event]:
    """An event that ctrl-C and SIGTERM set."""
    event = threading.Event()

    def stop(signum: int, frame: FrameType | None) -> None:
        del signum, frame
        event.set()

    noticed = signal.set_wakeup_fd(-1)
    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield event
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(noticed)
