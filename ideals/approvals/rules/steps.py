"""Who decides, read from a document: stages, steps, and the terms of a check."""

from __future__ import annotations

from collections.abc import Mapping

from ideals.approvals.rules.policies import (
    USUAL_DAYS,
    By,
    CheckTerms,
    Mode,
    Stage,
    Step,
    Then,
    Who,
)
from ideals.approvals.rules.values import PolicyValues
from ideals.approvals.states import Kind
from ideals.kernel.actor import Role
from ideals.kernel.said import say as _
from ideals.schemes.rules.document import Item

STEP_KEYS = ("who", "days", "then", "to")
CHECK_KEYS = ("share", *STEP_KEYS)
WHO_KEYS = (By.ROLE.value, By.PERSON.value)
WHO_WORDS = tuple(by.value for by in By if by.value not in WHO_KEYS)
SIDE_BY_SIDE = tuple(mode.value for mode in Mode)

MOST_STAGES = 10
MOST_SIDE_BY_SIDE = 10
MOST_DAYS = 60
DECIDING_ROLES = (Role.HR, Role.HR_PRICES, Role.HR_DEALS, Role.PAYROLL)
"""The works council sees aggregates, and so decides about nobody."""
ALWAYS_LOOKED_AT = (Kind.PRICE_RULE, Kind.EVIDENCE, Kind.TODO, Kind.CHECK, Kind.CONTEST)
"""Nothing here is done by nobody: neither at once, nor because days went by."""

_NOBODY = Who(By.ROLE, Role.HR)


class StepReader:
    """`kind`: of the policy, `None` when it is not readable."""

    def __init__(self, values: PolicyValues, kind: Kind | None) -> None:
        self.values = values
        self.kind = kind

    def stages(self, item: Item | None) -> tuple[Stage, ...]:
        items = self.values.listed(item, MOST_STAGES, _("one step or more, as a list"))
        return tuple(self._stage(each) for each in items)

    def _stage(self, item: Item) -> Stage:
        mode = next((key for key in SIDE_BY_SIDE if key in (item.entries or {})), None)
        if mode is None:
            return Stage(Mode.ALL, (self._step(item),))
        inner = self.values.keys(item, (mode,)).get(mode)
        items = self.values.listed(inner, MOST_SIDE_BY_SIDE, _("two steps or more, as a list"))
        if len(items) == 1:
            self.values.fault(
                items[0],
                _("one step under %(mode)s", mode=mode),
                _("two steps or more stand side by side; write a single one by itself"),
            )
        steps = tuple(self._step(each) for each in items)
        for each, step in zip(items, steps, strict=True):
            twin = next(other for other in steps if other.who == step.who)
            if twin is not step and each.entries and "who" in each.entries:
                self.values.fault(
                    each.entries["who"],
                    _("%(who)s twice side by side", who=str(step.who)),
                    _("name somebody once: the same person cannot decide twice"),
                )
        return Stage(Mode(mode), steps)

    def check_terms(self, item: Item | None) -> CheckTerms | None:
        if item is None:
            return None
        entries = self.values.keys(item, CHECK_KEYS, ("share", "who"))
        step = self._terms(entries)
        if step.then in (Then.APPROVE, Then.REFUSE):
            self._refuse_silence(entries["then"], step.then, Kind.CHECK)
        return CheckTerms(self.values.share(entries.get("share")), step)

    def _step(self, item: Item) -> Step:
        entries = self.values.keys(item, STEP_KEYS, ("who",))
        step = self._terms(entries)
        if step.then in (Then.APPROVE, Then.REFUSE) and self.kind in ALWAYS_LOOKED_AT:
            self._refuse_silence(entries["then"], step.then, self.kind)
        return step

    def _refuse_silence(self, item: Item, then: Then, kind: Kind) -> None:
        self.values.fault(
            item,
            _("%(then)s without anybody's look, for a %(kind)s", then=then.value, kind=kind.value),
            _("remind or escalate: that days went by is no finding"),
        )

    def _terms(self, entries: Mapping[str, Item]) -> Step:
        values = self.values
        who = self._who(entries.get("who"))
        then = values.member(entries.get("then"), Then, Then.REMIND)
        to = self._who(entries["to"]) if "to" in entries else None
        if to is not None and then is not Then.ESCALATE:
            values.fault(
                entries["to"],
                _("`to` beside then: %(then)s", then=then.value),
                _("`to` says to whom a step escalates; add `then: escalate` or leave it out"),
            )
        elif to is not None and to == who:
            values.fault(
                entries["to"],
                _("%(who)s, who has it already", who=str(to)),
                _("escalate to somebody else"),
            )
        elif then is Then.ESCALATE and to is None and who.by is By.ROLE:
            values.fault(
                entries["then"],
                _("a role escalates to nobody: it has no manager"),
                _("add `to`, such as to: {person: NUMBER}, or remind"),
            )
        days = values.whole(entries.get("days"), 1, MOST_DAYS, USUAL_DAYS)
        return Step(who, days, then, to)

    def _who(self, item: Item | None) -> Who:
        """`manager` and the like, `{role: hr}` or `{person: "1001"}`."""
        if item is None:
            return _NOBODY
        values = self.values
        if item.entries is None:
            if item.text in WHO_KEYS:
                values.fault(
                    item,
                    item.what,
                    _("say which: {role: hr} or {person: NUMBER}"),
                )
                return _NOBODY
            return Who(By(values.choice(item, WHO_WORDS, By.MANAGER.value)))
        entries = values.keys(item, WHO_KEYS)
        if len(entries) != 1:
            if len(entries) == len(item.entries):
                values.fault(item, item.what, _("one of {role: hr} and {person: NUMBER}"))
            return _NOBODY
        if "role" in entries:
            roles = [role.value for role in DECIDING_ROLES]
            return Who(By.ROLE, values.choice(entries["role"], roles, Role.HR.value))
        return Who(By.PERSON, values.number_of_person(entries["person"]))
