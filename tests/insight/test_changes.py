"""Each change that HR makes is in the audit with what was and what became of it."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from ideals.access import commands as access
from ideals.access.commands import ChangeRoles
from ideals.approvals.commands import policies
from ideals.approvals.commands.mandates import (
    ChangeMandate,
    GiveMandate,
    TakeMandate,
    change_mandate,
    give_mandate,
    take_mandate,
)
from ideals.approvals.commands.policies import PublishPolicy
from ideals.approvals.rules import built_in_text
from ideals.approvals.states import Kind
from ideals.audit import Entry
from ideals.deals import commands as deals
from ideals.deals.commands import DropClause, DropTemplate, KeepClause, KeepTemplate
from ideals.insight.searching.rules import changes_of, others_of
from ideals.kernel import clock
from ideals.kernel.actor import Role
from ideals.kernel.money import Money
from ideals.kernel.month import Month
from ideals.payroll.commands.codes import KeepCode, keep_code
from ideals.payroll.states import LineKind
from ideals.people.commands.units import GiveOwner, KeepWeek, give_owner, keep_week
from ideals.pricing.commands import indicators
from ideals.pricing.commands.bounds import PutBounds, put_bounds
from ideals.pricing.commands.indicators import DefineIndicator, PutIndicator, UploadIndicators
from ideals.pricing.commands.steering import SaveRule, save_rule
from ideals.seeds import factories
from tests.deals.conftest import TERMS
from tests.deals.table import NOW as THEN
from tests.deals.table import cast_of
from tests.pricing.desk import QUIET, Desk, opened
from tests.shop.conftest import MARCH, NOW, open_shop

DINA = factories.DINA
ZWOLLE = "Bank/Retail/Zwolle"
Told = list[tuple[str, str | None, str | None]]


def told(session: Session, act: str) -> list[Told]:
    """What each entry of an act says was changed, in their order."""
    session.flush()
    entries = session.scalars(select(Entry).where(Entry.act == act).order_by(Entry.id))
    return [[(c.what, c.before, c.after) for c in changes_of(e.details)] for e in entries]


@pytest.fixture
def people(session: Session) -> None:
    factories.an_organisation(session)


@pytest.fixture
def steers(session: Session, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    return opened(session, open_shop(session))


# People, rights, units


def test_roles(session: Session, people: None) -> None:
    who = factories.a_user(session, "paula@meridian.example", roles=frozenset({Role.PAYROLL}))
    for roles in ({Role.HR, Role.PAYROLL}, set()):
        cmd = ChangeRoles(who.email, frozenset(roles))
        access.change_roles(session, cmd, actor=DINA, now=NOW)
    assert told(session, "access.roles_changed") == [
        [("", "payroll", "hr, payroll")],
        [("", "hr, payroll", "")],
    ]


def test_the_owner_of_a_unit(session: Session, people: None) -> None:
    for seen, owner in enumerate(("clara", "egor", None), start=1):
        give_owner(session, GiveOwner(ZWOLLE, owner, seen), actor=DINA, now=NOW)
    assert told(session, "people.owner_given") == [
        [("", None, "clara")],
        [("", "clara", "egor")],
        [("", "egor", None)],
    ]


def test_a_work_week(session: Session, people: None) -> None:
    keep_week(session, KeepWeek([0, 1], "anna"), actor=DINA, now=NOW)
    assert told(session, "people.week_kept") == [
        [("", "monday, tuesday, wednesday, thursday, friday", "monday, tuesday")]
    ]


def test_what_a_file_changes_of_whom_without_pay_or_health(session: Session, people: None) -> None:
    anna = factories._employee(session, "anna")
    factories.a_change(
        session, anna, date(2026, 4, 1), unit="Bank/Business", full_time_salary="9876.54",
        part_time_factor="0.5", weekly_hours="18", sick_from="2026-04-02",
    )  # fmt: skip
    (changes,) = told(session, "people.facts_changed")
    assert set(changes) == {
        ("unit", "Bank/Retail/Zwolle", "Bank/Business"),
        ("part_time_factor", "1.0", "0.5"),
        ("weekly_hours", None, "18.0"),
    }
    entry = session.scalars(select(Entry).where(Entry.act == "people.facts_changed")).one()
    assert entry.subject == "employee:anna"
    assert dict(others_of(entry.details)) == {
        "file": "people.csv",
        "valid_from": "2026-04-01",
        "not_told": "full_time_salary, sick_from",
    }
    assert "9876" not in json.dumps(entry.details)


# Decisions, schemes, payroll


def test_mandates(session: Session, people: None) -> None:
    first = give_mandate(
        session, GiveMandate(ZWOLLE, 2026, Money(100_000), "clara"), actor=DINA, now=NOW
    )
    change = ChangeMandate(ZWOLLE, 2026, Money(50_000), "clara", first.id)
    second = change_mandate(session, change, actor=DINA, now=NOW)
    take_mandate(session, TakeMandate(ZWOLLE, 2026, second.id), actor=DINA, now=NOW)
    assert told(session, "approvals.mandate_given") == [
        [("amount", None, "1000.00"), ("holder", None, "clara")],
        [("amount", "1000.00", "500.00")],
    ]
    assert told(session, "approvals.mandate_taken") == [
        [("amount", "500.00", None), ("holder", "clara", None)]
    ]


def test_rules_of_decisions_name_the_version_that_each_replaces(
    session: Session, people: None
) -> None:
    text = built_in_text(Kind.TODO)
    for day in ("2026-04-01", "2026-05-01"):
        lines = [
            f'from: "{day}"' if line.startswith("from:") else line for line in text.split("\n")
        ]
        policies.publish(session, PublishPolicy("\n".join(lines)), actor=DINA, now=NOW)
    assert told(session, "approvals.published") == [
        [("", None, "2026-04-01")],
        [("", "2026-04-01", "2026-05-01")],
    ]


def test_schemes_name_the_version_that_each_replaces(session: Session) -> None:
    factories.a_scheme(session)
    factories.a_scheme(session, version="2026-04")
    assert told(session, "schemes.published")[1] == [("", "2020-01", "2026-04")]


def test_payroll_codes(session: Session) -> None:
    for code in ("4010", "4012"):
        cmd = KeepCode(LineKind.PAY, "cash", code, "Cash", MARCH)
        keep_code(session, cmd, actor=DINA, now=NOW)
    assert told(session, "payroll.code_kept") == [
        [("code", None, "4010"), ("name", None, "Cash"), ("first_month", None, "2026-03")],
        [("code", "4010", "4012")],
    ]


# Deals


def test_clauses_and_templates_of_deals(session: Session) -> None:
    cast = cast_of(session)
    clause: dict[str, Any] = {
        "code": "rest", "says": {"en": "Rest"}, "kinds": ["pattern"], "formula": "longest_day <= 8",
    }  # fmt: skip
    first = deals.keep_clause(session, KeepClause(clause, 0), actor=cast.dina, now=THEN)
    longer = {**clause, "formula": "longest_day <= 9"}
    second = deals.keep_clause(session, KeepClause(longer, first.id), actor=cast.dina, now=THEN)
    deals.drop_clause(session, DropClause("rest", second.id), actor=cast.dina, now=THEN)
    assert told(session, "deals.clause_kept")[1] == [
        ("formula", "longest_day <= 8", "longest_day <= 9")
    ]
    assert told(session, "deals.clause_dropped") == [
        [
            ("says", "en: Rest", None),
            ("kinds", "pattern", None),
            ("formula", "longest_day <= 9", None),
        ]
    ]
    says, text = {"en": "Four days"}, {"terms": [TERMS["pattern"]]}
    made = deals.keep_template(
        session, KeepTemplate("four", says, says, text, 0), actor=cast.dina, now=THEN
    )
    again = KeepTemplate("four", {"en": "Four long days"}, says, text, made.id)
    kept = deals.keep_template(session, again, actor=cast.dina, now=THEN)
    deals.drop_template(session, DropTemplate("four", kept.id), actor=cast.dina, now=THEN)
    assert told(session, "deals.template_kept")[1] == [
        ("names", "en: Four days", "en: Four long days")
    ]
    (dropped,) = told(session, "deals.template_dropped")
    assert {what for what, _, after in dropped if after is None} == {"names", "says", "text"}


# Prices


def test_price_rules_through_their_life(session: Session, steers: Desk) -> None:
    steers.know(MARCH.plus(-1), "90", NOW)
    rule = steers.write(NOW)
    longer = SaveRule(rule.id, {**QUIET, "order": 20}, seen=rule.version)
    rule = save_rule(session, longer, actor=steers.dora, now=NOW)
    steers.submit(rule, NOW)
    steers.decide(rule, NOW)
    steers.end(rule, NOW, Month(2026, 5))
    assert told(session, "pricing.rule_saved")[1] == [("order", "10", "20")]
    assert told(session, "pricing.rule_submitted") == [[("state", "draft", "submitted")]]
    assert told(session, "pricing.rule_approved") == [[("state", "submitted", "scheduled")]]
    assert told(session, "pricing.rule_ended") == [[("last_month", "2026-06", "2026-05")]]
    other = steers.submit(steers.write(NOW, code="other", order=30), NOW)
    steers.decide(other, NOW, yes=False)
    steers.withdraw(other, NOW)
    assert told(session, "pricing.rule_refused") == [[("state", "submitted", "refused")]]
    assert told(session, "pricing.rule_withdrawn") == [[("state", "refused", "withdrawn")]]
    steers.sweep(NOW.replace(month=4))
    assert told(session, "pricing.rule_begin") == [[("state", "scheduled", "in_force")]]
    steers.sweep(NOW.replace(month=6))
    assert told(session, "pricing.rule_run_out") == [[("state", "in_force", "ended")]]


def test_bounds(session: Session, steers: Desk) -> None:
    for seen, least, most in ((1, 500, None), (2, 600, 2000)):
        cmd = PutBounds("simple", "leave", least_minor=least, most_minor=most, seen=seen)
        put_bounds(session, cmd, actor=steers.dora, now=NOW)
    assert told(session, "pricing.bounds_put") == [
        [("least", None, "5.00")],
        [("most", None, "20.00"), ("least", "5.00", "6.00")],
    ]


def test_indicators_typed_uploaded_and_described(session: Session, steers: Desk) -> None:
    put = PutIndicator("load", MARCH, Decimal(90))
    indicators.put_indicator(session, put, actor=steers.dora, now=NOW)
    file = BytesIO(b"indicator,month,value\nload,2026-03,84.5\nload,2026-02,70\n")
    cmd = UploadIndicators(file)
    indicators.upload_indicators(session, cmd, actor=steers.dora, now=NOW)
    mine = select(Entry).where(Entry.subject == "indicator:load").order_by(Entry.id)
    assert [
        (e.details["month"], [(c.before, c.after) for c in changes_of(e.details)])
        for e in session.scalars(mine)
    ] == [
        ("2026-03", [(None, "90")]),
        ("2026-03", [("90", "84.5")]),
        ("2026-02", [(None, "70")]),
    ]
    names = DefineIndicator("load", {"en": "Load"}, "%")
    indicators.define_indicator(session, names, actor=steers.dora, now=NOW)
    assert told(session, "pricing.indicator_defined") == [
        [("name", "en: load", "en: Load"), ("unit", "", "%")]
    ]
