"""Prices under many hands: rules that are agreed while others order, lists that two publish."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from io import BytesIO
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ideals import outbox
from ideals.approvals.models import Approval
from ideals.db import unit_of_work
from ideals.kernel.actor import Actor
from ideals.kernel.errors import IdealsError
from ideals.kernel.month import Month
from ideals.ledger.queries import prove
from ideals.notices.models import Notice
from ideals.outbox import Message
from ideals.pricing.commands import publishing, steering
from ideals.pricing.commands.bounds import PutBounds, put_bounds
from ideals.pricing.commands.indicators import UploadIndicators, upload_indicators
from ideals.pricing.commands.steering import SaveRule
from ideals.pricing.models import PriceList, PriceRule, PriceRuleVersion, ProductBounds, Quote
from ideals.seeds import factories
from ideals.shop.models import Order
from tests.pricing.desk import QUIET, Desk, on, opened
from tests.race.test_shop import an_actor
from tests.shop.conftest import ZONE, Shop, own_shop  # noqa: F401 - a fixture
from workers import pricing as tasks

MARCH, APRIL = Month(2026, 3), Month(2026, 4)
NOW = on(3, 10)
AT_ONCE = 12
"""Threads; each waits for one of the few connections."""


def at_once(*works: Callable[[], Any]) -> list[Any]:
    def safely(work: Callable[[], Any]) -> Any:
        try:
            return work()
        except IdealsError as refused:
            return refused.code

    with ThreadPoolExecutor(min(len(works), AT_ONCE)) as pool:
        return [each.result() for each in [pool.submit(safely, work) for work in works]]


def in_one(shop: Shop, work: Callable[[Desk], Any]) -> Any:
    """With the same people in a transaction of its own."""
    with unit_of_work() as session:
        return work(_desk(session, shop))


def _desk(session: Session, shop: Shop) -> Desk:
    return Desk(session, shop, _people["dora"], _people["fatima"])


_people: dict[str, Any] = {}


@pytest.fixture
def rule_id(own_shop: Shop) -> UUID:  # noqa: F811
    with unit_of_work() as session:
        desk = opened(session, own_shop)
        _people.update(dora=desk.dora, fatima=desk.fatima)
        desk.know(MARCH, "82", NOW)
        return desk.submit(desk.write(NOW), NOW).id


def test_a_hundred_people_order_while_a_rule_is_agreed_and_published(
    own_shop: Shop,  # noqa: F811
    rule_id: UUID,
) -> None:
    """Each pays one price or the other, and the steps say which; with a quote from before, that."""
    with unit_of_work() as session:
        crowd = [an_actor(session, number) for number in range(100)]
        factories.a_run(session, MARCH)
        promised = [own_shop.quote(session, "leave", "1", who=who, month=APRIL)
                    for who in crowd[:20]]  # fmt: skip

    def buy(who: Actor) -> int:
        with unit_of_work() as session:
            return own_shop.order(session, "leave", "1", month=APRIL, who=who).price_minor

    def take(who: Actor, quote: Quote) -> int:
        with unit_of_work() as session:
            return own_shop.place(session, quote, who=who).price_minor

    def agree() -> None:
        in_one(own_shop, lambda desk: desk.decide(desk.session.get_one(PriceRule, rule_id), NOW))
        in_one(own_shop, lambda desk: desk.publish(APRIL, NOW))

    early = [partial(take, who, quote) for who, quote in zip(crowd, promised, strict=False)]
    fresh = [partial(buy, who) for who in crowd[20:]]
    found = at_once(*early, *fresh[:10], agree, *fresh[10:])
    assert found[:20] == [2000] * 20, "a quote keeps its price"
    prices = [each for each in found[20:] if each is not None]
    assert len(prices) == 80
    assert set(prices) <= {1700, 2000}
    with unit_of_work() as session:
        orders = session.scalars(select(Order).where(Order.month == APRIL)).all()
        assert sorted(order.price_minor for order in orders) == sorted([*found[:20], *prices])
        for order in orders:
            steered = [step["amount"] for step in order.steps if step["code"] == "quiet_season"]
            assert steered == ([1700] if order.price_minor == 1700 else [])
    assert buy(own_shop.anna) == 1700
    with unit_of_work() as session:
        assert prove(session) == []


def test_two_who_publish_make_one_list(own_shop: Shop, rule_id: UUID) -> None:  # noqa: F811
    del rule_id
    made = at_once(*[lambda: in_one(own_shop, lambda desk: desk.publish(APRIL, NOW))] * 4)
    with unit_of_work() as session:
        rows = session.scalar(select(func.count()).select_from(PriceList))
    assert sorted(made) == [0, 0, 0, rows]


def test_a_rule_is_in_a_list_or_refused(own_shop: Shop, rule_id: UUID) -> None:  # noqa: F811
    answers = at_once(
        lambda: in_one(
            own_shop, lambda desk: desk.decide(desk.session.get_one(PriceRule, rule_id), NOW)
        ),
        lambda: in_one(own_shop, lambda desk: desk.publish(APRIL, NOW)),
    )
    with unit_of_work() as session:
        state = session.get_one(PriceRule, rule_id).state
        (holds,) = session.scalars(select(PriceList.holds).where(PriceList.product == "leave"))
    if answers[0] == "price_list_published":
        assert (state, holds["rules"]) == ("submitted", [])
    else:
        assert (state, holds["rules"]) == ("scheduled", [[str(rule_id), 1]])


def test_of_two_who_save_one_version_one_is_told(own_shop: Shop, rule_id: UUID) -> None:  # noqa: F811
    del rule_id
    other = in_one(own_shop, lambda desk: desk.write(NOW, code="draft", order=20).id)

    def save(order: int) -> Any:
        plain = {**QUIET, "code": "draft", "order": order}
        cmd = SaveRule(other, plain, 1)
        with unit_of_work() as session:
            steering.save_rule(session, cmd, actor=_people["dora"], now=NOW)

    assert sorted(map(str, at_once(*[lambda n=n: save(n) for n in (21, 22, 23)]))) == [
        "None", "price_rule_moved_on", "price_rule_moved_on",
    ]  # fmt: skip
    with unit_of_work() as session:
        versions = select(func.count()).where(PriceRuleVersion.rule_id == other)
        assert session.scalar(versions) == 2


def test_of_many_who_set_the_first_bounds_one_is_kept(own_shop: Shop, rule_id: UUID) -> None:  # noqa: F811
    del rule_id

    def put(least: int) -> Any:
        cmd = PutBounds("simple", "leave", least)
        in_one(own_shop, lambda desk: put_bounds(desk.session, cmd, actor=desk.dora, now=NOW))

    told = at_once(*[partial(put, least) for least in (1500, 1600, 1700, 1800)])
    assert sorted(map(str, told)) == ["None", *["price_bounds_moved_on"] * 3]
    with unit_of_work() as session:
        bounds = session.get_one(ProductBounds, ("simple", "leave"))
        assert (bounds.version, bounds.least_minor) == (
            2, (1500, 1600, 1700, 1800)[told.index(None)],
        )  # fmt: skip


def test_two_files_in_opposite_orders_are_both_taken(own_shop: Shop, rule_id: UUID) -> None:  # noqa: F811
    del rule_id
    rows = [f"number_{number},2026-02,{number}" for number in range(60)]

    def upload(lines: list[str]) -> int:
        file = BytesIO("\n".join(["indicator,month,value", *lines]).encode())
        cmd = UploadIndicators(file)
        return in_one(
            own_shop,
            lambda desk: upload_indicators(desk.session, cmd, actor=desk.dora, now=NOW),
        )

    assert at_once(*[partial(upload, lines) for lines in (rows, rows[::-1]) * 3]) == [60] * 6


def test_on_the_last_moment_a_rule_is_agreed_or_refused(own_shop: Shop, rule_id: UUID) -> None:  # noqa: F811
    told = at_once(
        lambda: in_one(
            own_shop, lambda desk: desk.decide(desk.session.get_one(PriceRule, rule_id), NOW)
        ),
        *[lambda: in_one(own_shop, lambda desk: desk.sweep(on(4, 1)))] * 3,
    )
    with unit_of_work() as session:
        rule = session.get_one(PriceRule, rule_id)
        approval = session.get_one(Approval, rule.approval_id)
        if told[0] is None:
            assert (rule.state, approval.state) in (
                ("scheduled", "approved"), ("in_force", "approved"),
            )  # fmt: skip
        else:
            assert (rule.state, approval.state) == ("refused", "expired")


def test_a_publishing_job_that_dies_half_way_is_done_again_and_nothing_twice(
    own_shop: Shop,  # noqa: F811
    rule_id: UUID,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    in_one(own_shop, lambda desk: desk.decide(desk.session.get_one(PriceRule, rule_id), NOW))
    monkeypatch.setattr(tasks.clock, "now", lambda: on(3, 25))
    with unit_of_work() as session:
        publishing.look_at_lists(session, zone=ZONE, now=on(3, 25))
        sent = session.execute(
            select(Message.payload, Message.id).where(Message.name == publishing.PUBLISH)
        )
        ids = {payload["month"]: message for payload, message in sent}

    class Killed(BaseException):
        """What no handler catches."""

    def dies(*_: Any, **__: Any) -> None:
        raise Killed

    with monkeypatch.context() as broken:
        broken.setattr(outbox, "finish", dies)
        with pytest.raises(Killed):
            tasks.publish_lists(ids["2026-04"])
    with unit_of_work() as session:
        assert session.scalar(select(func.count()).select_from(PriceList)) == 0
    for _ in range(2):
        tasks.publish_lists(ids["2026-04"])
    with unit_of_work() as session:
        telling = select(Message.id).where(Message.name == publishing.TELL)
        (tell,) = session.scalars(telling)
        listed = session.scalar(select(func.count()).select_from(PriceList))
        assert listed == len(own_shop_products(session))
    with monkeypatch.context() as broken:
        broken.setattr(outbox, "finish", dies)
        with pytest.raises(Killed):
            tasks.tell_employees(tell)
    for _ in range(2):
        tasks.tell_employees(tell)
    with unit_of_work() as session:
        told = session.scalars(
            select(Notice.employee_id).where(Notice.kind == publishing.CHANGED)
        ).all()
    assert own_shop.anna.employee_id in told
    assert len(told) == len(set(told))


def own_shop_products(session: Session) -> list[str]:
    return list(session.scalars(select(PriceList.product).distinct()))


def test_the_same_job_sent_again_by_mistake_tells_nobody_twice(
    own_shop: Shop,  # noqa: F811
    rule_id: UUID,
) -> None:
    in_one(own_shop, lambda desk: desk.decide(desk.session.get_one(PriceRule, rule_id), NOW))
    in_one(own_shop, lambda desk: desk.publish(APRIL, NOW))
    told = at_once(*[lambda: in_one(own_shop, lambda desk: desk.tell(APRIL, NOW))] * 3)
    assert sum(told) == max(told) > 0
