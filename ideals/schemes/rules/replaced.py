"""What replaced what: each old right beside the amount that took its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ideals.kernel.month import Month
from ideals.schemes.rules.owed import owed_amounts
from ideals.schemes.rules.person import Person
from ideals.schemes.rules.scheme import Scheme


@dataclass(frozen=True, slots=True)
class Replaced:
    """`old` is the text of the old right by language, `minor` the cents of the month."""

    code: str
    names: Mapping[str, str]
    old: Mapping[str, str]
    minor: int


def replaced(scheme: Scheme, person: Person, month: Month) -> list[Replaced]:
    """The components that say what they replace, in their order, zeros included.

    Raises what `owed_amounts` raises.
    """
    if not any(component.replaces for component in scheme.components):
        return []
    owed = dict(owed_amounts(scheme, person, month))
    return [
        Replaced(component.code, component.names, component.replaces, owed[component.code])
        for component in scheme.components
        if component.replaces
    ]
