"""How orders stop waiting and how they end."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from ideals.approvals.commands import Decide, decide
from ideals.approvals.errors import AlreadyDecided, NotAboutOneself
from ideals.approvals.queries import of_subject
from ideals.approvals.states import Decision, State
from ideals.kernel.actor import SYSTEM, Actor
from ideals.kernel.ids import new_id
from ideals.kernel.month import Month
from ideals.ledger import commands as ledger
from ideals.ledger.models import Transfer
from ideals.notices.models import Notice
from ideals.notices.queries import in_words
from ideals.people.commands import ImportLeave, import_leave
from ideals.shop import commands
from ideals.shop.errors import MinutesUsed, MoveNotAllowed, NotCancellable, OrderUnknown
from ideals.shop.models import Order
from ideals.shop.states import OrderState
from tests.shop.conftest import MARCH, NOW, PDF, Shop, balance, employee_of, proved, stored

GRANTED = (144 + 24) * 60


def decision(
    session: Session,
    order: Order,
    by: Actor,
    answer: Decision = Decision.APPROVE,
    reason: str | None = None,
    *,
    kind: str = "order",
    now: datetime = NOW,
) -> None:
    asked = next(one for one in of_subject(session, order.source) if one.kind == kind)
    decide(session, Decide(asked.id, answer, reason), actor=by, now=now)


def seal(session: Session, shop: Shop, through: Month = MARCH) -> None:
    for month in Month(2026, 1).until(through):
        ledger.seal_month(session, ledger.SealMonth(month), actor=shop.dina, now=NOW)


def notices(session: Session, employee_id: int) -> list[Notice]:
    query = select(Notice).where(Notice.employee_id == employee_id).order_by(Notice.id)
    return [each for each in session.scalars(query) if each.kind.startswith("order.")]


# Agreed to


def test_a_yes_posts_what_was_set_aside_and_what_comes_in_return(
    session: Session, shop: Shop
) -> None:
    order = shop.order(session, "leave_asked", "8")
    decision(session, order, shop.boris)
    order = stored(session, order)
    assert (order.state, order.waits_for) == (OrderState.POSTED, [])
    assert (order.decided_at, order.decided_by) == (NOW, "boris@meridian.example")
    assert balance(session, shop.anna) == (84000, 0)
    assert balance(session, shop.anna, "leave") == (GRANTED + 480, 0)
    assert [one.kind for one in notices(session, employee_of(shop.anna))] == ["order.posted"]
    assert proved(session)


def test_a_yes_to_a_sale_takes_the_minutes_and_pays(session: Session, shop: Shop) -> None:
    order = shop.order(session, "sell_asked", "8")
    decision(session, order, shop.dina)
    assert balance(session, shop.anna) == (116000, 0)
    assert balance(session, shop.anna, "leave") == (GRANTED - 480, 0)
    assert proved(session)


def test_an_order_waits_until_both_the_manager_and_hr_agree(session: Session, shop: Shop) -> None:
    order = shop.order(session, "bicycle", price_minor=90000, evidence=(PDF,))
    decision(session, order, shop.dina, kind="evidence")
    assert stored(session, order).waits_for == ["approval"]
    assert balance(session, shop.anna) == (100000, 90000)
    assert notices(session, employee_of(shop.anna)) == []
    decision(session, order, shop.boris)
    assert stored(session, order).state == OrderState.POSTED
    assert balance(session, shop.anna) == (10000, 0)
    assert proved(session)


def test_a_yes_after_the_month_was_sealed_is_booked_in_the_next_one(
    session: Session, shop: Shop
) -> None:
    """It should not come to that: the close releases it. But it is never lost."""
    order = shop.order(session, "leave_asked", "8")
    seal(session, shop)
    decision(session, order, shop.boris)
    order = stored(session, order)
    rows = session.scalars(select(Transfer).where(Transfer.source == order.source)).all()
    booked = {(row.phase, row.month, row.for_month) for row in rows}
    april = Month(2026, 4)
    assert booked == {
        ("pending", MARCH, MARCH), ("post", april, MARCH), ("single", april, MARCH),
    }  # fmt: skip
    assert proved(session)


# Refused


def test_a_no_frees_what_was_set_aside_and_tells_the_reason(session: Session, shop: Shop) -> None:
    order = shop.order(session, "leave_asked", "8")
    decision(session, order, shop.boris, Decision.REFUSE, "We are too few in March")
    order = stored(session, order)
    assert (order.state, order.reason) == (OrderState.REFUSED, "We are too few in March")
    assert balance(session, shop.anna) == (100000, 0)
    told = notices(session, employee_of(shop.anna))
    assert [one.kind for one in told] == ["order.refused"]
    assert proved(session)


def test_one_no_withdraws_what_else_was_asked(session: Session, shop: Shop) -> None:
    order = shop.order(session, "bicycle", price_minor=90000, evidence=(PDF,))
    decision(session, order, shop.dina, Decision.REFUSE, "Not an invoice", kind="evidence")
    states = {one.kind: one.state for one in of_subject(session, order.source)}
    assert states == {"evidence": State.REFUSED, "order": State.WITHDRAWN}
    assert stored(session, order).state == OrderState.REFUSED
    with pytest.raises(AlreadyDecided):
        decision(session, order, shop.boris)
    assert proved(session)


def test_nobody_agrees_to_their_own_order(session: Session, shop: Shop) -> None:
    order = shop.order(session, "sell_asked", "8", who=shop.dina)
    with pytest.raises(NotAboutOneself):
        decision(session, order, shop.dina)


def test_words_of_each_notice_are_there_in_both_languages(session: Session, shop: Shop) -> None:
    from ideals.app import create_app
    from ideals.config import Settings

    data = {"order": str(new_id()), "number": 7, "names": {"en": "Bicycle", "nl": "Fiets"},
            "month": "2026-03", "reason": "Too dear"}  # fmt: skip
    with create_app(Settings.read({})).test_request_context():
        for what in ("posted", "refused", "released", "reversed"):
            words = in_words(f"order.{what}", data, "en")
            assert "Bicycle" in words.title
            assert "7" in words.text and "March 2026" in words.text
            assert words.href == f"/orders/{data['order']}"
        assert "Too dear." in in_words("order.refused", data, "en").text
        assert "Fiets" in in_words("order.refused", data, "nl").title


# Cancelled


def test_a_cancelled_purchase_comes_back_whole(session: Session, shop: Shop) -> None:
    order = shop.order(session, "leave", "8")
    shop.cancel(session, order)
    order = stored(session, order)
    assert (order.state, order.decided_by) == (OrderState.CANCELLED, "anna@meridian.example")
    assert balance(session, shop.anna) == (100000, 0)
    assert balance(session, shop.anna, "leave") == (GRANTED, 0)
    back = session.scalars(
        select(Transfer).where(Transfer.source == f"{order.source}:cancelled")
    ).all()
    assert {row.reverses_id for row in back} == {order.money_transfer, order.minutes_transfer}
    assert proved(session)


def test_cancelling_again_changes_nothing(session: Session, shop: Shop) -> None:
    order = shop.order(session, "leave", "8")
    shop.cancel(session, order)
    assert shop.cancel(session, order).state == OrderState.CANCELLED
    assert proved(session)


def test_a_held_order_is_freed_and_nobody_decides_about_it_any_more(
    session: Session, shop: Shop
) -> None:
    order = shop.order(session, "leave_asked", "8")
    shop.cancel(session, order)
    assert balance(session, shop.anna) == (100000, 0)
    assert [one.state for one in of_subject(session, order.source)] == [State.WITHDRAWN]
    with pytest.raises(AlreadyDecided):
        decision(session, order, shop.boris)
    assert proved(session)


def test_an_order_that_was_agreed_to_is_reversed(session: Session, shop: Shop) -> None:
    order = shop.order(session, "leave_asked", "8")
    decision(session, order, shop.boris)
    shop.cancel(session, order)
    assert balance(session, shop.anna) == (100000, 0)
    assert balance(session, shop.anna, "leave") == (GRANTED, 0)
    assert proved(session)


@pytest.mark.parametrize(
    ("product", "more", "now", "why"),
    [
        ("bicycle", {"price_minor": 5000}, NOW, "never"),
        ("leave", {"quantity": "1"}, datetime(2026, 3, 15, 22, 59, tzinfo=UTC), None),
        ("leave", {"quantity": "1"}, datetime(2026, 3, 15, 23, 0, tzinfo=UTC), "deadline"),
        ("savings", {"quantity": "1"}, datetime(2026, 3, 31, 12, tzinfo=UTC), None),
    ],
)
def test_the_products_rule_says_until_when(
    session: Session, shop: Shop, product: str, more: dict[str, object], now: datetime,
    why: str | None,
) -> None:  # fmt: skip
    order = shop.order(session, product, **more)
    if why is None:
        assert shop.cancel(session, order, now=now).state == OrderState.CANCELLED
        return
    with pytest.raises(NotCancellable) as refused:
        shop.cancel(session, order, now=now)
    assert refused.value.data["why"] == why
    assert proved(session)


@pytest.mark.parametrize("state", ["closing", "sealed"])
def test_a_month_that_closes_gives_nothing_back(session: Session, shop: Shop, state: str) -> None:
    order = shop.order(session, "savings", "10")
    if state == "sealed":
        seal(session, shop)
    else:
        session.execute(text("UPDATE ledger_month SET state = 'closing' WHERE month = 202603"))
    with pytest.raises(NotCancellable) as refused:
        shop.cancel(session, order)
    assert refused.value.data["why"] == "closed"


def test_leave_that_was_taken_cannot_be_given_back(session: Session, shop: Shop) -> None:
    """Statutory leave expires first, so it is used first; then the other leave of the year."""
    order = shop.order(session, "leave", "8")
    taken(session, hours=144 + 24 + 1)
    with pytest.raises(MinutesUsed) as refused:
        shop.cancel(session, order)
    assert refused.value.data == {"minutes": 480}
    assert balance(session, shop.anna) == (84000, 0)


def test_leave_that_was_not_taken_is_given_back_although_other_leave_was(
    session: Session, shop: Shop
) -> None:
    order = shop.order(session, "leave", "8")
    taken(session, hours=144 + 24)
    shop.cancel(session, order)
    assert balance(session, shop.anna) == (100000, 0)


def taken(session: Session, hours: int) -> None:
    """By Anna, eight hours a day from 5 January on."""
    from io import BytesIO

    lines = ["number,date,minutes,kind,id"]
    day, left = datetime(2026, 1, 5, tzinfo=UTC).date(), hours * 60
    while left:
        minutes = min(left, 480)
        lines.append(f"anna,{day},{minutes},taken,L{len(lines)}")
        day, left = day.fromordinal(day.toordinal() + 1), left - minutes
    source = BytesIO("\n".join(lines).encode())
    report = import_leave(session, ImportLeave(source, "leave.csv"), actor=SYSTEM, now=NOW)
    assert report.wrong == 0, report.lines


def test_savings_that_were_spent_cannot_be_given_back(session: Session, shop: Shop) -> None:
    order = shop.order(session, "training", "100")
    shop.order(session, "course", "80")
    with pytest.raises(NotCancellable) as refused:
        shop.cancel(session, order)
    assert refused.value.data == {"why": "spent", "account": "development"}


def test_a_cancelled_sale_takes_the_euros_back(session: Session, shop: Shop) -> None:
    order = shop.order(session, "sell", "8")
    shop.cancel(session, order)
    assert balance(session, shop.anna) == (100000, 0)
    assert balance(session, shop.anna, "leave") == (GRANTED, 0)
    spent = shop.order(session, "sell", "8")
    shop.order(session, "cash", "1160")
    with pytest.raises(NotCancellable) as refused:
        shop.cancel(session, spent)
    assert refused.value.data == {"why": "spent", "account": "budget"}


def test_what_was_refused_cannot_be_cancelled(session: Session, shop: Shop) -> None:
    order = shop.order(session, "leave_asked", "8")
    decision(session, order, shop.boris, Decision.REFUSE, "No")
    with pytest.raises(MoveNotAllowed) as refused:
        shop.cancel(session, order)
    assert refused.value.data == {"state": "refused"}


def test_an_order_that_is_not_there_is_unknown(session: Session, shop: Shop) -> None:
    cmd = commands.ReleaseOrder(new_id(), "late")
    with pytest.raises(OrderUnknown):
        commands.release_order(session, cmd, actor=SYSTEM, now=NOW)


# Reversed


def test_an_order_is_reversed_past_its_rule_in_the_open_month(session: Session, shop: Shop) -> None:
    order = shop.order(session, "dues", "50", evidence=(PDF,))
    decision(session, order, shop.dina, kind="evidence")
    seal(session, shop)
    cmd = commands.ReverseOrder(order.id, "Payroll does not know this code", "payroll_refusal:1")
    commands.reverse_order(session, cmd, actor=shop.dina, now=NOW)
    commands.reverse_order(session, cmd, actor=shop.dina, now=NOW)
    order = stored(session, order)
    assert (order.state, order.reason) == (OrderState.CANCELLED, "Payroll does not know this code")
    back = session.scalars(select(Transfer).where(Transfer.source == "payroll_refusal:1")).one()
    assert (back.month, back.for_month, back.amount_minor) == (Month(2026, 4), MARCH, 5000)
    assert balance(session, shop.anna) == (100000, 0)
    assert [one.kind for one in notices(session, employee_of(shop.anna))] == [
        "order.posted", "order.reversed",
    ]  # fmt: skip
    assert proved(session)


# Released and confirmed


@pytest.mark.parametrize("closing", [False, True])
def test_what_nobody_decided_is_released(session: Session, shop: Shop, closing: bool) -> None:
    order = shop.order(session, "leave_asked", "8")
    if closing:
        session.execute(text("UPDATE ledger_month SET state = 'closing' WHERE month = 202603"))
    cmd = commands.ReleaseOrder(order.id, "The month closed")
    commands.release_order(session, cmd, actor=SYSTEM, now=NOW)
    commands.release_order(session, cmd, actor=SYSTEM, now=NOW)
    order = stored(session, order)
    assert (order.state, order.reason) == (OrderState.RELEASED, "The month closed")
    assert [one.state for one in of_subject(session, order.source)] == [State.EXPIRED]
    assert balance(session, shop.anna) == (100000, 0)
    assert [one.kind for one in notices(session, employee_of(shop.anna))] == ["order.released"]
    with pytest.raises(AlreadyDecided):
        decision(session, order, shop.boris)
    assert proved(session)


def test_what_was_decided_is_released_no_more(session: Session, shop: Shop) -> None:
    order = shop.order(session, "leave_asked", "8")
    decision(session, order, shop.boris)
    with pytest.raises(MoveNotAllowed):
        cmd = commands.ReleaseOrder(order.id, "late")
        commands.release_order(session, cmd, actor=SYSTEM, now=NOW)


def test_a_scheme_may_take_silence_for_a_yes(session: Session, shop: Shop) -> None:
    order = shop.order(session, "leave_asked", "8")
    cmd = commands.ConfirmOrder(order.id, "Nobody decided before the month closed")
    commands.confirm_order(session, cmd, actor=SYSTEM, now=NOW)
    commands.confirm_order(session, cmd, actor=SYSTEM, now=NOW)
    order = stored(session, order)
    assert (order.state, order.decided_by) == (OrderState.POSTED, "system")
    assert balance(session, shop.anna, "leave") == (GRANTED + 480, 0)
    assert [one.state for one in of_subject(session, order.source)] == [State.EXPIRED]
    assert proved(session)
