"""A shown result as tables and pictures; the page and the files are made of the same ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask_babel import LazyString, gettext, lazy_gettext

from ideals.insight.desk.pages.words import BYS, group_name, short
from ideals.insight.desk.rules import By
from ideals.insight.simulating.pages.wording import bin_name, euros
from ideals.kernel.money import Money
from ideals.kernel.month import Month
from ideals.kernel.quantity import Minutes
from ideals.web import formats
from ideals.web.charts import Mark

Cell = int | Money | Minutes | None
"""`None`: hidden, because it would tell of somebody."""

COLUMNS: Mapping[str, LazyString] = {
    "people": lazy_gettext("People"),
    "touched": lazy_gettext("Touched"),
    "better": lazy_gettext("Better off"),
    "worse": lazy_gettext("Worse off"),
    "orders": lazy_gettext("Orders"),
    "changed": lazy_gettext("Orders with another price"),
    "minutes": lazy_gettext("Hours"),
    "before": lazy_gettext("Today"),
    "after": lazy_gettext("With it"),
    "change": lazy_gettext("Difference"),
}
GROUPS = {"unit": By.UNIT, "gender": By.GENDER, "age": By.AGE, "contract": By.SIZE}
"""What the groups of a result are on the desk."""
_EUROS = ("before", "after", "change")
FEW_BINS = 8
"""So many can all be named below their columns, on a phone too."""


@dataclass(frozen=True, slots=True)
class Table:
    """`rows`: a name with a cell for each of the `columns`. `picture`: the same, drawn, where there
    is something to draw."""

    key: str
    title: str
    head: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[str, tuple[Cell, ...]]]
    picture: Sequence[Mark] = ()
    named: Sequence[Mark] = field(default=())
    """The picture's marks with their whole names, where there is no room for those."""

    @property
    def hides(self) -> bool:
        return any(None in cells for _, cells in self.rows)


def tables(told: Mapping[str, Any], names: Mapping[str, str]) -> Iterator[Table]:
    """`told`: what `rules.shown` left. `names`: of products or components by code. Products and
    components without a difference are left out."""
    if told.get("months"):
        yield _months(told["months"])
    for key, code, title, head in (
        ("products", "product", gettext("By product"), gettext("Product")),
        ("components", "component", gettext("By component"), gettext("Component")),
        ("hours", "component", gettext("Hours of leave"), gettext("Component")),
    ):
        if lines := [changed(line) for line in told.get(key, ()) if line.get("touched") != 0]:
            named = [(names.get(line[code], line[code]), line) for line in lines]
            yield _table(key, title, head, named, in_hours=key == "hours")
    if told.get("histogram"):
        yield _histogram(told["histogram"])
    if sums := list(_sums(told)):
        yield _table("sums", gettext("Free space and leave"), gettext("What"), sums)
    for key, by in GROUPS.items():
        if lines := told.get("groups", {}).get(key):
            title, head = (str(each) for each in BYS[by])
            yield _table(key, title, head, [(group_name(by, line["key"]), line) for line in lines])


def _months(lines: Sequence[Mapping[str, Any]]) -> Table:
    dated = [(Month.parse(line["month"]), changed(line)) for line in lines]
    named = [(formats.month_name(month).capitalize(), line) for month, line in dated]
    table = _table("months", gettext("By month"), gettext("Month"), named)
    if all(line["change"] is None for _, line in dated):
        return table  # a picture of nothing
    marks = [_mark(short(month), line["change"]) for month, line in dated]
    return Table(
        table.key, table.title, table.head, table.columns, table.rows, marks,
        [_mark(name, line["change"]) for name, line in named],
    )  # fmt: skip


def _sums(told: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """What of the work-cost free space is used; who bears the hours of leave that are promised."""
    if "free_space" in told:
        used = {key: told["free_space"][key] for key in ("before", "after")}
        yield gettext("Work-cost free space used"), changed(used)
    if leave := told.get("leave"):
        value, paid = leave["value"], (leave["paid_before"], leave["paid_after"])
        carried = [None if value is None or each is None else value - each for each in paid]
        for name, (before, after) in (
            (gettext("Leave: paid by employees"), paid),
            (gettext("Leave: carried by the employer"), carried),
        ):
            yield name, changed({"before": before, "after": after})


def _mark(label: str, change: int | None) -> Mark:
    if change is None:
        return Mark(label, 0, str(gettext("hidden")))
    return Mark(label, change, euros(change), "second" if change < 0 else "")


def _histogram(bins: Sequence[Mapping[str, Any]]) -> Table:
    named = [(bin_name(each["from"], each["to"]), each) for each in bins]
    title = gettext("Change per person, over the whole period")
    table = _table("histogram", title, gettext("Change"), named)
    marks, whole = [], []
    for place, (name, each) in enumerate(named):
        count = each["people"]
        text = str(gettext("hidden")) if count is None else formats.number(count)
        tone = "second" if each["from"] < 0 else ""
        said = len(bins) <= FEW_BINS or place % 2 == 0 or each["from"] == 0
        marks.append(Mark(euros(each["from"]) if said else "", count or 0, text, tone))
        whole.append(Mark(name, count or 0, text, tone))
    return Table(table.key, table.title, table.head, table.columns, table.rows, marks, whole)


def changed(line: Mapping[str, Any]) -> dict[str, Any]:
    known = line["before"] is not None and line["after"] is not None
    return {**line, "change": line["after"] - line["before"] if known else None}


def _table(
    key: str,
    title: str,
    head: str,
    lines: Sequence[tuple[str, Mapping[str, Any]]],
    *,
    in_hours: bool = False,
) -> Table:
    columns = tuple(name for name in COLUMNS if name in lines[0][1])
    rows = [
        (name, tuple(told_cell(column, line[column], in_hours=in_hours) for column in columns))
        for name, line in lines
    ]
    return Table(key, str(title), str(head), columns, rows)


def told_cell(column: str, value: int | None, *, in_hours: bool = False) -> Cell:
    """`in_hours`: what is before and after is minutes, not cents."""
    if value is None:
        return None
    if column == "minutes" or (in_hours and column in _EUROS):
        return Minutes(value)
    return Money(value) if column in _EUROS else value


def written(value: Cell) -> str:
    """As it stands in a table of the page; what is hidden is asked before."""
    match value:
        case Money():
            return formats.figure(value)
        case Minutes():
            return formats.hours_figure(value)
        case int() if value:
            return formats.number(value)
    return "-"
