"""Where a server listens, and who can reach it there."""

from __future__ import annotations

import ipaddress
from typing import NamedTuple

from finops.errors import UsageError

__all__ = ["Address", "is_loopback", "parse_address"]

_LARGEST_PORT = 65_535


class Address(NamedTuple):
    """A host, without brackets, and a port; 0 is any free one."""

    host: str
    port: int

    @property
    def local(self) -> bool:
        """Whether only this machine can reach it."""
        return is_loopback(self.host)


def parse_address(text: str, option: str, example: str) -> Address:
    """`127.0.0.1:4318` or `[::1]:4318`; UsageError that names `option` and shows `example`."""
    host, colon, port = text.rpartition(":")
    if not colon or not port.isdigit() or int(port) > _LARGEST_PORT:
        raise UsageError(f"{option} {text!r} is no address", hint=f"{option} {example}")
    return Address(host.strip("[]") or "127.0.0.1", int(port))


def is_loopback(host: str) -> bool:
    """Whether a host is this machine's own; a name other than localhost is not taken for one."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
