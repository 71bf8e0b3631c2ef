"""What every source in finops.toml may say, and secrets: named there, resolved late, never shown.

    [sources.aws]
    connector = "aws-exports"
    bucket = "billing"
    secret_access_key = "env:AWS_BILLING_SECRET"

A secret is a reference: `env:NAME`, `file:PATH` or `keyring:SERVICE/USER`. It is looked up when a request
needs it, and from then on `finops.redaction` keeps it out of everything that is written.
"""

from __future__ import annotations

import os
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, WithJsonSchema

from finops.errors import ConfigError, UsageError
from finops.redaction import protect

__all__ = ["Secret", "SecretReference", "SourceSettings"]

_KINDS = ("env", "file", "keyring")


class SecretReference:
    """Where a secret is to be found. Prints as the reference; only `reveal` knows the value."""

    __slots__ = ("kind", "place")

    def __init__(self, reference: str) -> None:
        self.kind, _, self.place = reference.partition(":")

    @classmethod
    def parse(cls, value: object) -> SecretReference:
        """`env:NAME`, `file:PATH` or `keyring:SERVICE/USER`; ValueError that does not repeat the value."""
        if isinstance(value, SecretReference):
            return value
        kind, colon, place = value.partition(":") if isinstance(value, str) else ("", "", "")
        if kind not in _KINDS or not colon or not place:
            raise ValueError(
                "write where the secret is: env:NAME, file:PATH or keyring:SERVICE/USER"
            )
        return cls(f"{kind}:{place}")

    def __str__(self) -> str:
        return f"{self.kind}:{self.place}"

    __repr__ = __str__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SecretReference) and str(self) == str(other)

    def __hash__(self) -> int:
        return hash(str(self))

    def reveal(self) -> str:
        """The secret itself, kept out of everything written from here on; ConfigError when it is not there."""
        readers = {"env": _from_environment, "file": _from_file, "keyring": _from_keyring}
        value = readers[self.kind](self.place).strip()
        if not value:
            raise ConfigError(f"the secret {self} is empty")
        protect(value)
        return value


def _from_environment(name: str) -> str:
    try:
        return os.environ[name]
    except KeyError:
        raise ConfigError(f"the environment has no variable {name}") from None


def _from_file(place: str) -> str:
    try:
        return Path(place).expanduser().read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"the secret file {place} cannot be read: {error}") from error


def _from_keyring(place: str) -> str:
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError as error:
        raise UsageError(
            f"the secret keyring:{place} needs the extra `keyring`",
            hint="install it: pip install 'finops-terminal[keyring]'",
        ) from error
    service, _, user = place.rpartition("/")
    try:
        found = keyring.get_password(service or place, user)
    except KeyringError as error:
        raise ConfigError(f"the keyring would not give {place}: {error}") from error
    if found is None:
        raise ConfigError(f"the keyring has nothing for {place}")
    return str(found)


Secret = Annotated[
    SecretReference,
    BeforeValidator(SecretReference.parse),
    PlainSerializer(str),
    WithJsonSchema({"type": "string", "pattern": "^(env|file|keyring):.+", "format": "secret"}),
]
"""A setting that names where a secret is."""


class SourceSettings(BaseModel):
    """What every source may say; a connector's own settings derive from this."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    since: date | None = Field(
        default=None,
        description="First day to read (UTC) when nothing has been read yet. The default is the connector's.",
    )
    timeout_s: float = Field(
        default=60.0,
        gt=0,
        le=3600,
        description="Seconds without an answer after which a request is given up.",
    )
    attempts: int = Field(
        default=6,
        ge=1,
        le=50,
        description="Times a request is made before the source counts as down.",
    )
    retry_wait_s: float = Field(
        default=0.5,
        ge=0,
        le=60,
        description="Seconds before the second attempt; doubled for each further one.",
    )
    longest_wait_s: float = Field(
        default=120.0,
        ge=0,
        le=3600,
        description="Longest wait a source may ask for (Retry-After); beyond it we give up.",
    )

    @property
    def timeout(self) -> timedelta:
        """`timeout_s` as a duration."""
        return timedelta(seconds=self.timeout_s)
