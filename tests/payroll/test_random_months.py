"""Whatever happens in two months, their batches say what the ledger says, line by line."""

from __future__ import annotations

from collections import Counter
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from ideals.kernel.month import Month
from ideals.ledger.errors import InsufficientBalance, OwedOverpaid, ReversalRefused
from ideals.ledger.states import Reason
from ideals.payroll import queries
from ideals.payroll.commands import KeepCode, MakeBatch, keep_code, make_batch
from ideals.payroll.states import LineKind
from tests.payroll.conftest import APRIL, DINA, FEBRUARY, MARCH, NOW, Books, open_books

MONTHS = st.sampled_from([MARCH, APRIL])
WHO = st.sampled_from(["1", "2", "3"])
CENTS = st.integers(1, 40_000)
ITEMS = st.sampled_from(["cash", "advance", "gym", "leave"])
CODES = st.sampled_from(["4000", "4010", "4020"])

ACTS = st.one_of(
    st.tuples(st.just("pay"), WHO, MONTHS, CENTS, ITEMS),
    st.tuples(st.just("buy"), WHO, MONTHS, CENTS, ITEMS),
    st.tuples(st.just("buy_leave"), WHO, MONTHS, CENTS, st.integers(1, 960)),
    st.tuples(st.just("sell_leave"), WHO, MONTHS, CENTS, st.integers(1, 240)),
    st.tuples(st.just("short"), WHO, MONTHS, st.integers(0, 500), CENTS),
    st.tuples(st.just("left_over"), WHO, MONTHS, CENTS, st.none()),
    st.tuples(st.just("back"), WHO, MONTHS, st.integers(0, 30), st.none()),
)
GIVEN_CODES = st.lists(
    st.tuples(
        st.sampled_from([LineKind.PAY, LineKind.PURCHASE, LineKind.DEDUCTION]),
        st.one_of(ITEMS, st.just("")),
        CODES,
        MONTHS,
    ),
    max_size=4,
)


@given(acts=st.lists(ACTS, max_size=25), codes=GIVEN_CODES)
@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_batches_say_what_the_ledger_says(
    session: Session, acts: list[tuple[Any, ...]], codes: list[tuple[Any, ...]]
) -> None:
    with session.begin_nested() as tried:
        _a_history(session, open_books(session), acts, codes)
        assert list(queries.prove_batches(session)) == []
        for month in (MARCH, APRIL):
            _check(session, month)
        tried.rollback()
    session.expire_all()


def _check(session: Session, month: Month) -> None:
    codes = queries.reconciliation(session, month)
    assert [code for code in codes if code.difference_minor] == []
    sums: Counter[tuple[str, str]] = Counter()
    named = []
    for line in queries.exported(session, month):
        assert line.minor
        sums[line.code, line.unit.value] += line.minor
        named.append((line.number, line.code, line.unit, line.tax))
        found = queries.line_of(session, month, line.line)
        assert sum(one.minor for one in queries.claimed_by(session, found)) == line.minor
    assert named == sorted(named)
    assert len(set(named)) == len(named)
    assert {key: minor for key, minor in sums.items() if minor} == {
        (code.code, code.unit.value): code.minor for code in codes if code.minor
    }


def _a_history(
    session: Session, books: Books, acts: list[tuple[Any, ...]], codes: list[tuple[Any, ...]]
) -> None:
    for kind, item, code, month in codes:
        cmd = KeepCode(kind, item, code, f"Code {code}", month)
        keep_code(session, cmd, actor=DINA, now=NOW)
    for number in ("1", "2", "3"):
        books.allocate(number, 60_000)
    done: list[UUID] = []
    books.seal(FEBRUARY)
    for month in (MARCH, APRIL):
        for act in acts:
            if act[2] == month:
                _act(session, books, done, *act)
        books.seal(month)
        make_batch(session, MakeBatch(month), actor=DINA, now=NOW)


def _act(
    session: Session, books: Books, done: list[UUID], what: str, who: str, month: Month, *how: Any
) -> None:
    """What the ledger refuses has not happened."""
    try:
        with session.begin_nested():
            match what:
                case "pay":
                    done.append(books.pay(who, how[0], code=how[1], month=month))
                case "buy":
                    done.append(books.buy(who, how[0], code=how[1], month=month))
                case "buy_leave":
                    books.buy_leave(who, *how, month=month)
                case "sell_leave":
                    books.sell_leave(who, *how, month=month)
                case "short":
                    books.short_instalment(who, *how, month=month)
                case "left_over":
                    left = {"code": None, "reason": Reason.LEFT_OVER, "month": month}
                    done.append(books.pay(who, how[0], **left))
                case "back" if how[0] < len(done):
                    done.append(books.reverse(done[how[0]], month=month))
    except (InsufficientBalance, OwedOverpaid, ReversalRefused):
        pass
