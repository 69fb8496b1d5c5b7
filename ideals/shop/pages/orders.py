"""One order: what happened, where it is, what it moved; taking it back, and its evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from ideals.approvals import queries as approvals
from ideals.approvals.models import Approval, ApprovalStep
from ideals.approvals.pages.words import said_of
from ideals.approvals.queries import Names
from ideals.approvals.rules import Effect
from ideals.approvals.states import Kind, State, Why
from ideals.budgets import queries as budgets
from ideals.budgets.pages.words import gettext
from ideals.config import Settings
from ideals.db import unit_of_work
from ideals.kernel import clock
from ideals.kernel.errors import IdealsError
from ideals.kernel.money import Money
from ideals.kernel.quantity import Minutes, Unit
from ideals.ledger.states import Phase
from ideals.schemes.rules import ProductKind
from ideals.shop import commands, policy, queries
from ideals.shop.commands import CancelOrder, UploadEvidence
from ideals.shop.models import Order
from ideals.shop.pages import terms, words
from ideals.shop.pages.steered import reasons
from ideals.shop.queries import Moved, OrderTold
from ideals.shop.rules import LARGEST_FILE
from ideals.shop.rules.commitments import Plan
from ideals.shop.states import OrderState, Waits
from ideals.web import formats
from ideals.web.actor import current_actor
from ideals.web.guards import guard, signed_in
from ideals.web.headers import MB, body_limit

bp = Blueprint("order_pages", __name__, template_folder="../templates")

TONES = {
    OrderState.HELD: "wait",
    OrderState.POSTED: "good",
    OrderState.REFUSED: "bad",
    OrderState.RELEASED: "bad",
    OrderState.CANCELLED: "plain",
}


@dataclass(frozen=True, slots=True)
class Happened:
    """A step in the life of an order. `tone`: wait, good, bad; `coming`: not yet."""

    when: str
    what: str
    note: str = ""
    tone: str = ""


@bp.get("/orders/<uuid:order_id>")
@guard(signed_in)
def order(order_id: UUID) -> str:
    """For who ordered it; HR and payroll may look, which is written down."""
    return _page(order_id)


def _page(order_id: UUID, *, refused: str = "") -> str:
    actor, now = current_actor(), clock.now()
    today = now.astimezone(Settings.read().zone).date()
    with unit_of_work() as session:
        found = queries.access_order(session, order_id, actor=actor, now=now)
        told = queries.order_told(session, found, today)
        own = policy.is_own(actor, found.employee_id)
        return render_template(
            "shop/order.html",
            told=told,
            order=found,
            own=own,
            employee=budgets.employee(session, found.employee_id),
            title=words.order_title(found, told.product),
            state=(words.STATES[OrderState(found.state)], TONES[OrderState(found.state)]),
            story=story(told),
            asked=told.approvals[-1].id if told.approvals else None,
            moved=[(moved_on(each), what_moved(each)) for each in told.moved],
            takes_back=takes_back(found),
            plan=plan_of_order(found),
            refused=refused,
            step_in_words=words.step_in_words,
            reasons=reasons(told.not_applied),
            cents=Money,
            can_upload=own
            and found.state == OrderState.HELD
            and bool({Waits.EVIDENCE, Waits.CHECK} & set(found.waits_for)),
        )


@bp.post("/orders/<uuid:order_id>/cancellation")
@guard(signed_in)
def cancel(order_id: UUID) -> BaseResponse | tuple[str, int]:
    """Twice is once: a cancelled order stays cancelled."""
    actor, now, zone = current_actor(), clock.now(), Settings.read().zone
    try:
        with unit_of_work() as session:
            queries.access_own_order(session, order_id, actor=actor)
            cmd = CancelOrder(order_id)
            commands.cancel_order(session, cmd, actor=actor, now=now, zone=zone)
    except IdealsError as refusal:
        if refusal.code == "order_unknown":
            raise
        return _page(order_id, refused=terms.why_not(refusal, "")), 409
    flash(gettext("Taken back. It is as if you had not ordered it."))
    return redirect(url_for("order_pages.order", order_id=order_id), 303)


def plan_of_order(order: Order) -> Plan | None:
    """What it is charged month by month, as it was agreed."""
    terms = order.commitment
    if terms is None:
        return None
    price, addition = order.price_minor, order.addition_minor
    return Plan(order.month, terms["months"], terms["divided"], price, addition)


# Evidence ---------------------------------------------------------------------------------------


@bp.post("/orders/<uuid:order_id>/evidence")
@guard(signed_in)
@body_limit(LARGEST_FILE + MB)
def upload(order_id: UUID) -> BaseResponse | tuple[str, int]:
    actor, now = current_actor(), clock.now()
    file = request.files.get("evidence")
    if file is None or not file.filename:
        return _page(order_id, refused=gettext("Choose a file first.")), 422
    try:
        with unit_of_work() as session:
            queries.access_own_order(session, order_id, actor=actor)
            cmd = UploadEvidence(order_id, file.read())
            commands.upload_evidence(session, cmd, actor=actor, now=now)
    except IdealsError as refusal:
        if refusal.code == "order_unknown":
            raise
        return _page(order_id, refused=terms.why_not(refusal, "")), 422
    flash(gettext("Received. HR looks at it."))
    return redirect(url_for("order_pages.order", order_id=order_id), 303)


@bp.get("/orders/<uuid:order_id>/evidence/<uuid:evidence_id>")
@guard(signed_in)
def evidence(order_id: UUID, evidence_id: UUID) -> Response:
    """A file as it was sent, to be kept and not to be run; its name is ours."""
    actor, now = current_actor(), clock.now()
    with unit_of_work() as session:
        found = queries.access_evidence(session, order_id, evidence_id, actor=actor, now=now)
        answer = Response(found.content, mimetype=found.media_type)
        answer.headers["Content-Disposition"] = f'attachment; filename="{found.file_name}"'
        return answer


# What happened ----------------------------------------------------------------------------------


def story(told: OrderTold) -> list[Happened]:
    """From the order to where it is now; what it still waits for last."""
    order = told.order
    happened = [
        Happened(
            formats.at(order.ordered_at),
            gettext("Ordered by itself, by a standing choice")
            if order.choice_id
            else gettext("Ordered"),
            gettext("Order %(number)s", number=order.number),
        )
    ]
    happened += [
        Happened(formats.at(file.uploaded_at), gettext("Evidence sent"), file.file_name)
        for file in told.evidence
    ]
    happened += [
        _asked(each, told.steps_to_decide[each.id], told.deciders[each.id])
        for each in told.approvals
    ]
    if Waits.EVIDENCE in order.waits_for:
        happened.append(Happened("", str(words.WAITS[Waits.EVIDENCE]), tone="wait"))
    ending = _ending(order)
    return [*happened, ending] if ending else happened


def _asked(approval: Approval, steps: Sequence[ApprovalStep], names: Names) -> Happened:
    """Who decides, until when; or who decided, or that nobody had to."""
    if approval.effect == Effect.AFTER:
        note = gettext("A part of such orders is looked at afterwards.")
        return Happened(_ended(approval), gettext("It took effect at once"), note, "good")
    evidence = approval.kind == Kind.EVIDENCE
    by = names.ender or ""
    match State(approval.state):
        case State.OPEN:
            step = approvals.now_with(steps)
            who = names.approver if step and step.approver_id is not None else None
            whose = gettext("%(who)s decides", who=who) if who else gettext("HR decides")
            what = gettext("HR looks at your evidence") if evidence else whose
            alone = step is not None and step.why == Why.NO_MANAGER
            note = gettext("You have no manager here.") if alone else ""
            until = (
                gettext("until %(day)s", day=formats.day(step.due_on))
                if step and step.due_on
                else ""
            )
            return Happened(until, what, note, "wait")
        case State.APPROVED:
            what = gettext("Evidence agreed") if evidence else gettext("Agreed by %(who)s", who=by)
            return Happened(_ended(approval), what, said_of(approval.reason) or "", "good")
        case State.REFUSED:
            what = (
                gettext("Evidence refused") if evidence else gettext("Refused by %(who)s", who=by)
            )
            return Happened(_ended(approval), what, said_of(approval.reason) or "", "bad")
        case State.WITHDRAWN:
            return Happened(_ended(approval), gettext("No longer asked"), "")
    return Happened(_ended(approval), gettext("Not decided in time"), "", "bad")


def _ended(approval: Approval) -> str:
    ended: datetime | None = approval.ended_at
    return "" if ended is None else formats.at(ended)


def _ending(order: Order) -> Happened | None:
    at = "" if order.decided_at is None else formats.at(order.decided_at)
    reason = said_of(order.reason) or ""
    match OrderState(order.state):
        case OrderState.CANCELLED:
            return Happened(at, gettext("Taken back"), reason)
        case OrderState.RELEASED:
            note = gettext("What was set aside is free again.")
            return Happened(at, gettext("The month closed before it was decided"), note, "bad")
        case OrderState.REFUSED:
            note = gettext("What was set aside is free again.")
            return Happened(at, gettext("Refused"), note, "bad")
        case OrderState.POSTED:
            return Happened(at or formats.at(order.ordered_at), gettext("Done"), tone="good")
    return None


def moved_on(moved: Moved) -> str:
    return formats.day_figure(moved.happened_at)


def what_moved(moved: Moved) -> tuple[str, str]:
    """(what, how much) of a transfer."""
    amount = (
        formats.money(Money(moved.minor))
        if moved.unit is Unit.EUR
        else formats.hours(Minutes(moved.minor))
    )
    if moved.reverses:
        return gettext("Given back"), amount
    what = {
        Phase.PENDING: gettext("Set aside"),
        Phase.VOID: gettext("Free again"),
        Phase.POST: gettext("Used of what was set aside"),
        Phase.SINGLE: gettext("Moved"),
    }
    return what[moved.phase], amount


def takes_back(order: Order) -> list[str]:
    """What taking it back does, before it is done."""
    price = formats.money(Money(order.price_minor))
    leave = formats.hours(Minutes(order.minutes))
    if order.commitment is not None and order.state == OrderState.HELD:
        return [gettext("Nobody has to decide about it any more. Nothing was charged yet.")]
    if order.commitment is not None:
        return [gettext("It ends, and what was charged comes back.")]
    if order.state == OrderState.HELD:
        free = leave if order.kind == ProductKind.SELL_LEAVE else price
        return [gettext("%(what)s that is set aside is free again.", what=free)]
    if order.kind == ProductKind.SELL_LEAVE:
        return [
            gettext("%(price)s leaves your budget.", price=price),
            gettext("%(leave)s comes back to your leave.", leave=leave),
        ]
    lines = [gettext("%(price)s comes back, %(purse)s.", price=price, purse=_back(order))]
    if order.minutes:
        lines.append(gettext("%(leave)s leaves your leave.", leave=leave))
    return lines


def _back(order: Order) -> str:
    return str(terms.PURSES[order.paid_from])
