"""Published schemes: the list, the versions of one, one version told, two compared, the facts."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path

from flask import Response, abort, render_template, request
from flask_babel import gettext

from ideals.config import Settings
from ideals.db import unit_of_work
from ideals.kernel import clock
from ideals.kernel.month import Month, MonthUnreadable
from ideals.schemes import queries
from ideals.schemes.pages import words
from ideals.schemes.pages.blueprint import bp, only_hr
from ideals.schemes.pages.example import example
from ideals.schemes.queries import VersionLine
from ideals.schemes.rules import CATALOGUE, Fact, Use, differences
from ideals.web.differences import DiffRow, compare
from ideals.web.guards import guard

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
MOST_LINES = 4000
"""Longer texts are not compared line by line: the look of it is no help, and it takes long."""


def this_month() -> Month:
    return clock.month_of(clock.now(), Settings.read().zone)


@cache
def example_names() -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in EXAMPLES.glob("*.yaml")))


def example_text(name: str) -> str:
    """A document to begin from; 404 for a name that is none."""
    if name not in example_names():
        abort(404)
    return (EXAMPLES / f"{name}.yaml").read_text()


@bp.get("")
@guard(only_hr)
def schemes() -> str:
    month = this_month()
    with unit_of_work() as session:
        lines = queries.scheme_lines(session, month)
    return render_template(
        "schemes/list.html", schemes=lines, month=month, examples=example_names(), words=words
    )


@bp.get("/examples/<name>.yaml")
@guard(only_hr)
def example_document(name: str) -> Response:
    return _document(example_text(name), f"{name}.yaml")


@bp.get("/facts")
@guard(only_hr)
def facts() -> str:
    """Filtered by a word and by where a fact may stand."""
    wanted = request.args.get("q", "").strip()
    place = request.args.get("in", "")
    shown = [fact for fact in CATALOGUE if _is_wanted(fact, wanted, place)]
    return render_template(
        "schemes/facts.html", facts=shown, q=wanted, place=place, uses=list(Use), words=words
    )


def _is_wanted(fact: Fact, wanted: str, place: str) -> bool:
    if place and not any(use.name == place.upper() and use in fact.use for use in Use):
        return False
    told = f"{fact.name} {gettext(fact.unit)} {gettext(fact.meaning)}"
    return wanted.casefold() in told.casefold()


@bp.get("/<code>")
@guard(only_hr)
def scheme(code: str) -> str:
    month = this_month()
    with unit_of_work() as session:
        lines = queries.version_lines(session, code)
        in_force = _in_force(lines, month)
        shown = queries.scheme_version(session, code, in_force or lines[-1].version)
    return render_template(
        "schemes/scheme.html",
        scheme=shown,
        versions=lines,
        in_force=in_force,
        before={line.version: older.version for line, older in pairwise(lines)},
        month=month,
        words=words,
    )


def _in_force(lines: Sequence[VersionLine], month: Month) -> Month | None:
    return next((line.version for line in lines if line.version <= month), None)


@bp.route("/<code>/<month>", methods=["GET", "POST"])
@guard(only_hr)
def version(code: str, month: str) -> str:
    """POST brings made-up facts to try; it changes nothing, and keeps salaries out of addresses."""
    now = this_month()
    with unit_of_work() as session:
        row = queries.published_version(session, code, version_asked(month))
        told = queries.compiled(row.id, row.document)
        lines = queries.version_lines(session, code)
    return render_template(
        "schemes/version.html",
        scheme=told,
        row=row,
        in_force=_in_force(lines, now),
        older=next((line.version for line in lines if line.version < told.version), None),
        newer=next((line.version for line in lines[::-1] if line.version > told.version), None),
        month=now,
        example=example(told, request.form, now),
        words=words,
    )


@bp.get("/<code>/<month>/document.yaml")
@guard(only_hr)
def document(code: str, month: str) -> Response:
    """Exactly as it was published."""
    with unit_of_work() as session:
        text = queries.published_version(session, code, version_asked(month)).document
    return _document(text, f"{code}-{month}.yaml")


def _document(text: str, filename: str) -> Response:
    response = Response(text.encode(), content_type="application/yaml; charset=utf-8")
    response.headers.set("Content-Disposition", "attachment", filename=filename)
    return response


@bp.get("/<code>/compare")
@guard(only_hr)
def compare_versions(code: str) -> str:
    """`from` and `to`; without them, or unreadable: the last version and the one before it."""
    with unit_of_work() as session:
        versions = [line.version for line in queries.version_lines(session, code)]
        one = _chosen("from", versions, versions[min(1, len(versions) - 1)])
        two = _chosen("to", versions, versions[0])
        old = queries.scheme_version(session, code, one)
        new = queries.scheme_version(session, code, two)
    return render_template(
        "schemes/compare.html",
        old=old,
        new=new,
        versions=versions,
        differences=differences(old, new),
        rows=compared(old.text, new.text),
        words=words,
    )


def _chosen(name: str, versions: Sequence[Month], default: Month) -> Month:
    asked = request.args.get(name)
    return next((version for version in versions if str(version) == asked), default)


def compared(old: str, new: str) -> list[DiffRow] | None:
    """`None`: too long to be compared line by line."""
    if max(old.count("\n"), new.count("\n")) > MOST_LINES:
        return None
    return compare(old, new, around=2)


def version_asked(text: str) -> Month:
    """The month of an address; 404 when it is none."""
    try:
        return Month.parse(text)
    except MonthUnreadable:
        abort(404)
