"""What somebody puts forward, read: an offer with all that is kept of it, or every fault."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from ideals.deals.errors import OfferRefused, TextWrong
from ideals.deals.rules.offers import OfferText, checked, cost, digest, plain_of_offer
from ideals.deals.rules.texts import cleaned, far_too_long, too_long, wrong_with
from ideals.deals.rules.values import Fault
from ideals.kernel.money import Money
from ideals.kernel.said import say as _

LONGEST_SUBJECT = 200
LONGEST_MESSAGE = 10_000
LONGEST_REASON = 5_000


@dataclass(frozen=True, slots=True)
class ReadOffer:
    """`plain`: the offer in its one form, as it is kept; `digest` is of that."""

    offer: OfferText
    plain: dict[str, Any]
    digest: str
    kinds: tuple[str, ...]
    cost: Money


def read_offer(
    plain: Mapping[str, Any], today: date, *, begins_from: date | None = None
) -> ReadOffer:
    """Raises `OfferRefused` with every fault."""
    offer = checked(plain, today, begins_from=begins_from)
    if not isinstance(offer, OfferText):
        raise refused(offer)
    kinds = tuple(dict.fromkeys(term.kind.value for term in offer.terms))
    return ReadOffer(offer, plain_of_offer(offer), digest(offer), kinds, cost(offer))


def refused(faults: list[Fault]) -> OfferRefused:
    told = [{k: str(v) for k, v in asdict(fault).items()} for fault in faults]
    return OfferRefused(told, faults)


# Texts beside offers --------------------------------------------------------------------------


def read_text(text: str, field: str, longest: int, *, lines: bool = True) -> str:
    """In one form, and something in it. Raises `TextWrong`."""
    if far_too_long(text, longest):
        raise TextWrong(field, *too_long(len(text), longest))
    made = cleaned(text)
    if not made:
        raise TextWrong(field, _("nothing"), _("write a few words"))
    if wrong := wrong_with(made, longest, lines=lines):
        raise TextWrong(field, *wrong)
    return made
