"""What of a simulation's result may be shown: the same keys, `None` where it would tell of
somebody. Pure; the page, the files and the API all show this and nothing else.

A count is told of at least `LEAST_COUNTED` people, hours and euros of at least `LEAST_SUMMED`, and
what would give those away beside a total is hidden with them (`desk.rules.hidden`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ideals.insight.desk.rules import LEAST_COUNTED, LEAST_SUMMED, hidden

Line = Mapping[str, Any]
AMOUNTS = ("minutes", "before", "after")


def shown(result: Mapping[str, Any]) -> dict[str, Any]:
    """`result` as `models.Simulation` keeps it. A part it has not is not there either."""
    people = result.get("people", {})
    told: dict[str, Any] = {**result, "people": _people(people)}
    for key in ("months", "products", "components"):
        if key in result:
            told[key] = amounts(result[key])
    secret = {line["month"] for line in told.get("months", ()) if line.get("orders", 0) is None}
    if "histogram" in result:
        told["histogram"] = _histogram(result["histogram"])
    if "groups" in result:
        told["groups"] = {by: _groups(lines) for by, lines in result["groups"].items()}
    enough = people.get("touched", 0) == 0 or people["touched"] >= LEAST_SUMMED
    for key in ("free_space", "leave"):
        if key in result:
            told[key] = result[key] if enough else dict.fromkeys(result[key])
    if "left_out" in result:
        told["left_out"] = {name: _count(each) for name, each in result["left_out"].items()}
    if "rules" in result:
        told["rules"] = [_rule(each, secret) for each in result["rules"]]
    told["total"] = _total(result, enough=enough)
    return told


def _total(result: Mapping[str, Any], *, enough: bool) -> dict[str, int | None]:
    """Of the whole period. The lines of the months are all there is, so their sum is the total."""
    lines = result.get("months", ())
    keys = [key for key in ("orders", *AMOUNTS) if any(key in line for line in lines)]
    sums = {key: sum(line.get(key, 0) for line in lines) for key in keys}
    found: dict[str, int | None] = {**sums, "change": sums.get("after", 0) - sums.get("before", 0)}
    if enough:
        return found
    return {key: _count(sums[key]) if key == "orders" else None for key in found}


def _count(count: int) -> int | None:
    return count if count == 0 or count >= LEAST_COUNTED else None


def _people(people: Mapping[str, int]) -> dict[str, int | None]:
    """Better, worse and neither add up to who is touched, so they hide each other."""
    told = {name: _count(count) for name, count in people.items()}
    if "touched" in people:
        sides = [people["better"], people["worse"]]
        few = hidden([*sides, people["touched"] - sum(sides)], LEAST_COUNTED)
        if told["touched"] is None or few & {0, 1}:
            told["better"] = told["worse"] = None
    return told


def amounts(lines: Sequence[Line]) -> list[dict[str, Any]]:
    """Months, products and components: the sum of the lines is the total that is shown."""
    people = [line["people"] for line in lines]
    uncounted = hidden(people, LEAST_COUNTED)
    unsummed = hidden(people, LEAST_SUMMED, uncounted)
    told = []
    for place, line in enumerate(lines):
        secret = {key for key in AMOUNTS if key in line and place in unsummed}
        if place in uncounted:
            secret |= {"people", "orders"} & line.keys()
        told.append({key: None if key in secret else value for key, value in line.items()})
    return told


def _histogram(bins: Sequence[Line]) -> list[dict[str, Any]]:
    few = hidden([each["people"] for each in bins], LEAST_COUNTED)
    return [
        {**each, "people": None if place in few else each["people"]}
        for place, each in enumerate(bins)
    ]


def _groups(lines: Sequence[Line]) -> list[dict[str, Any]]:
    """What is hidden in a column is hidden in those after it: people, touched, better and worse,
    euros. Better and worse are hidden together: touched less the one would tell of the other."""
    people = hidden([line["people"] for line in lines], LEAST_COUNTED)
    touched = hidden([line["touched"] for line in lines], LEAST_COUNTED, people)
    sides = _sides(lines, touched)
    change = hidden([line["touched"] for line in lines], LEAST_SUMMED, touched)
    secret = {"people": people, "touched": touched, "better": sides, "worse": sides}
    secret["change"] = change
    return [
        {
            key: None if place in secret.get(key, ()) else value
            for key, value in line.items()
        }
        for place, line in enumerate(lines)
    ]  # fmt: skip


def _sides(lines: Sequence[Line], touched: frozenset[int]) -> frozenset[int]:
    """Places where who is better and who is worse off is hidden, until no column tells."""
    found, before = touched, None
    neither = [line["touched"] - line["better"] - line["worse"] for line in lines]
    columns = ([line["better"] for line in lines], [line["worse"] for line in lines], neither)
    while found != before:
        before = found
        for column in columns:
            found = hidden(column, LEAST_COUNTED, found)
    return found


def _rule(rule: Line, secret: Collection[str]) -> dict[str, Any]:
    """`secret`: months of which the orders are not told; those a rule applies to are some of
    them. That it applied to none is told."""
    return {
        **rule,
        "months": [{**each, "applies": _applies(each, secret)} for each in rule["months"]],
    }


def _applies(month: Line, secret: Collection[str]) -> int | None:
    few = month["applies"] and month["month"] in secret
    return None if few else _count(month["applies"])
