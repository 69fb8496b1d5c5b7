"""What law, scheme and agreement allow: clauses that HR keeps, each with a formula that must hold.

A term for which it does not hold is void: an individual clause against the agreement has no force.
A clause reads facts of the employee and of the term; what somebody earns is none.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ideals.approvals.rules.conditions import read_condition
from ideals.approvals.rules.facts import PolicyFacts
from ideals.deals.rules.kinds import (
    Bonus,
    Development,
    FinancedBy,
    Hours,
    Into,
    Leave,
    MoneyTerm,
    Paid,
    PaidAs,
    PaidFrom,
    Pattern,
    Place,
    Term,
    Where,
)
from ideals.deals.rules.offers import YEAR
from ideals.deals.rules.texts import LONGEST_LINE
from ideals.deals.rules.values import Fault, Reader, what
from ideals.deals.states import TermKind
from ideals.kernel.formula import Formula, FormulaFailed, arithmetic
from ideals.kernel.formula import Kind as FactKind
from ideals.kernel.said import say as _
from ideals.people.rules.weeks import MONDAY_TO_FRIDAY
from ideals.schemes.rules.document import Item
from ideals.schemes.rules.values import Values, nearest

Facts = Mapping[str, str | Decimal | bool]

NUMBER, TEXT, YES_NO = FactKind.NUMBER, FactKind.TEXT, FactKind.YES_NO

PERSON: Mapping[str, FactKind] = {
    "unit": TEXT,
    "scale": TEXT,
    "part_time_factor": NUMBER,
    "weekly_hours": NUMBER,
    "years_of_service": NUMBER,
}
OWN: Mapping[TermKind, Mapping[str, FactKind]] = {
    TermKind.DEVELOPMENT: {"cost": NUMBER, "study_hours": NUMBER, "paid_from": TEXT},
    TermKind.TASKS: {},
    TermKind.HOURS: {"hours_a_week": NUMBER},
    TermKind.PATTERN: {
        "hours_a_week": NUMBER,
        "days_a_week": NUMBER,
        "longest_day": NUMBER,
        "weekend_hours": NUMBER,
    },
    TermKind.PLACE: {"home_days": NUMBER, "office_days": NUMBER, "other_days": NUMBER},
    TermKind.LEAVE: {"leave_days": NUMBER, "financed_by": TEXT},
    TermKind.BONUS: {"amount": NUMBER, "a_year": NUMBER, "paid_as": TEXT},
    TermKind.MONEY: {
        "amount": NUMBER,
        "a_year": NUMBER,
        "paid": TEXT,
        "into": TEXT,
        "personal_part": YES_NO,
    },
    TermKind.OTHER: {},
}
OPTIONS: Mapping[str, Collection[str]] = {
    "kind": list(TermKind),
    "paid_from": list(PaidFrom),
    "financed_by": list(FinancedBy),
    "paid_as": list(PaidAs),
    "paid": list(Paid),
    "into": list(Into),
}
KEYS = ("code", "says", "kinds", "formula")
MOST_LANGUAGES = 20
_CODE = re.compile(r"[a-z][a-z0-9_]{0,39}")
_LANGUAGE = re.compile(r"[a-z]{2}")
_HOUR = Decimal(60)


@dataclass(frozen=True, slots=True)
class Clause:
    """`says`: the rule in the words of whom it concerns, by language."""

    code: str
    says: Mapping[str, str]
    kinds: frozenset[TermKind]
    formula: Formula

    def said(self, language: str) -> str:
        """In that language, else in any."""
        return self.says.get(language) or next(iter(self.says.values()), "")


def facts_for(kinds: Collection[TermKind]) -> PolicyFacts:
    """What a clause about terms of all these kinds may read."""
    own = [OWN[kind] for kind in kinds] or [{}]
    shared = {
        name: is_ for name, is_ in own[0].items() if all(each.get(name) is is_ for each in own)
    }
    return PolicyFacts({"kind": TEXT, **PERSON, **shared}, OPTIONS)


# Reading --------------------------------------------------------------------------------------


def read(plain: object) -> Clause | list[Fault]:
    """A clause of plain data, or every fault."""
    if not isinstance(plain, Mapping):
        return [Fault("", what(plain), _("a clause with its keys is needed"))]
    reader = Reader("", plain)
    reader.known(KEYS)
    code = reader.text("code", lines=False)
    if not _CODE.fullmatch(code):
        reader.wrong(
            "code",
            _("a code is small letters, digits and _, starts with a letter, at most 40 long"),
        )
    says = _says(reader)
    kinds = _kinds(reader)
    formula = _formula(reader, kinds)
    if reader.faults or formula is None:
        return reader.faults
    return Clause(code, says, kinds, formula)


def _says(reader: Reader) -> Mapping[str, str]:
    inner = reader.inner("says")
    needed = _("say the rule in one language or more, by its two letters")
    if not inner.plain or len(inner.plain) > MOST_LANGUAGES:
        reader.wrong("says", needed)
        return {}
    for key in inner.plain:
        if not isinstance(key, str) or not _LANGUAGE.fullmatch(key):
            short = str(key)[:LONGEST_LINE]
            inner.fault(short, _("%(key)s is not a language", key=repr(short)), needed)
    return {
        key: inner.text(key, needed=needed)
        for key in inner.plain
        if isinstance(key, str) and _LANGUAGE.fullmatch(key)
    }


def _kinds(reader: Reader) -> frozenset[TermKind]:
    value = reader.plain.get("kinds")
    words = [each.value for each in TermKind]
    if isinstance(value, str) or not isinstance(value, Collection) or not value:
        reader.wrong("kinds", _("one or more of: %(words)s", words=", ".join(words)))
        return frozenset()
    found = []
    for place, each in enumerate(value):
        if isinstance(each, str) and each in words:
            found.append(TermKind(each))
        elif place < len(words):
            near = nearest(each if isinstance(each, str) else "", words, closed=True)
            reader.fault(f"kinds[{place}]", what(each), near)
    return frozenset(found)


def _formula(reader: Reader, kinds: frozenset[TermKind]) -> Formula | None:
    text = reader.text("formula", needed=_("a formula that must hold is needed"))
    if not text or not kinds:
        return None
    values = Values()
    formula = read_condition(values, Item("formula", 1, text), facts_for(kinds))
    reader.faults.extend(Fault(fault.path, fault.found, fault.expected) for fault in values.faults)
    return formula


# Looking --------------------------------------------------------------------------------------


def void(
    terms: Sequence[Term], clauses: Sequence[Clause], facts: Facts
) -> list[tuple[Term, Clause]]:
    """Each term with each clause that does not hold. `facts`: of the employee, as `PERSON` names
    them."""
    looked = _looked(terms, clauses, facts)
    return [(term, clause) for term, clause, holds in looked if holds is False]


def unsure(
    terms: Sequence[Term], clauses: Sequence[Clause], facts: Facts
) -> list[tuple[Term, Clause]]:
    """Each term with each clause of which nothing can be said, because a fact is missing."""
    looked = _looked(terms, clauses, facts)
    return [(term, clause) for term, clause, holds in looked if holds is None]


def _looked(
    terms: Sequence[Term], clauses: Sequence[Clause], facts: Facts
) -> Iterator[tuple[Term, Clause, bool | None]]:
    with arithmetic():
        for term in terms:
            known = {**facts, **facts_of(term)}
            for clause in clauses:
                if term.kind in clause.kinds:
                    yield term, clause, _holds(clause, known)


def _holds(clause: Clause, facts: Facts) -> bool | None:
    try:
        return bool(clause.formula.evaluate(facts))
    except FormulaFailed:
        return None


def facts_of(term: Term) -> dict[str, str | Decimal | bool]:
    """As `OWN` names them, and its kind."""
    return {"kind": term.kind.value, **_own(term)}


def _own(term: Term) -> dict[str, str | Decimal | bool]:
    match term:
        case Development():
            return {
                "cost": term.cost.euros,
                "study_hours": term.minutes / _HOUR,
                "paid_from": term.paid_from.value,
            }
        case Hours():
            return {"hours_a_week": term.minutes / _HOUR}
        case Pattern():
            weekend = [each for day, each in enumerate(term.minutes) if day not in MONDAY_TO_FRIDAY]
            return {
                "hours_a_week": term.week / _HOUR,
                "days_a_week": Decimal(sum(1 for each in term.minutes if each)),
                "longest_day": max(term.minutes) / _HOUR,
                "weekend_hours": sum(weekend) / _HOUR,
            }
        case Place():
            return {f"{where}_days": Decimal(term.days.count(where)) for where in Where}
        case Leave():
            return {
                "leave_days": Decimal((term.ends_on - term.starts_on).days + 1),
                "financed_by": term.financed_by.value,
            }
        case Bonus():
            euros = term.amount.euros
            return {"amount": euros, "a_year": euros, "paid_as": term.paid_as.value}
        case MoneyTerm():
            return _of_money(term)
    return {}


def _of_money(term: MoneyTerm) -> dict[str, Any]:
    months = 1 if term.paid is Paid.ONCE else YEAR
    if term.through_month is not None:
        months = min(months, sum(1 for _month in term.from_month.until(term.through_month)))
    return {
        "amount": term.amount.euros,
        "a_year": term.amount.euros * months,
        "paid": term.paid.value,
        "into": term.into.value,
        "personal_part": term.personal_part,
    }
