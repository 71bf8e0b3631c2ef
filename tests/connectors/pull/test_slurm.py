"""Jobs of Slurm. The command is a stand-in that prints what `sacct` 22.05 printed, by the times it is asked for."""

from __future__ import annotations

import json
import sys
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from connectors.configured import Source, settings_of
from connectors.conformance import Rig, suite
from connectors.pulling import PullOptions, pull
from connectors.sources.slurm import CONNECTOR
from finops.errors import AccessDenied, SourceError, SourceMissing, SourceUnavailable
from finops.ledger.engine import query
from finops.ledger.store import Ledger
from finops.model.period import Period

if TYPE_CHECKING:
    from pathlib import Path

    from connectors.contract import Connector

SACCT = """
import json, os, sys
asked = sys.argv[1:]
said = dict(zip(asked, asked[1:]))
start, end = said["-S"], said["-E"]
assert os.environ["TZ"] == "UTC" and {"-a", "-X", "-D", "-P"} <= set(asked)
print(said["-o"].replace(",", "|"))
for job in json.load(open(os.path.join(os.path.dirname(__file__), "jobs.json"))):
    if job["Submit"] <= end and (job["End"] == "Unknown" or job["End"] >= start):
        print("|".join(job.get(name, "") for name in said["-o"].split(",")))
"""


def job(number: int, submit: str, start: str, end: str, state: str = "COMPLETED") -> dict[str, str]:
    return {
        "JobIDRaw": str(number), "JobID": str(number), "JobName": "train", "User": "ada",
        "Account": "research", "Cluster": "colo", "Partition": "h100", "QOS": "normal",
        "Priority": "1", "State": state, "ExitCode": "0:0", "Submit": submit, "Start": start,
        "End": end, "AllocTRES": "billing=1,cpu=1,gres/gpu:h100=4,gres/gpu=4,node=1", "NodeList": "n1",
    }  # fmt: skip


class SlurmRig(Rig):
    """Two finished jobs and one running, which then ends, is requeued and followed by another."""

    connector: ClassVar[Connector] = CONNECTOR
    network: ClassVar[bool] = False
    now: ClassVar[datetime] = datetime(2026, 10, 8, 12, tzinfo=UTC)
    window: ClassVar[Period] = Period(date(2026, 10, 5), date(2026, 10, 8))
    split: ClassVar[date] = date(2026, 10, 6)

    def settings(self, address: str) -> dict[str, Any]:
        del address
        return {"command": command(self.folder), "since": date(2026, 10, 1)}

    def put(self, *jobs: dict[str, str]) -> None:
        (self.folder / "jobs.json").write_text(json.dumps(jobs))

    def first(self) -> None:
        self.put(
            job(1, "2026-10-05T01:00:00", "2026-10-05T02:00:00", "2026-10-05T08:00:00"),
            job(2, "2026-10-06T01:00:00", "2026-10-06T02:00:00", "2026-10-06T09:00:00"),
            job(3, "2026-10-07T01:00:00", "2026-10-07T02:00:00", "Unknown", "RUNNING"),
        )

    def later(self) -> None:
        first = json.loads((self.folder / "jobs.json").read_text())
        self.put(
            *first[:2],
            job(3, "2026-10-07T01:00:00", "2026-10-07T02:00:00", "2026-10-08T13:00:00", "REQUEUED"),
            job(3, "2026-10-08T13:00:00", "2026-10-08T13:10:00", "Unknown", "RUNNING"),
            job(4, "2026-10-06T10:00:00", "2026-10-06T11:00:00", "2026-10-06T12:00:00", "FAILED"),
        )


TestSlurm = suite(SlurmRig)


def command(folder: Path, body: str = SACCT) -> list[str]:
    script = folder / "sacct.py"
    script.write_text(body)
    return [sys.executable, str(script)]


def result_of(folder: Path, **settings: Any) -> Any:  # noqa: ANN401  (settings of any kind)
    ledger = Ledger.open(str(folder / "ledger"), create=True)
    source = Source("colo", CONNECTOR, settings_of("colo", CONNECTOR, settings))
    (result,) = pull(ledger, [source], PullOptions(now=SlurmRig.now))
    return result


def test_gpus_are_counted_once_and_times_are_utc(tmp_path: Path) -> None:
    rig = SlurmRig(tmp_path)
    rig.first()
    assert result_of(tmp_path, **rig.settings("")).error is None
    with Ledger.open(str(tmp_path / "ledger")).connect(["jobs"]) as con:
        rows = query(
            con, "select job_id, gpu_count, state, epoch(started_at) from jobs order by job_id"
        )
    begun = [datetime(2026, 10, day, 2, tzinfo=UTC).timestamp() for day in (5, 6, 7)]
    assert rows == [
        ("1", 4, "completed", begun[0]),
        ("2", 4, "completed", begun[1]),
        ("3", 4, "running", begun[2]),
    ]


@pytest.mark.parametrize(
    ("body", "kind", "words"),
    [
        ("import sys; sys.exit('sacct: error: Access denied')", AccessDenied, "Access denied"),
        (
            "import sys; sys.exit('sacct: error: Unable to contact slurmdbd')",
            SourceUnavailable,
            "Unable to contact",
        ),
        ("import sys; sys.exit(3)", SourceError, "status 3: it said nothing"),
        ("print('hello')", SourceError, "did not print what sacct prints"),
        ("import time; time.sleep(30)", SourceUnavailable, "did not answer within 0.5 s"),
    ],
)
def test_what_goes_wrong_is_said(
    tmp_path: Path, body: str, kind: type[SourceError], words: str
) -> None:
    error = result_of(tmp_path, command=command(tmp_path, body), timeout_s=0.5).error
    assert type(error) is kind
    assert words in error.message
    assert error.message.startswith("colo: ")


def test_a_machine_without_slurm_says_what_to_do(tmp_path: Path) -> None:
    error = result_of(tmp_path, command="no-such-sacct").error
    assert isinstance(error, SourceMissing)
    assert "finops load jobs" in (error.hint or "")
