from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ideals.web import charts
from ideals.web.charts import Mark, bars, columns, line, spark, stack


def marks(*values: int | str, tone: str = "") -> list[Mark]:
    return [Mark(f"m{v}", Decimal(v), str(v), tone) for v in values]


def share(text: str) -> Decimal:
    assert text.endswith("%")
    return Decimal(text[:-1])


def test_bars_are_as_wide_as_their_share_of_the_largest() -> None:
    drawn = bars(marks(200, 50, 0))
    assert [(bar.x, bar.width) for bar in drawn.bars] == [
        ("0%", "100%"), ("0%", "25%"), ("0%", "0%"),
    ]  # fmt: skip
    assert drawn.zero == "0%"
    assert drawn.height == 3 * charts.ROW


def test_what_is_negative_goes_to_the_left_of_zero() -> None:
    drawn = bars(marks(300, -100))
    assert drawn.zero == "25%"
    assert [(bar.x, bar.width) for bar in drawn.bars] == [("25%", "75%"), ("0%", "25%")]


def test_with_only_negative_values_zero_is_at_the_right() -> None:
    drawn = bars(marks(-40, -10))
    assert drawn.zero == "100%"
    assert [(bar.x, bar.width) for bar in drawn.bars] == [("0%", "100%"), ("75%", "25%")]


@pytest.mark.parametrize("draw", [bars, stack, columns, line])
def test_nothing_to_show_is_drawn_without_a_fault(draw) -> None:  # type: ignore[no-untyped-def]
    draw([])
    draw(marks(0, 0))


@given(st.lists(st.integers(0, 10**12), min_size=1, max_size=12))
def test_the_parts_of_a_stack_touch_and_fill_it(values: list[int]) -> None:
    parts = stack(marks(*values))
    edge = Decimal(0)
    for part in parts:
        assert share(part.x) == edge
        edge += share(part.width)
    assert edge == (100 if sum(values) else 0)


def test_a_part_without_room_is_not_numbered_but_counted() -> None:
    parts = stack(marks(97, 1, 2))
    assert [(part.number, part.numbered) for part in parts] == [(1, True), (2, False), (3, False)]


def test_columns_stand_on_zero_and_the_highest_is_always_named() -> None:
    drawn = columns(marks(100, 200))
    low, high = drawn.columns
    assert low.y + low.height == high.y + high.height == drawn.zero_y
    assert high.height == charts.PLOT == 2 * low.height
    assert (low.peak, high.peak) == (False, True)
    assert (low.middle, high.middle) == ("25%", "75%")


def test_a_negative_column_hangs_below_zero_with_its_figure_under_it() -> None:
    up, down = columns(marks(100, -100)).columns
    assert down.y == up.y + up.height
    assert down.text_y > down.y + down.height
    assert up.peak
    assert down.peak


@given(st.lists(st.integers(-(10**12), 10**12), min_size=1, max_size=24))
def test_columns_and_points_stay_in_the_picture(values: list[int]) -> None:
    drawn, led = columns(marks(*values)), line(marks(*values))
    for column in drawn.columns:
        assert charts.ABOVE <= column.y <= column.y + column.height <= charts.ABOVE + charts.PLOT
        assert 0 <= share(column.x) <= share(column.x) + share(column.width) <= 100
        assert 0 < column.text_y < drawn.label_y
    for point in led.points:
        assert charts.ABOVE <= point.y <= charts.ABOVE + charts.PLOT


def test_a_line_is_dashed_from_the_last_sure_value_on() -> None:
    drawn = line([*marks(0, 100), *marks(50, 100, tone="expected")])
    assert drawn.solid == "125,160 375,0"
    assert drawn.dashed == "375,0 625,80 875,0"


def test_steps_hold_for_their_whole_month_and_figures_do_not_meet_on_a_phone() -> None:
    values = [100] * 5 + [120, 100] + [100] * 5 + [80, 80]
    marks = [Mark(str(place), value, "") for place, value in enumerate(values)]
    marks[-1] = Mark("13", 80, "", "expected")
    drawn = charts.steps(marks)
    assert [place for place, tread in enumerate(drawn.treads) if tread.changes] == [0, 5, 6, 12]
    assert [place for place, tread in enumerate(drawn.treads) if tread.roomy and tread.changes] == [
        6
    ]
    assert len(drawn.solid.split()) == 2 * 13, "two points a month"
    assert drawn.dashed.split()[0] == drawn.solid.split()[-1], "it goes on from where it was"
    assert sum(tread.ticked for tread in drawn.treads) <= charts.TICKS


def test_a_line_of_sure_values_has_no_dashes() -> None:
    assert line(marks(1, 2, 3)).dashed == ""


@given(st.lists(st.integers(-(10**9), 10**9), max_size=40))
def test_a_sparkline_stays_in_its_box_and_ends_in_its_dot(values: list[int]) -> None:
    drawn = spark(values)
    spots = [tuple(map(Decimal, spot.split(","))) for spot in drawn.points.split()]
    assert spots[-1] == (Decimal(drawn.x), Decimal(drawn.y))
    for x, y in spots:
        assert 0 < x < charts.SPARK_WIDE
        assert 0 < y < charts.SPARK_HIGH


def test_a_tone_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="second, good, bad, expected"):
        Mark("Leave", 1, "1", "red")
