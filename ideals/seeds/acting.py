"""Meridian's people as they act in the shop: through its commands, each with their own rights.

What the shop refuses is left, as people do who read why: nothing of it stays.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from ideals.access import commands as access
from ideals.access import queries as access_queries
from ideals.access.models import User, UserRole
from ideals.approvals import commands as approvals
from ideals.approvals import queries as approval_queries
from ideals.approvals.models import Approval
from ideals.approvals.states import Decision, State
from ideals.kernel.actor import Actor
from ideals.kernel.errors import IdealsError
from ideals.people.models import Employee
from ideals.pricing import commands as pricing
from ideals.seeds.papers import paper
from ideals.seeds.wishes import Answer, Habit, Wish
from ideals.shop import commands as shop
from ideals.shop.commands import choices
from ideals.shop.models import Choice
from ideals.shop.states import ChoiceState, OrderState

log = logging.getLogger("ideals.seeds")


@dataclass(slots=True)
class Staff:
    """Whoever of the people acts. `hr`: decides what is HR's, and invites managers to decide.

    `held`: orders that wait for somebody.
    """

    session: Session
    zone: ZoneInfo
    hr: str
    held: set[UUID] = field(default_factory=set)
    _employees: dict[str, Employee] = field(default_factory=dict)
    _users: dict[int, Actor] = field(default_factory=dict)

    # Orders

    def order(self, wish: Wish, *, now: datetime) -> None:
        try:
            with self.session.begin_nested():
                self._order(wish, now)
        except IdealsError as refusal:
            _tell(wish, refusal)

    def _order(self, wish: Wish, now: datetime) -> None:
        who, employee = self.actor(wish.number, now), self._employee(wish.number)
        asked = pricing.MakeQuote(
            employee.id, wish.product, wish.quantity, wish.price_minor, wish.for_month
        )
        quote = pricing.make_quote(self.session, asked, actor=who, now=now, zone=self.zone)
        self.session.flush()  # reason: the order reads its quote by a statement of its own
        files: tuple[shop.NewEvidence, ...] = ()
        if wish.paper is not None:
            content = paper(wish.paper, employee.name, quote.price_minor, wish.on)
            files = (shop.NewEvidence(content),)
        cmd = shop.PlaceOrder(wish.order_id, quote.token, employee.id, files)
        order = shop.place_order(self.session, cmd, actor=who, now=now)
        if order.state == OrderState.HELD:
            self.held.add(order.id)

    def cancel(self, wish: Wish, *, now: datetime) -> None:
        cmd = shop.CancelOrder(wish.order_id)
        who = self.actor(wish.number, now)
        shop.cancel_order(self.session, cmd, actor=who, now=now, zone=self.zone)

    def answer(self, wish: Wish, *, now: datetime) -> None:
        """By whoever has to, one after another, until the first no."""
        if wish.order_id not in self.held:
            return
        decision = Decision.APPROVE if wish.answer is Answer.YES else Decision.REFUSE
        for approval in approval_queries.of_subject(self.session, f"order:{wish.order_id}"):
            while approval.state == State.OPEN:
                cmd = approvals.Decide(approval.id, decision, wish.reason or None)
                approvals.decide(self.session, cmd, actor=self.decider(approval, now), now=now)

    # Standing choices

    def choose(self, habit: Habit, *, now: datetime) -> None:
        try:
            with self.session.begin_nested():
                self._choose(habit, now)
        except IdealsError as refusal:
            _tell(habit, refusal)

    def _choose(self, habit: Habit, now: datetime) -> None:
        who, employee = self.actor(habit.number, now), self._employee(habit.number)
        what = choices.What(habit.mode, habit.amount, habit.month.plus(1))
        there = self.session.scalar(
            select(Choice).where(
                Choice.employee_id == employee.id,
                Choice.product == habit.product,
                Choice.state == ChoiceState.ACTIVE,
                Choice.until_month.is_(None),
            )
        )
        if there is None:
            new = choices.SetChoice(employee.id, habit.product, what)
            choices.set_choice(self.session, new, actor=who, now=now, zone=self.zone)
        else:
            change = choices.ChangeChoice(there.id, there.version, what)
            choices.change_choice(self.session, change, actor=who, now=now, zone=self.zone)

    # Who they are

    def actor(self, number: str, now: datetime) -> Actor:
        """Whoever signs in; nobody needs an account here but who decides."""
        employee = self._employee(number)
        if employee.id in self._users:
            return replace(self._users[employee.id], proved_at=now)
        return Actor(name=employee.email or "", employee_id=employee.id, proved_at=now)

    def shown(self, number: str) -> None:
        """They have an account now, which the sign-in page of the demo offers."""
        employee = self._employee(number)
        self._users[employee.id] = self._user(employee)

    def decider(self, approval: Approval, now: datetime) -> Actor:
        steps = approval_queries.steps_of(self.session, [approval])[approval.id]
        step = approval_queries.now_with(steps)
        if step is None or step.approver_id is None:
            return self.actor(self.hr, now)
        if step.approver_id not in self._users:
            manager = self.session.get_one(Employee, step.approver_id)
            assert manager.email is not None  # noqa: S101  the files give everybody one
            cmd = access.Invite(manager.email)
            access.invite(self.session, cmd, actor=self.actor(self.hr, now), now=now)
            self._users[manager.id] = self._user(manager)
        return replace(self._users[step.approver_id], proved_at=now)

    def _user(self, employee: Employee) -> Actor:
        user = self.session.scalars(select(User).where(User.employee_id == employee.id)).one()
        roles = self.session.scalars(select(UserRole.role).where(UserRole.user_id == user.id))
        return access_queries.actor_of(user, list(roles))

    def _employee(self, number: str) -> Employee:
        if number not in self._employees:
            query = select(Employee).where(Employee.number == number)
            self._employees[number] = self.session.scalars(query).one()
        return self._employees[number]


def _tell(wanted: Wish | Habit, refusal: IdealsError) -> None:
    log.info(
        "%s wanted %s in %s: %s (%s)",
        wanted.number, wanted.product, wanted.month, refusal.message, refusal.code,
    )  # fmt: skip
