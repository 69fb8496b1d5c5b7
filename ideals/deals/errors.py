"""What can be refused about a deal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from ideals.kernel.errors import Conflict, NotAllowed, NotFound, RuleBroken


class MoveNotAllowed(Conflict):
    """`current`: where the deal stands."""

    code = "deal_act_not_possible"

    def __init__(self, *, state: str, act: str) -> None:
        super().__init__(
            f"A deal that is {state} cannot be followed by {act}; look at it again", current=state
        )


class DealUnknown(NotFound):
    code = "deal_unknown"

    def __init__(self) -> None:
        super().__init__("There is no such deal that you may see")


class DealDiffers(Conflict):
    """The id was used before, for another deal."""

    code = "deal_differs"

    def __init__(self) -> None:
        super().__init__("This id is another deal's; choose a new one")


class DealMovedOn(Conflict):
    """Somebody made an offer since. `current`: its number; `changed`: what differs from `seen`."""

    code = "deal_moved_on"

    def __init__(self, *, seen: int, current: int, changed: Sequence[dict[str, Any]] = ()) -> None:
        super().__init__(
            f"The deal has moved on: offer {current} is on the table now, look at it again",
            seen=seen,
            current=current,
            changed=list(changed),
        )


class NotYoursToDo(NotAllowed):
    """They see the deal, and the act is somebody else's. `act` names it."""

    code = "not_yours_in_deal"

    def __init__(self, act: str) -> None:
        super().__init__("In this deal that is for somebody else to do", act=act)


class MayNotPropose(NotAllowed):
    code = "may_not_propose_deal"

    def __init__(self) -> None:
        super().__init__(
            "A deal is proposed by the employee, by their manager, or by HR with rights to deals"
        )


class ManagerMissing(RuleBroken):
    """Nobody speaks for the employer."""

    code = "deal_needs_manager"

    def __init__(self) -> None:
        super().__init__("Nobody is noted down as manager of this employee: HR has to say who is")


class ManagerDiffers(RuleBroken):
    code = "deal_manager_differs"

    def __init__(self) -> None:
        super().__init__("A deal is made with the employee's own manager", field="manager")


class OfferRefused(RuleBroken):
    """`faults` lists each with path, what was found and what would be right; `read` holds them as
    they were found, for a page to say in its language."""

    code = "offer_refused"

    def __init__(self, faults: Sequence[dict[str, str]], read: Sequence[Any] = ()) -> None:
        self.read = tuple(read)
        count = "a fault" if len(faults) == 1 else f"{len(faults)} faults"
        super().__init__(f"The offer has {count}", faults=list(faults))


class OfferOutOfDate(Conflict):
    """Its first day has passed meanwhile."""

    code = "offer_out_of_date"

    def __init__(self, starts_on: date) -> None:
        day = starts_on.isoformat()
        super().__init__(
            f"This offer was to begin on {day}: make one with a later day", starts_on=day
        )


class NothingToAccept(Conflict):
    """The last offer was turned down, or holds already."""

    code = "nothing_to_accept"

    def __init__(self, current: int) -> None:
        super().__init__(f"Offer {current} is not on the table any more", current=current)


class TermsVoid(Conflict):
    """Clauses of law or agreement that terms do not hold: `void` names each, by path and clause."""

    code = "deal_terms_void"

    def __init__(self, void: Sequence[dict[str, Any]]) -> None:
        super().__init__(
            "Terms of this offer are against a clause and have no force: change them",
            void=list(void),
        )


class OnlyHrKeeps(NotAllowed):
    code = "only_hr_keeps_deals"

    def __init__(self) -> None:
        super().__init__("Clauses and templates are kept by HR with rights to deals")


class KeptUnknown(NotFound):
    """A clause or a template."""

    code = "deal_kept_unknown"

    def __init__(self) -> None:
        super().__init__("There is none of that code")


class KeptMovedOn(Conflict):
    """Changed since it was read; `version` is what it is now, 0: it is not there."""

    code = "deal_kept_moved_on"

    def __init__(self, version: int) -> None:
        super().__init__("Somebody changed it since: look at it again", version=version)


class RenewalAgreed(Conflict):
    """Both have accepted the next offer already."""

    code = "deal_renewal_agreed"

    def __init__(self, current: int) -> None:
        super().__init__(f"Offer {current} was agreed, and takes over on its day", current=current)


class DealBinds(Conflict):
    """Everybody has agreed: nobody takes it back alone."""

    code = "deal_binds"

    def __init__(self) -> None:
        super().__init__("Everybody has agreed to this deal: it can only be ended as it says")


class LawDoesNotApply(RuleBroken):
    """It was to be a request under the Flexible Working Act. `why` names every reason."""

    code = "not_a_request_by_law"

    def __init__(self, why: Sequence[str]) -> None:
        super().__init__("The Flexible Working Act does not cover this request", why=list(why))


class TextWrong(RuleBroken):
    """`field`: which; `found` and `expected` say what would be right."""

    code = "deal_text_wrong"

    def __init__(self, field: str, found: str, expected: str) -> None:
        super().__init__(f"{field}: {found}; {expected}", field=field)
        self.data |= {"found": str(found), "expected": str(expected)}


class DraftMovedOn(Conflict):
    """Saved since it was read, such as in another window; `version` is what it is now."""

    code = "deal_draft_moved_on"

    def __init__(self, version: int) -> None:
        super().__init__("Your draft was saved in another window since", version=version)


class DraftUnknown(NotFound):
    code = "deal_draft_unknown"

    def __init__(self) -> None:
        super().__init__("You are writing nothing here")


class DraftUnusable(RuleBroken):
    code = "deal_draft_unusable"

    def __init__(self) -> None:
        super().__init__("A draft is what an offer holds, and not longer than one")


class AdviserUnfit(RuleBroken):
    """`why`: `unknown` (nobody who works here), `is_party`, `beside_already`, or `decides` (has
    to agree to it)."""

    code = "adviser_unfit"

    def __init__(self, why: str) -> None:
        super().__init__("This person cannot advise in this deal", why=why)


class AdviserUnknown(NotFound):
    code = "adviser_unknown"

    def __init__(self) -> None:
        super().__init__("This person does not advise in this deal")


class LetterUnknown(NotFound):
    code = "deal_letter_unknown"

    def __init__(self) -> None:
        super().__init__("There is no such letter; one is made soon after both have accepted")


# Afterwards -----------------------------------------------------------------------------------


class EvaluationNotDue(Conflict):
    """`opens_on`: the first day on which it may be held, or null where none is held any more."""

    code = "deal_evaluation_not_due"

    def __init__(self, opens_on: date | None) -> None:
        day = None if opens_on is None else opens_on.isoformat()
        when = "No evaluation is due any more" if day is None else f"It can be held from {day} on"
        super().__init__(when, opens_on=day)


class EvaluationMovedOn(Conflict):
    """Another round is due meanwhile. `current`: its number."""

    code = "deal_evaluation_moved_on"

    def __init__(self, current: int) -> None:
        super().__init__(f"Evaluation {current} is due now, look at it again", current=current)


class EvaluatedAlready(Conflict):
    """This side answered, otherwise: what was said blind stays."""

    code = "deal_evaluated_already"

    def __init__(self, number: int) -> None:
        super().__init__("Your side has answered this evaluation already", number=number)


class AnswersRefused(RuleBroken):
    """`faults` lists each with path, what was found and what would be right."""

    code = "deal_answers_refused"

    def __init__(self, faults: Sequence[dict[str, str]]) -> None:
        super().__init__("Some answers are missing or not right", faults=list(faults))


class NeverInForce(Conflict):
    code = "deal_never_in_force"

    def __init__(self) -> None:
        super().__init__("This deal was never in force: there is nothing to keep")


class BreachUnknown(NotFound):
    code = "deal_breach_unknown"

    def __init__(self) -> None:
        super().__init__("No such breach was named in this deal")


class BreachDiffers(Conflict):
    """The id was used before, for something else."""

    code = "deal_breach_differs"

    def __init__(self) -> None:
        super().__init__("This id is another breach's; choose a new one")


class BreachMovedOn(Conflict):
    """`current`: where it stands."""

    code = "deal_breach_moved_on"

    def __init__(self, current: str) -> None:
        super().__init__("This breach stands elsewhere by now, look at it again", current=current)


class EndingUnknown(NotFound):
    code = "deal_ending_unknown"

    def __init__(self) -> None:
        super().__init__("Nobody asked to end this deal so")


class EndingAsked(Conflict):
    """One is asked at a time. `current`: its id."""

    code = "deal_ending_asked"

    def __init__(self, current: str) -> None:
        super().__init__("Somebody asked already to end this deal: answer that", current=current)


class EndingMovedOn(Conflict):
    code = "deal_ending_moved_on"

    def __init__(self, current: str) -> None:
        super().__init__("This was answered meanwhile, look at it again", current=current)


class LastDayWrong(RuleBroken):
    """`first` and `last`: between which days it may be."""

    code = "deal_last_day_wrong"

    def __init__(self, first: date, last: date | None) -> None:
        until = "" if last is None else f" and before {last.isoformat()}"
        super().__init__(
            f"Choose a last day from {first.isoformat()} on{until}",
            field="last_day",
            first=first.isoformat(),
            last=None if last is None else last.isoformat(),
        )


class LifeEventUnknown(NotFound):
    code = "deal_life_event_unknown"

    def __init__(self) -> None:
        super().__init__("Nothing of this kind is to be looked at in this deal")


class LifeEventSettled(Conflict):
    code = "deal_life_event_settled"

    def __init__(self) -> None:
        super().__init__("Both sides have said what becomes of the deal")


class BonusRefused(RuleBroken):
    """`why`: `no_bonus` (no such term), `not_in_force` (its offer never was), `not_due`, `over`
    (the promise ended before its month) or `more_than_promised`."""

    code = "bonus_refused"

    def __init__(self, why: str) -> None:
        super().__init__("This bonus cannot be stated so", why=why)


class BonusStated(Conflict):
    """It was judged before, or is being decided."""

    code = "bonus_stated_already"

    def __init__(self) -> None:
        super().__init__("What this target came to was stated already")


class BonusDiffers(Conflict):
    """The id was used before, for another statement."""

    code = "bonus_differs"

    def __init__(self) -> None:
        super().__init__("This id is another statement's; choose a new one")
