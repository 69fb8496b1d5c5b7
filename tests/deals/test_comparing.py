"""What both sides see before they agree: of others never more than they may."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pytest
from sqlalchemy.orm import Session

from ideals.approvals.commands.mandates import GiveMandate, give_mandate
from ideals.deals import commands, queries
from ideals.deals.commands import Propose
from ideals.deals.models import Deal
from ideals.deals.queries.comparing import Before, before_agreeing
from ideals.deals.rules.cover import cover
from ideals.kernel.actor import Actor, Role
from ideals.kernel.ids import new_id
from ideals.kernel.money import Money
from ideals.seeds import factories
from tests.counting import counted
from tests.deals.conftest import offer, term
from tests.deals.table import COURSE, NOW, Cast, at, cast_of, employee, look, propose

TODAY = NOW.date()
BEGAN = date(2027, 3, 1)


@dataclass
class Team:
    """Colleagues of Anna, who work for Boris."""

    cast: Cast
    ids: list[int] = field(default_factory=list)

    def grow(self, session: Session, to: int) -> None:
        boris = employee(session, "boris")
        while len(self.ids) < to:
            name = f"c{len(self.ids):02d}"
            made = factories.an_employee(session, name.title(), number=name, manager=boris)
            self.ids.append(made.id)

    def deal(self, session: Session, place: int, *terms: dict[str, Any], **changes: Any) -> Deal:
        """In force, of the colleague at that place."""
        text = offer(*terms, **changes)
        cmd = Propose(id=new_id(), employee_id=self.ids[place], subject="A deal", text=text)
        made = commands.propose(session, cmd, actor=self.cast.boris, now=NOW)
        them = Actor("them", user_id=1000, employee_id=self.ids[place], proved_at=NOW)
        for actor in (self.cast.boris, them):
            commands.accept(session, commands.Accept(made.id, 1), actor=actor, now=NOW)
        look(session, at(BEGAN))
        assert made.state == "in_force"
        return made


@pytest.fixture
def people(session: Session) -> Team:
    return Team(cast_of(session))


def before(session: Session, deal: Deal, actor: Actor) -> Before:
    access = queries.access_deal(session, deal.id, actor=actor, today=TODAY)
    number = queries.offer_of(session, deal.id, deal.offer_number)
    return before_agreeing(session, access, number, TODAY)


def test_cover_on_each_weekday() -> None:
    full, short = frozenset(range(5)), frozenset(range(4))
    found = cover([full, full, short], full, short)
    assert (found.team, found.now[4], found.then[4]) == (3, 2, 1)
    assert (found.now[:4], found.now[5:]) == ((3, 3, 3, 3), (0, 0))


def test_the_mandate_is_the_employers_to_see_and_covered_is_both_sides(
    session: Session, people: Team
) -> None:
    cast = people.cast
    deal = propose(session, cast, COURSE)
    assert before(session, deal, cast.boris).covered is None
    hr = Actor("Hr", user_id=1, roles=frozenset({Role.HR}))
    for unit, euros in (("Bank", "9000.00"), ("Bank/Retail", "2399.99")):
        cmd = GiveMandate(unit, TODAY.year, Money.parse(euros), "greta")
        give_mandate(session, cmd, actor=hr, now=NOW)
    found = before(session, deal, cast.boris)
    assert found.mandate is not None
    assert (found.mandate.unit, found.mandate.left) == ("Bank/Retail", Money(239_999))
    assert (found.cost, found.covered) == (Money(240_000), False)
    found = before(session, deal, cast.anna)
    assert (found.mandate, found.covered) == (None, False)
    assert before(session, deal, cast.dina).mandate is not None
    free = propose(session, cast)
    assert before(session, free, cast.boris).mandate is None


def test_who_is_there_on_which_day(session: Session, people: Team) -> None:
    cast = people.cast
    deal = propose(session, cast, term("pattern"), by_law=False)
    assert before(session, deal, cast.anna).cover is None
    people.grow(session, 4)
    people.deal(session, 0, term("pattern"))
    found = before(session, deal, cast.anna).cover
    assert found is not None
    assert (found.team, found.now[:5], found.then[:5]) == (5, (5, 5, 5, 5, 4), (5, 5, 5, 5, 3))


def test_it_costs_the_same_however_many_have_a_deal(session: Session, people: Team) -> None:
    cast = people.cast
    deal = propose(session, cast, term("pattern"), COURSE, by_law=False)
    people.grow(session, 8)
    costs = []
    for count in range(8):
        people.deal(session, count, term("pattern"))
        if count in (0, 7):
            session.expire_all()
            with counted(session) as seen:
                before(session, deal, cast.boris)
            costs.append(seen.statements)
    assert costs[0] == costs[1], costs
