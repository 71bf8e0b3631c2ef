"""AWS Bedrock model invocation logs: one object per line, as delivered to S3 (`.json.gz`).

The input count EXCLUDES cached tokens: `inputTokenCount`, `cacheReadInputTokenCount` and
`cacheWriteInputTokenCount` stand beside each other. How long the written cache lives is said only inside
`outputBodyJson` (`usage.cache_creation`); where it is not, the lifetime is unknown. What the reader knows:

* `modelId` may be the ARN of an inference profile: its last part names the model, or is an opaque id
  that only a price of one's own can price.
* `inferenceRegion` is where the model ran; `region` is where it was called.
* `requestMetadata` may carry ledger dimensions under their own names, and attributes on the allow-list.
* The caller's identity, and the bodies beside the usage and latency in them, are not read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.formats.contract import Format, Shape
from connectors.formats.requests.fields import (
    allowed,
    attributes,
    code,
    first,
    labels,
    nested,
    status,
)
from connectors.formats.requests.usage import Counts, record, split_writes

if TYPE_CHECKING:
    from connectors.formats.contract import Delivery, Head

__all__ = ["FORMAT"]

_TEXTS = (
    "timestamp", "accountId", "region", "inferenceRegion", "requestId", "operation", "modelId", "errorCode",
)  # fmt: skip
_DOCUMENTS = ("requestMetadata", "input", "output")


def _recognises(head: Head) -> int:
    return 95 if {"schemaType", "modelId", "requestId"} <= set(head.columns) else 0


def _within(*names: str) -> str:
    """A usage field of the answer's body: an object, or the first event of a streamed answer."""
    return first(
        nested("output", "outputBodyJson", "usage", *names),
        "json_extract_string(output, '$.outputBodyJson[0].message.usage." + ".".join(names) + "')",
    )


def _counts() -> Counts:
    return Counts(
        input=nested("input", "inputTokenCount"),
        output=nested("output", "outputTokenCount"),
        read=nested("input", "cacheReadInputTokenCount"),
        written=split_writes(
            nested("input", "cacheWriteInputTokenCount"),
            {
                "cache_write_5m_tokens": _within("cache_creation", "ephemeral_5m_input_tokens"),
                "cache_write_1h_tokens": _within("cache_creation", "ephemeral_1h_input_tokens"),
            },
        ),
    )


def _fields(delivery: Delivery) -> dict[str, str]:
    model = "regexp_extract(modelId, '[^/]+$')"
    return {
        "timestamp": '"timestamp"',
        "request_id": "requestId",
        "operation": f"case when contains(lower({model}), 'embed') then 'embeddings'"
        f" when contains(lower({model}), 'rerank') then 'rerank' else 'chat' end",
        "provider": "'aws.bedrock'",
        "request_model": model,
        "response_model": model,
        "project": "accountId",
        "region": first("inferenceRegion", "region"),
        "caller_region": "region",
        "status": f"case when errorCode is null then 'ok' else {status(_error())} end",
        "error_type": code("errorCode"),
        "latency_ms": nested("output", "outputBodyJson", "metrics", "latencyMs"),
        **labels("requestMetadata"),
        "attributes": attributes(
            {
                **allowed(delivery.allowed, "requestMetadata"),
                "bedrock_operation": code('"operation"'),
            }
        ),
    }


def _error() -> str:
    return "case when contains(lower(errorCode), 'timeout') then 'timeout' else 'error' end"


def _select(delivery: Delivery) -> str:
    types = dict.fromkeys(_TEXTS, "VARCHAR") | dict.fromkeys(_DOCUMENTS, "JSON")
    return record(
        delivery.scan(types),
        _fields(delivery),
        _counts(),
        inclusive=False,
        documents={"input": "input", "output": "output"},
    )


FORMAT = Format(
    name="bedrock-invocations",
    table="requests",
    about="AWS Bedrock model invocation logs, as delivered to S3",
    shapes=(Shape.JSONL, Shape.JSON),
    recognises=_recognises,
    select=_select,
    cached_in_input=False,
)
