"""Texts that are no honest formula: each is refused at save, quickly, and by our own error."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ideals.kernel.formula import (
    FixedNames,
    FormulaFailed,
    FormulaRefused,
    Kind,
    arithmetic,
    compile_formula,
)

NAMES = FixedNames({"salary": Kind.NUMBER, "scale": Kind.TEXT, "sick": Kind.YES_NO})

HOSTILE = {
    "too long": "salary + " * 300 + "1",
    "a million characters": "1" * 1_000_000,
    "parentheses without end": "(" * 1_999,
    "parentheses that close": "(" * 900 + "1" + ")" * 900,
    "signs in a row": "-" * 1_900 + "1",
    "nots in a row": "not " * 400 + "sick",
    "calls inside calls": "min(1, " * 40 + "1" + ")" * 40,
    "choices inside choices": "(1 if sick else " * 40 + "1" + ")" * 40,
    "too many parts": "+".join(["1"] * 500),
    "too many list values": "1 if salary in (" + ", ".join(map(str, range(300))) + ") else 2",
    "a number of a thousand digits": "9" * 1_000,
    "a thousand decimals": "0." + "1" * 1_000,
    "an import": "__import__('os').system('id')",
    "dunder attributes": "salary.__class__.__mro__",
    "a call of a fact": "salary(1)",
    "an index": "salary[0]",
    "a lambda": "(lambda: 1)()",
    "a comprehension": "[x for x in (1, 2)]",
    "a generator": "max(x for x in (1, 2))",
    "a walrus": "(x := 1)",
    "a power": "9 ** 9 ** 9",
    "a caret": "9 ^ 9",
    "a shift": "1 << 99999",
    "a statement": "import os",
    "two formulas": "1; 2",
    "a keyword argument": "round(1, ndigits=2)",
    "a format string": "f'{salary}'",
    "a string joined": "'a' * 10000",
    "a brace": "{salary}",
    "a template": "{{ salary }}",
    "a backslash": "salary \\ 2",
    "a NUL": "salary\x00",
    "a right-to-left mark": "salary \u202e + 1",
    "digits of another script": "١٢",
    "a full-width sign": "salary ＋ 1",
    "a look-alike name": "sаlary",
    "an exponent": "1e999999999",
    "not a number": "NaN + 1",
    "an infinity": "Infinity",
    "a hexadecimal": "0xFF",
    "a comment": "1 # 2",
    "a line of SQL": "1; DROP TABLE ledger_transfer --",
    "a division that is always zero": "1 / (1 - 1)",
    "a lone surrogate": "\ud800",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_formula_is_refused_at_save(text: str) -> None:
    began = time.process_time()
    with pytest.raises(FormulaRefused) as refused:
        compile_formula(text, NAMES, wanted=Kind.NUMBER)
    assert time.process_time() - began < 1.0
    assert len(refused.value.message) < 300


TOKENS = st.sampled_from(
    [
        *("salary", "scale", "sick", "nothing", "a.b.c", "min", "max", "round", "floor", "ceil"),
        *("band", "(", ")", ",", ":", "+", "-", "*", "/", "==", "!=", "<=", "<", "if", "else"),
        *("and", "or", "not", "in", "0", "1", "2.5", "8%", "'a'", "''", "\n", "1000000000000"),
    ]
)
FACTS = {"salary": 0, "scale": "a", "sick": True}


def only_our_errors(text: str) -> None:
    try:
        formula = compile_formula(text, NAMES, wanted=None)
    except FormulaRefused as refused:
        for problem in refused.problems:
            assert problem.line >= 1
            assert problem.column >= 1
        return
    try:
        with arithmetic():
            formula.evaluate(FACTS)
    except FormulaFailed:
        pass


@given(st.lists(TOKENS, max_size=25).map(" ".join))
@settings(max_examples=600, deadline=None)
def test_no_row_of_words_raises_anything_but_our_errors(text: str) -> None:
    only_our_errors(text)


@given(st.text(max_size=60))
@settings(max_examples=400, deadline=None)
def test_no_text_raises_anything_but_our_errors(text: str) -> None:
    only_our_errors(text)
