"""Anna's deal of two years: refused, asked again, agreed, lived, renewed, and ended by a rule.

3,000.00 a month is worth 240.00 + 249.90 = 489.90 of budget, and 36 hours a week 164 hours of leave
a year. What is agreed adds 110.00 a month to the allocation and grants 25.00 a month beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from ideals.app import create_app
from ideals.budgets import queries as budgets
from ideals.budgets.rules.parts import deal_code
from ideals.deals import commands, queries
from ideals.deals.commands import AnswerEnding, EndDeal, LookAgain, Refuse
from ideals.deals.errors import DealUnknown, MoveNotAllowed
from ideals.deals.models import Deal, LifeEvent
from ideals.deals.queries.afterwards import ending_asked
from ideals.deals.rules.life import Then
from ideals.kernel.ids import new_id
from ideals.kernel.month import Month
from ideals.ledger import commands as ledger
from ideals.ledger.queries import balances, described, prove, statement
from ideals.ledger.states import Reason
from ideals.payroll.commands import MakeBatch, make_batch
from ideals.payroll.models import Line
from ideals.people.queries.overlays import hours_on
from ideals.seeds import factories
from tests.deals.conftest import term
from tests.deals.table import (
    Cast,
    accept,
    acts,
    at,
    cast_of,
    change_of,
    counter,
    decide,
    employee,
    look,
    open_approval,
    propose,
    report_to,
)
from tests.deals.test_bonuses import decide as decide_bonus
from tests.deals.test_bonuses import state as state_bonus
from tests.deals.test_evaluating import evaluate
from tests.deals.test_life import lives
from tests.deals.test_living_money import settled

LEAVE = {
    "legal": {
        "formula": "144 * part_time_factor", "moment": "january", "round": "up", "unit": "hour",
        "statutory": "yes",
    },
    "own": {
        "formula": "20 * part_time_factor", "moment": "january", "round": "up", "unit": "hour",
    },
}  # fmt: skip
WISH: dict[str, Any] = {"starts_on": "2027-03-01", "evaluate_on": "2027-10-01", "ends_on": None}
LATER: dict[str, Any] = {"starts_on": "2028-01-01", "evaluate_on": "2028-09-01", "ends_on": None}
FULL = {"holiday_allowance": "240.00", "thirteenth_month": "249.90"}
FEWER = {"holiday_allowance": "192.00", "thirteenth_month": "199.92"}
FOUR_DAYS = 1728
REFUSED = "A course of this size is not in the plan of 2027"


def bonus(amount: str) -> dict[str, object]:
    return term("bonus", amount=amount, paid_as="payroll", due_month="2027-06")


def part(amount: str) -> dict[str, object]:
    return term("money", amount=amount, personal_part=True, from_month=None, through_month=None)


def grant(amount: str) -> dict[str, object]:
    return part(amount) | {"personal_part": False}


@dataclass
class Story:
    session: Session
    cast: Cast
    deal: Deal
    told: int = 0

    @property
    def anna(self) -> int:
        return self.cast.ids["anna"]

    def acts(self) -> list[str]:
        """What was noted since this was asked last."""
        said = acts(self.session, self.deal)
        new, self.told = said[self.told :], len(said)
        return new

    def on(self, day: date) -> None:
        """A look of the clock, with what it announced."""
        lives(self.session, at(day))
        look(self.session, at(day))
        settled(self.session, at(day))
        self.session.refresh(self.deal)

    def run(self, month: Month, day: date | None = None) -> None:
        """On the second: what a deal does on the first is known."""
        when = at(day or month.first.replace(day=2))
        factories.a_run(self.session, month, now=when)

    def month(self, month: Month) -> None:
        self.on(month.first)
        self.run(month)

    def has(self) -> dict[str, str]:
        """Euros, and hours of leave."""
        found = balances(self.session, self.anna)
        scale = {"budget": 100, "owed": 100, "leave": 60}
        return {
            each.kind.value: f"{Decimal(each.posted_minor) / scale[each.kind.value]:.2f}"
            for each in found
            if each.posted_minor
        }

    def budget(self, month: Month) -> tuple[dict[str, str], str]:
        """Of a month by component, and what was booked in it for months before."""
        found = budgets.budget_of(self.session, self.anna, month)
        return {p.code: str(p.amount) for p in found.components}, str(found.posted_elsewhere)

    def of_deal(self, first: Month, last: Month) -> list[tuple[str, str, str, int]]:
        """Lines of the employee's statement that carry the number of the deal."""
        code = deal_code(self.deal.number)
        rows = statement(self.session, self.anna, first, last)
        return sorted(
            (str(row.for_month), row.reason.value, row.code, row.amount_minor)
            for row in rows
            if row.code == code
        )

    def grants(self) -> list[str]:
        rows = statement(self.session, self.anna, Month(2027, 1), Month(2028, 12))
        return [row.source for row in rows if row.reason == Reason.GRANT]

    def life_events(self) -> list[str]:
        query = select(LifeEvent.kind).where(LifeEvent.deal_id == self.deal.id)
        return list(self.session.scalars(query.order_by(LifeEvent.id)))

    def factor(self, day: date) -> str | None:
        found = hours_on(self.session, [self.anna], day).get(self.anna)
        return None if found is None else f"{found.part_time_factor.normalize()}"


@pytest.fixture
def story(session: Session) -> Story:
    factories.a_scheme(
        session,
        components={"holiday_allowance": "8% * salary", "thirteenth_month": "8.33% * salary"},
        hours=LEAVE,
    )
    cast = cast_of(session)
    report_to(session, employee(session, "clara"), employee(session, "greta"))
    months = ledger.OpenMonths(Month(2026, 12), Month(2028, 12))
    ledger.open_months(session, months, actor=factories.DINA, now=factories.LONG_AGO)
    lives(session, at(date(2026, 11, 1)))
    asked = propose(
        session, cast, term("development", cost="4800.00", paid_from="employer"), part("150.00"),
        subject="A bachelor", now=at(date(2026, 11, 2)), **WISH,
    )  # fmt: skip
    return Story(session, cast, asked)


def test_a_deal_of_two_years(story: Story) -> None:
    session, cast = story.session, story.cast

    # November 2026. Refused with a reason, which binds nobody; a refused deal takes no more.
    refusal = Refuse(story.deal.id, 1, REFUSED)
    commands.refuse(session, refusal, actor=cast.boris, now=at(date(2026, 11, 9)))
    assert (story.deal.state, story.deal.reason) == ("refused", REFUSED)
    assert story.acts() == ["offer", "refuse"]
    with pytest.raises(MoveNotAllowed):
        counter(session, story.deal, cast.anna, part("1.00"), now=at(date(2026, 11, 9)), **WISH)

    # December. Asked again, with something in it for the bank; countered twice.
    december = at(date(2026, 12, 1))
    story.deal = deal = propose(
        session, cast, bonus("900.00"), part("120.00"), grant("30.00"), now=december,
        subject="The rota of summer", employer_gets="A rota with every shift filled", **WISH,
    )  # fmt: skip
    story.told = 0
    counter(session, deal, cast.boris, bonus("600.00"), part("100.00"), now=december, **WISH)
    terms = (bonus("750.00"), part("110.00"), grant("25.00"))
    counter(session, deal, cast.anna, *terms, now=december, **WISH)
    assert (deal.state, deal.offer_number) == ("negotiating", 3)
    assert story.acts() == ["offer", "offer", "offer"]

    # Agreed, then approved by Boris's manager and by HR with rights to deals.
    for name in ("boris", "anna"):
        accept(session, deal, cast[name], 3, now=december)
    assert (deal.state, deal.agreed_number) == ("agreed", 3)
    assert story.acts() == ["accept", "accept", "agree"]
    decide(session, deal, cast.greta, now=december)
    assert open_approval(session, deal).state == "open"
    decide(session, deal, cast.dina, now=december)
    assert (deal.state, story.acts()) == ("agreed", ["approve"])

    # January and February 2027: nothing of it yet.
    for n in (1, 2):
        story.month(Month(2027, n))
    assert deal.state == "agreed"
    assert story.has() == {"budget": "979.80", "leave": "164.00"}

    # March. In force by the clock: 110.00 with the allocation, 25.00 beside it.
    story.month(Month(2027, 3))
    code = deal_code(deal.number)
    assert (deal.state, deal.in_force_number, story.acts()) == ("in_force", 3, ["start"])
    assert story.budget(Month(2027, 3)) == (FULL | {code: "135.00"}, "0.00")
    assert story.has() == {"budget": "1604.70", "leave": "164.00"}
    for n in (4, 5, 6):
        story.month(Month(2027, n))
    assert story.has() == {"budget": "3479.40", "leave": "164.00"}
    assert story.of_deal(Month(2027, 3), Month(2027, 6)) == [
        (month, reason, code, cents)
        for month in ("2027-03", "2027-04", "2027-05", "2027-06")
        for reason, cents in (("allocation", 110_00), ("grant", 25_00))
    ]
    [first, *_] = story.grants()
    with create_app().test_request_context():
        assert described(session, [first])[first].title == f"From deal {deal.number}"

    # June. The bonus: stated with its evidence, agreed by two, a line of the month's payroll.
    stated = state_bonus(session, deal, cast, amount="612.34", offer=3)
    assert story.acts() == ["bonus_stated"]
    for name in ("greta", "dina"):
        decide_bonus(session, stated, cast, name)
    assert (stated.state, str(stated.paid_in), story.acts()) == (
        "approved", "2027-06", ["bonus_approved"],
    )  # fmt: skip
    for month in Month(2026, 12).until(Month(2027, 6)):
        factories.a_close(session, month)
    make_batch(session, MakeBatch(Month(2027, 6)), actor=factories.DINA, now=at(date(2027, 7, 1)))
    paid = select(Line).where(Line.month == Month(2027, 6), Line.employee_id == story.anna)
    assert [(line.code, line.minor) for line in session.scalars(paid)] == [("bonus.target", 612_34)]
    assert story.has() == {"budget": "3479.40", "leave": "164.00"}

    # September. Clara manages Anna: she sees what was agreed, and alone she does not undo it.
    for n in (7, 8):
        story.month(Month(2027, n))
    change_of(session, "anna", date(2027, 9, 1), manager_number="clara")
    story.month(Month(2027, 9))
    assert story.acts() == ["manager_changed", "life_event"]
    undo(story, date(2027, 9, 6))
    assert (deal.state, deal.ends_on) == ("in_force", None)
    assert story.acts() == [
        "life_event_answered", "life_event_answered", "life_event_settled",
        "ending_asked", "ending_objected",
    ]  # fmt: skip

    # October. Both look back, and the next time is a year later.
    story.month(Month(2027, 10))
    for name in ("anna", "clara"):
        evaluate(session, deal, cast[name], now=at(date(2027, 10, 1)))
    assert story.acts() == ["evaluation_due", "looked_back", "looked_back", "evaluated"]
    assert deal.evaluate_on == date(2028, 10, 1)

    # November. Renewed, with four days of 36 hours from January: until then nothing changes.
    november = at(date(2027, 11, 10))
    terms = (part("110.00"), grant("25.00"), term("hours", minutes=FOUR_DAYS, starts_on=None))
    counter(session, deal, cast.anna, *terms, now=november, **LATER)
    for name in ("clara", "anna"):
        accept(session, deal, cast[name], 4, now=november)
    for name in ("greta", "dina"):
        decide(session, deal, cast[name], now=november)
    assert (deal.state, deal.in_force_number) == ("in_force", 3)
    assert story.acts() == ["offer", "accept", "accept", "agree", "approve"]
    for n in (11, 12):
        story.month(Month(2027, n))
    assert story.has() == {"budget": "7228.80", "leave": "164.00"}
    assert (story.factor(date(2027, 12, 31)), story.acts()) == (None, [])

    # January 2028. 192.00 + 199.92 of allocation, 116 + 16 hours of leave; the money as before.
    story.month(Month(2028, 1))
    assert (deal.in_force_number, story.acts()) == (4, ["renew"])
    assert story.factor(date(2028, 1, 1)) == "0.8"
    assert story.budget(Month(2028, 1)) == (FEWER | {code: "135.00"}, "0.00")
    assert story.has() == {"budget": "7755.72", "leave": "296.00"}

    # April. Anna is ill. Six weeks later both are asked what becomes of the deal.
    for n in (2, 3, 4):
        story.month(Month(2028, n))
    ill = date(2028, 4, 10)
    change_of(session, "anna", ill, sick_from=ill.isoformat(), manager_number="clara")
    story.month(Month(2028, 5))
    story.on(date(2028, 5, 21))
    assert story.acts() == []
    story.on(date(2028, 5, 22))
    assert (story.life_events(), story.acts()) == (["new_manager", "long_sickness"], ["life_event"])
    assert story.has() == {"budget": "9863.40", "leave": "296.00"}

    # June is allocated early, and after that HR ends the deal by the rule, with the last of May.
    story.run(Month(2028, 6), date(2028, 5, 24))
    assert story.budget(Month(2028, 6)) == (FEWER | {code: "110.00"}, "0.00")
    assert story.has() == {"budget": "10365.32", "leave": "296.00"}
    rule = EndDeal(new_id(), deal.id, date(2028, 5, 31), "Long illness: the rule of the bank")
    commands.end_deal(session, rule, actor=cast.dina, now=at(date(2028, 5, 25)))
    story.on(date(2028, 5, 31))
    assert (deal.state, deal.ends_on) == ("in_force", date(2028, 5, 31))
    assert story.acts() == ["ends_by_rule", "evaluation_due"]

    # June. Over: its part comes back, hours and leave are whole from its first day: 133 + 19 hours
    # for the year, by its 152 days of four fifths and 214 whole ones.
    story.month(Month(2028, 6))
    assert (deal.state, story.acts()) == ("ended", ["end"])
    assert [story.factor(date(2028, m, d)) for m, d in ((5, 31), (6, 1))] == ["0.8", None]
    assert story.budget(Month(2028, 6)) == (FULL | {code: "0.00"}, "0.00")
    assert story.has() == {"budget": "10353.30", "leave": "316.00"}
    assert story.of_deal(Month(2028, 5), Month(2028, 6)) == [
        ("2028-05", "allocation", code, 110_00),
        ("2028-05", "grant", code, 25_00),
        ("2028-06", "allocation", code, -110_00),
        ("2028-06", "allocation", code, 110_00),
    ]

    # July. Nothing of it any more, and everything agrees.
    story.month(Month(2028, 7))
    assert story.acts() == []
    assert story.budget(Month(2028, 7)) == (FULL, "0.00")
    assert story.has() == {"budget": "10843.20", "leave": "316.00"}
    assert len(story.grants()) == 15, "March 2027 through May 2028"
    assert prove(session) == []


def undo(story: Story, day: date) -> None:
    """Whatever a new manager can try by themselves."""
    session, cast, deal = story.session, story.cast, story.deal
    seen = queries.access_deal(session, deal.id, actor=cast.clara, today=day)
    assert [row.number for row in queries.offers_of(session, seen)] == [1, 2, 3]
    with pytest.raises(DealUnknown):
        queries.access_deal(session, deal.id, actor=cast.boris, today=day)
    [event] = session.scalars(select(LifeEvent).where(LifeEvent.deal_id == deal.id))
    for name, then in (("clara", Then.END), ("anna", Then.CONTINUE)):
        again = LookAgain(deal.id, event.id, then)
        commands.look_again(session, again, actor=cast[name], now=at(day))
    end = EndDeal(new_id(), deal.id, date(2027, 9, 30), "I would not have agreed to this")
    commands.end_deal(session, end, actor=cast.clara, now=at(day))
    asked = ending_asked(session, deal.id)
    assert asked is not None
    no = AnswerEnding(deal.id, asked.id, agree=False, said="It was agreed, and I keep it")
    commands.answer_ending(session, no, actor=cast.anna, now=at(day))
