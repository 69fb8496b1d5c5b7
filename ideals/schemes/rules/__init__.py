"""Everything about schemes that is no storage: pure values in, values or a named error out.

A package where other features have one file, because a document language needs its parts apart:
`document` and `values` read the YAML, `check` turns it into a `Scheme` or its faults, `catalogue`
and `facts` are the facts formulas may use, `days` counts the days, `owed` works out what is owed,
`explained` shows how, `replaced` what it took
the place of, `differences` what changed between two versions, `made_up` an employee for examples.
"""

from __future__ import annotations

from ideals.schemes.rules.catalogue import CATALOGUE, Fact, Use
from ideals.schemes.rules.check import check, checked, describe
from ideals.schemes.rules.days import PartMonth
from ideals.schemes.rules.differences import Difference, differences
from ideals.schemes.rules.document import Fault
from ideals.schemes.rules.explained import Explanation, explain_month
from ideals.schemes.rules.made_up import Asked, MadeUp, asked, made_up
from ideals.schemes.rules.owed import OwedHours, owed_amounts, owed_hours
from ideals.schemes.rules.person import Person, Stretch
from ideals.schemes.rules.replaced import Replaced, replaced
from ideals.schemes.rules.scheme import GrantedHours, Scheme, Window

__all__ = [
    "CATALOGUE",
    "Asked",
    "Difference",
    "Explanation",
    "Fact",
    "Fault",
    "GrantedHours",
    "MadeUp",
    "OwedHours",
    "PartMonth",
    "Person",
    "Replaced",
    "Scheme",
    "Stretch",
    "Use",
    "Window",
    "asked",
    "check",
    "checked",
    "describe",
    "differences",
    "explain_month",
    "made_up",
    "owed_amounts",
    "owed_hours",
    "replaced",
]
