"""LiteLLM's logging callback in a real proxy with mock answers, and the recorder beneath it.

The proxy runs in an environment of its own (tests/servers/litellm), as its requirements do not fit beside ours.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from connectors.conformance import Rig, suite
from connectors.litellm import reduced_payload
from connectors.sources.litellm_callback import CONNECTOR
from finops.integrations.recorder import Limits, Recorder
from finops.model.period import Period
from tests.connectors.pull.logs import kept, pulled
from tests.connectors.pull.servers import REPOSITORY, free_port, own_program

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from connectors.contract import Connector

SECRET = "PLANTED-SECRET"
KEY = "sk-test-master"
CONFIG = f"""
model_list:
  - model_name: smart
    litellm_params: {{model: openai/gpt-4o-mini, api_key: sk-none, mock_response: "{SECRET} is my answer"}}
  - model_name: broken
    litellm_params: {{model: openai/gpt-4o-mini, api_key: sk-none, mock_response: "litellm.RateLimitError"}}
litellm_settings: {{callbacks: ["finops.integrations.litellm.callback"]}}
router_settings: {{num_retries: 0}}
general_settings: {{master_key: {KEY}}}
"""


class Proxy:
    """A running proxy; `FINOPS_LITELLM_SPOOL` is its `spool`."""

    def __init__(self, folder: Path) -> None:
        self.spool = folder / "spool"
        (folder / "config.yaml").write_text(CONFIG)
        port = free_port()
        self.address = f"http://127.0.0.1:{port}"
        command: list[str] = [
            str(own_program("litellm", "litellm")),
            "--config",
            "config.yaml",
            "--host",
            "127.0.0.1",
        ]
        environment = os.environ | {
            "PYTHONPATH": str(REPOSITORY), "FINOPS_LITELLM_SPOOL": str(self.spool), "FINOPS_LITELLM_ALLOW": "ticket",
            "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        }  # fmt: skip
        with (folder / "log").open("w") as log:
            self.process = subprocess.Popen(
                [*command, "--port", str(port), "--telemetry", "False"],
                cwd=folder, env=environment, stdout=log, stderr=log,
            )  # fmt: skip

    def wait(self) -> None:
        for _ in range(1200):
            try:
                urllib.request.urlopen(f"{self.address}/health/liveliness", timeout=5).close()  # noqa: S310  (our own server)
            except OSError:
                assert self.process.poll() is None, "the proxy ended"
                time.sleep(0.1)
            else:
                return
        raise AssertionError("the proxy did not start")

    def ask(self, model: str, **metadata: str) -> int:
        """The status of one call."""
        document = {
            "model": model,
            "messages": [{"role": "user", "content": f"{SECRET} is my question"}],
            "metadata": metadata,
        }
        request = urllib.request.Request(  # noqa: S310
            f"{self.address}/v1/chat/completions",
            json.dumps(document).encode(),
            {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code

    def written(self, calls: int) -> list[str]:
        """The lines of the spool, once there are `calls`."""
        for _ in range(300):
            lines = [
                line
                for path in self.spool.glob("*.jsonl")
                for line in path.read_text().splitlines()
            ]
            if len(lines) >= calls:
                return lines
            time.sleep(0.1)
        raise AssertionError(
            f"{calls} calls were not written: {(self.spool.with_name('log')).read_text()[-2000:]}"
        )


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    proxy = Proxy(tmp_path_factory.mktemp("proxy"))
    try:
        proxy.wait()
        yield proxy
    finally:
        proxy.process.kill()
        proxy.process.wait()


@pytest.mark.slow
def test_a_real_proxy_records_calls_and_is_not_disturbed(proxy: Proxy, tmp_path: Path) -> None:
    """Two answers and a refusal; then the proxy is killed."""
    told = {"workflow": "answer", "ticket": "T-1", "other": f"{SECRET} in a sentence"}
    assert [proxy.ask("smart", **told), proxy.ask("broken"), proxy.ask("smart")] == [200, 429, 200]
    assert SECRET not in "".join(proxy.written(3))
    proxy.process.send_signal(signal.SIGKILL)
    now = datetime.now(tz=UTC)
    assert (
        pulled(tmp_path, CONNECTOR, {"path": str(proxy.spool)}, now, allowed=("ticket",)).error
        is None
    )
    columns = (
        "status", "error_type", "request_model", "response_model", "provider", "uncached_input_tokens",
        "output_tokens", "attributes->>'ticket'",
    )  # fmt: skip
    served = ("ok", None, "smart", "gpt-4o-mini", "openai", 10, 20)
    rows = kept(tmp_path, *columns)
    assert [row[:7] for row in rows if row[0] == "ok"] == [served, served]
    assert [row[:3] for row in rows if row[0] != "ok"] == [("error", "RateLimitError", "broken")]
    assert [row[7] for row in rows] == ["T-1", None, None]


def call(identity: str, start: str, **fields: object) -> dict[str, Any]:
    """A payload as the callback is given it: 300 tokens in, 100 of them cached."""
    began = datetime.fromisoformat(f"{start}+00:00").timestamp()
    usage = {"prompt_tokens": 300, "prompt_tokens_details": {"cached_tokens": 100}}
    return {
        "id": identity, "trace_id": f"t-{identity}", "call_type": "acompletion", "response_cost": 0.01,
        "startTime": began, "endTime": began + 1, "completionStartTime": began + 0.5, "status": "success",
        "model": "gpt-4o", "model_group": "smart", "custom_llm_provider": "openai", "prompt_tokens": 300,
        "completion_tokens": 50, "messages": SECRET, "response": {"choices": SECRET},
        "metadata": {"usage_object": usage, "requester_metadata": {"prompt": f"{SECRET} x"}}, **fields,
    }  # fmt: skip


class CallbackRig(Rig):
    """What two processes of a proxy wrote, one of which goes on."""

    connector: ClassVar[Connector] = CONNECTOR
    network: ClassVar[bool] = False
    now: ClassVar[datetime] = datetime(2026, 10, 20, 12, tzinfo=UTC)
    window: ClassVar[Period] = Period(date(2026, 10, 18), date(2026, 10, 20))
    split: ClassVar[date] = date(2026, 10, 19)

    def settings(self, address: str) -> dict[str, Any]:
        del address
        return {"path": str(self.folder / "spool")}

    def write(self, name: str, *calls: dict[str, Any]) -> None:
        path = self.folder / "spool" / f"calls-{name}.jsonl"
        path.parent.mkdir(exist_ok=True)
        with path.open("a") as stream:
            stream.writelines(json.dumps(reduced_payload(each)) + "\n" for each in calls)
        os.utime(path, (self.now.timestamp(), self.now.timestamp()))

    def first(self) -> None:
        failed = call("a1", "2026-10-18T10:00:00", trace_id="t-a", status="failure")
        self.write("one", failed, call("b", "2026-10-19T10:00:00"))
        self.write("two", call("a2", "2026-10-18T10:00:05", trace_id="t-a"))

    def later(self) -> None:
        self.write("two", call("a3", "2026-10-20T10:00:00", trace_id="t-a"))


TestCallback = suite(CallbackRig)


def test_cached_tokens_are_inside_input(tmp_path: Path) -> None:
    CallbackRig(tmp_path).first()
    pulled(tmp_path, CONNECTOR, {"path": str(tmp_path / "spool")}, CallbackRig.now)
    columns = (
        "request_id",
        "attempt",
        "uncached_input_tokens",
        "cache_read_tokens",
        "output_tokens",
    )
    assert kept(tmp_path, *columns) == [
        ("a1", 1, 200, 100, 50),
        ("a2", 2, 200, 100, 50),
        ("b", 1, 200, 100, 50),
    ]


def lines_in(folder: Path) -> list[Any]:
    return [
        json.loads(line)
        for path in sorted(folder.glob("*"))
        for line in path.read_text().splitlines()
    ]


def test_calls_of_many_threads_are_all_written(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "spool", Limits(gather_s=0.01, segment_bytes=500))

    def work(number: int) -> None:
        for nth in range(50):
            recorder.record({"call": number * 50 + nth})

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    recorder.close()
    recorder.record({"call": 200})
    recorder.close()
    assert sorted(each["call"] for each in lines_in(tmp_path / "spool")) == list(range(201))
    assert recorder.lost == 0
    assert len(list((tmp_path / "spool").iterdir())) >= 2  # the first segment was full


def test_what_is_too_much_is_lost_and_said_and_never_raised(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "spool").write_text("a file where the folder should be")
    recorder = Recorder(tmp_path / "spool", Limits(gather_s=0.0))
    recorder.record({"call": 1})
    recorder.close()
    assert recorder.lost == 1
    assert "1 calls were not recorded so far" in caplog.text
    full = Recorder(tmp_path / "other", Limits(waiting=1))
    full._thread = threading.current_thread()  # nobody takes anything out
    full.record({"call": 1})
    full.record({"call": 2})
    assert (full.lost, full._queue.get_nowait()) == (1, '{"call": 1}')
    with pytest.raises(queue.Empty):
        full._queue.get_nowait()
    full._thread = None


def test_the_oldest_segments_go_when_the_folder_is_full(tmp_path: Path) -> None:
    spool = tmp_path / "spool"
    spool.mkdir()
    for number in range(3):
        old = spool / f"calls-gone-{number}.jsonl"
        old.write_text("x" * 400 + "\n")
        os.utime(old, (number, number))
    recorder = Recorder(spool, Limits(segment_bytes=100, folder_bytes=1000))
    recorder.record({"call": 1})
    recorder.close()
    names = sorted(path.name for path in spool.iterdir())
    assert names[:2] == ["calls-gone-1.jsonl", "calls-gone-2.jsonl"]
    assert len(names) == 3


def test_a_process_that_is_killed_loses_nothing_that_was_durable(tmp_path: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path; from finops.integrations.recorder import Recorder\n"
        "recorder = Recorder(Path(sys.argv[1]))\n"
        "for call in range(100): recorder.record({'call': call})\n"
        "while not list(Path(sys.argv[1]).glob('*.jsonl')): time.sleep(0.01)\n"
        "time.sleep(0.3); print('durable', flush=True); time.sleep(60)\n"
    )
    spool = tmp_path / "spool"
    process = subprocess.Popen(
        [sys.executable, "-c", program, spool], stdout=subprocess.PIPE, cwd=REPOSITORY
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"durable\n"
        process.kill()
    assert [each["call"] for each in lines_in(spool)] == list(range(100))


def test_it_needs_nothing_but_the_standard_library() -> None:
    """What runs inside other programs must not bring our requirements with it."""
    code = (
        "import sys; before = set(sys.modules); import finops.integrations.recorder, connectors.litellm\n"
        "new = {name.partition('.')[0] for name in set(sys.modules) - before}\n"
        "print(sorted(name for name in new if name not in sys.stdlib_module_names))"
    )
    said = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=REPOSITORY
    )
    assert said.stdout == "['connectors', 'finops']\n"
