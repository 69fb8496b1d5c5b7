"""What can be refused about people and their files."""

from __future__ import annotations

from ideals.kernel.errors import Conflict, NotAllowed, NotFound, RuleBroken
from ideals.kernel.tabular import FileUnusable


class EmployeeUnknown(NotFound):
    code = "employee_unknown"

    def __init__(self, number: str) -> None:
        super().__init__(f"There is no employee with number {number} that you may see")


class UnitUnknown(NotFound):
    code = "unit_unknown"

    def __init__(self, path: str) -> None:
        super().__init__(f"There is no unit {path}; write its path, such as Bank/Retail/Zwolle")


class ImportUnknown(NotFound):
    code = "import_unknown"

    def __init__(self) -> None:
        super().__init__("There is no such import that you may see")


class OnlyHr(NotAllowed):
    code = "only_hr"

    def __init__(self) -> None:
        super().__init__("Only HR may do this; ask somebody with the right hr")


class ImportBusy(Conflict):
    code = "import_busy"

    def __init__(self) -> None:
        super().__init__(
            "Another import, or the planning of a run, is at work; try again in a minute"
        )


class ColumnsWrong(FileUnusable):
    """`data["faults"]`: a text for each column that is missing, unknown or out of place."""

    code = "columns_wrong"

    def __init__(self, faults: list[str]) -> None:
        super().__init__("; ".join(faults), faults=faults)


class ColumnsUnnamed(RuleBroken):
    """`data["faults"]`: of each column or value in question `place`, `fault` and `message`."""

    code = "columns_unnamed"

    def __init__(self, faults: list[dict[str, str]]) -> None:
        super().__init__("Not every column is named yet", faults=faults)


class ImportMovedOn(Conflict):
    code = "import_moved_on"

    def __init__(self, state: str) -> None:
        super().__init__(
            "This file was taken already, or is no longer kept; send it again if it is needed",
            current=state,
        )


class WeekEmpty(RuleBroken):
    code = "week_empty"

    def __init__(self) -> None:
        super().__init__("Choose at least one day of the week", field="days")


class PersonUnknown(RuleBroken):
    """A person named in a form or a body."""

    code = "person_unknown"

    def __init__(self, number: str, *, field: str) -> None:
        super().__init__(
            f"There is no employee with number {number}; use the personnel number",
            field=field,
            value=number,
        )


class PersonNotEmployed(RuleBroken):
    code = "person_not_employed"

    def __init__(self, number: str, *, field: str) -> None:
        super().__init__(
            f"{number} does not work here on that day; choose somebody who does",
            field=field,
            value=number,
        )


class OwnerMovedOn(Conflict):
    """Somebody else changed it since it was read; `version` is what it is now."""

    code = "owner_moved_on"

    def __init__(self, version: int) -> None:
        super().__init__(
            "The owner of this unit was changed meanwhile; look again", version=version
        )
