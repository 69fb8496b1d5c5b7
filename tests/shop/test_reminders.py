"""Who has not chosen anything is reminded, 7 and 2 days before the last day, once each."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from ideals import outbox
from ideals.config import Settings
from ideals.kernel.actor import Actor
from ideals.ledger import commands as ledger
from ideals.notices.models import Notice
from ideals.seeds import factories
from ideals.shop.commands import reminding
from ideals.shop.queries.reminders import due, undecided
from ideals.shop.rules import reminders as rules
from ideals.shop.states import ChoiceMode
from tests.shop.conftest import APRIL, MARCH, NOW, Shop, employee_of, open_shop
from tests.shop.test_choices import chosen
from workers import shop as worker

LAST = date(2026, 3, 15)


@pytest.mark.parametrize(
    ("day", "days"),
    [(7, None), (8, 7), (12, 7), (13, 2), (15, 2), (16, None)],
)
def test_the_latest_that_is_due_is_told_and_none_after_the_last_day(
    day: int, days: int | None
) -> None:
    assert rules.due(LAST, date(2026, 3, day)) == days


def at(day: int, hour: int = 9) -> datetime:
    return datetime(2026, 3, day, hour, tzinfo=UTC)


def look(session: Session, now: datetime) -> None:
    """As the clock does, and then the tasks that it announced."""
    reminding.look(session, zone=Settings.read().zone, now=now)
    session.flush()
    waiting = select(outbox.Message.id).where(
        outbox.Message.name == reminding.REMIND, outbox.Message.done_at.is_(None)
    )
    for message_id in session.scalars(waiting).all():
        session.commit()
        worker.remind(message_id)
        session.expire_all()


def reminded(session: Session, who: Actor) -> list[dict[str, str]]:
    query = select(Notice.data).where(
        Notice.employee_id == employee_of(who), Notice.kind == reminding.DEADLINE
    )
    return list(session.scalars(query.order_by(Notice.id)))


def test_who_has_chosen_nothing_is_reminded_with_what_will_become_of_it(
    session: Session, shop: Shop
) -> None:
    shop.order(session, "cash", "10")
    chosen(session, shop, "savings", ChoiceMode.REST, who=shop.boris)
    look(session, at(8))
    assert reminded(session, shop.anna) == []
    assert reminded(session, shop.boris) == []
    assert reminded(session, shop.egor) == [
        {"month": "2026-03", "last_day": "2026-03-15", "left_over": "keep_until_december"}
    ]


def test_each_reminder_comes_once(session: Session, shop: Shop) -> None:
    for moment in (at(8), at(8, 10), at(9), at(12)):
        look(session, moment)
    assert len(reminded(session, shop.egor)) == 1
    look(session, at(13))
    look(session, at(15))
    assert len(reminded(session, shop.egor)) == 2
    look(session, at(16))
    assert len(reminded(session, shop.egor)) == 2


def test_whoever_cancels_again_has_not_chosen(session: Session, shop: Shop) -> None:
    order = shop.order(session, "leave", "8")
    assert employee_of(shop.anna) not in undecided(session, "simple", MARCH)
    shop.cancel(session, order)
    session.flush()
    assert employee_of(shop.anna) in undecided(session, "simple", MARCH)


def test_a_plan_for_another_month_is_no_choice_for_this_one(session: Session, shop: Shop) -> None:
    chosen(session, shop, "cash", ChoiceMode.REST, from_month=APRIL)
    session.flush()
    assert employee_of(shop.anna) in undecided(session, "simple", MARCH)
    assert employee_of(shop.anna) not in undecided(session, "simple", APRIL)


def test_nobody_who_does_not_work_in_the_month_is_reminded(session: Session, shop: Shop) -> None:
    factories.a_change(session, shop.people.anna, date(2026, 2, 1), leaves_on=date(2026, 2, 28))
    assert employee_of(shop.anna) not in undecided(session, "simple", MARCH)


def test_a_month_that_is_closing_is_over(session: Session, shop: Shop) -> None:
    assert [each.month for each in due(session, date(2026, 3, 8))] == [MARCH]
    ledger.begin_closing(session, ledger.BeginClosing(MARCH), actor=shop.dina, now=NOW)
    assert due(session, date(2026, 3, 8)) == []


def test_a_deadline_of_a_year_is_one_reminder(session: Session) -> None:
    open_shop(session, calendar={"deadline": {"day": "30", "month": "11"}})
    found = due(session, date(2025, 11, 25))
    assert [(str(each.month), each.last_day) for each in found] == [("2026-01", date(2025, 11, 30))]
