"""Who may open the interface in a browser."""

from __future__ import annotations

import pytest

from finops.errors import UsageError
from finops.model.address import is_loopback
from tui.web.door import Door, door

TOKEN = "t" * 24
HOME = Door("127.0.0.1", 8123, TOKEN)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "::1", "localhost"])
def test_this_machine_draws_its_own_token(host: str) -> None:
    first, second = (door(host, 1, token=None, understood=False) for _ in range(2))
    assert first.local
    assert len(first.token) >= 40
    assert first.token != second.token


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.4", "finops.example"])  # noqa: S104
@pytest.mark.parametrize(("token", "understood"), [(None, False), (None, True), (TOKEN, False)])
def test_another_address_wants_both_words(host: str, token: str | None, understood: bool) -> None:
    with pytest.raises(UsageError, match="can be reached by others"):
        door(host, 1, token=token, understood=understood)


def test_another_address_with_both_is_served() -> None:
    assert not door("192.168.1.4", 1, token=TOKEN, understood=True).local


def test_a_short_token_is_refused_even_here() -> None:
    with pytest.raises(UsageError, match="shorter than 24"):
        door("127.0.0.1", 1, token="t" * 23, understood=False)


@pytest.mark.parametrize("token", [None, "", "t" * 23, "t" * 25, "T" * 24, "ü"])
def test_only_the_token_opens(token: str | None) -> None:
    assert not HOME.opens(token)
    assert HOME.opens(TOKEN)


@pytest.mark.parametrize(
    ("host", "known"),
    [
        ("127.0.0.1:8123", True),
        ("LOCALHOST:8123", True),
        ("[::1]:8123", True),
        ("127.0.0.1", False),
        ("127.0.0.1:80", False),
        ("rebound.example:8123", False),
        ("", False),
    ],
)
def test_a_rebound_name_is_a_stranger(host: str, known: bool) -> None:
    assert (HOME.stranger(host) is None) is known


def test_a_server_for_all_addresses_knows_no_names() -> None:
    assert Door("0.0.0.0", 8123, TOKEN).stranger("box.example:8123") is None  # noqa: S104
    assert Door("192.168.1.4", 8123, TOKEN).stranger("box.example:8123") is not None


@pytest.mark.parametrize(
    "origin",
    [None, "null", "http://evil.example", "http://127.0.0.1:8124", "https://127.0.0.1:8123"],
)
def test_a_socket_of_another_page_is_foreign(origin: str | None) -> None:
    assert HOME.foreign(origin, "127.0.0.1:8123") is not None
    assert HOME.foreign("http://127.0.0.1:8123", "127.0.0.1:8123") is None


def test_the_address_can_be_opened() -> None:
    assert HOME.address == f"http://127.0.0.1:8123/?token={TOKEN}"
    assert Door("::1", 1, TOKEN).origin == "http://[::1]:1"
    assert Door("0.0.0.0", 1, TOKEN).origin == "http://127.0.0.1:1"  # noqa: S104
    assert HOME.cookie != Door("127.0.0.1", 8124, TOKEN).cookie


def test_a_name_is_not_taken_for_this_machine() -> None:
    assert not is_loopback("localhost.example")
