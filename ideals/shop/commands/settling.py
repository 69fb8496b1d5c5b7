"""What a close does for the employees of one chunk, in one transaction.

In the order of the locks: the month, the approvals and orders that were not decided, all accounts
by id. Then charges, leavers, and what is left over of the others, worked out in sets and posted by
one COPY.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from ideals.approvals import commands as approvals
from ideals.budgets.models import Run
from ideals.budgets.rules import Worked
from ideals.kernel.actor import SYSTEM
from ideals.kernel.errors import IdealsError
from ideals.kernel.ids import fact_tag, run_transfer_pattern
from ideals.kernel.quantity import Unit
from ideals.ledger import commands as ledger
from ideals.ledger import queries as ledger_queries
from ideals.ledger.commands import Held
from ideals.ledger.states import AccountKind
from ideals.schemes import queries as schemes
from ideals.schemes.facts import facts_to_sell
from ideals.schemes.rules import (
    LeftOver,
    Pending,
    left_over,
)
from ideals.shop.commands import commitments
from ideals.shop.commands.ending import ConfirmOrder, ReleaseOrder, confirm_order, release_order
from ideals.shop.queries import closing as queries
from ideals.shop.queries import commitments as commitment_queries
from ideals.shop.queries.departures import settlements
from ideals.shop.queries.orders import lock_orders
from ideals.shop.rules import closing as rules
from ideals.shop.rules.closing import Move, Side
from ideals.shop.states import Waits

BY_RULE = "Nobody decided before the month closed; the scheme takes that for a yes."
NOT_DECIDED = "Nobody decided before the month closed."
NOBODY_LEFT = "The employee left before this was decided."


def work(session: Session, run: Run, employee_ids: list[int], now: datetime) -> Worked:
    """An employee whose leave has no price is skipped, and only that one."""
    ledger.lock_month(session, run.month)
    chunk = _Chunk(session, run, employee_ids, now)
    chunk.decide_pending()
    chunk.charge()
    chunk.settle_leavers()
    chunk.settle_left_over()
    return chunk.post()


class _Chunk:
    """The employees of a chunk, their accounts, and the moves found so far."""

    def __init__(self, session: Session, run: Run, employee_ids: list[int], now: datetime) -> None:
        scheme = schemes.scheme_for(session, run.scheme, run.month)
        assert scheme is not None  # noqa: S101  only published schemes are closed
        self.session, self.run, self.now, self.scheme = session, run, now, scheme
        self.employee_ids = employee_ids
        self.leavers = queries.leavers(session, employee_ids, run.month)
        self.pending = queries.pending(session, employee_ids, self.leavers, run.month)
        self.charged = {
            each.employee_id
            for each in commitment_queries.due(session, run.scheme, employee_ids, run.month)
        }
        self.moves: dict[int, list[Move]] = {}
        self.skipped: dict[int, tuple[str, str]] = {}
        sources = [f"order:{each.order_id}" for each in self.pending]
        approvals.lock_subjects(session, sources)
        lock_orders(session, [each.order_id for each in self.pending])
        self.accounts = self._locked(employee_ids)

    @property
    def saves(self) -> bool:
        return self.scheme.calendar.left_over is LeftOver.SAVE_AS_LEAVE

    def _locked(self, employee_ids: Collection[int]) -> dict[tuple[int, AccountKind, Unit], Held]:
        """Budgets of all; every account of those for whom more than the left over is looked at."""
        waiting = {each.employee_id for each in self.pending}
        all_of = {*self.leavers, *waiting, *self.charged}
        kinds = [AccountKind.BUDGET, *([AccountKind.LEAVE] if self.saves else [])]
        return ledger.lock_accounts_of(self.session, employee_ids, kinds, all_of=all_of)

    def available(self, employee: int, kind: AccountKind, unit: Unit) -> int:
        held = self.accounts.get((employee, kind, unit))
        return 0 if held is None else held.balance.available_minor

    # Orders that nobody decided

    def decide_pending(self) -> None:
        for each in self.pending:
            self._decide(each)

    def _decide(self, each: queries.Pending) -> None:
        """By the scheme's rule; what still needs a file, or a leaver's, cannot be a yes."""
        approves = self.scheme.calendar.pending is Pending.APPROVE
        if (
            approves
            and Waits.EVIDENCE not in each.waits_for
            and each.employee_id not in self.leavers
        ):
            confirm = ConfirmOrder(each.order_id, BY_RULE)
            confirm_order(self.session, confirm, actor=SYSTEM, now=self.now)
            return
        reason = NOBODY_LEFT if each.employee_id in self.leavers else NOT_DECIDED
        release = ReleaseOrder(each.order_id, reason)
        release_order(self.session, release, actor=SYSTEM, now=self.now)

    # Commitments

    def charge(self) -> None:
        """What the month was not charged for yet; and what leavers still have to pay."""
        month = self.run.month
        commitments.charge_due(
            self.session, self.run.scheme, self.employee_ids, month, now=self.now
        )
        if self.leavers:
            commitments.end_for_leavers(self.session, self.leavers, month, now=self.now)
        touched = {each.employee_id for each in self.pending} | self.charged | set(self.leavers)
        if touched:
            self.accounts |= self._locked(touched)

    # Leavers

    def settle_leavers(self) -> None:
        found = settlements(self.session, self.scheme, self.run.month, self.leavers, self.available)
        for employee, moves in found.items():
            if isinstance(moves, IdealsError):
                self.skipped[employee] = (moves.code, moves.message)
            elif moves:
                self.moves[employee] = moves

    # What is left over

    def settle_left_over(self) -> None:
        staying = [each for each in self.employee_ids if each not in self.leavers]
        left = self._left_of(staying)
        if self.saves:
            self._save(left)
        elif rules.pays_out(self.scheme.calendar.left_over, self.run.month):
            for employee, minor in left.items():
                self.moves[employee] = [rules.paid(minor)]

    def _left_of(self, employee_ids: Iterable[int]) -> dict[int, int]:
        """Whose budget has anything left of the month, and how much."""
        budgets = {
            employee: self.accounts[employee, AccountKind.BUDGET, Unit.EUR]
            for employee in employee_ids
            if self.available(employee, AccountKind.BUDGET, Unit.EUR) > 0
        }
        later = ledger_queries.moved_later(
            self.session, [held.id for held in budgets.values()], self.run.month
        )
        found = {
            employee: rules.left_over(held.balance.available_minor, later.get(held.id, 0))
            for employee, held in budgets.items()
        }
        return {employee: minor for employee, minor in found.items() if minor}

    def _save(self, left: Mapping[int, int]) -> None:
        month = self.run.month
        for person in facts_to_sell(self.session, list(left), self.scheme, month):
            employee = person.employee_id
            there = self.available(employee, AccountKind.LEAVE, Unit.MIN)
            try:
                found = left_over(self.scheme, person, month, month.last, left[employee], there)
            except IdealsError as error:
                self.skipped[employee] = (error.code, error.message)
                continue
            self.moves[employee] = rules.moves_of(found)

    # Posting

    def post(self) -> Worked:
        lines = _Lines(self)
        text = "".join(
            line for employee, moves in self.moves.items() for line in lines.of(employee, moves)
        )
        posted = ledger.copy_transfers(self.session, self.run.month, [text]) if text else 0
        return Worked(self.skipped, posted, len(self.moves), _summary(self.moves))


class _Lines:
    """Formats moves for COPY. The id of a transfer is a function of the run and the fact alone."""

    def __init__(self, chunk: _Chunk) -> None:
        self.session, self.run = chunk.session, chunk.run
        self.own = {key: held.id for key, held in chunk.accounts.items()}
        self.end = f"{chunk.run.source}\tsystem\t{chunk.now.isoformat()}\n"
        self._employers: dict[tuple[AccountKind, Unit], int] = {}
        self._patterns: dict[tuple[object, ...], str] = {}

    def of(self, employee: int, moves: Sequence[Move]) -> Iterable[str]:
        seen: dict[tuple[object, ...], int] = {}
        for move in moves:
            what = (move.source, move.target, move.unit, move.reason, move.code)
            number = seen[what] = seen.get(what, 0) + 1
            yield self._pattern(what, number) % (
                employee,
                self._account(employee, move.source, move.unit),
                self._account(employee, move.target, move.unit),
                move.minor,
            )

    def _pattern(self, what: tuple[object, ...], number: int) -> str:
        """There are few of them, and a line for each employee."""
        key = (*what, number)
        if key not in self._patterns:
            source, target, unit, reason, code = what
            month = self.run.month
            tag = fact_tag(source, target, unit, reason, code, number)
            transfer = run_transfer_pattern(month, self.run.id, month, tag)
            self._patterns[key] = (
                f"{transfer}\t{month.number}\t{month.number}\t%d\t%d\t{unit}\t%d\t"
                f"{reason}\t{code}\t{self.end}"
            )
        return self._patterns[key]

    def _account(self, employee: int, side: Side, unit: Unit) -> int:
        if side.own:
            key = (employee, side.kind, unit)
            if key not in self.own:
                opened = ledger.open_accounts(self.session, [employee], side.kind, unit)
                self.own[key] = opened[employee]
            return self.own[key]
        if (side.kind, unit) not in self._employers:
            account = ledger.employer_account(self.session, side.kind, unit)
            self._employers[side.kind, unit] = account
        return self._employers[side.kind, unit]


def _summary(moves: Mapping[int, Sequence[Move]]) -> list[list[object]]:
    """By code and unit: how many people, and what it brought to their accounts or took."""
    people: dict[tuple[str, str], set[int]] = {}
    minor: dict[tuple[str, str], int] = {}
    for employee, of_employee in moves.items():
        for move in of_employee:
            key = (move.code, move.unit.value)
            people.setdefault(key, set()).add(employee)
            minor[key] = minor.get(key, 0) + move.gain
    return [[code, unit, False, len(people[code, unit]), minor[code, unit]]
            for code, unit in sorted(people)]  # fmt: skip
