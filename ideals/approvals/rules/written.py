"""The text of a policy, from plain data and back: what an editor's form holds.

The plain data has the shape of the document: mappings, lists, texts and whole numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import yaml

from ideals.approvals.rules.policies import (
    Case,
    CheckTerms,
    Effect,
    Policy,
    Stage,
    Step,
    Then,
    WhenBroken,
    Who,
)

ORDER = (
    "policy", "from", "name", "cases",
    "code", "when", "says", "takes_effect",
    "share", "who", "days", "then", "to",
    "check", "when_broken", "steps", "all", "any",
    "role", "person",
)  # fmt: skip
"""Keys as they are written; others come behind, as they were given."""
_NEVER_FOLDED = 1_000_000


class _OnOneLine(dict[str, Any]):
    """A step or the terms of a check: short, and best read across."""


class _Dumper(yaml.SafeDumper):
    """Lists stand further in than their key, and the same text twice is written twice."""

    def ignore_aliases(self, _data: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, indentless and flow)


_Dumper.add_representer(
    _OnOneLine,
    lambda dumper, data: dumper.represent_mapping(
        "tag:yaml.org,2002:map", data.items(), flow_style=True
    ),
)


def text_of(plain: Mapping[str, Any]) -> str:
    """The document of plain data. What is empty is left out; whether it is a policy at all is for
    `check` to say, so that a half-filled form has a text and faults with their paths."""
    return yaml.dump(
        _ordered(plain),
        Dumper=_Dumper,
        default_flow_style=False,
        sort_keys=False,
        allow_unicode=True,
        width=_NEVER_FOLDED,
    )


def has_remarks(text: str) -> bool:
    """Whether a document that can be read holds comments, which its plain data loses."""
    told, last = [], 0
    for token in yaml.scan(text, Loader=yaml.CSafeLoader):
        if isinstance(token, yaml.ScalarToken):
            told.append(text[last : token.start_mark.index])
            last = token.end_mark.index
            if token.style in ("|", ">"):  # beside the sign that such a text begins with
                told.append(text[token.start_mark.index : last].partition("\n")[0])
    return "#" in "".join([*told, text[last:]])


def plain_of(policy: Policy) -> dict[str, Any]:
    """What `text_of` was given, with nothing said that would hold anyway."""
    return {
        "policy": policy.kind.value,
        "from": policy.starts_on.isoformat(),
        "name": dict(policy.names),
        "cases": [_case(case) for case in policy.cases],
    }


def _case(case: Case) -> dict[str, Any]:
    plain: dict[str, Any] = {"code": case.code}
    if case.condition is not None:
        plain["when"] = case.condition.source
    plain["says"] = dict(case.says)
    if case.effect is not Effect.BEFORE:
        plain["takes_effect"] = case.effect.value
    if case.check is not None:
        plain["check"] = _check(case.check)
    if case.when_broken is not WhenBroken.CHECK_ALL:
        plain["when_broken"] = case.when_broken.value
    if case.stages:
        plain["steps"] = [_stage(stage) for stage in case.stages]
    return plain


def _check(check: CheckTerms) -> dict[str, Any]:
    percent = check.share.scaleb(2).normalize()
    return {"share": f"{percent:f}%", **_step(check.step)}


def _stage(stage: Stage) -> dict[str, Any]:
    steps = [_step(step) for step in stage.steps]
    return steps[0] if len(steps) == 1 else {stage.mode.value: steps}


def _step(step: Step) -> dict[str, Any]:
    plain: dict[str, Any] = {"who": _who(step.who), "days": step.days}
    if step.then is not Then.REMIND:
        plain["then"] = step.then.value
    if step.to is not None:
        plain["to"] = _who(step.to)
    return plain


def _who(who: Who) -> str | dict[str, str]:
    return {who.by.value: who.value} if who.value else who.by.value


def _ordered(value: Any) -> Any:
    """Keys in their order, texts with one kind of line end and no space around, nothing empty."""
    if isinstance(value, Mapping):
        known = [key for key in ORDER if key in value]
        keys = [*known, *(key for key in value if key not in known)]
        made = {str(key): _ordered(value[key]) for key in keys}
        kept = {key: each for key, each in made.items() if not _is_empty(each)}
        return _OnOneLine(kept) if "who" in kept else kept
    if isinstance(value, str):
        return "\n".join(value.splitlines()).strip()
    if isinstance(value, Iterable):
        return [_ordered(each) for each in value]
    return value


def _is_empty(value: Any) -> bool:
    return value is None or value in ("", [], {})
