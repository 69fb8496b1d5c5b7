"""Products, quotes and orders on the wire."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from flask_smorest.fields import Upload  # type: ignore[import-untyped]
from marshmallow import ValidationError, fields, post_load, validate

from ideals.budgets.schemas import RunOut
from ideals.kernel.money import LARGEST_MINOR, Money
from ideals.schemes.rules.scheme import named
from ideals.shop.queries.closing import MonthView
from ideals.shop.states import ChoiceMode, ChoiceState, OrderState
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


class PassedOut(Out):
    """A price rule that did nothing to the price, and why."""

    code = fields.String(required=True)
    name = SaidField(required=True, attribute="name.by_language")
    why = SaidField(required=True)


class BecauseOut(Out):
    """Why a price became another: a rule `began` or is `over`, a `fact` or the `formula` of the
    list price is another. `code`: of the rule, the bound or the fact."""

    cause = fields.String(required=True)
    code = fields.String(required=True)
    text = SaidField(required=True, attribute="said")


class PriceThenOut(Out):
    """One unit, for orders into a month. `published`: it stands in a list and stays as it is; else
    it is what would hold by what is agreed now."""

    month = MonthField(required=True)
    price = CentsField(required=True, attribute="minor")
    list_price = CentsField(required=True, attribute="listed.minor")
    published = fields.Boolean(required=True)
    steps = fields.List(fields.Nested(StepOut), required=True)
    not_applied = fields.List(fields.Nested(PassedOut), required=True)


class PriceChangeOut(Out):
    month = MonthField(required=True)
    was = CentsField(required=True)
    now = CentsField(required=True)
    because = fields.List(fields.Nested(BecauseOut), required=True)


class PricesOverTimeOut(Out):
    """`prices` by month, those without a price left out; `changes` between them."""

    product = fields.String(required=True)
    prices = fields.List(fields.Nested(PriceThenOut), required=True)
    changes = fields.List(fields.Nested(PriceChangeOut), required=True)


class PlanLineOut(Out):
    """`addition` counts as wage of that month."""

    month = MonthField(required=True)
    charge = CentsField(required=True, attribute="charge_minor")
    addition = CentsField(required=True, attribute="addition_minor")


class QuoteOut(Out):
    """`net`: what the pay of the month changes by; null where the tax on it is not known.

    `addition`: euros a year that count as wage. `waits_for`: what an order would wait for. `plan`:
    the whole of what an order agrees to, where it is charged month by month; else empty.
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
    not_applied = fields.List(fields.Nested(PassedOut), required=True)
    net = CentsField(required=True, allow_none=True, attribute="net_minor")
    waits_for = fields.List(fields.String(), required=True)
    plan = fields.List(fields.Nested(PlanLineOut), required=True)
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
    not_applied = fields.List(fields.Nested(PassedOut), required=True)
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
    of one unit; null where the buyer states it or it cannot be worked out; `price_rules` are the
    codes of those that change it, through the month `price_until` or, where that is null, without
    an end. `sale_price`: what one that is sold back brings. `minutes`: of one unit. `chosen_by`:
    how many people chose it in the last twelve months, from ten up.
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
    price_rules = fields.List(fields.String(), required=True, attribute="steered_by")
    price_until = MonthField(required=True, allow_none=True)
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


class WhatIn(In):
    """How much, and for which months; without `from` the earliest that takes orders.

    `amount`: units or percent, as `mode` says; none for the rest.
    """

    mode = fields.Enum(ChoiceMode, by_value=True, required=True)
    amount = QuantityField(load_default=None)
    from_month = MonthField(data_key="from", load_default=None)
    until_month = MonthField(data_key="until", load_default=None)


class SetChoiceIn(WhatIn):
    """`position`: before which of those there are, from 0; without it, last."""

    product = fields.String(required=True, validate=validate.Length(1, 64))
    position = fields.Integer(strict=True, load_default=None, validate=validate.Range(0, 1000))


class ChangeChoiceIn(WhatIn):
    pass


class ChoicesIn(In):
    order = fields.List(fields.UUID(), required=True, validate=validate.Length(max=1000))


class ChoiceStateIn(In):
    state = fields.Enum(ChoiceState, by_value=True, required=True)


class ChoiceOut(Out):
    """`version` is in its ETag as well. `last_*`: what became of it in the last month it ran."""

    id = fields.String(required=True)
    product = fields.String(required=True)
    position = fields.Integer(required=True)
    mode = fields.String(required=True)
    amount = QuantityField(required=True, allow_none=True)
    from_month = MonthField(data_key="from", required=True)
    until_month = MonthField(data_key="until", required=True, allow_none=True)
    state = fields.String(required=True)
    version = fields.Integer(required=True)
    last_month = MonthField(required=True, allow_none=True)
    last_outcome = fields.String(required=True, allow_none=True)
    last_order = fields.String(required=True, allow_none=True, attribute="last_order_id")
    last_code = fields.String(required=True, allow_none=True)
    last_reason = fields.String(required=True, allow_none=True)


class ChargeOut(Out):
    """`from_pay`: what the account could not pay of it. `rest`: all that was left, at its end."""

    month = MonthField(required=True)
    rest = fields.Boolean(required=True)
    charged = CentsField(required=True, attribute="charged_minor")
    from_pay = CentsField(required=True, attribute="shortfall_minor")
    addition = CentsField(required=True, attribute="addition_minor")


class CommitmentOut(Out):
    """`plan`: month by month, as agreed. `charges`: what was charged. `left`: still to come."""

    id = fields.String(required=True, attribute="commitment.id")
    product = fields.String(required=True, attribute="commitment.product")
    first_month = MonthField(required=True, attribute="commitment.first_month")
    last_month = MonthField(required=True, attribute="commitment.last_month")
    can_end_early = fields.Boolean(required=True, attribute="commitment.early_end")
    ended_because = fields.String(
        required=True, allow_none=True, attribute="commitment.ended_because"
    )
    next_month = MonthField(required=True, allow_none=True, attribute="next")
    left = CentsField(required=True, attribute="left_minor")
    plan = fields.Function(
        lambda told: PlanLineOut(many=True).dump(list(told.plan.lines())), required=True
    )
    charges = fields.List(fields.Nested(ChargeOut), required=True)


class MeaningQuery(In):
    """`price`: what one costs, for products without a price of their own. `sell`: of leave that is
    sold back."""

    quantity = QuantityField()
    month = MonthField()
    price = MoneyField()
    sell = fields.Boolean(load_default=False, truthy={"yes", "true"}, falsy={"no", "false"})

    @post_load
    def stated(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        price = data.pop("price", None)
        return data | {"price_minor": price and price.minor}


class TaxedOut(Out):
    """`what`: paid, in_kind or added. `net`: what the pay changes by; null with `tax` where the
    table is not known. `table`: which one was read, at `wage` of a year (added: of a month)."""

    what = fields.String(required=True)
    gross = CentsField(required=True, attribute="gross_minor")
    tax = CentsField(required=True, allow_none=True, attribute="net.tax_minor", dump_default=None)
    net = CentsField(required=True, allow_none=True, attribute="pays_minor")
    table = SaidField(
        required=True, allow_none=True, attribute="net.table.words", dump_default=None
    )
    wage = CentsField(required=True, attribute="wage_minor")


class WarningOut(Out):
    """`code` is stable; `sentence` is for people; `numbers` are what it is about."""

    code = fields.String(required=True)
    sentence = SaidField(required=True)
    numbers = fields.Function(
        lambda warned: {name: str(value) for name, value in warned.numbers.items()}, required=True
    )


class MeaningOut(Out):
    """`price`: of all of it. `gross`: out of the budget this month, `gross_year` through December;
    below zero for a sale. `net_now` and `net_year`: what the pay changes by, null where the tax is
    not known. `instead`: the same euros of this month, if they were paid out. `minutes`: what the
    leave changes by. `left`, `left_year`: of the account that pays, now and with what the year is
    expected to bring. All of these are null without a price."""

    product = fields.String(required=True, attribute="product.code")
    month = MonthField(required=True)
    months = fields.List(MonthField(), required=True)
    quantity = QuantityField(required=True, allow_none=True)
    price = CentsField(
        required=True, allow_none=True, dump_default=None, attribute="offer.price.minor"
    )
    steps = fields.List(
        fields.Nested(StepOut), required=True, dump_default=[], attribute="offer.price.steps"
    )
    not_applied = fields.List(
        fields.Nested(PassedOut),
        required=True,
        dump_default=[],
        attribute="offer.price.not_applied",
    )
    gross = CentsField(
        required=True, allow_none=True, dump_default=None, attribute="meaning.gross_minor"
    )
    gross_year = CentsField(
        required=True, allow_none=True, dump_default=None, attribute="meaning.gross_year_minor"
    )
    whole = CentsField(
        required=True, allow_none=True, dump_default=None, attribute="meaning.whole_minor"
    )
    net_now = CentsField(
        required=True, allow_none=True, dump_default=None, attribute="meaning.net_now_minor"
    )
    net_year = CentsField(
        required=True, allow_none=True, dump_default=None, attribute="meaning.net_year_minor"
    )
    taxed = fields.List(
        fields.Nested(TaxedOut), required=True, dump_default=[], attribute="meaning.taxed"
    )
    instead = fields.Nested(
        TaxedOut, required=True, allow_none=True, dump_default=None, attribute="meaning.instead"
    )
    minutes = MinutesField(
        required=True, allow_none=True, dump_default=None, attribute="meaning.minutes"
    )
    hours = HoursField(
        required=True, allow_none=True, dump_default=None, attribute="meaning.minutes"
    )
    left = CentsField(
        required=True, allow_none=True, dump_default=None, attribute="meaning.left_minor"
    )
    left_year = CentsField(
        required=True, allow_none=True, dump_default=None, attribute="meaning.left_year_minor"
    )
    warnings = fields.List(
        fields.Nested(WarningOut), required=True, dump_default=[], attribute="meaning.warnings"
    )
    refusal = fields.Function(
        lambda found: (
            None
            if found.refusal is None
            else {"code": found.refusal.code, "detail": formats.said(found.refusal.message)}
        ),
        required=True,
    )


class CellIn(In):
    product = fields.String(required=True, validate=validate.Length(1, 64))
    month = MonthField(required=True)
    quantity = QuantityField(required=True)


class PlanIn(In):
    """`quantity` of a product for a month; what is not named is not planned."""

    cells = fields.List(fields.Nested(CellIn), required=True, validate=validate.Length(max=1000))


class CellOut(Out):
    product = fields.String(required=True, attribute="code")
    quantity = QuantityField(required=True)
    price = CentsField(required=True, attribute="price_minor")
    minutes = MinutesField(required=True)
    refused = SaidField(required=True, allow_none=True)


class PlannedOut(Out):
    """One month. `charged`: by what was agreed to before, `from_pay`: what of it pay carries.

    `gross`: paid out, what nobody chose for included (`by_itself`); `net`: null where the tax table
    is not known. `saved`: put aside. `left`: goes on to the next month."""

    month = MonthField(required=True)
    began = CentsField(required=True, attribute="began_minor")
    allocated = CentsField(required=True, attribute="allocated_minor")
    charged = CentsField(required=True, attribute="charged_minor")
    from_pay = CentsField(required=True, attribute="short_minor")
    cells = fields.List(fields.Nested(CellOut), required=True)
    gross = CentsField(required=True, attribute="gross_minor")
    by_itself = CentsField(required=True, attribute="by_itself.paid_minor")
    net = CentsField(required=True, allow_none=True, attribute="net_minor")
    minutes = MinutesField(required=True)
    hours = HoursField(required=True, attribute="minutes")
    saved = CentsField(required=True, attribute="saved_minor")
    left = CentsField(required=True, attribute="left_minor")


class PlanOut(Out):
    """`net` leaves out the years in `tax_not_known`. `here`: months whose budget is there already;
    what is planned for them is ordered by hand."""

    months = fields.List(fields.Nested(PlannedOut), required=True, attribute="plan.months")
    gross = CentsField(required=True, attribute="plan.gross_minor")
    net = CentsField(required=True, attribute="plan.net_minor")
    tax_not_known = fields.List(fields.Integer(), required=True, attribute="plan.unknown")
    minutes = MinutesField(required=True, attribute="plan.minutes")
    hours = HoursField(required=True, attribute="plan.minutes")
    saved = CentsField(required=True, attribute="plan.saved_minor")
    here = fields.List(MonthField(), required=True)


class CloseIn(In):
    early = fields.String(load_default="", validate=validate.Length(max=500))


class ObstacleOut(Out):
    """Why a month cannot be closed yet; `code` is stable."""

    code = fields.String(required=True)
    message = fields.String(required=True)
    data = fields.Dict(keys=fields.String(), values=fields.String(), required=True)


class SchemeMonthOut(Out):
    """`pending`: orders that nobody decided yet. `close`: the run that closes it."""

    scheme = fields.String(required=True)
    takes_orders_through = fields.Date(required=True, allow_none=True)
    allocated = fields.Boolean(required=True)
    pending = fields.Integer(required=True)
    close = fields.Nested(RunOut, required=True, allow_none=True)


class MonthOut(Out):
    """`digest`, `rows` and `sealed_at` are null until it is sealed."""

    month = MonthField(required=True)
    state = fields.String(required=True)
    schemes = fields.List(fields.Nested(SchemeMonthOut), required=True)
    obstacles = fields.List(fields.Nested(ObstacleOut), required=True)
    digest = fields.String(required=True, allow_none=True)
    rows = fields.Integer(required=True, allow_none=True)
    sealed_at = MomentField(required=True, allow_none=True)


def month_in_words(view: MonthView) -> str:
    """Some lines for a terminal."""
    lines = [f"{view.month} is {view.state}"]
    for each in view.schemes:
        if each.close is not None:
            close = each.close
            lines.append(
                f"  {each.scheme}: {close.done} of {close.employees} employees done, "
                f"{close.skipped} skipped, {close.transfers} transfers"
            )
            for line in close.differences:
                value = f"EUR {line.amount}" if line.amount is not None else f"{line.minutes} hours"
                lines.append(f"    {line.code:<26} {value:>18}  {line.employees} employees")
    if view.digest is not None:
        lines.append(f"  {view.rows} transfers, digest {view.digest}")
    return "\n".join(lines)
