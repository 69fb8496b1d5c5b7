"""HR's pages about schemes."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from ideals.access import commands as access
from ideals.app import create_app
from ideals.audit import Entry
from ideals.config import Settings
from ideals.kernel import clock
from ideals.kernel.actor import SYSTEM, Role
from ideals.kernel.said import Said
from ideals.schemes.models import SchemeVersion
from ideals.schemes.pages.example import typed_number
from ideals.schemes.rules import check
from ideals.seeds import factories
from tests.counting import counted
from tests.schemes.worked import document

NOW = datetime(2026, 3, 15, 12, tzinfo=UTC)
NWB = document("nwb.yaml")
NEXT = NWB.replace('version: "2020-01"', 'version: "2026-05"').replace("1.80%", "1.90%")


@pytest.fixture
def app(session: Session, monkeypatch: pytest.MonkeyPatch) -> Flask:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    return create_app(Settings.read({}))


class Desk:
    """A browser in one language; a token is signed in as a session is."""

    def __init__(self, client: FlaskClient, token: str, language: str = "en") -> None:
        self.client = client
        self.headers = {"Authorization": f"Bearer {token}", "Accept-Language": language}

    def get(self, path: str) -> TestResponse:
        return self.client.get(path, headers=self.headers)

    def post(self, path: str, **form: object) -> TestResponse:
        return self.client.post(
            path, data=form, headers=self.headers, content_type="multipart/form-data"
        )


def desk(app: Flask, session: Session, name: str, *roles: Role, language: str = "en") -> Desk:
    email = f"{name}@meridian.example"
    if not roles:
        factories.an_employee(session, name.title(), scheme="nwb", email=email)
    access.invite(session, access.Invite(email, frozenset(roles)), actor=SYSTEM, now=NOW)
    token = access.issue_token(session, access.IssueToken(email, "test"), actor=SYSTEM, now=NOW)
    session.commit()
    return Desk(app.test_client(), token, language)


@pytest.fixture
def dina(app: Flask, session: Session) -> Desk:
    return desk(app, session, "dina", Role.HR)


@pytest.fixture
def published(session: Session) -> Iterator[None]:
    factories.publish(session, NWB)
    session.commit()
    yield


PAGES = (
    "/schemes",
    "/schemes/facts",
    "/schemes/check",
    "/schemes/nwb",
    "/schemes/nwb/2020-01",
    "/schemes/nwb/2020-01/document.yaml",
    "/schemes/nwb/compare",
    "/schemes/examples/nwb.yaml",
)


@pytest.mark.parametrize("page", PAGES)
def test_the_pages_are_for_hr_only(
    app: Flask, session: Session, published: None, dina: Desk, page: str
) -> None:
    assert dina.get(page).status_code == 200
    assert desk(app, session, "anna").get(page).status_code == 403
    assert desk(app, session, "paula", Role.PAYROLL).get(page).status_code == 403
    assert app.test_client().get(page).status_code == 302


def test_without_a_scheme_one_is_told_how_to_begin(dina: Desk) -> None:
    page = dina.get("/schemes").text
    assert "No scheme yet" in page
    for name in ("meridian", "nwb", "sociaal-werk"):
        assert f"/schemes/check?begin={name}" in page
        example = dina.get(f"/schemes/examples/{name}.yaml")
        assert example.data.decode() == document(f"{name}.yaml")
        assert f"filename={name}.yaml" in example.headers["Content-Disposition"]
    assert dina.get("/schemes/examples/unknown.yaml").status_code == 404
    assert document("nwb.yaml").splitlines()[0] in dina.get("/schemes/check?begin=nwb").text


def test_the_list_names_what_is_in_force_and_what_is_next(
    session: Session, published: None, dina: Desk
) -> None:
    factories.publish(session, NEXT)
    factories.publish(session, document("meridian.yaml").replace('"2020-01"', '"2027-01"', 1))
    session.commit()
    rows = re.findall(r"<tr>(.*?)</tr>", dina.get("/schemes").text, flags=re.DOTALL)
    meridian, nwb = rows[1:]
    assert "since January 2020" in nwb
    assert "from May 2026" in nwb
    assert ">2</td>" in nwb
    assert "not yet" in meridian
    assert "from January 2027" in meridian


def test_the_list_and_the_pages_of_a_scheme_take_as_many_queries_with_more_versions(
    session: Session, published: None, dina: Desk
) -> None:
    paths = ("/schemes", "/schemes/nwb", "/schemes/nwb/2020-01", "/schemes/nwb/compare")

    def statements() -> list[int]:
        made = []
        for path in paths:
            with counted() as seen:
                assert dina.get(path).status_code == 200
            made.append(seen.statements)
        return made

    statements()  # the first look of the day is noted with the token
    before = statements()
    for year in range(2021, 2041):
        factories.publish(session, NWB.replace('version: "2020-01"', f'version: "{year}-01"'))
    factories.publish(session, document("meridian.yaml"))
    session.commit()
    assert statements() == before
    assert max(before) <= 8 + 6, "two counts of the layout, each in a transaction of its own"


def test_versions_say_who_published_them_when_and_which_is_in_force(
    session: Session, published: None, dina: Desk
) -> None:
    dina.post("/schemes/publish", document=NEXT)
    page = dina.get("/schemes/nwb").text
    may, january = re.findall(r"<tr>(.*?)</tr>", page, flags=re.DOTALL)[1:]
    digest = session.scalars(select(SchemeVersion.digest).order_by(SchemeVersion.id.desc())).first()
    assert "dina@meridian.example" in may
    assert "15 March 2026" in may
    assert digest[:12] in may
    assert "to come" in may
    assert "/schemes/nwb/compare?from=2020-01&amp;to=2026-05" in may
    assert "in force" in january


def test_a_version_is_told_in_words_with_its_document(published: None, dina: Desk) -> None:
    page = dina.get("/schemes/nwb/2020-01")
    for told in (
        "Holiday allowance",
        "1.80% * salary",
        "Replaces: Life-course contribution of 1.80%.",
        "scale_pay",
        "Choices can be made until day 15 of the month itself.",
        "What nobody chose for is kept, and paid out in December.",
        "Extra leave hours",
        "the price of the day of the order",
        "# Left open by the agreement&#39;s summary",
    ):
        assert told in page.text, told
    file = dina.get("/schemes/nwb/2020-01/document.yaml")
    assert file.data.decode() == NWB
    assert "filename=nwb-2020-01.yaml" in file.headers["Content-Disposition"]


def test_granted_hours_are_told(session: Session, dina: Desk) -> None:
    factories.publish(session, document("sociaal-werk.yaml"))
    session.commit()
    page = dina.get("/schemes/sociaal-werk/2020-01").text
    assert "Granted once a year, in January, rounded, half up to whole minutes." in page
    assert "Choices can be made until the last day of the month before." in page


@pytest.mark.parametrize(
    "path",
    [
        "/schemes/unknown",
        "/schemes/unknown/2020-01",
        "/schemes/nwb/2021-01",
        "/schemes/nwb/march",
        "/schemes/nwb/march/document.yaml",
        "/schemes/unknown/compare",
        "/schemes/check?begin=unknown",
        "/schemes/check?begin=nwb/2021-01",
        "/schemes/check?begin=nwb/march",
        "/schemes/check?begin=../nwb",
    ],
)
def test_what_is_not_there_is_not_found(published: None, dina: Desk, path: str) -> None:
    assert dina.get(path).status_code == 404


def test_two_versions_are_compared_by_meaning_and_by_line(
    session: Session, published: None, dina: Desk
) -> None:
    assert "There is one version so far" in dina.get("/schemes/nwb/compare").text
    factories.publish(session, NEXT)
    session.commit()
    page = dina.get("/schemes/nwb/compare").text
    assert "<del>1.80% * salary</del>" in page
    assert "<ins>1.90% * salary</ins>" in page
    assert page.count("changed") > 1
    assert re.findall(r'<option value="([0-9-]+)" selected>', page) == ["2020-01", "2026-05"]
    back = dina.get("/schemes/nwb/compare?from=2026-05&to=2020-01").text
    assert "<ins>1.80% * salary</ins>" in back
    assert "By meaning nothing changes" in dina.get("/schemes/nwb/compare?from=x&to=2020-01").text


def test_texts_too_long_to_compare_by_line_are_compared_by_meaning(
    session: Session, published: None, dina: Desk
) -> None:
    factories.publish(session, NEXT + "#\n" * 5000)
    session.commit()
    page = dina.get("/schemes/nwb/compare").text
    assert "too long to be shown side by side" in page
    assert "<ins>1.90% * salary</ins>" in page


def test_every_fault_stands_beside_its_line_with_what_would_be_right(dina: Desk) -> None:
    page = dina.post("/schemes/check", document=document("ten-faults.yaml"))
    assert page.status_code == 422
    text = page.text
    assert "did you mean &#39;part_month&#39;?" in text
    assert 'id="line-3"' in text
    assert '<a href="#line-3">line 3</a>' in text
    assert "Ten faults" in text, "what was typed is kept"
    links = set(re.findall(r'href="#(line-\d+)"', text))
    assert len(links) >= 9
    assert links <= set(re.findall(r'id="(line-\d+)"', text))


def test_faults_are_said_in_dutch(app: Flask, session: Session) -> None:
    dutch = desk(app, session, "dina", Role.HR, language="nl")
    page = dutch.post("/schemes/check", document=document("ten-faults.yaml")).text
    assert "bedoelt u &#39;part_month&#39;?" in page
    assert "de sleutel &#39;part_moth&#39; is niet bekend" in page
    assert "gegevens die elkaar nodig hebben: first -&gt; second -&gt; first" in page
    assert "dit deelt door nul" in page
    for english in ("did you mean", "is missing", "is needed", "there is no"):
        assert english not in page


def test_every_thing_that_would_be_right_can_be_said_in_another_language() -> None:
    bad = [
        "", "- a", "a: &x 1", "a: [", "\x01", "scheme: !!python/name:os.system", "x" * 300_000,
        document("ten-faults.yaml"), document("thirteen-periods.yaml"),
        NWB.replace("day: 15", "day: 15, last_day: previous_month, months_before: 1"),
        NWB.replace("sickness: paid", "sickness: paid_months"),
        *(NWB.replace("1.80% * salary", formula) for formula in (
            "salary *", "1 = 1", "band(age)", "foo(1)", "max(1)", "round(1, 9)", "'a' + 1",
            "band(age, 5: 1, 3: 2)", "1 if salary else 2", "scale in (1, 2)", "9" * 20, "1/0",
            "gender", "(" * 60, "salary^2", "life_course", "age_leave", "1 if sick else 'a'",
        )),
    ]  # fmt: skip
    for text in bad:
        result = check(text)
        assert isinstance(result, list), text[:200]
        for fault in result:
            assert isinstance(fault.expected, Said) or fault.expected == "{paid_months: 6}", fault


def test_a_good_document_shows_what_it_would_be_and_publishes_nothing(
    session: Session, published: None, dina: Desk
) -> None:
    page = dina.post("/schemes/check", document=NEXT)
    assert page.status_code == 200
    assert "Nothing is published yet" in page.text
    assert "takes the place of the version of January 2020" in page.text
    assert "<ins>1.90% * salary</ins>" in page.text
    assert "Publish version 2026-05 of nwb" in page.text
    assert "It is for nobody yet" in page.text
    assert len(list(session.scalars(select(SchemeVersion)))) == 1


def test_it_says_for_how_many_and_what_is_worked_out_again(
    session: Session, published: None, dina: Desk
) -> None:
    factories.a_scheme(session, code="other")
    factories.an_employee(session, "Anna", scheme="nwb")
    factories.an_employee(session, "Boris", scheme="nwb", leaves_on=date(2026, 2, 28))
    factories.an_employee(session, "Clara", scheme="other")
    session.commit()
    early = NEXT.replace('"2026-05"', '"2026-02"')
    page = dina.post("/schemes/check", document=early).text
    assert "It is for one employee" in page
    assert "Months from February 2026 on that have budgets already are worked out again" in page
    later = dina.post("/schemes/check", document=NEXT).text
    assert "worked out again" not in later


def test_a_file_goes_before_what_was_pasted(dina: Desk) -> None:
    with_mark = "\ufeff" + NEXT.replace("\n", "\r\n")
    sent = {"document": "nonsense", "file": (io.BytesIO(with_mark.encode()), "nwb.yaml")}
    assert "Publish version 2026-05 of nwb" in dina.post("/schemes/check", **sent).text
    latin = {"document": NEXT, "file": (io.BytesIO("é".encode("latin-1")), "nwb.yaml")}
    refused = dina.post("/schemes/check", **latin)
    assert refused.status_code == 422
    assert "no text in UTF-8" in refused.text
    assert "1.90% * salary" in refused.text, "what was typed is kept"
    large = {"file": (io.BytesIO(b"#" * 300_000), "nwb.yaml")}
    assert "larger than 256 kB" in dina.post("/schemes/check", **large).text
    assert "Paste the document here" in dina.post("/schemes/check", document=" ").text


def test_publishing_leads_to_the_version_and_twice_is_once(
    session: Session, published: None, dina: Desk
) -> None:
    for told in ("Version 2026-05 of nwb is published.", "nothing changed"):
        sent = dina.post("/schemes/publish", document=NEXT.replace("\n", "\r\n"))
        assert (sent.status_code, sent.location) == (303, "/schemes/nwb/2026-05")
        assert told in dina.get(sent.location).text
    versions = list(session.scalars(select(SchemeVersion).order_by(SchemeVersion.id)))
    assert [version.document for version in versions] == [NWB, NEXT]
    assert versions[1].published_by == "dina@meridian.example"
    [entry] = session.scalars(select(Entry).where(Entry.subject == "scheme:nwb:2026-05"))
    assert entry.actor == "dina@meridian.example"


def test_only_hr_can_publish(app: Flask, session: Session, published: None) -> None:
    for name, roles in (("anna", ()), ("paula", (Role.PAYROLL,))):
        other = desk(app, session, name, *roles)
        assert other.post("/schemes/publish", document=NEXT).status_code == 403
        assert other.post("/schemes/check", document=NEXT).status_code == 403
    nobody = Desk(app.test_client(), "nobody")
    assert nobody.post("/schemes/publish", document=NEXT).status_code == 401
    assert len(list(session.scalars(select(SchemeVersion)))) == 1


def test_a_version_that_is_there_with_another_text_is_told_before_and_after(
    session: Session, published: None, dina: Desk
) -> None:
    changed = NWB.replace("1.80%", "1.70%")
    checked = dina.post("/schemes/check", document=changed)
    assert "published already, with another text" in checked.text
    assert "Publish version" not in checked.text
    refused = dina.post("/schemes/publish", document=changed)
    assert refused.status_code == 409
    assert "published already, with another text" in refused.text
    assert "1.70% * salary" in refused.text, "what was typed is kept"
    assert len(list(session.scalars(select(SchemeVersion)))) == 1


def test_a_version_before_the_last_one_comes_too_early(
    session: Session, published: None, dina: Desk
) -> None:
    factories.publish(session, NEXT)
    session.commit()
    early = NEXT.replace('"2026-05"', '"2026-04"').replace("1.90%", "2%")
    assert (
        "comes before the last one published, 2026-05"
        in dina.post("/schemes/check", document=early).text
    )
    assert dina.post("/schemes/publish", document=early).status_code == 409


def test_the_published_text_is_recognised(published: None, dina: Desk) -> None:
    page = dina.post("/schemes/check", document=NWB).text
    assert "This text is published already" in page
    assert "Publish version" not in page


def test_a_document_that_went_bad_is_not_published(session: Session, dina: Desk) -> None:
    assert dina.post("/schemes/publish", document="scheme: nwb").status_code == 422
    assert dina.post("/schemes/publish").status_code == 422
    assert list(session.scalars(select(SchemeVersion))) == []


FACTS = {"month": "2026-03", "salary": "3,300.00", "factor": "1", "age": "40"}


def test_made_up_facts_are_worked_out_with_every_part(published: None, dina: Desk) -> None:
    page = dina.post("/schemes/nwb/2020-01", **FACTS)
    assert page.status_code == 200
    assert "€429.00" in page.text
    for amount in ("€264.00", "€59.40", "€105.60"):
        assert amount in page.text
    assert "€3,300.00" in page.text
    tried = dina.post("/schemes/check", document=NEXT, **{**FACTS, "month": "2026-05"}).text
    assert "€432.30" in tried
    assert "Publish version 2026-05 of nwb" in tried


def test_facts_that_cannot_be_are_told_beside_the_field(published: None, dina: Desk) -> None:
    typed = {"month": "soon", "salary": "a lot", "factor": "3", "age": "7"}
    page = dina.post("/schemes/nwb/2020-01", **typed).text
    for field in typed:
        assert f'id="{field}-error"' in page
    assert 'value="a lot"' in page
    assert "€429.00" not in page


def test_a_formula_without_a_result_says_why(session: Session, dina: Desk) -> None:
    text = NWB.replace("band(age, 0: 0%)", "band(age, 50: 1%)")
    page = dina.post("/schemes/check", document=text, **FACTS).text
    assert "The formula of age_leave has no result: the value is below the first step" in page
    below = NWB.replace("1.80% * salary", "0 - salary")
    page = dina.post("/schemes/check", document=below, **FACTS).text
    assert "life_course would be below zero" in page


def test_only_the_facts_a_scheme_reads_are_asked(session: Session, dina: Desk) -> None:
    page = dina.post("/schemes/check", document=document("base-of-its-own.yaml")).text
    assert 'id="scale"' in page
    assert 'id="pay-overtime"' in page
    assert 'id="unit"' not in page
    tried = dina.post(
        "/schemes/check", document=document("base-of-its-own.yaml"), **{**FACTS, "scale": ""}
    ).text
    assert 'id="scale-error"' in tried


@pytest.mark.parametrize(
    ("typed", "language", "number"),
    [
        ("3000", "nl", "3000"),
        ("3.000,50", "nl", "3000.50"),
        ("3.000", "nl", "3000"),
        ("€ 3.000.000", "nl", "3000000"),
        ("0,6", "nl", "0.6"),
        ("0.6", "nl", "0.6"),
        ("3,000.50", "en", "3000.50"),
        ("3,000", "en", "3000"),
        ("0.6", "en", "0.6"),
        ("0,6", "en", "0.6"),
        ("-1", "en", "None"),
        ("", "en", "None"),
        ("1e3", "en", "None"),
        ("1.2.3", "nl", "None"),
    ],
)
def test_numbers_are_read_as_people_write_them(typed: str, language: str, number: str) -> None:
    assert str(typed_number(typed, language)) == number


def test_the_facts_can_be_searched_in_the_readers_language(app: Flask, session: Session) -> None:
    dutch = desk(app, session, "dina", Role.HR, language="nl")
    page = dutch.get("/schemes/facts?q=ziek&in=components").text
    assert "<code>sick_months</code>" in page
    assert "<code>unit</code>" not in page
    assert "<code>sick_months</code>" not in dutch.get("/schemes/facts?in=hours").text
    assert "Geen gegeven heeft dat" in dutch.get("/schemes/facts?q=xyz").text
