"""What a price rule would have meant: worked out by hand beside, to the cent."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from ideals.insight.simulating import commands, queries
from ideals.insight.simulating.commands import CancelSimulation, StartSimulation
from ideals.insight.simulating.errors import (
    NothingToSimulate,
    PartTakenOver,
    SimulationEnded,
    SimulationsNotYours,
    SimulationUnknown,
)
from ideals.insight.simulating.models import Simulation
from ideals.insight.simulating.queries import population
from ideals.insight.simulating.queries.happened import happened
from ideals.insight.simulating.states import SimulationKind, SimulationState
from ideals.kernel.ids import new_id
from ideals.kernel.month import Month
from ideals.notices.models import Notice
from ideals.pricing.commands import steering
from ideals.pricing.commands.bounds import PutBounds, put_bounds
from ideals.pricing.commands.steering import SaveRule
from ideals.pricing.errors import PriceRuleUnknown
from ideals.seeds import factories
from tests.counting import counted_all
from tests.insight.what_if import NOW, of_month, parts, simulated, start, work
from tests.pricing.desk import QUIET, Desk, on, opened
from tests.shop.conftest import PDF, Shop, open_shop

FEBRUARY, MARCH, APRIL, MAY = (Month(2026, month) for month in range(2, 6))
FREE: dict[str, Any] = {"from_month": "2026-05", "through_month": ""}
"""Without an end: it reaches each of the twelve months."""


@pytest.fixture
def shop(session: Session) -> Shop:
    return open_shop(session)


@pytest.fixture
def desk(session: Session, shop: Shop) -> Desk:
    desk = opened(session, shop)
    desk.know(FEBRUARY, "84", on(3, 1))
    return desk


# The numbers


def test_eight_hours_for_fifteen_percent_less(session: Session, shop: Shop, desk: Desk) -> None:
    """The bank's own example: 8 hours at 20.00 are 160.00; with the rule 136.00."""
    shop.order(session, "leave", "8")
    shop.order(session, "cash", "100")
    shop.order(session, "bicycle", "1", price_minor=90_000, evidence=(PDF,), who=shop.boris)
    shop.order(session, "sell", "2", who=shop.egor)
    found = simulated(session, desk.dora, desk.write(NOW, **FREE))
    assert of_month(found, "2026-03") == {
        "month": "2026-03", "orders": 2, "people": 2, "touched": 1,
        "minutes": 360, "before": 12_000, "after": 9_600,
    }  # fmt: skip
    assert len(found["months"]) == 12
    assert not any(line["orders"] for line in found["months"][:-1])
    assert found["products"] == [
        {"product": "leave", "orders": 1, "people": 1, "touched": 1,
         "minutes": 480, "before": 16_000, "after": 13_600, "sums": ["leave"]},
        {"product": "sell", "orders": 1, "people": 1, "touched": 0,
         "minutes": -120, "before": -4_000, "after": -4_000, "sums": ["leave"]},
    ]  # fmt: skip
    assert found["people"] == {
        "all": 5, "left": 0, "reached": 5, "ordered": 2, "touched": 1, "better": 1, "worse": 0,
    }  # fmt: skip
    assert found["histogram"] == [
        {"from": -2_400, "to": -2_300, "people": 1},
        {"from": 0, "to": 0, "people": 1},
    ]
    retail = {"key": "Bank/Retail", "people": 2, "touched": 1, "better": 1, "worse": 0}
    assert retail | {"change": -2_400} in found["groups"]["unit"]
    assert found["groups"]["contract"] == [
        {"key": "3", "people": 5, "touched": 1, "better": 1, "worse": 0, "change": -2_400}
    ]
    assert found["leave"] == {
        "people": 2, "touched": 1,
        "minutes": 360, "value": 12_000, "paid_before": 12_000, "paid_after": 9_600,
    }  # fmt: skip
    assert found["left_out"] == {"stated": 1, "unsteered": 1}
    assert found["free_space"] == {"people": 0, "touched": 0, "before": 0, "after": 0}
    (rule,) = found["rules"]
    assert (rule["code"], len(rule["months"])) == ("quiet_season", 12)
    assert rule["months"][-1] == {
        "month": "2026-03", "stands_for": "2027-03", "applies": 1,
        "people": 1, "touched": 1, "minutes": 480, "before": 16_000, "after": 13_600,
        "indicators": {"utilisation": "84"},
    }  # fmt: skip
    assert rule["months"][0]["indicators"] == {"utilisation": None}


def test_a_rule_of_april_to_june_leaves_an_order_of_march_alone(
    session: Session, shop: Shop, desk: Desk
) -> None:
    shop.order(session, "leave", "8")
    found = simulated(session, desk.dora, desk.write(NOW, condition=""))
    assert (of_month(found, "2026-03")["before"], of_month(found, "2026-03")["after"]) == (
        16_000, 16_000,
    )  # fmt: skip
    assert found["people"]["touched"] == 0
    assert [line["month"] for line in found["rules"][0]["months"]] == [
        "2025-04", "2025-05", "2025-06",
    ]  # fmt: skip


def test_a_missing_indicator_lets_the_rule_do_nothing(session: Session, shop: Shop) -> None:
    desk = opened(session, shop)
    desk.know(Month(2025, 9), "50", on(3, 1))  # too long ago for March
    shop.order(session, "leave", "8")
    found = simulated(session, desk.dora, desk.write(NOW, **FREE))
    assert of_month(found, "2026-03")["after"] == 16_000
    assert found["people"]["touched"] == 0
    march = found["rules"][0]["months"][-1]
    assert (march["applies"], march["indicators"]) == (0, {"utilisation": None})
    # It would have held for orders of October through December: nobody is beyond its reach.
    assert found["people"]["reached"] == 5


def test_a_condition_goes_by_the_facts_of_each_one(
    session: Session, shop: Shop, desk: Desk
) -> None:
    """For whom works part-time: Egor's 0.6 since February; 4 hours, 80.00, become 60.00."""
    factories.a_change(session, shop.people.egor, date(2026, 2, 1), part_time_factor="0.6")
    shop.order(session, "leave", "8")
    shop.order(session, "leave", "4", who=shop.egor)
    rule = desk.write(
        NOW, **FREE, condition="part_time_factor < 1", change={"kind": "amount", "value": "-5"}
    )
    found = simulated(session, desk.dora, rule)
    assert of_month(found, "2026-03")["before"] == 24_000
    assert of_month(found, "2026-03")["after"] == 22_000
    assert (found["people"]["reached"], found["people"]["touched"]) == (1, 1)
    sizes = {each["key"]: each for each in found["groups"]["contract"]}
    assert (sizes["1"]["touched"], sizes["1"]["change"], sizes["3"]["touched"]) == (1, -2_000, 0)


def test_a_rule_that_touches_nobody_says_so(session: Session, shop: Shop, desk: Desk) -> None:
    shop.order(session, "leave", "8")
    rule = desk.write(NOW, **FREE, condition="full_time_salary > 90000")
    found = simulated(session, desk.dora, rule)
    assert (found["people"]["reached"], found["people"]["touched"]) == (0, 0)
    assert of_month(found, "2026-03")["after"] == 16_000
    assert found["histogram"] == [{"from": 0, "to": 0, "people": 1}]


def test_the_draft_stands_beside_what_held_and_instead_of_itself(
    session: Session, shop: Shop, desk: Desk
) -> None:
    """March held 10% off: 8 hours cost 144.00. A draft of 5.00 less a unit after it: 13.00 x 8."""
    held = desk.agreed(
        on(2, 20), code="held", from_month="2026-03", through_month="", condition="",
        change={"kind": "percent", "value": "-10"}, order=1,
    )  # fmt: skip
    desk.publish(MARCH, on(3, 1))
    order = shop.order(session, "leave", "8")
    assert order.price_minor == 14_400
    more = desk.write(
        NOW, code="more", condition="", from_month="2026-05", through_month="",
        change={"kind": "amount", "value": "-5"}, order=2,
    )  # fmt: skip
    found = simulated(session, desk.dora, more)
    march = of_month(found, "2026-03")
    assert (march["before"], march["after"]) == (14_400, 10_400)
    # The rule that held, put beside itself, is itself.
    same = simulated(session, desk.dora, held)
    assert of_month(same, "2026-03")["after"] == 14_400
    assert (same["rules"][0]["months"][-1]["applies"], same["people"]["touched"]) == (1, 0)
    both = simulated(session, desk.dora, more, held)
    assert of_month(both, "2026-03")["after"] == 10_400


def test_an_indicator_is_what_the_list_of_the_month_kept(
    session: Session, shop: Shop, desk: Desk
) -> None:
    """84 when the list of March was published; the correction to 95 came later."""
    desk.agreed(on(2, 20), code="held", from_month="2026-03", through_month="2026-03")
    desk.publish(MARCH, on(3, 1))
    order = shop.order(session, "leave", "8")
    assert order.price_minor == 13_600
    desk.know(FEBRUARY, "95", on(3, 20))
    more = desk.write(NOW, **FREE, order=20, change={"kind": "amount", "value": "-1"})
    found = simulated(session, desk.dora, more)
    assert of_month(found, "2026-03")["after"] == 12_800
    march = found["rules"][0]["months"][-1]
    assert (march["applies"], march["indicators"]) == (1, {"utilisation": "84"})


def test_more_people_take_no_more_statements(session: Session, shop: Shop, desk: Desk) -> None:
    shop.order(session, "leave", "8")
    rule = desk.write(NOW, **FREE, condition="part_time_factor >= 0.8")

    def statements(now: datetime) -> int:
        made = start(session, desk.dora, [rule], now=now)
        session.flush()
        with counted_all() as seen:
            work(session, made, now=now)
        return seen.statements

    statements(NOW)  # texts are read once a process
    few = statements(NOW + timedelta(hours=2))
    for number in range(40):
        factories.an_employee(session, f"Worker {number}")
    shop.order(session, "leave", "2", who=shop.egor)
    shop.order(session, "leave", "2", who=shop.boris)
    assert statements(NOW + timedelta(hours=4)) == few


def test_bounds_hold_for_what_is_simulated(session: Session, shop: Shop, desk: Desk) -> None:
    """Never less than 18.00 for an hour: 8 hours are 144.00 and no less."""
    cmd = PutBounds("simple", "leave", 1_800, None)
    put_bounds(session, cmd, actor=desk.dora, now=on(3, 1))
    shop.order(session, "leave", "8")
    found = simulated(session, desk.dora, desk.write(NOW, **FREE))
    assert of_month(found, "2026-03")["after"] == 14_400


def test_the_price_before_rules_is_exact(session: Session, shop: Shop, desk: Desk) -> None:
    """3,000.40 / 150 is 20.002666..., of which the order keeps 20.00 as an amount, and all of it
    as what the formula came to. Nine times as much on top tells them apart."""
    salary = "3000.40"
    factories.a_change(session, shop.people.egor, date(2026, 2, 1), full_time_salary=salary)
    order = shop.order(session, "leave", "10", who=shop.egor)
    assert order.unit_minor == 2_000
    rule = desk.write(NOW, **FREE, change={"kind": "percent", "value": "900"})
    found = simulated(session, desk.dora, rule)
    assert of_month(found, "2026-03")["after"] == 200_030  # 200.0266... is 200.03, ten times


def test_free_space_and_what_is_charged_month_by_month(session: Session) -> None:
    """A gift of 50.00 is free of tax. A car of 30.00 a month for twelve months is 360.00."""
    term = {"months": "12", "early_end": "yes", "leaving": "end"}
    products = {
        "gift": {"kind": "other", "unit": "piece", "price": "50", "tax": "free_space"},
        "car": {"kind": "lease_car", "unit": "piece", "price": "30", "term": term},
    }
    shop = open_shop(session, products=products)
    desk = opened(session, shop)
    shop.order(session, "gift", "2")
    shop.order(session, "car", "1", who=replace(shop.egor, proved_at=on(3, 10)))
    rule = desk.write(NOW, **FREE, condition="", products=["gift", "car"],
                      change={"kind": "percent", "value": "-10"})  # fmt: skip
    found = simulated(session, desk.dora, rule)
    assert [(each["product"], each["before"], each["after"]) for each in found["products"]] == [
        ("car", 36_000, 32_400), ("gift", 10_000, 9_000),
    ]  # fmt: skip
    assert found["free_space"] == {
        "people": 1, "touched": 1, "before": 10_000, "after": 9_000,
    }  # fmt: skip
    assert found["leave"]["value"] == 0


def test_it_says_what_the_same_orders_cost_once_the_rule_holds(
    session: Session, shop: Shop, desk: Desk
) -> None:
    """Whoever orders in April what they ordered in March pays what the simulation said."""
    factories.a_change(session, shop.people.egor, date(2026, 2, 1), full_time_salary="3131.13")
    factories.a_change(session, shop.people.boris, date(2026, 2, 1), part_time_factor="0.7")
    orders = [(shop.anna, "leave", "7"), (shop.egor, "leave", "11"), (shop.boris, "leave", "3"),
              (shop.egor, "seat", "1")]  # fmt: skip
    then = [shop.order(session, product, units, who=who) for who, product, units in orders]
    forever = {"from_month": "2026-05", "through_month": ""}
    rules = [
        desk.write(NOW, **forever, code="full", products=["leave", "seat"],
                   condition="part_time_factor == 1", change={"kind": "percent", "value": "-7.5"}),
        desk.write(NOW, **forever, code="more", order=20,
                   change={"kind": "amount", "value": "0.33"}),
        desk.write(NOW, **forever, code="least", order=30, condition="",
                   change={"kind": "floor", "value": "19"}),
    ]  # fmt: skip
    found = simulated(session, desk.dora, *rules)
    factories.a_run(session, APRIL)
    for rule in rules:
        submitted = desk.submit(rule, on(4, 11))
        desk.decide(submitted, on(4, 11))
    desk.know(APRIL, "84", on(4, 12))
    may = [
        shop.order(session, product, units, who=who, now=on(5, 4), month=Month(2026, 5))
        for who, product, units in orders
    ]
    assert of_month(found, "2026-03")["before"] == sum(order.price_minor for order in then)
    assert of_month(found, "2026-03")["after"] == sum(order.price_minor for order in may)
    assert found["people"]["touched"] == 3
    # So does each rule by itself, in whatever place of the row it stands.
    session.flush()
    told = {each["code"]: each for each in found["rules"]}
    for rule in rules:
        did = of_month(told[rule.code], "2026-03")
        (real,) = happened(session, rule.code, "simple", ["leave", "seat"], (MAY, MAY))
        assert (did["applies"], did["people"], did["minutes"], did["before"], did["after"]) == (
            real.orders, real.people, real.minutes, real.before, real.after,
        )  # fmt: skip


def test_who_left_is_counted_apart(session: Session, shop: Shop, desk: Desk) -> None:
    shop.order(session, "leave", "8", who=shop.egor)
    factories.a_change(session, shop.people.egor, date(2026, 3, 20), leaves_on=date(2026, 3, 31))
    factories.an_employee(session, "Gone", leaves_on=date(2025, 1, 31))
    found = simulated(session, desk.dora, desk.write(NOW, **FREE))
    assert found["people"] == {
        "all": 5, "left": 1, "reached": 4, "ordered": 1, "touched": 1, "better": 1, "worse": 0,
    }  # fmt: skip


# Rights, and what cannot be simulated


def test_only_hr_for_prices_simulates_prices(session: Session, shop: Shop, desk: Desk) -> None:
    rule = desk.write(NOW)
    with pytest.raises(SimulationsNotYours):
        start(session, shop.dina, [rule])
    made = start(session, desk.dora, [rule])
    assert queries.access_simulation(session, made, actor=desk.fatima).id == made
    with pytest.raises(SimulationsNotYours):
        queries.access_simulation(session, made, actor=shop.dina)
    with pytest.raises(SimulationsNotYours):
        commands.cancel(session, CancelSimulation(made), actor=shop.anna, now=NOW)
    with pytest.raises(SimulationUnknown):
        queries.access_simulation(session, new_id(), actor=desk.dora)


def test_what_cannot_be_simulated_is_refused_with_why(
    session: Session, shop: Shop, desk: Desk
) -> None:
    rule = desk.write(NOW)

    def why(rules: object) -> str:
        cmd = StartSimulation(SimulationKind.PRICES, {"rules": rules})
        with pytest.raises(NothingToSimulate) as refused:
            commands.start(session, cmd, actor=desk.dora, now=NOW)
        return str(refused.value.data["why"])

    assert why([]) == "empty"
    assert why("all") == "empty"
    assert why(["no id"]) == "rule"
    assert why([[str(rule.id), 7]]) == "version"
    assert why([[str(rule.id), "1"]]) == "version"
    assert why([[str(rule.id), [1]]]) == "version"
    assert why([[str(rule.id), True]]) == "version"
    assert why([[str(rule.id)]]) == "rule"
    with pytest.raises(PriceRuleUnknown):
        start(session, desk.dora, [new_id()])
    # Each clear by itself, but never both: the second was written while the first was a draft.
    fixed = {"kind": "fixed", "value": "15"}
    one, two = (desk.write(NOW, code=code, condition="", change=fixed) for code in ("one", "two"))
    assert why([str(one.id), str(two.id)]) == "unclear"
    other = {**QUIET, "code": "one", "condition": "", "order": 30}
    steering.save_rule(session, SaveRule(one.id, other, one.version), actor=desk.dora, now=NOW)
    assert why([[str(one.id), 1], [str(one.id), 2]]) == "twice"


# The job


def test_the_same_within_the_hour_is_the_same(session: Session, shop: Shop, desk: Desk) -> None:
    one, two = desk.write(NOW, code="one"), desk.write(NOW, code="two", order=20)
    made = start(session, desk.dora, [one, two])
    assert start(session, desk.fatima, [two, one], now=NOW + timedelta(minutes=59)) == made
    assert start(session, desk.dora, [one]) != made
    assert start(session, desk.dora, [one, two], now=NOW + timedelta(minutes=61)) != made
    of_two = session.scalars(queries.simulations_of(two.id)).all()
    assert (min(of_two, key=lambda each: each.number).id, len(of_two)) == (made, 2)
    assert session.scalars(queries.simulations_of(new_id())).all() == []


def test_parts_come_to_the_same_in_any_number(
    session: Session, shop: Shop, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.order(session, "leave", "8")
    shop.order(session, "leave", "3", who=shop.egor)
    rule = desk.write(NOW, **FREE)
    whole = simulated(session, desk.dora, rule)
    monkeypatch.setattr(population, "PART_EMPLOYEES", 1)
    later = NOW + timedelta(hours=2)
    made = start(session, desk.dora, [rule], now=later)
    assert len(parts(session, made)) == 5
    done = work(session, made, now=later)
    assert done.result == whole
    assert (done.state, done.done, done.total) == ("done", 5, 5)
    assert parts(session, made) == []


def test_who_started_it_is_told_once(session: Session, shop: Shop, desk: Desk) -> None:
    made = work(session, start(session, desk.dora, [desk.write(NOW, **FREE)]))
    told = session.scalars(select(Notice).where(Notice.subject == made.source)).all()
    assert [(each.user_id, each.kind) for each in told] == [(desk.dora.user_id, commands.ENDED)]


def test_cancelled_in_the_middle_nothing_is_left(
    session: Session, shop: Shop, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(population, "PART_EMPLOYEES", 2)
    made = start(session, desk.dora, [desk.write(NOW, **FREE)])
    first, second = (
        commands.take_part(session, made, number, now=NOW) for number in parts(session, made)[:2]
    )
    assert first is not None and second is not None
    commands.simulate_part(session, first, now=NOW)
    assert session.get_one(Simulation, made).done == 2
    cmd = CancelSimulation(made)
    cancelled = commands.cancel(session, cmd, actor=desk.fatima, now=NOW)
    assert (cancelled.state, cancelled.done) == (SimulationState.CANCELLED, 0)
    assert cancelled.result is None
    commands.simulate_part(session, second, now=NOW)  # who was at it writes nothing
    assert parts(session, made) == []
    assert commands.take_part(session, made, 3, now=NOW) is None
    assert not commands.part_waits(session, made, 3)
    assert commands.cancel(session, cmd, actor=desk.dora, now=NOW).ended_at == NOW
    # Asked again it begins anew.
    again = work(session, start(session, desk.dora, rules_of(cancelled)))
    assert again.id != made
    with pytest.raises(SimulationEnded):
        commands.cancel(session, CancelSimulation(again.id), actor=desk.dora, now=NOW)


def rules_of(simulation: Simulation) -> list[UUID]:
    return [UUID(rule) for rule, _ in simulation.about["rules"]]


def test_a_part_is_taken_by_one_and_given_to_another_when_it_is_lost(
    session: Session, shop: Shop, desk: Desk
) -> None:
    made = start(session, desk.dora, [desk.write(NOW, **FREE)])
    lost = commands.take_part(session, made, 1, now=NOW)
    assert lost is not None
    assert commands.take_part(session, made, 1, now=NOW) is None
    later = NOW + timedelta(minutes=1)
    taken = commands.take_part(session, made, 1, now=later)
    assert taken is not None
    with pytest.raises(PartTakenOver):
        commands.simulate_part(session, lost, now=later)
    commands.simulate_part(session, taken, now=later)
    assert session.get_one(Simulation, made).state == SimulationState.DONE
    commands.simulate_part(session, taken, now=later)  # again: nothing happens


def test_a_part_that_ends_its_worker_each_time_ends_the_simulation(
    session: Session, shop: Shop, desk: Desk
) -> None:
    made = start(session, desk.dora, [desk.write(NOW, **FREE)])
    for attempt in range(3):
        assert commands.take_part(session, made, 1, now=NOW + timedelta(minutes=attempt))
    assert commands.take_part(session, made, 1, now=NOW + timedelta(minutes=9)) is None
    failed = session.get_one(Simulation, made)
    assert (failed.state, failed.fault) == ("failed", "A part of it ended its worker each time.")
    told = session.scalars(select(Notice).where(Notice.subject == failed.source)).all()
    assert [each.data["state"] for each in told] == ["failed"]


def test_a_part_that_cannot_be_worked_out_ends_it_with_the_reason(
    session: Session, shop: Shop, desk: Desk
) -> None:
    made = start(session, desk.dora, [desk.write(NOW, **FREE)])
    lease = commands.take_part(session, made, 1, now=NOW)
    assert lease is not None
    commands.fail(session, lease, NothingToSimulate("Nothing goes.", why="test"), now=NOW)
    commands.fail(session, lease, ValueError("earns 4,000"), now=NOW)
    failed = session.get_one(Simulation, made)
    assert (failed.state, failed.fault) == ("failed", "Nothing goes.")
    other = start(session, desk.dora, rules_of(failed))
    lease = commands.take_part(session, other, 1, now=NOW)
    assert lease is not None
    commands.fail(session, lease, ValueError("earns 4,000"), now=NOW)
    assert session.get_one(Simulation, other).fault == "ValueError"
