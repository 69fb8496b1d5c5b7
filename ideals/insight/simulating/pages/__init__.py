"""A simulation: how far it is, what it came to, beside another; and what stands on a rule's page.

`one` is the page, `files` its downloads, `tables` what both show, `beside` the comparison, `ruled`
the months of rules with indicators. `starting`, `panel` and `really` are on the page of a price
rule. `about`, `wording` and `words` say how things are called.
"""

from ideals.insight.simulating.pages import files, one, starting
from ideals.insight.simulating.pages.blueprint import bp

__all__ = ["bp", "files", "one", "starting"]
