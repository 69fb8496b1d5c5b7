"""What `benchmarks.deals` measures upon: people, a deal talked about at length, and many deals."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

import psycopg
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from ideals import db, embedded
from ideals.access import commands as access
from ideals.config import Settings
from ideals.db import unit_of_work
from ideals.deals import commands
from ideals.deals.commands import living
from ideals.deals.models import DealEvent
from ideals.kernel import clock
from ideals.kernel.actor import SYSTEM, Actor
from ideals.kernel.ids import new_id
from ideals.kernel.month import Month
from ideals.outbox import Message
from ideals.people import queries as people
from ideals.seeds.commands import import_people
from ideals.seeds.factories import a_scheme, a_user

FEW, MANY = 10_000, 500_000
DUE = 100
MANAGERS, TEAM = 100, 9
EMPLOYEE, MANAGER = "E00011", "M0001"


@dataclass(frozen=True, slots=True)
class Size:
    offers: int
    messages: int


SHORT, LONG = Size(2, 2), Size(50, 500)


def people_of(now: datetime) -> str:
    """Managers with their teams, known from then on; the token of one who is employed."""
    content = io.StringIO()
    rows = csv.writer(content)
    rows.writerow(
        (
            "number", "name", "email", "hired_on", "unit", "scheme", "valid_from",
            "full_time_salary", "part_time_factor", "manager_number",
        )
    )  # fmt: skip
    rows.writerows(_rows())
    with unit_of_work() as session:
        a_scheme(session, code="bench", now=now)
        import_people(session, content.getvalue().encode(), "people.csv", actor=SYSTEM, now=now)
        for number in (EMPLOYEE, MANAGER):
            a_user(session, _address(number), now=now)
        issue = access.IssueToken(_address(EMPLOYEE), "bench")
        return access.issue_token(session, issue, actor=SYSTEM, now=now)


def _rows() -> Iterator[Sequence[str]]:
    for manager in range(1, MANAGERS + 1):
        above = f"M{manager:04d}"
        numbers = [above, *(f"E{manager:04d}{place}" for place in range(1, TEAM + 1))]
        for number in numbers:
            yield (
                number, number, _address(number), "2020-01-01", f"Bench/{manager}", "bench",
                "2020-01-01", "3300", "1", "" if number == above else above,
            )  # fmt: skip


def _address(number: str) -> str:
    return f"{number.lower()}@example.org"


def offer(number: int, today: date) -> dict[str, object]:
    """The next one says something else than the one before."""
    start = today + timedelta(days=120)
    return {
        "terms": [
            {"kind": "tasks", "gains": f"The rota of the ward, version {number}"},
            {"kind": "place", "days": {"monday": "home" if number % 2 else "office"}},
            {"kind": "other", "text": f"A parking place, number {number}"},
        ],
        "employee_gets": "Fridays with the children",
        "employer_gets": "Early and late shifts on four days",
        "starts_on": start.isoformat(),
        "evaluate_on": (start + timedelta(days=180)).isoformat(),
    }


def a_deal(size: Size, *, now: datetime) -> str:
    """The address of one in negotiation, made by the two in turn."""
    deal_id, today = new_id(), now.astimezone(Settings.read().zone).date()
    with unit_of_work() as session:
        employee, manager = (_actor(session, number) for number in ("E00011", "M0001"))
        assert employee.employee_id is not None
        made = commands.Propose(deal_id, employee.employee_id, "A rota", offer(1, today))
        commands.propose(session, made, actor=employee, now=now)
        for number in range(2, size.offers + 1):
            by = employee if number % 2 else manager
            cmd = commands.MakeOffer(deal_id, number - 1, offer(number, today))
            commands.make_offer(session, cmd, actor=by, now=now)
        for number in range(size.messages):
            said = commands.Say(deal_id, f"What about Monday {number}?")
            by = employee if number % 2 else manager
            commands.say(session, said, actor=by, now=now)
    return f"/deals/{deal_id}"


def _actor(session: Session, number: str) -> Actor:
    employee_id = people.known_number_ids(session, [number])[number]
    return Actor(name=_address(number), employee_id=employee_id)


class Clockwork:
    """One database with so many deals in force, and the clock of its organisation."""

    def __init__(self, server: str, deals: int) -> None:
        name = f"deals_{deals}"
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        self.url, self.deals = server.replace("/postgres?", f"/{name}?", 1), deals
        embedded.migrate(self.url)
        self.engine = db.connect(self.url)
        self.now = clock.now()
        self.zone = Settings.read().zone
        self.today = self.now.astimezone(self.zone).date()
        people_of(self.now - timedelta(days=1))
        month = Month.of(self.today).number
        values = {"count": deals, "now": self.now, "today": self.today, "month": month}
        with psycopg.connect(self.url, autocommit=True) as connection:
            for statement in (_DEALS, _OFFERS, _MONEY):
                connection.execute(statement, values)
            connection.execute("VACUUM (ANALYZE)")
        self.next = 0

    def fall_due(self) -> None:
        """What was due before has been done; the day to look back of others has come."""
        db.use(self.engine)
        with unit_of_work() as session:
            session.execute(
                text(
                    "UPDATE deals_deal SET next_on = :today, evaluate_on = :today"
                    " WHERE number > :after AND number <= :upto"
                ),
                {"today": self.today, "after": self.next, "upto": self.next + DUE},
            )
        self.next += DUE
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute("CHECKPOINT")

    def find(self) -> list[UUID]:
        with unit_of_work() as session:
            before = session.scalar(select(func.max(Message.id))) or 0
            commands.look_at_lives(session, zone=self.zone, actor=SYSTEM, now=self.now)
            commands.sweep(session, zone=self.zone, actor=SYSTEM, now=self.now)
            living.sweep(session, zone=self.zone, actor=SYSTEM, now=self.now)
            session.flush()
            sent = select(Message.payload).where(
                Message.id > before, Message.name == commands.ACT_ON_DEAL
            )
            return [UUID(payload["deal"]) for payload in session.scalars(sent)]

    def act(self, deals: Sequence[UUID]) -> None:
        """As the worker does, each in a transaction of its own."""
        for deal_id in deals:
            with unit_of_work() as session:
                commands.act_on_deal(session, deal_id, actor=SYSTEM, now=self.now)

    def check(self, deals: Sequence[UUID]) -> None:
        with unit_of_work() as session:
            told = select(func.count()).where(
                DealEvent.deal_id.in_(deals), DealEvent.act == "evaluation_due"
            )
            count = session.scalar(told)
        if (len(deals), count) != (DUE, DUE):
            raise SystemExit(f"{len(deals)} deals of {DUE} were found, {count} reminded")


_ID = "('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid"
_TEAMS = """
WITH team AS (
    SELECT row_number() OVER (ORDER BY employee_id) - 1 AS place, employee_id, manager_id, unit_id,
           count(*) OVER () AS people
      FROM people_employment WHERE manager_id IS NOT NULL
)
"""
_DEALS = f"""{_TEAMS}
INSERT INTO deals_deal (id, employee_id, manager_id, subject, started, state, visibility,
                        offer_number, agreed_number, in_force_number, starts_on, evaluate_on,
                        next_on, acted_at, opened_at, opened_by, agreed_at, approved_at,
                        started_at, unit_id, reminded_through)
SELECT {_ID}, employee_id, manager_id, 'A rota', 'by_employee', 'in_force', 'parties', 1, NULL, 1,
       %(today)s::date - 100, %(today)s::date + 40 + (n %% 200)::integer,
       %(today)s::date + 26 + (n %% 200)::integer, %(now)s, %(now)s, 'bench', NULL,
       NULL, %(now)s, unit_id, %(today)s::date - 1
  FROM generate_series(1, %(count)s) n JOIN team ON team.place = n %% people
 ORDER BY n
"""
_OFFERS = f"""
INSERT INTO deals_offer (deal_id, number, by_side, by_adviser, by_law, text, digest, kinds,
                         cost_minor, starts_on, evaluate_on, visibility, at, by)
SELECT {_ID}, 1, 'employee', false, false,
       '{{"terms": [{{"kind": "other", "text": "A rota"}}]}}', repeat('0', 64), '{{other}}', 0,
       %(today)s::date - 100, %(today)s::date + 40, 'parties', %(now)s, 'bench'
  FROM generate_series(1, %(count)s) n
"""
_MONEY = f"""
INSERT INTO deals_money (deal_id, offer, place, way, into_account, amount_minor, from_month,
                         next_on)
SELECT {_ID}, 1, 0, 'grant', 'budget', 2500,
       %(month)s,
       %(today)s::date + 1 + (n %% 30)::integer
  FROM generate_series(1, %(count)s) n
"""
