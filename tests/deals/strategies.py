"""Terms of every kind, for hypothesis."""

from __future__ import annotations

from datetime import date

from hypothesis import strategies as st

from ideals.deals.rules.kinds import (
    Bonus,
    Development,
    FinancedBy,
    Hours,
    Into,
    Leave,
    MoneyTerm,
    Other,
    Paid,
    PaidAs,
    PaidFrom,
    Pattern,
    Place,
    Tasks,
    Where,
)
from ideals.deals.rules.texts import cleaned
from ideals.kernel.money import Money
from ideals.kernel.month import Month

DAYS = st.dates(date(2000, 1, 1), date(2099, 12, 31))
MONTHS = st.builds(Month, st.integers(2000, 2099), st.integers(1, 12))
AMOUNTS = st.builds(Money, st.integers(1, 100_000_000))
CHARACTERS = st.characters(
    exclude_categories=("Cc", "Cs", "Zl", "Zp"),
    exclude_characters="\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufffe\uffff",
)
LINES = st.text(CHARACTERS, max_size=20).map(cleaned)
SAID_LINES = st.builds(lambda first, rest: cleaned(first + rest), st.sampled_from("aZ7€ש好"), LINES)
TEXTS = st.lists(LINES, max_size=2).map("\n".join).map(cleaned)
SAID = st.builds(lambda first, rest: cleaned(f"{first}\n{rest}"), SAID_LINES, LINES)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)

developments = st.builds(
    Development, SAID_LINES, AMOUNTS, st.integers(0, 300_000), st.sampled_from(PaidFrom), TEXTS
)
tasks = st.builds(Tasks, TEXTS, SAID, TEXTS)
hours = st.builds(Hours, st.integers(1, 3600), DAYS, TEXTS)
patterns = st.builds(
    Pattern,
    st.lists(st.integers(0, 514), min_size=7, max_size=7).map(tuple).filter(any),
    TEXTS,
)
places = st.builds(
    Place,
    st.lists(st.none() | st.sampled_from(Where), min_size=7, max_size=7).map(tuple).filter(any),
    SAID_LINES,
    TEXTS,
)
leaves = st.builds(
    lambda some, *rest: Leave(min(some), max(some), *rest),
    st.tuples(DAYS, DAYS),
    st.sampled_from(FinancedBy),
    st.none() | st.integers(1, 3600),
    TEXTS,
)
bonuses = st.builds(Bonus, SAID, SAID, AMOUNTS, MONTHS, st.sampled_from(PaidAs), TEXTS, TEXTS)
once = st.builds(
    MoneyTerm, AMOUNTS, st.just(Paid.ONCE), MONTHS, st.none(), st.sampled_from(Into),
    st.just(False), TEXTS, TEXTS,
)  # fmt: skip
monthly = st.builds(
    lambda amount, some, personal, reason, note: MoneyTerm(
        amount, Paid.MONTHLY, min(some), max(some), Into.BUDGET, personal, reason, note
    ),
    AMOUNTS, st.tuples(MONTHS, MONTHS), st.booleans(), TEXTS, TEXTS,
)  # fmt: skip
others = st.builds(Other, SAID)
TERMS = st.one_of(
    developments, tasks, hours, patterns, places, leaves, bonuses, once, monthly, others
)
"""Any one; several of them may not stand in one offer."""
TERM_LISTS = st.lists(
    st.one_of(developments, tasks, leaves, bonuses, once, monthly, others), min_size=1, max_size=6
)
"""Such as may."""
