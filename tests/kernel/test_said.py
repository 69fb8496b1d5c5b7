"""Texts that remember their template."""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import asdict, dataclass

from ideals.kernel.said import Said, say


def test_it_is_its_english_text_for_every_use() -> None:
    said = say("the key %(key)s is not known", key="'moth'")
    assert said == "the key 'moth' is not known"
    assert json.dumps([said]) == "[\"the key 'moth' is not known\"]"
    assert f"{said}." == "the key 'moth' is not known."


@dataclass
class Fault:
    found: str
    expected: str


def test_it_remembers_how_it_was_made_also_in_a_copy() -> None:
    fault = Fault(say("%(count)s codes", count="101"), say("at most 100%"))
    copied = deepcopy(asdict(fault))
    assert isinstance(copied["found"], Said)
    assert (copied["found"].template, copied["found"].values) == (
        "%(count)s codes",
        {"count": "101"},
    )
    assert copied["expected"] == "at most 100%"
