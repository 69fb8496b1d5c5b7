"""Both sides look back, blind to each other; what was not kept is named, answered, and goes on."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ideals.approvals.models import Approval
from ideals.approvals.states import Kind
from ideals.deals import commands, queries
from ideals.deals.commands import (
    AnswerBreach,
    Evaluate,
    NameBreach,
    SettleBreach,
    breaches,
    closing,
    evaluating,
    going,
    life,
)
from ideals.deals.errors import (
    AnswersRefused,
    BreachMovedOn,
    EvaluatedAlready,
    EvaluationMovedOn,
    EvaluationNotDue,
    NeverInForce,
    NotYoursToDo,
)
from ideals.deals.models import Breach, Deal, Evaluation
from ideals.deals.pages.words import NOTICES
from ideals.deals.queries.afterwards import breaches_of, round_of
from ideals.deals.rules.evaluations import Answers, next_evaluation, read_answers
from ideals.deals.rules.reminders import Reminder
from ideals.deals.states import Side
from ideals.kernel.actor import Actor
from ideals.kernel.ids import new_id
from tests.deals.table import (
    DAY,
    NOW,
    Cast,
    accept,
    acts,
    at,
    cast_of,
    counter,
    in_force,
    look,
    propose,
    told,
)

DUE = date(2027, 9, 1)
OPENS = DUE - 14 * DAY
ANSWERS = {
    "promised": "Four days, and early shifts",
    "kept_by_me": "all",
    "kept_by_them": "partly",
    "worth_it": "yes",
    "on_others": "nothing",
}


@pytest.fixture
def cast(session: Session) -> Cast:
    return cast_of(session)


def evaluate(
    session: Session,
    deal: Deal,
    actor: Actor,
    number: int = 1,
    now: datetime | None = None,
    **changes: Any,
) -> Evaluation:
    cmd = Evaluate(deal.id, number, {**ANSWERS, **changes})
    return commands.evaluate(session, cmd, actor=actor, now=now or at(DUE))


def seen_by(session: Session, deal: Deal, actor: Actor, day: date = DUE) -> list[tuple[int, str]]:
    access = queries.access_deal(session, deal.id, actor=actor, today=day)
    return [(row.number, row.side) for row in queries.evaluations_of(session, access)]


def test_every_fault_of_the_answers_at_once() -> None:
    faults = read_answers(
        {"worth_it": "perhaps", "kept_by_me": 3, "mood": "good", "note": "x\u202e"}
    )
    assert isinstance(faults, list)
    assert {fault.path for fault in faults} == {
        "mood", "promised", "kept_by_me", "kept_by_them", "worth_it", "on_others", "note",
    }  # fmt: skip
    assert isinstance(read_answers(ANSWERS), Answers)
    assert isinstance(read_answers([]), list)


def test_the_next_round_is_a_year_later_unless_the_deal_is_over_by_then() -> None:
    assert next_evaluation(date(2028, 2, 29), None) == date(2029, 2, 28)
    assert next_evaluation(DUE, date(2028, 9, 1)) == date(2028, 9, 1)
    assert next_evaluation(DUE, date(2028, 8, 31)) is None


def test_neither_side_sees_the_other_before_both_have_answered(
    session: Session, cast: Cast
) -> None:
    deal = in_force(session, cast)
    evaluate(session, deal, cast.anna)
    assert seen_by(session, deal, cast.anna) == [(1, "employee")]
    for nobody in (cast.boris, cast.dina):
        assert seen_by(session, deal, nobody) == []
    assert ("looked_back", "boris") in told(session, deal)
    evaluate(session, deal, cast.boris, worth_it="no")
    for both in (cast.anna, cast.boris, cast.dina):
        assert seen_by(session, deal, both) == [(1, "employee"), (1, "employer")]
    assert ("evaluated", "anna") in told(session, deal)
    assert acts(session, deal)[-3:] == ["looked_back", "looked_back", "evaluated"]


def test_an_answer_is_given_once_and_sent_twice_is_one(session: Session, cast: Cast) -> None:
    deal = in_force(session, cast)
    first = evaluate(session, deal, cast.anna)
    assert evaluate(session, deal, cast.anna).id == first.id
    with pytest.raises(EvaluatedAlready):
        evaluate(session, deal, cast.anna, worth_it="no")
    with pytest.raises(IntegrityError), session.begin_nested():
        first.answers = {**ANSWERS, "worth_it": "no"}
        session.flush()
    session.expire_all()


def test_only_the_two_look_back(session: Session, cast: Cast) -> None:
    deal = in_force(session, cast)
    with pytest.raises(NotYoursToDo):
        evaluate(session, deal, cast.dina)
    with pytest.raises(AnswersRefused):
        evaluate(session, deal, cast.anna, worth_it="perhaps")
    with pytest.raises(NeverInForce):
        evaluate(session, propose(session, cast), cast.anna, now=NOW)


def test_it_opens_two_weeks_before_and_closes_ninety_days_after(
    session: Session, cast: Cast
) -> None:
    deal = in_force(session, cast)
    with pytest.raises(EvaluationNotDue) as refused:
        evaluate(session, deal, cast.anna, now=at(OPENS - DAY))
    assert refused.value.data["opens_on"] == OPENS.isoformat()
    with pytest.raises(EvaluationMovedOn):
        evaluate(session, deal, cast.anna, number=2, now=at(OPENS))
    evaluate(session, deal, cast.anna, now=at(OPENS))
    with pytest.raises(EvaluationNotDue):
        evaluate(session, deal, cast.boris, now=at(DUE + 90 * DAY))
    evaluate(session, deal, cast.boris, now=at(DUE + 89 * DAY))


def test_the_clock_says_what_is_due_once_and_to_whom_it_is_missing(
    session: Session, cast: Cast
) -> None:
    deal = in_force(session, cast, ends_on=None)
    assert deal.next_on == OPENS
    for day in (OPENS, OPENS, DUE):
        look(session, at(day))
    evaluate(session, deal, cast.anna)
    for day in (DUE + 14 * DAY, DUE + 28 * DAY, DUE + 29 * DAY):
        look(session, at(day))
    said = [each for each in told(session, deal) if each[0].startswith("evaluation")]
    assert said == [
        ("evaluation_due", "anna"),
        ("evaluation_due", "boris"),
        ("evaluation_missing", "boris"),
        ("evaluation_overdue", "boris"),
        ("evaluation_soon", "anna"),
        ("evaluation_soon", "boris"),
    ]
    assert deal.next_on == DUE + 90 * DAY


def test_after_both_have_answered_the_next_is_a_year_later(session: Session, cast: Cast) -> None:
    deal = in_force(session, cast, ends_on=None)
    look(session, at(DUE))
    for actor in (cast.anna, cast.boris):
        evaluate(session, deal, actor)
    assert (deal.evaluate_on, deal.evaluation_asked_at) == (date(2028, 9, 1), None)
    assert deal.next_on == date(2028, 8, 18)
    with pytest.raises(EvaluatedAlready):
        evaluate(session, deal, cast.anna, worth_it="no")
    now = at(date(2028, 9, 1))
    look(session, now)
    for actor in (cast.boris, cast.anna):
        evaluate(session, deal, actor, 2, now=now)
    assert seen_by(session, deal, cast.anna, now.date())[2:] == [(2, "employer"), (2, "employee")]


def test_answered_by_one_side_only_the_deal_goes_on_to_the_next_round(
    session: Session, cast: Cast
) -> None:
    deal = in_force(session, cast, ends_on=None)
    evaluate(session, deal, cast.anna)
    look(session, at(DUE + 90 * DAY))
    assert (deal.state, deal.evaluate_on) == ("in_force", date(2028, 9, 1))
    assert "not_evaluated" in acts(session, deal)
    assert seen_by(session, deal, cast.boris, DUE + 90 * DAY) == []
    round_ = round_of(session, deal)
    assert round_ is not None
    assert (round_.number, round_.answered) == (2, frozenset())


def test_looked_back_at_by_nobody_it_lapses_where_it_has_no_last_day(
    session: Session, cast: Cast
) -> None:
    endless, with_end = in_force(session, cast, ends_on=None), in_force(session, cast)
    look(session, at(DUE + 89 * DAY))
    assert endless.state == "in_force"
    look(session, at(DUE + 90 * DAY))
    assert (endless.state, with_end.state) == ("lapsed", "in_force")
    assert with_end.evaluate_on is None


def test_a_renewal_has_rounds_of_its_own(session: Session, cast: Cast) -> None:
    deal = in_force(session, cast)
    evaluate(session, deal, cast.anna)
    now = at(DUE + DAY)
    days = {"starts_on": "2027-10-01", "evaluate_on": "2027-10-01", "ends_on": None}
    counter(session, deal, cast.anna, now=now, **days)
    for actor in (cast.boris, cast.anna):
        accept(session, deal, actor, now=now)
    look(session, at(date(2027, 10, 1)))
    round_ = round_of(session, deal)
    assert round_ is not None
    assert (round_.number, round_.offer, round_.answered) == (2, 2, frozenset())
    evaluate(session, deal, cast.boris, 2, now=at(date(2027, 10, 1)))
    assert round_of(session, deal).answered == {Side.EMPLOYER}  # type: ignore[union-attr]


def test_what_has_ended_can_still_be_looked_back_at(session: Session, cast: Cast) -> None:
    deal = in_force(session, cast, evaluate_on="2028-02-29")
    look(session, at(date(2028, 3, 1)))
    assert deal.state == "ended"
    for actor in (cast.anna, cast.boris):
        evaluate(session, deal, actor, now=at(date(2028, 3, 20)))
    assert seen_by(session, deal, cast.anna)[-1] == (1, "employer")


# Breaches -------------------------------------------------------------------------------------


def name(session: Session, deal: Deal, actor: Actor, now: datetime = NOW) -> Breach:
    cmd = NameBreach(new_id(), deal.id, "Twice I was called on a Friday")
    return commands.name_breach(session, cmd, actor=actor, now=now)


def test_a_breach_is_named_answered_and_settled(session: Session, cast: Cast) -> None:
    deal = in_force(session, cast)
    now = at(date(2027, 4, 1))
    breach = name(session, deal, cast.anna, now)
    again = NameBreach(breach.id, deal.id, breach.said)
    assert commands.name_breach(session, again, actor=cast.anna, now=now) is breach
    answer = AnswerBreach(deal.id, breach.id, "It will not happen again")
    with pytest.raises(NotYoursToDo):
        commands.answer_breach(session, answer, actor=cast.anna, now=now)
    commands.answer_breach(session, answer, actor=cast.boris, now=now)
    settle = SettleBreach(deal.id, breach.id)
    with pytest.raises(NotYoursToDo):
        commands.settle_breach(session, settle, actor=cast.boris, now=now)
    commands.settle_breach(session, settle, actor=cast.anna, now=now)
    assert (breach.state, breach.over_by) == ("settled", cast.anna.name)
    with pytest.raises(BreachMovedOn):
        commands.settle_breach(session, settle, actor=cast.anna, now=now)
    look(session, now + timedelta(days=40))
    assert breach.state == "settled"


def test_what_stays_goes_to_hr_as_a_task(session: Session, cast: Cast) -> None:
    deal = in_force(session, cast)
    now = at(date(2027, 4, 1))
    by_clock, at_once = name(session, deal, cast.boris, now), name(session, deal, cast.anna, now)
    settle = SettleBreach(deal.id, at_once.id, stays=True)
    commands.settle_breach(session, settle, actor=cast.anna, now=now)
    assert (by_clock.state, at_once.state) == ("named", "with_hr")
    assert deal.next_on == date(2027, 4, 29)
    look(session, at(date(2027, 4, 29)))
    assert by_clock.state == "with_hr"
    task = session.scalars(select(Approval).where(Approval.subject == at_once.source)).one()
    assert (task.kind, task.state, task.employee_id) == (Kind.TODO, "open", cast.ids["anna"])
    said = {"en": str(task.what), "words": at_once.said}
    assert said["words"] not in said["en"]
    from ideals.approvals import commands as approvals
    from ideals.approvals.commands import Decide
    from ideals.approvals.errors import MayNotDecide
    from ideals.approvals.queries import steps_of
    from ideals.approvals.states import Decision

    cmd = Decide(task.id, Decision.APPROVE, "We spoke, and agreed on a rota")
    [step] = steps_of(session, [task]).popitem()[1]
    assert (task.case_code, step.role) == ("deal", "hr_deals"), "HR without it cannot open the deal"
    with pytest.raises(MayNotDecide):
        approvals.decide(session, cmd, actor=cast.henk, now=now)
    approvals.decide(session, cmd, actor=cast.dina, now=now)
    assert at_once.state == "closed"
    assert ("breach_closed", "boris") in told(session, deal)


def test_an_adviser_and_approvers_see_no_breaches(session: Session, cast: Cast) -> None:
    deal = in_force(session, cast)
    name(session, deal, cast.anna, at(date(2027, 4, 1)))
    seen = {}
    for who in ("anna", "boris", "dina"):
        access = queries.access_deal(session, deal.id, actor=cast[who], today=date(2027, 4, 1))
        seen[who] = len(breaches_of(session, access))
    assert seen == {"anna": 1, "boris": 1, "dina": 1}
    access = replace(access, standing=queries.Standing.ADVISER)
    assert breaches_of(session, access) == []


def test_everything_that_can_be_told_has_words() -> None:
    told = {*Reminder, evaluating.LOOKED_BACK, evaluating.EVALUATED, going.LIFE_EVENT}
    told |= {life.SAID, life.SETTLED}
    for module, prefix in ((breaches, "breach_"), (closing, "end")):
        told |= {
            value
            for value in vars(module).values()
            if isinstance(value, str) and value.startswith(prefix)
        }
    assert told <= set(NOTICES)
