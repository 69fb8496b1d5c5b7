"""What an order that takes a price has to keep to, as it is kept and read again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from ideals.kernel.month import Month
from ideals.schemes.rules import (
    Commitment,
    Counts,
    LimitNow,
    PaidFrom,
    Per,
    Person,
    Product,
    ProductKind,
    ProductUnit,
    Scheme,
    last_day,
    limits_of,
    order_bounds,
    quota_months,
)


@dataclass(frozen=True, slots=True)
class QuotaTerm:
    """Units for everybody together, in orders for these months."""

    first_month: Month
    last_month: Month
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Terms:
    """The rules of a product as they were for this employee when the quote was made.

    `kind` is what the order does: leave that is sold `back` is `sell_leave`. `evidence`: something
    must be uploaded. `last_day`: the deadline of the month. `step`: the least difference between
    two quantities; `maximum` `None`: no bound of its own. `sells_...`: which leave may be sold.
    """

    kind: ProductKind
    unit: ProductUnit
    tax: str
    paid_from: str
    approval: str
    evidence: bool
    cancellation: str
    last_day: date
    step: Decimal
    minimum: Decimal
    maximum: Decimal | None
    limits: tuple[LimitNow, ...] = ()
    quota: QuotaTerm | None = None
    back: bool = False
    sells_granted: bool = False
    sells_bought: bool = False
    commitment: Mapping[str, Any] | None = None
    stated_minor: int | None = None

    def to_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind.value,
            "unit": self.unit.value,
            "tax": self.tax,
            "paid_from": self.paid_from,
            "approval": self.approval,
            "evidence": self.evidence,
            "cancellation": self.cancellation,
            "last_day": self.last_day.isoformat(),
            "step": str(self.step),
            "minimum": str(self.minimum),
            "maximum": None if self.maximum is None else str(self.maximum),
            "limits": [_limit_to_json(limit) for limit in self.limits],
            "quota": None if self.quota is None else _quota_to_json(self.quota),
            "sells": [self.back, self.sells_granted, self.sells_bought],
            "commitment": self.commitment,
            "stated": self.stated_minor,
        }

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> Terms:
        """From the stored form."""
        quota, most = kept["quota"], kept["maximum"]
        back, granted, bought = kept["sells"]
        return cls(
            kind=ProductKind(kept["kind"]),
            unit=ProductUnit(kept["unit"]),
            tax=kept["tax"],
            paid_from=kept["paid_from"],
            approval=kept["approval"],
            evidence=kept["evidence"],
            cancellation=kept["cancellation"],
            last_day=date.fromisoformat(kept["last_day"]),
            step=Decimal(kept["step"]),
            minimum=Decimal(kept["minimum"]),
            maximum=None if most is None else Decimal(most),
            limits=tuple(_limit_of_json(limit) for limit in kept["limits"]),
            quota=None if quota is None else _quota_of_json(quota),
            back=back,
            sells_granted=granted,
            sells_bought=bought,
            commitment=kept["commitment"],
            stated_minor=kept["stated"],
        )


def _quota_to_json(quota: QuotaTerm) -> list[Any]:
    return [quota.first_month.number, quota.last_month.number, str(quota.amount)]


def _quota_of_json(kept: Sequence[Any]) -> QuotaTerm:
    first, last, amount = kept
    return QuotaTerm(Month.from_number(first), Month.from_number(last), Decimal(amount))


def _limit_to_json(limit: LimitNow) -> list[Any]:
    return [
        limit.per.value,
        limit.counts.value,
        limit.first_month.number,
        limit.last_month.number,
        None if limit.amount is None else str(limit.amount),
        limit.times,
    ]


def _limit_of_json(kept: Sequence[Any]) -> LimitNow:
    per, counts, first, last, amount, times = kept
    read = int if Counts(counts) is Counts.EURO else Decimal
    return LimitNow(
        Per(per),
        Counts(counts),
        Month.from_number(first),
        Month.from_number(last),
        None if amount is None else read(amount),
        times,
    )


def commitment_to_json(commitment: Commitment | None) -> dict[str, Any] | None:
    if commitment is None:
        return None
    return {
        "months": commitment.months,
        "divided": commitment.divided,
        "early_end": commitment.early_end,
        "leaving": commitment.leaving.value,
    }


def terms_of(
    scheme: Scheme,
    product: Product,
    person: Person,
    month: Month,
    day: date,
    *,
    selling: bool,
    stated_minor: int | None = None,
) -> Terms:
    """Limits and quotas are of what is bought: leave that is sold back has none."""
    bounds = order_bounds(scheme, product, person, month, day)
    quota = None
    if product.quota is not None and not selling:
        quota = QuotaTerm(*quota_months(product.quota, month), product.quota.amount)
    return Terms(
        kind=ProductKind.SELL_LEAVE if selling else product.kind,
        unit=product.unit,
        tax=product.tax.value,
        paid_from=(PaidFrom.BUDGET if selling else product.paid_from).value,
        approval=product.approval.value,
        evidence=bool(product.evidence),
        cancellation=product.cancellation.value,
        last_day=last_day(scheme, product, month),
        step=product.step,
        minimum=bounds.minimum,
        maximum=bounds.maximum,
        limits=() if selling else limits_of(scheme, product, person, month, day),
        quota=quota,
        back=selling,
        sells_granted=product.sells_granted,
        sells_bought=product.sells_bought,
        commitment=commitment_to_json(product.commitment),
        stated_minor=stated_minor,
    )
