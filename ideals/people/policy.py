"""Who may see whom, and who may send files. Pure questions; `queries` asks them with the facts."""

from __future__ import annotations

from ideals.kernel.actor import Actor, Role


def may_see_person(actor: Actor, employee_id: int, *, manages: bool) -> bool:
    """Oneself, one's reports on the day asked about (`manages`), and HR everybody."""
    return is_self(actor, employee_id) or manages or actor.has(Role.HR)


def may_see_facts(actor: Actor, employee_id: int) -> bool:
    """Salary, sickness, birth date: oneself and HR. A manager sees a report without them."""
    return is_self(actor, employee_id) or actor.has(Role.HR)


def may_see_everybody(actor: Actor) -> bool:
    return actor.has(Role.HR)


def may_import(actor: Actor) -> bool:
    return actor.has(Role.HR)


def is_self(actor: Actor, employee_id: int) -> bool:
    return actor.employee_id is not None and actor.employee_id == employee_id


def may_keep_units(actor: Actor) -> bool:
    return actor.has(Role.HR)


def may_keep_week(actor: Actor, employee_id: int) -> bool:
    """Oneself, and HR for everybody."""
    return is_self(actor, employee_id) or actor.has(Role.HR)


def may_find_colleagues(actor: Actor) -> bool:
    """By name, with number and unit and nothing else: employees, and HR."""
    return actor.employee_id is not None or actor.has(Role.HR)
