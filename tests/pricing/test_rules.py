"""From the list price to the price: rules, bounds, rounding, quantity; and what is kept of it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from ideals.kernel.formula import FixedNames, Part, PartKind
from ideals.kernel.money import Money
from ideals.kernel.month import Month
from ideals.kernel.said import Texts, say
from ideals.pricing import rules
from ideals.pricing.rules import QuotaTerm, Step, Terms
from ideals.pricing.steering import PriceBounds, RuleText, read
from ideals.schemes.rules import Counts, LimitNow, Per, ProductKind, ProductUnit

AMSTERDAM = ZoneInfo("Europe/Amsterdam")


def percent(code: str, order: int, value: str) -> RuleText:
    plain = {
        "code": code,
        "name": {"en": code},
        "says": {"en": code.capitalize()},
        "products": ["leave"],
        "scheme": "simple",
        "from_month": "2026-01",
        "change": {"kind": "percent", "value": value},
        "order": order,
        "combines": True,
    }
    rule = read(plain, FixedNames({}))
    assert isinstance(rule, RuleText), rule
    return rule


QUIET = percent("quiet", 1, "-15")
BUSY = percent("busy", 2, "10")


@pytest.mark.parametrize(
    ("exact", "rules_", "bounds", "minor", "steps"),
    [
        ("20.00", (), PriceBounds(), 2000, []),
        ("19.994", (), PriceBounds(), 1999, [("rounded", 1999)]),
        ("19.995", (), PriceBounds(), 2000, [("rounded", 2000)]),
        ("20.00", (QUIET,), PriceBounds(), 1700, [("quiet", 1700)]),
        ("20.00", (QUIET, BUSY), PriceBounds(), 1870, [("quiet", 1700), ("busy", 1870)]),
        # Between the rules nothing is rounded: 8.54 x 110% would be 9.39.
        ("10.05", (QUIET, BUSY), PriceBounds(), 940,
         [("quiet", 854), ("busy", 940), ("rounded", 940)]),
        ("20.00", (QUIET,), PriceBounds(least=Decimal(18)), 1800,
         [("quiet", 1700), ("at_least", 1800)]),
        ("20.00", (BUSY,), PriceBounds(most=Decimal(21)), 2100,
         [("busy", 2200), ("at_most", 2100)]),
        ("20.00", (), PriceBounds(least=Decimal(18), most=Decimal(21)), 2000, []),
    ],
)  # fmt: skip
def test_each_step_that_did_something_is_told_in_its_order(
    exact: str,
    rules_: tuple[RuleText, ...],
    bounds: PriceBounds,
    minor: int,
    steps: list[tuple[str, int]],
) -> None:
    found, told = rules.adjusted(Decimal(exact), rules_, bounds)
    assert found == minor
    assert [(step.code, step.amount_minor) for step in told] == steps
    # The last step is the price.
    assert not told or told[-1].amount_minor == minor


def test_a_step_is_kept_with_its_words_values_and_parts() -> None:
    step = Step(
        "list_price",
        say(
            "%(says)s: %(quantity)s for %(price)s in %(month)s by facts of %(day)s of %(who)s",
            says=Texts.of({"en": "Quiet", "nl": "Rustig"}),
            quantity=Decimal("7.50"),
            price=Money(-1),
            month=Month(2026, 3),
            day=date(2026, 1, 1),
            who="Anna",
        ),
        2000,
        (
            Part(PartKind.FACT, "salary", Decimal("3000.00")),
            Part(PartKind.CHOICE, "age >= 21", True, "2"),
            Part(PartKind.FACT, "scale", "8"),
        ),
    )
    again = Step.of(step.to_json())
    assert again == step
    assert (again.text.template, again.text.values) == (step.text.template, step.text.values)
    says = again.text.values["says"]
    assert isinstance(says, Texts)
    assert (says, says.read_in("nl"), says.read_in("de")) == ("Quiet", "Rustig", "Quiet")


def test_terms_are_kept_whole() -> None:
    terms = Terms(
        kind=ProductKind.LEAVE,
        unit=ProductUnit.HOUR,
        tax="exempt",
        paid_from="budget",
        approval="manager",
        evidence=True,
        cancellation="never",
        last_day=date(2026, 3, 15),
        step=Decimal("0.5"),
        minimum=Decimal(1),
        maximum=Decimal("40.5"),
        limits=(
            LimitNow(Per.YEAR, Counts.QUANTITY, Month(2026, 1), Month(2026, 12), Decimal(187), 3),
            LimitNow(Per.YEARS, Counts.EURO, Month(2024, 1), Month(2026, 12), 300000, None),
            LimitNow(Per.MONTH, Counts.QUANTITY, Month(2026, 3), Month(2026, 3), None, 1),
        ),
        quota=QuotaTerm(Month(2026, 1), Month(2026, 12), Decimal(50)),
        back=True,
        sells_bought=True,
        commitment={"months": 24, "divided": True, "early_end": False, "leaving": "end"},
        stated_minor=50000,
    )
    assert Terms.of(terms.to_json()) == terms
    bare = Terms(
        ProductKind.PAY_OUT, ProductUnit.EURO, "taxed", "budget", "none", False, "never",
        date(2026, 3, 15), Decimal("0.01"), Decimal("0.01"), None,
    )  # fmt: skip
    assert Terms.of(bare.to_json()) == bare


@pytest.mark.parametrize(
    ("now", "last_day", "expires"),
    [
        ("2026-03-10T09:00:00+00:00", date(2026, 3, 15), "2026-03-10T09:15:00+00:00"),
        # The last day ends at midnight in Amsterdam, an hour or two before the server's.
        ("2026-03-15T22:50:00+00:00", date(2026, 3, 15), "2026-03-15T23:00:00+00:00"),
        ("2026-06-15T21:50:00+00:00", date(2026, 6, 15), "2026-06-15T22:00:00+00:00"),
        # The last Sunday of March has 23 hours.
        ("2026-03-29T21:55:00+00:00", date(2026, 3, 29), "2026-03-29T22:00:00+00:00"),
        ("2026-12-31T22:59:00+00:00", date(2026, 12, 31), "2026-12-31T23:00:00+00:00"),
    ],
)
def test_a_quote_holds_a_quarter_of_an_hour_and_no_longer_than_its_month(
    now: str, last_day: date, expires: str
) -> None:
    found = rules.expires_at(datetime.fromisoformat(now), last_day, AMSTERDAM)
    assert found.astimezone(UTC) == datetime.fromisoformat(expires)
