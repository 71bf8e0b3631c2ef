"""Delivering reviews: to folders, moto, Azurite, a Cloud Storage emulator and a web server; the same review once."""

from __future__ import annotations

import json
import runpy
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.request import Request, urlopen

import obstore
import pytest

from connectors.sending import notify, open_target
from connectors.settings import SourceSettings
from finops.api.review import Review
from finops.api.review.deliver import Delivery, Outcome, deliver
from finops.api.session import Session
from finops.config import Config
from finops.errors import (
    AccessDenied,
    CommitConflict,
    ConfigError,
    FinopsError,
    SourceError,
    SourceMissing,
    UsageError,
)
from finops.ledger.deliveries import begin
from finops.ledger.store import Ledger
from finops.report.document import Document, DocumentFormat
from tests.connectors.pull import servers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SAMPLE = Path(__file__).parents[1] / "report" / "sample_document.py"
DOCUMENT: Document = runpy.run_path(str(SAMPLE))["DOCUMENT"]

REVIEW = Review(DOCUMENT)
RESTATED = Review(replace(DOCUMENT, sections=DOCUMENT.sections[:1]))

QUICK = SourceSettings(attempts=3, retry_wait_s=0, timeout_s=10)


class Hook:
    """A web server that answers with what it is told to, in turn, and keeps what it was sent."""

    def __init__(self, server: ThreadingHTTPServer) -> None:
        self.address = f"http://127.0.0.1:{server.server_port}/hook/s3cret-token"
        self.answers: list[int] = []
        self.got: list[tuple[dict[str, str], Any]] = []

    @property
    def accepted(self) -> int:
        """How many notices it took."""
        return sum(status == "200" for status in (headers["status"] for headers, _ in self.got))


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hook]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = found.answers.pop(0) if found.answers else 200
            headers = {name.lower(): value for name, value in self.headers.items()}
            found.got.append(({**headers, "status": str(status)}, json.loads(body)))
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found = Hook(server)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("REVIEW_HOOK", found.address)
    yield found
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def session(tmp_path: Path) -> Session:
    return Session(Ledger.open(str(tmp_path / "ledger"), create=True), Config())


def told(**given: Any) -> Delivery:  # noqa: ANN401  (fields of a delivery)
    return Delivery(webhook="env:REVIEW_HOOK", patience=QUICK, **given)


def test_files_are_written_once_and_again_only_when_they_say_something_new(
    session: Session, tmp_path: Path
) -> None:
    place = tmp_path / "reviews"
    to = Delivery(str(place), (DocumentFormat.HTML, DocumentFormat.JSON))
    paths = (str(place / "review-2026-10.html"), str(place / "review-2026-10.json"))
    assert deliver(session, REVIEW, to) == Outcome(paths)
    assert (place / "review-2026-10.json").read_bytes() == REVIEW.to("json")
    assert deliver(session, REVIEW, to) == Outcome()
    assert deliver(session, RESTATED, to) == Outcome(paths)
    assert (place / "review-2026-10.json").read_bytes() == RESTATED.to("json")
    assert deliver(session, REVIEW, to) == Outcome(paths)
    (place / "review-2026-10.html").unlink()
    assert deliver(session, REVIEW, to) == Outcome(paths)
    assert sorted(path.name for path in place.iterdir()) == [
        "review-2026-10.html",
        "review-2026-10.json",
    ]


def amazon() -> tuple[str, dict[str, str]]:
    """A bucket on moto, and what the environment says of it."""
    import boto3

    keys = {"aws_access_key_id": "nobody", "aws_secret_access_key": "n0thing-to-hide"}
    client = boto3.client("s3", endpoint_url=servers.moto(), region_name="us-east-1", **keys)
    client.create_bucket(Bucket="reviews")
    client.close()
    return "s3://reviews/finance", {
        **{name.upper(): value for name, value in keys.items()},
        "AWS_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": servers.moto(),
        "AWS_ALLOW_HTTP": "true",
    }


def azure() -> tuple[str, dict[str, str]]:
    """A container on Azurite, and what the environment says of it."""
    servers.put_blob("reviews", None)
    return "az://reviews/finance", {
        "AZURE_STORAGE_ACCOUNT_NAME": servers.AZURE_ACCOUNT,
        "AZURE_STORAGE_ACCOUNT_KEY": servers.AZURE_KEY,
        "AZURE_STORAGE_ENDPOINT": servers.azurite(),
        "AZURE_ALLOW_HTTP": "true",
    }


def google() -> tuple[str, dict[str, str]]:
    """A bucket on a Cloud Storage emulator, and what the environment says of it."""
    servers.gcs_put("reviews", "", b"")
    known = {"gcs_base_url": servers.cloud_storage_as_xml(), "disable_oauth": True}
    blank = dict.fromkeys(("client_email", "private_key", "private_key_id"), "")
    said = json.dumps({**known, **blank})
    return "gs://reviews/finance", {"GOOGLE_SERVICE_ACCOUNT_KEY": said, "GOOGLE_ALLOW_HTTP": "true"}


@pytest.mark.parametrize("cloud", [amazon, azure, google])
def test_a_container_and_a_bucket_are_written_once_and_again_when_a_file_is_gone(
    cloud: Callable[[], tuple[str, dict[str, str]]],
    session: Session,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    place, said = cloud()
    for name, value in said.items():
        monkeypatch.setenv(name, value)
    to = Delivery(place, (DocumentFormat.JSON, DocumentFormat.XLSX))
    written = (f"{place}/review-2026-10.json", f"{place}/review-2026-10.xlsx")
    assert deliver(session, REVIEW, to) == Outcome(written)
    assert deliver(session, REVIEW, to) == Outcome()
    assert deliver(session, RESTATED, to) == Outcome(written)
    store = obstore.store.from_url(place)
    assert bytes(obstore.get(store, "review-2026-10.json").bytes()) == RESTATED.to("json")
    assert bytes(obstore.get(store, "review-2026-10.xlsx").bytes()) == RESTATED.to("xlsx")
    more = to._replace(formats=(*to.formats, DocumentFormat.MD))
    assert deliver(session, RESTATED, more).written[-1] == f"{place}/review-2026-10.md"


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> str:
    """A folder of a bucket on moto that this process may write to."""
    place, said = amazon()
    for name, value in said.items():
        monkeypatch.setenv(name, value)
    return place


def who_may(actions: str) -> None:
    """From how many actions on moto asks who one is; `inf` for never."""
    headers = {"Content-Type": "text/plain"}
    address = f"{servers.moto()}/moto-api/reset-auth"
    asked = Request(address, data=actions.encode(), headers=headers, method="POST")  # noqa: S310  (our own server)
    urlopen(asked, timeout=10).close()  # noqa: S310  (our own server)


def test_a_bucket_that_is_not_there_is_named_and_nothing_told(
    s3: str, session: Session, hook: Hook
) -> None:
    """The files come before the notice, so that nobody is sent to what is not there."""
    to = told(place=s3.replace("reviews", "no-such-bucket"), formats=(DocumentFormat.MD,))
    with pytest.raises(SourceMissing) as caught:
        deliver(session, REVIEW, to)
    assert caught.value.message == (
        "cannot write s3://no-such-bucket/finance/review-2026-10.md: "
        "404 Not Found, NoSuchBucket: The specified bucket does not exist"
    )
    assert caught.value.hint == "is there a bucket no-such-bucket? finops makes none"
    assert hook.got == []
    written = (f"{s3}/review-2026-10.md",)
    assert deliver(session, REVIEW, to._replace(place=s3)) == Outcome(written, told=True)
    assert deliver(session, REVIEW, to._replace(place=s3)) == Outcome()
    assert len(hook.got) == 1


def test_wrong_credentials_are_said_without_them_and_the_next_run_delivers(
    s3: str, session: Session
) -> None:
    to = Delivery(f"{s3}/refused", (DocumentFormat.MD,))
    who_may("0")
    try:
        with pytest.raises(AccessDenied) as caught:
            deliver(session, REVIEW, to)
        with pytest.raises(AccessDenied, match="403 Forbidden"):
            open_target(s3).has("review-2026-10.md")
    finally:
        who_may("inf")
    assert caught.value.message == (
        f"cannot write {s3}/refused/review-2026-10.md: 403 Forbidden, InvalidAccessKeyId: "
        "The AWS Access Key Id you provided does not exist in our records."
    )
    assert caught.value.hint == "its credentials are in AWS_…: may they write there?"
    assert "n0thing-to-hide" not in str(caught.value)
    assert deliver(session, REVIEW, to) == Outcome((f"{s3}/refused/review-2026-10.md",))


def test_another_version_that_says_the_same_delivers_nothing(
    session: Session, tmp_path: Path
) -> None:
    to = Delivery(str(tmp_path / "reviews"), (DocumentFormat.MD,))
    deliver(session, REVIEW, to)
    same = Review(replace(DOCUMENT, facts=()))
    assert deliver(session, same, to) == Outcome()


def test_without_only_new_files_are_written_every_time(session: Session, tmp_path: Path) -> None:
    to = Delivery(str(tmp_path / "reviews"), (DocumentFormat.MD,), only_new=False)
    assert deliver(session, REVIEW, to) == deliver(session, REVIEW, to) != Outcome()


def test_the_webhook_is_told_once_with_headline_and_link(session: Session, hook: Hook) -> None:
    to = told(formats=(DocumentFormat.HTML,), link="https://reviews.example/finops/")
    assert deliver(session, REVIEW, to) == Outcome(told=True)
    assert deliver(session, REVIEW, to) == Outcome()
    ((headers, notice),) = hook.got
    assert headers["content-type"] == "application/json"
    assert notice == {
        "text": "Monthly review · 2026-10 · USD\n"
        "Effective cost was 36,723.09 USD, 12.4% more than in 2026-09.\n"
        "https://reviews.example/finops/review-2026-10.html",
        "title": "Monthly review · 2026-10 · USD",
        "month": "2026-10",
        "currency": "USD",
        "sentences": ["Effective cost was 36,723.09 USD, 12.4% more than in 2026-09."],
        "link": "https://reviews.example/finops/review-2026-10.html",
        "content_sha256": REVIEW.digest,
    }
    assert deliver(session, RESTATED, to) == Outcome(told=True)
    assert len(hook.got) == 2


def test_a_busy_webhook_is_tried_again_with_the_same_key(session: Session, hook: Hook) -> None:
    hook.answers = [503, 429, 200]
    assert deliver(session, REVIEW, told()).told
    keys = {headers["idempotency-key"] for headers, _ in hook.got}
    assert (len(hook.got), hook.accepted, len(keys)) == (3, 1, 1)


def test_a_refused_notice_is_an_error_and_the_next_run_tells_it(
    session: Session, hook: Hook
) -> None:
    hook.answers = [400]
    with pytest.raises(SourceError, match="answered 400") as caught:
        deliver(session, REVIEW, told())
    assert "s3cret-token" not in str(caught.value)
    assert deliver(session, REVIEW, told()).told
    assert deliver(session, REVIEW, told()) == Outcome()
    keys = [headers["idempotency-key"] for headers, _ in hook.got]
    assert (hook.accepted, keys[0] == keys[1]) == (1, True)


def test_content_that_comes_back_is_news_again(session: Session, hook: Hook) -> None:
    for review in (REVIEW, RESTATED, REVIEW):
        assert deliver(session, review, told()).told
    keys = [headers["idempotency-key"] for headers, _ in hook.got]
    assert len(set(keys)) == 3


def test_of_two_who_deliver_one_waits_and_a_dead_one_is_replaced(session: Session) -> None:
    where = session.ledger.location
    now = datetime(2026, 11, 5, 6, tzinfo=UTC)
    first = begin(where, "review-2026-10", "somewhere", "digest", now)
    assert first is not None
    with pytest.raises(CommitConflict, match="by somebody else"):
        begin(where, "review-2026-10", "somewhere", "digest", now + timedelta(minutes=14))
    assert begin(where, "review-2026-10", "elsewhere", "digest", now) is not None
    again = begin(where, "review-2026-10", "somewhere", "digest", now + timedelta(minutes=16))
    assert again is not None
    assert again.key == first.key
    again.done()
    assert begin(where, "review-2026-10", "somewhere", "digest", now + timedelta(hours=1)) is None


def test_what_cannot_be_written_is_said_and_tried_again(session: Session, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file", encoding="utf-8")
    to = Delivery(str(tmp_path / "taken"), (DocumentFormat.MD,))
    with pytest.raises(FinopsError, match="could not be written"):
        deliver(session, REVIEW, to)
    (tmp_path / "taken").unlink()
    assert deliver(session, REVIEW, to).written


def test_a_place_or_webhook_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="not a place files can be put"):
        open_target("ftp://host/folder")
    with pytest.raises(ConfigError, match="no variable NOWHERE"):
        notify("env:NOWHERE", {}, "key")
    monkeypatch.setenv("NO_ADDRESS", "hooks.example")
    with pytest.raises(ConfigError, match="not the address of a webhook"):
        notify("env:NO_ADDRESS", {}, "key")
    with pytest.raises(ConfigError, match="by reference") as caught:
        notify("https://hooks.example/s3cret", {}, "key")
    assert "s3cret" not in str(caught.value)
