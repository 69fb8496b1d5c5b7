from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from ideals.approvals.states import Decision
from ideals.deals import commands, pages
from ideals.deals.commands import InviteAdviser, SaveDraft, Say
from ideals.deals.models import Deal
from ideals.deals.pages.fields import Type, euros_of, minutes_of, sent_offer, shown_terms
from ideals.kernel import clock
from ideals.kernel.month import Month
from tests.counting import counted
from tests.deals.conftest import TERMS, offer, term
from tests.deals.table import (
    BONUS,
    NOW,
    Cast,
    both_accept,
    cast_of,
    counter,
    decide,
    in_force,
    propose,
)
from tests.desk import Desk, desk, make_app

MARCH = Month(2027, 3)
PLACES = ("", "/offer", "/offers/1")
ACTS = {
    "acceptance": {"offer": "1"},
    "refusal": {"seen": "1", "reason": "No"},
    "withdrawal": {"seen": "1"},
    "messages": {"said": "Hello"},
    "advisers": {"number": "egor"},
    "offer": {"seen": "1", "do": "draft"},
}


@pytest.fixture(autouse=True)
def at_nine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def cast(session: Session) -> Cast:
    return cast_of(session)


@pytest.fixture
def app() -> Flask:
    return make_app()


@pytest.fixture
def desks(session: Session, app: Flask, cast: Cast) -> dict[str, Desk]:
    names = ("anna", "boris", "clara", "dina", "egor", "greta", "henk")
    return {name: desk(session, app, cast[name], now=NOW) for name in names}


def in_words(page: str) -> str:
    main = page.split('<main id="content"')[1].split("</main>")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", main).split())


@pytest.fixture
def deal(session: Session, cast: Cast) -> Deal:
    made = propose(session, cast, term("pattern"), subject="Fridays in the meadow")
    session.commit()
    return made


# Who sees what


@pytest.mark.parametrize("name", ["clara", "egor", "greta", "henk"])
def test_an_id_that_is_guessed_shows_nothing(
    session: Session, desks: dict[str, Desk], deal: Deal, name: str
) -> None:
    for place in PLACES:
        answer = desks[name].get(f"/deals/{deal.id}{place}")
        assert answer.status_code == 404, place
        assert deal.subject not in answer.text
    for act, form in ACTS.items():
        assert desks[name].post(f"/deals/{deal.id}/{act}", **form).status_code == 404, act
    for place in ("/deals", "/deals/team"):
        assert deal.subject not in in_words(desks[name].get(place).text), place
    session.expire_all()
    assert session.get_one(Deal, deal.id).version == deal.version == 1


def test_the_register_is_for_hr_with_rights_to_deals(desks: dict[str, Desk], deal: Deal) -> None:
    for more in ("", "/refused", "/overdue", "/money"):
        found = {
            name: each.get(f"/deals/register{more}").status_code for name, each in desks.items()
        }
        assert found.pop("dina") == 200
        assert set(found.values()) == {403}
    assert "Fridays in the meadow" in in_words(
        desks["dina"].get("/deals/register?search=anna").text
    )
    assert "Nothing fits" in in_words(desks["dina"].get("/deals/register?kind=money").text)


def test_a_draft_is_on_no_page_of_others(
    session: Session, cast: Cast, desks: dict[str, Desk], deal: Deal
) -> None:
    secret = "A word that nobody else reads"
    for deal_id in (None, deal.id):
        text = offer(colleagues=secret)
        cmd = SaveDraft(deal_id, 1 if deal_id else 0, text, 0)
        commands.save_draft(session, cmd, actor=cast.anna, now=NOW)
    commands.invite_adviser(session, InviteAdviser(deal.id, "clara"), actor=cast.anna, now=NOW)
    session.commit()
    for path in (f"/deals/{deal.id}/offer", "/deals/new"):
        assert secret in desks["anna"].get(path).text
        for name in ("boris", "clara", "dina", "greta"):
            assert secret not in desks[name].get(path).text, (name, path)
    assert secret not in desks["boris"].get(f"/deals/{deal.id}").text


def test_messages_are_for_both_sides_and_the_adviser(
    session: Session, cast: Cast, desks: dict[str, Desk], deal: Deal
) -> None:
    commands.say(session, Say(deal.id, "Who is there <b>then</b>?"), actor=cast.boris, now=NOW)
    session.commit()
    assert "Who is there &lt;b&gt;then&lt;/b&gt;?" in desks["anna"].get(f"/deals/{deal.id}").text
    assert "Who is there" not in desks["dina"].get(f"/deals/{deal.id}").text


# Acts


def test_who_signed_in_long_ago_proves_who_they_are_first(
    desks: dict[str, Desk], deal: Deal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(hours=20))
    answer = desks["boris"].post(f"/deals/{deal.id}/acceptance", offer="1")
    assert answer.status_code == 303
    assert answer.location == f"/sign-in/again?next=/deals/{deal.id}"


def test_what_was_seen_before_is_not_accepted(
    session: Session, cast: Cast, desks: dict[str, Desk], deal: Deal
) -> None:
    counter(session, deal, cast.anna, term("pattern"), colleagues="Egor takes the Fridays")
    session.commit()
    answer = desks["boris"].post(f"/deals/{deal.id}/acceptance", offer="1")
    assert answer.status_code == 409
    said = in_words(answer.text)
    assert "There is a newer offer: nothing was done with offer 1" in said
    assert "For colleagues" in said and "Egor takes the Fridays" in said


def test_an_answer_to_an_older_offer_is_kept_with_what_changed(
    session: Session, app: Flask, cast: Cast, desks: dict[str, Desk], deal: Deal
) -> None:
    counter(session, deal, cast.anna, term("pattern"), colleagues="Egor takes the Fridays")
    session.commit()
    with app.test_request_context():
        form = {**typed(offer(term("pattern"))), "employee_gets": "What Boris wrote"}
    answer = desks["boris"].post(f"/deals/{deal.id}/offer", seen="1", do="send", **form)
    assert answer.status_code == 409
    assert "What Boris wrote" in answer.text
    assert "Offer 2 came since you began to answer offer 1" in in_words(answer.text)
    assert '<input type="hidden" name="seen" value="2">' in answer.text
    sent = desks["boris"].post(f"/deals/{deal.id}/offer", seen="2", do="send", **form)
    assert sent.status_code == 303


def test_what_is_far_too_long_is_said_and_not_shown_as_a_failure(
    desks: dict[str, Desk], deal: Deal
) -> None:
    long = desks["boris"].post(f"/deals/{deal.id}/messages", said="x" * 100_000)
    assert long.status_code == 422
    assert "at most 10,000 characters" in in_words(long.text)
    turned = desks["boris"].post(f"/deals/{deal.id}/refusal", seen="1", reason="\u202e001")
    assert turned.status_code == 422
    assert "turns the direction" in in_words(turned.text)


def test_after_somebody_else_refused_both_go_on(
    session: Session, cast: Cast, desks: dict[str, Desk]
) -> None:
    made = both_accept(session, cast, propose(session, cast, BONUS))
    session.commit()
    assert "Somebody else must agree before" in in_words(
        desks["anna"].get(f"/deals/{made.id}").text
    )
    greta = desks["greta"].get(f"/deals/{made.id}")
    assert greta.status_code == 200 and "What happened" not in in_words(greta.text)
    decide(session, made, cast.greta, Decision.REFUSE, "Too dear")
    session.commit()
    said = in_words(desks["anna"].get(f"/deals/{made.id}").text)
    assert "Somebody else did not agree to offer 1. Either side can make another." in said
    assert "Make another offer" in said and "Take it back" in said
    assert "Accept offer 1" not in said
    withdrawn = desks["anna"].post(f"/deals/{made.id}/withdrawal", seen="1")
    assert withdrawn.status_code == 303
    assert "It is over since" in in_words(desks["boris"].get(f"/deals/{made.id}").text)


def test_home_says_what_holds_and_what_waits(session: Session, app: Flask, cast: Cast) -> None:
    with app.test_request_context(headers={"Accept-Language": "en"}):
        assert pages.panels(session, cast.ids["anna"], MARCH) == []
        in_force(session, cast, term("other"))
        counter(session, propose(session, cast), cast.boris, term("pattern"))
        (panel,) = pages.panels(session, cast.ids["anna"], MARCH)
    assert (panel.value, panel.text) == ("1 in force", "Your answer is missing in 1.")


# What it costs


def test_many_offers_and_messages_cost_no_more(
    session: Session, cast: Cast, desks: dict[str, Desk], deal: Deal
) -> None:
    big = propose(session, cast, term("pattern"), subject="Long and wide")
    counter(session, deal, cast.boris, term("pattern"), term("money"))
    for number in range(49):
        who = cast.boris if number % 2 else cast.anna
        counter(session, big, who, term("pattern"), term("money"), colleagues=f"As said {number}")
    for number in range(500):
        commands.say(session, Say(big.id, f"Message {number}"), actor=cast.boris, now=NOW)
    session.commit()
    costs = []
    for each in (deal, big):
        desks["anna"].get(f"/deals/{each.id}")
        with counted() as seen:
            page = desks["anna"].get(f"/deals/{each.id}")
            costs.append((seen.statements, len(page.text)))
    small, large = costs
    assert large[0] <= small[0] + 1
    assert large[1] < 3 * small[1]
    whole = desks["anna"].get(f"/deals/{big.id}").text
    assert "Message 499" in whole and "Message 400" not in whole
    earlier = re.search(r'href="([^"]+messages=\d+)', whole)
    assert earlier is not None
    assert "Message 490" in desks["anna"].get(earlier[1]).text


# The form's fields


def typed(plain: dict[str, Any]) -> dict[str, str]:
    """What the form of an offer sends back."""
    form = {key: str(value) for key, value in plain.items() if key != "terms"}
    for shown in shown_terms(plain):
        form[f"{shown.id}-kind"] = shown.kind
        for field in shown.fields:
            if field.week:
                form |= {f"{field.id}-{day}": value for day, _, value in field.week}
            elif field.type is Type.YES:
                form |= {field.id: "yes"} if field.value == "True" else {}
            else:
                form[field.id] = field.value
    return form


@pytest.fixture
def in_english(app: Flask) -> Iterator[None]:
    with app.test_request_context(headers={"Accept-Language": "en"}):
        yield


@pytest.mark.parametrize("kind", TERMS)
@pytest.mark.usefixtures("in_english")
def test_an_offer_goes_through_its_form_as_it_is(kind: str) -> None:
    plain = offer(TERMS[kind])
    assert sent_offer(typed(plain)) == plain


@pytest.mark.parametrize(
    ("text", "euros"),
    [
        ("250", "250.00"),
        ("250,5", "250.50"),
        ("€ 1.250,50", "1250.50"),
        ("1,250.50", "1250.50"),
        ("1.250", "1250.00"),
        ("1,250,50", "1,250,50"),
        ("12o", "12o"),
        ("", ""),
    ],
)
def test_euros_as_people_write_them(text: str, euros: str) -> None:
    assert euros_of(text) == euros


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("9", 540), ("7,5", 450), ("7.25", 435), ("7:20", 440), ("7,33", "7,33"), ("x", "x")],
)
def test_hours_as_people_write_them(text: str, minutes: int | str) -> None:
    assert minutes_of(text) == minutes
