"""Commitments: begin with an order, be charged each month, end early, on leaving, or with it.

A charge is made once for a commitment and a month, whoever comes first: the order that begins it,
the run of choices, or the close. What the account cannot pay is bought on debt, and the debt is set
off by a deduction from pay in the same breath.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.orm import Session

from ideals import audit
from ideals.budgets import queries as budgets
from ideals.kernel.actor import SYSTEM, Actor
from ideals.kernel.ids import fact_transfer_id
from ideals.kernel.month import Month
from ideals.kernel.quantity import Unit
from ideals.ledger import commands as ledger
from ideals.ledger import queries as ledger_queries
from ideals.ledger.commands import NewTransfer
from ideals.ledger.states import AccountKind, Reason
from ideals.notices import commands as notices
from ideals.schemes import queries as schemes
from ideals.schemes.rules import OnLeaving
from ideals.shop.errors import CommitmentStays, InsufficientBudget
from ideals.shop.models import Charge, Commitment, Order
from ideals.shop.queries import commitments as queries
from ideals.shop.queries.commitments import plan_of
from ideals.shop.rules.commitments import Split, split
from ideals.shop.states import EndedBecause

SHORT = "commitment.short"
"""The notice that a part of a charge is deducted from pay."""
PAYING = (AccountKind.BUDGET, AccountKind.SAVINGS, AccountKind.DEVELOPMENT, AccountKind.OWED)
"""Accounts that a charge may touch; locked together, before anything else of an employee is."""


def lock(session: Session, employee_id: int, month: Month) -> None:
    """What an order needs that will be charged, before it locks anything else of the employee.

    Raises `MonthSealed` or `MonthNotOpened`.
    """
    ledger.lock_month(session, month)
    ledger.lock_accounts_of(session, [employee_id], PAYING)


def begin(session: Session, order: Order, *, actor: Actor, now: datetime) -> None:
    """The order is in force: it is charged from its month on, and at once when that was allocated.

    Called before anything of the employee is locked, or after `lock`.
    """
    terms = order.commitment
    assert terms is not None  # noqa: S101  only orders with terms come here
    commitment = Commitment(
        id=order.id,
        employee_id=order.employee_id,
        scheme=order.scheme,
        product=order.product,
        paid_from=order.paid_from,
        first_month=order.month,
        months=terms["months"],
        last_month=order.month.plus(terms["months"] - 1),
        divided=terms["divided"],
        price_minor=order.price_minor,
        addition_minor=order.addition_minor,
        early_end=terms["early_end"],
        leaving=terms["leaving"],
        started_at=now,
    )
    session.add(commitment)
    audit.record(session, "shop.commitment_begun", source_of(commitment), actor=actor, now=now)
    if order.month in budgets.months_run(session, order.scheme):
        charge_due(session, order.scheme, [order.employee_id], order.month, now=now)


def charge_due(
    session: Session, scheme: str, employee_ids: Collection[int], month: Month, *, now: datetime
) -> list[Charged]:
    """Charge these employees for the month, as far as they were not; the oldest first."""
    candidates = queries.due(session, scheme, employee_ids, month)
    if not candidates:
        return []
    people = {each.employee_id for each in candidates}
    ledger.lock_accounts_of(session, people, PAYING)
    # Somebody else may have been quicker: under the locks nobody is.
    due = queries.due(session, scheme, people, month)
    wanted = [_Wanted(each, month, plan_of(each).charge(month)) for each in due]
    return _charge(session, wanted, now=now)


class Charged(NamedTuple):
    commitment: Commitment
    charge: Charge


@dataclass(frozen=True, slots=True)
class _Wanted:
    commitment: Commitment
    month: Month
    minor: int
    rest: bool = False

    @property
    def source(self) -> str:
        rest = ":rest" if self.rest else ""
        return f"{source_of(self.commitment)}:{self.month}{rest}"


def source_of(commitment: Commitment) -> str:
    return f"commitment:{commitment.id}"


def _charge(session: Session, wanted: Sequence[_Wanted], *, now: datetime) -> list[Charged]:
    if not wanted:
        return []
    tills = _Tills(session, {each.commitment.employee_id for each in wanted})
    charges: list[Charge] = []
    transfers: list[NewTransfer] = []
    for each in wanted:
        taken = tills.take(each.commitment, each.minor)
        transfers += _transfers(each, taken, tills)
        charges.append(_row(each, taken, now))
    _insert(session, charges)
    cmd = ledger.PostTransfers(tuple(transfers))
    ledger.post_transfers(session, cmd, actor=SYSTEM, now=now)
    _tell_short(session, wanted, charges, now=now)
    return [Charged(each.commitment, row) for each, row in zip(wanted, charges, strict=True)]


class _Tills:
    """The accounts of those who are charged, locked, and what is still there to pay from."""

    def __init__(self, session: Session, employee_ids: Collection[int]) -> None:
        self.session = session
        self.accounts = {
            (employee, kind): held.id
            for (employee, kind, unit), held in self._locked(employee_ids)
            if unit is Unit.EUR
        }
        self.purchase = ledger.employer_account(session, AccountKind.PURCHASE, Unit.EUR)
        self.pay_out = ledger.employer_account(session, AccountKind.PAY_OUT, Unit.EUR)

    def _locked(
        self, employee_ids: Collection[int]
    ) -> Iterator[tuple[tuple[int, AccountKind, Unit], ledger.Held]]:
        found = ledger.lock_accounts_of(self.session, employee_ids, PAYING)
        self.available = {
            (employee, kind): held.balance.available_minor
            for (employee, kind, unit), held in found.items()
            if unit is Unit.EUR
        }
        yield from found.items()

    def take(self, commitment: Commitment, minor: int) -> Split:
        key = commitment.employee_id, AccountKind(commitment.paid_from)
        taken = split(minor, self.available.get(key, 0))
        self.available[key] = self.available.get(key, 0) - taken.taken_minor
        return taken

    def account(self, employee: int, kind: AccountKind) -> int:
        key = employee, kind
        if key not in self.accounts:
            opened = ledger.open_accounts(self.session, [employee], kind, Unit.EUR)
            self.accounts[key] = opened[employee]
        return self.accounts[key]


def _transfers(each: _Wanted, taken: Split, tills: _Tills) -> Iterator[NewTransfer]:
    employee = each.commitment.employee_id
    if taken.taken_minor:
        account = tills.account(employee, AccountKind(each.commitment.paid_from))
        yield _transfer(each, "paid", account, tills.purchase, taken.taken_minor)
    if taken.shortfall_minor:
        owed = tills.account(employee, AccountKind.OWED)
        yield _transfer(each, "short", owed, tills.purchase, taken.shortfall_minor)
        yield _transfer(each, "deducted", tills.pay_out, owed, taken.shortfall_minor)


def _transfer(each: _Wanted, what: str, source: int, target: int, minor: int) -> NewTransfer:
    return NewTransfer(
        id=fact_transfer_id(each.month, each.source, what),
        month=each.month,
        for_month=each.month,
        from_account=source,
        to_account=target,
        unit=Unit.EUR,
        amount_minor=minor,
        reason=Reason.INSTALMENT,
        source=each.source,
        code=each.commitment.product,
    )


def _row(each: _Wanted, taken: Split, now: datetime) -> Charge:
    return Charge(
        commitment_id=each.commitment.id,
        month=each.month,
        rest=each.rest,
        charged_minor=each.minor,
        shortfall_minor=taken.shortfall_minor,
        addition_minor=0 if each.rest else plan_of(each.commitment).addition(each.month),
        charged_at=now,
    )


def _insert(session: Session, charges: Sequence[Charge]) -> None:
    session.add_all(charges)
    session.flush()  # reason: one charge a month: who comes second must stop before it posts


def _tell_short(
    session: Session, wanted: Sequence[_Wanted], charges: Sequence[Charge], *, now: datetime
) -> None:
    for each, charge in zip(wanted, charges, strict=True):
        if charge.shortfall_minor:
            tell = notices.Tell(
                kind=SHORT,
                subject=source_of(each.commitment),
                key=f"{each.source}:short",
                employee_ids=[each.commitment.employee_id],
                data={
                    "scheme": each.commitment.scheme,
                    "product": each.commitment.product,
                    "names": _names_of(session, each.commitment, each.month),
                    "month": str(each.month),
                },
            )
            notices.tell(session, tell, actor=SYSTEM, now=now)


def _names_of(session: Session, commitment: Commitment, month: Month) -> dict[str, str]:
    scheme = schemes.scheme_for(session, commitment.scheme, month)
    product = scheme.products.get(commitment.product) if scheme else None
    return dict(product.names) if product else {}


# --- before its time --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class EndCommitment:
    commitment_id: UUID


def end_commitment(
    session: Session, cmd: EndCommitment, *, actor: Actor, now: datetime
) -> Commitment:
    """End it as its product allows: a term is charged no more, of instalments the rest is paid now.

    Ending an ended one changes nothing. Raises `CommitmentStays`, `InsufficientBudget` when the
    account cannot pay the rest, `CommitmentUnknown` for anybody else's.
    """
    seen = queries.access_commitment(session, cmd.commitment_id, actor=actor)
    month = _month_of_end(session, seen)
    ledger.lock_month(session, month)
    ledger.lock_accounts_of(session, [seen.employee_id], PAYING)
    commitment = session.get_one(Commitment, seen.id, populate_existing=True, with_for_update=True)
    if commitment.ended_because is not None:
        return commitment
    if not commitment.early_end:
        raise CommitmentStays("This cannot be ended before its last month.", why="rule")
    rest = _rest(session, commitment, leaving=False)
    if rest and (missing := _missing(session, commitment, rest)):
        raise InsufficientBudget(
            "What is left of the price is paid at once, and there is not enough for that.",
            price=rest,
            missing=missing,
        )
    _end(session, [(commitment, rest)], month, EndedBecause.EARLY, now=now)
    audit.record(session, "shop.commitment_ended", source_of(commitment), actor=actor, now=now)
    return commitment


def _month_of_end(session: Session, commitment: Commitment) -> Month:
    """The last month that was charged, or where what belongs to it is booked now."""
    charged = [charge.month for charge in queries.charges_of(session, [commitment.id])]
    return ledger_queries.booking_month(session, max(charged, default=commitment.first_month))


def _missing(session: Session, commitment: Commitment, rest: int) -> int:
    tills = _Tills(session, [commitment.employee_id])
    return tills.take(commitment, rest).shortfall_minor


def end_for_leavers(
    session: Session, employee_ids: Collection[int], month: Month, *, now: datetime
) -> None:
    """By the rule of each: the rest is charged in the month of the leaving, or nothing more is."""
    ending = queries.running(session, employee_ids, month)
    rests = [(each, _rest(session, each, leaving=True)) for each in ending]
    _end(session, rests, month, EndedBecause.LEAVING, now=now)


def _rest(session: Session, commitment: Commitment, *, leaving: bool) -> int:
    """What is still to pay at once: early, the rest of a price that was divided; on leaving, what
    the product's rule says, of a term too."""
    pays = commitment.leaving == OnLeaving.PAY_REST if leaving else commitment.divided
    if not pays:
        return 0
    charged = queries.charges_of(session, [commitment.id])
    whole = sum(line.charge_minor for line in plan_of(commitment).lines())
    return whole - sum(charge.charged_minor for charge in charged)


def _end(
    session: Session,
    ending: Sequence[tuple[Commitment, int]],
    month: Month,
    because: EndedBecause,
    *,
    now: datetime,
) -> None:
    wanted = [_Wanted(each, month, rest, rest=True) for each, rest in ending if rest]
    _charge(session, wanted, now=now)
    for commitment, _ in ending:
        charges = queries.charges_of(session, [commitment.id])
        months = [charge.month for charge in charges if not charge.rest]
        commitment.last_month = max(months, default=commitment.first_month.plus(-1))
        commitment.ended_because, commitment.ended_at = because, now


# --- with its order ---------------------------------------------------------------------------


def undo(
    session: Session, order: Order, month: Month, source: str, *, actor: Actor, now: datetime
) -> None:
    """The order is taken back: so is every charge, booked in `month`. Again: changes nothing."""
    commitment = session.get(Commitment, order.id, with_for_update=True)
    if commitment is None:
        return
    ledger.lock_accounts_of(session, [commitment.employee_id], PAYING)
    for charge in queries.charges_of(session, [order.id]):
        _back(session, commitment, charge, month, source, actor=actor, now=now)
    commitment.last_month = commitment.first_month.plus(-1)
    commitment.ended_because, commitment.ended_at = EndedBecause.CANCELLED, now


def _back(
    session: Session,
    commitment: Commitment,
    charge: Charge,
    month: Month,
    source: str,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    each = _Wanted(commitment, charge.month, charge.charged_minor, charge.rest)
    for what in _moved(charge):
        cmd = ledger.ReverseTransfer(
            fact_transfer_id(month, each.source, what, "back"),
            fact_transfer_id(charge.month, each.source, what),
            month,
            source,
        )
        ledger.reverse_transfer(session, cmd, actor=actor, now=now)
    charge.reversed_at, charge.reversed_in = now, month


def _moved(charge: Charge) -> Iterator[str]:
    """The transfers of a charge, in an order in which they can be taken back: a debt stays one."""
    if charge.shortfall_minor:
        yield from ("deducted", "short")
    if charge.charged_minor > charge.shortfall_minor:
        yield "paid"


# --- one charge by itself ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ReverseCharge:
    """`charged`: what the charge's transfers name as their cause. `month` is the open month in
    which it is taken back, `source` what the reversals name."""

    charged: str
    month: Month
    source: str


def reverse_charge(session: Session, cmd: ReverseCharge, *, actor: Actor, now: datetime) -> bool:
    """Take one month's charge back, such as one that payroll refused; the commitment goes on.

    Whether there was something to take back. Called with the month locked.
    """
    found = queries.charge_of(session, cmd.charged)
    if found is None:
        return False
    commitment, charge = found
    ledger.lock_accounts_of(session, [commitment.employee_id], PAYING)
    session.refresh(charge, with_for_update=True)
    if charge.reversed_at is not None:
        return False
    _back(session, commitment, charge, cmd.month, cmd.source, actor=actor, now=now)
    audit.record(session, "shop.charge_reversed", cmd.charged, actor=actor, now=now)
    return True
