"""The form of the editor: a document as fields and back, with nothing lost."""

from __future__ import annotations

import pytest

from ideals.approvals.pages import form as forms
from ideals.approvals.pages.policy_words import TODO_FACTS
from ideals.approvals.rules import (
    Fault,
    Policy,
    built_in_text,
    check,
    facts_with,
    plain_of,
)
from ideals.approvals.states import Kind
from ideals.deals.pages.words import DEAL_FACTS
from ideals.kernel.formula import Kind as FactKind
from tests.approvals.policy_page import EXAMPLE, ORDER_FACTS

FACTS = facts_with({"product": FactKind.TEXT})
FACTS_OF = {
    Kind.ORDER: ORDER_FACTS,
    Kind.DEAL: facts_with({name: said.kind for name, said in DEAL_FACTS.items()}),
    Kind.TODO: facts_with({name: said.kind for name, said in TODO_FACTS.items()}),
}
CHECK = """    takes_effect: after
    check: {share: 10%, who: manager, days: 10, then: remind}
    when_broken: before
"""


def without_remarks(text: str) -> str:
    return "".join(line for line in text.splitlines(True) if not line.startswith("#"))


def policy(kind: Kind, text: str) -> Policy:
    found = check(text, FACTS_OF.get(kind, FACTS))
    assert isinstance(found, Policy), found
    return found


@pytest.mark.parametrize(
    ("kind", "text"),
    [(Kind.ORDER, EXAMPLE), *((kind, without_remarks(built_in_text(kind))) for kind in Kind)],
)
def test_a_policy_through_the_form_says_the_same(kind: Kind, text: str) -> None:
    fields = forms.fields_of(kind, text)
    assert fields is not None
    written = forms.document_of(kind, fields)
    assert plain_of(policy(kind, written)) == plain_of(policy(kind, text))
    assert forms.document_of(kind, forms.fields_of(kind, written)) == written  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("policy: order", "# Agreed with the works council\npolicy: order"),
        ("policy: order", "policy: evidence"),
        ("when: asks", "when: >  # first\n      asks"),
        ("asks == 'nobody'\n", "|\n      asks == 'nobody'\n      and amount > 0\n"),
        ("en: You decide", "de: Sie.\n      en: You decide"),
        ("en: Up to 250", "en: |\n        A line.\n        And one.\n      nl2: Up to 250"),
        ("days: 10, then: remind", "days: 10, then: approve, more: 1"),
        ("when_broken: before", "when_broken: sometimes"),
        ("when_broken: before", "when_broken: check_all"),
        ("takes_effect: at_once", "takes_effect: at_once\n    steps:\n      - {who: manager}"),
        ("takes_effect: at_once", "takes_effect: never"),
        ("{who: mandate, days: 10, then: refuse}", "{who: mandate, to: manager}"),
        ("{who: mandate, days: 10, then: refuse}", "{who: somebody}"),
        ("{who: mandate, days: 10, then: refuse}", "{who: {role: works_council}}"),
        ("{who: mandate, days: 10, then: refuse}", "{who: mandate, then: dance}"),
        ("{who: mandate, days: 10, then: refuse}", "mandate"),
        ("          - {who: {person: \"1001\"}, days: 5}\n", ""),
        ("code: free", "code: [free]"),
        ("cases:", "case:"),
    ],
)  # fmt: skip
def test_what_the_form_would_lose_it_does_not_show(old: str, new: str) -> None:
    assert old in EXAMPLE
    assert forms.fields_of(Kind.ORDER, EXAMPLE.replace(old, new, 1)) is None


@pytest.mark.parametrize(
    "text",
    [
        EXAMPLE.replace("You decide about this yourself.", "'“ë”, by rule #4'"),
        EXAMPLE.replace("You decide about this yourself.", "By rule#4"),
        EXAMPLE.replace("takes_effect: at_once", "takes_effect: after"),
        EXAMPLE.replace(CHECK, ""),
        EXAMPLE.replace("    steps:\n      - {who: manager, days: 5, then: approve}\n", ""),
        EXAMPLE.replace("{who: mandate, days: 10, then: refuse}", "{days: 10, then: refuse}"),
        EXAMPLE.replace("days: 10", "days: many"),
        "cases:\n  - when: amount > 3\n",
        "policy: order\n",
    ],
)
def test_what_is_half_written_is_a_form_too(text: str) -> None:
    assert forms.fields_of(Kind.ORDER, text) is not None


@pytest.mark.parametrize("text", ["", "- a", "a: [", "just words", "a: &b c"])
def test_what_is_no_document_is_no_form(text: str) -> None:
    assert forms.fields_of(Kind.ORDER, text) is None


# What buttons do


def fields(text: str = EXAMPLE) -> forms.PolicyFields:
    made = forms.fields_of(Kind.ORDER, text)
    assert made is not None
    return made


def codes(made: forms.PolicyFields) -> list[str]:
    return [case.code for case in made.cases]


def test_a_new_case_comes_before_the_last_with_a_code_of_its_own() -> None:
    made = fields()
    assert forms.change(made, "add_case") == "cases-4"
    assert forms.change(made, "add_case") == "cases-5"
    assert codes(made)[3:] == ["together", "case_1", "case_2", "usual"]


def test_cases_move_and_go() -> None:
    made = fields()
    assert forms.change(made, "move_down:0") == "cases-1"
    assert forms.change(made, "move_up:1") == "cases-0"
    assert forms.change(made, "move_up:0") == ""
    assert forms.change(made, "remove_case:4") == "cases-3"
    assert codes(made) == ["free", "small", "lease", "together"]


def test_steps_come_after_and_beside_and_go() -> None:
    made = fields()
    assert forms.change(made, "add_step:4") == "cases-4-stages-1"
    assert forms.change(made, "add_beside:4-1") == "cases-4-stages-1-steps-1-who"
    assert [step.who for step in made.cases[4].stages[1].steps] == ["manager", "role:hr"]
    assert forms.change(made, "remove_step:4-1-0") == "cases-4-steps"
    assert forms.change(made, "remove_step:4-1-0") == "cases-4-steps"
    assert len(made.cases[4].stages) == 1


@pytest.mark.parametrize(
    "act", ["", "x", "move_up", "move_up:9", "remove_case:99", "add_step:a", "add_beside:0-5",
            "remove_step:1-1", "move_up:99", "remove_case:0-0-0-0"]
)  # fmt: skip
def test_what_no_button_says_changes_nothing(act: str) -> None:
    made = fields()
    assert forms.change(made, act) == ""
    assert made == fields()


# Faults at their fields


@pytest.mark.parametrize(
    ("path", "at"),
    [
        ("from", "from"),
        ("name", "name-nl"),
        ("name.en", "name-en"),
        ("cases", "cases"),
        ("cases[1]", "cases-1-when"),
        ("cases[1].code", "cases-1-code"),
        ("cases[1].says", "cases-1-says-nl"),
        ("cases[1].says.nl", "cases-1-says-nl"),
        ("cases[1].check", "cases-1-check-share"),
        ("cases[1].check.share", "cases-1-check-share"),
        ("cases[1].check.who", "cases-1-check-who"),
        ("cases[1].check.who.person", "cases-1-check-number"),
        ("cases[2].steps", "cases-2-steps"),
        ("cases[2].steps[0]", "cases-2-stages-0-steps-0-who"),
        ("cases[2].steps[0].who", "cases-2-stages-0-steps-0-who"),
        ("cases[2].steps[0].to", "cases-2-stages-0-steps-0-to"),
        ("cases[2].steps[1].any", "cases-2-stages-1-mode"),
        ("cases[2].steps[1].any[1]", "cases-2-stages-1-steps-1-who"),
        ("cases[2].steps[1].any[1].who.person", "cases-2-stages-1-steps-1-number"),
        ("cases[2].steps[2].days", "cases-2-stages-2-steps-0-days"),
        ("cases[9].steps[2].days", "cases"),
        ("", ""),
    ],
)
def test_a_fault_stands_at_the_field_it_is_about(path: str, at: str) -> None:
    found = forms.errors_of(fields(), [Fault(path, 1, "this", "that")], str)
    assert found == {at: "this: that."}
