"""The one blueprint of these pages: of HR for prices, and of HR where a scheme is simulated."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint
from flask_babel import LazyString, lazy_gettext

from ideals.kernel.actor import Role
from ideals.kernel.errors import IdealsError
from ideals.web.errors import register_words, words_for
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
_WHY: Mapping[str, LazyString] = {
    "schemes": lazy_gettext("These price rules are of more than one scheme: simulate them apart."),
    "unclear": lazy_gettext("These price rules cannot hold together: simulate them apart."),
    "scheme": lazy_gettext("This scheme is not in force yet: there is nobody to look at."),
    "early": lazy_gettext("A later version of this scheme is published already."),
    "document": lazy_gettext("Give the document of the scheme."),
}


def refusal(error: IdealsError) -> str:
    """Why something is not simulated, in the reader's language."""
    why = _WHY.get(str(error.data.get("why", "")))
    return words_for(error) if why is None else str(why)


register_words("simulation_ended", lazy_gettext("This simulation is over already."))
