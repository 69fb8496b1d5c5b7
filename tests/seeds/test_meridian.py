from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, func, select, text
from sqlalchemy.orm import Session

from ideals.access import queries as access
from ideals.access.models import User, UserRole
from ideals.app import connect_features
from ideals.approvals import queries as approvals
from ideals.approvals.models import Approval, ApprovalStep, Check, Draw, PolicyVersion
from ideals.audit import Entry
from ideals.budgets import queries as budgets
from ideals.budgets.models import Run, Skip
from ideals.budgets.queries.leave import leave_books, leave_of
from ideals.deals import queries as deals
from ideals.deals.commands import WRITE_LETTERS
from ideals.deals.models import Deal, Evaluation
from ideals.deals.queries import before
from ideals.insight.searching.pages.subjects import KINDS
from ideals.insight.searching.pages.words import WHATS
from ideals.insight.searching.rules import AFTER, BEFORE
from ideals.kernel.actor import SYSTEM, Actor, Role
from ideals.kernel.month import Month
from ideals.ledger import queries as ledger
from ideals.ledger.models import LedgerMonth, Transfer
from ideals.ledger.states import AccountKind, MonthState
from ideals.notices import queries as notices
from ideals.outbox import Message
from ideals.payroll import queries as payroll
from ideals.payroll.models import Batch, Item, Refusal
from ideals.payroll.states import LineKind
from ideals.people import queries as people
from ideals.people.models import Employee, Employment
from ideals.people.states import LeaveKind
from ideals.pricing.models import IndicatorValue, PriceList, PriceRule, ProductBounds
from ideals.pricing.over_time import changes
from ideals.pricing.queries.over_time import prices_over_time
from ideals.seeds.careers import careers
from ideals.seeds.commands import demo_people
from ideals.seeds.meridian import LoadMeridian, load_meridian, planned
from ideals.seeds.organisation import CAST
from ideals.shop.models import Choice, Chosen, Order
from ideals.shop.queries.commitments import commitments_of

ZONE = ZoneInfo("Europe/Amsterdam")
NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)
TODAY = NOW.date()
THIS = Month(2026, 11)
PAST = list(THIS.plus(-13).until(THIS.plus(-1)))


@pytest.fixture(scope="module")
def meridian(shared_engine: Engine) -> Iterator[Session]:
    """The organisation, loaded once for these tests, which only look.

    It holds its locks until the module ends: no test here may use another connection.
    """
    connect_features()
    with shared_engine.connect() as connection:
        outer = connection.begin()
        with Session(connection, join_transaction_mode="create_savepoint") as session:
            load_meridian(session, LoadMeridian(TODAY), actor=SYSTEM, now=NOW, zone=ZONE)
            yield session
        outer.rollback()


def number_id(session: Session, number: str) -> int:
    return session.scalars(select(Employee.id).where(Employee.number == number)).one()


def acting(session: Session, number: str) -> Actor:
    """As they are when they have signed in."""
    user = session.scalars(select(User).where(User.employee_id == number_id(session, number))).one()
    roles = session.scalars(select(UserRole.role).where(UserRole.user_id == user.id)).all()
    return access.actor_of(user, roles)


def waiting(session: Session, number: str) -> Sequence[tuple[str, str, str]]:
    """(who asks, what kind, about what) of what they can decide today."""
    query = approvals.waiting_for(session, actor=acting(session, number), today=TODAY)
    steps = session.scalars(query).all()
    asked = approvals.approvals_of(session, steps)
    found = [asked[step.approval_id] for step in steps]
    return [
        (session.get_one(Employee, each.employee_id).name, each.kind, each.what["en"])
        for each in found
    ]


# Months


def test_every_month_is_allocated_chosen_in_and_closed_in_order(meridian: Session) -> None:
    runs = meridian.scalars(select(Run).order_by(Run.id)).all()
    assert {(run.state, run.round) for run in runs} == {("done", 1)}
    of_kind = {
        kind: [run.month for run in runs if run.kind == kind]
        for kind in ("allocation", "choices", "close")
    }
    assert of_kind["allocation"] == [*PAST, THIS]
    assert of_kind["choices"] == [*PAST[1:], THIS], "choices are made for the months that follow"
    assert of_kind["close"] == PAST


def test_what_is_past_is_sealed_in_order_and_nothing_else(meridian: Session) -> None:
    months = meridian.scalars(select(LedgerMonth).order_by(LedgerMonth.month)).all()
    sealed = [month for month in months if month.state == MonthState.SEALED]
    assert [month.month for month in sealed] == PAST
    assert all(month.sealed_at and month.sealed_at.date() > month.month.last for month in sealed)
    assert {month.state for month in months} == {MonthState.SEALED, MonthState.OPEN}


def test_nobody_is_skipped(meridian: Session) -> None:
    assert meridian.scalar(select(func.count()).select_from(Skip)) == 0


def test_the_ledger_proves(meridian: Session) -> None:
    assert ledger.prove(meridian) == []


def test_whatever_was_written_down_is_called_by_a_word(meridian: Session) -> None:
    decided = Entry.details["about"].astext
    of_decisions = select(decided).where(Entry.subject.startswith("approval:"))
    subjects = meridian.scalars(select(Entry.subject).union(of_decisions))
    assert {subject.partition(":")[0] for subject in subjects} <= KINDS.keys()
    details = func.jsonb_object_keys(Entry.details)
    names = set(meridian.scalars(select(details).distinct())) - {BEFORE, AFTER}
    assert names <= WHATS.keys(), names - WHATS.keys()


def test_nothing_is_left_to_do_for_the_workers(meridian: Session) -> None:
    left = meridian.scalars(select(Message.name).where(Message.done_at.is_(None))).all()
    assert left == [WRITE_LETTERS] * 3, "letters of deals need the words of an app"


# Budgets


def test_what_was_told_late_is_corrected_in_the_month_it_was_told(meridian: Session) -> None:
    corrections = dict(
        meridian.execute(
            select(Transfer.month, func.count())
            .where(Transfer.for_month < Transfer.month)
            .group_by(Transfer.month)
        ).all()
    )
    assert corrections[Month(2026, 8)] > 1000, "the July raise, agreed in August"
    assert sum(corrections.values()) - corrections[Month(2026, 8)] > 50


def test_annas_last_month_is_what_the_scheme_says(meridian: Session) -> None:
    """By hand: scale 8, step 6 since the late raise; 32 of 36 hours; both collective raises."""
    index = 1.015 * 1.025
    salary = round((3440 + (4850 - 3440) * 6 // 10) * index, 2)
    month = round(salary * 32 / 36, 2)
    hour = salary / 156
    budget = budgets.budget_of(meridian, number_id(meridian, "M0001"), THIS)
    amounts = {part.code: float(str(part.amount)) for part in budget.components}
    assert amounts == {
        "holiday_allowance": pytest.approx(month * 0.08, abs=0.01),
        "thirteenth_month": pytest.approx(month * 0.0833, abs=0.01),
        "extra_leave": pytest.approx(3 * 32 / 36 * hour, abs=0.01),
    }
    assert budget.posted_elsewhere.minor > 0, "the step of three months ago"


def test_who_has_left_gets_nothing_any_more(meridian: Session) -> None:
    left = meridian.execute(
        select(Employment.employee_id, func.max(Employment.leaves_on))
        .where(Employment.superseded_at.is_(None), Employment.leaves_on < THIS.first)
        .group_by(Employment.employee_id)
    ).all()
    assert len(left) >= 10
    for employee, last_day in left:
        after = Month.of(last_day).plus(1)
        for month in after.until(THIS):
            budget = budgets.budget_of(meridian, employee, month)
            assert budget.allocated.minor == 0


def test_facts_became_known_month_by_month(meridian: Session) -> None:
    known = meridian.scalars(select(Employment.recorded_at).distinct().order_by("recorded_at"))
    assert [Month.of(moment.date()) for moment in known] == list(THIS.plus(-13).until(THIS))


# Payroll


def test_each_sealed_month_went_to_payroll_as_the_ledger_has_it(meridian: Session) -> None:
    """Counted a second time: what came to the employer's pay-out account and went from it."""
    assert meridian.scalars(select(Batch.month).order_by(Batch.month)).all() == PAST
    pay = (LineKind.PAY, LineKind.DEDUCTION)
    for month in PAST:
        ours = sum(
            item.minor
            for item in meridian.scalars(select(Item).where(Item.month == month))
            if item.kind in pay
        )
        assert ours == paid_out(meridian, month)
        assert all(each.difference_minor == 0 for each in payroll.reconciliation(meridian, month))


def paid_out(session: Session, month: Month) -> int:
    counted = session.scalar(
        text(
            """
            SELECT sum(CASE WHEN t.to_account = a.id THEN amount_minor ELSE -amount_minor END)
              FROM ledger_transfer t
              JOIN ledger_account a ON a.id IN (t.from_account, t.to_account)
             WHERE t.month = :month AND a.employee_id IS NULL AND a.kind = 'pay_out'
               AND t.phase IN ('single', 'post')
            """
        ),
        {"month": month.number},
    )
    return int(counted or 0)


def test_payroll_sees_every_sort_of_line(meridian: Session) -> None:
    assert set(meridian.scalars(select(Item.kind).distinct())) == set(LineKind)


def test_bonuses_went_to_payroll_last_march(meridian: Session) -> None:
    bonuses = meridian.scalars(select(Item).where(Item.kind == LineKind.BONUS)).all()
    assert [(item.month, item.people >= 10) for item in bonuses] == [(Month(2026, 3), True)]


def test_anna_has_a_bonus_too(meridian: Session) -> None:
    anna = number_id(meridian, "M0001")
    assert [bonus.month for bonus in payroll.bonuses_of(meridian, anna, PAST[0])] == [
        Month(2026, 3)
    ]


def test_payroll_sent_one_line_back_and_hr_has_to_look_at_it(meridian: Session) -> None:
    refusal = meridian.scalars(select(Refusal)).one()
    assert (refusal.month, refusal.state) == (PAST[-1], "open")
    assert [kind for _, kind, _ in waiting(meridian, "M0004") if kind == "todo"] == ["todo"]


# The shop


def test_what_people_wished_for_was_ordered(meridian: Session) -> None:
    plan = planned(careers(TODAY), TODAY)
    wished = {wish.order_id for wish in [*plan.orders, *plan.waiting]}
    ordered = set(meridian.scalars(select(Order.id).where(Order.choice_id.is_(None))))
    assert ordered <= wished
    assert len(ordered) > 0.97 * len(wished)
    assert meridian.scalar(select(func.count()).select_from(Choice)) == len(plan.habits)


def test_orders_have_ended_in_every_way(meridian: Session) -> None:
    states = Counter(meridian.scalars(select(Order.state)))
    assert states.keys() == {"held", "posted", "refused", "released", "cancelled"}
    assert states["posted"] > 0.9 * states.total()
    told = meridian.scalars(select(Order).where(Order.state.in_(("refused", "released"))))
    assert all(order.reason for order in told)


def test_only_what_was_ordered_now_still_waits(meridian: Session) -> None:
    held = meridian.scalars(select(Order).where(Order.state == "held")).all()
    assert {order.ordered_at for order in held} == {NOW}


def test_more_than_ten_people_chose_what_is_popular(meridian: Session) -> None:
    chosen = dict(meridian.execute(select(Chosen.product, Chosen.people)).all())
    popular = {product for product, count in chosen.items() if count >= 10}
    assert popular >= {
        "bicycle", "cash", "commuting", "fitness", "learning", "leave", "parking", "pension",
        "savings", "summer_week", "training", "union_dues",
    }  # fmt: skip
    assert 0 < chosen["lease_car"] < 10, "too few to be told"


def test_most_people_let_it_be_paid(meridian: Session) -> None:
    everybody = meridian.scalar(select(func.count()).select_from(Employee)) or 0
    with_choices = meridian.scalar(select(func.count(Choice.employee_id.distinct()))) or 0
    assert 0.1 < with_choices / everybody < 0.25


def test_a_car_that_costs_more_than_the_month_brings_is_kept_back_from_pay(
    meridian: Session,
) -> None:
    short = meridian.scalars(select(Item).where(Item.kind == LineKind.DEDUCTION)).all()
    assert short and all(item.minor < 0 for item in short)


# Decisions


def test_its_own_rules_hold_for_orders(meridian: Session) -> None:
    version = meridian.scalars(select(PolicyVersion)).one()
    assert (version.kind, version.starts_on) == ("order", date(2026, 1, 1))
    since = datetime(2026, 1, 1, tzinfo=ZONE)
    asked = select(Approval.case_code, Approval.policy_id).where(
        Approval.kind == "order", Approval.asked_at >= since
    )
    cases = Counter(meridian.execute(asked).all())
    assert {policy for _, policy in cases} == {version.id}
    assert {code for code, _ in cases} >= {"manager", "small_course"}


def test_cars_are_decided_by_the_manager_and_then_by_who_has_the_mandate(
    meridian: Session,
) -> None:
    cars = select(Approval.id).where(Approval.case_code == "car", Approval.state == "approved")
    found = meridian.scalars(cars).all()
    assert found
    for approval_id in found:
        steps = meridian.scalars(
            select(ApprovalStep)
            .where(ApprovalStep.approval_id == approval_id)
            .order_by(ApprovalStep.stage)
        ).all()
        assert [step.rule["who"] for step in steps] == ["manager", "mandate"]
        assert all(step.decided_by_employee_id == step.approver_id for step in steps)
        assert steps[1].mandate_unit_id is not None


def test_what_took_effect_at_once_was_drawn_and_looked_at(meridian: Session) -> None:
    """Chance draws them, so nobody knows how many."""
    small = select(Approval).where(Approval.case_code == "small_course")
    found = meridian.scalars(small).all()
    assert len(found) >= 3
    assert {(each.effect, each.state) for each in found} == {("after", "approved")}
    draws = meridian.scalars(select(Draw)).all()
    assert sum(draw.population for draw in draws) == sum(
        each.ended_at is not None and each.ended_at < datetime(2026, 11, 15, tzinfo=ZONE)
        for each in found
    )
    states = Counter(meridian.scalars(select(Check.state)))
    assert states.total() == sum(draw.drawn for draw in draws)
    assert states.keys() <= {"overturned", "kept", "open"}
    assert states["overturned"] <= 1


def test_boris_stands_in_for_clara(meridian: Session) -> None:
    query = approvals.waiting_for(meridian, actor=acting(meridian, "M0002"), today=TODAY)
    holders = set(meridian.scalars(query.with_only_columns(ApprovalStep.approver_id)))
    assert holders == {number_id(meridian, "M0002"), number_id(meridian, "M0003")}


# Leave


def test_leave_is_taken_of_what_was_granted_and_hardly_anybody_owes(meridian: Session) -> None:
    anna = leave_of(meridian, number_id(meridian, "M0001"), TODAY)
    assert anna.fed and anna.left > 0 and anna.planned
    assert {lot.year for lot in anna.lots} == {2025, 2026}
    assert all(lot.taken for lot in anna.lots if lot.statutory)
    everybody = meridian.scalars(select(Employee.id)).all()
    books = leave_books(meridian, everybody, TODAY).values()
    assert sum(book.overdrawn > 0 for book in books) < 20
    assert sum(bool(book.kept) for book in books) < 20, "what is of last year goes first"


def test_colleagues_of_anna_are_away_in_the_month_that_comes(meridian: Session) -> None:
    team = meridian.scalars(
        select(Employment.employee_id)
        .where(
            Employment.manager_id == number_id(meridian, "M0002"),
            Employment.superseded_at.is_(None),
        )
        .distinct()
    ).all()
    coming = THIS.plus(1)
    rows = people.leave_between(meridian, team, coming.first, coming.last)
    assert {row.kind for row in rows} == {LeaveKind.PLANNED}
    assert len({row.employee_id for row in rows}) >= 3


def test_nobody_will_be_away_in_the_past(meridian: Session) -> None:
    everybody = meridian.scalars(select(Employee.id)).all()
    rows = people.leave_between(meridian, everybody, date(2025, 1, 1), date(2027, 12, 31))
    assert all((row.kind is LeaveKind.PLANNED) is (row.day >= TODAY) for row in rows)


# The cast


def test_annas_year_can_be_told(meridian: Session) -> None:
    anna = number_id(meridian, "M0001")
    choices = meridian.scalars(select(Choice).where(Choice.employee_id == anna)).all()
    assert {choice.product for choice in choices} == {"leave", "savings", "learning"}
    assert all(choice.last_outcome == "ordered" for choice in choices if not choice.until_month)
    single = meridian.scalars(
        select(Order).where(Order.employee_id == anna, Order.choice_id.is_(None))
    ).all()
    assert len({order.month for order in single}) >= 8
    assert {order.state for order in single} == {"posted", "cancelled", "refused", "held"}
    bicycle = commitments_of(meridian, anna)[0]
    assert bicycle.commitment.product == "bicycle"
    assert len(bicycle.charges) == 10 and bicycle.left_minor > 0
    assert all(charge.shortfall_minor == 0 for charge in bicycle.charges)
    saved = {
        each.kind: each.available_minor
        for each in ledger.balances(meridian, anna)
        if each.unit.value == "EUR"
    }
    assert saved[AccountKind.SAVINGS] >= 500_00
    assert saved[AccountKind.DEVELOPMENT] > 0


def test_some_of_annas_leave_lapses_next_first_of_july(meridian: Session) -> None:
    book = leave_of(meridian, number_id(meridian, "M0001"), TODAY)
    assert book.lapses[0].on == date(2027, 7, 1)
    assert book.lapses[0].minutes > 0


def test_anna_finds_news(meridian: Session) -> None:
    anna = acting(meridian, "M0001")
    assert notices.unread_count(meridian, actor=anna) >= 2
    read = notices.notices_of(actor=anna, unread=False)
    assert len(meridian.scalars(read).all()) > notices.unread_count(meridian, actor=anna)


def test_boris_and_clara_have_to_decide(meridian: Session) -> None:
    boris = waiting(meridian, "M0002")
    assert len({who for who, _, _ in boris}) >= 3
    assert ("Anna de Vries", "order", "Training") in boris
    assert waiting(meridian, "M0003")


def test_dina_has_evidence_to_look_at(meridian: Session) -> None:
    kinds = Counter(kind for _, kind, _ in waiting(meridian, "M0004"))
    assert kinds["evidence"] >= 3
    assert kinds["order"] >= 2, "bicycles that she has to agree to"


def test_egor_has_chosen_nothing_yet(meridian: Session) -> None:
    egor = number_id(meridian, "M0005")
    for what in (Order, Choice):
        count = select(func.count()).where(what.employee_id == egor)
        assert meridian.scalar(count) == 0


def test_deals_stand_at_every_point_of_their_life(meridian: Session) -> None:
    rows = meridian.scalars(select(Deal).order_by(Deal.number)).all()
    name = {id_: n for n, id_ in people.known_number_ids(meridian, [*CAST]).items()}
    found = {(name.get(each.employee_id, "team"), each.subject): each.state for each in rows}
    assert found == {
        ("M0001", "Four times nine"): "ended",
        ("M0001", "A year of study"): "refused",
        ("M0005", "Two languages"): "in_force",
        ("team", "No backlog"): "agreed",
        ("M0001", "A day for the children"): "negotiating",
    }
    refused = next(each for each in rows if each.state == "refused")
    assert refused.reason is not None and "Ask again" in refused.reason
    rounds = select(Evaluation.side).join(Deal, Deal.id == Evaluation.deal_id)
    sides = meridian.scalars(rounds.where(Deal.state == "ended").order_by(Evaluation.side)).all()
    assert sides == ["employee", "employer"]
    assert {each.code for each in before.templates_in_force(meridian)} >= {"four_times_nine"}
    assert len(before.clauses_in_force(meridian)) == 2


def test_it_is_annas_turn_and_paula_advises_her(meridian: Session) -> None:
    deal = meridian.scalars(select(Deal).where(Deal.state == "negotiating")).one()
    seen = deals.access_deal(meridian, deal.id, actor=acting(meridian, "M0001"), today=TODAY)
    offers = deals.offers_of(meridian, seen)
    assert [each.by_side for each in offers] == ["employee", "employer", "employer"]
    assert len(deals.messages_of(meridian, seen)) == 4
    paula = deals.access_deal(meridian, deal.id, actor=acting(meridian, "M0006"), today=TODAY)
    assert paula.standing == "adviser"


def test_egors_budget_holds_what_his_deal_brings(meridian: Session) -> None:
    deal = meridian.scalars(select(Deal).where(Deal.state == "in_force")).one()
    assert deal.evaluate_on is not None and 0 < (deal.evaluate_on - TODAY).days <= 14
    for month in THIS.plus(-4).until(THIS):
        budget = budgets.budget_of(meridian, number_id(meridian, "M0005"), month)
        parts = {part.code: str(part.amount) for part in budget.components}
        assert parts[f"deal.{deal.number}"] == "60.00", month


def test_dina_has_to_agree_to_a_deal(meridian: Session) -> None:
    deal = meridian.scalars(select(Deal).where(Deal.state == "agreed")).one()
    about = [what for _, kind, what in waiting(meridian, "M0004") if kind == "deal"]
    assert about == [f"Deal {deal.number}"]
    assert [what for _, kind, what in waiting(meridian, "M0002") if kind == "deal"] == []


# Prices


def second(session: Session) -> str:
    """Who agreed to the rule that is in force, as their address begins."""
    rule = session.scalars(select(PriceRule).where(PriceRule.state == "in_force")).one()
    user = session.get_one(User, rule.approved_by_user_id)
    return user.email.split("@")[0]


def test_a_quiet_season_is_in_force_and_a_draft_waits(meridian: Session) -> None:
    rules = {rule.code: rule for rule in meridian.scalars(select(PriceRule))}
    quiet = rules["quiet_season"]
    assert (quiet.state, quiet.from_month, quiet.last_month) == (
        "in_force", THIS.plus(-1), THIS.plus(1),
    )  # fmt: skip
    assert quiet.approved_by_user_id != quiet.created_by_user_id
    assert rules["ten_years"].state == "draft"
    codes = meridian.execute(
        select(IndicatorValue.code, func.count()).group_by(IndicatorValue.code)
    )
    known = {each.code: each.count for each in codes}
    assert known == {"utilisation": 12, "order_book": 12}, "it is the 21st"


def test_there_is_a_price_list_for_each_month_since_the_first_25th(meridian: Session) -> None:
    months = meridian.scalars(select(PriceList.month).distinct().order_by(PriceList.month)).all()
    assert months == [*PAST, THIS]
    bounds = meridian.get_one(ProductBounds, ("meridian", "leave"))
    assert (bounds.least_minor, bounds.most_minor) == (1000, 9000)


def test_anna_sees_what_leave_costs_and_why(meridian: Session) -> None:
    anna = number_id(meridian, "M0001")
    _product, prices = prices_over_time(meridian, anna, "leave", TODAY)
    begins = next(each for each in changes(prices) if each.month == THIS.plus(-1))
    assert begins.because[0].code == "quiet_season"
    over = next(each for each in changes(prices) if each.month == THIS.plus(2))
    assert [str(each.said) for each in over.because] == ["No longer: Quiet season"]
    bought = meridian.scalars(
        select(Order).where(
            Order.employee_id == anna, Order.product == "leave", Order.month == THIS.plus(-1)
        )
    ).first()
    assert bought is not None
    assert [step["code"] for step in bought.steps][:2] == ["list_price", "quiet_season"]


def test_nobody_has_more_rights_than_their_work_needs(meridian: Session) -> None:
    users = meridian.execute(
        select(User.email, User.demo_label, func.array_agg(UserRole.role))
        .outerjoin(UserRole, UserRole.user_id == User.id)
        .group_by(User.email, User.demo_label)
    ).all()
    roles = {email.split("@")[0]: {r for r in held if r} for email, _, held in users}
    assert {name: held for name, held in roles.items() if held} == {
        "dina": {Role.HR, Role.HR_PRICES, Role.HR_DEALS},
        "paula": {Role.PAYROLL},
        second(meridian): {Role.HR_PRICES},
    }
    managers = set(meridian.scalars(select(Employment.manager_id).distinct()))
    others = [email for email, label, _ in users if label is None]
    asked = meridian.scalars(select(Employee.id).where(Employee.email.in_(others))).all()
    assert len(asked) == len(others) and set(asked) <= managers, "only who decides was invited"


def test_loading_again_changes_nothing(meridian: Session) -> None:
    tables = (
        "people_employment", "ledger_transfer", "budgets_run", "audit_entry", "access_user",
        "shop_order", "people_leave", "payroll_batch",
    )  # fmt: skip

    def counts() -> list[int | None]:
        return [meridian.scalar(text(f"SELECT count(*) FROM {table}")) for table in tables]

    before = counts()
    cmd = LoadMeridian(date(2026, 12, 5))
    assert not load_meridian(meridian, cmd, actor=SYSTEM, now=NOW, zone=ZONE)
    assert counts() == before


def test_the_cast_can_be_signed_in_with_one_click(meridian: Session) -> None:
    people = demo_people(meridian)
    assert [email.split("@")[0] for _, email in people] == [
        "anna",
        "boris",
        "clara",
        "dina",
        "paula",
        second(meridian),
        "egor",
    ]
    assert people[3][0] == "Dina, HR"
