"""Random people, policies, acts and clock: no approval without an owner, no decision about oneself,
no effect twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from ideals.access import queries as access
from ideals.approvals import commands, queries
from ideals.approvals.commands import Answer, Ask, Decide, Expire, Route, Withdraw
from ideals.approvals.models import Approval, ApprovalEvent, Delegation
from ideals.approvals.rules import By, Case, Effect, Mode, Stage, Step, Then, Who
from ideals.approvals.rules.facts import COMMON
from ideals.approvals.states import Decision, Kind, State
from ideals.kernel.actor import SYSTEM, Actor, Role
from ideals.kernel.errors import IdealsError
from ideals.kernel.ids import new_id
from ideals.people.models import Employee, Employment, Unit
from ideals.seeds import factories
from tests.approvals.conftest import NOW, Heard
from tests.approvals.test_steps import look

NAMES = ("ada", "bob", "cor", "dee", "eve", "fay")
HR = ("dee", "eve")

person = st.sampled_from(NAMES)
whom = st.one_of(
    st.sampled_from(
        [Who(By.MANAGER), Who(By.MANAGERS_MANAGER), Who(By.UNIT_OWNER), Who(By.MANDATE)]
    ),
    st.just(Who(By.ROLE, "hr")),
    st.builds(lambda name: Who(By.PERSON, name), st.sampled_from((*NAMES, "nobody"))),
)
steps = st.builds(Step, whom, st.integers(1, 4), st.sampled_from(Then), st.one_of(st.none(), whom))
stages = st.lists(
    st.builds(
        lambda mode, some: Stage(mode if len(some) > 1 else Mode.ALL, tuple(some)),
        st.sampled_from(Mode),
        st.lists(steps, min_size=1, max_size=3),
    ),
    min_size=1,
    max_size=3,
)
which = st.integers(0, 20)
act = st.one_of(
    st.tuples(st.just("ask"), person, person, st.sampled_from(Kind), stages),
    st.tuples(
        st.just("decide"), which, person, st.sampled_from(("approve", "approve", "refuse", "ask"))
    ),
    st.tuples(st.just("decide"), which, person, st.just("approve")),
    st.tuples(st.just("hand_over"), which, person, person),
    st.tuples(st.just("answer"), which, person),
    st.tuples(st.just("end"), which, st.booleans()),
    st.tuples(st.just("stand_in"), person, person, st.booleans()),
    st.tuples(st.just("manager"), person, person),
    st.tuples(st.just("leave"), person),
    st.tuples(st.just("role"), person, st.booleans()),
    st.tuples(st.just("clock"), st.integers(0, 9)),
)


@dataclass
class World:
    session: Session
    actors: dict[str, Actor]
    now: datetime = NOW
    asked: list[Approval] = field(default_factory=list)
    gone: set[str] = field(default_factory=set)

    def id_of(self, name: str) -> int:
        found = self.actors[name].employee_id
        assert found is not None
        return found

    def pick(self, number: int) -> Approval | None:
        return self.asked[number % len(self.asked)] if self.asked else None


@pytest.fixture
def world(session: Session) -> World:
    factories.a_scheme(session, code="simple")
    actors = {}
    above: Employee | None = None
    for name in NAMES:
        above = factories.an_employee(
            session, name, number=name, email=f"{name}@x.example", manager=above
        )
        roles = frozenset({Role.HR}) if name in HR else frozenset()
        user = factories.a_user(session, f"{name}@x.example", roles=roles)
        actors[name] = access.actor_of(user, sorted(roles))
    unit = session.scalars(select(Unit).limit(1)).one()
    unit.owner_id = actors["cor"].employee_id
    session.flush()
    return World(session, actors)


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(acts=st.lists(act, min_size=4, max_size=25))
def test_whatever_people_and_the_clock_do(
    session: Session, world: World, heard: Heard, acts: Sequence[tuple[Any, ...]]
) -> None:
    outer = session.begin_nested()
    here = replace(world, asked=[], gone=set(), actors=dict(world.actors))
    heard.decisions.clear()
    for name, *more in acts:
        here.now += timedelta(minutes=7)
        inner, told = session.begin_nested(), list(heard.decisions)
        try:
            ACTS[name](here, *more)
            session.flush()
            inner.commit()
        except IdealsError:
            inner.rollback()
            heard.decisions[:] = told
        assert_sound(here, heard)
    # The clock goes on until nothing is due: what the policies end by themselves has ended.
    for _ in range(8):
        here.now += timedelta(days=9)
        look(session, here.now)
        assert_sound(here, heard, looked=True)
    outer.rollback()
    session.expire_all()


def assert_sound(world: World, heard: Heard, *, looked: bool = False) -> None:
    session = world.session
    session.expire_all()
    done = {subject: state for subject, state, _ in heard.decisions}
    assert len(done) == len(heard.decisions), "an effect twice"
    for approval in session.scalars(select(Approval)):
        mine = queries.steps_of(session, [approval])[approval.id]
        live = [step for step in mine if step.state in queries.LIVE]
        if approval.state == State.OPEN:
            assert live, "an approval without an owner"
        else:
            assert not live
            assert {step.state for step in mine} <= {"approved", "refused", "skipped", "ended"}
        decided = approval.state in (State.APPROVED, State.REFUSED)
        assert done.get(approval.subject) == (approval.state if decided else None)
        barred = {approval.employee_id}
        if approval.kind != Kind.TODO:
            barred.add(approval.asked_by_employee_id)
        for step in mine:
            decider = step.decided_by_employee_id
            assert decider is None or decider not in barred, "a decision about oneself"
            assert step.decided_for_id is None or step.decided_for_id not in barred
        for step in live:
            assert (step.approver_id is None) != (step.role is None)
            assert step.approver_id is None or step.approver_id not in barred
            if looked and step.approver_id is not None:
                gone = {world.id_of(name) for name in world.gone}
                assert step.approver_id not in gone, "with somebody who left"
    ends = session.execute(
        select(ApprovalEvent.approval_id, ApprovalEvent.act).where(
            ApprovalEvent.act.in_(("approved", "refused", "withdrawn", "expired"))
        )
    ).all()
    assert len({row.approval_id for row in ends}) == len(ends), "two ends"
    assert_waits_are_decidable(world)


def assert_waits_are_decidable(world: World) -> None:
    """What a list shows can be decided, and no list shows what is about its reader."""
    session = world.session
    today = world.now.date()
    for actor in world.actors.values():
        query = queries.waiting_for(session, actor=actor, today=today)
        for step in session.scalars(query):
            approval = session.get_one(Approval, step.approval_id)
            assert actor.employee_id != approval.employee_id
            if step.approver_id in (None, actor.employee_id):
                turn = queries.can_decide(session, approval, [step], actor=actor, today=today)
                assert turn == queries.Turn(step.id)


# What can be done


def _ask(world: World, who: str, about: str, kind: Kind, stages: list[Stage]) -> None:
    case = Case("made_up", None, {"en": "A rule"}, Effect.BEFORE, tuple(stages))
    route = Route(None, case, Effect.BEFORE, tuple(stages), dict.fromkeys(COMMON, ""))
    subject = f"order:{len(world.asked)}"
    cmd = Ask(new_id(), kind, subject, world.id_of(about), what={"en": "A thing"})
    made = commands.ask(world.session, cmd, actor=world.actors[who], now=world.now, route=route)
    assert made is not None
    world.asked.append(made)


def _decide(world: World, number: int, who: str, decision: str) -> None:
    if approval := world.pick(number):
        cmd = Decide(approval.id, Decision(decision), "because")
        commands.decide(world.session, cmd, actor=world.actors[who], now=world.now)


def _hand_over(world: World, number: int, who: str, to: str) -> None:
    if approval := world.pick(number):
        cmd = Decide(approval.id, Decision.HAND_OVER, None, to)
        commands.decide(world.session, cmd, actor=world.actors[who], now=world.now)


def _answer(world: World, number: int, who: str) -> None:
    if approval := world.pick(number):
        cmd = Answer(approval.id, "because")
        commands.answer(world.session, cmd, actor=world.actors[who], now=world.now)


def _end(world: World, number: int, withdrawn: bool) -> None:
    if approval := world.pick(number):
        if withdrawn:
            cmd = Withdraw(approval.subject)
            commands.withdraw(world.session, cmd, actor=SYSTEM, now=world.now)
        else:
            commands.expire(world.session, Expire(approval.subject), actor=SYSTEM, now=world.now)


def _stand_in(world: World, away: str, to: str, some: bool) -> None:
    if away == to:
        return
    today = world.now.date()
    world.session.add(
        Delegation(
            id=new_id(),
            from_id=world.id_of(away),
            to_id=world.id_of(to),
            kinds=["order"] if some else None,
            from_on=today,
            until_on=today + timedelta(days=10),
            made_at=world.now,
            made_by="x",
        )
    )


def _employee(world: World, name: str) -> Employee:
    return world.session.get_one(Employee, world.id_of(name))


def _manager(world: World, who: str, manager: str) -> None:
    """Rings of managers too: only one's own manager one cannot be."""
    if who != manager and who not in world.gone:
        factories.a_change(
            world.session,
            _employee(world, who),
            world.now.date(),
            manager_number=manager,
            now=world.now,
        )


def _leave(world: World, who: str) -> None:
    """Since yesterday. Two of HR stay."""
    if who in HR or who in world.gone:
        return
    session, today = world.session, world.now.date()
    row = session.scalars(
        select(Employment)
        .where(Employment.employee_id == world.id_of(who), Employment.superseded_at.is_(None))
        .order_by(Employment.valid_from.desc())
        .limit(1)
    ).one()
    if row.valid_from >= today:
        return
    factories.a_change(
        session,
        _employee(world, who),
        row.valid_from,
        leaves_on=today - timedelta(days=1),
        now=world.now,
    )
    world.gone.add(who)


def _role(world: World, who: str, given: bool) -> None:
    """As the page was opened with: what counts is read again."""
    if who not in HR:
        roles = frozenset({Role.HR}) if given else frozenset()
        world.actors[who] = replace(world.actors[who], roles=roles)


def _clock(world: World, days: int) -> None:
    world.now += timedelta(days=days)
    look(world.session, world.now)


ACTS: dict[str, Any] = {
    "ask": _ask,
    "decide": _decide,
    "hand_over": _hand_over,
    "answer": _answer,
    "end": _end,
    "stand_in": _stand_in,
    "manager": _manager,
    "leave": _leave,
    "role": _role,
    "clock": _clock,
}
