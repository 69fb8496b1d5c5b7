"""Price rules from a draft to their end: who may, what is refused, what stays as it was."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ideals.approvals.errors import NotAboutOneself
from ideals.audit import Entry
from ideals.config import ROOT
from ideals.kernel.actor import SYSTEM
from ideals.kernel.ids import new_id
from ideals.kernel.month import Month
from ideals.notices.models import Notice
from ideals.pricing.commands import publishing, steering
from ideals.pricing.commands.bounds import PutBounds, put_bounds
from ideals.pricing.commands.indicators import PutIndicator, put_indicator
from ideals.pricing.commands.steering import SaveRule, SubmitRule
from ideals.pricing.errors import (
    MonthOver,
    MonthPublished,
    MonthTooFar,
    PriceRuleCodeTaken,
    PriceRuleMovedOn,
    PriceRuleRefused,
    PriceRuleUnclear,
    PriceRuleUnknown,
    PricesNotYours,
    RuleMoveNotAllowed,
    RuleStillHolds,
)
from ideals.pricing.models import PriceList, PriceRule, PriceRuleVersion
from ideals.pricing.queries import price_book, rules_for
from ideals.pricing.queries import steering as queries
from ideals.pricing.queries.prices import Holds
from ideals.pricing.states import MOVES, RuleAct, RuleState, after
from ideals.seeds import factories
from tests.counting import counted_all
from tests.pricing.desk import QUIET, Desk, of_prices, on, opened
from tests.shop.conftest import HOURS, PRODUCTS, ZONE, Shop

FEBRUARY, MARCH, APRIL, MAY, JUNE = (Month(2026, month) for month in range(2, 7))
NOW = on(3, 10)


@pytest.fixture
def desk(session: Session, shop: Shop) -> Desk:
    desk = opened(session, shop)
    desk.know(FEBRUARY, "90", NOW)
    return desk


# The table


def documented() -> dict[str, dict[str, str]]:
    """The table of docs/pricing.md: by state, what each act makes of it."""
    page = (ROOT / "docs" / "pricing.md").read_text()
    table = page.split("## How rules come and go")[1].split("\n\n")[1]
    head, _, *rows = [
        [cell.strip().strip("`") for cell in line.strip("|").split("|")]
        for line in table.splitlines()
    ]
    return {
        row[0]: {act: to for act, to in zip(head[1:], row[1:], strict=True) if to} for row in rows
    }


ALLOWED = documented()


@pytest.mark.parametrize("state", RuleState)
@pytest.mark.parametrize("act", RuleAct)
def test_each_act_in_each_state(state: RuleState, act: RuleAct) -> None:
    wanted = ALLOWED[state].get(act)
    if wanted is None:
        with pytest.raises(RuleMoveNotAllowed):
            after(state, act)
    else:
        assert after(state, act) == wanted
    assert len(MOVES) == sum(len(moves) for moves in ALLOWED.values())


# Who


def test_only_hr_for_prices_changes_them(desk: Desk) -> None:
    for actor in (desk.shop.anna, desk.shop.boris, desk.shop.dina, desk.shop.egor):
        with pytest.raises(PricesNotYours):
            steering.save_rule(desk.session, SaveRule(new_id(), QUIET), actor=actor, now=NOW)
        with pytest.raises(PricesNotYours):
            cmd = PutIndicator("utilisation", MARCH, Decimal(1))
            put_indicator(desk.session, cmd, actor=actor, now=NOW)


def test_a_draft_is_seen_by_hr_for_prices_only(desk: Desk) -> None:
    rule = desk.write(NOW)
    assert queries.access_rule(desk.session, rule.id, actor=desk.fatima) is rule
    for actor in (desk.shop.anna, desk.shop.dina):
        with pytest.raises(PriceRuleUnknown):
            queries.access_rule(desk.session, rule.id, actor=actor)
    desk.submit(rule, NOW)
    desk.decide(rule, NOW)
    assert queries.access_rule(desk.session, rule.id, actor=desk.shop.anna) is rule


def test_who_wrote_or_submitted_a_rule_does_not_approve_it(desk: Desk) -> None:
    rule = desk.write(NOW)
    cmd = SaveRule(rule.id, {**QUIET, "order": 11}, rule.version)
    steering.save_rule(desk.session, cmd, actor=desk.fatima, now=NOW)
    desk.submit(rule, NOW)
    for author in (desk.dora, desk.fatima):
        with pytest.raises(NotAboutOneself):
            desk.decide(rule, NOW, by=author)


def test_who_submitted_it_once_does_not_approve_it_later(desk: Desk) -> None:
    rule = desk.submit(desk.write(NOW), NOW)
    desk.decide(rule, NOW, yes=False)
    cmd = SaveRule(rule.id, {**QUIET, "order": 11}, rule.version)
    third = of_prices(desk.session, "bram")
    steering.save_rule(desk.session, cmd, actor=third, now=NOW)
    steering.submit_rule(
        desk.session, SubmitRule(rule.id, rule.version), actor=desk.fatima, now=NOW
    )
    desk.decide(rule, NOW, by=of_prices(desk.session, "gerda"), yes=False)
    cmd = SaveRule(rule.id, {**QUIET, "order": 12}, rule.version)
    steering.save_rule(desk.session, cmd, actor=third, now=NOW)
    desk.submit(rule, NOW)
    with pytest.raises(NotAboutOneself):
        desk.decide(rule, NOW, by=desk.fatima)


@pytest.mark.parametrize("author", [True, False])
def test_the_database_refuses_the_author_too(desk: Desk, author: bool) -> None:
    rule = desk.submit(desk.write(NOW), NOW)
    desk.session.flush()
    by = desk.dora if author else desk.fatima
    approve = update(PriceRule).where(PriceRule.id == rule.id).values(
        state="scheduled", approved_at=NOW, approved_by=by.name, approved_by_user_id=by.user_id
    )  # fmt: skip
    if author:
        with pytest.raises(IntegrityError, match="does not approve it"):
            desk.session.execute(approve)
    else:
        desk.session.execute(approve)


def test_the_database_refuses_a_co_author_too(desk: Desk) -> None:
    rule = desk.write(NOW)
    cmd = SaveRule(rule.id, {**QUIET, "order": 11}, rule.version)
    steering.save_rule(desk.session, cmd, actor=desk.fatima, now=NOW)
    desk.submit(rule, NOW)
    desk.session.flush()
    with pytest.raises(IntegrityError, match="does not approve it"):
        desk.session.execute(
            update(PriceRule).where(PriceRule.id == rule.id).values(
                state="scheduled", approved_at=NOW, approved_by=desk.fatima.name,
                approved_by_user_id=desk.fatima.user_id,
            )
        )  # fmt: skip


# Drafts


def test_two_who_write_one_draft_hear_of_each_other(desk: Desk) -> None:
    rule = desk.write(NOW)
    seen = rule.version
    mine = SaveRule(rule.id, {**QUIET, "order": 11}, seen)
    theirs = SaveRule(rule.id, {**QUIET, "order": 12}, seen)
    steering.save_rule(desk.session, mine, actor=desk.dora, now=NOW)
    with pytest.raises(PriceRuleMovedOn) as refused:
        steering.save_rule(desk.session, theirs, actor=desk.fatima, now=NOW)
    assert refused.value.data == {"current": rule.version}
    with pytest.raises(PriceRuleMovedOn):
        steering.submit_rule(desk.session, SubmitRule(rule.id, seen), actor=desk.dora, now=NOW)
    said = [each.plain["order"] for each in queries.versions_of(desk.session, rule.id)]
    assert said == [11, 10]


def test_saving_the_same_again_is_no_new_version(desk: Desk) -> None:
    rule = desk.write(NOW)
    assert desk.write(NOW, rule_id=rule.id) is rule
    assert (rule.version, rule.text_number) == (1, 1)


def test_a_code_belongs_to_one_rule(desk: Desk) -> None:
    desk.write(NOW)
    with pytest.raises(PriceRuleCodeTaken):
        desk.write(NOW)


@pytest.mark.parametrize(
    ("changed", "path"),
    [
        ({"products": ["nonsense"]}, "products[0]"),
        ({"products": ["bicycle"]}, "products[0]"),
        ({"scheme": "other"}, "scheme"),
        ({"condition": "indicator_weather < 3"}, "condition"),
        ({"condition": "sick"}, "condition"),
        ({"change": {"kind": "percent", "value": "-100"}}, "change.value"),
        ({"through_month": "2026-03"}, "through_month"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(
    desk: Desk, changed: dict[str, object], path: str
) -> None:
    with pytest.raises(PriceRuleRefused) as refused:
        desk.write(NOW, **changed)
    assert [fault["path"] for fault in refused.value.data["faults"]] == [path]


def test_what_cannot_be_explained_with_others_is_refused_when_it_is_saved(desk: Desk) -> None:
    fixed = {"change": {"kind": "fixed", "value": "15.00"}, "condition": ""}
    desk.submit(desk.write(NOW, **fixed), NOW)
    with pytest.raises(PriceRuleUnclear) as refused:
        desk.write(NOW, code="another", **fixed)
    (why,) = refused.value.data["unclear"]
    assert {why["rule"], why["other"]} == {"another", "quiet_season"}
    desk.write(NOW, code="later", from_month="2026-07", through_month="", **fixed)


def test_another_price_follows_a_rule_that_was_ended_earlier(desk: Desk) -> None:
    fixed = {"change": {"kind": "fixed", "value": "15.00"}, "condition": ""}
    first = desk.agreed(NOW, **fixed)
    desk.publish(APRIL, NOW)
    desk.end(first, NOW, APRIL)
    second = desk.agreed(NOW, code="another", from_month="2026-05", **fixed)
    assert second.state == RuleState.SCHEDULED
    for month, code in ((APRIL, "quiet_season"), (MAY, "another")):
        assert [rule.code for rule in rules_for(desk.session, "simple", month)] == [code]
    with pytest.raises(PriceRuleUnclear):
        desk.write(NOW, code="third", from_month="2026-04", **fixed)


def test_a_refused_rule_is_written_again(desk: Desk) -> None:
    rule = desk.submit(desk.write(NOW), NOW)
    desk.decide(rule, NOW, yes=False)
    assert (rule.state, rule.reason) == (RuleState.REFUSED, "Not now.")
    cmd = SaveRule(rule.id, {**QUIET, "order": 11}, rule.version)
    steering.save_rule(desk.session, cmd, actor=desk.dora, now=NOW)
    assert (rule.state, rule.reason) == (RuleState.DRAFT, None)
    desk.submit(rule, NOW)
    desk.decide(rule, NOW)
    assert rule.state == RuleState.SCHEDULED


@pytest.mark.parametrize("changed", [{"code": "another"}, {"scheme": "other"}])
def test_a_rule_that_was_submitted_keeps_its_code_and_scheme(
    desk: Desk, changed: dict[str, str]
) -> None:
    factories.a_scheme(
        desk.session, code="other", components={"budget": "500"}, hours=HOURS, products=PRODUCTS
    )
    rule = desk.submit(desk.write(NOW), NOW)
    desk.decide(rule, NOW, yes=False)
    cmd = SaveRule(rule.id, {**QUIET, **changed}, rule.version)
    with pytest.raises(PriceRuleRefused) as refused:
        steering.save_rule(desk.session, cmd, actor=desk.dora, now=NOW)
    assert [fault["path"] for fault in refused.value.data["faults"]] == list(changed)


def test_a_withdrawn_rule_waits_for_nobody(desk: Desk) -> None:
    rule = desk.submit(desk.write(NOW), NOW)
    desk.withdraw(rule, NOW)
    assert rule.state == RuleState.WITHDRAWN
    with pytest.raises(RuleMoveNotAllowed):
        desk.submit(rule, NOW)


# What holds


def test_a_rule_holds_for_its_months_and_products_only(desk: Desk) -> None:
    desk.know(MARCH, "82", NOW)
    desk.agreed(NOW)
    for month, codes in ((MARCH, []), (APRIL, ["quiet_season"]), (JUNE.plus(1), [])):
        assert [rule.code for rule in rules_for(desk.session, "simple", month)] == codes
    book = price_book(desk.session, "simple", MARCH)
    assert [ready.rule.code for ready in book.at("leave", APRIL).row] == ["quiet_season"]
    assert not book.at("leave_asked", APRIL).row


def test_an_indicator_of_three_months_before_still_counts_and_an_older_one_does_not(
    desk: Desk,
) -> None:
    book = price_book(desk.session, "simple", MARCH)
    seen = book.seen("utilisation", MAY)
    assert seen is not None
    assert (seen.month, seen.value) == (FEBRUARY, 90)
    assert book.seen("utilisation", JUNE) is None
    assert book.seen("utilisation", FEBRUARY) is None, "a month does not go by itself"


def test_reading_prices_is_one_statement_once_texts_are_known(desk: Desk) -> None:
    for number in range(3):
        desk.agreed(NOW, code=f"rule_{number}", order=number)
    desk.publish(APRIL, NOW)
    desk.session.flush()
    price_book(desk.session, "simple", MARCH)
    with counted_all() as seen:
        book = price_book(desk.session, "simple", MARCH)
    assert len(book.at("leave", APRIL).row) == 3
    assert seen.statements == 1, str(seen)


def test_a_published_list_keeps_what_it_was_made_with(desk: Desk) -> None:
    desk.know(MARCH, "82", NOW)
    rule = desk.agreed(NOW)
    desk.publish(APRIL, NOW)
    put_bounds(
        desk.session, PutBounds("simple", "leave", least_minor=1900), actor=desk.dora, now=NOW
    )
    desk.know(MARCH, "99", on(3, 11))
    desk.session.flush()
    book = price_book(desk.session, "simple", MARCH)
    april, may = book.holds("leave", APRIL), book.holds("leave", MAY)
    assert (april.indicators["utilisation"].value, april.bounds.least) == (82, None)
    assert (may.indicators["utilisation"].value, may.bounds.least) == (99, Decimal("19.00"))
    assert [part.rule for part in april.rules] == [rule.id]
    desk.session.flush()
    with pytest.raises(IntegrityError, match="never changed"):
        desk.session.execute(update(PriceList).values(holds={}))


def test_no_rule_begins_in_a_published_month(desk: Desk) -> None:
    waiting = desk.submit(desk.write(NOW), NOW)
    draft = desk.write(NOW, code="another", order=11)
    desk.publish(APRIL, NOW)
    with pytest.raises(MonthPublished) as refused:
        desk.submit(draft, NOW)
    assert refused.value.data == {"earliest": "2026-05"}
    desk.session.expire(draft)
    with pytest.raises(MonthPublished), desk.session.begin_nested():
        desk.decide(waiting, NOW)


def test_a_rule_in_a_published_list_is_ended_and_not_withdrawn(desk: Desk) -> None:
    rule = desk.agreed(NOW)
    desk.publish(APRIL, NOW)
    with pytest.raises(RuleStillHolds):
        desk.withdraw(rule, NOW)
    desk.session.expire(rule)
    with pytest.raises(RuleStillHolds) as refused:
        desk.end(rule, NOW, MARCH)
    assert refused.value.data == {"earliest": "2026-04"}
    desk.session.expire(rule)
    desk.end(rule, NOW)
    assert rule.last_month == APRIL
    desk.sweep(on(4, 1))
    assert rule.state == RuleState.IN_FORCE
    assert desk.sweep(on(4, 2)) == 0
    desk.sweep(on(5, 1))
    assert rule.state == RuleState.ENDED


def test_a_scheduled_rule_that_changed_an_order_is_ended_and_not_withdrawn(desk: Desk) -> None:
    desk.know(MARCH, "82", NOW)
    rule = desk.agreed(NOW)
    desk.shop.order(desk.session, "leave", "1", month=APRIL)
    desk.session.flush()
    with pytest.raises(RuleStillHolds):
        desk.withdraw(rule, NOW)
    desk.session.expire(rule)
    desk.end(rule, NOW)
    assert rule.state == RuleState.ENDED
    assert rules_for(desk.session, "simple", APRIL) == []


def test_an_approved_rule_is_never_changed(desk: Desk) -> None:
    rule = desk.agreed(NOW)
    desk.session.flush()
    for statement in (
        update(PriceRule).where(PriceRule.id == rule.id).values(from_month=MAY),
        update(PriceRuleVersion).where(PriceRuleVersion.rule_id == rule.id).values(plain={}),
        text("DELETE FROM pricing_rule"),
    ):
        with pytest.raises(IntegrityError), desk.session.begin_nested():
            desk.session.execute(statement)
    cmd = SaveRule(rule.id, {**QUIET, "order": 11}, rule.version)
    with pytest.raises(RuleMoveNotAllowed):
        steering.save_rule(desk.session, cmd, actor=desk.dora, now=NOW)


def test_a_rule_that_would_be_over_before_it_begins_is_not_published(desk: Desk) -> None:
    rule = desk.agreed(NOW)
    desk.end(rule, NOW)
    assert rule.state == RuleState.ENDED
    desk.publish(APRIL, NOW)
    assert rules_for(desk.session, "simple", APRIL) == []


# The clock


def test_the_list_of_the_next_month_waits_for_an_indicator_until_the_last_day(desk: Desk) -> None:
    desk.agreed(NOW)
    assert publishing.look_at_lists(desk.session, zone=ZONE, now=on(3, 24)) == [MARCH]
    assert publishing.look_at_lists(desk.session, zone=ZONE, now=on(3, 25)) == [MARCH, APRIL]
    cmd = publishing.PublishLists(APRIL, wait=True)
    for day in (25, 26):
        publishing.publish_lists(desk.session, cmd, zone=ZONE, actor=desk.dora, now=on(3, day))
    kept = queries.published_in(desk.session, APRIL)
    assert ("simple", "cash") in kept
    assert ("simple", "leave") not in kept
    kinds = select(Notice.id).where(Notice.kind == publishing.INDICATOR_MISSING)
    assert len(desk.session.scalars(kinds).all()) == 2, "each of the two once"
    assert desk.publish(APRIL, on(3, 31)) == 1
    (row,) = desk.session.scalars(
        select(PriceList).where(PriceList.product == "leave", PriceList.month == APRIL)
    )
    assert Holds.of(row.holds).indicators["utilisation"].month == FEBRUARY
    assert publishing.look_at_lists(desk.session, zone=ZONE, now=on(3, 31)) == [MARCH]


def test_no_list_is_published_two_months_ahead(desk: Desk) -> None:
    with pytest.raises(MonthTooFar):
        desk.publish(MAY, NOW)


def test_no_list_is_published_for_a_month_that_is_over(desk: Desk) -> None:
    with pytest.raises(MonthOver) as refused:
        desk.publish(FEBRUARY, NOW)
    assert refused.value.data == {"earliest": "2026-03"}
    late = publishing.PublishLists(FEBRUARY)
    assert publishing.publish_lists(desk.session, late, zone=ZONE, actor=SYSTEM, now=NOW) == 0
    assert queries.published_in(desk.session, FEBRUARY) == set()


def test_an_indicator_that_nobody_knows_makes_the_rule_do_nothing(desk: Desk) -> None:
    desk.know(MARCH, "50", NOW)
    desk.agreed(NOW, from_month="2026-04", condition="indicator_utilisation < 85")
    put_indicator(
        desk.session, PutIndicator("orders", Month(2025, 1), Decimal(1)), actor=desk.dora, now=NOW
    )
    desk.agreed(NOW, code="unknown", order=20, condition="indicator_orders < 85")
    quote = desk.shop.quote(desk.session, "leave", "1", month=APRIL)
    assert quote.price_minor == 1700
    assert "unknown" not in [step["code"] for step in quote.steps]


def test_the_same_value_again_changes_nothing_and_another_is_kept_beside_it(desk: Desk) -> None:
    first = desk.know(MARCH, "82", NOW)
    assert desk.know(MARCH, "82.0", on(3, 11)) is first
    desk.know(MARCH, "88", on(3, 12))
    known = {
        day: [value.value for value in queries.values_of(
            desk.session, "utilisation", known_at=on(3, day)) if value.month == MARCH]
        for day in (9, 11, 13)
    }  # fmt: skip
    assert known == {9: [], 11: [82], 13: [88]}
    assert [each.value for each in queries.history_of(desk.session, "utilisation", MARCH)] == [
        88,
        82,
    ]


def test_two_who_type_one_value_at_once_are_not_in_each_others_way(desk: Desk) -> None:
    desk.know(MARCH, "82", NOW)
    # Who came first waited for the other, so their moment is the earlier one.
    value = desk.know(MARCH, "88", NOW - timedelta(milliseconds=20))
    assert value.recorded_at == NOW
    (now,) = (
        each.value
        for each in queries.values_of(desk.session, "utilisation", known_at=NOW)
        if each.month == MARCH
    )
    assert now == 88


def test_what_hr_changes_is_in_the_audit(desk: Desk) -> None:
    rule = desk.agreed(NOW)
    desk.know(FEBRUARY, "91", NOW)
    acts = desk.session.scalars(select(Entry.act).where(Entry.subject == rule.source)).all()
    assert acts == ["pricing.rule_saved", "pricing.rule_submitted", "pricing.rule_approved"]
    put = select(Entry.details).where(Entry.act == "pricing.indicator_put").order_by(Entry.id)
    assert desk.session.scalars(put).all()[-1] == {
        "month": "2026-02", "before": "90", "after": "91",
    }  # fmt: skip
