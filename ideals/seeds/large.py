"""An organisation of any size, to measure with. Everything streams: memory does not grow with it.

Its people come through the import as anybody's do. A history, if one is asked for, is copied in
through the ledger without being computed: it is there to be in the way, as ten years are.
"""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterator
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from random import Random

from sqlalchemy import select
from sqlalchemy.orm import Session

from ideals.config import ROOT
from ideals.db import unit_of_work
from ideals.kernel.actor import SYSTEM
from ideals.kernel.ids import fact_tag, run_transfer_id
from ideals.kernel.month import Month
from ideals.kernel.quantity import Unit
from ideals.ledger import commands as ledger
from ideals.ledger.states import AccountKind
from ideals.people.models import Employee
from ideals.schemes import commands as schemes
from ideals.seeds.commands import Progress, import_people
from ideals.seeds.names import DUTCH

SCHEME = "large"
COMPONENTS = ("holiday_allowance", "life_course", "extra_leave", "age_leave")
COLUMNS = (
    "number", "name", "hired_on", "unit", "scheme", "valid_from", "full_time_salary",
    "part_time_factor", "birth_date", "scale", "allowance.personal",
)  # fmt: skip
FACTORS = ("1", "1", "1", "0.8", "0.6", "0.777")
UNITS = 200
AT_ONCE = 5_000
SEED = 7


def load_large(*, employees: int, history: int, now: datetime, tell: Progress) -> bool:
    """False when such an organisation is there already. `history`: months before this one."""
    with unit_of_work() as session:
        if session.scalar(select(Employee.id).where(Employee.number == _number(1))):
            return False
        first = Month.of(now.date()).plus(-history)
        coming = ledger.OpenMonths(first, Month.of(now.date()).plus(3))
        ledger.open_months(session, coming, actor=SYSTEM, now=now)
        text = (ROOT / "ideals" / "seeds" / "large.yaml").read_text("utf-8")
        schemes.publish_scheme(session, schemes.PublishScheme(text), actor=SYSTEM, now=now)
        _load_people(session, employees, now)
    tell(f"{employees} employees")
    for month in first.until(Month.of(now.date()).plus(-1)):
        with unit_of_work() as session:
            _copy_month(session, month, now)
        tell(str(month))
    return True


def _load_people(session: Session, employees: int, now: datetime) -> None:
    with tempfile.TemporaryDirectory(prefix="ideals-large-") as folder:
        path = Path(folder) / "people.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(COLUMNS)
            writer.writerows(people_rows(employees, Month.of(now.date()).year))
        import_people(session, path, path.name, actor=SYSTEM, now=now)


def people_rows(employees: int, year: int) -> Iterator[tuple[str, ...]]:
    """Rows of a people file, the same for the same year."""
    random = Random(SEED)  # noqa: S311
    firsts = DUTCH.women + DUTCH.men
    for place in range(1, employees + 1):
        scale = random.randint(3, 15)
        born = date(year - random.randint(20, 66), random.randint(1, 12), random.randint(1, 28))
        hired = date(max(born.year + 19, year - random.randint(1, 25)), random.randint(1, 12), 1)
        hired = min(hired, date(year - 1, 1, 1))
        yield (
            _number(place),
            f"{random.choice(firsts)} {random.choice(DUTCH.families)}",
            str(hired),
            f"Large/Division {place % UNITS % 10}/Unit {place % UNITS}",
            SCHEME,
            str(hired),
            f"{2_200 + scale * 350 + random.randint(0, 30_000) / 100:.2f}",
            random.choice(FACTORS),
            str(born),
            str(scale),
            "125.50" if place % 9 == 0 else "",
        )


def _copy_month(session: Session, month: Month, now: datetime) -> None:
    employer = ledger.employer_account(session, AccountKind.BUDGET, Unit.EUR)
    ids = iter(session.scalars(select(Employee.id).order_by(Employee.id)).all())
    while some := list(islice(ids, AT_ONCE)):
        accounts = ledger.open_accounts(session, some, AccountKind.BUDGET, Unit.EUR)
        lines = _lines(month, accounts, employer, now)
        ledger.copy_transfers(session, month, ["".join(lines)])


def _lines(month: Month, accounts: dict[int, int], employer: int, now: datetime) -> Iterator[str]:
    tags = [(code, fact_tag(code, False, "allocation")) for code in COMPONENTS]
    end = f"\thistory:{month}\tsystem\t{now.isoformat()}\n"
    for employee, account in sorted(accounts.items()):
        for place, (code, tag) in enumerate(tags, 1):
            transfer = run_transfer_id(month, 0, employee, month, tag)
            yield (
                f"{transfer}\t{month.number}\t{month.number}\t{employer}\t{account}\tEUR\t"
                f"{place * 1_000 + employee % 997}\tallocation\t{code}{end}"
            )


def _number(place: int) -> str:
    return f"L{place:07d}"
