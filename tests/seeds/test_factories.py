from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ideals.app import connect_features
from ideals.kernel.actor import Role
from ideals.kernel.month import Month
from ideals.kernel.quantity import Unit
from ideals.ledger import queries as ledger
from ideals.ledger.models import Transfer
from ideals.ledger.states import AccountKind
from ideals.people.models import Employment
from ideals.schemes.errors import SchemeRefused
from ideals.seeds import factories
from ideals.seeds.errors import RowsRefused
from ideals.shop.models import Order

JANUARY, MARCH = Month(2026, 1), Month(2026, 3)


def budget_of(session: Session, employee_id: int) -> int:
    return sum(
        balance.available_minor
        for balance in ledger.balances(session, employee_id)
        if balance.kind is AccountKind.BUDGET and balance.unit is Unit.EUR
    )


def test_a_month_of_annas_budget_from_nothing(session: Session) -> None:
    factories.a_scheme(session)
    anna = factories.an_employee(session, "Anna", full_time_salary="3000")
    run = factories.a_run(session, MARCH)
    assert (run.state, run.employees) == ("done", 1)
    assert budget_of(session, anna.id) == 240_00


def test_a_change_in_mid_month_keeps_the_rest_of_the_employment(session: Session) -> None:
    factories.a_scheme(session)
    boris = factories.an_employee(session, "Boris")
    anna = factories.an_employee(session, "Anna", manager=boris, allowance_personal="150", scale=7)
    factories.a_change(session, anna, date(2026, 3, 16), part_time_factor="0.6")
    rows = session.scalars(
        select(Employment).where(Employment.employee_id == anna.id).order_by(Employment.valid_from)
    ).all()
    assert [(str(row.valid_from), float(row.part_time_factor)) for row in rows] == [
        ("2019-01-01", 1.0),
        ("2026-03-16", 0.6),
    ]
    assert {(row.manager_id, row.scale, row.allowances["personal"]) for row in rows} == {
        (boris.id, "7", 150_00)
    }


def test_pay_elements_reach_the_formula(session: Session) -> None:
    factories.a_scheme(session, components={"over_overtime": "10% * pay.overtime"})
    anna = factories.an_employee(session)
    factories.a_pay_element(session, anna, MARCH, "123.45")
    factories.a_run(session, MARCH)
    assert budget_of(session, anna.id) == 12_35


def test_the_organisation_is_the_cast_under_its_managers(session: Session) -> None:
    cast = factories.an_organisation(session)
    managers = dict(session.execute(select(Employment.employee_id, Employment.manager_id)).all())
    assert managers == {
        cast.anna.id: cast.boris.id,
        cast.egor.id: cast.clara.id,
        cast.boris.id: None,
        cast.clara.id: None,
        cast.dina.id: None,
    }


def test_a_user_is_the_employee_of_that_address(session: Session) -> None:
    cast = factories.an_organisation(session)
    dina = factories.a_user(session, "dina@meridian.example", roles=frozenset({Role.HR}))
    assert dina.employee_id == cast.dina.id


def test_a_look_posts_nothing(session: Session) -> None:
    factories.an_organisation(session)
    run = factories.a_run(session, MARCH, look=True)
    assert (run.state, run.round) == ("done", None)
    assert session.scalar(select(func.count()).select_from(Transfer)) == 0


def test_what_a_command_refuses_a_factory_refuses(session: Session) -> None:
    with pytest.raises(SchemeRefused):
        factories.a_scheme(session, components={"wrong": "8% * salry"})
    factories.a_scheme(session)
    with pytest.raises(RowsRefused, match="full_time_salary"):
        factories.an_employee(session, full_time_salary="much")


def test_facts_can_become_known_later(session: Session) -> None:
    factories.a_scheme(session)
    april = datetime(2026, 4, 2, tzinfo=UTC)
    anna = factories.an_employee(session)
    factories.a_run(session, MARCH)
    factories.a_change(session, anna, MARCH.first, full_time_salary="3100", now=april)
    factories.a_run(session, MARCH.plus(1), now=april)
    assert budget_of(session, anna.id) == 2 * 248_00


SHOP = {
    "cash": {"kind": "pay_out"},
    "leave": {"kind": "leave", "unit": "hour", "price": "full_time_salary / 150"},
    "car": {"kind": "lease_car", "unit": "piece", "price": "30", "term": {"months": "12"}},
}


def test_anna_orders_chooses_and_the_month_is_closed(session: Session) -> None:
    connect_features()
    factories.a_scheme(session, products=SHOP, calendar={"left_over": "pay_each_month"})
    anna = factories.as_employee(factories.an_employee(session, full_time_salary="3000"))
    for month in (JANUARY, MARCH.plus(-1)):
        factories.a_run(session, month)
        factories.a_close(session, month)
    factories.a_choice(session, anna, MARCH, "leave", "2")
    factories.a_choice(session, anna, MARCH, "cash", until=MARCH)
    factories.a_run(session, MARCH)
    chosen = session.scalars(select(Order).order_by(Order.number)).all()
    assert [(order.product, order.price_minor) for order in chosen] == [
        ("leave", 40_00),
        ("cash", 200_00),
    ]
    factories.a_run(session, MARCH.plus(1))
    factories.an_order(session, anna, MARCH.plus(1), "car", "1")
    factories.an_order(session, anna, MARCH.plus(1), "leave", "3")
    for month in (MARCH, MARCH.plus(1)):
        assert factories.a_close(session, month)
    assert budget_of(session, anna.employee_id or 0) == 0
    assert ledger.prove(session) == []


def test_a_run_repeated_posts_nothing(session: Session) -> None:
    factories.an_organisation(session)
    first, second = factories.a_run(session, MARCH), factories.a_run(session, MARCH)
    assert (first.round, second.round) == (1, 2)
    assert session.scalar(select(func.count()).select_from(Transfer)) == 5
