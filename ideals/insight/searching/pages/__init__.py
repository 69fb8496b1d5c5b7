"""HR's search through the audit, and the same as a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, render_template, request, url_for
from flask_babel import gettext, lazy_gettext

from ideals import audit
from ideals.audit import Entry
from ideals.config import Settings
from ideals.db import unit_of_work
from ideals.insight.searching import queries
from ideals.insight.searching.pages.acts import ACTS, said
from ideals.insight.searching.pages.subjects import is_decision, subjects_said, who
from ideals.insight.searching.pages.words import acts_by_area, what, wording
from ideals.insight.searching.queries import NEWEST_FIRST, Asked
from ideals.insight.searching.rules import Change, begins_at, changes_of, ends_at, others_of
from ideals.kernel import clock
from ideals.kernel.actor import Actor, Role
from ideals.web.actor import current_actor
from ideals.web.cursors import Page, page_request, paginate
from ideals.web.export import Row, csv_response
from ideals.web.guards import guard, role
from ideals.web.shell import NavItem, navigation

LONGEST = 200
AT_ONCE = 500

bp = Blueprint("audit_pages", __name__, template_folder="../../templates")
only_hr = role(Role.HR)
navigation.register("69-audit", NavItem(lazy_gettext("Audit"), "audit_pages.search", only_hr))


@dataclass(frozen=True, slots=True)
class Given:
    """The search as it was typed. `errors` by field; what cannot be read asks nothing."""

    act: str
    subject: str
    actor: str
    first: str
    last: str
    errors: Mapping[str, str]
    asked: Asked

    @property
    def anything(self) -> bool:
        return any((self.act, self.subject, self.actor, self.first, self.last))

    @property
    def query(self) -> dict[str, Any]:
        """For an address, without what is empty."""
        named = {
            "act": self.act,
            "subject": self.subject,
            "actor": self.actor,
            "from": self.first,
            "to": self.last,
        }
        return {name: value for name, value in named.items() if value}


@dataclass(frozen=True, slots=True)
class Line:
    """`href`: where what the entry is about is shown, for whom may open it. `texts`: where two
    published texts stand side by side."""

    entry: Entry
    who: str
    about: str
    act: str
    changes: list[Change]
    others: list[tuple[str, str]]
    href: str
    texts: str


@bp.get("/audit")
@guard(only_hr)
def search() -> str:
    given, actor = _given(), current_actor()
    with unit_of_work() as session:
        query = queries.access_entries(given.asked, actor=actor)
        page = paginate(session, query, page_request(), *NEWEST_FIRST, descending=True)
        about = subjects_said(session, page.items)
        return render_template(
            "insight/audit.html",
            page=Page([_line(each, about[each.id], actor) for each in page.items], page.next),
            given=given,
            acts=acts_by_area(queries.hidden_acts(actor)),
            known=ACTS,
            what=what,
            csv=url_for("audit_pages.search_file", **given.query),
        )


@bp.get("/audit.csv")
@guard(only_hr)
def search_file() -> Response:
    """All that fits. That it was taken is written down too."""
    given, actor = _given(), current_actor()
    with unit_of_work() as session:
        audit.record(
            session,
            "insight.audit_downloaded",
            "audit",
            actor=actor,
            now=clock.now(),
            asked=given.query,
        )
    header = [
        gettext("When"), gettext("Who"), gettext("Act"), gettext("Code"), gettext("About"),
        gettext("What"), gettext("Before"), gettext("After"), gettext("Besides"),
    ]  # fmt: skip
    return csv_response(gettext("who-changed-what"), header, _rows(given.asked, actor))


def _rows(asked: Asked, actor: Actor) -> Iterator[Row]:
    """A line for each change of an entry; one for an entry without any."""
    order = [key.desc() for key in NEWEST_FIRST]
    with unit_of_work() as session:
        query = queries.access_entries(asked, actor=actor).order_by(*order)
        for entry in session.scalars(query, execution_options={"yield_per": AT_ONCE}):
            words = wording(entry.subject)
            others = others_of(entry.details, words)
            besides = "; ".join(f"{what(name)}: {value}" for name, value in others)
            for change in changes_of(entry.details, words) or [Change("", None, None)]:
                yield (
                    entry.happened_at,
                    entry.actor,
                    said(entry.act),
                    entry.act,
                    entry.subject,
                    what(change.what),
                    change.before,
                    change.after,
                    besides,
                )


def _given() -> Given:
    typed = {
        name: request.args.get(name, "").strip()[:LONGEST]
        for name in ("act", "subject", "actor", "from", "to")
    }
    errors: dict[str, str] = {}
    first, last = _day("from", typed["from"], errors), _day("to", typed["to"], errors)
    if first is not None and last is not None and first > last:
        errors["from"] = gettext("This day comes after the last one.")
    zone = Settings.read().zone
    asked = Asked(
        typed["act"],
        typed["subject"],
        typed["actor"],
        begins_at(first, zone),
        ends_at(last, zone),
    )
    return Given(
        typed["act"], typed["subject"], typed["actor"], typed["from"], typed["to"], errors, asked
    )


def _day(name: str, typed: str, errors: dict[str, str]) -> date | None:
    try:
        return date.fromisoformat(typed) if typed else None
    except ValueError:
        errors[name] = gettext("Write a day as 2026-03-15.")
        return None


def _line(entry: Entry, about: str, actor: Actor) -> Line:
    words = wording(entry.subject)
    others = others_of(entry.details, words)
    told_already = {"about"} if is_decision(entry) else set()
    return Line(
        entry,
        who(entry.actor),
        about,
        said(entry.act),
        changes_of(entry.details, words),
        [(name, value) for name, value in others if value and name not in told_already],
        _href(entry, actor),
        _texts(entry),
    )


def _href(entry: Entry, actor: Actor) -> str:
    word, _, rest = entry.subject.partition(":")
    shown = _SHOWN.get(word)
    return "" if shown is None or not rest else shown(rest, actor)


def _texts(entry: Entry) -> str:
    """What is published is never edited, so the two can always be compared."""
    before, after = entry.details.get("before"), entry.details.get("after")
    rest = entry.subject.partition(":")[2]
    if entry.act == "schemes.published" and before:
        code = rest.partition(":")[0]
        return url_for("schemes_pages.compare_versions", code=code, **{"from": before, "to": after})
    if entry.act == "approvals.published":
        kind = rest.partition(":")[0]
        return url_for("policy_pages.policy_version", kind=kind, day=after)
    return ""


def _of_prices(href: str, actor: Actor) -> str:
    return href if actor.has(Role.HR_PRICES) else ""


_SHOWN: Mapping[str, Callable[[str, Actor], str]] = {
    "employee": lambda number, _: url_for("people_pages.person", number=number),
    "order": lambda order, _: f"/orders/{quote(order)}",
    "month": lambda month, _: f"/months/{quote(month)}",
    "unit": lambda path, _: url_for("unit_pages.unit", unit=path),
    "approval": lambda approval, _: f"/approvals/{quote(approval)}",
    "simulation": lambda simulation, _: f"/prices/simulations/{quote(simulation)}",
    "deal": lambda deal, actor: f"/deals/{quote(deal)}" if actor.has(Role.HR_DEALS) else "",
    "scheme": lambda version, _: f"/schemes/{quote(version.partition(':')[0])}",
    "policy": lambda version, _: url_for(
        "policy_pages.policy_of_kind", kind=version.partition(":")[0]
    ),
    "file": lambda _, __: url_for("import_pages.imports"),
    "mandate": lambda _, __: url_for("mandate_pages.mandates"),
    "price_rule": lambda rule, actor: _of_prices(f"/prices/rules/{quote(rule)}", actor),
    "indicator": lambda _, actor: _of_prices("/prices/indicators", actor),
}
"""By the word before the colon of a subject."""
