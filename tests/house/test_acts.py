"""Whatever the code writes into the audit is told in words, and nothing else is."""

from __future__ import annotations

from ideals.insight.searching.pages.acts import ACTS
from tests.house.recorded import recorded


def test_every_act_that_is_recorded_has_words_and_every_word_an_act() -> None:
    found = recorded()
    assert sorted(found - ACTS.keys()) == [], "without words"
    assert sorted(ACTS.keys() - found) == [], "never recorded"


def test_no_two_acts_are_called_the_same() -> None:
    said = [str(each) for each in ACTS.values()]
    assert len(said) == len(set(said))
