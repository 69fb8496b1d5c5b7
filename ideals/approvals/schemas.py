"""Approvals on the wire."""

from __future__ import annotations

from marshmallow import fields, validate

from ideals.approvals.rules import LONGEST_REASON
from ideals.approvals.states import Decision, Kind, State, Who
from ideals.web.cursors import PageIn
from ideals.web.fields import In, MomentField, MoneyField, Out


class ApprovalsIn(PageIn):
    waiting = fields.String(
        validate=validate.OneOf(["me"]),
        metadata={"description": "`me`: only what you can decide now, the most urgent first"},
    )


class ApprovalFactOut(Out):
    label = fields.String(required=True)
    value = fields.String(required=True)
    href = fields.String(required=True, allow_none=True)


class ApprovalOut(Out):
    """`title` and `lines` are in the language asked for. `why_hr`: why HR decides, null when the
    manager does. `ended_at`, `ended_by`, `reason` are null while it is open."""

    id = fields.UUID(required=True)
    kind = fields.Enum(Kind, by_value=True, required=True)
    subject = fields.String(required=True)
    state = fields.Enum(State, by_value=True, required=True)
    title = fields.String(required=True)
    lines = fields.List(fields.Nested(ApprovalFactOut), required=True)
    cost = MoneyField(required=True, allow_none=True)
    href = fields.String(required=True, allow_none=True)
    employee = fields.String(
        required=True, allow_none=True, metadata={"description": "number of whom it is about"}
    )
    who = fields.Enum(Who, by_value=True, required=True)
    manager = fields.String(required=True, allow_none=True, metadata={"description": "a name"})
    why_hr = fields.String(required=True, allow_none=True)
    asked_at = MomentField(required=True)
    asked_by = fields.String(required=True)
    due_on = fields.Date(required=True)
    ended_at = MomentField(required=True, allow_none=True)
    ended_by = fields.String(required=True, allow_none=True)
    reason = fields.String(required=True, allow_none=True)


class DecisionIn(In):
    decision = fields.Enum(Decision, by_value=True, required=True)
    reason = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.Length(max=LONGEST_REASON),
        metadata={"description": "needed for a refusal"},
    )
