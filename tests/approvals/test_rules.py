from __future__ import annotations

import pytest

from ideals.approvals import rules
from ideals.approvals.errors import ReasonMissing, ReasonTooLong
from ideals.approvals.states import Decision


@pytest.mark.parametrize("decision", [Decision.REFUSE, Decision.ASK])
@pytest.mark.parametrize("reason", [None, "", "  \n"])
def test_a_refusal_and_a_question_have_words_and_a_yes_may(
    decision: Decision, reason: str | None
) -> None:
    with pytest.raises(ReasonMissing):
        rules.checked_reason(decision, reason)
    assert rules.checked_reason(Decision.APPROVE, reason) is None


def test_a_reason_is_kept_without_the_space_around_it() -> None:
    assert rules.checked_reason(Decision.REFUSE, " too dear\n") == "too dear"
    with pytest.raises(ReasonTooLong):
        rules.checked_reason(Decision.APPROVE, "x" * (rules.LONGEST_REASON + 1))
