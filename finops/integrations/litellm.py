"""A logging callback of LiteLLM that records finished calls, without prompts and answers, for `finops pull`.

    litellm_settings:
      callbacks: ["finops.integrations.litellm.callback"]

or, in a program, `litellm.callbacks = [FinopsLogger()]`. Calls go to a folder that the connector `litellm-callback`
reads, and `finops load requests FOLDER` too: `FINOPS_LITELLM_SPOOL` names it, else it is
~/.local/state/finops/litellm. `FINOPS_LITELLM_ALLOW` lists, with commas, what else of the caller's metadata may be
kept, as `[attributes] allow` of finops.toml does.

It runs in LiteLLM's environment and needs nothing but this package itself: where its other requirements do not fit
beside LiteLLM's, `pip install --no-deps finops-terminal` is enough.
"""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from litellm.integrations.custom_logger import CustomLogger

from connectors.litellm import SPOOL, reduced_payload
from finops.integrations.recorder import Recorder

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["FinopsLogger", "callback"]

_LOG = logging.getLogger("finops")
_FAULTS = (
    ArithmeticError, AssertionError, AttributeError, LookupError, OSError, RuntimeError, TypeError, ValueError,
)  # fmt: skip
"""What a payload of another shape than the documented one could raise."""


class FinopsLogger(CustomLogger):  # type: ignore[misc]  # LiteLLM is not installed where types are checked
    """Hands every finished call, successful or not, to a recorder."""

    def __init__(self, recorder: Recorder | None = None, allowed: tuple[str, ...] = ()) -> None:
        super().__init__()
        folder = Path(os.environ.get("FINOPS_LITELLM_SPOOL") or SPOOL).expanduser()
        said = os.environ.get("FINOPS_LITELLM_ALLOW", "").split(",")
        self.recorder = recorder or Recorder(folder)
        self.allowed = allowed or tuple(name.strip() for name in said if name.strip())

    def _keep(self, kwargs: Mapping[str, Any]) -> None:
        """Never raises: the caller's request matters more than our record of it."""
        try:
            payload = kwargs.get("standard_logging_object")
            if payload:
                self.recorder.record(reduced_payload(payload, self.allowed))
        except _FAULTS:
            _LOG.warning("finops: a call could not be recorded", exc_info=True)

    def log_success_event(self, kwargs: Any, *_: Any, **__: Any) -> None:  # noqa: ANN401  (LiteLLM's own)
        """A call of a program that waits for its answer."""
        self._keep(kwargs)

    def log_failure_event(self, kwargs: Any, *_: Any, **__: Any) -> None:  # noqa: ANN401
        """The same, failed."""
        self._keep(kwargs)

    async def async_log_success_event(self, kwargs: Any, *_: Any, **__: Any) -> None:  # noqa: ANN401
        """A call of the proxy, or of a program that awaits its answer."""
        self._keep(kwargs)

    async def async_log_failure_event(self, kwargs: Any, *_: Any, **__: Any) -> None:  # noqa: ANN401
        """The same, failed."""
        self._keep(kwargs)


callback = FinopsLogger()
"""What a proxy's configuration names."""
