"""Hundreds of rules in force on every product of a shop: the pages still work, in as many
statements. How long they take is for `benchmarks.prices`."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from ideals.app import create_app
from ideals.config import ROOT, Settings
from ideals.db import unit_of_work
from ideals.kernel import clock
from ideals.kernel.month import Month
from ideals.pricing.models import PriceRule
from ideals.pricing.states import RuleState
from tests.counting import counted_all
from tests.pricing.desk import Desk, on, opened
from tests.shop.conftest import MARCH, NOW, PRODUCTS, Shop, Site, open_shop, stored
from tests.shop.conftest import own_shop as own_shop  # a fixture

MANY = PRODUCTS | {f"leave_{place}": PRODUCTS["leave"] for place in range(30)}
SOLD = ["leave", *(f"leave_{place}" for place in range(30))]
CONDITIONS = (
    "indicator_utilisation < {high}",
    "unit == 'Bank/{number}' and part_time_factor < 1",
    "scale in ('10', '11', '{number}')",
    "full_time_salary < {low}",
    "years_of_service >= {long}",
)
"""One in five holds for Anna."""


def in_force(desk: Desk, count: int) -> None:
    """So many rules for all products, as if they had been agreed to. Each holds beside the rest."""
    for number in range(count):
        condition = CONDITIONS[number % 5].format(
            number=100 + number, high=83 + number, low=500 + number, long=60 + number
        )
        desk.write(
            NOW, code=f"rule_{number}", products=SOLD, condition=condition, order=number,
            from_month="2026-03", change={"kind": "percent", "value": "-0.1"},
        )  # fmt: skip
    session = desk.session
    for state in (RuleState.SUBMITTED, RuleState.IN_FORCE):
        approved = {"approved_at": NOW, "approved_by": "fatima", "last_month": Month(2026, 6),
                    "approved_by_user_id": desk.fatima.user_id}  # fmt: skip
        submitted = {"submitted_at": NOW, "submitted_by": "dora",
                     "submitted_by_user_id": desk.dora.user_id}  # fmt: skip
        session.execute(
            update(PriceRule).values(
                state=state, **submitted, **(approved if state == RuleState.IN_FORCE else {})
            )
        )
    session.commit()


@pytest.fixture
def many(session: Session, monkeypatch: pytest.MonkeyPatch) -> Any:
    shop = open_shop(session, products=MANY)
    session.commit()
    monkeypatch.setattr(clock, "now", lambda: NOW)
    with create_app(Settings.read({})).test_client() as client:
        yield Site(client, shop)


def test_two_hundred_rules_cost_the_shop_no_more_statements(many: Site, session: Session) -> None:
    headers = many.headers()
    desk = opened(session, many.shop)
    desk.know(Month(2026, 2), "82", NOW)
    session.commit()

    def statements() -> list[int]:
        found = []
        for path in ("/shop", "/api/v1/products"):
            many.client.get(path, headers=headers)  # each process reads what rules say once
            with counted_all() as seen:
                answer = many.client.get(path, headers=headers)
            assert answer.status_code == 200, answer.text
            found.append(seen.statements)
        return found

    without = statements()
    in_force(desk, 200)
    assert statements() == without


def test_five_hundred_rules_leave_pages_quotes_and_orders_working(
    many: Site, session: Session
) -> None:
    desk = opened(session, many.shop)
    desk.know(Month(2026, 2), "82", NOW)
    session.commit()
    with counted_all() as few:
        many.post("/quotes", {"product": "leave", "quantity": "1"})
    in_force(desk, 500)
    many.post("/quotes", {"product": "leave", "quantity": "1"})
    with counted_all() as seen:
        quote: Any = many.post("/quotes", {"product": "leave", "quantity": "1"}).json
    # One more: the answer tells the rules that did nothing.
    assert seen.statements <= few.statements + 1, str(seen)
    assert (len(quote["steps"]), len(quote["not_applied"])) == (102, 400)
    assert quote["price"] == "18.10"  # 20.00 x 0.999 ** 100
    made: Any = many.post("/orders", {"quote": quote["id"]}).json
    order: Any = many.get(f"/orders/{made['id']}").json
    assert len(order["not_applied"]) == 400
    for path in ("/shop", "/shop/leave", "/shop/leave/prices", f"/orders/{made['id']}"):
        assert many.client.get(path, headers=many.headers()).status_code == 200, path
    desk.publish(MARCH, NOW)
    kept = stored(session, desk.shop.order(session, "leave", "1"))
    assert len(json.dumps(kept.not_applied)) < 10_000, "by reference"


ANOTHER = """
import sys, json
from datetime import date
from ideals.config import Settings
from ideals import db
from ideals.pricing.queries.over_time import prices_over_time
db.connect(Settings.read().database_url)
for line in sys.stdin:
    with db.unit_of_work() as session:
        prices = prices_over_time(session, int(line), "leave", date(2026, 3, 10))[1]
    print(json.dumps([[str(each.month), each.minor] for each in prices]), flush=True)
"""


def test_another_process_prices_by_what_was_changed_here(own_shop: Shop, own_database: str) -> None:
    """Asked before a rule, with it, and when it is over: what it keeps is never in the way."""
    with unit_of_work() as session:
        desk = opened(session, own_shop)
        desk.know(MARCH, "82", NOW)
    anna = str(own_shop.anna.employee_id)
    with subprocess.Popen(
        [sys.executable, "-c", ANOTHER], cwd=ROOT, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={"DATABASE_URL": own_database},
    ) as other:  # fmt: skip
        assert other.stdin is not None and other.stdout is not None

        def asked() -> list[int]:
            other.stdin.write(anna + "\n")
            other.stdin.flush()
            return [minor for _month, minor in json.loads(other.stdout.readline())]

        assert asked() == [2000, 2000, 2000]
        with unit_of_work() as session:
            rule_id = Desk(session, own_shop, desk.dora, desk.fatima).agreed(NOW).id
        assert asked() == [2000, 1700, 1700]
        with unit_of_work() as session:
            again = Desk(session, own_shop, desk.dora, desk.fatima)
            again.publish(MARCH, NOW)
            again.publish(Month(2026, 4), NOW)
            again.end(session.get_one(PriceRule, rule_id), on(3, 10))
        assert asked() == [2000, 1700, 2000]
        other.stdin.close()
