"""Who decides about a price rule, who never does, and what becomes of one that nobody decides."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ideals.access import queries as access
from ideals.approvals import commands as approvals
from ideals.approvals import queries as approval_queries
from ideals.approvals.commands.delegations import Delegate, delegate
from ideals.approvals.commands.going import ASKED
from ideals.approvals.commands.policies import PublishPolicy, publish
from ideals.approvals.errors import ApprovalUnknown, NotAboutOneself
from ideals.approvals.models import Approval, ApprovalStep
from ideals.approvals.queries import in_force
from ideals.approvals.states import State
from ideals.kernel.actor import SYSTEM, Actor, Role
from ideals.kernel.ids import new_id
from ideals.kernel.month import Month
from ideals.notices.models import Notice
from ideals.people.models import Employee
from ideals.pricing.commands import steering
from ideals.pricing.commands.deciding import DECIDED, decided
from ideals.pricing.commands.steering import SaveRule, SubmitRule
from ideals.pricing.errors import ApproverIsAuthor
from ideals.pricing.models import PriceRule
from ideals.pricing.pages.words import rule_decided
from ideals.pricing.states import RuleState
from ideals.seeds import factories
from ideals.web.language import speaking
from tests.desk import make_app
from tests.pricing.desk import QUIET, Desk, of_prices, on, opened
from tests.shop.conftest import NOW, Shop

POLICY = """
policy: price_rule
from: "2026-01-01"
name: {en: Price rules, nl: Prijsregels}
cases:
  - code: all
    says: {en: Somebody looks, nl: Iemand kijkt}
    steps:
"""


@pytest.fixture
def desk(session: Session, shop: Shop) -> Desk:
    desk = opened(session, shop)
    desk.know(Month(2026, 2), "90", NOW)
    return desk


def decided_by(session: Session, *steps: str) -> None:
    text = POLICY + "".join(f"      - {{{step}, days: 5}}\n" for step in steps)
    publish(session, PublishPolicy(text, from_any_day=True), actor=SYSTEM, now=on(3, 1))
    in_force.forget()


def employed(session: Session, name: str) -> tuple[Employee, Actor]:
    """Somebody with the right to prices who has a personnel number."""
    roles = frozenset({Role.HR_PRICES})
    email = f"{name.lower()}@meridian.example"
    person = factories.an_employee(session, name, email=email)
    user = factories.a_user(session, email, roles=roles)
    user.employee_id = person.id
    session.flush()
    return person, access.actor_of(user, sorted(roles), NOW)


def written_by(desk: Desk, author: Actor) -> PriceRule:
    """By Dora, then by somebody else; Dora submits it."""
    rule = desk.write(NOW)
    cmd = SaveRule(rule.id, {**QUIET, "order": 11}, rule.version)
    steering.save_rule(desk.session, cmd, actor=author, now=NOW)
    return desk.submit(rule, NOW)


# Who


def test_the_database_refuses_who_submitted_it_once(desk: Desk) -> None:
    rule = desk.write(NOW)
    steering.submit_rule(
        desk.session, SubmitRule(rule.id, rule.version), actor=desk.fatima, now=NOW
    )
    desk.decide(rule, NOW, by=of_prices(desk.session, "gerda"), yes=False)
    desk.session.flush()
    cmd = SaveRule(rule.id, {**QUIET, "order": 11}, rule.version)
    steering.save_rule(desk.session, cmd, actor=desk.dora, now=NOW)
    desk.submit(rule, NOW)
    desk.session.flush()
    with pytest.raises(IntegrityError, match="who ever submitted a price rule"):
        desk.session.execute(
            update(PriceRule).where(PriceRule.id == rule.id).values(
                state="scheduled", approved_at=NOW, approved_by=desk.fatima.name,
                approved_by_user_id=desk.fatima.user_id,
            )
        )  # fmt: skip


def test_an_author_takes_no_step_of_several(desk: Desk) -> None:
    decided_by(desk.session, "who: {role: hr_prices}", "who: {role: hr}")
    rule = written_by(desk, desk.fatima)
    with pytest.raises(NotAboutOneself):
        desk.decide(rule, NOW)
    desk.decide(rule, NOW, by=of_prices(desk.session, "gerda"))
    desk.decide(rule, NOW, by=desk.shop.dina)
    assert rule.state == RuleState.SCHEDULED


def test_the_rule_itself_refuses_its_author(desk: Desk) -> None:
    """Whatever approvals let through."""
    rule = written_by(desk, desk.fatima)
    approval = desk.session.get_one(Approval, rule.approval_id)
    approval.state = State.APPROVED
    for author in (desk.dora, desk.fatima, SYSTEM):
        with pytest.raises(ApproverIsAuthor), desk.session.no_autoflush:
            decided(desk.session, approval, actor=author, now=NOW)


@pytest.mark.parametrize("number", ["a personnel number", ""])
def test_an_author_is_not_offered_the_decision(desk: Desk, number: str) -> None:
    author = employed(desk.session, "Emma")[1] if number else of_prices(desk.session, "emma")
    gerda = of_prices(desk.session, "gerda")
    rule = written_by(desk, author)
    approval = desk.session.get_one(Approval, rule.approval_id)
    steps = approval_queries.steps_of(desk.session, [approval])[approval.id]

    def turn(who: Actor) -> bool:
        found = approval_queries.can_decide(
            desk.session, approval, steps, actor=who, today=NOW.date()
        )
        return found is not None

    assert [turn(who) for who in (desk.dora, author, gerda)] == [False, False, True]
    with pytest.raises(NotAboutOneself):
        desk.decide(rule, NOW, by=author)


def test_no_author_is_asked_for_the_decision(desk: Desk) -> None:
    """With a personnel number or without."""
    emma, as_emma = employed(desk.session, "Emma")
    gerda = of_prices(desk.session, "gerda")
    written_by(desk, as_emma)
    asked = select(Notice.employee_id, Notice.user_id).where(Notice.kind == ASKED)
    told = {(employee, user) for employee, user in desk.session.execute(asked)}
    assert (None, gerda.user_id) in told
    assert not told & {(emma.id, None), (None, desk.dora.user_id)}


def test_nobody_decides_in_the_place_of_an_author(desk: Desk, session: Session) -> None:
    emma, as_emma = employed(session, "Emma")
    ferdi, as_ferdi = employed(session, "Ferdi")
    decided_by(session, f"who: {{person: {emma.number}}}")
    cmd = Delegate(new_id(), ferdi.number, date(2026, 3, 1), date(2026, 3, 31))
    delegate(session, cmd, actor=as_emma, now=on(3, 1))
    rule = written_by(desk, as_emma)
    step = session.scalars(
        select(ApprovalStep).where(ApprovalStep.approval_id == rule.approval_id)
    ).one()
    assert (step.approver_id, step.role) == (None, Role.HR)
    with pytest.raises(ApprovalUnknown):
        desk.decide(rule, NOW, by=as_ferdi)
    desk.decide(rule, NOW, by=desk.shop.dina)
    assert rule.state == RuleState.SCHEDULED


# When


def look(desk: Desk, rule: PriceRule, month: int, day: int) -> None:
    """What the clock does with whatever waits for a decision about it."""
    desk.session.flush()
    steps = select(ApprovalStep.id).where(ApprovalStep.approval_id == rule.approval_id)
    for step_id in desk.session.scalars(steps).all():
        approvals.act_on_step(desk.session, step_id, actor=SYSTEM, now=on(month, day))


def test_a_rule_far_ahead_outlives_the_days_of_its_step(desk: Desk) -> None:
    rule = desk.submit(desk.write(NOW, from_month="2026-06"), NOW)
    look(desk, rule, 3, 20)
    assert rule.state == RuleState.SUBMITTED
    desk.decide(rule, on(5, 29))
    assert rule.state == RuleState.SCHEDULED


def test_what_nobody_decided_before_its_first_month_is_refused(desk: Desk) -> None:
    rule = desk.submit(desk.write(NOW, from_month="2026-06"), NOW)
    look(desk, rule, 3, 20)
    assert desk.sweep(on(5, 31)) == 0
    assert desk.sweep(on(6, 1)) == 1
    assert (rule.state, rule.reason) == (RuleState.REFUSED, "Not decided in time.")
    approval = desk.session.get_one(Approval, rule.approval_id)
    assert approval.state == "expired"
    assert desk.sweep(on(6, 2)) == 0


def told(desk: Desk, in_language: str) -> list[tuple[str, str]]:
    """(title, text) of what Dora was told became of her rules."""
    wanted = select(Notice.data).where(
        Notice.kind == DECIDED, Notice.user_id == desk.dora.user_id
    )  # fmt: skip
    data = desk.session.scalars(wanted.order_by(Notice.id)).all()
    with make_app().app_context(), speaking(in_language):
        said = [rule_decided(each, in_language) for each in data]
        return [(each.title, each.text) for each in said]


def test_who_submitted_a_rule_is_told_what_became_of_it(desk: Desk) -> None:
    rule = desk.submit(desk.write(NOW), NOW)
    desk.decide(rule, NOW, yes=False)
    assert told(desk, "en") == [("Refused: the price rule “Quiet season”", "Not now.")]
    cmd = SaveRule(rule.id, {**QUIET, "order": 11}, rule.version)
    desk.submit(steering.save_rule(desk.session, cmd, actor=desk.dora, now=NOW), NOW)
    desk.decide(rule, NOW)
    desk.submit(desk.write(NOW, code="late"), NOW)
    desk.sweep(on(4, 1))
    assert told(desk, "nl")[1:] == [
        ("Akkoord: de prijsregel “Rustig seizoen”", "Hij geldt vanaf april 2026."),
        ("Geweigerd: de prijsregel “Rustig seizoen”", "Niet op tijd beslist."),
    ]


def test_a_step_that_ends_with_the_last_day_refuses_it_too(desk: Desk) -> None:
    rule = desk.submit(desk.write(on(3, 30)), on(3, 30))
    look(desk, rule, 4, 1)
    assert (rule.state, rule.reason) == (RuleState.REFUSED, "Not decided in time.")
