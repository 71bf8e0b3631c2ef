"""Access to Google's interfaces: a token of a service account, one somebody made, or the machine's own.

A service account's key signs a short-lived assertion (RFC 7523) that is exchanged for a token; on Google's machines
the metadata server gives one. Tokens are kept until shortly before they run out, and never shown.
"""

from __future__ import annotations

import base64
import json
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from pydantic import Field

from connectors.settings import Secret, SourceSettings
from finops.errors import AccessDenied, ConfigError, UsageError
from finops.redaction import protect

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.contract import Session
    from connectors.http import Request

__all__ = ["GoogleAccess", "Tokens"]

_TOKEN_URI = "https://oauth2.googleapis.com/token"  # noqa: S105  (an address)
_METADATA = "http://metadata.google.internal"
_LIFE_S = 3600
_SPARE_S = 300


class GoogleAccess(SourceSettings):
    """How to be let in."""

    service_account_key: Secret | None = Field(
        default=None, description="Key of a service account, JSON: file:PATH."
    )
    access_token: Secret | None = Field(
        default=None, description="A token that somebody made (`gcloud auth print-access-token`)."
    )
    metadata_url: str = Field(
        default=_METADATA, description="Where the machine's own identity is asked for."
    )


class Tokens:
    """Authorizes requests of one session."""

    def __init__(self, session: Session[Any], scope: str) -> None:
        self._session = session
        self._scope = scope
        self._token = ""
        self._until = 0.0

    def __call__(self, _request: Request, /) -> Mapping[str, str]:
        """The header with a token that is still good."""
        if time.monotonic() > self._until:
            self._token, life = self._fresh()
            protect(self._token)
            self._until = time.monotonic() + life - _SPARE_S
        return {"Authorization": f"Bearer {self._token}"}

    def _fresh(self) -> tuple[str, float]:
        said: GoogleAccess = self._session.settings
        if said.access_token is not None:
            return said.access_token.reveal(), _LIFE_S
        if said.service_account_key is not None:
            return self._exchanged(said.service_account_key.reveal())
        path = "/computeMetadata/v1/instance/service-accounts/default/token"
        with self._session.http(said.metadata_url) as api:
            headers = {"Metadata-Flavor": "Google"}
            return self._answer(api.request("GET", path, headers=headers).json())

    def _exchanged(self, key: str) -> tuple[str, float]:
        """A token for an assertion signed with a service account's key."""
        try:
            account = json.loads(key)
            issuer, private = account["client_email"], account["private_key"]
        except (ValueError, KeyError, TypeError) as error:
            raise ConfigError(
                f"{self._session.source}: the service account's key is not the JSON Google makes"
            ) from error
        protect(private)
        where = account.get("token_uri", _TOKEN_URI)
        form = {
            "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
            "assertion": _assertion(issuer, private, where, self._scope),
        }
        base, slash, path = where.partition("://")[2].partition("/")
        with self._session.http(f"{where.partition('://')[0]}://{base}") as api:
            kind = {"Content-Type": "application/x-www-form-urlencoded"}
            answer = api.request("POST", slash + path, headers=kind, body=urlencode(form).encode())
            return self._answer(answer.json())

    def _answer(self, said: object) -> tuple[str, float]:
        if not isinstance(said, dict) or "access_token" not in said:
            raise AccessDenied(f"{self._session.source}: Google gave no token")
        return str(said["access_token"]), float(said.get("expires_in", _LIFE_S))


def _assertion(issuer: str, private: str, audience: str, scope: str) -> str:
    """A signed JSON Web Token; UsageError when the extra is missing, ConfigError for a key that is none."""
    try:
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import padding, rsa
    except ImportError as error:
        raise UsageError(
            "a service account's key needs the extra `gcp`",
            hint="install it: pip install 'finops-terminal[gcp]'",
        ) from error
    now = int(time.time())
    claims = {"iss": issuer, "scope": scope, "aud": audience, "iat": now, "exp": now + _LIFE_S}
    text = ".".join(_packed(part) for part in ({"alg": "RS256", "typ": "JWT"}, claims))
    try:
        key = serialization.load_pem_private_key(private.encode(), password=None)
    except ValueError as error:
        raise ConfigError("the service account's private key cannot be read") from error
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ConfigError("the service account's private key is not an RSA key")
    signature = key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{text}.{_encoded(signature)}"


def _packed(part: Mapping[str, object]) -> str:
    return _encoded(json.dumps(part).encode())


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
