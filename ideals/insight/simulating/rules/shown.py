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
    for key in ("months", "products", "components", "hours"):
        if key in result:
            told[key] = amounts(result[key])
    if "histogram" in result:
        told["histogram"] = _histogram(result["histogram"], told["people"])
    if "groups" in result:
        told["groups"] = {by: _groups(lines) for by, lines in result["groups"].items()}
    whole = people.get("ordered", people.get("all", 0))
    enough = _summed(whole) and _summed(people.get("touched", 0))
    for key in ("free_space", "leave"):
        if key in result:
            may = enough and _sum_may(result[key]) and not _given_away(result, told)
            told[key] = result[key] if may else dict.fromkeys(result[key])
    if "left_out" in result:
        told["left_out"] = {name: _count(each) for name, each in result["left_out"].items()}
    if "rules" in result:
        told["rules"] = _rules(result["rules"], told.get("months", ()))
    told["total"] = _total(result, enough=enough, counted=_count(whole) is not None)
    return told


def _total(result: Mapping[str, Any], *, enough: bool, counted: bool) -> dict[str, int | None]:
    """Of the whole period. The lines of the months are all there is, so their sum is the total."""
    lines = result.get("months", ())
    keys = [key for key in ("orders", *AMOUNTS) if any(key in line for line in lines)]
    sums = {key: sum(line.get(key, 0) for line in lines) for key in keys}
    found: dict[str, int | None] = {**sums, "change": sums.get("after", 0) - sums.get("before", 0)}
    if enough:
        return found
    return {key: sums[key] if key == "orders" and counted else None for key in found}


def _summed(people: int) -> bool:
    """Whether an amount of so many may be told; of nobody there is nothing to tell."""
    return people == 0 or people >= LEAST_SUMMED


def _sum_may(line: Line) -> bool:
    """Of results before people were counted here, nothing is told."""
    return "people" in line and _summed(line["people"]) and _summed(line["touched"])


def _given_away(result: Mapping[str, Any], told: Mapping[str, Any]) -> bool:
    """Whether free space and leave, which are sums of products, would tell of a product that is
    hidden: of those that count in the same sums one is hidden alone, or several that are few."""
    sorts: dict[tuple[str, ...], list[tuple[Line, Line]]] = {}
    for line, seen in zip(result.get("products", ()), told.get("products", ()), strict=True):
        sorts.setdefault(tuple(line.get("sums", ())), []).append((line, seen))
    for lines in sorts.values():
        for column, of in (("minutes", "people"), ("before", "people"), ("after", "touched")):
            counts = [line.get(of, line["people"]) for line, seen in lines if seen[column] is None]
            some = [count for count in counts if count]
            if some and (len(some) < 2 or sum(some) < LEAST_SUMMED):
                return True
    return False


def _count(count: int) -> int | None:
    return count if count == 0 or count >= LEAST_COUNTED else None


def _people(people: Mapping[str, int]) -> dict[str, int | None]:
    """Better, worse and neither add up to who is touched, so they hide each other. Who ordered is
    not told where the few of them who are not touched would be the rest."""
    told = {name: _count(count) for name, count in people.items()}
    if "touched" in people:
        sides = [people["better"], people["worse"]]
        few = hidden([*sides, people["touched"] - sum(sides)], LEAST_COUNTED)
        if told["touched"] is None or few & {0, 1}:
            told["better"] = told["worse"] = None
        if "ordered" in people and _count(people["ordered"] - people["touched"]) is None:
            told["ordered"] = None
    return told


def amounts(
    lines: Sequence[Line], uncounted: Collection[int] = (), unsummed: Collection[int] = ()
) -> list[dict[str, Any]]:
    """Months, products, components and hours: the sum of the lines is the total that is shown.

    `touched`, where it is counted: whose euros differ. What they come to afterwards tells of those
    alone, what they are now of all the `people`. `uncounted`, `unsummed`: places that are hidden
    anyhow.
    """
    people = [line["people"] for line in lines]
    touched = [line.get("touched", line["people"]) for line in lines]
    uncounted = hidden(people, LEAST_COUNTED, uncounted)
    unsummed = hidden(people, LEAST_SUMMED, {*unsummed, *uncounted})
    # A line without hours does not hide those of another.
    hours = [line["people"] if line.get("minutes") else 0 for line in lines]
    secret = {
        "people": uncounted,
        "orders": uncounted,
        "applies": uncounted,
        "minutes": hidden(hours, LEAST_SUMMED, unsummed),
        "before": unsummed,
        "touched": hidden(touched, LEAST_COUNTED, uncounted),
        "changed": hidden(touched, LEAST_COUNTED, uncounted),
        "after": hidden(touched, LEAST_SUMMED, unsummed),
    }
    return [_without(line, place, secret) for place, line in enumerate(lines)]


def _without(line: Line, place: int, secret: Mapping[str, Collection[int]]) -> dict[str, Any]:
    """That nobody at all is touched tells of nobody."""
    return {
        key: None if place in secret.get(key, ()) and not (key in _NOBODY and value == 0) else value
        for key, value in line.items()
    }


_NOBODY = ("touched", "changed")


def _histogram(bins: Sequence[Line], people: Mapping[str, int | None]) -> list[dict[str, Any]]:
    """Bins with few people are put together with those beside them, further from nothing first;
    who does not change stays alone. Where a whole side is of few, it is hidden.

    `people`, as they are told: where who ordered, or who is better and worse off, is hidden, all
    bins would add up to it; so who does not change is hidden with the smallest other."""
    less = [each for each in bins if each["from"] < 0]
    same = [each for each in bins if each["from"] == each["to"] == 0]
    more = [each for each in bins if each["from"] >= 0 and each not in same]
    wide = [*_widened(less), *same, *reversed(_widened(more[::-1]))]
    secret = None in (people.get("ordered", 0), people.get("better", 0))
    already = {len(wide) - len(_widened(more[::-1])) - 1} if secret and same else ()
    few = hidden([each["people"] for each in wide], LEAST_COUNTED, already)
    return [
        {**each, "people": None if place in few else each["people"]}
        for place, each in enumerate(wide)
    ]


def _widened(bins: Sequence[Line]) -> list[dict[str, Any]]:
    """From the outside in. What is left at the end goes to the one before it."""
    made: list[dict[str, Any]] = []
    for each in bins:
        if made and made[-1]["people"] < LEAST_COUNTED:
            made[-1] = _joined(made[-1], each)
        else:
            made.append(dict(each))
    if len(made) > 1 and made[-1]["people"] < LEAST_COUNTED:
        made[-2:] = [_joined(made[-2], made[-1])]
    return made


def _joined(one: Line, other: Line) -> dict[str, Any]:
    return {
        "from": min(one["from"], other["from"]),
        "to": max(one["to"], other["to"]),
        "people": one["people"] + other["people"],
    }


def _groups(lines: Sequence[Line]) -> list[dict[str, Any]]:
    """What is hidden in a column is hidden in those after it: people, touched, better and worse,
    euros. Better and worse are hidden together: touched less the one would tell of the other."""
    people = hidden([line["people"] for line in lines], LEAST_COUNTED)
    touched = hidden([line["touched"] for line in lines], LEAST_COUNTED, people)
    sides = _sides(lines, touched)
    change = hidden([line["touched"] for line in lines], LEAST_SUMMED, touched)
    secret = {"people": people, "touched": touched, "better": sides, "worse": sides}
    secret["change"] = change
    return [_without(line, place, secret) for place, line in enumerate(lines)]


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


def _rules(rules: Sequence[Line], months: Sequence[Line]) -> list[dict[str, Any]]:
    """What a rule did in a month is some of what is told of the month, and what several did adds up
    to it. So where the month is hidden, or one of them is of few, all of them are hidden in it.
    That a rule applied to nobody is told. `months`: as they are told.
    """
    uncounted = {m["month"] for m in months if None in (m.get("orders", 0), m.get("touched", 0))}
    unsummed = {month["month"] for month in months if None in month.values()}
    for line in (line for rule in rules for line in rule["months"]):
        # Of results before people were counted here, nothing is told.
        few = min(
            (line.get(key, 1) for key in ("people", "touched") if line.get(key, 1)), default=0
        )
        if line["applies"] and _count(few) is None:
            uncounted.add(line["month"])
        if line["applies"] and not _summed(few):
            unsummed.add(line["month"])
    return [{**rule, "months": _rule_months(rule["months"], uncounted, unsummed)} for rule in rules]


def _rule_months(
    lines: Sequence[Line], uncounted: Collection[str], unsummed: Collection[str]
) -> list[dict[str, Any]]:
    whole = [{"people": each["applies"], **each} for each in lines]
    return amounts(
        whole,
        {n for n, each in enumerate(whole) if each["applies"] and each["month"] in uncounted},
        {n for n, each in enumerate(whole) if each["applies"] and each["month"] in unsummed},
    )
