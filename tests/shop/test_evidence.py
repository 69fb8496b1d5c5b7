"""Files that show what was bought."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from ideals.approvals.queries import of_subject
from ideals.approvals.states import Decision
from ideals.kernel.actor import Actor
from ideals.shop import commands, queries
from ideals.shop.errors import EvidenceNotAsked, EvidenceUnknown, EvidenceUnusable
from ideals.shop.models import Evidence, Order
from ideals.shop.states import OrderState
from tests.approvals.conftest import step_of
from tests.shop.conftest import NOW, PDF, Shop, balance, proved, stored
from tests.shop.test_ending import decision


def upload(session: Session, shop: Shop, order: Order, content: bytes = PDF) -> Evidence:
    cmd = commands.UploadEvidence(order.id, content)
    return commands.upload_evidence(session, cmd, actor=shop.anna, now=NOW)


def test_what_is_uploaded_goes_to_hr_and_then_the_order_is_done(
    session: Session, shop: Shop
) -> None:
    order = shop.order(session, "dues", "10")
    assert stored(session, order).waits_for == ["evidence"]
    evidence = upload(session, shop, order)
    assert evidence.file_name == f"evidence-{order.number}-1.pdf"
    assert stored(session, order).waits_for == ["check"]
    (look,) = of_subject(session, order.source)
    assert (look.kind, step_of(session, look).role) == ("evidence", "hr")
    decision(session, order, shop.dina, kind="evidence")
    assert stored(session, order).state == OrderState.POSTED
    assert session.scalars(select(Evidence.checked_at)).all() == [NOW]
    assert proved(session)


def test_a_second_file_joins_the_first_and_asks_nobody_again(session: Session, shop: Shop) -> None:
    order = shop.order(session, "dues", "10", evidence=(PDF,))
    second = upload(session, shop, order, PDF + b"\n")
    assert second.file_name == f"evidence-{order.number}-2.pdf"
    assert len(of_subject(session, order.source)) == 1


def test_the_same_file_again_is_the_same_evidence(session: Session, shop: Shop) -> None:
    order = shop.order(session, "dues", "10")
    assert upload(session, shop, order).id == upload(session, shop, order).id


def test_an_order_takes_five_files(session: Session, shop: Shop) -> None:
    order = shop.order(session, "dues", "10")
    for number in range(5):
        upload(session, shop, order, PDF + b"\n" * number)
    with pytest.raises(EvidenceUnusable) as refused:
        upload(session, shop, order, PDF + b"\n" * 9)
    assert refused.value.data["why"] == "too_many"


def test_an_order_that_does_not_wait_for_it_takes_none(session: Session, shop: Shop) -> None:
    for order in (shop.order(session, "cash", "10"), shop.order(session, "leave_asked", "1")):
        with pytest.raises(EvidenceNotAsked):
            upload(session, shop, order)
    refused = shop.order(session, "dues", "10", evidence=(PDF,))
    decision(session, refused, shop.dina, Decision.REFUSE, "No", kind="evidence")
    with pytest.raises(EvidenceNotAsked):
        upload(session, shop, refused)


def test_a_file_that_is_refused_orders_nothing(session: Session, shop: Shop) -> None:
    quote = shop.quote(session, "dues", "10")
    with pytest.raises(EvidenceUnusable), session.begin_nested():
        shop.place(session, quote, evidence=(b"<svg/>",))
    assert balance(session, shop.anna) == (100000, 0)
    assert shop.place(session, quote, evidence=(PDF,)).state == OrderState.HELD
    assert proved(session)


def test_only_its_owner_and_hr_see_a_file(session: Session, shop: Shop) -> None:
    order = shop.order(session, "bicycle", price_minor=5000, evidence=(PDF,))
    session.flush()
    evidence = queries.evidence_of(session, order)[0]

    def read(actor: Actor) -> bytes:
        found = queries.access_evidence(session, order.id, evidence.id, actor=actor, now=NOW)
        return found.content

    assert read(shop.anna) == read(shop.dina) == PDF
    for actor in (shop.egor, shop.boris, Actor("nobody")):
        with pytest.raises(EvidenceUnknown):
            read(actor)
