"""Whatever scheme, whatever people choose, whoever leaves: months close, the books prove, payroll
has exactly what the ledger has, and who has left has nothing left."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from ideals.budgets.commands.leave import PostLeaveTaken, post_leave_taken
from ideals.kernel.actor import Actor
from ideals.kernel.errors import IdealsError
from ideals.kernel.ids import new_id
from ideals.kernel.month import Month
from ideals.ledger import queries as ledger
from ideals.payroll.commands import MakeBatch, make_batch
from ideals.payroll.queries import reconciliation
from ideals.pricing.commands import MakeQuote, make_quote
from ideals.seeds import factories
from ideals.shop import commands
from ideals.shop.commands import choices, closing, commitments
from ideals.shop.queries.choices import choices_of
from ideals.shop.queries.commitments import commitments_of
from ideals.shop.states import ChoiceMode
from tests.shop.conftest import MARCH, MAY, ZONE, Shop, employee_of
from tests.shop.test_closing import SOLD, opened

BOUND = {
    "bicycle": {
        "kind": "bicycle",
        "unit": "piece",
        "price": "700",
        "instalments": {"months": "3", "early_end": "yes", "leaving": "pay_rest"},
        "addition": "7% * price",
        "tax": "addition",
    },
    "car": {
        "kind": "lease_car",
        "unit": "piece",
        "price": "600",
        "term": {"months": "4", "early_end": "yes", "leaving": "end"},
    },
}
CALENDARS = st.fixed_dictionaries(
    {
        "left_over": st.sampled_from(
            ["pay_each_month", "keep_until_december", {"save_as_leave": {"at_most": "180"}}]
        ),
        "pending": st.sampled_from(["release", "approve"]),
    }
)
LEAVINGS = st.fixed_dictionaries(
    {
        "unused_bought": st.sampled_from(["reverse_at_price_paid", "pay_at_value_today"]),
        "debt": st.sampled_from(["set_off", "waive_on_death"]),
    }
)
WHO = st.sampled_from(["anna", "egor", "boris"])
PRODUCTS = st.sampled_from(["cash", "leave", "leave_asked", "sell", "savings", "training", "seat"])
ACTS = st.one_of(
    st.tuples(st.just("order"), WHO, PRODUCTS, st.integers(1, 60)),
    st.tuples(st.just("bind"), WHO, st.sampled_from(sorted(BOUND)), st.none()),
    st.tuples(st.just("choose"), WHO, PRODUCTS, st.integers(1, 60)),
    st.tuples(st.just("share"), WHO, PRODUCTS, st.integers(1, 70)),
    st.tuples(st.just("rest"), WHO, PRODUCTS, st.none()),
    st.tuples(st.just("end"), WHO, st.none(), st.none()),
    st.tuples(st.just("pause"), WHO, st.none(), st.none()),
    st.tuples(st.just("works"), WHO, st.sampled_from(["0.5", "0.8", "1"]), st.none()),
    st.tuples(st.just("takes"), WHO, st.none(), st.integers(1, 200)),
    st.tuples(st.just("leaves"), WHO, st.none(), st.integers(0, 10)),
    st.tuples(st.just("dies"), WHO, st.none(), st.none()),
)
MONTHS = st.lists(st.lists(ACTS, max_size=7), min_size=3, max_size=3)


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(calendar=CALENDARS, leaving=LEAVINGS, months=MONTHS)
def test_whatever_happens_months_close_and_payroll_has_what_the_ledger_has(
    session: Session,
    calendar: dict[str, Any],
    leaving: dict[str, str],
    months: list[list[tuple[Any, ...]]],
) -> None:
    with session.begin_nested() as tried:
        world = World(
            session,
            opened(session, products=SOLD | BOUND, calendar=calendar,
                   leaving={"rest": "pay"} | leaving),
        )  # fmt: skip
        for month, acts in zip(MARCH.until(MAY), months, strict=True):
            world.live(month, acts)
        session.flush()
        assert ledger.prove(session) == []
        for month in MARCH.until(MAY):
            lines = reconciliation(session, month)
            assert [line for line in lines if line.difference_minor] == []
        for name in world.gone:
            world.check_gone(name)
        tried.rollback()
    session.expire_all()


@dataclass
class World:
    session: Session
    shop: Shop
    month: Month = MARCH
    moment: datetime = datetime(2026, 3, 2, 9, tzinfo=UTC)

    def __post_init__(self) -> None:
        self.gone: set[str] = set()

    def live(self, month: Month, acts: list[tuple[Any, ...]]) -> None:
        """Allocated on the 1st, chosen until the 15th, closed on the 1st of the next month."""
        self.month = month
        self.moment = datetime(month.year, month.month, 2, 9, tzinfo=UTC)
        if month is not MARCH:
            factories.a_run(self.session, month)
        for act, name, *how in acts:
            self.moment += timedelta(minutes=1)
            try:
                with self.session.begin_nested():
                    getattr(self, act)(name, *how)
                    self.session.flush()
            except IdealsError:
                pass  # what is refused has not happened
        factories.a_close(self.session, month)
        batch = MakeBatch(month)
        make_batch(self.session, batch, actor=factories.DINA, now=self.moment)

    def actor(self, name: str) -> Actor:
        return replace(getattr(self.shop, name), proved_at=self.moment)

    def employee(self, name: str) -> Any:
        return getattr(self.shop.people, name)

    def order(self, name: str, product: str, quantity: int) -> None:
        actor = self.actor(name)
        asked = MakeQuote(employee_of(actor), product, Decimal(quantity))
        quote = make_quote(self.session, asked, actor=actor, now=self.moment, zone=ZONE)
        self.session.flush()
        cmd = commands.PlaceOrder(new_id(), quote.token, employee_of(actor))
        commands.place_order(self.session, cmd, actor=actor, now=self.moment)

    def bind(self, name: str, product: str, _: None) -> None:
        self.order(name, product, 1)

    def choose(self, name: str, product: str, amount: int) -> None:
        self._set(name, product, choices.What(ChoiceMode.QUANTITY, Decimal(amount)))

    def share(self, name: str, product: str, amount: int) -> None:
        self._set(name, product, choices.What(ChoiceMode.PERCENT, Decimal(amount)))

    def rest(self, name: str, product: str, _: None) -> None:
        self._set(name, product, choices.What(ChoiceMode.REST, None))

    def _set(self, name: str, product: str, what: choices.What) -> None:
        actor = self.actor(name)
        cmd = choices.SetChoice(employee_of(actor), product, what, 0)
        choices.set_choice(self.session, cmd, actor=actor, now=self.moment, zone=ZONE)

    def pause(self, name: str, *_: None) -> None:
        actor = self.actor(name)
        for choice in choices_of(self.session, employee_of(actor))[:1]:
            cmd = choices.PauseChoice(choice.id, choice.version)
            choices.pause_choice(self.session, cmd, actor=actor, now=self.moment)

    def end(self, name: str, *_: None) -> None:
        actor = self.actor(name)
        for told in commitments_of(self.session, employee_of(actor))[:1]:
            cmd = commitments.EndCommitment(told.commitment.id)
            commitments.end_commitment(self.session, cmd, actor=actor, now=self.moment)

    def works(self, name: str, factor: str, _: None) -> None:
        if name not in self.gone:
            since = self.month.first
            factories.a_change(self.session, self.employee(name), since, part_time_factor=factor)

    def takes(self, name: str, _: None, hours: int) -> None:
        day = self.moment.date()
        factories.a_leave(self.session, self.employee(name), day, minutes=hours * 60)
        cmd = PostLeaveTaken([self.employee(name).id])
        post_leave_taken(self.session, cmd, actor=factories.DINA, now=self.moment)

    def leaves(self, name: str, _: None, days: int) -> None:
        if name not in self.gone:
            last = self.month.last - timedelta(days=days)
            factories.a_change(self.session, self.employee(name), last, leaves_on=last)
            self.gone.add(name)

    def dies(self, name: str, *_: None) -> None:
        cmd = closing.NoteDeath(self.employee(name).id)
        closing.note_death(self.session, cmd, actor=factories.DINA, now=self.moment)

    def check_gone(self, name: str) -> None:
        """Nothing is held or left, but hours that have no price: none here."""
        balances = ledger.balances(self.session, self.employee(name).id)
        assert {(each.posted_minor, each.held_minor) for each in balances} <= {(0, 0)}, balances
