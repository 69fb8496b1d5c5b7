"""The use of the shop on the desk: rows, groups and their pictures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from flask import url_for

from ideals.insight.desk import rules
from ideals.insight.desk.pages.words import BYS, group_name
from ideals.insight.desk.queries.use import ProductLine, Span
from ideals.insight.desk.rules import By, Group, Shown
from ideals.web import formats
from ideals.web.charts import Mark


@dataclass(frozen=True, slots=True)
class GroupRow:
    """`chose`, `everybody`: addresses of who is behind the two counts, empty where they are hidden
    or nobody is."""

    name: str
    shown: Shown
    chose: str
    everybody: str


@dataclass(frozen=True, slots=True)
class GroupTable:
    by: By
    title: str
    head: str
    rows: Sequence[GroupRow]
    total: Shown
    marks: Sequence[Mark]
    """The share that chose, of the groups of which it may be told."""
    hides: bool


@dataclass(frozen=True, slots=True)
class ProductRow:
    """`chose` and `minor` are `None` where they would tell of somebody."""

    name: str
    chose: int | None
    minor: int | None
    href: str


def by_name(option: tuple[str, str]) -> tuple[str, str]:
    return option[1], option[0]


def product_rows(lines: Sequence[ProductLine], names: Mapping[str, str]) -> list[ProductRow]:
    summed = rules.summed([line.chose for line in lines], [line.sold for line in lines])
    return [_product_row(line, names, told=place in summed) for place, line in enumerate(lines)]


def _product_row(line: ProductLine, names: Mapping[str, str], *, told: bool) -> ProductRow:
    enough = line.chose >= rules.LEAST_COUNTED
    return ProductRow(
        names.get(line.key, line.product),
        line.chose if enough else None,
        line.minor if told else None,
        url_for("desk_pages.chosen", product=line.key) if enough else "",
    )


def product_marks(lines: Iterable[ProductLine], names: Mapping[str, str]) -> list[Mark]:
    return [
        Mark(names.get(line.key, line.product), line.chose, formats.number(line.chose))
        for line in lines
        if line.chose >= rules.LEAST_COUNTED
    ]


def table(by: By, groups: Sequence[Group], span: Span) -> GroupTable:
    """Units by name, the others from young to old and from small to whole."""
    shown = rules.shown(groups)
    rows = [
        GroupRow(
            group_name(by, each.key),
            each,
            _behind("chosen", by, each.key, each.chose, product=span.product or None),
            _behind("people", by, each.key, each.people),
        )
        for each in shown
    ]
    marks = [
        Mark(row.name, _share(row.shown), formats.percent(_share(row.shown), 0))
        for row in rows
        if row.shown.chose is not None and row.shown.people
    ]
    title, head = BYS[by]
    hides = any(each.minor is None for each in shown)
    return GroupTable(by, str(title), str(head), rows, rules.total(groups), marks, hides)


def _share(shown: Shown) -> Decimal:
    return Decimal(shown.chose or 0) / (shown.people or 1)


def _behind(page: str, by: By, key: str, count: int | None, **more: str | None) -> str:
    if not count:
        return ""
    return url_for(f"desk_pages.{page}", by=by.value, group=key, **more)  # type: ignore[arg-type]
