"""Clauses and templates that most organisations begin with. HR publishes them, or others.

The clauses are of Dutch law: the Working Hours Act (Arbeidstijdenwet, article 5:7) allows no shift
of more than 12 hours and no week of more than 60.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

CLAUSES: tuple[Mapping[str, Any], ...] = (
    {
        "code": "longest_day",
        "says": {
            "en": "Nobody works more than 12 hours in a shift (Working Hours Act, article 5:7).",
            "nl": "Niemand werkt meer dan 12 uur per dienst (Arbeidstijdenwet, artikel 5:7).",
        },
        "kinds": ["pattern"],
        "formula": "longest_day <= 12",
    },
    {
        "code": "longest_week",
        "says": {
            "en": "Nobody works more than 60 hours in a week (Working Hours Act, article 5:7).",
            "nl": "Niemand werkt meer dan 60 uur per week (Arbeidstijdenwet, artikel 5:7).",
        },
        "kinds": ["hours", "pattern"],
        "formula": "hours_a_week <= 60",
    },
)

TEMPLATES: tuple[Mapping[str, Any], ...] = (
    {
        "code": "four_times_nine",
        "names": {"en": "Four times nine", "nl": "Vier keer negen"},
        "says": {
            "en": "A full week in four days of nine hours, with one day free.",
            "nl": "Een hele week in vier dagen van negen uur, met een dag vrij.",
        },
        "text": {
            "terms": [
                {
                    "kind": "pattern",
                    "minutes": {"monday": 540, "tuesday": 540, "wednesday": 540, "thursday": 540},
                }
            ],
            "months": 12,
            "evaluate_after_months": 6,
            "visibility": "team_anonymised",
            "words": {
                "en": {
                    "employee_gets": "A free Friday at the same pay.",
                    "employer_gets": "Early and late hours covered on four days.",
                    "departs_from": "Five days of the usual length.",
                    "ends_early": "Either side, two months ahead.",
                },
                "nl": {
                    "employee_gets": "Een vrije vrijdag bij hetzelfde salaris.",
                    "employer_gets": "Bezetting vroeg en laat op vier dagen.",
                    "departs_from": "Vijf dagen van de gewone lengte.",
                    "ends_early": "Ieder van beiden, twee maanden van tevoren.",
                },
            },
        },
    },
    {
        "code": "study_year",
        "names": {"en": "Study year", "nl": "Studiejaar"},
        "says": {
            "en": "A course for a year, with working time for it.",
            "nl": "Een jaar lang een opleiding, met werktijd ervoor.",
        },
        "text": {
            "terms": [
                {
                    "kind": "development",
                    "course": "To be chosen",
                    "cost": "2500.00",
                    "minutes": 9600,
                    "paid_from": "employer",
                },
                {"kind": "tasks", "gains": "Bring what was learnt to the team"},
            ],
            "months": 12,
            "evaluate_after_months": 6,
            "visibility": "everyone",
            "words": {
                "en": {
                    "employee_gets": "A diploma, and time to study.",
                    "employer_gets": "Knowledge that the team does not have yet.",
                },
                "nl": {
                    "employee_gets": "Een diploma, en tijd om te studeren.",
                    "employer_gets": "Kennis die het team nog niet heeft.",
                },
            },
        },
    },
    {
        "code": "care_weeks",
        "names": {"en": "Care weeks", "nl": "Zorgweken"},
        "says": {
            "en": "Some days a week off for three months, to care for somebody.",
            "nl": "Drie maanden lang een paar dagen per week vrij, om voor iemand te zorgen.",
        },
        "text": {
            "terms": [{"kind": "leave", "financed_by": "unpaid", "minutes": 960}],
            "months": 3,
            "evaluate_after_months": 2,
            "visibility": "parties",
            "words": {
                "en": {
                    "employee_gets": "Time to care for somebody close.",
                    "employer_gets": "Somebody who stays, and can be reckoned with on set days.",
                    "ends_early": "The employee, a week ahead.",
                },
                "nl": {
                    "employee_gets": "Tijd om voor een naaste te zorgen.",
                    "employer_gets": "Iemand die blijft, en op vaste dagen te verwachten is.",
                    "ends_early": "De medewerker, een week van tevoren.",
                },
            },
        },
    },
)
