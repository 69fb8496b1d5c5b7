"""What a rule did to a price, and why another did nothing, in words.

What HR wrote comes first and in the reader's language; then what it did, so that the steps can be
worked out again by hand.
"""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from ideals.kernel.money import Money
from ideals.kernel.said import Said, Texts, say
from ideals.kernel.said import say as _
from ideals.pricing.steering.conditions import fact_said, told
from ideals.pricing.steering.texts import ChangeKind, RuleText


class WhyNot(StrEnum):
    """Why a rule did nothing."""

    OTHERS = "others"
    IDLE = "idle"
    """A limit that had nothing to limit."""
    AFTER_LAST = "after_last"
    """Another before it does not combine."""
    NOT_KNOWN = "not_known"
    NO_RESULT = "no_result"


class NotApplied(NamedTuple):
    """A rule that did nothing to a price. `name` and `says` are its own; `about`: the code of the
    rule that was the last one, or the fact that is not known."""

    code: str
    name: Texts
    says: Texts
    why: Said
    kind: WhyNot
    about: str = ""


_LESS, _MORE = _("%(says)s (%(percent)s%% less)"), _("%(says)s (%(percent)s%% more)")
_OFF, _ON = _("%(says)s (%(amount)s less)"), _("%(says)s (%(amount)s more)")
_LIMITED = {
    ChangeKind.FIXED: _("%(says)s (set at %(amount)s)"),
    ChangeKind.FLOOR: _("%(says)s (at least %(amount)s)"),
    ChangeKind.CAP: _("%(says)s (at most %(amount)s)"),
}


def step_of(rule: RuleText) -> Said:
    says = Texts.of(rule.says)
    size = abs(rule.value)
    if rule.kind is ChangeKind.PERCENT:
        template = _LESS if rule.value < 0 else _MORE
        return say(template.template, says=says, percent=plain_number(size))
    if rule.kind is ChangeKind.AMOUNT:
        template = _OFF if rule.value < 0 else _ON
    else:
        template = _LIMITED[rule.kind]
    return say(template.template, says=says, amount=Money.of(size))


def not_met(rule: RuleText) -> NotApplied:
    condition = "" if rule.condition is None else told(rule.condition)
    return _not(rule, WhyNot.OTHERS, _("It is for others: %(condition)s", condition=condition))


def nothing_to_limit(rule: RuleText) -> NotApplied:
    amount = Money.of(rule.value)
    if rule.kind is ChangeKind.FLOOR:
        text = _("The price is not below %(amount)s anyway", amount=amount)
    else:
        text = _("The price is not above %(amount)s anyway", amount=amount)
    return _not(rule, WhyNot.IDLE, text)


def after_last(rule: RuleText, last: RuleText) -> NotApplied:
    text = _("%(rule)s does not combine with others", rule=Texts.of(last.name))
    return _not(rule, WhyNot.AFTER_LAST, text, last.code)


def not_known(rule: RuleText, fact: str) -> NotApplied:
    text = _("It goes by %(fact)s, which is not known", fact=fact_said(fact))
    return _not(rule, WhyNot.NOT_KNOWN, text, fact)


def no_result(rule: RuleText) -> NotApplied:
    return _not(rule, WhyNot.NO_RESULT, _("For whom it is could not be worked out"))


def told_again(rule: RuleText, kind: WhyNot, about: str, last: RuleText | None) -> NotApplied:
    """The same from what was kept of it. `last`: the rule that does not combine."""
    match kind:
        case WhyNot.OTHERS:
            return not_met(rule)
        case WhyNot.IDLE:
            return nothing_to_limit(rule)
        case WhyNot.AFTER_LAST if last is not None:
            return after_last(rule, last)
        case WhyNot.NOT_KNOWN:
            return not_known(rule, about)
    return no_result(rule)


def plain_number(value: Decimal) -> Decimal:
    """15 for 15.00."""
    return value.quantize(Decimal(1)) if value == value.to_integral_value() else value.normalize()


def _not(rule: RuleText, kind: WhyNot, why: Said, about: str = "") -> NotApplied:
    return NotApplied(rule.code, Texts.of(rule.name), Texts.of(rule.says), why, kind, about)
