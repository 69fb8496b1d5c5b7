"""Every act that the code writes into the audit, read from the code.

A function that hands on one of its own parameters as the act is followed to whoever calls it.
"""

from __future__ import annotations

import ast
import importlib
import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from types import ModuleType

from ideals import audit
from ideals.approvals.states import State
from ideals.deals.commands import closing
from ideals.deals.commands.reminding import NOTED
from ideals.people.states import Kind
from ideals.pricing.states import RuleAct
from ideals.shop.states import OrderState

ROOT = Path(__file__).parents[2]
ENDED = tuple(each for each in State if each is not State.OPEN)
ENDS = (OrderState.REFUSED, OrderState.RELEASED, OrderState.CANCELLED)
TOPICS = ("pricing", "schemes")
LOCAL: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("ideals.approvals.commands.deciding", "approval.state"): ENDED,
    ("ideals.approvals.commands.going", "approval.state"): ENDED,
    ("ideals.deals.commands.reminding", "what"): NOTED,
    ("ideals.deals.commands.closing", "why"): (closing.ENDING_AGREED, closing.ENDS_BY_RULE),
    ("ideals.insight.simulating.commands.starting", "topic_of(simulation)"): TOPICS,
    ("ideals.insight.simulating.pages.files", "topic_of(found)"): TOPICS,
    ("ideals.insight.simulating.commands.telling", "_TOPIC[simulation.kind]"): TOPICS,
    ("ideals.insight.simulating.commands.telling", "state.value"): ("done", "cancelled", "failed"),
    ("ideals.people.commands", "source.kind"): tuple(Kind),
    ("ideals.shop.commands.ending", "state"): ENDS,
    ("ideals.pricing.commands.publishing", "act"): (RuleAct.BEGIN, RuleAct.RUN_OUT),
}
"""What cannot be read from the code: the values of something, by module and what it is called."""


@dataclass(frozen=True, slots=True)
class Recorder:
    """A function that records `prefix` and its argument at `place`, called `name`."""

    place: int
    name: str
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    module: ModuleType
    inside: ast.FunctionDef
    node: ast.Call

    @property
    def called(self) -> object:
        """A function of this module, or of one that it names."""
        match self.node.func:
            case ast.Name(id=name):
                return vars(self.module).get(name)
            case ast.Attribute(value=ast.Name(id=of), attr=name):
                other = vars(self.module).get(of)
                return vars(other).get(name) if isinstance(other, ModuleType) else None
        return None

    def argument(self, recorder: Recorder) -> ast.expr:
        for keyword in self.node.keywords:
            if keyword.arg == recorder.name:
                return keyword.value
        return self.node.args[recorder.place]


class Unread(AssertionError):
    """Say in `LOCAL` which values it has."""


def recorded() -> set[str]:
    """Raises `Unread`."""
    calls = [call for path in _files() for call in _calls(path)]
    recorders: dict[Callable[..., object], Recorder] = {
        audit.record: Recorder(1, "act"),
        audit.record_each: Recorder(1, "act"),
    }
    found: set[str] = set()
    waiting = list(recorders)
    while waiting:
        function = waiting.pop()
        for call in calls:
            if call.called is not function:
                continue
            recorder = recorders[function]
            told = call.argument(recorder)
            outer = _handed_on(call, told, recorder.prefix)
            if outer is None:
                found.update(recorder.prefix + each for each in _values(call, told))
            elif outer[0] not in recorders:
                recorders[outer[0]] = outer[1]
                waiting.append(outer[0])
    return found


def _files() -> list[Path]:
    return [path for path in sorted((ROOT / "ideals").rglob("*.py")) if path.stem != "__main__"]


def _calls(path: Path) -> Iterator[Call]:
    source = path.read_text()
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    module = importlib.import_module(name)
    for inside in ast.walk(ast.parse(source)):
        if isinstance(inside, ast.FunctionDef):
            for node in ast.walk(inside):
                if isinstance(node, ast.Call):
                    yield Call(module, inside, node)


def _handed_on(
    call: Call, told: ast.expr, prefix: str
) -> tuple[Callable[..., object], Recorder] | None:
    """The function around it, where the act, or its end, is one of its parameters."""
    if isinstance(told, ast.JoinedStr):
        first, *rest = told.values
        if isinstance(first, ast.Constant) and len(rest) == 1:
            prefix += first.value
            told = rest[0].value if isinstance(rest[0], ast.FormattedValue) else told
    function = getattr(call.module, call.inside.name, None)
    if not isinstance(told, ast.Name) or function is None:
        return None
    names = list(inspect.signature(function).parameters)
    if told.id not in names:
        return None
    return function, Recorder(names.index(told.id), told.id, prefix)


def _values(call: Call, told: ast.expr) -> set[str]:
    known = LOCAL.get((call.module.__name__, ast.unparse(told)))
    if known is not None:
        return {str(each) for each in known}
    match told:
        case ast.IfExp():
            return _values(call, told.body) | _values(call, told.orelse)
        case ast.JoinedStr():
            parts = [_values(call, each) for each in told.values]
            return {"".join(each) for each in product(*parts)}
        case ast.FormattedValue():
            return _values(call, told.value)
        case ast.Name() if given := list(_given(call.inside, told.id)):
            return {value for each in given for value in _values(call, each)}
    try:
        value = eval(ast.unparse(told), vars(call.module))
    except NameError:
        value = None
    if not isinstance(value, str):
        raise Unread(f"{call.module.__name__}:{call.node.lineno}: {ast.unparse(told)}")
    return {str(value)}


def _given(inside: ast.FunctionDef, name: str) -> Iterator[ast.expr]:
    """What a function gives a name of its own, also beside others."""
    for node in ast.walk(inside):
        if not isinstance(node, ast.Assign):
            continue
        target = node.targets[0]
        if ast.unparse(target) == name:
            yield node.value
        elif isinstance(target, ast.Tuple) and name in [ast.unparse(e) for e in target.elts]:
            place = [ast.unparse(each) for each in target.elts].index(name)
            sides = [node.value]
            if isinstance(node.value, ast.IfExp):
                sides = [node.value.body, node.value.orelse]
            yield from (side.elts[place] for side in sides if isinstance(side, ast.Tuple))
