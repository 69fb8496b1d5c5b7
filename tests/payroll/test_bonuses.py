"""Performance bonuses: from a file, beside the budget, to payroll as a line of their own."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ideals.audit import Entry
from ideals.budgets.queries import budget_of
from ideals.kernel.money import Money
from ideals.kernel.tabular import FileUnusable
from ideals.ledger import commands as ledger
from ideals.ledger import queries as ledger_queries
from ideals.ledger.models import Transfer
from ideals.payroll import commands, queries
from ideals.payroll.commands import BonusReport, UploadBonuses, upload_bonuses
from ideals.payroll.models import Bonus
from ideals.payroll.rules.bonus import largest_bonus, salary_minor
from ideals.people.errors import ColumnsWrong
from ideals.seeds import factories
from ideals.seeds.factories import Organisation
from tests.payroll.conftest import APRIL, DINA, FEBRUARY, MARCH, MAY, NOW
from tests.payroll.shopping import lines_of


@pytest.fixture
def cast(session: Session) -> Organisation:
    """February to May are open; Anna earns 3,000.00, so her bonus is at most 7,200.00."""
    made = factories.an_organisation(session)
    months = ledger.OpenMonths(FEBRUARY, MAY)
    ledger.open_months(session, months, actor=DINA, now=NOW)
    return made


def upload(session: Session, *rows: str, dry_run: bool = False) -> BonusReport:
    content = "\n".join(("number,month,amount", *rows)).encode()
    cmd = UploadBonuses(io.BytesIO(content), "bonus.csv", dry_run)
    return upload_bonuses(session, cmd, actor=DINA, now=NOW)


def counts(report: BonusReport) -> tuple[bool, int, int, int]:
    return report.applied, report.new, report.changed, report.unchanged


@pytest.mark.parametrize(
    ("full_time", "factor", "most"),
    [
        (300_000, "1", 720_000),
        (330_050, "0.8", 633_696),  # 2,640.40 a month
        (333_333, "0.777777", 622_221),  # 2,592.5893 a month is 2,592.59
        (0, "1", 0),
    ],
)
def test_a_bonus_is_at_most_a_fifth_of_twelve_monthly_salaries(
    full_time: int, factor: str, most: int
) -> None:
    assert largest_bonus(salary_minor(full_time, Decimal(factor))) == most


def test_bonuses_are_taken_replaced_and_taken_away(session: Session, cast: Organisation) -> None:
    first = upload(session, "anna,2026-03,1200.00", "boris,2026-03,500", "anna,2026-04,10")
    assert counts(first) == (True, 3, 0, 0)
    again = upload(session, "anna,2026-03,1200.00", "boris,2026-03,500", "anna,2026-04,10")
    assert counts(again) == (True, 0, 0, 3)
    other = upload(session, "anna,2026-03,1300.00", "boris,2026-03,0", "clara,2026-03,0")
    assert counts(other) == (True, 0, 2, 1)
    assert [(b.month, b.amount) for b in queries.bonuses_of(session, cast.anna.id, MARCH)] == [
        (MARCH, Money(130_000)),
        (APRIL, Money(1_000)),
    ]
    assert queries.bonuses_of(session, cast.boris.id, MARCH) == []
    assert session.scalar(select(func.count()).select_from(Bonus)) == 4  # what was stays known
    entries = session.scalars(select(Entry).where(Entry.act == "payroll.bonuses_uploaded")).all()
    assert [(e.details["new"], e.details["changed"]) for e in entries] == [(3, 0), (0, 0), (0, 2)]
    assert "1200" not in str([entry.details for entry in entries])


def test_the_largest_bonus_is_taken_and_a_cent_more_is_not(
    session: Session, cast: Organisation
) -> None:
    assert counts(upload(session, "anna,2026-03,7200.00"))[0]
    report = upload(session, "anna,2026-03,7200.01", "boris,2026-03,1")
    assert not report.applied
    assert [(f.row, f.number, str(f.message)) for f in report.faults] == [
        (2, "anna", "7200.01 is more than 20% of twelve monthly salaries, 7200.00")
    ]
    assert queries.bonuses_of(session, cast.boris.id, MARCH) == []


def test_the_salary_is_that_of_the_month(session: Session, cast: Organisation) -> None:
    factories.a_change(session, cast.anna, date(2026, 4, 1), part_time_factor="0.5")
    report = upload(session, "anna,2026-03,7200", "anna,2026-04,3600.01")
    assert [(fault.row, fault.number) for fault in report.faults] == [(3, "anna")]


def test_every_wrong_row_is_named_and_nothing_is_taken(
    session: Session, cast: Organisation
) -> None:
    factories.a_change(session, cast.egor, date(2026, 1, 1), leaves_on=date(2026, 2, 28))
    ledger.seal_month(session, ledger.SealMonth(FEBRUARY), actor=DINA, now=NOW)
    report = upload(
        session,
        "anna,2026-03,100",
        "nobody,2026-03,100",
        "anna,2026-03,50",
        "boris,2026-02,100",
        "boris,2031-01,100",
        "egor,2026-03,100",
        "boris,2026-03,-1",
        "boris,March,100",
        ",2026-03,100",
    )
    assert counts(report) == (False, 1, 0, 0)
    assert [(fault.row, str(fault.message)) for fault in report.faults] == [
        (3, "There is no employee with this number; send the people file first"),
        (4, "Row 2 names the same employee and month; add them up"),
        (5, "2026-02 is sealed and went to payroll; use the open month"),
        (6, "2031-01 is not open yet; send it when it is near"),
        (7, "Nobody with this number was employed in 2026-03"),
        (8, "A bonus is zero or more; 0 takes it away"),
        (9, "'March' is not a month; write it as 2026-03 or 03-2026"),
        (10, "number is empty; every row needs it"),
    ]
    assert session.scalars(select(Bonus)).all() == []


def test_a_look_takes_nothing(session: Session, cast: Organisation) -> None:
    assert counts(upload(session, "anna,2026-03,100", dry_run=True)) == (False, 1, 0, 0)
    assert session.scalars(select(Bonus)).all() == []


def test_a_file_that_is_none_is_refused_whole(session: Session, cast: Organisation) -> None:
    for content, refusal in (
        (b"number,month,amount", FileUnusable),
        (b"number,month\nanna,2026-03", ColumnsWrong),
        (b"number,month,amount,why\nanna,2026-03,1,x", ColumnsWrong),
        (b"\x00\x01", FileUnusable),
    ):
        with pytest.raises(refusal):
            cmd = UploadBonuses(io.BytesIO(content), "bonus.csv")
            upload_bonuses(session, cmd, actor=DINA, now=NOW)


def test_a_bonus_is_a_line_of_its_own_and_in_no_budget(
    session: Session, cast: Organisation
) -> None:
    factories.a_run(session, MARCH)
    before = budget_of(session, cast.anna.id, MARCH)
    transfers = session.scalar(select(func.count()).select_from(Transfer))
    upload(session, "anna,2026-03,1200.00", "anna,2026-04,1.00")
    assert budget_of(session, cast.anna.id, MARCH) == before
    assert session.scalar(select(func.count()).select_from(Transfer)) == transfers
    for month in (FEBRUARY, MARCH):
        ledger.seal_month(session, ledger.SealMonth(month), actor=DINA, now=NOW)
    commands.make_batch(session, commands.MakeBatch(MARCH), actor=DINA, now=NOW)

    assert lines_of(session) == {("anna", "bonus.performance"): ("taxed", 120_000)}
    (shown,) = queries.reconciliation(session, MARCH)
    assert (shown.minor, shown.ledger_minor, shown.parts[0].kind) == (120_000, 120_000, "bonus")
    assert ledger_queries.prove(session) == []
    late = upload(session, "anna,2026-03,1300.00")
    assert "is sealed" in late.faults[0].message
    line = queries.line_of(session, MARCH, 1)
    (claimed,) = queries.claimed_by(session, line)
    assert (claimed.id, claimed.minor) == (None, 120_000)
    assert claimed.origin.startswith("bonus:")


def test_the_proof_finds_a_bonus_that_payroll_was_not_told(
    session: Session, cast: Organisation
) -> None:
    upload(session, "anna,2026-03,1200.00")
    for month in (FEBRUARY, MARCH):
        ledger.seal_month(session, ledger.SealMonth(month), actor=DINA, now=NOW)
    commands.make_batch(session, commands.MakeBatch(MARCH), actor=DINA, now=NOW)
    session.add(
        Bonus(
            employee_id=cast.boris.id,
            month=MARCH,
            amount_minor=500,
            actor="somebody",
            recorded_at=datetime(2026, 4, 4, tzinfo=UTC),
        )
    )
    session.flush()
    found = {(each.what, each.expected, each.found) for each in queries.prove_batches(session)}
    assert found == {
        (
            f"payroll 2026-03, employee {cast.boris.id}, bonus.performance EUR taxed",
            "500",
            "0",
        ),
        ("payroll 2026-03, bonus of performance", "120500", "120000"),
    }
