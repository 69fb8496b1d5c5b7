"""The clock's jobs, as a worker runs them: killed in the middle, twice, or late."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from ideals.deals import commands
from ideals.deals.models import Deal
from ideals.kernel import clock
from ideals.outbox import Message
from tests.deals.table import DAY, Cast, acts, at, both_accept, cast_of, propose
from workers import deals as jobs

FIRST = date(2027, 3, 1)


@pytest.fixture
def cast(session: Session) -> Cast:
    return cast_of(session)


@pytest.fixture
def deal(session: Session, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Deal:
    """Agreed, and its first day has come."""
    made = both_accept(session, cast, propose(session, cast))
    session.commit()
    monkeypatch.setattr(clock, "now", lambda: at(FIRST))
    return made


def announced(session: Session) -> list[int]:
    query = select(Message.id).where(Message.name == commands.ACT_ON_DEAL)
    return list(session.scalars(query.where(Message.done_at.is_(None)).order_by(Message.id)))


def test_it_begins_once_whatever_is_sent_twice(session: Session, deal: Deal) -> None:
    for _ in range(2):
        jobs.sweep()
    [message] = announced(session)
    for _ in range(3):
        jobs.act_on_deal(message)
    session.expire_all()
    assert (deal.state, acts(session, deal).count("start"), announced(session)) == (
        "in_force",
        1,
        [],
    )


def test_killed_in_the_middle_nothing_is_half_done_and_the_next_try_does_it(
    session: Session, deal: Deal, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs.sweep()
    [message] = announced(session)

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as dying:
        dying.setattr(jobs.outbox, "finish", killed)
        with pytest.raises(KeyboardInterrupt):
            jobs.act_on_deal(message)
    session.expire_all()
    assert (deal.state, "start" in acts(session, deal)) == ("agreed", False)
    jobs.act_on_deal(message)
    session.expire_all()
    assert (deal.state, announced(session)) == ("in_force", [])


def test_a_message_that_was_lost_is_sent_again_the_next_day(
    session: Session, deal: Deal, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs.sweep()
    lost = announced(session)
    jobs.sweep()
    assert announced(session) == lost
    monkeypatch.setattr(clock, "now", lambda: at(FIRST + DAY))
    jobs.sweep()
    [_, again] = announced(session)
    jobs.act_on_deal(again)
    session.expire_all()
    assert (deal.state, deal.started_at) == ("in_force", at(FIRST + DAY))
