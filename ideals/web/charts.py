"""Where the shapes of a chart stand. Pure: values in, texts for SVG attributes out.

Across, everything is a share of the width (`"37.5%"`), so that a chart fits a phone and a desk and
its letters keep their size; down, whole pixels. Colours are classes, so that both themes and the
strict policy hold. `templates/charts.html` writes what is worked out here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise

Value = int | Decimal
TONES = ("", "second", "good", "bad", "expected")
"""`expected`: not yet so, drawn with a dashed edge."""

ROW = 48
"""A bar with its label above it."""
BAR_TOP = 24
BAR = 12
PLOT = 160
"""Height of columns and lines, without the labels below and the figures above."""
ABOVE = 24
BELOW = 28
LINE_WIDE = 1000
SPARK_WIDE = 96
SPARK_HIGH = 24
NUMBERED_FROM = Decimal(6)
"""Percent of the width from which a part of a stacked bar has room for its number."""
_STEP = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Mark:
    """One thing to show: `value` in any one unit (cents, minutes), `text` as people read it."""

    label: str
    value: Value
    text: str
    tone: str = ""

    def __post_init__(self) -> None:
        if self.tone not in TONES:
            raise ValueError(f"no tone {self.tone!r}; there are {', '.join(TONES[1:])}")


@dataclass(frozen=True, slots=True)
class Bar:
    mark: Mark
    x: str
    width: str
    label_y: int
    bar_y: int


@dataclass(frozen=True, slots=True)
class Bars:
    """Horizontal bars. `zero` is where nothing stands: the left edge unless some are negative."""

    bars: tuple[Bar, ...]
    zero: str
    height: int


def bars(marks: Sequence[Mark]) -> Bars:
    low, high = _range(marks)
    span = high - low
    drawn = []
    for place, mark in enumerate(marks):
        left, right = sorted((Decimal(0), Decimal(mark.value)))
        x, width = _share(left - low, span), _share(right - left, span)
        drawn.append(Bar(mark, _pc(x), _pc(width), place * ROW + 16, place * ROW + BAR_TOP))
    return Bars(tuple(drawn), _pc(_share(-low, span)), len(marks) * ROW)


@dataclass(frozen=True, slots=True)
class Part:
    """`number` counts from 1, as in the list below the bar; `numbered`: there is room for it."""

    mark: Mark
    number: int
    x: str
    width: str
    middle: str
    numbered: bool


def stack(marks: Sequence[Mark]) -> tuple[Part, ...]:
    """Parts of one bar, together exactly its width. What is negative or nothing has no width."""
    sizes = [max(Decimal(mark.value), Decimal(0)) for mark in marks]
    total = sum(sizes, Decimal(0))
    parts, before = [], Decimal(0)
    for number, (mark, size) in enumerate(zip(marks, sizes, strict=True), start=1):
        # Both edges are rounded, not the width: so the parts touch and fill the bar.
        x, end = _share(before, total), _share(before + size, total)
        before += size
        width = end - x
        numbered = width >= NUMBERED_FROM
        parts.append(Part(mark, number, _pc(x), _pc(width), _pc((x + end) / 2), numbered))
    return tuple(parts)


@dataclass(frozen=True, slots=True)
class Column:
    mark: Mark
    x: str
    width: str
    middle: str
    y: int
    height: int
    text_y: int
    peak: bool
    """The highest or the lowest: its figure is shown even where there is little room."""
    text_x: str
    anchor: str
    """A figure wider than its column must not leave the picture: at the edges it is set inwards."""


@dataclass(frozen=True, slots=True)
class Columns:
    columns: tuple[Column, ...]
    zero_y: int
    label_y: int
    height: int


def columns(marks: Sequence[Mark]) -> Columns:
    low, high = _range(marks)
    zero = _down(Decimal(0), low, high)
    slot = _share(Decimal(1), Decimal(max(len(marks), 1)))
    peaks = _peaks(marks)
    drawn = []
    for place, mark in enumerate(marks):
        y = _down(Decimal(mark.value), low, high)
        top, bottom = min(y, zero), max(y, zero)
        middle = slot * place + slot / 2
        text_y = top - 8 if mark.value >= 0 else bottom + 16
        drawn.append(
            Column(
                mark, _pc(slot * place + slot / 5), _pc(slot * 3 / 5), _pc(middle),
                top, bottom - top, text_y, place in peaks, *_inwards(place, len(marks), slot),
            )
        )  # fmt: skip
    below = BELOW if low == 0 else BELOW + 16
    return Columns(tuple(drawn), zero, ABOVE + PLOT + below - 8, ABOVE + PLOT + below)


def _inwards(place: int, of: int, slot: Decimal) -> tuple[str, str]:
    """Where a column's figure is set, and from which of its ends."""
    if of > 1 and place == 0:
        return _pc(slot / 5), "start"
    if of > 1 and place == of - 1:
        return _pc(slot * place + slot * 4 / 5), "end"
    return _pc(slot * place + slot / 2), "middle"


@dataclass(frozen=True, slots=True)
class Point:
    mark: Mark
    x: str
    y: int
    text_y: int
    named: bool
    """First, last, highest or lowest: its figure stands beside it."""


@dataclass(frozen=True, slots=True)
class Line:
    """`solid` and `dashed` are points of polylines in a box of `LINE_WIDE` by `PLOT`."""

    points: tuple[Point, ...]
    solid: str
    dashed: str
    zero_y: int
    label_y: int
    height: int


def line(marks: Sequence[Mark]) -> Line:
    """A line through the values; where it leads to something expected it is dashed."""
    low, high = _range(marks)
    slot = _share(Decimal(1), Decimal(max(len(marks), 1)))
    named = _peaks(marks) | {0, len(marks) - 1}
    places, points = [], []
    for place, mark in enumerate(marks):
        x = slot * place + slot / 2
        y = _down(Decimal(mark.value), low, high)
        places.append((x * LINE_WIDE / 100, y - ABOVE, mark.tone == "expected"))
        points.append(Point(mark, _pc(x), y, y - 10, place in named))
    sure = [p for p in places if not p[2]]
    expected = [b for a, b in pairwise(places) if b[2]]
    joint = sure[-1:] if expected else []
    return Line(
        tuple(points),
        _points(sure),
        _points(joint + expected),
        _down(Decimal(0), low, high),
        ABOVE + PLOT + BELOW - 8,
        ABOVE + PLOT + BELOW,
    )


@dataclass(frozen=True, slots=True)
class Tread:
    """One step: from `x` on. `changes`: the value is another than before; `roomy`: its figure has
    room at a desk alone; `ticked`: there is room for its label on a phone, too."""

    mark: Mark
    x: str
    middle: str
    y: int
    text_y: int
    text_x: str
    anchor: str
    changes: bool
    roomy: bool
    ticked: bool


@dataclass(frozen=True, slots=True)
class Steps:
    """`solid` and `dashed` are points of polylines in a box of `LINE_WIDE` by `PLOT`."""

    treads: tuple[Tread, ...]
    solid: str
    dashed: str
    zero_y: int
    label_y: int
    height: int


TICKS = 7
"""Labels along a row of steps on a phone, at most; and figures above it."""


def steps(marks: Sequence[Mark]) -> Steps:
    """Values that each hold for their whole slot and then jump; what is expected is dashed."""
    low, high = _range(marks)
    slot = _share(Decimal(1), Decimal(max(len(marks), 1)))
    every = -(-len(marks) // TICKS) or 1
    sure: list[tuple[Decimal, int, bool]] = []
    expected: list[tuple[Decimal, int, bool]] = []
    treads, shown = [], None
    for place, mark in enumerate(marks):
        y = _down(Decimal(mark.value), low, high)
        x, end = slot * place, slot * (place + 1)
        points = [(each * LINE_WIDE / 100, y - ABOVE, False) for each in (x, end)]
        if mark.tone != "expected":
            sure += points
        else:
            expected += [*(sure[-1:] if not expected else ()), *points]
        at_end = place * 5 >= len(marks) * 4 and len(marks) > 1
        changes = place == 0 or mark.value != marks[place - 1].value
        roomy = shown is not None and (place - shown) * TICKS < len(marks)
        if changes and not roomy:
            shown = place
        treads.append(
            Tread(
                mark, _pc(x), _pc(x + slot / 2), y, y - 10, _pc(end if at_end else x),
                "end" if at_end else "start", changes, roomy, place % every == 0,
            )
        )  # fmt: skip
    return Steps(
        tuple(treads),
        _points(sure),
        _points(expected),
        _down(Decimal(0), low, high),
        ABOVE + PLOT + BELOW - 8,
        ABOVE + PLOT + BELOW,
    )


@dataclass(frozen=True, slots=True)
class Spark:
    points: str
    x: str
    y: str


def spark(values: Sequence[Value]) -> Spark:
    """A line without a scale, from its least to its most; a dot at the last value."""
    exact = [Decimal(value) for value in values] or [Decimal(0)]
    low, span = min(exact), max(exact) - min(exact)
    wide, high = Decimal(SPARK_WIDE - 8), Decimal(SPARK_HIGH - 8)
    step = wide / (len(exact) - 1) if len(exact) > 1 else Decimal(0)
    start = Decimal(4) if len(exact) > 1 else Decimal(SPARK_WIDE) / 2
    spots = [
        (start + step * place, 4 + high - (high * (value - low) / span if span else high / 2))
        for place, value in enumerate(exact)
    ]
    texts = [(_plain(x), _plain(y)) for x, y in spots]
    return Spark(" ".join(f"{x},{y}" for x, y in texts), *texts[-1])


def _range(marks: Sequence[Mark]) -> tuple[Decimal, Decimal]:
    """From the least to the most, zero always within: a cut axis would exaggerate."""
    values = [Decimal(mark.value) for mark in marks]
    return min([Decimal(0), *values]), max([Decimal(0), *values])


def _peaks(marks: Sequence[Mark]) -> set[int]:
    """Places of the highest value, and of the lowest when it is below zero."""
    if not marks:
        return set()
    order = sorted(range(len(marks)), key=lambda place: marks[place].value)
    return {order[-1]} | ({order[0]} if marks[order[0]].value < 0 else set())


def _share(part: Decimal, whole: Decimal) -> Decimal:
    """In percent, to a hundredth."""
    if not whole:
        return Decimal(0)
    return (part * 100 / whole).quantize(_STEP, ROUND_HALF_UP)


def _down(value: Decimal, low: Decimal, high: Decimal) -> int:
    """Pixels from the top of the picture."""
    span = high - low
    share = (high - value) / span if span else Decimal(1)
    return ABOVE + int((share * PLOT).quantize(Decimal(1), ROUND_HALF_UP))


def _pc(share: Decimal) -> str:
    return f"{_plain(share)}%"


def _plain(value: Decimal) -> str:
    """`12.5`, not `12.50` and never with an exponent."""
    text = f"{value.quantize(_STEP, ROUND_HALF_UP):f}"
    return text.rstrip("0").rstrip(".")


def _points(places: Sequence[tuple[Decimal, int, bool]]) -> str:
    return " ".join(f"{_plain(x)},{y}" for x, y, _ in places)
