"""Price rules, indicators and price lists as HR works with them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, func, or_, select, tuple_
from sqlalchemy.orm import Session

from ideals.access.models import User
from ideals.approvals.models import Approval
from ideals.approvals.queries import Beside
from ideals.kernel.actor import Actor
from ideals.kernel.month import Month
from ideals.kernel.registry import Registry
from ideals.pricing import policy
from ideals.pricing.errors import IndicatorUnknown, PriceListUnknown, PriceRuleUnknown
from ideals.pricing.models import (
    Indicator,
    IndicatorValue,
    PriceList,
    PriceRule,
    PriceRuleVersion,
)
from ideals.pricing.queries.prices import Holds, Part, texts_of
from ideals.pricing.states import LIVE, MOVES, RuleAct, RuleState
from ideals.pricing.steering import RuleText

SUBJECT = "price_rule"
SHOWN_TO_ALL = (*LIVE, RuleState.ENDED)
"""What changes, or changed, somebody's price is no secret."""
TOUCHED: Registry[Callable[[Session, RuleText], bool]] = Registry(
    "say whether an order came about by a price rule"
)
"""By who keeps orders."""


def id_of(subject: str) -> UUID:
    return UUID(subject.partition(":")[2])


def rules_shown(*, actor: Actor, state: RuleState | None = None) -> Select[PriceRule]:
    """All to HR for prices, to others those that hold or held."""
    wanted = select(PriceRule)
    if not policy.steers(actor):
        wanted = wanted.where(PriceRule.state.in_(SHOWN_TO_ALL))
    return wanted if state is None else wanted.where(PriceRule.state == state)


def access_rule(session: Session, rule_id: UUID, *, actor: Actor) -> PriceRule:
    """Raises `PriceRuleUnknown`, for a draft that is not theirs to see as well."""
    found = session.scalar(rules_shown(actor=actor).where(PriceRule.id == rule_id))
    if found is None:
        raise unknown_rule()
    return found


def rule_of(session: Session, rule_id: UUID) -> PriceRule:
    """Raises `PriceRuleUnknown`."""
    found = session.get(PriceRule, rule_id)
    if found is None:
        raise unknown_rule()
    return found


def lock_rule(session: Session, rule_id: UUID) -> PriceRule:
    """Raises `PriceRuleUnknown`."""
    found = session.scalar(
        select(PriceRule)
        .where(PriceRule.id == rule_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise unknown_rule()
    return found


def unknown_rule() -> PriceRuleUnknown:
    return PriceRuleUnknown("There is no such price rule.")


def version_of(session: Session, rule: PriceRule) -> PriceRuleVersion:
    """What it says now."""
    found = session.get(PriceRuleVersion, (rule.id, rule.text_number))
    assert found is not None  # noqa: S101  both are written together
    return found


def versions_now(session: Session, rules: Sequence[PriceRule]) -> dict[UUID, PriceRuleVersion]:
    """The same of many, by the rule's id; one statement."""
    key = tuple_(PriceRuleVersion.rule_id, PriceRuleVersion.number)
    wanted = key.in_([(rule.id, rule.text_number) for rule in rules])
    return {row.rule_id: row for row in session.scalars(select(PriceRuleVersion).where(wanted))}


def versions_of(session: Session, rule_id: UUID) -> Sequence[PriceRuleVersion]:
    """The latest first."""
    wanted = select(PriceRuleVersion).where(PriceRuleVersion.rule_id == rule_id)
    return session.scalars(wanted.order_by(PriceRuleVersion.number.desc())).all()


def texts(session: Session, rules: Iterable[PriceRule]) -> dict[UUID, RuleText]:
    """What each of them says now, by its id."""
    parts = {Part(rule.id, rule.text_number): rule.id for rule in rules}
    return {parts[part]: text for part, text in texts_of(session, parts).items()}


def counting(session: Session, scheme: str, but: UUID) -> list[RuleText]:
    """The rules of a scheme that hold, will, or wait for a decision, but for one."""
    return [text for _, text in counting_rules(session, scheme, but)]


def counting_rules(session: Session, scheme: str, but: UUID) -> list[tuple[PriceRule, RuleText]]:
    """The same, each with its row, and each through the month with which it really ends."""
    rules = session.scalars(
        select(PriceRule).where(
            PriceRule.scheme == scheme,
            PriceRule.state.in_((*LIVE, RuleState.SUBMITTED)),
            PriceRule.id != but,
            or_(PriceRule.last_month.is_(None), PriceRule.last_month >= PriceRule.from_month),
        )
    ).all()
    said = texts(session, rules)
    return [(rule, _as_it_ends(rule, said[rule.id])) for rule in rules]


def _as_it_ends(rule: PriceRule, text: RuleText) -> RuleText:
    """What is ended earlier than it says is in nobody's way afterwards."""
    if rule.state not in LIVE or rule.last_month == text.through_month:
        return text
    return replace(text, through_month=rule.last_month)


def authors_of(session: Session, rule: PriceRule) -> frozenset[int]:
    """Whoever wrote a version of it or ever submitted it, as users."""
    wrote = select(PriceRuleVersion.by_user_id).where(PriceRuleVersion.rule_id == rule.id)
    asked = select(Approval.asked_by_user_id).where(Approval.subject == rule.source)
    by = {*session.scalars(wrote.union(asked)), rule.submitted_by_user_id, rule.created_by_user_id}
    return frozenset(user_id for user_id in by if user_id is not None)


def authors_beside(session: Session, subject: str) -> Beside:
    """They decide no step of it, and nobody does in their place. Registered with approvals."""
    authors = authors_of(session, rule_of(session, id_of(subject)))
    theirs = select(User.employee_id).where(User.id.in_(authors), User.employee_id.is_not(None))
    return Beside(frozenset(id_ for id_ in session.scalars(theirs) if id_ is not None), authors)


@dataclass(frozen=True, slots=True)
class Traces:
    """What came about by a rule. `held_through`: the latest month whose published list has it;
    `orders`: whether it changed the price of one."""

    held_through: Month | None = None
    orders: bool = False


def traces_of(session: Session, rule: PriceRule) -> Traces:
    """None of a rule that nobody agreed to."""
    if rule.state not in SHOWN_TO_ALL:
        return Traces()
    (text,) = texts(session, [rule]).values()
    orders = any(touched(session, text) for _, touched in TOUCHED.items())
    return Traces(last_month_held(session, rule), orders)


def may_be_withdrawn(rule: PriceRule, traces: Traces) -> bool:
    """What did something is ended instead: for the page that offers it as for the command."""
    moves = (RuleState(rule.state), RuleAct.WITHDRAW) in MOVES
    return moves and traces.held_through is None and not traces.orders


# Indicators -----------------------------------------------------------------------------------


def indicators() -> Select[Indicator]:
    return select(Indicator)


def indicator_codes(session: Session) -> list[str]:
    return list(session.scalars(select(Indicator.code).order_by(Indicator.code)))


def indicator_of(session: Session, code: str) -> Indicator:
    """Raises `IndicatorUnknown`."""
    found = session.get(Indicator, code)
    if found is None:
        raise unknown_indicator(code)
    return found


def unknown_indicator(code: str) -> IndicatorUnknown:
    return IndicatorUnknown(f"There is no indicator {code!r}.")


def values_of(
    session: Session, code: str, *, known_at: datetime | None = None
) -> Sequence[IndicatorValue]:
    """By month, the latest first: as known now, or as it was known then."""
    wanted = select(IndicatorValue).where(IndicatorValue.code == code)
    if known_at is None:
        wanted = wanted.where(IndicatorValue.superseded_at.is_(None))
    else:
        wanted = wanted.where(
            IndicatorValue.recorded_at <= known_at,
            or_(IndicatorValue.superseded_at.is_(None), IndicatorValue.superseded_at > known_at),
        )
    return session.scalars(wanted.order_by(IndicatorValue.month.desc())).all()


def history_of(session: Session, code: str, month: Month) -> Sequence[IndicatorValue]:
    """Everything that was ever said of one month, the latest first."""
    wanted = select(IndicatorValue).where(
        IndicatorValue.code == code, IndicatorValue.month == month
    )
    return session.scalars(wanted.order_by(IndicatorValue.id.desc())).all()


# Price lists ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Listed:
    """One product of a published list, with the texts of its rules in their order."""

    row: PriceList
    holds: Holds
    rules: tuple[RuleText, ...]


def price_list(session: Session, month: Month, scheme: str | None = None) -> list[Listed]:
    """Raises `PriceListUnknown`."""
    found = price_list_or_none(session, month, scheme)
    if not found:
        raise PriceListUnknown(f"No price list of {month} is published.")
    return found


def price_list_or_none(session: Session, month: Month, scheme: str | None = None) -> list[Listed]:
    """The same; empty where nothing is published."""
    wanted = select(PriceList).where(PriceList.month == month)
    if scheme is not None:
        wanted = wanted.where(PriceList.scheme == scheme)
    rows = session.scalars(wanted.order_by(PriceList.scheme, PriceList.product)).all()
    held = [(row, Holds.of(row.holds)) for row in rows]
    said = texts_of(session, {part for _, holds in held for part in holds.rules})
    return [Listed(row, holds, tuple(said[part] for part in holds.rules)) for row, holds in held]


def last_published(session: Session, scheme: str, products: Collection[str]) -> Month | None:
    """The latest month for which one of these products has a list."""
    return session.scalar(
        select(func.max(PriceList.month)).where(
            PriceList.scheme == scheme, PriceList.product.in_(products)
        )
    )


def last_month_held(session: Session, rule: PriceRule) -> Month | None:
    """The latest month whose published list holds this rule."""
    part = [[str(rule.id), rule.text_number]]
    return session.scalar(
        select(func.max(PriceList.month)).where(
            PriceList.scheme == rule.scheme, PriceList.holds.contains({"rules": part})
        )
    )


def earliest_end(session: Session, rule: PriceRule, this: Month) -> Month:
    """The earliest month that can be its last one; before its first: it would never hold."""
    return last_month_held(session, rule) or max(rule.from_month, this).plus(-1)


def published_in(session: Session, month: Month) -> set[tuple[str, str]]:
    """(scheme, product) of what is published for a month."""
    rows = session.execute(
        select(PriceList.scheme, PriceList.product).where(PriceList.month == month)
    )
    return {(row.scheme, row.product) for row in rows}
