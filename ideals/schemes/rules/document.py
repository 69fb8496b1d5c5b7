"""A YAML document as a tree of texts that know their path and line. Nothing is interpreted here.

Scalars stay as they are written, so `08`, `1.80` and `no` are texts. What YAML offers beyond
mappings, lists and texts is refused: anchors, aliases, tags, several documents in one file.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import yaml

from ideals.kernel.said import say as _

MAX_BYTES = 256 * 1024
MAX_DEPTH = 12


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong in a document: where, what was found, and what would be right."""

    path: str
    line: int
    found: str
    expected: str

    def __str__(self) -> str:
        return f"line {self.line}, {self.path or 'document'}: {self.found}; {self.expected}"


@dataclass(frozen=True, slots=True)
class Item:
    """A text, a mapping or a list. `entries` of a mapping by key, in their order."""

    path: str
    line: int
    text: str | None = None
    entries: dict[str, Item] | None = None
    items: list[Item] | None = None

    @property
    def what(self) -> str:
        if self.entries is not None:
            return _("keys") if self.entries else _("nothing")
        if self.items is not None:
            return _("a list")
        return repr(self.text[:60]) if self.text else _("nothing")


@dataclass(slots=True)
class Reading:
    """The tree, `None` when the text is no document at all, and the faults of its form."""

    root: Item | None = None
    faults: list[Fault] = field(default_factory=list)


SEE_EXAMPLES = _("see the example schemes")


def read(text: str, see: str = SEE_EXAMPLES) -> Reading:
    """`see`: what would be right in the place of what is no document at all."""
    reading = Reading()
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > MAX_BYTES:
        reading.faults.append(
            Fault(
                "",
                1,
                _("%(count)s bytes", count=f"{size:,}"),
                _("a document has at most %(most)s bytes", most=f"{MAX_BYTES:,}"),
            )
        )
        return reading
    try:
        _check_events(text, reading)
        if reading.faults:
            return reading
        node = yaml.compose(text, Loader=yaml.CSafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        reading.faults.append(
            Fault(
                "",
                line,
                _("not readable as YAML (%(problem)s)", problem=error.problem),
                see,
            )
        )
    except (yaml.YAMLError, UnicodeError):
        reading.faults.append(
            Fault("", 1, _("a character that YAML does not allow"), _("remove control characters"))
        )
    else:
        if node is None:
            reading.faults.append(Fault("", 1, _("nothing"), see))
        else:
            reading.root = _item(node, "", reading.faults)
    return reading


def _check_events(text: str, reading: Reading) -> None:
    """Refuse what a document does not need, before any tree is built from it."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        line = event.start_mark.line + 1 if event.start_mark else 1
        tag = getattr(event, "tag", None)
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            reading.faults.append(
                Fault(
                    "",
                    line,
                    _("an anchor or alias (& or *)"),
                    _("write the value out where it stands"),
                )
            )
        elif tag:
            reading.faults.append(
                Fault("", line, _("the tag %(tag)s", tag=tag[:60]), _("remove the tag"))
            )
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                reading.faults.append(
                    Fault(
                        "",
                        line,
                        _("keys inside keys too deep"),
                        _("at most %(most)s levels", most=MAX_DEPTH),
                    )
                )
                return
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _item(node: yaml.Node, path: str, faults: list[Fault], line: int = 0) -> Item:
    line = line or node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        entries: dict[str, Item] = {}
        for key, value in node.value:
            _add_entry(entries, key, value, path, faults)
        return Item(path, line, entries=entries)
    if isinstance(node, yaml.SequenceNode):
        return Item(
            path,
            line,
            items=[_item(each, f"{path}[{n}]", faults) for n, each in enumerate(node.value)],
        )
    return Item(path, line, text=node.value.strip())


def _add_entry(
    entries: dict[str, Item], key: yaml.Node, value: yaml.Node, path: str, faults: list[Fault]
) -> None:
    line = key.start_mark.line + 1
    if not isinstance(key, yaml.ScalarNode):
        faults.append(Fault(path, line, _("a key that is no word"), _("a key is one word")))
        return
    inner = f"{path}.{key.value}" if path else key.value
    if key.value in entries:
        first = entries[key.value].line
        faults.append(
            Fault(
                inner,
                line,
                _("the key stands here again, first on line %(line)s", line=first),
                _("give it once"),
            )
        )
        return
    entries[key.value] = _item(value, inner, faults, line)
