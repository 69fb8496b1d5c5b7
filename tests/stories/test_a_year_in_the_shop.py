"""Anna's year in the shop, month by month: what comes, what she chooses, what is closed and paid.

3,000.00 a month is worth 240.00 + 249.90 = 489.90 of budget; an hour of leave costs her 20.00. What
she does not use stays until December.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from decimal import Decimal

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from ideals import outbox
from ideals.access import queries as access
from ideals.app import connect_features
from ideals.approvals.commands import Decide, decide
from ideals.approvals.states import Decision
from ideals.budgets import queries as budgets
from ideals.kernel.actor import Actor
from ideals.kernel.ids import new_id
from ideals.kernel.month import Month
from ideals.ledger import commands as ledger
from ideals.ledger import queries as ledger_queries
from ideals.ledger.queries import AccountBalance, prove
from ideals.notices.models import Notice
from ideals.payroll.commands import MakeBatch, make_batch
from ideals.payroll.models import Line
from ideals.people.models import Employee
from ideals.pricing.commands import MakeQuote, make_quote
from ideals.seeds import factories
from ideals.shop.commands import CancelOrder, PlaceOrder, cancel_order, place_order, reminding
from ideals.shop.commands import choices as standing
from ideals.shop.commands.choices import GoOnWithChoice, PauseChoice, SetChoice, What
from ideals.shop.commands.reminding import Remind
from ideals.shop.models import Choice, Order
from ideals.shop.states import ChoiceMode, OrderState
from tests.shop.conftest import ZONE

PRODUCTS = {
    "cash": {"kind": "pay_out", "months_ahead": "6"},
    "savings": {"kind": "savings"},
    "leave": {
        "kind": "leave",
        "unit": "hour",
        "price": "full_time_salary / 150",
        "limit": {"per": "year", "amount": "40"},
    },
    "long_leave": {
        "kind": "leave",
        "unit": "hour",
        "price": "full_time_salary / 150",
        "approval": "manager",
    },
    "bicycle": {
        "kind": "bicycle",
        "unit": "piece",
        "price": "600",
        "instalments": {"months": "6", "leaving": "pay_rest"},
    },
}


PAID = """
SELECT coalesce(sum(CASE WHEN b.kind = 'pay_out' THEN t.amount_minor ELSE -t.amount_minor END), 0)
  FROM ledger_transfer t
  JOIN ledger_account a ON a.id = t.from_account
  JOIN ledger_account b ON b.id = t.to_account
 WHERE t.month = :month AND 'pay_out' IN (a.kind, b.kind) AND 'owed' NOT IN (a.kind, b.kind)
"""


@dataclass
class Year:
    """A month begins with its allocation and ends with its close and its batch."""

    session: Session
    anna: Actor
    boris: Actor
    month: Month = field(default_factory=lambda: Month(2025, 12))

    @property
    def now(self) -> datetime:
        """The tenth: the deadline is the fifteenth."""
        return datetime(self.month.year, self.month.month, 10, 9, tzinfo=UTC)

    @property
    def employee(self) -> int:
        assert self.anna.employee_id is not None
        return self.anna.employee_id

    def begin(self) -> None:
        self.month = self.month.plus(1)
        factories.a_run(self.session, self.month)

    def end(self) -> str:
        """What is in her budget then. Payroll pays everybody what left the accounts as pay."""
        factories.a_close(self.session, self.month)
        make_batch(self.session, MakeBatch(self.month), actor=factories.DINA, now=self.now)
        in_the_batch = select(func.sum(Line.minor)).where(
            Line.month == self.month, Line.code.startswith("pay.")
        )
        in_the_ledger = self.session.scalar(text(PAID), {"month": self.month.number})
        assert (self.session.scalar(in_the_batch) or 0) == in_the_ledger
        return str(budgets.budget_of(self.session, self.employee, self.month).available)

    def paid(self) -> dict[str, str]:
        """Her lines in the batch of the month, in euros by code."""
        lines = select(Line).where(
            Line.month == self.month, Line.employee_id == self.employee, Line.unit == "EUR"
        )
        return {
            line.code: f"{Decimal(line.minor).scaleb(-2)}" for line in self.session.scalars(lines)
        }

    def order(self, product: str, quantity: str) -> Order:
        asked = MakeQuote(self.employee, product, Decimal(quantity))
        actor = replace(self.anna, proved_at=self.now)
        quote = make_quote(self.session, asked, actor=actor, now=self.now, zone=ZONE)
        self.session.flush()
        cmd = PlaceOrder(new_id(), quote.token, self.employee)
        return place_order(self.session, cmd, actor=actor, now=self.now)

    def cancel(self, order: Order) -> None:
        cmd = CancelOrder(order.id)
        cancel_order(self.session, cmd, actor=self.anna, now=self.now, zone=ZONE)

    def choose(self, product: str, mode: ChoiceMode, amount: str | None, **months: Month) -> Choice:
        what = What(mode, None if amount is None else Decimal(amount), **months)
        cmd = SetChoice(self.employee, product, what)
        return standing.set_choice(self.session, cmd, actor=self.anna, now=self.now, zone=ZONE)

    def told(self, kind: str) -> int:
        query = select(Notice.id).where(Notice.employee_id == self.employee, Notice.kind == kind)
        return len(self.session.scalars(query).all())


def begun(session: Session) -> Year:
    connect_features()
    factories.a_scheme(
        session,
        components={"holiday_allowance": "8% * salary", "thirteenth_month": "8.33% * salary"},
        products=PRODUCTS,
    )
    factories.an_organisation(session)
    actors = [
        access.actor_of(factories.a_user(session, f"{name}@meridian.example"), [])
        for name in ("anna", "boris")
    ]
    months = ledger.OpenMonths(Month(2026, 1), Month(2026, 12))
    ledger.open_months(session, months, actor=factories.DINA, now=factories.LONG_AGO)
    return Year(session, *actors)


def test_a_year_of_anna_in_the_shop(session: Session) -> None:
    year = begun(session)

    # January. 8 hours of leave for 160.00.
    year.begin()
    year.order("leave", "8")
    saving = year.choose("savings", ChoiceMode.PERCENT, "25", from_month=Month(2026, 2))
    pay = year.choose("cash", ChoiceMode.QUANTITY, "100", from_month=Month(2026, 2))
    assert year.end() == "329.90"

    # February. From now on a quarter of the month, 122.47, is saved, and 100.00 is pay.
    year.begin()
    assert year.end() == "597.33"
    assert year.paid() == {"pay.cash": "100.00"}

    # March. Two orders, both taken back before the deadline.
    year.begin()
    for product, quantity in (("leave", "8"), ("cash", "50")):
        year.cancel(year.order(product, quantity))
    assert year.end() == "864.76"

    # April. Boris refuses the long leave; and Anna plans 700.00 of pay for May.
    year.begin()
    order = year.order("long_leave", "8")
    decision = Decide(order.approval_id, Decision.REFUSE, "Not this month.")
    decide(session, decision, actor=year.boris, now=year.now)
    refused = session.get_one(Order, order.id, populate_existing=True)
    assert (refused.state, refused.reason) == (OrderState.REFUSED, "Not this month.")
    year.choose("cash", ChoiceMode.QUANTITY, "700", from_month=Month(2026, 5),
                until_month=Month(2026, 5))  # fmt: skip
    assert year.end() == "1132.19"

    # May: 1,132.19 + 489.90 - 122.47 - 100.00 - 700.00.
    year.begin()
    assert year.end() == "699.62"
    assert year.paid() == {"pay.cash": "800.00"}

    # June. She has paused her choices, and chooses nothing; she is reminded twice.
    for choice in (saving, pay):
        session.refresh(choice)
        cmd = PauseChoice(choice.id, choice.version)
        standing.pause_choice(session, cmd, actor=year.anna, now=year.now)
    year.begin()
    remind(session, date(2026, 6, 8), date(2026, 6, 13))
    assert year.told(reminding.DEADLINE) == 2
    assert year.end() == "1189.52"
    assert year.paid() == {}

    # July. A raise to 3,300.00, known in time, makes the month 264.00 + 274.89 = 538.89 and a
    # quarter of it 134.72; her choices go on.
    factories.a_change(session, anna_of(session, year), date(2026, 7, 1), full_time_salary="3300")
    for choice in (saving, pay):
        go_on = GoOnWithChoice(choice.id, choice.version)
        standing.go_on_with_choice(session, go_on, actor=year.anna, now=year.now)
    year.begin()
    assert year.end() == "1493.69"

    # August. It turns out that the raise began in June: 48.99 more for that month, booked now.
    factories.a_change(session, anna_of(session, year), date(2026, 6, 1), full_time_salary="3300")
    year.begin()
    august = budgets.budget_of(session, year.employee, year.month)
    assert str(august.posted_elsewhere) == "48.99"
    assert year.end() == "1846.85"

    # September. A bicycle of 600.00 in six instalments, the first at once.
    year.begin()
    year.order("bicycle", "1")
    assert year.end() == "2051.02"
    assert year.paid() == {"pay.cash": "100.00", "purchase.bicycle": "100.00"}

    # October. The instalment comes before the choices.
    year.begin()
    assert year.end() == "2255.19"

    # November. 40 more hours are beyond the limit of the year: she is told, the others are made.
    year.choose("leave", ChoiceMode.QUANTITY, "40", from_month=Month(2026, 11),
                until_month=Month(2026, 11))  # fmt: skip
    year.begin()
    assert year.told("choice.failed") == 1
    assert year.end() == "2459.36"

    # December. What is left, 2,663.53, is paid.
    year.begin()
    assert year.end() == "0.00"
    assert year.paid()["pay.left_over"] == "2663.53"

    # What she put aside, and what she still owes nobody: four quarters of 489.90, six of 538.89.
    savings = {balance.kind: balance.posted_minor for balance in balances(session, year)}
    assert savings["savings"] == 4 * 12_247 + 6 * 13_472
    assert savings["leave"] == 8 * 60
    assert prove(session) == []


def anna_of(session: Session, year: Year) -> Employee:
    return session.get_one(Employee, year.employee)


def balances(session: Session, year: Year) -> list[AccountBalance]:
    return ledger_queries.balances(session, year.employee)


def remind(session: Session, *days: date) -> None:
    """As the clock does on these days, and then its tasks."""
    for day in days:
        now = datetime(day.year, day.month, day.day, 9, tzinfo=UTC)
        reminding.look(session, zone=ZONE, now=now)
        session.flush()
        waiting = select(outbox.Message).where(
            outbox.Message.name == reminding.REMIND, outbox.Message.done_at.is_(None)
        )
        for message in session.scalars(waiting).all():
            payload = message.payload
            cmd = Remind(
                **payload
                | {
                    "month": Month.parse(payload["month"]),
                    "last_day": date.fromisoformat(payload["last_day"]),
                }
            )
            reminding.remind(session, cmd, now=now)
            outbox.finish(session, message.id, now=now)
