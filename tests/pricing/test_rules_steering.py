"""Price rules: what may be written, what a price is told to be made of, and what always holds."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ideals.kernel.month import Month
from ideals.kernel.said import Said, Texts
from ideals.pricing.steering import (
    ChangeKind,
    PriceBounds,
    Row,
    RuleText,
    overlaps,
    plain_of,
    price,
    read,
    unclear,
)
from ideals.schemes.errors import FactsIncomplete
from tests.pricing.rules_page import NAMES, a_rule, plain

APRIL = Month(2026, 4)
UNBOUND = PriceBounds()


# Reading --------------------------------------------------------------------------------------


def test_a_rule_is_read_and_written_back() -> None:
    written = plain(condition="indicator_utilisation < 85", reason="Slack time")
    rule = read(written, NAMES, sold=["leave", "cash"])
    assert isinstance(rule, RuleText)
    assert (rule.kind, rule.value, rule.reads) == (
        ChangeKind.PERCENT,
        Decimal(-15),
        ("indicator_utilisation",),
    )
    assert plain_of(rule) == written
    months = [month for month in Month(2026, 1).until(Month(2026, 9)) if rule.holds_in(month)]
    assert months == [APRIL, APRIL.plus(1), APRIL.plus(2)]
    assert a_rule(through_month="").holds_in(Month(2999, 12))


@pytest.mark.parametrize(
    ("changed", "path", "found"),
    [
        ({"code": "Quiet season"}, "code", "'Quiet season'"),
        ({"code": "rounded"}, "code", "'rounded' names a step of every price"),
        ({"code": ""}, "code", "nothing"),
        ({"name": {}}, "name", "nothing"),
        ({"says": {"en": ""}}, "says.en", "nothing"),
        ({"says": "Cheaper"}, "says", "'Cheaper'"),
        ({"products": []}, "products", "a list"),
        ({"products": ["leave", "leave"]}, "products[1]", "'leave' again"),
        ({"products": ["leaf"]}, "products[0]", "'leaf', which the scheme does not sell"),
        ({"scheme": "no such thing"}, "scheme", "'no such thing'"),
        ({"from_month": "April"}, "from_month", "'April'"),
        ({"through_month": "2026-03"}, "through_month", "2026-03, before 2026-04"),
        ({"order": -1}, "order", "'-1'"),
        ({"order": 10_000}, "order", "'10000'"),
        ({"order": True}, "order", "'yes'"),
        ({"combines": "perhaps"}, "combines", "'perhaps'"),
        ({"change": {"kind": "double", "value": "2"}}, "change.kind", "'double'"),
        ({"change": {"kind": "percent"}}, "change.value", "the key 'value' is missing"),
        ({"change": {"kind": "percent", "value": "much"}}, "change.value", "'much'"),
        ({"change": {"kind": "percent", "value": -15.0}}, "change.value", "nothing"),
        ({"change": {"kind": "percent", "value": "NaN"}}, "change.value", "'NaN'"),
        ({"change": {"kind": "percent", "value": "0"}}, "change.value", "0"),
        ({"change": {"kind": "percent", "value": "-100"}}, "change.value", "-100"),
        ({"change": {"kind": "percent", "value": "1001"}}, "change.value", "1001"),
        ({"change": {"kind": "amount", "value": "0.00"}}, "change.value", "0.00"),
        ({"change": {"kind": "amount", "value": "0.005"}}, "change.value", "0.005"),
        ({"change": {"kind": "amount", "value": "-1000001"}}, "change.value", "-1000001"),
        ({"change": {"kind": "fixed", "value": "0"}}, "change.value", "0"),
        ({"change": {"kind": "floor", "value": "-1"}}, "change.value", "-1"),
        ({"change": {"kind": "cap", "value": "1000001"}}, "change.value", "1000001"),
        ({"condition": "scale"}, "condition", "the formula 'scale' at character 1"),
        ({"condition": "1 < 2"}, "condition", "the formula '1 < 2', which reads no fact"),
        ({"condition": "gender == 'f'"}, "condition", "the formula \"gender == 'f'\" at"),
        ({"condition": "age < 30"}, "condition", "the fact 'age' outside components"),
        ({"until": "2026-06"}, "until", "the key 'until' is not known"),
    ],
)  # fmt: skip
def test_each_fault_says_where_it_is(changed: dict[str, Any], path: str, found: str) -> None:
    faults = read(plain(**changed), NAMES, sold=["leave", "cash"])
    assert isinstance(faults, list)
    assert [(each.path, each.found[: len(found)]) for each in faults] == [(path, found)]
    assert faults[0].expected


def test_all_faults_are_found_at_once() -> None:
    faults = read({"code": "quiet", "change": [], "condition": "nothing <"}, NAMES)
    assert isinstance(faults, list)
    missing = ("name", "says", "products", "scheme", "from_month", "order", "combines")
    assert {each.path for each in faults} == {*missing, "change", "condition"}


def test_a_condition_on_age_is_read_with_a_reason() -> None:
    assert a_rule(condition="age >= 60", reason="The agreement says so.").reads == ("age",)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from([*plain(), "other"]), JSON), JSON, JSON)
def test_whatever_is_sent_is_a_rule_or_has_faults(
    changed: dict[str, Any], kind: object, value: object
) -> None:
    for sent in (changed, plain() | changed, plain(change={"kind": kind, "value": value})):
        found = read(sent, NAMES)
        assert isinstance(found, RuleText) or found


# What a price is told to be made of -----------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        ("percent", "-15", "Quiet season: leave costs less (15% less)"),
        ("percent", "12.50", "Quiet season: leave costs less (12.5% more)"),
        ("percent", "100", "Quiet season: leave costs less (100% more)"),
        ("amount", "-2.5", "Quiet season: leave costs less (2.50 less)"),
        ("amount", "3", "Quiet season: leave costs less (3.00 more)"),
        ("fixed", "18", "Quiet season: leave costs less (set at 18.00)"),
        ("floor", "21", "Quiet season: leave costs less (at least 21.00)"),
        ("cap", "18", "Quiet season: leave costs less (at most 18.00)"),
    ],
)
def test_a_step_says_why_and_what(kind: str, value: str, words: str) -> None:
    rule = a_rule(change={"kind": kind, "value": value})
    (step,) = price(Decimal(20), [rule], UNBOUND, {}).steps
    assert (step.code, step.text) == ("quiet", words)
    assert isinstance(step.text, Said)
    says = step.text.values["says"]
    assert isinstance(says, Texts)
    assert says.read_in("nl") == "Rustige tijd: verlof kost minder"


class Unknowing(dict[str, Any]):
    """As the facts of an employee about whom something is not on file."""

    def __missing__(self, name: str) -> Any:
        raise FactsIncomplete("the scale is not known", fact="scale", missing="scale")


@pytest.mark.parametrize(
    ("condition", "facts", "why"),
    [
        ("scale == '8'", Unknowing(), "It goes by the salary scale, which is not known"),
        ("scale == '8'", {}, "It goes by the salary scale, which is not known"),
        ("indicator_orders < 5", {}, "It goes by orders, which is not known"),
        ("1 / part_time_factor > 2", {"part_time_factor": Decimal(0)},
         "For whom it is could not be worked out"),
        ("scale == '8'", {"scale": "9"}, "It is for others: when the salary scale is 8"),
    ],
)  # fmt: skip
def test_a_price_never_waits_for_what_is_not_known(
    condition: str, facts: dict[str, Any], why: str
) -> None:
    rules = [a_rule(condition=condition), a_rule(code="other", order=2)]
    found = price(Decimal(20), rules, UNBOUND, facts)
    assert (found.minor, [step.code for step in found.steps]) == (1700, ["other"])
    (passed,) = found.not_applied
    assert (passed.code, passed.name.read_in("nl"), passed.why) == ("quiet", "Rustige tijd", why)


# What always holds ----------------------------------------------------------------------------

CENTS = st.integers(1, 100_000_00).map(lambda minor: Decimal(minor).scaleb(-2))
PERCENTS = st.decimals("-99.99", "1000", places=2).filter(bool)
CHANGES = st.one_of(
    st.tuples(st.just("percent"), PERCENTS),
    st.tuples(st.just("amount"), st.builds(lambda amount, off: -amount if off else amount,
                                           CENTS, st.booleans())),
    st.tuples(st.sampled_from(["fixed", "floor", "cap"]), CENTS),
)  # fmt: skip
CONDITIONS = st.sampled_from(
    ["", "", "scale == '8'", "scale == '9'", "indicator_utilisation < 85", "indicator_orders > 1"]
)
FACTS = {"scale": "8", "indicator_utilisation": Decimal(82)}


@st.composite
def some_rules(draw: st.DrawFn) -> list[RuleText]:
    """Of one product and month, each with a code of its own."""
    return [
        a_rule(
            code=f"rule_{number}",
            change={"kind": kind, "value": str(value)},
            condition=draw(CONDITIONS),
            order=draw(st.integers(0, 4)),
            combines=draw(st.booleans()),
        )
        for number, (kind, value) in enumerate(draw(st.lists(CHANGES, max_size=8)))
    ]


@st.composite
def some_bounds(draw: st.DrawFn) -> PriceBounds:
    least, most = sorted([draw(CENTS), draw(CENTS)])
    keep = draw(st.sampled_from([(False, False), (True, False), (False, True), (True, True)]))
    return PriceBounds(least if keep[0] else None, most if keep[1] else None)


RULES, BOUNDS = some_rules(), some_bounds()
PRICES = st.decimals("0", "5000", places=6)


@given(PRICES, RULES, BOUNDS)
def test_the_steps_multiply_out_to_the_price(
    exact: Decimal, rules: list[RuleText], bounds: PriceBounds
) -> None:
    """By fractions, which never round, and from what the steps say alone."""
    found = price(exact, rules, bounds, FACTS)
    kinds = {rule.code: rule for rule in rules}
    now = Fraction(exact)
    for step in found.steps:
        values = step.text.values
        rule = kinds.get(step.code)
        if rule is None:
            told = values.get("least") or values.get("most")
            if step.code == "rounded":
                assert abs(Fraction(step.exact) - now) <= Fraction(1, 200)
                now = Fraction(step.exact)
            else:
                now = Fraction(0) if told is None else Fraction(told.euros)  # type: ignore[attr-defined]
        elif rule.kind is ChangeKind.PERCENT:
            share = Fraction(values["percent"]) / 100  # type: ignore[arg-type]
            now *= 1 - share if step.text.endswith(" less)") else 1 + share
        else:
            amount = Fraction(values["amount"].euros)  # type: ignore[attr-defined]
            if rule.kind is ChangeKind.AMOUNT:
                now += -amount if step.text.endswith(" less)") else amount
            else:
                now = amount
        # 28 digits are kept; what is beyond them shows in no cent.
        assert abs(Fraction(step.exact) - now) <= max(1, now) / 10**20
    assert abs(found.minor - now * 100) <= Fraction(1, 2) + max(1, now) / 10**15
    assert not found.steps or found.steps[-1].amount_minor == found.minor


@given(PRICES, RULES, BOUNDS, st.randoms())
def test_rules_are_looked_at_in_one_order_however_they_come(
    exact: Decimal, rules: list[RuleText], bounds: PriceBounds, chance: Any
) -> None:
    found = price(exact, rules, bounds, FACTS)
    shuffled = chance.sample(rules, len(rules))
    assert price(exact, shuffled, bounds, FACTS) == found
    row = Row.of(shuffled)
    assert price(exact, row, bounds, FACTS) == found
    assert price(exact, row.held(FACTS), bounds, FACTS) == found
    assert len(row) == len(rules)


@given(PRICES | st.decimals("-50", "0", places=4), RULES, BOUNDS)
def test_no_price_is_outside_its_bounds_and_none_below_nothing(
    exact: Decimal, rules: list[RuleText], bounds: PriceBounds
) -> None:
    minor = price(exact, rules, bounds, FACTS).minor
    assert minor >= 0
    assert bounds.least is None or minor >= bounds.least * 100
    assert bounds.most is None or minor <= bounds.most * 100


@given(PRICES, RULES)
def test_each_rule_is_a_step_or_says_why_not(exact: Decimal, rules: list[RuleText]) -> None:
    found = price(exact, rules, UNBOUND, FACTS)
    own = {rule.code for rule in rules}
    told = [step.code for step in found.steps if step.code in own]
    passed = [each.code for each in found.not_applied]
    assert sorted(told + passed) == sorted(own)
    assert all(each.why for each in found.not_applied)


@given(PRICES)
def test_without_rules_a_price_is_what_it_was(exact: Decimal) -> None:
    found = price(exact, [], UNBOUND, {})
    assert found.minor == int((exact * 100).quantize(Decimal(1), ROUND_HALF_UP))
    assert [step.code for step in found.steps] in ([], ["rounded"])


def test_the_same_rules_are_put_in_order_once() -> None:
    rules = [a_rule(), a_rule(code="other", order=0)]
    row = Row.of(rules)
    assert row is Row.of(iter(rules))
    assert [ready.rule.code for ready in row] == ["other", "quiet"]
    assert row is not Row.of([a_rule(), rules[1]]), "another reading is another rule"
    assert not Row.of([])


# Rules beside each other ----------------------------------------------------------------------


@given(PRICES, RULES)
def test_the_winner_of_two_that_both_hold_decides(exact: Decimal, rules: list[RuleText]) -> None:
    """The price with both is the price with the winner alone, whoever the other is."""
    holding = [rule for rule in rules if rule.condition is None][:2]
    assume(len(holding) == 2)
    (found,) = overlaps(holding[0], holding)
    assert found.for_whom == ""
    if not unclear(holding) and found.wins:
        (winner,) = [rule for rule in holding if rule.code == found.wins]
        both = price(exact, holding, UNBOUND, FACTS).minor
        assert both == price(exact, [winner], UNBOUND, FACTS).minor


@pytest.mark.parametrize(
    ("other", "share"),
    [
        ({"products": ["cash", "leave"]}, True),
        ({"products": ["cash"]}, False),
        ({"scheme": "another"}, False),
        ({"from_month": "2026-06", "through_month": "2026-09"}, True),
        ({"from_month": "2026-07", "through_month": "2026-09"}, False),
        ({"from_month": "2026-07", "through_month": ""}, False),
        ({"from_month": "2026-01", "through_month": "2026-03"}, False),
        ({"from_month": "2026-01", "through_month": "2026-04"}, True),
        ({"from_month": "2020-01", "through_month": ""}, True),
    ],
)
def test_rules_meet_on_a_product_of_one_scheme_in_one_month(
    other: dict[str, Any], share: bool
) -> None:
    fixed = {"kind": "fixed", "value": "18"}
    one = a_rule(change=fixed, order=1)
    two = a_rule(**({"code": "other", "change": fixed, "order": 2} | other))
    assert [bool(overlaps(one, [two])), bool(unclear([one, two]))] == [share, share]
    if share:
        (overlap,), (pair,) = overlaps(one, [two]), unclear([two, one])
        assert overlap.products == pair.products == ("leave",)
        assert overlap.from_month == pair.month == max(one.from_month, two.from_month)
        assert overlap.through_month == min(
            each for each in (one.through_month, two.through_month) if each
        )


def test_what_is_unclear_is_said_in_words() -> None:
    def named(name: str, kind: str, value: str, order: int, **more: Any) -> RuleText:
        change = {"kind": kind, "value": value}
        return a_rule(code=name.lower(), name={"en": name}, change=change, order=order, **more)

    rules = [
        named("Summer", "fixed", "18", 1),
        named("Slack", "fixed", "19", 1, combines=False),
        named("Least", "floor", "20", 2),
        named("Most", "cap", "18", 3),
    ]
    assert [(each.rule, each.other, each.kind.value, str(each.why)) for each in unclear(rules)] == [
        ("summer", "slack", "two_fixed",
         "Summer and Slack both fix the price of leave from 2026-04, and it can only be one"),
        ("summer", "slack", "same_order",
         "Slack does not combine with others and has the same place in the order as Summer (1),"
         " for leave from 2026-04: which of them counts is not said"),
        ("least", "most", "floor_above_cap",
         "Least wants at least 20.00 and Most at most 18.00 for leave from 2026-04: no price is"
         " both"),
    ]  # fmt: skip
    found = [(each.rule, each.other) for each in unclear(rules, of=rules[1])]
    assert found == [("slack", "summer"), ("slack", "summer")]
    assert unclear(rules[1:3], of=rules[2]) == []
