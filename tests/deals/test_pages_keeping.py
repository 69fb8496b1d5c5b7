"""HR's pages of clauses and templates, and what the guided start makes of a template."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from ideals.deals import commands
from ideals.deals.commands import KeepClause
from ideals.deals.models import Clause, Deal, Draft, Offer, Template
from ideals.deals.queries import before
from ideals.kernel import clock
from tests.deals.table import NOW, Cast, cast_of
from tests.deals.test_before import REST
from tests.desk import Desk, desk, make_app

KEPT = "/deals/register"
CLAUSE = {
    "code": "rest",
    "says-en": "No day is longer than eight hours",
    "says-nl": "Geen dag is langer dan acht uur",
    "kinds": "pattern",
    "formula": "longest_day <= 8",
    "seen": "0",
}
TEMPLATE = {
    "code": "fridays",
    "names-en": "Fridays off",
    "says-en": "A free day",
    "terms-0-kind": "pattern",
    **{f"terms-0-minutes-{day}": "9" for day in ("monday", "tuesday", "wednesday", "thursday")},
    "months": "12",
    "visibility": "parties",
    "words-en-employee_gets": "A free Friday",
    "words-en-employer_gets": "Long days",
    "seen": "0",
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
    found = {
        name: desk(session, app, cast[name], now=NOW) for name in ("anna", "boris", "dina", "henk")
    }
    session.commit()
    return found


@pytest.fixture
def dina(desks: dict[str, Desk]) -> Desk:
    return desks["dina"]


def clause(session: Session) -> Clause:
    session.expire_all()
    return before.clause_of(session, "rest")


def seen_in(page: str) -> str:
    found = re.search(r'name="seen" value="(\d+)"', page)
    assert found is not None
    return found[1]


def test_only_hr_with_rights_to_deals(session: Session, desks: dict[str, Desk]) -> None:
    places = ("/clauses", "/clauses/new", "/templates", "/templates/new")
    for name in ("anna", "boris", "henk"):
        for place in places:
            assert desks[name].get(KEPT + place).status_code == 403, (name, place)
        assert desks[name].post(f"{KEPT}/clauses/new", **CLAUSE).status_code == 403
        assert desks[name].post(f"{KEPT}/templates/new", **TEMPLATE).status_code == 403
        assert desks[name].post(f"{KEPT}/usual").status_code == 403
    assert before.clauses_in_force(session) == []
    for place in places:
        assert desks["dina"].get(KEPT + place).status_code == 200


def test_a_clause_is_published_changed_and_withdrawn(session: Session, dina: Desk) -> None:
    assert "No clauses yet" in dina.get(f"{KEPT}/clauses").text
    assert dina.post(f"{KEPT}/clauses/new", **CLAUSE).status_code == 303
    assert "longest_day &lt;= 8" in dina.get(f"{KEPT}/clauses").text
    made = clause(session)
    page = dina.get(f"{KEPT}/clauses/rest").text
    assert seen_in(page) == str(made.id)
    form = CLAUSE | {"seen": seen_in(page), "formula": "longest_day <= 9"}
    assert dina.post(f"{KEPT}/clauses/rest", **form).status_code == 303
    assert clause(session).formula == "longest_day <= 9"
    gone = {"seen": str(clause(session).id), "do": "drop"}
    assert dina.post(f"{KEPT}/clauses/rest", **gone).status_code == 303
    assert dina.get(f"{KEPT}/clauses/rest").status_code == 404


def test_faults_stand_at_their_fields_and_what_was_typed_stays(
    session: Session, dina: Desk
) -> None:
    form = CLAUSE | {"code": "No!", "formula": "salary < 3", "says-en": "Kept words"}
    answer = dina.post(f"{KEPT}/clauses/new", **form)
    assert answer.status_code == 422
    for each in ("code-error", "formula-error", "Kept words", "salary &lt; 3"):
        assert each in answer.text
    assert re.search(r'value="pattern" checked', answer.text)
    answer = dina.post(f"{KEPT}/clauses/new", code="x", formula="1 == 1")
    assert 'href="#kinds"' in answer.text
    assert 'href="#says-' in answer.text
    assert before.clauses_in_force(session) == []


def test_who_was_first_is_shown_and_nothing_is_lost(
    session: Session, cast: Cast, dina: Desk
) -> None:
    dina.post(f"{KEPT}/clauses/new", **CLAUSE)
    stale = str(clause(session).id)
    theirs = KeepClause({**REST, "formula": "longest_day <= 7"}, int(stale))
    commands.keep_clause(session, theirs, actor=cast.dina, now=NOW)
    session.commit()
    mine = CLAUSE | {"seen": stale, "formula": "longest_day <= 10"}
    answer = dina.post(f"{KEPT}/clauses/rest", **mine)
    assert answer.status_code == 409
    assert "longest_day &lt;= 7" in answer.text
    assert "longest_day &lt;= 10" in answer.text
    assert clause(session).formula == "longest_day <= 7"
    again = mine | {"seen": seen_in(answer.text)}
    assert dina.post(f"{KEPT}/clauses/rest", **again).status_code == 303
    assert clause(session).formula == "longest_day <= 10"
    late = {"seen": stale, "do": "drop"}
    assert dina.post(f"{KEPT}/clauses/rest", **late).status_code == 409
    assert clause(session).formula == "longest_day <= 10"


def test_a_code_in_use_is_not_taken_by_a_new_one(session: Session, dina: Desk) -> None:
    dina.post(f"{KEPT}/clauses/new", **CLAUSE)
    answer = dina.post(f"{KEPT}/clauses/new", **(CLAUSE | {"formula": "longest_day <= 4"}))
    assert answer.status_code == 409
    assert seen_in(answer.text) == "0"
    assert "choose another" in answer.text
    assert clause(session).formula == "longest_day <= 8"


def test_languages_without_a_field_stay(session: Session, cast: Cast, dina: Desk) -> None:
    plain = {**REST, "says": {**REST["says"], "de": "Acht Stunden"}}
    made = commands.keep_clause(session, KeepClause(plain, 0), actor=cast.dina, now=NOW)
    session.commit()
    form = CLAUSE | {"seen": str(made.id), "says-nl": ""}
    assert dina.post(f"{KEPT}/clauses/rest", **form).status_code == 303
    assert clause(session).says == {"de": "Acht Stunden", "en": CLAUSE["says-en"]}


def test_the_usual_ones_are_published_by_one_button(session: Session, dina: Desk) -> None:
    for _ in range(2):
        assert dina.post(f"{KEPT}/usual", back="templates").status_code == 303
    assert len(before.clauses_in_force(session)) == 2
    assert len(before.templates_in_force(session)) == 3
    assert "Four times nine" in dina.get(f"{KEPT}/templates").text


def form_of(page: str) -> dict[str, Any]:
    """What a browser would send of the form of this page, unchanged."""
    main = page.split('class="deal-form"')[1].split("</form>")[0]
    sent = dict(re.findall(r'<input[^>]*? name="([^"]+)" [^>]*?value="([^"]*)"', main))
    sent |= dict(re.findall(r'<textarea[^>]*? name="([^"]+)"[^>]*>\n([^<]*)</textarea>', main))
    chosen = r'<select[^>]*? name="([^"]+)"[^>]*>(?:(?!</select>).)*?value="([^"]*)" selected'
    sent |= dict(re.findall(chosen, main, re.DOTALL))
    return {key: value.replace("&#39;", "'") for key, value in sent.items() if key != "do"}


@pytest.mark.parametrize("code", ["four_times_nine", "study_year", "care_weeks"])
def test_what_is_opened_and_sent_unchanged_stays_the_same(
    session: Session, dina: Desk, code: str
) -> None:
    dina.post(f"{KEPT}/usual")
    row = before.template_of(session, code)
    text, names, version = row.text, row.names, row.id
    form = form_of(dina.get(f"{KEPT}/templates/{code}").text)
    form.pop("csrf_token")
    assert dina.post(f"{KEPT}/templates/{code}", **form).status_code == 303
    session.expire_all()
    row = before.template_of(session, code)
    assert row.id != version
    assert (row.text, row.names) == (text, names)


def test_a_template_is_made_of_terms_and_words(session: Session, dina: Desk) -> None:
    answer = dina.post(f"{KEPT}/templates/new", **TEMPLATE, add="tasks", do="add")
    assert answer.status_code == 200
    assert 'name="terms-1-gains"' in answer.text
    answer = dina.post(
        f"{KEPT}/templates/new", **TEMPLATE, **{"terms-1-kind": "tasks"}, do="remove:1"
    )
    assert "terms-1-kind" not in answer.text
    assert session.scalars(select(Template)).all() == []
    assert dina.post(f"{KEPT}/templates/new", **TEMPLATE).status_code == 303
    row = before.template_of(session, "fridays")
    assert row.text["terms"][0]["minutes"]["monday"] == 540
    assert row.text["words"]["en"]["employer_gets"] == "Long days"


def test_faults_of_a_template_are_at_their_fields(session: Session, dina: Desk) -> None:
    wrong = TEMPLATE | {
        "terms-0-minutes-monday": "forty",
        "months": "lots",
        "words-en-employer_gets": "",
        "names-en": "",
    }
    answer = dina.post(f"{KEPT}/templates/new", **wrong)
    assert answer.status_code == 422
    main = answer.text
    for link in re.findall(r'<li><a href="#([^"]+)"', main):
        assert f'id="{link}"' in main, link
    for field in ("terms-0-minutes-monday", "months"):
        assert f'id="{field}-error"' in main, field
    assert 'value="forty"' in main
    assert before.templates_in_force(session) == []


# The guided start -----------------------------------------------------------------------------


def test_an_offer_begins_with_a_template_and_says_so(
    session: Session, desks: dict[str, Desk]
) -> None:
    anna = desks["anna"]
    assert "begin with one that others use" not in anna.get("/deals").text
    desks["dina"].post(f"{KEPT}/usual")
    for place in ("/deals", "/deals/new"):
        page = anna.get(place).text
        assert "Four times nine" in page, place
        assert "template=four_times_nine" in page
    page = anna.get("/deals/new?template=four_times_nine").text
    form = form_of(page)
    form.pop("csrf_token")
    assert form["starts_on"] == "2027-02-01"
    assert form["terms-0-minutes-monday"] == "9"
    assert anna.post("/deals/new", **form).status_code == 303
    made = session.scalars(select(Deal)).one()
    assert made.subject == "Four times nine"
    assert session.scalars(select(Offer.template)).one() == "four_times_nine"


def test_a_template_that_is_gone_starts_nothing(session: Session, desks: dict[str, Desk]) -> None:
    page = desks["anna"].get("/deals/new?template=gone")
    assert page.status_code == 200
    assert "What would help you?" in page.text


def test_a_draft_remembers_its_template(session: Session, desks: dict[str, Desk]) -> None:
    anna = desks["anna"]
    desks["dina"].post(f"{KEPT}/usual")
    form = form_of(anna.get("/deals/new?template=care_weeks").text)
    form.pop("csrf_token")
    assert anna.post("/deals/new", **(form | {"do": "draft"})).status_code == 303
    assert session.scalars(select(Draft)).one().text["template"] == "care_weeks"
    again = form_of(anna.get("/deals/new").text)
    assert again["template"] == "care_weeks"
    assert "template" not in session.scalars(select(Draft)).one().text["terms"][0]
