"""Data quality of small ledgers: each check finds what is wrong, with its dollars, and says when nothing is."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from finops.analysis.derived.findings import quality_table
from finops.analysis.quality.answer import quality
from finops.analysis.quality.finding import Check, Finding, ranked
from finops.report.quality import quality_report
from tests.analysis.arithmetic import check_table
from tests.analysis.ledgers import (
    MODEL,
    OCTOBER,
    Row,
    add,
    config,
    cost,
    make_ledger,
    request,
    tokens,
)

if TYPE_CHECKING:
    from pathlib import Path

    from finops.analysis.quality.answer import Quality
    from finops.config import Config
    from finops.ledger.store import Ledger

TODAY = date(2027, 1, 1)


def every_day(first: str, days: int, **given: object) -> list[Row]:
    start = date.fromisoformat(first)
    more = {"ListCost": "10", "InvoiceId": "I-1", "Tags": '{"team": "a"}', **given}
    return [
        cost("10", (start + timedelta(days=number)).isoformat(), None, **more)
        for number in range(days)
    ]


def found_in(ledger: Ledger, settings: Config | None = None) -> Quality:
    """What October lacks; the lines that lead to each number are done again."""
    found = quality(ledger, settings or config(owners={"team_tag": "team"}), OCTOBER, "USD", TODAY)
    check_table(quality_table(found), quality_report(found))
    return found


def wrong(found: Quality) -> dict[tuple[str, str], Decimal | None]:
    return {
        (str(each.check), each.subject): each.at_stake for each in found.findings if not each.is_ok
    }


def test_a_month_in_order_says_what_was_looked_at(tmp_path: Path) -> None:
    rows = [*every_day("2026-09-01", 30), *every_day("2026-10-01", 31)]
    found = found_in(make_ledger(tmp_path, costs=rows))
    assert wrong(found) == {}
    assert found.is_clean
    assert {str(each.check) for each in found.findings} == {str(check) for check in Check}
    assert quality_report(found).extras["clean"] is True


def test_days_without_charges_are_put_at_an_average_day(tmp_path: Path) -> None:
    rows = every_day("2026-10-01", 31)
    del rows[10:12]
    found = found_in(make_ledger(tmp_path, costs=rows))
    assert wrong(found) == {("missing days", "bill (costs)"): Decimal(20)}
    (gap,) = (each for each in found.findings if not each.is_ok)
    assert gap.what == "2026-10: nothing on 2026-10-11, 2026-10-12"


def test_a_source_that_came_the_month_before_is_missed(tmp_path: Path) -> None:
    late = {"x_SourceId": "late", "x_Scope": "late/1"}
    ledger = make_ledger(tmp_path, costs=every_day("2026-09-01", 30, **late))
    add(ledger, "costs", every_day("2026-10-01", 31))
    found = found_in(ledger)
    assert wrong(found) == {("delivery", "late (costs)"): Decimal(300)}
    assert "put at what other months and days cost" in quality_report(found).notes[-1]


def test_charges_on_no_invoice_without_a_team_or_a_list_price(tmp_path: Path) -> None:
    rows = [
        *every_day("2026-10-01", 31),
        cost("7", "2026-10-01", None, ListCost="7", Tags='{"team": "a"}'),
        cost("5", "2026-10-01", None, ListCost="5", InvoiceId="I-1"),
        cost("3", "2026-10-01", None, InvoiceId="I-1", Tags='{"team": "a"}'),
    ]
    assert wrong(found_in(make_ledger(tmp_path, costs=rows))) == {
        ("invoices", "no invoice"): Decimal(7),
        ("owners", "no team"): Decimal(5),
        ("list cost", "usage"): Decimal(3),
    }


def test_tokens_that_are_billed_and_not_logged_and_models_without_a_price(tmp_path: Path) -> None:
    """A million tokens are billed and a quarter of them logged; a model nobody prices is in no bill."""
    rows = [
        *every_day("2026-10-01", 31),
        tokens("2", "uncached_input", 1_000_000, ListCost="2", InvoiceId="I-1", Tags='{"team": "a"}'),
    ]  # fmt: skip
    logged = [
        request("a", request_model=MODEL, uncached_input_tokens=250_000),
        request("b", request_model="nobody-knows", uncached_input_tokens=40),
    ]
    ledger = make_ledger(tmp_path, costs=rows, requests=logged)
    pool = {"name": "metered", "kind": "metered", "where": "x_Model = 'model-a'"}
    found = wrong(found_in(ledger, config(pool, owners={"team_tag": "team"})))
    assert found["allocation", "unlogged"] == Decimal("1.5")
    assert found["prices", "nobody-knows"] is None
    assert found["delivery", "log (requests)"] is None


def test_an_account_that_came_from_two_sources_is_counted_twice(tmp_path: Path) -> None:
    account = {"BillingAccountId": "1"}
    rows = every_day("2026-10-01", 31, **account)
    ledger = make_ledger(tmp_path, costs=rows)
    again = every_day("2026-10-01", 31, **account, x_SourceId="again", x_Scope="fakeai/1")
    add(ledger, "costs", again)
    found = wrong(found_in(ledger))
    assert found == {("stored sums", "billing account 1"): Decimal(310)}


FINDINGS = st.lists(
    st.builds(
        Finding,
        st.sampled_from(Check),
        st.sampled_from(["a", "b"]),
        st.just("what"),
        st.one_of(st.none(), st.decimals(min_value=-100, max_value=100, places=2)),
        st.none(),
        st.booleans(),
    ),
    max_size=10,
)


@given(FINDINGS)
def test_what_most_hangs_on_comes_first(found: list[Finding]) -> None:
    order = ranked(found)
    assert len(order) == len(found)
    shown = [
        (each.is_ok, each.at_stake is None, -abs(each.at_stake or Decimal(0))) for each in order
    ]
    assert shown == sorted(shown)


def test_the_command_and_python_say_the_same(tmp_path: Path) -> None:
    from typer.testing import CliRunner

    from finops.api.session import open_session
    from finops.cli.app import app

    make_ledger(tmp_path, costs=every_day("2026-10-01", 31))
    result = CliRunner().invoke(app, ["quality", "--ledger", str(tmp_path), "-f", "csv"])
    assert result.exit_code == 0, result.stderr
    said = open_session(tmp_path).quality().to("csv").decode()
    assert result.stdout.splitlines() == said.splitlines()
