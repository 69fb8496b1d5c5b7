"""HR writes a price rule: a form that reads like a sentence, and works without script.

What it comes to is shown beside it: the sentence, its months, the formula, the rules it meets and
what somebody would pay. Two who write at once see each other's, and nothing of either is lost.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from ideals.db import unit_of_work
from ideals.kernel import clock
from ideals.kernel.errors import IdealsError
from ideals.kernel.ids import new_id
from ideals.kernel.money import Money
from ideals.pricing.commands import steering as commands
from ideals.pricing.commands.passing import checked
from ideals.pricing.commands.steering import SaveRule
from ideals.pricing.errors import (
    PriceRuleCodeTaken,
    PriceRuleMovedOn,
    PriceRuleRefused,
    PriceRuleUnclear,
)
from ideals.pricing.models import PriceRule
from ideals.pricing.pages import band, form_choices, rule_fields
from ideals.pricing.pages import rule_words as words
from ideals.pricing.pages.blueprint import bp, only_prices, seen_sent, this_month
from ideals.pricing.pages.condition_fields import MOST_ROWS, TypedRow
from ideals.pricing.pages.preview import SALARY, Preview, previews
from ideals.pricing.pages.rule import Beside, beside
from ideals.pricing.pages.rule_fields import Fields
from ideals.pricing.queries import numbers
from ideals.pricing.queries import steering as queries
from ideals.pricing.queries.prices import text_read
from ideals.pricing.steering import RuleText
from ideals.schemes import queries as schemes
from ideals.schemes.rules.document import Fault
from ideals.web import formats
from ideals.web.actor import current_actor
from ideals.web.errors import words_for
from ideals.web.guards import guard
from ideals.web.headers import MB, body_limit

STEP = 10
"""Between the places in the order that are proposed."""


@dataclass(slots=True)
class Writing:
    """`rule`: the one that is changed. `seen`: the version the next save answers. `text`: what it
    says, as far as it can be read. `theirs`: what somebody else saved meanwhile, and by whom."""

    typed: Fields
    id: UUID
    rule: PriceRule | None = None
    seen: int = 0
    text: RuleText | None = None
    beside: Beside | None = None
    previews: Sequence[Preview] = ()
    theirs: tuple[str, str] | None = None
    differences: Sequence[tuple[str, str | None, str | None]] = ()
    go_to: str = ""
    shown_errors: dict[str, str] = field(default_factory=dict)


@bp.get("/rules/new")
@guard(only_prices)
def new_rule() -> str | tuple[str, int]:
    """`like`: the rule that it begins with."""
    with unit_of_work() as session:
        typed = _begun(session)
        return _show(session, Writing(typed, new_id()))


def _begun(session: Session) -> Fields:
    like = request.args.get("like", "")
    if like:
        found = queries.access_rule(session, _id(like), actor=current_actor())
        typed = rule_fields.fields_of(queries.version_of(session, found).plain)
        typed.code, typed.from_month, typed.through_month = "", "", ""
    else:
        codes = schemes.scheme_codes(session)
        typed = Fields(scheme=codes[0] if codes else "", order=str(STEP))
    published = numbers.first_published(session)
    typed.from_month = str(max([this_month(), *published]).plus(1))
    return typed


@bp.get("/rules/<uuid:rule_id>/edit")
@guard(only_prices)
def edit_rule(rule_id: UUID) -> str | tuple[str, int]:
    with unit_of_work() as session:
        found = queries.access_rule(session, rule_id, actor=current_actor())
        typed = rule_fields.fields_of(queries.version_of(session, found).plain)
        writing = Writing(typed, found.id, found, found.version)
        _read(session, writing)
        return _show(session, writing)


@bp.post("/rules/new")
@guard(only_prices)
@body_limit(MB)
def write_rule() -> Response | str | tuple[str, int]:
    with unit_of_work() as session:
        writing = Writing(rule_fields.sent_fields(request.form), _id(request.form.get("id", "")))
        return _do(session, writing)


@bp.post("/rules/<uuid:rule_id>/edit")
@guard(only_prices)
@body_limit(MB)
def rewrite_rule(rule_id: UUID) -> Response | str | tuple[str, int]:
    with unit_of_work() as session:
        found = queries.access_rule(session, rule_id, actor=current_actor())
        typed = rule_fields.sent_fields(request.form)
        writing = Writing(typed, found.id, found, seen_sent())
        return _do(session, writing)


def _do(session: Session, writing: Writing) -> Response | str | tuple[str, int]:
    """Add or take out a row, look, or save."""
    do, _, what = request.form.get("do", "save").partition(":")
    typed = writing.typed
    plain = _read(session, writing)
    match do:
        case "add":
            if len(typed.rows) < MOST_ROWS:
                typed.rows.append(TypedRow())
            typed.whom = rule_fields.CHOICES
            writing.go_to = f"rows-{len(typed.rows) - 1}-name"
            return _show(session, writing)
        case "remove":
            if what in {str(place) for place in range(len(typed.rows))}:
                del typed.rows[int(what)]
            writing.go_to = "whom"
            return _show(session, writing)
        case "look":
            writing.shown_errors = typed.errors
            return _show(session, writing)
    if typed.errors:
        writing.shown_errors = typed.errors
        return _show(session, writing, 422)
    return _save(session, writing, plain)


def _save(
    session: Session, writing: Writing, plain: dict[str, Any]
) -> Response | str | tuple[str, int]:
    actor = current_actor()
    cmd = SaveRule(writing.id, plain, writing.seen or None)
    try:
        with session.begin_nested():
            rule = commands.save_rule(session, cmd, actor=actor, now=clock.now())
    except PriceRuleMovedOn as moved:
        _meet(session, writing, moved)
        return _show(session, writing, 409)
    except IdealsError as refused:
        writing.shown_errors = _errors(writing.typed, refused)
        return _show(session, writing, 422)
    meets = len(writing.beside.overlaps) if writing.beside else 0
    said = gettext("Saved as a draft. Nobody's price changes yet.")
    if meets:
        said += " " + gettext("It meets other rules: below stands which one counts.")
    flash(said, "good")
    return redirect(url_for("price_pages.rule", rule_id=rule.id), 303)


def _errors(typed: Fields, refused: IdealsError) -> dict[str, str]:
    match refused:
        case PriceRuleRefused():
            faults = [Fault(**each) for each in refused.data["faults"]]
            rule_fields.put_faults(typed, faults)
            return typed.errors
        case PriceRuleCodeTaken():
            return {"code": words_for(refused)}
        case PriceRuleUnclear():
            said = gettext("Together with another rule it could not be explained: see beside it.")
            return {"": said}
    return {"": words_for(refused)}


def _meet(session: Session, writing: Writing, moved: PriceRuleMovedOn) -> None:
    """Show both; the next save of this page is knowing."""
    rule = queries.rule_of(session, writing.id)
    version = queries.version_of(session, rule)
    writing.rule, writing.seen = rule, int(moved.data["current"])
    writing.theirs = (version.by, formats.at(version.at))
    if writing.text is not None:
        tell = words.telling(session)
        writing.differences = words.differences(text_read(version.plain), writing.text, tell)


def _read(session: Session, writing: Writing) -> dict[str, Any]:
    """What it says, what it meets and what it would do; or what is wrong."""
    typed = writing.typed
    plain = rule_fields.plain_of(typed)
    try:
        writing.text = checked(session, plain)
    except PriceRuleRefused as refused:
        rule_fields.put_faults(typed, [Fault(**each) for each in refused.data["faults"]])
        return plain
    last = queries.last_published(session, writing.text.scheme, writing.text.products)
    if last is not None and writing.text.from_month <= last:
        typed.errors["from_month"] = gettext(
            "The price list of %(month)s is published and stays as it is: begin with a later "
            "month.",
            month=formats.month_name(last),
        )
    writing.beside = beside(session, writing.id, writing.text)
    writing.previews = previews(session, writing.text)
    return plain


def _show(session: Session, writing: Writing, status: int = 200) -> tuple[str, int]:
    tell = words.telling(session)
    scheme = form_choices.scheme_typed(session, writing.typed)
    text = writing.text
    page = render_template(
        "pricing/rule_form.html",
        writing=writing,
        typed=writing.typed,
        text=text,
        errors=writing.shown_errors,
        beside=writing.beside,
        cells=band.wide(text.from_month, text.through_month, this_month()) if text else [],
        tell=tell,
        words=words,
        choices=form_choices.choices(session, writing.typed, tell),
        most_rows=MOST_ROWS,
        groups=form_choices.product_groups(scheme),
        salary=SALARY,
        money_of=Money,
    )
    return page, status


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        return new_id()
