"""Settings with which sources in object stores are reached: S3 and what speaks it, Google Cloud Storage, Azure Blob.

Without credentials in finops.toml the store's own places are tried: the usual environment variables, and the
machine's identity.
"""

from __future__ import annotations

import configparser
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import Field, field_validator

from connectors.settings import Secret, SourceSettings
from finops.errors import ConfigError
from finops.redaction import protect

if TYPE_CHECKING:
    from connectors.settings import SecretReference

__all__ = ["AzureSettings", "GoogleSettings", "S3Settings", "profile_keys"]


def _address(*schemes: str) -> Any:  # noqa: ANN401  (a pydantic validator)
    def check(value: str) -> str:
        scheme, _, rest = value.partition("://")
        if scheme not in (*schemes, "file") or not rest.strip("/"):
            raise ValueError(
                f"write {schemes[0]}://BUCKET/FOLDER, or file:///FOLDER for a copy of it"
            )
        return value.rstrip("/")

    return field_validator("url")(check)


def _given(**values: object) -> dict[str, Any]:
    """`values` that are set, secrets revealed."""
    return {
        name: value.reveal() if hasattr(value, "reveal") else value
        for name, value in values.items()
        if value is not None
    }


class S3Settings(SourceSettings):
    """An S3 bucket, or one of a service that speaks S3."""

    url: str = Field(
        description="Where the files are: s3://BUCKET/FOLDER, or file:///FOLDER for a copy."
    )
    region: str | None = Field(default=None, description="Region of the bucket.")
    endpoint: str | None = Field(
        default=None, description="Address of a service that speaks S3, when it is not Amazon's."
    )
    profile: str | None = Field(
        default=None, description="Profile of the AWS credentials file to take the keys from."
    )
    access_key_id: Secret | None = Field(default=None, description="Access key.")
    secret_access_key: Secret | None = Field(default=None, description="Its secret.")
    session_token: Secret | None = Field(default=None, description="Token of temporary keys.")

    _check_url = _address("s3")

    def config(self) -> dict[str, Any]:
        """What the store is told."""
        keys = profile_keys(self.profile) if self.profile else {}
        return keys | _given(
            region=self.region,
            endpoint=self.endpoint,
            access_key_id=self.access_key_id,
            secret_access_key=self.secret_access_key,
            session_token=self.session_token,
        )


_PROFILE_KEYS = {
    "aws_access_key_id": "access_key_id",
    "aws_secret_access_key": "secret_access_key",
    "aws_session_token": "session_token",
}


def profile_keys(name: str) -> dict[str, Any]:
    """The keys of a profile of the AWS credentials file; ConfigError when the credentials file has none."""
    where = os.environ.get("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials")
    file = configparser.ConfigParser(interpolation=None)
    try:
        file.read(Path(where).expanduser(), encoding="utf-8")
    except (configparser.Error, UnicodeDecodeError, OSError) as error:
        raise ConfigError(f"{where} cannot be read: {type(error).__name__}") from None
    if not file.has_section(name):
        raise ConfigError(f"{where} has no profile {name!r}")
    keys = {
        ours: file[name][theirs] for theirs, ours in _PROFILE_KEYS.items() if theirs in file[name]
    }
    for value in keys.values():
        protect(value)
    return dict(keys)


class GoogleSettings(SourceSettings):
    """A Google Cloud Storage bucket."""

    url: str = Field(
        description="Where the files are: gs://BUCKET/FOLDER, or file:///FOLDER for a copy."
    )
    service_account_key: Secret | None = Field(
        default=None, description="Key of a service account, JSON: file:PATH."
    )
    endpoint: str | None = Field(
        default=None, description="Address of a service that speaks as Cloud Storage does."
    )

    _check_url = _address("gs")

    def config(self) -> dict[str, Any]:
        """What the store is told."""
        found = _given(service_account_key=self.service_account_key)
        if self.endpoint is not None:
            found |= {"base_url": self.endpoint, "skip_signature": "true"}
        return found


class AzureSettings(SourceSettings):
    """A container of Azure Blob Storage."""

    url: str = Field(
        description="Where the files are: az://CONTAINER/FOLDER, or file:///FOLDER for a copy."
    )
    account: str | None = Field(default=None, description="Storage account.")
    access_key: Secret | None = Field(default=None, description="Key of the account.")
    sas_token: Secret | None = Field(default=None, description="Shared access signature.")
    tenant_id: str | None = Field(default=None, description="Directory of the service principal.")
    client_id: str | None = Field(default=None, description="Service principal.")
    client_secret: Secret | None = Field(default=None, description="Its secret.")
    endpoint: str | None = Field(
        default=None, description="Address of the blob service, when it is not Azure's."
    )

    _check_url = _address("az")

    def config(self) -> dict[str, Any]:
        """What the store is told."""
        if self.sas_token is not None:
            _protect_signature(self.sas_token)
        return _given(
            account_name=self.account,
            account_key=self.access_key,
            sas_key=self.sas_token,
            tenant_id=self.tenant_id,
            client_id=self.client_id,
            client_secret=self.client_secret,
            endpoint=self.endpoint,
        )


def _protect_signature(token: SecretReference) -> None:
    """A shared access signature is sent in pieces: its `sig` alone gives it away."""
    from urllib.parse import parse_qs

    for value in parse_qs(token.reveal().lstrip("?")).get("sig", []):
        protect(value)
