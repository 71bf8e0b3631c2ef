"""`finops demo`: a sample company in a ledger of its own, and what its month looks like on one screen.

Loads through the same pipeline as `finops load`, into the demo ledger only: a ledger that holds anything
else is refused. A `finops.toml` with the company's pools is put beside it, so that every other command
answers about the company once FINOPS_CONFIG names that file.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from finops.cli.options import LedgerOption  # noqa: TC001  (Typer reads the annotation)
from finops.errors import FinopsError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager

    import typer

    from connectors.progress import Progress
    from finops.cli.diagnostics import Advance
    from finops.ledger.store import Ledger

__all__ = ["Narrator", "register", "sample_company"]

CONFIG = "finops.toml"
OWNERS = "owners.csv"
SCORECARD = "scorecard"
PROJECTIONS = "projections"


class Step(NamedTuple):
    """One load: which files of the samples go into which table, under which source."""

    table: str
    source: str
    pattern: str
    what: str


class Narrator(NamedTuple):
    """Who is told how loading goes: a sentence, and how much of the work is done."""

    say: Callable[[str], None]
    progress: Callable[..., AbstractContextManager[Advance]]


STEPS = (
    Step("costs", "aws", "bills/aws-*.csv.gz", "AWS bills"),
    Step("costs", "openai", "bills/openai-*.csv.gz", "OpenAI bills"),
    Step("costs", "anthropic", "bills/anthropic-*.csv.gz", "Anthropic bills"),
    Step("costs", "openai", "reissued/openai-*.csv.gz", "re-issued bill"),
    Step("requests", "gateway", "requests/*.csv.gz", "request log"),
    Step("gpu_samples", "accelerators", "gpu/*.csv.gz", "GPU samples"),
    Step("jobs", "slurm", "jobs/*.csv.gz", "training jobs"),
    Step("changes", "releases", "changes/*.csv", "change log"),
)
"""What is loaded, in order: the re-issued month has to follow the bill it replaces."""


def register(app: typer.Typer) -> None:
    """Add `demo` to the application."""
    app.command("demo")(demo)


def demo(*, ledger: LedgerOption = None) -> None:
    """Load a sample company and show what it spends.

    Harbourline is invented: three months of bills from AWS, OpenAI and Anthropic, its request log, GPU
    samples and jobs, with a dozen troubles planted. It is loaded into a ledger of its own (--ledger, else
    the platform's data folder); your own ledger is never touched.
    """
    from finops.api import session
    from finops.cli.demo_screen import demo_screen
    from finops.cli.diagnostics import progress, say
    from finops.cli.output import write_bytes

    store, config = sample_company(ledger, Narrator(say, progress))
    lines = demo_screen(session.open_session(store.location.url, config=config), config)
    write_bytes(("\n".join(lines) + "\n").encode())
    vendors = samples_folder() / "vendors"
    say(f"Three sample vendors to compare: finops vendor compare --vendors {vendors}")


def sample_company(location: str | None, narrator: Narrator) -> tuple[Ledger, Path]:
    """The sample company's ledger at `location` (default: the platform's data folder) and its finops.toml.

    What is not there yet is loaded. UsageError when the ledger holds other data.
    """
    from finops.api.keeping import keep_in_force
    from finops.api.session import open_session
    from finops.ledger.store import Ledger

    samples = samples_folder()
    store = Ledger.open(location or _default_location(), create=True)
    _refuse_other_data(store)
    _load(store, samples, narrator)
    settings = _put_config(store, samples)
    keep_in_force(open_session(store.location.url, config=settings), store)
    return store, settings


def samples_folder() -> Path:
    """Where the sample files are: inside an installed finops, or beside it in a checkout."""
    import finops

    package = Path(finops.__file__).parent
    for folder in (package / "_samples", package.parent / "samples"):
        if (folder / "truth.toml").is_file():
            return folder
    raise FinopsError(
        "the sample company is not installed", hint="install finops-terminal again, from its wheel"
    )


def _default_location() -> str:
    from platformdirs import user_data_path

    return str(user_data_path("finops") / "demo-ledger")


def _refuse_other_data(store: Ledger) -> None:
    """UsageError when the ledger holds what the demo has not brought."""
    from finops.ledger.engine import query

    with store.connect(["loads"]) as con:
        found = {str(row[0]) for row in query(con, "select distinct source_id from loads")}
    others = sorted(found - {step.source for step in STEPS})
    if others:
        raise UsageError(
            f"the ledger at {store.location.url} holds other data ({', '.join(others[:3])})",
            hint="finops demo --ledger FOLDER, with a folder of its own",
        )


def _load(store: Ledger, samples: Path, narrator: Narrator) -> None:
    """Bring the ledger up to the samples; says what it did, or that nothing was to be done."""
    from connectors.loading import LoadOptions, load_files

    say, progress = narrator
    files = {step: sorted(samples.glob(step.pattern)) for step in STEPS}
    if _is_loaded(store, [file for found in files.values() for file in found]):
        say(f"The sample company is loaded already, unchanged: {store.location.url}")
        return
    say(f"Loading the sample company into {store.location.url}")
    sizes = {step: sum(file.stat().st_size for file in found) for step, found in files.items()}
    done = rows = 0
    with progress("loading", total=sum(sizes.values())) as advance:
        for step, found in files.items():
            advance(done, rows=rows, what=step.what)
            options = LoadOptions(source=step.source)
            tell = partial(_advance, advance, done, rows, step.what)
            for result in load_files(store, step.table, found, options, tell):
                rows += result.stored.rows_stored
            done += sizes[step]
    say(f"Loaded {rows:,} rows.")


def _advance(advance: Advance, done: int, rows: int, what: str, step: Progress) -> None:
    """One bar for all steps: what is behind us, and how far this step is."""
    advance(done + step.done_bytes, rows=rows, what=what)


def _is_loaded(store: Ledger, files: Sequence[Path]) -> bool:
    """Whether a load of every one of `files`, byte for byte, is on the ledger's record."""
    import hashlib
    import json

    from finops.ledger.engine import query

    with store.connect(["loads"]) as con:
        records = query(con, "select files from loads")
    known = {str(file["digest"]) for (text,) in records for file in json.loads(text or "[]")}
    return all(hashlib.sha256(file.read_bytes()).hexdigest() in known for file in files)


def _put_config(store: Ledger, samples: Path) -> Path:
    """The company's finops.toml and owners.csv beside its ledger; a bucket's stay with the samples."""
    import shutil

    if not store.location.is_local:
        return samples / CONFIG
    owners = store.location.root / OWNERS
    if not owners.is_file() or owners.read_bytes() != (samples / OWNERS).read_bytes():
        owners.write_bytes((samples / OWNERS).read_bytes())
    target = store.location.root / CONFIG
    text = '# Written by `finops demo`.\nledger = "."\n\n' + (samples / CONFIG).read_text("utf-8")
    if not target.is_file() or target.read_text("utf-8") != text:
        target.write_text(text, encoding="utf-8")
    shutil.copytree(samples / PROJECTIONS, store.location.root / PROJECTIONS, dirs_exist_ok=True)
    _put_scorecard(store.location.root, samples / SCORECARD)
    return target


def _put_scorecard(root: Path, files: Path) -> None:
    """The company's documents beside its finops.toml, and its answers where the scorecard keeps them.

    Answers that are there already stay: they may have been given since.
    """
    import shutil

    from scorecard import FOLDER
    from scorecard.answers import dump_answers, read_answers

    shutil.copytree(files, root / SCORECARD, dirs_exist_ok=True)
    said = read_answers(files / "answers.yaml")
    kept = root / FOLDER / f"{said.subject.slug}.answers.yaml"
    if not kept.is_file():
        kept.parent.mkdir(exist_ok=True)
        kept.write_text(dump_answers(said), encoding="utf-8")
