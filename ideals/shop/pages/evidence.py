"""Evidence for HR: orders that wait for a file or for a look at it; and the files themselves.

Accepting and refusing is an approval like any other: each line leads to its page.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, render_template, request, url_for
from flask_babel import LazyString, lazy_gettext

from ideals.db import unit_of_work
from ideals.kernel import clock
from ideals.kernel.actor import Role
from ideals.kernel.money import Money
from ideals.shop import queries
from ideals.shop.models import Evidence, Order
from ideals.shop.pages.words import gettext, order_title
from ideals.shop.queries import evidence as evidence_queries
from ideals.shop.queries.evidence import EvidenceAsked, EvidenceLine
from ideals.shop.states import Waits
from ideals.web.actor import current_actor
from ideals.web.cursors import Page, page_request, paginate
from ideals.web.export import Row, csv_response, xlsx_response
from ideals.web.guards import guard, role, signed_in
from ideals.web.shell import NavItem, navigation

bp = Blueprint("evidence_pages", __name__, template_folder="../templates")
navigation.register(
    "57-evidence",
    NavItem(lazy_gettext("Evidence"), "evidence_pages.evidence", role(Role.HR), group="monthly"),
)

PAGE = 25
PICTURES = ("image/png", "image/jpeg")
WAITS: dict[Waits, LazyString] = {
    Waits.CHECK: lazy_gettext("to check"),
    Waits.EVIDENCE: lazy_gettext("nothing sent yet"),
}


@bp.get("/evidence")
@guard(role(Role.HR))
def evidence() -> str:
    """The oldest order first."""
    asked = _asked()
    with unit_of_work() as session:
        found = paginate(
            session,
            evidence_queries.evidence_wanted(asked),
            page_request(limit=PAGE),
            Order.number,
        )
        lines = evidence_queries.evidence_lines(session, found.items)
    return render_template(
        "shop/evidence.html",
        page=Page(lines, found.next),
        asked=asked,
        filtered=asked != EvidenceAsked(),
        waits=WAITS,
        files={kind: _list_address(kind) for kind in ("csv", "xlsx")},
        title_of=title_of,
        money_of=Money,
        pictures=PICTURES,
    )


@bp.get("/evidence.<any(csv, xlsx):kind>")
@guard(role(Role.HR))
def evidence_list(kind: str) -> Response:
    """Every line as the list is filtered."""
    header = [
        gettext("Order"),
        gettext("Number"),
        gettext("Name"),
        gettext("What"),
        gettext("Euro"),
        gettext("Month"),
        gettext("Ordered"),
        gettext("State"),
        gettext("Files"),
    ]
    answer = csv_response if kind == "csv" else xlsx_response
    return answer(gettext("evidence"), header, list(_rows(_asked())))


@bp.get("/orders/<uuid:order_id>/evidence/<uuid:evidence_id>")
@guard(signed_in)
def file(order_id: UUID, evidence_id: UUID) -> Response:
    """One file, to keep: a browser that is sent here saves it and opens nothing on our pages. What
    it is was read from its content when it came in."""
    now = clock.now()
    with unit_of_work() as session:
        found = queries.access_evidence(
            session, order_id, evidence_id, actor=current_actor(), now=now
        )
    response = Response(found.content, content_type=found.media_type)
    response.headers.set("Content-Disposition", "attachment", filename=found.file_name)
    return response


def _asked() -> EvidenceAsked:
    """From the address; what cannot be read asks nothing."""
    waits = {each.value: each for each in WAITS}
    return EvidenceAsked(
        search=request.args.get("q", "").strip()[:100],
        waits=waits.get(request.args.get("waits", "")),
    )


def _list_address(kind: str) -> str:
    given: dict[str, Any] = {
        name: request.args[name] for name in ("q", "waits") if request.args.get(name)
    }
    return url_for("evidence_pages.evidence_list", kind=kind, **given)


def _rows(asked: EvidenceAsked) -> Iterator[Row]:
    with unit_of_work() as session:
        wanted = evidence_queries.evidence_wanted(asked).order_by(Order.number)
        for line in evidence_queries.evidence_lines(session, session.execute(wanted).all()):
            yield (
                line.order.number,
                line.whose,
                line.name,
                title_of(line),
                Money(line.order.price_minor),
                line.order.month,
                line.order.ordered_at,
                str(WAITS[Waits.CHECK if line.to_check else Waits.EVIDENCE]),
                len(line.files),
            )


def title_of(line: EvidenceLine) -> str:
    return order_title(line.order, line.product)


def file_address(file: Evidence) -> str:
    return url_for("evidence_pages.file", order_id=file.order_id, evidence_id=file.id)
