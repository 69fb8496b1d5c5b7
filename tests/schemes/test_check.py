"""The check of a document: every fault at once, each with its path, its line and what is right."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ideals.kernel.month import Month
from ideals.schemes.rules import (
    Deadline,
    Fault,
    LeftOver,
    Scheme,
    check,
    describe,
    owed_amounts,
)
from ideals.schemes.rules.document import MAX_BYTES
from ideals.schemes.rules.scheme import SicknessPay
from tests.schemes.worked import FOLDERS, document, person, stretch

SMALL = """\
scheme: small
version: "2026-01"
name: {en: Small}
full_time_hours: 36
first_month: "2026-01"
components:
  holiday_allowance: {formula: "8% * salary"}
"""


def faults(text: str) -> list[Fault]:
    result = check(text)
    assert isinstance(result, list)
    return result


def passed(text: str) -> Scheme:
    result = check(text)
    assert isinstance(result, Scheme), describe(result)
    return result


def one_fault(text: str) -> Fault:
    [fault] = faults(text)
    return fault


def test_the_shortest_document_passes_and_what_it_leaves_out_has_its_default() -> None:
    scheme = passed(SMALL)
    assert (scheme.code, scheme.version) == ("small", Month(2026, 1))
    assert scheme.part_month == "calendar_days"
    assert scheme.sickness is SicknessPay.PAID
    assert scheme.calendar.left_over is LeftOver.PAY_EACH_MONTH
    assert scheme.name("nl") == "Small"


@pytest.mark.parametrize("path", sorted(FOLDERS[1].glob("*.yaml")), ids=lambda path: path.stem)
def test_the_example_schemes_pass(path) -> None:  # type: ignore[no-untyped-def]
    scheme = passed(path.read_text("utf-8"))
    assert scheme.code == path.stem
    assert scheme.version == Month(2020, 1)
    assert {"en", "nl"} <= scheme.names.keys()


def test_the_bank_of_the_demonstration_says_that_it_is_illustrative() -> None:
    text = document("meridian.yaml")
    assert "ILLUSTRATIVE" in text
    assert "illustrative" in passed(text).name("en")


def test_a_file_with_ten_kinds_of_fault_names_each_with_path_line_and_what_is_right() -> None:
    found = [(fault.line, fault.path, fault.found, fault.expected) for fault in faults(TEN)]
    expected = [
        (3, "version", "'2026-13'", 'written as "2026-01"'),
        (5, "full_time_hours", "'thirty-six'", "a number above 0 up to 60"),
        (7, "part_moth", "the key 'part_moth' is not known", "did you mean 'part_month'?"),
        (8, "sickness.paid_months", "stands here again, first on line 8", "give it once"),
        (9, "periods", "a rhythm of its own", "thirteen pay periods"),
        (11, "calendar.deadline.day", "'45'", "a whole number from 1 to 31"),
        (13, "facts.first", "first -> second -> first", "without the others"),
        (16, "components.holiday_allowance.formula", "character 6", "did you mean 'salary'?"),
        (17, "components.early.formula", "which comes later", "put late above early"),
        (18, "components.late.formula", "character 10", "divides by zero"),
        (19, "components.scaled.formula", "'scale'", "must be a number"),
        (20, "components.empty.formula", "is missing", "add it"),
        (22, "hours.age_leave.formula", "'age' outside components", "justification"),
        (24, "products.leave.price", "'sick'", "in components only"),
    ]
    assert [(line, path) for line, path, _, _ in found] == [each[:2] for each in expected]
    for (_, path, what, right), (_, _, words, right_words) in zip(found, expected, strict=True):
        assert words in what, path
        assert right_words in right, path


TEN = document("ten-faults.yaml")


@pytest.mark.parametrize(
    ("change", "path", "words"),
    [
        (("scheme: small\n", ""), "scheme", "missing"),
        (("scheme: small", "scheme: Small One"), "scheme", "'Small One'"),
        (("full_time_hours: 36", "full_time_hours: 36,5"), "full_time_hours", "'36,5'"),
        (("full_time_hours: 36", "full_time_hours: [36]"), "full_time_hours", "a list"),
        (("name: {en: Small}", "name: Small"), "name", "'Small'"),
        (("name: {en: Small}", "name: {english: Small}"), "name.english", "no"),
        (('"2026-01"\nname', "{year: 2026}\nname"), "version", "keys"),
        (("{formula:", "{formule:"), "components.holiday_allowance.formule", "not known"),
        (("holiday_allowance:", "Holiday-Allowance:"), "components.Holiday-Allowance", "no"),
        (("holiday_allowance:", "salary:"), "components.salary", "a fact that every scheme has"),
        (("holiday_allowance:", "max:"), "components.max", "a word of the formula language"),
        (('"8% * salary"', "[8]"), "components.holiday_allowance.formula", "a list"),
        (('"8% * salary"', '""'), "components.holiday_allowance.formula", "nothing"),
        (('"8% * salary"', '"-1 if gender else 2"'), "components.holiday_allowance.formula", "g"),
        (('"8% * salary"', "holiday_allowance"), "components.holiday_allowance.formula", "itself"),
    ],
)
def test_a_fault_stands_at_its_path(change: tuple[str, str], path: str, words: str) -> None:
    text = SMALL.replace(*change)
    assert text != SMALL
    found = {fault.path: fault for fault in faults(text)}
    assert path in found
    assert words in found[path].found


@pytest.mark.parametrize(
    ("lines", "path", "right"),
    [
        ("currency: USD", "currency", "EUR"),
        ("rounding: half_even", "rounding", "did you mean 'half_up'?"),
        ("part_month: thirtieth", "part_month", "did you mean 'thirtieths'?"),
        ("sickness: none", "sickness", "paid"),
        ("sickness: paid_months", "sickness", "{paid_months: 6}"),
        ("sickness: {paid_months: six}", "sickness.paid_months", "a whole number"),
        ("calendar: {allocate_on: 31}", "calendar.allocate_on", "from 1 to 28"),
        ("calendar: {deadline: {last_day: month}}", "calendar.deadline.last_day", "previous_month"),
        ("calendar: {deadline: {months_before: 1}}", "calendar.deadline", "is needed"),
        (
            "calendar: {deadline: {last_day: previous_month, day: 3}}",
            "calendar.deadline.day",
            "one of the two",
        ),
        (
            "calendar: {deadline: {day: 3, month: 11, months_before: 1}}",
            "calendar.deadline.month",
            "one of the two",
        ),
        ("calendar: {left_over: {}}", "calendar.left_over.save_as_leave", "add it"),
        ("facts: 3", "facts", "codes are needed"),
        ("facts: {here: '1 +'}", "facts.here", "the end is not expected"),
        (
            "hours: {holiday_allowance: {formula: 1, moment: monthly, round: up, unit: hour}}",
            "hours.holiday_allowance",
            "rename",
        ),
        ("calendar: {left_over: spend}", "calendar.left_over", "pay_each_month"),
        ("calendar: {periods: 13}", "calendar.periods", "thirteen pay periods"),
        ("calendar: 15", "calendar", "allocate_on"),
        ("leaving: {rest: keep}", "leaving.rest", "pay"),
        ("products: {tea: {kind: drink}}", "products.tea.kind", "pay_out"),
        ("products: {leave: {kind: leave}}", "products.leave", "give `price`"),
        ("products: {car: {kind: lease_car, price: sikc}}", "products.car.price", "no fact 'sikc'"),
        ("products: {car: {kind: lease_car, eligible: 3}}", "products.car.eligible", "yes or no"),
        (
            "products: {car: {kind: lease_car, eligible: age > 21}}",
            "products.car.eligible",
            "justification",
        ),
        (
            "products: {car: {kind: lease_car, limit: {per: years, amount: 1}}}",
            "products.car.limit",
            "years: 3",
        ),
        (
            "hours: {h: {formula: share_paid, moment: january, round: up, unit: hour}}",
            "hours.h.formula",
            "granted hours can use",
        ),
        (
            "hours: {h: {formula: holiday_allowance, moment: january, round: up, unit: hour}}",
            "hours.h.formula",
            "cannot use components",
        ),
        (
            "hours: {h: {formula: sick_months, moment: monthly, round: up, unit: hour}}",
            "hours.h.formula",
            "in components only",
        ),
        (
            "hours: {h: {formula: 3, moment: monthly, round: one_decimal, unit: minute}}",
            "hours.h.round",
            "unit: hour",
        ),
        ("facts: {me: me + 1}", "facts.me", "without the others"),
        ("facts: {holiday_allowance: 1}", "components.holiday_allowance", "rename"),
        ("facts: {here: &a 1}", "", "write the value out"),
        ("facts: !!python/name:os.system {}", "", "remove the tag"),
        ("facts: {[1, 2]: 3}", "facts", "one word"),
    ],
)
def test_a_fault_says_what_would_be_right(lines: str, path: str, right: str) -> None:
    fault = one_fault(SMALL + lines + "\n")
    assert fault.path == path
    assert right in fault.expected
    assert fault.line == (7 if path.startswith("components") else 8)


def test_a_fault_in_a_long_formula_names_the_line_inside_it() -> None:
    fault = one_fault(SMALL + "facts:\n  here: |\n    salary +\n    salry\n")
    assert "line 2 of the formula, character 1" in fault.found


def test_a_text_has_its_limit() -> None:
    text = SMALL.replace("{en: Small}", "{en: " + "x" * 501 + "}")
    assert "at most 500" in one_fault(text).expected


def test_age_in_a_product_may_be_justified() -> None:
    scheme = passed(
        SMALL + "products: {car: {kind: lease_car, eligible: age > 21, justification: The law.}}\n"
    )
    assert scheme.products["car"].justification == "The law."


def test_age_hidden_in_a_fact_still_needs_a_justification() -> None:
    text = SMALL + (
        "facts: {senior: age >= 55}\n"
        "hours:\n"
        "  h: {formula: 16 if senior else 0, moment: january, round: up, unit: hour}\n"
    )
    assert "justification" in one_fault(text).expected


def test_a_component_hidden_in_a_fact_must_stand_above() -> None:
    text = SMALL + "  late: {formula: salary}\nfacts: {hidden: late * 2}\n"
    early = text.replace("8% * salary", "8% * hidden")
    assert "put late above holiday_allowance" in one_fault(early).expected
    passed(text.replace("{formula: salary}", "{formula: hidden}").replace("late * 2", "salary * 2"))


def test_facts_may_stand_in_any_order() -> None:
    scheme = passed(SMALL + "facts: {second: first * 2, first: salary + 1, yes: second > 1}\n")
    assert {name: str(fact.kind) for name, fact in scheme.facts.items()} == {
        "first": "number",
        "second": "number",
        "yes": "yes or no",
    }


@pytest.mark.parametrize(
    ("deadline", "read"),
    [
        ("{day: 15}", Deadline(15)),
        ("{last_day: previous_month}", Deadline(31, months_before=1)),
        ("{day: 1, months_before: 2}", Deadline(1, months_before=2)),
        ("{day: 30, month: 11}", Deadline(30, month=11)),
    ],
)
def test_the_four_deadlines_are_read(deadline: str, read: Deadline) -> None:
    assert passed(SMALL + f"calendar: {{deadline: {deadline}}}\n").calendar.deadline == read


def test_what_is_left_over_may_be_saved_up_to_a_maximum() -> None:
    text = SMALL + 'calendar: {left_over: {save_as_leave: {at_most: "5 * weekly_hours"}}}\n'
    assert "product of kind leave" in one_fault(text).expected
    calendar = passed(text + "products: {leave: {kind: leave, price: salary / 156}}\n").calendar
    assert calendar.left_over is LeftOver.SAVE_AS_LEAVE
    assert calendar.save_at_most is not None
    assert calendar.save_at_most.source == "5 * weekly_hours"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "nothing"),
        ("# only a comment\n", "nothing"),
        ("just a text", "'just a text'"),
        ("- a\n- b\n", "a list"),
        ("a: [1, 2", "not readable as YAML"),
        ("a: b: c", "not readable as YAML"),
        ("\ta: 1", "not readable as YAML"),
        (SMALL + "---\n" + SMALL, "not readable as YAML"),
        ("a: \x00", "a character"),
        ("a: \ud800", "a character"),
        ("a: &x 1\nb: *x\n", "an anchor or alias"),
        ("a: " + "[" * 5_000, "too deep"),
        ("a: {" * 5_000, "too deep"),
        ("#" * (MAX_BYTES + 1), "bytes"),
        ('{"scheme": !!binary aGVsbG8=}', "the tag"),
        (b"\xff\xfe".decode("latin-1"), "'ÿþ'"),
    ],
)
def test_what_is_no_document_is_refused_in_words(text: str, words: str) -> None:
    found = faults(text)
    assert any(words in fault.found for fault in found), describe(found)


MANY = range(9_000)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (SMALL + "".join(f"key{n}: 1\n" for n in MANY), "8,980 more keys that are not known"),
        (SMALL + "".join(f"  c{n}: {{formula: salary}}\n" for n in MANY), "9,001 codes"),
        (SMALL + "facts:\n" + "".join(f"  f{n}: salary + {n}\n" for n in MANY), "9,000 codes"),
        (
            SMALL.replace("{en: Small}", "{" + ", ".join(f"l{n}: x" for n in MANY) + "}"),
            "9,000 languages",
        ),
        (
            SMALL
            + "facts:\n  f0: salary\n  f1: f0\n"
            + "".join(f"  f{n}: f{n - 1} + f{n - 2}\n" for n in range(2, 90)),
            "11 levels",
        ),
    ],
)
def test_a_document_of_hostile_size_is_refused_in_a_moment(text: str, words: str) -> None:
    began = time.perf_counter()
    found = faults(text)
    assert time.perf_counter() - began < 5
    assert any(words in fault.found for fault in found)
    assert len(found) < 150


def test_facts_on_facts_as_deep_as_allowed_are_worked_out() -> None:
    row = " + ".join(["salary"] * 90)
    facts = "".join(f"  f{n}: f{n - 1} + {row}\n" for n in range(1, 10))
    scheme = passed(SMALL.replace("8% * salary", "1% * f9") + f"facts:\n  f0: salary\n{facts}")
    [(_, cents)] = owed_amounts(scheme, person(stretch(scheme="small")), Month(2026, 3))
    assert cents == 3_000 * (1 + 9 * 90)


def test_scalars_are_texts_whatever_yaml_makes_of_them() -> None:
    """`no` is no boolean, `08` no octal number, `1.80` keeps its zero, 2026-01-01 is no date."""
    text = SMALL.replace("{en: Small}", "{no: no, en: 08, nl: 1.80, de: 2026-01-01}")
    assert passed(text).names == {"no": "no", "en": "08", "nl": "1.80", "de": "2026-01-01"}


@given(st.text(max_size=300))
@settings(max_examples=300, deadline=None)
def test_no_text_makes_the_check_raise(text: str) -> None:
    assert isinstance(check(text), list)


LINES = TEN.splitlines()


@given(st.lists(st.sampled_from([*LINES, *SMALL.splitlines()]), max_size=30))
@settings(max_examples=300, deadline=None)
def test_no_shuffled_document_makes_the_check_raise(lines: list[str]) -> None:
    result = check("\n".join(lines))
    assert isinstance(result, Scheme) or result
