"""Pages and API of standing in, mandates, owners of units and working weeks."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from ideals.approvals import queries
from ideals.approvals.models import Approval, ApprovalStep, Delegation, Mandate
from ideals.approvals.rules import By, Step, Who
from ideals.approvals.states import Kind
from ideals.kernel import clock
from ideals.people.models import Unit
from tests.approvals.conftest import NOW, Cast, Heard, ask, decide, one, step_of, told
from tests.approvals.test_pages import describe, in_words
from tests.desk import Desk, desk, make_app

NEW = "01a00000-0000-7000-8000-000000000001"


@pytest.fixture(autouse=True)
def at_nine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def app(session: Session, heard: Heard) -> Flask:
    made = make_app()
    queries.SUBJECTS.register("order", describe)
    return made


@pytest.fixture
def desks(session: Session, app: Flask, cast: Cast) -> dict[str, Desk]:
    names = ("anna", "boris", "clara", "dina", "egor")
    return {name: desk(session, app, getattr(cast, name), now=NOW) for name in names}


def arrange(at: Desk, **more: str) -> object:
    fields = {"id": NEW, "to": "clara", "from": "2026-03-10", "until": "2026-03-20"}
    kinds = [kind.value for kind in Kind]
    return at.post("/standing-in", **{"kinds": kinds, "search": "clara", **fields, **more})


# Standing in


def test_boris_finds_clara_and_lets_her_decide_in_his_place(
    session: Session, cast: Cast, desks: dict[str, Desk], heard: Heard
) -> None:
    made = ask(session, cast)
    session.commit()
    boris, clara = desks["boris"], desks["clara"]
    page = boris.get("/standing-in?search=clar").text
    assert re.search(r'name="to" value="clara" required checked', page)
    assert arrange(boris).location == "/standing-in"  # type: ignore[attr-defined]
    assert "Clara decides in your place" in in_words(boris.get("/standing-in").text)
    assert "You decide in the place of Boris" in in_words(clara.get("/standing-in").text)
    assert "in the place of Boris" in in_words(clara.get("/approvals").text)
    assert "A bicycle" in in_words(boris.get("/approvals").text), "Boris can still decide, too"
    one = in_words(clara.get(f"/approvals/{made.id}").text)
    assert "You decide in the place of Boris, and the decision says so." in one
    clara.post(f"/approvals/{made.id}", decision="approve")
    session.expire_all()
    step = step_of(session, made)
    assert (step.decided_by_employee_id, step.decided_for_id) == (
        cast.people.clara.id,
        cast.people.boris.id,
    )
    assert "Clara (for Boris): approved" in in_words(boris.get(f"/approvals/{made.id}").text)


def test_both_are_told_and_either_ends_it(
    session: Session, cast: Cast, desks: dict[str, Desk]
) -> None:
    arrange(desks["boris"])
    arrange(desks["boris"])  # the same page sent twice
    assert session.scalars(select(Delegation)).one().kinds is None
    assert ("delegation.started", "clara") in told(session)
    notices = in_words(desks["clara"].get("/notices").text)
    assert "You decide in the place of Boris" in notices
    desks["clara"].post(f"/standing-in/{NEW}/end")
    session.expire_all()
    assert session.scalars(select(Delegation)).one().ended_by == cast.clara.name
    assert ("delegation.ended", "boris") in told(session)
    said = in_words(desks["boris"].get("/standing-in").text)
    assert "ended early" in said and "Nobody stands in for you" in said
    assert "no longer" in in_words(desks["boris"].get("/notices").text)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"until": "2026-03-09"}, "The last day comes before the first one."),
        ({"from": "2026-03-09"}, "Begin today or later"),
        ({"until": "2028-01-01"}, "At most a year"),
        ({"until": ""}, "Give a day."),
        ({"kinds": ""}, "Choose at least one kind."),
        ({"to": "boris"}, "Choose somebody else than yourself."),
        ({"to": ""}, "Look for somebody and choose them."),
        ({"to": "nobody"}, "There is no employee with number nobody."),
        ({"employee": "anna"}, "Only HR does this for somebody else"),
    ],
)
def test_what_cannot_be_is_said_at_its_field(
    session: Session, desks: dict[str, Desk], more: dict[str, str], said: str
) -> None:
    answer = arrange(desks["boris"], **more)
    assert answer.status_code == 422  # type: ignore[attr-defined]
    assert said in in_words(answer.text)  # type: ignore[attr-defined]
    assert session.scalars(select(Delegation)).all() == []


def test_hr_arranges_it_for_who_fell_ill_and_sees_all(
    session: Session, cast: Cast, desks: dict[str, Desk]
) -> None:
    arrange(desks["dina"], employee="boris")
    assert ("delegation.made_for_you", "boris") in told(session)
    every = in_words(desks["dina"].get("/standing-in/all?search=boris").text)
    assert "Boris boris Clara clara" in every
    assert "Nothing fits." in in_words(desks["dina"].get("/standing-in/all?state=over").text)
    assert desks["boris"].get("/standing-in/all").status_code == 403
    assert desks["anna"].post(f"/standing-in/{NEW}/end").status_code == 404
    answer = desks["dina"].post(f"/standing-in/{NEW}/end", back="every")
    assert answer.location == "/standing-in/all"


def test_one_says_who_made_and_ended_it_and_what_ending_it_would_do(
    session: Session, cast: Cast, desks: dict[str, Desk]
) -> None:
    arrange(desks["dina"], employee="boris", kinds="order")
    at = f"/standing-in/{NEW}"
    for name in ("boris", "clara", "dina"):
        said = in_words(desks[name].get(at).text)
        for part in (
            "Clara in the place of Boris",
            "10 March 2026 through 20 March 2026",
            "Of what order",
            "Dina arranged it",
            "From then on Clara decides nothing more in the place of Boris.",
        ):
            assert part in said, part
    for name in ("anna", "egor"):
        assert desks[name].get(at).status_code == 404
    desks["clara"].post(f"{at}/end")
    for name in ("boris", "clara", "dina"):
        said = in_words(desks[name].get(at).text)
        assert "Dina arranged it" in said and "Clara ended it" in said
        assert "End it before" not in said
    past = in_words(desks["boris"].get("/standing-in").text)
    assert "Dina 10 March 2026 10:00 ended early by Clara, 10 March 2026 10:00" in past
    assert f'href="{at}"' in desks["dina"].get("/standing-in/all").text


def test_one_that_has_not_begun_or_is_over(
    session: Session, desks: dict[str, Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    arrange(desks["boris"], **{"from": "2026-03-16"})
    assert "Then it will not begin." in in_words(desks["clara"].get(f"/standing-in/{NEW}").text)
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(days=11))
    over = in_words(desks["clara"].get(f"/standing-in/{NEW}").text)
    assert "20 March 2026 Its last day" in over and "End it before" not in over
    desks["clara"].post(f"/standing-in/{NEW}/end")
    said = desks["clara"].get("/standing-in").text
    assert "Nobody stands in for you" in in_words(said)


def test_employees_find_it_in_their_settings(session: Session, desks: dict[str, Desk]) -> None:
    page = desks["anna"].get("/account").text
    assert 'href="/standing-in"' in page and 'href="/work-week"' in page
    assert 'href="/standing-in"' in desks["boris"].get("/approvals").text


def test_a_chain_or_a_ring_of_delegations_never_lets_anybody_decide_about_themselves(
    session: Session, cast: Cast, desks: dict[str, Desk]
) -> None:
    """Boris lets Anna stand in, and Anna lets Clara: about Anna neither of them decides."""
    made = ask(session, cast)
    session.commit()
    arrange(desks["boris"], to="anna", search="anna")
    arrange(desks["anna"], id=NEW[:-1] + "2")
    arrange(desks["clara"], id=NEW[:-1] + "3", to="boris")
    for name in ("anna", "clara"):
        assert desks[name].post(f"/approvals/{made.id}", decision="approve").status_code >= 400
    session.expire_all()
    assert session.get_one(Approval, made.id).state == "open"
    decide(session, made, cast.boris)


# Mandates


def test_hr_gives_changes_and_takes_mandates(
    session: Session, cast: Cast, desks: dict[str, Desk]
) -> None:
    dina = desks["dina"]
    path = session.scalars(select(Unit.path).order_by(Unit.path)).first()
    assert path is not None
    assert "No mandates in 2026 yet" in in_words(dina.get("/mandates").text)
    given = {"unit": path, "year": "2026", "amount": "25000,50", "holder": "clara"}
    assert dina.post("/mandates", **given).location == "/mandates?year=2026"
    said = in_words(dina.get("/mandates").text)
    assert f"{path} Clara clara €25,000.50 €0.00 €25,000.50" in said
    assert dina.post("/mandates", **given).status_code == 422
    at = f"/mandates/2026/{path}"
    version = re.search(r'name="version" value="(\d+)"', dina.get(at).text)
    assert version is not None
    change = {"version": version[1], "amount": "30000", "holder": "boris", "do": "change"}
    assert dina.post(at, **change).status_code == 303
    late = dina.post(at, **change)
    assert late.status_code == 409 and "meanwhile" in in_words(late.text)
    session.expire_all()
    live = session.scalars(select(Mandate).where(Mandate.superseded_at.is_(None))).one()
    assert (live.amount_minor, live.holder_id) == (30_000_00, cast.people.boris.id)
    assert dina.post(at, version=str(live.id), do="take").status_code == 303
    assert "No mandates in 2026 yet" in in_words(dina.get("/mandates").text)
    assert desks["boris"].get("/mandates").status_code == 403


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"amount": "many"}, "Give an amount above zero"),
        ({"amount": "0"}, "Give an amount above zero"),
        ({"year": "26"}, "Give a year such as 2026."),
        ({"unit": "Nowhere"}, "There is no such unit."),
        ({"holder": "x"}, "There is no employee with number x."),
    ],
)
def test_a_wrong_mandate_is_said_at_its_field(
    session: Session, desks: dict[str, Desk], wrong: dict[str, str], said: str
) -> None:
    path = session.scalars(select(Unit.path).order_by(Unit.path)).first()
    given = {"unit": path, "year": "2026", "amount": "1", "holder": "clara"} | wrong
    answer = desks["dina"].post("/mandates", **given)
    assert answer.status_code == 422
    assert said in in_words(answer.text)


# Owners


def test_hr_gives_a_unit_an_owner_and_open_steps_follow(
    session: Session, cast: Cast, desks: dict[str, Desk], heard: Heard
) -> None:
    dina = desks["dina"]
    unit = session.scalars(select(Unit.path).order_by(Unit.path)).first()
    step = Step(Who(By.UNIT_OWNER), 5)
    made = ask(session, cast, who=[one(step)])
    session.commit()
    assert step_of(session, made).role == "hr"
    at = f"/units/{unit}"
    version = re.search(r'name="version" value="(\d+)"', dina.get(at).text)
    assert version is not None
    assert dina.post(at, owner="nobody", version=version[1]).status_code == 422
    assert dina.post(at, owner="clara", version=version[1]).status_code == 303
    assert dina.post(at, owner="boris", version=version[1]).status_code == 409
    said = in_words(dina.get(at).text)
    assert "From nobody to Clara" in said
    assert "Clara" in in_words(dina.get("/units").text)
    assert str(unit) not in in_words(dina.get("/units?without=yes").text).split()
    other = ask(session, cast, who=[one(step)], subject="order:2")
    assert step_of(session, other).approver_id == cast.people.clara.id
    assert desks["clara"].get("/units").status_code == 403


# Weeks


def test_what_waits_is_due_on_a_day_they_work(
    session: Session, cast: Cast, desks: dict[str, Desk], heard: Heard
) -> None:
    """Boris works on Monday and Tuesday: five working days from Tuesday 10 March 2026."""
    boris = desks["boris"]
    assert boris.post("/work-week").status_code == 422
    assert boris.post("/work-week", days=["0", "1"]).status_code == 303
    assert len(re.findall(" checked", boris.get("/work-week").text)) == 2
    made = ask(session, cast, due_on=date(2026, 6, 30))
    due_on = session.scalars(
        select(ApprovalStep.due_on).where(ApprovalStep.approval_id == made.id)
    ).one()
    assert due_on is not None and due_on.weekday() in (0, 1)


def test_a_manager_sees_the_days_of_who_works_for_them_and_hr_changes_them(
    session: Session, desks: dict[str, Desk]
) -> None:
    at = "/people/anna/work-week"
    assert "Only they themselves and HR change this." in in_words(desks["boris"].get(at).text)
    assert desks["boris"].post(at, days=["0"]).status_code == 403
    assert desks["egor"].get(at).status_code == 404
    assert desks["dina"].post(at, days=["0", "6"]).status_code == 303
    assert desks["anna"].asks("me/work-week").json == {"days": ["monday", "sunday"]}


# The API


def test_scripts_arrange_and_end_it(session: Session, desks: dict[str, Desk]) -> None:
    boris, clara = desks["boris"], desks["clara"]
    body = {"to": "clara", "from": "2026-03-10", "until": "2026-03-20", "kinds": ["order"]}
    answer = boris.send("POST", "delegations", body, key="k")
    assert answer.status_code == 201, answer.json
    assert boris.send("POST", "delegations", body, key="k").json == answer.json
    (item,) = clara.asks("delegations").json["items"]
    assert item == answer.json and item["state"] == "in_force"
    assert desks["anna"].asks("delegations").json["items"] == []
    at = f"delegations/{item['id']}"
    assert desks["anna"].asks(at).status_code == 404
    assert clara.send("DELETE", at).json["state"] == "ended"
    wrong = boris.send("POST", "delegations", body | {"until": "2026-03-01"}, key="l")
    assert (wrong.status_code, wrong.json["code"]) == (422, "delegation_period_wrong")


def test_scripts_keep_mandates_owners_and_weeks(session: Session, desks: dict[str, Desk]) -> None:
    dina = desks["dina"]
    path = session.scalars(select(Unit.path).order_by(Unit.path)).first()
    body = {"unit": path, "year": 2026, "amount": "100.00", "holder": "clara"}
    assert dina.send("POST", "mandates", body, key="m").status_code == 201
    at = f"mandates/2026/{path}"
    change = {"amount": "200.00", "holder": "clara"}
    assert dina.send("PUT", at, change).status_code == 428
    tag = dina.asks(at).headers["ETag"]
    headers = {"If-Match": tag}
    put = dina.client.put(f"/api/v1/{at}", json=change, headers=dina._headers(headers))
    assert put.json["left"] == "200.00"
    put = dina.client.put(f"/api/v1/{at}", json=change, headers=dina._headers(headers))
    assert (put.status_code, put.json["code"]) == (412, "mandate_moved_on")
    assert desks["boris"].send("POST", "mandates", body, key="n").status_code == 403
    assert [item["unit"] for item in desks["clara"].asks("mandates").json["items"]] == [path]
    assert desks["boris"].asks("mandates").json["items"] == []
    answer = dina.send("PUT", "me/work-week", {"days": []})
    assert (answer.status_code, answer.json["code"]) == (422, "week_empty")
