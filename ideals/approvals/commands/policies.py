"""Policies: written as a draft, published once from a later day, never edited."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ideals import audit
from ideals.approvals.errors import (
    DraftMovedOn,
    DraftNotFound,
    DraftUnusable,
    PolicyDayPassed,
    PolicyKindDiffers,
    PolicyPublished,
    PolicyRefused,
    PolicyTooEarly,
)
from ideals.approvals.models import DRAFT_VERSION, PolicyDraft, PolicyVersion
from ideals.approvals.queries import policies as queries
from ideals.approvals.queries.in_force import facts_of, forget
from ideals.approvals.rules import Policy, checked, describe, kind_of
from ideals.approvals.states import Kind
from ideals.config import Settings
from ideals.kernel.actor import Actor
from ideals.schemes.rules.check import plain
from ideals.schemes.rules.document import MAX_BYTES


@dataclass(frozen=True, slots=True)
class PublishPolicy:
    """`text` is the whole YAML document; `kind` what it must be of, when that is known.

    `from_any_day`: for a history that is loaded; whoever publishes a rule for people to go by
    gives it a day to come.
    """

    text: str
    kind: Kind | None = None
    from_any_day: bool = False


@dataclass(frozen=True, slots=True)
class SaveDraft:
    """`seen`: the version that was open while it was written; `None`: there was none."""

    kind: Kind
    text: str
    seen: int | None


@dataclass(frozen=True, slots=True)
class PublishDraft:
    kind: Kind
    seen: int


@dataclass(frozen=True, slots=True)
class DiscardDraft:
    kind: Kind
    seen: int


def publish(session: Session, cmd: PublishPolicy, *, actor: Actor, now: datetime) -> PolicyVersion:
    """Publishing the same text again changes nothing and answers what is there.

    Raises `PolicyRefused`, `PolicyKindDiffers`, `PolicyDayPassed`, `PolicyPublished`,
    `PolicyTooEarly`.
    """
    policy = checked_for(session, cmd.text, cmd.kind, now=now)
    digest = hashlib.sha256(policy.text.encode()).hexdigest()
    _lock(session, policy.kind)
    published = queries.version_on(session, policy.kind, policy.starts_on)
    if published is not None:
        _check_same(published, digest)
        return published
    if not cmd.from_any_day:
        check_day_comes(policy.starts_on, _today(now))
    before = _check_later(session, policy)
    version = PolicyVersion(
        kind=policy.kind,
        starts_on=policy.starts_on,
        document=policy.text,
        digest=digest,
        published_at=now,
        published_by=actor.name,
        published_by_user_id=actor.user_id,
    )
    session.add(version)
    subject = f"policy:{policy.kind}:{policy.starts_on}"
    audit.record(
        session,
        "approvals.published",
        subject,
        actor=actor,
        now=now,
        digest=digest,
        before=before and before.isoformat(),
        after=policy.starts_on.isoformat(),
    )
    if cmd.from_any_day:
        forget()  # it may hold already
    session.flush()  # reason: the caller shows and caches by the id the database gives
    return version


def checked_for(session: Session, text: str, kind: Kind | None, *, now: datetime) -> Policy:
    """What a document says, as one of this kind. Raises `PolicyRefused`, `PolicyKindDiffers`."""
    found = kind_of(text) or kind or Kind.ORDER
    if kind is not None and found is not kind:
        raise PolicyKindDiffers(
            f"the document is a policy of {found.value!r}, not of {kind.value!r}",
            kind=found.value,
        )
    policy = checked(text, facts_of(found))
    faults = queries.faults_about_people(session, policy, max(policy.starts_on, _today(now)))
    if faults:
        raise PolicyRefused(
            f"the policy has {len(faults)} faults:\n{describe(faults)}",
            faults=[asdict(fault) for fault in faults],
        )
    return policy


def check_day_comes(starts_on: date, today: date) -> None:
    """Raises `PolicyDayPassed`."""
    if starts_on <= today:
        tomorrow = today + timedelta(days=1)
        raise PolicyDayPassed(
            f"the policy would hold from {starts_on}; the first day must be {tomorrow} or later",
            starts_on=starts_on.isoformat(),
            earliest=tomorrow.isoformat(),
        )


def _check_same(published: PolicyVersion, digest: str) -> None:
    if published.digest != digest:
        raise PolicyPublished(
            f"a policy of {published.kind} from {published.starts_on} is published with another "
            "text; give the changed document a later day",
            kind=published.kind,
            starts_on=published.starts_on.isoformat(),
        )


def _check_later(session: Session, policy: Policy) -> date | None:
    """The day of the last one published."""
    latest = session.scalar(
        select(func.max(PolicyVersion.starts_on)).where(PolicyVersion.kind == policy.kind)
    )
    if latest is not None and policy.starts_on < latest:
        raise PolicyTooEarly(
            f"a policy of {policy.kind} from {policy.starts_on} comes before the last one "
            f"published, {latest}; a new one must hold from a later day",
            kind=policy.kind.value,
            starts_on=policy.starts_on.isoformat(),
            latest=latest.isoformat(),
        )
    return latest


def _lock(session: Session, kind: Kind) -> None:
    """Whoever publishes or saves one of a kind waits for the other until the transaction ends."""
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"policy:{kind}", 0))))


# Drafts


def save_draft(session: Session, cmd: SaveDraft, *, actor: Actor, now: datetime) -> PolicyDraft:
    """Keep what is written, with faults and all. Raises `DraftUnusable`, `DraftMovedOn`."""
    text = checked_draft(cmd.text)
    _lock(session, cmd.kind)
    draft = session.get(PolicyDraft, cmd.kind)
    _check_seen(draft, cmd.seen)
    if draft is not None and draft.document == text:
        return draft
    version = session.scalar(DRAFT_VERSION)
    if draft is None:
        draft = PolicyDraft(kind=cmd.kind)
        session.add(draft)
    draft.document, draft.version = text, version
    draft.changed_at, draft.changed_by = now, actor.name
    return draft


def checked_draft(text: str) -> str:
    """With its line ends made one kind. Raises `DraftUnusable`."""
    text = plain(text)
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > MAX_BYTES:
        raise DraftUnusable(
            f"this text has {size:,} bytes; a policy has at most {MAX_BYTES:,}",
            size=size,
            most=MAX_BYTES,
        )
    if "\0" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
        raise DraftUnusable("this text holds characters that are none", most=MAX_BYTES)
    return text


def publish_draft(
    session: Session, cmd: PublishDraft, *, actor: Actor, now: datetime
) -> PolicyVersion:
    """Exactly the version that was looked at; then the draft is no more.

    Raises `DraftNotFound`, `DraftMovedOn`, and what `publish` does.
    """
    _lock(session, cmd.kind)
    draft = _draft(session, cmd.kind)
    _check_seen(draft, cmd.seen)
    asked = PublishPolicy(draft.document, cmd.kind)
    published = publish(session, asked, actor=actor, now=now)
    session.delete(draft)
    return published


def discard_draft(session: Session, cmd: DiscardDraft, *, actor: Actor, now: datetime) -> None:
    """Raises `DraftNotFound`, `DraftMovedOn`."""
    _lock(session, cmd.kind)
    draft = _draft(session, cmd.kind)
    _check_seen(draft, cmd.seen)
    session.delete(draft)
    subject = f"policy:{cmd.kind}"
    audit.record(session, "approvals.draft_discarded", subject, actor=actor, now=now)


def _draft(session: Session, kind: Kind) -> PolicyDraft:
    draft = session.get(PolicyDraft, kind)
    if draft is None:
        raise DraftNotFound(f"nobody is writing a policy of {kind.value!r}", kind=kind.value)
    return draft


def _check_seen(draft: PolicyDraft | None, seen: int | None) -> None:
    if draft is None:
        if seen is not None:
            raise DraftMovedOn(
                "this draft was published or thrown away; look again", by="", at="", current=None
            )
    elif draft.version != seen:
        raise DraftMovedOn(
            f"{draft.changed_by} saved this draft at {draft.changed_at.isoformat()}; look again",
            by=draft.changed_by,
            at=draft.changed_at.isoformat(),
            current=draft.version,
        )


def _today(now: datetime) -> date:
    return now.astimezone(Settings.read().zone).date()
