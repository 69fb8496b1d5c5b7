"""The rules by which decisions are made: for everybody who goes by them, and for HR's keeping."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from flask import Blueprint, Response, abort, render_template
from flask_babel import LazyString, gettext, lazy_gettext
from sqlalchemy.orm import Session

from ideals.approvals.models import PolicyDraft, PolicyVersion
from ideals.approvals.pages import policy_words as words
from ideals.approvals.pages.policy_words import Telling
from ideals.approvals.queries import policies as queries
from ideals.approvals.queries.in_force import built_in_policy, faults_of, readable
from ideals.approvals.queries.policies import Held, Line
from ideals.approvals.rules import Fault, Policy, built_in_text
from ideals.approvals.states import Kind
from ideals.config import Settings
from ideals.db import unit_of_work
from ideals.kernel import clock
from ideals.kernel.actor import Role
from ideals.web.actor import current_actor
from ideals.web.errors import register_words
from ideals.web.guards import guard, role, signed_in
from ideals.web.shell import NavItem, navigation

bp = Blueprint("policy_pages", __name__, url_prefix="/approvals", template_folder="../templates")
only_hr = role(Role.HR)
BUILT_IN = "built-in"
CONCERNS_ALL = (Kind.ORDER, Kind.DEAL, Kind.EVIDENCE, Kind.CHECK, Kind.CONTEST)
"""The kinds by which somebody's own choices are decided about."""

navigation.register(
    "62-policies",
    NavItem(
        lazy_gettext("Rules of decisions"), "policy_pages.policies", needs=only_hr, group="rules"
    ),
)
navigation.register(
    "09-how-decided",
    NavItem(
        lazy_gettext("How decisions are made"), "policy_pages.how", employee=True, group="mine"
    ),
)
register_words(
    "policy_published",
    lazy_gettext(
        "Rules from %(starts_on)s are published already, with another text. What is published is "
        "never changed: give these a later first day."
    ),
)
register_words(
    "policy_too_early",
    lazy_gettext(
        "%(starts_on)s comes before the first day of the last rules published, %(latest)s. Give "
        "these a later first day."
    ),
)
register_words(
    "policy_day_passed",
    lazy_gettext(
        "The first day must be %(earliest)s or later: until then people have gone by other rules."
    ),
)
register_words(
    "may_not_see_cases",
    lazy_gettext("Whose these deals are is seen by HR with the right to deals."),
)
register_words("may_not_keep_policies", lazy_gettext("Only HR can write and publish these rules."))
register_words(
    "policy_draft_not_found",
    lazy_gettext("There is no draft any more: it was published or thrown away."),
)


@dataclass(frozen=True, slots=True)
class KindLine:
    """`next`: the first that holds from a later day; `draft`: what HR is writing."""

    kind: Kind
    held: Held
    telling: Telling
    next: Line | None
    versions: int
    draft: PolicyDraft | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """What was published, or is built in. `policy` is `None` when it cannot be read any more, for
    these `faults`."""

    text: str
    starts_on: date
    policy: Policy | None
    faults: Sequence[Fault] = ()


@bp.get("/how")
@guard(signed_in)
def how() -> str:
    """The rules that hold today, and what comes, for everybody."""
    day = today()
    with unit_of_work() as session:
        by_kind = queries.lines_by_kind(session)
        held = queries.all_in_force(session, day)
        coming = {
            kind: queries.in_force(session, kind, line.starts_on).policy
            for kind in CONCERNS_ALL
            if (line := _next(by_kind[kind], day)) is not None
        }
        told = [*(each.policy for each in held.values()), *coming.values()]
        people = queries.names_of_people(session, told)
    shown = [
        (_line(kind, held[kind], by_kind[kind], people, day), coming.get(kind))
        for kind in CONCERNS_ALL
    ]
    return render_template("approvals/how.html", shown=shown, words=words)


@bp.get("/policies")
@guard(only_hr)
def policies() -> str:
    day = today()
    with unit_of_work() as session:
        by_kind = queries.lines_by_kind(session)
        held = queries.all_in_force(session, day)
        drafts = queries.drafts(session, actor=current_actor())
        people = queries.names_of_people(session, [each.policy for each in held.values()])
    shown = [_line(kind, held[kind], by_kind[kind], people, day, drafts.get(kind)) for kind in Kind]
    return render_template("approvals/policies.html", shown=shown, words=words)


def _line(
    kind: Kind,
    held: Held,
    lines: Sequence[Line],
    people: Mapping[str, str],
    day: date,
    draft: PolicyDraft | None = None,
) -> KindLine:
    return KindLine(kind, held, Telling(kind, people), _next(lines, day), len(lines), draft)


def _next(lines: Sequence[Line], day: date) -> Line | None:
    """`lines`: the latest first."""
    return next((line for line in reversed(lines) if line.starts_on > day), None)


@bp.get("/policies/<kind>")
@guard(only_hr)
def policy_of_kind(kind: str) -> str:
    wanted, day = kind_asked(kind), today()
    with unit_of_work() as session:
        lines = queries.lines(session, wanted)
        held = queries.in_force(session, wanted, day)
        draft = queries.draft_of(session, wanted, actor=current_actor())
        people = queries.names_of_people(session, [held.policy])
    starts = [line.starts_on for line in lines]
    states: dict[date, tuple[str | LazyString, str]] = {
        line.starts_on: words.holds(line.starts_on, later, day)
        for line, later in zip(lines, [None, *starts], strict=False)
    }
    if held.unreadable is not None:
        states[held.unreadable] = words.UNREADABLE
    return render_template(
        "approvals/policy_kind.html",
        line=_line(wanted, held, lines, people, day, draft),
        published=lines,
        states=states,
        words=words,
    )


@bp.get("/policies/<kind>/<day>")
@guard(only_hr)
def policy_version(kind: str, day: str) -> str:
    """A published one by its first day, or what is built in."""
    wanted = kind_asked(kind)
    with unit_of_work() as session:
        lines = queries.lines(session, wanted)
        row = None
        if day != BUILT_IN:
            row = queries.published_version(session, wanted, day_asked(day))
        shown = _version(wanted, row)
        newer = next((each for each in reversed(lines) if _is_after(each, row)), None)
        before = None if row is None else _replaced(session, lines, row)
        told = [each for each in (shown.policy, before) if each is not None]
        people = queries.names_of_people(session, told)
    telling = Telling(wanted, people)
    return render_template(
        "approvals/policy_version.html",
        kind=wanted,
        shown=shown,
        policy=shown.policy,
        telling=telling,
        row=row,
        newer=newer,
        state=words.UNREADABLE
        if shown.policy is None
        else words.holds(shown.starts_on, newer.starts_on if newer else None, today()),
        changes=words.differences(telling, before, shown.policy) if before and shown.policy else [],
        words=words,
    )


def _version(kind: Kind, row: PolicyVersion | None) -> Shown:
    if row is None:
        policy = built_in_policy(kind)
        return Shown(policy.text, policy.starts_on, policy)
    text = row.document
    return Shown(text, row.starts_on, readable(kind, text), faults_of(kind, text))


def _replaced(session: Session, lines: Sequence[Line], row: PolicyVersion) -> Policy:
    """`lines`: the latest first."""
    kind = Kind(row.kind)
    older = next((line for line in lines if line.starts_on < row.starts_on), None)
    if older is None:
        return built_in_policy(kind)
    return queries.in_force(session, kind, older.starts_on).policy


def _is_after(line: Line, row: PolicyVersion | None) -> bool:
    return row is None or line.starts_on > row.starts_on


@bp.get("/policies/<kind>/<day>/document.yaml")
@guard(only_hr)
def policy_document(kind: str, day: str) -> Response:
    """Exactly as it was published."""
    wanted = kind_asked(kind)
    if day == BUILT_IN:
        return document(built_in_text(wanted), f"{wanted}-{BUILT_IN}")
    with unit_of_work() as session:
        text = queries.published_version(session, wanted, day_asked(day)).document
    return document(text, f"{wanted}-{day}")


def document(text: str, name: str) -> Response:
    response = Response(text.encode(), content_type="application/yaml; charset=utf-8")
    response.headers.set("Content-Disposition", "attachment", filename=f"{name}.yaml")
    return response


def kind_asked(text: str) -> Kind:
    if text not in set(Kind):
        abort(404, gettext("There is no such kind of decision."))
    return Kind(text)


def day_asked(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        abort(404, gettext("A day is written as 2026-12-01."))


def today() -> date:
    return clock.now().astimezone(Settings.read().zone).date()
