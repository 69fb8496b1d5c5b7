"""The editor's form: a policy as fields, and the fields as a document again.

Lists are numbered: `cases-0-stages-1-steps-0-who` is the name of a field and its id on the page. A
half-filled form is a form too: it makes a text, and the check says what is wrong with it. What has
no sense where it stands (steps of a case that takes effect at once) is left out of the text.

A text that the form would not write again with the same meaning and every remark is not shown as a
form, so that saving a form loses nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ideals.approvals.rules import (
    By,
    Effect,
    Fault,
    Mode,
    Then,
    WhenBroken,
    has_remarks,
    text_of,
)
from ideals.approvals.rules.policies import USUAL_DAYS
from ideals.approvals.rules.steps import DECIDING_ROLES
from ideals.schemes.rules.document import Item, read

LANGUAGES = ("nl", "en")
MOST = 60
"""More of a list than this no form sends; the check refuses fewer already."""
BY_ITSELF = (By.MANAGER, By.MANAGERS_MANAGER, By.UNIT_OWNER, By.MANDATE)
ROLE = f"{By.ROLE}:"


@dataclass(slots=True)
class StepFields:
    """`who`: a word, `role:hr`, or `person` with the number beside it; so is `to`, empty for who
    comes next by itself."""

    who: str = By.MANAGER.value
    number: str = ""
    days: str = str(USUAL_DAYS)
    then: str = Then.REMIND.value
    to: str = ""
    to_number: str = ""


@dataclass(slots=True)
class StageFields:
    steps: list[StepFields]
    mode: str = Mode.ALL.value


@dataclass(slots=True)
class CaseFields:
    code: str = ""
    when: str = ""
    says: dict[str, str] = field(default_factory=dict)
    takes_effect: str = Effect.BEFORE.value
    share: str = "10%"
    check: StepFields = field(default_factory=lambda: StepFields(days="10"))
    when_broken: str = WhenBroken.CHECK_ALL.value
    stages: list[StageFields] = field(default_factory=list)

    @property
    def has_steps(self) -> bool:
        if self.takes_effect == Effect.AFTER:
            return self.when_broken == WhenBroken.BEFORE
        return self.takes_effect != Effect.AT_ONCE


@dataclass(slots=True)
class PolicyFields:
    starts_on: str = ""
    name: dict[str, str] = field(default_factory=dict)
    cases: list[CaseFields] = field(default_factory=list)


# A document as fields


class _NotShownError(Exception):
    """The form has no field for something in the text."""


def fields_of(kind: str, text: str) -> PolicyFields | None:
    """`None`: the text is no document, or says something that the form would lose."""
    reading = read(text)
    if reading.root is None or reading.faults or has_remarks(text):
        return None
    try:
        fields = _policy(reading.root)
    except _NotShownError:
        return None
    again = _meaning(read(document_of(kind, fields)).root)
    return fields if again == {"policy": kind, **_meaning(reading.root)} else None


_USUAL = {
    "takes_effect": Effect.BEFORE.value,
    "when_broken": WhenBroken.CHECK_ALL.value,
    "days": str(USUAL_DAYS),
    "then": Then.REMIND.value,
}


def _meaning(item: Item | None) -> Any:
    """What a document says, without what is empty or would hold if it were not said."""
    if item is None:
        return None
    if item.items is not None:
        return [_meaning(each) for each in item.items]
    if item.entries is not None:
        said = {key: _meaning(each) for key, each in item.entries.items()}
        return {key: each for key, each in said.items() if each and each != _USUAL.get(key)}
    return (item.text or "").strip()


def _policy(item: Item) -> PolicyFields:
    keys = _keys(item, "policy", "from", "name", "cases")
    return PolicyFields(
        _text(keys.get("from")),
        _texts(keys.get("name")),
        [_case(each) for each in _items(keys.get("cases"))],
    )


def _case(item: Item) -> CaseFields:
    keys = _keys(
        item, "code", "when", "says", "takes_effect", "check", "when_broken", "steps", empty=True
    )
    made = CaseFields(
        code=_text(keys.get("code")),
        when=_text(keys.get("when")),
        says=_texts(keys.get("says")),
        takes_effect=_text(keys.get("takes_effect")) or Effect.BEFORE,
        when_broken=_text(keys.get("when_broken")) or WhenBroken.CHECK_ALL,
        stages=[_stage(each) for each in _items(keys.get("steps"))],
    )
    if made.takes_effect == Effect.AFTER and "check" not in keys:
        made.share, made.check = "", StepFields(who="", days="")
    if "check" in keys:
        made.share = _text((keys["check"].entries or {}).get("share"))
        made.check = _step(keys["check"], "share")
    if made.takes_effect not in set(Effect) or made.when_broken not in set(WhenBroken):
        raise _NotShownError
    return made


def _stage(item: Item) -> StageFields:
    mode = next((mode.value for mode in Mode if mode in (item.entries or {})), None)
    if mode is None:
        return StageFields([_step(item)])
    return StageFields([_step(each) for each in _items(_keys(item, mode)[mode])], mode)


def _step(item: Item, *also: str) -> StepFields:
    keys = _keys(item, "who", "days", "then", "to", *also, empty=True)
    who, number = _who(keys.get("who"))
    to, to_number = _who(keys.get("to"))
    days = _text(keys["days"]) if "days" in keys else str(USUAL_DAYS)
    then = _text(keys["then"]) if "then" in keys else Then.REMIND.value
    if then not in set(Then):
        raise _NotShownError
    return StepFields(who, number, days, then, to, to_number)


def _who(item: Item | None) -> tuple[str, str]:
    if item is None:
        return "", ""
    if item.entries is None:
        text = _text(item)
        if text not in BY_ITSELF:
            raise _NotShownError
        return text, ""
    keys = _keys(item, By.ROLE, By.PERSON)
    if len(keys) != 1:
        raise _NotShownError
    if By.ROLE in keys:
        if _text(keys[By.ROLE]) not in DECIDING_ROLES:
            raise _NotShownError
        return f"{ROLE}{_text(keys[By.ROLE])}", ""
    return By.PERSON.value, _text(keys[By.PERSON])


def _keys(item: Item, *known: str, empty: bool = False) -> Mapping[str, Item]:
    if empty and item.entries is None and item.text == "":
        return {}
    if item.entries is None or not item.entries.keys() <= set(known):
        raise _NotShownError
    return item.entries


def _items(item: Item | None) -> list[Item]:
    if item is None:
        return []
    if item.items is None:
        raise _NotShownError
    return item.items


def _text(item: Item | None) -> str:
    """Fields have one line."""
    if item is None:
        return ""
    if item.text is None or "\n" in item.text.strip():
        raise _NotShownError
    return item.text.strip()


def _texts(item: Item | None) -> dict[str, str]:
    return {} if item is None else {k: _text(v) for k, v in _keys(item, *LANGUAGES).items()}


# Fields as a document


def document_of(kind: str, fields: PolicyFields) -> str:
    return text_of(
        {
            "policy": kind,
            "from": fields.starts_on,
            "name": fields.name,
            "cases": [_case_plain(case) for case in fields.cases],
        }
    )


def _case_plain(case: CaseFields) -> dict[str, Any]:
    plain: dict[str, Any] = {"code": case.code, "when": case.when, "says": case.says}
    if case.takes_effect != Effect.BEFORE:
        plain["takes_effect"] = case.takes_effect
    if case.takes_effect == Effect.AFTER:
        plain["check"] = {"share": case.share, **_step_plain(case.check)}
        if case.when_broken != WhenBroken.CHECK_ALL:
            plain["when_broken"] = case.when_broken
    if case.has_steps:
        plain["steps"] = [_stage_plain(stage) for stage in case.stages]
    return plain


def _stage_plain(stage: StageFields) -> dict[str, Any]:
    steps = [_step_plain(step) for step in stage.steps]
    return steps[0] if len(steps) == 1 else {stage.mode: steps}


def _step_plain(step: StepFields) -> dict[str, Any]:
    days = int(step.days) if re.fullmatch(r"[0-9]{1,3}", step.days) else step.days
    plain: dict[str, Any] = {"who": _who_plain(step.who, step.number), "days": days}
    if step.then != Then.REMIND:
        plain["then"] = step.then
    if step.then == Then.ESCALATE:
        plain["to"] = _who_plain(step.to, step.to_number)
    return plain


def _who_plain(who: str, number: str) -> Any:
    if who.startswith(ROLE):
        return {By.ROLE.value: who.removeprefix(ROLE)}
    return {By.PERSON.value: number} if who == By.PERSON else who


# What a browser sends


def sent(form: Mapping[str, str]) -> PolicyFields:
    return PolicyFields(
        form.get("from", "").strip(),
        _sent_texts(form, "name"),
        [_sent_case(form, prefix) for prefix in _numbered(form, "cases", "code")],
    )


def _sent_case(form: Mapping[str, str], at: str) -> CaseFields:
    return CaseFields(
        code=form.get(f"{at}-code", "").strip(),
        when=form.get(f"{at}-when", "").strip(),
        says=_sent_texts(form, f"{at}-says"),
        takes_effect=form.get(f"{at}-takes_effect", Effect.BEFORE),
        share=form.get(f"{at}-check-share", "").strip(),
        check=_sent_step(form, f"{at}-check"),
        when_broken=form.get(f"{at}-when_broken", WhenBroken.CHECK_ALL),
        stages=[
            _sent_stage(form, stage) for stage in _numbered(form, f"{at}-stages", "steps-0-who")
        ],
    )


def _sent_stage(form: Mapping[str, str], at: str) -> StageFields:
    steps = [_sent_step(form, step) for step in _numbered(form, f"{at}-steps", "who")]
    return StageFields(steps, Mode.ANY if form.get(f"{at}-mode") == Mode.ANY else Mode.ALL)


def _sent_step(form: Mapping[str, str], at: str) -> StepFields:
    return StepFields(
        **{
            name: form.get(f"{at}-{name}", "").strip()
            for name in ("who", "number", "days", "then", "to", "to_number")
        }
    )


def _sent_texts(form: Mapping[str, str], at: str) -> dict[str, str]:
    return {each: " ".join(form.get(f"{at}-{each}", "").split()) for each in LANGUAGES}


def _numbered(form: Mapping[str, str], at: str, key: str) -> Iterator[str]:
    for number in range(MOST):
        if f"{at}-{number}-{key}" not in form:
            return
        yield f"{at}-{number}"


# Adding, removing and moving


def change(fields: PolicyFields, act: str) -> str:
    """Do what a button says, such as `move_up:2` or `add_beside:0-1`; the id of where to go on.

    What a button of this form never says changes nothing.
    """
    name, _, at = act.partition(":")
    places = [int(each) for each in at.split("-") if each.isdecimal()][:3]
    try:
        return _change(fields, name, places)
    except (IndexError, ValueError):
        return ""


def _change(fields: PolicyFields, name: str, places: list[int]) -> str:
    match name, places:
        case "add_case", []:
            # Before the last one, which is for everything that is left.
            at = max(len(fields.cases) - 1, 0)
            fields.cases.insert(at, _new_case(fields.cases))
            return f"cases-{at}"
        case "remove_case", [at]:
            del fields.cases[at]
            return f"cases-{min(at, len(fields.cases) - 1)}" if fields.cases else "cases"
        case (("move_up" | "move_down"), [at]):
            to = at + (1 if name == "move_down" else -1)
            if 0 <= to < len(fields.cases):
                fields.cases[at], fields.cases[to] = fields.cases[to], fields.cases[at]
                return f"cases-{to}"
        case "add_step", [at]:
            stages = fields.cases[at].stages
            stages.append(StageFields([StepFields()]))
            return f"cases-{at}-stages-{len(stages) - 1}"
        case "add_beside", [at, stage]:
            steps = fields.cases[at].stages[stage].steps
            steps.append(StepFields(who=f"{ROLE}hr"))
            return f"cases-{at}-stages-{stage}-steps-{len(steps) - 1}-who"
        case "remove_step", [at, stage, step]:
            stages = fields.cases[at].stages
            del stages[stage].steps[step]
            if not stages[stage].steps:
                del stages[stage]
            return f"cases-{at}-steps"
    return ""


def _new_case(cases: list[CaseFields]) -> CaseFields:
    taken = {case.code for case in cases}
    code = next(code for n in range(1, MOST * 2) if (code := f"case_{n}") not in taken)
    return CaseFields(code=code, stages=[StageFields([StepFields()])])


# Faults at their fields

_PART = re.compile(r"[a-z_]+|\[\d+\]")
_FIRST = ("nl", "share", "mode", "who", "steps-0-who")
"""The fields at which stands what is said of the whole that they are in."""
_OF_A_STEP = ("who", "days", "then", "to")


def errors_of(fields: PolicyFields, faults: Iterable[Fault], say: Any) -> dict[str, str]:
    """By the id of a field, in the order of the document; `say`: a text for the reader."""
    shown = set(ids_of(fields))
    errors: dict[str, list[str]] = {}
    for fault in faults:
        at = field_at(fault.path)
        while at and at not in shown:
            inside = (f"{at}-{more}" for more in _FIRST)
            at = next((each for each in inside if each in shown), at.rpartition("-")[0])
        errors.setdefault(at, []).append(f"{say(fault.found)}: {say(fault.expected)}.")
    return {at: " ".join(dict.fromkeys(texts)) for at, texts in errors.items()}


def field_at(path: str) -> str:
    """`cases[0].steps[1].any[0].who.person`: `cases-0-stages-1-steps-0-number`."""
    parts = [part.strip("[]") for part in _PART.findall(path)]
    made: list[str] = []
    for place, part in enumerate(parts):
        before = made[-1] if made else ""
        if part in ("all", "any", "role"):
            continue
        if part == "steps" and place + 1 < len(parts):
            made.append("stages")
        elif part in _OF_A_STEP and _is_in_a_stage(made) and "steps" not in made:
            made += ["steps", "0", part]
        elif part.isdecimal() and _is_in_a_stage(made) and before.isdecimal():
            made += ["steps", part]
        elif part == "person":
            made[-1] = "number" if before == "who" else "to_number"
        else:
            made.append(part)
    if len(made) == 2 and made[0] == "cases":
        made.append("when")  # what is said of a whole case: a condition is missing
    return "-".join(made)


def _is_in_a_stage(made: list[str]) -> bool:
    return "stages" in made


def ids_of(fields: PolicyFields) -> Iterator[str]:
    """Every place of the form that a fault may stand at."""
    yield from ("from", "cases", *(f"name-{each}" for each in LANGUAGES))
    for number, case in enumerate(fields.cases):
        at = f"cases-{number}"
        yield from (f"{at}-code", f"{at}-when", f"{at}-takes_effect", f"{at}-steps")
        yield from (f"{at}-says-{each}" for each in LANGUAGES)
        yield from (f"{at}-check-share", f"{at}-when_broken")
        yield from _ids_of_step(f"{at}-check")
        for place, stage in enumerate(case.stages):
            if len(stage.steps) > 1:
                yield f"{at}-stages-{place}-mode"
            for step in range(len(stage.steps)):
                yield from _ids_of_step(f"{at}-stages-{place}-steps-{step}")


def _ids_of_step(at: str) -> Iterator[str]:
    yield from (f"{at}-{name}" for name in ("who", "number", "days", "then", "to", "to_number"))
