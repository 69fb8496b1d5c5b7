"""What can be refused about a decision."""

from __future__ import annotations

from datetime import datetime

from ideals.kernel.errors import Conflict, NotAllowed, NotFound, RuleBroken


class ApprovalUnknown(NotFound):
    code = "approval_unknown"

    def __init__(self) -> None:
        super().__init__("There is no such approval that you may see")


class ApprovalDiffers(Conflict):
    """The id stands for another question."""

    code = "approval_differs"

    def __init__(self) -> None:
        super().__init__("This id was used to ask something else; choose a new one")


class AskedAlready(Conflict):
    """One question at a time about one thing."""

    code = "asked_already"

    def __init__(self, subject: str) -> None:
        super().__init__(f"About {subject} somebody is asked already", subject=subject)


class MoveNotAllowed(Conflict):
    code = "move_not_allowed"

    def __init__(self, *, state: str, act: str) -> None:
        super().__init__(f"What is {state} cannot be followed by {act}", current=state)


class AlreadyDecided(Conflict):
    """Somebody was faster, or it was withdrawn meanwhile: who and when."""

    code = "already_decided"

    def __init__(self, *, state: str, by: str, at: datetime) -> None:
        moment = at.isoformat(timespec="seconds")
        super().__init__(f"This was {state} by {by} on {moment}", current=state, by=by, at=moment)


class MayNotDecide(NotAllowed):
    code = "may_not_decide"

    def __init__(self) -> None:
        super().__init__("This is for somebody else to decide")


class NotAboutOneself(NotAllowed):
    code = "not_about_oneself"

    def __init__(self) -> None:
        super().__init__("Nobody decides about themselves, or about what they asked for")


class ReasonMissing(RuleBroken):
    code = "reason_missing"

    def __init__(self) -> None:
        super().__init__("Say why: a refusal needs a reason", field="reason")


class ReasonTooLong(RuleBroken):
    code = "reason_too_long"

    def __init__(self, longest: int) -> None:
        super().__init__(
            f"A reason has at most {longest} characters", field="reason", longest=longest
        )


class PolicyRefused(RuleBroken):
    """`data["faults"]` lists every fault with its path, its line and what would be right."""

    code = "policy_refused"


class PolicyNotFound(NotFound):
    code = "policy_not_found"


class PolicyKindDiffers(RuleBroken):
    """The document is of another kind than the one it was given for."""

    code = "policy_kind_differs"


class PolicyPublished(Conflict):
    """One of that day exists with another text: what is published is never edited."""

    code = "policy_published"


class PolicyTooEarly(Conflict):
    """A policy is replaced from a later day only."""

    code = "policy_too_early"


class PolicyDayPassed(RuleBroken):
    """Whoever decided or asked until now did so under the rules of then."""

    code = "policy_day_passed"


class MayNotKeepPolicies(NotAllowed):
    code = "may_not_keep_policies"


class DraftNotFound(NotFound):
    code = "policy_draft_not_found"


class DraftMovedOn(Conflict):
    """Somebody else saved it since. `data`: who, when, and which version it is now."""

    code = "policy_draft_moved_on"


class DraftUnusable(RuleBroken):
    """What cannot be kept: too long, or no text."""

    code = "policy_draft_unusable"
