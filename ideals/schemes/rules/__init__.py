"""Everything about schemes that is no storage: pure values in, values or a named error out.

A package where other features have one file, because a document language needs its parts apart:
`document` and `values` read the YAML, `check` turns it into a `Scheme` or its faults, `catalogue`
and `facts` are the facts formulas may use, `days` counts the days, `owed` works out what is owed,
`explained` shows how.
"""

from __future__ import annotations

from ideals.schemes.rules.catalogue import CATALOGUE, Fact, Use
from ideals.schemes.rules.check import check, checked, describe
from ideals.schemes.rules.days import PartMonth
from ideals.schemes.rules.document import Fault
from ideals.schemes.rules.explained import Explanation, explain_month
from ideals.schemes.rules.owed import OwedHours, owed_amounts, owed_hours
from ideals.schemes.rules.person import Person, Stretch
from ideals.schemes.rules.scheme import GrantedHours, Scheme, Window

__all__ = [
    "CATALOGUE",
    "Explanation",
    "Fact",
    "Fault",
    "GrantedHours",
    "OwedHours",
    "PartMonth",
    "Person",
    "Scheme",
    "Stretch",
    "Use",
    "Window",
    "check",
    "checked",
    "describe",
    "explain_month",
    "owed_amounts",
    "owed_hours",
]
