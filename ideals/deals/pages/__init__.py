"""Deals on pages. `lists`: one's own and the team's; `deal`: one with its timeline, and every
act in it; `after`: acts after agreeing; `form`: the form of an offer; `register` and `keeping`:
HR's; `downloads`: lists as files. `stands` says where a deal stands and what the reader can do,
`before` what is seen before agreeing, `terms` and `history` what it holds and what happened,
`follows` and `bonuses` what comes after agreeing, `fields` is the form's data, `words` what is said
outside of the pages.
"""

from ideals.deals.pages import after, deal, downloads, form, keeping, lists, register, shown
from ideals.deals.pages.lists import panels

BLUEPRINTS = (
    lists.bp,
    form.bp,
    deal.bp,
    after.bp,
    shown.bp,
    register.bp,
    keeping.bp,
    downloads.bp,
)

__all__ = ["BLUEPRINTS", "panels"]
