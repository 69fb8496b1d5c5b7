"""The one blueprint of these pages, and their line of the navigation."""

from __future__ import annotations

from flask import Blueprint
from flask_babel import lazy_gettext

from ideals.kernel.actor import Role
from ideals.web.errors import register_words
from ideals.web.guards import role
from ideals.web.shell import NavItem, navigation

bp = Blueprint("schemes_pages", __name__, url_prefix="/schemes", template_folder="../templates")
only_hr = role(Role.HR)

navigation.register(
    "60-schemes",
    NavItem(lazy_gettext("Schemes"), "schemes_pages.schemes", needs=only_hr, group="rules"),
)
register_words(
    "scheme_version_published",
    lazy_gettext(
        "Version %(version)s of %(scheme)s is published already, with another text. A published "
        "version is never changed: give the document a later month in the key version."
    ),
)
register_words(
    "scheme_version_too_early",
    lazy_gettext(
        "Version %(version)s of %(scheme)s comes before the last one published, %(latest)s. "
        "Give the document a later month in the key version."
    ),
)
register_words("may_not_publish_schemes", lazy_gettext("Only HR can publish a scheme."))
