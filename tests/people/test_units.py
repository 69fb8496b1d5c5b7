"""Owners of units and working weeks: commands, what is told of them, and the API."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from ideals.access import queries as access
from ideals.audit import Entry
from ideals.kernel import clock
from ideals.kernel.actor import Actor, Role
from ideals.people import queries
from ideals.people.commands.units import GiveOwner, KeepWeek, give_owner, keep_week
from ideals.people.errors import (
    EmployeeUnknown,
    OnlyHr,
    OwnerMovedOn,
    PersonNotEmployed,
    PersonUnknown,
    UnitUnknown,
    WeekEmpty,
)
from ideals.people.models import Unit
from ideals.people.queries import organisation, units
from ideals.people.rules.weeks import MONDAY_TO_FRIDAY, days_of, mask_of
from ideals.seeds import factories
from ideals.seeds.factories import Organisation
from tests.desk import Desk, desk, make_app

NOW = datetime(2026, 3, 10, 9, tzinfo=UTC)
TODAY = NOW.date()
ZWOLLE, RETAIL = "Bank/Retail/Zwolle", "Bank/Retail"


@pytest.fixture
def cast(session: Session) -> Organisation:
    return factories.an_organisation(session)


def actor(session: Session, name: str) -> Actor:
    roles = frozenset({Role.HR}) if name == "dina" else frozenset()
    user = factories.a_user(session, f"{name}@meridian.example", roles=roles)
    return access.actor_of(user, sorted(roles))


@pytest.fixture
def dina(session: Session, cast: Organisation) -> Actor:
    return actor(session, "dina")


def own(
    session: Session, who: Actor, path: str, owner: str | None, seen: int | None = None
) -> Unit:
    version = queries.unit_by_path(session, path).owner_version if seen is None else seen
    unit = give_owner(session, GiveOwner(path, owner, version), actor=who, now=NOW)
    session.flush()
    return unit


# Owners


def test_the_nearest_owner_answers_for_a_unit(
    session: Session, cast: Organisation, dina: Actor
) -> None:
    zwolle = queries.unit_by_path(session, ZWOLLE).id
    assert units.owner_of(session, zwolle) is None
    own(session, dina, "Bank", "dina")
    own(session, dina, RETAIL, "clara")
    assert units.owners_of(session, zwolle) == [cast.clara.id, cast.dina.id]
    own(session, dina, ZWOLLE, "egor")
    assert units.owner_of(session, zwolle) == cast.egor.id
    gone = date(2026, 3, 12)
    factories.a_change(session, cast.egor, date(2026, 3, 1), leaves_on=gone, now=NOW)
    assert units.owner_of(session, zwolle, today=gone) == cast.egor.id
    assert units.owner_of(session, zwolle, today=gone + timedelta(1)) == cast.clara.id
    assert units.owner_of(session, queries.unit_by_path(session, "Bank/Business").id) == (
        cast.dina.id
    )


def test_what_is_given_twice_changes_once_and_keeps_its_history(
    session: Session, cast: Organisation, dina: Actor
) -> None:
    assert own(session, dina, ZWOLLE, "egor").owner_version == 2
    assert own(session, dina, ZWOLLE, "egor").owner_version == 2
    own(session, dina, ZWOLLE, "clara")
    unit = own(session, dina, ZWOLLE, None)
    history = organisation.owner_history(session, unit.id, actor=dina)
    assert [(one.before, one.after) for one in history] == [
        ("Clara", None),
        ("Egor", "Clara"),
        (None, "Egor"),
    ]
    assert {one.changed_by for one in history} == {dina.name}
    acts = select(Entry.act).where(Entry.subject == f"unit:{ZWOLLE}")
    assert session.scalars(acts).all() == ["people.owner_given"] * 3
    with pytest.raises(DBAPIError), session.begin_nested():
        session.execute(text("UPDATE people_owner_change SET to_id = NULL"))


def test_only_hr_gives_an_owner_and_sees_the_list(
    session: Session, cast: Organisation, dina: Actor
) -> None:
    for name in ("anna", "boris"):
        who = actor(session, name)
        with pytest.raises(OnlyHr):
            own(session, who, ZWOLLE, "boris", seen=1)
        with pytest.raises(OnlyHr):
            organisation.unit_lines(actor=who, today=TODAY)
        with pytest.raises(OnlyHr):
            organisation.owner_history(session, 1, actor=who)


def test_what_cannot_be_is_refused(session: Session, cast: Organisation, dina: Actor) -> None:
    with pytest.raises(UnitUnknown):
        own(session, dina, "Bank/Nowhere", "egor", seen=1)
    with pytest.raises(PersonUnknown):
        own(session, dina, ZWOLLE, "nobody")
    factories.a_change(session, cast.egor, date(2026, 3, 1), leaves_on="2026-03-09", now=NOW)
    with pytest.raises(PersonNotEmployed):
        own(session, dina, ZWOLLE, "egor")
    own(session, dina, ZWOLLE, "clara")
    with pytest.raises(OwnerMovedOn) as refused:
        own(session, dina, ZWOLLE, "boris", seen=1)
    assert refused.value.data["version"] == 2


def test_the_list_says_who_answers_and_how_many_work_there(
    session: Session, cast: Organisation, dina: Actor
) -> None:
    own(session, dina, RETAIL, "clara")

    def lines(**more: object) -> dict[str, tuple[str | None, str | None, int]]:
        found = organisation.unit_lines(actor=dina, today=TODAY, **more)  # type: ignore[arg-type]
        return {
            row.path: (row.owner_name, row.answers_name, row.people)
            for row in session.execute(found)
        }

    assert lines(search="retail") == {RETAIL: ("Clara", "Clara", 1), ZWOLLE: (None, "Clara", 1)}
    assert RETAIL not in lines(without_owner=True) and ZWOLLE in lines(without_owner=True)
    assert lines()["Bank"] == (None, None, 0)
    assert lines(search="%") == {}
    with pytest.raises(UnitUnknown):
        organisation.unit_line(session, "Bank/Nowhere", actor=dina, today=TODAY)


# Colleagues


def test_colleagues_are_found_by_name_or_number_and_nothing_else_is_told(
    session: Session, cast: Organisation, dina: Actor
) -> None:
    anna = actor(session, "anna")

    def found(search: str, who: Actor = anna) -> list[tuple[str, str]]:
        people = organisation.colleagues(session, search, actor=who, today=TODAY)
        return [(one.name, one.unit) for one in people]

    assert found("ORI") == [("Boris", RETAIL)]
    assert found("boris") == [("Boris", RETAIL)]
    assert found("b") == found("") == found("zzz") == []
    assert found("boris", Actor(name="outside@meridian.example")) == []
    assert found("boris", dina) != []
    factories.a_change(session, cast.boris, date(2026, 3, 1), leaves_on="2026-03-09", now=NOW)
    assert found("boris") == []


# Weeks


def test_a_week_is_kept_whole() -> None:
    assert [mask_of(days_of(mask)) for mask in range(1, 128)] == list(range(1, 128))


def test_a_week_needs_a_day() -> None:
    for nothing in ([], [7], [-1]):
        with pytest.raises(WeekEmpty):
            mask_of(nothing)


def test_monday_to_friday_until_something_else_is_said(
    session: Session, cast: Organisation, dina: Actor
) -> None:
    anna = actor(session, "anna")
    assert units.week_of(session, [cast.anna.id]) == {cast.anna.id: MONDAY_TO_FRIDAY}
    assert keep_week(session, KeepWeek([0, 2, 2]), actor=anna, now=NOW) == {0, 2}
    assert units.week_of(session, [cast.anna.id, cast.boris.id]) == {
        cast.anna.id: {0, 2},
        cast.boris.id: MONDAY_TO_FRIDAY,
    }
    keep_week(session, KeepWeek([5, 6], "anna"), actor=dina, now=NOW)
    assert units.week_of(session, [cast.anna.id]) == {cast.anna.id: {5, 6}}
    acts = select(Entry.details).where(Entry.act == "people.week_kept").order_by(Entry.id)
    found = session.scalars(acts).all()
    assert found[0]["after"] == found[1]["before"] == ["monday", "wednesday"]
    assert found[1]["after"] == ["saturday", "sunday"]


def test_a_week_is_ones_own_and_hrs_to_keep(
    session: Session, cast: Organisation, dina: Actor
) -> None:
    boris, egor = actor(session, "boris"), actor(session, "egor")
    with pytest.raises(OnlyHr):
        keep_week(session, KeepWeek([0], "anna"), actor=boris, now=NOW)
    with pytest.raises(EmployeeUnknown):
        keep_week(session, KeepWeek([0], "anna"), actor=egor, now=NOW)
    with pytest.raises(EmployeeUnknown):
        keep_week(session, KeepWeek([0], "nobody"), actor=dina, now=NOW)
    with pytest.raises(WeekEmpty):
        keep_week(session, KeepWeek([]), actor=egor, now=NOW)


# The API


@pytest.fixture
def desks(
    session: Session, cast: Organisation, dina: Actor, monkeypatch: pytest.MonkeyPatch
) -> dict[str, Desk]:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    app: Flask = make_app()
    named = {name: actor(session, name) for name in ("anna", "boris", "egor")} | {"dina": dina}
    return {name: desk(session, app, who, now=NOW) for name, who in named.items()}


def put(desk_: Desk, path: str, body: object, seen: str | None = None) -> tuple[int, dict]:
    headers = desk_._headers({"If-Match": seen} if seen else {})
    answer = desk_.client.put(f"/api/v1/{path}", json=body, headers=headers)
    return answer.status_code, answer.json


def test_scripts_give_an_owner_and_name_what_they_saw(desks: dict[str, Desk]) -> None:
    dina, path = desks["dina"], f"units/{ZWOLLE}/owner"
    seen = dina.asks(path)
    assert (seen.json["owner"], seen.headers["ETag"]) == (None, '"1"')
    assert put(dina, path, {"owner": "egor"})[0] == 428
    status, told = put(dina, path, {"owner": "egor"}, '"1"')
    assert (status, told["owner_name"], told["answers"]) == (200, "Egor", "egor")
    stale = put(dina, path, {"owner": "boris"}, '"1"')
    assert (stale[0], stale[1]["code"], stale[1]["version"]) == (412, "owner_moved_on", 2)
    assert put(dina, path, {"owner": "boris"}, "x")[0] == 412
    wrong = put(dina, path, {"owner": "nobody"}, '"2"')
    assert (wrong[0], wrong[1]["code"], wrong[1]["field"]) == (422, "person_unknown", "owner")
    assert put(dina, path, {"owner": None}, '"2"')[1]["owner"] is None
    assert put(dina, "units/Bank/Nowhere/owner", {"owner": None}, '"1"')[1]["code"] == (
        "unit_unknown"
    )
    listed = dina.asks("units?search=zwolle&limit=1").json
    assert [item["path"] for item in listed["items"]] == [ZWOLLE]
    for name in ("anna", "boris"):
        assert desks[name].asks("units").status_code == 403
        assert desks[name].asks(path).status_code == 403
        assert put(desks[name], path, {"owner": name}, '"3"')[0] == 403


def test_scripts_list_units_page_by_page(desks: dict[str, Desk]) -> None:
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = desks["dina"].asks(f"units?limit=2{f'&cursor={cursor}' if cursor else ''}").json
        seen += [item["path"] for item in page["items"]]
        cursor = page["next"]
    assert seen == sorted(seen) and ZWOLLE in seen and len(seen) == len(set(seen))


def test_scripts_keep_a_week(desks: dict[str, Desk]) -> None:
    anna, boris, egor, dina = (desks[name] for name in ("anna", "boris", "egor", "dina"))
    usual = {"days": ["monday", "tuesday", "wednesday", "thursday", "friday"]}
    assert anna.asks("me/work-week").json == usual
    assert put(anna, "me/work-week", {"days": ["friday", "monday"]}) == (
        200,
        {"days": ["monday", "friday"]},
    )
    assert boris.asks("people/anna/work-week").json["days"] == ["monday", "friday"]
    assert egor.asks("people/anna/work-week").json["code"] == "employee_unknown"
    refused = put(boris, "people/anna/work-week", {"days": ["monday"]})
    assert (refused[0], refused[1]["code"]) == (403, "only_hr")
    assert put(egor, "people/anna/work-week", {"days": ["monday"]})[0] == 404
    assert put(dina, "people/anna/work-week", {"days": ["sunday"]})[1] == {"days": ["sunday"]}
    empty = put(anna, "me/work-week", {"days": []})
    assert (empty[0], empty[1]["code"], empty[1]["field"]) == (422, "week_empty", "days")
    assert put(anna, "me/work-week", {"days": ["noday"]})[0] == 422
