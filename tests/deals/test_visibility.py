"""Every role against every part of a deal, as docs/deals.md has it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from uuid import uuid4

import pytest
from sqlalchemy.orm import Session

from ideals.approvals import queries as approvals
from ideals.approvals.errors import ApprovalUnknown
from ideals.approvals.states import Decision
from ideals.deals import commands, policy, queries
from ideals.deals.commands import InviteAdviser, Refuse, Say
from ideals.deals.errors import DealUnknown
from ideals.deals.models import Deal, Evaluation, Letter
from ideals.deals.policy import Do, Part, Standing
from ideals.deals.queries import Access, before
from ideals.kernel.actor import SYSTEM, Actor, Role
from ideals.seeds import factories
from tests.deals.conftest import term
from tests.deals.deals_page import tables
from tests.deals.table import (
    BONUS,
    COURSE,
    DAY,
    NOW,
    Cast,
    accept,
    both_accept,
    cast_of,
    counter,
    decide,
    employee,
    open_approval,
    propose,
)

TODAY = NOW.date()
ROLE_OF = {
    "anna": Standing.EMPLOYEE,
    "boris": Standing.EMPLOYER,
    "egor": Standing.ADVISER,
    "dina": Standing.HR,
    "greta": Standing.APPROVER,
}
NOBODY = ("clara", "henk")


@pytest.fixture
def cast(session: Session) -> Cast:
    return cast_of(session)


@pytest.fixture
def deal(session: Session, cast: Cast) -> Deal:
    """One with everything in it: turned down once by Greta, and refused by Boris in the end."""
    made = propose(session, cast, BONUS)
    invite = InviteAdviser(made.id, "egor")
    commands.invite_adviser(session, invite, actor=cast.anna, now=NOW)
    commands.say(session, Say(made.id, "Which days?"), actor=cast.boris, now=NOW)
    both_accept(session, cast, made)
    decide(session, made, cast.greta, Decision.REFUSE, "Too much")
    counter(session, made, cast.anna, term("bonus", amount="500.00"))
    commands.refuse(session, Refuse(made.id, 2, "Not now"), actor=cast.boris, now=NOW)
    session.add_all(
        Evaluation(deal_id=made.id, number=1, side=side, answers={}, at=NOW, by="x")
        for side in ("employee", "employer")
    )
    session.add(
        Letter(
            deal_id=made.id, offer=1, language="en", content=b"%PDF", digest="0" * 64, made_at=NOW
        )
    )
    return made


def parts_of(session: Session, access: Access) -> set[Part]:
    """What there really is to see, by asking for everything."""
    offers = [offer.number for offer in queries.offers_of(session, access)]
    there = {
        Part.OFFERS: offers == [1, 2],
        Part.AGREED: 1 in offers,
        Part.MESSAGES: queries.messages_of(session, access),
        Part.HISTORY: queries.history_of(session, access),
        Part.ADVISERS: queries.advisers_of(session, access),
        Part.REASON: queries.reason_of(access),
        Part.EVALUATIONS: queries.evaluations_of(session, access),
        Part.LETTER: queries.letters_of(session, access),
    }
    return {part for part, found in there.items() if found}


def test_the_page_and_the_code_say_the_same() -> None:
    sees, may = tables("Who sees what")
    for head, rows, words, asked in (
        (sees[0], sees[1:], Part, policy.sees),
        (may[0], may[1:], Do, policy.may),
    ):
        assert head[1:] == list(Standing)
        assert [row[0] for row in rows] == list(words)
        for row in rows:
            for standing, cell in zip(Standing, row[1:], strict=True):
                assert asked(standing, words(row[0])) == (cell == "yes"), (row[0], standing)  # type: ignore[operator]


def test_every_role_sees_its_parts_and_no_other(session: Session, cast: Cast, deal: Deal) -> None:
    for name, standing in ROLE_OF.items():
        access = queries.access_deal(session, deal.id, actor=cast[name], today=TODAY)
        assert access.standing is standing
        assert parts_of(session, access) == policy.SEES[standing], name


def test_for_everybody_else_there_is_no_such_deal(session: Session, cast: Cast, deal: Deal) -> None:
    council = Actor("council", user_id=1, roles=frozenset({Role.WORKS_COUNCIL, Role.PAYROLL}))
    strangers = [*(cast[name] for name in NOBODY), council, SYSTEM]
    for actor in strangers:
        for deal_id in (deal.id, uuid4()):
            with pytest.raises(DealUnknown) as refused:
                queries.access_deal(session, deal_id, actor=actor, today=TODAY)
            assert refused.value.data == {}


def test_lists_hold_what_can_be_opened_and_nothing_else(
    session: Session, cast: Cast, deal: Deal
) -> None:
    others = [propose(session, cast), propose(session, cast, by="boris")]
    for name in (*ROLE_OF, *NOBODY):
        listed = set(session.scalars(queries.visible_to(session, actor=cast[name], today=TODAY)))
        for each in (deal, *others):
            try:
                queries.access_deal(session, each.id, actor=cast[name], today=TODAY)
            except DealUnknown:
                assert each not in listed, name
            else:
                assert each in listed, name
    assert list(session.scalars(queries.visible_to(session, actor=SYSTEM, today=TODAY))) == []


def test_a_new_manager_sees_all_of_it_and_the_one_before_nothing(
    session: Session, cast: Cast, deal: Deal
) -> None:
    factories.a_change(session, employee(session, "anna"), TODAY, manager_number="clara")
    access = queries.access_deal(session, deal.id, actor=cast.clara, today=TODAY)
    assert access.standing is Standing.EMPLOYER
    assert parts_of(session, access) == policy.SEES[Standing.EMPLOYER]
    with pytest.raises(DealUnknown):
        queries.access_deal(session, deal.id, actor=cast.boris, today=TODAY)
    for name, sees in (("clara", True), ("boris", False)):
        query = queries.visible_to(session, actor=cast[name], today=TODAY)
        assert (deal in session.scalars(query).all()) is sees


def test_hr_about_their_own_deal_is_the_employee(session: Session, cast: Cast) -> None:
    mine = replace(cast, ids={**cast.ids, "anna": cast.ids["dina"]})
    factories.a_change(session, employee(session, "dina"), date(2019, 1, 1), manager_number="clara")
    deal = propose(session, mine, by="clara")
    access = queries.access_deal(session, deal.id, actor=cast.dina, today=TODAY)
    assert access.standing is Standing.EMPLOYEE
    accept(session, deal, cast.dina)


def test_an_evaluation_is_blind_until_both_are_there(session: Session, cast: Cast) -> None:
    deal = propose(session, cast)
    invited = {"deal_id": deal.id, "number": 1, "answers": {}, "at": NOW, "by": "x"}
    session.add(Evaluation(side="employee", **invited))

    def seen(name: str) -> list[str]:
        access = queries.access_deal(session, deal.id, actor=cast[name], today=TODAY)
        return [each.side for each in queries.evaluations_of(session, access)]

    assert (seen("anna"), seen("boris"), seen("dina")) == (["employee"], [], [])
    session.add(Evaluation(side="employer", **invited))
    for name in ("anna", "boris", "dina"):
        assert seen(name) == ["employee", "employer"]


def test_who_may_not_yet_decide_sees_nothing(session: Session, cast: Cast) -> None:
    """Dina's turn comes after Greta's; without her role she is nobody until then."""
    deal = both_accept(session, cast, propose(session, cast, BONUS))
    assert queries.standing_of(session, deal, actor=cast.greta, today=TODAY) is Standing.APPROVER
    assert queries.standing_of(session, deal, actor=cast.henk, today=TODAY) is None
    decide(session, deal, cast.greta)
    later = TODAY + 400 * DAY
    assert queries.standing_of(session, deal, actor=cast.greta, today=later) is Standing.APPROVER


def test_hr_without_the_right_to_deals_does_not_see_them_through_approvals(
    session: Session, cast: Cast
) -> None:
    deal = both_accept(session, cast, propose(session, cast, BONUS))
    made = open_approval(session, deal)
    for name, sees in (("henk", False), ("dina", True), ("boris", True), ("clara", False)):
        query = approvals.visible_to(session, actor=cast[name], today=TODAY)
        assert (made in session.scalars(query).all()) is sees, name
        try:
            approvals.access_approval(session, made.id, actor=cast[name], today=TODAY)
        except ApprovalUnknown:
            assert not sees, name
        else:
            assert sees, name


def test_where_there_is_nobody_above_the_manager_hr_decides_with_the_right_to_deals(
    session: Session, cast: Cast
) -> None:
    mine = replace(cast, ids={**cast.ids, "anna": cast.ids["egor"]})
    deal = propose(session, mine, COURSE, by="clara")
    for name in ("clara", "egor"):
        accept(session, deal, cast[name])
    [step] = approvals.steps_of(session, [open_approval(session, deal)]).popitem()[1]
    assert (step.role, step.why) == ("hr_deals", "no_manager")
    decide(session, deal, cast.dina)
    assert deal.approved_at == NOW


@pytest.mark.parametrize(
    ("visibility", "colleague", "stranger"),
    [("parties", [], []), ("team_anonymised", [None], []), ("everyone", ["Anna"], ["Anna"])],
)
def test_what_colleagues_know_of_a_deal_in_force(
    session: Session,
    cast: Cast,
    visibility: str,
    colleague: list[str | None],
    stranger: list[str | None],
) -> None:
    boris = employee(session, "boris")
    others = [factories.an_employee(session, f"P{n}", manager=boris) for n in range(3)]
    me = factories.as_employee(others[0])

    def names(actor: Actor) -> list[str | None]:
        return [each.name for each in before.shown_to(session, actor=actor, today=TODAY)]

    days = {"starts_on": TODAY.isoformat(), "visibility": visibility}
    deal = propose(session, cast, **days)
    assert names(me) == [], "nothing is known of what is not in force"
    both_accept(session, cast, deal)
    assert deal.state == "in_force"
    team_of_four = [] if visibility == "team_anonymised" else colleague
    assert names(me) == team_of_four
    factories.an_employee(session, "P3", manager=boris)
    assert (names(me), names(cast.egor), names(cast.anna)) == (colleague, stranger, [])
    assert names(SYSTEM) == []
    for each in before.shown_to(session, actor=me, today=TODAY):
        assert each.kinds == ("other",)
        assert bool(each.terms) is bool(each.colleagues) is (each.name is not None)
