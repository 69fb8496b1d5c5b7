"""Two who decide at once, and a decision against a withdrawal: one end, and the other is told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from ideals.access.queries import actor_of
from ideals.approvals import commands, queries
from ideals.approvals.commands import Decide, Expire, Withdraw
from ideals.approvals.errors import AlreadyDecided
from ideals.approvals.models import Approval
from ideals.approvals.rules import By, Mode, Then
from ideals.approvals.states import Decision, Kind
from ideals.db import unit_of_work
from ideals.kernel.actor import SYSTEM, Actor
from ideals.kernel.errors import IdealsError
from ideals.notices.commands import Tell, tell
from ideals.notices.models import Notice
from ideals.outbox import Message
from ideals.people.models import Employee
from ideals.seeds import factories
from tests.approvals.conftest import (  # noqa: F401 - a fixture that is used by itself
    Cast,
    Heard,
    ask,
    by,
    cast_of,
    heard,
    one,
    step_of,
)
from tests.notices.conftest import mails
from tests.race.test_ledger import together

ROUNDS = 100
NOW = datetime.now(UTC)
FAR = NOW.date() + timedelta(days=300)


@pytest.fixture
def cast(own_database: str) -> Cast:
    with unit_of_work() as session:
        return cast_of(session)


def asked(cast: Cast, number: int) -> Approval:
    with unit_of_work() as session:
        return ask(session, cast, kind=Kind.EVIDENCE, who="hr", subject=f"order:{number}", now=NOW)


def end_of(approval: Approval) -> Approval:
    with unit_of_work() as session:
        return session.get_one(Approval, approval.id)


def test_of_two_who_decide_at_once_one_wins_a_hundred_times(
    cast: Cast,
    heard: Heard,  # noqa: F811
) -> None:
    winners: Counter[str] = Counter()
    for number in range(ROUNDS):
        made = asked(cast, number)
        yes = Decide(made.id, Decision.APPROVE)
        no = Decide(made.id, Decision.REFUSE, "not clear")
        answers = together(
            [
                lambda session, cmd=yes: commands.decide(session, cmd, actor=cast.dina, now=NOW),
                lambda session, cmd=no: commands.decide(session, cmd, actor=cast.henk, now=NOW),
            ]
        )
        assert answers.count(AlreadyDecided) == 1, answers
        ended = end_of(made)
        winners[ended.state] += 1
        assert heard.decisions[number:] == [(made.subject, ended.state, ended.reason)]
    assert sum(winners.values()) == ROUNDS


def test_a_decision_and_a_withdrawal_at_once_have_one_end_a_hundred_times(
    cast: Cast,
    heard: Heard,  # noqa: F811
) -> None:
    for number in range(ROUNDS):
        made = asked(cast, number)
        yes, back = Decide(made.id, Decision.APPROVE), Withdraw(made.subject)
        decided, withdrawn = together(
            [
                lambda session, cmd=yes: commands.decide(session, cmd, actor=cast.dina, now=NOW),
                lambda session, cmd=back: commands.withdraw(session, cmd, actor=cast.anna, now=NOW),
            ]
        )
        ended = end_of(made)
        if decided is AlreadyDecided:
            assert (ended.state, len(withdrawn)) == ("withdrawn", 1)  # type: ignore[arg-type]
        else:
            assert (ended.state, withdrawn) == ("approved", [])
        heard_of = [subject for subject, _, _ in heard.decisions]
        assert heard_of.count(made.subject) == (decided is not AlreadyDecided)


def test_two_decisions_about_one_subject_that_end_each_other_do_not_lock_each_other_out(
    cast: Cast,
    heard: Heard,  # noqa: F811
) -> None:
    """An order waits for its manager and for HR; the first refusal withdraws the other."""

    def refused(session, approval, *, actor, now):  # type: ignore[no-untyped-def]
        commands.withdraw(session, Withdraw(approval.subject), actor=actor, now=now)

    queries.DECIDED.register("order", refused)
    for number in range(ROUNDS):
        with unit_of_work() as session:
            subject = f"order:{number}"
            paper = ask(session, cast, kind=Kind.EVIDENCE, who="hr", subject=subject, now=NOW)
            order = ask(session, cast, kind=Kind.ORDER, subject=subject, now=NOW)
        no = [Decide(a.id, Decision.REFUSE, "no") for a in (paper, order)]
        answers = together(
            [
                lambda session, cmd=no[0]: commands.decide(session, cmd, actor=cast.dina, now=NOW),
                lambda session, cmd=no[1]: commands.decide(session, cmd, actor=cast.boris, now=NOW),
            ]
        )
        assert answers.count(AlreadyDecided) == 1, answers
        assert sorted(end_of(a).state for a in (paper, order)) == ["refused", "withdrawn"]


def test_the_same_notice_told_twenty_times_at_once_is_one(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IDEALS_SMTP_URL", "smtp://127.0.0.1:1")
    cmd = Tell("gift", "gift:1", "gift:1", employee_ids=[cast.people.anna.id])
    told = together([lambda session: tell(session, cmd, actor=SYSTEM, now=NOW)] * 20)
    assert sorted(told) == [0] * 19 + [1]  # type: ignore[type-var]
    with unit_of_work() as session:
        assert session.query(Notice).filter_by(key="gift:1").count() == 1
        assert len(mails(session)) == 1


WAVES, IN_A_WAVE = 5, 40
"""Two hundred requests; eighty people act at the same moment."""


def test_two_hundred_requests_with_two_approvers_each_at_the_same_moment(
    cast: Cast,
    heard: Heard,  # noqa: F811
) -> None:
    side_by_side = [one(by(By.MANAGER), by(By.ROLE, "hr"), mode=Mode.ANY)]
    for wave in range(WAVES):
        with unit_of_work() as session:
            made = [
                ask(session, cast, who=side_by_side, subject=f"order:{wave}-{number}", now=NOW)
                for number in range(IN_A_WAVE)
            ]
        answers = together(
            [
                act
                for approval in made
                for act in (
                    deciding(approval, cast.boris, Decision.APPROVE),
                    deciding(approval, cast.henk, Decision.REFUSE),
                )
            ]
        )
        late = [answer for answer in answers if isinstance(answer, AlreadyDecided)]
        assert len(late) == IN_A_WAVE
        assert {each.data["by"] for each in late} <= {"Boris", "Henk"}
        assert all(each.data["at"] == NOW.isoformat(timespec="seconds") for each in late)
    heard_of = Counter(subject for subject, _, _ in heard.decisions)
    assert (len(heard_of), set(heard_of.values())) == (WAVES * IN_A_WAVE, {1})
    with unit_of_work() as session:
        for approval in session.scalars(select(Approval)):
            steps = queries.steps_of(session, [approval])[approval.id]
            assert sorted(step.state for step in steps) == sorted([approval.state, "skipped"])
            ends = [each.act for each in queries.history(session, approval)].count(approval.state)
            assert ends == 1


def deciding(
    approval: Approval, actor: Actor, decision: Decision
) -> Callable[[Session], AlreadyDecided | None]:
    """Of whoever comes second, what they are told."""

    def act(session: Session) -> AlreadyDecided | None:
        try:
            cmd = Decide(approval.id, decision, "not clear")
            commands.decide(session, cmd, actor=actor, now=NOW)
        except AlreadyDecided as late:
            return late
        return None

    return act


def test_approved_withdrawn_expired_and_left_at_once_have_one_end(
    cast: Cast,
    heard: Heard,  # noqa: F811
) -> None:
    """While Boris decides, what he decides about ends, and so does his employment."""
    day = NOW.date()
    for number in range(ROUNDS // 4):
        with unit_of_work() as session:
            factories.an_employee(
                session, f"B{number}", number=f"b{number}", email=f"b{number}@meridian.example"
            )
            user = factories.a_user(session, f"b{number}@meridian.example")
            manager = actor_of(user, [])
            factories.a_change(session, cast.people.anna, day, manager_number=f"b{number}", now=NOW)
            made = ask(session, cast, subject=f"order:{number}", due_on=FAR, now=NOW)
            step_id = step_of(session, made).id
        answers = together(
            [
                acting(commands.decide, Decide(made.id, Decision.APPROVE), manager),
                acting(commands.withdraw, Withdraw(made.subject), cast.anna),
                acting(commands.expire, Expire(made.subject), SYSTEM),
                lambda session, who=f"b{number}": leaves(session, who, day - timedelta(days=1)),
                lambda session, id_=step_id: commands.follow(session, id_, actor=SYSTEM, now=NOW),
            ]
        )
        with unit_of_work() as session:
            ended = session.get_one(Approval, made.id)
            (step,) = queries.steps_of(session, [ended])[ended.id]
            ends = {"approved", "withdrawn", "expired"}
            acts = [each.act for each in queries.history(session, ended)]
        assert ended.state in ends, answers
        assert step.state == ("approved" if ended.state == "approved" else "ended")
        assert [each for each in acts if each in ends] == [ended.state]
        heard_of = [state for subject, state, _ in heard.decisions if subject == made.subject]
        assert heard_of == (["approved"] if ended.state == "approved" else [])


def acting(run: Callable[..., object], cmd: object, actor: Actor) -> Callable[[Session], object]:
    """What is not theirs any more is answered by its code."""

    def act(session: Session) -> object:
        try:
            return run(session, cmd, actor=actor, now=NOW)
        except IdealsError as refusal:
            return refusal.code

    return act


def leaves(session: Session, number: str, last: date) -> None:
    employee = session.scalars(select(Employee).where(Employee.number == number)).one()
    factories.a_change(session, employee, factories.HIRED_ON, leaves_on=last, now=NOW)


def test_two_clocks_at_once_announce_each_step_once_and_act_once(
    cast: Cast,
    heard: Heard,  # noqa: F811
) -> None:
    step = by(By.MANAGER, days=1, then=Then.APPROVE)
    count = 60
    with unit_of_work() as session:
        for number in range(count):
            ask(session, cast, who=[one(step)], subject=f"order:{number}", due_on=FAR, now=NOW)
    later = NOW + timedelta(days=9)

    def look(session: Session) -> None:
        commands.sweep(session, zone=ZoneInfo("UTC"), actor=SYSTEM, now=later)

    together([look] * 8)
    with unit_of_work() as session:
        sent = session.scalars(
            select(Message.payload).where(Message.name == commands.ACT_ON_STEP)
        ).all()
    ids = [payload["step"] for payload in sent]
    assert len(ids) == len(set(ids)) == count
    for first in range(0, count, 20):
        some = ids[first : first + 20]
        together(
            [
                lambda session, id_=id_: commands.act_on_step(session, id_, actor=SYSTEM, now=later)
                for id_ in some * 3
            ]
        )
    assert Counter(subject for subject, _, _ in heard.decisions) == {
        f"order:{number}": 1 for number in range(count)
    }
