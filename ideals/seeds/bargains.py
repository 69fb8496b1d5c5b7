"""What Meridian's people make deals about, in their own words: plain offers and what is said."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from ideals.kernel.month import Month

Text = Mapping[str, Any]
FOUR_DAYS = ("monday", "tuesday", "thursday", "friday")
NINE_HOURS = 540


def days_of_nine(
    days: tuple[str, ...], start: Month, *, gains: str | None = None, home: str | None = None
) -> Text:
    """A whole week in four days, with something in return."""
    terms: list[Text] = [{"kind": "pattern", "minutes": dict.fromkeys(days, NINE_HOURS)}]
    if home:
        terms.append({"kind": "place", "days": {home: "home"}})
    if gains:
        terms.append({"kind": "tasks", "gains": gains})
    return {
        "terms": terms,
        "employee_gets": "A day a week with the children, at the same pay.",
        "employer_gets": "Customers are answered from eight in the morning and until six.",
        "colleagues": "The team agrees who is in on the day that is free.",
        "departs_from": "Five days of the usual length.",
        "starts_on": start.first.isoformat(),
        "evaluate_on": start.plus(5).last.isoformat(),
        "ends_on": start.plus(11).last.isoformat(),
        "ends_early": "Either side, two months ahead.",
        "visibility": "team_anonymised",
    }


def a_year_of_study(start: Month) -> Text:
    return {
        "terms": [
            {
                "kind": "development",
                "course": "Master of Finance, first year",
                "cost": "9800.00",
                "minutes": 14_400,
                "paid_from": "employer",
            },
        ],
        "employee_gets": "A degree, and time for it.",
        "employer_gets": "Somebody who can check the large mortgages.",
        "departs_from": "The bank pays courses of up to 2,500.00 a year.",
        "starts_on": start.first.isoformat(),
        "evaluate_on": start.plus(6).first.isoformat(),
        "ends_on": start.plus(11).last.isoformat(),
    }


def a_language(start: Month, evaluate_on: date) -> Text:
    return {
        "terms": [
            {
                "kind": "tasks",
                "gains": "Speaks with customers in Ukrainian and Russian, for all teams",
                "gives_up": "The post of Thursday",
            },
            {"kind": "money", "amount": "60.00", "paid": "monthly", "personal_part": True},
        ],
        "employee_gets": "60.00 a month of budget, and work that suits me.",
        "employer_gets": "No interpreter is needed any more: they cost 300.00 a month.",
        "reason": "Nobody else speaks both languages; whoever does gets the same.",
        "starts_on": start.first.isoformat(),
        "evaluate_on": evaluate_on.isoformat(),
        "ends_early": "Either side, a month ahead.",
        "visibility": "team_anonymised",
    }


def a_backlog(start: Month) -> Text:
    return {
        "terms": [
            {
                "kind": "bonus",
                "target": "No request to renew a mortgage waits longer than five days",
                "measure": "The list of the first Monday of each month",
                "amount": "1200.00",
                "due_month": str(start.plus(5)),
            },
            {"kind": "tasks", "gains": "Leads the group for renewals"},
        ],
        "employee_gets": "A bonus, and a group to lead.",
        "employer_gets": "The backlog is gone by summer.",
        "reason": "Such a target is open to whoever leads a group.",
        "starts_on": start.first.isoformat(),
        "evaluate_on": start.plus(5).last.isoformat(),
        "ends_on": start.plus(5).last.isoformat(),
    }


GUIDES = "Guides the two who begin next month, in their first half year"
NO_MONDAY = "Monday is our busiest day. Would Wednesday do, if you guide whoever is new?"
ASKS = "Wednesday would do. Would the first year be fixed, so that I can tell the school?"
ADVISES = "For the works council: ask for a fixed year, as others in the bank have it."
FIXED = "Yes: a year, and we look back after six months. It stands in the offer now."
TOO_LARGE = (
    "Four times what a course may cost, for one of fourteen. Ask again with a part of it, or with "
    "something in it for the team."
)
BY_THE_EMPLOYEE: Text = {
    "promised": "Four long days; I would be there at eight and until six.",
    "kept_by_me": "all",
    "kept_by_them": "all",
    "worth_it": "yes",
    "on_others": "nothing",
}
BY_THE_MANAGER: Text = {
    "promised": "Early and late hours on four days.",
    "kept_by_me": "all",
    "kept_by_them": "partly",
    "worth_it": "with_changes",
    "on_others": "better",
    "note": "Friday was thin in the holidays: another free day would suit us better.",
}
