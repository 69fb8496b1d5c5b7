"""What is wrong with a file or a cell, in the reader's language.

A report is stored in English, by whoever read the file, and read later by somebody in another
language: so each sentence is known here with its blanks, found again, and said in that language.
"""

from __future__ import annotations

import re
from functools import cache

from flask_babel import gettext

from ideals.people.pages import words


def _(text: str) -> str:
    """Only marks a text for the translators; it is translated when it is shown."""
    return text


SENTENCES = (
    # Of a file
    _("The file has %(size)s MB; at most %(most)s MB are read. Send it in parts"),
    _(
        "The file is an old Excel workbook (.xls) or has a password; "
        "save it as .xlsx without a password, or as CSV"
    ),
    _("The file is empty; its first row must hold the names of the columns"),
    _("The file has %(count)s columns; at most %(most)s are read"),
    _("Column %(place)s has no name; name it in the first row or remove it"),
    _("Column %(name)s is there twice; keep one of them"),
    _("The file has over %(most)s rows; send it in parts"),
    _(
        "The file is no spreadsheet: neither an XLSX workbook nor text in UTF-8 or Windows-1252. "
        "Save it as XLSX, or as CSV UTF-8"
    ),
    _(
        "Row %(row)s cannot be split into cells (%(reason)s); "
        "look for a quotation mark that is never closed"
    ),
    _(
        "The file begins as an XLSX workbook but is damaged or is something else; "
        "open it in your spreadsheet program and save it as .xlsx again, or as CSV"
    ),
    _(
        "The workbook unpacks to %(size)s MB; at most %(most)s MB are read. "
        "Send it in parts, or as CSV"
    ),
    _("The file has the names of columns but no rows below them"),
    _("Nobody said within a day which column is which; send the file again"),
    # Of a cell
    _("The cell holds a formula; copy the column, paste it as values, and save the file again"),
    _("The cell shows the error %(error)s; put the value there"),
    _("The cell holds a time of day; give the day alone"),
    _("The cell holds a time of day, which no column asks for"),
    _("The text has %(count)s characters; at most %(most)s fit"),
    _("The text holds a line break or another control character; remove it"),
    _("%(value)s is not a number; write it such as 3300.50 or 3300,50"),
    _(
        "%(value)s may mean %(whole)s or %(point)s; "
        "if it is the first, write %(plain)s or %(cents)s"
    ),
    _("%(value)s is finer than a cent; give euros with two decimals"),
    _("%(value)s is too large to be an amount of euros"),
    _("%(value)s is not a date; write day-month-year (15-03-2026) or 2026-03-15"),
    _("%(value)s is not a month; write it as 2026-03 or 03-2026"),
    # Of a value
    _("%(column)s is empty; every row needs it"),
    _("There is a value to the right of the last named column; remove it"),
    _("Nobody is their own manager; give the number of somebody else or leave it empty"),
    _("valid_from is before hired_on (%(day)s); it can be that day at the earliest"),
    _("leaves_on, the last day employed, is before hired_on (%(day)s)"),
    _("leaves_on, known from before, is before hired_on; give leaves_on in the file"),
    _("unpaid_until needs the first day too, in unpaid_from"),
    _("unpaid_until, the last unpaid day, is before unpaid_from (%(day)s)"),
    _(
        "That makes %(age)s years of age on the day of hiring; "
        "between %(youngest)s and %(oldest)s is expected"
    ),
    _("There is no scheme %(scheme)s; did you mean %(meant)s?"),
    _("There is no scheme %(scheme)s; known are %(known)s"),
    _(
        "%(hours)s hours contradict a part_time_factor of %(factor)s: of the %(full)s hours of "
        "scheme %(scheme)s that is %(expected)s; correct one of them"
    ),
    _(
        "%(value)s is not a personnel number: letters, digits, point, hyphen and underscore, "
        "at most 40, beginning with a letter or digit"
    ),
    _("%(value)s is not an e-mail address; write it such as anna@example.nl"),
    _(
        "A unit is written as a path from the top, such as Bank/Retail/Zwolle: "
        "1 to %(deepest)s names parted by a slash, none empty"
    ),
    _(
        "%(value)s is not the code of a scheme; "
        "write small letters, digits and underscores, like %(like)s"
    ),
    _(
        "%(value)s is not the code of a pay element; "
        "write small letters, digits and underscores, like %(like)s"
    ),
    _("%(day)s is outside %(earliest)s to %(latest)s; look at the year"),
    _("A full-time salary cannot be below zero"),
    _("That is over a million euros a month; give the monthly salary at full time in euros"),
    _(
        "%(value)s is not a part-time factor, which is above 0 and at most 1.5; "
        "write 0.6 (or 60%) for three days of five"
    ),
    _("%(value)s is not a number of hours a week; it is above 0 and at most %(most)s"),
    _("%(value)s is not known here; write female, male or other (f, v, m, x)"),
    _("%(value)s is finer than a minute; give whole minutes"),
    _(
        "%(value)s is not a number of minutes of leave, which is 0 to %(most)s; "
        "0 takes the leave away"
    ),
    _("%(value)s is not known here; write planned or taken"),
    # Between rows
    _("Rows %(rows)s say different things about number %(number)s from this day; keep one of them"),
    _(
        "A row of this employment from %(day)s is known that goes on after this day; "
        "send that row too, with its leaves_on"
    ),
    _(
        "There is no employee %(number)s, known or in this file; "
        "add a row for the manager or correct the number"
    ),
    _("The manager's own row %(row)s is wrong; correct that one first"),
    _("This e-mail address belongs to number %(number)s as well; each person needs their own"),
    _("Managers go in a circle (%(numbers)s); correct one of them"),
    _("There is no employee %(number)s; import the people file first or correct the number"),
    _(
        "Rows %(rows)s all give %(code)s of this month for number %(number)s; "
        "give one row with the whole amount"
    ),
    _(
        "This id is known as leave of number %(number)s; an id stays with one person. "
        "Give it another id, and send that one with 0 minutes if it was a mistake"
    ),
    _("Rows %(rows)s have the same id and say different things; keep the one that is right"),
    _("repeats row %(row)s"),
    _(
        "The hours agreed from %(day)s count (a part_time_factor of %(agreed)s), not those of this "
        "row (%(factor)s), until the agreement ends"
    ),
)
_BLANK = re.compile(r"%\((\w+)\)s")


def fault(message: str) -> str:
    """A stored sentence in the reader's language; one that nobody knows as it is."""
    for pattern, sentence in _patterns():
        found = pattern.fullmatch(message)
        if found is not None:
            return _filled(gettext(sentence), found.groupdict())
    return message


def _filled(sentence: str, values: dict[str, str]) -> str:
    if "column" in values:
        values["column"] = words.column(values["column"])
    return _BLANK.sub(lambda blank: values[blank[1]], sentence)


@cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    return [(_pattern(sentence), sentence) for sentence in SENTENCES]


def _pattern(sentence: str) -> re.Pattern[str]:
    parts = _BLANK.split(sentence)  # text, name, text, name, ..., text
    texts = [re.escape(text) for text in parts[::2]]
    blanks = [f"(?P<{name}>.+?)" for name in parts[1::2]]
    woven = [piece for pair in zip(texts, [*blanks, ""], strict=True) for piece in pair]
    return re.compile("".join(woven), re.DOTALL)
