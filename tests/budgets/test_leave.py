"""Leave taken and leave that lapses, in the ledger: posted once, corrected, proven."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ideals.budgets import queries
from ideals.budgets.commands import leave as commands
from ideals.budgets.commands.leave import (
    LEAVE_DAY,
    LapseLeave,
    LookAtLeave,
    PostLeaveTaken,
    RemindOfLeave,
)
from ideals.budgets.models import LeaveKept, LeaveReminder
from ideals.budgets.queries import leave as leave_queries
from ideals.budgets.rules.leave import LeaveBook
from ideals.db import unit_of_work
from ideals.kernel.actor import SYSTEM
from ideals.kernel.ids import new_transfer_id
from ideals.kernel.month import Month
from ideals.kernel.quantity import Unit
from ideals.ledger import commands as ledger
from ideals.ledger import queries as ledger_queries
from ideals.ledger.commands import Opening, PostOpenings, post_openings
from ideals.ledger.models import Transfer
from ideals.ledger.queries import prove
from ideals.ledger.states import AccountKind, Reason
from ideals.notices.models import Notice
from ideals.outbox import Message
from ideals.people.commands import LEAVE_CHANGED
from tests.budgets.conftest import NOW, SIMPLE, Clock, allocate, leave, people, publish, row
from tests.counting import counted
from workers import budgets as worker

YEARLY = (
    SIMPLE
    + """
hours:
  legal: {formula: "144 * part_time_factor", moment: january, round: up, unit: hour, statutory: yes}
  own: {formula: "20 * part_time_factor", moment: january, round: up, unit: hour}
"""
)
MARCH = Month(2026, 3)
EXPIRES = date(2027, 7, 1)  # the statutory leave of 2026


@pytest.fixture
def granted(session: Session) -> None:
    """Two people with 144 statutory and 20 extra hours of 2026."""
    publish(session, YEARLY)
    people(session, row("1"), row("2", part_time_factor="0.5"))
    allocate(session, "2026-01")
    opened(session, Month(2026, 4))


def opened(session: Session, last: Month) -> None:
    """The months of the ledger from January 2026 on."""
    cmd = ledger.OpenMonths(Month(2026, 1), last)
    ledger.open_months(session, cmd, actor=SYSTEM, now=NOW)


def id_of(session: Session, number: str = "1") -> int:
    return queries.employee_of(session, number).id


def post(session: Session, *numbers: str) -> int:
    cmd = PostLeaveTaken([id_of(session, number) for number in numbers or ("1",)])
    return commands.post_leave_taken(session, cmd, actor=SYSTEM, now=NOW)


def balances(session: Session, number: str = "1") -> tuple[float, float]:
    """Hours on the leave account, and hours owed."""
    found = {
        balance.kind: balance.posted_minor / 60
        for balance in ledger_queries.balances(session, id_of(session, number))
        if balance.unit is Unit.MIN
    }
    return found.get(AccountKind.LEAVE, 0), -found.get(AccountKind.OWED, 0)


def rows(session: Session, reason: Reason = Reason.LEAVE_TAKEN) -> list[tuple[str, str, int]]:
    """(booked in, for month, minutes) in the order of booking."""
    found = session.execute(
        select(Transfer.month, Transfer.for_month, Transfer.amount_minor)
        .where(Transfer.reason == reason)
        .order_by(Transfer.month, Transfer.for_month, Transfer.amount_minor)
    )
    return [(str(month), str(for_month), minutes) for month, for_month, minutes in found]


def book(session: Session, on: date = date(2026, 4, 1), number: str = "1") -> LeaveBook:
    return leave_queries.leave_of(session, id_of(session, number), on)


def lots(session: Session, on: date = date(2026, 4, 1)) -> dict[str, tuple[float, float, float]]:
    """`2026 legal` to hours (taken, lapsed, left)."""
    return {
        f"{lot.year} {'legal' if lot.statutory else lot.source}": (
            lot.taken / 60,
            lot.lapsed / 60,
            lot.left / 60,
        )
        for lot in book(session, on).lots
    }


# Leave taken


def test_leave_taken_is_taken_off_by_month_and_once(session: Session, granted: None) -> None:
    leave(
        session,
        "1,2026-02-02,480,taken,a1",
        "1,2026-02-03,240,taken,a2",
        "1,2026-03-03,60,taken,a3",
        "1,2026-05-04,480,planned,a4",
    )
    assert post(session) == 2
    assert balances(session) == (164 - 13, 0)
    assert rows(session) == [("2026-02", "2026-02", 720), ("2026-03", "2026-03", 60)]
    assert post(session) == 0, "sent again it changes nothing"
    assert lots(session) == {"2026 legal": (13, 0, 131), "2026 granted": (0, 0, 20)}
    assert prove(session) == []


def test_a_correction_takes_off_more_or_gives_back(session: Session, granted: None) -> None:
    leave(session, "1,2026-02-02,480,taken,a1")
    post(session)
    leave(session, "1,2026-02-02,600,taken,a1")
    post(session)
    assert balances(session) == (154, 0)
    leave(session, "1,2026-03-02,120,taken,a1")
    post(session)
    assert balances(session) == (162, 0), "ten hours of February back, two of March taken"
    leave(session, "1,2026-03-02,120,planned,a1")
    post(session)
    leave(session, "1,2026-03-02,0,planned,a1")
    post(session)
    assert balances(session) == (164, 0)
    leave(session, "1,2026-02-02,480,taken,a1")
    post(session)
    assert balances(session) == (156, 0), "what came back can be taken again"
    assert prove(session) == []


def test_what_there_is_nothing_left_for_is_owed_and_set_off(session: Session) -> None:
    publish(session, YEARLY)
    now = Clock()
    people(session, row("1"), now=now())
    allocate(session, "2026-01", now=now())
    opened(session, Month(2026, 2))
    leave(session, *(f"1,2026-02-{day:02},600,taken,a{day}" for day in range(1, 19)), now=now())
    post(session)
    assert balances(session) == (0, 16)
    assert book(session).overdrawn == 16 * 60
    assert prove(session) == []

    allocate(session, "2027-01", now=now())
    assert balances(session) == (148, 0), "the hours of the next year pay it"
    later = book(session, date(2027, 1, 5))
    assert (later.overdrawn, later.left) == (0, 148 * 60)
    assert prove(session) == []


def test_hours_that_come_back_pay_the_debt_first(session: Session, granted: None) -> None:
    leave(session, "1,2026-02-02,9600,taken,a1", "1,2026-02-03,480,taken,a2")
    post(session)
    assert balances(session) == (0, 4)
    leave(session, "1,2026-02-03,60,taken,a2")
    post(session)
    assert balances(session) == (3, 0)
    assert rows(session, Reason.SET_OFF) == [("2026-02", "2026-02", 240)]
    assert book(session).left == 180
    assert prove(session) == []


def test_leave_of_a_sealed_month_is_booked_in_the_next_open_one(
    session: Session, granted: None
) -> None:
    leave(session, "1,2026-01-05,480,taken,a1")
    post(session)
    seal(session, Month(2026, 1))
    leave(session, "1,2026-01-05,240,taken,a1", "1,2026-01-06,60,taken,a2")
    assert post(session) == 1
    assert rows(session) == [("2026-01", "2026-01", 480), ("2026-02", "2026-01", 180)]
    assert balances(session) == (159, 0)
    assert post(session) == 0
    assert prove(session) == []


def seal(session: Session, month: Month) -> None:
    ledger.seal_month(session, ledger.SealMonth(month), actor=SYSTEM, now=NOW)


def test_leave_of_a_month_that_is_not_opened_yet_waits(session: Session, granted: None) -> None:
    leave(session, "1,2026-09-01,480,taken,a1")
    assert post(session) == 0
    assert prove(session) == []
    opened(session, Month(2026, 9))
    assert post(session) == 1
    assert prove(session) == []


def test_what_somebody_brought_along_was_left_after_earlier_leave(session: Session) -> None:
    """Books that begin in March with 40 hours: leave of February is in that number already."""
    publish(session)
    people(session, row("1"), row("2"))
    allocate(session, "2026-03")
    opening = Opening(2, "1", "leave", Decimal(40))
    post_openings(session, PostOpenings(MARCH, (opening,)), actor=SYSTEM, now=NOW)
    days = ("2025-12-30", "2026-02-02", "2026-03-02")
    leave(session, *(f"{n},{day},60,taken,{n}{day}" for n in (1, 2) for day in days))
    post(session, "1", "2")
    assert balances(session) == (39, 0)
    assert [(lot.source, lot.left) for lot in book(session).lots] == [("opening", 39 * 60)]
    # Without: from the year in which the books begin.
    assert balances(session, "2") == (0, 2)
    assert prove(session) == []


def test_hours_that_are_set_aside_are_not_taken(session: Session, granted: None) -> None:
    """A sale of 10 hours waits for its approval: taking all 164 leaves 10 owed meanwhile."""
    account = ledger.open_accounts(session, [id_of(session)], AccountKind.LEAVE, Unit.MIN)
    held = ledger.NewTransfer(
        id=new_transfer_id(MARCH),
        month=MARCH,
        for_month=MARCH,
        from_account=account[id_of(session)],
        to_account=ledger.employer_account(session, AccountKind.LEAVE, Unit.MIN),
        unit=Unit.MIN,
        amount_minor=600,
        reason=Reason.ORDER,
        source="order:1",
    )
    ledger.hold(session, ledger.Hold(held), actor=SYSTEM, now=NOW)
    leave(session, "1,2026-03-02,9840,taken,a1")
    post(session)
    assert balances(session) == (10, 10)
    assert prove(session) == []


def test_a_set_of_employees_costs_as_many_questions_as_one(session: Session, granted: None) -> None:
    people(session, *(row(f"N{n}") for n in range(30)))
    allocate(session, "2026-01")
    leave(session, *(f"N{n},2026-03-02,60,taken,n{n}" for n in range(30)))
    leave(session, "1,2026-03-02,60,taken,a1")
    seen = []
    for numbers in (("1",), tuple(f"N{n}" for n in range(30))):
        ids = [id_of(session, number) for number in numbers]
        with counted(session) as counting:
            cmd = PostLeaveTaken(ids)
            assert commands.post_leave_taken(session, cmd, actor=SYSTEM, now=NOW) == len(ids)
            assert len(leave_queries.leave_books(session, ids, date(2026, 4, 1))) == len(ids)
        seen.append(counting)
    assert seen[0].statements == seen[1].statements, f"{seen[0]}\n\n{seen[1]}"


# The message and the look of a day


def test_a_file_of_leave_is_posted_by_its_message_and_once(own_database: str) -> None:
    with unit_of_work() as session:
        publish(session, YEARLY)
        people(session, row("1"), row("2"))
        allocate(session, "2026-01")
        opened(session, MARCH)
        leave(session, "1,2026-03-02,480,taken,a1", "2,2026-03-02,60,taken,a2")
    with unit_of_work() as session:
        assert prove(session) == [], "what waits is no difference"
        message = session.scalars(select(Message.id).where(Message.name == LEAVE_CHANGED)).one()
    # A worker that dies before the commit leaves nothing behind, and the message waits on.
    with pytest.raises(RuntimeError, match="killed"), unit_of_work() as session:
        post(session, "1", "2")
        raise RuntimeError("killed")
    with unit_of_work() as session:
        assert balances(session) == (164, 0)
    for _ in range(2):
        worker.leave_changed(message)
    with unit_of_work() as session:
        assert (balances(session), balances(session, "2")) == ((156, 0), (163, 0))
        assert prove(session) == []


def test_many_workers_at_once_post_once(own_database: str) -> None:
    with unit_of_work() as session:
        publish(session, YEARLY)
        people(session, *(row(str(n)) for n in range(1, 11)))
        allocate(session, "2026-01")
        opened(session, MARCH)
        days = [f"{n},2026-03-{day:02},600,taken,{n}-{day}" for n in range(1, 11) for day in (2, 3)]
        leave(session, *days, *(f"{n},2026-02-02,9600,taken,f{n}" for n in range(1, 6)))
        ids = [id_of(session, str(n)) for n in range(1, 11)]

    def tried(turn: int) -> int:
        with unit_of_work() as session:
            cmd = PostLeaveTaken(ids if turn % 2 else ids[::-1])
            return commands.post_leave_taken(session, cmd, actor=SYSTEM, now=NOW)

    with ThreadPoolExecutor(8) as pool:
        posted = list(pool.map(tried, range(8)))
    assert sorted(posted)[:-1] == [0] * 7
    with unit_of_work() as session:
        assert balances(session, "10") == (144, 0)
        assert balances(session, "1") == (0, 16)
        assert prove(session) == []


def test_a_lost_message_is_found_by_the_look_of_the_day(own_database: str) -> None:
    with unit_of_work() as session:
        publish(session, YEARLY)
        people(session, row("1"))
        allocate(session, "2026-01")
        opened(session, MARCH)
        leave(session, "1,2026-03-02,480,taken,a1")
        session.execute(text("DELETE FROM outbox_message"))
    with unit_of_work() as session:
        (difference,) = prove(session)
        assert (difference.expected, difference.found) == ("480", "0")
        who = f"employee {id_of(session)}"
        assert difference.what == f"leave taken by {who} in 2026-03, in minutes"
    for _ in range(2):
        worker.look_at_leave()
    with unit_of_work() as session:
        looks = session.scalars(select(Message.id).where(Message.name == LEAVE_DAY)).all()
        assert len(looks) == 1, "once a day, however often the clock asks"
    for _ in range(2):
        worker.leave_day(looks[0])
    with unit_of_work() as session:
        assert balances(session) == (156, 0)
        assert prove(session) == []


def test_without_a_leave_system_nobody_is_looked_at(session: Session, granted: None) -> None:
    def look() -> bool:
        cmd = LookAtLeave(date(2026, 4, 1))
        return commands.look_at_leave(session, cmd, actor=SYSTEM, now=NOW)

    assert not look()
    leave(session, "1,2026-05-05,480,planned,a1")
    assert not look()
    leave(session, "1,2026-03-03,480,taken,a2")
    assert look()
    assert not look()


def test_a_look_is_made_in_parts(
    session: Session, granted: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "PEOPLE_AT_ONCE", 1)
    leave(session, "1,2026-03-03,480,taken,a2")
    cmd = LookAtLeave(date(2026, 4, 1))
    commands.look_at_leave(session, cmd, actor=SYSTEM, now=NOW)
    session.flush()
    sent = session.scalars(select(Message.payload).where(Message.name == LEAVE_DAY)).all()
    ids = sorted((id_of(session, "1"), id_of(session, "2")))
    assert sent == [{"day": "2026-04-01", "first": each, "last": each} for each in ids]
    assert leave_queries.people_of_leave(session, ids[0], ids[0]) == [ids[0]]


# Reminders and lapsing


@pytest.fixture
def fed(session: Session, granted: None) -> None:
    """Of the 144 statutory hours of 2026, 100 were taken in that year."""
    opened(session, Month(2027, 9))
    leave(session, "1,2026-03-02,6000,taken,a1")
    post(session)


def remind(session: Session, on: date, *numbers: str) -> int:
    cmd = RemindOfLeave([id_of(session, number) for number in numbers or ("1",)], on)
    return commands.remind_of_leave(session, cmd, actor=SYSTEM, now=at(on))


def lapse(session: Session, on: date, *numbers: str) -> int:
    cmd = LapseLeave([id_of(session, number) for number in numbers or ("1",)], on)
    return commands.lapse_leave(session, cmd, actor=SYSTEM, now=at(on))


def at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 3, tzinfo=UTC)


def notices(session: Session) -> list[dict[str, object]]:
    return list(session.scalars(select(Notice.data).order_by(Notice.id)))


def test_who_was_reminded_loses_what_is_left_on_the_day_it_expires(
    session: Session, fed: None
) -> None:
    assert remind(session, date(2027, 3, 31)) == 0
    assert [remind(session, day) for day in (date(2027, 4, 1), date(2027, 4, 2))] == [1, 0]
    assert remind(session, date(2027, 6, 1)) == 1
    assert notices(session) == [{"on": "2027-07-01", "minutes": 44 * 60}] * 2
    assert lapse(session, date(2027, 6, 30)) == 0
    assert lapse(session, EXPIRES) == 1
    assert rows(session, Reason.LAPSED) == [("2027-07", "2026-12", 44 * 60)]
    assert lots(session, EXPIRES)["2026 legal"] == (100, 44, 0)
    assert balances(session) == (20, 0)
    assert prove(session) == []


def test_a_lapse_that_is_tried_twice_or_late_happens_once(session: Session, fed: None) -> None:
    remind(session, date(2027, 4, 1))
    late = date(2027, 8, 20)
    assert [lapse(session, day) for day in (late, late, date(2027, 8, 21))] == [1, 0, 0]
    assert rows(session, Reason.LAPSED) == [("2027-08", "2026-12", 44 * 60)]


@pytest.mark.parametrize("reminded_on", [None, date(2027, 6, 2)])
def test_what_nobody_was_reminded_of_in_time_stays_and_hr_sees_it(
    session: Session, fed: None, reminded_on: date | None
) -> None:
    if reminded_on is not None:
        assert remind(session, reminded_on) == 1
    assert lapse(session, EXPIRES) == 0
    kept = session.scalars(select(LeaveKept)).one()
    assert (kept.employee_id, kept.expires_on, kept.minutes) == (
        id_of(session),
        EXPIRES,
        44 * 60,
    )
    found = book(session, EXPIRES)
    assert [(lot.year, lot.left) for lot in found.kept] == [(2026, 44 * 60)]
    leave(session, "1,2027-07-05,2640,taken,a2")
    post(session)
    assert lapse(session, date(2027, 7, 6)) == 0
    assert session.scalar(select(func.count()).select_from(LeaveKept)) == 0, "it was taken"


def test_no_more_lapses_than_a_reminder_named(session: Session, fed: None) -> None:
    """At the reminders 100 hours were known as taken; then it turns out that they were 60."""
    remind(session, date(2027, 4, 1))
    remind(session, date(2027, 6, 1))
    leave(session, "1,2026-03-02,3600,taken,a1")
    post(session)
    lapse(session, EXPIRES)
    assert lots(session, EXPIRES)["2026 legal"] == (60, 44, 40)


def test_leave_of_before_the_day_that_is_learned_later_comes_back(
    session: Session, fed: None
) -> None:
    remind(session, date(2027, 4, 1))
    lapse(session, EXPIRES)
    leave(session, "1,2027-06-28,960,taken,a2")  # 16 of the 44 hours had been taken after all
    post(session)
    assert balances(session) == (4, 0), "until the look of the day they are taken of what is there"
    assert lapse(session, date(2027, 7, 10)) == 1
    assert balances(session) == (20, 0)
    assert lots(session, date(2027, 7, 10))["2026 legal"] == (116, 28, 0)
    leave(session, "1,2027-06-28,0,taken,a2")  # and then not
    post(session)
    assert lapse(session, date(2027, 7, 11)) == 1
    assert lots(session, date(2027, 7, 11))["2026 legal"] == (100, 44, 0)
    assert balances(session) == (20, 0)
    assert lapse(session, date(2027, 7, 12)) == 0
    assert prove(session) == []


def test_who_has_left_is_not_reminded(session: Session, fed: None) -> None:
    people(session, row("1", leaves_on="2027-02-28"))
    assert remind(session, date(2027, 4, 1), "1", "2") == 1
    told = session.scalars(select(LeaveReminder.employee_id)).all()
    assert told == [id_of(session, "2")]


def test_without_a_leave_system_nothing_lapses_and_nobody_is_reminded(
    session: Session, granted: None
) -> None:
    opened(session, Month(2027, 7))
    assert (remind(session, date(2027, 4, 1)), lapse(session, EXPIRES)) == (0, 0)
    assert not book(session).fed


def test_a_scheme_that_agreed_on_longer_lets_leave_live_longer(session: Session) -> None:
    publish(session, YEARLY + "leave: {statutory_months: 60, extra_years: 5}\n")
    people(session, row("1"))
    allocate(session, "2026-01")
    assert {lot.expires_on for lot in book(session).lots} == {date(2032, 1, 1)}


def test_hours_set_aside_do_not_lapse_before_their_order_is_decided(
    session: Session, fed: None
) -> None:
    remind(session, date(2027, 4, 1))
    account = ledger.open_accounts(session, [id_of(session)], AccountKind.LEAVE, Unit.MIN)
    month = Month(2027, 6)
    held = ledger.NewTransfer(
        id=new_transfer_id(month),
        month=month,
        for_month=month,
        from_account=account[id_of(session)],
        to_account=ledger.employer_account(session, AccountKind.LEAVE, Unit.MIN),
        unit=Unit.MIN,
        amount_minor=50 * 60,
        reason=Reason.ORDER,
        source="order:1",
    )
    ledger.hold(session, ledger.Hold(held), actor=SYSTEM, now=NOW)
    lapse(session, EXPIRES)
    assert rows(session, Reason.LAPSED) == [("2027-07", "2026-12", 14 * 60)]
    void = ledger.VoidHold(new_transfer_id(Month(2027, 7)), held.id, Month(2027, 7))
    ledger.void_hold(session, void, actor=SYSTEM, now=NOW)
    assert lapse(session, date(2027, 7, 2)) == 1
    assert lots(session, date(2027, 7, 2))["2026 legal"] == (100, 44, 0)


def test_that_somebody_was_reminded_cannot_be_changed(session: Session, fed: None) -> None:
    remind(session, date(2027, 4, 1))
    for statement in (
        "UPDATE budgets_leave_reminder SET reminded_on = '2027-01-01'",
        "DELETE FROM budgets_leave_reminder",
        "TRUNCATE budgets_leave_reminder",
    ):
        with pytest.raises(IntegrityError), session.begin_nested():
            session.execute(text(statement))


def test_the_whole_look_of_a_day_takes_reminds_and_lapses(
    own_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with unit_of_work() as session:
        publish(session, YEARLY)
        people(session, row("1"))
        allocate(session, "2026-01")
        opened(session, Month(2027, 9))
        leave(session, "1,2026-03-02,6000,taken,a1")
    for day in (date(2027, 4, 1), date(2027, 6, 1), date(2027, 7, 1), date(2027, 7, 2)):
        monkeypatch.setattr("ideals.kernel.clock.now", lambda day=day: at(day))
        worker.look_at_leave()
        with unit_of_work() as session:
            waiting = session.scalars(
                select(Message.id).where(Message.name == LEAVE_DAY, Message.done_at.is_(None))
            ).all()
        for message in waiting:
            worker.leave_day(message)
    with unit_of_work() as session:
        assert len(notices(session)) == 2
        assert balances(session) == (20, 0)
        assert prove(session) == []
