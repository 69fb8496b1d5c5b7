"""HR's pages of price rules."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from ideals.kernel.actor import Role
from ideals.kernel.ids import new_id
from ideals.kernel.month import Month
from ideals.pricing.models import PriceRule
from ideals.pricing.queries.steering import version_of, versions_of
from tests.counting import counted
from tests.pricing.desk import QUIET, on, opened
from tests.pricing.desk import Desk as Prices
from tests.shop.conftest import NOW, Shop
from tests.shop.desk import Desk, client_of, desk_of, words

FEBRUARY, MARCH, APRIL = Month(2026, 2), Month(2026, 3), Month(2026, 4)


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
    return opened(session, shop)


@pytest.fixture
def dora(client: FlaskClient, prices: Prices) -> Desk:
    return desk_of(client, "dora", Role.HR_PRICES)


def test_an_empty_list_says_what_will_be_there(dora: Desk) -> None:
    assert "No price rules yet" in dora.read("/prices/rules")


def test_a_rule_is_shown_as_a_sentence(dora: Desk, prices: Prices, session: Session) -> None:
    prices.know(FEBRUARY, "82", NOW)
    rule = prices.write(NOW)
    session.commit()
    listed = dora.read("/prices/rules")
    assert "Extra leave: 15% less when utilisation is less than 85" in listed
    page = dora.read(f"/prices/rules/{rule.id}")
    assert (
        "Extra leave: 15% less from April 2026 through June 2026, when utilisation is less than 85."
        in page
    )
    assert "When nobody has decided by 31 March 2026 it is refused" in page
    assert "March 2026 82 (February 2026) for everybody" in page
    assert "February 2026 missing for nobody: a value is missing" in page


FORM = {
    "name-en": "Quiet season",
    "name-nl": "Rustig seizoen",
    "says-en": "Quiet season: leave costs 15% less",
    "says-nl": "Rustig seizoen: verlof kost 15% minder",
    "scheme": "simple",
    "products": "leave",
    "from_month": "2026-04",
    "through_month": "2026-06",
    "how": "percent-",
    "value": "15",
    "whom": "choices",
    "joined": "and",
    "rows-0-name": "indicator_utilisation",
    "rows-0-sign": "<",
    "rows-0-value": "85",
    "order": "10",
    "combines": "yes",
    "reason": "The order book is thin.",
    "do": "save",
}


def saved(session: Session) -> PriceRule:
    """The latest."""
    session.expire_all()
    return session.scalars(select(PriceRule).order_by(PriceRule.number.desc()).limit(1)).one()


def test_the_form_makes_the_rule_of_the_example(
    dora: Desk, prices: Prices, session: Session
) -> None:
    prices.know(FEBRUARY, "82", NOW)
    session.commit()
    where = dora.post("/prices/rules/new", id=str(new_id()), **FORM)
    rule = saved(session)
    assert where == f"/prices/rules/{rule.id}"
    assert version_of(session, rule).plain == dict(QUIET)
    page = dora.get(f"/prices/rules/{rule.id}/edit")
    assert '<option value="indicator_utilisation" selected>' in page
    assert "Extra leave €20.00 → €17.00" in words(page)


def test_what_was_typed_is_kept_with_what_is_wrong(dora: Desk, session: Session) -> None:
    wrong = {"name-en": "", "name-nl": "", "value": "much", "rows-0-value": "low", "from_month": ""}
    answer = dora.send("/prices/rules/new", id=str(new_id()), **{**FORM, **wrong})
    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    for field in ("name-nl", "value", "rows-0-value", "from_month"):
        assert f'href="#{field}"' in page, field
        assert f'id="{field}-error"' in page, field
    assert 'value="much"' in page
    assert 'value="low"' in page
    assert "Quiet season: leave costs 15% less" in page
    assert session.scalar(select(PriceRule)) is None


@pytest.mark.parametrize(
    ("changed", "field", "said"),
    [
        ({"products": "nothing"}, "products", "which the scheme does not sell"),
        ({"through_month": "2026-01"}, "through_month", "comes after the first"),
        ({"whom": "formula", "condition": "gender == 'f'"}, "condition", "gender is never a fact"),
        ({"how": "percent-", "value": "100"}, "value", "above -100"),
        ({"rows-0-name": "age", "rows-0-value": "60", "reason": ""}, "rows", "say why"),
        ({"rows-0-name": "scale", "rows-0-sign": ">="}, "rows-0-value", "not more or less"),
        ({"rows-0-name": ""}, "rows", "or choose everybody"),
        ({"order": "first"}, "order", "whole number"),
        ({"code": "list_price"}, "code", "a step of every price"),
    ],
)
def test_each_fault_stands_beside_its_field(
    dora: Desk, prices: Prices, session: Session, changed: dict[str, str], field: str, said: str
) -> None:
    prices.know(FEBRUARY, "82", NOW)
    session.commit()
    answer = dora.send("/prices/rules/new", id=str(new_id()), **{**FORM, **changed})
    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    assert re.search(rf'<a href="#{field}">[^<]*{said}', page), words(page)
    assert f'id="{field}"' in page


def test_buttons_add_and_take_out_conditions_without_script(dora: Desk) -> None:
    added = dora.send("/prices/rules/new", **{**FORM, "do": "add"})
    assert 'name="rows-1-name"' in added.get_data(as_text=True)
    gone = dora.send("/prices/rules/new", **{**FORM, "do": "remove:0"})
    assert 'name="rows-0-name"' not in gone.get_data(as_text=True)


def test_looking_keeps_nothing_and_shows_what_it_meets(
    dora: Desk, prices: Prices, session: Session
) -> None:
    prices.know(FEBRUARY, "82", NOW)
    prices.agreed(NOW, code="spring", name={"en": "Spring"}, condition="", order=5)
    session.commit()
    look = dora.send("/prices/rules/new", **{**FORM, "do": "look"})
    page = words(look.get_data(as_text=True))
    assert look.status_code == 200
    assert "Both change the price: first Spring, then Quiet season" in page
    assert "Extra leave €17.00 → €14.45" in page
    assert "As a formula: indicator_utilisation &lt; 85" in page
    alone = dora.send("/prices/rules/new", **{**FORM, "combines": "no", "order": "5"})
    assert alone.status_code == 422
    assert "which of them counts is not said" in words(alone.get_data(as_text=True))
    assert session.scalars(select(PriceRule.code)).all() == ["spring"]


def test_a_formula_that_choices_cannot_say_stays_a_formula(
    dora: Desk, prices: Prices, session: Session
) -> None:
    formula = "weekly_hours * 2 > 60 or (scale == '8' and unit != 'Bank')"
    rule = prices.write(NOW, condition=formula)
    session.commit()
    page = dora.get(f"/prices/rules/{rule.id}/edit")
    assert re.search('value="formula" checked', page)
    sent = {**FORM, "whom": "formula", "condition": formula, "seen": "1", "value": "20"}
    dora.post(f"/prices/rules/{rule.id}/edit", **sent)
    assert version_of(session, saved(session)).plain["condition"] == formula


def test_two_who_save_lose_nothing(dora: Desk, prices: Prices, session: Session) -> None:
    prices.know(FEBRUARY, "82", NOW)
    rule = prices.write(NOW)
    session.commit()
    path = f"/prices/rules/{rule.id}/edit"
    dora.post(path, **{**FORM, "value": "20"}, seen="1")
    late = dora.send(path, **{**FORM, "value": "10"}, seen="1")
    assert late.status_code == 409
    page = words(late.get_data(as_text=True))
    assert "dora@meridian.example saved this rule" in page
    assert "20% less → into 10% less" in page
    assert 'name="seen" value="2"' in late.get_data(as_text=True)
    dora.post(path, **{**FORM, "value": "10"}, seen="2")
    assert [each.plain["change"]["value"] for each in versions_of(session, rule.id)] == [
        "-10", "-20", "-15",
    ]  # fmt: skip
    assert "How much ± changed 20% less → into 10% less" in dora.read(f"/prices/rules/{rule.id}")


def test_a_rule_that_an_order_came_about_by_is_ended_on_its_page(
    dora: Desk, prices: Prices, session: Session
) -> None:
    prices.know(FEBRUARY, "90", NOW)
    prices.know(MARCH, "82", NOW)
    rule = prices.agreed(NOW)
    session.commit()
    path = f"/prices/rules/{rule.id}"
    page = dora.read(path)
    assert "Withdraw the rule" in page
    assert "none came about by it" in page
    prices.shop.order(session, "leave", "1", month=APRIL)
    session.commit()
    page = dora.read(path)
    assert "Withdraw the rule" not in page
    assert "End the rule with this month" in page
    assert "came about by it and keep their price" in page


def test_a_refusal_by_the_clock_is_said_in_dutch(
    dora: Desk, prices: Prices, session: Session
) -> None:
    prices.know(FEBRUARY, "90", NOW)
    rule = prices.submit(prices.write(NOW), NOW)
    prices.sweep(on(4, 1))
    session.commit()
    assert "Niet op tijd beslist." in dora.read(f"/prices/rules/{rule.id}", language="nl")


def test_a_rule_is_submitted_withdrawn_and_ended_on_its_page(
    dora: Desk, prices: Prices, session: Session, times: list[datetime]
) -> None:
    prices.know(MARCH, "82", NOW)
    rule, other = prices.write(NOW), prices.write(NOW, code="other", order=20)
    session.commit()
    path = f"/prices/rules/{rule.id}"
    stale = dora.send(f"{path}/submission", seen="7")
    assert stale.status_code == 409
    assert "Somebody changed this price rule" in stale.get_data(as_text=True)
    dora.post(f"{path}/submission", seen="1")
    assert "waits for a second person" in dora.read(path)
    dora.post(f"/prices/rules/{other.id}/submission", seen="1")
    dora.post(f"/prices/rules/{other.id}/withdrawal")
    assert "It was withdrawn before it did anything." in dora.read(f"/prices/rules/{other.id}")
    prices.decide(saved_as(session, rule), NOW)
    prices.publish(APRIL, on(3, 31))
    session.commit()
    times.append(on(4, 10))
    page = dora.read(path)
    assert "it can end with that month at the earliest" in page
    assert "Withdraw the rule" not in page
    assert dora.send(f"{path}/withdrawal").status_code == 409
    assert dora.send(f"{path}/ending", last_month="2026-03").status_code == 409
    assert dora.send(f"{path}/ending", last_month="soon").status_code == 422
    dora.post(f"{path}/ending", last_month="2026-04")
    session.expire_all()
    assert saved_as(session, rule).last_month == APRIL


def saved_as(session: Session, rule: PriceRule) -> PriceRule:
    return session.scalars(select(PriceRule).where(PriceRule.id == rule.id)).one()


def test_a_rule_of_a_published_month_says_so_before_it_is_submitted(
    dora: Desk, prices: Prices, session: Session
) -> None:
    prices.know(FEBRUARY, "82", NOW)
    rule = prices.write(NOW)
    prices.publish(APRIL, NOW)
    session.commit()
    page = dora.read(f"/prices/rules/{rule.id}")
    assert "Let the rule begin with a later month" in page
    assert "Submit it to a second person" not in page
    refused = dora.send("/prices/rules/new", id=str(new_id()), **FORM)
    assert refused.status_code == 422
    assert "begin with a later month" in refused.get_data(as_text=True)
    assert 'value="2026-05"' in dora.get("/prices/rules/new")


def test_the_list_is_searched_filtered_sorted_and_downloaded(
    dora: Desk, prices: Prices, session: Session
) -> None:
    prices.write(NOW, code="autumn", name={"en": "Autumn"}, condition="", order=3, combines=False)
    prices.agreed(NOW, code="zest", name={"en": "Zest 100%"}, condition="", products=["seat"])
    session.commit()

    def codes(query: str) -> list[str]:
        return [row["Code"] for row in dora.rows(f"/prices/rules.csv{query}")]

    assert codes("") == ["zest", "autumn"]
    assert codes("?sort=name") == codes("?sort=order") == ["autumn", "zest"]
    assert codes("?sort=-name") == ["zest", "autumn"]
    assert codes("?search=AUT") == codes("?state=draft") == ["autumn"]
    assert codes("?search=100%25") == codes("?product=simple:seat") == ["zest"]
    assert codes("?search=1%25") == codes("?product=simple:keep") == codes("?scheme=none") == []
    assert codes("?state=nonsense&sort=nonsense") == ["zest", "autumn"]
    assert dora.rows("/prices/rules.csv?search=autumn") == [
        {
            "Code": "autumn", "Name": "Autumn", "Scheme": "Scheme simple",
            "Products": "Extra leave",
            "From": "2026-04", "Through": "2026-06", "How much": "15% less", "Condition": "",
            "Place in the order": "3", "Combines": "FALSE", "State": "draft",
        }
    ]  # fmt: skip
    assert "Nothing fits." in dora.read("/prices/rules?search=nothing")
    assert "Autumn" in dora.read("/prices/rules?sort=-state")


def test_pages_of_the_list_follow_each_other(dora: Desk, prices: Prices, session: Session) -> None:
    for number in range(55):
        prices.write(NOW, code=f"rule_{number:02}", name={"en": f"Rule {number:02}"}, condition="")
    session.commit()
    for sort, first in (("", "Rule 54"), ("name", "Rule 00"), ("months", "Rule 00")):
        page = dora.get(f"/prices/rules?sort={sort}")
        assert re.findall(r"Rule \d\d", page)[0] == first
        cursor = re.search(r'href="([^"]*cursor=[^"]*)"', page)
        assert cursor is not None
        later = dora.get(cursor.group(1).replace("&amp;", "&"))
        seen = set(re.findall(r"Rule \d\d", page)) | set(re.findall(r"Rule \d\d", later))
        assert len(seen) == 55


def test_more_rules_cost_no_more_statements(dora: Desk, prices: Prices, session: Session) -> None:
    rule = prices.write(NOW, condition="")
    session.commit()
    paths = ("/prices/rules", f"/prices/rules/{rule.id}", f"/prices/rules/{rule.id}/edit")

    def cost() -> list[int]:
        found = []
        for path in paths:
            dora.get(path)  # what a process keeps is there from now on
            with counted() as seen:
                dora.get(path)
            found.append(seen.statements)
        return found

    few = cost()
    for number in range(20):
        prices.agreed(NOW, code=f"more_{number}", name={"en": f"More {number}"}, condition="")
    session.commit()
    assert cost() == few


def test_only_hr_for_prices_comes_in(
    client: FlaskClient,
    shop: Shop,
    prices: Prices,
    session: Session,
) -> None:
    rule = prices.write(NOW, condition="")
    session.commit()
    one = f"rules/{rule.id}"
    cast = (("anna", ()), ("boris", ()), ("dina", (Role.HR, Role.HR_DEALS)))
    for name, roles in cast:
        desk = desk_of(client, name, *roles)
        for path in (
            "rules",
            "rules.csv",
            f"rules/{rule.id}",
            "rules/new",
            f"rules/{rule.id}/edit",
        ):
            assert desk.ask(f"/prices/{path}").status_code == 403, (name, path)
        acts = (f"{one}/edit", f"{one}/submission", f"{one}/withdrawal", f"{one}/ending")
        for path in ("rules/new", *acts, "lists/2026-04", "bounds/simple/leave", "indicators"):
            assert desk.send(f"/prices/{path}", **FORM).status_code == 403, (name, path)
    assert (
        desk_of(client, "dora", Role.HR_PRICES).ask(f"/prices/rules/{new_id()}").status_code == 404
    )


def test_dutch_figures_are_read_and_shown_as_dutch(dora: Desk, session: Session) -> None:
    sent = {**FORM, "whom": "choices", "rows-0-name": "part_time_factor", "rows-0-value": "0,85",
            "value": "12,5", "id": str(new_id())}  # fmt: skip
    header = dora.header | {"Accept-Language": "nl"}
    answer = dora.client.post("/prices/rules/new", headers=header, data=sent)
    assert answer.status_code == 303
    plain = version_of(session, saved(session)).plain
    assert plain["change"] == {"kind": "percent", "value": "-12.5"}
    assert plain["condition"] == "part_time_factor < 0.85"
    page = dora.get(f"{answer.location}/edit", "nl")
    assert 'value="12,5"' in page
    assert 'value="0,85"' in page
