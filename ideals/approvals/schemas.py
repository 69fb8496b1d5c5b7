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


class PolicyKindOut(Out):
    """What holds for one kind of decision."""

    kind = fields.String(required=True)
    in_force_from = fields.Date(
        required=True, allow_none=True, metadata={"description": "null: what comes built in"}
    )
    next_from = fields.Date(required=True, allow_none=True)
    document = fields.String(required=True, metadata={"description": "YAML, as it holds today"})


class PolicyVersionOut(Out):
    kind = fields.String(required=True)
    starts_on = fields.Date(required=True, data_key="from")
    digest = fields.String(required=True, metadata={"description": "SHA-256 of the document"})
    published_at = MomentField(required=True)
    published_by = fields.String(required=True)


class PolicyDocumentOut(PolicyVersionOut):
    document = fields.String(required=True, metadata={"description": "YAML, as it was published"})


class PolicyIn(In):
    document = fields.String(
        required=True,
        validate=validate.Length(1, MAX_BYTES),
        metadata={"description": "The whole YAML document"},
    )


class DraftIn(In):
    document = fields.String(required=True, validate=validate.Length(0, MAX_BYTES))


class FaultOut(Out):
    path = fields.String(required=True)
    line = fields.Integer(required=True)
    found = fields.String(required=True)
    expected = fields.String(required=True)


class DraftOut(Out):
    """Its ETag is what a change has to name."""

    kind = fields.String(required=True)
    document = fields.String(required=True)
    changed_at = MomentField(required=True)
    changed_by = fields.String(required=True)
    faults = fields.List(
        fields.Nested(FaultOut),
        required=True,
        metadata={"description": "What must be mended before it can be published"},
    )


class TrialIn(In):
    document = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.Length(1, MAX_BYTES),
        metadata={"description": "Left out: the draft"},
    )


class WayOut(Out):
    """Where cases go: the same effect, steps and check are one way."""

    effect = fields.String(required=True)
    cases = fields.List(
        fields.String(), required=True, metadata={"description": "Codes in either document"}
    )
    who = fields.List(fields.List(fields.String()), required=True)
    check_share = fields.String(required=True, allow_none=True)


class TrialCountOut(Out):
    way = fields.Nested(WayOut, required=True)
    now = fields.Integer(required=True)
    then = fields.Integer(required=True)


class TrialMoveOut(Out):
    now = fields.Nested(WayOut, required=True)
    then = fields.Nested(WayOut, required=True)
    count = fields.Integer(required=True)


class TrialOut(Out):
    """What a document would have done with the recorded cases of the last twelve months."""

    since = MomentField(required=True)
    total = fields.Integer(required=True)
    changed = fields.Integer(required=True)
    untold = fields.Integer(
        required=True, metadata={"description": "A fact the rules ask was not kept then"}
    )
    counts = fields.List(fields.Nested(TrialCountOut), required=True)
    moves = fields.List(fields.Nested(TrialMoveOut), required=True)
