"""Looking at a source without reading it: every finding of its connector, a refusal being one."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from connectors.contract import Finding
from connectors.pulling import BROKEN, PullOptions, fault, session_of
from connectors.spool import Spool
from finops.errors import FinopsError
from finops.redaction import redact

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connectors.configured import Source

__all__ = ["check_source"]


def check_source(source: Source) -> Iterator[Finding]:
    """What the connector finds; the error that ended the check is the last finding."""
    with tempfile.TemporaryDirectory(prefix="finops-check-") as folder:
        session = session_of(source, PullOptions(datetime.now(tz=UTC)), Spool(Path(folder)))
        try:
            for finding in source.connector.check(session):
                yield finding._replace(detail=redact(finding.detail))
        except FinopsError as error:
            yield _failed(error)
        except BROKEN as found:
            yield _failed(fault(source, found))
        for note in session.notes:
            yield Finding(ok=True, what="note", detail=redact(note))


def _failed(error: FinopsError) -> Finding:
    hint = f" ({error.hint})" if error.hint else ""
    return Finding(ok=False, what="reach", detail=redact(f"{error.message}{hint}"))
