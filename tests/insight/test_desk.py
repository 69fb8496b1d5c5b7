"""The desk: each number of a small world known, who is behind it, and what it costs to ask."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from ideals.access import commands as access
from ideals.access.commands import ChangeRoles
from ideals.approvals import commands as approvals
from ideals.approvals.commands import Decide
from ideals.approvals.states import Decision
from ideals.audit import Entry
from ideals.budgets.states import RunKind, RunState
from ideals.insight.desk.pages.tiles import skipped_tile
from ideals.insight.desk.queries import standing, use
from ideals.insight.desk.queries.prices import missing_indicators
from ideals.insight.desk.queries.standing import RunLine
from ideals.insight.desk.queries.use import Span
from ideals.insight.desk.rules import By
from ideals.kernel import clock
from ideals.kernel.actor import SYSTEM, Actor, Role
from ideals.kernel.month import Month
from ideals.people.models import Employee
from ideals.seeds import factories
from ideals.shop.queries.months import undecided
from tests.counting import counted
from tests.deals.conftest import term
from tests.deals.table import NOW as THEN
from tests.deals.table import cast_of, propose
from tests.desk import Desk, desk, make_app
from tests.pricing.desk import opened
from tests.shop.conftest import APRIL, MARCH, NOW, Shop, open_shop

TODAY = NOW.date()
SPAN = Span(TODAY, Month(2025, 4), MARCH)


@pytest.fixture
def shop(session: Session, monkeypatch: pytest.MonkeyPatch) -> Shop:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    return open_shop(session)


@pytest.fixture
def app(session: Session) -> Flask:
    return make_app()


def crowd(session: Session, count: int, unit: str, **columns: object) -> list[Employee]:
    return [
        factories.an_employee(session, f"{unit[-5:]} {n}", unit=unit, **columns)  # type: ignore[arg-type]
        for n in range(count)
    ]


def at(session: Session, app: Flask, who: Actor) -> Desk:
    return desk(session, app, who, now=NOW)


def words(text: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", text).split())


# Groups and products


def test_groups_and_products_count_people_and_cents(session: Session, shop: Shop) -> None:
    shop.order(session, "cash", "100")
    shop.order(session, "cash", "50")
    shop.order(session, "leave", "2")
    shop.order(session, "cash", "30", who=shop.egor)
    taken_back = shop.order(session, "leave", "1", who=shop.boris)
    shop.cancel(session, taken_back, who=shop.boris)
    session.flush()
    found = use.groups(session, SPAN)
    by_unit = {g.key: (g.people, g.chose, g.minor) for g in found[By.UNIT]}
    assert by_unit == {
        "Bank/Business": (2, 1, 3_000),
        "Bank/People": (1, 0, 0),
        "Bank/Retail": (2, 1, 19_000),
    }
    assert [(g.key, g.people, g.chose) for g in found[By.AGE]] == [("2", 5, 2)]
    assert [(g.key, g.people) for g in found[By.SIZE]] == [("3", 5)]
    assert [(g.key, g.people) for g in found[By.GENDER]] == [("", 5)]
    products = [(p.product, p.chose, p.minor) for p in use.products(session, SPAN)]
    assert products == [("cash", 2, 18_000), ("leave", 1, 4_000)]
    of_leave = use.groups(session, Span(TODAY, SPAN.first, MARCH, "simple:leave"))
    assert [(g.key, g.chose) for g in of_leave[By.UNIT] if g.chose] == [("Bank/Retail", 1)]
    assert not any(p.sold for p in use.products(session, SPAN))
    earlier = Span(TODAY, SPAN.first, MARCH.plus(-1))
    assert use.products(session, earlier) == []


def test_edges_of_groups_are_those_of_the_day(session: Session, shop: Shop) -> None:
    """A birthday today is a year more; hours on the edge belong to the larger group."""
    del shop
    for birth in (date(2001, 3, 10), date(2001, 3, 11), date(1971, 3, 10)):
        factories.an_employee(session, unit="Edge/A", birth_date=birth, part_time_factor="0.8")
    factories.an_employee(session, unit="Edge/A", part_time_factor="0.799", gender="female")
    factories.an_employee(session, unit="Edge/A", leaves_on=TODAY)
    factories.an_employee(session, unit="Edge/A", leaves_on=TODAY - timedelta(days=1))
    factories.an_employee(session, unit="Edge/A", hired_on=TODAY + timedelta(days=1))
    found = use.groups(session, SPAN)
    assert {g.key: g.people for g in found[By.AGE]} == {"": 2, "0": 1, "1": 1, "2": 5, "4": 1}
    assert {g.key: g.people for g in found[By.SIZE]} == {"1": 1, "2": 3, "3": 6}
    assert {g.key: g.people for g in found[By.UNIT]}["Edge/A"] == 5
    for by in By:
        for group in found[by]:
            behind = standing.count_of(session, use.members(TODAY, by, group.key))
            assert behind == group.people, (by, group.key)


def test_never_chose_is_of_those_employed_without_any_order_or_choice(
    session: Session, shop: Shop
) -> None:
    refused = shop.order(session, "leave", "1")
    shop.cancel(session, refused)
    factories.a_choice(session, shop.egor, APRIL, "cash", "10")
    factories.an_employee(session, "Gone", number="gone", leaves_on=TODAY - timedelta(days=1))
    session.flush()
    rows = session.execute(use.never_chose(TODAY).order_by(*use.BY_NAME)).all()
    assert [row.number for row in rows] == ["boris", "clara", "dina"]
    march = session.execute(use.undecided(MARCH).order_by(*use.BY_NAME)).all()
    assert [row.number for row in march] == ["anna", "boris", "clara", "dina", "egor", "gone"]
    april = session.execute(use.undecided(APRIL).order_by(*use.BY_NAME)).all()
    assert "egor" not in [row.number for row in april]


def test_who_is_undecided_is_as_many_as_the_months_say(session: Session, shop: Shop) -> None:
    """Also with who left in the month, came in it, moved in it, or had another scheme before."""
    shop.order(session, "cash", "10")
    factories.an_employee(session, "Left", number="left", leaves_on=date(2026, 3, 4))
    factories.an_employee(session, "Before", number="before", leaves_on=date(2026, 2, 28))
    factories.an_employee(session, "Came", number="came", hired_on=date(2026, 3, 31))
    factories.an_employee(session, "Later", number="later", hired_on=date(2026, 4, 1))
    factories.a_change(session, shop.people.clara, date(2026, 3, 20), unit="Bank/Retail")
    session.flush()
    rows = session.execute(use.undecided(MARCH).order_by(*use.BY_NAME)).all()
    assert {row.number for row in rows} == {"boris", "clara", "dina", "egor", "left", "came"}
    assert len(rows) == undecided(session, [MARCH])[MARCH]
    assert {row.unit for row in rows if row.number == "clara"} == {"Bank/Retail"}


def test_pace_tells_who_was_settled_by_themselves(session: Session, shop: Shop) -> None:
    shop.order(session, "cash", "10")
    shop.order(session, "cash", "10")
    asked = shop.order(session, "leave_asked", "1")  # waits: not settled
    session.flush()
    assert asked.approval_id is not None
    (found,) = standing.pace(session, MARCH, MARCH)
    assert (found.settled, found.by_itself, found.days) == (2, 2, None)
    cmd = Decide(asked.approval_id, Decision.APPROVE, None)
    approvals.decide(session, cmd, actor=shop.boris, now=NOW)
    session.flush()
    (after,) = standing.pace(session, MARCH, MARCH)
    assert (after.settled, after.by_itself) == (3, 2)


# The pages


def test_only_hr_opens_the_desk(session: Session, shop: Shop, app: Flask) -> None:
    paths = (
        "/desk", "/desk/stuck", "/desk/people", "/desk/people.csv", "/desk/chosen",
        "/desk/chosen.csv", "/desk/orders/2026-03/held",
    )  # fmt: skip
    desks = {name: at(session, app, getattr(shop, name)) for name in ("anna", "boris", "dina")}
    for path in paths:
        found = {name: each.get(path).status_code for name, each in desks.items()}
        assert found == {"anna": 403, "boris": 403, "dina": 200}, path


def test_small_groups_are_hidden_on_the_page(session: Session, shop: Shop, app: Flask) -> None:
    crowd(session, 12, "Bank/Large", gender="female")
    crowd(session, 11, "Bank/Other", gender="male")
    page = at(session, app, shop.dina).get("/desk").text
    told = words(page.partition('id="by-unit"')[2].partition("</section>")[0])
    # Each of the small ones is hidden, and together they are five: enough beside the total.
    assert "Large 12 - -" in told
    assert "Other 11 - -" in told
    assert "People hidden" in told
    assert "Together 28 - -" in told
    genders = words(page.partition('id="by-gender"')[2].partition("</section>")[0])
    assert "not known 5" in genders


def test_each_number_opens_to_its_people_and_rows(session: Session, shop: Shop, app: Flask) -> None:
    shop.order(session, "cash", "100")
    waiting = shop.order(session, "leave_asked", "1", who=shop.egor)
    dina = at(session, app, shop.dina)
    page = dina.get("/desk").text
    for href in ("/desk/people", "/desk/stuck", "/evidence?waits=check", "/months/2026-03",
                 "/desk/people?month=2026-03", "/desk/orders/2026-03/held",
                 "/desk/orders/2026-03/posted"):  # fmt: skip
        assert f'href="{href}"' in page, href
    assert "Egor" in dina.get("/desk/orders/2026-03/held").text
    posted = dina.get("/desk/orders/2026-03/posted").text
    assert "Anna" in posted
    assert "Egor" not in posted
    assert "Boris" in dina.get("/desk/people?month=2026-03").text
    assert "Anna" not in words(dina.get("/desk/people").text).partition("Never chose")[2]
    chosen = dina.get("/desk/chosen?by=unit&group=Bank/Retail").text
    assert "Anna" in chosen
    assert str(waiting.id) not in chosen
    assert dina.get("/desk/chosen.csv?product=simple:cash").text.count("Anna") == 1
    for wrong in ("by=gender&group=x", "by=age&group=9", "by=size&group=", "by=color"):
        assert dina.get(f"/desk/chosen?{wrong}").status_code == 404, wrong
    assert dina.get("/desk/people?month=x").status_code == 404
    noted = session.query(Entry).filter_by(act="insight.chosen_viewed").order_by(Entry.id).all()
    assert [(e.actor, e.details) for e in noted] == [
        ("dina@meridian.example", {"month": "2026-03", "state": "held"}),
        ("dina@meridian.example", {"month": "2026-03", "state": "posted"}),
        ("dina@meridian.example", {"by": "unit", "group": "Bank/Retail"}),
        ("dina@meridian.example", {"product": "simple:cash", "file": "csv"}),
    ]


def test_who_was_skipped_is_found_in_each_run_that_skipped() -> None:
    def line(number: int, skipped: int) -> RunLine:
        return RunLine(
            number, f"s{number}", RunKind.ALLOCATION, MARCH, RunState.DONE, 10, skipped
        )  # fmt: skip

    def tile(*runs: RunLine) -> tuple[str, str]:
        with make_app().test_request_context():
            found = skipped_tile(runs)
        return found.value, found.href

    assert tile() == ("0", "/runs")
    assert tile(line(1, 0), line(2, 3)) == ("3", "/runs/2")
    # No one run has all five: the list of runs on the desk names both, each with its number.
    assert tile(line(1, 2), line(2, 3)) == ("5", "/desk#runs")


def test_decisions_past_their_day_stand_with_whom_they_are(
    session: Session, shop: Shop, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.order(session, "leave_asked", "1")
    dina = at(session, app, shop.dina)
    assert "Nothing is late" in dina.get("/desk/stuck").text
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(days=30))
    said = words(dina.get("/desk/stuck").text)
    assert "Boris" in said
    assert "Anna" in said
    assert words(dina.get("/desk").text).count("Decisions past their day 1") == 1


def test_deals_are_for_whom_has_the_right_to_them(
    session: Session, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: THEN)
    cast = cast_of(session)
    propose(session, cast, term("place"))
    found = standing.deals(session, THEN.date())
    assert (sum(found.by_state.values()), found.overdue) == (1, 0)
    henk = desk(session, app, cast.henk, now=THEN).get("/desk").text
    assert "Deals in negotiation" not in henk
    both = ChangeRoles(cast.dina.name, frozenset({Role.HR, Role.HR_DEALS}))
    access.change_roles(session, both, actor=SYSTEM, now=THEN)
    assert "Deals in negotiation" in desk(session, app, cast.dina, now=THEN).get("/desk").text


def test_indicators_of_the_next_price_list_and_rules_are_for_whom_steers_prices(
    session: Session, shop: Shop, app: Flask
) -> None:
    steers = opened(session, shop)
    page = words(at(session, app, shop.dina).get("/desk").text)
    assert "Indicators missing" not in page
    assert "Price rules" not in page
    both = ChangeRoles(shop.dina.name, frozenset({Role.HR, Role.HR_PRICES}))
    access.change_roles(session, both, actor=SYSTEM, now=NOW)
    steers.know(MARCH.plus(-2), "90", NOW)  # so there is the indicator
    steers.submit(steers.write(NOW, code="waits", order=20), NOW)
    steers.agreed(NOW)
    page = at(session, app, shop.dina).get("/desk").text
    # Nothing is published yet: March goes by February, which was due in February.
    assert 'href="/prices/indicators"' in page
    assert "Indicators missing 1 ! look of February 2026; the prices of March 2026" in words(page)
    rules = "Price rules in force 0 1 agreed and still to begin, 1 to be decided about"
    assert 'href="/prices/rules?state=in_force"' in page
    assert rules in words(page)


def test_what_the_next_price_list_waits_for(session: Session, shop: Shop) -> None:
    steers = opened(session, shop)
    assert missing_indicators(session, TODAY).codes == []
    steers.know(MARCH.plus(-1), "90", NOW)
    found = missing_indicators(session, TODAY)
    assert (found.codes, found.month, found.list_for) == ([], MARCH.plus(-1), MARCH)
    steers.publish(MARCH, NOW)
    found = missing_indicators(session, TODAY)
    assert (found.codes, found.month, found.list_for) == (["utilisation"], MARCH, APRIL)
    assert found.due == date(2026, 3, 25)
    steers.know(MARCH, "80", NOW)
    steers.know(MARCH, "81", NOW)  # a correction is no second value
    assert missing_indicators(session, TODAY).codes == []
    steers.publish(APRIL, NOW)
    found = missing_indicators(session, TODAY)
    assert (found.codes, found.month) == (["utilisation"], APRIL)


def test_the_desk_asks_as_much_of_many_as_of_few(session: Session, shop: Shop, app: Flask) -> None:
    shop.order(session, "cash", "10")
    dina = at(session, app, shop.dina)
    dina.get("/desk")  # what is cached, is
    with counted() as few:
        dina.get("/desk")
    for number in range(8):
        shop.order(session, "cash", "10")
        shop.order(session, "leave_asked", "1", who=shop.egor)
        factories.an_employee(session, unit=f"Bank/U{number}", gender="female")
    session.commit()
    with counted() as many:
        dina.get("/desk")
    assert many.statements == few.statements, many
    assert many.statements <= 30, many
