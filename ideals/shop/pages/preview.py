"""The shop as one employee sees it, for HR to look at and not to touch.

Whoever looks sees somebody's prices, and so something of their pay: it is written down.
"""

from __future__ import annotations

from flask import Blueprint, render_template, request

from ideals.config import Settings
from ideals.db import unit_of_work
from ideals.kernel import clock
from ideals.kernel.actor import Role
from ideals.people import queries as people_queries
from ideals.people.queries import Asked, Presence
from ideals.web.actor import current_actor
from ideals.web.cursors import page_request, paginate
from ideals.web.guards import guard, role

bp = Blueprint("preview_pages", __name__, template_folder="../templates")

PAGE = 25


@bp.get("/products/preview")
@guard(role(Role.HR))
def people() -> str:
    """Whose shop? Found as on the list of people, among those who are employed."""
    search = request.args.get("q", "").strip()[:100]
    scheme = request.args.get("scheme", "")[:40]
    today = clock.now().astimezone(Settings.read().zone).date()
    asked = Asked(search=search, scheme=scheme, presence=Presence.EMPLOYED)
    with unit_of_work() as session:
        listing = people_queries.people_listing(asked, actor=current_actor(), on=today)
        page = paginate(session, listing.statement, page_request(limit=PAGE), *listing.keys)
    return render_template(
        "shop/preview_people.html",
        page=page,
        search=search,
        scheme=scheme,
        product=request.args.get("product", "")[:40],
    )
