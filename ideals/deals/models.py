"""Deals: offers, acceptances, messages, drafts, advisers, what happened: as stored."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    SmallInteger,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from ideals.db import Base, MonthColumn, bigid, minor, moment, month
from ideals.kernel.month import Month

TERM_KINDS = (
    "ARRAY['development', 'tasks', 'hours', 'pattern', 'place', 'leave', 'bonus', 'money', 'other']"
)
OVER = "state IN ('ended', 'lapsed', 'refused', 'withdrawn')"
SIDES = "('employee', 'employer')"


class Deal(Base):
    """An individual agreement, from the first offer until it is over.

    `number` is for people to refer to. `manager_id`: who spoke for the employer last. Numbers of
    offers: `offer_number` the last one; `agreed_number` what both accepted and has not started;
    `in_force_number` what holds; `turned_down_number` up to which nothing can be accepted any more.
    `visibility`, `starts_on`, `evaluate_on` and `ends_on` are those of the offer that holds, else
    of the agreed one. `decide_by`: the last day of the law for a marked first offer. `next_on`:
    the day on which the clock looks at it. `reason`: of the last refusal or withdrawal, forgotten
    after a while.
    """

    __tablename__ = "deals_deal"
    __table_args__ = (
        CheckConstraint("employee_id <> manager_id", name="not_with_oneself"),
        CheckConstraint("char_length(subject) BETWEEN 1 AND 200", name="subject_said"),
        CheckConstraint(
            "started IN ('by_employee', 'by_manager', 'by_hr', 'before_hiring')",
            name="started_known",
        ),
        CheckConstraint(
            "state IN ('negotiating', 'agreed', 'in_force', 'ended', 'lapsed', 'refused',"
            " 'withdrawn')",
            name="state_known",
        ),
        CheckConstraint(
            "visibility IN ('parties', 'team_anonymised', 'everyone')", name="visibility_known"
        ),
        CheckConstraint(
            "offer_number > 0 AND agreed_number BETWEEN 1 AND offer_number"
            " AND in_force_number BETWEEN 1 AND offer_number"
            " AND turned_down_number BETWEEN 1 AND offer_number",
            name="numbers_of_offers",
        ),
        CheckConstraint(
            "state <> 'agreed' OR agreed_number IS NOT NULL", name="agreed_on_an_offer"
        ),
        CheckConstraint(
            "(in_force_number IS NULL) = (started_at IS NULL)"
            " AND (state <> 'in_force' OR in_force_number IS NOT NULL)",
            name="in_force_whole",
        ),
        CheckConstraint("approved_at IS NULL OR agreed_number IS NOT NULL", name="approved_offer"),
        CheckConstraint(
            f"({OVER}) = (ended_at IS NOT NULL) AND (ended_at IS NULL) = (ended_by IS NULL)",
            name="ended_whole",
        ),
        CheckConstraint(
            "state <> 'refused' OR (reason IS NOT NULL AND reason <> '')"
            " OR reason_forgotten_at IS NOT NULL",
            name="refused_with_reason",
        ),
        CheckConstraint("version > 0", name="version_counts"),
        Index(None, "employee_id", "id"),
        Index(None, "manager_id", "id"),
        Index(None, "state", "id"),
        # The clock asks for what is due: only that is read.
        Index(
            "deals_deal_to_look_at",
            "next_on",
            "id",
            postgresql_where=text("next_on IS NOT NULL"),
        ),
        # Which evaluations are missing.
        Index(
            "deals_deal_evaluated",
            "evaluate_on",
            "id",
            postgresql_where=text("state = 'in_force' AND evaluate_on IS NOT NULL"),
        ),
        # What colleagues may know of.
        Index(
            "deals_deal_shown",
            "visibility",
            "id",
            postgresql_where=text("state = 'in_force' AND visibility <> 'parties'"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger, Identity(always=True), unique=True)
    employee_id: Mapped[bigid] = mapped_column(ForeignKey("people_employee.id"))
    manager_id: Mapped[bigid] = mapped_column(ForeignKey("people_employee.id"))
    subject: Mapped[str]
    started: Mapped[str]
    state: Mapped[str]
    version: Mapped[int] = mapped_column(server_default="1")
    visibility: Mapped[str]
    offer_number: Mapped[int] = mapped_column(SmallInteger)
    agreed_number: Mapped[int | None] = mapped_column(SmallInteger)
    in_force_number: Mapped[int | None] = mapped_column(SmallInteger)
    turned_down_number: Mapped[int | None] = mapped_column(SmallInteger)
    decide_by: Mapped[date | None]
    by_law: Mapped[bool] = mapped_column(server_default=text("false"))
    starts_on: Mapped[date | None]
    evaluate_on: Mapped[date | None]
    ends_on: Mapped[date | None]
    next_on: Mapped[date | None]
    acted_at: Mapped[moment]
    """When somebody last did something about it."""
    opened_at: Mapped[moment]
    opened_by: Mapped[str]
    opened_by_user_id: Mapped[bigid | None]
    opened_by_employee_id: Mapped[bigid | None] = mapped_column(ForeignKey("people_employee.id"))
    agreed_at: Mapped[moment | None]
    approved_at: Mapped[moment | None]
    started_at: Mapped[moment | None]
    evaluation_asked_at: Mapped[moment | None]
    unit_id: Mapped[bigid | None] = mapped_column(ForeignKey("people_unit.id"))
    """In which the employee was when it began, or when both were last asked about a move."""
    reminded_through: Mapped[date | None]
    """What was to be said through this day, the clock has said."""
    ended_at: Mapped[moment | None]
    ended_by: Mapped[str | None]
    ended_side: Mapped[str | None]
    reason: Mapped[str | None]
    reason_at: Mapped[moment | None]
    reason_forgotten_at: Mapped[moment | None]

    @property
    def source(self) -> str:
        """How others name it: approvals, notices, transfers."""
        return f"deal:{self.id}"


class Offer(Base):
    """One numbered version of a deal's terms, put forward by one side. Only added.

    `text`: the plain offer; `digest`: SHA-256 of it as canonical JSON. `kinds` of terms, each once.
    `cost_minor`: what it costs the employer. `by_law`: a request under the Flexible Working Act.
    """

    __tablename__ = "deals_offer"
    __table_args__ = (
        UniqueConstraint("deal_id", "number"),
        CheckConstraint("number > 0", name="number_counts"),
        CheckConstraint(f"by_side IN {SIDES}", name="side_known"),
        CheckConstraint("NOT by_adviser OR by_side = 'employee'", name="advisers_of_employees"),
        CheckConstraint(
            "NOT by_law OR (number = 1 AND by_side = 'employee')", name="law_asks_once"
        ),
        CheckConstraint(f"cardinality(kinds) > 0 AND kinds <@ {TERM_KINDS}", name="kinds_known"),
        CheckConstraint("cost_minor >= 0", name="cost_not_negative"),
        CheckConstraint("digest ~ '^[0-9a-f]{64}$'", name="digest_is_sha256"),
    )

    id: Mapped[bigid] = mapped_column(primary_key=True)
    deal_id: Mapped[UUID] = mapped_column(ForeignKey("deals_deal.id"))
    number: Mapped[int] = mapped_column(SmallInteger)
    by_side: Mapped[str]
    by_adviser: Mapped[bool]
    by_law: Mapped[bool]
    text: Mapped[dict[str, Any]] = mapped_column(JSONB)
    digest: Mapped[str]
    kinds: Mapped[list[str]] = mapped_column(ARRAY(Text))
    cost_minor: Mapped[minor]
    starts_on: Mapped[date]
    evaluate_on: Mapped[date]
    ends_on: Mapped[date | None]
    visibility: Mapped[str]
    template: Mapped[str | None]
    at: Mapped[moment]
    by: Mapped[str]
    by_user_id: Mapped[bigid | None]
    by_employee_id: Mapped[bigid | None] = mapped_column(ForeignKey("people_employee.id"))


class Acceptance(Base):
    """That a side accepted an offer. Only added; the database refuses one of an older offer."""

    __tablename__ = "deals_acceptance"
    __table_args__ = (
        UniqueConstraint("deal_id", "offer", "side"),
        ForeignKeyConstraint(["deal_id", "offer"], ["deals_offer.deal_id", "deals_offer.number"]),
        CheckConstraint(f"side IN {SIDES}", name="side_known"),
    )

    id: Mapped[bigid] = mapped_column(primary_key=True)
    deal_id: Mapped[UUID]
    offer: Mapped[int] = mapped_column(SmallInteger)
    side: Mapped[str]
    at: Mapped[moment]
    by: Mapped[str]
    by_user_id: Mapped[bigid | None]
    by_employee_id: Mapped[bigid | None] = mapped_column(ForeignKey("people_employee.id"))


class Draft(Base):
    """What somebody is writing, and nobody else ever reads: one of a person and deal.

    `deal_id` is null for the first offer of a deal that is not there yet. `seen`: the number of the
    offer it answers. `text` need not be a whole offer.
    """

    __tablename__ = "deals_draft"
    __table_args__ = (
        UniqueConstraint(
            "employee_id",
            "deal_id",
            name="deals_draft_one",
            postgresql_nulls_not_distinct=True,
        ),
        CheckConstraint("version > 0", name="version_counts"),
    )

    id: Mapped[bigid] = mapped_column(primary_key=True)
    employee_id: Mapped[bigid] = mapped_column(ForeignKey("people_employee.id"))
    deal_id: Mapped[UUID | None] = mapped_column(ForeignKey("deals_deal.id"))
    seen: Mapped[int] = mapped_column(SmallInteger)
    text: Mapped[dict[str, Any]] = mapped_column(JSONB)
    version: Mapped[int]
    changed_at: Mapped[moment]


class Message(Base):
    """What somebody says beside an offer; `asks`: it waits for an answer. Only added."""

    __tablename__ = "deals_message"
    __table_args__ = (
        CheckConstraint(f"side IN {SIDES}", name="side_known"),
        CheckConstraint("char_length(said) BETWEEN 1 AND 10000", name="something_said"),
        Index(None, "deal_id", "id"),
    )

    id: Mapped[bigid] = mapped_column(primary_key=True)
    deal_id: Mapped[UUID] = mapped_column(ForeignKey("deals_deal.id"))
    offer: Mapped[int] = mapped_column(SmallInteger)
    side: Mapped[str]
    by_adviser: Mapped[bool]
    asks: Mapped[bool]
    said: Mapped[str]
    at: Mapped[moment]
    by: Mapped[str]
    by_user_id: Mapped[bigid | None]
    by_employee_id: Mapped[bigid | None] = mapped_column(ForeignKey("people_employee.id"))


class Adviser(Base):
    """Somebody who negotiates beside the employee, in this deal alone, until removed."""

    __tablename__ = "deals_adviser"
    __table_args__ = (
        CheckConstraint("(removed_at IS NULL) = (removed_by IS NULL)", name="removed_whole"),
        Index(
            "deals_adviser_beside",
            "deal_id",
            "employee_id",
            unique=True,
            postgresql_where=text("removed_at IS NULL"),
        ),
        Index(
            "deals_adviser_of_person",
            "employee_id",
            postgresql_where=text("removed_at IS NULL"),
        ),
    )

    id: Mapped[bigid] = mapped_column(primary_key=True)
    deal_id: Mapped[UUID] = mapped_column(ForeignKey("deals_deal.id"))
    employee_id: Mapped[bigid] = mapped_column(ForeignKey("people_employee.id"))
    invited_at: Mapped[moment]
    invited_by: Mapped[str]
    removed_at: Mapped[moment | None]
    removed_by: Mapped[str | None]


class DealEvent(Base):
    """What happened to a deal, in the order in which it did. Only added.

    `offer`: about which; `to_id`: whom it went to; `why`: a code. Texts of refusals stand on the
    deal, where they can be forgotten.
    """

    __tablename__ = "deals_event"
    __table_args__ = (Index(None, "deal_id", "id"),)

    id: Mapped[bigid] = mapped_column(primary_key=True)
    deal_id: Mapped[UUID] = mapped_column(ForeignKey("deals_deal.id"))
    at: Mapped[moment]
    act: Mapped[str]
    by: Mapped[str]
    by_user_id: Mapped[bigid | None]
    by_employee_id: Mapped[bigid | None] = mapped_column(ForeignKey("people_employee.id"))
    side: Mapped[str | None]
    offer: Mapped[int | None] = mapped_column(SmallInteger)
    to_id: Mapped[bigid | None] = mapped_column(ForeignKey("people_employee.id"))
    why: Mapped[str | None]


class DealMoney(Base):
    """A money term that has come into force. `place`: which term of the offer, from 0.

    `way`: a `grant` moves value by itself, a `part` is taken in by the allocation.
    `through_month`: the last by the offer; `stopped_after`: the last that counts since the deal
    ended or was renewed.
    `granted_minor`: what this term has moved so far. `settlements`: how often the deal had moved
    money when this was last looked at. `next_on`: the day of the next look.
    """

    __tablename__ = "deals_money"
    __table_args__ = (
        UniqueConstraint("deal_id", "offer", "place"),
        ForeignKeyConstraint(["deal_id", "offer"], ["deals_offer.deal_id", "deals_offer.number"]),
        CheckConstraint("way IN ('grant', 'part')", name="way_known"),
        CheckConstraint("into_account IN ('budget', 'development')", name="into_known"),
        CheckConstraint("way = 'grant' OR into_account = 'budget'", name="parts_of_budget"),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint("place >= 0", name="place_counts"),
        CheckConstraint("from_month % 100 BETWEEN 1 AND 12", name="from_is_month"),
        CheckConstraint("through_month % 100 BETWEEN 1 AND 12", name="through_is_month"),
        CheckConstraint("stopped_after % 100 BETWEEN 1 AND 12", name="stopped_is_month"),
        CheckConstraint("granted_minor >= 0", name="granted_not_negative"),
        CheckConstraint("through_month >= from_month", name="ordered"),
        # The clock asks for what is due: only that is read.
        Index(
            "deals_money_due",
            "next_on",
            "deal_id",
            postgresql_where=text("next_on IS NOT NULL"),
        ),
    )

    id: Mapped[bigid] = mapped_column(primary_key=True)
    deal_id: Mapped[UUID]
    offer: Mapped[int] = mapped_column(SmallInteger)
    place: Mapped[int] = mapped_column(SmallInteger)
    way: Mapped[str]
    into_account: Mapped[str]
    amount_minor: Mapped[minor]
    from_month: Mapped[month]
    through_month: Mapped[Month | None] = mapped_column(MonthColumn)
    stopped_after: Mapped[Month | None] = mapped_column(MonthColumn)
    granted_minor: Mapped[minor] = mapped_column(server_default="0")
    settlements: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    next_on: Mapped[date | None]


class DealHours(Base):
    """Contract hours of an offer that has come into force: `minutes` a week between two days.

    `through_day` by the offer; `stopped_after` since the deal ended or was renewed.
    """

    __tablename__ = "deals_hours"
    __table_args__ = (
        ForeignKeyConstraint(["deal_id", "offer"], ["deals_offer.deal_id", "deals_offer.number"]),
        CheckConstraint("minutes > 0", name="minutes_positive"),
        CheckConstraint("through_day >= from_day", name="ordered"),
        Index(
            "deals_hours_due",
            "next_on",
            "deal_id",
            postgresql_where=text("next_on IS NOT NULL"),
        ),
    )

    deal_id: Mapped[UUID] = mapped_column(primary_key=True)
    offer: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    minutes: Mapped[int]
    from_day: Mapped[date]
    through_day: Mapped[date | None]
    stopped_after: Mapped[date | None]
    next_on: Mapped[date | None]


class DealCharge(Base):
    """A term in force that takes of the employee's own: a course, or leave.

    `account` pays for it, and `None` means unpaid leave. A course has `cost_minor` from the start;
    leave gets it when it is first looked at, with the monthly `salary_minor` and the contract's
    `week_minutes` of that moment, and `paid_through`, the last day that the account reached.
    `minutes` of leave a week; `None`: whole weeks. `short_said`: that it was too little was said.
    """

    __tablename__ = "deals_charge"
    __table_args__ = (
        ForeignKeyConstraint(["deal_id", "offer"], ["deals_offer.deal_id", "deals_offer.number"]),
        CheckConstraint("account IN ('budget', 'savings', 'development')", name="account_known"),
        CheckConstraint(
            "(course IS NULL) = (through_day IS NOT NULL)"
            " AND (course IS NULL OR (account IS NOT NULL AND cost_minor > 0))",
            name="of_course_or_leave",
        ),
        CheckConstraint("through_day >= from_day", name="ordered"),
        CheckConstraint("minutes > 0", name="minutes_positive"),
        CheckConstraint(
            "charged_minor BETWEEN 0 AND coalesce(cost_minor, 0)", name="charged_in_bounds"
        ),
        Index(
            "deals_charge_due",
            "next_on",
            "deal_id",
            postgresql_where=text("next_on IS NOT NULL"),
        ),
    )

    deal_id: Mapped[UUID] = mapped_column(primary_key=True)
    offer: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    place: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    account: Mapped[str | None]
    course: Mapped[str | None]
    cost_minor: Mapped[minor | None]
    from_day: Mapped[date]
    through_day: Mapped[date | None]
    minutes: Mapped[int | None]
    salary_minor: Mapped[minor | None]
    week_minutes: Mapped[int | None]
    paid_through: Mapped[date | None]
    stopped_after: Mapped[date | None]
    charged_minor: Mapped[minor] = mapped_column(server_default="0")
    settlements: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    short_said: Mapped[bool] = mapped_column(server_default="false")
    next_on: Mapped[date | None]


class DealWeek(Base):
    """The days of the week that a pattern in force keeps for somebody, a bit for each.

    `before`: what was kept when it was set; `None`: nothing was.
    """

    __tablename__ = "deals_week"
    __table_args__ = (
        ForeignKeyConstraint(["deal_id", "offer"], ["deals_offer.deal_id", "deals_offer.number"]),
        CheckConstraint("days BETWEEN 1 AND 127 AND before BETWEEN 1 AND 127", name="some_day"),
        CheckConstraint("through_day >= from_day", name="ordered"),
        CheckConstraint("put_back_at >= set_at", name="set_before"),
        Index(
            "deals_week_due",
            "next_on",
            "deal_id",
            postgresql_where=text("next_on IS NOT NULL"),
        ),
    )

    deal_id: Mapped[UUID] = mapped_column(primary_key=True)
    offer: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    days: Mapped[int] = mapped_column(SmallInteger)
    before: Mapped[int | None] = mapped_column(SmallInteger)
    from_day: Mapped[date]
    through_day: Mapped[date | None]
    stopped_after: Mapped[date | None]
    set_at: Mapped[moment | None]
    put_back_at: Mapped[moment | None]
    next_on: Mapped[date | None]


class DealBonus(Base):
    """What the manager says a target came to, with the evidence: a statement, decided by policy.

    `amount_minor` may be less than was promised, and nothing. `paid_in`: the month it went to
    payroll in, or was granted in. A refused statement may be followed by another.
    """

    __tablename__ = "deals_bonus"
    __table_args__ = (
        ForeignKeyConstraint(["deal_id", "offer"], ["deals_offer.deal_id", "deals_offer.number"]),
        CheckConstraint("paid_as IN ('payroll', 'grant')", name="paid_as_known"),
        CheckConstraint("state IN ('stated', 'approved', 'refused')", name="state_known"),
        CheckConstraint("amount_minor >= 0", name="amount_not_negative"),
        CheckConstraint("char_length(evidence) BETWEEN 1 AND 5000", name="evidence_said"),
        CheckConstraint("(state = 'stated') = (decided_at IS NULL)", name="decided_whole"),
        CheckConstraint(
            "(paid_in IS NOT NULL) = (state = 'approved' AND amount_minor > 0)",
            name="paid_when_approved",
        ),
        CheckConstraint(
            "(transfer_id IS NOT NULL) = (paid_as = 'grant' AND paid_in IS NOT NULL)",
            name="granted_whole",
        ),
        CheckConstraint("due_month % 100 BETWEEN 1 AND 12", name="due_is_month"),
        CheckConstraint("paid_in % 100 BETWEEN 1 AND 12", name="paid_is_month"),
        # A target is judged once, unless the judgement was refused.
        Index(
            "deals_bonus_once",
            "deal_id",
            "offer",
            "place",
            unique=True,
            postgresql_where=text("state <> 'refused'"),
        ),
        Index(
            "deals_bonus_to_payroll",
            "paid_in",
            postgresql_where=text("paid_as = 'payroll' AND paid_in IS NOT NULL"),
        ),
        Index(None, "employee_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    deal_id: Mapped[UUID]
    offer: Mapped[int] = mapped_column(SmallInteger)
    place: Mapped[int] = mapped_column(SmallInteger)
    employee_id: Mapped[bigid] = mapped_column(ForeignKey("people_employee.id"))
    paid_as: Mapped[str]
    due_month: Mapped[month]
    amount_minor: Mapped[minor]
    evidence: Mapped[str]
    state: Mapped[str]
    stated_at: Mapped[moment]
    stated_by: Mapped[str]
    stated_by_user_id: Mapped[bigid | None]
    stated_by_employee_id: Mapped[bigid | None] = mapped_column(ForeignKey("people_employee.id"))
    decided_at: Mapped[moment | None]
    paid_in: Mapped[Month | None] = mapped_column(MonthColumn)
    transfer_id: Mapped[UUID | None]

    @property
    def source(self) -> str:
        """How approvals, transfers and payroll name it."""
        return f"deal_bonus:{self.id}"


class Evaluation(Base):
    """How one side looks back: `number` counts the rounds, and `due_on` is the day of this one, of
    the `offer` in force. Blind until both have. Only added."""

    __tablename__ = "deals_evaluation"
    __table_args__ = (
        UniqueConstraint("deal_id", "number", "side"),
        UniqueConstraint("deal_id", "offer", "due_on", "side"),
        ForeignKeyConstraint(["deal_id", "offer"], ["deals_offer.deal_id", "deals_offer.number"]),
        CheckConstraint(f"side IN {SIDES}", name="side_known"),
        CheckConstraint("number > 0", name="number_counts"),
    )

    id: Mapped[bigid] = mapped_column(primary_key=True)
    deal_id: Mapped[UUID] = mapped_column(ForeignKey("deals_deal.id"))
    number: Mapped[int] = mapped_column(SmallInteger)
    offer: Mapped[int] = mapped_column(SmallInteger)
    due_on: Mapped[date]
    side: Mapped[str]
    answers: Mapped[dict[str, Any]] = mapped_column(JSONB)
    at: Mapped[moment]
    by: Mapped[str]
    by_user_id: Mapped[bigid | None]
    by_employee_id: Mapped[bigid | None] = mapped_column(ForeignKey("people_employee.id"))


class Breach(Base):
    """That a side says the other did not keep something, and how that went on.

    `answer`: what the other side says. `state`: `named`, `answered`, `settled` between the two,
    `with_hr` where it stayed, `closed` by HR. `hr_on`: the day on which it goes to HR.
    """

    __tablename__ = "deals_breach"
    __table_args__ = (
        CheckConstraint(f"side IN {SIDES}", name="side_known"),
        CheckConstraint(
            "state IN ('named', 'answered', 'settled', 'with_hr', 'closed')", name="state_known"
        ),
        CheckConstraint("char_length(said) BETWEEN 1 AND 5000", name="something_said"),
        CheckConstraint("(answer IS NULL) = (answered_at IS NULL)", name="answered_whole"),
        CheckConstraint(
            "(state IN ('settled', 'closed')) = (over_at IS NOT NULL)"
            " AND (over_at IS NULL) = (over_by IS NULL)",
            name="over_whole",
        ),
        ForeignKeyConstraint(["deal_id", "offer"], ["deals_offer.deal_id", "deals_offer.number"]),
        Index(None, "deal_id", "at"),
        Index(
            "deals_breach_open",
            "deal_id",
            "hr_on",
            postgresql_where=text("state IN ('named', 'answered')"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    deal_id: Mapped[UUID] = mapped_column(ForeignKey("deals_deal.id"))
    offer: Mapped[int] = mapped_column(SmallInteger)
    side: Mapped[str]
    said: Mapped[str]
    state: Mapped[str]
    hr_on: Mapped[date]
    at: Mapped[moment]
    by: Mapped[str]
    by_user_id: Mapped[bigid | None]
    by_employee_id: Mapped[bigid | None] = mapped_column(ForeignKey("people_employee.id"))
    answer: Mapped[str | None]
    answered_at: Mapped[moment | None]
    answered_by: Mapped[str | None]
    over_at: Mapped[moment | None]
    over_by: Mapped[str | None]

    @property
    def source(self) -> str:
        return f"breach:{self.id}"


class Ending(Base):
    """That a side wants to end a deal in force after a day, and what the other says to it.

    Without a side HR ended it, by a rule.

    `state`: `asked`, `agreed`, `objected`, `taken_back`, `unanswered`; one is asked at a time.
    """

    __tablename__ = "deals_ending"
    __table_args__ = (
        CheckConstraint(f"side IN {SIDES}", name="side_known"),
        CheckConstraint(
            "state IN ('asked', 'agreed', 'objected', 'taken_back', 'unanswered')",
            name="state_known",
        ),
        CheckConstraint("char_length(reason) BETWEEN 1 AND 5000", name="with_a_reason"),
        CheckConstraint("(state = 'asked') = (answered_at IS NULL)", name="answered_whole"),
        Index(
            "deals_ending_one_asked",
            "deal_id",
            unique=True,
            postgresql_where=text("state = 'asked'"),
        ),
        Index(None, "deal_id", "at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    deal_id: Mapped[UUID] = mapped_column(ForeignKey("deals_deal.id"))
    side: Mapped[str | None]
    last_day: Mapped[date]
    reason: Mapped[str]
    state: Mapped[str]
    answer_by: Mapped[date]
    at: Mapped[moment]
    by: Mapped[str]
    by_user_id: Mapped[bigid | None]
    by_employee_id: Mapped[bigid | None] = mapped_column(ForeignKey("people_employee.id"))
    answer: Mapped[str | None]
    answered_at: Mapped[moment | None]
    answered_by: Mapped[str | None]


class LifeEvent(Base):
    """Something in somebody's life at work that asks both sides to look at their deal again.

    `on`: since when. `employee_says` and `employer_says`: `continue`, `change` or `end`.
    """

    __tablename__ = "deals_life_event"
    __table_args__ = (
        CheckConstraint(
            "kind IN ('new_manager', 'unit_moved', 'long_sickness', 'leaving')", name="kind_known"
        ),
        CheckConstraint(
            "employee_says IN ('continue', 'change', 'end')"
            " AND employer_says IN ('continue', 'change', 'end')",
            name="answers_known",
        ),
        UniqueConstraint("deal_id", "kind", "on"),
    )

    id: Mapped[bigid] = mapped_column(primary_key=True)
    deal_id: Mapped[UUID] = mapped_column(ForeignKey("deals_deal.id"))
    kind: Mapped[str]
    on: Mapped[date]
    at: Mapped[moment]
    employee_says: Mapped[str | None]
    employer_says: Mapped[str | None]
    settled_at: Mapped[moment | None]


class LifeSeen(Base):
    """Through when the clock has looked at what changed of people: one row."""

    __tablename__ = "deals_life_seen"
    __table_args__ = (CheckConstraint("id = 1", name="one"),)

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    recorded_at: Mapped[moment]
    day: Mapped[date]


class Letter(Base):
    """The letter of an agreed offer in one language, kept as it was made. Only added."""

    __tablename__ = "deals_letter"
    __table_args__ = (
        UniqueConstraint("deal_id", "offer", "language"),
        ForeignKeyConstraint(["deal_id", "offer"], ["deals_offer.deal_id", "deals_offer.number"]),
        CheckConstraint("digest ~ '^[0-9a-f]{64}$'", name="digest_is_sha256"),
    )

    id: Mapped[bigid] = mapped_column(primary_key=True)
    deal_id: Mapped[UUID]
    offer: Mapped[int] = mapped_column(SmallInteger)
    language: Mapped[str]
    content: Mapped[bytes] = mapped_column(deferred=True)
    digest: Mapped[str]
    made_at: Mapped[moment]


class Clause(Base):
    """A rule of law or agreement that terms of these kinds must keep, as HR wrote it down.

    A change supersedes the row and adds another. `says`: the rule, by language.
    """

    __tablename__ = "deals_clause"
    __table_args__ = (
        CheckConstraint(f"cardinality(kinds) > 0 AND kinds <@ {TERM_KINDS}", name="kinds_known"),
        Index(
            "deals_clause_in_force",
            "code",
            unique=True,
            postgresql_where=text("superseded_at IS NULL"),
        ),
    )

    id: Mapped[bigid] = mapped_column(primary_key=True)
    code: Mapped[str]
    says: Mapped[dict[str, Any]] = mapped_column(JSONB)
    kinds: Mapped[list[str]] = mapped_column(ARRAY(Text))
    formula: Mapped[str]
    changed_at: Mapped[moment]
    changed_by: Mapped[str]
    changed_by_user_id: Mapped[bigid | None]
    superseded_at: Mapped[moment | None]
    superseded_by: Mapped[str | None]


class Template(Base):
    """The start of an offer that HR publishes. A change supersedes the row and adds another."""

    __tablename__ = "deals_template"
    __table_args__ = (
        Index(
            "deals_template_in_force",
            "code",
            unique=True,
            postgresql_where=text("superseded_at IS NULL"),
        ),
    )

    id: Mapped[bigid] = mapped_column(primary_key=True)
    code: Mapped[str]
    names: Mapped[dict[str, Any]] = mapped_column(JSONB)
    says: Mapped[dict[str, Any]] = mapped_column(JSONB)
    text: Mapped[dict[str, Any]] = mapped_column(JSONB)
    changed_at: Mapped[moment]
    changed_by: Mapped[str]
    changed_by_user_id: Mapped[bigid | None]
    superseded_at: Mapped[moment | None]
    superseded_by: Mapped[str | None]
