from __future__ import annotations

import re
from collections.abc import Collection
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
import schemathesis
from flask import Flask
from sqlalchemy.orm import Session

from ideals.access import queries as access
from ideals.approvals import commands, queries
from ideals.approvals.commands import Withdraw
from ideals.approvals.models import Approval, ApprovalStep
from ideals.approvals.pages import messages
from ideals.approvals.queries import Fact, Told
from ideals.approvals.rules.steps import DECIDING_ROLES
from ideals.approvals.states import Decision, Kind
from ideals.kernel import clock
from ideals.kernel.actor import Role
from ideals.kernel.ids import new_id
from ideals.kernel.money import Money
from ideals.notices.models import Notice
from ideals.seeds import factories
from tests.approvals.conftest import NOW, Cast, Heard, ask, decide, step_of
from tests.counting import counted
from tests.desk import Desk, desk, make_app


@pytest.fixture(autouse=True)
def at_nine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


def describe(_: Session, subjects: Collection[str]) -> dict[str, Told]:
    return {
        subject: Told(
            f"A bicycle <{subject[6:]}>",
            (Fact("Why", "To cycle to work"), Fact("Paper", "offer.pdf", "/evidence/1")),
            Money(120_000),
            f"/orders/{subject[6:]}",
        )
        for subject in subjects
    }


@pytest.fixture
def app(session: Session, heard: Heard) -> Flask:
    made = make_app()
    queries.SUBJECTS.register("order", describe)
    return made


@pytest.fixture
def at_desks(session: Session, app: Flask, cast: Cast) -> dict[str, Desk]:
    names = ("anna", "boris", "clara", "dina", "henk")
    return {name: desk(session, app, getattr(cast, name), now=NOW) for name in names}


@pytest.fixture
def boris(at_desks: dict[str, Desk]) -> Desk:
    return at_desks["boris"]


def state(session: Session, approval: Approval) -> str:
    session.expire_all()
    return session.get_one(Approval, approval.id).state


def asked(session: Session, cast: Cast, **more: Any) -> Approval:
    made = ask(session, cast, **more)
    session.commit()
    return made


def in_words(page: str) -> str:
    main = page.split('<main id="content"')[1].split("</main>")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", main).split())


# The inbox


def test_the_page_shows_what_is_needed_to_decide(session: Session, cast: Cast, boris: Desk) -> None:
    made = asked(session, cast)
    for path in ("/approvals", f"/approvals/{made.id}"):
        page = boris.get(path).text
        said = in_words(page)
        for part in (
            "A bicycle &lt;1&gt;",
            "Anna anna",
            "€1,200.00",
            "To cycle to work",
            "10 March 2026 10:00",
            "20 March 2026",
            "Anna asked",
            "Boris decides.",
        ):
            assert part in said, part
        assert 'href="/evidence/1"' in page and 'href="/orders/1"' in page
        assert 'data-key="a"' in page and 'data-key="r"' in page


def test_the_most_urgent_is_first_and_open(session: Session, cast: Cast, boris: Desk) -> None:
    asked(session, cast, subject="order:later", due_on=date(2026, 3, 30))
    asked(session, cast, subject="order:late", due_on=date(2026, 3, 9))
    asked(session, cast, subject="order:soon", due_on=date(2026, 3, 12))
    page = boris.get("/approvals").text
    found = re.findall(r"<strong>A bicycle &lt;(\w+)&gt;</strong>", page)
    assert found == ["late", "soon", "later"]
    assert re.findall(r'class="tag (\w+)">until', page) == ["bad", "wait", "plain"]
    assert "/approvals/" in page and ">A bicycle &lt;late&gt;</h2>" in page
    assert "3 wait for you" in in_words(page)
    assert re.search(r"waiting: </span>3</span>", page), "in the navigation"


def test_nothing_waits(boris: Desk) -> None:
    assert "Nothing waits for you" in in_words(boris.get("/approvals").text)
    assert "You have decided nothing yet" in in_words(boris.get("/approvals/decided").text)


def test_approvals_are_in_the_navigation_of_who_decides(at_desks: dict[str, Desk]) -> None:
    shown = {n: 'href="/approvals"' in at_desks[n].get("/account").text for n in at_desks}
    assert shown == {"anna": False, "boris": True, "clara": True, "dina": True, "henk": True}


def test_approvals_are_in_the_navigation_of_roles_that_rules_can_ask(
    session: Session, app: Flask, cast: Cast
) -> None:
    for role in (Role.HR_PRICES, Role.HR_DEALS, Role.PAYROLL, Role.WORKS_COUNCIL):
        user = factories.a_user(session, f"{role}@meridian.example", roles=frozenset({role}))
        page = desk(session, app, access.actor_of(user, [role]), now=NOW).get("/account").text
        assert ('href="/approvals"' in page) == (role in DECIDING_ROLES), role


def test_after_a_yes_comes_the_next_one(
    session: Session, cast: Cast, boris: Desk, heard: Heard
) -> None:
    days = (date(2026, 3, 12), date(2026, 3, 13), date(2026, 3, 16))
    first, second, third = (
        asked(session, cast, subject=f"order:{n}", due_on=day) for n, day in enumerate(days)
    )
    answer = boris.post(f"/approvals/{second.id}", decision="approve", reason="")
    assert (answer.status_code, answer.location) == (303, f"/approvals/{third.id}")
    assert heard.decisions == [("order:1", "approved", None)]
    assert "A bicycle &lt;1&gt;: approved." in in_words(boris.get(answer.location).text)
    answer = boris.post(f"/approvals/{third.id}", decision="approve", reason="good")
    assert answer.location == f"/approvals/{first.id}", "what is left at the beginning"
    answer = boris.post(f"/approvals/{first.id}", decision="refuse", reason="too dear")
    assert answer.location == "/approvals"
    table = boris.get("/approvals/decided").text.split("<table")[1]
    assert table.count("A bicycle") == 3 and "refused" in table


def test_a_refusal_without_a_reason_keeps_what_was_there(
    session: Session, cast: Cast, boris: Desk
) -> None:
    made = asked(session, cast)
    answer = boris.post(f"/approvals/{made.id}", decision="refuse", reason="  ")
    assert answer.status_code == 422
    assert "Say why: whoever asked reads it." in in_words(answer.text)
    assert 'aria-invalid="true"' in answer.text
    long = "x" * 2001
    answer = boris.post(f"/approvals/{made.id}", decision="refuse", reason=long)
    assert answer.status_code == 422 and long in answer.text
    assert state(session, made) == "open"


def test_who_comes_second_sees_who_was_first(
    session: Session, cast: Cast, at_desks: dict[str, Desk]
) -> None:
    made = asked(session, cast, kind=Kind.EVIDENCE, who="hr")
    at_desks["dina"].post(f"/approvals/{made.id}", decision="approve", reason="")
    answer = at_desks["henk"].post(f"/approvals/{made.id}", decision="refuse", reason="no")
    assert answer.location == f"/approvals/{made.id}"
    said = in_words(at_desks["henk"].get(answer.location).text)
    assert "Dina was first, on 10 March 2026 10:00" in said
    assert "Dina: approved" in said
    assert state(session, made) == "approved"


def test_who_asked_sees_where_it_is_and_cannot_decide(
    session: Session, cast: Cast, at_desks: dict[str, Desk]
) -> None:
    made = asked(session, cast)
    page = at_desks["anna"].get(f"/approvals/{made.id}").text
    said = in_words(page)
    assert (
        "Boris decides. There is time for it until 20 March 2026. If it is not decided by then, "
        "whoever has it and HR are reminded, and it waits on. You cannot decide it yourself."
        in said
    )
    assert 'data-key="a"' not in page
    assert 'class="inbox-list' not in page
    answer = at_desks["anna"].post(f"/approvals/{made.id}", decision="approve")
    assert answer.status_code == 403
    assert "Nobody decides about themselves" in answer.text
    decide(session, made, cast.boris, Decision.REFUSE, "not <now>")
    session.commit()
    said = in_words(at_desks["anna"].get(f"/approvals/{made.id}").text)
    assert "Boris: refused not &lt;now&gt;" in said


def test_hr_sees_what_is_with_a_manager_and_cannot_decide_it(
    session: Session, cast: Cast, at_desks: dict[str, Desk]
) -> None:
    made = asked(session, cast)
    page = at_desks["dina"].get(f"/approvals/{made.id}")
    assert page.status_code == 200 and 'data-key="a"' not in page.text
    answer = at_desks["dina"].post(f"/approvals/{made.id}", decision="approve")
    assert answer.status_code == 403


def test_a_stranger_finds_nothing(session: Session, cast: Cast, at_desks: dict[str, Desk]) -> None:
    made = asked(session, cast)
    clara = at_desks["clara"]
    assert clara.get(f"/approvals/{made.id}").status_code == 404
    assert clara.post(f"/approvals/{made.id}", decision="approve").status_code == 404
    assert clara.get(f"/approvals/{new_id()}").status_code == 404
    assert clara.asks(f"approvals/{made.id}").status_code == 404
    answer = clara.send("POST", f"approvals/{made.id}/decisions", {"decision": "approve"}, "k")
    assert answer.status_code == 404
    assert clara.asks("approvals").json["items"] == []
    assert state(session, made) == "open"


def test_a_task_is_done_or_not_needed(
    session: Session, cast: Cast, at_desks: dict[str, Desk]
) -> None:
    task = {"kind": Kind.TODO, "who": "hr", "employee_id": None, "actor": cast.henk}
    done = asked(session, cast, subject="payroll:1", **task)
    other = asked(session, cast, subject="payroll:2", **task)
    dina = at_desks["dina"]
    page = in_words(dina.get(f"/approvals/{done.id}").text)
    assert "Bicycle" in page and "Done a" in page and "Not needed r" in page
    assert "HR decides." in page
    dina.post(f"/approvals/{done.id}", decision="approve")
    dina.post(f"/approvals/{other.id}", decision="refuse", reason="paid by hand")
    assert (state(session, done), state(session, other)) == ("approved", "refused")
    page = in_words(dina.get("/approvals/decided").text)
    assert "done" in page and "not needed" in page


def test_what_was_withdrawn_says_so(session: Session, cast: Cast, boris: Desk) -> None:
    made = asked(session, cast)
    commands.withdraw(session, Withdraw("order:1", "ordered twice"), actor=cast.anna, now=NOW)
    session.commit()
    said = in_words(boris.get(f"/approvals/{made.id}").text)
    assert "withdrawn" in said and "ordered twice" in said
    assert "waits until" not in said


def test_the_inbox_asks_as_many_questions_with_ten_as_with_ten_thousand(
    session: Session, cast: Cast, boris: Desk
) -> None:
    def statements() -> int:
        with counted() as seen:
            assert boris.get("/approvals").status_code == 200
        return seen.statements

    for number in range(10):
        asked(session, cast, subject=f"order:{number}")
    statements()
    few = statements()
    first = session.query(Approval).first()
    assert first is not None
    step = step_of(session, first)
    ids = [new_id() for _ in range(10_000)]
    whole = {c.name: getattr(first, c.name) for c in Approval.__table__.columns}
    part = {c.name: getattr(step, c.name) for c in ApprovalStep.__table__.columns}
    del part["id"]
    session.execute(
        Approval.__table__.insert(),
        [whole | {"id": id_, "subject": f"order:n{n}"} for n, id_ in enumerate(ids)],
    )
    session.execute(ApprovalStep.__table__.insert(), [part | {"approval_id": id_} for id_ in ids])
    session.commit()
    assert statements() == few
    page = boris.get("/approvals").text
    assert page.count("<strong>A bicycle") == 50
    assert re.search(r"waiting: </span>99\+</span>", page)
    following = re.search(r'href="([^"]*cursor[^"]*)" rel="next"', page)
    assert following is not None
    assert boris.get(following[1]).text.count("<strong>A bicycle") == 50


# Words


@pytest.mark.parametrize("kind", list(Kind))
def test_the_messages_say_who_asks_what_and_until_when(
    session: Session, cast: Cast, app: Flask, kind: Kind
) -> None:
    made = asked(session, cast, kind=kind, who="hr")
    notice = session.query(Notice).first()
    assert notice is not None
    with app.app_context():
        said = messages.asked(notice.data, "en")
        again = messages.reminder(notice.data, "nl")
        late = messages.overdue(notice.data, "en")
    titles = {
        Kind.ORDER: "Anna asks for your yes: Bicycle",
        Kind.DEAL: "A deal of Anna needs your yes: Bicycle",
        Kind.PRICE_RULE: "A price rule needs your yes: Bicycle",
        Kind.EVIDENCE: "To check: Bicycle, of Anna",
        Kind.TODO: "A task for HR: Bicycle",
        Kind.CHECK: "To check afterwards: Bicycle, of Anna",
        Kind.CONTEST: "Anna contests a check: Bicycle",
    }
    assert said.title == titles[kind]
    assert said.text == "Please decide by 20 March 2026."
    assert again.title == "Still waiting for you: Fiets, Anna"
    assert late.title == "Not decided in time: Bicycle, Anna"
    assert {w.href for w in (said, again, late)} == {f"/approvals/{made.id}"}


def test_without_words_of_the_asker_the_kind_is_said(app: Flask) -> None:
    data = {
        "kind": "order",
        "what": {},
        "employee": "Anna",
        "due_on": "2026-03-20",
        "approval": "x",
    }
    with app.app_context():
        assert messages.asked(data, "en").title == "Anna asks for your yes: order"
        assert messages.reminder(data | {"employee": None}, "en").title.endswith(": order")


def test_a_message_leads_to_its_request(session: Session, cast: Cast, boris: Desk) -> None:
    made = asked(session, cast)
    found = re.search(r'href="(/notices/\d+)"', boris.get("/notices").text)
    assert found is not None
    assert boris.get(found[1]).location == f"/approvals/{made.id}"


# The API


def test_scripts_see_what_waits_and_decide(
    session: Session, cast: Cast, boris: Desk, heard: Heard
) -> None:
    made = asked(session, cast)
    (item,) = boris.asks("approvals?waiting=me").json["items"]
    assert item == boris.asks(f"approvals/{made.id}").json
    step = step_of(session, made)
    assert item == {
        "id": str(made.id),
        "kind": "order",
        "subject": "order:1",
        "state": "open",
        "title": "A bicycle <1>",
        "lines": [
            {"label": "Why", "value": "To cycle to work", "href": None},
            {"label": "Paper", "value": "offer.pdf", "href": "/evidence/1"},
        ],
        "cost": "1200.00",
        "href": "/orders/1",
        "employee": "anna",
        "case": "made_up",
        "effect": "before",
        "mine": step.id,
        "steps": [
            {
                "id": step.id,
                "stage": 0,
                "mode": "all",
                "state": "open",
                "who": "manager",
                "person": "Boris",
                "role": None,
                "why": None,
                "due_on": "2026-03-20",
                "then": "remind",
                "decided_at": None,
                "decided_by": None,
                "decided_for": None,
                "reason": None,
            }
        ],
        "asked_at": "2026-03-10T10:00:00+01:00",
        "asked_by": "Anna",
        "due_on": "2026-03-20",
        "ended_at": None,
        "ended_by": None,
        "reason": None,
    }
    path, body = f"approvals/{made.id}/decisions", {"decision": "refuse", "reason": "too dear"}
    assert boris.send("POST", path, body).json["code"] == "idempotency_key_missing"
    for _ in range(2):
        answer = boris.send("POST", path, body, key="k")
        assert answer.status_code == 201
        assert answer.headers["Location"] == f"/api/v1/approvals/{made.id}"
        decided = answer.json
        assert (decided["state"], decided["reason"]) == ("refused", "too dear")
        assert decided["ended_by"] == "Boris"
    assert len(heard.decisions) == 1
    assert boris.asks("approvals?waiting=me").json["items"] == []
    assert len(boris.asks("approvals").json["items"]) == 1


def test_scripts_hear_why_not(session: Session, cast: Cast, at_desks: dict[str, Desk]) -> None:
    made = asked(session, cast, kind=Kind.EVIDENCE, who="hr")
    path = f"approvals/{made.id}/decisions"

    def code(name: str, body: object, key: str) -> tuple[int, str]:
        answer = at_desks[name].send("POST", path, body, key)
        return answer.status_code, answer.json.get("code", "")

    assert code("anna", {"decision": "approve"}, "a") == (403, "not_about_oneself")
    assert code("dina", {"decision": "refuse"}, "b") == (422, "reason_missing")
    assert code("dina", {"decision": "hand_over"}, "c") == (422, "cannot_hand_over")
    assert code("dina", {"decision": "think"}, "c2") == (422, "validation_failed")
    assert code("dina", {"decision": "approve", "by": "me"}, "d") == (422, "validation_failed")
    assert code("dina", {"decision": "approve"}, "e")[0] == 201
    assert code("henk", {"decision": "approve"}, "f") == (409, "already_decided")
    other = asked(session, cast, subject="order:2")
    path = f"approvals/{other.id}/decisions"
    assert code("dina", {"decision": "approve"}, "g") == (403, "may_not_decide")
    assert at_desks["dina"].asks("approvals?waiting=you").status_code == 422


def test_lists_have_pages(session: Session, cast: Cast, at_desks: dict[str, Desk]) -> None:
    made = [
        asked(session, cast, subject=f"order:{n}", now=NOW + timedelta(hours=n)) for n in range(5)
    ]
    for path, who, wanted in (
        ("approvals?waiting=me", "boris", sorted(str(a.id) for a in made)),
        ("approvals?", "anna", [str(a.id) for a in reversed(made)]),
        ("approvals?", "dina", [str(a.id) for a in reversed(made)]),
    ):
        seen: list[str] = []
        next_: str | None = ""
        while next_ is not None:
            cursor = f"&cursor={next_}" if next_ else ""
            page = at_desks[who].asks(f"{path}&limit=2{cursor}").json
            seen += [item["id"] for item in page["items"]]
            next_ = page["next"]
        assert seen == wanted


def test_answers_are_as_the_document_says(
    session: Session, cast: Cast, app: Flask, boris: Desk
) -> None:
    made = asked(session, cast)
    schema = schemathesis.openapi.from_wsgi("/api/openapi.json", app)
    one = f"approvals/{made.id}"
    decisions = "approvals/{approval_id}/decisions"
    for method, path, template, body in (
        ("GET", "approvals", "approvals", None),
        ("GET", "approvals?waiting=me", "approvals", None),
        ("GET", "approvals?cursor=x", "approvals", None),
        ("GET", one, "approvals/{approval_id}", None),
        ("GET", f"approvals/{UUID(int=1)}", "approvals/{approval_id}", None),
        ("POST", f"{one}/decisions", decisions, {"decision": "refuse"}),
        ("POST", f"{one}/decisions", decisions, {"decision": "approve"}),
    ):
        answer = boris.send(method, path, body, key=str(body))
        operation = schema[f"/api/v1/{template}"][method]
        operation.validate_response(schemathesis.Response.from_any(answer))
