"""What may pass of a LiteLLM spend log, or of the payload its callbacks are given, before anything is written down.

Standard library only: the logging callback runs in the proxy's own environment, whose packages are not ours.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from connectors.formats.requests.litellm import PAYLOAD_COLUMNS, SPEND_COLUMNS
from connectors.reducing import codes, figures, is_name, named, scalars

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["SPOOL", "reduced_payload", "reduced_spend_log"]

SPOOL = "~/.local/state/finops/litellm"
"""Where the logging callback writes, unless it is told otherwise."""

_HASH = re.compile("[0-9a-f]{64}")
"""What the proxy keeps of a key."""
_ERROR = ("error_class", "error_code")
_HEADS = (
    "litellm_call_id", "user_api_key_team_alias", "user_api_key_project_id", "attempted_retries",
    "attempted_fallbacks",
)  # fmt: skip


def reduced_spend_log(row: Mapping[str, Any], allowed: Sequence[str] = ()) -> dict[str, Any]:
    """Of a row of `LiteLLM_SpendLogs` what the format reads."""
    kept = {name: value for name, value in scalars(row, SPEND_COLUMNS).items() if is_name(value)}
    if not _HASH.fullmatch(str(kept.get("api_key", ""))):
        kept.pop("api_key", None)
    return kept | {"metadata": _metadata(row.get("metadata"), allowed)}


def reduced_payload(payload: Mapping[str, Any], allowed: Sequence[str] = ()) -> dict[str, Any]:
    """Of a StandardLoggingPayload what the format reads; a field that is missing stays as None."""
    found = scalars(payload, PAYLOAD_COLUMNS)
    kept = {name: value for name, value in found.items() if is_name(value)}
    return (
        dict.fromkeys(PAYLOAD_COLUMNS)
        | kept
        | {
            "metadata": _metadata(payload.get("metadata"), allowed),
            "error_information": codes(payload.get("error_information"), _ERROR),
        }
    )


def _metadata(given: object, allowed: Sequence[str]) -> dict[str, Any]:
    """Of a call's metadata the counts, the code of an error, and what of the caller's own is allowed."""
    if not isinstance(given, dict):
        return {}
    kept = {name: value for name, value in scalars(given, _HEADS).items() if is_name(value)}
    if _HASH.fullmatch(str(given.get("user_api_key_hash"))):
        kept["user_api_key_hash"] = given["user_api_key_hash"]
    for name in ("usage_object", "additional_usage_values"):
        if isinstance(given.get(name), dict):
            kept[name] = figures(given[name])
    for name in ("spend_logs_metadata", "requester_metadata"):
        kept[name] = named(given.get(name), allowed)
    kept["error_information"] = codes(given.get("error_information"), _ERROR)
    return kept | named(given, allowed)
