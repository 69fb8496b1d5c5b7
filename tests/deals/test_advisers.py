"""Somebody beside the employee: this deal alone, until removed."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy.orm import Session

from ideals.approvals.errors import ApprovalUnknown, NotAboutOneself
from ideals.approvals.queries import steps_of
from ideals.deals import commands, queries
from ideals.deals.commands import InviteAdviser, RemoveAdviser, SaveDraft, Say, Withdraw
from ideals.deals.errors import (
    AdviserUnfit,
    AdviserUnknown,
    DealUnknown,
    MoveNotAllowed,
    NotYoursToDo,
)
from ideals.deals.models import Deal
from ideals.seeds import factories
from tests.deals.table import (
    BONUS,
    COURSE,
    DAY,
    NOW,
    Cast,
    accept,
    acts,
    both_accept,
    cast_of,
    counter,
    decide,
    employee,
    open_approval,
    propose,
    told,
)


@pytest.fixture
def cast(session: Session) -> Cast:
    return cast_of(session)


def invite(session: Session, cast: Cast, deal: Deal, number: str = "egor") -> None:
    commands.invite_adviser(session, InviteAdviser(deal.id, number), actor=cast.anna, now=NOW)


def test_an_adviser_writes_offers_for_the_employee_who_decides(
    session: Session, cast: Cast
) -> None:
    deal = propose(session, cast)
    invite(session, cast, deal)
    made = counter(session, deal, cast.egor, evaluate_on="2027-05-01")
    assert (made.number, made.by_side, made.by_adviser) == (2, "employee", True)
    said = commands.say(session, Say(deal.id, "Think of it"), actor=cast.egor, now=NOW)
    assert (said.side, said.by_adviser) == ("employee", True)
    assert ("offer", "anna") in told(session, deal)
    refuse = commands.Refuse(deal.id, 2, "no")
    for act in (
        lambda: accept(session, deal, cast.egor),
        lambda: commands.refuse(session, refuse, actor=cast.egor, now=NOW),
        lambda: commands.withdraw(session, Withdraw(deal.id, 2), actor=cast.egor, now=NOW),
        lambda: commands.invite_adviser(
            session, InviteAdviser(deal.id, "clara"), actor=cast.egor, now=NOW
        ),
        lambda: commands.remove_adviser(
            session, RemoveAdviser(deal.id, "egor"), actor=cast.egor, now=NOW
        ),
    ):
        with pytest.raises(NotYoursToDo):
            act()
    accept(session, deal, cast.boris)
    assert deal.state == "negotiating"


def test_an_adviser_sees_this_deal_alone(session: Session, cast: Cast) -> None:
    deal, other = propose(session, cast), propose(session, cast)
    invite(session, cast, deal)
    seen = session.scalars(queries.visible_to(session, actor=cast.egor, today=NOW.date()))
    assert list(seen) == [deal]
    with pytest.raises(DealUnknown):
        queries.access_deal(session, other.id, actor=cast.egor, today=NOW.date())


def test_removed_while_writing_nothing_of_it_arrives(session: Session, cast: Cast) -> None:
    deal = propose(session, cast)
    invite(session, cast, deal)
    draft = SaveDraft(deal.id, 1, {"employee_gets": "More"}, 0)
    commands.save_draft(session, draft, actor=cast.egor, now=NOW)
    remove = RemoveAdviser(deal.id, "egor")
    commands.remove_adviser(session, remove, actor=cast.anna, now=NOW)
    for act in (
        lambda: counter(session, deal, cast.egor),
        lambda: commands.say(session, Say(deal.id, "But"), actor=cast.egor, now=NOW),
        lambda: commands.save_draft(
            session, SaveDraft(deal.id, 1, {}, 1), actor=cast.egor, now=NOW
        ),
    ):
        with pytest.raises(DealUnknown):
            act()
    assert deal.offer_number == 1
    with pytest.raises(AdviserUnknown):
        commands.remove_adviser(session, remove, actor=cast.anna, now=NOW)
    invite(session, cast, deal)
    assert acts(session, deal)[1:] == ["adviser_invited", "adviser_removed", "adviser_invited"]


@pytest.mark.parametrize(
    ("number", "why"),
    [
        ("anna", "is_party"),
        ("boris", "is_party"),
        ("nobody", "unknown"),
        ("egor", "beside_already"),
    ],
)
def test_who_cannot_advise(session: Session, cast: Cast, number: str, why: str) -> None:
    deal = propose(session, cast)
    invite(session, cast, deal)
    with pytest.raises(AdviserUnfit) as refused:
        invite(session, cast, deal, number)
    assert refused.value.data["why"] == why


def test_only_the_employee_invites_and_only_while_it_goes_on(session: Session, cast: Cast) -> None:
    deal = propose(session, cast)
    with pytest.raises(NotYoursToDo):
        commands.invite_adviser(session, InviteAdviser(deal.id, "egor"), actor=cast.boris, now=NOW)
    commands.withdraw(session, Withdraw(deal.id, 1), actor=cast.anna, now=NOW)
    with pytest.raises(MoveNotAllowed):
        invite(session, cast, deal)


def test_who_leaves_or_becomes_the_manager_no_longer_advises(session: Session, cast: Cast) -> None:
    deal = propose(session, cast)
    invite(session, cast, deal)
    invite(session, cast, deal, "clara")
    later = NOW + 10 * DAY
    factories.a_change(
        session, employee(session, "egor"), date(2026, 11, 5), leaves_on="2026-11-06"
    )
    factories.a_change(
        session, employee(session, "anna"), date(2026, 11, 5), manager_number="clara"
    )
    with pytest.raises(DealUnknown):
        counter(session, deal, cast.egor, now=later)
    made = counter(session, deal, cast.clara, now=later)
    assert (made.by_side, made.by_adviser) == ("employer", False)


def test_an_adviser_whom_the_policy_names_is_passed_over(session: Session, cast: Cast) -> None:
    deal = propose(session, cast, COURSE)
    invite(session, cast, deal, "greta")
    both_accept(session, cast, deal)
    [step] = steps_of(session, [open_approval(session, deal)]).popitem()[1]
    assert step.approver_id != cast.ids["greta"]
    assert (step.role, step.why) == ("hr_deals", "asked_it")
    with pytest.raises((NotAboutOneself, ApprovalUnknown)):
        decide(session, deal, cast.greta)
    decide(session, deal, cast.dina)
    assert deal.approved_at == NOW


def test_an_adviser_with_the_role_that_decides_does_not(session: Session, cast: Cast) -> None:
    """Invited while it waits for the role: only who decides it is known then."""
    deal = both_accept(session, cast, propose(session, cast, BONUS))
    decide(session, deal, cast.greta)
    invite(session, cast, deal, "dina")
    with pytest.raises(NotAboutOneself):
        decide(session, deal, cast.dina)
    remove = RemoveAdviser(deal.id, "dina")
    commands.remove_adviser(session, remove, actor=cast.anna, now=NOW)
    decide(session, deal, cast.dina)
    assert deal.approved_at == NOW


def test_who_has_to_agree_cannot_be_invited(session: Session, cast: Cast) -> None:
    deal = both_accept(session, cast, propose(session, cast, COURSE))
    for _ in range(2):
        with pytest.raises(AdviserUnfit) as unfit:
            invite(session, cast, deal, "greta")
        assert unfit.value.data["why"] == "decides"
        if deal.approved_at is None:
            decide(session, deal, cast.greta)
    other = propose(session, cast, COURSE)
    invite(session, cast, other, "greta")
    assert queries.is_adviser(session, other.id, cast.ids["greta"])
