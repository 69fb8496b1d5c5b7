"""Budgets and runs on the wire."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, pre_dump, validate, validates_schema

from ideals.budgets.queries import RunView
from ideals.budgets.queries.runs import Cause
from ideals.budgets.rules.leave import EXTRA, STATUTORY, LeaveBook, LeaveLot, LotSource
from ideals.budgets.states import RunState
from ideals.web.cursors import PageIn
from ideals.web.fields import HoursField, In, MinutesField, MomentField, MoneyField, MonthField, Out


class BudgetPartOut(Out):
    code = fields.String(required=True)
    amount = MoneyField(required=True)


class BudgetOut(Out):
    month = MonthField(required=True)
    components = fields.List(fields.Nested(BudgetPartOut), required=True)
    allocated = MoneyField(required=True)
    posted_elsewhere = MoneyField(required=True)
    carried = MoneyField(required=True)
    held = MoneyField(required=True)
    spent = MoneyField(required=True)
    available = MoneyField(required=True)
    owed = MoneyField(required=True)


class MonthQuery(In):
    month = MonthField()


class StatementLineOut(Out):
    """A transfer as its employee sees it: what came in, or, negative, went out.

    Euros in `amount`, leave in `minutes` and `hours`; the other is null. `held` and `held_minutes`
    are what was set aside by it, negative when that was released.
    """

    id = fields.String(required=True)
    month = MonthField(required=True)
    for_month = MonthField(required=True)
    account = fields.String(required=True)
    unit = fields.String(required=True)
    amount = MoneyField(required=True, allow_none=True)
    minutes = MinutesField(required=True, allow_none=True)
    hours = HoursField(required=True, allow_none=True, attribute="minutes")
    held = MoneyField(required=True, allow_none=True)
    held_minutes = MinutesField(required=True, allow_none=True)
    reason = fields.String(required=True)
    code = fields.String(required=True, allow_none=True)
    source = fields.String(required=True)
    reverses = fields.String(required=True, allow_none=True)
    happened_at = MomentField(required=True)


class StatementQuery(PageIn):
    """The months in which it was booked, both included; without, the last twelve."""

    from_ = MonthField(data_key="from")
    to = MonthField()

    @validates_schema
    def in_order(self, data: dict[str, Any], **_: Any) -> None:
        if "from_" in data and "to" in data and data["from_"] > data["to"]:
            raise ValidationError("from is later than to", "from")


class LeaveAmountOut(Out):
    minutes = MinutesField(required=True)
    hours = HoursField(required=True, attribute="minutes")


class LeaveLotOut(Out):
    """The leave of a year, of one kind and source. `in` is all that came; it was taken, sold (also
    paid for on leaving) or lapsed, or is left. From `expires_on` on it can no longer be taken."""

    year = fields.Integer(required=True)
    kind = fields.String(required=True, validate=validate.OneOf((STATUTORY, EXTRA)))
    source = fields.Enum(LotSource, by_value=True, required=True)
    in_ = fields.Nested(LeaveAmountOut, required=True, data_key="in")
    taken = fields.Nested(LeaveAmountOut, required=True)
    sold = fields.Nested(LeaveAmountOut, required=True)
    lapsed = fields.Nested(LeaveAmountOut, required=True)
    left = fields.Nested(LeaveAmountOut, required=True)
    expires_on = fields.Date(required=True)

    @pre_dump
    def of_lot(self, lot: LeaveLot, **_: Any) -> dict[str, Any]:
        return {
            "year": lot.year,
            "kind": STATUTORY if lot.statutory else EXTRA,
            "source": lot.source,
            "in_": _minutes(lot.minutes_in),
            "taken": _minutes(lot.taken),
            "sold": _minutes(lot.sold),
            "lapsed": _minutes(lot.lapsed),
            "left": _minutes(lot.left),
            "expires_on": lot.expires_on,
        }


class LeavePlannedOut(LeaveAmountOut):
    date = fields.Date(required=True, attribute="day")


class LeaveLapseOut(LeaveAmountOut):
    on = fields.Date(required=True)


class LeaveBookOut(Out):
    """Leave by year of origin, what lapses first coming first.

    `fed`: a leave system tells what was taken; without, everything is left. `overdrawn`: taken
    beyond all there is. `lapses`: what lapses when, unless it is taken before.
    """

    fed = fields.Boolean(required=True)
    left = fields.Nested(LeaveAmountOut, required=True)
    overdrawn = fields.Nested(LeaveAmountOut, required=True)
    lots = fields.List(fields.Nested(LeaveLotOut), required=True)
    lapses = fields.List(fields.Nested(LeaveLapseOut), required=True)
    planned = fields.List(fields.Nested(LeavePlannedOut), required=True)

    @pre_dump
    def of_book(self, book: LeaveBook, **_: Any) -> dict[str, Any]:
        return {
            "fed": book.fed,
            "left": _minutes(book.left),
            "overdrawn": _minutes(book.overdrawn),
            "lots": book.lots,
            "lapses": book.lapses,
            "planned": book.planned,
        }


def _minutes(value: int) -> dict[str, int]:
    return {"minutes": value}


class StartRunIn(In):
    month = MonthField(required=True)
    scheme = fields.String(validate=validate.Length(1, 64))
    look = fields.Boolean(load_default=False, truthy={True}, falsy={False})


class DifferenceOut(Out):
    code = fields.String(required=True)
    earlier = fields.Boolean(required=True)
    employees = fields.Integer(required=True)
    amount = MoneyField()
    minutes = MinutesField()
    hours = HoursField(attribute="minutes")


class RunOut(Out):
    id = fields.String(required=True)
    scheme = fields.String(required=True)
    month = MonthField(required=True)
    round = fields.Integer(allow_none=True, required=True)
    look = fields.Boolean(required=True)
    state = fields.String(required=True)
    booked_in = MonthField(required=True)
    known_at = MomentField(allow_none=True, required=True)
    started_as = fields.String(required=True)
    started_by = fields.String(required=True)
    created_at = MomentField(required=True)
    finished_at = MomentField(allow_none=True, required=True)
    employees = fields.Integer(required=True)
    done = fields.Integer(required=True)
    skipped = fields.Integer(required=True)
    changed = fields.Integer(required=True)
    transfers = fields.Integer(required=True)
    differences = fields.List(fields.Nested(DifferenceOut), required=True)
    failure = fields.String(allow_none=True, required=True)


class RunsStartedOut(RunOut):
    """The first run, and all of them: one for each scheme."""

    runs = fields.List(fields.Nested(RunOut), required=True)


class RunsQuery(PageIn):
    scheme = fields.String()
    month = MonthField()
    state = fields.Enum(RunState, by_value=True)
    look = fields.Boolean(metadata={"description": "Only looks, or only what posts"})


class SkippedOut(Out):
    """`component`: whose formula it was; `cause`: what is missing or wrong, for a program."""

    number = fields.String(required=True)
    name = fields.String(required=True)
    code = fields.String(required=True)
    reason = fields.String(required=True)
    cause = fields.Enum(Cause, by_value=True, required=True)
    component = fields.String(required=True)


class QuantityOut(Out):
    """Euros or minutes: the other is null."""

    amount = MoneyField(required=True, allow_none=True)
    minutes = MinutesField(required=True, allow_none=True)


class ComparedOut(Out):
    """`changed`: by this run. `before` and `difference` are null where nothing compares."""

    code = fields.String(required=True)
    employees = fields.Integer(required=True)
    changed = fields.Nested(QuantityOut, required=True)
    this = fields.Nested(QuantityOut, required=True)
    before = fields.Nested(QuantityOut, required=True, allow_none=True)
    difference = fields.Nested(QuantityOut, required=True, allow_none=True)


class ComparisonOut(Out):
    """`facts_changed`, `posted_by`: of a look, what happened since; the id of the run."""

    month = MonthField(required=True)
    month_before = MonthField(required=True, allow_none=True)
    lines = fields.List(fields.Nested(ComparedOut), required=True)
    facts_changed = fields.Boolean(required=True)
    posted_by = fields.String(required=True, allow_none=True)


class EmployeeDifferenceOut(Out):
    number = fields.String(required=True)
    name = fields.String(required=True)
    for_month = MonthField(required=True)
    code = fields.String(required=True)
    amount = MoneyField(required=True, allow_none=True)
    minutes = MinutesField(required=True, allow_none=True)


def run_in_words(run: RunView) -> str:
    """Some lines for a terminal."""
    what = "look" if run.look else f"round {run.round}"
    lines = [f"{run.scheme} {run.month}, {what}: {run.state}"]
    if run.failure:
        lines.append(f"  {run.failure}")
    lines.append(
        f"  {run.done} of {run.employees} employees done, {run.changed} with a difference, "
        f"{run.skipped} skipped, {run.transfers} transfers booked in {run.booked_in}"
    )
    for line in run.differences:
        value = f"EUR {line.amount}" if line.amount is not None else f"{line.minutes} hours"
        when = "earlier months" if line.earlier else str(run.month)
        lines.append(f"  {line.code:<28} {value:>18}  {line.employees} employees, {when}")
    return "\n".join(lines)
