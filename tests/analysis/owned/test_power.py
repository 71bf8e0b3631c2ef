"""Electricity: measured energy first, activity where that is all there is, idle power for the rest."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest

from finops.analysis.owned.energy import Energy, energy_by_day, install_energy
from finops.analysis.owned.power import Hours, hours_of, power_charges
from finops.ledger.store import Ledger
from finops.model.money import total
from finops.model.period import Period
from finops.model.tables import TABLES
from finops.sections.owned import Owned
from tests.analysis.ledgers import Row, add, at

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

DAY = Period(date(2026, 10, 5), date(2026, 10, 6))
TARIFF = {"price_per_kwh": "0.10", "pue": "1.5"}
RANGE = {**TARIFF, "idle_kw": "2.4", "max_kw": "7.2"}


def thing(power: dict[str, Any] = RANGE, **given: object) -> Owned:
    """Two devices in one node."""
    base = {
        "name": "colo",
        "pool": "colo",
        "cluster": "colo",
        "devices_per_node": 2,
        "purchase_price": "1",
        "life_months": 1,
        "in_service": date(2026, 1, 1),
    }
    return Owned.model_validate({**base, "power": power, **given})


def sample(device: str, when: str, **given: object) -> Row:
    """An hour of a device that tells nothing but what is given."""
    moment = at(when)
    row = {
        "timestamp": moment,
        "interval_s": 3600,
        "cluster": "colo",
        "node": "colo-01",
        "device_uuid": device,
        "source_id": "log",
        "day": moment.date(),
        **given,
    }
    return {name: row.get(name) for name in TABLES["gpu_samples"].names}


def hours(device: str, count: int = 24, **given: object) -> list[Row]:
    """The first `count` hours of 5 October."""
    return [sample(device, f"2026-10-05T{hour:02d}:00:00", **given) for hour in range(count)]


def measured(tmp_path: Path, owned: Owned, rows: Iterable[Row]) -> dict[date, Energy]:
    ledger = Ledger.open(str(tmp_path / "ledger"), create=True)
    add(ledger, "gpu_samples", rows)
    con = ledger.connect([])
    try:
        install_energy(con, ledger, DAY)
        return energy_by_day(con, owned, DAY)
    finally:
        con.close()


def cost(owned: Owned, energy: dict[date, Energy], window: Period = DAY) -> Decimal:
    return total(each.amount for each in power_charges(owned, window, energy)).normalize()


def known(measured_: int, told: int, idle: int, unknown: int) -> Hours:
    return Hours(*(Fraction(hours_) for hours_ in (measured_, told, idle, unknown)))


def test_without_samples_it_is_idle_power() -> None:
    (charge,) = power_charges(thing(), DAY, {})
    assert (charge.quantity, charge.amount) == (Decimal("86.4"), Decimal("8.64"))
    assert hours_of(thing(), DAY, {}) == known(0, 0, 48, 0)


def test_hardware_without_accelerators_has_power_too() -> None:
    assert cost(thing(devices_per_node=0, cluster=None), {}) == Decimal("8.64")
    assert hours_of(thing(devices_per_node=0), DAY, {}).idle == 24


def test_measured_energy_is_what_is_paid(tmp_path: Path) -> None:
    counted = hours("a", energy_j=3_600_000, power_w=5000.0)
    rows = [*counted, *hours("b", power_w=1000.0, gpu_util=0.9)]
    energy = measured(tmp_path, thing(), rows)
    assert energy == {date(2026, 10, 5): Energy(172_800_000_000, 172_800_000, 0, 0)}
    assert cost(thing(), energy) == Decimal("7.2")
    assert cost(thing({**TARIFF, "host_kw": "1"}), energy) == Decimal("10.8")
    assert hours_of(thing(), DAY, energy) == known(48, 0, 0, 0)


def test_activity_places_power_between_idle_and_full_load(tmp_path: Path) -> None:
    rows = [*hours("a", gr_engine_active=0.5, gpu_util=0.9), *hours("b", gpu_util=1.0)]
    energy = measured(tmp_path, thing(), rows)
    assert cost(thing(), energy) == Decimal("21.6")
    assert cost(thing({**TARIFF, "idle_kw": "2.4"}), energy) == Decimal("8.64")
    assert hours_of(thing(), DAY, energy) == known(0, 48, 0, 0)


def test_what_nothing_tells_is_left_out_and_counted(tmp_path: Path) -> None:
    energy = measured(tmp_path, thing(), hours("a", count=6, energy_j=3_600_000))
    assert cost(thing(TARIFF), energy) == Decimal("0.9")
    assert hours_of(thing(TARIFF), DAY, energy) == known(6, 0, 0, 42)
    assert cost(thing(), energy) == Decimal("0.9") + Decimal("7.56")
    assert hours_of(thing(), DAY, energy) == known(6, 0, 42, 0)
    assert list(power_charges(thing(TARIFF), DAY, {})) == []


def test_a_device_counts_once_however_many_rows_tell_of_it(tmp_path: Path) -> None:
    slices = [
        sample("a", "2026-10-05T00:00:00", energy_j=3_600_000, mig_profile=f"{n}/1g.10gb")
        for n in range(7)
    ]
    copy = sample("a", "2026-10-05T00:00:00", energy_j=3_600_000, source_id="other")
    energy = measured(tmp_path, thing(), [*slices, copy])
    assert energy[DAY.start] == Energy(3_600_000_000, 3_600_000, 0, 0)


def test_an_interval_ends_where_the_next_one_begins(tmp_path: Path) -> None:
    rows = [
        sample("a", "2026-10-05T00:00:00", energy_j=3_600_000),
        sample("a", "2026-10-05T00:30:00", energy_j=3_600_000),
    ]
    energy = measured(tmp_path, thing(), rows)
    assert energy[DAY.start] == Energy(5_400_000_000, 5_400_000, 0, 0)


def test_large_sums_keep_every_millijoule(tmp_path: Path) -> None:
    """More than a double can count to."""
    each = {"a": 2.0**43, "b": 2.0**43, "c": 0.001}
    rows = [sample(name, "2026-10-05T00:00:00", energy_j=joules) for name, joules in each.items()]
    assert measured(tmp_path, thing(), rows)[DAY.start].measured_mj == 2**44 * 1000 + 1


def test_the_next_day_cuts_the_last_interval_and_later_samples_count(tmp_path: Path) -> None:
    """Sums are kept by day: a sample of the day itself, or of the next, makes them again."""
    late = sample("a", "2026-10-05T23:30:00", energy_j=3_600_000)
    assert measured(tmp_path, thing(), [late])[DAY.start].measured_ms == 3_600_000
    following = sample("a", "2026-10-06T00:00:00", energy_j=3_600_000)
    assert measured(tmp_path, thing(), [following])[DAY.start].measured_ms == 1_800_000
    early = sample("a", "2026-10-05T01:00:00", energy_j=3_600_000)
    assert measured(tmp_path, thing(), [early])[DAY.start].measured_ms == 5_400_000


def test_only_its_own_nodes_in_the_window_count(tmp_path: Path) -> None:
    rows = [
        sample("a", "2026-10-05T00:00:00", energy_j=1),
        sample("b", "2026-10-05T00:00:00", energy_j=2, node="colo-02"),
        sample("c", "2026-10-05T00:00:00", energy_j=4, cluster="lab"),
        sample("a", "2026-10-06T00:00:00", energy_j=8),
    ]
    assert measured(tmp_path, thing(node_names=["colo-02"]), rows)[DAY.start].measured_mj == 2000
    assert measured(tmp_path, thing(nodes=2), [])[DAY.start].measured_mj == 3000
    named = thing(cluster=None, node_names=["colo-01"])
    assert measured(tmp_path, named, [])[DAY.start].measured_mj == 5000
    assert measured(tmp_path, thing(cluster=None), []) == {}


@pytest.mark.parametrize(
    ("given", "days"), [({"retired": date(2026, 10, 8)}, 3), ({"in_service": date(2026, 10, 9)}, 1)]
)
def test_power_is_paid_while_in_service(given: dict[str, Any], days: int) -> None:
    window = Period(date(2026, 10, 5), date(2026, 10, 10))
    assert cost(thing(**given), {}, window) == Decimal("8.64") * days


def test_days_add_up_to_the_energy_times_the_tariff() -> None:
    """Each day is cut at the 24th place: what a month loses is less than that a day."""
    owned = thing({"price_per_kwh": "0.118", "pue": "1.32", "idle_kw": "1"}, devices_per_node=7)
    first = date(2026, 10, 1)
    energy = {
        first + timedelta(days=n): Energy(1_234_567_891 * n, 3_600_000 * n, 0, 0) for n in range(31)
    }
    month = Period(first, date(2026, 11, 1))
    kwh = Fraction(1_234_567_891 * 465, 3_600_000_000)
    kwh += Fraction(7 * 24 * 31 - 465, 7)
    exact = kwh * Fraction("0.118") * Fraction("1.32")
    assert 0 <= exact - Fraction(cost(owned, energy, month)) < Fraction(31, 10**24)
