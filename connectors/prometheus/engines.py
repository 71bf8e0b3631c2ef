"""Inference engines by their own counters: vLLM, SGLang and Triton, as hourly rows of `usage`.

What they count, and how it is read:

* vLLM's and SGLang's prompt tokens INCLUDE those found in a prefix cache. Cached ones are taken out where the engine
  counts them; of vLLM's prefix-cache hits they are not, because a request that is queued again is looked up again.
  Without a count of cached tokens the whole prompt stands as uncached, and the cached count is unknown.
* vLLM's `request_success` counts every way a request can end, aborts included. It is the count of requests.
* Triton counts requests and failures, not tokens, also in front of TensorRT-LLM: its token counts stay unknown.
* Where prefill and decode run apart, both count the prompt: choose one of them with `matchers`.

A row stands for one model of one deployment; replicas are added up. The deployment is the label that finops.toml names,
else the workload of the pod.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from connectors.prometheus.counters import Meter
from connectors.prometheus.readings import chunks
from finops.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from connectors.prometheus.client import Client, Series
    from connectors.prometheus.counters import Growth

__all__ = ["ENGINES", "Engine", "EngineDay", "Serving", "read_engines"]

_BEFORE = timedelta(hours=1)
"""How long before a day its counters are read, to know what they stood at when it began."""


class Engine(NamedTuple):
    """An engine: the label that names its model, and the counters of each count, first choice first.

    A choice is several selectors whose sum is the count. `presence` tells that the engine is scraped.
    """

    name: str
    model: str
    presence: str
    counts: Mapping[str, tuple[tuple[tuple[str, str], ...], ...]]


ENGINES = (
    Engine(
        "vLLM",
        "model_name",
        "vllm:generation_tokens_total",
        {
            "prompt": ((("vllm:prompt_tokens_total", ""),),),
            "cached": (
                (("vllm:prompt_tokens_cached_total", ""),),
                (
                    (
                        "vllm:prompt_tokens_by_source_total",
                        'source=~"local_cache_hit|external_kv_transfer"',
                    ),
                ),
            ),
            "output": ((("vllm:generation_tokens_total", ""),),),
            "requests": ((("vllm:request_success_total", ""),),),
        },
    ),
    Engine(
        "SGLang",
        "model_name",
        "sglang:generation_tokens_total",
        {
            "prompt": ((("sglang:prompt_tokens_total", ""),),),
            "cached": ((("sglang:cached_tokens_total", ""),),),
            "output": ((("sglang:generation_tokens_total", ""),),),
            "requests": ((("sglang:num_requests_total", ""),),),
        },
    ),
    Engine(
        "Triton",
        "model",
        "nv_inference_request_success",
        {
            "requests": (
                (("nv_inference_request_success", ""), ("nv_inference_request_failure", "")),
            ),
        },
    ),
)


class Serving(NamedTuple):
    """Which series are meant, and what is known of those who serve."""

    matchers: str
    provider: str
    deployment_label: str | None
    workloads: Mapping[tuple[str, str], str]
    scrape_s: float


class EngineDay(NamedTuple):
    """The rows of a day, and what is to be said about them."""

    rows: tuple[dict[str, Any], ...]
    notes: tuple[str, ...]


_Key = tuple[str, str | None, str | None]
"""Engine, model and deployment."""


class _Tally:
    """Counts by (key, hours), and what happened to the counters."""

    def __init__(self) -> None:
        self.counts: dict[tuple[_Key, int, int], dict[str, int]] = defaultdict(dict)
        self.restarts: dict[str, int] = defaultdict(int)
        self.unknown: dict[str, int] = defaultdict(int)
        self.known: set[tuple[_Key, str]] = set()

    def add(self, key: _Key, name: str, grown: Growth) -> None:
        """`grown` of the count `name`."""
        counts = self.counts[key, grown.start, grown.end]
        counts[name] = counts.get(name, 0) + grown.grown


class _Reading(NamedTuple):
    """One engine's counters of `[start, end)`, and where what they grew by is added."""

    client: Client
    start: datetime
    end: datetime
    serving: Serving
    engine: Engine
    tally: _Tally

    def seen(self, metric: str, inside: str) -> int:
        """Series of `metric` with a sample in the window or just before it."""
        length = round((self.end - self.start + _BEFORE).total_seconds())
        counted = f"count_over_time({metric}{{{inside}}}[{length}s])"
        return self.client.number(f"count({counted})", self.end)

    def read(self, name: str, choices: tuple[tuple[tuple[str, str], ...], ...]) -> None:
        """Count `name` by the first of `choices` that is scraped."""
        for choice in choices:
            selectors = [
                (metric, ",".join(part for part in (self.serving.matchers, only) if part))
                for metric, only in choice
            ]
            series = [self.seen(metric, inside) for metric, inside in selectors]
            if any(series):
                for (metric, inside), many in zip(selectors, series, strict=True):
                    self._counter(name, metric, inside, many)
                return

    def _counter(self, name: str, metric: str, inside: str, series: int) -> None:
        reach, tally = self.start - _BEFORE, self.tally
        meters: dict[tuple[tuple[str, str], ...], Meter] = {}
        created = f"{metric.removesuffix('_total')}_created{{{inside}}}"
        for begin, stop in chunks(reach, self.end, series, self.serving.scrape_s):
            births = {
                _identity(one): [(at, _moment_in(value)) for at, value in one.samples]
                for one in self.client.raw(created, begin, stop)
            }
            for one in self.client.raw(f"{metric}{{{inside}}}", begin, stop):
                identity = _identity(one)
                meter = meters.setdefault(identity, Meter(_millis(self.start), _millis(reach)))
                samples = [(at, self._whole(metric, value)) for at, value in one.samples]
                key = self._key(one.labels)
                tally.known.add((key, name))
                for grown in meter.advance(samples, births.get(identity, ())):
                    tally.add(key, name, grown)
        tally.restarts[name] += sum(meter.restarts for meter in meters.values())
        tally.unknown[name] += sum(meter.unknown for meter in meters.values())

    def _key(self, labels: Mapping[str, str]) -> _Key:
        pod = labels.get("namespace", ""), labels.get("pod", "")
        label = self.serving.deployment_label
        named = labels.get(label) if label else None
        return (
            self.engine.name,
            labels.get(self.engine.model),
            (named or self.serving.workloads.get(pod)),
        )

    def _whole(self, metric: str, value: str) -> int:
        number = Decimal(value)
        if number < 0 or number != number.to_integral_value():
            raise SourceError(f"{self.client.source}: {metric} is {value}, which is no count")
        return int(number)


def read_engines(client: Client, start: datetime, end: datetime, serving: Serving) -> EngineDay:
    """Every engine's counts in `[start, end)`, within one day; SourceError for a counter that is none."""
    tally = _Tally()
    for engine in ENGINES:
        reading = _Reading(client, start, end, serving, engine, tally)
        if reading.seen(engine.presence, serving.matchers):
            for name, choices in engine.counts.items():
                reading.read(name, choices)
    rows = [
        _row(serving, key, begin, stop, counts, tally)
        for (key, begin, stop), counts in sorted(tally.counts.items(), key=_in_order)
    ]
    return EngineDay(tuple(rows), tuple(_notes(tally, start)))


def _in_order(item: tuple[tuple[_Key, int, int], object]) -> tuple[int, int, str]:
    (key, start, end), _ = item
    return start, end, str(key)


def _identity(one: Series) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((name, value) for name, value in one.labels.items() if name != "__name__"))


def _moment_in(seconds: str) -> int:
    """A time in seconds since 1970, as exporters say it, in milliseconds."""
    return int(Decimal(seconds) * 1000)


def _row(
    serving: Serving, key: _Key, start: int, end: int, counts: Mapping[str, int], tally: _Tally
) -> dict[str, Any]:
    """One row of `usage`; a count the engine does not keep is unknown."""
    _, model, deployment = key

    def counted(name: str) -> int | None:
        return counts.get(name, 0) if (key, name) in tally.known else None

    prompt, cached = counted("prompt"), counted("cached")
    if prompt is not None and cached is not None and cached > prompt:
        cached = None
    return {
        "timestamp": _moment(start),
        "ends_at": _moment(end),
        "operation": "chat",
        "provider": serving.provider,
        "response_model": model,
        "deployment": deployment,
        "requests": counted("requests"),
        "uncached_input_tokens": None if prompt is None else prompt - (cached or 0),
        "cache_read_tokens": None if prompt is None else cached,
        "output_tokens": counted("output"),
    }


def _notes(tally: _Tally, start: datetime) -> Iterator[str]:
    restarts, unknown = tally.restarts["requests"], tally.unknown
    if restarts:
        yield (
            f"{start:%Y-%m-%d}: {restarts} counters of requests began again; what engines counted between the"
            " last scrape before and their restart is in no sample"
        )
    if any(unknown.values()):
        listed = ", ".join(f"{count:,} {name}" for name, count in unknown.items() if count)
        yield (
            f"{start:%Y-%m-%d}: counters were first seen at {listed}; when that was counted is not known,"
            " so it is left out"
        )


def _millis(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def _moment(millis: int) -> datetime:
    return datetime.fromtimestamp(millis / 1000, tz=UTC)
