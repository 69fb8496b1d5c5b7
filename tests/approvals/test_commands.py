from __future__ import annotations

from datetime import date, timedelta
from itertools import product

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ideals.access import commands as access
from ideals.approvals import commands, queries
from ideals.approvals.commands import Expire, Withdraw
from ideals.approvals.errors import (
    AlreadyDecided,
    ApprovalDiffers,
    ApprovalUnknown,
    AskedAlready,
    MayNotDecide,
    NotAboutOneself,
    ReasonMissing,
)
from ideals.approvals.models import Approval, ApprovalStep
from ideals.approvals.states import Decision, Kind, State, Why
from ideals.audit import Entry
from ideals.kernel.actor import SYSTEM, Actor, Role
from ideals.kernel.ids import new_id
from ideals.seeds import factories
from tests.approvals.conftest import NOW, Cast, Heard, ask, decide, step_of, told

# Asking


def test_the_manager_of_that_day_is_asked_and_told(session: Session, cast: Cast) -> None:
    made = ask(session, cast)
    step = step_of(session, made)
    assert (step.approver_id, step.why, made.state) == (cast.people.boris.id, None, "open")
    assert told(session) == [("approval.asked", "boris")]


def test_asking_again_with_the_same_id_asks_once(session: Session, cast: Cast) -> None:
    id_ = new_id()
    first = ask(session, cast, id_=id_)
    assert ask(session, cast, id_=id_) is first
    assert told(session) == [("approval.asked", "boris")]
    with pytest.raises(ApprovalDiffers):
        ask(session, cast, id_=id_, subject="order:2")


def test_one_question_at_a_time_about_a_subject(session: Session, cast: Cast) -> None:
    first = ask(session, cast)
    with pytest.raises(AskedAlready):
        ask(session, cast)
    ask(session, cast, kind=Kind.EVIDENCE, who="hr")
    decide(session, first, cast.boris)
    ask(session, cast)


def test_without_a_manager_it_goes_to_hr_and_says_so(session: Session, cast: Cast) -> None:
    made = ask(session, cast, employee_id=cast.people.boris.id, actor=cast.boris)
    step = step_of(session, made)
    assert (step.approver_id, step.role, step.why) == (None, "hr", Why.NO_MANAGER)
    assert told(session) == [("approval.asked", "dina"), ("approval.asked", "henk")]
    assert decide(session, made, cast.dina).state == State.APPROVED


def test_what_the_manager_asks_for_an_employee_hr_decides(session: Session, cast: Cast) -> None:
    made = ask(session, cast, actor=cast.boris)
    assert step_of(session, made).why == Why.ASKED_IT
    with pytest.raises(NotAboutOneself):
        decide(session, made, cast.boris)
    decide(session, made, cast.henk)


def test_hr_is_not_told_of_what_they_ask_themselves(session: Session, cast: Cast) -> None:
    ask(
        session,
        cast,
        kind=Kind.EVIDENCE,
        who="hr",
        employee_id=cast.people.dina.id,
        actor=cast.dina,
    )
    assert told(session) == [("approval.asked", "henk")]


# Deciding


def test_only_the_manager_can_approve(session: Session, cast: Cast, heard: Heard) -> None:
    made = ask(session, cast)
    for stranger in (cast.clara, cast.egor):
        with pytest.raises(ApprovalUnknown):
            decide(session, made, stranger)
    with pytest.raises(NotAboutOneself):
        decide(session, made, cast.anna)
    with pytest.raises(MayNotDecide):
        decide(session, made, cast.dina)
    with pytest.raises(MayNotDecide):
        decide(session, made, SYSTEM)
    assert heard.decisions == []
    decide(session, made, cast.boris)
    assert heard.decisions == [("order:1", "approved", None)]
    assert heard.locked[-1] == "order:1"


def test_a_refusal_has_a_reason_and_the_subject_hears_it(
    session: Session, cast: Cast, heard: Heard
) -> None:
    made = ask(session, cast)
    with pytest.raises(ReasonMissing):
        decide(session, made, cast.boris, Decision.REFUSE, " ")
    decide(session, made, cast.boris, Decision.REFUSE, "not this year")
    assert heard.decisions == [("order:1", "refused", "not this year")]
    assert made.ended_by == "boris@meridian.example"
    assert step_of(session, made).decided_by_employee_id == cast.people.boris.id


def test_what_is_decided_stays_decided_and_says_by_whom(session: Session, cast: Cast) -> None:
    made = ask(session, cast, who="hr", kind=Kind.EVIDENCE)
    decide(session, made, cast.dina)
    with pytest.raises(AlreadyDecided) as refused:
        decide(session, made, cast.henk, Decision.REFUSE, "late")
    assert refused.value.data["by"] == "Dina"
    assert refused.value.data["at"] == NOW.isoformat()


def test_after_a_decision_nobody_has_to_read_of_it(session: Session, cast: Cast) -> None:
    made = ask(session, cast, who="hr", kind=Kind.EVIDENCE)
    assert len(told(session)) == 2
    decide(session, made, cast.dina)
    assert told(session) == []


def test_the_rights_are_those_of_the_moment(session: Session, cast: Cast) -> None:
    made = ask(session, cast, who="hr", kind=Kind.EVIDENCE)
    access.change_roles(
        session, access.ChangeRoles(cast.henk.name, frozenset()), actor=SYSTEM, now=NOW
    )
    assert cast.henk.has(Role.HR), "as the page was opened"
    with pytest.raises(ApprovalUnknown):
        decide(session, made, cast.henk)
    access.set_active(session, access.SetActive(cast.dina.name, False), actor=SYSTEM, now=NOW)
    with pytest.raises(MayNotDecide):
        decide(session, made, cast.dina)


def leaves(session: Session, cast: Cast, on: date) -> None:
    factories.a_change(session, cast.people.boris, date(2026, 3, 1), leaves_on=on, now=NOW)


def test_a_subject_that_refuses_undoes_the_decision(
    session: Session, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = ask(session, cast)
    session.commit()

    def fails(*_: object, **__: object) -> None:
        raise AskedAlready("x")

    queries.DECIDED.register("order", fails)
    with pytest.raises(AskedAlready), session.begin_nested():
        decide(session, made, cast.boris)
    session.expire_all()
    assert session.get_one(Approval, made.id).state == "open"


def test_a_decision_nobody_hears_is_not_taken(session: Session, cast: Cast) -> None:
    made = ask(session, cast, subject="thing:1")
    with pytest.raises(LookupError):
        decide(session, made, cast.boris)


def test_every_act_stands_in_the_audit(session: Session, cast: Cast) -> None:
    made = ask(session, cast)
    decide(session, made, cast.boris)
    session.flush()
    acts = session.execute(
        select(Entry.act, Entry.actor)
        .where(Entry.subject == f"approval:{made.id}")
        .order_by(Entry.id)
    ).all()
    assert [tuple(row) for row in acts] == [
        ("approvals.asked", "anna@meridian.example"),
        ("approvals.approved", "boris@meridian.example"),
    ]


# Tasks


def test_a_task_is_done_by_whoever_noted_it(session: Session, cast: Cast) -> None:
    made = ask(
        session,
        cast,
        kind=Kind.TODO,
        who="hr",
        subject="payroll-line:7",
        employee_id=None,
        actor=cast.dina,
    )
    assert told(session) == [("approval.asked", "dina"), ("approval.asked", "henk")]
    assert decide(session, made, cast.dina).state == State.APPROVED


def test_a_task_about_oneself_is_for_somebody_else(session: Session, cast: Cast) -> None:
    made = ask(
        session,
        cast,
        kind=Kind.TODO,
        who="hr",
        subject="payroll-line:7",
        employee_id=cast.people.dina.id,
        actor=SYSTEM,
    )
    with pytest.raises(NotAboutOneself):
        decide(session, made, cast.dina)
    with pytest.raises(ReasonMissing):
        decide(session, made, cast.henk, Decision.REFUSE)
    decide(session, made, cast.henk, Decision.REFUSE, "paid by hand")


# Withdrawing and expiring


@pytest.mark.parametrize(("kind", "verb"), list(product(Kind, (Withdraw, Expire))))
def test_what_is_not_needed_any_more_ends(
    session: Session, cast: Cast, heard: Heard, kind: Kind, verb: type[Withdraw | Expire]
) -> None:
    made = ask(session, cast, kind=kind, who="hr")
    run = commands.withdraw if verb is Withdraw else commands.expire
    assert run(session, verb("order:1", "cancelled"), actor=cast.anna, now=NOW) == [made]
    state = "withdrawn" if verb is Withdraw else "expired"
    assert (made.state, made.reason) == (state, "cancelled")
    assert step_of(session, made).state == "ended"
    assert run(session, verb("order:1"), actor=cast.anna, now=NOW) == []
    assert told(session) == []
    with pytest.raises(AlreadyDecided) as refused:
        decide(session, made, cast.dina)
    assert refused.value.data["current"] == state
    assert heard.decisions == []


def test_what_was_decided_is_not_withdrawn(session: Session, cast: Cast) -> None:
    made = ask(session, cast)
    other = ask(session, cast, kind=Kind.EVIDENCE, who="hr")
    decide(session, made, cast.boris)
    cmd = Withdraw("order:1")
    assert commands.withdraw(session, cmd, actor=cast.anna, now=NOW) == [other]
    assert made.state == State.APPROVED


# What the database refuses by itself


DECIDED = {
    "state": "approved",
    "next_on": None,
    "decided_at": NOW,
    "decided_by": "x",
    "decided_by_user_id": 1,
    "decided_by_employee_id": None,
}


def refused(session: Session, approval: Approval, values: dict[str, object]) -> str:
    with pytest.raises(IntegrityError) as error, session.begin_nested():
        step = update(ApprovalStep).where(ApprovalStep.approval_id == approval.id)
        session.execute(step.values(values))
    return str(error.value.orig)


def test_the_database_lets_nobody_decide_about_themselves(session: Session, cast: Cast) -> None:
    made = ask(session, cast, actor=cast.clara)
    about = {"decided_by_employee_id": cast.people.anna.id}
    assert "nobody_about_themselves" in refused(session, made, DECIDED | about)
    asked = {"decided_by_user_id": cast.clara.user_id}
    assert "nobody_what_they_asked" in refused(session, made, DECIDED | asked)
    asked = {"decided_by_employee_id": cast.people.clara.id}
    assert "nobody_what_they_asked" in refused(session, made, DECIDED | asked)
    session.execute(update(ApprovalStep).values(DECIDED))


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        (DECIDED | {"decided_by": None}, "decided_whole"),
        ({"decided_by_user_id": 1}, "decided_whole"),
        (DECIDED | {"decided_at": None}, "decided_whole"),
        (DECIDED | {"decided_for_id": 1}, "decided_whole"),
        ({"state": "approved"}, "decided_whole"),
        (DECIDED | {"state": "refused"}, "refused_with_reason"),
        (DECIDED | {"state": "refused", "reason": ""}, "refused_with_reason"),
        ({"state": "asked"}, "asked_keeps_days"),
        ({"state": "elsewhere"}, "state_known"),
        ({"approver_id": None}, "with_somebody"),
        ({"role": "hr"}, "with_somebody"),
        ({"due_on": None}, "with_somebody"),
    ],
)
def test_the_database_keeps_a_step_whole(
    session: Session, cast: Cast, values: dict[str, object], constraint: str
) -> None:
    assert constraint in refused(session, ask(session, cast), values)


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ({"state": "approved"}, "ended_whole"),
        ({"ended_at": NOW}, "ended_whole"),
        ({"effect": "after"}, "after_is_approved"),
        ({"kind": "wish"}, "kind_known"),
    ],
)
def test_the_database_keeps_an_approval_whole(
    session: Session, cast: Cast, values: dict[str, object], constraint: str
) -> None:
    made = ask(session, cast)
    with pytest.raises(IntegrityError) as error, session.begin_nested():
        session.execute(update(Approval).where(Approval.id == made.id).values(values))
    assert constraint in str(error.value.orig)


# What waits


def waiting(session: Session, actor: Actor) -> list[str]:
    today = NOW.date()
    query = queries.waiting_for(session, actor=actor, today=today)
    steps = session.scalars(query.order_by(ApprovalStep.due_on, ApprovalStep.id)).all()
    count = queries.count_waiting(session, actor=actor, today=today, most=99)
    by_id = queries.approvals_of(session, steps)
    found = [by_id[step.approval_id].subject for step in steps]
    assert count == len(found)
    for row in session.scalars(select(Approval)):
        own = queries.steps_of(session, [row])[row.id]
        turn = queries.can_decide(session, row, own, actor=actor, today=today)
        assert (turn is not None) == (row.subject in found)
    return found


def test_what_waits_is_what_one_can_decide(session: Session, cast: Cast) -> None:
    ask(session, cast, subject="order:late", due_on=date(2026, 3, 30))
    ask(session, cast, subject="order:soon", due_on=date(2026, 3, 12))
    ask(session, cast, subject="order:paper", kind=Kind.EVIDENCE, who="hr")
    ask(
        session,
        cast,
        subject="order:dinas",
        employee_id=cast.people.dina.id,
        actor=cast.dina,
    )
    task = {"kind": Kind.TODO, "who": "hr", "employee_id": None, "actor": cast.henk}
    ask(session, cast, subject="task:1", **task)  # type: ignore[arg-type]
    assert waiting(session, cast.boris) == ["order:soon", "order:late"]
    assert waiting(session, cast.henk) == ["order:paper", "order:dinas", "task:1"]
    assert waiting(session, cast.dina) == ["order:paper", "task:1"]
    for nobody in (cast.anna, cast.clara, cast.egor, SYSTEM):
        assert waiting(session, nobody) == []


def test_a_manager_who_left_has_nothing_waiting(session: Session, cast: Cast) -> None:
    ask(session, cast)
    leaves(session, cast, NOW.date() - timedelta(days=1))
    assert waiting(session, cast.boris) == []


def test_people_see_what_concerns_them(session: Session, cast: Cast) -> None:
    made = ask(session, cast)
    for actor in (cast.anna, cast.boris, cast.dina):
        assert queries.access_approval(session, made.id, actor=actor, today=NOW.date()) is made
        seen = session.scalars(queries.visible_to(session, actor=actor, today=NOW.date())).all()
        assert list(seen) == [made]
    for actor in (cast.clara, cast.egor):
        with pytest.raises(ApprovalUnknown):
            queries.access_approval(session, made.id, actor=actor, today=NOW.date())
        assert (
            session.scalars(queries.visible_to(session, actor=actor, today=NOW.date())).all() == []
        )


def test_subjects_are_described_with_one_question_for_each_kind(
    session: Session, cast: Cast
) -> None:
    asked: list[list[str]] = []

    def describe(_: Session, subjects: object) -> dict[str, queries.Told]:
        asked.append(list(subjects))  # type: ignore[call-overload]
        return {"order:1": queries.Told("A bicycle")}

    queries.SUBJECTS.register("order", describe)
    rows = [ask(session, cast, subject=name) for name in ("order:1", "order:2", "thing:1")]
    words = queries.told(session, rows, "nl")
    assert asked == [["order:1", "order:2"]]
    assert {subject: told.title for subject, told in words.items()} == {
        "order:1": "A bicycle",
        "order:2": "Fiets",
        "thing:1": "Fiets",
    }
