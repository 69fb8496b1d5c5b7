"""Policies, approvals with their steps and what happened, delegations, mandates: as stored."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    Numeric,
    Sequence,
    SmallInteger,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from ideals.db import Base, bigid, minor, moment

KINDS = "ARRAY['order', 'deal', 'price_rule', 'evidence', 'todo', 'check', 'contest']"
OPEN = "state = 'open'"
LIVE = "state IN ('open', 'asked')"
UNTRUSTED = "effect = 'before' AND state = 'approved' AND facts ->> 'trusted' = 'false'"


class PolicyVersion(Base):
    """A policy of one kind, in force from `starts_on` until a later one. Only added."""

    __tablename__ = "approvals_policy"
    __table_args__ = (
        UniqueConstraint("kind", "starts_on"),
        CheckConstraint(f"kind = ANY ({KINDS})", name="kind_known"),
        CheckConstraint("digest ~ '^[0-9a-f]{64}$'", name="digest_is_sha256"),
    )

    id: Mapped[bigid] = mapped_column(primary_key=True)
    kind: Mapped[str]
    starts_on: Mapped[date]
    document: Mapped[str]
    digest: Mapped[str]
    """SHA-256 of the document in UTF-8."""
    published_at: Mapped[moment]
    published_by: Mapped[str]
    published_by_user_id: Mapped[bigid | None]


class Approval(Base):
    """A decision about a subject, in one step or more.

    `employee_id`: whom it is about, who therefore never decides. `what`: what is asked in a few
    words, by language, for messages. `facts`: what the policy's conditions were told, so that
    another policy can be tried on it. `policy_id` is null under a built-in policy. `latest_on`: the
    subject's own last day. Of effect `after` it is approved from the beginning.
    """

    __tablename__ = "approvals_approval"
    __table_args__ = (
        CheckConstraint(f"kind = ANY ({KINDS})", name="kind_known"),
        CheckConstraint("effect IN ('before', 'after')", name="effect_known"),
        CheckConstraint(
            "state IN ('open', 'approved', 'refused', 'withdrawn', 'expired')", name="state_known"
        ),
        CheckConstraint(
            "(state = 'open') = (ended_at IS NULL) AND (ended_at IS NULL) = (ended_by IS NULL)",
            name="ended_whole",
        ),
        CheckConstraint("effect = 'before' OR state = 'approved'", name="after_is_approved"),
        CheckConstraint(
            "state <> 'refused' OR (reason IS NOT NULL AND reason <> '')",
            name="refused_with_reason",
        ),
        Index(
            "approvals_approval_one_open",
            "subject",
            "kind",
            unique=True,
            postgresql_where=text(OPEN),
        ),
        Index(None, "subject"),
        Index(None, "employee_id"),
        Index(None, "asked_by_user_id"),
        # Past cases, to try a policy on and to tell how it went; those to draw from.
        Index("approvals_approval_cases", "kind", "asked_at"),
        # How comparable requests ended.
        Index("approvals_approval_alike", "kind", text("(facts ->> 'product')"), "asked_at"),
        Index(
            "approvals_approval_after",
            "kind",
            "ended_at",
            postgresql_where=text("effect = 'after'"),
        ),
        # Decided before because trust was lost: each of them is checked too.
        Index(
            "approvals_approval_untrusted",
            "kind",
            "ended_at",
            postgresql_where=text(UNTRUSTED),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    subject: Mapped[str]
    employee_id: Mapped[bigid | None] = mapped_column(ForeignKey("people_employee.id"))
    what: Mapped[dict[str, Any]] = mapped_column(JSONB)
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB)
    amount_minor: Mapped[minor | None]
    policy_id: Mapped[bigid | None] = mapped_column(ForeignKey("approvals_policy.id"))
    case_code: Mapped[str]
    effect: Mapped[str]
    state: Mapped[str]
    latest_on: Mapped[date | None]
    asked_at: Mapped[moment]
    asked_by: Mapped[str]
    asked_by_user_id: Mapped[bigid | None]
    asked_by_employee_id: Mapped[bigid | None] = mapped_column(ForeignKey("people_employee.id"))
    ended_at: Mapped[moment | None]
    ended_by: Mapped[str | None]
    reason: Mapped[str | None]


class ApprovalStep(Base):
    """One decision inside an approval; `stage` and `place` number them from 0.

    `rule`: the step as its policy has it. `approver_id` or `role`: with whom it is, fixed when its
    turn comes; `why`: why with them, where the policy names somebody else. `next_on`: the day on
    which the clock looks at it. `days_left`: working days kept while a question is out. `decided_*`
    without a user: the clock did. `decided_for_id`: in whose place. What it is about and who asked
    are copied, for the database to refuse decisions about oneself.
    """

    __tablename__ = "approvals_step"
    __table_args__ = (
        UniqueConstraint("approval_id", "stage", "place"),
        CheckConstraint("mode IN ('all', 'any')", name="mode_known"),
        CheckConstraint(
            "state IN ('waiting', 'open', 'asked', 'approved', 'refused', 'skipped', 'ended')",
            name="state_known",
        ),
        # No open step without an owner.
        CheckConstraint(
            f"NOT ({LIVE}) OR ((approver_id IS NULL) <> (role IS NULL) AND due_on IS NOT NULL)",
            name="with_somebody",
        ),
        # Nor does it wait for somebody who must not decide it.
        CheckConstraint(
            f"NOT ({LIVE}) OR ((approver_id <> about_id) IS NOT FALSE"
            " AND (kind = 'todo' OR (approver_id <> asked_by_employee_id) IS NOT FALSE))",
            name="with_somebody_else",
        ),
        CheckConstraint("(state = 'asked') = (days_left IS NOT NULL)", name="asked_keeps_days"),
        CheckConstraint(
            "(state IN ('approved', 'refused')) = (decided_at IS NOT NULL)"
            " AND (decided_at IS NULL) = (decided_by IS NULL)"
            " AND (decided_by_user_id IS NULL OR decided_at IS NOT NULL)"
            " AND (decided_by_employee_id IS NULL OR decided_by_user_id IS NOT NULL)"
            " AND (decided_for_id IS NULL OR decided_by_employee_id IS NOT NULL)",
            name="decided_whole",
        ),
        CheckConstraint(
            "decided_by_employee_id <> about_id AND decided_for_id <> about_id",
            name="nobody_about_themselves",
        ),
        # A task may be ticked off by whoever noted it.
        CheckConstraint(
            "kind = 'todo' OR (decided_by_user_id <> asked_by_user_id"
            " AND decided_by_employee_id <> asked_by_employee_id)",
            name="nobody_what_they_asked",
        ),
        CheckConstraint(
            "state <> 'refused' OR (reason IS NOT NULL AND reason <> '')",
            name="refused_with_reason",
        ),
        Index(
            "approvals_step_of_approver",
            "approver_id",
            "due_on",
            "id",
            postgresql_where=text(LIVE),
        ),
        Index("approvals_step_of_role", "role", "due_on", "id", postgresql_where=text(LIVE)),
        # The clock asks for what is due: only that is read.
        Index(
            "approvals_step_to_look_at", "next_on", "id", postgresql_where=text("state = 'open'")
        ),
        Index("approvals_step_live_about", "about_id", postgresql_where=text(LIVE)),
        # Few at a time: whoever has to answer looks through all of them.
        Index("approvals_step_asked", "due_on", "id", postgresql_where=text("state = 'asked'")),
        Index("approvals_step_decided_by", "decided_by_user_id", "decided_at"),
        # What was spent of a mandate, and what waits for it.
        Index(
            "approvals_step_on_mandate",
            "mandate_unit_id",
            "decided_at",
            postgresql_where=text("mandate_unit_id IS NOT NULL"),
        ),
    )

    id: Mapped[bigid] = mapped_column(primary_key=True)
    approval_id: Mapped[UUID] = mapped_column(ForeignKey("approvals_approval.id"))
    stage: Mapped[int] = mapped_column(SmallInteger)
    place: Mapped[int] = mapped_column(SmallInteger)
    mode: Mapped[str]
    rule: Mapped[dict[str, Any]] = mapped_column(JSONB)
    state: Mapped[str]
    approver_id: Mapped[bigid | None] = mapped_column(ForeignKey("people_employee.id"))
    role: Mapped[str | None]
    why: Mapped[str | None]
    mandate_unit_id: Mapped[bigid | None] = mapped_column(ForeignKey("people_unit.id"))
    opened_at: Mapped[moment | None]
    due_on: Mapped[date | None]
    next_on: Mapped[date | None]
    days_left: Mapped[int | None] = mapped_column(SmallInteger)
    reminded_at: Mapped[moment | None]
    overdue_at: Mapped[moment | None]
    decided_at: Mapped[moment | None]
    decided_by: Mapped[str | None]
    decided_by_user_id: Mapped[bigid | None]
    decided_by_employee_id: Mapped[bigid | None] = mapped_column(ForeignKey("people_employee.id"))
    decided_for_id: Mapped[bigid | None] = mapped_column(ForeignKey("people_employee.id"))
    reason: Mapped[str | None]
    kind: Mapped[str]
    about_id: Mapped[bigid | None]
    asked_by_user_id: Mapped[bigid | None]
    asked_by_employee_id: Mapped[bigid | None]


class ApprovalEvent(Base):
    """What happened to an approval, in the order in which it did. Only added.

    `for_id`: in whose place; `to_id`: whom it went to; `why`: a code; `said`: what they wrote.
    """

    __tablename__ = "approvals_event"
    __table_args__ = (Index(None, "approval_id", "id"),)

    id: Mapped[bigid] = mapped_column(primary_key=True)
    approval_id: Mapped[UUID] = mapped_column(ForeignKey("approvals_approval.id"))
    step_id: Mapped[bigid | None] = mapped_column(ForeignKey("approvals_step.id"))
    at: Mapped[moment]
    act: Mapped[str]
    by: Mapped[str]
    by_user_id: Mapped[bigid | None]
    by_employee_id: Mapped[bigid | None] = mapped_column(ForeignKey("people_employee.id"))
    for_id: Mapped[bigid | None] = mapped_column(ForeignKey("people_employee.id"))
    to_id: Mapped[bigid | None] = mapped_column(ForeignKey("people_employee.id"))
    to_role: Mapped[str | None]
    why: Mapped[str | None]
    said: Mapped[str | None]


class Look(Base):
    """Up to where the clock has followed changes of people: one row."""

    __tablename__ = "approvals_look"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    recorded_to: Mapped[moment]
    day: Mapped[date]


class Delegation(Base):
    """That somebody decides in another's place, from a day through a day. Kept when it has ended.

    `from_id`: in whose place; `to_id`: who stands in; `kinds`: of what, `None` for everything.
    """

    __tablename__ = "approvals_delegation"
    __table_args__ = (
        CheckConstraint("from_id <> to_id", name="not_to_oneself"),
        CheckConstraint("made_by_employee_id <> to_id", name="not_made_by_who_stands_in"),
        CheckConstraint("until_on >= from_on", name="period_ordered"),
        CheckConstraint(
            f"kinds IS NULL OR (cardinality(kinds) > 0 AND kinds <@ {KINDS})",
            name="kinds_known",
        ),
        CheckConstraint("(ended_at IS NULL) = (ended_by IS NULL)", name="ended_whole"),
        # Read in both directions by whoever looks what is theirs to decide: what can still count.
        Index(
            "approvals_delegation_of_deputy",
            "to_id",
            "until_on",
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index(
            "approvals_delegation_of_principal",
            "from_id",
            "until_on",
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index(None, "from_id", "made_at"),
        Index(None, "to_id", "made_at"),
        Index(None, "made_at", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    from_id: Mapped[bigid] = mapped_column(ForeignKey("people_employee.id"))
    to_id: Mapped[bigid] = mapped_column(ForeignKey("people_employee.id"))
    kinds: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    from_on: Mapped[date]
    until_on: Mapped[date]
    made_at: Mapped[moment]
    made_by: Mapped[str]
    made_by_user_id: Mapped[bigid | None]
    made_by_employee_id: Mapped[bigid | None] = mapped_column(ForeignKey("people_employee.id"))
    ended_at: Mapped[moment | None]
    ended_by: Mapped[str | None]
    ended_by_user_id: Mapped[bigid | None]
    ended_by_employee_id: Mapped[bigid | None] = mapped_column(ForeignKey("people_employee.id"))


class Mandate(Base):
    """Euros that a unit may spend in a year, with the units below it that have none of their own.

    `holder_id`: who decides about them. A change supersedes the row and adds another.
    """

    __tablename__ = "approvals_mandate"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="positive"),
        CheckConstraint("year BETWEEN 2000 AND 2200", name="year_meant"),
        Index(
            "approvals_mandate_in_force",
            "unit_id",
            "year",
            unique=True,
            postgresql_where=text("superseded_at IS NULL"),
        ),
        Index(
            "approvals_mandate_superseded",
            "superseded_at",
            postgresql_where=text("superseded_at IS NOT NULL"),
        ),
        Index(None, "holder_id"),
    )

    id: Mapped[bigid] = mapped_column(primary_key=True)
    unit_id: Mapped[bigid] = mapped_column(ForeignKey("people_unit.id"))
    year: Mapped[int] = mapped_column(SmallInteger)
    amount_minor: Mapped[minor]
    holder_id: Mapped[bigid] = mapped_column(ForeignKey("people_employee.id"))
    changed_at: Mapped[moment]
    changed_by: Mapped[str]
    changed_by_user_id: Mapped[bigid | None]
    superseded_at: Mapped[moment | None]
    superseded_by: Mapped[str | None]


class Draw(Base):
    """That the cases of one day under one case of a policy were drawn from. Only added.

    `begins_at`, `ends_at`: the day as it was on the clock then. `seed`: made when the draw was.
    `population`: how many cases there were; `by_chance`: of those drawn, the ones that chance drew,
    the others are checked because trust was lost. `digest`: SHA-256 of the ids of the population,
    in order, a line each: nothing can be added or left out later unseen.
    """

    __tablename__ = "approvals_draw"
    __table_args__ = (
        # A day is drawn once, whoever tries it.
        UniqueConstraint(
            "day", "kind", "policy_id", "case_code",
            name="approvals_draw_once",
            postgresql_nulls_not_distinct=True,
        ),
        CheckConstraint("share BETWEEN 0 AND 1", name="share_is_one"),
        CheckConstraint(
            "by_chance BETWEEN 0 AND drawn AND drawn <= population", name="drawn_of_population"
        ),
        CheckConstraint("digest ~ '^[0-9a-f]{64}$'", name="digest_is_sha256"),
    )  # fmt: skip

    id: Mapped[bigid] = mapped_column(primary_key=True)
    day: Mapped[date]
    kind: Mapped[str]
    policy_id: Mapped[bigid | None] = mapped_column(ForeignKey("approvals_policy.id"))
    case_code: Mapped[str]
    begins_at: Mapped[moment]
    ends_at: Mapped[moment]
    share: Mapped[Decimal] = mapped_column(Numeric(9, 8))
    seed: Mapped[str]
    population: Mapped[int]
    by_chance: Mapped[int]
    drawn: Mapped[int]
    digest: Mapped[str]
    drawn_at: Mapped[moment]


class Check(Base):
    """A look afterwards at one case; at most one a case.

    It is decided as the approval of kind `check` with the same id, and contested as one of kind
    `contest`, both about `check:<id>`. `contest_until`: the last day to contest it.
    """

    __tablename__ = "approvals_check"
    __table_args__ = (
        UniqueConstraint("approval_id"),
        CheckConstraint("kind NOT IN ('todo', 'check', 'contest')", name="no_check_of_a_check"),
        CheckConstraint("why IN ('drawn', 'all_after_broken')", name="why_known"),
        CheckConstraint(
            "state IN ('drawn', 'open', 'kept', 'broken', 'contested', 'upheld', 'overturned',"
            " 'void')",
            name="state_known",
        ),
        CheckConstraint(
            "(state IN ('drawn', 'open', 'void')) = (decided_at IS NULL)"
            " AND (decided_at IS NULL) = (decided_by IS NULL)",
            name="decided_whole",
        ),
        CheckConstraint(
            "state IN ('drawn', 'open', 'void', 'kept')"
            " OR (reason IS NOT NULL AND reason <> '' AND contest_until IS NOT NULL)",
            name="broken_with_reason",
        ),
        CheckConstraint(
            "(state IN ('contested', 'upheld', 'overturned')) = (contested_at IS NOT NULL)"
            " AND (contested_at IS NULL) = (contest_text IS NULL)"
            " AND (state IN ('upheld', 'overturned')) = (answered_at IS NOT NULL)"
            " AND (answered_at IS NULL) = (answered_by IS NULL)",
            name="contested_whole",
        ),
        CheckConstraint(
            "decided_by_employee_id <> employee_id AND answered_by_employee_id <> employee_id",
            name="nobody_about_themselves",
        ),
        Index(None, "draw_id"),
        Index("approvals_check_findings", "employee_id", "kind", "decided_at", "id"),
        Index("approvals_check_listed", "state", "drawn_at", "id"),
        Index(None, "drawn_at", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    approval_id: Mapped[UUID] = mapped_column(ForeignKey("approvals_approval.id"))
    draw_id: Mapped[bigid] = mapped_column(ForeignKey("approvals_draw.id"))
    employee_id: Mapped[bigid] = mapped_column(ForeignKey("people_employee.id"))
    kind: Mapped[str]
    why: Mapped[str]
    state: Mapped[str]
    drawn_at: Mapped[moment]
    decided_at: Mapped[moment | None]
    decided_by: Mapped[str | None]
    decided_by_user_id: Mapped[bigid | None]
    decided_by_employee_id: Mapped[bigid | None] = mapped_column(ForeignKey("people_employee.id"))
    reason: Mapped[str | None]
    contest_until: Mapped[date | None]
    contested_at: Mapped[moment | None]
    contest_text: Mapped[str | None]
    answered_at: Mapped[moment | None]
    answered_by: Mapped[str | None]
    answered_by_employee_id: Mapped[bigid | None] = mapped_column(ForeignKey("people_employee.id"))
    answer: Mapped[str | None]


class Trust(Base):
    """That somebody's cases of a kind do not take effect unseen any more, until `restored_at`.

    `undone`: no finding that it rested on stands, so nothing may follow from it any more.
    """

    __tablename__ = "approvals_trust"
    __table_args__ = (
        CheckConstraint(
            "(restored_at IS NULL) = (restored_by_check_id IS NULL)"
            " AND (restored_at IS NOT NULL OR NOT undone)",
            name="restored_whole",
        ),
        Index(
            "approvals_trust_lost",
            "employee_id",
            "kind",
            unique=True,
            postgresql_where=text("restored_at IS NULL"),
        ),
        Index(None, "employee_id", "kind", "lost_at"),
    )

    id: Mapped[bigid] = mapped_column(primary_key=True)
    employee_id: Mapped[bigid] = mapped_column(ForeignKey("people_employee.id"))
    kind: Mapped[str]
    lost_at: Mapped[moment]
    lost_by_check_id: Mapped[UUID] = mapped_column(ForeignKey("approvals_check.id"))
    restored_at: Mapped[moment | None]
    restored_by_check_id: Mapped[UUID | None] = mapped_column(ForeignKey("approvals_check.id"))
    undone: Mapped[bool] = mapped_column(server_default="false")


DRAFT_VERSION = Sequence("approvals_draft_version", metadata=Base.metadata)


class PolicyDraft(Base):
    """What HR is writing: one of a kind. `version`: the one that a change must have seen; it never
    comes again, also not in a later draft."""

    __tablename__ = "approvals_draft"
    __table_args__ = (CheckConstraint("version > 0", name="version_counts"),)

    kind: Mapped[str] = mapped_column(primary_key=True)
    document: Mapped[str]
    version: Mapped[int]
    changed_at: Mapped[moment]
    changed_by: Mapped[str]
