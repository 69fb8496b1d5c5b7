"""Price rules, indicators and price lists on the wire."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from ideals.pricing.states import RuleState
from ideals.web.cursors import PageIn
from ideals.web.fields import In, MomentField, MoneyField, MonthField, Out, WholeField


def _texts(**more: Any) -> fields.Dict:
    """The same in each language."""
    return fields.Dict(keys=fields.String(), values=fields.String(), **more)


class PriceChangeIn(In):
    kind = fields.String(required=True)
    value = fields.String(required=True, metadata={"description": "percent, or euros for one unit"})


class PriceRuleIn(In):
    """What a rule says. Every fault is in `faults` of the answer 422."""

    code = fields.String(required=True, metadata={"description": "small letters, digits and _"})
    name = _texts(required=True)
    says = _texts(required=True, metadata={"description": "the sentence for employees"})
    products = fields.List(fields.String(), required=True)
    scheme = fields.String(required=True)
    from_month = fields.String(required=True)
    through_month = fields.String(load_default="", metadata={"description": "empty: no end"})
    condition = fields.String(load_default="", metadata={"description": "empty: everybody"})
    change = fields.Nested(PriceChangeIn, required=True)
    order = WholeField(required=True)
    combines = fields.Boolean(required=True, truthy={True}, falsy={False})
    reason = fields.String(load_default="", metadata={"description": "for HR"})


class PriceRulesIn(PageIn):
    state = fields.Enum(RuleState, by_value=True, load_default=None)


class PriceRuleOut(Out):
    """`last_month`: the last one for which it holds; null without an end, or before it is
    approved. `rule`: what it says now; to others than HR for prices without its `reason`."""

    id = fields.UUID(required=True)
    number = fields.Integer(required=True)
    code = fields.String(required=True)
    state = fields.Enum(RuleState, by_value=True, required=True)
    version = fields.Integer(required=True)
    rule = fields.Dict(required=True)
    from_month = MonthField(required=True)
    through_month = MonthField(required=True, allow_none=True)
    last_month = MonthField(required=True, allow_none=True)
    created_at = MomentField(required=True)
    created_by = fields.String(required=True)
    submitted_at = MomentField(required=True, allow_none=True)
    submitted_by = fields.String(required=True, allow_none=True)
    approval = fields.UUID(required=True, allow_none=True, attribute="approval_id")
    approved_at = MomentField(required=True, allow_none=True)
    approved_by = fields.String(required=True, allow_none=True)
    ended_at = MomentField(required=True, allow_none=True)
    ended_by = fields.String(required=True, allow_none=True)
    reason = fields.String(required=True, allow_none=True)


class PriceRuleVersionOut(Out):
    number = fields.Integer(required=True)
    rule = fields.Dict(required=True, attribute="plain")
    at = MomentField(required=True)
    by = fields.String(required=True)


class PriceRuleEndingIn(In):
    last_month = MonthField(
        load_default=None, metadata={"description": "left out: as early as can be"}
    )


class IndicatorIn(In):
    name = _texts(required=True)
    unit = fields.String(load_default="", validate=validate.Length(0, 40))


class IndicatorOut(Out):
    code = fields.String(required=True)
    name = fields.Dict(required=True)
    unit = fields.String(required=True)


class IndicatorValueIn(In):
    value = fields.Decimal(required=True, metadata={"description": "a number, as a text"})


class _Exact(fields.String):
    """A decimal without an exponent and without idle zeros."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        plain = None if value is None else format(value.normalize(), "f")
        return super()._serialize(plain, attr, obj, **kwargs)


class IndicatorValueOut(Out):
    """`superseded_at`: until when this was what was known; null: it is so now."""

    code = fields.String(required=True)
    month = MonthField(required=True)
    value = _Exact(required=True)
    recorded_at = MomentField(required=True)
    recorded_by = fields.String(required=True)
    superseded_at = MomentField(required=True, allow_none=True)


class IndicatorValuesIn(PageIn):
    known_at = MomentField(
        load_default=None, metadata={"description": "what was known at a moment"}
    )


class IndicatorFileIn(In):
    file = fields.Raw(required=True, metadata={"type": "string", "format": "binary"})


class IndicatorFileOut(Out):
    rows = fields.Integer(required=True)


class PriceBoundsIn(In):
    least = MoneyField(load_default=None, allow_none=True)
    most = MoneyField(load_default=None, allow_none=True)


class PriceBoundsOut(Out):
    scheme = fields.String(required=True)
    product = fields.String(required=True)
    least = MoneyField(required=True, allow_none=True)
    most = MoneyField(required=True, allow_none=True)


class PriceListIn(PageIn):
    scheme = fields.String(load_default=None)


class PriceListRuleOut(Out):
    code = fields.String(required=True)
    name = fields.Dict(required=True)
    says = fields.Dict(required=True)


class IndicatorSeenOut(Out):
    code = fields.String(required=True)
    month = MonthField(required=True)
    value = _Exact(required=True)


class PriceListOut(Out):
    """`rules`: those that hold, in their order. `indicators`: what they were when it was published.
    `without`: indicators that had no value."""

    scheme = fields.String(required=True)
    product = fields.String(required=True)
    month = MonthField(required=True)
    published_at = MomentField(required=True)
    rules = fields.List(fields.Nested(PriceListRuleOut), required=True)
    indicators = fields.List(fields.Nested(IndicatorSeenOut), required=True)
    without = fields.List(fields.String(), required=True)
    least = MoneyField(required=True, allow_none=True)
    most = MoneyField(required=True, allow_none=True)


class PriceListsPublishedOut(Out):
    month = MonthField(required=True)
    lists = fields.Integer(required=True, metadata={"description": "how many are new"})
