from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import product
from zoneinfo import ZoneInfo

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
from ideals.approvals.models import Approval
from ideals.approvals.states import Decision, Kind, State, Who, WhyHr
from ideals.audit import Entry
from ideals.kernel.actor import SYSTEM, Actor, Role
from ideals.kernel.ids import new_id
from ideals.outbox import Message
from ideals.seeds import factories
from tests.approvals.conftest import FRIDAY, NOW, Cast, Heard, ask, decide, told

ZONE = ZoneInfo("Europe/Amsterdam")
THURSDAY = datetime(2026, 3, 19, 8, tzinfo=ZONE)
SATURDAY = datetime(2026, 3, 21, 8, tzinfo=ZONE)


# Asking


def test_the_manager_of_that_day_is_asked_and_told(session: Session, cast: Cast) -> None:
    made = ask(session, cast)
    assert (made.approver_id, made.why_hr, made.state) == (cast.people.boris.id, None, "open")
    assert told(session) == [("approval.asked", "boris")]


def test_the_manager_stays_the_one_of_that_day(session: Session, cast: Cast) -> None:
    made = ask(session, cast)
    factories.a_change(
        session, cast.people.anna, date(2026, 3, 11), manager_number="clara", now=NOW
    )
    with pytest.raises(ApprovalUnknown):
        decide(session, made, cast.clara, now=NOW + timedelta(days=2))
    decide(session, made, cast.boris, now=NOW + timedelta(days=2))


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
    ask(session, cast, kind=Kind.EVIDENCE, who=Who.HR)
    decide(session, first, cast.boris)
    ask(session, cast)


def test_without_a_manager_it_goes_to_hr_and_says_so(session: Session, cast: Cast) -> None:
    made = ask(session, cast, employee_id=cast.people.boris.id, actor=cast.boris)
    assert (made.approver_id, made.why_hr) == (None, WhyHr.NO_MANAGER)
    assert told(session) == [("approval.asked", "dina"), ("approval.asked", "henk")]
    assert decide(session, made, cast.dina).state == State.APPROVED


def test_what_the_manager_asks_for_an_employee_hr_decides(session: Session, cast: Cast) -> None:
    made = ask(session, cast, actor=cast.boris)
    assert made.why_hr == WhyHr.MANAGER_ASKS
    with pytest.raises(NotAboutOneself):
        decide(session, made, cast.boris)
    decide(session, made, cast.henk)


def test_hr_is_not_told_of_what_they_ask_themselves(session: Session, cast: Cast) -> None:
    ask(
        session,
        cast,
        kind=Kind.EVIDENCE,
        who=Who.HR,
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
    assert (made.ended_by, made.decided_by_employee_id) == (
        "boris@meridian.example",
        cast.people.boris.id,
    )


def test_what_is_decided_stays_decided_and_says_by_whom(session: Session, cast: Cast) -> None:
    made = ask(session, cast, who=Who.HR, kind=Kind.EVIDENCE)
    decide(session, made, cast.dina)
    with pytest.raises(AlreadyDecided) as refused:
        decide(session, made, cast.henk, Decision.REFUSE, "late")
    assert refused.value.data["by"] == "Dina"
    assert refused.value.data["at"] == NOW.isoformat()


def test_after_a_decision_nobody_has_to_read_of_it(session: Session, cast: Cast) -> None:
    made = ask(session, cast, who=Who.HR, kind=Kind.EVIDENCE)
    assert len(told(session)) == 2
    decide(session, made, cast.dina)
    assert told(session) == []


def test_the_rights_are_those_of_the_moment(session: Session, cast: Cast) -> None:
    made = ask(session, cast, who=Who.HR, kind=Kind.EVIDENCE)
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


def test_when_the_manager_left_hr_decides_and_is_told(session: Session, cast: Cast) -> None:
    made = ask(session, cast)
    leaves(session, cast, date(2026, 3, 11))
    after = NOW + timedelta(days=2)
    with pytest.raises(MayNotDecide):
        decide(session, made, cast.boris, now=after)
    commands.sweep(session, zone=ZONE, actor=SYSTEM, now=after)
    commands.sweep(session, zone=ZONE, actor=SYSTEM, now=after)
    assert made.why_hr == WhyHr.MANAGER_LEFT
    assert told(session)[1:] == [("approval.asked", "dina"), ("approval.asked", "henk")]
    decide(session, made, cast.dina, now=after)


def test_hr_need_not_wait_for_the_clock(session: Session, cast: Cast) -> None:
    made = ask(session, cast)
    leaves(session, cast, date(2026, 3, 11))
    with pytest.raises(MayNotDecide):
        decide(session, made, cast.dina)
    decide(session, made, cast.dina, now=NOW + timedelta(days=2))


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
    made = ask(session, cast, subject="deal:1")
    with pytest.raises(LookupError):
        decide(session, made, cast.boris)


def test_every_act_stands_in_the_audit(session: Session, cast: Cast) -> None:
    made = ask(session, cast)
    decide(session, made, cast.boris)
    session.flush()
    acts = session.execute(
        select(Entry.act, Entry.actor).where(Entry.subject == f"approval:{made.id}")
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
        who=Who.HR,
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
        who=Who.HR,
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
    made = ask(session, cast, kind=kind, who=Who.HR)
    run = commands.withdraw if verb is Withdraw else commands.expire
    assert run(session, verb("order:1", "cancelled"), actor=cast.anna, now=NOW) == [made]
    state = "withdrawn" if verb is Withdraw else "expired"
    assert (made.state, made.reason, made.decided_by_user_id) == (state, "cancelled", None)
    assert run(session, verb("order:1"), actor=cast.anna, now=NOW) == []
    assert told(session) == []
    with pytest.raises(AlreadyDecided) as refused:
        decide(session, made, cast.dina)
    assert refused.value.data["current"] == state
    assert heard.decisions == []


def test_what_was_decided_is_not_withdrawn(session: Session, cast: Cast) -> None:
    made = ask(session, cast)
    other = ask(session, cast, kind=Kind.EVIDENCE, who=Who.HR)
    decide(session, made, cast.boris)
    cmd = Withdraw("order:1")
    assert commands.withdraw(session, cmd, actor=cast.anna, now=NOW) == [other]
    assert made.state == State.APPROVED


# The clock


def sweep(session: Session, now: datetime) -> None:
    commands.sweep(session, zone=ZONE, actor=SYSTEM, now=now)


def overdue(session: Session) -> list[str]:
    query = select(Message).where(Message.name == commands.END_OVERDUE)
    return [message.payload["approval_id"] for message in session.scalars(query)]


def test_a_reminder_comes_once_one_working_day_before(session: Session, cast: Cast) -> None:
    ask(session, cast, due_on=FRIDAY)
    sweep(session, THURSDAY - timedelta(days=1))
    assert told(session) == [("approval.asked", "boris")]
    for _ in range(2):
        sweep(session, THURSDAY)
    assert told(session)[1:] == [("approval.reminder", "boris")]


def test_midnight_is_the_organisations(session: Session, cast: Cast) -> None:
    ask(session, cast, due_on=FRIDAY)
    sweep(session, datetime(2026, 3, 18, 22, 59, tzinfo=ZoneInfo("UTC")))
    assert len(told(session)) == 1
    sweep(session, datetime(2026, 3, 18, 23, 0, tzinfo=ZoneInfo("UTC")))
    assert len(told(session)) == 2


def test_after_its_day_it_waits_on_and_hr_is_told(session: Session, cast: Cast) -> None:
    made = ask(session, cast, due_on=FRIDAY)
    sweep(session, datetime(2026, 3, 20, 23, tzinfo=ZONE))
    assert overdue(session) == []
    for _ in range(2):
        sweep(session, SATURDAY)
    assert overdue(session) == [str(made.id)]
    for _ in range(2):
        commands.end_overdue(session, made.id, actor=SYSTEM, now=SATURDAY)
    assert made.state == State.OPEN
    late = [whom for kind, whom in told(session) if kind == "approval.overdue"]
    assert late == ["dina", "henk"]


def test_after_its_day_it_expires_when_its_subject_lets_go(
    session: Session, cast: Cast, heard: Heard
) -> None:
    queries.EXPIRED.register("order", heard.expired)
    made = ask(session, cast)
    commands.end_overdue(session, made.id, actor=SYSTEM, now=SATURDAY)
    assert made.state == State.OPEN
    heard.lets_go = True
    commands.end_overdue(session, made.id, actor=SYSTEM, now=SATURDAY)
    assert (made.state, made.ended_by, made.decided_by_user_id) == ("expired", "system", None)
    commands.end_overdue(session, made.id, actor=SYSTEM, now=SATURDAY)
    assert heard.decisions == []


# What the database refuses by itself


DECIDED = {
    "state": "approved",
    "ended_at": NOW,
    "ended_by": "x",
    "decided_by_user_id": 1,
    "decided_by_employee_id": None,
}


def refused(session: Session, approval: Approval, values: dict[str, object]) -> str:
    with pytest.raises(IntegrityError) as error, session.begin_nested():
        session.execute(update(Approval).where(Approval.id == approval.id).values(values))
    return str(error.value.orig)


def test_the_database_lets_nobody_decide_about_themselves(session: Session, cast: Cast) -> None:
    made = ask(session, cast, actor=cast.clara)
    about = {"decided_by_employee_id": cast.people.anna.id}
    assert "nobody_about_themselves" in refused(session, made, DECIDED | about)
    asked = {"decided_by_user_id": cast.clara.user_id}
    assert "nobody_what_they_asked" in refused(session, made, DECIDED | asked)
    asked = {"decided_by_employee_id": cast.people.clara.id}
    assert "nobody_what_they_asked" in refused(session, made, DECIDED | asked)
    session.execute(update(Approval).values(DECIDED))


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        (DECIDED | {"decided_by_user_id": None}, "decided_whole"),
        ({"decided_by_user_id": 1}, "decided_whole"),
        (DECIDED | {"ended_at": None}, "ended_whole"),
        (DECIDED | {"ended_by": None}, "ended_whole"),
        ({"state": "expired"}, "ended_whole"),
        (DECIDED | {"state": "refused"}, "refused_with_reason"),
        (DECIDED | {"state": "refused", "reason": ""}, "refused_with_reason"),
        ({"state": "asked", "ended_at": NOW, "ended_by": "x"}, "state_known"),
        ({"approver_id": None}, "with_somebody"),
        ({"who": "hr"}, "role_is_hr"),
    ],
)
def test_the_database_keeps_an_approval_whole(
    session: Session, cast: Cast, values: dict[str, object], constraint: str
) -> None:
    assert constraint in refused(session, ask(session, cast), values)


# What waits


def waiting(session: Session, actor: Actor) -> list[str]:
    query = queries.waiting_for(actor=actor, today=NOW.date())
    rows = session.scalars(query.order_by(Approval.due_on, Approval.id))
    count = queries.count_waiting(session, actor=actor, today=NOW.date(), most=99)
    found = [row.subject for row in rows]
    assert count == len(found)
    assert all(
        queries.can_decide(session, row, actor=actor, today=NOW.date()) == (row.subject in found)
        for row in session.scalars(select(Approval))
    )
    return found


def test_what_waits_is_what_one_can_decide(session: Session, cast: Cast) -> None:
    ask(session, cast, subject="order:late", due_on=date(2026, 3, 30))
    ask(session, cast, subject="order:soon", due_on=date(2026, 3, 12))
    ask(session, cast, subject="order:paper", kind=Kind.EVIDENCE, who=Who.HR)
    ask(
        session,
        cast,
        subject="order:dinas",
        employee_id=cast.people.dina.id,
        actor=cast.dina,
    )
    task = {"kind": Kind.TODO, "who": Who.HR, "employee_id": None, "actor": cast.henk}
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
        assert queries.access_approval(session, made.id, actor=actor) is made
        seen = session.scalars(queries.visible_to(actor=actor)).all()
        assert list(seen) == [made]
    for actor in (cast.clara, cast.egor):
        with pytest.raises(ApprovalUnknown):
            queries.access_approval(session, made.id, actor=actor)
        assert session.scalars(queries.visible_to(actor=actor)).all() == []


def test_subjects_are_described_with_one_question_for_each_kind(
    session: Session, cast: Cast
) -> None:
    asked: list[list[str]] = []

    def describe(_: Session, subjects: object) -> dict[str, queries.Told]:
        asked.append(list(subjects))  # type: ignore[call-overload]
        return {"order:1": queries.Told("A bicycle")}

    queries.SUBJECTS.register("order", describe)
    rows = [ask(session, cast, subject=name) for name in ("order:1", "order:2", "deal:1")]
    words = queries.told(session, rows, "nl")
    assert asked == [["order:1", "order:2"]]
    assert {subject: told.title for subject, told in words.items()} == {
        "order:1": "A bicycle",
        "order:2": "Fiets",
        "deal:1": "Fiets",
    }
