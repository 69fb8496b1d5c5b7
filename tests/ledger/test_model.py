"""The ledger against a plain model: whatever is done in whatever order, both agree, and it proves.

The model keeps balances in a dictionary and knows nothing of SQL. Each step is tried on both, and
the ledger refuses exactly what the model refuses; some go past the commands, straight into the
database.
"""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)
from psycopg import Error
from sqlalchemy import select
from sqlalchemy.orm import Session

from ideals.db import driver
from ideals.kernel.errors import IdealsError
from ideals.kernel.ids import new_transfer_id
from ideals.kernel.month import Month
from ideals.kernel.quantity import Unit
from ideals.ledger import commands, queries
from ideals.ledger.models import Transfer
from ideals.ledger.states import AccountKind, MonthState, Reason
from tests.ledger.conftest import APRIL, DINA, JUNE, MARCH, MAY, NOW, employees

PEOPLE = 2
AMOUNTS = st.integers(1, 300)
MONTHS = st.sampled_from([MARCH, APRIL, MAY, JUNE, JUNE, JUNE])


@dataclass
class Moved:
    """A row as the model remembers it."""

    id: object
    giver: int
    taker: int
    amount: int
    open_hold: bool = False
    reversible: bool = False


class LedgerMachine(RuleBasedStateMachine):
    session: Session
    moved = Bundle("moved")
    holds = Bundle("holds")

    @initialize()
    def books(self) -> None:
        self.savepoint = self.session.begin_nested()
        who = employees(self.session, PEOPLE)
        self.accounts: list[int] = [
            commands.open_accounts(self.session, who, kind, Unit.EUR)[employee]
            for kind in (AccountKind.BUDGET, AccountKind.SAVINGS, AccountKind.OWED)
            for employee in who
        ]
        self.owed = set(self.accounts[-PEOPLE:])
        self.employer = commands.employer_account(self.session, AccountKind.BUDGET, Unit.EUR)
        self.posted = dict.fromkeys(self.accounts, 0)
        self.held = dict.fromkeys(self.accounts, 0)
        self.sealed: set[Month] = set()
        self.rows = 0
        for account in self.accounts[: 2 * PEOPLE]:
            self.post(self.new(self.employer, account, 500, MARCH))
            self.posted[account] = 500
            self.rows += 1

    def teardown(self) -> None:
        if hasattr(self, "savepoint"):
            try:
                assert queries.prove(self.session) == []
            finally:
                self.savepoint.rollback()

    # --- the model

    def allowed(self, changes: dict[int, tuple[int, int]], month: Month) -> bool:
        """Whether these changes of (posted, held) by account leave everything within its bounds."""
        if month in self.sealed:
            return False
        for account, (posted, held) in changes.items():
            if account == self.employer:
                continue
            after, aside = self.posted[account] + posted, self.held[account] + held
            within = after <= 0 and aside == 0 if account in self.owed else after >= aside >= 0
            if not within:
                return False
        return True

    def attempt(self, allowed: bool, changes: dict[int, tuple[int, int]], act: object) -> bool:
        """Do it in a savepoint; the ledger has to agree with the model."""
        try:
            with self.session.begin_nested():
                act()
        except (IdealsError, Error) as refusal:
            assert not allowed, f"refused what the model allows: {refusal}"
            return False
        assert allowed, "took what the model refuses"
        for account, (posted, held) in changes.items():
            if account != self.employer:
                self.posted[account] += posted
                self.held[account] += held
        self.rows += 1
        return True

    def pick(self, place: int) -> int:
        return [self.employer, *self.accounts][place]

    # --- the steps

    @rule(
        target=moved,
        giver=st.integers(0, 3 * PEOPLE),
        taker=st.integers(0, 3 * PEOPLE),
        amount=AMOUNTS,
        month=MONTHS,
        raw=st.booleans(),
    )
    def move(self, giver: int, taker: int, amount: int, month: Month, raw: bool) -> object:
        """Between any two accounts; `raw` past the commands, by COPY into the partition."""
        giver, taker = self.pick(giver), self.pick(taker)
        if giver == taker:
            return multiple()
        changes = {giver: (-amount, 0), taker: (amount, 0)}
        row = self.new(giver, taker, amount, month)
        done = self.attempt(
            self.allowed(changes, month), changes, lambda: (self.copy if raw else self.post)(row)
        )
        return Moved(row.id, giver, taker, amount, reversible=True) if done else multiple()

    @rule(moved=moved)
    def move_again(self, moved: Moved) -> None:
        """The same transfer once more is no further one."""
        found = self.session.execute(select(Transfer).where(Transfer.id == moved.id)).scalar_one()
        again = commands._copied(found)
        if found.phase == "single" and found.reverses_id is None:
            assert self.post(again) == []

    @rule(target=holds, giver=st.integers(1, 2 * PEOPLE + 1), amount=AMOUNTS, month=MONTHS)
    def hold(self, giver: int, amount: int, month: Month) -> object:
        giver = self.pick(giver)
        changes = {giver: (0, amount)}
        row = self.new(giver, self.employer, amount, month)
        done = self.attempt(
            self.allowed(changes, month),
            changes,
            lambda: commands.hold(self.session, commands.Hold(row), actor=DINA, now=NOW),
        )
        return Moved(row.id, giver, self.employer, amount, open_hold=True) if done else multiple()

    @rule(target=moved, hold=holds, percent=st.integers(1, 110), month=MONTHS)
    def post_hold(self, hold: Moved, percent: int, month: Month) -> object:
        """For some, all, or a little more than was held."""
        amount = max(1, hold.amount * percent // 100)
        changes = {hold.giver: (-amount, -hold.amount), hold.taker: (amount, 0)}
        allowed = (
            hold.open_hold
            and amount <= hold.amount
            and month.number >= int(hold.id.hex[:6])
            and self.allowed(changes, month)
        )
        cmd = commands.PostHold(new_transfer_id(month), hold.id, month, amount)
        done = self.attempt(
            allowed,
            changes,
            lambda: commands.post_hold(self.session, cmd, actor=DINA, now=NOW),
        )
        if not done:
            return multiple()
        hold.open_hold = False
        return Moved(cmd.id, hold.giver, hold.taker, amount, reversible=True)

    @rule(hold=holds, month=MONTHS)
    def void_hold(self, hold: Moved, month: Month) -> None:
        changes = {hold.giver: (0, -hold.amount)}
        allowed = (
            hold.open_hold and month.number >= int(hold.id.hex[:6]) and self.allowed(changes, month)
        )
        cmd = commands.VoidHold(new_transfer_id(month), hold.id, month)
        if self.attempt(
            allowed,
            changes,
            lambda: commands.void_hold(self.session, cmd, actor=DINA, now=NOW),
        ):
            hold.open_hold = False

    @rule(target=moved, one=moved, month=MONTHS)
    def reverse(self, one: Moved, month: Month) -> object:
        changes = {one.taker: (-one.amount, 0), one.giver: (one.amount, 0)}
        for_month = self.session.scalar(select(Transfer.for_month).where(Transfer.id == one.id))
        allowed = one.reversible and month >= for_month and self.allowed(changes, month)
        cmd = commands.ReverseTransfer(new_transfer_id(month), one.id, month, "fix:1")
        done = self.attempt(
            allowed,
            changes,
            lambda: commands.reverse_transfer(self.session, cmd, actor=DINA, now=NOW),
        )
        if not done:
            return multiple()
        one.reversible = False
        return Moved(cmd.id, one.taker, one.giver, one.amount, reversible=True)

    @rule(hold=consumes(holds))
    def forget(self, hold: Moved) -> None:
        """Holds that nobody resolves stay held."""

    @precondition(lambda self: self.rows >= 10 * (len(self.sealed) + 1))
    @rule(month=MONTHS)
    def seal(self, month: Month) -> None:
        in_order = all(earlier in self.sealed for earlier in MARCH.until(month.plus(-1)))
        seal = commands.SealMonth(month)
        try:
            with self.session.begin_nested():
                commands.seal_month(self.session, seal, actor=DINA, now=NOW)
        except IdealsError:
            assert not in_order
        else:
            assert in_order or month in self.sealed
            self.sealed.add(month)

    # --- what always holds

    @invariant()
    def balances_agree(self) -> None:
        if not hasattr(self, "accounts"):
            return
        stored = {
            account: (balance.posted_minor, balance.held_minor)
            for account, balance in commands.lock_accounts(self.session, self.accounts).items()
        }
        assert stored == {a: (self.posted[a], self.held[a]) for a in self.accounts}

    @invariant()
    def every_row_is_there_once(self) -> None:
        if hasattr(self, "accounts"):
            count = driver(self.session).execute("SELECT count(*) FROM ledger_transfer")
            assert count.fetchone()[0] == self.rows

    @invariant()
    def the_open_month_is_the_earliest_that_is_not_sealed(self) -> None:
        if hasattr(self, "accounts") and len(self.sealed) < 4:
            first = min(month for month in MARCH.until(JUNE) if month not in self.sealed)
            assert queries.open_month(self.session) == first
            assert queries.month_state(self.session, first) is MonthState.OPEN

    # --- ways to post

    def new(self, giver: int, taker: int, amount: int, month: Month) -> commands.NewTransfer:
        return commands.NewTransfer(
            id=new_transfer_id(month),
            month=month,
            for_month=month,
            from_account=giver,
            to_account=taker,
            unit=Unit.EUR,
            amount_minor=amount,
            reason=Reason.ORDER,
            source="order:1",
        )

    def post(self, row: commands.NewTransfer) -> object:
        cmd = commands.PostTransfers((row,))
        return commands.post_transfers(self.session, cmd, actor=DINA, now=NOW)

    def copy(self, row: commands.NewTransfer) -> object:
        line = (
            f"{row.id}\t{row.month.number}\t{row.for_month.number}\t{row.from_account}"
            f"\t{row.to_account}\tEUR\t{row.amount_minor}\torder\t\\N\torder:1\t{DINA.name}"
            f"\t{NOW.isoformat()}\n"
        )
        return commands.copy_transfers(self.session, row.month, [line])


def test_the_ledger_does_what_a_plain_model_does(session, books):
    class Machine(LedgerMachine):
        pass

    Machine.session = session
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=15,
            stateful_step_count=30,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
