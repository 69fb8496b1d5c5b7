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


# Standing in for somebody


class DelegationUnknown(NotFound):
    code = "delegation_unknown"

    def __init__(self) -> None:
        super().__init__("There is no such delegation that you may see")


class DelegationDiffers(Conflict):
    """The id stands for another one."""

    code = "delegation_differs"

    def __init__(self) -> None:
        super().__init__("This id was used for another delegation; choose a new one")


class DelegationOver(Conflict):
    code = "delegation_over"

    def __init__(self, until: date) -> None:
        super().__init__(f"It was over on {until} by itself", until=until.isoformat())


class StandsInAlready(Conflict):
    """For the same person, on some of the same days, of some of the same kinds."""

    code = "stands_in_already"

    def __init__(self, from_on: date, until_on: date) -> None:
        super().__init__(
            f"They stand in already from {from_on} through {until_on}; end that first, or choose"
            " days after it",
            **{"field": "to", "from": from_on.isoformat(), "until": until_on.isoformat()},
        )


class PeriodWrong(RuleBroken):
    """`data["wrong"]`: `in_the_past`, `before_it_begins` or `too_long`."""

    code = "delegation_period_wrong"

    def __init__(self, field: str, wrong: str, right: str) -> None:
        super().__init__(right, field=field, wrong=wrong)


class KindsMissing(RuleBroken):
    code = "delegation_kinds_missing"

    def __init__(self) -> None:
        super().__init__("Name at least one kind, or leave them out for all", field="kinds")


class StandInIsOneself(RuleBroken):
    code = "stand_in_is_oneself"

    def __init__(self) -> None:
        super().__init__("Nobody stands in for themselves; choose somebody else", field="to")


class StandInCannotSignIn(RuleBroken):
    code = "stand_in_cannot_sign_in"

    def __init__(self, number: str) -> None:
        super().__init__(
            f"{number} cannot sign in here; ask HR to invite them, or choose somebody else",
            field="to",
            value=number,
        )


class NotInAnothersPlace(NotAllowed):
    code = "not_in_anothers_place"

    def __init__(self) -> None:
        super().__init__("Nobody puts themselves in another's place; a colleague of HR does it")


class OnlyHrForOthers(NotAllowed):
    code = "only_hr_for_others"

    def __init__(self) -> None:
        super().__init__("Only HR does this for somebody else")


# Mandates


class MandateUnknown(NotFound):
    code = "mandate_unknown"

    def __init__(self, unit: str, year: int) -> None:
        super().__init__(f"There is no mandate of {unit} in {year} that you may see")


class MandateThere(Conflict):
    code = "mandate_there"

    def __init__(self, unit: str, year: int) -> None:
        super().__init__(
            f"{unit} has a mandate in {year} already; change that one", field="unit", value=unit
        )


class MandateMovedOn(Conflict):
    """Somebody else changed it since it was read; `version` is what it is now."""

    code = "mandate_moved_on"

    def __init__(self, version: int) -> None:
        super().__init__("This mandate was changed meanwhile; look again", version=version)


class MandateWrong(RuleBroken):
    code = "mandate_wrong"


class OnlyHrKeepsMandates(NotAllowed):
    code = "only_hr_keeps_mandates"

    def __init__(self) -> None:
        super().__init__("Only HR keeps mandates")


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


class MayNotSeeCases(NotAllowed):
    """Cases of deals take the right to deals; how many there are does not."""

    code = "may_not_see_cases"


class DraftNotFound(NotFound):
    code = "policy_draft_not_found"


class DraftMovedOn(Conflict):
    """Somebody else saved it since. `data`: who, when, and which version it is now."""

    code = "policy_draft_moved_on"


class DraftUnusable(RuleBroken):
    """What cannot be kept: too long, or no text."""

    code = "policy_draft_unusable"
