"""The one blueprint of these pages: of HR for prices, and of HR where a scheme is simulated."""

from __future__ import annotations

from flask import Blueprint
from flask_babel import lazy_gettext

from ideals.kernel.actor import Role
from ideals.web.errors import register_words
from ideals.web.guards import role

bp = Blueprint("simulation_pages", __name__, template_folder="../../templates")
only_prices = role(Role.HR_PRICES)
only_hr = role(Role.HR)
either = role(Role.HR_PRICES, Role.HR)
"""Which of the two it takes is told by what was simulated."""

register_words("simulation_unknown", lazy_gettext("There is no such simulation."))
register_words(
    "simulations_not_yours",
    lazy_gettext("This simulation is for other people of HR to see."),
)
register_words(
    "nothing_to_simulate",
    lazy_gettext("There is nothing to simulate: choose a price rule that still counts."),
)
register_words("simulation_ended", lazy_gettext("This simulation is over already."))
