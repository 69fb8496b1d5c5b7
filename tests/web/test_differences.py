from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ideals.web.differences import Kind, compare

LINES = st.lists(st.sampled_from(["a: 1", "a: 2", "b: 10", "parking: yes", ""]), max_size=12)


def test_equal_texts_have_no_rows() -> None:
    assert compare("a\nb\n", "a\nb") == []


def test_a_changed_line_stands_beside_what_it_was() -> None:
    rows = compare("rate: 1.50%\nrest: pay", "rate: 1.80%\nrest: pay")
    assert [(r.kind, r.left, r.right) for r in rows] == [
        (Kind.CHANGED, "rate: 1.50%", "rate: 1.80%"),
        (Kind.SAME, "rest: pay", "rest: pay"),
    ]


def test_a_stranger_is_removed_and_added_not_changed() -> None:
    rows = compare("start\nparking: 25\nend", "start\nextra_leave: 8% * salary\nend")
    assert [(r.kind, r.left_number, r.right_number) for r in rows] == [
        (Kind.SAME, 1, 1), (Kind.REMOVED, 2, None), (Kind.ADDED, None, 2), (Kind.SAME, 3, 3),
    ]  # fmt: skip


def test_lines_far_from_a_difference_are_counted_and_left_out() -> None:
    old = "\n".join(f"line {n}" for n in range(1, 21))
    rows = compare(old, old.replace("line 10", "line ten"), around=1)
    assert [(r.kind, r.left) for r in rows] == [
        (Kind.GAP, "8"),
        (Kind.SAME, "line 9"),
        (Kind.CHANGED, "line 10"),
        (Kind.SAME, "line 11"),
        (Kind.GAP, "9"),
    ]


def test_a_block_too_large_to_match_is_put_side_by_side() -> None:
    rows = compare("\n".join("x" * 60), "\n".join("y" * 60))
    assert {row.kind for row in rows} == {Kind.CHANGED}
    assert len(rows) == 60


@given(LINES, LINES)
def test_each_side_can_be_read_back_from_the_rows(one: list[str], two: list[str]) -> None:
    rows = compare("\n".join(one), "\n".join(two), around=100)
    if not rows:
        assert "\n".join(one).splitlines() == "\n".join(two).splitlines()
        return
    left = [row.left for row in rows if row.left_number]
    right = [row.right for row in rows if row.right_number]
    assert left == "\n".join(one).splitlines()
    assert right == "\n".join(two).splitlines()
    assert [r.left_number for r in rows if r.left_number] == list(range(1, len(left) + 1))
    assert [r.right_number for r in rows if r.right_number] == list(range(1, len(right) + 1))
