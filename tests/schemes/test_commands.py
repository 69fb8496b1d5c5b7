"""Publishing: once, never edited, from a later month, by one at a time."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from ideals import audit
from ideals.db import unit_of_work
from ideals.kernel.actor import Actor, Role
from ideals.kernel.month import Month
from ideals.schemes.commands import PublishScheme, publish_scheme
from ideals.schemes.errors import (
    MayNotPublishSchemes,
    SchemeCodeDiffers,
    SchemeNotFound,
    SchemeRefused,
    SchemeVersionPublished,
    SchemeVersionTooEarly,
)
from ideals.schemes.models import SchemeVersion
from ideals.schemes.policy import check_may_publish
from ideals.schemes.queries import (
    earliest_version_since,
    export,
    full_time_hours,
    latest_schemes,
    scheme_codes,
    scheme_for,
    scheme_version,
    scheme_versions,
)
from ideals.schemes.rules import checked
from tests.schemes.worked import FOLDERS, document

DINA = Actor(name="dina@example.org", roles=frozenset({Role.HR}))
ANNA = Actor(name="anna@example.org", employee_id=1)
NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
NWB = document("nwb.yaml")


def publish(session: Session, document: str, now: datetime = NOW) -> SchemeVersion:
    return publish_scheme(session, PublishScheme(document), actor=DINA, now=now)


def later(document: str, version: str) -> str:
    return document.replace('version: "2020-01"', f'version: "{version}"')


def published(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(SchemeVersion)) or 0


def test_a_published_version_is_in_force_from_its_month_until_the_next(session: Session) -> None:
    publish(session, NWB)
    raised = later(NWB, "2026-04").replace("1.80%", "2.00%")
    publish(session, raised)
    before, after = (scheme_for(session, "nwb", Month(2026, month)) for month in (3, 4))
    assert before is not None
    assert after is not None
    assert (before.version, after.version) == (Month(2020, 1), Month(2026, 4))
    assert before.components[1].formula.source == "1.80% * salary"
    assert after.components[1].formula.source == "2.00% * salary"
    assert scheme_for(session, "nwb", Month(2019, 12)) is None
    assert scheme_for(session, "other", Month(2026, 3)) is None
    assert scheme_version(session, "nwb", Month(2020, 1)) is before


def test_a_version_is_compiled_once_a_process(session: Session) -> None:
    publish(session, NWB)
    assert scheme_for(session, "nwb", Month(2026, 3)) is scheme_for(session, "nwb", Month(2025, 1))


def test_the_same_text_again_changes_nothing(session: Session) -> None:
    first = publish(session, NWB)
    again = publish(session, NWB, NOW.replace(day=3))
    windows = publish(session, "\ufeff" + NWB.replace("\n", "\r\n"))
    assert first.id == again.id == windows.id
    assert again.published_at == NOW
    assert published(session) == 1


def test_another_text_for_a_published_version_is_a_conflict(session: Session) -> None:
    publish(session, NWB)
    with pytest.raises(SchemeVersionPublished, match="give the changed document a later version"):
        publish(session, NWB.replace("1.80%", "1.90%"))
    assert published(session) == 1


def test_a_version_earlier_than_the_last_one_is_a_conflict(session: Session) -> None:
    publish(session, later(NWB, "2026-04"))
    with pytest.raises(SchemeVersionTooEarly, match="2026-04"):
        publish(session, later(NWB, "2026-03"))
    publish(session, later(document("meridian.yaml"), "2021-01"))


def test_a_document_with_faults_is_refused_with_all_of_them(session: Session) -> None:
    with pytest.raises(SchemeRefused) as refused:
        publish(session, document("ten-faults.yaml"))
    assert len(refused.value.data["faults"]) == 14
    assert refused.value.data["faults"][0] == {
        "path": "version",
        "line": 3,
        "found": "'2026-13'",
        "expected": 'a month is needed, written as "2026-01"',
    }
    assert "did you mean 'salary'?" in refused.value.message
    assert published(session) == 0


@pytest.mark.parametrize("path", sorted(FOLDERS[1].glob("*.yaml")), ids=lambda path: path.stem)
def test_what_is_exported_loads_back_to_the_same(session: Session, path) -> None:  # type: ignore[no-untyped-def]
    version = publish(session, path.read_text("utf-8"))
    exported = export(session, path.stem)
    assert exported == path.read_text("utf-8")
    assert publish(session, exported).id == version.id
    assert checked(exported).code == path.stem


def test_an_export_gives_the_latest_version_or_the_one_asked_for(session: Session) -> None:
    publish(session, NWB)
    publish(session, later(NWB, "2026-04"))
    assert 'version: "2026-04"' in export(session, "nwb")
    assert export(session, "nwb", Month(2020, 1)) == NWB
    with pytest.raises(SchemeNotFound):
        export(session, "nwb", Month(2021, 1))
    with pytest.raises(SchemeNotFound):
        export(session, "other")
    with pytest.raises(SchemeNotFound):
        scheme_version(session, "nwb", Month(2021, 1))


def test_a_document_given_for_another_scheme_is_refused(session: Session) -> None:
    with pytest.raises(SchemeCodeDiffers, match="of the scheme 'nwb', not of 'meridian'"):
        publish_scheme(session, PublishScheme(NWB, "meridian"), actor=DINA, now=NOW)
    assert published(session) == 0


def test_the_versions_are_listed_latest_first(session: Session) -> None:
    publish(session, NWB)
    publish(session, later(NWB, "2026-04"))
    publish(session, document("meridian.yaml"))
    latest, first = scheme_versions(session, "nwb")
    assert (latest.version, first.version) == (Month(2026, 4), Month(2020, 1))
    assert (first.published_at, first.published_by) == (NOW, "dina@example.org")
    assert first.digest == hashlib.sha256(NWB.encode()).hexdigest()
    assert scheme_codes(session) == ["meridian", "nwb"]
    assert scheme_versions(session, "other") == []
    assert [(each.code, each.version) for each in latest_schemes(session)] == [
        ("meridian", Month(2020, 1)),
        ("nwb", Month(2026, 4)),
    ]


def test_the_hours_of_a_full_time_week_are_those_of_the_latest_version(session: Session) -> None:
    publish(session, NWB)
    publish(session, later(NWB, "2026-04").replace("full_time_hours: 38", "full_time_hours: 36.5"))
    publish(session, document("meridian.yaml"))
    assert full_time_hours(session) == {"meridian": Decimal(36), "nwb": Decimal("36.5")}


def test_what_was_published_since_a_moment_says_how_far_back_it_reaches(session: Session) -> None:
    publish(session, NWB)
    publish(session, later(NWB, "2026-04"), NOW.replace(day=5))
    publish(session, later(NWB, "2026-06"), NOW.replace(day=6))
    assert earliest_version_since(session, "nwb", NOW) == Month(2026, 4)
    assert earliest_version_since(session, "nwb", NOW.replace(day=6)) is None
    assert earliest_version_since(session, "other", NOW) is None


def test_publishing_is_written_in_the_audit(session: Session) -> None:
    publish(session, NWB)
    publish(session, NWB)
    [entry] = session.scalars(select(audit.Entry).where(audit.Entry.act == "schemes.published"))
    assert (entry.subject, entry.actor) == ("scheme:nwb:2020-01", "dina@example.org")


def test_only_hr_may_publish() -> None:
    check_may_publish(DINA)
    for actor in (ANNA, Actor(name="p", roles=frozenset({Role.PAYROLL, Role.HR_PRICES}))):
        with pytest.raises(MayNotPublishSchemes):
            check_may_publish(actor)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE schemes_version SET document = 'x'",
        "DELETE FROM schemes_version",
        "TRUNCATE schemes_version",
    ],
)
def test_the_database_refuses_to_change_what_is_published(session: Session, statement: str) -> None:
    publish(session, NWB)
    with pytest.raises(DBAPIError, match="rows of schemes_version are only ever added"):
        session.execute(text(statement))


def test_two_who_publish_at_once_get_one_version(own_database: str) -> None:
    def one(percent: int) -> str:
        try:
            with unit_of_work() as session:
                publish(session, NWB.replace("1.80%", f"{percent}.80%"))
            return "published"
        except SchemeVersionPublished:
            return "conflict"

    with ThreadPoolExecutor(4) as pool:
        answers = sorted(pool.map(one, range(1, 5)))
    assert answers == ["conflict", "conflict", "conflict", "published"]
