"""What entries of the audit are about, and who acted, as HR reads it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy.orm import Session

from ideals import audit
from ideals.access import queries as access
from ideals.access.commands import ANYONE
from ideals.kernel import clock
from ideals.kernel.actor import SYSTEM, Role
from ideals.kernel.ids import new_id
from ideals.seeds import factories
from tests.counting import counted
from tests.desk import Desk, desk, make_app
from tests.insight.test_desk import words
from tests.pricing.desk import opened
from tests.shop.conftest import NOW, open_shop


@pytest.fixture
def dina(session: Session, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """With every right of HR."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    roles = frozenset({Role.HR, Role.HR_DEALS, Role.HR_PRICES})
    user = factories.a_user(session, "all@meridian.example", roles=roles)
    return desk(session, make_app(), access.actor_of(user, sorted(roles)), now=NOW)


def test_what_has_a_title_is_called_by_it(session: Session, dina: Desk) -> None:
    shop = open_shop(session)
    rule = opened(session, shop).write(NOW, condition=None)
    order = shop.order(session, "leave", "8")
    anna = factories.an_employee(session, "Anneke", number="1042")
    who = factories.a_user(session, "karel@meridian.example", roles=frozenset({Role.PAYROLL}))
    entries: Sequence[tuple[str, dict[str, Any], str]] = [
        (rule.source, {}, "Price rule Quiet season"),
        (f"approval:{new_id()}", {"about": rule.source}, "Decision: Price rule Quiet season"),
        (order.source, {}, f"Order {order.number}"),
        (anna.source, {}, "Anneke, 1042"),
        (f"user:{who.id}", {}, "Account karel@meridian.example"),
        ("price_list:simple:2026-03", {}, "Price list simple 2026-03"),
        (f"choice:{new_id()}", {}, "Standing choice"),
        # Of which nothing is known any more, or never was.
        (f"order:{new_id()}", {}, "Order"),
        ("employee:gone", {}, "Employee gone"),
        ("thing:1", {}, "thing:1"),
    ]
    for subject, details, _ in entries:
        audit.record(session, "people.once", subject, actor=SYSTEM, now=NOW, **details)
    audit.record(session, "people.once", "audit", actor=ANYONE, now=NOW)
    session.commit()
    said = words(dina.get("/audit?act=people.once").text)
    for *_, title in entries:
        assert f"The system people.once {title} " in said, title
    assert "Somebody who had not signed in people.once The audit" in said
    assert "about:" not in said
    spoken = words(replace(dina, language="nl").get("/audit?act=people.once").text)
    assert "Het systeem people.once Beslissing: Prijsregel Rustig seizoen" in spoken


def test_a_key_that_cannot_be_read_does_not_take_the_page_with_it(
    session: Session, dina: Desk
) -> None:
    kinds = {"user": "Account", "deal": "Deal", "order": "Order", "price_rule": "Price rule"}
    for word in (*kinds, "employee"):
        for rest in ("rubbish", "9" * 30, ""):
            audit.record(session, "people.once", f"{word}:{rest}", actor=SYSTEM, now=NOW)
    audit.record(session, "people.once", "approval:x", actor=SYSTEM, now=NOW, about=None)
    session.commit()
    said = words(dina.get("/audit?act=people.once").text)
    for word in kinds.values():
        assert f"The system people.once {word} rubbish " in said


def test_many_subjects_are_asked_for_at_once(session: Session, dina: Desk) -> None:
    shop = open_shop(session)
    desk = opened(session, shop)

    def statements(act: str, count: int) -> int:
        for number in range(count):
            rule = desk.write(NOW, code=f"{act}_{number}", condition=None)
            order = shop.order(session, "leave", "1")
            for subject in (rule.source, order.source):
                audit.record(session, f"people.{act}", subject, actor=SYSTEM, now=NOW)
        session.commit()
        with counted() as found:
            dina.get(f"/audit?act=people.{act}")
        return found.statements

    statements("warm", 1)
    assert statements("few", 1) == statements("many", 5)
