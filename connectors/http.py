"""The one HTTP client of every connector: what leaves this machine, and how often, is decided here.

TLS certificates are always verified and redirects never followed, because they would take credentials with
them. An attempt that met a broken connection, a truncated or garbled answer, 408, 425, 429 or 5xx is made
again, after the wait the source asked for (Retry-After) or an exponential one with jitter. Answers have a
size and a time they must be complete in. Numbers with a fraction are read as Decimal. Errors name the source,
the path without its query, the status and the beginning of the answer, without secrets.
"""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, Self

import httpx
import stamina
import stamina.instrumentation

from finops import __version__
from finops.errors import AccessDenied, SourceError, SourceMissing, SourceUnavailable
from finops.redaction import redact

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import TracebackType

    from connectors.settings import SourceSettings

__all__ = ["Answer", "Authorize", "Http", "Params"]

stamina.instrumentation.set_on_retry_hooks(
    []
)  # retries are ours to tell, and its log names what it called

Params = "Mapping[str, str | int | Sequence[str]]"

_LONGEST_BACKOFF_S = 30.0
_PATIENCE = 10
"""An answer may take this many timeouts to arrive, however steadily it trickles."""

_AGAIN = {408, 425, 429, 500, 502, 503, 504}
_SHOWN = 300
_MEBIBYTE = 1024 * 1024


class Request(NamedTuple):
    """One request as it is about to leave."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes


class Authorize(Protocol):
    """Adds credentials: called for every attempt, so that secrets are looked up late and signatures are fresh."""

    def __call__(self, request: Request, /) -> Mapping[str, str]:
        """Headers to add to `request`."""


class Answer(NamedTuple):
    """A complete answer with a good status."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:  # noqa: ANN401  (whatever the source says)
        """The body as JSON, fractions as Decimal; ValueError when it is none."""
        return json.loads(self.body, parse_float=Decimal)


class _Busy(Exception):
    """A status that asks us to come again; `wait` in seconds, where it says when."""

    def __init__(self, status: int, wait: float | None, body: str) -> None:
        super().__init__(f"answered {status}{': ' if body else ''}{body}")
        self.wait = wait


class _Garbled(Exception):
    """An answer that ended early, came too slowly, or is not what it says it is."""


class Http:
    """Requests below one address. A context manager; used without, its connections end with the process."""

    def __init__(
        self,
        source: str,
        base_url: str,
        settings: SourceSettings,
        authorize: Authorize | None = None,
        *,
        max_bytes: int = 256 * _MEBIBYTE,
        per_second: float | None = None,
    ) -> None:
        self.source = source
        self.base_url = base_url.rstrip("/")
        self._settings = settings
        self._authorize = authorize
        self._max_bytes = max_bytes
        self._interval = 1 / per_second if per_second else 0.0
        self._earliest = 0.0
        self._client = httpx.Client(
            timeout=settings.timeout_s,
            follow_redirects=False,
            headers={"User-Agent": f"finops/{__version__}", "Accept": "application/json"},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the connections."""
        self._client.close()

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> Any:  # noqa: ANN401
        """The JSON at `path`."""
        return self.request("GET", path, params=params).json()

    def post(self, path: str, document: object, headers: Mapping[str, str] | None = None) -> Any:  # noqa: ANN401
        """The JSON answer to a JSON document."""
        body = json.dumps(document, default=str).encode()
        sent = {"Content-Type": "application/json", **(headers or {})}
        return self.request("POST", path, headers=sent, body=body).json()

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        wants_json: bool = True,
    ) -> Answer:
        """A complete, good answer; AccessDenied, SourceMissing, SourceUnavailable or SourceError otherwise.

        With `wants_json` an answer that is not JSON counts as cut short, and is asked for again.
        """
        url = str(httpx.URL(f"{self.base_url}{path}", params=params or None))
        request = Request(method, url, dict(headers or {}), body)
        try:
            for attempt in self._attempts():
                with attempt:
                    return self._once(request, wants_json=wants_json)
        except (_Busy, _Garbled) as error:
            raise SourceUnavailable(self._said(request, str(error)), hint=_later(error)) from None
        except httpx.TransportError as error:
            raise SourceUnavailable(
                self._said(request, f"could not be reached: {_words(error)}"),
                hint="check the address and the network, then pull again",
            ) from None
        raise AssertionError(url)

    def _attempts(self) -> Iterator[Any]:
        said = self._settings
        return iter(
            stamina.retry_context(
                on=self._whether_again,
                attempts=said.attempts,
                timeout=None,
                wait_initial=said.retry_wait_s,
                wait_max=_LONGEST_BACKOFF_S,
                wait_jitter=said.retry_wait_s,
            )
        )

    def _whether_again(self, error: Exception) -> bool | timedelta:
        if isinstance(error, _Busy):
            if error.wait is None:
                return True
            return error.wait <= self._settings.longest_wait_s and timedelta(seconds=error.wait)
        return isinstance(error, (httpx.TransportError, _Garbled))

    def _once(self, request: Request, *, wants_json: bool) -> Answer:
        self._pace()
        added = self._authorize(request) if self._authorize else {}
        headers = {**request.headers, **added}
        with self._client.stream(
            request.method, request.url, headers=headers, content=request.body
        ) as response:
            answer = Answer(response.status_code, response.headers, self._body(response))
        self._judge(request, answer)
        if wants_json:
            try:
                answer.json()
            except ValueError:
                raise _Garbled(f"answered what is not JSON: {_beginning(answer.body)}") from None
        return answer

    def _pace(self) -> None:
        """Wait until the next request is due."""
        if self._interval:
            now = time.monotonic()
            if now < self._earliest:
                time.sleep(self._earliest - now)
            self._earliest = max(now, self._earliest) + self._interval

    def _body(self, response: httpx.Response) -> bytes:
        parts, size = [], 0
        limit = time.monotonic() + self._settings.timeout_s * _PATIENCE
        try:
            for part in response.iter_bytes():
                size += len(part)
                if size > self._max_bytes:
                    raise SourceError(
                        f"{self.source}: the answer of {response.url.path} is larger than"
                        f" {self._max_bytes // _MEBIBYTE} MiB"
                    )
                if time.monotonic() > limit:
                    raise _Garbled("answered too slowly to ever end")
                parts.append(part)
        except httpx.DecodingError as error:
            raise _Garbled(f"answered with damaged compression: {error}") from None
        return b"".join(parts)

    def _judge(self, request: Request, answer: Answer) -> None:
        """Raise for every status that is not a plain success."""
        status = answer.status
        if 200 <= status < 300:  # noqa: PLR2004  (HTTP's own numbers)
            return
        said = self._said(request, f"answered {status}: {_beginning(answer.body)}")
        if status in _AGAIN:
            raise _Busy(status, _retry_after(answer.headers), _beginning(answer.body))
        if status == 401:  # noqa: PLR2004
            raise AccessDenied(said, hint="the credentials are wrong or have run out")
        if status == 403:  # noqa: PLR2004
            raise AccessDenied(
                said,
                hint="it knows us but does not let us: `finops connectors describe` shows the policy",
            )
        if status in {404, 410}:
            raise SourceMissing(said, hint="check the address and names in finops.toml")
        raise SourceError(said)

    def _said(self, request: Request, what: str) -> str:
        url = httpx.URL(request.url)
        return redact(f"{self.source}: {request.method} {url.copy_with(query=None)} {what}")


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait by Retry-After, a number or a date; None where it is absent or nonsense."""
    said = headers.get("retry-after", "").strip()
    if not said:
        return None
    if said.replace(".", "", 1).isdigit():
        return float(said)
    try:
        moment = parsedate_to_datetime(said)
    except ValueError:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (aware - datetime.now(tz=UTC)).total_seconds())


def _later(error: Exception) -> str:
    wait = getattr(error, "wait", None)
    return f"it asks to wait {wait:.0f} s; pull again then" if wait else "pull again later"


def _beginning(body: bytes) -> str:
    text = " ".join(redact(body[: 4 * _SHOWN].decode("utf-8", errors="replace")).split())
    return text[:_SHOWN]


def _words(error: Exception) -> str:
    return redact(" ".join(str(error).split()) or type(error).__name__)
