"""What is in the ledger: balances, months, what was moved why; and the proof that it adds up."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from ideals.db import array, driver
from ideals.kernel.month import Month
from ideals.kernel.quantity import Unit
from ideals.kernel.registry import Registry
from ideals.ledger.errors import MonthNotOpened
from ideals.ledger.models import Account, LedgerMonth
from ideals.ledger.states import AccountKind, MonthState, Reason


def month_state(session: Session, month: Month) -> MonthState | None:
    """`None` when the month has no place in the ledger yet."""
    state = session.scalar(select(LedgerMonth.state).where(LedgerMonth.month == month))
    return None if state is None else MonthState(state)


def open_month(session: Session) -> Month:
    """The earliest month that is not sealed. Raises `MonthNotOpened` when there is none."""
    return _first_unsealed(session, None)


def booking_month(session: Session, month: Month) -> Month:
    """Where something of this month is booked: there, or, once that is sealed, in the earliest
    later month that is not. Raises `MonthNotOpened`."""
    return _first_unsealed(session, month)


def unsealed_between(session: Session, first: Month, last: Month) -> Sequence[Month]:
    """The months that still take rows, in order."""
    return session.scalars(
        select(LedgerMonth.month)
        .where(LedgerMonth.month.between(first, last), LedgerMonth.state != MonthState.SEALED)
        .order_by(LedgerMonth.month)
    ).all()


def last_month(session: Session) -> Month | None:
    """The latest month that the ledger has a place for."""
    return session.scalar(select(func.max(LedgerMonth.month)))


def _first_unsealed(session: Session, start: Month | None) -> Month:
    wanted = (
        select(LedgerMonth.month)
        .where(LedgerMonth.state != MonthState.SEALED)
        .order_by(LedgerMonth.month)
        .limit(1)
    )
    if start is not None:
        wanted = wanted.where(LedgerMonth.month >= start)
    found = session.scalar(wanted)
    if found is None:
        raise MonthNotOpened("No month is open for posting; open the coming months first.")
    return found


def accounts_of(
    session: Session, employee_ids: Collection[int], kind: AccountKind, unit: Unit
) -> dict[int, int]:
    """Employee id to account id, for those who have such an account."""
    rows = driver(session).execute(
        "SELECT employee_id, id FROM ledger_account"
        " WHERE employee_id = ANY(%s) AND kind = %s AND unit = %s",
        (array(employee_ids), kind.value, unit.value),
        prepare=False,
    )
    return dict(rows.fetchall())


def accounts_with_balance(
    session: Session, employee_ids: Collection[int], kinds: Collection[AccountKind], unit: Unit
) -> list[tuple[int, AccountKind, int, int]]:
    """(employee, kind, account, posted) of the accounts there are, read without a lock."""
    rows = driver(session).execute(
        "SELECT employee_id, kind, id, posted_minor FROM ledger_account"
        " WHERE employee_id = ANY(%s) AND kind = ANY(%s) AND unit = %s",
        (array(employee_ids), [kind.value for kind in kinds], unit.value),
        prepare=False,
    )
    kind_of = {kind.value: kind for kind in kinds}
    return [(employee, kind_of[kind], account, minor) for employee, kind, account, minor in rows]


@dataclass(frozen=True, slots=True)
class AccountBalance:
    account_id: int
    kind: AccountKind
    unit: Unit
    posted_minor: int
    held_minor: int

    @property
    def available_minor(self) -> int:
        return self.posted_minor - self.held_minor


def balances(session: Session, employee_id: int) -> list[AccountBalance]:
    """One for each account the employee has, by kind and unit; a debt is negative."""
    rows = session.execute(
        select(
            Account.id,
            Account.kind,
            Account.unit,
            func.coalesce(Account.posted_minor, 0),
            func.coalesce(Account.held_minor, 0),
        )
        .where(Account.employee_id == employee_id)
        .order_by(Account.kind, Account.unit)
    )
    return [
        AccountBalance(account, AccountKind(kind), Unit(unit), posted, held)
        for account, kind, unit, posted, held in rows
    ]


# Account by account down the index (OFFSET 0 keeps it so): asked for all at once, the database
# reads a whole month for each chunk of a run, because nobody has counted a month that is filling.
_ALLOCATED = """
SELECT account, code, for_month, sum(amount)::bigint
  FROM unnest(%(accounts)s::bigint[]) AS asked (account)
 CROSS JOIN LATERAL (
    SELECT code, for_month, amount_minor AS amount
      FROM ledger_transfer
     WHERE month >= %(first)s AND for_month = ANY(%(months)s) AND to_account = asked.account
       AND reason = ANY(%(reasons)s) AND phase IN ('single', 'post')
       AND (%(source)s::text IS NULL OR starts_with(source, %(source)s::text))
    UNION ALL
    SELECT code, for_month, -amount_minor
      FROM ledger_transfer
     WHERE month >= %(first)s AND for_month = ANY(%(months)s) AND from_account = asked.account
       AND reason = ANY(%(reasons)s) AND phase IN ('single', 'post')
       AND (%(source)s::text IS NULL OR starts_with(source, %(source)s::text))
    OFFSET 0
 ) moved
 GROUP BY account, code, for_month
"""


def allocated(
    session: Session,
    account_ids: Sequence[int],
    for_months: Collection[Month],
    *,
    source_prefix: str | None = None,
    reasons: Collection[Reason] = (Reason.ALLOCATION,),
) -> dict[tuple[int, str | None, Month], int]:
    """What these accounts got, by (account, code, for_month): in minus out, in cents or minutes.

    Whichever month it was booked in. `source_prefix` such as `run:nwb:` keeps to one scheme's.
    Reads only partitions from the earliest of `for_months` on.
    """
    if not account_ids or not for_months:
        return {}
    rows = driver(session).execute(
        _ALLOCATED,
        {
            "first": min(for_months).number,
            "months": [month.number for month in for_months],
            "accounts": array(account_ids),
            "reasons": [reason.value for reason in reasons],
            "source": source_prefix,
        },
        # Planned each time: for one employee or 10,000, and for the partitions of these months.
        prepare=False,
    )
    return {
        (account, code, Month.from_number(month)): amount for account, code, month, amount in rows
    }


class Moved(NamedTuple):
    """A row on one account of an employee: in, or, negative, out, in the smallest unit."""

    employee_id: int
    account: AccountKind
    id: UUID
    for_month: Month
    happened_at: datetime
    reason: Reason
    code: str | None
    source: str
    minor: int
    reverses_id: UUID | None


def moved(
    session: Session,
    employee_ids: Collection[int],
    kinds: Collection[AccountKind],
    unit: Unit,
    *,
    reasons: Collection[Reason],
) -> list[Moved]:
    """All that ever moved on these accounts for these reasons, by employee, month and id."""
    rows = driver(session).execute(
        _MOVED,
        {
            "ids": array(employee_ids),
            "kinds": [kind.value for kind in kinds],
            "unit": unit.value,
            "reasons": [reason.value for reason in reasons],
        },
        prepare=False,
    )
    return [
        Moved(
            row[0],
            AccountKind(row[1]),
            row[2],
            Month.from_number(row[3]),
            row[4],
            Reason(row[5]),
            *row[6:],
        )
        for row in rows
    ]


# Account by account down the indexes, as for what was allocated.
_MOVED = """
SELECT a.employee_id, a.kind, moved.*
  FROM ledger_account a
 CROSS JOIN LATERAL (
    SELECT id, for_month, happened_at, reason, code, source, amount_minor, reverses_id
      FROM ledger_transfer
     WHERE to_account = a.id AND reason = ANY(%(reasons)s) AND phase IN ('single', 'post')
    UNION ALL
    SELECT id, for_month, happened_at, reason, code, source, -amount_minor, reverses_id
      FROM ledger_transfer
     WHERE from_account = a.id AND reason = ANY(%(reasons)s) AND phase IN ('single', 'post')
    OFFSET 0
 ) moved
 WHERE a.employee_id = ANY(%(ids)s::bigint[]) AND a.kind = ANY(%(kinds)s) AND a.unit = %(unit)s
 ORDER BY a.employee_id, moved.for_month, moved.id
"""


@dataclass(frozen=True, slots=True)
class StatementRow:
    """A transfer as its employee sees it. `amount_minor` is what came in (negative: went out) and
    `held_minor` what was set aside (negative: released), in the account's smallest unit."""

    id: UUID
    month: Month
    for_month: Month
    kind: AccountKind
    unit: Unit
    amount_minor: int
    held_minor: int
    reason: Reason
    code: str | None
    source: str
    actor: str
    happened_at: datetime
    recorded_at: datetime
    reverses_id: UUID | None


# One branch for each side, so that each goes by its own index; and the accounts as values, for most
# rows come from one account of the employer, and a join would be planned as if all did.
_STATEMENT = text(
    """
    SELECT t.id, t.month, t.for_month, a.kind, a.unit, a.id AS account,
           CASE WHEN t.phase IN ('single', 'post') THEN -t.amount_minor ELSE 0 END AS amount_minor,
           CASE t.phase WHEN 'single' THEN 0 WHEN 'pending' THEN t.amount_minor
                ELSE -(SELECT h.amount_minor FROM ledger_transfer h
                        WHERE h.month = t.hold_month AND h.id = t.hold_id) END AS held_minor,
           t.reason, t.code, t.source, t.actor, t.happened_at, t.recorded_at, t.reverses_id
      FROM ledger_transfer t JOIN ledger_account a ON a.id = t.from_account
     WHERE t.from_account = ANY(:accounts) AND t.month BETWEEN :first AND :last
    UNION ALL
    SELECT t.id, t.month, t.for_month, a.kind, a.unit, a.id, t.amount_minor, 0,
           t.reason, t.code, t.source, t.actor, t.happened_at, t.recorded_at, t.reverses_id
      FROM ledger_transfer t JOIN ledger_account a ON a.id = t.to_account
     WHERE t.to_account = ANY(:accounts) AND t.month BETWEEN :first AND :last
       AND t.phase IN ('single', 'post')
     ORDER BY month, recorded_at, id, account
    """
)


def statement(session: Session, employee_id: int, first: Month, last: Month) -> list[StatementRow]:
    """Every row that touched the employee's accounts, booked in these months, oldest first."""
    accounts = [balance.account_id for balance in balances(session, employee_id)]
    rows = session.execute(
        _STATEMENT, {"accounts": accounts, "first": first.number, "last": last.number}
    )
    return [
        StatementRow(
            row.id,
            Month.from_number(row.month),
            Month.from_number(row.for_month),
            AccountKind(row.kind),
            Unit(row.unit),
            row.amount_minor,
            row.held_minor,
            Reason(row.reason),
            row.code,
            row.source,
            row.actor,
            row.happened_at,
            row.recorded_at,
            row.reverses_id,
        )
        for row in rows
    ]


def anything_before(session: Session, employee_id: int, month: Month) -> bool:
    """Whether something touched the employee's accounts before this month."""
    accounts = [balance.account_id for balance in balances(session, employee_id)]
    found = session.scalar(_ANYTHING_BEFORE, {"accounts": accounts, "month": month.number})
    return bool(found)


_ANYTHING_BEFORE = text(
    """
    SELECT EXISTS (SELECT FROM ledger_transfer
                    WHERE to_account = ANY(:accounts) AND month < :month)
        OR EXISTS (SELECT FROM ledger_transfer
                    WHERE from_account = ANY(:accounts) AND month < :month)
    """
)


def moved_after(session: Session, employee_id: int, month: Month) -> dict[int, tuple[int, int]]:
    """What moved on each account of the employee in later months: (posted, held), as signed sums.

    Taken off the balance of now, it gives the balance at the end of `month`.
    """
    rows = session.execute(_MOVED_AFTER, {"employee": employee_id, "month": month.number})
    return {account: (posted, held) for account, posted, held in rows}


_MOVED_AFTER = text(
    """
    SELECT account, sum(posted)::bigint, sum(held)::bigint
      FROM (
        SELECT t.from_account AS account,
               CASE WHEN t.phase IN ('single', 'post') THEN -t.amount_minor ELSE 0 END AS posted,
               CASE t.phase WHEN 'single' THEN 0 WHEN 'pending' THEN t.amount_minor
                    ELSE -(SELECT h.amount_minor FROM ledger_transfer h
                            WHERE h.month = t.hold_month AND h.id = t.hold_id) END AS held
          FROM ledger_transfer t
         WHERE t.month > :month AND t.from_account = ANY(
               ARRAY(SELECT id FROM ledger_account WHERE employee_id = :employee))
        UNION ALL
        SELECT to_account, amount_minor, 0 FROM ledger_transfer
         WHERE month > :month AND phase IN ('single', 'post') AND to_account = ANY(
               ARRAY(SELECT id FROM ledger_account WHERE employee_id = :employee))
      ) moved
     GROUP BY account
    """
)


def moved_later(session: Session, account_ids: Collection[int], month: Month) -> dict[int, int]:
    """What later months brought to these accounts so far, or took (negative); without the zeros."""
    rows = driver(session).execute(
        _MOVED_LATER, {"accounts": array(account_ids), "month": month.number}, prepare=False
    )
    return dict(rows.fetchall())


# Account by account down the index, as `allocated` goes; nothing at all while nobody has booked
# anything in a later month.
_MOVED_LATER = """
SELECT account, sum(amount)::bigint
  FROM unnest(%(accounts)s::bigint[]) AS asked (account)
 CROSS JOIN LATERAL (
    SELECT amount_minor AS amount FROM ledger_transfer
     WHERE month > %(month)s AND to_account = asked.account AND phase IN ('single', 'post')
    UNION ALL
    SELECT -amount_minor FROM ledger_transfer
     WHERE month > %(month)s AND from_account = asked.account AND phase IN ('single', 'post')
    OFFSET 0
 ) moved
 WHERE EXISTS (SELECT FROM ledger_transfer WHERE month > %(month)s)
 GROUP BY account HAVING sum(amount) <> 0
"""


@dataclass(frozen=True, slots=True)
class SourceTold:
    """What caused transfers: a sentence in the reader's words, and where more of it stands.

    `title`: what its lines are called, where the cause knows better than the reason says.
    """

    sentence: str
    href: str | None = None
    title: str | None = None


Describer = Callable[[Session, Collection[str]], Mapping[str, SourceTold]]
DESCRIBE: Registry[Describer] = Registry("say in words what caused a transfer")
"""By kind of source, the word before its first colon: `run`, `order`, `deal`."""


def described(session: Session, sources: Iterable[str]) -> dict[str, SourceTold]:
    """Each source that somebody can tell about; one question for each kind, however many."""
    by_kind: dict[str, set[str]] = {}
    for source in sources:
        by_kind.setdefault(source.partition(":")[0], set()).add(source)
    told: dict[str, SourceTold] = {}
    for kind, named in sorted(by_kind.items()):
        if describer := DESCRIBE.get(kind):
            told |= describer(session, sorted(named))
    return told


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that does not add up: `what` names the account, transfer or month."""

    what: str
    expected: str
    found: str


Prover = Callable[[Session], Iterable[Difference]]
PROVERS: Registry[Prover] = Registry("compare totals of those who move value with the ledger")
"""Higher features register theirs: runs, orders and deals say what they posted."""


def prove(session: Session) -> list[Difference]:
    """Recompute everything that the ledger claims, from its transfers alone.

    Empty when all is right. Reads the whole ledger. Each comparison is one statement, and so sees
    one moment: what others post meanwhile is no difference.
    """
    found = [difference for check in _CHECKS for difference in _compare(session, check)]
    for _, prover in PROVERS.items():
        found.extend(prover(session))
    return found


def _compare(session: Session, check: str) -> Iterator[Difference]:
    for what, expected, found in session.execute(text(check)):
        yield Difference(what, expected, found)


_CHECKS = (
    # Balances, each from every transfer that touched the account.
    """
    WITH effects AS (
        SELECT from_account AS id,
               CASE WHEN phase IN ('single', 'post') THEN -amount_minor ELSE 0 END AS posted,
               CASE phase WHEN 'single' THEN 0 WHEN 'pending' THEN amount_minor
                    ELSE -(SELECT h.amount_minor FROM ledger_transfer h
                            WHERE h.month = t.hold_month AND h.id = t.hold_id) END AS held
          FROM ledger_transfer t
        UNION ALL
        SELECT to_account, amount_minor, 0 FROM ledger_transfer
         WHERE phase IN ('single', 'post')
    ), totals AS (SELECT id, sum(posted) AS posted, sum(held) AS held FROM effects GROUP BY id)
    SELECT format('balance of account %s (%s %s of employee %s)', a.id, a.kind, a.unit,
                  a.employee_id),
           format('posted %s, held %s', coalesce(t.posted, 0), coalesce(t.held, 0)),
           format('posted %s, held %s', a.posted_minor, a.held_minor)
      FROM ledger_account a LEFT JOIN totals t USING (id)
     WHERE a.employee_id IS NOT NULL
       AND (a.posted_minor, a.held_minor)
           IS DISTINCT FROM (coalesce(t.posted, 0), coalesce(t.held, 0))
     ORDER BY a.id
    """,
    # Nobody has less than nothing, and nobody owes less than nothing.
    """
    SELECT format('account %s (%s %s of employee %s)', id, kind, unit, employee_id),
           CASE kind WHEN 'owed' THEN 'nothing above zero, nothing held'
                     ELSE 'nothing below zero' END,
           format('posted %s, held %s', posted_minor, held_minor)
      FROM ledger_account
     WHERE employee_id IS NOT NULL
       AND CASE kind WHEN 'owed' THEN posted_minor > 0 OR held_minor <> 0
                     ELSE held_minor < 0 OR posted_minor < held_minor END
     ORDER BY id
    """,
    # Value stays in its unit, between accounts that are there.
    """
    SELECT format('transfer %s', t.id), format('both accounts in %s', t.unit),
           format('from %s, to %s', coalesce(f.unit, 'no account'), coalesce(o.unit, 'no account'))
      FROM ledger_transfer t
      LEFT JOIN ledger_account f ON f.id = t.from_account
      LEFT JOIN ledger_account o ON o.id = t.to_account
     WHERE (f.unit = t.unit AND o.unit = t.unit) IS NOT TRUE
     ORDER BY t.id
    """,
    # What the CHECKs say of each row by itself.
    """
    SELECT format('transfer %s', id),
           format('booked in %s, for that month or before', left(id::text, 6)),
           format('booked in %s for %s, amount %s', month, for_month, amount_minor)
      FROM ledger_transfer
     WHERE left(id::text, 6) <> month::text OR for_month > month
        OR amount_minor NOT BETWEEN 1 AND 100000000000000 OR from_account = to_account
     ORDER BY id
    """,
    # A hold is resolved at most once, by a row that fits it, and the list of those agrees.
    """
    SELECT format('hold %s', t.hold_id), 'one hold, resolved once, for no more than it held',
           format('%s rows (%s), for %s of %s', count(*),
                  string_agg(t.phase, ', ' ORDER BY t.phase),
                  sum(t.amount_minor), coalesce(max(h.amount_minor)::text, 'no hold'))
      FROM ledger_transfer t
      LEFT JOIN ledger_transfer h
        ON h.month = t.hold_month AND h.id = t.hold_id AND h.phase = 'pending'
     WHERE t.hold_id IS NOT NULL
     GROUP BY t.hold_id
    HAVING count(*) > 1 OR max(h.amount_minor) IS NULL OR sum(t.amount_minor) > max(h.amount_minor)
        OR bool_or(t.phase = 'void' AND t.amount_minor <> h.amount_minor)
        OR bool_or((t.from_account, t.to_account) <> (h.from_account, h.to_account))
     ORDER BY t.hold_id
    """,
    """
    SELECT format('resolution of hold %s', coalesce(t.hold_id, r.hold_id)),
           coalesce('by ' || t.id, 'none'), coalesce('by ' || r.transfer_id, 'none')
      FROM (SELECT hold_id, id FROM ledger_transfer WHERE hold_id IS NOT NULL) t
      FULL JOIN ledger_hold_resolution r ON r.transfer_id = t.id AND r.hold_id = t.hold_id
     WHERE t.id IS NULL OR r.transfer_id IS NULL
     ORDER BY 1
    """,
    # A reversal moves back what was moved, once.
    """
    SELECT format('transfer %s', t.reverses_id), 'reversed once, with the same amount',
           format('%s reversals of %s, for %s', count(*),
                  coalesce(max(r.amount_minor)::text, 'nothing'), sum(t.amount_minor))
      FROM ledger_transfer t
      LEFT JOIN ledger_transfer r ON r.month = t.reverses_month AND r.id = t.reverses_id
     WHERE t.reverses_id IS NOT NULL
     GROUP BY t.reverses_id
    HAVING count(*) > 1 OR max(r.amount_minor) IS DISTINCT FROM sum(t.amount_minor)
        OR bool_or((t.from_account, t.to_account) <> (r.to_account, r.from_account))
     ORDER BY t.reverses_id
    """,
    """
    SELECT format('reversal of %s', coalesce(t.reverses_id, r.reversed_id)),
           coalesce('by ' || t.id, 'none'), coalesce('by ' || r.transfer_id, 'none')
      FROM (SELECT reverses_id, id FROM ledger_transfer WHERE reverses_id IS NOT NULL) t
      FULL JOIN ledger_reversal r ON r.transfer_id = t.id AND r.reversed_id = t.reverses_id
     WHERE t.id IS NULL OR r.transfer_id IS NULL
     ORDER BY 1
    """,
    # One act posts one fact once: the same again under another id is value from nowhere.
    """
    SELECT format('%s of %s for %s by %s, account %s to %s', reason, coalesce(code, 'no code'),
                  for_month, source, from_account, to_account),
           'one transfer', format('%s transfers', count(*))
      FROM ledger_transfer t
     WHERE reason IN ('allocation', 'opening', 'grant') AND phase = 'single'
       AND reverses_id IS NULL
       AND NOT EXISTS (SELECT FROM ledger_reversal r WHERE r.reversed_id = t.id)
     GROUP BY source, reason, code, for_month, from_account, to_account
    HAVING count(*) > 1
     ORDER BY 1
    """,
    # Every month has its partition, and every partition its month.
    """
    SELECT format('month %s', coalesce(m.month, p.month)), 'a month and its partition',
           CASE WHEN p.month IS NULL THEN 'no partition' ELSE 'no month' END
      FROM ledger_month m
      FULL JOIN (SELECT substring(inhrelid::regclass::text FROM '[0-9]{6}$')::integer AS month
                   FROM pg_inherits WHERE inhparent = 'ledger_transfer'::regclass) p USING (month)
     WHERE m.month IS NULL OR p.month IS NULL
     ORDER BY 1
    """,
    # The seals, each with the one before.
    """
    SELECT format('seal of month %s', m.month),
           format('%s rows, digest %s', d.row_count, d.digest),
           format('%s rows, digest %s', m.row_count, m.digest)
      FROM ledger_month m
     CROSS JOIN LATERAL (SELECT coalesce((SELECT b.digest FROM ledger_month b
           WHERE b.month < m.month ORDER BY b.month DESC LIMIT 1), '') AS digest) before
     CROSS JOIN LATERAL ledger_digest(m.month, before.digest) d
     WHERE m.state = 'sealed'
       AND (m.row_count, m.total_eur_minor, m.total_min_minor, m.previous_digest, m.digest)
           IS DISTINCT FROM
           (d.row_count, d.total_eur_minor, d.total_min_minor, before.digest, d.digest)
     ORDER BY m.month
    """,
    """
    SELECT format('month %s', m.month), 'sealed before the later ones', m.state
      FROM ledger_month m
     WHERE m.state <> 'sealed'
       AND EXISTS (SELECT FROM ledger_month l WHERE l.month > m.month AND l.state = 'sealed')
     ORDER BY m.month
    """,
)
