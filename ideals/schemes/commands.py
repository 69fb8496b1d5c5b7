"""Publishing. A version is published once, never edited, and replaced from a later month."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ideals import audit
from ideals.kernel.actor import Actor
from ideals.kernel.month import Month
from ideals.schemes.errors import (
    SchemeCodeDiffers,
    SchemeVersionPublished,
    SchemeVersionTooEarly,
)
from ideals.schemes.models import SchemeVersion
from ideals.schemes.rules import Scheme, checked


@dataclass(frozen=True, slots=True)
class PublishScheme:
    """`text` is the whole YAML document; `scheme` the code it must have, when that is known."""

    text: str
    scheme: str | None = None


def publish_scheme(
    session: Session, cmd: PublishScheme, *, actor: Actor, now: datetime
) -> SchemeVersion:
    """Publishing the same text again changes nothing and answers what is there.

    Raises `SchemeRefused`, `SchemeCodeDiffers`, `SchemeVersionPublished`, `SchemeVersionTooEarly`.
    """
    scheme = checked(cmd.text)
    if cmd.scheme is not None and cmd.scheme != scheme.code:
        raise SchemeCodeDiffers(
            f"the document is of the scheme {scheme.code!r}, not of {cmd.scheme!r}",
            scheme=scheme.code,
        )
    digest = hashlib.sha256(scheme.text.encode()).hexdigest()
    _lock_scheme(session, scheme.code)
    published = session.scalar(
        select(SchemeVersion).where(
            SchemeVersion.scheme == scheme.code, SchemeVersion.version == scheme.version
        )
    )
    if published is not None:
        _check_same(published, digest)
        return published
    before = _check_later(session, scheme)
    version = SchemeVersion(
        scheme=scheme.code,
        version=scheme.version,
        document=scheme.text,
        digest=digest,
        published_at=now,
        published_by=actor.name,
    )
    session.add(version)
    audit.record(
        session,
        "schemes.published",
        f"scheme:{scheme.code}:{scheme.version}",
        actor=actor,
        now=now,
        digest=digest,
        before=before and str(before),
        after=str(scheme.version),
    )
    session.flush()  # reason: the caller shows and caches by the id the database gives
    return version


def _lock_scheme(session: Session, code: str) -> None:
    """Two publications of one scheme wait for each other until the transaction ends."""
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"scheme:{code}", 0))))


def _check_same(published: SchemeVersion, digest: str) -> None:
    if published.digest != digest:
        raise SchemeVersionPublished(
            f"version {published.version} of {published.scheme} is published with another text; "
            "give the changed document a later version",
            scheme=published.scheme,
            version=str(published.version),
        )


def _check_later(session: Session, scheme: Scheme) -> Month | None:
    """The last version published."""
    latest = session.scalar(
        select(SchemeVersion.version)
        .where(SchemeVersion.scheme == scheme.code)
        .order_by(SchemeVersion.version.desc())
        .limit(1)
    )
    if latest is not None and scheme.version < latest:
        raise SchemeVersionTooEarly(
            f"version {scheme.version} of {scheme.code} is earlier than the last one published, "
            f"{latest}; a new version must be later",
            scheme=scheme.code,
            version=str(scheme.version),
            latest=str(latest),
        )
    return latest
