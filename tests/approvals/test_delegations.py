"""Standing in for somebody: who may, for how long, for what, and what everybody hears of it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from ideals.approvals import commands, queries
from ideals.approvals.commands.delegations import (
    Delegate,
    EndDelegation,
    delegate,
    end_delegation,
)
from ideals.approvals.errors import (
    ApprovalUnknown,
    DelegationDiffers,
    DelegationOver,
    DelegationUnknown,
    KindsMissing,
    MayNotDecide,
    NotInAnothersPlace,
    OnlyHrForOthers,
    PeriodWrong,
    StandInCannotSignIn,
    StandInIsOneself,
    StandsInAlready,
)
from ideals.approvals.models import Delegation
from ideals.approvals.queries import delegations as listed
from ideals.approvals.queries import standing_in
from ideals.approvals.states import Decision, DelegationState, Kind
from ideals.audit import Entry
from ideals.kernel.actor import Actor
from ideals.kernel.ids import new_id
from ideals.people.errors import PersonNotEmployed, PersonUnknown
from ideals.people.models import Employee
from ideals.seeds import factories
from tests.approvals.conftest import NOW, Cast, ask, decide, step_of, told

TODAY = NOW.date()
WEEK = timedelta(days=7)


def stand_in(
    session: Session,
    who: Actor,
    to: str,
    *,
    from_on: date = TODAY,
    until_on: date | None = None,
    kinds: list[Kind] | None = None,
    for_number: str | None = None,
    id_: UUID | None = None,
    now: datetime = NOW,
) -> Delegation:
    """A week from today, for everything, unless something else is said."""
    cmd = Delegate(
        id_ or new_id(), to, from_on, until_on or from_on + WEEK, kinds, for_number=for_number
    )
    return delegate(session, cmd, actor=who, now=now)


def end(session: Session, made: Delegation, who: Actor, now: datetime = NOW) -> Delegation:
    return end_delegation(session, EndDelegation(made.id), actor=who, now=now)


def principals(session: Session, who: Employee, on: date = TODAY, *but: Employee) -> dict[str, str]:
    """In whose place, and for what."""
    found = standing_in.principals(session, who.id, on, but=[each.id for each in but])
    names = queries.people_named(session, [each.principal_id for each in found])
    return {
        names[each.principal_id]: "all" if each.kinds is None else " ".join(sorted(each.kinds))
        for each in found
    }


def waiting(session: Session, who: Actor, on: date = TODAY) -> list[str]:
    steps = session.scalars(queries.waiting_for(session, actor=who, today=on))
    return [queries.approvals_of(session, [step])[step.approval_id].subject for step in steps]


# What it does


def test_what_waits_is_in_both_inboxes_and_the_decision_says_in_whose_place(
    session: Session, cast: Cast
) -> None:
    made = ask(session, cast)
    assert waiting(session, cast.clara) == []
    stand_in(session, cast.boris, "clara")
    assert waiting(session, cast.clara) == waiting(session, cast.boris) == ["order:1"]
    decide(session, made, cast.clara)
    step = step_of(session, made)
    assert step.decided_by_employee_id == cast.people.clara.id
    assert step.decided_for_id == cast.people.boris.id
    last = queries.history(session, made)[-1]
    assert (last.by_employee_id, last.for_id) == (cast.people.clara.id, cast.people.boris.id)
    assert waiting(session, cast.clara) == waiting(session, cast.boris) == []


def test_whom_it_is_for_still_decides_in_their_own_name(session: Session, cast: Cast) -> None:
    stand_in(session, cast.boris, "clara")
    made = ask(session, cast)
    assert told(session)[1:] == [("approval.asked", "boris"), ("approval.asked", "clara")]
    decide(session, made, cast.boris)
    assert step_of(session, made).decided_for_id is None


def test_it_counts_from_its_first_day_through_its_last(session: Session, cast: Cast) -> None:
    first, last = date(2026, 3, 16), date(2026, 3, 18)
    stand_in(session, cast.boris, "clara", from_on=first, until_on=last)
    clara = cast.people.clara
    counted = [day for day in range(14, 22) if principals(session, clara, date(2026, 3, day)) != {}]
    assert counted == [16, 17, 18]
    boris = cast.people.boris.id
    assert standing_in.deputies(session, boris, Kind.ORDER, first) == [clara.id]
    assert standing_in.deputies(session, boris, Kind.ORDER, first - timedelta(1)) == []


def test_the_organisations_midnight_ends_it(session: Session, cast: Cast) -> None:
    made = ask(session, cast)
    stand_in(session, cast.boris, "clara", until_on=TODAY)
    with pytest.raises(ApprovalUnknown):
        decide(session, made, cast.clara, now=datetime(2026, 3, 10, 23, 1, tzinfo=UTC))
    decide(session, made, cast.clara, now=datetime(2026, 3, 10, 22, 59, tzinfo=UTC))


def test_it_counts_for_the_kinds_it_names(session: Session, cast: Cast) -> None:
    stand_in(session, cast.boris, "clara", kinds=[Kind.EVIDENCE, Kind.CHECK])
    clara = cast.people.clara
    assert principals(session, clara) == {"Boris": "check evidence"}
    assert standing_in.stands_in(session, clara.id, cast.people.boris.id, Kind.CHECK, TODAY)
    assert not standing_in.stands_in(session, clara.id, cast.people.boris.id, Kind.ORDER, TODAY)
    with pytest.raises(ApprovalUnknown):
        decide(session, ask(session, cast), cast.clara)
    assert waiting(session, cast.clara) == []


def test_all_kinds_named_are_all_there_will_ever_be(session: Session, cast: Cast) -> None:
    assert stand_in(session, cast.boris, "clara", kinds=list(Kind)).kinds is None
    with pytest.raises(KindsMissing):
        stand_in(session, cast.boris, "egor", kinds=[])


# Chains and loops


def test_it_goes_on_to_who_stands_in_for_the_stand_in(session: Session, cast: Cast) -> None:
    stand_in(session, cast.boris, "clara", kinds=[Kind.ORDER, Kind.CHECK])
    stand_in(session, cast.clara, "egor", kinds=[Kind.ORDER, Kind.EVIDENCE])
    people = cast.people
    assert principals(session, people.egor) == {"Boris": "order", "Clara": "evidence order"}
    assert standing_in.deputies(session, people.boris.id, Kind.ORDER, TODAY) == [
        people.clara.id,
        people.egor.id,
    ]
    assert standing_in.deputies(session, people.boris.id, Kind.EVIDENCE, TODAY) == []
    made = ask(session, cast)
    decide(session, made, cast.egor)
    assert step_of(session, made).decided_for_id == people.boris.id, "not Clara"


def test_two_roads_to_the_same_person_are_one(session: Session, cast: Cast) -> None:
    stand_in(session, cast.boris, "egor", kinds=[Kind.ORDER])
    stand_in(session, cast.boris, "clara", kinds=[Kind.CHECK])
    stand_in(session, cast.clara, "egor")
    assert principals(session, cast.people.egor) == {"Boris": "check order", "Clara": "all"}


def test_a_loop_ends_and_nobody_stands_in_for_themselves(session: Session, cast: Cast) -> None:
    stand_in(session, cast.boris, "clara")
    stand_in(session, cast.clara, "egor")
    stand_in(session, cast.egor, "boris")
    people = cast.people
    assert principals(session, people.boris) == {"Clara": "all", "Egor": "all"}
    assert principals(session, people.clara) == {"Boris": "all", "Egor": "all"}
    assert principals(session, people.egor) == {"Boris": "all", "Clara": "all"}
    others = standing_in.deputies(session, people.boris.id, Kind.ORDER, TODAY)
    assert others == sorted([people.clara.id, people.egor.id])
    made = ask(session, cast)
    assert [whom for kind, whom in told(session) if kind == "approval.asked"].count("boris") == 1
    decide(session, made, cast.egor)
    assert step_of(session, made).decided_for_id == people.boris.id


def test_both_ends_must_be_employed_on_the_day(session: Session, cast: Cast) -> None:
    people = cast.people
    stand_in(session, cast.boris, "clara")
    stand_in(session, cast.clara, "egor")
    gone = date(2026, 3, 12)
    factories.a_change(session, people.clara, date(2026, 3, 1), leaves_on=gone, now=NOW)
    assert principals(session, people.egor, gone) == {"Boris": "all", "Clara": "all"}
    after = gone + timedelta(days=1)
    assert principals(session, people.egor, after) == {}, "the road went through Clara"
    assert principals(session, people.clara, after) == {}
    assert standing_in.deputies(session, people.boris.id, Kind.ORDER, after) == []


def test_nobody_chooses_who_decides_about_them(session: Session, cast: Cast) -> None:
    people = cast.people
    stand_in(session, cast.boris, "anna")
    stand_in(session, cast.anna, "egor")
    assert principals(session, people.egor) == {"Anna": "all", "Boris": "all"}
    assert principals(session, people.egor, TODAY, people.anna) == {}
    boris = people.boris.id
    assert standing_in.deputies(session, boris, Kind.ORDER, TODAY, but=[people.anna.id]) == []
    made = ask(session, cast)
    with pytest.raises(MayNotDecide):
        decide(session, made, cast.egor)
    stand_in(session, cast.boris, "egor")
    decide(session, made, cast.egor)
    assert step_of(session, made).decided_for_id == boris, "by Boris's own choice he may"


# Who may make one, and of whom


def test_what_cannot_be_is_refused_and_says_why(session: Session, cast: Cast) -> None:
    nobody = factories.an_employee(session, "Frits", number="frits")
    assert nobody.number == "frits"
    for to, error in (
        ("boris", StandInIsOneself),
        ("frits", StandInCannotSignIn),
        ("nobody", PersonUnknown),
        ("", PersonUnknown),
    ):
        with pytest.raises(error) as refused:
            stand_in(session, cast.boris, to)
        assert refused.value.data["field"] == "to"
    assert session.scalar(select(Delegation.id)) is None


@pytest.mark.parametrize(
    ("from_on", "until_on", "field", "wrong"),
    [
        (TODAY - timedelta(1), TODAY, "from", "in_the_past"),
        (TODAY + timedelta(1), TODAY, "until", "before_it_begins"),
        (TODAY, TODAY + timedelta(366), "until", "too_long"),
    ],
)
def test_the_period_lies_ahead_and_within_a_year(
    session: Session, cast: Cast, from_on: date, until_on: date, field: str, wrong: str
) -> None:
    with pytest.raises(PeriodWrong) as refused:
        stand_in(session, cast.boris, "clara", from_on=from_on, until_on=until_on)
    assert (refused.value.data["field"], refused.value.data["wrong"]) == (field, wrong)


def test_the_longest_period_is_a_year(session: Session, cast: Cast) -> None:
    stand_in(session, cast.boris, "clara", until_on=TODAY + timedelta(365))


def test_who_has_left_by_then_stands_in_for_nobody(session: Session, cast: Cast) -> None:
    gone = date(2026, 3, 31)
    factories.a_change(session, cast.people.clara, date(2026, 3, 1), leaves_on=gone, now=NOW)
    stand_in(session, cast.boris, "clara", from_on=gone)
    with pytest.raises(PersonNotEmployed):
        stand_in(session, cast.boris, "clara", from_on=gone + timedelta(8))


def test_only_hr_makes_one_for_others_and_never_for_themselves_to_have(
    session: Session, cast: Cast
) -> None:
    for who in (cast.anna, cast.boris, cast.egor):
        for number in ("clara", "nobody"):
            with pytest.raises(OnlyHrForOthers):
                stand_in(session, who, "dina", for_number=number)
    with pytest.raises(NotInAnothersPlace):
        stand_in(session, cast.dina, "dina", for_number="boris")
    with pytest.raises(PersonUnknown) as refused:
        stand_in(session, cast.dina, "clara", for_number="nobody")
    assert refused.value.data["field"] == "employee"
    made = stand_in(session, cast.dina, "clara", for_number="boris")
    assert (made.from_id, made.to_id) == (cast.people.boris.id, cast.people.clara.id)
    assert (made.made_by, made.made_by_employee_id) == (cast.dina.name, cast.people.dina.id)
    assert stand_in(session, cast.boris, "egor", for_number="boris").from_id == made.from_id


def test_who_is_no_employee_has_no_place_to_give(session: Session, cast: Cast) -> None:
    outside = Actor(name="outside@meridian.example", user_id=cast.anna.user_id)
    with pytest.raises(OnlyHrForOthers):
        stand_in(session, outside, "clara")


def test_once_for_the_same_days_and_kinds(session: Session, cast: Cast) -> None:
    first = stand_in(session, cast.boris, "clara", kinds=[Kind.ORDER])
    with pytest.raises(StandsInAlready) as refused:
        stand_in(session, cast.boris, "clara", from_on=TODAY + WEEK)
    assert refused.value.data["until"] == (TODAY + WEEK).isoformat()
    with pytest.raises(StandsInAlready):
        stand_in(session, cast.boris, "clara", kinds=[Kind.ORDER, Kind.CHECK])
    stand_in(session, cast.boris, "clara", kinds=[Kind.CHECK])
    stand_in(session, cast.boris, "clara", from_on=TODAY + WEEK + timedelta(1))
    stand_in(session, cast.boris, "egor")
    end(session, first, cast.boris)
    stand_in(session, cast.boris, "clara", kinds=[Kind.ORDER])


def test_the_same_id_again_answers_what_is_there(session: Session, cast: Cast) -> None:
    id_ = new_id()
    first = stand_in(session, cast.boris, "clara", id_=id_)
    later = NOW + timedelta(days=3)
    assert stand_in(session, cast.boris, "clara", id_=id_, now=later) is first
    with pytest.raises(DelegationDiffers):
        stand_in(session, cast.boris, "egor", id_=id_)
    with pytest.raises(DelegationDiffers):
        stand_in(session, cast.clara, "egor", id_=id_)
    assert told(session) == [("delegation.started", "clara")]


# Ending it


def test_either_side_and_hr_end_it_and_the_others_hear_of_it(session: Session, cast: Cast) -> None:
    for who, hears in (
        (cast.boris, ["clara"]),
        (cast.clara, ["boris"]),
        (cast.dina, ["boris", "clara"]),
    ):
        made = stand_in(session, cast.boris, "clara")
        before = len(told(session))
        for stranger in (cast.anna, cast.egor):
            with pytest.raises(DelegationUnknown):
                end(session, made, stranger)
        ended = end(session, made, who)
        assert (ended.ended_by, ended.ended_by_employee_id) == (who.name, who.employee_id)
        heard = told(session)[before - 1 :]
        assert sorted(heard) == [("delegation.ended", name) for name in hears]
        assert principals(session, cast.people.clara) == {}


def test_ended_once_it_stays_as_it_was(session: Session, cast: Cast) -> None:
    made = stand_in(session, cast.boris, "clara")
    end(session, made, cast.clara)
    again = end(session, made, cast.boris, now=NOW + timedelta(hours=1))
    assert (again.ended_at, again.ended_by) == (NOW, cast.clara.name)
    with pytest.raises(DelegationUnknown):
        end_delegation(session, EndDelegation(new_id()), actor=cast.dina, now=NOW)


def test_what_is_over_by_itself_cannot_be_ended(session: Session, cast: Cast) -> None:
    made = stand_in(session, cast.boris, "clara", until_on=TODAY)
    with pytest.raises(DelegationOver):
        end(session, made, cast.boris, now=NOW + timedelta(days=1))
    coming = stand_in(session, cast.boris, "egor", from_on=TODAY + WEEK)
    assert end(session, coming, cast.boris).ended_at == NOW


def test_what_was_decided_meanwhile_stays_decided(session: Session, cast: Cast) -> None:
    made = stand_in(session, cast.boris, "clara")
    first, second = ask(session, cast), ask(session, cast, subject="order:2")
    decide(session, first, cast.clara)
    end(session, made, cast.boris)
    assert step_of(session, first).decided_for_id == cast.people.boris.id
    with pytest.raises(ApprovalUnknown):
        decide(session, second, cast.clara)


def test_hr_ends_it_for_somebody_and_both_know_who_made_it(session: Session, cast: Cast) -> None:
    stand_in(session, cast.dina, "clara", for_number="boris")
    assert sorted(told(session)) == [
        ("delegation.made_for_you", "boris"),
        ("delegation.started", "clara"),
    ]
    acts = session.scalars(select(Entry.act).where(Entry.act.startswith("approvals.deleg"))).all()
    assert acts == ["approvals.delegated"]


# As it is kept and shown


def test_the_database_keeps_the_history(session: Session, cast: Cast) -> None:
    made = stand_in(session, cast.boris, "clara")
    session.flush()
    changes = (
        update(Delegation).values(until_on=TODAY),
        update(Delegation).values(to_id=cast.people.egor.id),
        delete(Delegation),
    )
    for change in changes:
        with pytest.raises(DBAPIError, match="only be ended"), session.begin_nested():
            session.execute(change.where(Delegation.id == made.id))
    end(session, made, cast.boris)
    session.flush()
    again = text("UPDATE approvals_delegation SET ended_at = NULL, ended_by = NULL")
    with pytest.raises(DBAPIError, match="only be ended"), session.begin_nested():
        session.execute(again)
    itself = text("UPDATE approvals_delegation SET to_id = from_id")
    with pytest.raises(DBAPIError), session.begin_nested():
        session.execute(itself)


def test_each_sees_their_own_and_hr_all(session: Session, cast: Cast) -> None:
    made = stand_in(session, cast.boris, "clara")
    other = stand_in(session, cast.anna, "egor", from_on=TODAY + WEEK)

    def seen(who: Actor, **more: object) -> set[UUID]:
        found = listed.every_delegation(actor=who, today=TODAY, **more)  # type: ignore[arg-type]
        return {row.id for row in session.execute(found)}

    assert seen(cast.boris) == seen(cast.clara) == {made.id}
    assert seen(cast.anna) == {other.id}
    assert seen(cast.dina) == {made.id, other.id}
    assert seen(cast.dina, search="bor") == seen(cast.dina, search="clara") == {made.id}
    assert seen(cast.dina, state=DelegationState.COMING) == {other.id}
    assert seen(cast.dina, state=DelegationState.IN_FORCE) == {made.id}
    assert seen(cast.dina, state=DelegationState.ENDED) == set()
    for who in (cast.anna, cast.egor):
        with pytest.raises(DelegationUnknown):
            listed.access_delegation(session, made.id, actor=who, today=TODAY)
    line = listed.access_delegation(session, made.id, actor=cast.clara, today=TODAY)
    assert (line.principal_name, line.deputy_name, line.made_by) == ("Boris", "Clara", "Boris")
    outside = Actor(name="nobody@meridian.example")
    assert seen(outside) == set()


def test_now_coming_and_past_are_told_apart(session: Session, cast: Cast) -> None:
    stand_in(session, cast.boris, "clara", until_on=TODAY)
    coming = stand_in(session, cast.clara, "boris", from_on=TODAY + WEEK)
    ended = stand_in(session, cast.boris, "egor")
    end(session, ended, cast.boris)
    for on, states in (
        (TODAY, [DelegationState.IN_FORCE, DelegationState.COMING]),
        (TODAY + timedelta(1), [DelegationState.COMING]),
        (TODAY + WEEK, [DelegationState.IN_FORCE]),
    ):
        lines = listed.still_counting(session, actor=cast.boris, today=on)
        assert [line.state for line in lines] == states
    past = session.execute(listed.past(actor=cast.boris, today=TODAY + timedelta(1))).all()
    assert {listed.shown(row, TODAY + timedelta(1)).state for row in past} == {
        DelegationState.OVER,
        DelegationState.ENDED,
    }
    assert listed.still_counting(session, actor=Actor(name="x"), today=TODAY) == []
    assert coming.id not in {row.id for row in past}


def test_a_deputy_can_ask_and_hand_over_too(session: Session, cast: Cast) -> None:
    stand_in(session, cast.boris, "clara")
    made = ask(session, cast)
    decide(session, made, cast.clara, Decision.ASK, "Which shop?")
    commands.answer(session, commands.Answer(made.id, "The one"), actor=cast.anna, now=NOW)
    cmd = commands.Decide(made.id, Decision.HAND_OVER, "mine now", "egor")
    commands.decide(session, cmd, actor=cast.clara, now=NOW)
    handed = [event for event in queries.history(session, made) if event.act == "handed_over"]
    assert [event.for_id for event in handed] == [cast.people.boris.id]
    decide(session, made, cast.egor)
