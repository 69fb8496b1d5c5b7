"""What a policy may say, and every fault it may have; docs/policies.md against the program."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ideals.approvals.errors import PolicyRefused
from ideals.approvals.pages.policy_words import TODO_FACTS
from ideals.approvals.rules import (
    By,
    Case,
    Effect,
    Mode,
    Policy,
    Step,
    Then,
    WhenBroken,
    Who,
    built_in,
    built_in_text,
    case_for,
    check,
    checked,
    describe,
    facts_with,
    kind_of,
    plain_of,
    share_to_check,
    steps_when_broken,
    text_of,
)
from ideals.approvals.rules.check import CASE_KEYS, KEYS, MOST_CASES
from ideals.approvals.rules.facts import COMMON, COMMON_OPTIONS, again, kept
from ideals.approvals.rules.steps import (
    CHECK_KEYS,
    DECIDING_ROLES,
    MOST_DAYS,
    STEP_KEYS,
    WHO_WORDS,
)
from ideals.approvals.states import Kind
from ideals.deals.pages.words import DEAL_FACTS
from ideals.kernel.formula import FormulaFailed
from ideals.pricing.pages.words import RULE_FACTS
from ideals.shop.pages import words
from tests.approvals.policy_page import EXAMPLE, ORDER_FACTS, PAGE, section, tables

USUAL: dict[str, Any] = {
    **dict.fromkeys(("amount", "quantity"), Decimal(0)),
    **dict.fromkeys(("part_time_factor", "years_of_service"), Decimal(1)),
    **dict.fromkeys(("unit", "product", "paid_from"), ""),
    "weekly_hours": Decimal(36),
    "scale": "7",
    "asked_by": "employee",
    "trusted": True,
    "product_kind": "other",
    "asks": "manager",
}


def example() -> Policy:
    return checked(EXAMPLE, ORDER_FACTS)


def facts_of(words: str) -> dict[str, Any]:
    facts = dict(USUAL)
    for each in words.split(";"):
        name, value = (part.strip() for part in each.split("="))
        usual = facts[name]
        if isinstance(usual, bool):
            facts[name] = value == "yes"
        else:
            facts[name] = Decimal(value) if isinstance(usual, Decimal) else value
    return facts


def in_words(case: Case) -> str:
    """Who decides, as the page writes it."""
    stages = [
        (" or " if stage.mode is Mode.ANY else " and ").join(str(step.who) for step in stage.steps)
        for stage in case.stages
    ]
    return " then ".join(stages) or "-"


# The page ------------------------------------------------------------------------------------


@pytest.mark.parametrize("row", tables("Worked cases")[0][1:], ids=lambda row: row[0])
def test_the_worked_cases_of_the_page(row: list[str]) -> None:
    facts, code, effect, who = row
    case = case_for(example(), facts_of(facts))
    assert [case.code, case.effect.value, in_words(case)] == [code, effect, who]


def test_every_case_of_the_example_is_worked() -> None:
    worked = {row[1] for row in tables("Worked cases")[0][1:]}
    assert worked == {case.code for case in example().cases}


def test_the_page_names_every_key_and_word() -> None:
    document, case, step, who, then = [[row[0] for row in t[1:]] for t in tables("Keys")]
    assert document == list(KEYS)
    assert sorted(case) == sorted(CASE_KEYS)
    assert step == list(STEP_KEYS)
    assert (*who[:4], "{role: hr}") == (*WHO_WORDS, who[4])
    assert then == [each.value for each in Then]
    for word in (*Effect, *WhenBroken, *Mode, *DECIDING_ROLES, *Kind, *CHECK_KEYS):
        assert f"`{word}" in PAGE, word
    assert f"1 to {MOST_DAYS}" in PAGE
    assert f"from 1 to {MOST_CASES};" in PAGE


def test_the_page_names_every_fact() -> None:
    rows = tables("Conditions")[0][1:]
    assert {name: kind for name, kind, _ in rows} == {k: v.value for k, v in COMMON.items()}
    asked_by = next(text for name, _, text in rows if name == "asked_by")
    assert all(f"'{option}'" in asked_by for option in COMMON_OPTIONS["asked_by"])


def test_the_page_names_the_facts_of_orders_and_evidence() -> None:
    orders, evidence = words.ORDER_FACTS.keys(), words.EVIDENCE_FACTS.keys()
    own = section("Conditions").split("An order has also", 1)[1].split("A deal has", 1)[0]
    of_orders, of_evidence = own.split("Evidence has")
    assert [name for name in orders if f"`{name}`" not in of_orders] == []
    assert re.findall(r"`(\w+)`", of_evidence) == list(evidence)


def test_the_page_names_the_facts_of_deals() -> None:
    own = section("Conditions").split("A deal has", 1)[1].split("A price rule has", 1)[0]
    assert re.findall(r"`(\w+)`", own) == list(DEAL_FACTS)


def test_the_page_names_the_facts_of_price_rules() -> None:
    own = section("Conditions").split("A price rule has", 1)[1].split("A\ntask has", 1)[0]
    assert re.findall(r"`(\w+)`", own) == list(RULE_FACTS)
    for kind in RULE_FACTS["change"].options:
        assert f"`'{kind}'`" in own


PRICE_FACTS = facts_with({name: fact.kind for name, fact in RULE_FACTS.items()})
ALONE = """
policy: price_rule
from: "2026-12-01"
name: {en: Prices, nl: Prijzen}
cases:
  - code: all
    says: {en: Somebody looks, nl: Iemand kijkt}
    steps: [{who: {role: hr_prices}, days: 2, then: remind}]
"""


@pytest.mark.parametrize(
    "other", ["takes_effect: at_once", "steps: [{who: {role: hr_prices}, days: 2, then: approve}]"]
)
def test_no_policy_lets_price_rules_through_by_nobody(other: str) -> None:
    text = ALONE.replace("steps: [{who: {role: hr_prices}, days: 2, then: remind}]", other)
    assert isinstance(check(ALONE, PRICE_FACTS), Policy)
    (fault,) = check(text, PRICE_FACTS)  # type: ignore[misc]
    assert fault.line in (8, 9)


def test_the_page_names_the_facts_of_tasks() -> None:
    own = section("Conditions").split("A\ntask has", 1)[1].split("What somebody", 1)[0]
    assert re.findall(r"`(\w+)`", own) == list(TODO_FACTS)
    assert re.findall(r"`'(\w+)'`", own) == list(TODO_FACTS["about"].options)


def test_a_task_about_a_deal_goes_to_hr_with_the_right_to_deals() -> None:
    policy = built_in(Kind.TODO, facts_with({"about": TODO_FACTS["about"].kind}))
    found = {
        each: in_words(case_for(policy, {"about": each})) for each in ("deal", "payroll", "other")
    }
    assert found == {"deal": "role: hr_deals", "payroll": "role: hr", "other": "role: hr"}


# What is read --------------------------------------------------------------------------------


def test_a_document_becomes_a_policy() -> None:
    policy = example()
    assert policy.kind is Kind.ORDER
    assert policy.starts_on.isoformat() == "2026-12-01"
    assert policy.needs == {"asks", "amount", "product_kind", "scale", "trusted"}
    small, lease = policy.case("small"), policy.case("lease")
    assert small.check is not None
    assert small.check.share == Decimal("0.1")
    assert small.check.step == Step(Who(By.MANAGER), 10, Then.REMIND)
    assert lease.stages[0].steps == (
        Step(Who(By.MANAGER), 5, Then.ESCALATE, Who(By.MANAGERS_MANAGER)),
    )
    assert lease.stages[1].mode is Mode.ANY
    assert lease.stages[1].steps[1].who == Who(By.PERSON, "1001")
    assert policy.case("together").stages[0].mode is Mode.ALL
    with pytest.raises(KeyError):
        policy.case("unknown")


def test_lost_trust_brings_the_steps_only_where_the_case_says_so() -> None:
    small = example().case("small")
    assert steps_when_broken(small) == small.stages != ()
    looked_at = checked(EXAMPLE.replace(SMALL_STEPS, ""), ORDER_FACTS).case("small")
    assert looked_at.when_broken is WhenBroken.CHECK_ALL
    assert steps_when_broken(looked_at) == ()
    assert steps_when_broken(example().case("usual")) == ()
    assert share_to_check(small, trusted=True) == Decimal("0.1")
    assert share_to_check(small, trusted=False) == 1
    assert share_to_check(example().case("usual"), trusted=False) == 0


SMALL_STEPS = "    when_broken: before\n    steps:\n      - {who: manager, days: 5}\n"


def test_a_fact_that_is_not_needed_may_be_missing() -> None:
    assert case_for(example(), {"asks": "nobody"}).code == "free"
    with pytest.raises(FormulaFailed, match="'amount' is missing"):
        case_for(example(), {"asks": "hr"})


@pytest.mark.parametrize("kind", Kind)
def test_the_built_in_policies_say_what_they_must_in_both_languages(kind: Kind) -> None:
    own = {
        Kind.ORDER: ORDER_FACTS,
        Kind.DEAL: facts_with({k: f.kind for k, f in DEAL_FACTS.items()}),
        Kind.TODO: facts_with({k: f.kind for k, f in TODO_FACTS.items()}),
    }
    policy = built_in(kind, own.get(kind, facts_with({})))
    assert policy.kind is kind is kind_of(built_in_text(kind))
    for texts in (policy.names, *(case.says for case in policy.cases)):
        assert texts.keys() == {"en", "nl"}


@pytest.mark.parametrize(
    ("asks", "effect", "who"),
    [("nobody", "at_once", "-"), ("hr", "before", "role: hr"), ("manager", "before", "manager")],
)
def test_orders_are_asked_as_their_product_says(asks: str, effect: str, who: str) -> None:
    case = case_for(built_in(Kind.ORDER, ORDER_FACTS), {"asks": asks})
    assert (case.effect.value, in_words(case)) == (effect, who)


def test_line_ends_of_a_file_make_no_difference() -> None:
    assert checked("\ufeff" + EXAMPLE.replace("\n", "\r\n"), ORDER_FACTS).text == EXAMPLE


# Faults --------------------------------------------------------------------------------------

HEAD = "policy: order\nfrom: '2026-12-01'\nname: {en: A}\n"
LAST = "  - {code: last, says: {en: A}, steps: [{who: manager}]}\n"


def with_case(case: str) -> str:
    return f"{HEAD}cases:\n  - {{code: one, when: amount > 1, says: {{en: A}}, {case}}}\n{LAST}"


def with_step(step: str) -> str:
    return with_case(f"steps: [{step}]")


def with_when(condition: str) -> str:
    return (
        f'{HEAD}cases:\n  - {{code: one, says: {{en: A}}, when: "{condition}", '
        f"takes_effect: at_once}}\n{LAST}"
    )


ONE_FAULT = {
    "nothing at all": ("", "", "nothing", "see the examples of policies"),
    "an unknown kind": (
        EXAMPLE.replace("policy: order", "policy: orders"),
        "policy",
        "'orders'",
        "did you mean 'order'?",
    ),
    "no day": (
        EXAMPLE.replace('from: "2026-12-01"\n', ""),
        "from",
        "the key 'from' is missing",
        "add it here",
    ),
    "a month for a day": (
        EXAMPLE.replace("2026-12-01", "2026-12"),
        "from",
        "'2026-12'",
        'a day is needed, written as "2026-12-01"',
    ),
    "a day in another form": (
        EXAMPLE.replace("2026-12-01", "20261201"),
        "from",
        "'20261201'",
        'a day is needed, written as "2026-12-01"',
    ),
    "a day that is none": (
        EXAMPLE.replace("2026-12-01", "2026-02-30"),
        "from",
        "'2026-02-30'",
        'a day is needed, written as "2026-12-01"',
    ),
    "an unknown key": (
        f"{HEAD}case: []\ncases:\n{LAST}",
        "case",
        "the key 'case' is not known",
        "did you mean 'cases'?",
    ),
    "no case": (
        HEAD + "cases: []\n",
        "cases",
        "a list",
        "a policy has one case or more, as a list",
    ),
    "cases that are no list": (
        HEAD + "cases: {one: 1}\n",
        "cases",
        "keys",
        "a policy has one case or more, as a list",
    ),
    "too many cases": (
        with_case("takes_effect: at_once").replace(
            LAST,
            "".join(
                f"  - {{code: c{n}, when: amount > {n}, says: {{en: A}}, takes_effect: at_once}}\n"
                for n in range(2, 51)
            )
            + LAST,
        ),
        "cases[50]",
        "51 in this list",
        "at most 50",
    ),
    "an unknown key of a case": (
        with_case("steps: [{who: manager}], effect: after"),
        "cases[0].effect",
        "the key 'effect' is not known",
        "did you mean 'takes_effect'?",
    ),
    "a code in capitals": (
        EXAMPLE.replace("code: free", "code: Free"),
        "cases[0].code",
        "'Free' is not a code",
        "a code is small letters, digits and _, starts with a letter, at most 40 long",
    ),
    "a code twice": (
        EXAMPLE.replace("code: usual", "code: small"),
        "cases[4].code",
        "'small' again, first on line 11",
        "give it once: of two alike the second could never count",
    ),
    "a condition twice": (
        EXAMPLE.replace("when: not trusted or amount > 5000", "when: amount  <=  250"),
        "cases[3].when",
        "'amount <= 250' again, first on line 12",
        "give it once: of two alike the second could never count",
    ),
    "a case above another without a condition": (
        EXAMPLE.replace("    when: amount <= 250\n", ""),
        "cases[1]",
        "a case without a condition, and cases below it",
        "add `when`, or put it last: what stands below it could never count",
    ),
    "a last case with a condition": (
        EXAMPLE.replace("code: usual", "code: usual\n    when: amount > 0"),
        "cases[4].when",
        "a condition in the last case",
        "leave `when` out: the last case is for everything that is left",
    ),
    "no sentence": (
        HEAD + "cases: [{code: one, steps: [{who: manager}]}]\n",
        "cases[0].says",
        "the key 'says' is missing",
        "add it here",
    ),
    "an unknown fact": (
        with_when("salry > 1"),
        "cases[0].when",
        "the formula 'salry > 1' at character 1",
        "there is no fact 'salry'; did you mean 'scale'?",
    ),
    "what somebody earns": (
        with_when("salary > 3000"),
        "cases[0].when",
        "the formula 'salary > 3000' at character 1",
        "there is no fact 'salary'",
    ),
    "a number for a condition": (
        with_when("amount * 2"),
        "cases[0].when",
        "the formula 'amount * 2' at character 1",
        "the result must be a yes or no, and this gives a number",
    ),
    "a condition on several lines": (
        HEAD
        + "cases:\n  - code: one\n    says: {en: A}\n    when: |\n      trusted\n      or nobody"
        "\n    takes_effect: at_once\n" + LAST,
        "cases[0].when",
        "the formula 'trusted or nobody' at line 2 of the formula, character 4",
        "there is no fact 'nobody'",
    ),
    "an empty condition": (
        with_when(""),
        "cases[0].when",
        "nothing",
        "a formula is needed here",
    ),
    "a condition without facts": (
        with_when("1 < 2"),
        "cases[0].when",
        "the formula '1 < 2', which reads no fact",
        "a condition compares a fact: amount <= 250",
    ),
    "a division by a fact": (
        with_when("amount / quantity > 100"),
        "cases[0].when",
        "the formula 'amount / quantity > 100', which divides by a fact",
        "multiply instead: a fact may be zero, and then nobody could be asked",
    ),
    "a text that a fact never is": (
        with_when("asks == 'nobdy'"),
        "cases[0].when",
        "'nobdy', which asks never is",
        "did you mean 'nobody'?",
    ),
    "such a text on the left": (
        with_when("amount > 1 and not 'boss' != asked_by"),
        "cases[0].when",
        "'boss', which asked_by never is",
        "one of: employee, manager, hr, system",
    ),
    "such a text in a list": (
        with_when("asked_by in ('hr', 'hrs')"),
        "cases[0].when",
        "'hrs', which asked_by never is",
        "did you mean 'hr'?",
    ),
    "an unknown effect": (
        with_case("takes_effect: afterwards, check: {share: 1%, who: manager}"),
        "cases[0].takes_effect",
        "'afterwards'",
        "did you mean 'after'?",
    ),
    "before without steps": (
        with_case("takes_effect: before"),
        "cases[0].steps",
        "the key 'steps' is missing",
        "who decides? Add `steps`, or takes_effect",
    ),
    "before with a check": (
        with_case("steps: [{who: manager}], check: {share: 1%, who: manager}"),
        "cases[0].check",
        "check beside takes_effect: before",
        "leave one of them out",
    ),
    "at once with steps": (
        with_case("takes_effect: at_once, steps: [{who: manager}]"),
        "cases[0].steps",
        "steps beside takes_effect: at_once",
        "leave one of them out",
    ),
    "at once with a broken trust": (
        with_case("takes_effect: at_once, when_broken: before"),
        "cases[0].when_broken",
        "when_broken beside takes_effect: at_once",
        "leave one of them out",
    ),
    "after without a check": (
        with_case("takes_effect: after"),
        "cases[0].check",
        "the key 'check' is missing",
        "who checks, and how many? Add `check`",
    ),
    "after with steps for nothing": (
        with_case("takes_effect: after, check: {share: 1%, who: manager}, steps: [{who: manager}]"),
        "cases[0].steps",
        "steps beside takes_effect: after",
        "add `when_broken: before`, for which they are, or leave them out",
    ),
    "decided before without steps": (
        with_case("takes_effect: after, check: {share: 1%, who: manager}, when_broken: before"),
        "cases[0].steps",
        "the key 'steps' is missing",
        "who decides while trust is lost? Add steps",
    ),
    "a share above all": (
        with_case("takes_effect: after, check: {share: 100.01%, who: manager}"),
        "cases[0].check.share",
        "'100.01%'",
        "a percentage from 0% to 100% is needed, written as 10%",
    ),
    "a share as a number": (
        with_case("takes_effect: after, check: {share: 0.1, who: manager}"),
        "cases[0].check.share",
        "'0.1'",
        "a percentage from 0% to 100% is needed, written as 10%",
    ),
    "a check without a share": (
        with_case("takes_effect: after, check: {who: manager}"),
        "cases[0].check.share",
        "the key 'share' is missing",
        "add it here",
    ),
    "a check that days decide": (
        with_case("takes_effect: after, check: {share: 1%, who: manager, then: refuse}"),
        "cases[0].check.then",
        "refuse without anybody's look, for a check",
        "remind or escalate: that days went by is no finding",
    ),
    "steps that are none": (
        with_case("steps: manager"),
        "cases[0].steps",
        "'manager'",
        "one step or more, as a list",
    ),
    "too many stages": (
        with_step(", ".join(["{who: manager}"] * 11)),
        "cases[0].steps[10]",
        "11 in this list",
        "at most 10",
    ),
    "a step without who": (
        with_step("{days: 5}"),
        "cases[0].steps[0].who",
        "the key 'who' is missing",
        "add it here",
    ),
    "no days": (
        with_step("{who: manager, days: 0}"),
        "cases[0].steps[0].days",
        "'0'",
        "a whole number from 1 to 60 is needed",
    ),
    "too many days": (
        with_step("{who: manager, days: 61}"),
        "cases[0].steps[0].days",
        "'61'",
        "a whole number from 1 to 60 is needed",
    ),
    "half a day": (
        with_step("{who: manager, days: 2.5}"),
        "cases[0].steps[0].days",
        "'2.5'",
        "a whole number from 1 to 60 is needed",
    ),
    "an unknown end": (
        with_step("{who: manager, then: approved}"),
        "cases[0].steps[0].then",
        "'approved'",
        "did you mean 'approve'?",
    ),
    "somebody unknown": (
        with_step("{who: managers}"),
        "cases[0].steps[0].who",
        "'managers'",
        "did you mean 'manager'?",
    ),
    "an unknown role": (
        with_step("{who: {role: works_council}}"),
        "cases[0].steps[0].who.role",
        "'works_council'",
        "one of: hr, hr_prices, hr_deals, payroll",
    ),
    "a role without which": (
        with_step("{who: role}"),
        "cases[0].steps[0].who",
        "'role'",
        "say which: {role: hr} or {person: NUMBER}",
    ),
    "a role and a person": (
        with_step("{who: {role: hr, person: '1'}}"),
        "cases[0].steps[0].who",
        "keys",
        "one of {role: hr} and {person: NUMBER}",
    ),
    "nobody": (
        with_step("{who: {}}"),
        "cases[0].steps[0].who",
        "nothing",
        "one of {role: hr} and {person: NUMBER}",
    ),
    "a number that is none": (
        with_step("{who: {person: 'a b'}}"),
        "cases[0].steps[0].who.person",
        "'a b'",
        "a personnel number is needed",
    ),
    "to without escalate": (
        with_step("{who: manager, to: {role: hr}}"),
        "cases[0].steps[0].to",
        "`to` beside then: remind",
        "`to` says to whom a step escalates; add `then: escalate` or leave it out",
    ),
    "escalating to the same": (
        with_step("{who: manager, then: escalate, to: manager}"),
        "cases[0].steps[0].to",
        "manager, who has it already",
        "escalate to somebody else",
    ),
    "a role that escalates to nobody": (
        with_step("{who: {role: hr}, then: escalate}"),
        "cases[0].steps[0].then",
        "a role escalates to nobody: it has no manager",
        "add `to`, such as to: {person: NUMBER}, or remind",
    ),
    "one step side by side": (
        with_step("{all: [{who: manager}]}"),
        "cases[0].steps[0].all[0]",
        "one step under all",
        "two steps or more stand side by side; write a single one by itself",
    ),
    "no step side by side": (
        with_step("{any: []}"),
        "cases[0].steps[0].any",
        "a list",
        "two steps or more, as a list",
    ),
    "all beside any": (
        with_step("{all: [{who: manager}, {who: mandate}], any: []}"),
        "cases[0].steps[0].any",
        "the key 'any' is not known",
        "known here: all",
    ),
    "any in all": (
        with_step("{all: [{who: manager}, {who: mandate, any: []}]}"),
        "cases[0].steps[0].all[1].any",
        "the key 'any' is not known",
        "known here: who, days, then, to",
    ),
    "the same twice side by side": (
        with_step("{all: [{who: {role: hr}}, {who: {role: hr}, days: 3}]}"),
        "cases[0].steps[0].all[1].who",
        "role: hr twice side by side",
        "name somebody once: the same person cannot decide twice",
    ),
    "a task that is done at once": (
        "policy: todo\nfrom: '2026-12-01'\nname: {en: A}\n"
        "cases: [{code: one, says: {en: A}, takes_effect: at_once}]\n",
        "cases[0].takes_effect",
        "at_once in a policy of todo",
        "leave it out: somebody always looks at these",
    ),
    "a contest that days decide": (
        "policy: contest\nfrom: '2026-12-01'\nname: {en: A}\n"
        "cases: [{code: one, says: {en: A}, steps: [{who: {role: hr}, then: refuse}]}]\n",
        "cases[0].steps[0].then",
        "refuse without anybody's look, for a contest",
        "remind or escalate: that days went by is no finding",
    ),
}


@pytest.mark.parametrize("name", ONE_FAULT)
def test_a_fault_says_where_it_is_and_what_would_be_right(name: str) -> None:
    text, path, found, expected = ONE_FAULT[name]
    result = check(text, ORDER_FACTS)
    assert isinstance(result, list), "no fault"
    assert [(each.path, each.found, each.expected) for each in result] == [(path, found, expected)]


def test_the_line_of_a_fault_is_the_one_it_stands_on() -> None:
    text = EXAMPLE.replace("days: 10, then: refuse", "days: 100, then: refuse")
    (fault,) = check(text, ORDER_FACTS)  # type: ignore[misc]
    assert "days: 100" in text.splitlines()[fault.line - 1]


def test_every_fault_is_found_at_once_in_the_order_of_the_lines() -> None:
    text = EXAMPLE.replace("2026-12-01", "soon").replace("asks ==", "ask ==").replace("10%", "10")
    with pytest.raises(PolicyRefused, match="3 faults") as refused:
        checked(text, ORDER_FACTS)
    paths = [fault["path"] for fault in refused.value.data["faults"]]
    assert paths == ["from", "cases[0].when", "cases[1].check.share"]


def test_a_document_of_no_kind_blames_no_condition() -> None:
    """Which facts there are depends on the kind."""
    text = EXAMPLE.replace("policy: order\n", "")
    assert kind_of(text) is None
    assert kind_of("- a list") is None
    assert kind_of("policy: [order") is None
    faults = check(text, facts_with({}))
    assert isinstance(faults, list)
    assert [fault.path for fault in faults] == ["policy"], describe(faults)


# Written again -------------------------------------------------------------------------------

WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=40)
SAYS = st.fixed_dictionaries(
    {"en": WORDS.filter(str.strip)}, optional={"nl": WORDS.filter(str.strip)}
)
WHO = st.one_of(
    st.sampled_from(WHO_WORDS),
    st.sampled_from(DECIDING_ROLES).map(lambda role: {"role": role.value}),
    st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,10}", fullmatch=True).map(lambda n: {"person": n}),
)


def terms(*then: str) -> st.SearchStrategy[dict[str, Any]]:
    """Those of a step that ends so, or reminds, or escalates."""
    days = st.integers(1, MOST_DAYS)
    ways = [
        st.fixed_dictionaries({"who": WHO, "days": days}),
        st.fixed_dictionaries(
            {"who": WHO, "days": days, "then": st.just("escalate"), "to": WHO}
        ).filter(lambda step: step["who"] != step["to"]),
    ]
    if then:
        ways.append(
            st.fixed_dictionaries({"who": WHO, "days": days, "then": st.sampled_from(then)})
        )
    return st.one_of(ways)


STEP = terms("approve", "refuse")
SIDE_BY_SIDE = st.builds(
    lambda mode, steps: {mode: steps},
    st.sampled_from(["all", "any"]),
    st.lists(STEP, min_size=2, max_size=4, unique_by=lambda step: str(step["who"])),
)
STEPS = st.lists(st.one_of(STEP, SIDE_BY_SIDE), min_size=1, max_size=3)
SHARE = st.decimals(0, 100, places=2).map(lambda share: f"{share.normalize():f}%")
CHECK = st.builds(lambda share, step: {"share": share, **step}, SHARE, terms())
EFFECT = st.one_of(
    st.fixed_dictionaries({"steps": STEPS}),
    st.just({"takes_effect": "at_once"}),
    st.builds(lambda check: {"takes_effect": "after", "check": check}, CHECK),
    st.builds(
        lambda check, steps: {
            "takes_effect": "after",
            "check": check,
            "when_broken": "before",
            "steps": steps,
        },
        CHECK,
        STEPS,
    ),
)


@st.composite
def plain_policies(draw: st.DrawFn) -> dict[str, Any]:
    effects = draw(st.lists(EFFECT, min_size=1, max_size=4))
    cases = [
        {
            "code": f"case_{number}",
            **({"when": f"amount <= {number}"} if number < len(effects) - 1 else {}),
            "says": draw(SAYS),
            **effect,
        }
        for number, effect in enumerate(effects)
    ]
    day = draw(st.dates()).isoformat()
    return {"policy": "order", "from": day, "name": draw(SAYS), "cases": cases}


@settings(max_examples=150, deadline=None)
@given(plain_policies())
def test_what_is_written_is_read_as_it_was(plain: dict[str, Any]) -> None:
    text = text_of(plain)
    result = check(text, ORDER_FACTS)
    assert isinstance(result, Policy), describe(result)
    assert plain_of(result) == _stripped(plain)
    assert text_of(plain_of(result)) == text


def _stripped(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _stripped(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_stripped(each) for each in value]
    return "\n".join(value.splitlines()).strip() if isinstance(value, str) else value


def test_the_example_is_written_with_the_same_meaning() -> None:
    text = text_of(plain_of(example()))
    again_read = checked(text, ORDER_FACTS)
    assert plain_of(again_read) == plain_of(example())
    assert "      - {who: manager, days: 5, then: escalate, to: managers_manager}\n" in text


def test_a_half_filled_form_has_a_text_and_faults_with_places() -> None:
    text = text_of(
        {"policy": "order", "from": "", "name": {"en": "A", "nl": " "}, "cases": [{"code": "one"}]}
    )
    faults = check(text, ORDER_FACTS)
    assert isinstance(faults, list)
    assert [fault.path for fault in faults] == ["from", "cases[0].says", "cases[0].steps"]


# Facts as they are kept ----------------------------------------------------------------------


def test_facts_come_back_as_they_were_kept() -> None:
    facts = {
        "amount": Decimal("250.10"),
        "asks": "hr",
        "trusted": False,
        "quantity": Decimal("1E+2"),
    }
    stored = kept(facts)
    assert stored == {"amount": "250.10", "asks": "hr", "trusted": False, "quantity": "100"}
    assert again(stored, ORDER_FACTS) == facts


def test_what_is_no_fact_any_more_is_left_out() -> None:
    stored = {"amount": "much", "asks": True, "trusted": "yes", "gone": "1", "quantity": "NaN"}
    assert again(stored, ORDER_FACTS) == {}
