"""A policy document to a `Policy`, or to all its faults at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

from ideals.approvals.errors import PolicyRefused
from ideals.approvals.rules.conditions import read_condition
from ideals.approvals.rules.policies import Case, Effect, Policy, WhenBroken
from ideals.approvals.rules.steps import ALWAYS_LOOKED_AT, StepReader
from ideals.approvals.rules.values import PolicyValues
from ideals.approvals.states import Kind
from ideals.kernel.formula import Formula, Names
from ideals.kernel.said import say as _
from ideals.schemes.rules.check import describe, plain
from ideals.schemes.rules.document import Fault, Item, read

KEYS = ("policy", "from", "name", "cases")
CASE_KEYS = ("code", "when", "says", "takes_effect", "steps", "check", "when_broken")
MOST_CASES = 50


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


class _Checking:
    """One pass over one document."""

    def __init__(self, text: str, root: Item, facts: Names) -> None:
        self.text = text
        self.root = root
        self.facts = facts
        self.values = PolicyValues()

    def policy(self) -> Policy:
        values = self.values
        entries = values.keys(self.root, KEYS, KEYS)
        named = entries.get("policy")
        kind = values.member(named, Kind, Kind.ORDER)
        self.kind = kind if named is not None and named.text == kind else None
        self.steps = StepReader(values, self.kind)
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
        said = entries.get("takes_effect")
        if said is None or said.text == effect:
            self._check_parts(item, entries, effect, when_broken)
        return Case(
            code=values.code(entries.get("code")),
            condition=self._condition(item, entries.get("when"), last),
            says=values.names(entries.get("says")),
            effect=effect,
            stages=self.steps.stages(entries.get("steps")),
            check=self.steps.check_terms(entries.get("check")),
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
