"""Pages about people. A package: one module for each group of people and its road.

`people`: HR's list and the page of a person, and a manager's team. `calendar`: who is away when.
`imports`: the files HR sends.
`words`: what columns, facts and faults are called, in the reader's language.
"""

from ideals.people.pages.calendar import bp as calendar_pages
from ideals.people.pages.imports import bp as import_pages
from ideals.people.pages.people import bp as people_pages
from ideals.people.pages.people import manages

BLUEPRINTS = (people_pages, calendar_pages, import_pages)

__all__ = ["BLUEPRINTS", "manages"]
