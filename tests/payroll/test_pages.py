"""The pages: months, totals down to orders, what was sent back, codes, bonuses."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from ideals.app import create_app
from ideals.audit import Entry
from ideals.config import Settings
from ideals.db import driver
from ideals.ledger import commands as ledger
from ideals.payroll import commands
from ideals.payroll.models import Refusal
from tests.counting import counted_all
from tests.payroll.conftest import MARCH as MARCH_OF_BOOKS
from tests.payroll.conftest import Books
from tests.payroll.desk import HR, PAYROLL, Desk, desk, words
from tests.payroll.shopping import (
    APRIL,
    FEBRUARY,
    JANUARY,
    LATER,
    MARCH,
    a_shop,
    close,
    everything,
    line,
)
from tests.shop.conftest import Shop


@pytest.fixture
def shop(session: Session) -> Shop:
    opened = a_shop(session)
    everything(session, opened)
    close(session, JANUARY, FEBRUARY, MARCH)
    session.commit()
    return opened


@pytest.fixture
def client(session: Session) -> Iterator[FlaskClient]:
    with create_app(Settings.read({})).test_client() as opened:
        yield opened


@pytest.fixture
def paula(client: FlaskClient, shop: Shop) -> Desk:
    return desk(client, "paula", *PAYROLL)


@pytest.fixture
def dina(client: FlaskClient, shop: Shop) -> Desk:
    return desk(client, "dina", *HR, number="dina")


def upload(content: str, name: str = "file.csv") -> tuple[io.BytesIO, str]:
    return io.BytesIO(content.encode()), name


# Months


def test_the_list_shows_every_month_with_its_state_and_totals(paula: Desk) -> None:
    page = paula.words("/payroll")
    assert "March 2026 ● sealed CSV XLSX JSON 10 −€150.00 €1,755.00 5 h" in page
    assert "April 2026 ○ open March" in page
    assert "May 2026" not in page
    assert "maart 2026" not in page


def test_payroll_is_told_that_a_batch_is_ready(
    client: FlaskClient, session: Session, shop: Shop
) -> None:
    """Once, whoever makes it again; it reads as a message in their language."""
    paula = desk(client, "paula", *PAYROLL)
    for _ in range(2):
        ledger.seal_month(session, ledger.SealMonth(APRIL), actor=shop.dina, now=LATER)
        commands.make_batch(session, commands.MakeBatch(APRIL), actor=shop.dina, now=LATER)
    session.commit()
    page = paula.words("/notices")
    assert page.count("The batch of April 2026 is ready") == 1
    assert "The batch of March 2026 is ready" not in page  # Paula came later


def test_the_navigation_of_payroll_is_its_own(paula: Desk, dina: Desk) -> None:
    page = paula.get("/payroll").get_data(as_text=True)
    assert '<a href="/payroll" aria-current="page">Batches</a>' in page
    assert '<a href="/payroll/codes">Codes</a>' in page
    assert "/payroll/bonuses" not in page
    assert '<a href="/payroll/bonuses">Bonuses</a>' in dina.get("/payroll").get_data(as_text=True)


# One month


def test_totals_stand_beside_the_ledger_and_open_to_what_is_behind(paula: Desk) -> None:
    page = paula.words("/payroll/2026-03")
    assert "agrees with the ledger 10 lines" in page
    assert "purchase.leave usual Paid from the budget: Extra leave 1 €160.00 €160.00 €0.00" in page
    assert "deduction.car usual Kept back from pay: Lease car 1 −€250.00 −€250.00 €0.00" in page
    assert "hours.leave usual Leave bought or sold: Extra leave 1 8 h 8 h 0 h" in page
    assert "Paid from the budget: Extra leave exempt 1 3 −€20.00 - €160.00" in page
    assert "For 10 things HR had given no code" in page


def test_lines_are_searched_filtered_sorted_and_downloaded(paula: Desk, session: Session) -> None:
    def shown(query: str) -> list[str]:
        rows = paula.get(f"/payroll/2026-03?{query}").get_data(as_text=True).split('id="rows"')[1]
        return [part.split("</span>")[0] for part in rows.split('visually-hidden">, ')[1:]]

    assert shown("q=egor") == ["deduction.car", "purchase.car"]
    assert shown("code=pay.cash") == ["pay.cash"]
    assert shown("q=anna&sort=-amount")[:2] == ["purchase.course", "purchase.leave"]
    assert shown("sort=amount")[0] == "deduction.car"
    assert shown("q=nobody") == []
    file = paula.file("/payroll/2026-03/lines.csv?q=egor&sort=amount").decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(file)))
    assert [(row["Name"], row["Code"], row["Euro"]) for row in rows] == [
        ("Egor", "deduction.car", "-250.00"),
        ("Egor", "purchase.car", "1250.00"),
    ]
    assert session.scalars(
        select(Entry.subject).where(Entry.act == "payroll.lines_downloaded")
    ).all() == ["month:2026-03"]


def test_a_line_opens_to_choice_price_rule_decision_and_transfers(
    paula: Desk, session: Session
) -> None:
    course = line(session, "anna", "purchase.course")
    page = paula.words(f"/payroll/2026-03/lines/{course.line}")
    assert "Anna Paid from the budget: course €200.00" in page
    assert "Choice ordered by anna@meridian.example" in page
    assert "Rule scheme simple of January 2020" in page
    assert "approved by Boris on 10 March 2026: Good for the team" in page
    assert "10-03-2026 Budget Purchases March 2026 €200.00" in page
    bicycle = line(session, "anna", "addition.bicycle")
    page = paula.words(f"/payroll/2026-03/lines/{bicycle.line}")
    assert "It moves nothing in the ledger" in page


def test_what_is_no_month_or_has_no_batch(paula: Desk) -> None:
    assert "There is no batch of this month" in words(
        paula.get("/payroll/2026-04", 404).get_data(as_text=True)
    )
    paula.get("/payroll/March", 422)
    paula.get("/payroll/2026-03/lines/99", 404)
    paula.get("/payroll/2026-03.pdf", 422)


# Sent back


def test_payroll_sends_lines_back_and_hr_decides(paula: Desk, dina: Desk, session: Session) -> None:
    rows = "number,code,reason\nanna,pay.cash,No such code\nnobody,x,y\negor,purchase.car,Unknown"
    answer = paula.post("/payroll/2026-03/refusals", 422, file=upload(rows))
    page = words(answer.get_data(as_text=True))
    assert "1 row fits no line and was left out. New tasks for HR: 2." in page
    assert "Row 3 nobody The batch of March 2026 has no line of this number and code" in page
    paula.post("/payroll/2026-03/refusals", 303, file=upload(rows.replace("nobody,x,y\n", "")))
    assert "Sent back before: 2." in paula.words("/payroll/2026-03/refusals")
    assert "2 lines wait for HR" in paula.words("/payroll")

    pay = line(session, "anna", "pay.cash")
    address = f"/payroll/2026-03/lines/{pay.line}"
    assert "Payroll sent this line back: No such code" in paula.words(address)
    assert "Take it back" not in paula.words(address)
    page = dina.words(address)
    assert "Taking it back does this in the open month, and Anna is told: Budget +€100.00" in page
    assert "Take it back" in page
    refusal = session.scalars(select(Refusal).where(Refusal.line == pay.line)).one()
    answer = dina.post(f"/payroll/refusals/{refusal.id}", 422, decision="keep", reason=" ")
    assert "reason-error" in answer.get_data(as_text=True)
    dina.post(f"/payroll/refusals/{refusal.id}", 303, decision="keep", reason="Paid by hand")
    page = dina.words(address)
    assert "kept dina@meridian.example on" in page
    assert "Paid by hand" in page
    car = line(session, "egor", "purchase.car")
    refusal = session.scalars(select(Refusal).where(Refusal.line == car.line)).one()
    dina.post(f"/payroll/refusals/{refusal.id}", 303, decision="reverse")
    page = paula.words("/payroll/2026-03/refusals")
    assert "Unknown ↺ taken back" in page
    assert "No such code ● kept Paid by hand" in page


def test_hr_finds_the_task_among_what_waits(paula: Desk, dina: Desk) -> None:
    paula.post(
        "/payroll/2026-03/refusals",
        303,
        file=upload("number,code,reason\nanna,pay.cash,No such code"),
    )
    page = dina.words("/approvals")
    assert "Payroll sent a line of Anna back" in page
    assert "If you approve what the line stands for is taken back in the open month" in page


def test_a_file_that_is_none_is_told_beside_the_field(paula: Desk, dina: Desk) -> None:
    for who, address in ((paula, "/payroll/2026-03/refusals"), (dina, "/payroll/bonuses")):
        assert "Choose a file first." in words(who.post(address, 422).get_data(as_text=True))
        answer = who.post(address, 422, file=upload("a,b\n1,2"))
        assert "column" in words(answer.get_data(as_text=True))


# Codes and bonuses


def test_hr_gives_codes_and_payroll_sees_them(paula: Desk, dina: Desk) -> None:
    page = paula.words("/payroll/codes")
    assert "Paid out: Pay pay.cash usual" in page
    assert "Give a code" not in page
    assert "Addition to wage: Bicycle addition.bicycle usual" in page
    dina.post(
        "/payroll/codes", 303, what="pay:cash", code="4010", name="Budget", first_month="2026-04"
    )
    assert "Paid out: Pay 4010 Budget April 2026" in paula.words("/payroll/codes")
    for form, error in (
        ({"what": ""}, "Choose what the code is for."),
        ({"first_month": "soon"}, "Choose a month, such as 2026-03."),
        ({"first_month": "2026-03"}, "Choose 2026-04 or a later month."),
        ({"code": "=1"}, "Use at most 40 letters"),
        ({"name": " "}, "Give the code a name"),
    ):
        given = {"what": "pay:", "code": "4000", "name": "All", "first_month": "2026-05"} | form
        answer = dina.post("/payroll/codes", 422, **given)
        assert error in words(answer.get_data(as_text=True))


def test_hr_hands_bonuses_in_and_the_employee_sees_hers_beside_the_budget(
    client: FlaskClient, dina: Desk, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ideals.kernel.clock.now", lambda: LATER)
    anna = desk(client, "anna", number="anna")
    assert "Performance bonus" not in anna.words("/home")
    wrong = dina.post(
        "/payroll/bonuses", 422, file=upload("number,month,amount\nanna,2026-04,7200.01")
    )
    page = words(wrong.get_data(as_text=True))
    assert "1 row is wrong, and nothing was taken." in page
    assert "€7,200.01 is more than 20% of twelve monthly salaries, €7,200.00" in page
    dina.post("/payroll/bonuses", 303, file=upload("number,month,amount\nanna,2026-04,1200"))
    page = dina.words("/payroll/bonuses")
    assert "Taken: 1 new, 0 changed, 0 unchanged." in page
    assert "Anna anna April 2026 02-04-2026 dina@meridian.example €1,200.00" in page
    home = anna.words("/home")
    assert "Performance bonus €1,200.00 Paid with your pay of April 2026, beside your" in home
    assert anna.json("me/bonuses") == [{"month": "2026-04", "amount": "1200.00"}]
    assert "Performance bonus" not in desk(client, "egor", number="egor").words("/home")


# Size


@pytest.fixture
def crowd(session: Session, books: Books) -> None:
    """5,000 people with two lines each, made of two transfers each."""
    books.allocate("seed", 1)
    books.pay("seed", 1)
    sql = driver(session)
    sql.execute(
        "INSERT INTO people_employee (number, name, sort_name, recorded_at)"
        " SELECT 'C' || lpad(i::text, 5, '0'), 'Person ' || i, 'person ' || i, now()"
        "   FROM generate_series(1, 5000) i"
    )
    sql.execute(
        "INSERT INTO ledger_account (employee_id, kind, unit, posted_minor, held_minor)"
        " SELECT id, 'budget', 'EUR', 0, 0 FROM people_employee WHERE number LIKE 'C%'"
    )
    pot, pay, purchase = (books.employers(what) for what in ("pot", "pay_out", "purchase"))
    accounts = sql.execute(
        "SELECT a.id FROM ledger_account a JOIN people_employee e ON e.id = a.employee_id"
        " WHERE e.number LIKE 'C%%' ORDER BY e.number",
    ).fetchall()

    def rows(tag: str, source: object, target: object, minor: int, reason: str) -> Iterator[str]:
        for (account,) in accounts:
            yield (
                f"202603{tag}{account:024x}\t202603\t202603\t{source or account}\t"
                f"{target or account}\tEUR\t{minor}\t{reason}\tthing\tclose:s:2026-03\tx\t"
                f"{LATER.isoformat()}\n"
            )

    ledger.copy_transfers(session, MARCH, rows("0a", pot, None, 5000, "allocation"))
    ledger.copy_transfers(session, MARCH, rows("0b", None, pay, 3000, "left_over"))
    ledger.copy_transfers(session, MARCH, rows("0c", None, purchase, 2000, "left_over"))
    books.seal(MARCH_OF_BOOKS.plus(-1))
    books.batch()
    session.commit()


def test_ten_thousand_lines_cost_a_page_no_more_statements(
    client: FlaskClient, crowd: None, session: Session
) -> None:
    paula = desk(client, "paula", *PAYROLL)
    budget = {
        "/payroll": "who months totals refusals bell waiting approvals",
        "/payroll/2026-03": "who batch totals items ledger lines schemes refusals bell waiting"
        " approvals",
        "/payroll/2026-03?q=person+4&sort=-amount": "who batch totals items ledger lines schemes"
        " refusals bell waiting approvals",
        "/payroll/2026-03/lines/10000": "who batch line audit items claimed transfers choices"
        " decisions deciders employee accounts refusals bell waiting approvals",
    }
    for path, named in budget.items():
        with counted_all() as seen:
            paula.get(path)
        assert seen.statements <= len(named.split()), f"{path}\n{seen}"
    page = paula.words("/payroll/2026-03")
    assert "10,001 lines" in page
