"""The notice that a simulation is over."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext

from ideals.notices.queries import Words


def ended(data: Mapping[str, Any], in_language: str) -> Words:
    """To who started it."""
    del in_language  # what is said comes out in it
    number = data["number"]
    if data["state"] == "failed":
        title = gettext("Simulation %(number)s failed", number=number)
        text = gettext("It could not be worked out to the end; its page says why.")
    else:
        title = gettext("Simulation %(number)s is done", number=number)
        text = gettext("You can see whom it touches, and what it costs.")
    return Words(
        title, text, f"/prices/simulations/{data['id']}", gettext("Look at the simulation")
    )
