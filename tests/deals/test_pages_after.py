"""What comes after agreeing, by the page of a deal: both sides act there, nobody else sees it."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from ideals.approvals.states import Decision
from ideals.deals.commands import InviteAdviser, NameBreach, going, invite_adviser, name_breach
from ideals.deals.models import Breach, Deal, DealBonus, Ending, Evaluation, Letter, LifeEvent
from ideals.deals.queries import lists
from ideals.deals.rules.life import Happened, Life
from ideals.kernel import clock
from ideals.kernel.actor import Actor
from ideals.kernel.ids import new_id
from tests.counting import counted
from tests.deals.conftest import term
from tests.deals.table import (
    BONUS,
    NOW,
    Cast,
    at,
    both_accept,
    cast_of,
    decide,
    in_force,
    propose,
)
from tests.deals.test_living_money import started
from tests.desk import Desk, desk, make_app

DUE = date(2027, 9, 1)
ANSWERS = {
    "round": "1",
    "promised": "Four days <b>and</b> early shifts",
    "kept_by_me": "all",
    "kept_by_them": "partly",
    "worth_it": "with_changes",
    "on_others": "worse",
    "note": "",
}
OTHERS = ("clara", "egor", "greta", "henk")


@pytest.fixture(autouse=True)
def when_due(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: at(DUE))


@pytest.fixture
def cast(session: Session) -> Cast:
    return cast_of(session)


@pytest.fixture
def app() -> Flask:
    return make_app()


@pytest.fixture
def desks(session: Session, app: Flask, cast: Cast) -> dict[str, Desk]:
    names = ("anna", "boris", "dina", *OTHERS)
    return {name: desk(session, app, cast[name], now=at(DUE)) for name in names}


@pytest.fixture
def deal(session: Session, cast: Cast) -> Deal:
    made = in_force(session, cast, term("pattern"), subject="Fridays in the meadow")
    session.commit()
    return made


def in_words(page: str) -> str:
    main = page.split('<main id="content"')[1].split("</main>")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", main).split())


def said(desks: dict[str, Desk], name: str, deal: Deal) -> str:
    return in_words(desks[name].get(f"/deals/{deal.id}").text)


def post(desks: dict[str, Desk], name: str, deal: Deal, act: str, **form: Any) -> int:
    return desks[name].post(f"/deals/{deal.id}/{act}", **form).status_code


def one(session: Session, model: type[Any], deal: Deal) -> Any:
    session.expire_all()
    return session.scalars(select(model).where(model.deal_id == deal.id)).one()


def test_nobody_else_does_anything_here(
    session: Session, cast: Cast, desks: dict[str, Desk], deal: Deal
) -> None:
    breach = name_breach(
        session, NameBreach(new_id(), deal.id, "No early shift"), actor=cast.anna, now=at(DUE)
    )
    session.commit()
    acts: tuple[tuple[str, dict[str, str]], ...] = (
        ("evaluations", ANSWERS),
        ("breaches", {"breach": "Not kept"}),
        (f"breaches/{breach.id}/answer", {f"answer-{breach.id}": "It was"}),
        (f"breaches/{breach.id}/settlement", {}),
        ("endings", {"last_day": "2027-10-01", "end_reason": "Enough"}),
        ("endings", {"last_day": "", "end_reason": "Enough"}),
        (f"endings/{new_id()}/answer", {"agree": "yes"}),
        ("life-events/1", {"then": "end"}),
        ("life-events/1", {"then": "nonsense"}),
        ("bonuses/1/0", {"amount-1-0": "1", "evidence-1-0": "Seen"}),
        ("bonuses/1/0", {"amount-1-0": "x", "evidence-1-0": "Seen"}),
    )
    for name in OTHERS:
        for act, form in acts:
            assert post(desks, name, deal, act, **form) == 404, (name, act)
    session.expire_all()
    assert not session.scalars(select(Evaluation)).all()
    assert not session.scalars(select(Ending)).all()
    assert one(session, Breach, deal).state == "named"


def test_each_looks_back_blind_and_then_reads_both(
    session: Session, desks: dict[str, Desk], deal: Deal
) -> None:
    assert post(desks, "anna", deal, "evaluations", **ANSWERS) == 303
    mine, theirs = said(desks, "anna", deal), said(desks, "boris", deal)
    assert "Only you see this" in mine and "&lt;b&gt;and&lt;/b&gt; early shifts" in mine
    assert "Keep how you look back" not in mine
    for hidden in ("early shifts on", "worse for them</td>", "&lt;b&gt;and"):
        assert hidden not in theirs.replace("Early and late shifts on four days", "")
    assert "Anna has" in theirs and "Keep how you look back" in theirs
    assert "&lt;b&gt;and" not in said(desks, "dina", deal)
    again = desks["boris"].post(f"/deals/{deal.id}/evaluations", round="1", promised="As agreed")
    assert again.status_code == 422 and "As agreed" in again.text
    assert in_words(again.text).count("Choose one of these.") == 8  # above, and at each field
    answers = {**ANSWERS, "promised": "Shifts, mostly", "worth_it": "no"}
    assert post(desks, "boris", deal, "evaluations", **answers) == 303
    for name in ("anna", "boris", "dina"):
        page = said(desks, name, deal)
        assert "&lt;b&gt;and&lt;/b&gt; early shifts Shifts, mostly" in page, name
        assert "Both have looked back" in page
    changed = {**ANSWERS, "worth_it": "yes"}
    assert post(desks, "anna", deal, "evaluations", **changed) == 409
    assert len(session.scalars(select(Evaluation)).all()) == 2


def test_hr_does_not_look_back_for_a_side(desks: dict[str, Desk], deal: Deal) -> None:
    assert "Keep how you look back" not in said(desks, "dina", deal)
    assert desks["dina"].post(f"/deals/{deal.id}/evaluations", **ANSWERS).status_code == 409


def test_a_breach_is_said_answered_and_goes_to_hr(
    session: Session, desks: dict[str, Desk], deal: Deal
) -> None:
    assert post(desks, "anna", deal, "breaches", breach=" ", id=str(new_id())) == 422
    form = {"breach": "<script>No</script> early shift", "id": str(new_id())}
    assert [post(desks, "anna", deal, "breaches", **form) for _ in range(2)] == [303, 303]
    breach = one(session, Breach, deal)
    place = f"breaches/{breach.id}"
    page = desks["boris"].get(f"/deals/{deal.id}").text
    assert "&lt;script&gt;No&lt;/script&gt; early shift" in page
    assert f'name="answer-{breach.id}"' in page and "It stays: ask HR" not in page
    assert post(desks, "boris", deal, f"{place}/answer", **{f"answer-{breach.id}": ""}) == 422
    answer = {f"answer-{breach.id}": "From May on"}
    assert post(desks, "boris", deal, f"{place}/answer", **answer) == 303
    assert "From May on" in said(desks, "anna", deal)
    assert post(desks, "anna", deal, f"{place}/settlement", stays="yes") == 303
    assert one(session, Breach, deal).state == "with_hr"
    assert "HR looks at it" in said(desks, "dina", deal)
    assert post(desks, "anna", deal, f"{place}/settlement") == 409
    other = in_words(desks["boris"].get(f"/deals/{deal.id}").text)
    assert "What was not kept went to HR" in other


def test_a_breach_of_another_deal_is_not_found_here(
    session: Session, cast: Cast, desks: dict[str, Desk], deal: Deal
) -> None:
    beside = in_force(session, cast, term("other"))
    cmd = NameBreach(new_id(), beside.id, "No place to park")
    breach = name_breach(session, cmd, actor=cast.anna, now=at(DUE))
    session.commit()
    form = {f"answer-{breach.id}": "There is"}
    assert post(desks, "boris", deal, f"breaches/{breach.id}/answer", **form) == 404
    assert post(desks, "boris", beside, f"breaches/{breach.id}/answer", **form) == 303


def test_one_asks_to_end_it_and_the_other_answers(
    session: Session, desks: dict[str, Desk], deal: Deal
) -> None:
    form = {"end_reason": "My mother <i>needs</i> me", "id": str(new_id())}
    assert post(desks, "anna", deal, "endings", last_day="", **form) == 422
    late = desks["anna"].post(f"/deals/{deal.id}/endings", last_day="2027-08-31", **form)
    assert late.status_code == 422 and "Choose a last day from today on" in late.text
    assert post(desks, "anna", deal, "endings", last_day="2027-10-01", **form) == 303
    ending = one(session, Ending, deal)
    place = f"endings/{ending.id}/answer"
    assert "Take it back: it should go on" in said(desks, "anna", deal)
    assert "&lt;i&gt;needs&lt;/i&gt;" in desks["boris"].get(f"/deals/{deal.id}").text
    assert post(desks, "boris", deal, place, agree="no") == 422
    objects = {f"said-{ending.id}": "Until May, please"}
    assert post(desks, "boris", deal, place, agree="no", **objects) == 303
    assert "Until May, please" in said(desks, "anna", deal)
    assert post(desks, "boris", deal, place, agree="yes") == 409
    form = {"end_reason": "It must be", "id": str(new_id()), "last_day": "2027-11-01"}
    assert post(desks, "boris", deal, "endings", **form) == 303
    second = next(e for e in session.scalars(select(Ending)) if e.id != ending.id)
    assert post(desks, "anna", deal, f"endings/{second.id}/answer", agree="yes") == 303
    session.expire_all()
    assert session.get_one(Deal, deal.id).ends_on == date(2027, 11, 1)
    assert "It ends early" in said(desks, "boris", deal)


def test_hr_sets_a_last_day(session: Session, desks: dict[str, Desk], deal: Deal) -> None:
    assert "Set a last day" in said(desks, "dina", deal)
    form = {"end_reason": "By the rule", "id": str(new_id()), "last_day": "2027-09-30"}
    assert post(desks, "dina", deal, "endings", **form) == 303
    session.expire_all()
    assert session.get_one(Deal, deal.id).ends_on == date(2027, 9, 30)
    assert "HR set a last day, by a rule" in said(desks, "anna", deal)


def test_both_say_what_becomes_of_it(
    session: Session, cast: Cast, desks: dict[str, Desk], deal: Deal
) -> None:
    happened = Happened(Life.LONG_SICKNESS, date(2027, 7, 1))
    going.ask_to_look_again(session, session.get_one(Deal, deal.id), happened, now=at(DUE))
    session.commit()
    event = one(session, LifeEvent, deal)
    place = f"life-events/{event.id}"
    assert "Ill for some weeks" in said(desks, "anna", deal)
    assert post(desks, "anna", deal, place, then="nonsense") == 422
    assert post(desks, "anna", deal, place, then="change") == 303
    assert "it should change" in said(desks, "boris", deal)
    assert (
        "Ill for"
        not in in_words(desks["boris"].get(f"/deals/{deal.id}").text)
        .split("What happened")[1]
        .split("Messages")[0]
    )
    assert post(desks, "boris", deal, place, then="continue") == 303
    assert post(desks, "boris", deal, place, then="end") == 409
    assert "Both said what should become of it" in said(desks, "dina", deal)


def test_the_manager_says_what_a_target_came_to(
    session: Session, cast: Cast, desks: dict[str, Desk]
) -> None:
    made = started(session, cast, BONUS)
    session.commit()
    assert "The rota of summer is there by May" in said(desks, "anna", made)
    assert "Say what it came to" not in said(desks, "anna", made)
    page = said(desks, "boris", made)
    assert "Say what it came to" in page
    form = {"evidence-1-0": "Every <u>shift</u>", "id": str(new_id())}
    place = "bonuses/1/0"
    assert post(desks, "anna", made, place, **{**form, "amount-1-0": "1"}) == 409
    for wrong in ("x", "", "750,01"):
        assert post(desks, "boris", made, place, **{**form, "amount-1-0": wrong}) == 422, wrong
    more = desks["boris"].post(f"/deals/{made.id}/{place}", **{**form, "amount-1-0": "750,01"})
    assert "at most what was promised" in in_words(more.text) and 'value="750,01"' in more.text
    assert post(desks, "boris", made, place, **{**form, "amount-1-0": "500,50"}) == 303
    assert one(session, DealBonus, made).amount_minor == 50_050
    read = desks["anna"].get(f"/deals/{made.id}").text
    assert "€500.50" in read and "Every &lt;u&gt;shift&lt;/u&gt;" in read


def test_letters_are_linked_and_one_that_does_not_count_says_so(
    session: Session, cast: Cast, desks: dict[str, Desk]
) -> None:
    made = both_accept(session, cast, propose(session, cast, BONUS))
    for language in ("en", "nl"):
        session.add(
            Letter(
                deal_id=made.id, offer=1, language=language,
                content=b"%PDF-1.4", digest="a" * 64, made_at=NOW,
            )
        )  # fmt: skip
    session.commit()
    for name in ("anna", "boris", "dina"):
        page = desks[name].get(f"/deals/{made.id}").text
        assert "does not count" not in page
        for language in ("en", "nl"):
            (link,) = re.findall(rf'href="([^"]+/letters/1/{language})"', page)
            assert desks[name].get(link).data.startswith(b"%PDF")
    assert "/letters/" not in desks["greta"].get(f"/deals/{made.id}").text
    decide(session, made, cast.greta, Decision.REFUSE, "Too dear")
    session.commit()
    assert "does not count" in said(desks, "anna", made)


def test_an_adviser_reads_of_no_illness_and_of_nothing_that_was_not_kept(
    session: Session, cast: Cast, desks: dict[str, Desk], deal: Deal
) -> None:
    invite_adviser(session, InviteAdviser(deal.id, "egor"), actor=cast.anna, now=at(DUE))
    ill = Happened(Life.LONG_SICKNESS, date(2027, 7, 1))
    going.ask_to_look_again(session, deal, ill, now=at(DUE))
    breach = name_breach(
        session, NameBreach(new_id(), deal.id, "No early shift"), actor=cast.anna, now=at(DUE)
    )
    session.commit()
    event = one(session, LifeEvent, deal)
    for name in ("anna", "boris", "dina"):
        page = said(desks, name, deal)
        assert "Ill for some weeks" in page and "No early shift" in page, name
    page = desks["egor"].get(f"/deals/{deal.id}").text
    for hidden in ("Ill for", "No early shift", f"life-events/{event.id}", f"{breach.id}"):
        assert hidden not in page, hidden
    assert post(desks, "egor", deal, f"life-events/{event.id}", then="end") == 409
    assert post(desks, "egor", deal, f"breaches/{breach.id}/settlement") == 409
    assert post(desks, "egor", deal, "evaluations", **ANSWERS) == 409
    assert one(session, LifeEvent, deal).employee_says is None
    assert one(session, Breach, deal).state == "named"


def test_much_of_it_costs_no_more(
    session: Session, cast: Cast, desks: dict[str, Desk], deal: Deal
) -> None:
    costs = []
    for count in (1, 40):
        for number in range(count):
            cmd = NameBreach(new_id(), deal.id, f"Not kept {number}")
            name_breach(session, cmd, actor=cast.anna if number % 2 else cast.boris, now=at(DUE))
        session.commit()
        desks["anna"].get(f"/deals/{deal.id}")
        with counted() as seen:
            page = desks["anna"].get(f"/deals/{deal.id}").text
        costs.append(seen.statements)
    assert "Not kept 39" in page
    assert costs[0] == costs[1]


# Lists, and what colleagues let others know


def test_what_waits_stands_in_the_lists(
    session: Session, cast: Cast, desks: dict[str, Desk], deal: Deal
) -> None:
    def waits(name: str, place: str) -> list[str]:
        words = ("look back on it", "answer what was not kept", "answer about ending it")
        page = in_words(desks[name].get(place).text)
        return [word for word in (*words, "say what becomes of it") if word in page]

    def counted_for(actor: Actor) -> int:
        return lists.count_turns(session, actor=actor, today=DUE)

    assert waits("anna", "/deals") == ["look back on it"]
    assert waits("boris", "/deals/team") == ["look back on it"]
    assert "Your turn" in in_words(desks["anna"].get("/deals").text)
    post(desks, "anna", deal, "evaluations", **ANSWERS)
    post(desks, "anna", deal, "breaches", breach="No early shift", id=str(new_id()))
    form = {"end_reason": "Enough", "id": str(new_id()), "last_day": "2027-12-01"}
    post(desks, "anna", deal, "endings", **form)
    assert waits("anna", "/deals") == []
    assert (counted_for(cast.anna), counted_for(cast.boris), counted_for(cast.clara)) == (0, 1, 0)
    assert lists.own_counts(session, cast.ids["anna"], DUE) == (1, 0)
    assert "Your turn" not in in_words(desks["anna"].get("/deals").text)
    everything = ["look back on it", "answer what was not kept", "answer about ending it"]
    assert waits("boris", "/deals/team") == everything
    happened = Happened(Life.UNIT_MOVED, date(2027, 8, 1))
    going.ask_to_look_again(session, session.get_one(Deal, deal.id), happened, now=at(DUE))
    session.commit()
    assert waits("anna", "/deals") == ["say what becomes of it"]
    assert counted_for(cast.anna) == 1
    assert lists.own_counts(session, cast.ids["anna"], DUE) == (1, 1)
    assert waits("boris", "/deals") == []


def test_lists_cost_the_same_however_much_waits(
    session: Session, cast: Cast, desks: dict[str, Desk], deal: Deal
) -> None:
    costs = []
    for count in (1, 8):
        for _ in range(count):
            made = in_force(session, cast, term("other"))
            cmd = NameBreach(new_id(), made.id, "Not kept")
            name_breach(session, cmd, actor=cast.anna, now=at(DUE))
        session.commit()
        for name, place in (("anna", "/deals"), ("boris", "/deals/team")):
            desks[name].get(place)
            with counted() as seen:
                desks[name].get(place)
            costs.append(seen.statements)
    assert costs[:2] == costs[2:]


def test_colleagues_see_what_they_may_know(
    session: Session, cast: Cast, desks: dict[str, Desk], deal: Deal
) -> None:
    nothing = in_words(desks["egor"].get("/deals/shown").text)
    assert "Nothing to see yet" in nothing and "Anna" not in nothing
    assert "/deals/shown" in desks["egor"].get("/deals").text
    open_ = {"visibility": "everyone", "colleagues": "Egor <b>opens</b>"}
    in_force(session, cast, term("tasks"), subject="A secret name", **open_)
    session.commit()
    page = desks["egor"].get("/deals/shown").text
    assert "Anna" in page and "The rota of the ward" in page
    assert "Egor &lt;b&gt;opens&lt;/b&gt;" in page
    for hidden in ("A secret name", "Fridays in the meadow", "Fridays with the children"):
        assert hidden not in page
