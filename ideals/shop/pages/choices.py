"""My choices: what was ordered for this month and those to come, what repeats by itself and what
came of it the last time, and what is charged month by month."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import lazy_gettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from ideals.budgets.pages.words import gettext
from ideals.config import Settings
from ideals.db import unit_of_work
from ideals.kernel import clock
from ideals.kernel.errors import IdealsError, NotFound
from ideals.kernel.money import Money
from ideals.kernel.month import Month
from ideals.pricing import queries as pricing
from ideals.pricing.queries import Buyer
from ideals.schemes.rules import Product, ProductUnit
from ideals.shop import queries
from ideals.shop.commands import choices as commands
from ideals.shop.commands.choices import (
    ChangeChoice,
    EndChoice,
    GoOnWithChoice,
    PauseChoice,
    ReorderChoices,
    SetChoice,
    What,
)
from ideals.shop.commands.commitments import EndCommitment, end_commitment
from ideals.shop.models import Choice, Order
from ideals.shop.pages import terms, words
from ideals.shop.pages.orders import TONES
from ideals.shop.pages.product import number
from ideals.shop.queries import OrdersAsked
from ideals.shop.queries.choices import choices_of
from ideals.shop.queries.commitments import CommitmentTold, commitments_of
from ideals.shop.states import ChoiceMode, ChoiceState, EndedBecause, OrderState, Outcome
from ideals.web import formats
from ideals.web.actor import current_actor
from ideals.web.cursors import Page, page_request, paginate
from ideals.web.errors import register_words
from ideals.web.guards import guard, signed_in
from ideals.web.language import language
from ideals.web.shell import NavItem, navigation

bp = Blueprint("choice_pages", __name__, template_folder="../templates")
navigation.register(
    "07-choices",
    NavItem(lazy_gettext("My choices"), "choice_pages.choices", employee=True, group="mine"),
)
for code, text in {
    "choice_unreadable": lazy_gettext("Look at the amount and the months of this choice again."),
    "choices_beyond_whole": lazy_gettext(
        "Your percentages come to more than 100 together. Make one of them smaller."
    ),
    "rest_not_last": lazy_gettext("Nothing can follow “the rest” in the same month."),
    "not_for_choices": lazy_gettext(
        "This cannot repeat by itself, because it asks something of you each time."
    ),
    "choice_has_no_scheme": lazy_gettext("It belongs to a scheme that you no longer have."),
    "choice_moved_on": lazy_gettext("This changed since you saw it. Look at it again."),
    "choice_ended": lazy_gettext("This choice has ended. Make a new one."),
    "choice_unknown": lazy_gettext("There is no such choice of yours."),
    "commitment_unknown": lazy_gettext("There is no such agreement of yours."),
    "commitment_stays": lazy_gettext("This cannot be ended before its last month."),
}.items():
    register_words(code, text)


@dataclass(frozen=True, slots=True)
class Form:
    """The fields of a standing choice as they were filled in; `about`: the choice it changes."""

    product: str = ""
    mode: str = ChoiceMode.QUANTITY.value
    amount: str = ""
    first: str = ""
    last: str = ""
    about: UUID | None = None


@bp.get("/choices")
@guard(signed_in)
def choices() -> str | Response:
    if current_actor().employee_id is None:
        return redirect("/")
    return _page(Form(product=request.args.get("product", "")))


@bp.post("/choices")
@guard(signed_in)
def add() -> Response | tuple[str, int]:
    def act(session: Session, employee_id: int, what: What, **by: Any) -> None:
        cmd = SetChoice(employee_id, request.form.get("product", ""), what)
        commands.set_choice(session, cmd, **by)

    return _kept(_form(None), act, gettext("Kept. It orders by itself from then on."))


@bp.post("/choices/<uuid:choice_id>")
@guard(signed_in)
def change(choice_id: UUID) -> Response | tuple[str, int]:
    def act(session: Session, employee_id: int, what: What, **by: Any) -> None:
        del employee_id  # the choice is looked up among one's own
        cmd = ChangeChoice(choice_id, _version(), what)
        commands.change_choice(session, cmd, **by)

    return _kept(_form(choice_id), act, gettext("Changed."))


@bp.post("/choices/<uuid:choice_id>/<act>")
@guard(signed_in)
def turn(choice_id: UUID, act: str) -> Response | tuple[str, int]:
    """Pause, go on, end; up and down in the order in which they run."""
    acts: dict[str, Callable[[Session], object]] = {
        "pause": lambda session: commands.pause_choice(
            session, PauseChoice(choice_id, _version()), actor=current_actor(), now=clock.now()
        ),
        "go-on": lambda session: commands.go_on_with_choice(
            session, GoOnWithChoice(choice_id, _version()), actor=current_actor(), now=clock.now()
        ),
        "end": lambda session: commands.end_choice(
            session, EndChoice(choice_id, _version()), actor=current_actor(), now=clock.now()
        ),
        "up": lambda session: _move(session, choice_id, -1),
        "down": lambda session: _move(session, choice_id, 1),
    }
    if act not in acts:
        raise NotFound("There is no such act.")
    return _done(acts[act], "")


@bp.post("/commitments/<uuid:commitment_id>/end")
@guard(signed_in)
def end(commitment_id: UUID) -> Response | tuple[str, int]:
    def act(session: Session) -> object:
        cmd = EndCommitment(commitment_id)
        return end_commitment(session, cmd, actor=current_actor(), now=clock.now())

    return _done(act, gettext("Ended. Nothing more is charged for it."))


def _move(session: Session, choice_id: UUID, by: int) -> None:
    """One place up or down among those that have not ended."""
    employee_id = current_actor().employee_id or 0
    ids = [each.id for each in choices_of(session, employee_id) if each.state != ChoiceState.ENDED]
    if choice_id not in ids:
        raise NotFound("There is no such choice of yours.")
    place = ids.index(choice_id)
    other = max(0, min(len(ids) - 1, place + by))
    ids[place], ids[other] = ids[other], ids[place]
    cmd = ReorderChoices(employee_id, ids)
    commands.reorder_choices(session, cmd, actor=current_actor(), now=clock.now())


def _version() -> int:
    return request.form.get("version", 0, type=int)


def _done(act: Callable[[Session], object], said: str) -> Response | tuple[str, int]:
    try:
        with unit_of_work() as session:
            act(session)
    except NotFound:
        raise
    except IdealsError as refusal:
        return _page(Form(), {"": terms.why_not(refusal, "")}), 409
    if said:
        flash(said)
    return redirect(url_for("choice_pages.choices"), 303)


def _kept(form: Form, act: Callable[..., None], said: str) -> Response | tuple[str, int]:
    """Set or changed; or the form again, with what is wrong beside its field."""
    employee_id = current_actor().employee_id
    if employee_id is None:
        return redirect("/")
    zone = Settings.read().zone
    by = {"actor": current_actor(), "now": clock.now(), "zone": zone}
    try:
        with unit_of_work() as session:
            act(session, employee_id, _what(form), **by)
    except NotFound:
        raise
    except IdealsError as refusal:
        field = {"from_month": "first", "until_month": "last", "amount": "amount"}.get(
            refusal.data.get("field", ""), "amount"
        )
        prefix = "" if form.about is None else f"{form.about}-"
        return _page(form, {f"{prefix}{field}": _fault(refusal)}), 422
    flash(said)
    return redirect(url_for("choice_pages.choices"), 303)


def _form(about: UUID | None) -> Form:
    given = request.form
    return Form(
        given.get("product", ""),
        given.get("mode", ""),
        given.get("amount", ""),
        given.get("first", ""),
        given.get("last", ""),
        about,
    )


def _what(form: Form) -> What:
    """An amount that cannot be read is none, and refused as such."""
    modes = {mode.value: mode for mode in ChoiceMode}
    mode = modes.get(form.mode, ChoiceMode.QUANTITY)
    amount = None if mode is ChoiceMode.REST else number(form.amount, language())
    first = Month.parse(form.first) if form.first else None
    last = Month.parse(form.last) if form.last else None
    return What(mode, amount, first, last)


def _fault(refusal: IdealsError) -> str:
    if refusal.code != "choice_unreadable":
        return terms.why_not(refusal, "")
    if "earliest" in refusal.data:
        earliest = formats.month_name(Month.parse(refusal.data["earliest"]))
        return gettext("It is too late for that month. Begin with %(month)s.", month=earliest)
    if refusal.data["field"] == "until_month":
        return gettext("The last month comes after the first.")
    return gettext("Write an amount above zero; a percentage is at most 100.")


# What is shown ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ChoiceShown:
    """A standing choice in words. `outcome`: what came of it the last time, and `tone`."""

    choice: Choice
    name: str
    what: str
    months: str
    state: tuple[str, str]
    outcome: str
    tone: str
    form: Form


@dataclass(frozen=True, slots=True)
class OrderLine:
    order: Order
    title: str
    price: str
    state: str
    tone: str


@dataclass(frozen=True, slots=True)
class CommitmentShown:
    told: CommitmentTold
    name: str
    what: str
    left: str
    ended: str


def _page(form: Form, errors: dict[str, str] | None = None) -> str:
    employee_id = current_actor().employee_id or 0
    today = clock.now().astimezone(Settings.read().zone).date()
    with unit_of_work() as session:
        buyer = pricing.buyer(session, employee_id, today)
        products = sold_to(buyer)
        standing = choices_of(session, employee_id)
        orders = _orders(session, employee_id)
        return render_template(
            "shop/choices.html",
            orders=orders,
            standing=[choice_shown(e, products) for e in standing if e.state != ChoiceState.ENDED],
            ended=[choice_shown(e, products) for e in standing if e.state == ChoiceState.ENDED],
            commitments=[_commitment(e, products) for e in commitments_of(session, employee_id)],
            may_repeat=[
                (code, words.product_name(product))
                for code, product in products.items()
                if repeats(product)
            ],
            months=[(str(each), formats.month_name(each)) for each in buyer.candidates()[:12]],
            form=form,
            errors=errors or {},
        )


def sold_to(buyer: Buyer) -> dict[str, Product]:
    """Every product of the scheme of now, or of the next month that there is one for."""
    for month in (Month.of(buyer.day), *buyer.candidates()):
        scheme = buyer.scheme(month)
        if scheme is not None:
            return dict(scheme.products)
    return {}


def repeats(product: Product) -> bool:
    """Whether it can be ordered month by month without asking anything."""
    asks = product.asks_price or product.commitment is not None or bool(product.evidence)
    return product.is_ordered and not asks


def _orders(session: Session, employee_id: int) -> Page[OrderLine]:
    """The newest first, page by page."""
    wanted = queries.orders_wanted(employee_id, OrdersAsked())
    page = paginate(session, wanted, page_request(limit=20), Order.number, descending=True)
    products = queries.products_of(session, page.items)
    lines = [
        OrderLine(
            order,
            words.order_title(order, products.get(order.id)),
            formats.money(Money(order.price_minor)),
            str(words.STATES[OrderState(order.state)]),
            TONES[OrderState(order.state)],
        )
        for order in page.items
    ]
    return Page(lines, page.next)


def choice_shown(choice: Choice, products: dict[str, Product]) -> ChoiceShown:
    product = products.get(choice.product)
    outcome, tone = _outcome(choice, product)
    return ChoiceShown(
        choice=choice,
        name=choice.product if product is None else words.product_name(product),
        what=how_much(choice, product),
        months=span(choice.from_month, choice.until_month),
        state=STATES[ChoiceState(choice.state)],
        outcome=outcome,
        tone=tone,
        form=Form(
            choice.product,
            choice.mode,
            "" if choice.amount is None else formats.number(choice.amount, 0, most=6),
            str(choice.from_month),
            "" if choice.until_month is None else str(choice.until_month),
            choice.id,
        ),
    )


STATES = {
    ChoiceState.ACTIVE: ("good", lazy_gettext("at work")),
    ChoiceState.PAUSED: ("wait", lazy_gettext("paused")),
    ChoiceState.ENDED: ("plain", lazy_gettext("ended")),
}


def how_much(choice: Choice, product: Product | None) -> str:
    match ChoiceMode(choice.mode):
        case ChoiceMode.REST:
            return gettext("the rest of each month")
        case ChoiceMode.PERCENT:
            percent = formats.number(choice.amount or Decimal(0), 0, most=6)
            return gettext("%(percent)s%% of what each month brings", percent=percent)
    unit = ProductUnit.PIECE if product is None else product.unit
    amount = terms.quantity(unit, choice.amount or Decimal(0))
    return gettext("%(amount)s each month", amount=amount)


def span(first: Month, last: Month | None) -> str:
    if last is None:
        return gettext("from %(first)s on", first=formats.month_name(first))
    if first == last:
        return gettext("in %(first)s", first=formats.month_name(first))
    return gettext(
        "from %(first)s through %(last)s",
        first=formats.month_name(first),
        last=formats.month_name(last),
    )


def _outcome(choice: Choice, product: Product | None) -> tuple[str, str]:
    """What came of it in the last month it was tried, and in what tone that is said."""
    if choice.last_month is None:
        return gettext("It has not run yet."), "plain"
    month = formats.month_name(choice.last_month)
    if choice.last_outcome == Outcome.ORDERED:
        return gettext("%(month)s: ordered", month=month), "good"
    if choice.last_outcome == Outcome.NOTHING:
        return gettext("%(month)s: there was nothing left", month=month), "plain"
    unit = ProductUnit.PIECE if product is None else product.unit
    why = terms.why_failed(choice, unit)
    return gettext("%(month)s: not ordered. %(why)s", month=month, why=why), "bad"


def _commitment(told: CommitmentTold, products: dict[str, Product]) -> CommitmentShown:
    commitment, plan = told.commitment, told.plan
    product = products.get(commitment.product)
    charge = formats.money(Money(plan.charge(plan.first_month)))
    last = formats.month_name(commitment.last_month)
    done = commitment.ended_because is not None or told.next is None
    return CommitmentShown(
        told,
        commitment.product if product is None else words.product_name(product),
        gettext("%(charge)s a month, through %(last)s", charge=charge, last=last),
        "" if done else formats.money(Money(told.left_minor)),
        _ended(told),
    )


def _ended(told: CommitmentTold) -> str:
    reasons = {
        EndedBecause.EARLY: gettext("You ended it."),
        EndedBecause.LEAVING: gettext("It ended because you leave."),
        EndedBecause.CANCELLED: gettext("Its order was taken back."),
    }
    because = told.commitment.ended_because
    if because is not None:
        return reasons[EndedBecause(because)]
    return "" if told.next else gettext("It is paid.")
