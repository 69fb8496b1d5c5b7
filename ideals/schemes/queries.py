"""Published schemes: the version in force, the list of versions, the document itself."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from functools import lru_cache

from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import Session

from ideals.kernel.month import Month
from ideals.schemes.errors import SchemeNotFound, SchemeRefused
from ideals.schemes.models import SchemeVersion
from ideals.schemes.rules import Scheme, check, describe

KEPT_COMPILED = 256


def scheme_for(session: Session, code: str, month: Month) -> Scheme | None:
    """The version in force in a month; `None` when none is published for it."""
    found = session.execute(
        select(SchemeVersion.id, SchemeVersion.document)
        .where(SchemeVersion.scheme == code, SchemeVersion.version <= month)
        .order_by(SchemeVersion.version.desc())
        .limit(1)
    ).one_or_none()
    return None if found is None else compiled(found.id, found.document)


def scheme_version(session: Session, code: str, version: Month) -> Scheme:
    """Exactly this version, to tell afterwards what it said. Raises `SchemeNotFound`."""
    found = published_version(session, code, version)
    return compiled(found.id, found.document)


@lru_cache(maxsize=KEPT_COMPILED)
def compiled(version_id: int, document: str) -> Scheme:
    """A published version, compiled once a process. A version is never edited, so this never ages.

    The document is part of the key because a rolled-back publication may leave its id to another.
    """
    result = check(document)
    if isinstance(result, Scheme):
        return result
    raise SchemeRefused(
        f"the published scheme version {version_id} no longer passes the check:\n{describe(result)}"
    )


def scheme_codes(session: Session) -> list[str]:
    """Every scheme with a published version, in the order of the alphabet."""
    return list(session.scalars(select(SchemeVersion.scheme).distinct().order_by("scheme")))


def latest_schemes(session: Session) -> list[Scheme]:
    """The latest version of every scheme, in the order of their codes."""
    latest = select(SchemeVersion.scheme, func.max(SchemeVersion.version)).group_by(
        SchemeVersion.scheme
    )
    rows = session.execute(
        select(SchemeVersion.id, SchemeVersion.document)
        .where(tuple_(SchemeVersion.scheme, SchemeVersion.version).in_(latest))
        .order_by(SchemeVersion.scheme)
    )
    return [compiled(row.id, row.document) for row in rows]


def full_time_hours(session: Session) -> dict[str, Decimal]:
    """The hours of a full-time week by scheme, as its latest version says."""
    return {scheme.code: scheme.full_time_hours for scheme in latest_schemes(session)}


def earliest_version_since(session: Session, code: str, since: datetime) -> Month | None:
    """The earliest month that a version published after `since` holds from; `None`: there is none.

    Months from there on may have been worked out under an older version.
    """
    return session.scalar(
        select(func.min(SchemeVersion.version)).where(
            SchemeVersion.scheme == code, SchemeVersion.published_at > since
        )
    )


def scheme_versions(session: Session, code: str) -> list[SchemeVersion]:
    """The latest first; empty when there is no such scheme."""
    return list(
        session.scalars(
            select(SchemeVersion)
            .where(SchemeVersion.scheme == code)
            .order_by(SchemeVersion.version.desc())
        )
    )


def published_version(session: Session, code: str, version: Month) -> SchemeVersion:
    """The version as it was published. Raises `SchemeNotFound`."""
    found = session.scalar(
        select(SchemeVersion).where(SchemeVersion.scheme == code, SchemeVersion.version == version)
    )
    if found is None:
        raise SchemeNotFound(f"there is no version {version} of a scheme {code!r}", scheme=code)
    return found


def export(session: Session, code: str, version: Month | None = None) -> str:
    """The document as it was published: this version, or the latest. Raises `SchemeNotFound`."""
    if version is not None:
        return published_version(session, code, version).document
    versions = scheme_versions(session, code)
    if not versions:
        raise SchemeNotFound(f"there is no scheme {code!r}", scheme=code)
    return versions[0].document
