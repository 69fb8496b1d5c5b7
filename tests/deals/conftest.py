"""Terms and offers as they come, and short ways to read them."""

from __future__ import annotations

from typing import Any

TERMS: dict[str, dict[str, Any]] = {
    "development": {
        "kind": "development",
        "course": "Bachelor of Nursing, second year",
        "cost": "2400.00",
        "minutes": 9600,
        "paid_from": "development",
        "note": "Fridays, in term",
    },
    "tasks": {
        "kind": "tasks",
        "gains": "The rota of the ward",
        "gives_up": "Ordering supplies",
        "note": "Until the rota tool is there",
    },
    "hours": {
        "kind": "hours",
        "minutes": 2160,
        "starts_on": "2027-04-01",
        "note": "From 40 to 36",
    },
    "pattern": {
        "kind": "pattern",
        "minutes": {"monday": 540, "tuesday": 540, "wednesday": 540, "thursday": 540},
        "note": "Four times nine",
    },
    "place": {
        "kind": "place",
        "days": {"monday": "home", "tuesday": "office", "friday": "other"},
        "where": "The branch in Zwolle",
        "note": "In winter",
    },
    "leave": {
        "kind": "leave",
        "starts_on": "2027-06-01",
        "ends_on": "2027-08-31",
        "financed_by": "savings",
        "minutes": 1440,
        "note": "Three days a week",
    },
    "bonus": {
        "kind": "bonus",
        "target": "The rota of summer is there by May",
        "measure": "Published, with every shift filled",
        "amount": "750.00",
        "due_month": "2027-06",
        "paid_as": "grant",
        "objective_reason": "As for every lead of a rota",
        "note": "Half when it is late",
    },
    "money": {
        "kind": "money",
        "amount": "120.00",
        "paid": "monthly",
        "from_month": "2027-03",
        "through_month": "2028-02",
        "into": "budget",
        "personal_part": True,
        "objective_reason": "Stands in for the head of the ward",
        "note": "As long as that lasts",
    },
    "other": {"kind": "other", "text": "A parking place"},
}
"""One of each kind, with every field."""


def term(kind: str, **changes: Any) -> dict[str, Any]:
    """`None`: without the key."""
    made = {**TERMS[kind], **changes}
    return {key: value for key, value in made.items() if value is not None}


def offer(*terms: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """From 1 March 2027, one year; `None`: without the key."""
    made = {
        "terms": list(terms) or [TERMS["other"]],
        "employee_gets": "Fridays with the children",
        "employer_gets": "Early and late shifts on four days",
        "starts_on": "2027-03-01",
        "evaluate_on": "2027-09-01",
        "ends_on": "2028-02-29",
        "colleagues": "Nobody needs to move",
        "departs_from": "Five days of eight hours",
        "reason": "The ward is short of early shifts",
        "ends_early": "Either side, two months ahead",
        "visibility": "team_anonymised",
        **changes,
    }
    return {key: value for key, value in made.items() if value is not None}
