"""The review of small months with known answers: what it says, as of a day, from closed books, and what changed."""

from __future__ import annotations

import hashlib
import json
import shutil
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

import finops
from finops.analysis.closing import Decision, close_month
from finops.analysis.completeness import completeness
from finops.analysis.in_force import keep_settings
from finops.config import Config
from finops.errors import LedgerError, UsageError
from finops.ledger.store import Ledger
from finops.report.document.support import unsupported
from scorecard import FOLDER
from scorecard.answers import Answers, Subject
from scorecard.history import Record, append, history_file
from scorecard.scoring import score
from tests.analysis.ledgers import (
    OCTOBER,
    add,
    at,
    cost,
    make_ledger,
    request,
    tokens,
)
from tests.report.agreement import schema_errors
from tests.scorecard.worlds import CATALOG, everything

if TYPE_CHECKING:
    from pathlib import Path

    from finops.api.review import Review
    from finops.api.session import Session
    from finops.report.model import Row

SEPTEMBER_BILL = (cost("60", "2026-09-10", InvoiceId="S-1", ServiceName="Storage"),)
BILL = (
    tokens("40", "input", 20_000_000, InvoiceId="O-1", ServiceName="Models"),
    cost("60", "2026-10-10", InvoiceId="O-1", ServiceName="Storage"),
    cost("-1.5", "2026-10-11", InvoiceId="O-2", ServiceName="Storage", ChargeCategory="Credit"),
)
REISSUED = (*BILL[:1], cost("50", "2026-10-10", InvoiceId="O-1", ServiceName="Storage"), BILL[2])
LOG = (
    request("a", uncached_input_tokens=5_000_000, workflow="chat"),
    request("b", uncached_input_tokens=15_000_000, workflow="search"),
)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Ledger:
    """September 60; October 98.50 on two invoices, 40 of it for tokens; loaded on 3 November."""
    folder = tmp_path_factory.mktemp("kept") / "ledger"
    made = make_ledger(folder, costs=(*SEPTEMBER_BILL, *BILL), requests=LOG)
    backdate(made, "2026-11-03")
    return made


@pytest.fixture(scope="module")
def october(kept: Ledger) -> Review:
    """The review of October of the ledger nobody writes to."""
    return asking(kept).review("2026-10")


@pytest.fixture
def ledger(kept: Ledger, tmp_path: Path) -> Ledger:
    """A copy of it to write to."""
    shutil.copytree(
        kept.location.root, tmp_path / "ledger", ignore=shutil.ignore_patterns("_settings")
    )
    return Ledger.open(str(tmp_path / "ledger"))


def backdate(ledger: Ledger, day: str) -> None:
    """Every commit not dated yet, made on `day`: in the log's own words, the milliseconds of its commitInfo."""
    moment = int(at(f"{day}T12:00:00").timestamp() * 1000)
    for log in ledger.location.root.glob("*/_delta_log/*.json"):
        lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
        for line in lines:
            info = line.get("commitInfo")
            if info is not None and info["timestamp"] > at("2026-11-20").timestamp() * 1000:
                info["timestamp"] = moment
        log.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")


def asking(ledger: Ledger) -> Session:
    return finops.open(ledger.location.url)


def close(ledger: Ledger) -> None:
    settings = Config()
    decision = Decision("tester", datetime(2026, 11, 12, tzinfo=UTC), "in a test")
    found = completeness(ledger, settings, OCTOBER, decision.at.date())
    close_month(ledger, settings, found, decision)


def figure(review: Review, section: str, name: str) -> tuple[object, object]:
    """A figure, and what it was last month."""
    (found,) = [each for each in review.section(section).figures if each.name == name]
    return found.value, found.against[0].value if found.against else None


def rows(review: Review, section: str, table: str) -> dict[object, Row]:
    """A table's rows by their first column."""
    (found,) = [each.report for each in review.section(section).tables if each.name == table]
    return {row[found.columns[0].name]: row for row in found.rows}


def test_page_one_says_what_the_month_cost_and_adds_up(october: Review) -> None:
    assert figure(october, "headline", "billed_cost") == (Decimal("98.5"), Decimal(60))
    assert figure(october, "headline", "effective_cost") == (Decimal("98.5"), Decimal(60))
    assert figure(october, "headline", "cost_per_million_tokens") == (Decimal(2), None)
    assert figure(october, "headline", "cost_per_1k_requests") == (Decimal(20_000), None)
    where = rows(october, "headline", "where_it_went")
    costs = {name: row["cost"] for name, row in where.items()}
    assert costs == {"On requests": 40, "Not AI": 60, "Credits": Decimal("-1.5")}
    trend = rows(october, "headline", "by_month")
    assert [(month, row["total"]) for month, row in trend.items()] == [
        ("2026-09", 60),
        ("2026-10", Decimal("98.5")),
    ]
    assert october.sentences[0] == (
        "Effective cost was 98.50 USD, 38.50 USD (64.2%) more than in 2026-09."
    )


def test_every_invoice_is_accounted_for(october: Review) -> None:
    found = rows(october, "tie_out", "invoices")
    assert {name: (row["EffectiveCost"], row["difference"]) for name, row in found.items()} == {
        "O-1": (100, 0),
        "O-2": (Decimal("-1.5"), 0),
    }
    assert october.section("tie_out").sentences[0].text == (
        "Each of the 2 invoices is accounted for to the last digit: its parts add up to its effective cost."
    )


def test_what_the_data_lack_is_ranked_by_dollars_with_what_settles_it(october: Review) -> None:
    (found,) = [each for each in october.section("tie_out").tables if each.name == "findings"]
    assert found.command == "finops quality --month 2026-10"
    assert [
        (row["check"], row["subject"], row["at_stake"], row["fix"])
        for row in found.report.rows
        if row["status"] == "look"
    ] == [
        ("list cost", "usage", 100, "load an export with list costs"),
        ("owners", "no team", Decimal("98.5"), "finops owners check --propose"),
        ("prices", "model-a", 40, "add [[prices]] to finops.toml"),
        ("delivery", "log (requests)", None, "finops load"),
    ]
    assert [row["check"] for row in found.report.rows if row["status"] == "ok"] == [
        "missing days", "stored sums", "invoices", "allocation",
    ]  # fmt: skip
    assert [each.text for each in october.section("tie_out").sentences[1:]] == [
        "list cost (usage): 100.00 USD at stake; what settles it: load an export with list costs.",
        "owners (no team): 98.50 USD at stake; what settles it: finops owners check --propose.",
        "prices (model-a): 40.00 USD at stake; what settles it: add [[prices]] to finops.toml.",
    ]
    assert found.report.notes == ("At stake n/a: nobody can say what hangs on it.",)


def test_of_a_close_whose_ledger_is_gone_only_its_books_are_checked(ledger: Ledger) -> None:
    close(ledger)
    add(ledger, "costs", REISSUED)
    table = ledger.delta("costs")
    assert table is not None
    table.vacuum(retention_hours=0, enforce_retention_duration=False, dry_run=False)
    review = asking(ledger).review("2026-10")
    (found,) = [each.report for each in review.section("tie_out").tables if each.name == "findings"]
    amounts = {row["check"]: row["at_stake"] for row in found.rows}
    assert amounts == {
        "list cost": 100, "owners": Decimal("98.5"), "prices": 40, "invoices": 0, "allocation": 0,
    }  # fmt: skip
    assert found.notes == (
        "What was loaded is not checked: the ledger as it was at the close is gone.",
    )


def test_the_newest_score_about_the_month_is_told_with_its_trend(ledger: Ledger) -> None:
    """Documents are there on 1 November and not the day before; what is about December is not of this month."""
    file = history_file(ledger.location.root / FOLDER, Subject())
    said, measured = everything()
    bare = said._replace(answers=tuple(each._replace(documents=()) for each in said.answers))
    scores = (("10-31", (bare, measured)), ("11-01", (said, measured)), ("12-01", (Answers(),)))
    for day, known in scores:
        moment = at(f"2026-{day}T12:00:00")
        append(file, Record(moment, score(CATALOG, *known, as_of=moment.date())))
    review = asking(ledger).review("2026-10")
    assert figure(review, "scorecard", "verified") == (16, 0)
    assert figure(review, "scorecard", "claimed") == (16, 16)
    assert figure(review, "scorecard", "most") == (16, None)
    assert [
        (row["as_of"], row["verified"], row["claimed"])
        for row in rows(review, "scorecard", "history").values()
    ] == [("2026-10-31", 0, 16), ("2026-11-01", 16, 16)]
    categories = rows(review, "scorecard", "categories").values()
    assert all(row["verified"] == row["claimed"] for row in categories)
    assert review.section("scorecard").sentences[0].text == (
        "16 of 16 points are verified, 16 are claimed."
    )
    assert unsupported(review.document) == ()
    assert "Scorecard" not in {each.title for each in review.document.omitted}
    early = asking(ledger).review("2026-10", as_of="2026-11-03")
    assert figure(early, "scorecard", "verified") == (16, 0)


def test_a_waterfall_ends_where_the_month_does(october: Review) -> None:
    steps = rows(october, "changed", "waterfall")
    amounts = {name: row["amount"] for name, row in steps.items()}
    assert (amounts["2026-09"], amounts["2026-10"]) == (60, Decimal("98.5"))
    effects = [amount for name, amount in amounts.items() if name not in {"2026-09", "2026-10"}]
    assert sum(effects) == Decimal("38.5")  # type: ignore[arg-type]  # every cell of it is an amount


def test_what_does_not_exist_is_left_out_and_said(october: Review) -> None:
    document = october.document
    names = [section.name for section in document.sections]
    assert "scorecard" not in names
    assert "commitments" not in names
    omitted = {each.title: each.why for each in document.omitted}
    assert "finops scorecard run --as-of 2026-11-01" in omitted["Scorecard"]
    assert "finops owners check" in omitted["Allocation"]
    assert omitted["Projections worth a decision"] == (
        "nothing to save was found in the month. "
        "Own or rent: no demand of a GPU pool is measured; finops load gpu, then finops breakeven. "
        "A small model first: no confidence is logged and no [[route]] names a pair; load requests with one, "
        "then finops route."
    )


def test_the_first_month_has_nothing_to_be_held_against(kept: Ledger) -> None:
    review = asking(kept).review("2026-09")
    assert figure(review, "headline", "effective_cost") == (Decimal(60), None)
    assert review.sentences[0] == (
        "Effective cost was 60.00 USD; the month before is not in the ledger."
    )
    assert "changed" not in [section.name for section in review.document.sections]
    assert unsupported(review.document) == ()


def test_no_sentence_makes_up_a_number(october: Review) -> None:
    assert unsupported(october.document) == ()


def test_two_reviews_are_the_same_bytes(kept: Ledger, october: Review) -> None:
    again = asking(kept).review("2026-10")
    for kind in ("html", "xlsx", "md", "json", "zip", "text"):
        assert again.to(kind) == october.to(kind)


def test_it_says_what_it_was_made_from(october: Review) -> None:
    facts = {each.name: each.value for each in october.document.facts}
    assert facts["ledger_versions"] == "costs 1, requests 1, loads 2"
    assert facts["state"] == "open: its numbers can still change"
    assert facts["config_sha256"].startswith("sha256:")
    assert facts["price_book"].startswith("genai-prices ")


def test_as_of_a_day_it_says_what_was_known_then(ledger: Ledger, october: Review) -> None:
    session = asking(ledger)
    add(ledger, "costs", REISSUED)
    backdate(ledger, "2026-11-10")
    now = session.review("2026-10")
    assert figure(now, "headline", "effective_cost")[0] == Decimal("88.5")
    for day in ("2026-11-03", "2026-11-09"):
        early = session.review("2026-10", as_of=day)
        assert figure(early, "headline", "effective_cost")[0] == Decimal("98.5")
        assert (
            json.loads(early.to("json"))["sections"] == json.loads(october.to("json"))["sections"]
        )
    late = session.review("2026-10", as_of="2026-11-10")
    assert late.digest == now.digest
    with pytest.raises(UsageError, match="nothing of 2026-10 as of 2026-11-02"):
        session.review("2026-10", as_of="2026-11-02")
    with pytest.raises(UsageError, match="not a date"):
        session.review("2026-10", as_of="yesterday")


def test_as_of_a_day_it_says_what_is_of_today_all_the_same(ledger: Ledger, tmp_path: Path) -> None:
    (tmp_path / "owners.csv").write_text(
        "from,to,kind,match,team,product,cost_centre,gl_code\n,,service,Storage,ops,,,\n"
    )
    (tmp_path / "finops.toml").write_text(
        "[[breakeven]]\npool = 'gpus'\nscenario = 'own.yaml'\n", encoding="utf-8"
    )
    session = finops.open(ledger.location.url, config=tmp_path / "finops.toml")

    def told(**asked: str) -> dict[str, str]:
        found = session.review("2026-10", **asked).document.facts
        return {each.name: each.value for each in found}

    today = (
        "finops.toml; owners.csv (its rows say from when to when they hold); scenario of gpus; "
        "list prices of tokens (dated: those of the day of use)"
    )
    known = told(as_of="2026-11-05")
    assert known["not_as_of"] == today
    digest = hashlib.sha256((tmp_path / "owners.csv").read_bytes()).hexdigest()
    assert known["files"] == f"owners.csv sha256:{digest}, scenario of gpus cannot be read"
    keep_settings(ledger, session.config, now=at("2026-11-08T06:00:00"))
    assert told(as_of="2026-11-07")["not_as_of"] == (
        f"{today}. They are kept since 2026-11-08: that is the first day --as-of can show with its own"
    )
    own = told(as_of="2026-11-08")
    assert "not_as_of" not in own
    assert own["settings_of"] == "as they were on 2026-11-08; kept on 2026-11-08 06:00 UTC"
    assert (own["files"], own["config_sha256"]) == (known["files"], known["config_sha256"])
    assert "not_as_of" not in told()
    close(ledger)
    assert "not_as_of" not in told(as_of="2026-11-12")


def test_the_difference_tells_settings_from_data(ledger: Ledger, tmp_path: Path) -> None:
    """On the 5th Storage is ops' and Models are ml's; later Storage costs 10 less, and ops has Models, too."""
    owners, settings = tmp_path / "owners.csv", tmp_path / "finops.toml"
    header = "from,to,kind,match,team,product,cost_centre,gl_code\n,,service,Storage,ops,,,\n"
    settings.touch()
    owners.write_text(f"{header},,service,Models,ml,,,\n", encoding="utf-8")
    session = finops.open(ledger.location.url, config=settings)
    keep_settings(ledger, session.config, now=at("2026-11-05T06:00:00"))
    owners.write_text(f"{header},,service,Models,ops,,,\n", encoding="utf-8")
    add(ledger, "costs", REISSUED)
    backdate(ledger, "2026-11-09")
    found = session.review_diff("2026-10", as_of="2026-11-05")
    (table,) = found.section("changes").tables
    told = {
        (row["section"], row["table"], row["row"], row["column"]): tuple(
            row[name] for name in ("before", "after", "difference", "by_data", "by_settings")
        )
        for row in table.report.rows
    }
    ops = told["allocation", "by_team", "ops", "2026-10"]
    assert ops == (Decimal("58.5"), Decimal("88.5"), 30, -10, 40)
    assert told["allocation", "by_team", "ml", "2026-10"] == (40, None, None, 0, None)
    cost = told["headline", "figures", "Effective cost", ""]
    assert cost == (Decimal("98.5"), Decimal("88.5"), -10, -10, 0)
    assert found.section("changes").sentences[1].text == (
        "First later data is counted with the settings, owners and prices of then, then those of today."
    )


def test_what_was_vacuumed_away_is_said_with_the_first_day_that_can_be_shown(
    ledger: Ledger,
) -> None:
    add(ledger, "costs", REISSUED)
    backdate(ledger, "2026-11-10")
    table = ledger.delta("costs")
    assert table is not None
    table.vacuum(retention_hours=0, enforce_retention_duration=False, dry_run=False)
    with pytest.raises(LedgerError) as caught:
        asking(ledger).review("2026-10", as_of="2026-11-05")
    assert "vacuumed away" in caught.value.message
    assert "2026-11-10" in str(caught.value.hint)
    shown = asking(ledger).review("2026-10", as_of="2026-11-10")
    assert figure(shown, "headline", "effective_cost")[0] == Decimal("88.5")


def test_a_closed_month_is_reviewed_from_its_books(ledger: Ledger) -> None:
    close(ledger)
    session = asking(ledger)
    before = session.review("2026-10")
    add(ledger, "costs", REISSUED)
    add(ledger, "requests", [*LOG, request("late", uncached_input_tokens=1)])
    add(ledger, "costs", [cost("75", "2026-09-10", InvoiceId="S-1", ServiceName="Storage")])
    after = session.review("2026-10")
    assert figure(after, "headline", "effective_cost") == (Decimal("98.5"), Decimal(60))
    assert after.to("html") == before.to("html")
    facts = {each.name: each.value for each in after.document.facts}
    assert (facts["state"], facts["closed_at"]) == ("closed", "2026-11-12T00:00:00+00:00")


def test_a_month_closed_later_is_shown_open_as_of_before(ledger: Ledger) -> None:
    session = asking(ledger)
    open_then = session.review("2026-10", as_of="2026-11-05")
    close(ledger)
    assert session.review("2026-10", as_of="2026-11-05").to("json") == open_then.to("json")
    closed = session.review("2026-10", as_of="2026-11-12").document
    assert {each.name: each.value for each in closed.facts}["state"] == "closed"


def test_the_difference_names_every_number_that_changed(ledger: Ledger) -> None:
    session = asking(ledger)
    close(ledger)
    assert rows(session.review_diff("2026-10"), "changes", "changes") == {}
    add(ledger, "costs", REISSUED)
    found = session.review_diff("2026-10")
    (table, adjustments) = found.section("changes").tables
    changed = {
        (row["section"], row["table"], row["row"], row["column"]): (row["before"], row["after"], row["difference"])
        for row in table.report.rows
    }  # fmt: skip
    assert changed["headline", "figures", "Effective cost", ""] == (
        Decimal("98.5"),
        Decimal("88.5"),
        -10,
    )
    assert changed["headline", "where_it_went", "Not AI", "2026-10"] == (60, 50, -10)
    assert ("headline", "where_it_went", "On requests", "2026-10") not in changed
    assert [
        (row["booked_in"], row["is_pending"], row["InvoiceId"], row["EffectiveCost"])
        for row in adjustments.report.rows
    ] == [("2026-11", True, "O-1", -10)]
    assert unsupported(found.document) == ()
    assert schema_errors(json.loads(found.to("json"))) == {}


def test_actions_are_told_as_they_stood_on_the_day(ledger: Ledger) -> None:
    session = asking(ledger)
    early, late = (datetime(2026, 11, day, tzinfo=UTC) for day in (2, 20))
    session.actions.add(
        "move storage", by="ann", at=early, owner="ops", due="2026-11-01", expected="5"
    )
    session.actions.add("cache prompts", by="ann", at=late)
    found = rows(session.review("2026-10", as_of="2026-11-05"), "actions", "actions")
    assert [
        (row["action"], row["owner"], row["due"], row["expected"], row["overdue"])
        for row in found.values()
    ] == [("move storage", "ops", "2026-11-01", 5, True)]
    assert len(rows(session.review("2026-10"), "actions", "actions")) == 2


def test_the_past_can_only_be_read(ledger: Ledger) -> None:
    from finops.ledger.past import as_of
    from finops.ledger.store import Ledger as Opened

    past = Opened(as_of(ledger.location, datetime(2026, 11, 5, tzinfo=UTC).date()))
    with pytest.raises(LedgerError, match="can only be read"):
        add(past, "costs", REISSUED)
    with pytest.raises(LedgerError, match="can only be read"):
        close(past)


def test_a_month_that_is_not_there_names_those_that_are(kept: Ledger) -> None:
    with pytest.raises(UsageError) as caught:
        asking(kept).review("2027-01")
    assert caught.value.hint == "the ledger has 2026-09 to 2026-10"


def test_it_is_saved_in_the_format_its_name_ends_in(october: Review, tmp_path: Path) -> None:
    assert october.save(tmp_path / "r.json").read_bytes() == october.to("json")
    with pytest.raises(UsageError, match="no format ends like this"):
        october.save(tmp_path / "r.docx")
