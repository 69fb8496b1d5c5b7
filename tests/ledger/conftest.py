"""A ledger with March to June 2026 open, Anna with her accounts, and the employer's side."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import Connection, Engine
from sqlalchemy.orm import Session

from ideals import db
from ideals.db import driver, unit_of_work
from ideals.kernel.actor import Actor
from ideals.kernel.ids import new_transfer_id
from ideals.kernel.month import Month
from ideals.kernel.quantity import Unit
from ideals.kernel.registry import Registry
from ideals.ledger import commands, queries
from ideals.ledger.states import AccountKind, Reason

DINA = Actor(name="dina@example.org", user_id=4)
NOW = datetime(2026, 3, 14, 9, 30, tzinfo=UTC)
MARCH, APRIL, MAY, JUNE = Month(2026, 3), Month(2026, 4), Month(2026, 5), Month(2026, 6)


@pytest.fixture(autouse=True)
def only_the_ledgers_own_proofs(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sources in these tests are made up: no feature above has runs or orders of that name."""
    monkeypatch.setattr(queries, "PROVERS", Registry("proofs of the test"))


def employees(session: Session, count: int, *, prefix: str = "E") -> list[int]:
    rows = driver(session).execute(
        "INSERT INTO people_employee (number, name, sort_name, recorded_at)"
        " SELECT %s || i, 'Anna', 'anna', now() FROM generate_series(1, %s) i RETURNING id",
        (prefix, count),
    )
    return [row[0] for row in rows]


@dataclass
class Books:
    """The accounts most tests need, and short ways to post between them."""

    anna: int
    budget: int
    leave: int
    owed: int
    employer: int
    employer_leave: int
    purchase: int
    made: list[UUID] = field(default_factory=list)

    def new(
        self,
        from_account: int,
        to_account: int,
        amount_minor: int,
        *,
        month: Month = MARCH,
        for_month: Month | None = None,
        unit: Unit = Unit.EUR,
        reason: Reason = Reason.ORDER,
        code: str | None = None,
        source: str = "order:1",
        id: UUID | None = None,
    ) -> commands.NewTransfer:
        return commands.NewTransfer(
            id=id or new_transfer_id(month),
            month=month,
            for_month=for_month or month,
            from_account=from_account,
            to_account=to_account,
            unit=unit,
            amount_minor=amount_minor,
            reason=reason,
            source=source,
            code=code,
        )

    def allocate(self, session: Session, amount_minor: int, **more: object) -> UUID:
        """Put euros into Anna's budget."""
        kept = {"reason": Reason.ALLOCATION, "code": "holiday_allowance"} | more
        kept.setdefault("source", f"run:nwb:2026-03:{len(self.made)}")
        return self.post(session, self.new(self.employer, self.budget, amount_minor, **kept))

    def spend(self, session: Session, amount_minor: int, **more: object) -> UUID:
        return self.post(session, self.new(self.budget, self.purchase, amount_minor, **more))

    def post(self, session: Session, *transfers: commands.NewTransfer) -> UUID:
        commands.post_transfers(session, commands.PostTransfers(transfers), actor=DINA, now=NOW)
        self.made += [one.id for one in transfers]
        return transfers[0].id

    def hold(self, session: Session, amount_minor: int, **more: object) -> UUID:
        new = self.new(self.budget, self.purchase, amount_minor, **more)
        commands.hold(session, commands.Hold(new), actor=DINA, now=NOW)
        return new.id

    def balance(self, session: Session, account: int) -> tuple[int, int]:
        """(posted, held) of an employee's account."""
        row = driver(session).execute(
            "SELECT posted_minor, held_minor FROM ledger_account WHERE id = %s", (account,)
        )
        return row.fetchone()


def keep_books(session: Session) -> Books:
    commands.open_months(session, commands.OpenMonths(MARCH, JUNE), actor=DINA, now=NOW)
    anna = employees(session, 1, prefix="A")[0]

    def hers(kind: AccountKind, unit: Unit) -> int:
        return commands.open_accounts(session, [anna], kind, unit)[anna]

    return Books(
        anna=anna,
        budget=hers(AccountKind.BUDGET, Unit.EUR),
        leave=hers(AccountKind.LEAVE, Unit.MIN),
        owed=hers(AccountKind.OWED, Unit.EUR),
        employer=commands.employer_account(session, AccountKind.BUDGET, Unit.EUR),
        employer_leave=commands.employer_account(session, AccountKind.LEAVE, Unit.MIN),
        purchase=commands.employer_account(session, AccountKind.PURCHASE, Unit.EUR),
    )


@pytest.fixture(scope="module")
def kept(shared_engine: Engine) -> Iterator[tuple[Connection, Books]]:
    """The books of a whole module, in one transaction: opening months for each test is slow."""
    with shared_engine.connect() as connection:
        outer = connection.begin()
        with Session(connection, join_transaction_mode="create_savepoint") as opened:
            books = keep_books(opened)
            opened.commit()
        yield connection, books
        outer.rollback()


@pytest.fixture
def session(kept: tuple[Connection, Books]) -> Iterator[Session]:
    """As everywhere, but what is rolled back begins with the books."""
    connection, _ = kept
    test = connection.begin_nested()
    db.use(connection, join_transaction_mode="create_savepoint")
    with Session(
        connection, join_transaction_mode="create_savepoint", expire_on_commit=False
    ) as opened:
        yield opened
    test.rollback()
    db.use(None, join_transaction_mode="conditional_savepoint")


@pytest.fixture
def books(kept: tuple[Connection, Books], session: Session) -> Books:
    return replace(kept[1], made=[])


@pytest.fixture
def own_books(own_database: str) -> Books:
    with unit_of_work() as session:
        return keep_books(session)


@pytest.fixture
def sql(session: Session) -> psycopg.Connection:
    """The connection under the test's transaction: the way around every command."""
    return driver(session)


@pytest.fixture
def refused(sql: psycopg.Connection) -> object:
    """`refused(statement, *params)`: the database's error, the transaction going on after it."""

    def attempt(statement: str, *params: object) -> psycopg.Error:
        with pytest.raises(psycopg.Error) as caught, sql.transaction():
            sql.execute(statement, params)
        return caught.value

    return attempt


@pytest.fixture
def two_months(session: Session, books: Books) -> Books:
    """Anna got 500.00 in March and spent 120.00; March is sealed; April has a hold of 100.00."""
    books.allocate(session, 50000)
    books.spend(session, 12000)
    commands.seal_month(session, commands.SealMonth(MARCH), actor=DINA, now=NOW)
    books.allocate(session, 30000, month=APRIL)
    books.hold(session, 10000, month=APRIL)
    return books
