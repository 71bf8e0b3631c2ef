"""Claude Code session logs: `~/.claude/projects/<project>/<session>.jsonl` and its `subagents/`.

The input count EXCLUDES cached tokens, as in every Anthropic usage block. What the reader knows:

* One answer is one line per content block, and only the last of them may carry the final usage. Lines
  are therefore grouped by message id, and the largest output of the group is the answer's.
* A resumed session replays lines of the old one; a `/btw` sidechain replays them with a new requestId;
  logs from Bedrock and Vertex have no requestId at all. The message id is the same in all of them, so
  it alone is the identity, over all files loaded and over what the ledger holds already. The earliest
  line says in which session the call was made.
* `<synthetic>` answers were made up by the client and cost nothing. User lines repeat usage of
  subagents in `toolUseResult`; only assistant lines count.
* Some versions never write the final output count. Where every line of a message lacks a stop reason,
  the attribute `output_incomplete` says that its output is a lower bound.

The workflow is `claude-code`, the run is the session, the feature is the project folder (its own name
where the working directory confirms it, else the munged path), the agent is `main` or `subagent`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.formats.contract import Format, Shape
from connectors.formats.requests.fields import attributes, code, first, label, provider_of
from connectors.formats.requests.usage import Counts, record, split_writes, whole

if TYPE_CHECKING:
    from connectors.formats.contract import Delivery, Head

__all__ = ["FORMAT"]

_USAGE = (
    "STRUCT(input_tokens VARCHAR, output_tokens VARCHAR, cache_read_input_tokens VARCHAR,"
    " cache_creation_input_tokens VARCHAR, cache_creation STRUCT(ephemeral_5m_input_tokens VARCHAR,"
    " ephemeral_1h_input_tokens VARCHAR), service_tier VARCHAR, speed VARCHAR, inference_geo VARCHAR)"
)
_TYPES = {
    "type": "VARCHAR",
    "uuid": "VARCHAR",
    "requestId": "VARCHAR",
    "timestamp": "VARCHAR",
    "sessionId": "VARCHAR",
    "version": "VARCHAR",
    "cwd": "VARCHAR",
    "isSidechain": "VARCHAR",
    "message": f"STRUCT(id VARCHAR, model VARCHAR, stop_reason VARCHAR, usage {_USAGE})",
}

_READ = "type = 'assistant'"
"""Lines whose message is read; others may hold anything there."""

_MESSAGES = """(
with lines as materialized (
  select _file, _row, coalesce(message.id, requestId, uuid) as identity, "timestamp" as moment,
    sessionId as session, cwd, isSidechain as side, version as client, message.model as model,
    message.stop_reason as stop, message.usage as usage,
    concat_ws(' ', coalesce("timestamp", '~'), coalesce(isSidechain, ''), _file, uuid, random()) as told,
    concat_ws(' ', lpad(cast({output} as varchar), 20, '0'), message.stop_reason is not null,
      "timestamp", random()) as spent
  from {scan}
  where {read} and message.usage is not null and message.model <> '<synthetic>'
), answers as (
  select identity, min(told) as told, max(spent) as spent, bool_and(stop is null) as silent
  from lines group by identity
)
select earliest._file, earliest._row, answers.identity, earliest.moment, earliest.session, earliest.cwd,
  earliest.side, earliest.client, fullest.usage, fullest.model, fullest.stop, silent,
  regexp_extract(earliest._file, '.*/projects/([^/]+)/', 1) as folder,
  regexp_replace(rtrim(earliest.cwd, '/'), '[^A-Za-z0-9]', '-', 'g') as munged
from answers
join lines as earliest on earliest.told = answers.told
join lines as fullest on fullest.spent = answers.spent and fullest.identity = answers.identity
)"""
"""Of each message the earliest line (by time, main session first) and the fullest (by output).

Both are found by a sortable text, and fetched by it: carrying the lines through the grouping costs
twice as much. The random part only tells apart lines that are equal in all of it.
"""


def _recognises(head: Head) -> int:
    known = {"sessionId", "type", "uuid"} <= set(head.columns)
    return 95 if known and {"message", "parentUuid", "version"} & set(head.columns) else 0


def _counts() -> Counts:
    return Counts(
        input="usage.input_tokens",
        output="usage.output_tokens",
        read="usage.cache_read_input_tokens",
        written=split_writes(
            "usage.cache_creation_input_tokens",
            {
                "cache_write_5m_tokens": "usage.cache_creation.ephemeral_5m_input_tokens",
                "cache_write_1h_tokens": "usage.cache_creation.ephemeral_1h_input_tokens",
            },
        ),
    )


def _provider() -> str:
    """The message id says who served it, where the model's name does not."""
    named = provider_of("model", "'anthropic'")
    return (
        "case when starts_with(identity, 'msg_bdrk_') then 'aws.bedrock'"
        f" when starts_with(identity, 'msg_vrtx_') then 'gcp.vertex_ai' else {named} end"
    )


def _fields() -> dict[str, str]:
    confirmed = (
        "max(case when munged = folder then regexp_extract(rtrim(cwd, '/'), '[^/\\\\]+$') end)"
    )
    name = f"coalesce({confirmed} over (partition by folder), folder)"
    side = "lower(side) = 'true' or contains(_file, '/subagents/')"
    return {
        "timestamp": "moment",
        "request_id": "identity",
        "trace_id": "session",
        "operation": "'chat'",
        "provider": _provider(),
        "request_model": "model",
        "response_model": "model",
        "workflow": "'claude-code'",
        "workflow_run_id": "session",
        "agent": f"case when {side} then 'subagent' else 'main' end",
        "feature": label(f"nullif({name}, '')"),
        "service_tier": first("usage.service_tier"),
        "speed": first("usage.speed"),
        "inference_geo": "nullif(usage.inference_geo, 'not_available')",
        "status": "'ok'",
        "attributes": attributes(
            {
                "client_version": code("client"),
                "stop_reason": code("stop"),
                "output_incomplete": "case when silent then true end",
            }
        ),
    }


def _select(delivery: Delivery) -> str:
    output = f"coalesce({whole('message.usage.output_tokens')}, -1)"
    rows = _MESSAGES.format(scan=delivery.scan(_TYPES, _READ), read=_READ, output=output)
    return record(rows, _fields(), _counts(), inclusive=False)


FORMAT = Format(
    name="claude-code",
    table="requests",
    about="Claude Code session logs (~/.claude/projects)",
    shapes=(Shape.JSONL,),
    recognises=_recognises,
    select=_select,
    cached_in_input=False,
    patterns=("*.jsonl",),
    replays=True,
)
