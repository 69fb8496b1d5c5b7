"""A result of a simulation, made by hand: thirty people, three months, a discount of 15%."""

from __future__ import annotations

from typing import Any


def line(month: str, people: int) -> dict[str, Any]:
    return {
        "month": month, "orders": people, "people": people, "minutes": 300 * people,
        "before": 10_000 * people, "after": 8_500 * people,
    }  # fmt: skip


def of_rule(month: str, people: int, value: str | None = None) -> dict[str, Any]:
    """What a rule did in a month."""
    told = line(month, people)
    said = {"stands_for": month.replace("2025", "2026"), "indicators": {"utilisation": value}}
    return {**told, "applies": told.pop("orders"), "touched": people, **said}


def _group(key: str, people: int, touched: int) -> dict[str, Any]:
    return {
        "key": key, "people": people, "touched": touched, "better": touched, "worse": 0,
        "change": -4_500 * touched,
    }  # fmt: skip


def result(**changed: Any) -> dict[str, Any]:
    """Everything of it is of enough people, but for what is `changed`."""
    whole = {
        "months": [line("2025-04", 30), line("2025-05", 30), line("2025-06", 30)],
        "products": [
            {
                "product": "leave", "orders": 90, "people": 30, "minutes": 27_000,
                "before": 900_000, "after": 765_000, "sums": ["leave"],
            }
        ],
        "people": {
            "all": 100, "reached": 80, "ordered": 40, "touched": 30, "better": 30, "worse": 0,
        },
        "histogram": [
            {"from": -5_000, "to": -4_000, "people": 25},
            {"from": -4_000, "to": 0, "people": 5},
            {"from": 0, "to": 0, "people": 10},
        ],
        "groups": {
            "unit": [_group("Bank/Retail", 60, 18), _group("Bank/Business", 40, 12)],
            "gender": [_group("female", 55, 16), _group("male", 45, 14)],
            "age": [_group("1", 50, 15), _group("2", 50, 15)],
            "contract": [_group("3", 100, 30)],
        },
        "free_space": {"people": 30, "touched": 30, "before": 900_000, "after": 765_000},
        "leave": {
            "people": 30, "touched": 30,
            "minutes": 27_000, "value": 900_000, "paid_before": 900_000, "paid_after": 765_000,
        },
        "left_out": {"stated": 7, "unsteered": 12},
        "rules": [
            {
                "rule": "00000000-0000-4000-8000-000000000001", "code": "quiet_season",
                "months": [
                    of_rule("2025-04", 30, "82"),
                    of_rule("2025-05", 30, "79.5"),
                    of_rule("2025-06", 30, None),
                ],
            }
        ],
    }  # fmt: skip
    return {**whole, **changed}
