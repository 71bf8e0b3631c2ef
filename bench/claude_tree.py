"""Write a believable tree of Claude Code session logs, to measure readers of it against each other.

    python bench/claude_tree.py FOLDER [--messages 100000] [--seed 7]

FOLDER gets `projects/<project>/<session>.jsonl` and `…/<session>/subagents/agent-*.jsonl` as the tool
writes them: one line per content block of an answer, each with the usage known by then; user lines
with tool results between them; resumed sessions that replay the end of an earlier one. Point another
reader at it with `CLAUDE_CONFIG_DIR=FOLDER`. The last line printed is the true number of
messages and of output tokens. Standard library only, so that it runs anywhere.
"""

from __future__ import annotations

import argparse
import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

MODELS = ("claude-sonnet-4-5-20250929", "claude-opus-4-5-20251101", "claude-haiku-4-5-20251001")
WORDS = [
    "the",
    "test",
    "fails",
    "because",
    "a",
    "handler",
    "returns",
    "early",
    "when",
    "the",
    "queue",
    "is",
    "empty",
    "so",
    "I",
    "will",
    "read",
    "it",
    "first",
    "def",
    "main",
    "return",
    "import",
    "self",
    "value",
    "none",
    "error",
    "path",
    "line",
    "result",
]
PER_SESSION = 200
REPLAYED_LINES = 30
Line = dict[str, Any]


class Totals(NamedTuple):
    """What a right reader must find."""

    messages: int
    output_tokens: int


def prose(rng: random.Random, words: int) -> str:
    """`words` words of filler."""
    return " ".join(rng.choices(WORDS, k=words))


def usage(rng: random.Random, context: int, output: int) -> Line:
    """The usage block of one answer with `context` tokens in the prompt cache."""
    written = rng.randrange(200, 3000)
    return {
        "input_tokens": rng.randrange(3, 12),
        "cache_creation_input_tokens": written,
        "cache_read_input_tokens": context,
        "cache_creation": {"ephemeral_5m_input_tokens": written, "ephemeral_1h_input_tokens": 0},
        "output_tokens": output,
        "service_tier": "standard",
    }


class Session:
    """One session file while it is being written."""

    def __init__(self, rng: random.Random, project: str, start: datetime) -> None:
        self.rng = rng
        self.project = project
        self.now = start
        self.name = self.uuid()
        self.lines: list[Line] = []
        self.output_tokens = 0

    def uuid(self) -> str:
        """A random identifier in the usual form."""
        text = f"{self.rng.getrandbits(128):032x}"
        return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))

    def line(self, kind: str, message: Line, **more: object) -> None:
        """Append one line of `kind`, a few seconds after the last."""
        self.now += timedelta(milliseconds=self.rng.randrange(200, 9000))
        self.lines.append(
            {
                "parentUuid": self.lines[-1]["uuid"] if self.lines else None,
                "isSidechain": False,
                "userType": "external",
                "cwd": f"/home/dev/{self.project}",
                "sessionId": self.name,
                "version": "2.0.31",
                "gitBranch": "main",
                "type": kind,
                "message": message,
                **more,
                "uuid": self.uuid(),
                "timestamp": f"{self.now:%Y-%m-%dT%H:%M:%S}.{self.now.microsecond // 1000:03d}Z",
            }
        )

    def ask(self) -> None:
        """A user line: the result of a tool, or a question."""
        text = prose(self.rng, self.rng.choice((12, 60, 200, 500)))
        content = [{"type": "tool_result", "tool_use_id": f"toolu_{self.uuid()}", "content": text}]
        self.line("user", {"role": "user", "content": content}, toolUseResult={"stdout": text})

    def answer(self, context: int) -> None:
        """One answer, written as one line per content block; only the last usage is complete."""
        blocks = self.rng.choice((1, 2, 2, 3))
        output = self.rng.randrange(40, 1200)
        known = usage(self.rng, context, output)
        identity, request = f"msg_{self.uuid()}", f"req_{self.uuid()}"
        model = self.rng.choices(MODELS, (8, 1, 3))[0]
        for block in range(blocks):
            last = block == blocks - 1
            spoken = known if last else {**known, "output_tokens": self.rng.randrange(1, 9)}
            content = [{"type": "text", "text": prose(self.rng, self.rng.choice((20, 80, 160)))}]
            message = {
                "model": model,
                "id": identity,
                "type": "message",
                "role": "assistant",
                "content": content,
                "stop_reason": "tool_use" if last else None,
                "stop_sequence": None,
                "usage": spoken,
            }
            self.line("assistant", message, requestId=request)
        self.output_tokens += output


def write_lines(path: Path, lines: list[Line]) -> None:
    """JSON Lines without spaces, as the tool writes them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines)
    path.write_text(text, encoding="utf-8")


def write_tree(folder: Path, messages: int, seed: int) -> Totals:
    """Write `messages` answers in sessions of 200, every tenth resumed with a replay, some nested."""
    rng = random.Random(seed)
    start = datetime(2025, 11, 1, 8, tzinfo=UTC)
    replay: list[Line] = []
    written = output = 0
    while written < messages:
        number = written // PER_SESSION
        project = f"-home-dev-service-{number % 40:02d}"
        session = Session(rng, project, start + timedelta(minutes=37 * number))
        here = min(PER_SESSION, messages - written)
        context = 12_000
        for _ in range(here):
            session.ask()
            context += rng.randrange(200, 1500)
            session.answer(context % 180_000)
        path = folder / "projects" / project / f"{session.name}.jsonl"
        if number % 5 == 4:
            path = path.with_suffix("") / "subagents" / f"agent-{session.name[:8]}.jsonl"
        again = [{**line, "sessionId": session.name} for line in replay]
        write_lines(path, (again if number % 10 == 1 else []) + session.lines)
        replay = session.lines[-REPLAYED_LINES:]
        written += here
        output += session.output_tokens
    return Totals(written, output)


def main() -> None:
    """Write the tree the arguments ask for and print what it holds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--messages", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=7)
    arguments = parser.parse_args()
    totals = write_tree(arguments.folder, arguments.messages, arguments.seed)
    print(f"{totals.messages} messages, {totals.output_tokens} output tokens")


if __name__ == "__main__":
    main()
