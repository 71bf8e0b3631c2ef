"""Every command of the README runs, on a small company and the files it names."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.api.small import VENDORS, small_company
from tests.docs.blocks import Reader, blocks

ROOT = Path(__file__).resolve().parents[2]

CALL = (
    '{"request_id": "a1", "timestamp": "2026-10-01T10:00:00Z", "operation": "chat", "provider": "openai",'
    ' "response_model": "gpt-4o-mini", "status": "ok", "uncached_input_tokens": 120, "output_tokens": 40}\n'
)
OFFERS = "need: {gpus: 8}\nquotes: [{vendor: A, currency: USD, price: 2, availability: 1}]"
REFUSED = {"finops close 2026-10 --check": 4}
"""What the small company cannot answer with yes: nothing has been delivered for its month since."""


@pytest.mark.slow
def test_every_command_of_the_readme_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    small_company(tmp_path)
    bill = VENDORS.parent / "bills" / "openai-2026-10.csv.gz"
    shutil.copy(bill, tmp_path / "bill.csv.gz")
    (tmp_path / "log.jsonl").write_text(CALL, encoding="utf-8")
    (tmp_path / "offers.yaml").write_text(OFFERS, encoding="utf-8")
    shutil.copytree(VENDORS / "kestrel", tmp_path / "vendors" / "acme")
    shutil.copytree(VENDORS / "meridian", tmp_path / "vendors" / "bolt")
    reader = Reader(tmp_path, tmp_path)
    wrong = []
    for block in blocks((ROOT / "README.md").read_text(encoding="utf-8")):
        for complaint in reader.follow(block):
            command = complaint.partition(": ")[2].partition("\n")[0].partition("#")[0].strip()
            if f"exits with {REFUSED.get(command)}\n" not in complaint:
                wrong.append(complaint)
    assert wrong == [], "\n\n".join(wrong)
