"""The check of a document: every fault at once, each with its path, its line and what is right."""

from __future__ import annotations

import time
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ideals.kernel.month import Month
from ideals.schemes.rules import (
    Cancellation,
    Commitment,
    Counts,
    Deadline,
    Fault,
    Group,
    LeaveRules,
    LeftOver,
    NeedsApproval,
    OnLeaving,
    Opening,
    PaidFrom,
    Pending,
    Per,
    Picture,
    PriceMoment,
    ProductKind,
    Quota,
    Resale,
    Scheme,
    TaxTreatment,
    check,
    describe,
    owed_amounts,
)
from ideals.schemes.rules.document import MAX_BYTES
from ideals.schemes.rules.product import USUAL
from ideals.schemes.rules.rounding import HourRounding
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
    began = time.process_time()
    found = faults(text)
    assert time.process_time() - began < 5
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


# Products ---------------------------------------------------------------------------------------

EXTRA = "hours: {extra: {formula: 16, moment: january, round: up, unit: hour}}\n"
STATUTORY = EXTRA.replace("unit: hour", "unit: hour, statutory: yes")


def test_a_product_that_says_nothing_has_what_its_kind_usually_has() -> None:
    text = SMALL + "calendar: {left_over: keep_until_december}\n" + EXTRA + "products:\n"
    for kind in ProductKind:
        price = ", price: salary / 156" if kind in ("leave", "sell_leave") else ""
        text += f"  p_{kind}: {{kind: {kind}{price}}}\n"
    products = passed(text).products
    assert [product.kind for product in products.values()] == list(ProductKind)
    for product in products.values():
        usual = USUAL[product.kind]
        assert (product.unit, product.tax, product.group) == (usual.unit, usual.tax, usual.group)
        assert product.cancellation is Cancellation.UNTIL_DEADLINE
        assert (product.approval, product.resale) == (NeedsApproval.NONE, Resale.NEVER)
        assert (product.paid_from, product.price_moment) == (PaidFrom.BUDGET, PriceMoment.ORDER)
        assert (product.limits, product.quota, product.commitment) == ((), None, None)
        assert product.step == (Decimal("0.01") if product.unit == "euro" else 1)
    asking = {product.kind for product in products.values() if product.asks_price}
    assert asking == {ProductKind.BICYCLE, ProductKind.LEASE_CAR}
    assert [each.kind for each in products.values() if not each.is_ordered] == [ProductKind.KEEP]


def test_every_key_of_a_product_is_read() -> None:
    product = passed(
        SMALL
        + """\
products:
  bicycle:
    kind: bicycle
    name: {en: Bicycle, nl: Fiets}
    text: {en: To ride.}
    note: A note.
    group: money_later
    picture: gift
    unit: piece
    step: 2
    price: salary / 3
    price_moment: january_salary
    minimum: 2
    maximum: 4
    eligible: age >= 18
    not_eligible: {en: Not yet.}
    opens: {first: "2026-02", last: "2027-01", months: [1, 2]}
    limit:
      - {per: years, years: 3, amount: 3000, times: 1}
      - {per: employment, amount: 4, counts: quantity, round: up}
    deadline: {day: 5, months_before: 1}
    months_ahead: 2
    quota: {per: month, amount: 10}
    evidence: {en: The bill.}
    approval: hr
    cancellation: never
    instalments: {months: 24, early_end: yes, leaving: end}
    tax: addition
    addition: 7% * price + 1% * salary
    paid_from: savings
    lowers_pension: no
    justification: The law.
"""
    ).products["bicycle"]
    assert (product.names["nl"], product.texts["en"], product.note) == (
        "Fiets",
        "To ride.",
        "A note.",
    )
    assert (product.group, product.picture) == (Group.MONEY_LATER, Picture.GIFT)
    assert (product.step, product.price_moment) == (2, PriceMoment.JANUARY_SALARY)
    sources = {key: formula.source for key, formula in product.formulas().items()}
    assert sources == {
        "price": "salary / 3",
        "minimum": "2",
        "maximum": "4",
        "eligible": "age >= 18",
        "addition": "7% * price + 1% * salary",
    }
    assert product.not_eligible == {"en": "Not yet."}
    assert product.opens == Opening(Month(2026, 2), Month(2027, 1), (1, 2))
    first, second = product.limits
    assert (first.per, first.years, first.times, first.counts) == (Per.YEARS, 3, 1, Counts.EURO)
    assert (second.per, second.counts, second.rounding) == (
        Per.EMPLOYMENT,
        Counts.QUANTITY,
        HourRounding.UP,
    )
    assert product.deadline == Deadline(5, months_before=1)
    assert (product.months_ahead, product.quota) == (2, Quota(Per.MONTH, Decimal(10)))
    assert product.evidence == {"en": "The bill."}
    assert (product.approval, product.cancellation) == (NeedsApproval.HR, Cancellation.NEVER)
    assert product.commitment == Commitment(24, True, True, OnLeaving.END)
    assert (product.tax, product.paid_from) == (TaxTreatment.ADDITION, PaidFrom.SAVINGS)
    assert not product.lowers_pension
    assert not product.asks_price


@pytest.mark.parametrize(
    ("product", "key", "right"),
    [
        ("kind: keep", "", "keep_until_december"),
        ("kind: leave, price: 20, unit: euro", "unit", "the hour or the day"),
        ("kind: leave, price: 20, unit: piece", "unit", "the hour or the day"),
        ("kind: pay_out, unit: piece", "unit", "leave unit out"),
        ("kind: savings, unit: hour, price: 1", "unit", "leave unit out"),
        ("kind: sell_leave", "", "what the employee gets"),
        ("kind: other, unit: day", "unit", "give `price`"),
        ("kind: union_dues, price: 2", "price", "a euro costs a euro"),
        ("kind: bicycle, price_moment: month", "price_moment", "give `price`"),
        ("kind: bicycle, resale: always", "resale", "it goes with leave"),
        ("kind: other, sell_price: 2", "sell_price", "it goes with leave"),
        ("kind: leave, price: 20, sell_price: 18", "sell_price", "say in `resale`"),
        ("kind: leave, price: 20, unit_hours: 8", "unit_hours", "how many hours a day is"),
        ("kind: bicycle, tax: addition", "tax", "7% * price"),
        ("kind: bicycle, addition: 7% * price", "addition", "add `tax: addition`"),
        ("kind: bicycle, tax: addition, addition: 7% * prise", "addition", "did you mean 'price'?"),
        ("kind: bicycle, price: 7% * price", "price", "no fact 'price'"),
        ("kind: pay_out, tax: exempt", "tax", "taxed"),
        ("kind: leave, price: 20, tax: taxed", "tax", "exempt"),
        ("kind: bicycle, instalments: 24, term: 48", "term", "one of the two"),
        ("kind: leave, price: 20, instalments: 24", "instalments", "it goes with bicycle"),
        ("kind: bicycle, instalments: 1", "instalments", "from 2 to 120"),
        ("kind: bicycle, term: {leaving: end}", "term.months", "add it"),
        ("kind: bicycle, term: {months: 4, early_end: maybe}", "term.early_end", "one of: yes, no"),
        ("kind: savings, quota: {per: month, amount: 5}", "quota", "it goes with leave"),
        ("kind: bicycle, quota: {per: month, amount: 0}", "quota.amount", "a number above 0"),
        ("kind: bicycle, quota: {per: month, amount: 2.5}", "quota", "a number of steps of 1"),
        ("kind: bicycle, quota: {per: day, amount: 2}", "quota.per", "one of: month, year"),
        ("kind: bicycle, quota: 5", "quota", "keys are needed"),
        ("kind: savings, paid_from: development", "paid_from", "it goes with pay_out"),
        ("kind: bicycle, paid_from: leave", "paid_from", "one of: budget"),
        ("kind: bicycle, minimum: 3, maximum: 2", "minimum", "not above the maximum"),
        ("kind: bicycle, not_eligible: {en: No}", "not_eligible", "give `eligible`"),
        ("kind: bicycle, step: 0.5", "step", "whole pieces"),
        ("kind: leave, price: 20, step: 0.01", "step", "whole minutes"),
        ("kind: savings, step: 0.001", "step", "whole cents"),
        ("kind: leave, price: 20, unit: day, step: 0.3", "step", "quarters of a day"),
        ("kind: bicycle, opens: {}", "opens", "is needed"),
        ("kind: bicycle, opens: {months: 5}", "opens.months", "a list of numbers"),
        ("kind: bicycle, opens: {months: [13]}", "opens.months[0]", "from 1 to 12"),
        ("kind: bicycle, opens: {months: [5, 5]}", "opens.months[1]", "give it once"),
        (
            'kind: bicycle, opens: {first: "2026-05", last: "2026-04"}',
            "opens.last",
            "the last month comes after the first",
        ),
        (
            'kind: bicycle, opens: {first: "2026-02", last: "2026-04", months: [5]}',
            "opens",
            "between the first and the last",
        ),
        ("kind: bicycle, limit: {per: year}", "limit", "`amount`, `times` or both"),
        ("kind: bicycle, limit: {per: order, times: 2}", "limit.times", "a month, a year"),
        ("kind: bicycle, limit: {per: week, amount: 2}", "limit.per", "one of: order, month, year"),
        ("kind: bicycle, limit: [{per: year, amount: salry}]", "limit[0].amount", "'salary'"),
        ("kind: bicycle, limit: {per: year, amount: 2, round: up}", "limit.round", "to the cent"),
        ("kind: bicycle, limit: []", "limit", "from 1 to 10"),
        ("kind: bicycle, limit: {per: year, amount: age}", "limit.amount", "justification"),
        ("kind: bicycle, months_ahead: 13", "months_ahead", "from 0 to 12"),
        ("kind: bicycle, deadline: {last_day: month}", "deadline.last_day", "previous_month"),
        ("kind: bicycle, approval: director", "approval", "one of: none, manager, hr"),
        ("kind: bicycle, cancellation: always", "cancellation", "never"),
        ("kind: bicycle, picture: bicicle", "picture", "did you mean 'bicycle'?"),
        ("kind: bicycle, lowers_pension: perhaps", "lowers_pension", "yes, no"),
        ("kind: bicycle, evidence: the bill", "evidence", "a text for each language"),
        ("kind: bicycle, price: sick_months", "price", "in components only"),
    ],
)
def test_a_fault_of_a_product_says_what_would_be_right(product: str, key: str, right: str) -> None:
    fault = one_fault(SMALL + EXTRA + f"products:\n  thing: {{{product}}}\n")
    assert fault.path == ("products.thing." + key).rstrip(".")
    assert right in fault.expected
    assert fault.line == 10


def test_what_is_kept_has_only_texts() -> None:
    text = SMALL + "calendar: {left_over: keep_until_december}\n"
    passed(text + "products: {keep: {kind: keep, name: {en: Keep}, note: It stays.}}\n")
    fault = one_fault(text + "products: {keep: {kind: keep, limit: {per: year, amount: 4}}}\n")
    assert (fault.path, fault.expected[:7]) == ("products.keep.limit", "nobody ")


@pytest.mark.parametrize("hours", ["", STATUTORY])
def test_statutory_leave_is_never_sold(hours: str) -> None:
    fault = one_fault(SMALL + hours + "products: {sell: {kind: sell_leave, price: 20}}\n")
    assert "granted hours that are not statutory" in fault.expected
    assert passed(SMALL + EXTRA + "products: {sell: {kind: sell_leave, price: 20}}\n")


def test_granted_hours_may_be_those_of_the_law() -> None:
    assert [grant.statutory for grant in passed(SMALL + EXTRA).hours] == [False]
    assert [grant.statutory for grant in passed(SMALL + STATUTORY).hours] == [True]
    assert "yes, no" in one_fault(SMALL + STATUTORY.replace("yes", "sure")).expected


def test_leave_lapses_as_the_law_says_or_later() -> None:
    assert passed(SMALL).leave == LeaveRules(6, 5)
    assert passed(SMALL + "leave: {statutory_months: 12}\n").leave == LeaveRules(12, 5)
    fault = one_fault(SMALL + "leave: {statutory_months: 3}\n")
    assert (fault.path, fault.expected) == (
        "leave.statutory_months",
        "a whole number from 6 to 60 is needed",
    )


def test_what_waits_at_the_close_is_released_or_approved() -> None:
    assert passed(SMALL).calendar.pending is Pending.RELEASE
    approve = SMALL + "calendar: {pending: approve}\n"
    assert passed(approve).calendar.pending is Pending.APPROVE
    assert "did you mean 'approve'" in one_fault(approve.replace("approve", "aprove")).expected


def test_a_fact_called_price_is_not_that_of_an_addition() -> None:
    text = SMALL + "facts: {price: salary / 156}\nproducts: {leave: {kind: leave, price: price}}\n"
    passed(text)
    bicycle = "  bicycle: {kind: bicycle, tax: addition, addition: 7% * price}\n"
    text = text.replace("{leave: {kind: leave, price: price}}", "\n" + bicycle)
    assert one_fault(text).path == "products.bicycle.addition"


def test_a_day_of_leave_is_a_fifth_of_the_week() -> None:
    text = SMALL + "products: {leave: {kind: leave, unit: day, price: 5% * salary}}\n"
    formula = passed(text).products["leave"].unit_hours
    assert formula is not None
    assert formula.source == "full_time_hours / 5"


@pytest.mark.parametrize(
    ("deadline", "month", "day"),
    [
        (Deadline(15), Month(2026, 3), "2026-03-15"),
        (Deadline(31), Month(2026, 4), "2026-04-30"),
        (Deadline(31, months_before=1), Month(2026, 3), "2026-02-28"),
        (Deadline(1, months_before=2), Month(2026, 1), "2025-11-01"),
        (Deadline(30, month=11), Month(2026, 3), "2025-11-30"),
    ],
)
def test_deadlines_are_days_of_the_month_or_before_it(
    deadline: Deadline, month: Month, day: str
) -> None:
    assert str(deadline.last_day(month)) == day
