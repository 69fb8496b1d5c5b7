"""The monthly table worked out a second time, straight from its description and in fractions.

Nothing is shared with the program: the figures are written out again, the steps are those of the
official instructions in their order, and a row is reached by counting rows, not by dividing.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import ceil, floor
from typing import NamedTuple

ROW_MINOR = 450


class Figures(NamedTuple):
    brackets: list[tuple[int, str, int]]
    m1: int
    g1: int
    g2: int
    factor: str
    o1: str
    t1: int
    max1: int
    o2: str
    t2: int
    max2: int
    o3: str
    t3: int
    max3: int
    a1: str
    t4: int
    highest: int


FIGURES = {
    2025: Figures(
        [(0, "35.82", 0), (38_441, "37.48", 13_769), (76_817, "49.50", 28_152)],
        *(3_068, 28_406, 76_817, "6.337"),
        *("8.053", 12_169, 980, "30.030", 26_288, 5_220, "2.258", 43_071, 5_599),
        *("6.510", 129_078, 129_330),
    ),
    2026: Figures(
        [(0, "35.75", 0), (38_883, "37.56", 13_900), (78_426, "49.50", 28_752)],
        *(3_115, 29_736, 78_426, "6.398"),
        *("8.324", 11_965, 996, "31.009", 25_845, 5_300, "1.950", 45_592, 5_685),
        *("6.510", 132_920, 133_110),
    ),
}


def percent(text: str) -> Fraction:
    return Fraction(text) / 100


def rows(until_minor: int) -> Iterator[tuple[int, int]]:
    """The lowest wage of each row in cents, and the wage of a year that the row stands for."""
    wage, yearly = 0, 0
    while wage <= until_minor:
        yield wage, yearly
        wage, yearly = wage + ROW_MINOR, yearly + 54


def tax_of_row(year: int, yearly: int, *, credits: bool) -> int:
    of = FIGURES[year]
    due = before_credits(of, yearly)
    if credits:
        due = max(0, due - general(of, yearly) - labour(of, yearly))
    return floor(Fraction(due, 12) * 100 + Fraction(1, 2))


def tax_above_the_table(year: int, gross_minor: int) -> int:
    of = FIGURES[year]
    excess = Fraction(gross_minor, 100) - Fraction(of.highest, 12)
    return tax_of_row(year, of.highest, credits=False) + floor(excess * percent("49.50") * 100)


def before_credits(of: Figures, yearly: int) -> int:
    for starts, rate, tax in reversed(of.brackets):
        if yearly > starts:
            return floor((yearly - starts) * percent(rate)) + tax
    return 0


def general(of: Figures, yearly: int) -> int:
    if yearly <= of.g1:
        return of.m1
    if yearly > of.g2:
        return 0
    return of.m1 - floor((yearly - of.g1) * percent(of.factor))


def labour(of: Figures, yearly: int) -> int:
    if yearly > of.t4:
        return 0
    first = min(yearly * percent(of.o1), Fraction(of.max1))
    second = min(first + max(0, yearly - of.t1) * percent(of.o2), Fraction(of.max2))
    third = min(second + max(0, yearly - of.t2) * percent(of.o3), Fraction(of.max3))
    return max(0, ceil(third - max(0, yearly - of.t3) * percent(of.a1)))
