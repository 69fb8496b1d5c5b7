"""Published schemes: the version in force, the list of versions, the document itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache

from sqlalchemy import func, or_, select, tuple_
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from ideals.kernel.month import Month
from ideals.people.models import Employment
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


def latest_version(session: Session, code: str) -> Month | None:
    """The last version published; `None` when there is none."""
    return session.scalar(
        select(func.max(SchemeVersion.version)).where(SchemeVersion.scheme == code)
    )


def document_of(session: Session, code: str, version: Month) -> str | None:
    """The text of a version; `None` when there is no such version."""
    return session.scalar(
        select(SchemeVersion.document).where(
            SchemeVersion.scheme == code, SchemeVersion.version == version
        )
    )


@dataclass(frozen=True, slots=True)
class SchemeLine:
    """A scheme in a list. `scheme` is the version in force, or the first one while none is."""

    scheme: Scheme
    in_force: bool
    versions: int
    next: Month | None
    """The first version that holds from a later month."""


def scheme_lines(session: Session, month: Month) -> list[SchemeLine]:
    """Every scheme as it is in a month, in the order of the codes."""
    rows = session.execute(select(SchemeVersion.id, SchemeVersion.scheme, SchemeVersion.version))
    by_code: dict[str, list[tuple[Month, int]]] = {}
    for row in rows:
        by_code.setdefault(row.scheme, []).append((row.version, row.id))
    shown: dict[str, tuple[Month, int]] = {}
    for code, versions in by_code.items():
        versions.sort()
        past = [each for each in versions if each[0] <= month]
        shown[code] = past[-1] if past else versions[0]
    ids = [version_id for _, version_id in shown.values()]
    found = session.execute(
        select(SchemeVersion.id, SchemeVersion.document).where(SchemeVersion.id.in_(ids))
    )
    documents = {row.id: row.document for row in found}
    return [
        SchemeLine(
            scheme=compiled(shown[code][1], documents[shown[code][1]]),
            in_force=shown[code][0] <= month,
            versions=len(versions),
            next=next((version for version, _ in versions if version > month), None),
        )
        for code, versions in sorted(by_code.items())
    ]


@dataclass(frozen=True, slots=True)
class VersionLine:
    """A version without its document."""

    version: Month
    digest: str
    published_at: datetime
    published_by: str


def version_lines(session: Session, code: str) -> list[VersionLine]:
    """The latest first. Raises `SchemeNotFound`."""
    rows = session.execute(
        select(
            SchemeVersion.version,
            SchemeVersion.digest,
            SchemeVersion.published_at,
            SchemeVersion.published_by,
        )
        .where(SchemeVersion.scheme == code)
        .order_by(SchemeVersion.version.desc())
    )
    lines = [VersionLine(*row) for row in rows]
    if not lines:
        raise SchemeNotFound(f"there is no scheme {code!r}", scheme=code)
    return lines


def employees_in(session: Session, code: str, on: date) -> int:
    """How many are employed under a scheme on a day, as far as is known now."""
    latest = (
        select(Employment.scheme, Employment.leaves_on)
        .ext(distinct_on(Employment.employee_id))
        .where(Employment.superseded_at.is_(None), Employment.valid_from <= on)
        .order_by(Employment.employee_id, Employment.valid_from.desc())
        .subquery()
    )
    counted = session.scalar(
        select(func.count())
        .select_from(latest)
        .where(latest.c.scheme == code, or_(latest.c.leaves_on.is_(None), latest.c.leaves_on >= on))
    )
    return counted or 0
