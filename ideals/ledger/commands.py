"""The only writer of value. Balances follow by themselves: the database moves them."""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
from sqlalchemy import ARRAY, Text, Uuid, any_, cast, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from ideals import audit
from ideals.db import array, at_once, cursor, driver
from ideals.kernel.actor import Actor
from ideals.kernel.errors import IdealsError
from ideals.kernel.month import Month
from ideals.kernel.quantity import Unit
from ideals.ledger.errors import (
    HoldRefused,
    InsufficientBalance,
    MonthNotOpened,
    MonthOutOfOrder,
    MonthSealed,
    OpeningsRefused,
    ReversalRefused,
    TransferDiffers,
    TransferRefused,
    TransferUnknown,
)
from ideals.ledger.models import (
    MONTH_LOCKS,
    Account,
    HoldResolution,
    LedgerMonth,
    Reversal,
    Transfer,
)
from ideals.ledger.queries import accounts_of, month_state
from ideals.ledger.rules import (
    OPENING_ACCOUNTS,
    Balance,
    check_amount,
    check_balance,
    effects,
    month_of_id,
    opening_minor,
)
from ideals.ledger.states import (
    EMPLOYEE_KINDS,
    UNITS,
    AccountKind,
    MonthState,
    Phase,
    Reason,
)
from ideals.people.models import Employee

# --- months -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OpenMonths:
    """From `first` through `last`, both included; those that are there already are left alone."""

    first: Month
    last: Month


def open_months(session: Session, cmd: OpenMonths, *, actor: Actor, now: datetime) -> list[Month]:
    """Make the months' partitions, and answer which were new. Raises `MonthOutOfOrder`."""
    opened = []
    with _refusals_named():
        for month in cmd.first.until(cmd.last):
            if session.scalar(select(func.ledger_open_month(month.number))):
                opened.append(month)
    for month in opened:
        audit.record(session, "ledger.month_opened", f"month:{month}", actor=actor, now=now)
    return opened


@dataclass(frozen=True, slots=True)
class BeginClosing:
    month: Month


def begin_closing(session: Session, cmd: BeginClosing, *, actor: Actor, now: datetime) -> bool:
    """Let acts of people go to later months from now on; whether it was open until now.

    Waits for whoever is posting into the month, and who comes later sees it closing: nobody's act
    is half in it. Rows of the close itself are still taken. Raises `MonthNotOpened`, `MonthSealed`.
    """
    session.execute(select(func.pg_advisory_xact_lock(MONTH_LOCKS, cmd.month.number)))
    state = month_state(session, cmd.month)
    if state is None:
        raise _not_opened(cmd.month)
    if state is MonthState.SEALED:
        raise _sealed(cmd.month)
    if state is MonthState.CLOSING:
        return False
    session.execute(
        update(LedgerMonth).where(LedgerMonth.month == cmd.month).values(state=MonthState.CLOSING)
    )
    audit.record(session, "ledger.month_closing", f"month:{cmd.month}", actor=actor, now=now)
    return True


@dataclass(frozen=True, slots=True)
class SealMonth:
    month: Month


def seal_month(session: Session, cmd: SealMonth, *, actor: Actor, now: datetime) -> str:
    """Let the month take no further row, ever, and answer the digest of its rows and of all before.

    Waits for whoever is posting into it. Sealing a sealed month changes nothing. Raises
    `MonthNotOpened`, and `MonthOutOfOrder` when an earlier month is not sealed.
    """
    sealing = (
        update(LedgerMonth)
        .where(LedgerMonth.month == cmd.month, LedgerMonth.state != MonthState.SEALED)
        .values(state=MonthState.SEALED, sealed_at=now)
        .returning(LedgerMonth.digest, LedgerMonth.row_count)
    )
    with _refusals_named():
        sealed = session.execute(sealing).one_or_none()
    if sealed is not None:
        audit.record(
            session,
            "ledger.month_sealed",
            f"month:{cmd.month}",
            actor=actor,
            now=now,
            digest=sealed.digest,
            rows=sealed.row_count,
        )
        return str(sealed.digest)
    digest = session.scalar(select(LedgerMonth.digest).where(LedgerMonth.month == cmd.month))
    if digest is None:
        raise _not_opened(cmd.month)
    return digest


def lock_month(session: Session, month: Month) -> None:
    """Keep the month from being sealed until this transaction ends: the first lock of all.

    Raises `MonthSealed` or `MonthNotOpened`.
    """
    _lock_shared(session, month)
    state = month_state(session, month)
    if state is None:
        raise _not_opened(month)
    if state is MonthState.SEALED:
        raise _sealed(month)


def _lock_shared(session: Session, month: Month) -> None:
    driver(session).execute(
        "SELECT pg_advisory_xact_lock_shared(%s, %s)", (MONTH_LOCKS, month.number)
    )


# --- accounts ---------------------------------------------------------------------------------


def open_accounts(
    session: Session, employee_ids: Collection[int], kind: AccountKind, unit: Unit
) -> dict[int, int]:
    """Employee id to account id; accounts that are missing are opened."""
    found = accounts_of(session, employee_ids, kind, unit)
    missing = sorted(set(employee_ids) - found.keys())
    if not missing:
        return found
    driver(session).execute(
        "INSERT INTO ledger_account (employee_id, kind, unit, posted_minor, held_minor)"
        " SELECT unnest(%s::bigint[]), %s, %s, 0, 0 ON CONFLICT DO NOTHING",
        (array(missing), kind.value, unit.value),
        prepare=False,
    )
    return found | accounts_of(session, missing, kind, unit)


def employer_account(session: Session, kind: AccountKind, unit: Unit) -> int:
    """The employer's account of this kind, opened when it is missing."""
    wanted = select(Account.id).where(
        Account.employee_id.is_(None), Account.kind == kind, Account.unit == unit
    )
    found = session.scalar(wanted)
    if found is None:
        session.execute(insert(Account).values(kind=kind, unit=unit).on_conflict_do_nothing())
        found = session.scalars(wanted).one()
    return found


def lock_accounts(session: Session, account_ids: Collection[int]) -> dict[int, Balance]:
    """Lock these accounts in the order of their ids and answer their balances.

    The employer's accounts have none and are not in the answer: nobody queues for them.
    """
    return {
        account: Balance(posted, held) for account, _, posted, held in _locked(session, account_ids)
    }


def _locked(session: Session, account_ids: Collection[int]) -> Sequence[tuple[int, str, int, int]]:
    return (
        driver(session)
        .execute(
            "SELECT id, kind, posted_minor, held_minor FROM ledger_account"
            " WHERE id = ANY(%s) AND employee_id IS NOT NULL ORDER BY id FOR NO KEY UPDATE",
            (array(account_ids),),
            prepare=False,
        )
        .fetchall()
    )


class Held(NamedTuple):
    """An account of an employee and what is in it."""

    id: int
    balance: Balance


def lock_accounts_of(
    session: Session,
    employee_ids: Collection[int],
    kinds: Collection[AccountKind],
    *,
    all_of: Collection[int] = (),
) -> dict[tuple[int, AccountKind, Unit], Held]:
    """Lock the accounts of these kinds that these employees have, in the order of their ids.

    `all_of`: employees among them whose accounts of whatever kind are needed.
    """
    rows = driver(session).execute(
        "SELECT employee_id, kind, unit, id, posted_minor, held_minor FROM ledger_account"
        " WHERE employee_id = ANY(%s) AND (kind = ANY(%s) OR employee_id = ANY(%s))"
        " ORDER BY id FOR NO KEY UPDATE",
        (array(employee_ids), [kind.value for kind in kinds], array(all_of)),
        prepare=False,
    )
    kind_of = {kind.value: kind for kind in EMPLOYEE_KINDS}
    unit_of = {unit.value: unit for unit in Unit}
    return {
        (employee, kind_of[kind], unit_of[unit]): Held(account, Balance(posted, held))
        for employee, kind, unit, account, posted, held in rows
    }


@dataclass(frozen=True, slots=True)
class Till:
    """What one act of an employee needs, locked: the month against its seal, then their accounts.

    `own`: account and balance by kind; `employer`: account by kind, of the same kinds.
    """

    month: Month
    state: MonthState
    own: Mapping[AccountKind, tuple[int, Balance]]
    employer: Mapping[AccountKind, int]

    def available(self, kind: AccountKind) -> int:
        return self.own[kind][1].available_minor


# The month first: its function waits for the lock, then reads the state in a look of its own. The
# balances are those after the wait for their rows.
_TILL = """
WITH month AS MATERIALIZED (
    SELECT ledger_keep_month(%(month)s) AS state
), own AS (
    SELECT a.kind, a.id, a.posted_minor, a.held_minor FROM month, ledger_account a
     WHERE a.employee_id = %(employee)s AND a.kind = ANY(%(own)s)
     ORDER BY a.id FOR NO KEY UPDATE OF a
), every AS (
    SELECT * FROM own UNION ALL
    SELECT kind, id, NULL, NULL FROM ledger_account
     WHERE employee_id IS NULL AND kind = ANY(%(employer)s)
)
SELECT month.state, every.* FROM month LEFT JOIN every ON true
"""


def lock_till(
    session: Session,
    employee_id: int,
    month: Month,
    own: Collection[AccountKind],
    employer: Collection[AccountKind],
) -> Till:
    """One statement, when every account is there; a missing one is opened. None of them is `owed`.

    Raises `MonthSealed` or `MonthNotOpened`.
    """
    values = {
        "employee": employee_id,
        "month": month.number,
        "own": [kind.value for kind in own],
        "employer": [kind.value for kind in employer],
    }
    till = _read_till(session, month, values)
    for kind in set(own) - till.own.keys():
        open_accounts(session, [employee_id], kind, UNITS[kind][0])
    for kind in set(employer) - till.employer.keys():
        employer_account(session, kind, UNITS[kind][0])
    if len(till.own) < len(own) or len(till.employer) < len(employer):
        till = _read_till(session, month, values)
    return till


def _read_till(session: Session, month: Month, values: dict[str, Any]) -> Till:
    rows = cursor(session).execute(_TILL, values).fetchall()
    state = rows[0][0]
    if state is None:
        raise _not_opened(month)
    if state == MonthState.SEALED:
        raise _sealed(month)
    own: dict[AccountKind, tuple[int, Balance]] = {}
    employer: dict[AccountKind, int] = {}
    for _, kind, account, posted, held in rows:
        if posted is not None:
            own[AccountKind(kind)] = (account, Balance(posted, held))
        elif account is not None:
            employer[AccountKind(kind)] = account
    return Till(month, MonthState(state), own, employer)


# --- transfers --------------------------------------------------------------------------------

COPY_COLUMNS = (
    "id",
    "month",
    "for_month",
    "from_account",
    "to_account",
    "unit",
    "amount_minor",
    "reason",
    "code",
    "source",
    "actor",
    "happened_at",
)
"""The order of the fields in a line for `copy_transfers`."""


def copy_transfers(session: Session, month: Month, lines: Iterable[str | bytes]) -> int:
    """Post many transfers of one month at once, and answer how many.

    Each item is one or more whole lines of PostgreSQL's COPY text format: the fields of
    `COPY_COLUMNS`, separated by tabs, NULL as `\\N`, months as 202603, each line ended by a line
    feed. Every rule of the ledger holds for them. An id that is there already is a
    `TransferDiffers`: a run finds out first what it has posted.
    """
    with _refusals_named(), driver(session).cursor() as cursor:
        table = psycopg.sql.Identifier(f"ledger_transfer_{month.number}")
        columns = psycopg.sql.SQL(", ").join(map(psycopg.sql.Identifier, COPY_COLUMNS))
        statement = psycopg.sql.SQL("COPY {} ({}) FROM STDIN").format(table, columns)
        try:
            with cursor.copy(statement) as copy:
                for line in lines:
                    copy.write(line)
        except psycopg.errors.UndefinedTable:
            raise _not_opened(month) from None
        return cursor.rowcount


@dataclass(frozen=True, slots=True)
class NewTransfer:
    """`id` is made before and is the retry key. `amount_minor` is in cents or minutes, positive.

    `source` names the exact act (`order:…`, `run:nwb:2026-03:2`); `code` the component or product.
    """

    id: UUID
    month: Month
    for_month: Month
    from_account: int
    to_account: int
    unit: Unit
    amount_minor: int
    reason: Reason
    source: str
    code: str | None = None


@dataclass(frozen=True, slots=True)
class PostTransfers:
    """All or none of them, such as the euros and the minutes of bought leave."""

    transfers: tuple[NewTransfer, ...]


def post_transfers(
    session: Session, cmd: PostTransfers, *, actor: Actor, now: datetime
) -> list[UUID]:
    """Move value at once. Answers the ids that were new: sending a transfer again changes nothing.

    Raises `InsufficientBalance`, `OwedOverpaid`, `MonthSealed`, `MonthNotOpened`,
    `TransferDiffers` when an id was used for something else, `TransferRefused`.
    """
    return _post(session, [_Row(new) for new in cmd.transfers], actor, now)


_ADD = """
INSERT INTO ledger_transfer (id, month, for_month, from_account, to_account, unit, amount_minor,
    phase, reason, code, source, actor, actor_user_id, happened_at) VALUES
"""
_ADDED = "(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"


def post_new(
    session: Session,
    till: Till,
    transfers: Sequence[NewTransfer],
    *,
    held: bool = False,
    actor: Actor,
    now: datetime,
) -> None:
    """Post, or with `held` set aside, transfers between accounts of a till: one statement.

    For who has made the ids in this transaction and looks himself whether the act was done before:
    an id that is there already is refused. Otherwise as `post_transfers`. May stand in `together`.
    """
    phase = Phase.PENDING if held else Phase.SINGLE
    rows = [_Row(new, phase) for new in transfers]
    for row in rows:
        check_amount(row.amount_minor)
    changes = effects(rows)
    for kind, (account, balance) in till.own.items():
        if account in changes:
            check_balance(kind, balance.plus(changes[account]))
    values: list[object] = []
    for new in transfers:
        values += (
            new.id, new.month.number, new.for_month.number, new.from_account, new.to_account,
            new.unit.value, new.amount_minor, phase.value, new.reason.value, new.code, new.source,
            actor.name, actor.user_id, now,
        )  # fmt: skip
    with _refusals_named():
        cursor(session).execute(_ADD + ", ".join([_ADDED] * len(transfers)), values)


def copy_new_transfers(session: Session, cmd: PostTransfers, *, actor: Actor, now: datetime) -> int:
    """As `post_transfers`, for many whose ids are known to be new: one COPY for each month.

    Hold the locks of the accounts, or somebody else may post the same meanwhile, which is then a
    `TransferDiffers`. The actor is the clock: COPY names no user.
    """
    by_month: dict[Month, list[str]] = {}
    for new in cmd.transfers:
        check_amount(new.amount_minor)
        fields = (
            new.id, new.month.number, new.for_month.number, new.from_account, new.to_account,
            new.unit.value, new.amount_minor, new.reason.value, new.code or r"\N", new.source,
            actor.name, now.isoformat(),
        )  # fmt: skip
        by_month.setdefault(new.month, []).append("\t".join(map(str, fields)) + "\n")
    return sum(copy_transfers(session, month, by_month[month]) for month in sorted(by_month))


@contextmanager
def together(session: Session) -> Iterator[None]:
    """Send plain statements, `post_new` among them, to the database at once; see `db.at_once`.

    Raises what `post_new` does, at the end of the block.
    """
    with _refusals_named(), at_once(session):
        yield


@dataclass(frozen=True, slots=True)
class Hold:
    """Sets the amount aside on the from-account until it is posted or voided."""

    transfer: NewTransfer


def hold(session: Session, cmd: Hold, *, actor: Actor, now: datetime) -> None:
    """Raises what `post_transfers` raises."""
    _post(session, [_Row(cmd.transfer, Phase.PENDING)], actor, now)


@dataclass(frozen=True, slots=True)
class PostHold:
    """`amount_minor` may be less than is held: the rest is free again. `None`: all of it."""

    id: UUID
    hold_id: UUID
    month: Month
    amount_minor: int | None = None


def post_hold(session: Session, cmd: PostHold, *, actor: Actor, now: datetime) -> None:
    """Move what a hold set aside, booked in `month`. Raises `HoldRefused`, `TransferUnknown`."""
    held = _transfer(session, cmd.hold_id)
    _resolve(session, Phase.POST, cmd.id, held, cmd.month, cmd.amount_minor, actor, now)


@dataclass(frozen=True, slots=True)
class VoidHold:
    id: UUID
    hold_id: UUID
    month: Month


def void_hold(session: Session, cmd: VoidHold, *, actor: Actor, now: datetime) -> None:
    """Free what a hold set aside, booked in `month`. Raises `HoldRefused`, `TransferUnknown`."""
    held = _transfer(session, cmd.hold_id)
    _resolve(session, Phase.VOID, cmd.id, held, cmd.month, None, actor, now)


def _resolve(
    session: Session,
    phase: Phase,
    new_id: UUID,
    held: Transfer,
    month: Month,
    amount_minor: int | None,
    actor: Actor,
    now: datetime,
) -> None:
    if held.phase != Phase.PENDING:
        raise HoldRefused(f"Transfer {held.id} is no hold: it was posted at once.")
    amount = held.amount_minor if amount_minor is None else amount_minor
    if amount > held.amount_minor:
        raise HoldRefused("The hold is for less; post at most what is held.")
    row = _Row(
        replace(_copied(held), id=new_id, month=month, amount_minor=amount),
        phase,
        hold_id=held.id,
        released_minor=held.amount_minor,
    )
    _post(session, [row], actor, now)


@dataclass(frozen=True, slots=True)
class ReverseTransfer:
    """`source` names the act that reverses; `month` is the open month it is booked in."""

    id: UUID
    transfer_id: UUID
    month: Month
    source: str


def reverse_transfer(
    session: Session, cmd: ReverseTransfer, *, actor: Actor, now: datetime
) -> None:
    """Move the whole amount back, once, for the month and reason it was moved for.

    Raises `ReversalRefused`, `TransferUnknown`, and what `post_transfers` raises.
    """
    reversed_ = _transfer(session, cmd.transfer_id)
    if reversed_.phase not in (Phase.SINGLE, Phase.POST):
        raise ReversalRefused(f"Transfer {reversed_.id} moved nothing: void the hold instead.")
    new = replace(
        _copied(reversed_),
        id=cmd.id,
        month=cmd.month,
        from_account=reversed_.to_account,
        to_account=reversed_.from_account,
        source=cmd.source,
    )
    _post(session, [_Row(new, reverses_id=reversed_.id)], actor, now)


@dataclass(frozen=True, slots=True)
class _Row:
    """A transfer with its phase and what it answers."""

    new: NewTransfer
    phase: Phase = Phase.SINGLE
    hold_id: UUID | None = None
    reverses_id: UUID | None = None
    released_minor: int = 0

    @property
    def from_account(self) -> int:
        return self.new.from_account

    @property
    def to_account(self) -> int:
        return self.new.to_account

    @property
    def amount_minor(self) -> int:
        return self.new.amount_minor

    def content(self) -> dict[str, Any]:
        """Everything that a retry has to repeat: not who sent it again, and when."""
        new = self.new
        return {
            "id": new.id,
            "month": new.month,
            "for_month": new.for_month,
            "from_account": new.from_account,
            "to_account": new.to_account,
            "unit": new.unit.value,
            "amount_minor": new.amount_minor,
            "phase": self.phase.value,
            "reason": new.reason.value,
            "code": new.code,
            "source": new.source,
            "hold_id": self.hold_id,
            "hold_month": self.hold_id and month_of_id(self.hold_id),
            "reverses_id": self.reverses_id,
            "reverses_month": self.reverses_id and month_of_id(self.reverses_id),
        }


def _post(session: Session, rows: list[_Row], actor: Actor, now: datetime) -> list[UUID]:
    """In the order of the locks: months, accounts, rows."""
    rows = _each_once(rows)
    for month in sorted({row.new.month for row in rows}):
        _lock_shared(session, month)
    locked = _locked(session, {id_ for row in rows for id_ in (row.from_account, row.to_account)})
    new = _unknown(session, rows)
    for month in {row.new.month for row in new}:
        lock_month(session, month)
    _check_unanswered(session, new)
    changes = effects(new)
    for account, kind, posted, held in locked:
        if account in changes:
            check_balance(AccountKind(kind), Balance(posted, held).plus(changes[account]))
    inserted = _insert(session, new, actor, now)
    # Two senders of the same transfer between accounts of the employer meet only here.
    _unknown(session, [row for row in new if row.new.id not in inserted])
    return [row.new.id for row in new if row.new.id in inserted]


def _each_once(rows: list[_Row]) -> list[_Row]:
    by_id: dict[UUID, _Row] = {}
    for row in rows:
        check_amount(row.amount_minor)
        if by_id.setdefault(row.new.id, row) != row:
            raise _differs(row.new.id)
    return list(by_id.values())


def _check_unanswered(session: Session, rows: list[_Row]) -> None:
    """Whether the holds and reversed transfers of these rows still wait for them. Under the locks
    of their accounts; the keys of the two tables refuse what comes between.
    """
    holds = [row.hold_id for row in rows if row.hold_id]
    resolved = select(HoldResolution.hold_id).where(HoldResolution.hold_id.in_(holds)).limit(1)
    if holds and session.scalar(resolved):
        raise _resolved()
    targets = [row.reverses_id for row in rows if row.reverses_id]
    reversed_ = select(Reversal.reversed_id).where(Reversal.reversed_id.in_(targets)).limit(1)
    if targets and session.scalar(reversed_):
        raise _reversed()


def _unknown(session: Session, rows: list[_Row]) -> list[_Row]:
    """The rows that are not in the ledger yet. Raises `TransferDiffers`."""
    if not rows:
        return []
    found = session.scalars(
        select(Transfer).where(
            Transfer.month.in_({row.new.month for row in rows}),
            Transfer.id == any_(cast([row.new.id for row in rows], ARRAY(Uuid))),
        )
    )
    known = {transfer.id: transfer for transfer in found}
    for row in rows:
        there = known.get(row.new.id)
        if there and any(getattr(there, name) != value for name, value in row.content().items()):
            raise _differs(there.id)
    return [row for row in rows if row.new.id not in known]


def _insert(session: Session, rows: list[_Row], actor: Actor, now: datetime) -> set[UUID]:
    if not rows:
        return set()
    who = {"actor": actor.name, "actor_user_id": actor.user_id, "happened_at": now}
    statement = insert(Transfer).on_conflict_do_nothing().returning(Transfer.id)
    with _refusals_named():
        return set(session.scalars(statement, [row.content() | who for row in rows]))


def _transfer(session: Session, transfer_id: UUID) -> Transfer:
    found = session.get(Transfer, (month_of_id(transfer_id), transfer_id))
    if found is None:
        raise TransferUnknown(f"There is no transfer {transfer_id}.", id=str(transfer_id))
    return found


def _copied(transfer: Transfer) -> NewTransfer:
    return NewTransfer(
        id=transfer.id,
        month=transfer.month,
        for_month=transfer.for_month,
        from_account=transfer.from_account,
        to_account=transfer.to_account,
        unit=Unit(transfer.unit),
        amount_minor=transfer.amount_minor,
        reason=Reason(transfer.reason),
        source=transfer.source,
        code=transfer.code,
    )


# --- opening balances -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Opening:
    """One row of an opening file: `amount` in euros, or in hours for the account `leave`."""

    place: int
    number: str
    account: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class PostOpenings:
    """`month` is where they are booked: an open one, before the first allocation."""

    month: Month
    openings: tuple[Opening, ...]


@dataclass(frozen=True, slots=True)
class OpeningsPosted:
    new: int
    unchanged: int


def post_openings(
    session: Session, cmd: PostOpenings, *, actor: Actor, now: datetime
) -> OpeningsPosted:
    """Give accounts what they start with. The same again changes nothing, in a later month too.

    All or nothing. Raises `OpeningsRefused` with every wrong row: an unknown employee or account,
    an amount that is none, an account named twice, or an amount other than the one posted before.
    """
    lock_month(session, cmd.month)
    faults: list[tuple[int, str]] = []
    wanted = _opening_amounts(session, cmd.openings, faults)
    accounts = {
        kind: open_accounts(session, {who for who, k in wanted if k is kind}, kind, UNITS[kind][0])
        for kind in {kind for _, kind in wanted}
    }
    ids = [id_ for by_employee in accounts.values() for id_ in by_employee.values()]
    _locked(session, ids)
    there = _openings_there(session, ids)
    new = []
    for (employee, kind), (place, amount) in wanted.items():
        account = accounts[kind][employee]
        known, before = there.get(account, (0, 0))
        if not known and amount:
            new.append(_opening(session, cmd.month, account, kind, amount, before))
        elif known != amount:
            fault = "another amount was posted before; reverse that one first"
            faults.append((place, fault))
    if faults:
        raise OpeningsRefused(
            f"{len(faults)} of {len(cmd.openings)} opening balances are wrong; nothing was posted.",
            rows=[{"row": place, "fault": fault} for place, fault in sorted(faults)],
        )
    _post(session, new, actor, now)
    done = OpeningsPosted(len(new), len(cmd.openings) - len(new))
    if new:
        subject = f"month:{cmd.month}"
        audit.record(
            session, "ledger.openings_posted", subject, actor=actor, now=now, rows=done.new
        )
    return done


def _opening_amounts(
    session: Session, openings: Sequence[Opening], faults: list[tuple[int, str]]
) -> dict[tuple[int, AccountKind], tuple[int, int]]:
    """(employee, kind) to (place, amount in the smallest unit); what is wrong joins `faults`."""
    known = select(Employee.number, Employee.id).where(
        Employee.number == any_(cast([opening.number for opening in openings], ARRAY(Text)))
    )
    employees = {row.number: row.id for row in session.execute(known)}
    wanted: dict[tuple[int, AccountKind], tuple[int, int]] = {}
    for opening in openings:
        try:
            employee = employees[opening.number]
            kind = OPENING_ACCOUNTS[opening.account]
            amount = opening_minor(kind, opening.amount)
        except KeyError:
            fault = _unknown_name(opening, employees)
        except TransferRefused as refused:
            fault = refused.message
        else:
            if (employee, kind) not in wanted:
                wanted[employee, kind] = (opening.place, amount)
                continue
            fault = f"row {wanted[employee, kind][0]} names the same account; keep one of them"
        faults.append((opening.place, fault))
    return wanted


def _unknown_name(opening: Opening, employees: Container[str]) -> str:
    if opening.number not in employees:
        return f"there is no employee with number {opening.number}; import people first"
    return f"{opening.account!r} is no account; write one of {', '.join(OPENING_ACCOUNTS)}"


def _openings_there(session: Session, account_ids: list[int]) -> dict[int, tuple[int, int]]:
    """Account to (what it was opened with, less what was reversed; how many rows that took)."""
    rows = driver(session).execute(
        "SELECT account, sum(amount)::bigint, count(*) FROM ("
        "  SELECT to_account AS account, amount_minor AS amount FROM ledger_transfer"
        "   WHERE to_account = ANY(%(ids)s) AND reason = 'opening'"
        "  UNION ALL SELECT from_account, -amount_minor FROM ledger_transfer"
        "   WHERE from_account = ANY(%(ids)s) AND reason = 'opening'"
        ") opened GROUP BY account",
        {"ids": account_ids},
        prepare=False,
    )
    return {account: (amount, count) for account, amount, count in rows}


def _opening(
    session: Session, month: Month, account: int, kind: AccountKind, amount: int, before: int
) -> _Row:
    digits = sha256(f"opening:{account}:{before}".encode()).hexdigest()[:26]
    unit = UNITS[kind][0]
    return _Row(
        NewTransfer(
            id=UUID(hex=f"{month.number}{digits}"),
            month=month,
            for_month=month,
            from_account=employer_account(session, kind, unit),
            to_account=account,
            unit=unit,
            amount_minor=amount,
            reason=Reason.OPENING,
            source=f"opening:{kind}",
        )
    )


# --- refusals ---------------------------------------------------------------------------------


def _sealed(month: Month) -> MonthSealed:
    return MonthSealed(
        f"Month {month} is sealed and takes no row; use the open month.", month=str(month)
    )


def _not_opened(month: Month) -> MonthNotOpened:
    return MonthNotOpened(
        f"Month {month} is not opened in the ledger; open it first.", month=str(month)
    )


def _differs(transfer_id: UUID) -> TransferDiffers:
    return TransferDiffers(
        f"Transfer {transfer_id} is in the ledger already, with other content; "
        "something new needs an id of its own.",
        id=str(transfer_id),
    )


def _resolved() -> HoldRefused:
    return HoldRefused("The hold is posted or voided already; look again at what became of it.")


def _reversed() -> ReversalRefused:
    return ReversalRefused("The transfer is reversed already; to restore it, reverse the reversal.")


@contextmanager
def _refusals_named() -> Iterator[None]:
    """Turn what the database refuses into the ledger's named errors.

    The transaction is over then: whoever catches one has to begin anew.
    """
    try:
        yield
    except DBAPIError as error:
        raise _named(error.orig) or error from error
    except psycopg.Error as error:
        raise _named(error) or error from error


def _named(error: BaseException | None) -> IdealsError | None:
    if not isinstance(error, psycopg.Error):
        return None
    said = error.diag.message_primary or "The database refused this transfer."
    match error.diag.constraint_name:
        case "ledger_month_sealed":
            return MonthSealed(f"{said}; use the open month")
        case "ledger_month_in_order":
            return MonthOutOfOrder(said)
        case "ledger_account_never_overdrawn":
            return InsufficientBalance("There is not enough available; choose a smaller amount.")
        case "ledger_hold_resolved_once":
            return _resolved()
        case "ledger_hold_resolvable":
            return HoldRefused(said)
        case "ledger_transfer_reversed_once":
            return _reversed()
        case "ledger_transfer_reversible":
            return ReversalRefused(said)
        case name if name and name.startswith("ledger_") and name.endswith("_pkey"):
            return TransferDiffers("A transfer with this id is in the ledger already.")
        case name if name and name.startswith("ledger_"):
            return TransferRefused(said)
    if isinstance(error, psycopg.errors.CheckViolation) and "no partition" in said:
        return MonthNotOpened("The month is not opened in the ledger; open it first.")
    return None
