"""Slurm accounting: the output of `sacct -P` (`--parsable2`), one job attempt per row.

Ask for `sacct -a -X -D -P -S FROM -o JobIDRaw,JobID,JobName,User,Account,Cluster,Partition,QOS,
Priority,State,ExitCode,Submit,Start,End,AllocTRES,NodeList`. What the reader knows:

* Accelerators are `gres/gpu=` in AllocTRES. The typed count beside it (`gres/gpu:h100=`) repeats the
  same devices and is used only where the untyped one is missing.
* Without `-D` an attempt lost to a requeue is not in the output at all. With it, the attempts share a
  JobIDRaw: the last one keeps it as `job_id`, an earlier one is `JobIDRaw@start`, and each names the
  attempt it repeats in `requeue_of`.
* Steps (`123.batch`, seen without `-X`) repeat their job and are left out.
* `CANCELLED by 0` is cancelled. REQUEUED is an attempt displaced, as PREEMPTED is.
* Times are local and carry no zone: `--set timezone=…`, else UTC. `Unknown` is no time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.formats.cells import (
    assumed_zone,
    column_finder,
    instant,
    literal,
    problem,
    quoted,
    text,
)
from connectors.formats.contract import Format, Shape

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.formats.contract import Delivery, Head

__all__ = ["FORMAT"]

STATES = {
    "completed": ("COMPLETED", "CD"),
    "failed": ("FAILED", "F", "OUT_OF_MEMORY", "OOM", "SPECIAL_EXIT", "SE"),
    "cancelled": ("CANCELLED", "CA", "REVOKED", "RV"),
    "timeout": ("TIMEOUT", "TO", "DEADLINE", "DL"),
    "node_fail": ("NODE_FAIL", "NF", "BOOT_FAIL", "BF", "LAUNCH_FAILED"),
    "preempted": ("PREEMPTED", "PR", "REQUEUED", "RQ"),
    "running": (
        "RUNNING", "R", "COMPLETING", "CG", "CONFIGURING", "CF", "RESIZING", "RS", "SUSPENDED", "S",
        "STOPPED", "ST", "SIGNALING", "SI", "STAGE_OUT", "SO",
    ),
    "pending": ("PENDING", "PD", "REQUEUE_HOLD", "RH", "REQUEUE_FED", "RF", "RESV_DEL_HOLD", "RD"),
}  # fmt: skip
"""The ledger's state for each of Slurm's, long and short."""

NO_TIME = ("unknown", "none", "")
TEXTS = {
    "name": "jobname",
    "user": "user",
    "team": "account",
    "cluster": "cluster",
    "pool": "partition",
    "priority": "priority",
    "qos": "qos",
    "exit_code": "exitcode",
}

_SQL = r"""
with attempts as (
  select * from ({rows})
  where job_raw is null or job_raw not like '%.%'
  qualify row_number() over (partition by job_raw, started_at, submitted_at, _problem is null
    order by ended_at is null, _file desc, _row desc) = 1 or _problem is not null
), numbered as (
  select *,
    row_number() over job as nth,
    count(*) over (partition by job_raw) as attempts
  from attempts
  window job as (partition by job_raw order by coalesce(started_at, submitted_at) nulls last, _row)
), named as (
  select *, case when nth = attempts then job_raw
    else job_raw || '@' || strftime(coalesce(started_at, submitted_at), '%Y-%m-%dT%H:%M:%SZ')
    end as job_id
  from numbered
)
select _file, _row, job_id, {texts}, gpu_count, gpu_model, submitted_at, started_at, ended_at, state,
  coalesce(restarts, case when attempts > 1 then nth - 1 end) as restarts,
  lag(job_id) over (partition by job_raw order by nth) as requeue_of,
  attributes, _problem, _problem_column, _problem_value
from named
"""


def _recognises(head: Head) -> int:
    names = column_finder(head.columns)
    job = "jobidraw" in names or "jobid" in names
    return (
        95 if job and "state" in names and {"alloctres", "elapsedraw", "start"} & set(names) else 0
    )


def _cell(names: Mapping[str, str], name: str) -> str:
    return text(quoted(names[name])) if name in names else "cast(null as varchar)"


def _time(names: Mapping[str, str], name: str, zone_name: str) -> tuple[str, str]:
    """SQL of the instant, and of whether the cell holds something that is no time."""
    if name not in names:
        return "cast(null as timestamptz)", "false"
    cell = quoted(names[name])
    none = f"lower(trim(coalesce({cell}, ''))) in ({', '.join(literal(n) for n in NO_TIME)})"
    at = instant(cell, zone_name)
    return f"case when not {none} then {at} end", f"(not {none} and {at} is null)"


def _state(cell: str) -> str:
    word = f"upper(regexp_extract({cell}, '^\\S+'))"
    whens = " ".join(
        f"when {word} in ({', '.join(literal(s) for s in spellings)}) then {literal(state)}"
        for state, spellings in STATES.items()
    )
    return f"case {whens} else {cell} end"


def _gpus(tres: str) -> tuple[str, str]:
    """SQL of how many accelerators, and of which model."""
    untyped = rf"nullif(regexp_extract({tres}, '(?:^|,)gres/gpu=(\d+)', 1), '')"
    typed = rf"regexp_extract_all({tres}, '(?:^|,)gres/gpu:[^=,]+=(\d+)', 1)"
    total = f"list_sum(list_transform({typed}, lambda count: cast(count as bigint)))"
    counted = f"coalesce(cast({untyped} as bigint), {total}, 0)"
    model = f"nullif(regexp_extract({tres}, '(?:^|,)gres/gpu:([^=,]+)=', 1), '')"
    return f"case when {tres} is not null then {counted} end", model


def _select(delivery: Delivery) -> str:
    names = column_finder(delivery.columns)
    zone_name = assumed_zone(delivery)
    identity = "jobidraw" if "jobidraw" in names else "jobid"
    times = {
        column: (name, *_time(names, name, zone_name))
        for column, name in (
            ("submitted_at", "submit"),
            ("started_at", "start"),
            ("ended_at", "end"),
        )
    }
    count, model = _gpus(_cell(names, "alloctres"))
    state = _cell(names, "state")
    columns = [
        f"{_cell(names, identity)} as job_raw",
        *(f"{_cell(names, name)} as {column}" for column, name in TEXTS.items()),
        *(f"{at} as {column}" for column, (_, at, _) in times.items()),
        f"{_state(state)} as state",
        f"{count} as gpu_count",
        f"{model} as gpu_model",
        f"try_cast({_cell(names, 'restarts')} as bigint) as restarts",
        (
            f"json_object('slurm_state', {state}, 'slurm_job', {_cell(names, 'jobid')},"
            f" 'nodes', nullif({_cell(names, 'nodelist')}, 'None assigned')) as attributes"
        ),
        problem(
            [(name, names.get(name), wrong, "not a time") for name, _, wrong in times.values()]
        ),
    ]
    rows = f"select _file, _row, {', '.join(columns)} from {delivery.scan()}"
    return _SQL.format(rows=rows, texts=", ".join(TEXTS))


FORMAT = Format(
    name="sacct",
    table="jobs",
    about="sacct -P; use -X -D; times are the cluster's, UTC unless --set timezone says otherwise",
    shapes=(Shape.CSV,),
    recognises=_recognises,
    select=_select,
)
