"""Made-up months: transfers of every sort that payroll has to know, posted by the ledger's own
commands, and the month sealed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from ideals.db import driver
from ideals.kernel.actor import Actor, Role
from ideals.kernel.ids import new_transfer_id
from ideals.kernel.month import Month
from ideals.kernel.quantity import Unit
from ideals.ledger import commands as ledger
from ideals.ledger.states import AccountKind, Reason
from ideals.payroll.commands.batches import MakeBatch, make_batch
from ideals.payroll.models import Batch
from ideals.people.rules import sort_key

DINA = Actor(name="dina@meridian.example", user_id=4, roles=frozenset({Role.HR}))
PAULA = Actor(name="paula@meridian.example", user_id=6, roles=frozenset({Role.PAYROLL}))
NOW = datetime(2026, 4, 3, 9, 30, tzinfo=UTC)
FEBRUARY, MARCH, APRIL, MAY = Month(2026, 2), Month(2026, 3), Month(2026, 4), Month(2026, 5)

OWN = {
    "budget": (AccountKind.BUDGET, Unit.EUR),
    "leave": (AccountKind.LEAVE, Unit.MIN),
    "savings": (AccountKind.SAVINGS, Unit.EUR),
    "owed": (AccountKind.OWED, Unit.EUR),
}
EMPLOYERS = {
    "pot": (AccountKind.BUDGET, Unit.EUR),
    "pay_out": (AccountKind.PAY_OUT, Unit.EUR),
    "purchase": (AccountKind.PURCHASE, Unit.EUR),
    "leave": (AccountKind.LEAVE, Unit.MIN),
}


@dataclass
class Books:
    """Accounts by who and what, and short ways to post between them."""

    session: Session
    employees: dict[str, int] = field(default_factory=dict)

    def employee(self, number: str, name: str | None = None) -> int:
        if number not in self.employees:
            name = name or f"Employee {number}"
            row = driver(self.session).execute(
                "INSERT INTO people_employee (number, name, sort_name, recorded_at)"
                " VALUES (%s, %s, %s, now()) RETURNING id",
                (number, name, sort_key(name)),
            )
            self.employees[number] = row.fetchone()[0]
        return self.employees[number]

    def own(self, number: str, what: str) -> int:
        employee = self.employee(number)
        return ledger.open_accounts(self.session, [employee], *OWN[what])[employee]

    def employers(self, what: str) -> int:
        return ledger.employer_account(self.session, *EMPLOYERS[what])

    def post(
        self,
        from_account: int,
        to_account: int,
        minor: int,
        reason: Reason,
        *,
        code: str | None = None,
        source: str = "order:1",
        month: Month = MARCH,
        for_month: Month | None = None,
        unit: Unit = Unit.EUR,
    ) -> UUID:
        new = ledger.NewTransfer(
            id=new_transfer_id(month),
            month=month,
            for_month=for_month or month,
            from_account=from_account,
            to_account=to_account,
            unit=unit,
            amount_minor=minor,
            reason=reason,
            source=source,
            code=code,
        )
        ledger.post_transfers(self.session, ledger.PostTransfers((new,)), actor=DINA, now=NOW)
        return new.id

    def allocate(self, number: str, minor: int, *, month: Month = MARCH) -> UUID:
        return self.post(
            self.employers("pot"),
            self.own(number, "budget"),
            minor,
            Reason.ALLOCATION,
            code="holiday_allowance",
            source=f"run:simple:{month}:1",
            month=month,
        )

    def pay(self, number: str, minor: int, *, code: str | None = "cash", **more: object) -> UUID:
        more.setdefault("reason", Reason.ORDER)
        return self.post(
            self.own(number, "budget"), self.employers("pay_out"), minor, code=code, **more
        )

    def buy(self, number: str, minor: int, *, code: str | None = "union", **more: object) -> UUID:
        more.setdefault("reason", Reason.ORDER)
        return self.post(
            self.own(number, "budget"), self.employers("purchase"), minor, code=code, **more
        )

    def buy_leave(self, number: str, minor: int, minutes: int, **more: object) -> None:
        self.buy(number, minor, code="leave", **more)
        more.setdefault("reason", Reason.ORDER)
        self.post(
            self.employers("leave"),
            self.own(number, "leave"),
            minutes,
            code="leave",
            unit=Unit.MIN,
            **more,
        )

    def sell_leave(self, number: str, minor: int, minutes: int, *, month: Month = MARCH) -> None:
        self.post(
            self.own(number, "leave"),
            self.employers("leave"),
            minutes,
            Reason.ORDER,
            code="sell",
            unit=Unit.MIN,
            month=month,
        )
        self.post(
            self.employers("pot"),
            self.own(number, "budget"),
            minor,
            Reason.ORDER,
            code="sell",
            month=month,
        )

    def short_instalment(
        self, number: str, charged: int, shortfall: int, *, month: Month = MARCH
    ) -> None:
        """A charge that the budget does not reach: the rest is kept back from pay."""
        how = {"code": "lease", "source": f"commitment:1:{month}", "month": month}
        if charged:
            self.buy(number, charged, reason=Reason.INSTALMENT, **how)
        owed = self.own(number, "owed")
        self.post(owed, self.employers("purchase"), shortfall, Reason.INSTALMENT, **how)
        self.post(self.employers("pay_out"), owed, shortfall, Reason.INSTALMENT, **how)

    def settle_debt(self, number: str, minor: int) -> None:
        """What a leaver owes is kept back from the last pay."""
        owed = self.own(number, "owed")
        self.post(owed, self.employers("pot"), minor, Reason.ALLOCATION, source="run:simple:2:2")
        self.post(self.employers("pay_out"), owed, minor, Reason.SETTLEMENT, source="close:simple")

    def reverse(
        self, transfer: UUID, *, month: Month = MARCH, source: str = "order:1:cancelled"
    ) -> UUID:
        cmd = ledger.ReverseTransfer(new_transfer_id(month), transfer, month, source)
        ledger.reverse_transfer(self.session, cmd, actor=DINA, now=NOW)
        return cmd.id

    def seal(self, *months: Month) -> None:
        for month in months:
            ledger.seal_month(self.session, ledger.SealMonth(month), actor=DINA, now=NOW)

    def batch(self, month: Month = MARCH) -> Batch:
        """Seal the month and make its batch."""
        self.seal(month)
        return make_batch(self.session, MakeBatch(month), actor=DINA, now=NOW)

    def a_month_of_everything(self) -> None:
        """March, for five people: every sort of row, one of them taken back."""
        for number in ("1", "2", "3", "4", "5"):
            self.allocate(number, 50000)
        self.pay("1", 20000)
        self.pay("1", 5000, code="advance")
        self.buy("1", 1250)
        self.buy_leave("2", 16000, 480)
        self.sell_leave("2", 4000, 120)
        self.reverse(self.pay("2", 7000))
        self.reverse(self.buy("2", 999))
        self.short_instalment("3", 12000, 5500)
        self.pay("3", 100, code=None, reason=Reason.LEFT_OVER)
        self.pay("4", 50000, code=None, reason=Reason.SETTLEMENT)
        self.settle_debt("4", 2500)


def open_books(session: Session) -> Books:
    cmd = ledger.OpenMonths(FEBRUARY, MAY)
    ledger.open_months(session, cmd, actor=DINA, now=NOW)
    return Books(session)


@pytest.fixture
def books(session: Session) -> Books:
    return open_books(session)
