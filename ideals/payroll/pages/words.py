"""What kinds, treatments, accounts and refusals are called, in the reader's language."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from flask import has_request_context, url_for
from flask_babel import LazyString, lazy_gettext
from sqlalchemy import select
from sqlalchemy.orm import Session

from ideals.approvals.models import Approval
from ideals.approvals.queries import Fact, Told
from ideals.budgets.pages.words import ACCOUNTS, gettext, quantity
from ideals.budgets.queries import Panel
from ideals.kernel.errors import IdealsError
from ideals.kernel.money import Money
from ideals.kernel.month import Month
from ideals.kernel.quantity import Unit
from ideals.kernel.said import Said
from ideals.ledger.queries import SourceTold
from ideals.ledger.states import AccountKind, MonthState
from ideals.notices.queries import Words
from ideals.payroll.models import Bonus, Line, Refusal
from ideals.payroll.queries import Behind, bonuses_of
from ideals.payroll.queries.refusals import ids_in
from ideals.payroll.states import LineKind, RefusalState, Tax
from ideals.people.models import Employee
from ideals.people.pages.faults import fault
from ideals.pricing.rules import Step
from ideals.schemes.rules.scheme import named
from ideals.shop.pages.words import order_title
from ideals.web import formats
from ideals.web.errors import register_words
from ideals.web.language import language

KINDS: dict[LineKind, LazyString] = {
    LineKind.PAY: lazy_gettext("Paid out"),
    LineKind.DEDUCTION: lazy_gettext("Kept back from pay"),
    LineKind.PURCHASE: lazy_gettext("Paid from the budget"),
    LineKind.HOURS: lazy_gettext("Leave bought or sold"),
    LineKind.ADDITION: lazy_gettext("Addition to wage"),
    LineKind.BONUS: lazy_gettext("Performance bonus"),
}
ITEMS: dict[str, LazyString] = {
    "left_over": lazy_gettext("what was left over"),
    "rest": lazy_gettext("what was left on leaving"),
    "savings": lazy_gettext("savings on leaving"),
    "development": lazy_gettext("development money on leaving"),
    "debt": lazy_gettext("a debt on leaving"),
    "settlement": lazy_gettext("settled on leaving"),
    "target": lazy_gettext("of a target in a deal"),
}
"""What is no product."""
TAXES: dict[Tax, LazyString] = {
    Tax.TAXED: lazy_gettext("taxed"),
    Tax.EXEMPT: lazy_gettext("exempt"),
    Tax.FREE_SPACE: lazy_gettext("free space"),
    Tax.ADDITION: lazy_gettext("by an addition"),
    Tax.NONE: lazy_gettext("no wage"),
}
MONTHS: dict[MonthState, tuple[str, str, LazyString]] = {
    MonthState.OPEN: ("plain", "○", lazy_gettext("open")),
    MonthState.CLOSING: ("wait", "◐", lazy_gettext("being closed")),
    MonthState.SEALED: ("good", "●", lazy_gettext("sealed")),
}
"""State to tone, shape and word: colour is never the only sign."""
REFUSALS: dict[RefusalState, tuple[str, str, LazyString]] = {
    RefusalState.OPEN: ("wait", "◐", lazy_gettext("waits for HR")),
    RefusalState.REVERSED: ("plain", "↺", lazy_gettext("taken back")),
    RefusalState.KEPT: ("good", "●", lazy_gettext("kept")),
}
DECISIONS: dict[str, LazyString] = {
    "open": lazy_gettext("waits"),
    "approved": lazy_gettext("approved"),
    "refused": lazy_gettext("refused"),
    "withdrawn": lazy_gettext("no longer needed"),
    "expired": lazy_gettext("not decided in time"),
}
EMPLOYERS: dict[AccountKind, LazyString] = {
    AccountKind.BUDGET: lazy_gettext("Employer"),
    AccountKind.LEAVE: lazy_gettext("Employer, leave"),
    AccountKind.PAY_OUT: lazy_gettext("Pay"),
    AccountKind.PURCHASE: lazy_gettext("Purchases"),
}

for _code, _words in {
    "payroll_batch_unknown": lazy_gettext(
        "There is no batch of this month. It is made when the month is sealed."
    ),
    "month_not_sealed": lazy_gettext("%(month)s is not sealed. Close the month first."),
    "payroll_line_unknown": lazy_gettext("The batch has no such line."),
    "payroll_code_too_late": lazy_gettext(
        "A batch was made with the old code. Choose %(earliest)s or a later month."
    ),
    "payroll_refusal_unknown": lazy_gettext("There is no such line that payroll sent back."),
    "payroll_refusal_decided": lazy_gettext("HR decided about this line before."),
    "payroll_nothing_to_reverse": lazy_gettext(
        "Nothing of this line can be taken back here: it has no transfers, or they were taken back "
        "before. Keep it, and say why."
    ),
}.items():
    register_words(_code, _words)


def item_name(item: str, products: Mapping[str, Mapping[str, str]]) -> str:
    if item in products:
        return named(products[item], language(), item)
    return str(ITEMS.get(item, item))


def usual_name(kind: str, item: str, products: Mapping[str, Mapping[str, str]]) -> str:
    """What goes under a code that nobody gave."""
    if kind == LineKind.BONUS:
        return str(KINDS[LineKind.BONUS])
    return f"{KINDS[LineKind(kind)]}: {item_name(item, products)}"


def account_name(kind: AccountKind, *, own: bool) -> str:
    return str((ACCOUNTS if own else EMPLOYERS).get(kind, kind))


def file_fault(message: str) -> str:
    """What is wrong with a row or a file, from here or from the reading of cells."""
    return formats.said(message) if isinstance(message, Said) else fault(message)


def value(unit: str, minor: int) -> str:
    return quantity(Unit(unit), minor)


def signed(unit: str, minor: int) -> str:
    """What something changes by."""
    return f"+{value(unit, minor)}" if minor > 0 else value(unit, minor)


# One line -------------------------------------------------------------------------------------


def product_of(behind: Behind) -> str:
    return order_title(behind.order, behind.product)


def ordered(behind: Behind) -> str:
    order = behind.order
    return gettext(
        "Order %(number)s of %(day)s.", number=order.number, day=formats.day(order.ordered_at)
    )


def choice_of(behind: Behind) -> str:
    """Who wanted it: the person at that moment, or by a choice that repeats."""
    if behind.choice is None:
        return gettext("ordered by %(who)s", who=behind.order.ordered_by)
    return gettext(
        "standing choice since %(month)s", month=formats.month_name(behind.choice.from_month)
    )


def decision_of(behind: Behind, approval: Approval) -> str:
    state = str(DECISIONS.get(approval.state, approval.state))
    who = behind.deciders[approval.id].ender
    if who is None or approval.ended_at is None:
        return state
    said = gettext(
        "%(state)s by %(who)s on %(day)s",
        state=state,
        who=who,
        day=formats.day(approval.ended_at),
    )
    return f"{said}: {approval.reason}" if approval.reason else said


def price_of(behind: Behind) -> str:
    return formats.money(Money(behind.order.price_minor))


def step(step: Step) -> str:
    return formats.said(step.text)


# What others ask ------------------------------------------------------------------------------


def bonus_panels(session: Session, employee_id: int, month: Month) -> list[Panel]:
    """Bonuses from this month on, beside the budget. Registered with the home of budgets."""
    return [
        Panel(
            gettext("Performance bonus"),
            formats.money(bonus.amount),
            gettext(
                "Paid with your pay of %(month)s, beside your budget.",
                month=formats.month_name(bonus.month),
            ),
        )
        for bonus in bonuses_of(session, employee_id, month)
    ]


def describe_bonuses(session: Session, sources: Collection[str]) -> Mapping[str, SourceTold]:
    """Registered for `bonus:ID`."""
    ids = {source: int(source.partition(":")[2]) for source in sources}
    rows = session.scalars(select(Bonus).where(Bonus.id.in_(set(ids.values()))))
    found = {bonus.id: bonus for bonus in rows}
    return {
        source: SourceTold(
            gettext(
                "From a file that %(who)s handed in on %(day)s.",
                who=found[id_].actor,
                day=formats.day(found[id_].recorded_at),
            )
        )
        for source, id_ in ids.items()
        if id_ in found
    }


def describe_refusals(session: Session, sources: Collection[str]) -> Mapping[str, SourceTold]:
    """What a reversal answers. Registered for `payroll_refusal:ID`."""
    ids = ids_in(sources)
    found = {
        refusal.id: refusal
        for refusal in session.scalars(select(Refusal).where(Refusal.id.in_(set(ids.values()))))
    }
    return {
        source: SourceTold(
            gettext(
                "Payroll could not process this in %(month)s: %(reason)s",
                month=formats.month_name(found[id_].month),
                reason=found[id_].reason,
            )
        )
        for source, id_ in ids.items()
        if id_ in found
    }


def describe_tasks(session: Session, subjects: Collection[str]) -> Mapping[str, Told]:
    """A refused line as HR's task. Registered with the approvals."""
    ids = ids_in(subjects)
    rows = session.execute(
        select(Refusal, Line, Employee)
        .join(Line, (Line.month == Refusal.month) & (Line.line == Refusal.line))
        .join(Employee, Employee.id == Line.employee_id)
        .where(Refusal.id.in_(set(ids.values())))
    ).all()
    found = {row.Refusal.id: row for row in rows}
    return {
        subject: _task(found[id_].Refusal, found[id_].Line, found[id_].Employee)
        for subject, id_ in ids.items()
        if id_ in found
    }


def _task(refusal: Refusal, line: Line, employee: Employee) -> Told:
    return Told(
        gettext("Payroll sent a line of %(name)s back", name=employee.name),
        (
            Fact(gettext("Reason of payroll"), refusal.reason),
            Fact(gettext("Month"), formats.month_name(line.month)),
            Fact(gettext("Code"), line.code),
            Fact(gettext("Amount"), value(line.unit, line.minor)),
            Fact(
                gettext("If you approve"),
                gettext("what the line stands for is taken back in the open month"),
            ),
            Fact(gettext("If you refuse"), gettext("it stays as it is, for the reason you give")),
        ),
        href=_line_page(line),
    )


def _line_page(line: Line) -> str | None:
    if not has_request_context():
        return None
    return url_for("payroll_pages.line", month=str(line.month), line=line.line)


def ready_words(data: Mapping[str, Any], in_language: str) -> Words:
    """The notice to payroll that a month can be processed."""
    del in_language
    month = formats.month_name(Month.parse(data["month"]))
    return Words(
        gettext("The batch of %(month)s is ready", month=month),
        gettext("The month is sealed, and its batch can be processed."),
        f"/payroll/{data['month']}",
        gettext("Look at the batch"),
    )


def reversed_words(data: Mapping[str, Any], in_language: str) -> Words:
    """The notice to the employee whose line was taken back."""
    del in_language
    month = formats.month_name(Month.parse(data["month"]))
    return Words(
        gettext("Something of %(month)s was taken back", month=month),
        gettext(
            "Payroll could not process a part of your choices of %(month)s: %(reason)s HR took it "
            "back; your statement shows what that changed.",
            month=month,
            reason=sentence(data["reason"]),
        ),
        "/statement",
        gettext("Look at your statement"),
    )


def sentence(text: str) -> str:
    """Ended like one, for another may follow."""
    return text if text.endswith((".", "!", "?")) or not text else f"{text}."


def month_given(text: str) -> Month | None:
    """From an address or a form; what is no month asks nothing."""
    try:
        return Month.parse(text)
    except IdealsError:
        return None
