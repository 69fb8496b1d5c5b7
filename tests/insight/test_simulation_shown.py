"""What of a result is shown: every figure of enough people, and none that tells of few."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ideals.insight.simulating.rules.shown import shown
from tests.insight.results import line, of_rule, result


def test_a_result_of_many_is_shown_as_it_is() -> None:
    plain = result()
    told = shown(plain)
    assert {key: told[key] for key in plain} == plain
    assert told["total"] == {
        "orders": 90, "minutes": 27_000, "before": 900_000, "after": 765_000, "change": -135_000,
    }  # fmt: skip


def test_a_small_month_is_hidden_with_the_smallest_other() -> None:
    plain = result(
        months=[line("2025-04", 40), line("2025-05", 12), line("2025-06", 3)],
    )
    april, may, june = shown(plain)["months"]
    assert april == plain["months"][0]
    # June alone would be the total less the others; with May they are fifteen.
    for month in (may, june):
        assert (month["before"], month["after"], month["minutes"]) == (None, None, None)
        assert (month["people"], month["orders"]) == (None, None)
    seven = shown(result(months=[line("2025-04", 40), line("2025-05", 12), line("2025-06", 7)]))
    assert [each["people"] for each in seven["months"]] == [40, 12, 7]
    assert [each["after"] is None for each in seven["months"]] == [False, True, True]


def test_of_few_people_no_euros_are_told_at_all() -> None:
    plain = result(people={"all": 100, "reached": 9, "touched": 9, "better": 9, "worse": 0})
    told = shown(plain)
    assert told["people"]["touched"] == 9
    assert told["total"]["change"] is None
    assert told["total"]["orders"] == 90
    assert told["leave"] == dict.fromkeys(plain["leave"])
    assert told["free_space"] == dict.fromkeys(plain["free_space"])
    few = shown(result(people={"all": 100, "reached": 4, "touched": 4, "better": 3, "worse": 1}))
    assert few["people"] == {
        "all": 100, "reached": None, "touched": None, "better": None, "worse": None,
    }  # fmt: skip


def test_one_who_is_worse_off_is_not_found_from_the_others() -> None:
    told = shown(result(people={"all": 50, "touched": 30, "better": 29, "worse": 1}))
    assert told["people"] == {"all": 50, "touched": 30, "better": None, "worse": None}
    nobody = shown(result(people={"all": 50, "touched": 30, "better": 30, "worse": 0}))
    assert (nobody["people"]["better"], nobody["people"]["worse"]) == (30, 0)


def test_orders_of_a_hidden_month_are_not_told_by_the_rule_either() -> None:
    months = [of_rule("2025-04", 40), of_rule("2025-05", 2)]
    rule = {"rule": "x", "code": "quiet", "months": months}
    plain = result(months=[line("2025-04", 40), line("2025-05", 2)], rules=[rule])
    assert [each["applies"] for each in shown(plain)["rules"][0]["months"]] == [None, None]


def group(people: int, touched: int, better: int, worse: int) -> dict[str, Any]:
    return {
        "key": "", "people": people, "touched": touched, "better": better, "worse": worse,
        "change": touched * 100,
    }  # fmt: skip


@st.composite
def groups(draw: st.DrawFn) -> list[dict[str, Any]]:
    found = []
    for _ in range(draw(st.integers(1, 6))):
        better, worse, neither, untouched = (draw(st.integers(0, 12)) for _ in range(4))
        touched = better + worse + neither
        found.append(group(touched + untouched, touched, better, worse))
    return found


@given(groups())
def test_no_column_of_the_groups_tells_of_few(lines: list[dict[str, Any]]) -> None:
    told = shown(result(groups={"unit": lines}))["groups"]["unit"]
    least = {"people": 5, "touched": 5, "better": 5, "worse": 5, "change": 10}
    counted = {"change": "touched"}
    for column, few in least.items():
        counts = [each[counted.get(column, column)] for each in lines]
        secret = [count for count, each in zip(counts, told, strict=True) if each[column] is None]
        open_ = [
            count for count, each in zip(counts, told, strict=True) if each[column] is not None
        ]
        assert all(count == 0 or count >= few for count in open_)
        # What the total tells of the hidden together is of enough people, and of no single one.
        some = [count for count in secret if count]
        # Where all are hidden, there is nothing to take from the total.
        whole = not any(open_)
        assert whole or not some or (len(some) > 1 and sum(some) >= few)
    for each in told:
        # Of who is touched, those worse off are the rest of those better off.
        assert (each["better"] is None) == (each["worse"] is None)


@given(st.lists(st.integers(0, 30), min_size=1, max_size=8))
def test_no_bin_of_the_histogram_tells_of_few(people: list[int]) -> None:
    low = -100 * (len(people) // 2)
    bins = [
        {"from": low + 100 * n, "to": low + 100 * n + 100, "people": each}
        for n, each in enumerate(people)
    ]
    told = shown(result(histogram=bins))["histogram"]
    assert all(
        each["people"] is None or each["people"] == 0 or each["people"] >= 5 for each in told
    )
    # From the first to the last without a gap, and nobody is lost.
    assert [each["to"] for each in told[:-1]] == [each["from"] for each in told[1:]]
    assert (told[0]["from"], told[-1]["to"]) == (bins[0]["from"], bins[-1]["to"])
    known = sum(each["people"] or 0 for each in told)
    secret = [each for each in told if each["people"] is None]
    assert known == sum(people) if not secret else sum(people) - known >= 5 or known == 0
    assert len(secret) != 1 or known == 0


def test_bins_of_few_people_are_put_together() -> None:
    counts = {-500: 1, -400: 0, -300: 3, -200: 6, -100: 2, 0: 30, 100: 2, 200: 9}
    bins = [{"from": start, "to": start + 100, "people": count} for start, count in counts.items()]
    bins.insert(5, {"from": 0, "to": 0, "people": 7})
    told = shown(result(histogram=bins))["histogram"]
    assert [(each["from"], each["to"], each["people"]) for each in told] == [
        (-500, 0, 12), (0, 0, 7), (0, 200, 32), (200, 300, 9),
    ]  # fmt: skip


def test_the_difference_of_a_month_is_of_those_whose_price_changes() -> None:
    """Twenty people ordered; what one of them would pay less is the difference of the month."""
    months = [
        line("2025-04", 20) | {"touched": 1},
        line("2025-05", 20) | {"touched": 12},
        line("2025-06", 20) | {"touched": 0, "after": 200_000},
        line("2025-07", 20) | {"touched": 20},
    ]
    told = shown(result(months=months))["months"]
    assert [each["before"] for each in told] == [200_000] * 4
    assert [each["after"] for each in told] == [None, None, 200_000, 170_000]
    assert [each["touched"] for each in told] == [None, None, 0, 20]


def product(code: str, people: int, *sums: str, touched: int | None = None) -> dict[str, Any]:
    return {
        **line("", people), "product": code, "sums": list(sums),
        "touched": people if touched is None else touched,
    }  # fmt: skip


def sum_of(*lines: dict[str, Any], people: int = 0) -> dict[str, Any]:
    """Free space, of these products."""
    return {
        "people": people or sum(each["people"] for each in lines),
        "touched": people or sum(each["touched"] for each in lines),
        "before": sum(each["before"] for each in lines),
        "after": sum(each["after"] for each in lines),
    }


def test_free_space_of_few_people_is_hidden() -> None:
    """Three bought a gift; that thirty others are touched by leave does not hide their euros."""
    gift, leave, other = product("gift", 3, "free_space"), product("leave", 30), product("pc", 12)
    plain = result(products=[gift, leave, other], free_space=sum_of(gift))
    assert shown(plain)["free_space"] == dict.fromkeys(plain["free_space"])
    # Six people with two products each are not twelve.
    two = product("gift", 6, "free_space"), product("gym", 6, "free_space")
    plain = result(products=[*two, leave], free_space=sum_of(*two, people=6))
    assert shown(plain)["free_space"]["before"] is None


def test_a_hidden_product_is_not_the_free_space_less_the_others() -> None:
    many, few = product("bicycle", 40, "free_space"), product("gift", 3, "free_space")
    leave = product("leave", 20, "leave")
    plain = result(products=[many, few, leave], free_space=sum_of(many, few))
    told = shown(plain)
    # The gift hides behind leave in the table: then neither may be told by what it adds up to.
    assert [each["before"] for each in told["products"]] == [many["before"], None, None]
    assert told["free_space"]["before"] is None
    assert told["leave"]["value"] is None
    # Both that are hidden count in the same sum, and are enough together.
    gym = product("gym", 9, "free_space")
    told = shown(result(products=[many, few, gym, leave], free_space=sum_of(many, few, gym)))
    assert [each["before"] for each in told["products"]] == [
        many["before"], None, None, leave["before"],
    ]  # fmt: skip
    assert told["free_space"]["before"] == sum_of(many, few, gym)["before"]


def test_hours_of_few_do_not_hide_behind_what_has_no_hours() -> None:
    """Of six who sold leave the hours would be the total less those of who bought it."""
    lines = [
        product("leave", 40, "leave"), product("sell", 6, "leave"),
        product("gift", 12) | {"minutes": 0},
    ]  # fmt: skip
    told = shown(result(products=lines))["products"]
    assert [each["minutes"] for each in told] == [None, None, None]
    assert [each["before"] is None for each in told] == [False, True, True]


def test_the_total_of_few_who_ordered_is_hidden_though_nobody_is_touched() -> None:
    people = {"all": 50, "reached": 0, "ordered": 3, "touched": 0, "better": 0, "worse": 0}
    few = line("2025-04", 3) | {"orders": 8, "touched": 0, "after": 30_000}
    told = shown(result(people=people, months=[few, line("2025-05", 0)]))
    assert set(told["total"].values()) == {None}
    assert told["free_space"]["before"] is None


def test_who_is_not_touched_is_not_the_rest_of_who_ordered() -> None:
    people = {"all": 100, "reached": 80, "ordered": 32, "touched": 30, "better": 30, "worse": 0}
    bins = [
        {"from": -200, "to": -100, "people": 8}, {"from": -100, "to": 0, "people": 22},
        {"from": 0, "to": 0, "people": 2},
    ]  # fmt: skip
    told = shown(result(people=people, histogram=bins))
    assert told["people"] == {**people, "ordered": None}
    assert [each["people"] for each in told["histogram"]] == [None, 22, None]


def test_who_wins_what_they_lose_is_not_the_rest_of_the_histogram() -> None:
    """Two are touched and neither better nor worse off: all bins would tell of them."""
    people = {"all": 100, "reached": 80, "ordered": 60, "touched": 32, "better": 18, "worse": 12}
    bins = [
        {"from": -100, "to": 0, "people": 18}, {"from": 0, "to": 0, "people": 30},
        {"from": 0, "to": 100, "people": 12},
    ]  # fmt: skip
    told = shown(result(people=people, histogram=bins))
    assert (told["people"]["better"], told["people"]["worse"]) == (None, None)
    assert [each["people"] for each in told["histogram"]] == [18, None, None]


def test_many_orders_of_few_people_are_not_told_by_the_rule() -> None:
    """Six orders of one person, in a month in which another rule touches many."""
    few = of_rule("2025-04", 1) | {"applies": 6}
    rules = [
        {"rule": "x", "code": "few", "months": [few, of_rule("2025-05", 20)]},
        {"rule": "y", "code": "many", "months": [of_rule("2025-04", 40), of_rule("2025-05", 0)]},
    ]
    months = [line("2025-04", 41), line("2025-05", 20)]
    told = shown(result(months=months, rules=rules))["rules"]
    assert [each["applies"] for each in told[0]["months"]] == [None, None]
    # What the many pay is all that is paid in the month, less what the one does.
    assert [(each["applies"], each["after"]) for each in told[1]["months"]] == [
        (None, None), (0, 0),
    ]  # fmt: skip


def test_results_of_before_people_were_counted_hide_what_takes_them() -> None:
    month = {"month": "2025-04", "stands_for": "2026-04", "applies": 30, "indicators": {}}
    plain = result(
        free_space={"before": 900_000, "after": 765_000},
        rules=[{"rule": "x", "code": "quiet", "months": [month]}],
    )
    told = shown(plain)
    assert told["free_space"] == {"before": None, "after": None}
    assert told["rules"][0]["months"][0] == {**month, "people": None, "applies": None}
