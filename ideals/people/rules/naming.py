"""Files whose columns have other names than ours: guesses, and what somebody says they are."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, Self

from ideals.kernel.tabular import CellWrong, Row, Table
from ideals.people.errors import ColumnsUnnamed, ColumnsWrong
from ideals.people.rules import ALLOWANCE, CODE, LAYOUTS, check_header, is_allowance, sort_key
from ideals.people.states import Kind


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column of a file is which of ours.

    `names`: the file's header to our name, `None` to leave the column out. `fixed`: our name to
    the one value that every row gets, for what the file does not say.
    """

    names: Mapping[str, str | None]
    fixed: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> Self:
        return cls(stored["names"], stored["fixed"])

    def stored(self) -> dict[str, Any]:
        return {"names": dict(self.names), "fixed": dict(self.fixed)}

    def to_remember(self) -> Columns:
        """Without the values that are another one in the next file."""
        kept = {name: value for name, value in self.fixed.items() if name not in OF_ONE_FILE}
        return Columns(self.names, kept)


OF_ONE_FILE = ("hired_on", "valid_from", "month", "date")
"""A day or month that was the same for every row of one file is not that of the next."""
MAY_BE_FIXED = {
    Kind.PEOPLE: ("unit", "scheme", "valid_from", "hired_on", "part_time_factor"),
    Kind.PAY: ("month", "code"),
    Kind.LEAVE: ("date", "kind"),
}
"""What can be the same for every row; never a number, a name or an amount."""
_NUMBER_CALLED = (
    "personeelsnummer personeelsnr persnr pernr medewerkernummer medewerkersnummer "
    "medewerkernr werknemersnummer werknemernummer werknemernr stamnummer nummer nr "
    "employeenumber employeeno employeeid personnelnumber personnelno staffnumber staffid"
)
_ALSO_CALLED: Mapping[Kind, Mapping[str, str]] = {
    Kind.PEOPLE: {
        "number": f"{_NUMBER_CALLED} id",
        "name": "naam volledigenaam weergavenaam medewerker werknemer naammedewerker "
        "fullname displayname employee employeename",
        "hired_on": "indienst datumindienst indienstsinds indienstvanaf datumindiensttreding "
        "indiensttreding indienstdatum startdatum startdatumdienstverband "
        "hiredate datehired dateofhire hired startdate employmentstart",
        "unit": "afdeling organisatieeenheid orgeenheid eenheid team vestiging "
        "department orgunit organisationalunit organizationalunit division",
        "scheme": "regeling cao arbeidsvoorwaarden benefitscheme schemecode",
        "valid_from": "geldigvanaf ingangsdatum ingaande ingaandeper vanaf perdatum mutatiedatum "
        "datumingang begindatum effectivedate effectivefrom from asof",
        "full_time_salary": "salaris brutosalaris brutomaandsalaris maandsalaris "
        "fulltimesalaris voltijdsalaris salarisvoltijd salarisfulltime basissalaris schaalsalaris "
        "salary grosssalary monthlysalary basesalary ftsalary",
        "part_time_factor": "parttimefactor deeltijdfactor deeltijdpercentage parttimepercentage "
        "dienstverbandpercentage parttime deeltijd fte factor employmentpercentage",
        "email": "emailadres mail mailadres werkmail emailaddress workemail",
        "birth_date": "geboortedatum gebdatum geboren dateofbirth dob birthday",
        "gender": "geslacht sex mv mvx",
        "leaves_on": "uitdienst datumuitdienst uitdienstdatum uitdienstper einddatum "
        "laatstewerkdag leavedate enddate terminationdate lastday lastworkingday",
        "manager_number": "leidinggevende nummerleidinggevende leidinggevendenummer "
        "personeelsnummerleidinggevende leidinggevendenr manager managerid managerno supervisor "
        "reportsto",
        "weekly_hours": "uren urenperweek contracturen weekuren urenweek hours hoursperweek "
        "contracthours",
        "scale": "schaal salarisschaal loonschaal functieschaal payscale grade paygrade",
        "sick_from": "ziekvanaf ziekmelding eersteziektedag datumziek sicksince firstdaysick",
        "unpaid_from": "onbetaaldverlofvanaf onbetaaldvanaf unpaidleavefrom",
        "unpaid_until": "onbetaaldverloftot onbetaaldtot onbetaaldtotenmet onbetaaldverloftm "
        "unpaidleaveuntil",
    },
    Kind.PAY: {
        "number": f"{_NUMBER_CALLED} id",
        "month": "maand periode loonperiode period payperiod",
        "code": "looncode looncomponent component soort looncodeelement payelement wagetype",
        "amount": "bedrag waarde bruto brutobedrag value gross sum",
    },
    Kind.LEAVE: {
        "number": _NUMBER_CALLED,
        "date": "datum dag verlofdatum opnamedatum begindatum day leavedate startdate",
        "minutes": "minuten aantalminuten duur mins duration",
        "kind": "soort status verlofstatus leavestatus state",
        "id": "verlofid verlofnummer boekingsnummer aanvraagnummer mutatienummer kenmerk "
        "leaveid bookingid requestid reference",
    },
}
"""What other systems call our columns, in Dutch and English, folded by `_folded`."""
_ALLOWANCES = ("toeslag", "toelage", "allowance")


def names_of(kind: Kind) -> tuple[str, ...]:
    return LAYOUTS[kind].names


def required_of(kind: Kind) -> tuple[str, ...]:
    return LAYOUTS[kind].required


def are_ours(kind: Kind, header: Collection[str]) -> bool:
    """Whether a file with this header can be read as it is."""
    try:
        check_header(kind, header)
    except ColumnsWrong:
        return False
    return True


def headers_digest(header: Iterable[str]) -> str:
    """Stands for the set of a file's headers, in whatever order."""
    return hashlib.sha256("\x1f".join(sorted(header)).encode()).hexdigest()


def guessed(kind: Kind, header: Sequence[str]) -> Columns:
    """What each column most likely is: by our name, another's name for it, or the nearest of all.

    Nothing of ours is guessed twice; what nothing is near to is left out.
    """
    ours = {_folded(name): name for name in names_of(kind)}
    others = {other: name for name, also in _ALSO_CALLED[kind].items() for other in also.split()}
    names: dict[str, str | None] = dict.fromkeys(header)
    for look, known in ((_same, ours), (_same, others), (_near, others | ours)):
        for name in header:
            meant = look(_folded(name), known)
            if names[name] is None and meant is not None and meant not in names.values():
                names[name] = meant
    if LAYOUTS[kind].allowances:
        for name in header:
            allowance = allowance_of(name) if _folded(name).startswith(_ALLOWANCES) else None
            if names[name] is None and allowance not in names.values():
                names[name] = allowance
    return Columns(names)


def _same(name: str, known: Mapping[str, str]) -> str | None:
    return known.get(name)


def _near(name: str, known: Mapping[str, str]) -> str | None:
    found = get_close_matches(name, known, n=1, cutoff=0.84)
    return known[found[0]] if found else None


def _folded(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", sort_key(name))


def allowance_of(name: str) -> str | None:
    """Our name of a column as an allowance: `Toeslag Persoonlijk` is `allowance.persoonlijk`."""
    if is_allowance(name):
        return name
    words = re.findall(r"[a-z0-9]+", sort_key(name))
    code = "_".join(words[1:] if len(words) > 1 and words[0] in _ALLOWANCES else words)[:40]
    return f"{ALLOWANCE}{code}" if CODE.fullmatch(code) else None


def check_columns(kind: Kind, header: Sequence[str], columns: Columns) -> None:
    """Raises `ColumnsUnnamed` with every column that is named twice and every name that is missing.

    Each fault has a `place`: a header of the file, or a name of ours.
    """
    faults: list[dict[str, str]] = []
    taken: dict[str, str] = {}
    for name in header:
        ours = columns.names.get(name)
        if ours is None:
            continue
        if not LAYOUTS[kind].has(ours):
            faults.append({"place": name, "fault": "unknown", "message": ours})
        elif ours in taken:
            faults.append({"place": name, "fault": "twice", "message": taken[ours]})
        taken.setdefault(ours, name)
    for ours in required_of(kind):
        if ours not in taken and ours not in columns.fixed:
            faults.append({"place": ours, "fault": "missing", "message": ours})
    if "unpaid_until" in taken and "unpaid_from" not in taken:
        faults.append({"place": taken["unpaid_until"], "fault": "alone", "message": "unpaid_from"})
    for ours, value in columns.fixed.items():
        faults.extend(_fixed_faults(kind, ours, value, taken))
    if faults:
        raise ColumnsUnnamed(faults)


def is_complete(kind: Kind, header: Sequence[str], columns: Columns) -> bool:
    try:
        check_columns(kind, header, columns)
    except ColumnsUnnamed:
        return False
    return True


def _fixed_faults(
    kind: Kind, ours: str, value: str, taken: Mapping[str, str]
) -> Iterable[dict[str, str]]:
    if ours in taken:
        yield {"place": ours, "fault": "twice", "message": taken[ours]}
    elif ours not in MAY_BE_FIXED[kind]:
        yield {"place": ours, "fault": "missing", "message": ours}
    else:
        try:
            LAYOUTS[kind].parsers[ours](value)
        except CellWrong as error:
            yield {"place": ours, "fault": "value", "message": error.message}


def renamed(table: Table, columns: Columns | None) -> Table:
    """The table under our names: columns left out are gone, fixed values stand at the end."""
    if columns is None:
        return table
    kept = [
        (at, columns.names[name]) for at, name in enumerate(table.header) if columns.names.get(name)
    ]
    header = (*(str(ours) for _, ours in kept), *columns.fixed)
    values = tuple(columns.fixed.values())
    places = [at for at, _ in kept]
    rows = (
        Row(row.number, (*(row.cells[at] for at in places), *values), row.beyond)
        for row in table.rows
    )
    return Table(header, rows)
