"""What an offer does for the employee, to the cent, as docs/deals.md says."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.orm import Session

from ideals.deals import queries
from ideals.deals.queries.effect import effect
from ideals.deals.rules.effect import Effect, Missing, Pay, effect_of, pay_of, year_for
from ideals.deals.rules.offers import OfferText, read
from ideals.seeds import factories
from ideals.tax import rules as tax
from tests.counting import counted
from tests.deals.conftest import offer, term
from tests.deals.deals_page import tables
from tests.deals.table import NOW, Cast, cast_of, change_of, propose

TODAY = NOW.date()
[WORKED] = tables("What it does for the employee")


def terms_of(*terms: dict[str, Any]) -> tuple[Any, ...]:
    text = read(offer(*terms))
    assert isinstance(text, OfferText)
    return text.terms


def said(found: Effect | None) -> list[tuple[str, str, str, str]]:
    assert found is not None
    return [
        (
            line.where.value,
            "month" if line.monthly else "once",
            f"{Decimal(line.gross_minor) / 100:.2f}",
            "-" if line.net_minor is None else f"{Decimal(line.net_minor) / 100:.2f}",
        )
        for line in found.lines
    ]


TERMS = {
    "hours to 0.8": term("hours", minutes=1920),
    "hours to 1.1": term("hours", minutes=2640),
    "bonus 750.00": term("bonus", paid_as="payroll"),
    "bonus 750.00 as grant": term("bonus", paid_as="grant"),
    "money 120.00 monthly": term("money", personal_part=None),
    "money 120.00 monthly, personal part": term("money"),
    "money 500.00 once": term(
        "money", amount="500.00", paid="once", personal_part=None, through_month=None
    ),
    "money 120.00 monthly into development": term("money", into="development", personal_part=None),
    "development 2400.00 from budget": term("development", paid_from="budget"),
    "development 2400.00 from development": term("development"),
}


@pytest.mark.parametrize("row", WORKED[1:], ids=lambda row: row[0])
def test_as_the_page_says(row: list[str]) -> None:
    name, pay, then, *expected = row
    found = effect_of(
        terms_of(TERMS[name]), Pay(*(int(Decimal(each) * 100) for each in (pay, then))), 2026
    )
    assert said(found) == [tuple(expected)]


def test_every_term_of_this_page_is_worked() -> None:
    assert {row[0] for row in WORKED[1:]} == set(TERMS)


def test_less_and_back_is_nothing() -> None:
    """What fewer hours take is what more hours bring."""
    terms = terms_of(term("hours"))
    down, up = (
        effect_of(terms, Pay(*each), 2026) for each in ((400_000, 320_000), (320_000, 400_000))
    )
    assert down is not None
    assert up is not None
    assert down.lines[0].gross_minor == -up.lines[0].gross_minor == -80_000
    assert down.lines[0].net_minor == -(up.lines[0].net_minor or 0)


def test_pay_is_rounded_half_up_and_allowances_stay() -> None:
    assert pay_of(300_001, Decimal(1), Decimal("0.5"), 10_000) == Pay(310_001, 160_001)


def test_years_of_which_the_tax_is_not_known() -> None:
    known = max(tax.known_years())
    assert year_for(date(known, 5, 1), date(known - 1, 1, 1)) == known
    assert year_for(date(known + 1, 1, 1), date(known, 12, 1)) == known
    assert year_for(date(known + 2, 1, 1), date(known + 1, 12, 1)) is None
    found = effect_of(terms_of(term("bonus")), Pay(1, 1), None)
    assert found == Effect(missing=Missing.TAX)


def test_without_salary_nothing_is_said_and_of_other_terms_there_is_nothing_to_say() -> None:
    assert effect_of(terms_of(term("bonus")), None, 2026) == Effect(missing=Missing.SALARY)
    free = terms_of(term("pattern"), term("place"), term("development", paid_from="employer"))
    assert effect_of(free, None, None) is None


# For whom


@pytest.fixture
def cast(session: Session) -> Cast:
    return cast_of(session)


def seen(session: Session, cast: Cast, deal: Any, name: str) -> Effect | None:
    access = queries.access_deal(session, deal.id, actor=cast[name], today=TODAY)
    return effect(session, access, queries.offer_of(session, deal.id, 1), TODAY)


def test_only_the_employee_sees_it(session: Session, cast: Cast) -> None:
    from ideals.deals import commands
    from ideals.deals.commands import InviteAdviser

    deal = propose(session, cast, term("money"))
    commands.invite_adviser(session, InviteAdviser(deal.id, "clara"), actor=cast.anna, now=NOW)
    for name in ("boris", "dina", "clara"):
        assert seen(session, cast, deal, name) is None, name
    found = seen(session, cast, deal, "anna")
    assert found is not None
    assert found.pay == Pay(300_000, 300_000)
    assert found.year == 2026


def test_contract_hours_change_pay_budgets_and_leave(session: Session, cast: Cast) -> None:
    deal = propose(session, cast, term("hours", minutes=1200, starts_on=None), by_law=False)
    found = seen(session, cast, deal, "anna")
    assert found is not None
    assert found.pay is not None
    ahead = found.ahead
    assert ahead is not None
    assert 0 < found.pay.then_minor < found.pay.now_minor == 300_000
    assert 0 < ahead.budget_then_minor < ahead.budget_now_minor
    change_of(session, "anna", date(2027, 3, 1), part_time_factor="0.5")
    later = seen(session, cast, deal, "anna")
    assert later is not None
    assert later.pay is not None
    assert later.pay.now_minor == 150_000


def test_who_left_before_it_begins_has_no_salary(session: Session, cast: Cast) -> None:
    deal = propose(session, cast, term("money"))
    change_of(session, "anna", date(2026, 12, 1), leaves_on=date(2026, 12, 31))
    assert seen(session, cast, deal, "anna") == Effect(missing=Missing.SALARY)


def test_it_takes_as_many_statements_whatever_is_in_the_offer(session: Session, cast: Cast) -> None:
    factories.a_scheme(session, code="other")
    counts = []
    for terms in ([term("bonus")], [term("bonus")] * 15 + [term("money")] * 4):
        deal = propose(session, cast, *terms)
        with counted(session) as found:
            seen(session, cast, deal, "anna")
        counts.append(found.statements)
    assert counts[0] == counts[1], counts
