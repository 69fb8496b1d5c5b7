"""The employee's side of the shop: what stands on its pages, and what they do. 10 March 2026."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from ideals.access import commands as access
from ideals.access.commands import IssueToken
from ideals.app import create_app
from ideals.config import Settings
from ideals.kernel import clock
from ideals.kernel.actor import SYSTEM, Actor, Role
from ideals.kernel.ids import new_id
from ideals.kernel.month import Month
from ideals.seeds import factories
from ideals.shop.models import Choice, Chosen, Order
from tests.counting import counted
from tests.shop.conftest import APRIL, MARCH, NOW, PDF, PRODUCTS, Shop, balance, open_shop, stored

CAR = {
    "car": {
        "kind": "lease_car",
        "name": {"en": "Car", "nl": "Auto"},
        "unit": "piece",
        "price": "600",
        "term": {"months": "48", "early_end": "yes", "leaving": "end"},
        "tax": "addition",
        "addition": "8700",
    }
}


class Moved:
    """A clock that a test can set."""

    def __init__(self) -> None:
        self.moment = NOW

    def __call__(self) -> datetime:
        return self.moment


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Moved:
    moved = Moved()
    monkeypatch.setattr(clock, "now", moved)
    return moved


@pytest.fixture
def shop(session: Session) -> Shop:
    return open_shop(session, products=PRODUCTS | CAR)


@pytest.fixture
def site(session: Session, shop: Shop, time: Moved) -> Iterator[FlaskClient]:
    session.commit()
    with create_app(Settings.read({})).test_client() as opened:
        yield opened


def headers(session: Session, actor: Actor, language: str = "en") -> dict[str, str]:
    """A token is as fresh as the moment it was issued."""
    made = access.issue_token(session, IssueToken(actor.name, "test"), actor=SYSTEM, now=NOW)
    session.commit()
    return {"Authorization": f"Bearer {made}", "Accept-Language": language}


@pytest.fixture
def anna(session: Session, site: FlaskClient, shop: Shop) -> dict[str, str]:
    return headers(session, shop.anna)


def read(site: FlaskClient, path: str, who: dict[str, str], status: int = 200) -> str:
    answer = site.get(path, headers=who)
    assert answer.status_code == status, answer.text
    return plain(answer.text)


def plain(html: str) -> str:
    """The words of the page, as they stand beside each other."""
    html = re.sub(r"<(script|style|footer).*?</\1>", " ", html, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html)).replace("\u00a0", " ")


def hidden(html: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', html)
    assert found is not None, name
    return found[1]


def buy(
    site: FlaskClient, who: dict[str, str], code: str, query: str = "", **more: Any
) -> TestResponse:
    """As the browser does: with what the page's form holds."""
    page = site.get(f"/shop/{code}?{query}", headers=who).text
    form = {name: hidden(page, name) for name in ("quote", "order_id", "quantity", "month")}
    return site.post(f"/shop/{code}", headers=who, data=form | more)


# The catalogue --------------------------------------------------------------------------------


def test_the_shop_shows_each_product_with_its_price_for_her(
    site: FlaskClient, anna: dict[str, str]
) -> None:
    page = read(site, "/shop", anna)
    for words in (
        "€1,000.00 to decide on",
        "March 2026 open until Sun 15 March, 5 days left",
        "What is left in December 2026 is paid out",
        "Extra leave More time off, in hours that you choose. €20.00 an hour",
        "Bicycle A bicycle of your choice, paid from gross budget. You say what it costs",
        "Festival Paid from gross budget. €50.00 each",
        "Car A car by the month, paid from gross budget. €600.00 a month",
        "Pay More pay with your next salary, after tax. You choose the amount",
        "Leave 168 h",
    ):
        assert words in page, words
    assert "colleagues chose" not in page
    dutch = read(site, "/shop", anna | {"Accept-Language": "nl"})
    assert "€ 1.000,00" in dutch
    assert "Extra verlof" in dutch


@pytest.mark.parametrize(
    ("query", "there", "gone"),
    [
        ("for=time", "Long leave", "Bicycle"),
        ("for=move", "Bicycle", "Long leave"),
        ("q=LONG", "Long leave", "Extra leave"),
        ("q=leave+long", "Long leave", "Extra leave"),
        ("for=time&q=bicycle", "Nothing like that", "Long leave"),
    ],
)
def test_it_is_filtered_by_what_people_want_and_searched(
    site: FlaskClient, anna: dict[str, str], query: str, there: str, gone: str
) -> None:
    cards = site.get(f"/shop?{query}", headers=anna).text.partition('id="cards"')[2]
    assert there in plain(cards)
    assert gone not in plain(cards)


def test_what_is_closed_says_why_and_when_it_opens(
    session: Session, site: FlaskClient, anna: dict[str, str], shop: Shop
) -> None:
    factories.a_scheme(
        session,
        version="2026-03",
        components={"budget": "1000 * part_time_factor"},
        products={
            "summer": {"kind": "other", "opens": {"months": [5]}, "name": {"en": "Summer"}},
            "managers": {
                "kind": "other",
                "eligible": "years_of_service > 40",
                "not_eligible": {"en": "For who has been here very long."},
                "name": {"en": "Watch"},
            },
            "seat": PRODUCTS["seat"] | {"quota": {"per": "year", "amount": "1"}},
        },
    )
    shop.order(session, "seat", "1", who=shop.egor)
    session.commit()
    page = read(site, "/shop", anna)
    assert "Summer Paid from gross budget. Closed It can be ordered from 1 May 2026." in page
    assert "Watch Paid from gross budget. Closed For who has been here very long." in page
    assert "Closed It is used up: colleagues have taken all there is." in page
    assert "It can be ordered from 1 May 2026." in read(site, "/shop/summer", anna)
    assert 'name="quote"' not in site.get("/shop/summer", headers=anna).text


def test_how_many_chose_something_is_said_from_ten_up(
    session: Session, site: FlaskClient, anna: dict[str, str]
) -> None:
    for product, people in (("leave", 10), ("seat", 9)):
        counted_now = {"people": people, "orders": people, "total_minor": 0, "counted_at": NOW}
        session.add(Chosen(scheme="simple", product=product, **counted_now))
    session.commit()
    page = read(site, "/shop", anna)
    assert page.count("colleagues chose it") == 1
    assert "€20.00 an hour 10 colleagues chose it" in page


def test_somebody_without_a_scheme_is_told_what_will_be_here(
    session: Session, site: FlaskClient
) -> None:
    factories.a_scheme(session, code="coming", version="2035-01", first_month="2035-01")
    factories.an_employee(session, "Nora", scheme="coming", email="nora@meridian.example")
    factories.a_user(session, "nora@meridian.example")
    who = headers(session, Actor(name="nora@meridian.example"))
    assert "There is nothing to choose yet" in read(site, "/shop", who)
    read(site, "/shop/leave", who, status=404)
    assert "You have no scheme now" in read(site, "/plan", who, status=404)


def test_whoever_is_no_employee_is_led_away(
    session: Session, site: FlaskClient, shop: Shop
) -> None:
    factories.a_user(session, "outside@meridian.example", roles=frozenset({Role.HR}))
    who = headers(session, Actor(name="outside@meridian.example"))
    for path in ("/shop", "/shop/leave", "/choices", "/plan"):
        assert site.get(path, headers=who).location == "/"


# One product ----------------------------------------------------------------------------------


def test_a_product_says_what_it_costs_and_means(site: FlaskClient, anna: dict[str, str]) -> None:
    """Eight hours of 20.00. 160.00 paid out: 40.20% at 36,000 a year, so 95.68."""
    page = read(site, "/shop/leave", anna)
    for words in (
        "At most 40 hours in 2026; you have 40 hours left.",
        "For March 2026 you can order until Sun 15 March.",
        "It costs €160.00",
        "8 × €20.00",
        "full_time_salary / 150",
        "full-time salary €3,000.00",
        "Your pay of March 2026 stays as it is",
        "Paid out instead, it would be net €95.68",
        "By the special-reward table of 2026 with wage-tax credit, at a wage of €36,000.00 a year.",
        "Your leave after it 176 h",
        "Left in your budget €840.00",
        "Buy 8 hours for €160.00",
        "This price is yours until 10:15.",
    ):
        assert words in page, words


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("quantity=8&step=more", "Buy 9 hours for €180.00"),
        ("quantity=8&step=less", "Buy 7 hours for €140.00"),
        ("quantity=1&step=less", "Buy 1 hour for €20.00"),
        ("quantity=2.5", "It goes in steps of 1 hour."),
        ("quantity=41", "Your limit leaves 40 hours in 2026."),
        ("quantity=many", "Write a number, such as 8 or 7.5."),
        ("quantity=8&month=2026-04", "Your pay of April 2026 stays as it is"),
        ("month=2026-09", "That is too far ahead. You can plan through May 2026."),
        ("month=never", "Buy 8 hours for €160.00"),
    ],
)
def test_steps_and_months_work_without_script(
    site: FlaskClient, anna: dict[str, str], query: str, said: str
) -> None:
    assert said in read(site, f"/shop/leave?{query}", anna)


def test_who_sells_leave_reads_that_they_sell_it(site: FlaskClient, anna: dict[str, str]) -> None:
    assert "Sell 8 hours for €160.00" in read(site, "/shop/sell?quantity=8", anna)


def test_what_cannot_be_paid_says_what_is_there(site: FlaskClient, anna: dict[str, str]) -> None:
    html = site.get("/shop/leave_asked?quantity=60", headers=anna).text
    assert "There is €1,000.00 in your budget, and it costs €1,200.00." in plain(html)
    assert "It is enough for 50 hours." in plain(html)
    assert 'name="quote"' not in html, "there is nothing to press"


def test_paying_out_says_what_arrives(site: FlaskClient, anna: dict[str, str]) -> None:
    """All of it to begin with. 1,000.00 x 40.20% = 402.00."""
    page = read(site, "/shop/cash", anna)
    assert "Arrives with your pay of March 2026 €598.00" in page
    assert "Pay out €1,000.00" in page
    assert "€256.55" in read(site, "/shop/cash?quantity=429.00", anna)


def test_a_term_shows_the_whole_plan_and_what_it_adds(
    site: FlaskClient, anna: dict[str, str]
) -> None:
    page = read(site, "/shop/car", anna)
    for words in (
        "Each month, from March 2026 through February 2030 €600.00",
        "Your pay, each month from March 2026 −€299.92",
        "Your pay over the rest of 2026 net −€2,999.20",
        "Agree to €600.00 a month for 48 months",
        "You will be asked once more who you are.",
        "You can end it before.",
    ):
        assert words in page, words


def test_leave_that_may_be_sold_back_is_sold_on_the_same_page(
    session: Session, site: FlaskClient, anna: dict[str, str]
) -> None:
    page = read(site, "/shop/sell?quantity=3", anna)
    assert "It brings €60.00" in page
    assert "Your leave after it 165 h" in page
    assert "Left in your budget €1,060.00" in page


def test_nobody_sees_a_product_that_is_not_there(site: FlaskClient, anna: dict[str, str]) -> None:
    read(site, "/shop/unicorn", anna, status=404)


# Buying ---------------------------------------------------------------------------------------


def test_buying_leads_to_the_order_and_twice_is_once(
    session: Session, site: FlaskClient, anna: dict[str, str], shop: Shop
) -> None:
    page = site.get("/shop/leave?quantity=8", headers=anna).text
    form = {name: hidden(page, name) for name in ("quote", "order_id", "quantity", "month")}
    first = site.post("/shop/leave", headers=anna, data=form)
    again = site.post("/shop/leave", headers=anna, data=form)
    other_tab = site.post("/shop/leave", headers=anna, data=form | {"order_id": str(new_id())})
    assert first.status_code == 303
    assert first.location == again.location == other_tab.location
    assert balance(session, shop.anna) == (84_000, 0)
    order = read(site, first.location, anna)
    assert "Extra leave: 8 hours" in order
    assert "done" in order
    assert "8 × €20.00" in order
    assert "€160.00 comes back, in your budget." in order
    assert "8 h leaves your leave." in order


def test_a_price_that_changed_is_said_and_asked_again(
    session: Session, site: FlaskClient, anna: dict[str, str], shop: Shop, time: Moved
) -> None:
    """The quote ran out, and meanwhile Anna earns 3,300.00: an hour costs 22.00."""
    page = site.get("/shop/leave?quantity=8", headers=anna).text
    form = {name: hidden(page, name) for name in ("quote", "order_id", "quantity", "month")}
    factories.a_change(session, shop.people.anna, MARCH.first, full_time_salary="3300")
    session.commit()
    time.moment += timedelta(minutes=16)
    answer = site.post("/shop/leave", headers=anna, data=form)
    assert answer.status_code == 409
    assert "It was €160.00 and is €176.00 now." in plain(answer.text)
    assert "Buy 8 hours for €176.00" in plain(answer.text)
    assert balance(session, shop.anna) == (100_000, 0)
    form["quote"] = hidden(answer.text, "quote")
    assert site.post("/shop/leave", headers=anna, data=form).status_code == 303
    assert balance(session, shop.anna) == (82_400, 0)


def test_a_promise_that_ran_out_is_made_again(
    session: Session, site: FlaskClient, anna: dict[str, str], time: Moved
) -> None:
    page = site.get("/shop/leave", headers=anna).text
    time.moment += timedelta(minutes=16)
    form = {name: hidden(page, name) for name in ("quote", "order_id")}
    answer = site.post("/shop/leave", headers=anna, data=form)
    assert answer.status_code == 409
    assert "It was" not in plain(answer.text)
    assert "This price is yours until 10:31." in plain(answer.text)


def test_what_is_gone_meanwhile_is_refused_on_the_page(
    session: Session, site: FlaskClient, anna: dict[str, str], shop: Shop
) -> None:
    page = site.get("/shop/leave?quantity=8", headers=anna).text
    shop.order(session, "cash", "900")
    session.commit()
    form = {name: hidden(page, name) for name in ("quote", "order_id", "quantity", "month")}
    answer = site.post("/shop/leave", headers=anna, data=form)
    assert answer.status_code == 409
    assert "There is €100.00 in your budget, and it costs €160.00." in plain(answer.text)


def test_a_bicycle_waits_for_its_evidence_and_then_for_hr(
    session: Session, site: FlaskClient, anna: dict[str, str], shop: Shop
) -> None:
    page = site.get("/shop/bicycle", headers=anna)
    assert 'name="quote"' not in page.text, "first she says what it costs"
    page = site.get("/shop/bicycle?price=900", headers=anna)
    form = {name: hidden(page.text, name) for name in ("quote", "order_id", "price")}
    bought = site.post("/shop/bicycle", headers=anna, data=form)
    assert bought.status_code == 303
    order = read(site, bought.location, anna)
    assert "You still have to upload the evidence." in order
    assert "Boris decides" in order
    wrong = {"evidence": (BytesIO(b"MZ"), "invoice.pdf")}
    answer = site.post(f"{bought.location}/evidence", headers=anna, data=wrong)
    assert answer.status_code == 422
    assert "Send a PDF, a PNG or a JPEG" in answer.text
    right = {"evidence": (BytesIO(PDF), "../../invoice.pdf")}
    assert site.post(f"{bought.location}/evidence", headers=anna, data=right).status_code == 303
    html = site.get(bought.location, headers=anna).text
    assert "HR looks at your evidence" in plain(html)
    link = re.search(r'href="(/orders/[^"]+/evidence/[^"]+)"', html)
    assert link is not None
    file = site.get(link[1], headers=anna)
    assert file.data == PDF
    assert file.headers["Content-Disposition"].startswith('attachment; filename="evidence-')
    assert site.get(link[1], headers=headers(session, shop.egor)).status_code == 404
    assert site.get(link[1], headers=headers(session, shop.dina)).status_code == 200


def test_what_binds_for_long_asks_who_one_is(
    session: Session, site: FlaskClient, anna: dict[str, str], time: Moved, shop: Shop
) -> None:
    time.moment += timedelta(minutes=16)  # since the token was issued
    bought = buy(site, anna, "car")
    assert bought.status_code == 303
    assert bought.location.startswith("/sign-in/again?next=/shop/car")
    assert session.scalars(select(Order)).all() == []
    time.moment = NOW
    assert buy(site, anna, "car").location.startswith("/orders/")


# An order -------------------------------------------------------------------------------------


def test_an_order_is_taken_back_while_it_may(
    session: Session, site: FlaskClient, anna: dict[str, str], shop: Shop
) -> None:
    order = shop.order(session, "leave", "8")
    session.commit()
    path = f"/orders/{order.id}"
    assert "Take this order back" in read(site, path, anna)
    assert site.post(f"{path}/cancellation", headers=anna).status_code == 303
    assert site.post(f"{path}/cancellation", headers=anna).status_code == 303
    page = read(site, path, anna)
    assert "Taken back" in page
    assert "Take this order back" not in page
    assert balance(session, shop.anna) == (100_000, 0)


def test_what_stays_says_so(
    session: Session, site: FlaskClient, anna: dict[str, str], shop: Shop, time: Moved
) -> None:
    order = shop.order(session, "leave", "8")
    session.commit()
    time.moment = datetime(2026, 3, 16, 9, tzinfo=UTC)
    path = f"/orders/{order.id}"
    assert "Take this order back" not in read(site, path, anna)
    answer = site.post(f"{path}/cancellation", headers=anna)
    assert answer.status_code == 409
    assert "This order can no longer be taken back." in answer.text


def test_an_order_is_its_owners_and_hr_may_look(
    session: Session, site: FlaskClient, anna: dict[str, str], shop: Shop
) -> None:
    order = shop.order(session, "leave", "8")
    session.commit()
    path = f"/orders/{order.id}"
    for who in (shop.egor, shop.boris):
        read(site, path, headers(session, who), status=404)
    page = read(site, path, headers(session, shop.dina))
    assert "Extra leave: 8 hours" in page
    assert "Take this order back" not in page
    post = site.post(f"{path}/cancellation", headers=headers(session, shop.dina))
    assert post.status_code == 404
    assert stored(session, order).state == "posted"


# Standing choices -----------------------------------------------------------------------------


def choices(session: Session) -> list[Choice]:
    query = select(Choice).order_by(Choice.position).execution_options(populate_existing=True)
    return [each for each in session.scalars(query) if each.state != "ended"]


def test_choices_are_added_ordered_paused_changed_and_ended(
    session: Session, site: FlaskClient, anna: dict[str, str]
) -> None:
    def post(path: str, **form: str) -> int:
        status: int = site.post(f"/choices{path}", headers=anna, data=form).status_code
        return status

    assert "Nothing repeats yet" in read(site, "/choices", anna)
    assert post("", product="leave", mode="quantity", amount="8") == 303
    assert post("", product="savings", mode="percent", amount="10", first="2026-04") == 303
    assert post("", product="cash", mode="rest", last="2026-06") == 303
    page = read(site, "/choices", anna)
    assert "Extra leave at work 8 hours each month, from March 2026 on" in page
    assert "savings at work 10% of what each month brings, from April 2026 on" in page
    assert "Pay at work the rest of each month, from March 2026 through June 2026" in page
    assert page.count("It has not run yet.") == 3
    leave, savings, rest = choices(session)
    assert post(f"/{savings.id}/up") == 303
    assert [each.product for each in choices(session)] == ["savings", "leave", "cash"]
    answer = site.post(f"/choices/{rest.id}/up", headers=anna)
    assert answer.status_code == 409
    assert "Nothing can follow" in answer.text
    assert post(f"/{leave.id}/pause", version=str(leave.version)) == 303
    assert "Extra leave paused" in read(site, "/choices", anna)
    leave = choices(session)[1]
    assert post(f"/{leave.id}/pause", version="1") == 409, "it was changed since"
    assert post(f"/{leave.id}/go-on", version=str(leave.version)) == 303
    savings = choices(session)[0]
    changed = {"mode": "percent", "amount": "20", "first": "2026-04"}
    assert post(f"/{savings.id}", version=str(savings.version), **changed) == 303
    assert "20% of what each month brings" in read(site, "/choices", anna)
    savings = choices(session)[0]
    assert post(f"/{savings.id}/end", version=str(savings.version)) == 303
    assert [each.product for each in choices(session)] == ["leave", "cash"]
    assert "Ended savings: 20%" in read(site, "/choices", anna)
    assert post(f"/{leave.id}/explode") == 404


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"product": "leave", "mode": "quantity", "amount": ""}, "Write an amount above zero"),
        ({"product": "leave", "mode": "quantity", "amount": "2,5"}, "It goes in steps of 1 piece."),
        ({"product": "leave", "mode": "percent", "amount": "101"}, "Write an amount above zero"),
        (
            {"product": "leave", "mode": "rest", "first": "2026-02"},
            "It is too late for that month. Begin with March 2026.",
        ),
        (
            {"product": "leave", "mode": "rest", "first": "2026-04", "last": "2026-03"},
            "The last month comes after the first.",
        ),
        ({"product": "bicycle", "mode": "rest"}, "This cannot repeat by itself"),
    ],
)
def test_a_choice_that_cannot_be_says_why_and_keeps_what_was_typed(
    site: FlaskClient, anna: dict[str, str], form: dict[str, str], said: str
) -> None:
    answer = site.post("/choices", headers=anna, data=form)
    assert answer.status_code == 422
    assert said in plain(answer.text)
    assert 'role="alert"' in answer.text
    if form.get("amount"):
        assert f'value="{form["amount"]}"' in answer.text


def test_the_last_outcome_of_a_choice_is_told(
    session: Session, site: FlaskClient, anna: dict[str, str], shop: Shop
) -> None:
    site.post("/choices", headers=anna, data={"product": "leave", "mode": "rest"})
    (choice,) = choices(session)
    choice.last_month, choice.last_outcome = MARCH, "failed"
    choice.last_code, choice.last_reason = "insufficient_budget", "It costs 20.00."
    choice.last_data = {
        "account": "budget", "available": "5.00", "price": "20.00", "quantity": "0",
    }  # fmt: skip
    session.commit()
    page = read(site, "/choices", anna)
    assert "March 2026: not ordered. There is €5.00 in your budget, and it costs €20.00." in page


def test_nobody_changes_the_choices_of_somebody_else(
    session: Session, site: FlaskClient, anna: dict[str, str], shop: Shop
) -> None:
    site.post("/choices", headers=anna, data={"product": "leave", "mode": "rest"})
    (choice,) = choices(session)
    egor = headers(session, shop.egor)
    for path in (f"/choices/{choice.id}/end", f"/choices/{choice.id}/up", f"/choices/{choice.id}"):
        form = {"version": "1", "mode": "rest"}
        assert site.post(path, headers=egor, data=form).status_code == 404
    assert choices(session)[0].state == "active"


def test_what_was_agreed_to_is_listed_and_ended(
    session: Session, site: FlaskClient, anna: dict[str, str], shop: Shop
) -> None:
    bought = buy(site, anna, "car")
    page = read(site, "/choices", anna)
    assert "Car €600.00 a month, through February 2030" in page
    assert "Still to be charged: €28,200.00." in page
    order_id = UUID(bought.location.rpartition("/")[2])
    assert site.post(f"/commitments/{order_id}/end", headers=anna).status_code == 303
    assert "You ended it." in read(site, "/choices", anna)


# The planner ----------------------------------------------------------------------------------


def test_a_plan_moves_four_numbers(site: FlaskClient, anna: dict[str, str]) -> None:
    """March is there: 1,000.00 each month to December, and on to February. Nine more till then."""
    page = read(site, "/plan", anna)
    assert "Paid out, gross €10,000.00" in page
    assert "Arrives, net €5,980.00" in page
    page = read(site, "/plan?leave.2026-04=10&savings.each=100", anna)
    assert "Paid out, gross €8,800.00" in page
    assert "Leave +10 h" in page
    assert "Put aside €1,200.00" in page
    assert "€200.00" in page, "what ten hours cost"


def test_a_cell_that_cannot_be_says_why(site: FlaskClient, anna: dict[str, str]) -> None:
    page = read(site, "/plan?leave.each=8&cash.2026-03=2000&sell.2026-04=x", anna)
    assert "Pay in March 2026: There would be €1,000.00 then: €1,000.00 too little." in page
    assert "Extra leave in August 2026: Your limit leaves 0 through December 2026." in page
    assert "Write a number, such as 8 or 7.5." in page


def test_the_buttons_beside_a_cell_and_the_months_of_a_phone_work_without_script(
    site: FlaskClient, anna: dict[str, str]
) -> None:
    html = site.get("/plan?leave.2026-04=3&step=leave.2026-04:more&show=2026-04", headers=anna).text
    assert 'name="leave.2026-04" value="4"' in html
    assert "<strong>April 2026</strong>" in html
    html = site.get("/plan?show=2026-04&show=2026-05", headers=anna).text
    assert "<strong>May 2026</strong>" in html


def test_a_plan_is_kept_as_standing_choices_and_begins_with_them(
    session: Session, site: FlaskClient, anna: dict[str, str]
) -> None:
    """March's budget is there, so March is ordered by hand."""
    site.post(
        "/choices", headers=anna, data={"product": "savings", "mode": "quantity", "amount": "5"}
    )
    site.post("/choices", headers=anna, data={"product": "cash", "mode": "rest"})
    cells = {
        "leave.2026-03": "2",
        "leave.2026-04": "8",
        "leave.2026-05": "8",
        "savings.2026-06": "50",
    }
    query = "&".join(f"{key}={value}" for key, value in cells.items())
    page = read(site, f"/plan?{query}", anna)
    assert "Buy 2 hours for €40.00" in page
    assert site.post("/plan", headers=anna, data=cells).status_code == 303
    assert [
        (each.product, each.mode, each.amount, each.from_month, each.until_month)
        for each in choices(session)
    ] == [
        ("leave", "quantity", 8, APRIL, Month(2026, 5)),
        ("savings", "quantity", 50, Month(2026, 6), Month(2026, 6)),
        ("cash", "rest", None, MARCH, None),
    ]
    html = site.get("/plan", headers=anna).text
    assert 'name="leave.2026-04" value="8"' in html
    assert 'name="savings.2026-06" value="50"' in html


# Home -----------------------------------------------------------------------------------------


def test_home_leads_to_the_shop_and_says_about_how_much_arrives(
    session: Session, site: FlaskClient, anna: dict[str, str]
) -> None:
    html = site.get("/home", headers=anna).text
    page = plain(html)
    assert 'href="/shop" data-key="a"' in html
    assert "About €598.00 net. How so?" in page
    assert "Tax on it −€402.00" in page
    assert "Standing choices" not in page
    site.post("/choices", headers=anna, data={"product": "leave", "mode": "rest"})
    buy(site, anna, "car")
    page = read(site, "/home", anna)
    assert "Standing choices 1 at work" in page
    assert "Charged each month €600.00 a month for 1 agreement" in page


# Figures --------------------------------------------------------------------------------------


def forty(products: dict[str, Any], of: int = 40) -> dict[str, Any]:
    """So many products, of all kinds there are; one of the first few is scarce."""
    kinds = sorted(products, key=lambda code: code != "seat")
    return {
        f"{kinds[place % len(kinds)]}_{place}": products[kinds[place % len(kinds)]]
        for place in range(of)
    }


@pytest.mark.parametrize("path", ["/shop", "/plan"])
def test_the_number_of_questions_does_not_follow_the_number_of_products(
    session: Session, site: FlaskClient, anna: dict[str, str], path: str
) -> None:
    found = []
    for version, count in (("2026-02", 4), ("2026-03", 40)):
        factories.a_scheme(
            session,
            version=version,
            components={"budget": "1000 * part_time_factor"},
            hours={"extra": {"formula": "24", "moment": "january", "round": "up", "unit": "hour"}},
            products=forty(PRODUCTS, count),
        )
        session.commit()
        read(site, path, anna)
        with counted(session) as seen:
            page = read(site, path, anna)
        found.append(seen.statements)
        if path == "/shop":
            html = site.get("/shop", headers=anna).text
            assert html.count('class="tile product-card') == count, page
    assert found[0] == found[1]
    assert found[0] <= 30


def test_a_product_is_shown_in_a_fixed_number_of_questions(
    session: Session, site: FlaskClient, anna: dict[str, str], shop: Shop
) -> None:
    def asked() -> int:
        with counted(session) as seen:
            read(site, "/shop/leave", anna)
        return seen.statements

    read(site, "/shop/leave", anna)
    few = asked()
    for _ in range(5):
        shop.order(session, "leave", "1")
    buy(site, anna, "car")
    session.commit()
    assert asked() - few <= 1, "what is charged of the car"
    assert few <= 40
