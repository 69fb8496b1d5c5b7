"""Anna's first year, told month by month: what is known when, and what each run makes of it."""

from __future__ import annotations

from sqlalchemy.orm import Session

from ideals.budgets import queries
from ideals.kernel.month import Month
from ideals.ledger.queries import prove
from tests.budgets.conftest import Clock, allocate, people, publish, row


def test_a_year_of_anna(session: Session) -> None:
    publish(session)
    now = Clock()

    def told(**facts: str) -> None:
        people(session, row("1", name="Anna", hired_on="2026-01-12", **facts), now=now())

    def month(name: str) -> queries.Budget:
        allocate(session, name, now=now())
        return queries.budget_of(session, queries.employee_of(session, "1").id, Month.parse(name))

    # She joins on 12 January with 3,000: 20 of 31 days are 1,935.48, so 154.84 and 161.23.
    told(valid_from="2026-01-12")
    january = month("2026-01")
    assert str(january.allocated) == "316.07"

    # A whole month: 240.00 and 249.90. What was there is carried.
    february = month("2026-02")
    assert (str(february.allocated), str(february.carried)) == ("489.90", "316.07")
    assert str(february.available) == "805.97"

    # In March it turns out that she works 0.6 from 16 February: 13 of 28 days at 1,800.
    # February was worth 1,607.14 + 835.71... = 2,442.86: 195.43 + 203.49 = 398.92, so 90.98 less.
    told(valid_from="2026-02-16", part_time_factor="0.6")
    march = month("2026-03")
    assert str(march.allocated) == "293.94"
    assert str(march.posted_elsewhere) == "-90.98"
    assert str(march.available) == "1008.93"

    # A raise from April, entered in time, changes nothing behind it.
    told(valid_from="2026-04-01", part_time_factor="0.6", full_time_salary="3200.00")
    april = month("2026-04")
    assert (str(april.allocated), str(april.posted_elsewhere)) == ("313.54", "0.00")

    # Unpaid leave for the whole of May.
    told(
        valid_from="2026-05-01",
        part_time_factor="0.6",
        full_time_salary="3200.00",
        unpaid_from="2026-05-01",
        unpaid_until="2026-05-31",
    )
    assert str(month("2026-05").allocated) == "0.00"
    assert str(month("2026-06").allocated) == "313.54"

    # Nobody ran July; August's run was asked for first. July is owed once it has a run of its own.
    august = month("2026-08")
    assert (str(august.allocated), str(august.posted_elsewhere)) == ("313.54", "0.00")
    assert str(month("2026-07").allocated) == "313.54"

    # She leaves on 20 August, learned in September: 20 of 31 days stay.
    told(
        valid_from="2026-06-01",
        part_time_factor="0.6",
        full_time_salary="3200.00",
        leaves_on="2026-08-20",
    )
    september = month("2026-09")
    assert str(september.allocated) == "0.00"
    assert str(september.posted_elsewhere) == "-111.26"

    # Everything again changes nothing, and the books agree.
    before = queries.budget_of(
        session, queries.employee_of(session, "1").id, Month.parse("2026-09")
    )
    for again in ("2026-01", "2026-08", "2026-09"):
        month(again)
    after = queries.budget_of(session, queries.employee_of(session, "1").id, Month(2026, 9))
    assert after == before
    assert prove(session) == []
