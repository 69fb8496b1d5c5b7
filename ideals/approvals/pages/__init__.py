"""Pages of approvals. A package: `inbox` is what waits, with `one` beside the list; `several` at
once; `handing` over; `checks` what is looked at afterwards, `overview` what that costs and saves;
`policies` the rules, with `editor` and `trying`; `standing_in` and `mandates` who decides for whom;
`lines` and the `words` say them, `messages` tells people."""

from ideals.approvals.pages import (
    checks,
    editor,
    handing,
    mandates,
    overview,
    policies,
    several,
    standing_in,
    trying,
)
from ideals.approvals.pages.inbox import bp

BLUEPRINTS = (bp, checks.bp, policies.bp, standing_in.bp, mandates.bp)

__all__ = ["BLUEPRINTS", "bp", "editor", "handing", "overview", "several", "trying"]
