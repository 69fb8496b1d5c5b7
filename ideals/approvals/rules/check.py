"""A policy document to a `Policy`, or to all its faults at once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal

from ideals.approvals.errors import PolicyRefused
from ideals.approvals.rules.conditions import read_condition
from ideals.approvals.rules.policies import (
    USUAL_DAYS,
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
from ideals.approvals.states import Kind
from ideals.kernel.actor import Role
from ideals.kernel.formula import Formula, Names
from ideals.kernel.said import say as _
from ideals.schemes.rules.check import describe, plain
from ideals.schemes.rules.document import Fault, Item, read
from ideals.schemes.rules.values import Values

KEYS = ("policy", "from", "name", "cases")
CASE_KEYS = ("code", "when", "says", "takes_effect", "steps", "check", "when_broken")
STEP_KEYS = ("who", "days", "then", "to")
CHECK_KEYS = ("share", *STEP_KEYS)
WHO_KEYS = (By.ROLE.value, By.PERSON.value)
SIDE_BY_SIDE = tuple(mode.value for mode in Mode)

MOST_CASES = 50
MOST_STAGES = 10
MOST_SIDE_BY_SIDE = 10
MOST_DAYS = 60
DECIDING_ROLES = (Role.HR, Role.HR_PRICES, Role.HR_DEALS, Role.PAYROLL)
"""The works council sees aggregates, and so decides about nobody."""
ALWAYS_LOOKED_AT = (Kind.TODO, Kind.CHECK, Kind.CONTEST)
"""Nothing here is done by nobody: neither at once, nor because days went by."""

_CODE = re.compile(r"[a-z][a-z0-9_]{0,39}")
_NUMBER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
_PERCENT = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,4})?) ?%")
_STAND_IN_DAY = date(2000, 1, 1)
_NOBODY = Who(By.ROLE, Role.HR)


def check(text: str, facts: Names) -> Policy | list[Fault]:
    """Every fault, in the order of the lines; or the policy, when there is none.

    `facts` are those of the document's kind: see `kind_of`.
    """
    reading = read(text, _("see the examples of policies"))
    if reading.root is None:
        return reading.faults
    checking = _Checking(text, reading.root, facts)
    checking.values.faults.extend(reading.faults)
    policy = checking.policy()
    faults = checking.values.faults
    return sorted(faults, key=lambda fault: (fault.line, fault.path)) if faults else policy


def checked(text: str, facts: Names) -> Policy:
    """The policy of a file's text, with its line ends made one kind. Raises `PolicyRefused`."""
    result = check(plain(text), facts)
    if isinstance(result, Policy):
        return result
    count = "a fault" if len(result) == 1 else f"{len(result)} faults"
    raise PolicyRefused(
        f"the policy has {count}:\n{describe(result)}",
        faults=[asdict(fault) for fault in result],
    )


def kind_of(text: str) -> Kind | None:
    """What a text says it is a policy of, before it is checked; `None` when that is no kind."""
    root = read(plain(text)).root
    said = (root.entries or {}).get("policy") if root else None
    return Kind(said.text) if said and said.text in set(Kind) else None


@dataclass(slots=True)
class _PolicyValues(Values):
    """The values that only policies have."""

    def day(self, item: Item | None) -> date:
        if item is None:
            return _STAND_IN_DAY
        text = item.text or ""
        try:
            day = date.fromisoformat(text)
        except ValueError:
            day = None
        if day is None or day.isoformat() != text:
            self.fault(item, item.what, _('a day is needed, written as "2026-12-01"'))
            return _STAND_IN_DAY
        return day

    def share(self, item: Item | None) -> Decimal:
        if item is None:
            return Decimal(1)
        match = _PERCENT.fullmatch(item.text or "")
        if match is None or Decimal(match[1]) > 100:
            self.fault(item, item.what, _("a percentage from 0% to 100% is needed, written as 10%"))
            return Decimal(1)
        return Decimal(match[1]).scaleb(-2)

    def code(self, item: Item | None) -> str:
        code = self.text(item)
        if item is not None and code and not _CODE.fullmatch(code):
            self.fault(
                item,
                _("%(key)s is not a code", key=repr(code[:60])),
                _("a code is small letters, digits and _, starts with a letter, at most 40 long"),
            )
        return code

    def listed(self, item: Item | None, most: int, empty: str) -> list[Item]:
        """What stands in a list; `empty`: what would be right when nothing does."""
        if item is None:
            return []
        if not item.items:
            self.fault(item, item.what, empty)
            return []
        if len(item.items) > most:
            self.fault(
                item.items[most],
                _("%(count)s in this list", count=f"{len(item.items):,}"),
                _("at most %(most)s", most=most),
            )
        return item.items[:most]


class _Checking:
    """One pass over one document."""

    def __init__(self, text: str, root: Item, facts: Names) -> None:
        self.text = text
        self.root = root
        self.facts = facts
        self.values = _PolicyValues()
        self.kind: Kind | None = None

    def policy(self) -> Policy:
        values = self.values
        entries = values.keys(self.root, KEYS, KEYS)
        named = entries.get("policy")
        kind = values.member(named, Kind, Kind.ORDER)
        self.kind = kind if named is not None and named.text == kind else None
        return Policy(
            kind,
            values.day(entries.get("from")),
            values.names(entries.get("name")),
            self._cases(entries.get("cases")),
            self.text,
        )

    # Cases ----------------------------------------------------------------------------------

    def _cases(self, item: Item | None) -> tuple[Case, ...]:
        items = self.values.listed(item, MOST_CASES, _("a policy has one case or more, as a list"))
        codes: dict[str, int] = {}
        conditions: dict[str, int] = {}
        cases = []
        for each in items:
            last = item is not None and each is (item.items or [each])[-1]
            entries = self.values.keys(each, CASE_KEYS, ("code", "says"))
            case = self._case(each, entries, last)
            self._check_once(entries.get("code"), case.code, codes)
            if case.condition is not None:
                source = " ".join(case.condition.source.split())
                self._check_once(entries.get("when"), source, conditions)
            cases.append(case)
        return tuple(cases)

    def _check_once(self, item: Item | None, text: str, seen: dict[str, int]) -> None:
        if item is None or not text:
            return
        if text in seen:
            self.values.fault(
                item,
                _("%(text)s again, first on line %(line)s", text=repr(text[:60]), line=seen[text]),
                _("give it once: of two alike the second could never count"),
            )
        seen.setdefault(text, item.line)

    def _case(self, item: Item, entries: Mapping[str, Item], last: bool) -> Case:
        values = self.values
        effect = values.member(entries.get("takes_effect"), Effect, Effect.BEFORE)
        if effect is not Effect.BEFORE and self.kind in ALWAYS_LOOKED_AT:
            values.fault(
                entries["takes_effect"],
                _("%(word)s in a policy of %(kind)s", word=effect.value, kind=self.kind.value),
                _("leave it out: somebody always looks at these"),
            )
        when_broken = values.member(entries.get("when_broken"), WhenBroken, WhenBroken.CHECK_ALL)
        self._check_parts(item, entries, effect, when_broken)
        return Case(
            code=values.code(entries.get("code")),
            condition=self._condition(item, entries.get("when"), last),
            says=values.names(entries.get("says")),
            effect=effect,
            stages=self._stages(entries.get("steps")),
            check=self._check(entries.get("check")),
            when_broken=when_broken,
        )

    def _condition(self, case: Item, item: Item | None, last: bool) -> Formula | None:
        if item is None:
            if not last and case.entries is not None:
                self.values.fault(
                    case,
                    _("a case without a condition, and cases below it"),
                    _("add `when`, or put it last: what stands below it could never count"),
                )
            return None
        if last:
            self.values.fault(
                item,
                _("a condition in the last case"),
                _("leave `when` out: the last case is for everything that is left"),
            )
            return None
        if self.kind is None:
            return None
        return read_condition(self.values, item, self.facts)

    def _check_parts(
        self, item: Item, entries: Mapping[str, Item], effect: Effect, when_broken: WhenBroken
    ) -> None:
        """Which of steps, check and when_broken a case must have, and which have no sense."""
        if item.entries is None:
            return
        if effect is Effect.BEFORE:
            self._must(item, entries, "steps", _("who decides? Add `steps`, or takes_effect"))
            self._must_not(entries, ("check", "when_broken"), effect)
        elif effect is Effect.AT_ONCE:
            self._must_not(entries, ("steps", "check", "when_broken"), effect)
        else:
            self._must(item, entries, "check", _("who checks, and how many? Add `check`"))
            if when_broken is WhenBroken.BEFORE:
                self._must(item, entries, "steps", _("who decides while trust is lost? Add steps"))
            elif "steps" in entries:
                self.values.fault(
                    entries["steps"],
                    _("steps beside takes_effect: after"),
                    _("add `when_broken: before`, for which they are, or leave them out"),
                )

    def _must(self, item: Item, entries: Mapping[str, Item], key: str, right: str) -> None:
        if key not in entries:
            self.values.faults.append(
                Fault(
                    f"{item.path}.{key}",
                    item.line,
                    _("the key %(key)s is missing", key=repr(key)),
                    right,
                )
            )

    def _must_not(self, entries: Mapping[str, Item], keys: tuple[str, ...], effect: Effect) -> None:
        for key in keys:
            if key in entries:
                self.values.fault(
                    entries[key],
                    _("%(key)s beside takes_effect: %(word)s", key=key, word=effect.value),
                    _("leave one of them out"),
                )

    # Stages and steps -----------------------------------------------------------------------

    def _stages(self, item: Item | None) -> tuple[Stage, ...]:
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

    def _check(self, item: Item | None) -> CheckTerms | None:
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
        words = [by.value for by in By if by.value not in WHO_KEYS]
        if item.entries is None:
            if item.text in WHO_KEYS:
                values.fault(
                    item,
                    item.what,
                    _("say which: {role: hr} or {person: NUMBER}"),
                )
                return _NOBODY
            return Who(By(values.choice(item, words, By.MANAGER.value)))
        entries = values.keys(item, WHO_KEYS)
        if len(entries) != 1:
            if len(entries) == len(item.entries):
                values.fault(item, item.what, _("one of {role: hr} and {person: NUMBER}"))
            return _NOBODY
        if "role" in entries:
            roles = [role.value for role in DECIDING_ROLES]
            return Who(By.ROLE, values.choice(entries["role"], roles, Role.HR.value))
        return Who(By.PERSON, self._number(entries["person"]))

    def _number(self, item: Item) -> str:
        text = item.text or ""
        if not _NUMBER.fullmatch(text):
            self.values.fault(item, item.what, _("a personnel number is needed"))
        return text
