"""`owners check`: every dollar without an owner once, by the identifier whose row would settle it."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from finops.analysis.economics import Question
from finops.analysis.explain import explain
from finops.analysis.owners.check import BILL, REQUESTS, check_owners
from finops.errors import UsageError
from finops.model.period import parse_month
from finops.report.owners import check_report, proposal_report
from tests.analysis.arithmetic import recompute
from tests.analysis.ledgers import (
    ask,
    config,
    cost,
    cost_of,
    costs_by,
    make_ledger,
    request,
    tokens,
)

if TYPE_CHECKING:
    from pathlib import Path

    from finops.analysis.owners.check import OwnersCheck
    from finops.config import Config
    from finops.ledger.store import Ledger

OCTOBER = parse_month("2026-10")

HEAD = "from,to,kind,match,team,product,cost_centre,gl_code\n"


def owners(folder: Path, text: str, **more: Any) -> Config:  # noqa: ANN401  (other sections)
    """Settings with this owners.csv."""
    file = folder / "owners.csv"
    file.write_text(HEAD + text, encoding="utf-8")
    return config(owners={"file": str(file), **more.pop("owners", {})}, **more)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return make_ledger(
        tmp_path / "ledger",
        costs=[
            tokens("2", "uncached_input", 1_000_000, SubAccountId="p1", SubAccountType="Project"),
            tokens("8", "uncached_input", 4_000_000, SubAccountId="p2", SubAccountType="project"),
            cost("30", SubAccountId="acc", ServiceName="Storage", Tags={"team": "data"}),
            cost("5", SubAccountId="acc", ServiceName="Network"),
            cost("1.5", SubAccountId="acc", ServiceName="Storage"),
            cost("-4", SubAccountId="lab-claims", SubAccountName="Claims lab", ServiceName="Compute"),
            cost("7", ServiceName="Network"),
            cost("0.25"),
        ],
        requests=[
            request("r1", uncached_input_tokens=1_000_000, project="p1", api_key_id="k1", team="search"),
            request("r2", uncached_input_tokens=1_000_000, project="p2", api_key_id="k2"),
            request("r3", uncached_input_tokens=2_000_000, project="p2", api_key_id="K2"),
            request("r4", uncached_input_tokens=1_000_000, project="p2"),
        ],
    )  # fmt: skip


def found(check: OwnersCheck, side: str) -> list[tuple[Any, ...]]:
    return [
        (each.kind, each.match, each.cost.normalize(), each.rows)
        for each in check.unowned
        if each.side == side
    ]


def test_each_charge_is_under_the_identifier_that_takes_nothing_from_anybody(
    ledger: Ledger, tmp_path: Path
) -> None:
    settings = owners(tmp_path, ",,tag,team=data,data,,,\n")
    check = check_owners(ledger, settings, OCTOBER)
    assert found(check, BILL) == [
        ("service", "Network", 12, 2),
        ("project", "p2", 8, 1),
        ("project", "p1", 2, 1),
        ("account", "acc", Decimal("1.5"), 1),
        (None, None, Decimal("0.25"), 1),
        ("account", "lab-claims", -4, 1),
    ]
    assert check.spent == {(BILL, "USD"): Decimal("49.75"), (REQUESTS, "USD"): Decimal(10)}
    assert check.left(BILL, "USD") == Decimal("19.75")


def test_requests_without_a_team_by_key(ledger: Ledger, tmp_path: Path) -> None:
    settings = owners(tmp_path, ",,service,x,x,,,\n")
    check = check_owners(ledger, settings, OCTOBER)
    assert sorted(found(check, REQUESTS), key=str) == [
        ("api_key", "K2", 4, 1),
        ("api_key", "k2", 2, 1),
        ("project", "p2", 2, 1),
    ]
    assert check.left(REQUESTS, "USD") == 8
    mapped = owners(tmp_path, ",,api_key,k2,claims,,,\n,,project,p2,platform,,,\n")
    assert found(check_owners(ledger, mapped, OCTOBER), REQUESTS) == []
    assert costs_by(ask(ledger, mapped, "team")) == {"search": 2, "claims": 6, "platform": 2}


def test_guesses_come_from_the_log_and_from_names(ledger: Ledger, tmp_path: Path) -> None:
    settings = owners(tmp_path, ",,service,x,claims,Claims,CC-1,\n,,service,y,claims,,CC-1,77\n")
    check = check_owners(ledger, settings, OCTOBER)
    guesses = {each.match: (each.guess.owner, each.guess.why) for each in check.unowned}
    assert guesses["p1"][0].team == "search"
    assert guesses["p1"][1] == "100% of its 1 logged requests"
    assert tuple(guesses["lab-claims"][0]) == ("claims", "Claims", "CC-1", "77")
    assert guesses["lab-claims"][1] == "its name"
    assert guesses["p2"] == ((None, None, None, None), None)


def test_proposals_can_be_pasted_and_settle_it(ledger: Ledger, tmp_path: Path) -> None:
    settings = owners(tmp_path, ",,tag,team=data,data,,,\n")
    report = proposal_report(check_owners(ledger, settings, OCTOBER), period=OCTOBER)
    assert report.notes == ("5 of 6 rows wait for a team: fill it in.",)
    lines = [
        ",".join(str(row[column.name] or "") for column in report.columns) for row in report.rows
    ]
    assert lines[0] == ",,service,Network,,,,"
    assert lines[2] == ",,api_key,K2,,,,"
    filled = "".join(line.replace(",,,,", ",filled,,,") + "\n" for line in lines)
    settled = owners(tmp_path, ",,tag,team=data,data,,,\n" + filled)
    left = check_owners(ledger, settled, OCTOBER)
    assert [(each.kind, each.cost) for each in left.unowned] == [(None, Decimal("0.25"))]


def test_without_a_file_everything_is_unowned_and_a_tag_may_name_the_team(
    ledger: Ledger, tmp_path: Path
) -> None:
    check = check_owners(ledger, config(), OCTOBER)
    assert check.left(BILL, "USD") == Decimal("49.75")
    tagged = check_owners(ledger, config(owners={"team_tag": "team"}), OCTOBER)
    assert tagged.left(BILL, "USD") == Decimal("19.75")
    assert [(each.key, each.tagged, each.usage) for each in tagged.coverage] == [
        ("team", Decimal(30), Decimal("49.75"))
    ]
    with pytest.raises(UsageError, match="nothing says which product a request is of"):
        ask(ledger, config(), "product")


def test_owners_change_from_one_day_to_the_next_in_unit_costs(tmp_path: Path) -> None:
    ledger = make_ledger(
        tmp_path / "ledger",
        requests=[
            request(
                f"r{day}",
                f"2026-10-{day:02d}T12:00:00",
                uncached_input_tokens=1_000_000,
                project="p",
            )
            for day in range(1, 11)
        ],
    )
    settings = owners(
        tmp_path, ",2026-10-08,project,p,old,Old,,\n2026-10-08,2026-10-10,project,p,new,,,\n"
    )
    assert costs_by(ask(ledger, settings, "team")) == {"old": 14, "new": 4, None: 2}
    assert costs_by(ask(ledger, settings, "product")) == {"Old": 14, None: 6}
    for use_rollups in (True, False):
        filtered = ask(ledger, settings, where="team = 'new'", use_rollups=use_rollups)
        assert cost_of(filtered.total) == 4
        by_day = ask(ledger, settings, "day", where="product = 'Old'", use_rollups=use_rollups)
        assert len(by_day.groups) == 7


def test_a_tag_of_requests_is_an_attribute(tmp_path: Path) -> None:
    ledger = make_ledger(
        tmp_path / "ledger",
        requests=[
            request("r1", uncached_input_tokens=1_000_000, attributes={"app": "chat"}),
            request("r2", uncached_input_tokens=1_000_000, attributes={"app": "mail"}),
            request("r3", uncached_input_tokens=1_000_000),
        ],
    )
    settings = owners(tmp_path, ",,tag,app=chat,chat,Chat,,\n")
    assert costs_by(ask(ledger, settings, "team", "product")) == {
        ("chat", "Chat"): 2,
        (None, None): 4,
    }


def test_the_report_says_how_much_of_what(ledger: Ledger, tmp_path: Path) -> None:
    settings = owners(tmp_path, ",,tag,team=data,data,,,\n")
    check = check_owners(ledger, settings, OCTOBER)
    report = check_report(check, period=OCTOBER, limit=1)
    assert report.rows[0]["share"] == pytest.approx(12 / 49.75)
    assert report.notes[0] == "8 more rows are not shown."
    assert report.notes[1] == "19.75 of 49.75 USD (39.7%) of what was charged has no team."
    assert report.notes[2] == "8.00 of 10.00 USD (80.0%) of the cost of requests has no team."
    assert report.notes[3] == "Tags by the usage that carries them: team 60.3%."


def test_what_has_an_owner_is_derived_by_the_rule_that_gave_it(
    ledger: Ledger, tmp_path: Path
) -> None:
    """Four charges by a tag and three lines of owners.csv; with what has none they are the whole bill of 49.75."""
    text = ",,project,p1,search,,,\n,,tag,team=data,data-platform,,,\n,,service,network,infra,,,\n"
    setup = owners(tmp_path, text, owners={"team_tag": "squad"})
    bill = explain(ledger, setup, Question(OCTOBER, where="side = 'bill'"), "owners.mapped")
    assert [(line.step, line.quantity, line.amount, line.source) for line in bill.lines] == [
        (
            "mapped: owners.csv line 3: tag team=data, to data-platform",
            Decimal(1),
            Decimal(30),
            "Storage of acc, bill",
        ),
        (
            "mapped: owners.csv line 4: service network, to infra",
            Decimal(1),
            Decimal(7),
            "Network, bill",
        ),
        (
            "mapped: owners.csv line 4: service network, to infra",
            Decimal(1),
            Decimal(5),
            "Network of acc, bill",
        ),
        (
            "mapped: owners.csv line 2: project p1, to search",
            Decimal(1),
            Decimal(2),
            "no service of p1, bill",
        ),
        ("mapped", None, Decimal(44), "sum of the lines that begin with mapped"),
    ]
    assert (bill.value, bill.currency) == (44, "USD")
    assert recompute(bill.lines) == 1
    check = check_owners(ledger, setup, OCTOBER)
    assert 44 + check.left(BILL, "USD") == check.spent[BILL, "USD"] == Decimal("49.75")
    network = Question(OCTOBER, where="rule like '%network%'")
    assert explain(ledger, setup, network, "owners.mapped").value == 12
    calls = explain(ledger, setup, Question(OCTOBER, where="side = 'requests'"), "owners.mapped")
    assert [(line.step, line.amount, line.source) for line in calls.lines[:-1]] == [
        (
            "mapped: its own team, else owners.csv, to search",
            Decimal(2),
            "api_key k1, project p1",
        )
    ]
    assert calls.value == 2
    both = explain(ledger, setup, Question(OCTOBER), "owners.mapped")
    assert both.value is None
    assert "not added" in both.lines[-1].source
    tagged = owners(tmp_path, "", owners={"team_tag": "team"})
    asked = Question(OCTOBER, where="side = 'bill'")
    (line, whole) = explain(ledger, tagged, asked, "owners.mapped").lines
    assert (line.step, line.amount) == ("mapped: its tag team, to data", Decimal(30))
    assert whole.amount == 30
