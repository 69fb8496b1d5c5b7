"""Deals on the wire. An offer is the plain data of docs/deals.md, going in and coming out: every
fault of one is found by the rules, at once, and not piece by piece here."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from ideals.deals.policy import Standing
from ideals.deals.rules.evaluations import Kept, OnOthers, Worth
from ideals.deals.rules.kinds import PaidAs
from ideals.deals.rules.life import Life, Then
from ideals.deals.rules.offers import KEYS
from ideals.deals.rules.typical import Measure
from ideals.deals.states import DealState, Side, Started, TermKind, Visibility
from ideals.web.cursors import PageIn
from ideals.web.fields import In, MomentField, MoneyField, MonthField, Out, WholeField

_PERSON = validate.Length(1, 100)
_SEEN = "the number of the offer that was seen; or name the deal's ETag in `If-Match`"
_OFFER: dict[str, Any] = {
    "description": "docs/deals.md says what an offer and each kind of term hold",
    "properties": {
        "terms": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["kind"],
                "properties": {
                    "kind": {"type": "string", "enum": [each.value for each in TermKind]}
                },
            },
        },
        **{key: {"type": "string"} for key in KEYS if key != "terms"},
        "visibility": {"type": "string", "enum": [each.value for each in Visibility]},
    },
}


class DealsIn(PageIn):
    state = fields.Enum(DealState, by_value=True)
    employee = fields.String(
        validate=_PERSON, metadata={"description": "number of whose deals they are"}
    )
    overdue = fields.Boolean(
        metadata={"description": "true: those in force of which the day to look back has come"}
    )


class DealIn(In):
    employee = fields.String(
        load_default=None,
        allow_none=True,
        validate=_PERSON,
        metadata={"description": "number of whose deal it is; left out: your own"},
    )
    manager = fields.String(
        load_default=None,
        allow_none=True,
        validate=_PERSON,
        metadata={"description": "number of the employee's manager; left out: whoever is"},
    )
    subject = fields.String(required=True, metadata={"description": "one line"})
    offer = fields.Dict(keys=fields.String(), required=True, metadata=_OFFER)
    by_law = fields.Boolean(
        truthy={True},
        falsy={False},
        load_default=None,
        allow_none=True,
        metadata={
            "description": "whether it is a request under the Flexible Working Act; left out: where"
            " it is one"
        },
    )
    before_hiring = fields.Boolean(
        truthy={True},
        falsy={False},
        load_default=False,
        metadata={"description": "for HR: it was promised before hiring"},
    )
    template = fields.String(
        load_default=None,
        allow_none=True,
        validate=_PERSON,
        metadata={"description": "code of what the offer began with"},
    )


class OfferIn(In):
    seen = WholeField(load_default=None, allow_none=True, metadata={"description": _SEEN})
    offer = fields.Dict(keys=fields.String(), required=True, metadata=_OFFER)
    template = fields.String(
        load_default=None,
        allow_none=True,
        validate=_PERSON,
        metadata={"description": "code of what the offer began with"},
    )


class AcceptanceIn(In):
    offer = WholeField(
        required=True, metadata={"description": "the number of the offer that is accepted"}
    )


class RefusalIn(In):
    offer = WholeField(load_default=None, allow_none=True, metadata={"description": _SEEN})
    reason = fields.String(required=True)


class WithdrawalIn(In):
    offer = WholeField(load_default=None, allow_none=True, metadata={"description": _SEEN})
    reason = fields.String(load_default="")


class DealOut(Out):
    """`you`: what you are in it. `offer`: the number of the last one, null for whoever had to
    agree and sees what was agreed to alone. `agreed`: what both accepted and has not begun;
    `in_force`: what holds; `turned_down`: up to which nothing can be accepted any more. The days
    and `visibility` are those of the offer that holds, else of the agreed one. `decide_by`: the
    last day of the Flexible Working Act for an answer; `by_law`: it is in force because none
    came."""

    id = fields.UUID(required=True)
    number = fields.Integer(required=True)
    subject = fields.String(required=True)
    employee = fields.String(required=True)
    employee_name = fields.String(required=True)
    manager = fields.String(required=True)
    manager_name = fields.String(required=True)
    you = fields.Enum(Standing, by_value=True, required=True)
    started = fields.Enum(Started, by_value=True, required=True)
    state = fields.Enum(DealState, by_value=True, required=True)
    offer = fields.Integer(required=True, allow_none=True)
    agreed = fields.Integer(required=True, allow_none=True)
    in_force = fields.Integer(required=True, allow_none=True)
    turned_down = fields.Integer(required=True, allow_none=True)
    visibility = fields.Enum(Visibility, by_value=True, required=True)
    starts_on = fields.Date(required=True, allow_none=True)
    evaluate_on = fields.Date(required=True, allow_none=True)
    ends_on = fields.Date(required=True, allow_none=True)
    decide_by = fields.Date(required=True, allow_none=True)
    by_law = fields.Boolean(required=True)
    opened_at = MomentField(required=True)
    acted_at = MomentField(required=True)
    agreed_at = MomentField(required=True, allow_none=True)
    approved_at = MomentField(required=True, allow_none=True)
    started_at = MomentField(required=True, allow_none=True)
    ended_at = MomentField(required=True, allow_none=True)
    ended_side = fields.Enum(Side, by_value=True, required=True, allow_none=True)


class AcceptedOut(Out):
    side = fields.Enum(Side, by_value=True, required=True)
    by = fields.String(required=True)
    at = MomentField(required=True)


class OfferOut(Out):
    """`cost`: what it costs the employer in the first twelve months. `digest`: SHA-256 of `offer`
    as canonical JSON. `by_law`: a request under the Flexible Working Act."""

    number = fields.Integer(required=True)
    by_side = fields.Enum(Side, by_value=True, required=True)
    by_adviser = fields.Boolean(required=True)
    by = fields.String(required=True, metadata={"description": "a name"})
    at = MomentField(required=True)
    by_law = fields.Boolean(required=True)
    template = fields.String(required=True, allow_none=True)
    kinds = fields.List(fields.Enum(TermKind, by_value=True), required=True)
    cost = MoneyField(required=True)
    digest = fields.String(required=True)
    offer = fields.Dict(keys=fields.String(), required=True, metadata=_OFFER)
    accepted = fields.List(fields.Nested(AcceptedOut), required=True)


class AdviserOut(Out):
    number = fields.String(required=True)
    name = fields.String(required=True)
    invited_at = MomentField(required=True)


class RoundOut(Out):
    """The evaluation that is due or comes next: between which days it can be held, and which sides
    have answered."""

    number = fields.Integer(required=True)
    due_on = fields.Date(required=True)
    opens_on = fields.Date(required=True)
    closes_on = fields.Date(required=True, metadata={"description": "the first day too late"})
    answered = fields.List(fields.Enum(Side, by_value=True), required=True)


class DealWithPartsOut(DealOut):
    """`current`: the last offer that you see. `reason`: why it was refused or taken back, while
    that is kept. What you do not see is null or empty."""

    current = fields.Nested(OfferOut, required=True, allow_none=True)
    advisers = fields.List(fields.Nested(AdviserOut), required=True)
    evaluation = fields.Nested(RoundOut, required=True, allow_none=True)
    reason = fields.String(required=True, allow_none=True)


class ChangesIn(In):
    since = fields.Integer(
        load_default=None,
        validate=validate.Range(min=1),
        metadata={"description": "number of the other offer; left out: the one before"},
    )


class OfferChangeOut(Out):
    """`path`: a field of the offer, or of the n-th term of a kind: `terms.money[1].amount`. Values
    are as in an offer, null where there is none."""

    path = fields.String(required=True)
    before = fields.Raw(required=True, allow_none=True)
    after = fields.Raw(required=True, allow_none=True)


class ChangesOut(Out):
    since = fields.Integer(required=True, allow_none=True)
    number = fields.Integer(required=True)
    changes = fields.List(fields.Nested(OfferChangeOut), required=True)


class DealMessageIn(In):
    said = fields.String(required=True)
    asks = fields.Boolean(
        truthy={True},
        falsy={False},
        load_default=False,
        metadata={"description": "it is a question that waits for an answer"},
    )


class DealMessageOut(Out):
    """`offer`: the number of the one that was the last when it was said."""

    id = fields.Integer(required=True)
    offer = fields.Integer(required=True)
    side = fields.Enum(Side, by_value=True, required=True)
    by_adviser = fields.Boolean(required=True)
    by = fields.String(required=True)
    at = MomentField(required=True)
    asks = fields.Boolean(required=True)
    said = fields.String(required=True)


class DealEventOut(Out):
    """`act`: what happened; `to`: name of whom it went to; `why`: a code."""

    id = fields.Integer(required=True)
    at = MomentField(required=True)
    act = fields.String(required=True)
    by = fields.String(required=True)
    side = fields.Enum(Side, by_value=True, required=True, allow_none=True)
    offer = fields.Integer(required=True, allow_none=True)
    to = fields.String(required=True, allow_none=True)
    why = fields.String(required=True, allow_none=True)


class AdviserIn(In):
    number = fields.String(
        required=True, validate=_PERSON, metadata={"description": "a personnel number"}
    )


class DealDraftIn(In):
    """`seen`: the number of the offer that it answers; 0: none."""

    seen = WholeField(load_default=0)
    offer = fields.Dict(
        keys=fields.String(),
        required=True,
        metadata={
            "description": "what an offer holds, as far as it is written; of a deal that is not"
            " there yet also `subject`"
        },
    )


class DealDraftOut(Out):
    seen = fields.Integer(required=True)
    offer = fields.Dict(keys=fields.String(), required=True)
    changed_at = MomentField(required=True)


class EvaluationIn(In):
    number = WholeField(
        load_default=None,
        allow_none=True,
        metadata={"description": "of the round that was seen; left out: that which is due"},
    )
    answers = fields.Dict(
        keys=fields.String(),
        required=True,
        metadata={
            "properties": {
                "promised": {"type": "string"},
                "kept_by_me": {"type": "string", "enum": [each.value for each in Kept]},
                "kept_by_them": {"type": "string", "enum": [each.value for each in Kept]},
                "worth_it": {"type": "string", "enum": [each.value for each in Worth]},
                "on_others": {"type": "string", "enum": [each.value for each in OnOthers]},
                "others_say": {"type": "string"},
                "note": {"type": "string"},
            }
        },
    )


class EvaluationOut(Out):
    """`number` counts the rounds; `due_on`: the day of this one, of the `offer` in force."""

    number = fields.Integer(required=True)
    offer = fields.Integer(required=True)
    due_on = fields.Date(required=True)
    side = fields.Enum(Side, by_value=True, required=True)
    answers = fields.Dict(keys=fields.String(), required=True)
    by = fields.String(required=True)
    at = MomentField(required=True)


class SaidIn(In):
    said = fields.String(required=True)


class SettlementIn(In):
    stays = fields.Boolean(
        truthy={True},
        falsy={False},
        load_default=False,
        metadata={"description": "it was not made good: HR is asked"},
    )


class DealBonusIn(In):
    """`offer` and `place`: which term, from 0. `amount`: at most what was promised; nothing where
    the target was missed."""

    offer = WholeField(required=True, validate=validate.Range(1, 32_767))
    place = WholeField(required=True, validate=validate.Range(0, 100))
    amount = MoneyField(required=True)
    evidence = fields.String(required=True)


class DealBonusOut(Out):
    """`state`: `stated`, `approved` or `refused`. `paid_in`: the month of payroll, or of its
    grant."""

    id = fields.UUID(required=True)
    offer = fields.Integer(required=True)
    place = fields.Integer(required=True)
    amount = MoneyField(required=True)
    evidence = fields.String(required=True)
    state = fields.String(required=True)
    paid_as = fields.Enum(PaidAs, by_value=True, required=True)
    due_month = MonthField(required=True)
    paid_in = MonthField(required=True, allow_none=True)
    by = fields.String(required=True)
    at = MomentField(required=True)
    decided_at = MomentField(required=True, allow_none=True)


class BreachOut(Out):
    """`side`: who named it. `state`: `named`, `answered`, `settled` between the two, `with_hr`, or
    `closed` by HR. `hr_on`: the day on which it goes to HR."""

    id = fields.UUID(required=True)
    offer = fields.Integer(required=True)
    side = fields.Enum(Side, by_value=True, required=True)
    said = fields.String(required=True)
    state = fields.String(required=True)
    hr_on = fields.Date(required=True)
    by = fields.String(required=True)
    at = MomentField(required=True)
    answer = fields.String(required=True, allow_none=True)
    answered_at = MomentField(required=True, allow_none=True)
    over_at = MomentField(required=True, allow_none=True)


class EndingIn(In):
    last_day = fields.Date(required=True, metadata={"description": "through which it holds"})
    reason = fields.String(required=True)


class EndingAnswerIn(In):
    agree = fields.Boolean(
        truthy={True},
        falsy={False},
        required=True,
        metadata={"description": "false by who asked takes it back"},
    )
    said = fields.String(load_default="", metadata={"description": "needed to object"})


class EndingOut(Out):
    """`state`: `asked`, `agreed`, `objected`, `taken_back` or `unanswered`."""

    id = fields.UUID(required=True)
    side = fields.Enum(
        Side,
        by_value=True,
        required=True,
        allow_none=True,
        metadata={"description": "null: HR, because a rule ends it"},
    )
    last_day = fields.Date(required=True)
    reason = fields.String(required=True)
    state = fields.String(required=True)
    answer_by = fields.Date(required=True)
    by = fields.String(required=True)
    at = MomentField(required=True)
    answer = fields.String(required=True, allow_none=True)
    answered_at = MomentField(required=True, allow_none=True)


class ThenIn(In):
    then = fields.Enum(Then, by_value=True, required=True)


class LifeEventOut(Out):
    """Something that asks both sides to look at the deal again. `on`: since when."""

    id = fields.Integer(required=True)
    kind = fields.Enum(Life, by_value=True, required=True)
    on = fields.Date(required=True)
    at = MomentField(required=True)
    employee_says = fields.Enum(Then, by_value=True, required=True, allow_none=True)
    employer_says = fields.Enum(Then, by_value=True, required=True, allow_none=True)
    settled_at = MomentField(required=True, allow_none=True)


class ClauseIn(In):
    says = fields.Dict(
        keys=fields.String(), required=True, metadata={"description": "the rule, by language"}
    )
    kinds = fields.List(fields.String(), required=True)
    formula = fields.String(required=True, metadata={"description": "it must hold"})


class ClauseOut(Out):
    code = fields.String(required=True)
    says = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    kinds = fields.List(fields.Enum(TermKind, by_value=True), required=True)
    formula = fields.String(required=True)
    changed_at = MomentField(required=True)


class DealTemplateIn(In):
    names = fields.Dict(
        keys=fields.String(), required=True, metadata={"description": "by language"}
    )
    says = fields.Dict(
        keys=fields.String(), required=True, metadata={"description": "what it is for, by language"}
    )
    offer = fields.Dict(
        keys=fields.String(),
        required=True,
        metadata={"description": "part of an offer; days are left to who uses it"},
    )


class DealTemplateOut(Out):
    code = fields.String(required=True)
    names = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    says = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    offer = fields.Dict(keys=fields.String(), required=True)
    changed_at = MomentField(required=True)


class AgainstOut(Out):
    """`term`: its place in the offer, from 0; `says`: the clause in the language asked for."""

    term = fields.Integer(required=True)
    code = fields.String(required=True)
    says = fields.String(required=True)


class AgainstClausesOut(Out):
    """`void`: terms that a clause does not allow; `unsure`: of which nothing can be said, because
    something is not known of the employee."""

    void = fields.List(fields.Nested(AgainstOut), required=True)
    unsure = fields.List(fields.Nested(AgainstOut), required=True)


class FigureOut(Out):
    """What is usual here. Euros as texts, minutes and days as whole numbers; null: too few deals to
    say."""

    measure = fields.Enum(Measure, by_value=True, required=True)
    kind = fields.Enum(TermKind, by_value=True, required=True)
    counts = fields.String(required=True, validate=validate.OneOf(["euros", "minutes", "days"]))
    deals = fields.Integer(required=True, allow_none=True)
    median = fields.Raw(required=True, allow_none=True)
    low = fields.Raw(required=True, allow_none=True)
    high = fields.Raw(required=True, allow_none=True)


class CountOut(Out):
    """How many people have a term of this kind; null: too few to say."""

    kind = fields.Enum(TermKind, by_value=True, required=True)
    everywhere = fields.Integer(required=True, allow_none=True)
    team = fields.Integer(required=True, allow_none=True)


class ComparableOut(Out):
    figures = fields.List(fields.Nested(FigureOut), required=True)
    counts = fields.List(fields.Nested(CountOut), required=True)


class MandateLeftOut(Out):
    """The nearest mandate of the unit this year; `left` is before this deal."""

    unit = fields.String(required=True)
    left = MoneyField(required=True)


class CoverOut(Out):
    """Of `team` people how many work on each weekday, Monday first."""

    team = fields.Integer(required=True)
    now = fields.List(fields.Integer(), required=True)
    then = fields.List(fields.Integer(), required=True)


class BeforeAgreeingOut(Out):
    """`covered`: whether the mandate does; null: there is none, or it costs nothing. `mandate`: for
    the employer's side and HR, else null. `cover`: null: it changes no days, or the team is too
    small to say."""

    cost = MoneyField(required=True)
    covered = fields.Boolean(required=True, allow_none=True)
    mandate = fields.Nested(MandateLeftOut, required=True, allow_none=True)
    clauses = fields.Nested(AgainstClausesOut, required=True)
    comparable = fields.Nested(ComparableOut, required=True)
    cover = fields.Nested(CoverOut, required=True, allow_none=True)


class StartsOnIn(In):
    starts_on = fields.Date(required=True)


class StartedOut(Out):
    """`offer`: to fill in and change; it need not be whole."""

    template = fields.String(required=True)
    offer = fields.Dict(keys=fields.String(), required=True)


class PublishedOut(Out):
    """How many there were to publish."""

    published = fields.Integer(required=True)


class ShownDealOut(Out):
    """A deal in force as colleagues may know of it; without a name nothing that somebody wrote."""

    kinds = fields.List(fields.Enum(TermKind, by_value=True), required=True)
    name = fields.String(required=True, allow_none=True)
    terms = fields.List(fields.Dict(keys=fields.String()), required=True)
    colleagues = fields.String(required=True)


class LetterOut(Out):
    """`digest`: SHA-256 of the file."""

    offer = fields.Integer(required=True)
    language = fields.String(required=True)
    digest = fields.String(required=True)
    made_at = MomentField(required=True)
    href = fields.String(required=True)
