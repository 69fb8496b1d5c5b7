"""Pages about people. A package: one module for each group of people and its road.

`people`: HR's list and the page of a person, and a manager's team. `calendar`: who is away when.
`imports`: the files HR sends. `units`: who owns which unit. `weeks`: on which days somebody works.
`words`: what columns, facts and faults are called, in the reader's language.
"""

from ideals.people.pages.calendar import bp as calendar_pages
from ideals.people.pages.imports import bp as import_pages
from ideals.people.pages.people import bp as people_pages
from ideals.people.pages.people import manages
from ideals.people.pages.units import bp as unit_pages
from ideals.people.pages.weeks import bp as week_pages

BLUEPRINTS = (people_pages, calendar_pages, import_pages, unit_pages, week_pages)

__all__ = ["BLUEPRINTS", "manages"]
