"""People and imports on the wire."""

from __future__ import annotations

from typing import Any

from flask_smorest.fields import Upload  # type: ignore[import-untyped]
from marshmallow import fields, pre_dump, validate

from ideals.kernel.money import Money
from ideals.people.rules.weeks import WEEKDAYS
from ideals.people.states import ImportState, Kind, LeaveKind, Outcome
from ideals.web.cursors import PageIn
from ideals.web.fields import (
    HoursField,
    In,
    MinutesField,
    MomentField,
    MoneyField,
    MonthField,
    Out,
)


class PeopleIn(PageIn):
    search = fields.String(
        validate=validate.Length(1, 100),
        metadata={"description": "part of a name, or the beginning of a number"},
    )
    unit = fields.String(
        validate=validate.Length(1, 1000),
        metadata={"description": "path of a unit; those below it are included"},
    )


class PersonOut(Out):
    """A person in a list. Nothing about pay stands here."""

    number = fields.String(required=True)
    name = fields.String(required=True)
    email = fields.String(required=True, allow_none=True)
    unit = fields.String(required=True)
    scheme = fields.String(required=True)
    manager = fields.String(
        required=True, allow_none=True, metadata={"description": "the manager's number"}
    )
    hired_on = fields.Date(required=True)
    leaves_on = fields.Date(required=True, allow_none=True)


class EmploymentOut(Out):
    """What is or was known to be true from a day. `superseded_at` is null for what counts now."""

    valid_from = fields.Date(required=True)
    recorded_at = MomentField(required=True)
    superseded_at = MomentField(required=True, allow_none=True)
    hired_on = fields.Date(required=True)
    leaves_on = fields.Date(required=True, allow_none=True)
    scheme = fields.String(required=True)
    full_time_salary = MoneyField(required=True)
    part_time_factor = fields.String(required=True)
    weekly_hours = fields.String(required=True, allow_none=True)
    scale = fields.String(required=True, allow_none=True)
    allowances = fields.Dict(keys=fields.String(), values=MoneyField(), required=True)
    birth_date = fields.Date(required=True, allow_none=True)
    gender = fields.String(required=True, allow_none=True)
    sick_from = fields.Date(required=True, allow_none=True)
    unpaid_from = fields.Date(required=True, allow_none=True)
    unpaid_until = fields.Date(required=True, allow_none=True)

    @pre_dump
    def in_euros(self, row: Any, **_: Any) -> dict[str, Any]:
        names = self.fields.keys() - {"full_time_salary", "allowances", "part_time_factor"}
        return {name: getattr(row, name) for name in names} | {
            "full_time_salary": Money(row.full_time_salary_minor),
            "part_time_factor": f"{row.part_time_factor.normalize():f}",
            "allowances": {code: Money(cents) for code, cents in row.allowances.items()},
        }


class PersonFactsOut(PersonOut):
    employments = fields.List(
        fields.Nested(EmploymentOut),
        required=True,
        allow_none=True,
        metadata={"description": "in both times; for the person and HR, null for a manager"},
    )


class LeaveIn(PageIn):
    month = MonthField(metadata={"description": "this month when left out"})
    unit = fields.String(
        validate=validate.Length(0, 1000),
        metadata={"description": "for HR: path of a unit with those below it; empty: everybody"},
    )


class LeaveDayOut(Out):
    date = fields.Date(required=True, attribute="day")
    minutes = MinutesField(required=True)
    hours = HoursField(required=True, attribute="minutes")
    kind = fields.Enum(LeaveKind, by_value=True, required=True)


class AwayOut(Out):
    """A person's days of leave in a month, as far as you may see them; never why."""

    number = fields.String(required=True)
    name = fields.String(required=True)
    days = fields.List(fields.Nested(LeaveDayOut), required=True, attribute="leave")


class StartImportIn(In):
    kind = fields.Enum(Kind, by_value=True, required=True)
    dry_run = fields.Boolean(load_default=False)
    only_good_rows = fields.Boolean(
        load_default=False,
        metadata={"description": "take the good rows although others are wrong"},
    )
    file = Upload(required=True, metadata={"description": "CSV or XLSX, at most 64 MB"})


class ImportLineOut(Out):
    row = fields.Integer(required=True)
    number = fields.String(required=True, allow_none=True)
    outcome = fields.Enum(Outcome, by_value=True, required=True)
    field = fields.String(
        required=True, allow_none=True, metadata={"description": "the wrong or changed columns"}
    )
    value = fields.String(required=True, allow_none=True)
    message = fields.String(required=True, allow_none=True)

    @pre_dump
    def outcome_of(self, row: Any, **_: Any) -> dict[str, Any]:
        return {name: getattr(row, name) for name in self.fields} | {
            "outcome": Outcome(row.outcome)
        }


class ImportReportOut(Out):
    """Counts of rows, exact."""

    applied = fields.Boolean(required=True)
    rows = fields.Integer(required=True)
    new = fields.Integer(required=True)
    changed = fields.Integer(required=True)
    unchanged = fields.Integer(required=True)
    wrong = fields.Integer(required=True)
    new_employees = fields.Integer(required=True)
    fact_changes = fields.Integer(
        required=True, metadata={"description": "employees whose money may move"}
    )
    new_units = fields.List(fields.String(), required=True)


class ImportOut(Out):
    id = fields.UUID(required=True)
    kind = fields.String(required=True, validate=validate.OneOf(list(Kind)))
    file_name = fields.String(required=True)
    dry_run = fields.Boolean(required=True)
    only_good_rows = fields.Boolean(required=True)
    state = fields.String(required=True, validate=validate.OneOf(list(ImportState)))
    message = fields.String(
        required=True, allow_none=True, metadata={"description": "why the file cannot be read"}
    )
    report = fields.Nested(ImportReportOut, required=True, allow_none=True)
    actor = fields.String(required=True, metadata={"description": "who sent the file"})
    created_at = MomentField(required=True)
    finished_at = MomentField(required=True, allow_none=True)


class ImportWithLinesOut(ImportOut):
    lines = fields.List(
        fields.Nested(ImportLineOut),
        required=True,
        metadata={"description": "the wrong rows first, then the others; of each at most 1,000"},
    )


class UnitsIn(PageIn):
    search = fields.String(
        validate=validate.Length(1, 1000), metadata={"description": "a part of the path"}
    )
    without_owner = fields.Boolean(
        load_default=False, metadata={"description": "only those without an owner of their own"}
    )


class UnitOut(Out):
    """`owner` is the unit's own; `answers` the nearest one upward who works here."""

    path = fields.String(required=True)
    people = fields.Integer(
        required=True, metadata={"description": "employed in the unit itself today"}
    )
    owner = fields.String(required=True, allow_none=True, metadata={"description": "a number"})
    owner_name = fields.String(required=True, allow_none=True)
    owner_left = fields.Boolean(required=True)
    answers = fields.String(required=True, allow_none=True, metadata={"description": "a number"})
    answers_name = fields.String(required=True, allow_none=True)
    version = fields.Integer(required=True, metadata={"description": "for If-Match"})


class OwnerIn(In):
    owner = fields.String(
        required=True,
        allow_none=True,
        validate=validate.Length(1, 100),
        metadata={"description": "a number; null: nobody"},
    )


class WeekIn(In):
    days = fields.List(
        fields.String(validate=validate.OneOf(WEEKDAYS)),
        required=True,
        metadata={"description": "the days somebody works on"},
    )


class WeekOut(Out):
    days = fields.List(fields.String(validate=validate.OneOf(WEEKDAYS)), required=True)
