"""The search through the audit: who sees what of it, by page, file and API."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote_plus
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from ideals import audit
from ideals.access import queries as access
from ideals.approvals.commands import policies
from ideals.approvals.commands.policies import PublishPolicy
from ideals.approvals.rules import built_in_text
from ideals.approvals.states import Kind
from ideals.audit import Entry
from ideals.insight.searching import queries
from ideals.insight.searching.queries import Asked
from ideals.insight.searching.rules import Change, changes_of, others_of
from ideals.kernel import clock
from ideals.kernel.actor import SYSTEM, Actor, Role
from ideals.seeds import factories
from tests.counting import counted
from tests.desk import Desk, desk, make_app

NOW = datetime(2026, 3, 10, 9, tzinfo=UTC)
ONE = UUID(int=1)
ROLES: Mapping[str, frozenset[Role]] = {
    "hr": frozenset({Role.HR}),
    "deals": frozenset({Role.HR, Role.HR_DEALS}),
    "prices": frozenset({Role.HR, Role.HR_PRICES}),
    "all": frozenset({Role.HR, Role.HR_DEALS, Role.HR_PRICES}),
    "only_deals": frozenset({Role.HR_DEALS}),
    "only_prices": frozenset({Role.HR_PRICES}),
    "payroll": frozenset({Role.PAYROLL}),
    "council": frozenset({Role.WORKS_COUNCIL}),
    "nobody": frozenset(),
}
ENTRIES: Mapping[str, tuple[str, str, dict[str, Any]]] = {
    "week": ("people.week_kept", "employee:anna", {"before": 31, "after": 15}),
    "import": ("people.people_imported", "file:people.csv", {"rows": 3}),
    "decided": ("approvals.approved", f"approval:{ONE}", {"about": f"order:{ONE}"}),
    "lost": ("approvals.trust_lost", "employee:7", {"kind": "order"}),
    # Of a deal: by its act, its subject, what was decided about, what trust was lost in.
    "deal": ("deals.offer", f"deal:{ONE}", {"offer": 1}),
    "deal hours": ("people.hours_agreed", f"deal:{ONE}", {"first_day": "2026-04-01"}),
    "deal decided": (
        "approvals.approved",
        f"approval:{UUID(int=2)}",
        {"about": f"deal:{ONE}"},
    ),
    "bonus asked": (
        "approvals.asked",
        f"approval:{UUID(int=3)}",
        {"about": f"deal_bonus:{ONE}"},
    ),
    "deal trust": ("approvals.trust_lost", "employee:8", {"kind": "deal"}),
    "template": ("deals.template_kept", "deals:care", {}),
    # Of prices.
    "rule": ("pricing.rule_saved", f"price_rule:{ONE}", {"after": {"value": "-15"}}),
    "rule decided": (
        "approvals.approved",
        f"approval:{UUID(int=4)}",
        {"about": f"price_rule:{ONE}"},
    ),
    "indicator": ("pricing.indicator_put", "indicator:load:2026-03", {"after": "84"}),
}
OF_DEALS = {"deal", "deal hours", "deal decided", "bonus asked", "deal trust", "template"}
OF_PRICES = {"rule", "rule decided", "indicator"}
SEES: Mapping[str, set[str]] = {
    "hr": ENTRIES.keys() - OF_DEALS - OF_PRICES,
    "deals": ENTRIES.keys() - OF_PRICES,
    "prices": ENTRIES.keys() - OF_DEALS,
    "all": set(ENTRIES),
}


@pytest.fixture(autouse=True)
def at_nine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def people(session: Session) -> dict[str, Actor]:
    factories.a_scheme(session)
    factories.an_employee(session, "Nobody", number="nobody", email="nobody@meridian.example")
    return {
        name: access.actor_of(
            factories.a_user(session, f"{name}@meridian.example", roles=roles), sorted(roles)
        )
        for name, roles in ROLES.items()
    }


@pytest.fixture
def entries(session: Session, people: dict[str, Actor]) -> None:
    """An hour apart, the first the latest; those made by the fixtures are older."""
    for hours, (act, subject, details) in enumerate(ENTRIES.values()):
        by = people["all"] if hours % 2 else SYSTEM
        now = NOW - timedelta(hours=hours)
        audit.record(session, act, subject, actor=by, now=now, **details)
    session.commit()


@pytest.fixture
def app(session: Session) -> Flask:
    return make_app()


def at(session: Session, app: Flask, who: Actor) -> Desk:
    return desk(session, app, who, now=NOW - timedelta(days=60))


def names(items: list[dict[str, Any]]) -> set[str]:
    known = {(act, subject): name for name, (act, subject, _) in ENTRIES.items()}
    found = {known.get((item["act"], item["subject"]), "") for item in items}
    return found - {""}


@pytest.mark.usefixtures("entries")
def test_who_sees_which_entries(session: Session, app: Flask, people: dict[str, Actor]) -> None:
    for name, who in people.items():
        there = at(session, app, who)
        answers = [there.get("/audit"), there.get("/audit.csv"), there.asks("audit?limit=200")]
        codes = [each.status_code for each in answers]
        assert codes == ([200] * 3 if name in SEES else [403] * 3), name
        if name in SEES:
            assert names(answers[2].json["items"]) == SEES[name], name
            for hidden in ENTRIES.keys() - SEES[name]:
                _, subject, _ = ENTRIES[hidden]
                assert f'subject={quote_plus(subject)}"' not in answers[0].text, (name, hidden)
                assert f",{subject}," not in answers[1].text, (name, hidden)
            for seen in SEES[name]:
                subject = ENTRIES[seen][1]
                assert f'subject={quote_plus(subject)}"' in answers[0].text, (name, seen)
                assert f",{ENTRIES[seen][1]}," in answers[1].text, (name, seen)
    for name in ("only_deals", "nobody"):
        assert session.scalars(queries.access_entries(Asked(), actor=people[name])).all() == []


@pytest.mark.usefixtures("entries")
def test_filters_by_act_subject_actor_and_days(
    session: Session, app: Flask, people: dict[str, Actor]
) -> None:
    there = at(session, app, people["all"])

    def found(query: str) -> set[str]:
        answer = there.asks(f"audit?limit=200&{query}")
        assert answer.status_code == 200, answer.json
        return names(answer.json["items"])

    assert found("act=people.week_kept") == {"week"}
    assert found("act=people") == {"week", "import", "deal hours"}
    assert found("act=people.") == {"week", "import", "deal hours"}
    assert found("act=peopl") == set()
    assert found("act=people.week") == set()
    assert found(f"subject=deal:{ONE}") == {"deal", "deal hours"}
    assert found("subject=price_rule") == {"rule"}
    assert found("subject=price%25rule") == set()
    assert found("actor=system&act=people") == {"week"}
    assert found("actor=all@meridian.example&act=people") == {"import", "deal hours"}
    # 9:00 UTC is 10:00 in Amsterdam: the eleventh entry and those after it are of the day before.
    assert found("from=2026-03-10") == set(list(ENTRIES)[:11])
    assert found("from=2026-03-09&to=2026-03-09") == set(list(ENTRIES)[11:])
    assert there.asks("audit?from=x").status_code == 422
    assert there.asks("audit?acts=x").status_code == 422


@pytest.mark.usefixtures("entries")
def test_pages_of_a_search_meet_without_gap_or_double(
    session: Session, app: Flask, people: dict[str, Actor]
) -> None:
    there = at(session, app, people["all"])
    seen, cursor = [], ""
    while cursor is not None:
        answer = there.asks(f"audit?limit=4{f'&cursor={cursor}' if cursor else ''}").json
        seen += answer["items"]
        cursor = answer["next"]
    ids = [item["id"] for item in seen]
    assert len(ids) == len(set(ids)) == session.query(Entry).count()
    moments = [item["happened_at"] for item in seen if item["act"] in {"deals.offer"}]
    assert moments == ["2026-03-10T06:00:00+01:00"]


@pytest.mark.usefixtures("entries")
def test_before_and_after_stand_on_the_page_and_in_the_file(
    session: Session, app: Flask, people: dict[str, Actor]
) -> None:
    there = at(session, app, people["all"])
    page = there.get("/audit?act=people.week_kept").text
    assert "<td><del>31</del></td><td><ins>15</ins></td>" in page
    item = there.asks("audit?act=pricing.rule_saved").json["items"][0]
    assert item["changes"] == [{"what": "value", "before": None, "after": "-15"}]
    file = there.get("/audit.csv?act=people").text
    assert "Working days kept,people.week_kept,employee:anna,,31,15" in file
    assert "rows: 3" in file
    assert "deals.offer" not in file
    taken = session.scalars(select(Entry).where(Entry.act == "insight.audit_downloaded")).one()
    assert (taken.actor, taken.details) == (people["all"].name, {"asked": {"act": "people"}})


def test_what_differs_between_before_and_after() -> None:
    assert changes_of({"rows": 3}) == []
    assert changes_of({"before": 1, "after": 1}) == []
    assert changes_of({"before": None, "after": "M1"}) == [Change("", None, "M1")]
    both = {"before": {"a": 1, "b": 2, "c": [1, 2]}, "after": {"a": 1, "b": None, "c": [1]}}
    assert changes_of(both) == [Change("b", "2", None), Change("c", "1, 2", "1")]
    assert changes_of({"before": "x", "after": {"a": True}}) == [Change("", "x", "a: yes")]
    assert others_of({"before": 1, "after": 2, "file": "a.csv"}) == [("file", "a.csv")]


CODES: Mapping[str, tuple[str, str, dict[str, Any], str, str]] = {
    "state of a rule": (
        "pricing.rule_approved", f"price_rule:{ONE}",
        {"before": {"state": "submitted"}, "after": {"state": "scheduled"}},
        "wacht op een tweede persoon", "akkoord, gaat nog in",
    ),
    "a flag": (
        "pricing.rule_saved", f"price_rule:{ONE}",
        {"before": {"combines": True}, "after": {"combines": False}}, "ja", "nee",
    ),
    "state of an order": ("shop.order_placed", f"order:{ONE}", {"state": "posted"}, "", "klaar"),
    "days of a deal": (
        "people.week_agreed", f"deal:{ONE}", {"days": ["monday", "friday"]},
        "", "maandag, vrijdag",
    ),
    "roles": (
        "access.roles_changed", "user:1", {"before": ["hr"], "after": ["hr", "hr_prices"]},
        "HR", "HR, HR, prijzen",
    ),
    "days": (
        "people.week_kept", "employee:1", {"before": ["monday"], "after": ["tuesday"]},
        "maandag", "dinsdag",
    ),
}  # fmt: skip


@pytest.mark.parametrize("code", CODES)
def test_codes_stand_in_the_language_of_the_reader(
    session: Session, app: Flask, people: dict[str, Actor], code: str
) -> None:
    act, subject, details, before, after = CODES[code]
    audit.record(session, act, subject, actor=SYSTEM, now=NOW, **details)
    session.commit()
    there = replace(at(session, app, people["all"]), language="nl")
    page = " ".join(re.sub("<[^>]*>", " ", there.get(f"/audit?act={act}").text).split()).lower()
    file = there.get(f"/audit.csv?act={act}").text.lower()
    for side in (before, after):
        assert side.lower() in page.partition("het nieuwste eerst")[2], page
        assert side.lower() in file, file
    # Programs read the codes.
    (entry,) = there.asks(f"audit?act={act}&limit=1").json["items"]
    assert entry["details"] == details


@pytest.mark.usefixtures("entries")
def test_wrong_days_are_said_beside_their_field(
    session: Session, app: Flask, people: dict[str, Actor]
) -> None:
    there = at(session, app, people["hr"])
    assert "Write a day as 2026-03-15." in there.get("/audit?from=yesterday").text
    crossed = there.get("/audit?from=2026-03-10&to=2026-03-09").text
    assert "This day comes after the last one." in crossed


@pytest.mark.usefixtures("entries")
def test_acts_are_told_and_chosen_in_words(
    session: Session, app: Flask, people: dict[str, Actor]
) -> None:
    page = at(session, app, people["hr"]).get("/audit?act=people.week_kept").text
    assert ">Working days kept</a>" in page
    assert '<option value="people.week_kept" selected>Working days kept</option>' in page
    assert '<option value="people">People: everything</option>' in page
    assert 'value="deals' not in page
    assert 'value="pricing' not in page
    every = at(session, app, people["all"]).get("/audit?act=pricing").text
    assert '<option value="pricing" selected>' in every
    assert '<option value="deals.offer">Offer made</option>' in every
    # What was recorded under a name that is no longer used is shown and searched as it was written.
    audit.record(session, "people.once", "employee:anna", actor=SYSTEM, now=NOW)
    session.commit()
    old = at(session, app, people["hr"]).get("/audit?act=people.once").text
    assert ">people.once</a>" in old
    assert '<option value="people.once" selected>people.once</option>' in old


def test_published_texts_can_be_compared(
    session: Session, app: Flask, people: dict[str, Actor]
) -> None:
    factories.a_scheme(session, version="2026-04")
    text = built_in_text(Kind.TODO)
    policy = re.sub("(?m)^from:.*$", 'from: "2026-04-01"', text)
    policies.publish(session, PublishPolicy(policy), actor=factories.DINA, now=NOW)
    there = at(session, app, people["hr"])
    page = there.get("/audit?act=schemes.published").text.replace("&amp;", "&")
    (scheme,) = re.findall(r'href="(/schemes/[^"]+/compare[^"]+)"', page)
    assert scheme == "/schemes/simple/compare?from=2020-01&to=2026-04"
    assert there.get(scheme).status_code == 200
    page = there.get("/audit?act=approvals.published").text
    links = re.findall(r'href="([^"]*/policies/[^"]*)"', page)
    assert links == ["/approvals/policies/todo", "/approvals/policies/todo/2026-04-01"]
    assert [there.get(link).status_code for link in links] == [200, 200]


@pytest.mark.usefixtures("entries")
def test_each_entry_leads_where_it_is_shown(
    session: Session, app: Flask, people: dict[str, Actor]
) -> None:
    page = at(session, app, people["all"]).get("/audit").text
    for href in (
        "/people/anna", f"/deals/{ONE}", f"/prices/rules/{ONE}", f"/approvals/{ONE}",
        "/prices/indicators", "/imports",
    ):  # fmt: skip
        assert f'href="{href}" aria-label="Open ' in page, href


@pytest.mark.usefixtures("entries")
def test_a_search_asks_as_much_of_many_as_of_few(
    session: Session, app: Flask, people: dict[str, Actor]
) -> None:
    there = at(session, app, people["hr"])
    there.get("/audit")
    with counted() as few:
        there.get("/audit?act=people")
    for number in range(60):
        audit.record(session, "people.seen", f"employee:{number}", actor=SYSTEM, now=NOW)
    session.commit()
    with counted() as many:
        there.get("/audit?act=people")
    assert many.statements == few.statements, many


def test_a_search_in_many_entries_goes_by_an_index(
    session: Session, people: dict[str, Actor]
) -> None:
    session.execute(
        text(
            "INSERT INTO audit_entry (happened_at, actor, act, subject, details)"
            " SELECT :now - n * interval '1 minute', 'who' || n % 500, 'shop.act' || n % 40,"
            " 'order:' || n, '{}' FROM generate_series(1, 30000) n"
        ),
        {"now": NOW},
    )
    session.execute(text("ANALYZE audit_entry"))
    asked = {
        "audit_entry_of_subject": Asked(subject="order:77"),
        "audit_entry_of_act": Asked(act="shop.act7"),
        "audit_entry_when": Asked(since=NOW - timedelta(hours=1), until=NOW),
    }
    for index, each in asked.items():
        query = queries.access_entries(each, actor=people["hr"])
        query = query.order_by(*(key.desc() for key in queries.NEWEST_FIRST)).limit(51)
        sql = query.compile(session.connection(), compile_kwargs={"literal_binds": True})
        plan = "\n".join(session.scalars(text(f"EXPLAIN {str(sql).replace(':', chr(92) + ':')}")))
        assert index in plan, plan
