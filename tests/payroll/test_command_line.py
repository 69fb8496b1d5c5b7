"""`flask payroll`: what a payroll office runs at night, each time in a process of its own."""

from __future__ import annotations

import io
import json
from hashlib import sha256
from pathlib import Path

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from ideals import embedded
from ideals.audit import Entry
from ideals.db import unit_of_work
from ideals.payroll.models import Batch, Bonus, Refusal
from tests.payroll.conftest import APRIL, FEBRUARY, MARCH, Books, open_books
from tests.shell import Shell


@pytest.fixture
def address(own_database: str) -> str:
    """March is sealed, and no worker has made its batch."""
    with unit_of_work() as session:
        books: Books = open_books(session)
        books.a_month_of_everything()
        books.seal(FEBRUARY, MARCH)
    return own_database


@pytest.fixture
def flask(address: str, servers: embedded.Servers) -> Shell:
    return Shell("payroll", address, servers)


def test_an_export_makes_the_batch_and_is_the_same_bytes_after_a_restart(
    flask: Shell, tmp_path: Path
) -> None:
    for kind in ("csv", "xlsx", "json"):
        first, second = tmp_path / f"first.{kind}", tmp_path / f"second.{kind}"
        assert "11 lines of 2026-03" in flask("export", "2026-03", "--out", str(first))
        flask("export", "2026-03", "--out", str(second))
        assert first.read_bytes() == second.read_bytes()
        assert first.stat().st_mode & 0o077 == 0  # salaries: nobody else reads it
    with unit_of_work() as session:
        batch = session.get_one(Batch, MARCH)
        exports = select(Entry.actor).where(Entry.act == "payroll.exported")
        actors = session.scalars(exports).all()
    assert len(actors) == 6
    assert all(actor.startswith("command line") for actor in actors)
    assert sha256((tmp_path / "first.csv").read_bytes()).hexdigest() == batch.digest
    whole = json.loads((tmp_path / "first.json").read_text())
    assert (whole["digest"], len(whole["lines"])) == (batch.digest, 11)
    book = load_workbook(io.BytesIO((tmp_path / "first.xlsx").read_bytes()))
    assert book.properties.created == batch.made_at.replace(tzinfo=None, microsecond=0)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        f"{which}.{kind}" for which in ("first", "second") for kind in ("csv", "xlsx", "json")
    )


def test_what_cannot_be_exported_is_one_line_and_no_file(flask: Shell, tmp_path: Path) -> None:
    out = tmp_path / "april.csv"
    assert "2026-04 is not sealed" in flask("export", "2026-04", "--out", str(out), status=1)
    assert "must end in one of .csv, .xlsx, .json" in flask(
        "export", "2026-03", "--out", str(tmp_path / "march.pdf"), status=1
    )
    assert list(tmp_path.iterdir()) == []
    assert "sha256" in flask("batch", "2026-03")


def test_bonuses_and_refused_lines_from_files(flask: Shell, tmp_path: Path) -> None:
    bonus = tmp_path / "bonus.csv"
    bonus.write_text("number,month,amount\n1,2026-04,0\nx,2026-04,5\n")
    said = flask("bonus", str(bonus), status=1)
    assert "row 3, x: There is no employee with this number" in said
    assert "nothing was changed" in said
    report = json.loads(flask("bonus", str(bonus), "--json", "--dry-run", status=1))
    assert (report["applied"], report["rows"], len(report["faults"])) == (False, 2, 2)

    refused = tmp_path / "refused.csv"
    refused.write_text("number,code,reason\n1,pay.cash,Unknown\n1,pay.other,Unknown\n")
    flask("batch", "2026-03")
    said = flask("refusals", "2026-03", str(refused), status=1)
    assert "row 3, 1: The batch of 2026-03 has no line of this number and code" in said
    assert "1 new tasks for HR, 0 sent back before, 1 fit no line" in said
    assert "0 new tasks for HR, 1 sent back before" in flask(
        "refusals", "2026-03", str(refused), status=1
    )
    with unit_of_work() as session:
        assert len(session.scalars(select(Refusal)).all()) == 1
        assert session.scalars(select(Bonus)).all() == []
        assert session.get(Batch, APRIL) is None
