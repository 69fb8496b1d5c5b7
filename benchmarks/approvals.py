"""`python -m benchmarks.approvals`: the clock over 1,000,000 open steps beside one over 10,000.

In each 100 are due. A look is everything that follows from it: finding what is due, announcing it,
and acting on each step in a transaction of its own, as the worker does. Both databases are of one
server and take turns. Then the inbox of somebody for whom 10,000 wait beside one with 10.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from statistics import median

import psycopg
from sqlalchemy import Engine, select, update

from benchmarks.shop import statements_of
from benchmarks.shown import aligned
from benchmarks.stand import processor_seconds
from ideals import db, embedded
from ideals.access import commands as access
from ideals.access.models import User
from ideals.app import create_app
from ideals.approvals import commands
from ideals.approvals.models import ApprovalStep
from ideals.config import Settings
from ideals.db import unit_of_work
from ideals.kernel import clock
from ideals.kernel.actor import SYSTEM, Role
from ideals.outbox import Message
from ideals.seeds.commands import import_people
from ideals.seeds.factories import a_scheme

FEW, MANY = 10_000, 1_000_000
DUE = 100
TARGET = 1.2
MANAGERS, TEAM = 100, 9
WAITING_FEW, WAITING_MANY = 10, 10_000


@dataclass(frozen=True, slots=True)
class Look:
    """Medians over the rounds. `found_ms`: until what is due is announced; `acted_ms`: each of the
    due steps in its transaction."""

    open_steps: int
    due: int
    found_ms: float
    acted_ms: float
    seconds: float
    processor_seconds: float


@dataclass(frozen=True, slots=True)
class Inbox:
    waiting: int
    statements: int
    milliseconds: float


@dataclass(frozen=True, slots=True)
class Approvals:
    """`ratio`: of each round, the look over many open steps over the one over few; its median.
    `processor_ratio`: of the processor time of everything that took part."""

    few: Look
    many: Look
    ratios: list[float]
    ratio: float
    processor_ratio: float
    inboxes: list[Inbox]


def measure(
    *,
    many: int = MANY,
    rounds: int,
    requests: int,
    tell: Callable[[str], None],
) -> Approvals:
    with _places((FEW, many), tell) as places:
        for place in places:
            place.look()  # warm: connections, plans, what the system reads
        tell(f"approvals: the clock over {FEW:,} and {many:,} open steps, {DUE} due in each")
        done = [[place.look() for place in _turns(places, number)] for number in range(rounds)]
        found = [sorted(pair, key=lambda each: each.open_steps) for pair in done]
        inboxes = places[-1].inboxes(requests)
    ratios = [large.seconds / small.seconds for small, large in found]
    return Approvals(
        _median([small for small, _ in found]),
        _median([large for _, large in found]),
        ratios,
        median(ratios),
        median(large.processor_seconds / small.processor_seconds for small, large in found),
        inboxes,
    )


def _turns(places: Sequence[_Place], number: int) -> Sequence[_Place]:
    """Neither is always the first."""
    return places if number % 2 else places[::-1]


def _median(looks: Sequence[Look]) -> Look:
    first = looks[0]
    return Look(
        first.open_steps,
        first.due,
        median(each.found_ms for each in looks),
        median(each.acted_ms for each in looks),
        median(each.seconds for each in looks),
        median(each.processor_seconds for each in looks),
    )


class _Place:
    """One database with so many open steps, and the clock of its organisation."""

    def __init__(self, url: str, open_steps: int) -> None:
        self.url, self.open_steps = url, open_steps
        embedded.migrate(url)
        self.engine: Engine = db.connect(url)
        self.now = clock.now()
        _people(self.now - timedelta(days=1))  # learned before the last look
        _approvals(url, open_steps, self.today, self.now)
        self.next = 0

    @property
    def today(self) -> date:
        return self.now.astimezone(Settings.read().zone).date()

    def look(self) -> Look:
        """What was due before has been done; other steps fall due."""
        db.use(self.engine)
        with unit_of_work() as session:
            session.execute(
                update(ApprovalStep)
                .where(ApprovalStep.id > self.next, ApprovalStep.id <= self.next + DUE)
                .values(next_on=self.today, due_on=self.today - timedelta(days=1))
            )
        self.next += DUE
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute("CHECKPOINT")
        used, begun = processor_seconds(), time.perf_counter()
        steps = self._found()
        found = time.perf_counter() - begun
        for step_id in steps:
            with unit_of_work() as session:
                commands.act_on_step(session, step_id, actor=SYSTEM, now=self.now)
        seconds = time.perf_counter() - begun
        used = processor_seconds() - used
        if len(steps) != DUE:
            raise SystemExit(f"{len(steps)} steps of {DUE} were found")
        return Look(self.open_steps, DUE, found * 1000, (seconds - found) * 1000, seconds, used)

    def _found(self) -> list[int]:
        with unit_of_work() as session:
            before = session.scalar(select(Message.id).order_by(Message.id.desc()).limit(1)) or 0
            zone = Settings.read().zone
            commands.sweep(session, zone=zone, actor=SYSTEM, now=self.now)
            session.flush()
            sent = select(Message.payload).where(
                Message.id > before, Message.name == commands.ACT_ON_STEP
            )
            return [payload["step"] for payload in session.scalars(sent)]

    def inboxes(self, requests: int) -> list[Inbox]:
        """Of two managers, one of whom has a thousand times as much before them."""
        db.use(self.engine)
        app = create_app(Settings.read({"DATABASE_URL": self.url}))
        client = app.test_client()
        found = []
        for number, waiting in ((1, WAITING_FEW), (2, WAITING_MANY)):
            self._waits(number, waiting)
            with unit_of_work() as session:
                issue = access.IssueToken(_address(number), "bench")
                token = access.issue_token(session, issue, actor=SYSTEM, now=self.now)
            headers = {"Authorization": f"Bearer {token}"}

            def page(headers: dict[str, str] = headers) -> None:
                answer = client.get("/approvals", headers=headers)
                if answer.status_code != 200:
                    raise SystemExit(f"{answer.status_code}: {answer.text[:200]}")

            page()
            statements, begun = statements_of(page), time.perf_counter()
            for _ in range(requests):
                page()
            seconds = time.perf_counter() - begun
            found.append(Inbox(waiting, statements, seconds / requests * 1000))
        return found

    def _waits(self, number: int, waiting: int) -> None:
        """Exactly so many wait for this manager; what was theirs is somebody else's."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            (manager,) = connection.execute(_MANAGER, (_number(number),)).fetchone() or (None,)
            (other,) = connection.execute(_MANAGER, (_number(3),)).fetchone() or (None,)
            connection.execute(
                "UPDATE approvals_step SET approver_id = %s WHERE approver_id = %s",
                (other, manager),
            )
            connection.execute(
                "UPDATE approvals_step SET approver_id = %s WHERE id IN (SELECT id"
                " FROM approvals_step WHERE state = 'open' AND about_id <> %s AND approver_id <>"
                " ALL (SELECT id FROM people_employee WHERE number = ANY (%s)) ORDER BY id DESC"
                " LIMIT %s)",
                (manager, manager, [_number(each) for each in (1, 2)], waiting),
            )
            connection.execute("VACUUM (ANALYZE) approvals_step")


_MANAGER = "SELECT id FROM people_employee WHERE number = %s"


@contextmanager
def _places(sizes: Sequence[int], tell: Callable[[str], None]) -> Iterator[list[_Place]]:
    with embedded.temporary(fast=False) as servers:
        places = []
        for size in sizes:
            tell(f"approvals: {size:,} open steps: loading")
            name = f"steps_{size}"
            with psycopg.connect(servers.database_url, autocommit=True) as connection:
                connection.execute(f"CREATE DATABASE {name}")
            url = servers.database_url.replace("/postgres?", f"/{name}?", 1)
            places.append(_Place(url, size))
        yield places
        for place in places:
            place.engine.dispose()
        db.use(None)


def _number(manager: int) -> str:
    return f"M{manager:04d}"


def _address(manager: int) -> str:
    return f"{_number(manager).lower()}@example.org"


def _people(now: datetime) -> None:
    """Managers with their teams, and one person of HR."""
    text = io.StringIO()
    columns = (
        "number", "name", "email", "hired_on", "unit", "scheme", "valid_from",
        "full_time_salary", "part_time_factor", "manager_number",
    )  # fmt: skip
    rows = csv.writer(text)
    rows.writerow(columns)
    for manager in range(1, MANAGERS + 1):
        for place in range(TEAM + 1):
            number = f"E{manager:04d}{place}" if place else _number(manager)
            rows.writerow(
                (
                    number, number, f"{number.lower()}@example.org", "2020-01-01",
                    f"Bench/{manager}", "bench", "2020-01-01", "3300", "1",
                    _number(manager) if place else "",
                )
            )  # fmt: skip
    with unit_of_work() as session:
        a_scheme(session, code="bench", now=now)
        import_people(session, text.getvalue().encode(), "people.csv", actor=SYSTEM, now=now)
        access.show_in_demo(
            session,
            access.ShowInDemo("hr@example.org", "HR", frozenset({Role.HR})),
            actor=SYSTEM,
            now=now,
        )
        for manager in (1, 2):
            cmd = access.ShowInDemo(_address(manager), _number(manager), frozenset())
            access.show_in_demo(session, cmd, actor=SYSTEM, now=now)
        session.flush()
        assert session.scalar(select(User.id).limit(1))


def _approvals(url: str, count: int, today: date, now: datetime) -> None:
    """Tasks about everybody in turn, each with their manager, due in the weeks to come."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(_APPROVALS, {"count": count, "now": now})
        connection.execute(_STEPS, {"count": count, "now": now, "today": today})
        connection.execute(_LOOKED, {"now": now, "today": today})
        connection.execute("VACUUM (ANALYZE)")


_TEAMS = """
WITH team AS (
    SELECT row_number() OVER (ORDER BY employee_id) - 1 AS place, employee_id, manager_id,
           count(*) OVER () AS people
      FROM people_employment WHERE manager_id IS NOT NULL
)
"""
_ID = "('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid"
_APPROVALS = f"""{_TEAMS}
INSERT INTO approvals_approval (id, kind, subject, employee_id, what, facts, case_code, effect,
                                state, asked_at, asked_by)
SELECT {_ID}, 'todo', 'bench:' || n, employee_id, '{{"en": "A thing to do"}}', '{{}}', 'hr',
       'before', 'open', %(now)s, 'system'
  FROM generate_series(1, %(count)s) n JOIN team ON team.place = n %% people
"""
_STEPS = f"""{_TEAMS}
INSERT INTO approvals_step (approval_id, stage, place, mode, rule, state, approver_id, opened_at,
                            due_on, next_on, kind, about_id)
SELECT {_ID}, 0, 0, 'all', '{{"who": "manager", "value": "", "days": 5, "then": "remind"}}',
       'open', manager_id, %(now)s, %(today)s::date + 9 + (n %% 20)::integer,
       %(today)s::date + 8 + (n %% 20)::integer, 'todo', employee_id
  FROM generate_series(1, %(count)s) n JOIN team ON team.place = n %% people
"""
_LOOKED = """
INSERT INTO approvals_look (id, recorded_to, day)
VALUES (1, %(now)s, %(today)s)
"""

HEADINGS = ("open steps", "due", "found ms", "acted ms", "ms", "cpu ms", "ratio")
INBOX_HEADINGS = ("waiting", "statements", "ms")


def table(found: Approvals) -> str:
    looks = [
        (
            f"{each.open_steps:,}",
            str(each.due),
            f"{each.found_ms:.1f}",
            f"{each.acted_ms:.0f}",
            f"{each.seconds * 1000:.0f}",
            f"{each.processor_seconds * 1000:.0f}",
            f"{ratio:.2f}",
        )
        for each, ratio in ((found.few, 1.0), (found.many, found.ratio))
    ]
    inboxes = [
        (f"{each.waiting:,}", str(each.statements), f"{each.milliseconds:.1f}")
        for each in found.inboxes
    ]
    return f"{aligned(HEADINGS, looks)}\n\n{aligned(INBOX_HEADINGS, inboxes)}"


def verdict(found: Approvals) -> str:
    within = "within" if found.ratio <= TARGET else "ABOVE"
    first, second = found.inboxes
    same = (
        "the same statements"
        if first.statements == second.statements
        else "OTHER statements: they follow what waits"
    )
    return (
        f"the clock over {found.many.open_steps:,} open steps costs {found.ratio:.2f} times the "
        f"one over {found.few.open_steps:,}, {within} the target of {TARGET} (processor time "
        f"{found.processor_ratio:.2f}); the inbox of {second.waiting:,} takes {same} as the one of "
        f"{first.waiting}"
    )


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.approvals", description=__doc__)
    parser.add_argument("--steps", type=int, default=MANY, help="open steps of the large one")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--requests", type=int, default=50, help="of each inbox")
    given = parser.parse_args()
    found = measure(
        many=given.steps,
        rounds=given.rounds,
        requests=given.requests,
        tell=lambda text: print(text, file=sys.stderr, flush=True),
    )
    print(f"{table(found)}\n\n{verdict(found)}")
    print(json.dumps(asdict(found)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
