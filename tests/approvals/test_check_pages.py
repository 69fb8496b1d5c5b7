"""Checks and draws on their pages: who sees what, what they can do there, and what it says."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from datetime import date, datetime
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from ideals.approvals import commands, queries
from ideals.approvals.commands import Contest, Decide, checking
from ideals.approvals.models import Approval, Check, Draw
from ideals.approvals.pages import check_words
from ideals.approvals.queries import Told, checks, in_force
from ideals.approvals.rules import draws as draw_rules
from ideals.approvals.states import CheckState, Decision
from ideals.kernel import clock
from ideals.kernel.ids import new_id
from ideals.notices.models import Notice
from tests.approvals.conftest import Cast, Heard
from tests.approvals.test_checks import NOW, answer, at, broken_one, buy, check_of, find, publish
from tests.approvals.test_checks import draw as drawn
from tests.approvals.test_pages import in_words
from tests.counting import counted
from tests.desk import Desk, desk, make_app

RULE = "Small things are yours to decide"
NEXT_CHECKED = (
    "The next ones still take effect at once, but each is checked, until one is found kept."
)
NEXT_BEFORE = "The next ones under this rule are decided before they take effect"


@pytest.fixture(autouse=True)
def connected(heard: Heard) -> None:
    queries.DECIDED.register("check", checking.decided)
    queries.LOCKS.register("check", checking.lock_before_decision)
    queries.SUBJECTS.register("check", check_words.describe_subjects)
    queries.SUBJECTS.register("order", describe)
    in_force.forget()


def describe(_: Session, subjects: Collection[str]) -> dict[str, Told]:
    return {subject: Told(f"A book <{subject[6:]}>") for subject in subjects}


@pytest.fixture
def app(session: Session) -> Flask:
    return make_app()


@pytest.fixture
def at_desks(session: Session, app: Flask, cast: Cast) -> dict[str, Desk]:
    names = ("anna", "boris", "clara", "dina", "egor", "henk")
    return {name: desk(session, app, getattr(cast, name), now=NOW) for name in names}


Clock = Callable[[datetime], None]


@pytest.fixture(autouse=True)
def it_is(monkeypatch: pytest.MonkeyPatch) -> Clock:
    def set_to(moment: datetime) -> None:
        monkeypatch.setattr(clock, "now", lambda: moment)

    set_to(NOW)
    return set_to


def drawn_one(session: Session, cast: Cast, **policy: str) -> Check:
    """Anna's case of the 10th, to be checked by Boris."""
    publish(session, **policy)
    case = buy(session, cast.anna, subject="order:1")
    drawn(session, at(11))
    session.commit()
    return check_of(session, case)


def path(check: Check) -> str:
    return f"/checks/{check.id}"


# One check


def test_whom_it_concerns_sees_it_and_others_find_nothing(
    session: Session, cast: Cast, at_desks: dict[str, Desk], it_is: Clock
) -> None:
    check = drawn_one(session, cast)
    it_is(at(11))
    pages = {name: at_desks[name].get(path(check)) for name in at_desks}
    found = {name: page.status_code for name, page in pages.items()}
    assert found == {"anna": 200, "boris": 200, "clara": 404, "dina": 200, "egor": 404, "henk": 200}
    for name in ("anna", "boris", "dina"):
        said = in_words(pages[name].text)
        for part in (
            "A book &lt;1&gt;",
            "is looked at",
            f"The rule: {RULE}",
            "Drawn by chance",
            "of the cases of this rule (1) a share of 100% was drawn by chance",
            f"If it was not kept: {NEXT_CHECKED} With that trust is back.",
        ):
            assert part in said, (name, part)
    assert "See the draw" in in_words(pages["dina"].text)
    assert "See the draw" not in in_words(pages["anna"].text + pages["boris"].text)
    assert at_desks["anna"].get(f"/checks/{new_id()}").status_code == 404


def test_the_inbox_asks_whether_it_was_kept(
    session: Session, cast: Cast, at_desks: dict[str, Desk], it_is: Clock
) -> None:
    check = drawn_one(session, cast, when_broken="before")
    it_is(at(11))
    page = at_desks["boris"].get("/approvals").text
    said = in_words(page)
    for part in (
        "Check afterwards: A book &lt;1&gt;",
        "Kept a",
        "Not kept r",
        f"What was agreed {RULE}",
        f"If it was not kept {NEXT_BEFORE}",
        "Needed when it was not kept; whom it is about reads it.",
    ):
        assert part in said, part
    assert "Approve a" not in said and "Refuse r" not in said
    answer = at_desks["boris"].post(f"/approvals/{check.id}", decision="refuse", reason=" ")
    assert answer.status_code == 422
    answer = at_desks["boris"].post(f"/approvals/{check.id}", decision="refuse", reason="No bill")
    assert (answer.status_code, answer.location) == (303, "/approvals")
    assert "not kept." in in_words(at_desks["boris"].get("/approvals").text)
    session.refresh(check)
    assert (check.state, check.reason) == ("broken", "No bill")


@pytest.mark.parametrize(
    ("when_broken", "follows"), [("check_all", NEXT_CHECKED), ("before", NEXT_BEFORE)]
)
def test_what_follows_is_said_and_how_trust_comes_back(
    session: Session,
    cast: Cast,
    at_desks: dict[str, Desk],
    it_is: Clock,
    app: Flask,
    when_broken: str,
    follows: str,
) -> None:
    check = drawn_one(session, cast, when_broken=when_broken)
    find(session, check, cast.boris, kept=False, now=at(11, 10))
    session.commit()
    it_is(at(12))
    anna = at_desks["anna"]
    said = in_words(anna.get(path(check)).text)
    assert "The check found that it was not kept: No bill was shown" in said
    assert f"What follows: {follows}" in said
    assert "Checked by Boris, 11 March 2026" in said
    assert "Since 11 March 2026 each order of yours is checked." in said
    assert "Trust came back" not in said
    said = in_words(anna.get("/checks").text)
    assert "Since 11 March 2026 each order of yours is checked" in said and "not kept" in said
    told = session.scalars(select(Notice).where(Notice.kind == "check.broken")).one()
    with app.app_context():
        assert follows in check_words.broken(told.data, "en").text
    again = buy(session, cast.anna, now=at(12), subject="order:2")
    if when_broken == "before":
        agreed = Decide(again.id, Decision.APPROVE)
        commands.decide(session, agreed, actor=cast.boris, now=at(12, 10))
    drawn(session, at(13))
    find(session, check_of(session, again), cast.boris, kept=True, now=at(13, 10))
    session.commit()
    said = in_words(anna.get(path(check)).text)
    assert "Trust came back on 13 March 2026." in said
    assert "each order of yours is checked" not in said + in_words(anna.get("/checks").text)


# Contesting


def test_whom_it_is_about_contests_with_words_and_hr_decides(
    session: Session, cast: Cast, at_desks: dict[str, Desk], it_is: Clock
) -> None:
    publish(session)
    check = broken_one(session, cast)
    session.commit()
    it_is(at(12))
    anna, dina = at_desks["anna"], at_desks["dina"]
    page = anna.get(path(check)).text
    assert "Until 25 March 2026 you can ask HR to look at it again." in in_words(page)
    for name in ("boris", "dina"):
        assert "Ask HR to look again" not in at_desks[name].get(path(check)).text
        assert at_desks[name].post(f"{path(check)}/contest", reason="No").status_code == 403
    assert at_desks["egor"].post(f"{path(check)}/contest", reason="No").status_code == 404
    refused = anna.post(f"{path(check)}/contest", reason=" ")
    assert refused.status_code == 422 and 'aria-invalid="true"' in refused.text
    long = "x" * 2001
    refused = anna.post(f"{path(check)}/contest", reason=long)
    assert refused.status_code == 422 and long in refused.text
    sent = anna.post(f"{path(check)}/contest", reason="The <bill> is there")
    assert (sent.status_code, sent.location) == (303, path(check))
    said = in_words(anna.get(path(check)).text)
    assert "HR looks at it again; you hear what comes of it." in said
    assert "Anna contested the check The &lt;bill&gt; is there" in said
    assert "Until then the finding holds." in said
    twice = anna.post(f"{path(check)}/contest", reason="Again")
    assert twice.location == path(check)
    assert "nothing here that can be contested any more" in in_words(anna.get(path(check)).text)
    said = in_words(dina.get("/approvals").text)
    for part in (
        "It was kept after all a",
        "The check stands r",
        "What the check found No bill was shown",
        "Why it is contested The &lt;bill&gt; is there",
    ):
        assert part in said, part
    about = checks.contested_about(session, check.id)
    assert about is not None
    dina.post(f"/approvals/{about.id}", decision="approve", reason="It was in the other folder")
    said = in_words(anna.get(path(check)).text)
    assert "HR found that it was kept after all." in said
    assert "Dina found it kept after all It was in the other folder" in said
    assert "What follows" not in said and "of yours is checked." not in said


def test_it_can_be_contested_within_the_days(
    session: Session, cast: Cast, at_desks: dict[str, Desk], it_is: Clock
) -> None:
    publish(session)
    check = broken_one(session, cast)
    session.commit()
    it_is(at(26))
    said = in_words(at_desks["anna"].get(path(check)).text)
    assert "It could be contested until 25 March 2026." in said
    assert "Ask HR to look again" not in said
    late = at_desks["anna"].post(f"{path(check)}/contest", reason="The bill is there")
    assert late.location == path(check)
    session.refresh(check)
    assert check.state == CheckState.BROKEN


def test_who_made_the_check_does_not_decide_the_contest(
    session: Session, cast: Cast, at_desks: dict[str, Desk], it_is: Clock
) -> None:
    publish(session, who="{role: hr}")
    case = buy(session, cast.anna)
    drawn(session, at(11))
    check = find(session, check_of(session, case), cast.dina, kept=False, now=at(11, 10))
    commands.contest(session, Contest(check.id, "No"), actor=cast.anna, now=at(12))
    session.commit()
    it_is(at(12, 11))
    about = checks.contested_about(session, check.id)
    assert about is not None
    page = at_desks["dina"].get(f"/approvals/{about.id}").text
    assert "You made this check: somebody else of HR decides whether it stands." in in_words(page)
    assert 'data-key="a"' not in page and 'data-key="h"' not in page
    answer_ = at_desks["dina"].post(f"/approvals/{about.id}", decision="approve", reason="Well")
    assert answer_.status_code == 403
    assert 'data-key="a"' in at_desks["henk"].get(f"/approvals/{about.id}").text
    at_desks["henk"].post(f"/approvals/{about.id}", decision="refuse", reason="There is none")
    said = in_words(at_desks["anna"].get(path(check)).text)
    assert "Henk agreed with the check There is none" in said


# Lists


def test_somebody_sees_all_of_theirs(
    session: Session, cast: Cast, at_desks: dict[str, Desk], it_is: Clock
) -> None:
    publish(session, share="0%")
    buy(session, cast.anna, subject="order:1")
    buy(session, cast.egor, subject="order:egors")
    drawn(session, at(11))
    publish(session, from_=date(2026, 3, 11))
    buy(session, cast.anna, now=at(11), subject="order:2")
    drawn(session, at(12))
    buy(session, cast.anna, now=at(12), subject="order:3")
    session.commit()
    it_is(at(12, 10))
    page = at_desks["anna"].get("/checks").text
    rows = re.findall(r"<tr>\s*<th.*?</tr>", page, re.S)
    said = [in_words(f'<main id="content">{row}</main>') for row in rows[-3:]]
    assert [
        re.sub(r"(^>)|\d\d-\d\d-\d{4}", "", each).split("&gt;")[1].strip() for each in said
    ] == [
        "the draw is still to come",
        "is looked at",
        "not drawn",
    ]
    assert "egors" not in page
    assert "Nothing here yet" in in_words(at_desks["boris"].get("/checks").text)


def test_only_hr_sees_all_checks_and_draws(
    session: Session, cast: Cast, at_desks: dict[str, Desk], it_is: Clock
) -> None:
    check = drawn_one(session, cast)
    it_is(at(11))
    for page in (
        "/checks/all",
        "/checks/all/draws",
        f"/checks/all/draws/{check.draw_id}",
        f"/checks/all/draws/{check.draw_id}.csv",
    ):
        for name in ("anna", "boris", "egor"):
            assert at_desks[name].get(page).status_code in (403, 404), (name, page)
        assert at_desks["dina"].get(page).status_code == 200, page
    assert at_desks["dina"].get("/checks/all/draws/999").status_code == 404
    dina = at_desks["dina"]
    said = in_words(dina.get("/checks/all").text)
    assert "1 to look at" in said and "A book &lt;1&gt;" in said and "Anna" in said
    assert "No check is in this state." in in_words(dina.get("/checks/all?state=kept").text)
    assert "A book" in in_words(dina.get("/checks/all?state=open").text)
    assert 'href="/checks/all"' in dina.get("/checks/all").text.split("<main")[0]
    assert 'href="/checks/all"' not in at_desks["boris"].get("/checks").text


def test_the_list_asks_as_many_questions_with_two_as_with_forty(
    session: Session, cast: Cast, at_desks: dict[str, Desk], it_is: Clock
) -> None:
    def statements(name: str, page: str) -> int:
        at_desks[name].get(page)
        with counted() as seen:
            assert at_desks[name].get(page).status_code == 200
        return seen.statements

    publish(session)
    pages = (("dina", "/checks/all"), ("dina", "/checks/all/draws"), ("anna", "/checks"))
    for _ in range(2):
        buy(session, cast.anna)
    drawn(session, at(11))
    session.commit()
    it_is(at(11))
    few = [statements(*each) for each in pages]
    for number in range(38):
        buy(session, cast.anna if number % 2 else cast.egor, now=at(11))
    drawn(session, at(12))
    session.commit()
    it_is(at(12))
    assert [statements(*each) for each in pages] == few


# Draws


def test_a_draw_is_shown_with_all_that_repeats_it(
    session: Session, cast: Cast, at_desks: dict[str, Desk], it_is: Clock
) -> None:
    publish(session, share="50%")
    cases = [buy(session, cast.anna, subject=f"order:{n}") for n in range(8)]
    drawn(session, at(11))
    session.commit()
    it_is(at(11))
    dina = at_desks["dina"]
    made = session.scalars(select(Draw)).one()
    page = dina.get(f"/checks/all/draws/{made.id}").text
    said = in_words(page)
    for part in (f"{made.drawn} of 8 checked", "Share 50%", made.seed, made.digest, RULE):
        assert part in said, part
    assert "openssl dgst -sha256 -hmac" in said
    assert page.count("A book &lt;") == made.drawn
    said = in_words(dina.get(f"/checks/all/draws/{made.id}?again=yes").text)
    assert "Repeated just now: the same cases, the same share, and the same ones drawn." in said
    header, *rows = (
        line.split(",") for line in dina.get(f"/checks/all/draws/{made.id}.csv").text.splitlines()
    )
    assert header[0].endswith("Case") and header[1:] == [
        "Place",
        "By chance",
        "Trust was lost",
        "Checked",
    ]
    assert [row[0] for row in rows] == sorted(str(case.id) for case in cases)
    for id_, place, by_chance, distrusted, checked in rows:
        assert int(place) == draw_rules.place_of(made.seed, UUID(id_))
        below = int(place) < 2**31
        assert (by_chance, distrusted, checked) == (str(below).upper(), "FALSE", str(below).upper())
    session.delete(next(iter(session.scalars(select(Check).where(Check.state == "open")))))
    session.commit()
    said = in_words(dina.get(f"/checks/all/draws/{made.id}?again=yes").text)
    assert "Drawn now, but not checked then:" in said


def test_hr_sees_the_answer_of_a_contest(
    session: Session, cast: Cast, at_desks: dict[str, Desk], it_is: Clock
) -> None:
    publish(session)
    check = broken_one(session, cast)
    commands.contest(session, Contest(check.id, "No"), actor=cast.anna, now=at(12))
    answer(session, check, cast.dina, grant=False, now=at(12, 10))
    session.commit()
    it_is(at(12, 11))
    said = in_words(at_desks["dina"].get("/checks/all").text)
    assert "Of all checks (1), found kept: 0, not kept: 1." in said
    assert "not kept, HR agrees" in said
    case = session.get_one(Approval, check.approval_id)
    page = at_desks["anna"].get(f"/approvals/{case.id}").text
    assert f'href="{path(check)}"' in page
