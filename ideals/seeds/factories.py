"""Small builders for tests and seeds. They act through commands, so that what they make is real.

Keywords name what matters to a test; everything else has a plain default:

    a_scheme(session, components={"holiday_allowance": "8% * salary"})
    anna = an_employee(session, "Anna", full_time_salary="3000")
    a_change(session, anna, date(2026, 3, 16), part_time_factor="0.6")
    a_run(session, Month(2026, 3))
    an_order(session, as_employee(anna), Month(2026, 3), "cash", "100")
    a_close(session, Month(2026, 3))
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import count
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ideals.access import commands as access
from ideals.access.models import User
from ideals.budgets import commands as budgets
from ideals.budgets.models import Run
from ideals.budgets.states import StartedAs
from ideals.config import Settings
from ideals.kernel.actor import SYSTEM, Actor, Role
from ideals.kernel.ids import new_id
from ideals.kernel.money import Money
from ideals.kernel.month import Month
from ideals.people.models import Employee, Employment, Unit
from ideals.pricing import commands as pricing
from ideals.pricing.models import Quote
from ideals.schemes import commands as schemes
from ideals.schemes import queries as scheme_queries
from ideals.schemes.rules import Scheme
from ideals.seeds import commands
from ideals.shop import commands as shop
from ideals.shop.commands import choices, closing
from ideals.shop.models import Choice, Order
from ideals.shop.queries import closing as closing_queries
from ideals.shop.states import ChoiceMode

DINA = Actor(name="dina@meridian.example", roles=frozenset({Role.HR}))
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
"""When facts became known, unless a test says otherwise."""
HIRED_ON = date(2019, 1, 1)
ONE_COMPONENT = {"holiday_allowance": "8% * salary"}

_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Organisation:
    """Anna works for Boris, Egor for Clara, both in the unit of Dina, who is HR."""

    anna: Employee
    boris: Employee
    clara: Employee
    dina: Employee
    egor: Employee


def a_scheme(
    session: Session,
    *,
    code: str = "simple",
    version: str = "2020-01",
    components: Mapping[str, str] = ONE_COMPONENT,
    hours: Mapping[str, Mapping[str, str]] | None = None,
    calendar: Mapping[str, object] | None = None,
    actor: Actor = DINA,
    now: datetime = LONG_AGO,
    **keys: object,
) -> Scheme:
    """A published scheme. `components` maps code to formula; `keys` are further keys on top."""
    document: dict[str, object] = {
        "scheme": code,
        "version": version,
        "name": {"en": f"Scheme {code}", "nl": f"Regeling {code}"},
        "currency": "EUR",
        "full_time_hours": "36",
        "first_month": "2020-01",
        "calendar": {
            "allocate_on": "1",
            "deadline": {"day": "15"},
            "left_over": "keep_until_december",
        }
        | dict(calendar or {}),
        "part_month": "calendar_days",
        "sickness": "paid",
        "rounding": "half_up",
        "components": {name: {"formula": formula} for name, formula in components.items()},
        "products": {"cash": {"kind": "pay_out"}},
        "leaving": {"rest": "pay", "unused_bought": "reverse_at_price_paid", "debt": "set_off"},
    }
    if hours:
        document["hours"] = hours
    # Every JSON document is a YAML document.
    return publish(session, json.dumps(document | keys), actor=actor, now=now)


def publish(
    session: Session, text: str, *, actor: Actor = DINA, now: datetime = LONG_AGO
) -> Scheme:
    published = schemes.publish_scheme(session, schemes.PublishScheme(text), actor=actor, now=now)
    return scheme_queries.scheme_version(session, published.scheme, published.version)


def an_employee(
    session: Session,
    name: str = "Anna",
    *,
    number: str | None = None,
    hired_on: date = HIRED_ON,
    valid_from: date | None = None,
    unit: str = "Bank/Retail",
    scheme: str = "simple",
    full_time_salary: str = "3000",
    part_time_factor: str = "1",
    manager: Employee | None = None,
    now: datetime = LONG_AGO,
    **columns: object,
) -> Employee:
    """Somebody with one employment row. `columns` are further columns of a people file; an
    allowance is `allowance_CODE`."""
    number = number or f"T{next(_numbers):05d}"
    row: dict[str, object] = {
        "number": number,
        "name": name,
        "hired_on": hired_on,
        "unit": unit,
        "scheme": scheme,
        "valid_from": valid_from or hired_on,
        "full_time_salary": full_time_salary,
        "part_time_factor": part_time_factor,
    }
    if manager is not None:
        row["manager_number"] = manager.number
    _import(session, row | columns, now)
    return _employee(session, number)


def a_change(
    session: Session,
    employee: Employee,
    valid_from: date,
    *,
    now: datetime = LONG_AGO,
    **columns: object,
) -> None:
    """From this day on the named columns are different, and the rest stays as it was then."""
    row_then = session.execute(
        select(Employment, Unit.path)
        .join(Unit, Unit.id == Employment.unit_id)
        .where(
            Employment.employee_id == employee.id,
            Employment.superseded_at.is_(None),
            Employment.valid_from <= valid_from,
        )
        .order_by(Employment.valid_from.desc())
        .limit(1)
    ).one()
    then = row_then.Employment
    row: dict[str, object] = {
        "number": employee.number,
        "name": employee.name,
        "hired_on": then.hired_on,
        "unit": row_then.path,
        "scheme": then.scheme,
        "valid_from": valid_from,
        "full_time_salary": Money(then.full_time_salary_minor),
        "part_time_factor": then.part_time_factor,
    }
    _import(session, row | columns, now)


def a_pay_element(
    session: Session,
    employee: Employee,
    month: Month,
    amount: str,
    *,
    code: str = "overtime",
    now: datetime = LONG_AGO,
) -> None:
    row = {"number": employee.number, "month": month, "code": code, "amount": amount}
    commands.import_pay(session, _file(row), "pay.csv", actor=DINA, now=now)


def a_leave(
    session: Session,
    employee: Employee,
    day: date,
    minutes: int,
    *,
    kind: str = "taken",
    external_id: str | None = None,
    now: datetime = LONG_AGO,
) -> None:
    """Leave as the leave system tells it; by default one id for each employee and day."""
    row = {
        "number": employee.number,
        "date": day,
        "minutes": minutes,
        "kind": kind,
        "id": external_id or f"{employee.number}-{day}",
    }
    commands.import_leave(session, _file(row), "leave.csv", actor=DINA, now=now)


def an_organisation(
    session: Session, *, scheme: str = "simple", now: datetime = LONG_AGO
) -> Organisation:
    """The cast on a scheme of one component; the scheme is made unless it is published already."""
    if scheme not in scheme_queries.scheme_codes(session):
        a_scheme(session, code=scheme, now=now)

    def one(
        name: str, unit: str, manager: Employee | None = None, salary: str = "3000"
    ) -> Employee:
        return an_employee(
            session,
            name,
            number=name.lower(),
            unit=unit,
            scheme=scheme,
            manager=manager,
            full_time_salary=salary,
            email=f"{name.lower()}@meridian.example",
            birth_date=date(1985, 5, 17),
            now=now,
        )

    dina = one("Dina", "Bank/People", salary="4500")
    boris = one("Boris", "Bank/Retail", salary="5200")
    clara = one("Clara", "Bank/Business", salary="5400")
    anna = one("Anna", "Bank/Retail/Zwolle", boris)
    egor = one("Egor", "Bank/Business/Lending", clara)
    return Organisation(anna, boris, clara, dina, egor)


def a_user(
    session: Session,
    email: str,
    *,
    roles: frozenset[Role] = frozenset(),
    now: datetime = LONG_AGO,
) -> User:
    """Somebody who can sign in with one click in demo mode."""
    cmd = access.ShowInDemo(email, email.split("@")[0].title(), roles)
    access.show_in_demo(session, cmd, actor=DINA, now=now)
    return session.scalars(select(User).where(User.email == email.lower())).one()


def a_run(
    session: Session,
    month: Month,
    *,
    scheme: str = "simple",
    look: bool = False,
    actor: Actor = SYSTEM,
    now: datetime | None = None,
) -> Run:
    """A run from start to done, in this transaction; by default on the first of its month."""
    at = now or datetime(month.year, month.month, 1, 9, tzinfo=UTC)
    cmd = budgets.StartRun(scheme, month, look=look, started_as=StartedAs.COMMAND)
    run = budgets.start_run(session, cmd, actor=actor, now=at)
    commands.work_off(session, now=at)
    session.refresh(run)
    return run


def a_close(
    session: Session,
    month: Month,
    *,
    early: str = "",
    actor: Actor = DINA,
    now: datetime | None = None,
) -> str:
    """A month closed by HR and sealed, in this transaction; its digest. By default on the first of
    the month after."""
    following = month.plus(1).first
    at = now or datetime(following.year, following.month, 1, 9, tzinfo=UTC)
    cmd = closing.CloseMonth(month, StartedAs.COMMAND, early)
    closing.close_month(session, cmd, actor=actor, now=at, zone=Settings.read().zone)
    commands.work_off(session, now=at)
    view = closing_queries.month_view(session, month, following)
    assert view.digest is not None, f"{month} is {view.state}"  # noqa: S101
    return view.digest


def as_employee(employee: Employee) -> Actor:
    """Somebody who acts for themselves. Whoever decides needs a user as well: `a_user`."""
    return Actor(name=employee.email or employee.number, employee_id=employee.id)


def a_quote(
    session: Session,
    who: Actor,
    month: Month | None,
    product: str,
    quantity: str | None = None,
    *,
    price_minor: int | None = None,
    selling: bool = False,
    now: datetime | None = None,
) -> Quote:
    """For a month, or the earliest one; by default made on the second of the month."""
    at = now or _second(month)
    amount = None if quantity is None else Decimal(quantity)
    cmd = pricing.MakeQuote(_employee_of(who), product, amount, price_minor, month, selling)
    made = pricing.make_quote(session, cmd, actor=who, now=at, zone=Settings.read().zone)
    session.flush()  # reason: an order reads its quote by a statement of its own
    return made


def a_placed_order(
    session: Session,
    who: Actor,
    quote: Quote,
    *,
    order_id: UUID | None = None,
    evidence: Sequence[bytes] = (),
    now: datetime | None = None,
) -> Order:
    """By default at the moment of the quote."""
    at = now or quote.created_at
    files = tuple(shop.NewEvidence(content) for content in evidence)
    cmd = shop.PlaceOrder(order_id or new_id(), quote.token, _employee_of(who), files)
    return shop.place_order(session, cmd, actor=who, now=at)


def an_order(
    session: Session,
    who: Actor,
    month: Month | None,
    product: str,
    quantity: str | None = None,
    *,
    price_minor: int | None = None,
    evidence: Sequence[bytes] = (),
    now: datetime | None = None,
) -> Order:
    """Quoted and placed at the same moment, by who has just signed in."""
    quote = a_quote(session, who, month, product, quantity, price_minor=price_minor, now=now)
    fresh = replace(who, proved_at=quote.created_at)
    return a_placed_order(session, fresh, quote, evidence=evidence)


def a_choice(
    session: Session,
    who: Actor,
    month: Month,
    product: str,
    amount: str | None = None,
    *,
    mode: ChoiceMode | None = None,
    until: Month | None = None,
    position: int | None = None,
    now: datetime | None = None,
) -> Choice:
    """A standing choice from a month on: so many units, or the rest where no amount is given."""
    number = None if amount is None else Decimal(amount)
    usual = ChoiceMode.REST if number is None else ChoiceMode.QUANTITY
    what = choices.What(mode or usual, number, month, until)
    cmd = choices.SetChoice(_employee_of(who), product, what, position)
    at = now or _second(month.plus(-1))
    return choices.set_choice(session, cmd, actor=who, now=at, zone=Settings.read().zone)


def _employee_of(who: Actor) -> int:
    assert who.employee_id is not None, f"{who.name} is no employee"  # noqa: S101
    return who.employee_id


def _second(month: Month | None) -> datetime:
    assert month is not None, "say when, or for which month"  # noqa: S101
    return datetime(month.year, month.month, 2, 9, tzinfo=UTC)


def _import(session: Session, row: Mapping[str, object], now: datetime) -> None:
    named = {column.replace("allowance_", "allowance."): value for column, value in row.items()}
    commands.import_people(session, _file(named), "people.csv", actor=DINA, now=now)


def _employee(session: Session, number: str) -> Employee:
    return session.scalars(select(Employee).where(Employee.number == number)).one()


def _file(row: Mapping[str, object]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([row.keys(), ["" if v is None else v for v in row.values()]])
    return text.getvalue().encode()
