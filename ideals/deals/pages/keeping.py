"""HR's clauses and templates: lists, forms, and the button for the usual ones.

A form names the version that it began from. When somebody changed it since, nothing is kept: what
was typed stays, the other version is shown beside it, and sending again takes its place.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from ideals.db import unit_of_work
from ideals.deals import commands
from ideals.deals.commands import DropClause, DropTemplate, KeepClause, KeepTemplate
from ideals.deals.errors import KeptMovedOn, KeptUnknown, OfferRefused
from ideals.deals.models import Clause, Template
from ideals.deals.pages import kept_form
from ideals.deals.pages.fields import TERM_FIELDS, errors_of, new_term, terms_in
from ideals.deals.pages.register import keeps_deals
from ideals.deals.pages.terms import CHOICES
from ideals.deals.pages.words import KINDS, gettext
from ideals.deals.queries import before
from ideals.deals.rules.clauses import OWN, PERSON
from ideals.deals.states import TermKind, Visibility
from ideals.kernel import clock
from ideals.schemes.rules.scheme import named
from ideals.web.actor import current_actor
from ideals.web.formats import said
from ideals.web.guards import guard
from ideals.web.headers import MB, body_limit
from ideals.web.language import LANGUAGES, language

bp = Blueprint("deal_keeping_pages", __name__, template_folder="../templates")


@dataclass(slots=True)
class Kept:
    """A form of one of them. `code` `None`: a new one. `theirs`: what somebody else made of it."""

    code: str | None
    plain: dict[str, Any]
    seen: int = 0
    errors: dict[str, str] = field(default_factory=dict)
    theirs: dict[str, Any] | None = None
    go_to: str = ""


def _words() -> dict[str, Any]:
    return {
        "languages": LANGUAGES,
        "kinds": [(each.value, str(said_).capitalize()) for each, said_ in KINDS.items()],
        "own": lambda texts, code: named(texts, language(), code),
    }


# Clauses --------------------------------------------------------------------------------------


@bp.get("/deals/register/clauses")
@guard(keeps_deals)
def clauses() -> str:
    with unit_of_work() as session:
        rows = before.clauses_in_force(session)
        return render_template("deals/clauses.html", rows=rows, names=KINDS, **_words())


@bp.get("/deals/register/clauses/new")
@guard(keeps_deals)
def new_clause() -> tuple[str, int]:
    return _clause_page(Kept(None, {"says": {}, "kinds": [], "formula": ""}))


@bp.get("/deals/register/clauses/<code>")
@guard(keeps_deals)
def clause(code: str) -> tuple[str, int]:
    with unit_of_work() as session:
        row = before.clause_of(session, code)
        return _clause_page(Kept(code, before.plain_of_clause(row), row.id))


@bp.post("/deals/register/clauses/new", defaults={"code": None})
@bp.post("/deals/register/clauses/<code>")
@guard(keeps_deals)
@body_limit(MB)
def keep_clause(code: str | None) -> Response | tuple[str, int]:
    sent = request.form
    with unit_of_work() as session:
        there = _clause_plain(session, code or "") or {}
    kept = Kept(code, kept_form.sent_clause(sent, code, there), _seen())
    if sent.get("do") == "drop":
        return _act(kept, lambda s: _drop(s, DropClause(code or "", kept.seen)), _clause_page)
    cmd = KeepClause(kept.plain, kept.seen)

    def keep(session: Session) -> None:
        commands.keep_clause(session, cmd, actor=current_actor(), now=clock.now())

    return _act(kept, keep, _clause_page)


def _clause_page(kept: Kept, status: int = 200) -> tuple[str, int]:
    title = (
        gettext("New clause") if kept.code is None else gettext("Clause %(code)s", code=kept.code)
    )
    page = render_template(
        "deals/clause.html",
        title=title,
        kept=kept,
        plain=kept.plain,
        errors=kept.errors,
        facts=[(str(KINDS[k]).capitalize(), ", ".join(OWN[k])) for k in KINDS if OWN.get(k)],
        every=", ".join(PERSON),
        **_words(),
    )
    return page, status


def _clause_plain(session: Session, code: str) -> dict[str, Any] | None:
    try:
        return dict(before.plain_of_clause(before.clause_of(session, code)))
    except KeptUnknown:
        return None


# Templates ------------------------------------------------------------------------------------


@bp.get("/deals/register/templates")
@guard(keeps_deals)
def templates() -> str:
    with unit_of_work() as session:
        rows = before.templates_in_force(session)
        return render_template("deals/templates.html", rows=rows, **_words())


@bp.get("/deals/register/templates/new")
@guard(keeps_deals)
def new_template() -> tuple[str, int]:
    return _template_page(Kept(None, {"names": {}, "says": {}, "text": {}}))


@bp.get("/deals/register/templates/<code>")
@guard(keeps_deals)
def template(code: str) -> tuple[str, int]:
    with unit_of_work() as session:
        row = before.template_of(session, code)
        return _template_page(Kept(code, _plain_of(row), row.id))


@bp.post("/deals/register/templates/new", defaults={"code": None})
@bp.post("/deals/register/templates/<code>")
@guard(keeps_deals)
@body_limit(MB)
def keep_template(code: str | None) -> Response | tuple[str, int]:
    sent = request.form
    with unit_of_work() as session:
        there = _template_plain(session, code or "") or {}
    kept = Kept(code, kept_form.sent_template(sent, code, there), _seen())
    plain, (do, _, what) = kept.plain, sent.get("do", "keep").partition(":")
    if do in ("add", "remove"):
        terms = terms_in(plain["text"])
        if do == "add" and sent.get("add") in set(TermKind):
            terms.append(new_term(TermKind(sent["add"])))
            kept.go_to = f"terms-{len(terms) - 1}"
        elif do == "remove" and what.isdecimal() and int(what) < len(terms):
            del terms[int(what)]
        plain["text"]["terms"] = terms
        return _template_page(kept)
    if do == "drop":
        return _act(kept, lambda s: _drop(s, DropTemplate(code or "", kept.seen)), _template_page)
    cmd = KeepTemplate(plain["code"], plain["names"], plain["says"], plain["text"], kept.seen)

    def keep(session: Session) -> None:
        commands.keep_template(session, cmd, actor=current_actor(), now=clock.now())

    return _act(kept, keep, _template_page)


def _template_page(kept: Kept, status: int = 200) -> tuple[str, int]:
    title = (
        gettext("New template")
        if kept.code is None
        else named(kept.plain["names"], language(), kept.code)
    )
    words = CHOICES[Visibility]
    page = render_template(
        "deals/template.html",
        title=title,
        kept=kept,
        plain=kept.plain,
        text=kept.plain["text"],
        errors=kept.errors,
        terms=kept_form.shown(kept.plain["text"]),
        texts=kept_form.TEXTS,
        addable=[(kind.value, str(KINDS[kind]).capitalize()) for kind in TERM_FIELDS],
        visibilities=[(each.value, str(words[each])) for each in Visibility],
        **_words(),
    )
    return page, status


def _plain_of(row: Template) -> dict[str, Any]:
    return {"code": row.code, "names": row.names, "says": row.says, "text": row.text}


def _template_plain(session: Session, code: str) -> dict[str, Any] | None:
    try:
        return _plain_of(before.template_of(session, code))
    except KeptUnknown:
        return None


# Both -----------------------------------------------------------------------------------------


@bp.post("/deals/register/usual")
@guard(keeps_deals)
def publish_usual() -> Response:
    with unit_of_work() as session:
        count = commands.publish_usual(session, actor=current_actor(), now=clock.now())
    if count:
        flash(gettext("Published: %(count)s clauses and templates.", count=str(count)), "good")
    else:
        flash(gettext("They are all there already."), "plain")
    back = "templates" if request.form.get("back") == "templates" else "clauses"
    return redirect(url_for(f"deal_keeping_pages.{back}"), 303)


def _seen() -> int:
    text = request.form.get("seen", "")
    return int(text) if text.isdecimal() and len(text) < 19 else 0


def _drop(session: Session, cmd: DropClause | DropTemplate) -> None:
    actor, now = current_actor(), clock.now()
    if isinstance(cmd, DropClause):
        commands.drop_clause(session, cmd, actor=actor, now=now)
    else:
        commands.drop_template(session, cmd, actor=actor, now=now)


def _act(
    kept: Kept,
    act: Callable[[Session], None],
    page: Callable[[Kept, int], tuple[str, int]],
) -> Response | tuple[str, int]:
    """Back to the list; or the form as it was typed, with its faults."""
    of_clauses = page is _clause_page
    try:
        with unit_of_work() as session:
            act(session)
    except OfferRefused as error:
        kept.errors = {_id_of(at): words for at, words in errors_of(error.read, said).items()}
        return page(kept, 422)
    except (KeptMovedOn, KeptUnknown):
        with unit_of_work() as session:
            plain_of = _clause_plain if of_clauses else _template_plain
            code = kept.code or str(kept.plain.get("code", ""))
            kept.theirs = plain_of(session, code)
            if kept.code is not None:
                kept.seen = _version(session, Clause if of_clauses else Template, code)
        kept.errors = _moved_on(kept)
        return page(kept, 409)
    if request.form.get("do") == "drop":
        flash(gettext("Withdrawn. What was agreed with it stays as it is."), "good")
    else:
        flash(gettext("Published."), "good")
    back = "clauses" if of_clauses else "templates"
    return redirect(url_for(f"deal_keeping_pages.{back}"), 303)


def _version(session: Session, model: type[Clause] | type[Template], code: str) -> int:
    try:
        row = (
            before.clause_of(session, code)
            if model is Clause
            else before.template_of(session, code)
        )
    except KeptUnknown:
        return 0
    return int(row.id)


def _moved_on(kept: Kept) -> dict[str, str]:
    if kept.code is None:
        return {"code": gettext("This code is in use: choose another.")}
    if kept.theirs is None:
        return {"": gettext("Somebody withdrew it while you wrote. Sending again publishes yours.")}
    return {
        "": gettext(
            "Somebody changed it while you wrote: nothing was kept. Look at what they made of it "
            "below; sending again puts yours in its place."
        )
    }


def _id_of(at: str) -> str:
    """`text-terms-0-cost` is the field `terms-0-cost` of the form. What misses in words misses in
    the first language, and days of the offer follow from its months."""
    name, first = at.removeprefix("text-"), next(iter(LANGUAGES))
    if name in kept_form.TEXTS:
        return f"words-{first}-{name}"
    if name in ("names", "says"):
        return f"{name}-{first}"
    return {"ends_on": "months", "evaluate_on": "evaluate_after_months"}.get(name, name)
