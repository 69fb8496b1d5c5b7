"""`create_app()`: the one place that knows every feature and wires them."""

from __future__ import annotations

import secrets
from functools import partial

from flask import Flask
from sqlalchemy.orm import Session

from ideals import cli, db
from ideals.access import api as access_api
from ideals.access import pages as access_pages
from ideals.access.errors import SignInRefused, TooManyAttempts
from ideals.approvals import api as approvals_api
from ideals.approvals import commands as approvals
from ideals.approvals import pages as approval_pages
from ideals.approvals.api import checks as checks_api
from ideals.approvals.api import delegations as delegations_api
from ideals.approvals.api import policies as policies_api
from ideals.approvals.commands import checking
from ideals.approvals.commands import delegations as delegation_commands
from ideals.approvals.errors import DraftMovedOn, MandateMovedOn
from ideals.approvals.pages import check_words, messages, standing_in
from ideals.approvals.queries import BESIDE, DECIDED, EXPIRED, FACTS, LOCKS, SUBJECTS, mine
from ideals.budgets import api as budgets_api
from ideals.budgets import pages as budgets_pages
from ideals.budgets import queries as budget_queries
from ideals.budgets.commands import KINDS
from ideals.budgets.commands.allocation import AFTER_ALLOCATION
from ideals.budgets.commands.leave import REMINDER
from ideals.budgets.pages import leave as leave_pages
from ideals.budgets.pages import statement as statement_pages
from ideals.budgets.queries import leave as leave_queries
from ideals.budgets.states import RunKind
from ideals.config import Settings
from ideals.deals import api as deals_api
from ideals.deals import commands as deal_commands
from ideals.deals import pages as deal_pages
from ideals.deals import queries as deal_queries
from ideals.deals.api import afterwards as deals_afterwards_api
from ideals.deals.api import beside as deal_parts_api
from ideals.deals.api import keeping as deals_kept_api
from ideals.deals.commands import bonuses as deal_bonuses
from ideals.deals.errors import DraftMovedOn as DealDraftMovedOn
from ideals.deals.errors import KeptMovedOn
from ideals.deals.pages import words as deal_words
from ideals.deals.queries.living import prove_deals
from ideals.insight.desk import pages as desk_pages
from ideals.insight.searching import api as audit_api
from ideals.insight.searching import pages as audit_pages
from ideals.insight.simulating import api as simulations_api
from ideals.insight.simulating import commands as simulations
from ideals.insight.simulating.computation import prices as price_simulation
from ideals.insight.simulating.computation import scheme as scheme_simulation
from ideals.insight.simulating.computation.kinds import KINDS as SIMULATED
from ideals.insight.simulating.pages import bp as simulation_pages_bp
from ideals.insight.simulating.pages import panel as simulation_panel
from ideals.insight.simulating.pages import words as simulation_words
from ideals.insight.simulating.states import SimulationKind
from ideals.ledger.queries import DESCRIBE, PROVERS
from ideals.notices import api as notices_api
from ideals.notices import pages as notice_pages
from ideals.notices.queries import WAITS, WORDS, Waits
from ideals.payroll import api as payroll_api
from ideals.payroll import commands as payroll_commands
from ideals.payroll import pages as payroll_pages
from ideals.payroll.pages import words as payroll_words
from ideals.payroll.queries import prove_batches
from ideals.people import api as people_api
from ideals.people import pages as people_pages
from ideals.people import queries as people_queries
from ideals.people.api import units as units_api
from ideals.people.errors import OwnerMovedOn
from ideals.people.rules import Surroundings
from ideals.pricing import api as price_rules_api
from ideals.pricing.api import lists as price_lists_api
from ideals.pricing.commands import deciding as price_decisions
from ideals.pricing.commands import publishing
from ideals.pricing.errors import BoundsMovedOn, PriceRuleMovedOn
from ideals.pricing.pages import bp as price_pages_bp
from ideals.pricing.pages import words as price_words
from ideals.pricing.pages.panels import GROUNDS
from ideals.pricing.pages.panels import PANELS as PRICE_PANELS
from ideals.pricing.queries.steering import TOUCHED, authors_beside
from ideals.schemes import api as schemes_api
from ideals.schemes import pages as schemes_pages
from ideals.schemes import queries as scheme_queries
from ideals.schemes.pages.panels import CHECKED as CHECKED_PANELS
from ideals.shop import api as shop_api
from ideals.shop import commands as shop_commands
from ideals.shop import pages as shop_pages
from ideals.shop.api import choices as choices_api
from ideals.shop.api import months as months_api
from ideals.shop.api import planning as planning_api
from ideals.shop.commands.choosing import CHOICES, FAILED, follow_allocation
from ideals.shop.commands.closing import CLOSE
from ideals.shop.commands.commitments import SHORT
from ideals.shop.commands.reminding import DEADLINE
from ideals.shop.commands.telling import CLOSED
from ideals.shop.errors import ChoiceMovedOn
from ideals.shop.pages import ahead as shop_ahead
from ideals.shop.pages import standing as standing_words
from ideals.shop.pages import words as shop_words
from ideals.shop.pages.closing import closed_words
from ideals.shop.queries import prove_orders
from ideals.shop.queries.choices import prove_choices
from ideals.shop.queries.closing import prove_closes
from ideals.shop.queries.commitments import prove_charges
from ideals.shop.queries.orders import came_about_by
from ideals.tax.errors import DataDamaged
from ideals.web.errors import register_status
from ideals.web.shell import Bell, Shell, init_web


def create_app(settings: Settings | None = None) -> Flask:
    """Opens nothing: the database is connected when its address is known, and used on demand."""
    settings = settings or Settings.read()
    app = Flask("ideals", static_folder="web/static", template_folder="web/templates")
    # Without a key of the house each process makes its own; the launcher always gives one.
    app.secret_key = settings.secret_key or secrets.token_hex(32)
    if settings.database_url is not None and db.bound() is None:
        db.connect(settings.database_url)
    api = init_web(app, settings, _shell())
    register_status(TooManyAttempts, 429)
    register_status(SignInRefused, 401)
    register_status(ChoiceMovedOn, 412)
    register_status(OwnerMovedOn, 412)
    register_status(MandateMovedOn, 412)
    register_status(DraftMovedOn, 412)
    register_status(DealDraftMovedOn, 412)
    register_status(KeptMovedOn, 412)
    register_status(PriceRuleMovedOn, 412)
    register_status(BoundsMovedOn, 412)
    register_status(DataDamaged, 500)
    for blueprint in (
        access_api.bp,
        notices_api.bp,
        people_api.bp,
        units_api.bp,
        schemes_api.bp,
        budgets_api.bp,
        approvals_api.bp,
        delegations_api.bp,
        policies_api.bp,
        checks_api.bp,
        price_rules_api.bp,
        price_lists_api.bp,
        shop_api.bp,
        deals_api.bp,
        deal_parts_api.bp,
        deals_afterwards_api.bp,
        deals_kept_api.bp,
        payroll_api.bp,
        choices_api.bp,
        months_api.bp,
        planning_api.bp,
        audit_api.bp,
        simulations_api.bp,
    ):
        api.register_blueprint(blueprint)
    for pages in (
        access_pages.bp,
        notice_pages.bp,
        *people_pages.BLUEPRINTS,
        schemes_pages.bp,
        *budgets_pages.BLUEPRINTS,
        *payroll_pages.BLUEPRINTS,
        *approval_pages.BLUEPRINTS,
        price_pages_bp,
        *shop_pages.BLUEPRINTS,
        *deal_pages.BLUEPRINTS,
        desk_pages.bp,
        audit_pages.bp,
        simulation_pages_bp,
    ):
        app.register_blueprint(pages)
    connect_features()
    cli.register(app)
    return app


def connect_features() -> None:
    """What lower features ask of higher ones; the workers need it as well as the web."""
    people_queries.SURROUNDINGS.register("schemes", _surroundings)
    people_queries.EFFECTS.register("budgets", budget_queries.effects_of)
    _connect_budgets()
    _connect_approvals()
    _connect_prices()
    _connect_orders()
    _connect_deals()
    _connect_choices_and_closes()
    _connect_payroll()
    _connect_simulations()


def _connect_budgets() -> None:
    PROVERS.register("runs", budget_queries.prove_runs)
    DESCRIBE.register("run", statement_pages.describe_runs)
    DESCRIBE.register("opening", statement_pages.describe_openings)
    PROVERS.register("leave", leave_queries.prove_leave)
    DESCRIBE.register("leave", leave_pages.describe_leave)
    DESCRIBE.register("lapse", leave_pages.describe_lapses)
    WORDS.register(REMINDER, leave_pages.reminder)


def _connect_approvals() -> None:
    WORDS.register(approvals.ASKED, messages.asked)
    WORDS.register(approvals.REMINDER, messages.reminder)
    WORDS.register(approvals.OVERDUE, messages.overdue)
    WORDS.register(approvals.QUESTION, messages.question)
    WORDS.register(approvals.ANSWER, messages.answer)
    WORDS.register(approvals.BY_CLOCK, messages.by_clock)
    WORDS.register(approvals.GONE_ON, messages.gone_on)
    WAITS.register("approvals", Waits(mine.who_has_something, messages.waiting_for))
    SUBJECTS.register("check", check_words.describe_subjects)
    DECIDED.register("check", checking.decided)
    LOCKS.register("check", checking.lock_before_decision)
    for kind in delegation_commands.NOTICES:
        WORDS.register(kind, partial(standing_in.notice_words, kind))
    for what, wording in check_words.NOTICES.items():
        WORDS.register(f"check.{what}", wording)


def _connect_prices() -> None:
    SUBJECTS.register("price_rule", price_words.describe_subjects)
    DECIDED.register("price_rule", price_decisions.decided)
    EXPIRED.register("price_rule", price_decisions.expired)
    LOCKS.register("price_rule", price_decisions.lock_before_decision)
    BESIDE.register("price_rule", authors_beside)
    FACTS.register("price_rule", price_words.RULE_FACTS)
    TOUCHED.register("orders", came_about_by)
    WORDS.register(price_decisions.DECIDED, price_words.rule_decided)
    WORDS.register(publishing.CHANGED, price_words.prices_changed)
    WORDS.register(publishing.PUBLISHED, price_words.published)
    WORDS.register(publishing.INDICATOR_MISSING, price_words.indicator_missing)


def _connect_orders() -> None:
    PROVERS.register("orders", prove_orders)
    DESCRIBE.register("order", shop_words.describe_orders)
    SUBJECTS.register("order", shop_words.describe_subjects)
    DECIDED.register("order", shop_commands.decided)
    LOCKS.register("order", shop_commands.lock_before_decision)
    FACTS.register("order", shop_words.ORDER_FACTS)
    FACTS.register("evidence", shop_words.EVIDENCE_FACTS)
    for what in shop_words.NOTICES:
        WORDS.register(f"order.{what}", partial(shop_words.notice_words, what))


def _connect_deals() -> None:
    PROVERS.register("deals", prove_deals)
    DESCRIBE.register("deal", deal_words.describe_sources)
    DESCRIBE.register("deal_bonus", deal_words.describe_bonuses)
    SUBJECTS.register("deal_bonus", deal_words.describe_bonus_subjects)
    DECIDED.register("deal_bonus", deal_bonuses.decided)
    LOCKS.register("deal_bonus", deal_bonuses.lock_before_decision)
    SUBJECTS.register("deal", deal_words.describe_subjects)
    DECIDED.register("deal", deal_commands.decided)
    BESIDE.register("deal", deal_queries.advisers_of_subject)
    SUBJECTS.register("breach", deal_words.describe_breaches)
    DECIDED.register("breach", deal_commands.decided_breach)
    FACTS.register("deal", deal_words.DEAL_FACTS)
    for what in deal_words.NOTICES:
        WORDS.register(f"deal.{what}", partial(deal_words.notice_words, what))
    budget_queries.PANELS.register("deals", deal_pages.panels)


def _connect_choices_and_closes() -> None:
    KINDS.register(RunKind.CHOICES, CHOICES)
    KINDS.register(RunKind.CLOSE, CLOSE)
    AFTER_ALLOCATION.register("choices", follow_allocation)
    PROVERS.register("choices", prove_choices)
    PROVERS.register("charges", prove_charges)
    PROVERS.register("closes", prove_closes)
    DESCRIBE.register("choices", standing_words.describe_choices)
    DESCRIBE.register("commitment", standing_words.describe_commitments)
    DESCRIBE.register("close", standing_words.describe_closes)
    WORDS.register(FAILED, standing_words.choice_failed)
    WORDS.register(SHORT, standing_words.charge_short)
    WORDS.register(DEADLINE, standing_words.deadline_near)
    WORDS.register(CLOSED, closed_words)
    budget_queries.PANELS.register("choices", shop_ahead.panels)
    budget_queries.FORECASTS.register("shop", shop_ahead.forecast)


def _connect_payroll() -> None:
    PROVERS.register("payroll", prove_batches)
    DESCRIBE.register("bonus", payroll_words.describe_bonuses)
    DESCRIBE.register("payroll_refusal", payroll_words.describe_refusals)
    SUBJECTS.register("payroll_refusal", payroll_words.describe_tasks)
    DECIDED.register("payroll_refusal", payroll_commands.decided)
    LOCKS.register("payroll_refusal", payroll_commands.lock_before_decision)
    WORDS.register(payroll_commands.READY, payroll_words.ready_words)
    WORDS.register(payroll_commands.REVERSED, payroll_words.reversed_words)
    budget_queries.PANELS.register("bonus", payroll_words.bonus_panels)


def _connect_simulations() -> None:
    SIMULATED.register(SimulationKind.PRICES, price_simulation.PRICES)
    SIMULATED.register(SimulationKind.SCHEME, scheme_simulation.SCHEME)
    CHECKED_PANELS.register("simulations", simulation_panel.checked)
    WORDS.register(simulations.ENDED, simulation_words.ended)
    PRICE_PANELS.register("simulations", simulation_panel.panel)
    GROUNDS.register("simulations", simulation_panel.grounds)


def _surroundings(session: Session) -> Surroundings:
    return Surroundings(
        scheme_queries.scheme_codes(session), scheme_queries.full_time_hours(session)
    )


def _shell() -> Shell:
    return Shell(
        load_actor=access_api.load_actor,
        sign_in_url="/sign-in",
        sign_out="access_pages.sign_out",
        account="access_pages.account",
        remember=access_pages.remember,
        bell=Bell("notice_pages.notices", "notice_pages.bell", notice_pages.unread_count),
    )
