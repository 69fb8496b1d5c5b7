"""The shop: everything there is to choose, for one employee, with what is left in sight."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template
from werkzeug.wrappers import Response

from ideals.web.actor import current_actor
from ideals.web.guards import guard, signed_in

bp = Blueprint("catalogue_pages", __name__, template_folder="../templates")


@bp.get("/shop")
@guard(signed_in)
def shop() -> str | Response:
    if current_actor().employee_id is None:
        return redirect("/")
    return render_template("shop/catalogue.html")
