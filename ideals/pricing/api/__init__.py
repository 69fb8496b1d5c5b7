"""`/api/v1/price-rules`: written, submitted, ended, withdrawn."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import url_for
from sqlalchemy.orm import Session

from ideals.db import unit_of_work
from ideals.kernel import clock
from ideals.kernel.actor import Role
from ideals.kernel.ids import new_id
from ideals.pricing import policy
from ideals.pricing.commands import steering as commands
from ideals.pricing.commands.steering import EndRule, SaveRule, SubmitRule, WithdrawRule
from ideals.pricing.models import PriceRule, PriceRuleVersion
from ideals.pricing.queries import steering as queries
from ideals.pricing.schemas import (
    PriceRuleEndingIn,
    PriceRuleIn,
    PriceRuleOut,
    PriceRulesIn,
    PriceRuleVersionOut,
)
from ideals.pricing.states import RuleState
from ideals.web.actor import current_actor
from ideals.web.api import Blueprint, creates
from ideals.web.cursors import Page, PageIn, PageRequest, page_of, page_of_list, paginate
from ideals.web.guards import guard, role, signed_in
from ideals.web.preconditions import etag, seen_version

bp = Blueprint(
    "price_rules", __name__, url_prefix="/api/v1/price-rules", description="Rules of prices"
)
only_prices = role(Role.HR_PRICES)


@bp.get("")
@guard(signed_in)
@bp.arguments(PriceRulesIn, location="query", as_kwargs=True)
@bp.response(200, page_of(PriceRuleOut))
def rules(page: PageRequest, state: RuleState | None) -> Page[dict[str, Any]]:
    """The latest first. HR sees all, others those that hold or held."""
    with unit_of_work() as session:
        wanted = queries.rules_shown(actor=current_actor(), state=state)
        found = paginate(session, wanted, page, PriceRule.number, descending=True)
        said = queries.versions_now(session, found.items)
        return Page([_shown(rule, said[rule.id]) for rule in found.items], found.next)


@bp.post("")
@guard(only_prices)
@bp.arguments(PriceRuleIn)
@creates(bp, PriceRuleOut, location=lambda made: _location(made["id"]))
def write(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """A new draft."""
    cmd = SaveRule(new_id(), asked)
    rule = commands.save_rule(session, cmd, actor=current_actor(), now=clock.now())
    return _told(session, rule)


@bp.get("/<uuid:rule_id>")
@guard(signed_in)
@bp.response(200, PriceRuleOut)
def rule(rule_id: UUID) -> Any:
    """One rule; its ETag is what a change has to name."""
    with unit_of_work() as session:
        found = queries.access_rule(session, rule_id, actor=current_actor())
        return _with_etag(session, found)


@bp.put("/<uuid:rule_id>")
@guard(only_prices)
@bp.arguments(PriceRuleIn)
@bp.response(200, PriceRuleOut)
@bp.alt_response(412, "PRECONDITION_FAILED")
@bp.alt_response(428, "PRECONDITION_REQUIRED")
def rewrite(asked: dict[str, Any], rule_id: UUID) -> Any:
    """Another version of a draft, or of what was refused."""
    seen, actor = seen_version(), current_actor()
    with unit_of_work() as session:
        queries.access_rule(session, rule_id, actor=actor)
        cmd = SaveRule(rule_id, asked, seen)
        return _with_etag(session, commands.save_rule(session, cmd, actor=actor, now=clock.now()))


@bp.get("/<uuid:rule_id>/versions")
@guard(only_prices)
@bp.arguments(PageIn, location="query", as_kwargs=True)
@bp.response(200, page_of(PriceRuleVersionOut))
def versions(page: PageRequest, rule_id: UUID) -> Page[PriceRuleVersion]:
    """What it said, the latest first."""
    actor = current_actor()
    with unit_of_work() as session:
        queries.access_rule(session, rule_id, actor=actor)
        return page_of_list(queries.versions_of(session, rule_id), page, lambda each: -each.number)


@bp.post("/<uuid:rule_id>/submission")
@guard(only_prices)
@bp.alt_response(412, "PRECONDITION_FAILED")
@bp.alt_response(428, "PRECONDITION_REQUIRED")
@creates(bp, PriceRuleOut, location=lambda made: _location(made["id"]))
def submit(session: Session, rule_id: UUID) -> dict[str, Any]:
    """Ask a second person about the version that `If-Match` names."""
    cmd = SubmitRule(rule_id, seen_version())
    found = commands.submit_rule(session, cmd, actor=current_actor(), now=clock.now())
    return _told(session, found)


@bp.post("/<uuid:rule_id>/withdrawal")
@guard(only_prices)
@creates(bp, PriceRuleOut)
def withdraw(session: Session, rule_id: UUID) -> dict[str, Any]:
    """Before anything came about by it."""
    policy.check_steers(current_actor())
    cmd = WithdrawRule(rule_id)
    found = commands.withdraw_rule(session, cmd, actor=current_actor(), now=clock.now())
    return _told(session, found)


@bp.post("/<uuid:rule_id>/ending")
@guard(only_prices)
@bp.arguments(PriceRuleEndingIn)
@creates(bp, PriceRuleOut)
def end(session: Session, asked: dict[str, Any], rule_id: UUID) -> dict[str, Any]:
    """Let it hold no longer than a month. Published price lists keep it."""
    cmd = EndRule(rule_id, asked["last_month"])
    found = commands.end_rule(session, cmd, actor=current_actor(), now=clock.now())
    return _told(session, found)


# --- putting it together ----------------------------------------------------------------------


def _location(rule_id: Any) -> str:
    return url_for("price_rules.rule", rule_id=rule_id)


def _with_etag(session: Session, rule: PriceRule) -> tuple[dict[str, Any], int, dict[str, str]]:
    return _told(session, rule), 200, etag(rule.version)


def _told(session: Session, rule: PriceRule) -> dict[str, Any]:
    session.flush()  # reason: the number comes from the database
    return _shown(rule, queries.version_of(session, rule))


def _shown(rule: PriceRule, version: PriceRuleVersion) -> dict[str, Any]:
    columns = {column.key: getattr(rule, column.key) for column in PriceRule.__table__.columns}
    return {
        **columns,
        "state": RuleState(rule.state),
        "rule": _rule_shown(version.plain),
    }


def _rule_shown(plain: dict[str, Any]) -> dict[str, Any]:
    """Why there is the rule is for HR."""
    if policy.steers(current_actor()):
        return plain
    return {key: value for key, value in plain.items() if key != "reason"}
