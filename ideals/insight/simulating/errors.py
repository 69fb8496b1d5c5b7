"""Why something is not simulated, or cannot be cancelled."""

from __future__ import annotations

from ideals.kernel.errors import Conflict, NotAllowed, NotFound, RuleBroken


class SimulationUnknown(NotFound):
    """There is none, or it is about what is not this person's."""

    code = "simulation_unknown"


class SimulationsNotYours(NotAllowed):
    """`role`: the one it takes."""

    code = "simulations_not_yours"


class NothingToSimulate(RuleBroken):
    """What was asked names no rule, or rules that do not go together. `why` in one word."""

    code = "nothing_to_simulate"


class SimulationEnded(Conflict):
    """It is over, so that there is nothing to cancel. `state`: how it ended."""

    code = "simulation_ended"


class PartTakenOver(Conflict):
    """Another worker took the part: what this one found is not kept."""

    code = "part_taken_over"
