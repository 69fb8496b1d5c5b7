"""What can be refused about a decision."""

from __future__ import annotations

from datetime import date, datetime

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


class NobodyToAsk(RuleBroken):
    """The system asked, about nobody."""

    code = "nobody_to_ask"

    def __init__(self) -> None:
        super().__init__("Nobody asked for this who could answer a question")


class NoQuestion(Conflict):
    """There is no question of this approval that waits for an answer."""

    code = "no_question"

    def __init__(self) -> None:
        super().__init__("No question is waiting for an answer here")


class MayNotAnswer(NotAllowed):
    code = "may_not_answer"

    def __init__(self) -> None:
        super().__init__("The question is for who asked for this, or whom it is about")


class CannotHandOver(RuleBroken):
    """`data["why"]`: `unknown` (no such number, or not employed), `about_them`, `asked_it`, or
    `theirs` (they have it already)."""

    code = "cannot_hand_over"

    def __init__(self, why: str) -> None:
        super().__init__(f"It cannot be handed over to them: {why}", field="to", why=why)


class ReasonTooLong(RuleBroken):
    code = "reason_too_long"

    def __init__(self, longest: int) -> None:
        super().__init__(
            f"A reason has at most {longest} characters", field="reason", longest=longest
        )


class PolicyRefused(RuleBroken):
    """`data["faults"]` lists every fault with its path, its line and what would be right."""

    code = "policy_refused"


class CheckUnknown(NotFound):
    code = "check_unknown"

    def __init__(self) -> None:
        super().__init__("There is no such check that you may see")


class DrawUnknown(NotFound):
    code = "draw_unknown"

    def __init__(self) -> None:
        super().__init__("There is no such draw that you may see")


class NotYoursToContest(NotAllowed):
    code = "not_yours_to_contest"

    def __init__(self) -> None:
        super().__init__("Only whom a check is about can contest it")


class NothingToContest(Conflict):
    """It was found kept, or is contested already, or is not decided yet."""

    code = "nothing_to_contest"

    def __init__(self, state: str) -> None:
        super().__init__(f"A check that is {state} cannot be contested", current=state)


class ContestTooLate(Conflict):
    code = "contest_too_late"

    def __init__(self, until: date) -> None:
        super().__init__(f"It could be contested until {until}", until=until.isoformat())


class CheckedItThemselves(NotAllowed):
    """Somebody else of HR decides whether a finding stands."""

    code = "checked_it_themselves"

    def __init__(self) -> None:
        super().__init__("Who made the check does not decide whether its finding stands")
