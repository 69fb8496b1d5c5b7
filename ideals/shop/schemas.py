"""Products, quotes and orders on the wire."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from flask_smorest.fields import Upload  # type: ignore[import-untyped]
from marshmallow import ValidationError, fields, post_load, validate

from ideals.kernel.money import LARGEST_MINOR, Money
from ideals.schemes.rules.scheme import named
from ideals.shop.states import OrderState
from ideals.web import formats
from ideals.web.cursors import PageIn
from ideals.web.fields import (
    HoursField,
    In,
    MinutesField,
    MomentField,
    MoneyField,
    MonthField,
    Out,
    WireField,
)
from ideals.web.language import language

MOST_DECIMALS = 6


class QuantityField(WireField[Decimal]):
    """Units of a product: a whole number, or a decimal text such as `"7.5"`. Goes out as text."""

    def show(self, value: Any) -> str:
        return f"{value:f}"

    def read(self, value: Any) -> Decimal:
        right = 'a whole number or a decimal text such as "7.5"'
        if isinstance(value, bool) or not isinstance(value, int | str):
            raise ValidationError(f"{str(value)[:100]!r} is no quantity; write {right}")
        try:
            quantity = Decimal(value)
        except InvalidOperation:
            raise ValidationError(f"{str(value)[:100]!r} is no quantity; write {right}") from None
        if not quantity.is_finite() or not 0 < quantity <= LARGEST_MINOR:
            raise ValidationError("A quantity is more than nothing, and no more than can be meant")
        exponent = quantity.as_tuple().exponent
        if isinstance(exponent, int) and exponent < -MOST_DECIMALS:
            raise ValidationError(f"At most {MOST_DECIMALS} decimals")
        return quantity


class CentsField(MoneyField):
    """Euros that are kept as cents. Goes out only."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(dump_only=True, **kwargs)

    def show(self, value: Any) -> str:
        return str(Money(value))


class SaidField(WireField[str]):
    """A sentence of ours, or a text of the scheme's document by language; in the reader's language.
    Goes out only."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(dump_only=True, **kwargs)

    def show(self, value: Any) -> str:
        return formats.said(value) if isinstance(value, str) else named(value, language(), "")


class NameField(WireField[str]):
    """What a product is called in the reader's language. Goes out only."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(dump_only=True, **kwargs)

    def show(self, value: Any) -> str:
        return named(value.names, language(), value.code)


class QuoteIn(In):
    """`price`: what one costs, for products without a price of their own. `sell`: leave is sold
    back by the product that sells it."""

    product = fields.String(required=True, validate=validate.Length(1, 64))
    quantity = QuantityField()
    month = MonthField()
    price = MoneyField()
    sell = fields.Boolean(load_default=False, truthy={True}, falsy={False})

    @post_load
    def stated(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        price = data.pop("price", None)
        if price is not None and price.minor <= 0:
            raise ValidationError("A price is more than nothing", "price")
        return data | {"price_minor": price and price.minor}


class StepOut(Out):
    code = fields.String(required=True)
    text = SaidField(required=True)
    amount = CentsField(required=True, attribute="amount_minor")


class QuoteOut(Out):
    """`net`: what the pay of the month changes by; null where the tax on it is not known.

    `addition`: euros a year that count as wage. `waits_for`: what an order would wait for.
    """

    id = fields.String(required=True, attribute="quote.token")
    product = fields.String(required=True, attribute="quote.product")
    quantity = QuantityField(required=True, attribute="quote.quantity")
    month = MonthField(required=True, attribute="quote.month")
    price = CentsField(required=True, attribute="quote.price_minor")
    unit_price = CentsField(required=True, attribute="quote.unit_minor")
    minutes = MinutesField(required=True, attribute="quote.minutes")
    hours = HoursField(required=True, attribute="quote.minutes")
    addition = CentsField(required=True, attribute="quote.addition_minor")
    steps = fields.List(fields.Nested(StepOut), required=True)
    net = CentsField(required=True, allow_none=True, attribute="net_minor")
    waits_for = fields.List(fields.String(), required=True)
    expires_at = MomentField(required=True, attribute="quote.expires_at")


class PlaceOrderIn(In):
    quote = fields.String(required=True, validate=validate.Length(1, 200))


class CancelIn(In):
    reason = fields.String(load_default="", validate=validate.Length(max=500))


class UploadIn(In):
    file = Upload(required=True, metadata={"description": "PDF, PNG or JPEG, at most 5 MB"})


class OrderOut(Out):
    """`minutes`: leave that it brings or, for a sale, takes. `reason`: why it ended."""

    id = fields.String(required=True, attribute="order.id")
    number = fields.Integer(required=True, attribute="order.number")
    state = fields.String(required=True, attribute="order.state")
    product = fields.String(required=True, attribute="order.product")
    name = NameField(required=True, attribute="product")
    kind = fields.String(required=True, attribute="order.kind")
    quantity = QuantityField(required=True, attribute="order.quantity")
    unit = fields.String(required=True, attribute="order.unit")
    price = CentsField(required=True, attribute="order.price_minor")
    month = MonthField(required=True, attribute="order.month")
    minutes = MinutesField(required=True, attribute="order.minutes")
    hours = HoursField(required=True, attribute="order.minutes")
    waits_for = fields.List(fields.String(), required=True, attribute="order.waits_for")
    ordered_at = MomentField(required=True, attribute="order.ordered_at")
    decided_at = MomentField(required=True, allow_none=True, attribute="order.decided_at")
    reason = fields.String(required=True, allow_none=True, attribute="order.reason")


class PlacedOut(Out):
    """An order right after it was placed, taken back, or sent again."""

    id = fields.String(required=True)
    number = fields.Integer(required=True)
    state = fields.String(required=True)
    product = fields.String(required=True)
    quantity = QuantityField(required=True)
    price = CentsField(required=True, attribute="price_minor")
    month = MonthField(required=True)
    minutes = MinutesField(required=True)
    hours = HoursField(required=True, attribute="minutes")
    waits_for = fields.List(fields.String(), required=True)


class EvidenceOut(Out):
    """`file_name` is ours: nothing of the sender's file is kept but what is in it."""

    id = fields.String(required=True)
    file_name = fields.String(required=True)
    media_type = fields.String(required=True)
    size = fields.Integer(required=True)
    uploaded_at = MomentField(required=True)
    checked_at = MomentField(required=True, allow_none=True)


class TransferOut(Out):
    """One row of the ledger for this order: euros or minutes, the other is null."""

    id = fields.String(required=True)
    month = MonthField(required=True)
    phase = fields.String(required=True)
    reverses = fields.Boolean(required=True)
    amount = MoneyField(required=True, allow_none=True)
    minutes = MinutesField(required=True, allow_none=True)
    hours = HoursField(required=True, allow_none=True, attribute="minutes")
    happened_at = MomentField(required=True)


class DecisionOut(Out):
    kind = fields.String(required=True)
    state = fields.String(required=True)
    due_on = fields.Date(required=True)
    asked_at = MomentField(required=True)
    ended_at = MomentField(required=True, allow_none=True)
    reason = fields.String(required=True, allow_none=True)


class OrderWithPartsOut(OrderOut):
    """`cancellable`: whether its owner may take it back now, as far as the product goes."""

    unit_price = CentsField(required=True, attribute="order.unit_minor")
    addition = CentsField(required=True, attribute="order.addition_minor")
    steps = fields.List(fields.Nested(StepOut), required=True)
    transfers = fields.List(fields.Nested(TransferOut), required=True, attribute="moved")
    evidence = fields.List(fields.Nested(EvidenceOut), required=True)
    decisions = fields.List(fields.Nested(DecisionOut), required=True, attribute="approvals")
    cancellable = fields.Boolean(required=True)


class OrdersQuery(PageIn):
    state = fields.Enum(OrderState, by_value=True)
    product = fields.String(validate=validate.Length(1, 64))
    month = MonthField()
    number = fields.Integer(validate=validate.Range(1, LARGEST_MINOR))


class ProductsQuery(PageIn):
    """The month that would be ordered for; without, of each product the earliest."""

    month = MonthField()


class LimitOut(Out):
    """`left` in units or, when `counts` is `euro`, in euros; null where only `times` count."""

    per = fields.String(required=True, attribute="limit.per")
    counts = fields.String(required=True, attribute="limit.counts")
    first_month = MonthField(required=True, attribute="limit.first_month")
    last_month = MonthField(required=True, attribute="limit.last_month")
    left = fields.String(required=True, allow_none=True, attribute="left_on_the_wire")
    times_left = fields.Integer(required=True, allow_none=True)


class ProductOut(Out):
    """A product as the signed-in employee can have it now.

    `open` is false when it cannot be ordered; `why` says so in words, `opens_on` from when it can.
    `month`: the one an order would go into, of `months`; `deadline`: the last day for it. `price`:
    of one unit; null where the buyer states it or it cannot be worked out. `sale_price`: what one
    that is sold back brings. `minutes`: of one unit. `chosen_by`: how many people chose it in the
    last twelve months, from ten up.
    """

    code = fields.String(required=True, attribute="product.code")
    kind = fields.String(required=True, attribute="product.kind")
    name = NameField(required=True, attribute="product")
    text = SaidField(required=True, attribute="product.texts")
    group = fields.String(required=True, attribute="product.group")
    picture = fields.String(required=True, attribute="product.picture")
    unit = fields.String(required=True, attribute="product.unit")
    step = QuantityField(required=True, attribute="product.step")
    minimum = QuantityField(required=True, allow_none=True)
    maximum = QuantityField(required=True, allow_none=True)
    states_price = fields.Boolean(required=True, attribute="product.asks_price")
    price = CentsField(required=True, allow_none=True, attribute="unit_minor")
    sale_price = CentsField(required=True, allow_none=True, attribute="sale_minor")
    minutes = MinutesField(required=True)
    open = fields.Boolean(required=True, attribute="available")
    why = SaidField(required=True, allow_none=True)
    opens_on = fields.Date(required=True, allow_none=True)
    month = MonthField(required=True, allow_none=True)
    months = fields.List(MonthField(), required=True)
    deadline = fields.Date(required=True, allow_none=True, attribute="last_day")
    limits = fields.List(fields.Nested(LimitOut), required=True, attribute="rooms")
    quota_left = QuantityField(required=True, allow_none=True)
    chosen_by = fields.Integer(required=True, allow_none=True, attribute="people")
    evidence = SaidField(required=True, attribute="product.evidence")
    approval = fields.String(required=True, attribute="product.approval")
    cancellation = fields.String(required=True, attribute="product.cancellation")
    paid_from = fields.String(required=True, attribute="product.paid_from")
    tax = fields.String(required=True, attribute="product.tax")
