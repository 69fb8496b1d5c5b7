"""What rules hold: published policies, those that come built in, and what HR is writing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from ideals.approvals import policy as rights
from ideals.approvals.errors import DraftNotFound, PolicyNotFound
from ideals.approvals.models import PolicyDraft, PolicyVersion
from ideals.approvals.queries.in_force import built_in_policy, facts_of, readable
from ideals.approvals.rules import By, Fault, Policy, Who, built_in_text, check
from ideals.approvals.states import Kind
from ideals.kernel.actor import Actor
from ideals.kernel.said import say as _
from ideals.people import queries as people
from ideals.people.models import Employee
from ideals.schemes.rules.document import Item, read


@dataclass(frozen=True, slots=True)
class Line:
    """A published policy without its document."""

    id: int
    kind: str
    starts_on: date
    digest: str
    published_at: datetime
    published_by: str


@dataclass(frozen=True, slots=True)
class Held:
    """What holds: the last policy published, else what is built in.

    `since`: its first day, `None` for what is built in. `unreadable`: the first day of the
    published one that would hold, if it could still be read.
    """

    policy: Policy
    since: date | None
    unreadable: date | None = None


_LINE = (
    PolicyVersion.id,
    PolicyVersion.kind,
    PolicyVersion.starts_on,
    PolicyVersion.digest,
    PolicyVersion.published_at,
    PolicyVersion.published_by,
)


def lines(session: Session, kind: Kind) -> list[Line]:
    """The latest first; empty while what is built in holds."""
    found = session.execute(
        select(*_LINE).where(PolicyVersion.kind == kind).order_by(PolicyVersion.starts_on.desc())
    )
    return [Line(*row) for row in found]


def lines_by_kind(session: Session) -> dict[Kind, list[Line]]:
    """Every kind, the latest first; one statement."""
    by_kind: dict[Kind, list[Line]] = {kind: [] for kind in Kind}
    for row in session.execute(select(*_LINE).order_by(PolicyVersion.starts_on.desc())):
        by_kind[Kind(row.kind)].append(Line(*row))
    return by_kind


def version_on(session: Session, kind: Kind, starts_on: date) -> PolicyVersion | None:
    """The one that begins on exactly this day."""
    return session.scalar(
        select(PolicyVersion).where(
            PolicyVersion.kind == kind, PolicyVersion.starts_on == starts_on
        )
    )


def published_version(session: Session, kind: Kind, starts_on: date) -> PolicyVersion:
    """Raises `PolicyNotFound`."""
    found = version_on(session, kind, starts_on)
    if found is None:
        raise PolicyNotFound(f"no policy of {kind.value!r} begins on {starts_on}", kind=kind.value)
    return found


def in_force(session: Session, kind: Kind, day: date) -> Held:
    """What holds on a day."""
    row = session.execute(
        select(PolicyVersion.starts_on, PolicyVersion.document)
        .where(PolicyVersion.kind == kind, PolicyVersion.starts_on <= day)
        .order_by(PolicyVersion.starts_on.desc())
        .limit(1)
    ).one_or_none()
    return _held(kind) if row is None else _held(kind, row.starts_on, row.document)


def all_in_force(session: Session, day: date) -> dict[Kind, Held]:
    """Of every kind; one statement."""
    rows = session.execute(
        select(PolicyVersion.kind, PolicyVersion.starts_on, PolicyVersion.document)
        .where(PolicyVersion.starts_on <= day)
        .ext(distinct_on(PolicyVersion.kind))
        .order_by(PolicyVersion.kind, PolicyVersion.starts_on.desc())
    )
    published = {Kind(row.kind): _held(Kind(row.kind), row.starts_on, row.document) for row in rows}
    return {kind: published.get(kind) or _held(kind) for kind in Kind}


def _held(kind: Kind, starts_on: date | None = None, document: str = "") -> Held:
    policy = None if starts_on is None else readable(kind, document)
    if policy is None:
        return Held(built_in_policy(kind), None, starts_on)
    return Held(policy, starts_on)


def export(session: Session, kind: Kind, starts_on: date | None = None) -> str:
    """The document as it was published: of this day, else the latest, else what is built in.

    Raises `PolicyNotFound` for a day on which none begins.
    """
    if starts_on is not None:
        return published_version(session, kind, starts_on).document
    latest = session.scalar(
        select(PolicyVersion.document)
        .where(PolicyVersion.kind == kind)
        .order_by(PolicyVersion.starts_on.desc())
        .limit(1)
    )
    return built_in_text(kind) if latest is None else latest


# Drafts


def access_draft(session: Session, kind: Kind, *, actor: Actor) -> PolicyDraft:
    """Raises `MayNotKeepPolicies`, `DraftNotFound`."""
    draft = draft_of(session, kind, actor=actor)
    if draft is None:
        raise DraftNotFound(f"nobody is writing a policy of {kind.value!r}", kind=kind.value)
    return draft


def draft_of(session: Session, kind: Kind, *, actor: Actor) -> PolicyDraft | None:
    """Raises `MayNotKeepPolicies`."""
    rights.check_keeps_policies(actor)
    return session.get(PolicyDraft, kind)


def drafts(session: Session, *, actor: Actor) -> dict[Kind, PolicyDraft]:
    """Raises `MayNotKeepPolicies`."""
    rights.check_keeps_policies(actor)
    return {Kind(draft.kind): draft for draft in session.scalars(select(PolicyDraft))}


# People


def named_people(policy: Policy) -> Iterator[tuple[str, str]]:
    """(path in the document, personnel number) of everybody named."""
    for place, case in enumerate(policy.cases):
        at = f"cases[{place}]"
        if case.check is not None:
            yield from _named(f"{at}.check", case.check.step.who, case.check.step.to)
        for number, stage in enumerate(case.stages):
            for inner, step in enumerate(stage.steps):
                beside = f".{stage.mode}[{inner}]" if len(stage.steps) > 1 else ""
                yield from _named(f"{at}.steps[{number}]{beside}", step.who, step.to)


def _named(at: str, who: Who, to: Who | None) -> Iterator[tuple[str, str]]:
    for key, named in (("who", who), ("to", to)):
        if named is not None and named.by is By.PERSON:
            yield f"{at}.{key}.person", named.value


def faults_about_people(session: Session, policy: Policy, day: date) -> list[Fault]:
    """Of people who are named and not known, or no longer employed on the day it begins."""
    named = list(named_people(policy))
    if not named:
        return []
    rows = session.execute(
        select(Employee.number, people.is_employed(Employee.id, day)).where(
            Employee.number == func.any([number for _, number in named])
        )
    )
    employed = dict(rows.all())
    faults = []
    for path, number in named:
        if not employed.get(number):
            found = (
                _("%(number)s, whom nobody knows", number=number)
                if number not in employed
                else _("%(number)s, who does not work here then", number=number)
            )
            right = _("the personnel number of somebody who works here on the first day")
            faults.append(Fault(path, line_of(policy.text, path), found, right))
    return faults


def draft_read(session: Session, kind: Kind, text: str, today: date) -> Policy | list[Fault]:
    """A draft, or all that keeps it from being published as one of this kind."""
    policy = check(text, facts_of(kind))
    if not isinstance(policy, Policy):
        return policy
    if policy.kind is not kind:
        found = _("a policy of another kind")
        return [Fault("policy", line_of(text, "policy"), found, kind.value)]
    return faults_about_people(session, policy, max(policy.starts_on, today)) or policy


def replaced_by(session: Session, policy: Policy) -> Held:
    """What holds until a policy begins."""
    return in_force(session, policy.kind, policy.starts_on - timedelta(days=1))


def line_of(text: str, path: str) -> int:
    """Where a path of a document stands."""
    root = read(text).root
    return next((item.line for item in _items(root) if item.path == path), 1)


def _items(item: Item | None) -> Iterator[Item]:
    if item is None:
        return
    yield item
    for inner in (*(item.entries or {}).values(), *(item.items or [])):
        yield from _items(inner)


def names_of_people(session: Session, policies: Sequence[Policy]) -> Mapping[str, str]:
    """By personnel number, of everybody whom these policies name."""
    numbers = {number for policy in policies for _, number in named_people(policy)}
    if not numbers:
        return {}
    rows = session.execute(
        select(Employee.number, Employee.name).where(Employee.number == func.any(sorted(numbers)))
    )
    return dict(rows.all())
