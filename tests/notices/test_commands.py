from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.orm import Session

from ideals.access import commands as access
from ideals.kernel.actor import SYSTEM, Actor, Role
from ideals.kernel.ids import new_id
from ideals.notices import commands, queries, rules
from ideals.notices.commands import (
    ChooseChannel,
    MarkAllRead,
    MarkDone,
    MarkRead,
    NoteSending,
    SendAgain,
)
from ideals.notices.errors import MailNotRefused, MailUnknown, NoticeUnknown, OnlyHrSeesMail
from ideals.notices.states import Channel, MailState, Sending
from ideals.seeds import factories
from tests.counting import counted
from tests.notices.conftest import NOW, Cast, announced, mails, notices, tell

ZONE = ZoneInfo("Europe/Amsterdam")
MINUTE = timedelta(minutes=1)


def unread(session: Session, actor: Actor) -> int:
    return queries.unread_count(session, actor=actor)


# Telling


def test_the_same_key_is_the_same_notice(session: Session, cast: Cast) -> None:
    anna, boris = cast.people.anna, cast.people.boris
    assert tell(session, anna) == 1
    assert tell(session, anna) == 0
    assert tell(session, anna, boris) == 1
    assert tell(session, anna, key="gift:2") == 1
    assert (unread(session, cast.anna), unread(session, cast.boris)) == (2, 1)


def test_a_role_is_everybody_who_holds_it(session: Session, cast: Cast) -> None:
    assert tell(session, role=Role.HR) == 2
    assert [(n.employee_id, n.user_id) for n in notices(session)] == [
        (cast.people.dina.id, None),
        (None, cast.frank.user_id),
    ]
    assert tell(session, role=Role.PAYROLL) == 0
    assert tell(session, cast.people.dina, role=Role.HR) == 0, "she was told as HR"


def test_those_named_are_left_out(session: Session, cast: Cast) -> None:
    tell(session, role=Role.HR, but_employee_ids=[cast.people.dina.id])
    assert [n.user_id for n in notices(session)] == [cast.frank.user_id]


def test_somebody_without_a_user_finds_it_at_the_first_sign_in(
    session: Session, cast: Cast
) -> None:
    tell(session, cast.people.clara)
    user = factories.a_user(session, "clara@meridian.example")
    assert unread(session, Actor(name="clara", user_id=user.id, employee_id=user.employee_id)) == 1


def test_what_a_user_was_told_stays_theirs_when_they_become_an_employee(
    session: Session, cast: Cast
) -> None:
    tell(session, role=Role.HR)
    linked = Actor(name="frank", user_id=cast.frank.user_id, employee_id=cast.people.egor.id)
    tell(session, cast.people.egor)
    assert unread(session, linked) == 2


# Reading


def test_only_ones_own_is_read(session: Session, cast: Cast) -> None:
    tell(session, cast.people.anna)
    (notice,) = notices(session)
    for other in (cast.boris, cast.dina, cast.frank, SYSTEM):
        with pytest.raises(NoticeUnknown):
            commands.mark_read(session, MarkRead(notice.id), actor=other, now=NOW)
    for now in (NOW, NOW + MINUTE):
        commands.mark_read(session, MarkRead(notice.id), actor=cast.anna, now=now)
    assert notice.read_at == NOW, "when it was read first"
    assert unread(session, cast.anna) == 0


def test_what_comes_while_reading_stays_unread(session: Session, cast: Cast) -> None:
    tell(session, cast.people.anna, cast.people.boris)
    seen = notices(session)[-1].id
    tell(session, cast.people.anna, key="later")
    commands.mark_all_read(session, MarkAllRead(seen), actor=cast.anna, now=NOW)
    assert (unread(session, cast.anna), unread(session, cast.boris)) == (1, 1)


def test_what_is_done_needs_no_reading(session: Session, cast: Cast) -> None:
    tell(session, cast.people.anna, cast.people.boris)
    tell(session, cast.people.anna, subject="gift:2", key="other")
    commands.mark_done(session, MarkDone("gift:1", ["gift"]), now=NOW)
    commands.mark_done(session, MarkDone("gift:2", ["another kind"]), now=NOW)
    assert (unread(session, cast.anna), unread(session, cast.boris)) == (1, 0)


def test_many_are_not_counted_out(session: Session, cast: Cast) -> None:
    for number in range(rules.MOST_COUNTED + 5):
        tell(session, cast.people.anna, key=str(number))
    assert unread(session, cast.anna) == rules.MOST_COUNTED + 1


# Who gets mail


def test_without_a_server_there_is_no_mail(session: Session, cast: Cast) -> None:
    tell(session, cast.people.anna)
    assert (len(notices(session)), mails(session), announced(session)) == (1, [], [])


@pytest.mark.usefixtures("mail_is_on")
def test_a_mail_for_each_who_wants_it_at_once(session: Session, cast: Cast) -> None:
    for actor, channel in ((cast.anna, Channel.DAILY), (cast.boris, Channel.NEVER)):
        commands.choose_channel(session, ChooseChannel(channel), actor=actor, now=NOW)
        assert queries.chosen_by(session, actor=actor).channel == channel
    commands.choose_channel(session, ChooseChannel(Channel.AT_ONCE), actor=cast.dina, now=NOW)
    assert queries.chosen_by(session, actor=cast.frank).channel == Channel.AT_ONCE
    people = cast.people
    for _ in range(2):
        tell(session, people.anna, people.boris, people.clara, role=Role.HR)
    assert {mail.employee_id for mail in mails(session)} == {people.dina.id, people.clara.id, None}
    assert sorted(announced(session)) == sorted(str(mail.id) for mail in mails(session))
    (waits,) = [notice for notice in notices(session) if notice.digest]
    assert waits.employee_id == people.anna.id


@pytest.mark.usefixtures("mail_is_on")
def test_no_mail_without_an_address_or_to_who_may_not_sign_in(session: Session, cast: Cast) -> None:
    nobody = factories.an_employee(session, "Nobody")
    access.set_active(session, access.SetActive(cast.anna.name, False), actor=SYSTEM, now=NOW)
    assert tell(session, nobody, cast.people.anna) == 2
    assert mails(session) == []


@pytest.mark.usefixtures("mail_is_on")
def test_a_notice_that_is_rolled_back_takes_its_mail_with_it(session: Session, cast: Cast) -> None:
    with pytest.raises(ZeroDivisionError), session.begin_nested():
        tell(session, cast.people.anna)
        raise ZeroDivisionError
    assert (notices(session), mails(session), announced(session)) == ([], [], [])


# Sending


@pytest.fixture
def mail_id(session: Session, cast: Cast, mail_is_on: None) -> object:
    tell(session, cast.people.anna)
    return mails(session)[0].id


def note(session: Session, mail_id: object, sending: Sending, now: datetime = NOW) -> None:
    cmd = NoteSending(mail_id, sending, "anna@meridian.example", "550 no")  # type: ignore[arg-type]
    commands.note_sending(session, cmd, now=now)


def take(session: Session, mail_id: object, now: datetime) -> bool:
    return commands.take_mail(session, mail_id, now=now) is not None  # type: ignore[arg-type]


def test_a_mail_is_taken_by_one_at_a_time(session: Session, mail_id: object) -> None:
    assert take(session, mail_id, NOW)
    assert not take(session, mail_id, NOW)
    assert not take(session, mail_id, NOW + 2 * MINUTE - timedelta(seconds=1))
    assert take(session, mail_id, NOW + 2 * MINUTE), "whoever had it was cut off"


def test_what_was_sent_is_not_sent_again(session: Session, mail_id: object) -> None:
    take(session, mail_id, NOW)
    note(session, mail_id, Sending.TAKEN)
    assert not take(session, mail_id, NOW + timedelta(days=1))
    (mail,) = mails(session)
    assert (mail.state, mail.sent_at, mail.tries) == (MailState.SENT, NOW, 1)


def test_pauses_grow_and_after_three_days_it_is_given_up(session: Session, mail_id: object) -> None:
    now, pauses = NOW, []
    while take(session, mail_id, now):
        note(session, mail_id, Sending.LATER, now)
        pauses.append(mails(session)[0].due_at - now)
        now = mails(session)[0].due_at
    assert [pause / MINUTE for pause in pauses[:8]] == [2, 4, 8, 15, 30, 60, 60, 60]
    assert timedelta(days=3) < now - NOW < timedelta(days=3, hours=2)
    assert 72 < len(pauses) < rules.MOST_TRIES
    assert mails(session)[0].state == MailState.GIVEN_UP


def test_what_waited_for_us_and_not_for_the_server_is_tried_all_the_same(
    session: Session, mail_id: object
) -> None:
    assert take(session, mail_id, NOW + timedelta(days=9)), "no worker lived for so long"
    note(session, mail_id, Sending.TAKEN)
    assert mails(session)[0].state == MailState.SENT


def test_a_mail_that_kills_whoever_sends_it_is_given_up(session: Session, mail_id: object) -> None:
    now, tries = NOW, 0
    while take(session, mail_id, now):
        tries += 1
        now = mails(session)[0].due_at
    assert tries == rules.MOST_TRIES
    assert mails(session)[0].state == MailState.GIVEN_UP


def test_when_no_server_answers_the_others_wait_too(
    session: Session, cast: Cast, mail_id: object
) -> None:
    tell(session, cast.people.boris)
    other = mails(session)[1].id
    take(session, mail_id, NOW)
    note(session, mail_id, Sending.AWAY)
    assert not take(session, other, NOW)
    assert take(session, other, NOW + rules.AWAY_FOR)


def test_a_refused_mail_is_seen_by_hr_and_sent_again_by_hand(
    session: Session, cast: Cast, mail_id: object
) -> None:
    take(session, mail_id, NOW)
    note(session, mail_id, Sending.REFUSED)
    assert not take(session, mail_id, NOW + timedelta(hours=1))
    (row,) = session.execute(queries.undelivered(actor=cast.dina))
    assert (row.name, row.number, row.address) == ("Anna", "anna", "anna@meridian.example")
    assert (row.state, row.answer) == ("refused", "550 no")
    again = SendAgain(row.id)
    for stranger in (cast.anna, cast.boris):
        with pytest.raises(OnlyHrSeesMail):
            queries.undelivered(actor=stranger)
        with pytest.raises(OnlyHrSeesMail):
            commands.send_again(session, again, actor=stranger, now=NOW)
    later = NOW + timedelta(days=30)
    commands.send_again(session, again, actor=cast.dina, now=later)
    assert announced(session) == [str(mail_id)] * 2
    assert session.execute(queries.undelivered(actor=cast.dina)).all() == []
    with pytest.raises(MailNotRefused):
        commands.send_again(session, again, actor=cast.dina, now=later)
    assert take(session, mail_id, later)
    with pytest.raises(MailUnknown):
        commands.send_again(session, SendAgain(new_id()), actor=cast.dina, now=later)


def sweep(session: Session, now: datetime) -> None:
    commands.sweep(session, zone=ZONE, now=now)


def test_the_clock_announces_what_was_not_sent(session: Session, mail_id: object) -> None:
    sweep(session, NOW + MINUTE)
    assert len(announced(session)) == 1, "it was announced a minute ago"
    take(session, mail_id, NOW)
    note(session, mail_id, Sending.LATER)
    sweep(session, NOW + 2 * MINUTE)
    sweep(session, NOW + 3 * MINUTE)
    assert announced(session) == [str(mail_id)] * 2, "once for each pause"


def test_when_mail_is_turned_off_nothing_waits_for_ever(
    session: Session, mail_id: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("IDEALS_SMTP_URL")
    sweep(session, NOW)
    assert mails(session)[0].state == MailState.DROPPED


# One mail a day


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=ZONE)


@pytest.fixture
def daily(session: Session, cast: Cast, mail_is_on: None) -> Cast:
    for actor in (cast.anna, cast.boris, cast.frank):
        commands.choose_channel(session, ChooseChannel(Channel.DAILY), actor=actor, now=NOW)
    return cast


def test_one_mail_a_day_with_what_was_not_read(session: Session, daily: Cast) -> None:
    anna, boris = daily.people.anna, daily.people.boris
    for key in ("a", "b"):
        tell(session, anna, boris, key=key, now=at(10, 12))
    tell(session, role=Role.HR, but_employee_ids=[daily.people.dina.id], now=at(10, 12))
    for notice in notices(session):
        if notice.employee_id == boris.id:
            commands.mark_read(session, MarkRead(notice.id), actor=daily.boris, now=at(10, 13))
    sweep(session, at(11, 6, 59))
    assert mails(session) == []
    for _ in range(2):
        sweep(session, at(11, 7))
    found = {(mail.employee_id, mail.user_id): mail for mail in mails(session)}
    assert set(found) == {(anna.id, None), (None, daily.frank.user_id)}
    assert all(mail.digest for mail in found.values())
    assert len(queries.notices_in(session, found[anna.id, None].id)) == 2
    tell(session, anna, key="c", now=at(11, 7, 1))
    sweep(session, at(11, 23))
    assert len(mails(session)) == 2
    sweep(session, at(12, 7))
    assert len(mails(session)) == 3


def test_the_clock_change_moves_no_daily_mail(session: Session, daily: Cast) -> None:
    tell(session, daily.people.anna, now=at(28, 12))
    sweep(session, at(29, 6, 59))  # summer time began in that night
    assert mails(session) == []
    sweep(session, at(29, 7))
    assert len(mails(session)) == 1


def test_without_a_server_nothing_is_gathered(
    session: Session, daily: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell(session, daily.people.anna, now=at(10, 12))
    monkeypatch.delenv("IDEALS_SMTP_URL")
    sweep(session, at(11, 8))
    assert mails(session) == []


def test_words_are_registered_or_it_is_a_fault_of_ours(session: Session) -> None:
    with pytest.raises(LookupError):
        queries.in_words("unheard", {}, "nl")


def test_telling_twenty_takes_as_many_statements_as_telling_one(session: Session) -> None:
    factories.a_scheme(session)
    people = [factories.an_employee(session, f"E{n}").id for n in range(20)]
    seen = []
    for group in (people[:1], people):
        with counted(session) as counting:
            tell(session, employee_ids=group, key=f"of {len(group)}")
        seen.append(counting)
    assert seen[0].statements == seen[1].statements, seen[1]
