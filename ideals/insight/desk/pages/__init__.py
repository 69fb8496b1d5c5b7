"""HR's desk, and the people and rows behind its numbers.

A package: `desk` is the page, `use` its part about the shop, `behind` what a number opens to,
`asked` what an address asks, `words` how groups and products are called.
"""

from ideals.insight.desk.pages import behind, desk
from ideals.insight.desk.pages.blueprint import bp

__all__ = ["behind", "bp", "desk"]
