"""Budgets and runs on the wire."""

from __future__ import annotations

from marshmallow import fields, validate

from ideals.budgets.queries import RunView
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
    month = MonthField()


class SkippedOut(Out):
    number = fields.String(required=True)
    name = fields.String(required=True)
    code = fields.String(required=True)
    reason = fields.String(required=True)


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
