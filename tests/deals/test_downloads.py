"""Lists of deals as files: whole, as they are filtered, and only for whom they are."""

from __future__ import annotations

import csv
import io
from datetime import date

import openpyxl
import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from ideals.audit import Entry
from ideals.deals import commands
from ideals.deals.commands import Refuse
from ideals.deals.models import Deal
from ideals.deals.pages import downloads
from ideals.kernel import clock
from tests.counting import counted
from tests.deals.conftest import term
from tests.deals.table import BONUS, NOW, Cast, cast_of, in_force, propose
from tests.desk import Desk, desk, make_app

REGISTER = "/deals/register"
FILES = ("", "/refused", "/overdue", "/money")


@pytest.fixture(autouse=True)
def at_nine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def cast(session: Session) -> Cast:
    return cast_of(session)


@pytest.fixture
def app() -> Flask:
    return make_app()


@pytest.fixture
def desks(session: Session, app: Flask, cast: Cast) -> dict[str, Desk]:
    names = ("anna", "boris", "clara", "dina", "henk")
    return {name: desk(session, app, cast[name], now=NOW) for name in names}


def read(who: Desk, address: str) -> list[dict[str, str]]:
    answer = who.get(address)
    assert answer.status_code == 200, answer.status_code
    return list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))


def cells(who: Desk, address: str) -> list[tuple[object, ...]]:
    answer = who.get(address)
    assert answer.status_code == 200
    with answer:
        sheet = openpyxl.load_workbook(io.BytesIO(answer.data)).active
    assert sheet is not None
    return list(sheet.iter_rows(values_only=True))


def test_the_register_is_for_hr_with_rights_to_deals(
    session: Session, cast: Cast, desks: dict[str, Desk]
) -> None:
    propose(session, cast, term("place"), subject="In the meadow")
    session.commit()
    for more in FILES:
        for ending in ("csv", "xlsx"):
            found = {}
            for name, each in desks.items():
                with each.get(f"{REGISTER}{more}.{ending}") as answer:
                    found[name] = answer.status_code
            assert found.pop("dina") == 200
            assert set(found.values()) == {403}
    assert desks["dina"].get(f"{REGISTER}.txt").status_code == 404


def test_as_it_is_filtered_and_both_files_say_the_same(
    session: Session, cast: Cast, desks: dict[str, Desk]
) -> None:
    propose(session, cast, term("place"), subject="In the meadow")
    propose(session, cast, term("pattern"), subject="Fridays", by="boris")
    session.commit()
    dina = desks["dina"]
    rows = read(dina, f"{REGISTER}.csv")
    assert [row["Subject"] for row in rows] == ["Fridays", "In the meadow"]
    assert rows[0]["Personnel number"] == "anna"
    assert rows[0]["First day"] == "2027-03-01"
    assert [row["Subject"] for row in read(dina, f"{REGISTER}.csv?kind=place")] == ["In the meadow"]
    assert [row["Subject"] for row in read(dina, f"{REGISTER}.csv?search=frid")] == ["Fridays"]
    assert read(dina, f"{REGISTER}.csv?state=ended") == []
    head, *others = cells(dina, f"{REGISTER}.xlsx")
    assert head == tuple(rows[0])
    assert [row[1] for row in others] == ["Fridays", "In the meadow"]
    assert 'register.csv?kind=place"' in dina.get(f"{REGISTER}?kind=place").text


def test_that_a_list_was_taken_along_is_written_down(
    session: Session, cast: Cast, desks: dict[str, Desk]
) -> None:
    propose(session, cast, term("place"))
    session.commit()
    read(desks["dina"], f"{REGISTER}.csv?kind=place")
    desks["anna"].get(f"{REGISTER}.csv")
    query = select(Entry.actor, Entry.subject, Entry.details).where(Entry.act == "deals.downloaded")
    assert [tuple(row) for row in session.execute(query)] == [
        (cast.dina.name, f"{REGISTER}.csv", {"asked": "kind=place"})
    ]


def test_refusals_money_and_what_was_not_looked_back_on(
    session: Session, cast: Cast, desks: dict[str, Desk]
) -> None:
    late = in_force(session, cast, term("pattern"))
    no = propose(session, cast, term("place"), subject="At home")
    commands.refuse(session, Refuse(no.id, 1, "Too far,\nsaid Boris"), actor=cast.boris, now=NOW)
    propose(session, cast, BONUS, term("money"), subject="Rota")
    late.evaluate_on = date(2026, 10, 1)
    session.commit()
    dina = desks["dina"]
    [refused] = read(dina, f"{REGISTER}/refused.csv")
    assert refused["Reason"] == "Too far,\nsaid Boris"
    bonus, money = read(dina, f"{REGISTER}/money.csv")
    assert bonus["Subject"] == money["Subject"] == "Rota"
    assert "120" in money["What"]
    assert money["Why it is right"] == "Stands in for the head of the ward"
    [overdue] = read(dina, f"{REGISTER}/overdue.csv")
    assert overdue["Deal"] == str(late.number)


@pytest.mark.parametrize("text", ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\t=1"])
def test_what_somebody_wrote_is_no_formula(
    session: Session, cast: Cast, desks: dict[str, Desk], text: str
) -> None:
    deal = propose(session, cast, term("place"), subject=f"{text}")
    reason = f"{text} because"
    commands.refuse(session, Refuse(deal.id, 1, reason), actor=cast.boris, now=NOW)
    session.commit()
    [row] = read(desks["dina"], f"{REGISTER}/refused.csv")
    for each in (row["Subject"], row["Reason"]):
        assert each.startswith("'"), each
    _, row_ = cells(desks["dina"], f"{REGISTER}/refused.xlsx")
    assert str(row_[1]).startswith("'")


def test_the_team_is_that_of_the_manager(
    session: Session, cast: Cast, desks: dict[str, Desk]
) -> None:
    propose(session, cast, term("place"), subject="In the meadow")
    session.commit()
    [row] = read(desks["boris"], "/deals/team.csv")
    assert row["Employee"] == "Anna"
    assert "Reason" not in row
    assert read(desks["boris"], "/deals/team.csv?state=ended") == []
    for name in ("anna", "clara", "dina", "henk"):
        assert read(desks[name], "/deals/team.csv") == [], name
    assert "team.csv" in desks["boris"].get("/deals/team").text


def test_a_long_list_is_read_in_pieces_and_whole(
    session: Session, cast: Cast, desks: dict[str, Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Deal] = [
        propose(session, cast, term("place"), subject=f"Deal {n}") for n in range(7)
    ]
    session.commit()
    whole = read(desks["dina"], f"{REGISTER}.csv")
    monkeypatch.setattr(downloads, "BATCH", 3)
    assert read(desks["dina"], f"{REGISTER}.csv") == whole
    assert {row["Deal"] for row in whole} == {str(each.number) for each in made}
    assert len(whole) == 7


def test_as_many_statements_for_a_batch_however_many_are_in_it(
    session: Session, cast: Cast, desks: dict[str, Desk]
) -> None:
    counts = []
    for count in (1, 8):
        for _ in range(count):
            propose(session, cast, term("money"))
        session.commit()
        for more in FILES:
            read(desks["dina"], f"{REGISTER}{more}.csv")
        with counted() as seen:
            for more in FILES:
                read(desks["dina"], f"{REGISTER}{more}.csv")
        counts.append(seen.statements)
    assert counts[0] == counts[1], counts
