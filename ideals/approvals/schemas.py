"""Approvals on the wire."""

from __future__ import annotations

from marshmallow import fields, validate

from ideals.approvals.rules import LONGEST_REASON, Mode, StepState, Then, WhenBroken
from ideals.approvals.states import (
    CheckState,
    Decision,
    DelegationState,
    Kind,
    State,
    WhyChecked,
)
from ideals.schemes.rules.document import MAX_BYTES
from ideals.web.cursors import PageIn
from ideals.web.fields import In, MomentField, MoneyField, Out, WholeField


class ApprovalsIn(PageIn):
    waiting = fields.String(
        validate=validate.OneOf(["me"]),
        metadata={"description": "`me`: only what you can decide now, the most urgent first"},
    )


class ApprovalFactOut(Out):
    label = fields.String(required=True)
    value = fields.String(required=True)
    href = fields.String(required=True, allow_none=True)


class ApprovalStepOut(Out):
    """`stage` from 0; with `mode` `any` the first decision of the stage counts. `who`: whom the
    policy names; `person` or `role`: with whom it is, null before its turn; `why`: why with them.
    `then`: what happens when its last day has passed."""

    id = fields.Integer(required=True)
    stage = fields.Integer(required=True)
    mode = fields.Enum(Mode, by_value=True, required=True)
    state = fields.Enum(StepState, by_value=True, required=True)
    who = fields.String(required=True)
    person = fields.String(required=True, allow_none=True, metadata={"description": "a name"})
    role = fields.String(required=True, allow_none=True)
    why = fields.String(required=True, allow_none=True)
    due_on = fields.Date(required=True, allow_none=True)
    then = fields.Enum(Then, by_value=True, required=True)
    decided_at = MomentField(required=True, allow_none=True)
    decided_by = fields.String(required=True, allow_none=True)
    decided_for = fields.String(
        required=True, allow_none=True, metadata={"description": "in whose place"}
    )
    reason = fields.String(required=True, allow_none=True)


class ApprovalOut(Out):
    """`title` and `lines` are in the language asked for. `effect`: `before` it is decided nothing
    happens; `after`: it took effect at once and may be checked. `due_on`: of the step that somebody
    has now. `mine`: the step that you can decide now. `ended_at`, `ended_by`, `reason` are null
    while it is open."""

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
    effect = fields.String(required=True)
    case = fields.String(required=True, metadata={"description": "of the policy, by its code"})
    asked_at = MomentField(required=True)
    asked_by = fields.String(required=True)
    due_on = fields.Date(required=True, allow_none=True)
    steps = fields.List(fields.Nested(ApprovalStepOut), required=True)
    mine = fields.Integer(required=True, allow_none=True)
    ended_at = MomentField(required=True, allow_none=True)
    ended_by = fields.String(required=True, allow_none=True)
    reason = fields.String(required=True, allow_none=True)


class DecisionIn(In):
    decision = fields.Enum(Decision, by_value=True, required=True)
    reason = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.Length(max=LONGEST_REASON),
        metadata={"description": "needed for a refusal and for a question"},
    )
    to = fields.String(
        load_default=None,
        allow_none=True,
        metadata={"description": "to `hand_over`: the number of who gets it"},
    )
    step = fields.Integer(load_default=None, allow_none=True)


class AnswerIn(In):
    text = fields.String(required=True, validate=validate.Length(min=1, max=LONGEST_REASON))
    step = fields.Integer(load_default=None, allow_none=True)


class DelegationsIn(PageIn):
    search = fields.String(
        validate=validate.Length(1, 100),
        metadata={"description": "a part of a name, or a number"},
    )
    state = fields.Enum(DelegationState, by_value=True)


class DelegationIn(In):
    to = fields.String(
        required=True,
        validate=validate.Length(1, 100),
        metadata={"description": "number of who stands in"},
    )
    from_on = fields.Date(required=True, data_key="from", metadata={"description": "first day"})
    until_on = fields.Date(
        required=True, data_key="until", metadata={"description": "last day, included"}
    )
    kinds = fields.List(
        fields.Enum(Kind, by_value=True),
        load_default=None,
        allow_none=True,
        metadata={"description": "null or left out: everything"},
    )
    employee = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.Length(1, 100),
        metadata={"description": "for HR: number of in whose place; left out: your own"},
    )


class DelegationOut(Out):
    """`employee` is in whose place, `to` who stands in."""

    id = fields.UUID(required=True)
    employee = fields.String(required=True, attribute="principal")
    employee_name = fields.String(required=True, attribute="principal_name")
    to = fields.String(required=True, attribute="deputy")
    to_name = fields.String(required=True, attribute="deputy_name")
    kinds = fields.List(fields.Enum(Kind, by_value=True), required=True, allow_none=True)
    from_on = fields.Date(required=True, data_key="from")
    until_on = fields.Date(required=True, data_key="until")
    state = fields.Enum(DelegationState, by_value=True, required=True)
    made_at = MomentField(required=True)
    made_by = fields.String(required=True)
    ended_at = MomentField(required=True, allow_none=True)
    ended_by = fields.String(required=True, allow_none=True)


class MandatesIn(PageIn):
    year = fields.Integer(
        load_default=None,
        allow_none=True,
        validate=validate.Range(2000, 2200),
        metadata={"description": "this year when left out"},
    )
    search = fields.String(
        validate=validate.Length(1, 100),
        metadata={"description": "a part of a unit's path, or of the holder's name"},
    )


class MandateIn(In):
    amount = MoneyField(required=True)
    holder = fields.String(
        required=True,
        validate=validate.Length(1, 100),
        metadata={"description": "number of who decides about them"},
    )


class NewMandateIn(MandateIn):
    unit = fields.String(
        required=True, validate=validate.Length(1, 1000), metadata={"description": "a path"}
    )
    year = WholeField(required=True)


class MandateOut(Out):
    """Euros that a unit may spend in a year. `left` is below zero when it was lowered too far."""

    unit = fields.String(required=True)
    year = WholeField(required=True)
    amount = MoneyField(required=True)
    spent = MoneyField(required=True)
    left = MoneyField(required=True)
    holder = fields.String(required=True)
    holder_name = fields.String(required=True)
    holder_left = fields.Boolean(
        required=True, metadata={"description": "who holds it does not work here any more"}
    )
    changed_at = MomentField(required=True)
    changed_by = fields.String(required=True)
    version = WholeField(required=True, metadata={"description": "for If-Match"})


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


class ChecksIn(PageIn):
    state = fields.Enum(CheckState, by_value=True)


class CheckOut(Out):
    """A look afterwards at what took effect at once. `approval` is the case; `decision` the
    approval in which the check is decided, and `contest` the one in which HR looks again, each for
    who may see it. `rule` is in the language asked for; `follows`: what the rule says of further
    cases when this one was not kept. Until `contest_until` whom it is about can contest it."""

    id = fields.UUID(required=True)
    kind = fields.Enum(Kind, by_value=True, required=True)
    state = fields.Enum(CheckState, by_value=True, required=True)
    why = fields.Enum(WhyChecked, by_value=True, required=True)
    approval = fields.UUID(required=True)
    decision = fields.UUID(required=True, allow_none=True)
    contest = fields.UUID(required=True, allow_none=True)
    draw = fields.Integer(required=True)
    employee = fields.String(required=True, metadata={"description": "number of whom it is about"})
    employee_name = fields.String(required=True)
    title = fields.String(required=True)
    rule = fields.String(required=True)
    follows = fields.Enum(WhenBroken, by_value=True, required=True)
    took_effect_at = MomentField(required=True)
    drawn_at = MomentField(required=True)
    decided_at = MomentField(required=True, allow_none=True)
    decided_by = fields.String(required=True, allow_none=True)
    reason = fields.String(required=True, allow_none=True)
    contest_until = fields.Date(required=True, allow_none=True)
    contested_at = MomentField(required=True, allow_none=True)
    contest_text = fields.String(required=True, allow_none=True)
    answered_at = MomentField(required=True, allow_none=True)
    answered_by = fields.String(required=True, allow_none=True)
    answer = fields.String(required=True, allow_none=True)
    mine_to_contest = fields.Boolean(required=True)


class ContestIn(In):
    reason = fields.String(required=True, validate=validate.Length(min=1, max=LONGEST_REASON))


class DrawOut(Out):
    """`population` cases of a day were drawn from, `by_chance` of them drawn; the rest of `drawn`
    is checked because trust was lost. `digest`: SHA-256 of the ids of the population in order, a
    line each. With `seed` the draw can be made again."""

    id = fields.Integer(required=True)
    day = fields.Date(required=True)
    kind = fields.Enum(Kind, by_value=True, required=True)
    case = fields.String(required=True, metadata={"description": "of the policy, by its code"})
    share = fields.String(required=True, metadata={"description": "from 0 to 1"})
    population = fields.Integer(required=True)
    by_chance = fields.Integer(required=True)
    drawn = fields.Integer(required=True)
    seed = fields.String(required=True)
    digest = fields.String(required=True)
    drawn_at = MomentField(required=True)


class RepeatedCaseOut(Out):
    """`place`: what the seed makes of its id, below 2^32; drawn when below the share of that."""

    approval = fields.UUID(required=True)
    place = fields.Integer(required=True)
    by_chance = fields.Boolean(required=True)
    trust_lost = fields.Boolean(required=True)
    checked = fields.Boolean(required=True)


class RepetitionOut(Out):
    """The draw made again just now: `agrees` when it comes to the same."""

    agrees = fields.Boolean(required=True)
    same_population = fields.Boolean(required=True)
    same_share = fields.Boolean(required=True)
    missing = fields.List(
        fields.UUID(), required=True, metadata={"description": "drawn now, not checked then"}
    )
    extra = fields.List(
        fields.UUID(), required=True, metadata={"description": "checked then, not drawn now"}
    )
    cases = fields.List(fields.Nested(RepeatedCaseOut), required=True)
