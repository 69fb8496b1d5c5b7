"""Two who decide at once, and a decision against a withdrawal: one end, and the other is told."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import pytest

from ideals.approvals import commands, queries
from ideals.approvals.commands import Decide, Withdraw
from ideals.approvals.errors import AlreadyDecided
from ideals.approvals.models import Approval
from ideals.approvals.states import Decision, Kind
from ideals.db import unit_of_work
from ideals.kernel.actor import SYSTEM
from ideals.notices.commands import Tell, tell
from ideals.notices.models import Notice
from tests.approvals.conftest import (  # noqa: F401 - a fixture that is used by itself
    Cast,
    Heard,
    ask,
    cast_of,
    heard,
)
from tests.notices.conftest import mails
from tests.race.test_ledger import together

ROUNDS = 100
NOW = datetime.now(UTC)


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
