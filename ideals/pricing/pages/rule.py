"""One price rule: what it says, where it stands, what can be done with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from ideals.approvals.pages.words import said_of
from ideals.db import unit_of_work
from ideals.kernel import clock
from ideals.kernel.errors import IdealsError
from ideals.kernel.month import Month, MonthUnreadable
from ideals.pricing.commands import steering as commands
from ideals.pricing.commands.steering import EndRule, SubmitRule, WithdrawRule
from ideals.pricing.models import PriceRule
from ideals.pricing.pages import band, past
from ideals.pricing.pages import rule_words as words
from ideals.pricing.pages.blueprint import bp, only_prices, seen_sent, this_month
from ideals.pricing.pages.panels import panels
from ideals.pricing.pages.rule_words import Telling
from ideals.pricing.pages.rules_list import last_of
from ideals.pricing.queries import keeping
from ideals.pricing.queries import steering as queries
from ideals.pricing.queries.prices import text_read
from ideals.pricing.states import MOVES, RuleAct, RuleState
from ideals.pricing.steering import Overlap, RuleText, Unclear, overlaps, unclear
from ideals.web import formats
from ideals.web.actor import current_actor
from ideals.web.errors import words_for
from ideals.web.guards import guard

MOST_ENDS = 24
"""Months that are offered as the last one."""


@dataclass(frozen=True, slots=True)
class Version:
    """`changed`: against the version before it, for the macro `changes`."""

    number: int
    at: datetime
    by: str
    changed: Sequence[tuple[str, str | None, str | None]]


@dataclass(frozen=True, slots=True)
class Beside:
    """Rules that hold, will, or wait. `names`: what each is called and its id, by its code."""

    overlaps: Sequence[Overlap]
    unclear: Sequence[Unclear]
    names: dict[str, tuple[str, UUID]]


@bp.get("/rules/<uuid:rule_id>")
@guard(only_prices)
def rule(rule_id: UUID) -> str:
    return _page(rule_id)


def _page(rule_id: UUID, refused: str = "") -> str:
    this = this_month()
    with unit_of_work() as session:
        found = queries.access_rule(session, rule_id, actor=current_actor())
        text = queries.texts(session, [found])[found.id]
        tell = words.telling(session)
        listed = keeping.published_months(session, found.scheme, list(text.products))
        traces = queries.traces_of(session, found)
        return render_template(
            "pricing/rule.html",
            rule=found,
            text=text,
            tell=tell,
            words=words,
            refused=refused,
            why_refused=said_of(found.reason),
            state=RuleState(found.state),
            may_withdraw=queries.may_be_withdrawn(found, traces),
            cells=band.wide(found.from_month, last_of(found), this, listed),
            last=last_of(found),
            listed=max((month for month in listed if found.from_month <= month), default=None),
            traces=traces,
            decide_by=found.from_month.first - timedelta(days=1),
            ends=_ends(session, found, this),
            beside=beside(session, found.id, text),
            versions=_versions(session, found, tell),
            past=past.months(session, text, this),
            holds=past.HOLDS,
            panels=panels(session, found),
        )


def beside(session: Session, rule_id: UUID, text: RuleText) -> Beside:
    """Two statements, however many rules there are."""
    counting = queries.counting_rules(session, text.scheme, rule_id)
    others = [each for _, each in counting]
    names = {each.code: (words.named_of(each), row.id) for row, each in counting}
    return Beside(
        overlaps(text, others),
        unclear([text, *others], of=text),
        names | {text.code: (words.named_of(text), rule_id)},
    )


def _versions(session: Session, rule: PriceRule, tell: Telling) -> list[Version]:
    """The latest first."""
    rows = queries.versions_of(session, rule.id)
    texts = [text_read(row.plain) for row in rows]
    return [
        Version(row.number, row.at, row.by, words.differences(before, text, tell) if before else ())
        for row, text, before in zip(rows, texts, [*texts[1:], None], strict=True)
    ]


def _ends(session: Session, rule: PriceRule, this: Month) -> list[tuple[str, str]]:
    """The months that can be its last one, for a select."""
    if (RuleState(rule.state), RuleAct.END) not in MOVES:
        return []
    earliest = queries.earliest_end(session, rule, this)
    latest = rule.last_month or earliest.plus(MOST_ENDS)
    return [
        (str(month), formats.month_name(month)) for month in earliest.until(latest)
    ]  # fmt: skip


# What is done with it -------------------------------------------------------------------------


@bp.post("/rules/<uuid:rule_id>/submission")
@guard(only_prices)
def submit(rule_id: UUID) -> Response | tuple[str, int]:
    cmd = SubmitRule(rule_id, seen_sent())
    said = gettext("Submitted: somebody else of HR with the right to prices is asked.")
    return _act(rule_id, commands.submit_rule, cmd, said)


@bp.post("/rules/<uuid:rule_id>/withdrawal")
@guard(only_prices)
def withdraw(rule_id: UUID) -> Response | tuple[str, int]:
    said = gettext("Withdrawn. Nothing came about by it.")
    return _act(rule_id, commands.withdraw_rule, WithdrawRule(rule_id), said)


@bp.post("/rules/<uuid:rule_id>/ending")
@guard(only_prices)
def end(rule_id: UUID) -> Response | tuple[str, int]:
    try:
        last = Month.parse(request.form.get("last_month", ""))
    except MonthUnreadable:
        return _page(rule_id, gettext("Choose the last month.")), 422
    said = gettext(
        "It ends. Its last month is %(month)s; orders keep their price.",
        month=formats.month_name(last),
    )
    return _act(rule_id, commands.end_rule, EndRule(rule_id, last), said)


def _act(
    rule_id: UUID, act: Callable[..., PriceRule], cmd: Any, said: str
) -> Response | tuple[str, int]:
    """Do it and say so; what is refused is said on the page, where it stands by now."""
    actor = current_actor()
    try:
        with unit_of_work() as session:
            queries.access_rule(session, rule_id, actor=actor)
            act(session, cmd, actor=actor, now=clock.now())
    except IdealsError as refused:
        if refused.code == "price_rule_unknown":
            raise
        return _page(rule_id, words_for(refused)), 409
    flash(said, "good")
    return redirect(url_for("price_pages.rule", rule_id=rule_id), 303)
