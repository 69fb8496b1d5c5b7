from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from ideals.audit import Entry
from ideals.kernel.actor import SYSTEM
from ideals.kernel.ids import fact_tag, new_transfer_id, run_transfer_id
from ideals.kernel.quantity import Unit
from ideals.ledger import commands, queries
from ideals.ledger.errors import (
    HoldRefused,
    InsufficientBalance,
    MonthNotOpened,
    MonthOutOfOrder,
    MonthSealed,
    OpeningsRefused,
    OwedOverpaid,
    ReversalRefused,
    TransferDiffers,
    TransferRefused,
    TransferUnknown,
)
from ideals.ledger.models import Transfer
from ideals.ledger.states import AccountKind, MonthState, Reason
from tests.ledger.conftest import APRIL, DINA, JUNE, MARCH, MAY, NOW, employees


def open_months(session, first, last):
    return commands.open_months(session, commands.OpenMonths(first, last), actor=DINA, now=NOW)


def seal(session, month):
    return commands.seal_month(session, commands.SealMonth(month), actor=DINA, now=NOW)


def post_hold(session, held, amount_minor=None, *, month=MARCH, id=None):
    cmd = commands.PostHold(id or new_transfer_id(month), held, month, amount_minor)
    commands.post_hold(session, cmd, actor=DINA, now=NOW)


def void_hold(session, held, *, month=MARCH, id=None):
    cmd = commands.VoidHold(id or new_transfer_id(month), held, month)
    commands.void_hold(session, cmd, actor=DINA, now=NOW)


def reverse(session, transfer_id, *, month=MARCH, id=None):
    cmd = commands.ReverseTransfer(id or new_transfer_id(month), transfer_id, month, "fix:1")
    commands.reverse_transfer(session, cmd, actor=DINA, now=NOW)
    return cmd.id


# --- months


def test_months_are_opened_once(session, books):
    assert open_months(session, MARCH, JUNE.plus(2)) == [JUNE.plus(1), JUNE.plus(2)]
    assert open_months(session, MARCH, JUNE.plus(2)) == []
    opened = session.scalars(select(Entry.subject).where(Entry.act == "ledger.month_opened"))
    assert "month:2026-08" in set(opened)


def test_a_month_before_a_sealed_one_cannot_be_opened(session, books):
    seal(session, MARCH)
    with pytest.raises(MonthOutOfOrder):
        open_months(session, MARCH.plus(-1), MARCH)


def test_months_are_sealed_in_their_order(session, books):
    with pytest.raises(MonthOutOfOrder):
        seal(session, APRIL)


def test_a_seal_chains_the_months_and_is_made_once(session, books):
    books.allocate(session, 500)
    march = seal(session, MARCH)
    assert seal(session, MARCH) == march
    april = seal(session, APRIL)
    assert len(march) == len(april) == 64 and march != april
    assert queries.month_state(session, MARCH) is MonthState.SEALED
    sealed = session.scalars(select(Entry.details).where(Entry.act == "ledger.month_sealed")).all()
    assert sealed == [{"digest": march, "rows": 1}, {"digest": april, "rows": 0}]


def test_a_month_that_is_not_there_is_neither_sealed_nor_posted_into(session, books):
    with pytest.raises(MonthNotOpened):
        seal(session, JUNE.plus(1))
    with pytest.raises(MonthNotOpened):
        commands.lock_month(session, JUNE.plus(1))
    with pytest.raises(MonthNotOpened):
        books.allocate(session, 1, month=JUNE.plus(1))
    with pytest.raises(MonthNotOpened):
        commands.copy_transfers(session, JUNE.plus(1), [])


def test_a_sealed_month_is_refused_by_name(session, books):
    seal(session, MARCH)
    with pytest.raises(MonthSealed):
        commands.lock_month(session, MARCH)
    with pytest.raises(MonthSealed):
        books.allocate(session, 500)


def test_what_was_posted_before_the_seal_may_be_sent_again_after_it(session, books):
    new = books.new(books.employer, books.budget, 500)
    books.post(session, new)
    seal(session, MARCH)
    cmd = commands.PostTransfers((new,))
    assert commands.post_transfers(session, cmd, actor=DINA, now=NOW) == []


# --- accounts


def test_accounts_are_opened_for_those_who_have_none(session, books):
    others = employees(session, 3)
    opened = commands.open_accounts(session, [*others, books.anna], AccountKind.BUDGET, Unit.EUR)
    assert opened.keys() == {*others, books.anna}
    assert opened[books.anna] == books.budget
    again = commands.open_accounts(session, others, AccountKind.BUDGET, Unit.EUR)
    assert again == {one: opened[one] for one in others}


def test_the_employer_has_one_account_of_a_kind(session, books):
    assert commands.employer_account(session, AccountKind.BUDGET, Unit.EUR) == books.employer


def test_locking_answers_balances_of_employees_only(session, books):
    books.allocate(session, 900)
    books.hold(session, 200)
    locked = commands.lock_accounts(session, [books.employer, books.owed, books.budget])
    assert locked == {books.budget: (900, 200), books.owed: (0, 0)}
    assert list(locked) == sorted(locked)
    assert locked[books.budget].available_minor == 700


# --- transfers


def test_a_transfer_says_who_what_why_and_when_twice(session, books):
    made = books.allocate(session, 500, for_month=MARCH.plus(-2), source="run:nwb:2026-03:1")
    row = session.scalars(select(Transfer).where(Transfer.id == made)).one()
    assert (row.month, row.for_month) == (MARCH, MARCH.plus(-2))
    assert (row.reason, row.code, row.source) == (
        Reason.ALLOCATION,
        "holiday_allowance",
        "run:nwb:2026-03:1",
    )
    assert (row.actor, row.actor_user_id) == ("dina@example.org", 4)
    assert row.happened_at == NOW and row.recorded_at > NOW


def test_the_same_transfer_ten_times_is_one(session, books):
    new = books.new(books.employer, books.budget, 500)
    cmd = commands.PostTransfers((new,))
    answers = [
        commands.post_transfers(session, cmd, actor=SYSTEM, now=NOW + timedelta(hours=hour))
        for hour in range(10)
    ]
    assert answers == [[new.id]] + [[]] * 9
    assert books.balance(session, books.budget) == (500, 0)


@pytest.mark.parametrize(
    "changed",
    [
        {"amount_minor": 501},
        {"source": "order:2"},
        {"code": "life_course"},
        {"for_month": MARCH.plus(-1)},
        {"reason": Reason.GRANT},
    ],
)
def test_an_id_used_for_something_else_is_a_conflict(session, books, changed):
    new = books.new(books.employer, books.budget, 500)
    books.post(session, new)
    with pytest.raises(TransferDiffers):
        books.post(session, replace(new, **changed))
    assert books.balance(session, books.budget) == (500, 0)


def test_the_same_id_twice_in_one_command_counts_once_when_equal(session, books):
    new = books.new(books.employer, books.budget, 500)
    books.post(session, new, new)
    assert books.balance(session, books.budget) == (500, 0)
    other = books.new(books.employer, books.budget, 500)
    with pytest.raises(TransferDiffers):
        books.post(session, other, replace(other, amount_minor=1))


def test_a_purchase_of_leave_is_two_transfers_or_none(session, books):
    books.allocate(session, 10000)
    euros = books.new(books.budget, books.purchase, 8000)
    minutes = books.new(books.employer_leave, books.leave, 240, unit=Unit.MIN)
    books.post(session, euros, minutes)
    assert books.balance(session, books.budget) == (2000, 0)
    assert books.balance(session, books.leave) == (240, 0)

    dear = books.new(books.budget, books.purchase, 2001)
    more = books.new(books.employer_leave, books.leave, 60, unit=Unit.MIN)
    with pytest.raises(InsufficientBalance):
        books.post(session, more, dear)
    assert books.balance(session, books.leave) == (240, 0)


def test_a_unit_or_an_amount_that_is_wrong_is_refused_by_name(own_books):
    from ideals.db import unit_of_work

    books = own_books
    for new in (
        books.new(books.employer, books.leave, 500),
        books.new(books.employer, books.budget, 0),
        books.new(books.employer, books.budget, -1),
        books.new(books.employer, books.budget, 10**14 + 1),
        books.new(books.employer, books.employer, 5),
        books.new(books.employer, books.budget, 5, for_month=APRIL),
        books.new(books.employer, books.budget, 5, id=new_transfer_id(APRIL)),
        books.new(books.employer, 10**9, 5),
        books.new(books.employer, books.budget, 5, source=""),
    ):
        with pytest.raises(TransferRefused), unit_of_work() as session:
            books.post(session, new)
    with unit_of_work() as session:
        assert books.balance(session, books.budget) == (0, 0)


def test_a_balance_that_would_pass_the_largest_number_is_refused(session, books):
    """Overdraft is looked at in whole numbers that cannot wrap."""
    with pytest.raises(InsufficientBalance):
        books.spend(session, 10**14)


def test_many_transfers_in_one_command(session, books):
    many = [books.new(books.employer, books.budget, 1, source=f"order:{i}") for i in range(2500)]
    books.post(session, *many)
    assert books.balance(session, books.budget) == (2500, 0)


def test_a_thousand_cents_there_and_back_leave_no_residue(session, books):
    books.allocate(session, 1000)
    for _ in range(10):
        there = [books.new(books.budget, books.purchase, 1) for _ in range(50)]
        back = [books.new(books.purchase, books.budget, 1) for _ in range(50)]
        books.post(session, *there, *back)
    assert books.balance(session, books.budget) == (1000, 0)
    assert queries.prove(session) == []


def test_copied_transfers_obey_the_same_rules(session, books):
    id_ = run_transfer_id(MARCH, 1, books.anna, MARCH, fact_tag("holiday_allowance"))
    line = (
        f"{id_}\t202603\t202603\t{books.employer}\t{books.budget}\tEUR\t48000\tallocation\t"
        f"holiday_allowance\trun:nwb:2026-03:1\tsystem\t{NOW.isoformat()}\n"
    )
    assert commands.copy_transfers(session, MARCH, [line]) == 1
    assert books.balance(session, books.budget) == (48000, 0)
    with pytest.raises(TransferDiffers), session.begin_nested():
        commands.copy_transfers(session, MARCH, [line])
    overdraft = line.replace(id_, new_transfer_id(MARCH).hex).replace(
        f"{books.employer}\t{books.budget}\tEUR\t48000",
        f"{books.budget}\t{books.employer}\tEUR\t48001",
    )
    with pytest.raises(InsufficientBalance), session.begin_nested():
        commands.copy_transfers(session, MARCH, [overdraft])
    seal(session, MARCH)
    with pytest.raises(MonthSealed), session.begin_nested():
        commands.copy_transfers(session, MARCH, [line.replace(id_, new_transfer_id(MARCH).hex)])


# --- what is owed


def test_a_correction_that_was_spent_is_owed_and_set_off_later(session, books):
    books.allocate(session, 10000)
    books.spend(session, 9000)
    correction = {"reason": Reason.ALLOCATION, "code": "holiday_allowance", "source": "run:2"}
    books.post(
        session,
        books.new(books.budget, books.employer, 1000, **correction),
        books.new(books.owed, books.employer, 2000, **correction),
    )
    assert books.balance(session, books.owed) == (-2000, 0)
    got = queries.allocated(session, [books.budget, books.owed], [MARCH])
    assert sum(got.values()) == 7000

    books.allocate(session, 2500, month=APRIL)
    set_off = books.new(books.budget, books.owed, 2000, month=APRIL, reason=Reason.SET_OFF)
    books.post(session, set_off)
    assert books.balance(session, books.owed) == (0, 0)
    assert books.balance(session, books.budget) == (500, 0)
    with pytest.raises(OwedOverpaid):
        books.post(session, replace(set_off, id=new_transfer_id(APRIL), amount_minor=1))


# --- holds


def test_what_is_held_is_not_available(session, books):
    books.allocate(session, 1000)
    books.hold(session, 400)
    with pytest.raises(InsufficientBalance):
        books.spend(session, 601)
    with pytest.raises(InsufficientBalance):
        books.hold(session, 601)
    books.hold(session, 600)
    assert books.balance(session, books.budget) == (1000, 1000)


def test_a_hold_may_be_posted_for_less_and_frees_the_rest(session, books):
    books.allocate(session, 1000)
    held = books.hold(session, 400)
    post_hold(session, held, 250)
    assert books.balance(session, books.budget) == (750, 0)


def test_a_hold_is_decided_in_a_later_month_than_it_was_made(session, books):
    books.allocate(session, 1000)
    first, second = books.hold(session, 400), books.hold(session, 300)
    seal(session, MARCH)
    post_hold(session, first, month=APRIL)
    void_hold(session, second, month=MAY)
    assert books.balance(session, books.budget) == (600, 0)
    row = session.scalars(select(Transfer).where(Transfer.hold_id == first)).one()
    assert (row.month, row.for_month, row.hold_month) == (APRIL, MARCH, MARCH)


def test_a_resolution_sent_again_changes_nothing(session, books):
    books.allocate(session, 1000)
    held, post = books.hold(session, 400), new_transfer_id(MARCH)
    for _ in range(3):
        post_hold(session, held, 250, id=post)
    assert books.balance(session, books.budget) == (750, 0)


@pytest.mark.parametrize("first", [post_hold, void_hold])
@pytest.mark.parametrize("second", [post_hold, void_hold])
def test_a_hold_is_resolved_exactly_once(session, books, first, second):
    books.allocate(session, 1000)
    held = books.hold(session, 400)
    first(session, held)
    after = books.balance(session, books.budget)
    with pytest.raises(HoldRefused), session.begin_nested():
        second(session, held)
    assert books.balance(session, books.budget) == after


def test_only_what_is_held_can_be_posted(session, books):
    books.allocate(session, 1000)
    held = books.hold(session, 400)
    with pytest.raises(HoldRefused):
        post_hold(session, held, 401)
    with pytest.raises(HoldRefused):
        void_hold(session, books.made[0])
    with pytest.raises(TransferUnknown):
        void_hold(session, new_transfer_id(MARCH))
    assert books.balance(session, books.budget) == (1000, 400)


# --- reversals


def test_a_reversal_moves_everything_back_and_points_to_it(session, books):
    books.allocate(session, 1000)
    spent = books.spend(session, 700, code="bicycle")
    made = reverse(session, spent)
    assert books.balance(session, books.budget) == (1000, 0)
    row = session.scalars(select(Transfer).where(Transfer.id == made)).one()
    assert (row.reverses_id, row.reverses_month) == (spent, MARCH)
    assert (row.reason, row.code, row.source) == (Reason.ORDER, "bicycle", "fix:1")


def test_a_transfer_is_reversed_once_and_a_reversal_too(session, books):
    books.allocate(session, 1000)
    spent = books.spend(session, 700)
    first = reverse(session, spent)
    with pytest.raises(ReversalRefused), session.begin_nested():
        reverse(session, spent)
    reverse(session, first)
    assert books.balance(session, books.budget) == (300, 0)
    with pytest.raises(ReversalRefused), session.begin_nested():
        reverse(session, first)


def test_what_is_in_a_sealed_month_is_reversed_in_an_open_one(session, books):
    books.allocate(session, 1000)
    spent = books.spend(session, 700)
    seal(session, MARCH)
    with pytest.raises(MonthSealed):
        reverse(session, spent)
    made = reverse(session, spent, month=APRIL)
    row = session.scalars(select(Transfer).where(Transfer.id == made)).one()
    assert (row.month, row.for_month) == (APRIL, MARCH)
    assert queries.prove(session) == []


def test_a_posted_hold_can_be_reversed_and_a_hold_cannot(session, books):
    books.allocate(session, 1000)
    held, post = books.hold(session, 400), new_transfer_id(MARCH)
    with pytest.raises(ReversalRefused):
        reverse(session, held)
    post_hold(session, held, 300, id=post)
    reverse(session, post)
    assert books.balance(session, books.budget) == (1000, 0)


def test_a_reversal_takes_nothing_that_was_spent(session, books):
    got = books.allocate(session, 1000)
    books.spend(session, 1)
    with pytest.raises(InsufficientBalance):
        reverse(session, got)


def test_what_is_not_there_cannot_be_reversed(session, books):
    with pytest.raises(TransferUnknown):
        reverse(session, new_transfer_id(MARCH))


# --- opening balances


def openings(*rows):
    return tuple(
        commands.Opening(place, number, account, Decimal(amount))
        for place, (number, account, amount) in enumerate(rows, start=2)
    )


def post_openings(session, *rows, month=MARCH):
    cmd = commands.PostOpenings(month, openings(*rows))
    return commands.post_openings(session, cmd, actor=DINA, now=NOW)


def test_employees_bring_along_euros_and_hours(session, books):
    done = post_openings(
        session,
        ("A1", "budget", "522.16"),
        ("A1", "leave", "7.5"),
        ("A1", "savings", "1000"),
        ("A1", "development", "0"),
    )
    assert (done.new, done.unchanged) == (3, 1)
    has = {one.kind: one.posted_minor for one in queries.balances(session, books.anna)}
    assert has[AccountKind.BUDGET] == 52216
    assert has[AccountKind.LEAVE] == 450
    assert has[AccountKind.SAVINGS] == 100000


def test_the_same_openings_again_change_nothing_in_a_later_month_too(session, books):
    rows = ("A1", "budget", "522.16"), ("A1", "leave", "7.5")
    assert post_openings(session, *rows) == commands.OpeningsPosted(2, 0)
    assert post_openings(session, *rows) == commands.OpeningsPosted(0, 2)
    seal(session, MARCH)
    assert post_openings(session, *rows, month=APRIL) == commands.OpeningsPosted(0, 2)
    assert books.balance(session, books.budget) == (52216, 0)


def test_openings_are_all_or_nothing_and_every_fault_is_named(session, books):
    post_openings(session, ("A1", "savings", "10"))
    with pytest.raises(OpeningsRefused) as caught:
        post_openings(
            session,
            ("A1", "budget", "522.16"),
            ("A9", "budget", "1"),
            ("A1", "wallet", "1"),
            ("A1", "leave", "-1"),
            ("A1", "savings", "11"),
            ("A1", "budget", "522.16"),
        )
    assert [fault["row"] for fault in caught.value.data["rows"]] == [3, 4, 5, 6, 7]
    said = [fault["fault"] for fault in caught.value.data["rows"]]
    assert "A9" in said[0] and "budget, leave" in said[1] and "zero or more" in said[2]
    assert "reverse" in said[3] and "row 2" in said[4]
    assert books.balance(session, books.budget) == (0, 0)


def test_an_opening_is_corrected_by_reversing_it_first(session, books):
    post_openings(session, ("A1", "budget", "100"))
    first = session.scalars(select(Transfer.id).where(Transfer.reason == Reason.OPENING)).one()
    reverse(session, first)
    assert post_openings(session, ("A1", "budget", "90")) == commands.OpeningsPosted(1, 0)
    assert books.balance(session, books.budget) == (9000, 0)
    assert queries.prove(session) == []
