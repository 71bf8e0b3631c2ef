"""AWS Signature Version 4 for JSON requests: what lets us in where there is no object store in between.

Nothing of the secret leaves this module but the signature. The clock is this machine's: AWS refuses one that is
more than a quarter of an hour wrong, and says so.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote, urlsplit

from pydantic import Field

from connectors.buckets import profile_keys
from connectors.settings import Secret, SourceSettings
from finops.errors import ConfigError
from finops.redaction import protect

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.http import Request

__all__ = ["AwsAccess", "Keys", "signed"]


class Keys(NamedTuple):
    """An access key; prints without its secret."""

    access_key_id: str
    secret_access_key: str
    session_token: str | None = None

    def __repr__(self) -> str:
        """The identity alone."""
        return f"Keys({self.access_key_id})"


class AwsAccess(SourceSettings):
    """How to be let in by an AWS interface."""

    region: str = Field(default="us-east-1", description="Region of the interface.")
    endpoint: str | None = Field(default=None, description="Its address, when it is not Amazon's.")
    profile: str | None = Field(
        default=None, description="Profile of the AWS credentials file to take the keys from."
    )
    access_key_id: Secret | None = Field(default=None, description="Access key.")
    secret_access_key: Secret | None = Field(default=None, description="Its secret.")
    session_token: Secret | None = Field(default=None, description="Token of temporary keys.")

    def keys(self) -> Keys:
        """The keys of finops.toml, of the profile, or of the environment; ConfigError for none."""
        if self.access_key_id is not None and self.secret_access_key is not None:
            token = self.session_token.reveal() if self.session_token else None
            return Keys(self.access_key_id.reveal(), self.secret_access_key.reveal(), token)
        if self.profile is not None:
            found = profile_keys(self.profile)
        else:
            found = {name: os.environ.get(f"AWS_{name.upper()}", "") for name in Keys._fields}
        if not found.get("access_key_id") or not found.get("secret_access_key"):
            raise ConfigError(
                "there are no AWS keys",
                hint="set access_key_id and secret_access_key, a profile, or AWS_ACCESS_KEY_ID and its secret",
            )
        for value in found.values():
            protect(value)
        return Keys(
            found["access_key_id"], found["secret_access_key"], found.get("session_token") or None
        )


def signed(
    request: Request, keys: Keys, service: str, region: str, now: datetime | None = None
) -> Mapping[str, str]:
    """The headers that sign `request`: AWS's four-step recipe (Signature Version 4)."""
    moment = f"{now or datetime.now(tz=UTC):%Y%m%dT%H%M%SZ}"
    day, url = moment[:8], urlsplit(request.url)
    body = hashlib.sha256(request.body).hexdigest()
    added = {"x-amz-date": moment}
    if keys.session_token:
        added["x-amz-security-token"] = keys.session_token
    kept = {name.lower(): value.strip() for name, value in request.headers.items()}
    headers = {"host": url.netloc, **kept, **added}
    names = ";".join(sorted(headers))
    canonical = "\n".join(
        [
            request.method,
            quote(url.path or "/"),
            "&".join(sorted(url.query.split("&"))) if url.query else "",
            *(f"{name}:{headers[name]}" for name in sorted(headers)),
            "",
            names,
            body,
        ]
    )
    scope = f"{day}/{region}/{service}/aws4_request"
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    key = f"AWS4{keys.secret_access_key}".encode()
    for part in (day, region, service, "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    text = f"AWS4-HMAC-SHA256\n{moment}\n{scope}\n{digest}"
    signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    added["Authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={keys.access_key_id}/{scope}, SignedHeaders={names},"
        f" Signature={signature}"
    )
    return added
