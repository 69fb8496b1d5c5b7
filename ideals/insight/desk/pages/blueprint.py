"""The one blueprint of these pages, and their line of the navigation."""

from __future__ import annotations

from flask import Blueprint
from flask_babel import lazy_gettext

from ideals.kernel.actor import Role
from ideals.web.guards import role
from ideals.web.shell import NavItem, navigation

bp = Blueprint("desk_pages", __name__, template_folder="../../templates")
only_hr = role(Role.HR)
navigation.register("49-desk", NavItem(lazy_gettext("Desk"), "desk_pages.desk", only_hr))
