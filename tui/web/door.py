"""Who may open the interface in a browser, decided before anything else is looked at.

An address is printed once, with a token in it. Opening it leaves a cookie that scripts cannot read and
other sites cannot send; everything without the cookie is refused. A request must also call the server by
a name it listens under, and a web socket must come from our own page, so that neither a rebound name nor
another site's script can drive the ledger of somebody who has it open.
"""

from __future__ import annotations

import hmac
import secrets
from typing import NamedTuple

from finops.errors import UsageError
from finops.model.address import is_loopback

__all__ = ["SHORTEST", "Door", "Refusal", "door"]

SHORTEST = 24
"""Characters a token of one's own must have: it is all that stands between a network and the ledger."""

_UNSPECIFIED = ("0.0.0.0", "::")  # noqa: S104  (compared with, not listened on)


class Refusal(NamedTuple):
    """Why a request is not answered: an HTTP status and a sentence for whoever sent it."""

    status: int
    why: str


class Door(NamedTuple):
    """Where the server listens, and the token that opens it."""

    host: str
    port: int
    token: str

    @property
    def cookie(self) -> str:
        """The cookie's name; cookies know no ports, so that two servers need two names."""
        return f"finops-{self.port}"

    @property
    def origin(self) -> str:
        """The address of the page, without the token."""
        return f"http://{_bracketed(self._named)}:{self.port}"

    @property
    def address(self) -> str:
        """The address to open, the token in it."""
        return f"{self.origin}/?token={self.token}"

    @property
    def _named(self) -> str:
        return "127.0.0.1" if self.host in _UNSPECIFIED else self.host

    def opens(self, token: str | None) -> bool:
        """Whether `token` is the one; takes the same time whatever it is."""
        return hmac.compare_digest((token or "").encode(), self.token.encode())

    def stranger(self, host: str) -> Refusal | None:
        """Refuses a request that calls the server `host`, when that is none of its names."""
        if self.host in _UNSPECIFIED:
            return None
        names = {self.host, "127.0.0.1", "localhost", "::1"} if self.local else {self.host}
        if host.lower() in {f"{_bracketed(name)}:{self.port}" for name in names}:
            return None
        return Refusal(421, "this server does not answer under that name")

    def foreign(self, origin: str | None, host: str) -> Refusal | None:
        """Refuses a web socket that another site's page, or no page, opens."""
        if origin == f"http://{host}":
            return None
        return Refusal(403, "a web socket is opened by the page of this server alone")

    @property
    def local(self) -> bool:
        """Whether only this machine can reach it."""
        return is_loopback(self.host)


def door(host: str, port: int, *, token: str | None, understood: bool) -> Door:
    """A door at `host`; its token is drawn where none is given.

    UsageError where others could reach it and nobody said that this is meant, and with which token.
    """
    if token is not None and len(token) < SHORTEST:
        raise UsageError(
            f"--token: shorter than {SHORTEST} characters", hint="openssl rand -hex 32"
        )
    if not is_loopback(host) and (token is None or not understood):
        raise UsageError(
            f"{host} can be reached by others: whoever has the token reads the whole ledger, unencrypted",
            hint="--listen 127.0.0.1:0, or say --i-understand and --token env:NAME",
        )
    return Door(host, port, token or secrets.token_urlsafe(32))


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
