"""A document looked at before it is published: every fault, or what it would be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext
from markupsafe import Markup
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from ideals.db import unit_of_work
from ideals.kernel import clock
from ideals.kernel.month import Month
from ideals.schemes import policy, queries
from ideals.schemes.commands import PublishScheme, publish_scheme
from ideals.schemes.errors import SchemeVersionPublished, SchemeVersionTooEarly
from ideals.schemes.pages import words
from ideals.schemes.pages.blueprint import bp, only_hr
from ideals.schemes.pages.example import Example, example
from ideals.schemes.pages.panels import panels
from ideals.schemes.pages.published import (
    compared,
    example_names,
    example_text,
    this_month,
    version_asked,
)
from ideals.schemes.rules import Difference, Fault, Scheme, check, differences
from ideals.schemes.rules.check import plain
from ideals.schemes.rules.document import MAX_BYTES
from ideals.web.actor import current_actor
from ideals.web.differences import DiffRow
from ideals.web.errors import words_for
from ideals.web.guards import guard

AROUND = 2
"""Lines shown before and after a fault."""


@dataclass(frozen=True, slots=True)
class SourceLine:
    """A line of the document with its faults; without a number: lines left out here."""

    number: int | None
    text: str = ""
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a good document stands among what is published.

    `against` is the version it is compared with. `refusal`: why it cannot be published.
    `published`: this very text is.
    """

    against: Scheme | None = None
    employees: int = 0
    since: Month | None = None
    """The first month it holds for that is not to come: those may be worked out again."""
    refusal: str = ""
    published: bool = False


@dataclass(slots=True)
class Checked:
    """Everything the page shows; with `text` empty, only the form."""

    text: str
    errors: Mapping[str, str] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    lines: list[SourceLine] = field(default_factory=list)
    scheme: Scheme | None = None
    standing: Standing = field(default_factory=Standing)
    differences: list[Difference] = field(default_factory=list)
    rows: list[DiffRow] | None = field(default_factory=list)
    example: Example | None = None
    panels: list[Markup] = field(default_factory=list)


@bp.get("/check")
@guard(only_hr)
def check_form() -> str:
    """`begin`: an example by its name, or a published version as `nwb/2026-01`."""
    return _shown(Checked(_begin(request.args.get("begin", ""))))


@bp.post("/check")
@guard(only_hr)
def check_document() -> tuple[str, int]:
    """Looks only: nothing is kept, whatever is found."""
    text, errors = _sent()
    return (_shown(Checked(text, errors)), 422) if errors else checked_page(text)


def checked_page(text: str) -> tuple[str, int]:
    """The page of a text with what is found, and its status."""
    shown = _checked(text)
    return _shown(shown), 422 if shown.faults else 200


@bp.post("/publish")
@guard(only_hr)
def publish() -> Response | tuple[str, int]:
    """Publishing the same text again leads to the same version."""
    actor, now = current_actor(), clock.now()
    policy.check_may_publish(actor)
    text = plain(request.form.get("document", ""))
    shown = _checked(text)
    if shown.scheme is None:
        return _shown(shown), 422
    try:
        with unit_of_work() as session:
            made = publish_scheme(session, PublishScheme(text), actor=actor, now=now)
            code, version = made.scheme, made.version
    except (SchemeVersionPublished, SchemeVersionTooEarly) as refused:
        shown.standing = Standing(shown.standing.against, refusal=words_for(refused))
        return _shown(shown), 409
    if shown.standing.published:
        flash(gettext("This text was published already; nothing changed."))
    else:
        said = gettext(
            "Version %(version)s of %(scheme)s is published.", version=version, scheme=code
        )
        flash(said)
    return redirect(url_for("schemes_pages.version", code=code, month=str(version)), 303)


def _shown(checked: Checked) -> str:
    return render_template(
        "schemes/check.html",
        checked=checked,
        scheme=checked.scheme,
        standing=checked.standing,
        example=checked.example,
        examples=example_names(),
        month=this_month(),
        words=words,
    )


def _begin(begin: str) -> str:
    code, _, version = begin.partition("/")
    if not begin:
        return ""
    if not version:
        return example_text(code)
    with unit_of_work() as session:
        return queries.published_version(session, code, version_asked(version)).document


def _sent() -> tuple[str, dict[str, str]]:
    """The text of the file when there is one, else what was pasted; and what is wrong with it."""
    typed = plain(request.form.get("document", ""))
    upload = request.files.get("file")
    if upload is not None and upload.filename:
        content = upload.stream.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            return typed, {"file": gettext("This file is larger than 256 kB; a scheme never is.")}
        try:
            typed = plain(content.decode("utf-8"))
        except UnicodeDecodeError:
            return typed, {"file": gettext("This file is no text in UTF-8; save it so.")}
    if not typed.strip():
        return typed, {"document": gettext("Paste the document here, or choose a file.")}
    return typed, {}


def _checked(text: str) -> Checked:
    result = check(text)
    if not isinstance(result, Scheme):
        return Checked(text, faults=result, lines=list(_source_lines(text, result)))
    with unit_of_work() as session:
        standing = _standing(session, result)
        against = standing.against
        beside = panels(session, result) if against and not standing.published else []
    return Checked(
        text,
        scheme=result,
        standing=standing,
        differences=differences(against, result) if against else [],
        rows=compared(against.text, result.text) if against else [],
        example=example(result, _typed_example(), this_month()),
        panels=beside,
    )


def _typed_example() -> Mapping[str, str]:
    """The fields of the example, when that is what was sent."""
    return request.form if "salary" in request.form else {}


def _standing(session: Session, scheme: Scheme) -> Standing:
    now = this_month()
    against = queries.scheme_for(session, scheme.code, max(now, scheme.version))
    latest = queries.latest_version(session, scheme.code)
    refusal, published = "", False
    if latest is not None and scheme.version <= latest:
        known = queries.document_of(session, scheme.code, scheme.version)
        published = known == scheme.text
        if not published:
            refusal = words_for(_conflict(scheme, latest, is_there=known is not None))
    first_day = max(scheme.version, now).first
    return Standing(
        against=against,
        employees=queries.employees_in(session, scheme.code, first_day),
        since=scheme.version if scheme.version <= now and against is not None else None,
        refusal=refusal,
        published=published,
    )


def _conflict(
    scheme: Scheme, latest: Month, *, is_there: bool
) -> SchemeVersionPublished | SchemeVersionTooEarly:
    """The refusal that publishing would meet, said before anybody tries."""
    kind = SchemeVersionPublished if is_there else SchemeVersionTooEarly
    return kind("", scheme=scheme.code, version=str(scheme.version), latest=str(latest))


def _source_lines(text: str, faults: list[Fault]) -> Iterator[SourceLine]:
    """The lines with a fault and those around them, in order."""
    lines = text.split("\n")
    by_line: dict[int, list[Fault]] = {}
    for fault in faults:
        by_line.setdefault(min(max(fault.line, 1), len(lines)), []).append(fault)
    shown = sorted({n for at in by_line for n in range(at - AROUND, at + AROUND + 1)})
    last = 0
    for number in shown:
        if not 1 <= number <= len(lines):
            continue
        if number > last + 1:
            yield SourceLine(None)
        yield SourceLine(number, lines[number - 1], tuple(by_line.get(number, ())))
        last = number
    if last < len(lines):
        yield SourceLine(None)
