"""Which code a thing goes to payroll under."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from ideals.kernel.month import Month
from ideals.payroll.errors import CodeRefused
from ideals.payroll.states import LineKind, unit_of
from ideals.schemes.rules import Product, ProductKind

LONGEST_CODE = 40
LONGEST_NAME = 100
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,39}")

USUAL_NAMES = {
    LineKind.PAY: "Paid out",
    LineKind.DEDUCTION: "Kept back",
    LineKind.PURCHASE: "Paid from the budget",
    LineKind.HOURS: "Leave, hours",
    LineKind.ADDITION: "Addition to wage",
    LineKind.BONUS: "Performance bonus",
}


class Coded(NamedTuple):
    """`mapped` is false for a code that nobody gave: it says what it stands for."""

    code: str
    name: str
    mapped: bool


@dataclass(frozen=True, slots=True)
class Kept:
    """A code that HR keeps, in force from a month on; an empty `item` is every item of the kind."""

    kind: LineKind
    item: str
    first_month: Month
    code: str
    name: str


def code_of(kind: LineKind, item: str, month: Month, kept: Iterable[Kept]) -> Coded:
    """The code HR gave to exactly this, else to the whole kind, else one made of both names."""
    fitting = [
        each
        for each in kept
        if each.kind is kind and each.item in (item, "") and each.first_month <= month
    ]
    best = max(fitting, key=lambda each: (each.item == item, each.first_month), default=None)
    return usual_code(kind, item) if best is None else Coded(best.code, best.name, mapped=True)


def usual_code(kind: LineKind, item: str) -> Coded:
    return Coded(f"{kind}.{item}", f"{USUAL_NAMES[kind]}: {item}", mapped=False)


def check_code(new: Kept, others: Collection[Kept]) -> None:
    """Raises `CodeRefused`. `others` are the codes in force for other things."""
    if not _CODE.fullmatch(new.code):
        raise CodeRefused(
            f"{new.code!r} is no payroll code; use at most {LONGEST_CODE} letters, digits and"
            " . _ / -, beginning with a letter or digit",
            field="code",
        )
    if not 0 < len(new.name) <= LONGEST_NAME or not new.name.isprintable():
        raise CodeRefused(f"Give the code a name of at most {LONGEST_NAME} signs", field="name")
    clash = next(
        (o for o in others if o.code == new.code and unit_of(o.kind) is not unit_of(new.kind)), None
    )
    if clash is not None:
        raise CodeRefused(
            f"The code {new.code} counts {'hours' if clash.kind is LineKind.HOURS else 'euros'} "
            "already; one code cannot count both",
            field="code",
        )


# --- what needs a code ------------------------------------------------------------------------

Thing = tuple[LineKind, str]
"""A kind and an item."""
ALWAYS: tuple[Thing, ...] = (
    (LineKind.PAY, "left_over"),
    (LineKind.PAY, "rest"),
    (LineKind.DEDUCTION, "debt"),
    (LineKind.BONUS, "performance"),
    (LineKind.BONUS, "target"),
)
"""What every organisation may have, whatever its schemes sell."""
_OUTSIDE = {
    ProductKind.PAY_OUT: (LineKind.PAY,),
    ProductKind.LEAVE: (LineKind.PURCHASE, LineKind.HOURS),
    ProductKind.SELL_LEAVE: (LineKind.HOURS,),
    ProductKind.SAVINGS: (),
    ProductKind.DEVELOPMENT: (),
    ProductKind.KEEP: (),
}
"""What a product becomes for payroll; whatever is not here is bought outside."""


def things_of(product: Product) -> list[Thing]:
    """What orders of this product may become, in the order of the kinds."""
    kinds = list(_OUTSIDE.get(product.kind, (LineKind.PURCHASE,)))
    if product.commitment is not None:
        kinds.append(LineKind.DEDUCTION)
    if product.addition is not None:
        kinds.append(LineKind.ADDITION)
    return [(kind, product.code) for kind in LineKind if kind in kinds]
