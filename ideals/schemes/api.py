"""`/api/v1/schemes`: published schemes, publishing, and the facts formulas may use."""

from __future__ import annotations

from dataclasses import replace

from flask import url_for
from sqlalchemy import select
from sqlalchemy.orm import Session

from ideals.db import unit_of_work
from ideals.kernel import clock
from ideals.kernel.actor import Role
from ideals.kernel.month import Month, MonthUnreadable
from ideals.schemes import policy, queries
from ideals.schemes.commands import PublishScheme, publish_scheme
from ideals.schemes.errors import SchemeNotFound
from ideals.schemes.models import SchemeVersion
from ideals.schemes.rules import CATALOGUE, Fact, Scheme
from ideals.schemes.schemas import (
    FactOut,
    PublishIn,
    SchemeOut,
    VersionDocumentOut,
    VersionOut,
)
from ideals.web.actor import current_actor
from ideals.web.api import Blueprint, creates
from ideals.web.cursors import Page, PageIn, PageRequest, page_of, page_of_list, paginate
from ideals.web.guards import guard, role, signed_in

bp = Blueprint("schemes", __name__, url_prefix="/api/v1/schemes", description="Schemes")


@bp.get("")
@guard(signed_in)
@bp.arguments(PageIn, location="query", as_kwargs=True)
@bp.response(200, page_of(SchemeOut))
def schemes(page: PageRequest) -> Page[Scheme]:
    """Every scheme, as its latest version names it."""
    with unit_of_work() as session:
        return page_of_list(queries.latest_schemes(session), page, lambda scheme: scheme.code)


@bp.get("/facts")
@guard(signed_in)
@bp.arguments(PageIn, location="query", as_kwargs=True)
@bp.response(200, page_of(FactOut))
def facts(page: PageRequest) -> Page[Fact]:
    """The facts a formula may use. `CODE` is any allowance's or pay element's, `MONTH` a month."""
    return page_of_list(CATALOGUE, page, lambda fact: fact.name)


@bp.get("/<code>/versions")
@guard(signed_in)
@bp.arguments(PageIn, location="query", as_kwargs=True)
@bp.response(200, page_of(VersionOut))
def versions(page: PageRequest, code: str) -> Page[SchemeVersion]:
    """The versions of a scheme, the latest first."""
    with unit_of_work() as session:
        wanted = select(SchemeVersion).where(SchemeVersion.scheme == code)
        found = paginate(session, wanted, page, SchemeVersion.version, descending=True)
        if not found.items and page.after is None:
            raise SchemeNotFound(f"there is no scheme {code!r}", scheme=code)
        return found


@bp.get("/<code>/versions/<version>")
@guard(signed_in)
@bp.response(200, VersionDocumentOut)
def version(code: str, version: str) -> SchemeVersion:
    """One version with its document."""
    try:
        month = Month.parse(version)
    except MonthUnreadable:
        raise SchemeNotFound(f"{version!r} is no version; one is written as 2026-03") from None
    with unit_of_work() as session:
        return queries.published_version(session, code, month)


@bp.post("/<code>/versions")
@guard(role(Role.HR))
@bp.arguments(PublishIn)
@creates(bp, VersionOut, location=lambda made: _location(made))
def publish(session: Session, command: PublishScheme, code: str) -> SchemeVersion:
    """Publish a version. Every fault of the document is in `faults` of the answer 422."""
    actor = current_actor()
    policy.check_may_publish(actor)
    return publish_scheme(session, replace(command, scheme=code), actor=actor, now=clock.now())


def _location(made: SchemeVersion) -> str:
    return url_for("schemes.version", code=made.scheme, version=str(made.version))
