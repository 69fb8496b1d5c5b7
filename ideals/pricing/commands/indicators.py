"""Indicators by month.

What was known is kept: a later value replaces an earlier one from the moment it was told. Published
price lists keep the values they were made with.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from operator import attrgetter
from typing import Any, BinaryIO

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from ideals import audit
from ideals.kernel.actor import Actor
from ideals.kernel.month import Month
from ideals.kernel.tabular import (
    CellWrong,
    open_table,
    parse_decimal,
    parse_month,
    parse_text,
)
from ideals.pricing import policy
from ideals.pricing.errors import IndicatorFileRefused
from ideals.pricing.models import Indicator, IndicatorValue

COLUMNS = ("indicator", "month", "value")
MOST_FAULTS = 50
LARGEST = Decimal(10) ** 15
PLACES = Decimal("0.000001")
_CODE = re.compile(r"[a-z0-9_]{1,40}")


@dataclass(frozen=True, slots=True)
class DefineIndicator:
    """What an indicator is called and counted in."""

    code: str
    name: Mapping[str, str] = field(default_factory=dict)
    unit: str = ""


@dataclass(frozen=True, slots=True)
class PutIndicator:
    """What an indicator was in a month; one that nobody knows yet begins with it."""

    code: str
    month: Month
    value: Decimal


@dataclass(frozen=True, slots=True)
class UploadIndicators:
    """A CSV file or workbook with the columns indicator, month and value."""

    file: BinaryIO


def define_indicator(
    session: Session, cmd: DefineIndicator, *, actor: Actor, now: datetime
) -> Indicator:
    """Raises `PricesNotYours`, `IndicatorFileRefused`."""
    policy.check_steers(actor)
    _check_code(cmd.code)
    there = _there(session, cmd.code, actor=actor, now=now)
    before = {"name": there.name, "unit": there.unit}
    there.name, there.unit = dict(cmd.name), cmd.unit
    there.version += 1
    there.changed_at, there.changed_by = now, actor.name
    audit.record(
        session, "pricing.indicator_defined", f"indicator:{cmd.code}", actor=actor, now=now,
        before=before, after={"name": there.name, "unit": there.unit},
    )  # fmt: skip
    return there


def put_indicator(
    session: Session, cmd: PutIndicator, *, actor: Actor, now: datetime
) -> IndicatorValue:
    """The same value again changes nothing. Raises `PricesNotYours`, `IndicatorFileRefused`."""
    policy.check_steers(actor)
    _check_code(cmd.code)
    _check_value(cmd.value)
    _there(session, cmd.code, actor=actor, now=now)
    known = session.scalar(
        select(IndicatorValue).where(
            IndicatorValue.code == cmd.code,
            IndicatorValue.month == cmd.month,
            IndicatorValue.superseded_at.is_(None),
        )
    )
    if known is not None and known.value == cmd.value:
        return known
    at = now
    if known is not None:
        # Who waited for the lock looked at the clock before.
        at = known.superseded_at = max(now, known.recorded_at)
        session.flush()  # reason: only one value of a month counts at a time
    value = IndicatorValue(
        code=cmd.code, month=cmd.month, value=cmd.value, recorded_at=at, recorded_by=actor.name
    )
    session.add(value)
    audit.record(
        session, "pricing.indicator_put", f"indicator:{cmd.code}", actor=actor, now=now,
        month=str(cmd.month), before=None if known is None else str(known.value),
        after=str(cmd.value),
    )  # fmt: skip
    return value


def upload_indicators(
    session: Session, cmd: UploadIndicators, *, actor: Actor, now: datetime
) -> int:
    """All rows or none; how many there were. Raises `PricesNotYours`, `FileUnusable`,
    `IndicatorFileRefused`."""
    policy.check_steers(actor)
    put = read_file(cmd.file)
    # Of two files at once each takes the locks in this order; of one indicator the last row counts.
    for each in sorted(put, key=attrgetter("code")):
        put_indicator(session, each, actor=actor, now=now)
        session.flush()  # reason: a month may stand in the file twice
    return len(put)


def read_file(file: BinaryIO) -> Sequence[PutIndicator]:
    """What an upload of it would put. Raises `FileUnusable`, `IndicatorFileRefused`."""
    put, faults = _rows(file)
    if faults:
        raise IndicatorFileRefused(
            f"the file has {len(faults)} faults", faults=list(faults[:MOST_FAULTS])
        )
    return put


def _there(session: Session, code: str, *, actor: Actor, now: datetime) -> Indicator:
    """Locked, so that two values of one month come one after the other."""
    made: dict[str, Any] = {
        "code": code, "name": {"en": code}, "unit": "", "changed_at": now, "changed_by": actor.name,
    }  # fmt: skip
    session.execute(insert(Indicator).values(made).on_conflict_do_nothing())
    return session.get_one(Indicator, code, with_for_update=True, populate_existing=True)


def _check_code(code: str) -> None:
    if not _CODE.fullmatch(code):
        raise IndicatorFileRefused(
            "the code of an indicator is small letters, digits and _, at most 40 long",
            faults=[f"indicator: {code[:60]!r}"],
        )


def _check_value(value: Decimal) -> None:
    # Compared as it came: arithmetic with a number of a million digits is refused by Python itself.
    sound = value.is_finite() and -LARGEST <= value <= LARGEST
    if not sound or value != value.quantize(PLACES):
        raise IndicatorFileRefused(
            "the value of an indicator is a number with at most six decimals",
            faults=[f"value: {str(value)[:60]!r}"],
        )


def _rows(file: BinaryIO) -> tuple[Sequence[PutIndicator], Sequence[str]]:
    put: list[PutIndicator] = []
    faults: list[str] = []
    with open_table(file) as table:
        missing = [name for name in COLUMNS if name not in table.header]
        if missing:
            return (), [f"the column {name} is missing" for name in missing]
        places = [table.header.index(name) for name in COLUMNS]
        for row in table.rows:
            code, month, value = (row.cells[place] for place in places)
            try:
                each = PutIndicator(parse_text(code), parse_month(month), parse_decimal(value))
                _check_code(each.code)
                _check_value(each.value)
                put.append(each)
            except (CellWrong, IndicatorFileRefused) as wrong:
                faults.append(f"line {row.number}: {wrong.message}")
    return put, faults
