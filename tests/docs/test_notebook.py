"""The notebook runs from top to bottom on the sample company, in a kernel of its own."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
import pytest
from nbclient import NotebookClient

if TYPE_CHECKING:
    from collections.abc import Mapping

NOTEBOOK = Path(__file__).resolve().parents[2] / "docs" / "notebooks" / "october.ipynb"


def read() -> Any:  # noqa: ANN401  (nbformat is untyped)
    return nbformat.read(NOTEBOOK, as_version=4)  # type: ignore[no-untyped-call]


def test_it_is_kept_without_what_it_printed() -> None:
    code = [cell for cell in read().cells if cell.cell_type == "code"]
    assert [(cell.outputs, cell.execution_count) for cell in code] == [([], None)] * len(code)


@pytest.mark.slow
def test_it_runs_and_shows_tables(
    demo_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FINOPS_CONFIG", str(demo_folder / "finops.toml"))
    kernel = tmp_path / "kernels" / "python3"
    kernel.mkdir(parents=True)
    (kernel / "kernel.json").write_text(
        f'{{"argv": ["{sys.executable}", "-m", "ipykernel_launcher", "-f", "{{connection_file}}"],'
        ' "display_name": "Python 3", "language": "python"}',
        encoding="utf-8",
    )
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    for name in ("IPYTHONDIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_CONFIG_DIR"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    notebook = read()
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}}).execute()
    shown = [shape(cell.outputs) for cell in notebook.cells if cell.cell_type == "code"]
    assert "Effective" in shown[1]
    assert "redact-pii" in shown[2]
    assert "gpu_idle" in shown[4]
    assert "'model'" in shown[5]
    assert (tmp_path / "october.xlsx").stat().st_size > 4000


def shape(outputs: list[Mapping[str, Mapping[str, str]]]) -> str:
    """What a cell shows: its table, else its text."""
    return "".join(
        each["data"].get("text/html", each["data"].get("text/plain", ""))
        for each in outputs
        if "data" in each
    )
