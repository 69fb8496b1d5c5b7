"""Lines that payroll sends back: tasks for HR, taken back or kept."""

from __future__ import annotations

import io
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from ideals.access import queries as access
from ideals.approvals import queries as approvals
from ideals.approvals.errors import (
    AlreadyDecided,
    ApprovalUnknown,
    MayNotDecide,
    NotAboutOneself,
    ReasonMissing,
)
from ideals.approvals.models import Approval
from ideals.audit import Entry
from ideals.kernel.actor import Actor, Role
from ideals.kernel.ids import new_transfer_id
from ideals.kernel.quantity import Unit
from ideals.kernel.tabular import FileUnusable
from ideals.ledger import commands as ledger_commands
from ideals.ledger import queries as ledger
from ideals.ledger.models import Transfer
from ideals.ledger.states import AccountKind, Reason
from ideals.notices.models import Notice
from ideals.payroll import commands, queries
from ideals.payroll.commands import (
    DecideRefusal,
    RefusalReport,
    TakeRefusals,
    decide_refusal,
    take_refusals,
)
from ideals.payroll.errors import BatchUnknown, NothingToReverse
from ideals.payroll.models import Refusal
from ideals.people.errors import ColumnsWrong
from ideals.seeds import factories
from ideals.shop.commands import ReverseOrder, reverse_order
from ideals.shop.errors import MinutesUsed
from ideals.shop.models import Commitment
from tests.approvals.conftest import step_of
from tests.payroll.conftest import PAULA, Books
from tests.payroll.shopping import (
    APRIL,
    FEBRUARY,
    JANUARY,
    LATER,
    MARCH,
    a_shop,
    close,
    everything,
    line,
    lines_of,
)
from tests.shop.conftest import Shop, balance, stored


@pytest.fixture
def shop(session: Session) -> Shop:
    opened = a_shop(session)
    everything(session, opened)
    close(session, JANUARY, FEBRUARY, MARCH)
    return opened


def send(session: Session, *rows: str, header: str = "number,code,reason") -> RefusalReport:
    content = "\n".join((header, *rows)).encode()
    cmd = TakeRefusals(MARCH, io.BytesIO(content), "refused.csv")
    return take_refusals(session, cmd, actor=PAULA, now=LATER)


def refusal(session: Session) -> Refusal:
    return session.scalars(select(Refusal).where(Refusal.state == "open")).one()


def decide(
    session: Session, shop: Shop, *, reverse: bool, reason: str = "", actor: Actor | None = None
) -> Refusal:
    found = refusal(session)
    cmd = DecideRefusal(found.id, reverse, reason)
    decide_refusal(session, cmd, actor=actor or shop.dina, now=LATER)
    session.flush()  # reason: read back as it is stored
    session.refresh(found)
    return found


def proved(session: Session) -> bool:
    session.flush()
    assert ledger.prove(session) == []
    return True


# The file


def test_each_line_becomes_a_task_for_hr(session: Session, shop: Shop) -> None:
    report = send(session, "anna,pay.cash,No such wage code", "egor,purchase.car,Unknown car")
    assert (report.rows, report.new, report.known, report.faults) == (2, 2, 0, ())
    tasks = session.scalars(select(Approval).where(Approval.kind == "todo")).all()
    assert {(task.employee_id, step_of(session, task).role, task.state) for task in tasks} == {
        (shop.people.anna.id, "hr", "open"),
        (shop.people.egor.id, "hr", "open"),
    }
    # Five working days after Thursday 2 April, without Good Friday and Easter Monday.
    assert str(step_of(session, tasks[0]).due_on) == "2026-04-13"
    steps = session.scalars(
        approvals.waiting_for(session, actor=shop.dina, today=LATER.date())
    ).all()
    waiting = approvals.approvals_of(session, steps).values()
    assert {task.subject.partition(":")[0] for task in waiting} == {"payroll_refusal"}
    told = session.scalars(select(Notice).where(Notice.kind == "approval.asked")).all()
    assert shop.people.dina.id in {notice.employee_id for notice in told}
    assert session.scalars(select(Entry.details).where(Entry.act == "payroll.refusals_taken")).one()


def test_the_same_file_twice_changes_nothing(session: Session, shop: Shop) -> None:
    rows = ("anna,pay.cash,No such wage code", "anna,pay.cash,No such wage code")
    first = send(session, *rows)
    again = send(session, *rows)
    assert (first.new, first.known) == (1, 1)
    assert (again.new, again.known) == (0, 2)
    other = send(session, "anna,pay.cash,Another reason while it waits")
    assert (other.new, other.known) == (0, 1)
    assert session.scalars(select(Refusal)).one().reason == "No such wage code"


def test_a_row_that_fits_no_line_is_reported_and_the_others_are_taken(
    session: Session, shop: Shop
) -> None:
    report = send(
        session,
        "anna,pay.cash,,Fits",
        "nobody,pay.cash,,Who",
        "anna,pay.elsewhere,,What",
        "anna,pay.cash,99.99,How much",
        "anna,purchase.leave,160.00,The amount is right",
        "anna,hours.leave,8,So are the hours",
        "anna,pay.cash,12,",
        "anna,pay.cash,many,Not a number",
        header="number,code,amount,reason",
    )
    assert (report.rows, report.new) == (8, 3)
    assert [(fault.row, fault.number, str(fault.message)) for fault in report.faults] == [
        (3, "nobody", "The batch of 2026-03 has no line of this number and code"),
        (4, "anna", "The batch of 2026-03 has no line of this number and code"),
        (5, "anna", "The line of this number and code has another amount; look at the batch"),
        (8, "anna", "reason is empty; every row needs it"),
        (9, "anna", "'many' is not a number; write it such as 3300.50 or 3300,50"),
    ]


def test_a_file_that_is_none_is_refused_whole(session: Session, shop: Shop) -> None:
    with pytest.raises(ColumnsWrong):
        send(session, "anna,pay.cash", header="number,code")
    with pytest.raises(ColumnsWrong):
        send(session, "anna,pay.cash,x,y", header="number,code,reason,colour")
    with pytest.raises(FileUnusable):
        send(session)


def test_who_may_not_see_batches_sends_nothing_back(session: Session, shop: Shop) -> None:
    cmd = TakeRefusals(MARCH, io.BytesIO(b"number,code,reason\nanna,pay.cash,x"), "f.csv")
    for actor in (shop.anna, shop.boris, Actor("w", roles=frozenset({Role.WORKS_COUNCIL}))):
        with pytest.raises(BatchUnknown):
            take_refusals(session, cmd, actor=actor, now=LATER)


# HR decides


def test_a_line_of_orders_taken_back_ends_the_orders(session: Session, shop: Shop) -> None:
    """Euros and minutes come together: the line of euros takes the hours along."""
    before = balance(session, shop.anna), balance(session, shop.anna, "leave")
    send(session, "anna,purchase.leave,Leave cannot be bought here")
    found = decide(session, shop, reverse=True)

    assert (found.state, found.decided_by) == ("reversed", "dina@meridian.example")
    budget, leave = balance(session, shop.anna), balance(session, shop.anna, "leave")
    assert (budget[0] - before[0][0], leave[0] - before[1][0]) == (16_000, -480)
    rows = session.scalars(select(Transfer).where(Transfer.source == found.source)).all()
    assert {(row.month, row.for_month, row.unit) for row in rows} == {
        (APRIL, MARCH, "EUR"),
        (APRIL, MARCH, "MIN"),
    }
    assert all(row.reverses_id for row in rows)
    told = session.scalars(select(Notice).where(Notice.kind == "order.reversed")).one()
    assert (told.employee_id, told.data["reason"]) == (
        shop.people.anna.id,
        "Leave cannot be bought here",
    )
    close(session, APRIL)
    assert lines_of(session, APRIL)["anna", "purchase.leave"] == ("exempt", -16_000)
    assert lines_of(session, APRIL)["anna", "hours.leave"] == ("none", -480)
    assert proved(session)


@pytest.mark.parametrize(
    ("number", "code", "told"),
    [
        ("anna", "pay.cash", {("budget", "EUR"): 10_000}),
        ("anna", "purchase.leave", {("budget", "EUR"): 16_000, ("leave", "MIN"): -480}),
        ("anna", "hours.sell", {("budget", "EUR"): -6_000, ("leave", "MIN"): 180}),
        ("anna", "purchase.bicycle", {("budget", "EUR"): 10_000}),
        ("anna", "addition.bicycle", {}),
        ("egor", "deduction.car", {("budget", "EUR"): 100_000}),
        ("egor", "purchase.car", {("budget", "EUR"): 100_000}),
    ],
)
def test_what_taking_back_does_is_told_before_and_so_it_is(
    session: Session, shop: Shop, number: str, code: str, told: dict[tuple[str, str], int]
) -> None:
    found = line(session, number, code)
    rows = queries.goes_back(session, found)
    assert {(kind.value, unit.value): minor for kind, unit, minor in rows} == told
    if not told:
        return
    before = holdings(session, found.employee_id)
    send(session, f"{number},{code},No")
    decide(session, shop, reverse=True)
    after = holdings(session, found.employee_id)
    changed = {key: after[key] - before[key] for key in after if after[key] != before[key]}
    assert changed == told
    assert queries.goes_back(session, found) == []


def holdings(session: Session, employee_id: int) -> dict[tuple[str, str], int]:
    session.flush()
    session.expire_all()
    return {
        (each.kind.value, each.unit.value): each.posted_minor
        for each in ledger.balances(session, employee_id)
    }


def test_a_line_kept_moves_nothing_and_says_why(session: Session, shop: Shop) -> None:
    count = len(session.scalars(select(Transfer.id)).all())
    send(session, "anna,pay.cash,No such wage code")
    with pytest.raises(ReasonMissing):
        decide(session, shop, reverse=False)
    found = decide(session, shop, reverse=False, reason="Paid by hand")
    assert (found.state, found.note) == ("kept", "Paid by hand")
    assert len(session.scalars(select(Transfer.id)).all()) == count
    again = send(session, "anna,pay.cash,No such wage code")
    assert (again.new, again.known) == (0, 1)
    other = send(session, "anna,pay.cash,Still not")
    assert (other.new, other.known) == (1, 0)


def test_of_two_who_decide_one_wins(session: Session, shop: Shop) -> None:
    send(session, "anna,pay.cash,No such wage code")
    found = decide(session, shop, reverse=True)
    with pytest.raises(AlreadyDecided):
        cmd = DecideRefusal(found.id, False, "No")
        decide_refusal(session, cmd, actor=shop.dina, now=LATER)
    again = send(session, "anna,pay.cash,Any other reason")
    assert (again.new, again.known) == (0, 1)


def test_only_hr_decides_and_nobody_about_themselves(session: Session, shop: Shop) -> None:
    send(session, "anna,pay.cash,No such wage code")
    for actor in (shop.boris, shop.egor):
        with pytest.raises((MayNotDecide, ApprovalUnknown)):
            decide(session, shop, reverse=True, actor=actor)
    anna = factories.a_user(session, "anna@meridian.example", roles=frozenset({Role.HR}))
    hr = access.actor_of(anna, [Role.HR], LATER)
    with pytest.raises(NotAboutOneself):
        decide(session, shop, reverse=True, actor=hr)


def test_what_was_used_meanwhile_cannot_be_taken_back(session: Session, shop: Shop) -> None:
    """Anna has sold what she bought: the refusal stays open, and everything is as it was."""
    leave = ledger_commands.open_accounts(
        session, [shop.people.anna.id], AccountKind.LEAVE, Unit.MIN
    )[shop.people.anna.id]
    new = ledger_commands.NewTransfer(
        id=new_transfer_id(APRIL),
        month=APRIL,
        for_month=APRIL,
        from_account=leave,
        to_account=ledger_commands.employer_account(session, AccountKind.LEAVE, Unit.MIN),
        unit=Unit.MIN,
        amount_minor=balance(session, shop.anna, "leave")[0],
        reason=Reason.LEAVE_TAKEN,
        source="leave:x",
    )
    cmd = ledger_commands.PostTransfers((new,))
    ledger_commands.post_transfers(session, cmd, actor=shop.dina, now=LATER)
    send(session, "anna,hours.leave,Unknown")
    with pytest.raises(MinutesUsed), session.begin_nested():
        decide(session, shop, reverse=True)
    session.expire_all()
    assert refusal(session).state == "open"


def test_a_line_without_transfers_is_kept(session: Session, shop: Shop) -> None:
    send(session, "anna,addition.bicycle,We do this ourselves")
    with pytest.raises(NothingToReverse), session.begin_nested():
        decide(session, shop, reverse=True)
    session.expire_all()
    assert decide(session, shop, reverse=False, reason="Right so").state == "kept"


def test_an_order_that_ended_meanwhile_is_not_taken_back_twice(
    session: Session, shop: Shop
) -> None:
    send(session, "anna,purchase.gym,No contract")
    gym = queries.claimed_by(session, line(session, "anna", "purchase.gym"))[0].origin
    reverse = ReverseOrder(UUID(gym.partition(":")[2]), "HR was quicker")
    order = reverse_order(session, reverse, actor=shop.dina, now=LATER)
    with pytest.raises(NothingToReverse), session.begin_nested():
        decide(session, shop, reverse=True)
    session.expire_all()
    assert stored(session, order).state == "cancelled"
    assert proved(session)


def test_a_charge_goes_back_with_what_was_kept_back_and_with_its_addition(
    session: Session, shop: Shop
) -> None:
    """Whichever line is sent back; the commitment itself goes on."""
    send(session, "egor,deduction.car,No deductions", "anna,purchase.bicycle,Unknown")
    for found in session.scalars(select(Refusal)).all():
        cmd = DecideRefusal(found.id, True, "")
        decide_refusal(session, cmd, actor=shop.dina, now=LATER)
    told = session.scalars(
        select(Notice.employee_id).where(Notice.kind == "payroll.reversed")
    ).all()
    assert set(told) == {shop.people.anna.id, shop.people.egor.id}
    assert proved(session)
    close(session, APRIL)
    assert lines_of(session, APRIL) == {
        ("anna", "addition.bicycle"): ("addition", -1_400),
        ("anna", "purchase.bicycle"): ("addition", -10_000),
        ("egor", "deduction.car"): ("taxed", 25_000),
        ("egor", "purchase.car"): ("taxed", -125_000),
    }
    assert proved(session)
    assert {each.ended_at for each in session.scalars(select(Commitment))} == {None}


# What no order stands behind: rows of a close


def test_what_the_close_made_is_taken_back_row_by_row_and_the_employee_is_told(
    session: Session, books: Books
) -> None:
    cast = factories.an_organisation(session)
    books.employees["anna"] = cast.anna.id
    books.allocate("anna", 50_000)
    books.pay("anna", 20_000, code="left_over", reason=Reason.LEFT_OVER, source="close:s:2026-03")
    books.seal(FEBRUARY)
    books.batch()
    send(session, "anna,pay.left_over,Account closed")
    dina = hr(session)
    cmd = DecideRefusal(refusal(session).id, True, "")
    decide_refusal(session, cmd, actor=dina, now=LATER)

    told = session.scalars(select(Notice).where(Notice.kind == "payroll.reversed")).one()
    assert told.employee_id == cast.anna.id
    assert told.data == {"month": "2026-03", "reason": "Account closed"}
    books.seal(APRIL)
    commands.make_batch(session, commands.MakeBatch(APRIL), actor=dina, now=LATER)
    assert lines_of(session, APRIL) == {("anna", "pay.left_over"): ("taxed", -20_000)}


def test_leave_saved_at_the_close_goes_back_with_what_was_paid_for_it(
    session: Session, books: Books
) -> None:
    cast = factories.an_organisation(session)
    books.employees["anna"] = cast.anna.id
    books.allocate("anna", 50_000)
    close_of_march = {"reason": Reason.LEFT_OVER, "source": "close:s:2026-03"}
    books.buy_leave("anna", 16_000, 480, **close_of_march)
    books.pay("anna", 20_000, code="left_over", **close_of_march)
    books.seal(FEBRUARY)
    books.batch()
    send(session, "anna,hours.leave,Too many hours")
    decide_refusal(
        session, DecideRefusal(refusal(session).id, True, ""), actor=hr(session), now=LATER
    )
    books.seal(APRIL)
    commands.make_batch(session, commands.MakeBatch(APRIL), actor=hr(session), now=LATER)
    assert lines_of(session, APRIL) == {
        ("anna", "hours.leave"): ("none", -480),
        ("anna", "purchase.leave"): ("exempt", -16_000),
    }


def hr(session: Session) -> Actor:
    user = factories.a_user(session, "dina@meridian.example", roles=frozenset({Role.HR}))
    return access.actor_of(user, [Role.HR], LATER)
