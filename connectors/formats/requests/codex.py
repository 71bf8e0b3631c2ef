"""Codex session logs: `~/.codex/sessions/Y/M/D/rollout-*.jsonl`, their `token_count` events.

The input count INCLUDES cached tokens, and output includes reasoning. What the reader knows:

* `total_token_usage` is cumulative over the session: a call is the difference to the event before. An
  event whose total has not moved was re-emitted and is nothing. Where the total falls, or begins above
  the call's own `last_token_usage`, the call's own count is taken.
* A fork begins by replaying its parent's events, sometimes with the time of the fork. Where a file
  names its parent (`forked_from_id`, the parent thread of a subagent, or the parent's `session_meta`
  replayed in it), events up to one second after its start are the parent's, and are left to the
  parent's own file. Where it names none, an event is known by its totals and its own counts, which
  no two calls of different sessions share but the first; the first is told apart by its session.
  The earliest copy counts, whichever file it is in.
* The model is that of the last `turn_context` before the event.

The workflow is `codex`, the run is the session, the feature is the name of the working directory.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.formats.contract import Format, Shape
from connectors.formats.requests.fields import attributes, code, label
from connectors.formats.requests.usage import Counts, record, whole

if TYPE_CHECKING:
    from connectors.formats.contract import Delivery, Head

__all__ = ["FORMAT"]

_KINDS = (
    "input_tokens",
    "cached_input_tokens",
    "output_tokens",
    "reasoning_output_tokens",
    "total_tokens",
)
_COUNTS = f"STRUCT({', '.join(f'{kind} VARCHAR' for kind in _KINDS)})"
_TYPES = {
    "timestamp": "VARCHAR",
    "type": "VARCHAR",
    "payload": (
        "STRUCT(type VARCHAR, id VARCHAR, cwd VARCHAR, model VARCHAR, model_provider VARCHAR,"
        " cli_version VARCHAR, forked_from_id VARCHAR, parent_thread_id VARCHAR, source JSON,"
        f" info STRUCT(total_token_usage {_COUNTS}, last_token_usage {_COUNTS}))"
    ),
}

_READ = "type in ('session_meta', 'turn_context', 'event_msg')"
"""Lines whose payload is read; others may hold anything there."""

_EVENTS = """(
with lines as materialized (
  select _file, _row, "timestamp" as moment, type, payload from {scan}
  where {read} and (type in ('session_meta', 'turn_context')
    or (type = 'event_msg' and payload.type = 'token_count'
      and payload.info.total_token_usage is not null))
), metas as (
  select *, row_number() over (partition by _file order by _row) as nth
  from lines where type = 'session_meta'
), files as materialized (
  select _file,
    max(payload.id) filter (nth = 1) as session,
    coalesce(
      max(payload.forked_from_id) filter (nth = 1),
      max(payload.parent_thread_id) filter (nth = 1),
      max(json_extract_string(payload.source, '$.subagent.thread_spawn.parent_thread_id'))
        filter (nth = 1),
      arg_min(payload.id, nth) filter (nth > 1)
    ) as parent,
    max(moment) filter (nth = 1) as started,
    max(payload.cwd) filter (nth = 1) as cwd,
    max(payload.model_provider) filter (nth = 1) as provider,
    max(payload.cli_version) filter (nth = 1) as client,
    bool_or(json_type(payload.source) = 'OBJECT') filter (nth = 1) as spawned
  from metas group by _file
), known as (
  select lines.*,
    last_value(case when type = 'turn_context' then payload.model end ignore nulls)
      over in_file as model
  from lines window in_file as (partition by _file order by _row
    rows between unbounded preceding and current row)
), moved as (
  select _file, _row, moment, model, payload.info.total_token_usage as total,
    payload.info.last_token_usage as own
  from known where type = 'event_msg'
  qualify total is distinct from lag(total) over (partition by _file order by _row)
), numbered as (
  select *, row_number() over in_file as nth, lag(total) over in_file as before
  from moved window in_file as (partition by _file order by _row)
), rooted as (
  select numbered.*, session, parent, started, cwd, provider, client, spawned,
    coalesce(session, _file) as own_session,
    md5(concat_ws('|', {total}, coalesce({own_text}, ''))) as mark
  from numbered left join files using (_file)
), twins as (
  select _file, arg_min(own_session, began) over (partition by mark) as first_session
  from (select _file, own_session, mark, nth, min(moment) over (partition by _file) as began from rooted)
  where nth = 2 qualify true
), told as (
  select rooted.*,
    case when nth > 1 then mark else md5(coalesce(first_session, own_session) || '|' || mark) end as identity
  from rooted left join twins using (_file)
)
select *, {deltas} from told
where parent is null or not coalesce(
  try_cast(moment as timestamptz) <= try_cast(started as timestamptz) + interval 1 second, false)
qualify row_number() over (partition by identity order by moment, _file, _row) = 1
)"""


def _recognises(head: Head) -> int:
    mine = set(head.columns) == {"timestamp", "type", "payload"}
    return 95 if mine and "session_meta" in head.text else 80 if mine else 0


def _delta(kind: str) -> str:
    """The call's count of `kind`, as text: the step of the total, or the call's own count."""
    now, before, own = (whole(f"{counts}.{kind}") for counts in ("total", "before", "own"))
    falls = " or ".join(
        f"coalesce({whole(f'total.{each}')} < {whole(f'before.{each}')}, false)" for each in _KINDS
    )
    step = f"{now} - coalesce({before}, 0)"
    alone = f"case when before is null or {falls} then coalesce({own}, {now}) else {step} end"
    return f"coalesce(cast({alone} as varchar), total.{kind})"


def _select(delivery: Delivery) -> str:
    def listed(counts: str) -> str:
        return ", ".join(f"coalesce({counts}.{kind}, '')" for kind in _KINDS)

    rows = _EVENTS.format(
        scan=delivery.scan(_TYPES, _READ),
        read=_READ,
        total=listed("total"),
        own_text=f"concat_ws('|', {listed('own')})",
        deltas=", ".join(f"{_delta(kind)} as spent_{kind}" for kind in _KINDS),
    )
    fields = {
        "timestamp": "moment",
        "request_id": "identity",
        "trace_id": "session",
        "operation": "'chat'",
        "provider": "coalesce(provider, 'openai')",
        "request_model": "model",
        "response_model": "model",
        "workflow": "'codex'",
        "workflow_run_id": "session",
        "agent": "case when spawned then 'subagent' else 'main' end",
        "feature": label("nullif(regexp_extract(rtrim(cwd, '/'), '[^/\\\\]+$'), '')"),
        "status": "'ok'",
        "attributes": attributes({"client_version": code("client")}),
    }
    counts = Counts(
        input="spent_input_tokens",
        output="spent_output_tokens",
        read="spent_cached_input_tokens",
        reasoning="spent_reasoning_output_tokens",
    )
    return record(rows, fields, counts, inclusive=True)


FORMAT = Format(
    name="codex",
    table="requests",
    about="Codex session logs (~/.codex/sessions)",
    shapes=(Shape.JSONL,),
    recognises=_recognises,
    select=_select,
    cached_in_input=True,
    patterns=("*.jsonl",),
    replays=True,
)
