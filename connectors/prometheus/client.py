"""Raw samples over the Prometheus HTTP API, in the dialects of those that offer it.

Samples are asked for with an instant query of a range selector, `M[86400000ms]`: it gives what was scraped.
Range queries and sub-queries give a value per step instead, looking back up to five minutes, which counts a
device again at each hand-over between pods, and they stop at 11,000 points.

A range selector includes its start up to Prometheus 2 and leaves it out from 3 on; both are asked for one
millisecond more and what lies outside `[start, end)` is taken out here. A value of NaN says that a series
ended: it is no reading.

    prometheus       /api/v1/query
    thanos           the same, de-duplicated, never downsampled, never partial
    mimir            the same below /prometheus, X-Scope-OrgID says whose
    victoriametrics  /api/v1/export: its range selectors also give the sample before the window
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

from finops.errors import SourceError, SourceUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from connectors.http import Http

__all__ = ["Client", "Dialect", "Series"]

_BLANK = 1e15
"""DCGM marks a field it cannot read with a value near 2^63."""

_MILLI = 1000


class Dialect(StrEnum):
    """Who answers."""

    PROMETHEUS = "prometheus"
    THANOS = "thanos"
    MIMIR = "mimir"
    VICTORIAMETRICS = "victoriametrics"


class Series(NamedTuple):
    """One series of a metric: its labels, and its samples as (milliseconds since 1970, value as text)."""

    labels: Mapping[str, str]
    samples: list[tuple[int, str]]


class Client:
    """Queries to one server."""

    def __init__(self, http: Http, dialect: Dialect) -> None:
        self._http = http
        self._dialect = dialect

    @property
    def source(self) -> str:
        """Name of the source that is asked, for errors."""
        return self._http.source

    def raw(self, selector: str, start: datetime, end: datetime) -> Iterator[Series]:
        """What was scraped for `selector` in `[start, end)`; series without a sample there are left out."""
        first, last = _millis(start), _millis(end)
        if self._dialect is Dialect.VICTORIAMETRICS:
            found = self._export(selector, first, last)
        else:
            found = self._matrix(selector, first, last)
        for labels, samples in found:
            kept = [
                (at, value) for at, value in samples if first <= at < last and _is_reading(value)
            ]
            if kept:
                yield Series(labels, kept)

    def last(self, selector: str, start: datetime, end: datetime) -> list[Mapping[str, str]]:
        """The labels of every series of `selector` that has a sample in `[start, end)`."""
        length = _millis(end) - _millis(start)
        answer = self._query(f"last_over_time({selector}[{length}ms])", _millis(end) - 1)
        return [one["metric"] for one in answer["result"]]

    def values(self, query: str, at: datetime) -> list[tuple[Mapping[str, str], Decimal]]:
        """Labels and value of every result of `query`, asked just before `at`."""
        result = self._query(query, _millis(at) - 1)["result"]
        return [(one["metric"], Decimal(str(one["value"][1]))) for one in result]

    def number(self, query: str, at: datetime) -> int:
        """The value of a query with one result, 0 without any."""
        result = self._query(query, _millis(at) - 1)["result"]
        return round(float(result[0]["value"][1])) if result else 0

    def _matrix(
        self, selector: str, first: int, last: int
    ) -> Iterator[tuple[Mapping[str, str], Iterator[tuple[int, str]]]]:
        answer = self._query(f"{selector}[{last - first}ms]", last - 1)
        if answer["resultType"] != "matrix":
            raise SourceError(f"{self._http.source}: {selector} has no raw samples")
        for one in answer["result"]:
            samples = ((_stamp(at), str(value)) for at, value in one["values"])
            yield one["metric"], samples

    def _export(
        self, selector: str, first: int, last: int
    ) -> Iterator[tuple[Mapping[str, str], Iterator[tuple[int, str]]]]:
        asked = {
            "match[]": selector,
            "start": f"{Decimal(first) / _MILLI:f}",
            "end": f"{Decimal(last - 1) / _MILLI:f}",
            "reduce_mem_usage": "1",
        }
        answer = self._http.request("GET", "/api/v1/export", params=asked, wants_json=False)
        for line in answer.body.splitlines():
            one = json.loads(line, parse_float=Decimal)
            values = ("NaN" if value is None else str(value) for value in one["values"])
            yield one["metric"], zip(one["timestamps"], values, strict=True)

    def _query(self, query: str, at: int) -> Any:  # noqa: ANN401  (a JSON answer)
        asked: dict[str, Any] = {"query": query, "time": f"{Decimal(at) / _MILLI:f}"}
        if self._dialect is Dialect.THANOS:
            asked |= {"dedup": "true", "partial_response": "false", "max_source_resolution": "0s"}
        answer = self._http.get("/api/v1/query", asked)
        if not isinstance(answer, dict) or answer.get("status") != "success":
            raise SourceError(
                f"{self._http.source}: answered as no Prometheus does",
                hint="the address ends where /api/v1 begins; Mimir's ends with /prometheus",
            )
        if answer.get("warnings"):
            raise SourceUnavailable(
                f"{self._http.source}: the answer is partial: {'; '.join(answer['warnings'])}",
                hint="part of what stands behind it does not answer; pull again when it does",
            )
        return answer["data"]


def _millis(moment: datetime) -> int:
    return round((moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * _MILLI)


def _stamp(seconds: Decimal | float) -> int:
    return round(Decimal(str(seconds)) * _MILLI)


def _is_reading(value: str) -> bool:
    try:
        number = float(value)
    except ValueError:
        return False
    return number == number and abs(number) < _BLANK  # noqa: PLR0124  (NaN is not itself)
