"""What entries of the audit are about, in words: what has a name or a number by that."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from uuid import UUID

from flask_babel import LazyString, gettext, lazy_gettext
from sqlalchemy import select
from sqlalchemy.orm import Session

from ideals.access.commands import ANYONE
from ideals.access.models import User
from ideals.audit import Entry
from ideals.deals.queries import deals_by_source
from ideals.kernel.actor import SYSTEM
from ideals.people.models import Employee
from ideals.pricing.models import PriceRule
from ideals.pricing.queries import steering
from ideals.schemes.rules.scheme import named
from ideals.shop.queries import orders_by_source
from ideals.web.language import language

KINDS: Mapping[str, LazyString] = {
    "approval": lazy_gettext("Decision"),
    "audit": lazy_gettext("The audit"),
    "breach": lazy_gettext("Broken promise"),
    "check": lazy_gettext("Check afterwards"),
    "choice": lazy_gettext("Standing choice"),
    "choices": lazy_gettext("Standing choices"),
    "close": lazy_gettext("Close of the month"),
    "commitment": lazy_gettext("Long-term choice"),
    "deal": lazy_gettext("Deal"),
    "deal_bonus": lazy_gettext("Bonus of a deal"),
    "deals": lazy_gettext("Deals"),
    "delegation": lazy_gettext("Deputy"),
    "draw": lazy_gettext("Draw for checks"),
    "employee": lazy_gettext("Employee"),
    "file": lazy_gettext("File"),
    "indicator": lazy_gettext("Indicator"),
    "mail": lazy_gettext("Mail"),
    "mandate": lazy_gettext("Mandate"),
    "month": lazy_gettext("Month"),
    "order": lazy_gettext("Order"),
    "payroll_code": lazy_gettext("Wage code"),
    "payroll_line": lazy_gettext("Line for payroll"),
    "payroll_refusal": lazy_gettext("Line that payroll refused"),
    "policy": lazy_gettext("Rule of decisions"),
    "price_bounds": lazy_gettext("Lowest and highest price"),
    "price_list": lazy_gettext("Price list"),
    "price_rule": lazy_gettext("Price rule"),
    "run": lazy_gettext("Run"),
    "scheme": lazy_gettext("Scheme"),
    "session": lazy_gettext("Sign-in"),
    "simulation": lazy_gettext("Simulation"),
    "token": lazy_gettext("API token"),
    "unit": lazy_gettext("Unit"),
    "user": lazy_gettext("Account"),
}
"""By the word before the colon of a subject; another stands as it was written."""
_ACTORS: Mapping[str, LazyString] = {
    SYSTEM.name: lazy_gettext("The system"),
    ANYONE.name: lazy_gettext("Somebody who had not signed in"),
}


def who(actor: str) -> str:
    return str(_ACTORS.get(actor, actor))


def subjects_said(session: Session, entries: Iterable[Entry]) -> Mapping[int, str]:
    """By entry; as many questions however many entries there are. A decision is called by what was
    decided. No title tells an amount: who opens an order to see it is written down."""
    about = {entry.id: _about(entry) for entry in entries}
    titles = _titles(session, set(about.values()))
    said: dict[int, str] = {}
    for entry in entries:
        subject = about[entry.id]
        what = titles.get(subject) or _in_words(subject)
        decided = is_decision(entry)
        said[entry.id] = str(gettext("Decision: %(what)s", what=what)) if decided else what
    return said


def is_decision(entry: Entry) -> bool:
    return _word(entry.subject) == "approval" and bool(entry.details.get("about"))


def _about(entry: Entry) -> str:
    return str(entry.details["about"]) if is_decision(entry) else entry.subject


def _word(subject: str) -> str:
    return subject.partition(":")[0]


def _in_words(subject: str) -> str:
    word, _, rest = subject.partition(":")
    kind = KINDS.get(word)
    if kind is None:
        return subject
    return str(kind) if _means_nothing(rest) else f"{kind} {rest.replace(':', ' ').strip()}"


def _means_nothing(rest: str) -> bool:
    """A key within, that no page shows."""
    return _is_uuid(rest) or rest.isdecimal()


def _is_uuid(rest: str) -> bool:
    try:
        UUID(rest)
    except ValueError:
        return False
    return True


def _is_id(rest: str) -> bool:
    return rest.isdecimal() and int(rest) < 2**63


def _titles(session: Session, subjects: Collection[str]) -> Mapping[str, str]:
    by_word: dict[str, list[str]] = {}
    for subject in subjects:
        by_word.setdefault(_word(subject), []).append(subject)
    titles: dict[str, str] = {}
    for word, those in by_word.items():
        if word in _NAMED:
            is_key, named_ones = _NAMED[word]
            known = [subject for subject in those if is_key(subject.partition(":")[2])]
            titles |= named_ones(session, known)
    return titles


def _employees(session: Session, subjects: Collection[str]) -> dict[str, str]:
    numbers = [subject.partition(":")[2] for subject in subjects]
    found = session.scalars(select(Employee).where(Employee.number.in_(numbers)))
    return {each.source: f"{each.name}, {each.number}" for each in found}


def _users(session: Session, subjects: Collection[str]) -> dict[str, str]:
    ids = [int(subject.partition(":")[2]) for subject in subjects]
    found = session.execute(select(User.id, User.email).where(User.id.in_(ids)))
    return {f"user:{id_}": f"{KINDS['user']} {email}" for id_, email in found}


def _orders(session: Session, subjects: Collection[str]) -> dict[str, str]:
    found = orders_by_source(session, subjects)
    return {source: f"{KINDS['order']} {order.number}" for source, order in found.items()}


def _deals(session: Session, subjects: Collection[str]) -> dict[str, str]:
    found = deals_by_source(session, subjects)
    return {source: f"{KINDS['deal']} {deal.number}" for source, deal in found.items()}


def _price_rules(session: Session, subjects: Collection[str]) -> dict[str, str]:
    ids = [steering.id_of(subject) for subject in subjects]
    rules = session.scalars(select(PriceRule).where(PriceRule.id.in_(ids))).all()
    texts = steering.texts(session, rules)
    return {
        rule.source: f"{KINDS['price_rule']} {named(texts[rule.id].name, language(), rule.code)}"
        for rule in rules
    }


_NAMED: Mapping[
    str, tuple[Callable[[str], bool], Callable[[Session, Collection[str]], dict[str, str]]]
] = {
    "deal": (_is_uuid, _deals),
    "employee": (bool, _employees),
    "order": (_is_uuid, _orders),
    "price_rule": (_is_uuid, _price_rules),
    "user": (_is_id, _users),
}
"""What has a name or a number that people know it by, and what its key is written like: an entry
is never changed, so one that is written otherwise must not take the page with it."""
