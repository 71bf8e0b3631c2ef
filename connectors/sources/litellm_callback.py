"""Calls that LiteLLM's logging callback (`finops.integrations.litellm`) has written down on this machine.

The input count INCLUDES cached tokens; what a call means is known by `connectors.formats.requests.litellm`. The
callback keeps neither prompts nor answers; what is read is reduced once more. A proxy whose spend logs are pulled
as well would bring its calls twice: choose one of the two.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import Field

from connectors.contract import Connector, Sign
from connectors.folders import FolderSettings, Layout, check_folder, deliveries
from connectors.litellm import SPOOL, reduced_payload

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from connectors.contract import Files, Session

__all__ = ["CONNECTOR", "LiteLLMCallbackSettings"]


class LiteLLMCallbackSettings(FolderSettings):
    """Where the callback writes."""

    path: Path = Field(
        default=Path(SPOOL),
        description="Its folder (FINOPS_LITELLM_SPOOL); `~` is the home of whoever pulls.",
    )


def read(session: Session[LiteLLMCallbackSettings]) -> Iterator[Files]:
    """The segments that are new, or longer than they were."""

    def reduced(line: Mapping[str, Any]) -> dict[str, Any]:
        return reduced_payload(line, session.allowed)

    return deliveries(session, Layout("litellm-payload", "calls", (b'"trace_id"',), reduced))


CONNECTOR = Connector(
    name="litellm-callback",
    about="calls written down by LiteLLM's logging callback, finops.integrations.litellm",
    tables=("requests",),
    settings=LiteLLMCallbackSettings,
    check=check_folder,
    read=read,
    tested="a real LiteLLM proxy with mock answers",
    policy="reading the folder: pull as the user the proxy runs as, or let the folder's group read.",
    signs=(Sign("path", SPOOL),),
)
