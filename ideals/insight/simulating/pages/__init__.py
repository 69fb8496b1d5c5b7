"""A simulation: how far it is, what it came to, beside another; and what stands on a rule's page.

`one` is the page with its downloads, `tables` what it shows, `beside` the comparison, `about` and
`words` how things are called, `panel` the part of a price rule's page and of its approval.
"""

from ideals.insight.simulating.pages import one, panel, starting
from ideals.insight.simulating.pages.blueprint import bp

__all__ = ["bp", "one", "panel", "starting"]
