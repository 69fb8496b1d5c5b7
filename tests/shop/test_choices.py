"""Standing choices: set and changed by versions, and what a run of them does month by month.

Anna has 1,000.00 each month; an hour of leave costs her 20.00, and she may buy 40 a year.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from ideals.audit import Entry
from ideals.budgets.models import Run
from ideals.budgets.queries import run_views
from ideals.budgets.states import RunKind
from ideals.kernel.actor import Actor
from ideals.kernel.ids import new_id
from ideals.kernel.month import Month
from ideals.ledger import commands as ledger
from ideals.notices.models import Notice
from ideals.pricing.errors import ProductUnknown
from ideals.schemes.errors import QuantityNotInSteps
from ideals.seeds import factories
from ideals.shop.commands import choices, choosing
from ideals.shop.commands.choices import (
    ChangeChoice,
    EndChoice,
    GoOnWithChoice,
    PauseChoice,
    ReorderChoices,
    SetChoice,
    What,
)
from ideals.shop.errors import (
    ChoiceEnded,
    ChoiceMovedOn,
    ChoicesBeyondWhole,
    ChoiceUnknown,
    ChoiceUnreadable,
    NotForChoices,
    RestNotLast,
)
from ideals.shop.models import Choice, Order
from ideals.shop.queries.choices import choices_of, prove_choices
from ideals.shop.states import ChoiceMode
from tests.shop.conftest import (
    APRIL,
    MARCH,
    MAY,
    NOW,
    ZONE,
    Shop,
    balance,
    employee_of,
    open_shop,
    proved,
)

JUNE = Month(2026, 6)
QUANTITY, PERCENT, REST = ChoiceMode.QUANTITY, ChoiceMode.PERCENT, ChoiceMode.REST


def what(mode: ChoiceMode, amount: str | None = None, **months: Month) -> What:
    return What(mode, None if amount is None else Decimal(amount), **months)


def chosen(
    session: Session,
    shop: Shop,
    product: str,
    mode: ChoiceMode,
    amount: str | None = None,
    *,
    who: Actor | None = None,
    position: int | None = None,
    now: datetime = NOW,
    **months: Month,
) -> Choice:
    who = who or shop.anna
    cmd = SetChoice(employee_of(who), product, what(mode, amount, **months), position)
    return choices.set_choice(session, cmd, actor=who, now=now, zone=ZONE)


def changed(
    session: Session, shop: Shop, choice: Choice, new: What, *, now: datetime = NOW
) -> Choice:
    cmd = ChangeChoice(choice.id, choice.version, new)
    return choices.change_choice(session, cmd, actor=shop.anna, now=now, zone=ZONE)


def orders_of(session: Session, month: Month, who: Actor) -> list[tuple[str, Decimal, int]]:
    rows = session.scalars(
        select(Order)
        .where(Order.month == month, Order.employee_id == employee_of(who))
        .order_by(Order.number)
        .execution_options(populate_existing=True)
    )
    return [(order.product, order.quantity.normalize(), order.price_minor) for order in rows]


def told(session: Session, who: Actor) -> list[tuple[str, dict[str, Any]]]:
    rows = session.scalars(
        select(Notice).where(Notice.employee_id == employee_of(who)).order_by(Notice.id)
    )
    return [(notice.kind, notice.data) for notice in rows if notice.kind.startswith("choice")]


# What a run does


def test_after_the_allocation_each_choice_makes_its_order(session: Session, shop: Shop) -> None:
    chosen(session, shop, "leave", QUANTITY, "8")
    chosen(session, shop, "savings", PERCENT, "25")
    chosen(session, shop, "cash", REST)
    factories.a_run(session, APRIL)

    assert orders_of(session, APRIL, shop.anna) == [
        ("leave", Decimal(8), 16_000),
        ("savings", Decimal(250), 25_000),
        # March's 1,000.00 were never spent: the rest is all that is there.
        ("cash", Decimal("1590").normalize(), 159_000),
    ]
    assert balance(session, shop.anna) == (0, 0)
    assert proved(session)


def test_a_choice_knows_the_order_it_made(session: Session, shop: Shop) -> None:
    choice = chosen(session, shop, "leave", QUANTITY, "8", from_month=APRIL)
    factories.a_run(session, APRIL)
    order = session.scalars(select(Order).where(Order.choice_id == choice.id)).one()
    session.refresh(choice)
    assert (choice.last_month, choice.last_outcome, choice.last_order_id) == (
        APRIL,
        "ordered",
        order.id,
    )
    assert order.ordered_by == "system"


def test_nobody_with_a_choice_means_no_run_of_choices(session: Session, shop: Shop) -> None:
    factories.a_run(session, APRIL)
    kinds = session.scalars(select(Run.kind).where(Run.month == APRIL)).all()
    assert kinds == [RunKind.ALLOCATION]


def test_a_choice_of_one_month_is_a_plan_for_it(session: Session, shop: Shop) -> None:
    chosen(session, shop, "cash", QUANTITY, "700", from_month=MAY, until_month=MAY)
    for month in (APRIL, MAY, JUNE):
        factories.a_run(session, month)
    assert [orders_of(session, month, shop.anna) for month in (APRIL, MAY, JUNE)] == [
        [],
        [("cash", Decimal(700), 70_000)],
        [],
    ]


def test_the_order_of_the_choices_is_the_employees(session: Session, shop: Shop) -> None:
    chosen(session, shop, "cash", QUANTITY, "1990")
    first = chosen(session, shop, "leave", QUANTITY, "8", position=0)
    factories.a_run(session, APRIL)
    assert orders_of(session, APRIL, shop.anna) == [("leave", Decimal(8), 16_000)]
    kept = {choice.product: choice for choice in choices_of(session, employee_of(shop.anna))}
    assert kept["leave"].id == first.id
    assert (kept["cash"].last_outcome, kept["cash"].last_code) == ("failed", "insufficient_budget")


def test_one_that_cannot_run_says_why_and_leaves_the_others_alone(
    session: Session, shop: Shop
) -> None:
    shop.order(session, "leave", "36")  # of 40 a year
    chosen(session, shop, "leave", QUANTITY, "8")
    chosen(session, shop, "cash", QUANTITY, "100")
    factories.a_run(session, APRIL)

    assert orders_of(session, APRIL, shop.anna) == [("cash", Decimal(100), 10_000)]
    assert told(session, shop.anna) == [
        ("choice.failed", {"scheme": "simple", "product": "leave", "month": "2026-04",
                           "names": {"en": "Extra leave", "nl": "Extra verlof"},
                           "code": "limit_exceeded"})
    ]  # fmt: skip
    failed = choices_of(session, employee_of(shop.anna))[0]
    assert failed.last_outcome == "failed"
    assert failed.last_data is not None
    assert failed.last_data["left"]
    assert proved(session)


def test_a_round_more_changes_nothing_and_tries_again_what_failed(
    session: Session, shop: Shop
) -> None:
    leave = shop.order(session, "leave", "36")
    chosen(session, shop, "leave", QUANTITY, "8")
    chosen(session, shop, "cash", QUANTITY, "100")
    factories.a_run(session, APRIL)
    shop.cancel(session, leave)
    factories.a_run(session, APRIL)
    factories.a_run(session, APRIL)

    assert orders_of(session, APRIL, shop.anna) == [
        ("cash", Decimal(100), 10_000),
        ("leave", Decimal(8), 16_000),
    ]
    rounds = session.scalars(
        select(Run.round).where(Run.kind == RunKind.CHOICES).order_by(Run.id)
    ).all()
    assert rounds == [1, 2], "the third allocation found nothing to choose"
    assert len(told(session, shop.anna)) == 1
    assert proved(session)


def test_an_order_of_a_choice_that_was_cancelled_is_not_made_again(
    session: Session, shop: Shop
) -> None:
    chosen(session, shop, "leave", QUANTITY, "8")
    chosen(session, shop, "savings", QUANTITY, "5000")  # fails: there is something to do again
    factories.a_run(session, APRIL)
    order = session.scalars(select(Order).where(Order.month == APRIL)).one()
    shop.cancel(session, order)
    factories.a_run(session, APRIL)
    assert [each.state for each in session.scalars(select(Order).where(Order.month == APRIL))] == [
        "cancelled"
    ]


def test_the_rest_of_nothing_is_no_failure(session: Session, shop: Shop) -> None:
    shop.order(session, "cash", "1000")
    chosen(session, shop, "cash", QUANTITY, "1000")
    rest = chosen(session, shop, "savings", REST)
    factories.a_run(session, APRIL)
    session.refresh(rest)
    assert rest.last_outcome == "nothing"
    assert told(session, shop.anna) == []


def test_the_rest_takes_what_the_limit_leaves(session: Session, shop: Shop) -> None:
    chosen(session, shop, "leave", REST)
    factories.a_run(session, APRIL)
    assert orders_of(session, APRIL, shop.anna) == [("leave", Decimal(40).normalize(), 80_000)]


def test_somebody_who_has_left_the_scheme_is_told_so(session: Session, shop: Shop) -> None:
    chosen(session, shop, "cash", QUANTITY, "100", until_month=JUNE)
    factories.a_change(session, shop.people.anna, MARCH.first, leaves_on=MARCH.last)
    factories.a_run(session, APRIL)
    assert [data["code"] for _, data in told(session, shop.anna)] == ["not_eligible"]


def test_what_is_scarce_goes_to_who_comes_first(session: Session, shop: Shop) -> None:
    for who in (shop.anna, shop.boris, shop.egor):
        chosen(session, shop, "seat", QUANTITY, "2", who=who)
    factories.a_run(session, APRIL)
    bought = [orders_of(session, APRIL, who) for who in (shop.anna, shop.boris, shop.egor)]
    assert sorted(map(len, bought)) == [0, 0, 1], "three seats, two a person"


def test_choices_run_though_the_deadline_has_passed(session: Session) -> None:
    """A deadline on the last day of the month before: the choices of April are set in March."""
    shop = open_shop(session, calendar={"deadline": {"last_day": "previous_month"}})
    chosen(session, shop, "cash", QUANTITY, "100")
    factories.a_run(session, APRIL, now=datetime(2026, 4, 1, 6, tzinfo=UTC))
    assert orders_of(session, APRIL, shop.anna) == [("cash", Decimal(100), 10_000)]


def test_a_month_that_is_being_closed_gets_no_choices(session: Session, shop: Shop) -> None:
    chosen(session, shop, "cash", QUANTITY, "100")
    ledger.begin_closing(session, ledger.BeginClosing(MARCH), actor=shop.dina, now=NOW)
    factories.a_run(session, MARCH)
    assert orders_of(session, MARCH, shop.anna) == []


# Setting and changing


def test_a_choice_begins_with_the_earliest_month_that_takes_orders(
    session: Session, shop: Shop
) -> None:
    assert chosen(session, shop, "cash", QUANTITY, "10").from_month == MARCH
    late = datetime(2026, 3, 16, 9, tzinfo=UTC)
    assert chosen(session, shop, "savings", REST, now=late).from_month == APRIL
    with pytest.raises(ChoiceUnreadable, match="choose 2026-04"):
        chosen(session, shop, "savings", REST, now=late, from_month=MARCH)


def test_what_asks_something_each_time_cannot_repeat(session: Session, shop: Shop) -> None:
    for product, mode, why in (
        ("bicycle", QUANTITY, "evidence"),
        ("dues", QUANTITY, "evidence"),
        ("keep", QUANTITY, "not_ordered"),
        ("sell", REST, "sale"),
        ("course", PERCENT, "other_account"),
    ):
        with pytest.raises(NotForChoices) as refused:
            chosen(session, shop, product, mode, None if mode is REST else "1")
        assert refused.value.data["why"] == why, product
    with pytest.raises(ProductUnknown):
        chosen(session, shop, "yacht", QUANTITY, "1")
    with pytest.raises(QuantityNotInSteps):
        chosen(session, shop, "leave", QUANTITY, "1.5")


def test_choices_that_do_not_go_together_are_refused(session: Session, shop: Shop) -> None:
    chosen(session, shop, "savings", PERCENT, "60")
    with pytest.raises(ChoicesBeyondWhole), session.begin_nested():
        chosen(session, shop, "cash", PERCENT, "41")
    rest = chosen(session, shop, "cash", REST)
    chosen(session, shop, "training", PERCENT, "40", position=0)
    with pytest.raises(RestNotLast), session.begin_nested():
        chosen(session, shop, "leave", QUANTITY, "1")
    ids = [choice.id for choice in choices_of(session, employee_of(shop.anna))]
    cmd = ReorderChoices(employee_of(shop.anna), [rest.id, *[i for i in ids if i != rest.id]])
    with pytest.raises(RestNotLast), session.begin_nested():
        choices.reorder_choices(session, cmd, actor=shop.anna, now=NOW)


def test_a_change_names_the_version_it_saw(session: Session, shop: Shop) -> None:
    choice = chosen(session, shop, "cash", QUANTITY, "100")
    once = changed(session, shop, choice, what(QUANTITY, "200"))
    assert (once.id, once.amount, once.version) == (choice.id, 200, 2)
    stale = ChangeChoice(choice.id, 1, what(QUANTITY, "300"))
    with pytest.raises(ChoiceMovedOn) as refused:
        choices.change_choice(session, stale, actor=shop.anna, now=NOW, zone=ZONE)
    assert refused.value.data["version"] == 2


def test_a_choice_that_has_begun_is_followed_by_its_successor(session: Session, shop: Shop) -> None:
    choice = chosen(session, shop, "cash", QUANTITY, "100")
    chosen(session, shop, "savings", REST)
    late = datetime(2026, 3, 16, 9, tzinfo=UTC)
    new = changed(session, shop, choice, what(QUANTITY, "200"), now=late)
    assert new.id != choice.id
    assert (choice.until_month, new.from_month, new.position) == (MARCH, APRIL, 1)
    factories.a_run(session, APRIL)
    assert orders_of(session, APRIL, shop.anna)[0] == ("cash", Decimal(200).normalize(), 20_000)


def test_a_paused_choice_orders_nothing_until_it_goes_on(session: Session, shop: Shop) -> None:
    choice = chosen(session, shop, "cash", QUANTITY, "100")
    choices.pause_choice(session, PauseChoice(choice.id, choice.version), actor=shop.anna, now=NOW)
    factories.a_run(session, APRIL)
    go_on = GoOnWithChoice(choice.id, choice.version)
    choices.go_on_with_choice(session, go_on, actor=shop.anna, now=NOW)
    factories.a_run(session, MAY)
    assert [len(orders_of(session, month, shop.anna)) for month in (APRIL, MAY)] == [0, 1]


def test_an_ended_choice_stays_ended(session: Session, shop: Shop) -> None:
    choice = chosen(session, shop, "cash", QUANTITY, "100")
    end = EndChoice(choice.id, choice.version)
    choices.end_choice(session, end, actor=shop.anna, now=NOW)
    factories.a_run(session, APRIL)
    assert orders_of(session, APRIL, shop.anna) == []
    with pytest.raises(ChoiceEnded):
        changed(session, shop, choice, what(QUANTITY, "200"))


def test_reordering_needs_all_of_them_as_they_are(session: Session, shop: Shop) -> None:
    one = chosen(session, shop, "cash", QUANTITY, "100")
    two = chosen(session, shop, "savings", QUANTITY, "100")
    arranged = choices.reorder_choices(
        session, ReorderChoices(employee_of(shop.anna), [two.id, one.id]), actor=shop.anna, now=NOW
    )
    assert [choice.product for choice in arranged] == ["savings", "cash"]
    entry = session.scalars(select(Entry).where(Entry.act == "shop.choices_reordered")).one()
    assert entry.subject == "employee:anna"
    for ids in ([one.id], [one.id, two.id, new_id()]):
        with pytest.raises(ChoiceMovedOn):
            choices.reorder_choices(
                session, ReorderChoices(employee_of(shop.anna), ids), actor=shop.anna, now=NOW
            )


def test_nobody_elses_choices_can_be_touched(session: Session, shop: Shop) -> None:
    choice = chosen(session, shop, "cash", QUANTITY, "100")
    for who in (shop.boris, shop.dina, shop.egor):
        with pytest.raises(ChoiceUnknown):
            choices.pause_choice(session, PauseChoice(choice.id, 1), actor=who, now=NOW)


def test_chunks_of_choices_are_small(session: Session, shop: Shop) -> None:
    assert choosing.CHOICES.largest_chunk == 500


def test_a_choice_and_its_order_that_do_not_know_each_other_are_named(
    session: Session, shop: Shop
) -> None:
    choice = chosen(session, shop, "cash", QUANTITY, "100")
    factories.a_run(session, APRIL)
    assert list(prove_choices(session)) == []
    session.execute(text("UPDATE shop_choice SET product = 'savings', last_month = 202605"))
    found = {(each.what.split()[0], each.found.split()[0]) for each in prove_choices(session)}
    assert found == {("choice", "order"), ("order", "choice")}
    session.execute(text("UPDATE shop_choice SET last_order_id = NULL"))
    first = next(iter(prove_choices(session)))
    assert (first.what, first.found) == (f"choice {choice.id}", "no order")


def test_what_a_run_of_choices_brought_is_told_by_product(session: Session, shop: Shop) -> None:
    chosen(session, shop, "leave", QUANTITY, "8")
    chosen(session, shop, "sell", QUANTITY, "4")
    factories.a_run(session, APRIL)
    run = session.scalars(select(Run).where(Run.kind == RunKind.CHOICES)).one()
    [view] = run_views(session, [run])
    assert [(line.code, line.employees, str(line.amount)) for line in view.differences] == [
        ("leave", 1, "-160.00"),
        ("sell", 1, "80.00"),
    ]
    assert (view.changed, view.transfers) == (1, 2)
