"""Reviews delivered into a bucket of a real S3 server, recorded in a ledger that is there too."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from connectors.sending import open_target
from finops.api.review import Review
from finops.api.review.deliver import Delivery, Outcome, deliver
from finops.api.session import Session
from finops.config import Config
from finops.report.document import Document, DocumentFormat

if TYPE_CHECKING:
    from types import ModuleType

    from finops.ledger.store import Ledger

obstore = pytest.importorskip("obstore")

pytestmark = pytest.mark.needs("moto", "obstore")

SAMPLE = Path(__file__).parents[1] / "report" / "sample_document.py"
DOCUMENT: Document = runpy.run_path(str(SAMPLE))["DOCUMENT"]


def test_a_review_is_put_into_a_bucket_once(bucket: Ledger, kit: ModuleType) -> None:
    kit.load_rows(bucket, "costs", [{}])
    place = f"{bucket.location.url}/reviews"
    session = Session(bucket, Config())
    to = Delivery(place, (DocumentFormat.MD,))
    assert deliver(session, Review(DOCUMENT), to) == Outcome((f"{place}/review-2026-10.md",))
    assert deliver(session, Review(DOCUMENT), to) == Outcome()
    store = bucket.location.object_store()
    kept = bytes(obstore.get(store, "reviews/review-2026-10.md").bytes())
    assert kept == Review(DOCUMENT).to("md")
    assert open_target(place).has("review-2026-10.md")
    assert not open_target(place).has("review-2026-11.md")
