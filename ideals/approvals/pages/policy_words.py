"""A policy told in sentences, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from flask_babel import LazyString, gettext, lazy_gettext, ngettext

from ideals.approvals.pages.words import ROLES, says_of
from ideals.approvals.queries import FACTS, FactSaid
from ideals.approvals.queries.trials import Way
from ideals.approvals.rules import (
    By,
    Case,
    CheckTerms,
    Effect,
    Mode,
    Policy,
    Stage,
    Step,
    Then,
    WhenBroken,
    Who,
)
from ideals.approvals.rules.facts import COMMON
from ideals.approvals.states import Kind
from ideals.kernel.actor import SYSTEM, Role
from ideals.kernel.formula import Formula
from ideals.kernel.formula import Kind as FactKind
from ideals.kernel.formula.tree import Binary, Constant, Member, Name, Node, Not, Value
from ideals.kernel.money import Money
from ideals.web import formats
from ideals.web.language import language

KINDS: Mapping[Kind, LazyString] = {
    Kind.ORDER: lazy_gettext("Orders"),
    Kind.DEAL: lazy_gettext("Deals"),
    Kind.PRICE_RULE: lazy_gettext("Price rules"),
    Kind.EVIDENCE: lazy_gettext("Evidence"),
    Kind.TODO: lazy_gettext("Tasks for HR"),
    Kind.CHECK: lazy_gettext("Checks afterwards"),
    Kind.CONTEST: lazy_gettext("Contested checks"),
}
KIND_NOTES: Mapping[Kind, LazyString] = {
    Kind.ORDER: lazy_gettext("Who agrees before something is bought from a budget."),
    Kind.DEAL: lazy_gettext("Who else must agree to what an employee and a manager agreed."),
    Kind.PRICE_RULE: lazy_gettext("Who agrees before HR changes what something costs."),
    Kind.EVIDENCE: lazy_gettext("Who looks at what is handed in with an order."),
    Kind.TODO: lazy_gettext("Who sees to what has to be done by hand."),
    Kind.CHECK: lazy_gettext("Who looks afterwards at what took effect at once."),
    Kind.CONTEST: lazy_gettext("Who looks again when somebody does not agree with a check."),
}
EFFECTS: Mapping[Effect, LazyString] = {
    Effect.BEFORE: lazy_gettext("After somebody has agreed"),
    Effect.AFTER: lazy_gettext("At once, and a share is checked afterwards"),
    Effect.AT_ONCE: lazy_gettext("At once, and nobody is asked"),
}
WHO: Mapping[By, LazyString] = {
    By.MANAGER: lazy_gettext("the manager"),
    By.MANAGERS_MANAGER: lazy_gettext("the manager's manager"),
    By.UNIT_OWNER: lazy_gettext("the owner of the unit"),
    By.MANDATE: lazy_gettext("who holds the unit's mandate"),
}
THEN: Mapping[Then, LazyString] = {
    Then.REMIND: lazy_gettext("remind, and tell HR"),
    Then.ESCALATE: lazy_gettext("hand it to the next"),
    Then.APPROVE: lazy_gettext("it counts as agreed"),
    Then.REFUSE: lazy_gettext("it counts as refused"),
}
WHEN_BROKEN: Mapping[WhenBroken, LazyString] = {
    WhenBroken.CHECK_ALL: lazy_gettext("check all of that person's cases"),
    WhenBroken.BEFORE: lazy_gettext("decide before, until trust is back"),
}
COMMON_FACTS: Mapping[str, FactSaid] = {
    "amount": FactSaid(COMMON["amount"], lazy_gettext("the amount in euros")),
    "unit": FactSaid(COMMON["unit"], lazy_gettext("the unit, as a path such as Bank/Retail")),
    "scale": FactSaid(COMMON["scale"], lazy_gettext("the salary scale")),
    "part_time_factor": FactSaid(COMMON["part_time_factor"], lazy_gettext("the part-time factor")),
    "weekly_hours": FactSaid(COMMON["weekly_hours"], lazy_gettext("the hours a week")),
    "years_of_service": FactSaid(
        COMMON["years_of_service"], lazy_gettext("the whole years of service")
    ),
    "asked_by": FactSaid(
        COMMON["asked_by"],
        lazy_gettext("who asks"),
        {
            "employee": lazy_gettext("the employee"),
            "manager": lazy_gettext("the manager"),
            "hr": lazy_gettext("HR"),
            "system": lazy_gettext("the system"),
        },
    ),
    "trusted": FactSaid(
        COMMON["trusted"], lazy_gettext("nothing was found broken since trust was last restored")
    ),
}
TODO_FACTS: Mapping[str, FactSaid] = {
    "about": FactSaid(
        FactKind.TEXT,
        lazy_gettext("what the task is about"),
        {
            "payroll": lazy_gettext("a line that payroll sent back"),
            "deal": lazy_gettext("a deal that was not kept"),
            "other": lazy_gettext("something else"),
        },
    )
}
COMPARED: Mapping[str, LazyString] = {
    "<=": lazy_gettext("%(what)s is at most %(value)s"),
    "<": lazy_gettext("%(what)s is less than %(value)s"),
    ">=": lazy_gettext("%(what)s is at least %(value)s"),
    ">": lazy_gettext("%(what)s is more than %(value)s"),
    "==": lazy_gettext("%(what)s is %(value)s"),
    "!=": lazy_gettext("%(what)s is not %(value)s"),
}
UNREADABLE = (lazy_gettext("cannot be read any more: what comes built in holds"), "bad")
_MIRRORED = {"<=": ">=", "<": ">", ">=": "<=", ">": "<", "==": "==", "!=": "!="}
_AMOUNTS = ("amount",)


def facts_said(kind: Kind) -> dict[str, FactSaid]:
    """The facts of a kind with their meaning: its own first."""
    own = TODO_FACTS if kind is Kind.TODO else FACTS.get(kind) or {}
    return {**own, **COMMON_FACTS}


def who_did(name: str) -> str:
    return gettext("the system") if name == SYSTEM.name else name


@dataclass(frozen=True, slots=True)
class Telling:
    """Tells the policies of one kind. `people`: names by personnel number."""

    kind: Kind
    people: Mapping[str, str]

    # Conditions -----------------------------------------------------------------------------

    def condition(self, formula: Formula | None) -> str:
        """`When the amount is at most € 250,00`; empty for a case without a condition."""
        if formula is None:
            return ""
        return str(gettext("When %(this)s", this=self._said(formula.root, formula.source)))

    def _said(self, node: Node, source: str) -> str:
        match node:
            case Binary(operator="and" | "or" as word, left=left, right=right):
                one, other = self._inner(left, word, source), self._inner(right, word, source)
                if word == "and":
                    return str(gettext("%(one)s and %(other)s", one=one, other=other))
                return str(gettext("%(one)s or %(other)s", one=one, other=other))
            case Binary(operator=sign, left=Name(name=name), right=Constant(value=value)):
                return self._compared(sign, name, value, node, source)
            case Binary(operator=sign, left=Constant(value=value), right=Name(name=name)):
                return self._compared(_MIRRORED.get(sign, ""), name, value, node, source)
            case Member(needle=Name(name=name), options=options, negated=negated):
                values = ", ".join(self._value(name, option.value) for option in options)
                if negated:
                    return str(
                        gettext(
                            "%(what)s is none of: %(values)s", what=self._fact(name), values=values
                        )
                    )
                return str(
                    gettext("%(what)s is one of: %(values)s", what=self._fact(name), values=values)
                )
            case Name(name=name):
                return self._fact(name)
            case Not(operand=operand):
                return str(gettext("it is not so that %(this)s", this=self._said(operand, source)))
        return source[node.at.start : node.at.end]

    def _inner(self, node: Node, word: str, source: str) -> str:
        said = self._said(node, source)
        mixed = (
            isinstance(node, Binary) and node.operator in ("and", "or") and node.operator != word
        )
        return f"({said})" if mixed else said

    def _compared(self, sign: str, name: str, value: Value, node: Node, source: str) -> str:
        words = COMPARED.get(sign)
        if words is None:
            return source[node.at.start : node.at.end]
        return str(words) % {"what": self._fact(name), "value": self._value(name, value)}

    def _fact(self, name: str) -> str:
        if name in _AMOUNTS:
            return str(gettext("the amount"))
        said = facts_said(self.kind).get(name)
        return str(said.label) if said else name

    def value(self, name: str, value: Value | None) -> str:
        """A fact as it was kept; empty where it was not."""
        return "" if value is None else self._value(name, value)

    def _value(self, name: str, value: Value) -> str:
        if isinstance(value, bool):
            return str(gettext("yes") if value else gettext("no"))
        if isinstance(value, Decimal):
            if name in _AMOUNTS and value == round(value, 2):
                return formats.money(Money.of(value))
            return formats.number(value, 0, most=6)
        said = facts_said(self.kind).get(name)
        return str(said.options.get(value, value)) if said else value

    def name(self, policy: Policy) -> str:
        return policy.names.get(language()) or next(iter(policy.names.values()))

    def says(self, case: Case) -> str:
        """As HR wrote it, in the reader's language where it is there."""
        return says_of(case, language())

    # What happens ---------------------------------------------------------------------------

    def who(self, who: Who) -> str:
        match who.by:
            case By.ROLE:
                return str(ROLES[Role(who.value)])
            case By.PERSON:
                return self.people.get(who.value) or gettext(
                    "employee %(number)s", number=who.value
                )
        return str(WHO[who.by])

    def outcome(self, case: Case) -> str:
        """What a case does, as one sentence without its end."""
        if case.effect is Effect.AT_ONCE:
            return str(gettext("takes effect at once, and nobody is asked"))
        if case.effect is Effect.BEFORE:
            return self.deciders(case.stages)
        assert case.check is not None  # noqa: S101  the check of documents sees to it
        return str(gettext("takes effect at once; %(check)s", check=self.check(case.check)))

    def sentence(self, case: Case, *, first: bool = False) -> str:
        """The whole of it: `When ..., it takes effect at once; 10% is checked by the manager`."""
        when = self.condition(case.condition) or (
            gettext("Always") if first else gettext("In all other cases")
        )
        return f"{when}: {self.outcome(case)}."

    def check(self, terms: CheckTerms) -> str:
        return str(
            gettext(
                "%(share)s is checked afterwards by %(who)s",
                share=formats.percent(terms.share),
                who=self.who(terms.step.who),
            )
        )

    def deciders(self, stages: tuple[Stage, ...]) -> str:
        """`first decide: the manager, then HR`."""
        told = [self._stage(stage) for stage in stages]
        decide = told[0]
        for later in told[1:]:
            decide = gettext("%(one)s, then %(other)s", one=decide, other=later)
        if len(stages) == 1 and len(stages[0].steps) == 1:
            return str(gettext("%(who)s decides", who=decide))
        return str(gettext("first decide: %(who)s", who=decide))

    def _stage(self, stage: Stage) -> str:
        names = [self.who(step.who) for step in stage.steps]
        if len(names) == 1:
            return names[0]
        rest, last = ", ".join(names[:-1]), names[-1]
        if stage.mode is Mode.ALL:
            return str(gettext("%(some)s and %(last)s, who must all agree", some=rest, last=last))
        return str(gettext("%(some)s or %(last)s, whoever is first", some=rest, last=last))

    def step(self, step: Step) -> str:
        """Who, how long, and what then: one line of a list."""
        days = ngettext("%(num)s working day", "%(num)s working days", step.days)
        return str(
            gettext(
                "%(who)s, within %(days)s; after that %(then)s",
                who=self.who(step.who),
                days=days,
                then=self.then(step),
            )
        )

    def then(self, step: Step) -> str:
        match step.then:
            case Then.REMIND:
                return str(gettext("they are reminded and HR is told"))
            case Then.APPROVE:
                return str(gettext("it counts as agreed"))
            case Then.REFUSE:
                return str(gettext("it counts as refused"))
        if step.to is None:
            return str(gettext("it goes to their manager"))
        return str(gettext("it goes to %(who)s", who=self.who(step.to)))

    def mode(self, stage: Stage) -> str:
        if stage.mode is Mode.ALL:
            return str(gettext("Side by side: everybody must agree"))
        return str(gettext("Side by side: the first decision counts"))

    def broken(self, case: Case) -> str:
        """What follows a check that finds something broken."""
        if case.when_broken is WhenBroken.CHECK_ALL:
            return str(
                gettext(
                    "When a check finds it was not kept, all further cases of that person are "
                    "checked, until one was kept."
                )
            )
        return str(
            gettext(
                "When a check finds it was not kept, further cases of that person are decided "
                "before they take effect, until one was kept: %(who)s.",
                who=self.deciders(case.stages),
            )
        )

    def way(self, way: Way) -> str:
        """Where cases go, short enough for a table."""
        if way.effect is Effect.AT_ONCE:
            return str(gettext("At once, nobody is asked"))
        if way.check is not None:
            return str(gettext("At once; %(check)s", check=self.check(way.check)))
        told = [self._stage(stage) for stage in way.stages]
        line = told[0]
        for later in told[1:]:
            line = gettext("%(one)s, then %(other)s", one=line, other=later)
        return line[:1].upper() + line[1:]


# Differences


def differences(
    telling: Telling, old: Policy, new: Policy
) -> list[tuple[str, str | None, str | None]]:
    """(the case, before, after) for the `changes` macro: by code; moved cases are told too."""
    before = {case.code: telling.sentence(case) + _steps(telling, case) for case in old.cases}
    after = {case.code: telling.sentence(case) + _steps(telling, case) for case in new.cases}
    told: list[tuple[str, str | None, str | None]] = [
        (code, before.get(code), after.get(code))
        for code in (*after, *(code for code in before if code not in after))
        if before.get(code) != after.get(code)
    ]
    both = [code for code in after if code in before]
    order = [code for code in before if code in after]
    if both != order:
        told.append((gettext("Order of the cases"), ", ".join(order), ", ".join(both)))
    return told


def _steps(telling: Telling, case: Case) -> str:
    steps = [telling.step(step) for stage in case.stages for step in stage.steps]
    if case.check is not None:
        steps.append(telling.step(case.check.step))
        steps.append(str(WHEN_BROKEN[case.when_broken]))
    return f" ({'; '.join(steps)})" if steps else ""


def holds(line_from: date, next_from: date | None, today: date) -> tuple[str, str]:
    """Whether a published version holds, in a word, and its colour."""
    if line_from > today:
        return gettext("to come"), "wait"
    if next_from is not None and next_from <= today:
        return gettext("replaced"), "plain"
    return gettext("in force"), "good"


def last_day(next_from: date) -> date:
    return next_from - timedelta(days=1)
