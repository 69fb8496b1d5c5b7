"""The pages of a simulation: how far it is, what it came to, beside another, as a file; the panel
on its rule's page; the line for who decides."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from ideals.audit import Entry
from ideals.insight.simulating.models import Simulation
from ideals.insight.simulating.queries.happened import happened
from ideals.kernel.actor import Role
from ideals.kernel.month import Month
from ideals.pricing.commands.steering import SaveRule, save_rule
from ideals.pricing.models import PriceRule
from ideals.pricing.pages.words import describe_subjects
from tests.counting import Counted, counted
from tests.insight.results import line, of_rule, result
from tests.insight.what_if import work
from tests.pricing.desk import QUIET, on, opened
from tests.pricing.desk import Desk as Prices
from tests.shop.conftest import NOW, Shop, open_shop
from tests.shop.desk import Desk, answers, client_of, desk_of

FEBRUARY, MARCH, APRIL, MAY = (Month(2026, month) for month in range(2, 6))
PATH = "/prices/simulations"


@pytest.fixture
def shop(session: Session) -> Shop:
    return open_shop(session)


@pytest.fixture
def times() -> list[datetime]:
    return [NOW]


@pytest.fixture
def client(
    session: Session, times: list[datetime], monkeypatch: pytest.MonkeyPatch
) -> Iterator[FlaskClient]:
    with client_of(monkeypatch, times) as opened_client:
        yield opened_client


@pytest.fixture
def prices(session: Session, shop: Shop) -> Prices:
    found = opened(session, shop)
    found.know(FEBRUARY, "80", NOW)
    return found


@pytest.fixture
def dora(client: FlaskClient, prices: Prices) -> Desk:
    return desk_of(client, "dora", Role.HR_PRICES)


def kept(
    session: Session, *rules: PriceRule, told: dict[str, Any] | None = None, **columns: Any
) -> Simulation:
    """A finished simulation as the last part of it would leave it."""
    found = Simulation(
        **{
            "id": uuid4(),
            "kind": "prices",
            "about": {
                "scheme": "simple",
                "rules": [[str(each.id), each.text_number] for each in rules],
            },
            "from_month": Month(2025, 4),
            "through_month": MARCH,
            "state": "done",
            "done": 100,
            "total": 100,
            "made_by": "dora@meridian.example",
            "made_at": NOW,
            "ended_at": NOW,
            "result": told or result(),
        }
        | columns
    )
    session.add(found)
    session.flush()
    return found


def working(session: Session, *rules: PriceRule, **columns: Any) -> Simulation:
    wanted = {"state": "running", "done": 25, "result": None, "ended_at": None, **columns}
    return kept(session, *rules, **wanted)


def rewritten(prices: Prices, rule: PriceRule) -> None:
    cmd = SaveRule(rule.id, {**QUIET, "order": 20}, rule.version)
    save_rule(prices.session, cmd, actor=prices.dora, now=NOW)
    prices.session.flush()


# One simulation


def test_what_it_came_to_is_told_in_words_and_figures(
    session: Session, prices: Prices, dora: Desk
) -> None:
    found = kept(session, prices.write(NOW))
    session.commit()
    page = dora.read(f"{PATH}/{found.id}")
    assert "What it would do: Quiet season" in page
    assert "€1,350.00 less to pay for employees, April 2025 through March 2026" in page
    assert "80 of 100 people" in page
    assert "Touched 30 Better off 30 Worse off -" in page or "Worse off 0" in page
    assert "April 2025 30 30 150.00 3,000.00 2,550.00 −450.00" in page
    assert "Extra leave 30 90 450.00 9,000.00 7,650.00 −1,350.00" in page
    assert "€40.00 to €50.00 less: 25" in page
    assert "no change: 10" in page
    assert "Retail 60 18 18 - −810.00" in page
    assert "Leave: carried by the employer - 1,350.00 1,350.00" in page
    assert "It would have applied in: April 2025, May 2025, June 2025." in page
    assert "Left out: 7 orders whose price employees say themselves." in page
    assert "CSV" in page


def test_few_people_are_hidden_on_the_page_and_in_the_file(
    session: Session, prices: Prices, dora: Desk
) -> None:
    months = [line("2025-04", 30), line("2025-05", 12), line("2025-06", 3)]
    found = kept(session, prices.write(NOW), told=result(months=months))
    session.commit()
    assert "June 2025 hidden hidden hidden hidden hidden hidden" in dora.read(f"{PATH}/{found.id}")
    rows = {row["What"]: row for row in dora.rows(f"{PATH}/{found.id}.csv")}
    assert rows["April 2025"]["Difference"] == "-450.00"
    assert {rows["June 2025"][name] for name in ("People", "Hours", "Today", "With it")} == {
        "hidden"
    }
    assert rows["May 2025"]["With it"] == "hidden"
    assert dora.file(f"{PATH}/{found.id}.xlsx").startswith(b"PK")
    noted = session.query(Entry).filter_by(act="pricing.simulation_downloaded").all()
    assert [(each.subject, each.details) for each in noted] == [
        (found.source, {"file": "csv"}),
        (found.source, {"file": "xlsx"}),
    ]


def test_a_picture_is_drawn_where_there_is_something_to_draw(
    session: Session, prices: Prices, dora: Desk
) -> None:
    rule = prices.write(NOW)
    few = [line(f"2025-0{month}", 3) for month in (4, 5, 6)]
    shown, hidden = kept(session, rule), kept(session, rule, told=result(months=few))
    session.commit()
    drawn = "Difference, in euros"
    assert drawn in dora.read(f"{PATH}/{shown.id}")
    assert drawn not in dora.read(f"{PATH}/{hidden.id}")


def test_while_it_works_it_says_how_far_it_is_and_can_be_cancelled(
    session: Session, prices: Prices, dora: Desk, times: list[datetime]
) -> None:
    found = working(session, prices.write(NOW))
    session.commit()
    times.append(NOW + timedelta(seconds=30))
    page = dora.get(f"{PATH}/{found.id}")
    assert 'hx-trigger="every 1s"' in page
    assert '<progress value="25" max="100">' in page
    assert "about 2" in page  # three times as long as it took so far
    assert dora.ask(f"{PATH}/{found.id}.csv").status_code == 404
    assert dora.post(f"{PATH}/{found.id}/cancellation") == f"{PATH}/{found.id}"
    page = dora.get(f"{PATH}/{found.id}")
    assert "hx-trigger" not in page.partition('id="simulation"')[2]
    assert "was cancelled" in page
    done = kept(session, prices.write(NOW, code="another"))
    session.commit()
    dora.post(f"{PATH}/{done.id}/cancellation")
    assert "is over already" in dora.read(f"{PATH}/{done.id}")


def test_a_failed_one_says_why(session: Session, prices: Prices, dora: Desk) -> None:
    found = working(session, prices.write(NOW), state="failed", fault="No such fact.", ended_at=NOW)
    session.commit()
    assert "No such fact." in dora.read(f"{PATH}/{found.id}")


def test_two_stand_beside_each_other(session: Session, prices: Prices, dora: Desk) -> None:
    one = kept(session, prices.write(NOW))
    cheaper = prices.write(NOW, code="deeper", name={"en": "Deeper", "nl": "Dieper"})
    lines = [line("2025-04", 40), line("2025-06", 30)]
    two = kept(session, cheaper, told=result(months=lines))
    session.commit()
    page = dora.read(f"{PATH}/{one.id}?beside={two.id}")
    assert "Difference against today −1,350.00 −1,050.00" in page
    assert "April 2025 −450.00 −600.00" in page
    assert "May 2025 −450.00 -" in page
    assert "Choose a simulation" in dora.read(f"{PATH}/{one.id}?beside={uuid4()}")


def test_only_hr_for_prices_sees_and_starts_them(
    session: Session, prices: Prices, client: FlaskClient, dora: Desk
) -> None:
    rule = prices.write(NOW)
    found = kept(session, rule)
    session.commit()
    nobody = {"anna": 403, "boris": 403, "paula": 403, "dina": 403}
    for path in (f"{PATH}/{found.id}", f"{PATH}/{found.id}.csv"):
        assert answers(client, path) == nobody
    dina = desk_of(client, "dina", Role.HR)
    for path in (f"/prices/rules/{rule.id}/simulation", f"{PATH}/{found.id}/cancellation"):
        assert dina.send(path).status_code == 403
    assert dora.ask(f"{PATH}/{uuid4()}").status_code == 404
    assert dora.send(f"/prices/rules/{uuid4()}/simulation").status_code == 404


# On the page of a rule, and for who decides


def test_the_panel_has_the_latest_of_what_the_rule_says_now(
    session: Session, prices: Prices, dora: Desk
) -> None:
    rule = prices.write(NOW)
    session.commit()
    page = dora.read(f"/prices/rules/{rule.id}")
    assert "Not simulated yet as it stands now" in page
    earlier = kept(session, rule)
    rewritten(prices, rule)
    latest = kept(session, rule, told=result(months=[line("2025-04", 40)]))
    session.commit()
    page = dora.get(f"/prices/rules/{rule.id}")
    assert "30 people touched, €600.00 less to pay for employees" in page
    assert "of an earlier text" in page
    assert f"{PATH}/{latest.id}?beside={earlier.id}" in page


def test_it_is_started_with_other_drafts_and_leads_to_its_page(
    session: Session, prices: Prices, dora: Desk
) -> None:
    rule = prices.write(NOW)
    other = prices.write(NOW, code="other", name={"en": "Another one", "nl": "Nog een"}, order=30)
    session.commit()
    assert "Another one" in dora.read(f"/prices/rules/{rule.id}")
    path = dora.post(f"/prices/rules/{rule.id}/simulation", **{"with": str(other.id)})
    made = session.query(Simulation).one()
    assert path == f"{PATH}/{made.id}"
    assert sorted(each[0] for each in made.about["rules"]) == sorted([str(rule.id), str(other.id)])
    assert dora.post(f"/prices/rules/{rule.id}/simulation", **{"with": str(other.id)}) == path
    assert dora.post(f"/prices/rules/{rule.id}/simulation", **{"with": "x"}).endswith(str(rule.id))


def test_who_decides_reads_what_it_would_do(
    session: Session, prices: Prices, client: FlaskClient
) -> None:
    rule, other = prices.write(NOW), prices.write(NOW, code="other", order=30)
    of_one, of_both = kept(session, rule), kept(session, rule, other)
    kept(session, other, told=None, **{"state": "cancelled", "result": None})
    with client.application.test_request_context():
        told = describe_subjects(session, [rule.source, other.source])
    lines = {source: each.lines[-1] for source, each in told.items()}
    assert lines[rule.source].href == f"{PATH}/{of_one.id}"
    assert lines[rule.source].value == "30 people touched, €1,350.00 less to pay for employees"
    assert lines[other.source].href == f"{PATH}/{of_both.id}"
    rewritten(prices, rule)
    with client.application.test_request_context():
        after = describe_subjects(session, [rule.source])[rule.source].lines[-1]
    assert (after.label, after.value) == ("What it would do", "not simulated")


def test_the_panel_asks_as_much_of_many_simulations_as_of_one(
    session: Session, prices: Prices, dora: Desk
) -> None:
    rule = prices.write(NOW)
    kept(session, rule)
    session.commit()
    dora.get(f"/prices/rules/{rule.id}")
    with counted() as one:
        dora.get(f"/prices/rules/{rule.id}")
    for number in range(8):
        kept(session, rule, prices.write(NOW, code=f"other_{number}", order=40 + number))
    session.commit()
    dora.get(f"/prices/rules/{rule.id}")  # texts are read once a process
    with counted() as many:
        dora.get(f"/prices/rules/{rule.id}")
    assert many.statements == one.statements, f"{one}\n\n{many}"


def test_a_simulation_asks_as_much_beside_many_others_as_beside_one(
    session: Session, prices: Prices, dora: Desk, client: FlaskClient
) -> None:
    rules = [prices.write(NOW, code=f"rule_{n}", order=40 + n) for n in range(9)]
    found, *_ = [kept(session, rule) for rule in rules[:2]]
    session.commit()

    def asked() -> list[Counted]:
        dora.get(f"{PATH}/{found.id}")  # texts are read once a process
        with counted() as page:
            dora.get(f"{PATH}/{found.id}")
        with client.application.test_request_context(), counted() as told:
            describe_subjects(session, [each.source for each in rules[:shown]])
        return [page, told]

    shown = 2
    few = asked()
    for rule in rules[2:]:
        kept(session, rule)
    session.commit()
    shown = 9
    many = asked()
    for one, other in zip(few, many, strict=True):
        assert other.statements == one.statements, f"{one}\n\n{other}"


# What really happened


def test_what_a_rule_did_to_orders(session: Session, prices: Prices, shop: Shop) -> None:
    prices.know(MARCH, "80", NOW)
    rule = prices.agreed(NOW)
    april = on(4, 3)
    shop.order(session, "leave", "10", now=april)
    shop.order(session, "leave", "3", now=april, who=shop.egor)
    gone = shop.order(session, "leave", "2", now=april)
    shop.cancel(session, gone, now=april)
    shop.order(session, "cash", "50", now=april)
    session.flush()
    (found,) = happened(session, rule.code, "simple", ["leave"], (APRIL, MAY))
    # An hour of 20.00 costs 17.00.
    assert (found.month, found.orders, found.people, found.minutes) == (APRIL, 2, 2, 780)
    assert (found.before, found.after) == (26_000, 22_100)
    assert happened(session, "other", "simple", ["leave"], (APRIL, MAY)) == []
    assert happened(session, rule.code, "simple", ["leave"], (MAY, MAY)) == []


def test_what_happened_stands_beside_what_was_simulated(
    session: Session, prices: Prices, shop: Shop, dora: Desk, times: list[datetime]
) -> None:
    shop.order(session, "leave", "4")
    prices.know(MARCH, "80", NOW)
    rule = prices.agreed(NOW)
    april = on(4, 3)
    times.append(april)
    shop.order(session, "leave", "10", now=april)
    # Of forty who ordered anything in April, the rule would have been for thirty.
    lines = [line("2025-04", 40), line("2025-05", 12)]
    did = [of_rule("2025-04", 30), of_rule("2025-05", 12)]
    told = result(months=lines, rules=[{"rule": str(rule.id), "code": rule.code, "months": did}])
    kept(session, rule, told=told)
    # Asked again and not done: what is known stays there.
    working(session, rule)
    session.commit()
    page = dora.read(f"/prices/rules/{rule.id}")
    assert "What really happened" not in page  # agreed, but not yet in force by the clock
    prices.sweep(april)
    session.commit()
    page = dora.read(f"/prices/rules/{rule.id}")
    # One order of one person: that there was something is all that is told.
    assert "April 2026 hidden 30 hidden 30 hidden 150.00 hidden −450.00" in page
    assert "May 2026" not in page.partition("What really happened")[2].partition("Beside other")[0]


def test_a_simulation_worked_off_is_shown(
    session: Session, prices: Prices, shop: Shop, dora: Desk, times: list[datetime]
) -> None:
    shop.order(session, "leave", "4")
    rule = prices.write(NOW, from_month="2026-05", through_month="", condition="")
    times.append(on(4, 10))
    session.commit()
    path = dora.post(f"/prices/rules/{rule.id}/simulation")
    work(session, UUID(path.rpartition("/")[2]))
    session.commit()
    page = dora.read(path)
    assert "Simulation" in page
    assert "hidden as so few people have a difference in euros" in page
    assert "80.00" not in page  # what Anna paid
    assert "March 2026 hidden" in page
